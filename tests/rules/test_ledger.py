"""What counts, why or why not, the running total, and the clock (domain 2)."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from accounts import rules
from tests.rules.ledgers import instant, line, refund


def tally(*lines, at="06-30T00:00", **facts):
    return rules.tally(lines, at=instant(at), **facts)


def story(held):
    """Every entry as (reason, what it adds, total after it)."""
    return [(entry.reason, str(entry.counted_usd), str(entry.total_usd)) for entry in held.entries]


@pytest.mark.parametrize(
    ("given", "reason", "counted"),
    [
        (line("20.00", "05-01"), "counts", "20.00"),
        (line("20.00", "05-01", kind="auto_recharge"), "counts", "20.00"),
        (line("20.00", "05-01", kind="invoice"), "counts", "20.00"),
        (line("20.00", "05-01", kind="grant"), "grant", "0.00"),
        (line("20.00", "05-01", kind="promo"), "promo", "0.00"),
        (line("20.00", "05-01", kind="transfer"), "transfer", "0.00"),
        (line("20.00", "05-01", kind="grant", status="failed"), "grant", "0.00"),
        (line("20.00", "05-01", status="pending"), "not_succeeded", "0.00"),
        (line("20.00", "05-01", status="failed"), "not_succeeded", "0.00"),
        (line("20.00", "05-01", status="void"), "not_succeeded", "0.00"),
        (line("20.00", "05-01", tax="20.00"), "nothing_left", "0.00"),
        (line("0.004", "05-01"), "nothing_left", "0.00"),
        (refund("20.00", "05-01"), "lowers", "-20.00"),
        (refund("-20.00", "05-01"), "lowers", "-20.00"),
        (refund("20.00", "05-01", kind="chargeback"), "lowers", "-20.00"),
        (refund("20.00", "05-01", status="pending"), "not_succeeded", "0.00"),
    ],
)
def test_every_line_says_why_it_counts_or_not(given, reason, counted):
    held = tally(given)

    assert story(held) == [(reason, counted, counted)]
    assert held.entries[0].counts == (counted != "0.00")
    assert held.clock == (given.paid_at if reason == "counts" else None)


@pytest.mark.parametrize(
    ("facts", "counted"),
    [
        ({"gross": "119.00", "tax": "19.00"}, "100.00"),
        ({"gross": "119.00"}, "119.00"),
        ({"gross": "100.00", "currency": "EUR", "rate": "1.0825"}, "108.25"),
        ({"gross": "119.00", "tax": "19.00", "currency": "EUR", "rate": "1.10"}, "110.00"),
        ({"gross": "0.125"}, "0.12"),  # half-even, down
        ({"gross": "0.135"}, "0.14"),  # half-even, up
        ({"gross": "7500", "currency": "JPY", "rate": "0.0066666"}, "50.00"),
        ({"gross": "5.00", "rate": "1"}, "5.00"),
    ],
)
def test_the_counted_amount_is_without_tax_in_usd_with_two_places(facts, counted):
    given = line(facts.pop("gross"), "05-01", **facts)

    assert str(given.counted_usd) == counted


def test_a_refund_of_an_amount_with_tax_lowers_by_the_amount_without_it():
    assert str(refund("-119.00", "05-01", tax="-19.00").counted_usd) == "-100.00"
    assert str(refund("119.00", "05-01", tax="19.00").counted_usd) == "-100.00"


def test_a_partly_refunded_payment_keeps_the_clock_and_lowers_from_the_refund_on():
    lines = line("100.00", "05-01", id="a"), refund("60.00", "05-20", undoes="a")

    assert story(tally(*lines, at="05-19T23:59:59")) == [("counts", "100.00", "100.00")]
    held = tally(*lines, at="05-20")
    assert story(held) == [("counts", "100.00", "100.00"), ("lowers", "-60.00", "40.00")]
    assert held.clock == instant("05-01")


def test_a_wholly_refunded_payment_drops_out_from_its_last_refund_on():
    lines = (
        line("100.00", "05-01", id="a"),
        line("30.00", "05-10", id="b"),
        refund("60.00", "05-20", undoes="a"),
        refund("-40.00", "05-25", undoes="a", kind="chargeback"),
    )

    assert tally(*lines, at="05-24T23:59:59").clock == instant("05-01")
    held = tally(*lines, at="05-25")
    assert story(held) == [
        ("refunded", "0.00", "0.00"),
        ("counts", "30.00", "30.00"),
        ("undoes_dropped", "0.00", "30.00"),
        ("undoes_dropped", "0.00", "30.00"),
    ]
    assert held.clock == instant("05-10")


def test_a_failed_refund_undoes_nothing():
    held = tally(line("50.00", "05-01", id="a"), refund("50.00", "05-02", undoes="a", status="failed"))

    assert story(held) == [("counts", "50.00", "50.00"), ("not_succeeded", "0.00", "50.00")]


@pytest.mark.parametrize(
    "uncounted",
    [
        line("50.00", "05-02", id="a", kind="grant"),
        line("50.00", "05-02", id="a", status="failed"),
        line("50.00", "05-02", id="a", tax="50.00"),
    ],
)
def test_the_refund_of_a_payment_that_never_counted_lowers_nothing(uncounted):
    held = tally(line("20.00", "05-01"), uncounted, refund("50.00", "05-03", undoes="a"))

    assert held.entries[2].reason == "undoes_dropped"
    assert held.total_usd == Decimal("20.00")


def test_a_refund_without_its_payment_lowers_the_total():
    assert tally(line("50.00", "05-01"), refund("20.00", "05-02")).total_usd == Decimal("30.00")


def test_lines_of_one_instant_keep_their_entry_order():
    held = tally(line("2.00", "05-02", id="c"), line("1.00", "05-01", id="a"), line("3.00", "05-02", id="b"))

    assert [entry.line.id for entry in held.entries] == ["a", "c", "b"]


def test_lines_after_the_instant_are_not_used():
    held = tally(line("50.00", "05-01"), line("5.00", "05-08T00:00:01"), at="05-08T00:00:00")

    assert [entry.total_usd for entry in held.entries] == [Decimal("50.00")]


def test_a_rulebook_may_count_only_lines_from_a_day_on():
    lines = (
        line("50.00", "2025-12-31T23:59:59Z", id="old"),
        line("20.00", "2026-01-01T00:00:00Z"),
        refund("10.00", "2026-01-02T00:00:00Z", undoes="old"),
    )

    held = tally(*lines, at="2026-02-01", counts_since=date(2026, 1, 1))

    assert [entry.reason for entry in held.entries] == ["before_start", "counts", "undoes_dropped"]
    assert (held.total_usd, held.clock) == (Decimal("20.00"), instant("2026-01-01"))


def test_an_old_refund_before_that_day_does_not_lower():
    lines = line("50.00", "2025-12-01", id="old"), refund("10.00", "2025-12-02", undoes="old")

    assert [e.reason for e in tally(*lines, at="2026-02-01", counts_since=date(2026, 1, 1)).entries] == [
        "before_start",
        "undoes_dropped",
    ]
    assert [
        e.reason for e in tally(refund("1.00", "2025-12-02"), counts_since=date(2026, 1, 1), at="2026-01-05").entries
    ] == ["before_start"]


def test_the_stretch_begins_anew_after_the_total_fell_below():
    held = tally(
        line("60.00", "05-01", id="a"),
        refund("20.00", "05-03", undoes="a"),
        line("1.00", "05-04", kind="grant"),
        line("10.00", "05-05"),
    )

    assert held.stretch_start(Decimal("50.00")) == instant("05-05")
    assert held.stretch_start(Decimal("40.00")) == instant("05-01")
    assert held.stretch_start(Decimal("50.01")) is None
    assert held.first_payment_from(instant("05-01") + timedelta(seconds=1)) == instant("05-05")
    assert held.first_payment_from(instant("05-06")) is None


@pytest.mark.parametrize(
    ("facts", "field"),
    [
        ({"kind": "gift"}, "kind"),
        ({"status": "done"}, "status"),
        ({"gross": "0"}, "gross"),
        ({"gross": "-1.00"}, "gross"),
        ({"gross": "NaN"}, "gross"),
        ({"gross": "Infinity"}, "gross"),
        ({"gross": "1E12"}, "gross"),
        ({"kind": "refund", "gross": "0"}, "gross"),
        ({"tax": "NaN"}, "tax"),
        ({"tax": "5.01"}, "tax"),
        ({"currency": "usd"}, "currency"),
        ({"currency": "EURO"}, "currency"),
        ({"currency": "ÄÖÜ"}, "currency"),
        ({"currency": "EUR"}, "rate"),
        ({"currency": "EUR", "rate": "0"}, "rate"),
        ({"currency": "EUR", "rate": "-1"}, "rate"),
        ({"currency": "EUR", "rate": "NaN"}, "rate"),
        ({"rate": "1.1"}, "rate"),
        ({"undoes": "a"}, "undoes"),
    ],
)
def test_a_line_that_cannot_be_is_refused(facts, field):
    with pytest.raises(rules.LedgerError) as refused:
        line(**{"gross": "5.00", "paid_at": "05-01"} | facts)

    assert refused.value.field == field
    assert str(refused.value) == f"{field}: {refused.value.reason}"


def test_a_line_without_a_time_zone_is_refused():
    with pytest.raises(rules.LedgerError, match="paid_at: must have a time zone"):
        rules.Line("a", "purchase", "succeeded", Decimal(5), instant("05-01").replace(tzinfo=None))


@pytest.mark.parametrize(
    ("lines", "message", "position"),
    [
        ([line("1", "05-01", id="a"), line("2", "05-02", id="a")], "id: 'a' stands twice", 1),
        ([refund("1", "05-01", id="r", undoes="nothing")], "undoes: 'nothing' is no payment of this ledger", 0),
        (
            [line("9", "05-01", id="a"), refund("1", "05-02", id="r", undoes="a"), refund("1", "05-03", undoes="r")],
            "undoes: 'r' is no payment of this ledger",
            2,
        ),
    ],
)
def test_lines_that_do_not_fit_together_are_refused(lines, message, position):
    with pytest.raises(rules.LedgerError) as refused:
        rules.check_links(lines)

    assert (str(refused.value), refused.value.position) == (message, position)


def test_lines_that_fit_together_pass():
    rules.check_links([refund("1", "05-02", undoes="a"), line("9", "05-01", id="a"), refund("1", "05-02")])
