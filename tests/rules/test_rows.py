"""Ledger lines from the rows of a CSV file or of JSON."""

from decimal import Decimal

import pytest

from accounts import rules
from tests.rules.ledgers import instant

ROW = {"id": "a", "kind": "purchase", "status": "succeeded", "gross": "50.00", "paid_at": "2025-05-01T10:00:00Z"}


def test_a_short_row():
    assert rules.line_from(ROW) == rules.Line("a", "purchase", "succeeded", Decimal("50.00"), instant("05-01T10:00"))


def test_a_whole_row():
    whole = ROW | {"tax": "5", "currency": "EUR", "rate": "1.08", "undoes": "", "reference": " in_1 "}

    found = rules.line_from(whole)

    assert (found.tax, found.currency, found.rate, found.undoes, found.reference) == (
        *(Decimal(5), "EUR", Decimal("1.08")),
        *("", "in_1"),
    )
    assert rules.line_from(ROW | {"kind": "refund", "undoes": "b"}).undoes == "b"


@pytest.mark.parametrize("given", [50, Decimal("50.00"), "50", "50.", "+50.00", " 50.00 ", Decimal("5E1")])
def test_an_amount_may_be_text_or_a_number(given):
    assert rules.line_from(ROW | {"gross": given}).gross == Decimal(50)


def test_an_id_may_be_a_number():
    assert rules.line_from(ROW | {"id": 7}).id == "7"


@pytest.mark.parametrize("empty", ["", None])
def test_what_is_empty_is_not_given(empty):
    assert rules.line_from(ROW | dict.fromkeys(("tax", "currency", "rate", "undoes", "reference"), empty)) == (
        rules.line_from(ROW)
    )


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"colour": "red"}, "colour: is not a known column"),
        ({"id": ""}, "id: is missing"),
        ({"gross": None}, "gross: is missing"),
        ({"id": True}, "id: must be text"),
        ({"kind": ["purchase"]}, "kind: must be text"),
        ({"kind": "gift"}, "kind: 'gift' must be one of"),
        ({"paid_at": "2025-05-01T10:00:00"}, "paid_at: '2025-05-01T10:00:00' has no time zone"),
        ({"paid_at": "yesterday"}, "paid_at: Invalid isoformat"),
        ({"paid_at": "0001-01-01T00:00:00+14:00"}, "paid_at: .* between the years"),
        ({"paid_at": "1746093600"}, "paid_at: Invalid isoformat"),
        ({"gross": "fifty"}, "gross: 'fifty' is not a number"),
        ({"gross": "1,234.56"}, "gross: '1,234.56' is not a number"),
        ({"gross": "1_000"}, "gross: '1_000' is not a number"),
        ({"gross": "٣.٥"}, "gross: '٣.٥' is not a number"),
        ({"gross": "NaN"}, "gross: 'NaN' is not a number"),
        ({"gross": "Infinity"}, "gross: 'Infinity' is not a number"),
        ({"gross": "-0"}, "gross: must be more than 0"),
        ({"gross": True}, "gross: True is not a number"),
        ({"gross": 5.5}, "gross: 5.5 is not a number"),
        ({"gross": "9" * 40}, "gross: must be a number below"),
        ({"rate": "x"}, "rate: 'x' is not a number"),
        ({"tax": "x"}, "tax: 'x' is not a number"),
    ],
)
def test_a_wrong_row_is_refused_by_its_column(change, message):
    with pytest.raises(rules.LedgerError, match=message):
        rules.line_from(ROW | change)
