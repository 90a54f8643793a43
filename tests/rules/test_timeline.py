"""The timeline: what happened to the money and the waits, and what a payment now would do."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from accounts import rules
from accounts.gateways import published
from accounts.rules.timeline import LEAST_SPAN, Shown, Told, timeline

BOOK = published.edition("openai/2025-05")
AUTOMATIC = published.edition("google-gemini/2026")


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"2025-{text}").replace(tzinfo=UTC)


def drawn(*payments, seen="tier-1", now="05-20T12:34", book=BOOK, shown=(), told=(), rose=None, **kinds):
    """The timeline of purchases (gross, instant); a third part is the kind."""
    lines = [
        rules.Line(
            id=str(n),
            kind=rest[0] if rest else "purchase",
            status="succeeded",
            gross=Decimal(gross),
            paid_at=at(paid_at),
            undoes="0" if rest and rest[0] == "refund" else "",
        )
        for n, (gross, paid_at, *rest) in enumerate(payments)
    ]
    standing = rules.assess(book, lines, rules.Seen(seen, at(rose) if rose else None), at(now))
    return timeline(standing, shown, told)


def level(line, tier):
    return next(level for level in line.levels if level.tier.id == tier)


class TestMoney:
    def test_climbs_by_what_counts_alone(self):
        line = drawn(("50", "05-01T00:00"), ("500", "05-02T00:00", "grant"), ("45", "05-03T00:00"))
        assert [(step.at, step.added_usd, step.total_usd) for step in line.steps] == [
            (at("05-01T00:00"), Decimal("50.00"), Decimal("50.00")),
            (at("05-03T00:00"), Decimal("45.00"), Decimal("95.00")),
        ]

    def test_falls_with_a_refund(self):
        line = drawn(("100", "05-01T00:00"), ("60", "05-10T00:00", "refund"))
        assert [step.total_usd for step in line.steps] == [Decimal("100.00"), Decimal("40.00")]
        assert line.total_usd == Decimal("40.00")

    def test_the_scale_reaches_the_highest_gate_or_what_was_paid(self):
        assert drawn(("50", "05-01T00:00")).most_usd == Decimal(1000)
        assert drawn(("2000", "05-01T00:00"), seen="tier-5").most_usd == Decimal(2000)

    def test_the_scale_reaches_what_would_be_paid(self):
        line = drawn(("999", "05-01T00:00"), seen="tier-4", now="06-05T00:00")
        assert line.projection.total_usd == Decimal("1004.00")
        assert line.most_usd == Decimal("1004.00")

    def test_the_scale_is_there_without_gates(self):
        assert drawn(seen="start", book=published.edition("anthropic/2026-06-26")).most_usd > 0


class TestLevels:
    def test_are_the_tiers_that_ask_for_money(self):
        assert [level.tier.id for level in drawn().levels] == ["tier-1", "tier-2", "tier-3", "tier-4", "tier-5"]
        assert [level.tier.id for level in drawn(book=AUTOMATIC).levels] == ["tier-2", "tier-3"]

    def test_wait_from_the_clock_to_their_maturity(self):
        waiting = level(drawn(("50", "05-18T10:00")), "tier-2")
        assert (waiting.wait_from, waiting.wait_until) == (at("05-18T10:00"), at("05-25T10:00"))
        assert not waiting.is_projected
        assert not waiting.is_met

    def test_without_a_wait_have_no_stretch(self):
        first = level(drawn(("50", "05-18T10:00")), "tier-1")
        assert (first.wait_from, first.wait_until, first.ready_at) == (None, None, at("05-18T10:00"))
        assert first.is_met

    def test_without_a_clock_would_start_to_wait_with_a_payment_now(self):
        line = drawn(seen="free")
        waiting = level(line, "tier-4")
        assert waiting.is_projected
        assert (waiting.wait_from, waiting.wait_until) == (line.today, line.today + timedelta(days=14))

    def test_without_a_clock_and_without_an_advised_payment_do_not_wait(self):
        waiting = level(drawn(seen="free", book=AUTOMATIC), "tier-2")
        assert (waiting.wait_from, waiting.wait_until) == (None, None)


class TestTriggers:
    def test_is_the_first_payment_once_both_gates_are_met(self):
        line = drawn(("50", "05-01T00:00"), ("5", "05-10T00:00"), ("5", "05-11T00:00"))
        assert [(trigger.tier.id, trigger.at, trigger.total_usd) for trigger in line.triggers] == [
            ("tier-1", at("05-01T00:00"), Decimal("50.00")),
            ("tier-2", at("05-10T00:00"), Decimal("55.00")),
        ]

    def test_one_payment_for_several_tiers_stands_for_the_highest(self):
        line = drawn(("50", "05-01T00:00"), ("50", "05-10T00:00"))
        assert [trigger.tier.id for trigger in line.triggers] == ["tier-1", "tier-3"]

    def test_where_upgrades_are_automatic_it_is_the_instant_itself(self):
        line = drawn(("100", "05-01T00:00"), book=AUTOMATIC)
        assert [(trigger.tier.id, trigger.at) for trigger in line.triggers] == [("tier-2", at("05-04T00:00"))]

    def test_one_that_lies_ahead_is_none_yet(self):
        assert drawn(("100", "05-19T00:00"), book=AUTOMATIC).triggers == ()


class TestSightings:
    def test_in_a_row_of_the_same_tier_are_one_stretch(self):
        shown = [
            Shown("free", at("05-01T00:00")),
            Shown("tier-1", at("05-03T00:00")),
            Shown("tier-1", at("05-05T00:00")),
            Shown("free", at("05-07T00:00")),
        ]
        assert [(stretch.tier, stretch.since, stretch.until) for stretch in drawn(shown=shown).stretches] == [
            ("free", at("05-01T00:00"), at("05-03T00:00")),
            ("tier-1", at("05-03T00:00"), at("05-07T00:00")),
            ("free", at("05-07T00:00"), None),
        ]

    def test_nothing_was_shown(self):
        assert drawn().stretches == ()

    def test_do_not_stretch_the_drawing(self):
        shown = [Shown("tier-1", at("01-01T00:00"))]
        assert drawn(("50", "05-18T10:00"), shown=shown).starts_at > at("05-01T00:00")


def test_a_notice_to_several_people_is_one():
    notice = Told("upgrade_ready", "tier-2", at("05-08T00:00"))
    assert drawn(told=[notice, notice]).told == (notice,)


class TestToday:
    @pytest.mark.parametrize("now", ["05-20T12:00", "05-20T12:34", "05-20T12:59:59"])
    @pytest.mark.parametrize(
        "payments", [[], [("50", "05-18T10:00")], [("95", "05-01T00:00")], [("2000", "05-01T00:00")]]
    )
    def test_stands_still_for_an_hour(self, payments, now):
        line, first = drawn(*payments, now=now), drawn(*payments, now="05-20T12:00")
        assert (line.today, line.starts_at, line.ends_at) == (first.today, first.starts_at, first.ends_at)
        assert (line.projection, line.levels) == (first.projection, first.levels)

    @pytest.mark.parametrize(
        "facts",
        [
            {"shown": [Shown("tier-1", at("05-20T12:20"))]},
            {"told": [Told("tier_seen", "tier-1", at("05-20T12:20"))]},
        ],
    )
    def test_is_never_before_what_has_happened(self, facts):
        assert drawn(**facts).today == at("05-20T12:20")
        assert drawn(("5", "05-20T12:30"), **facts).today == at("05-20T12:30")


class TestProjection:
    def test_is_the_advised_amount_paid_now(self):
        line = drawn(("95", "05-01T00:00"), seen="tier-2")
        assert (line.projection.tier.id, line.projection.amount_usd) == ("tier-3", Decimal("5.00"))
        assert (line.projection.total_usd, line.projection.ready_at) == (Decimal("100.00"), line.today)

    def test_ends_with_a_wait_that_has_begun(self):
        assert drawn(("20", "05-18T10:00")).projection.ready_at == at("05-25T10:00")

    def test_ends_with_a_wait_that_would_begin(self):
        line = drawn(seen="tier-1")
        assert line.projection.ready_at == line.today + timedelta(days=7)

    @pytest.mark.parametrize("payments", [[("50", "05-18T10:00")], [("50", "05-01T00:00"), ("5", "05-20T00:00")]])
    def test_is_not_there_when_there_is_nothing_to_pay(self, payments):
        assert drawn(*payments).projection is None


class TestSpan:
    def test_holds_all_that_was_and_all_that_is_to_come(self):
        line = drawn(("50", "05-18T10:00"))
        assert line.starts_at < at("05-18T10:00")
        assert line.ends_at > at("06-17T10:00"), "the end of the longest wait"

    def test_holds_the_end_of_what_the_advice_waits_for(self):
        line = drawn(("50", "04-01T00:00"), ("5", "05-20T12:00"))
        assert line.advice.code == "rechecking"
        assert line.ends_at > line.advice.until

    def test_is_never_a_moment(self):
        line = drawn(seen="free", book=AUTOMATIC)
        assert line.ends_at - line.starts_at > LEAST_SPAN
