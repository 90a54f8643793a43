"""Where it is in doubt whether a gate is met: by how much, and by which payments."""

from decimal import Decimal

import pytest
from hypothesis import given

from accounts import rules
from accounts.rules.doubts import RATE_DOUBT, TAX_DOUBT
from tests.rules import strategies
from tests.rules.ledgers import line, refund, standing


def told(ledger, seen="tier-1"):
    found = standing(ledger, seen, "05-30").doubts
    return [(doubt.code, doubt.tier.id, str(doubt.over_usd), str(doubt.off_usd)) for doubt in found]


TAX, RATE = rules.DOUBTS
EURO = {"currency": "EUR", "tax": "0"}


@pytest.mark.parametrize(
    ("ledger", "doubts"),
    [
        ([], []),
        ([line("54", "05-01")], [(TAX, "tier-2", "4.00", "11.48")]),
        ([line("50", "05-01")], [(TAX, "tier-2", "0.00", "10.63")]),
        ([line("49.99", "05-01")], []),
        ([line("54", "05-01", tax="0")], []),
        ([line("70", "05-01")], []),
        ([line("54", "05-01", status="pending")], []),
        ([line("44", "05-01", tax="0"), line("10", "05-02")], []),
        ([line("44", "05-01", tax="0"), line("20", "05-02")], []),
        ([line("30", "05-01", tax="0"), line("22", "05-02")], [(TAX, "tier-2", "2.00", "4.68")]),
        ([line("48", "05-01", rate="1.02", **EURO)], [(RATE, "tier-2", "-1.04", "1.47")]),
        ([line("50", "05-01", rate="1.02", **EURO)], [(RATE, "tier-2", "1.00", "1.53")]),
        ([line("52", "05-01", rate="1.02", **EURO)], []),
        ([line("48", "05-01", rate="1.00", **EURO)], []),
        (
            [line("105", "05-01", currency="EUR", rate="0.96")],
            [(TAX, "tier-3", "0.80", "21.43"), (RATE, "tier-3", "0.80", "3.02")],
        ),
    ],
)
def test_a_gate_in_doubt_says_by_how_much(ledger, doubts):
    assert told(ledger) == doubts


def test_only_gates_above_the_seen_tier_are_in_doubt():
    ledger = [line("54", "05-01")]
    assert told(ledger, "tier-2") == []
    assert told(ledger, "free") == [(TAX, "tier-2", "4.00", "11.48")]


def test_of_several_gates_it_is_the_one_that_the_total_is_nearest_to():
    assert told([line("260", "05-01")], "free") == [(TAX, "tier-4", "10.00", "55.28")]


def test_the_payments_are_told_the_greatest_doubt_first():
    small, great, known = line("20", "05-01"), line("35", "05-02"), line("1", "05-03", tax="0.10")
    gone = line("90", "05-04")
    [doubt] = standing([small, great, known, gone, refund("90", "05-05", gone.id)], "tier-1", "05-30").doubts
    assert doubt.lines == (great, small)
    assert doubt.as_json() == {
        "code": TAX,
        "tier": "tier-2",
        "over_usd": "5.90",
        "off_usd": "11.69",
        "payments": 2,
    }


@given(strategies.situations())
def test_the_hints_of_a_standing_are_its_doubts(situation):
    found = rules.assess(*situation)
    assert [hint for hint in found.hints if hint in rules.DOUBTS] == [doubt.code for doubt in found.doubts]
    for doubt in found.doubts:
        assert doubt.lines
        assert doubt.tier.rank > found.seen_tier.rank
        assert doubt.over_usd == found.counted_usd - doubt.tier.money_usd
        share = TAX_DOUBT if doubt.code == TAX else RATE_DOUBT
        assert abs(sum(held.counted_usd for held in doubt.lines) * share - doubt.off_usd) <= Decimal("0.005")
        if doubt.code == TAX:
            assert doubt.over_usd >= 0
            assert all(held.tax is None for held in doubt.lines)
        else:
            assert all(held.currency != "USD" for held in doubt.lines)
