"""Gates, progress, advice and hints beyond the acceptance examples (domain 3 and 4)."""

from decimal import Decimal

import pytest

from accounts import rules
from tests.rules.ledgers import book_of, instant, line, refund, standing

LADDER = ("free", 0, 0), ("one", 5, 0), ("two", 50, 7)


def tier_of(found, tier_id):
    return next(tier for tier in found.tiers if tier.tier.id == tier_id)


def what(found):
    return found.advice.code, found.advice.tier.id


def test_since_tells_when_the_advice_became_true():
    early = [line("39.00", "05-01T00:00"), line("6.00", "05-12T00:00")]
    assert standing(early, "tier-1", "05-13").advice.since == instant("05-12")
    assert standing([line("45.00", "05-01")], "tier-1", "05-13").advice.since == instant("05-08")
    assert standing([line("50.00", "05-01")], "tier-1", "05-03").advice.since == instant("05-01")

    trigger = [line("50.00", "05-01"), line("5.00", "05-09T12:00")]
    assert standing(trigger, "tier-1", "05-10").advice.since == instant("05-09T12:00")
    assert standing(trigger, "tier-1", "05-20").advice.since == instant("05-11T12:00")
    assert standing([], "tier-5", "05-20", rose_at="05-19T06:00").advice.since == instant("05-19T06:00")
    assert standing([], "tier-5", "05-20").advice.since is None
    assert standing([], "free", "05-20").advice.since is None


def test_next_change_at_follows_time_alone():
    fifty = [line("50.00", "05-01T10:00")]
    assert standing(fifty, "tier-1", "05-02").next_change_at == instant("05-08T10:00")
    assert standing(fifty, "tier-1", "05-09").next_change_at is None
    triggered = [*fifty, line("5.00", "05-08T12:00")]
    assert standing(triggered, "tier-1", "05-09").next_change_at == instant("05-10T12:00")
    assert standing(triggered, "tier-1", "05-11").next_change_at is None
    assert standing([line("2000.00", "05-01")], "tier-5", "05-31T12:00", rose_at="05-31T06:00").next_change_at == (
        instant("06-01T06:00")
    )


def test_a_tier_seen_above_what_the_rules_give_is_no_downgrade():
    found = standing([], "tier-3", "05-20")

    assert found.eligible_tier.id == "free"
    assert what(found) == ("fund", "tier-4")


def test_an_automatic_provider_needs_no_top_up_for_met_gates():
    book = book_of(*LADDER, upgrades="automatic")
    fifty = [line("50.00", "05-01")]

    assert what(standing(fifty, "one", "05-05", book)) == ("wait", "two")
    assert standing(fifty, "one", "05-05", book).next_change_at == instant("05-08")
    assert what(standing(fifty, "one", "05-09", book)) == ("rechecking", "two")
    assert standing(fifty, "one", "05-09", book).advice.until == instant("05-10")
    assert what(standing(fifty, "one", "05-10", book)) == ("contact_support", "two")
    nearly = standing([line("42.00", "05-01")], "one", "05-10", book)
    assert (*what(nearly), nearly.advice.amount_usd) == ("top_up", "two", Decimal("8.00"))
    assert nearly.within_reach == ("two",)


def test_an_opaque_tier_is_never_met_and_leads_to_the_provider():
    book = book_of(*LADDER, ("three", None))
    found = standing([line("9000.00", "05-01")], "two", "07-01", book)

    assert what(found) == ("ask_provider", "three")
    assert found.eligible_tier.id == "two"
    three = tier_of(found, "three")
    assert not three.is_met
    assert three.as_json() == {
        "id": "three",
        "rank": 3,
        "met": False,
        "money": None,
        "wait": None,
        "funded_at": None,
        "matured_at": None,
        "ready_at": None,
    }


def test_a_free_tier_above_an_opaque_one_is_reached_by_the_first_payment():
    book = book_of(("trial", None), ("free", 0, 0))
    found = standing([line("5.00", "05-01")], "trial", "05-02", book)

    assert (found.eligible_tier.id, *what(found)) == ("free", "rechecking", "free")
    assert tier_of(found, "free").gate.ready_at == instant("05-01")


def test_with_nothing_computable_nothing_is_eligible():
    found = standing([line("5.00", "05-01")], "one", "05-20", book_of(("one", None), ("two", None)))

    assert found.eligible_tier is None
    assert found.as_json()["eligible_tier"] is None


def test_a_requirement_is_met_only_when_somebody_says_so_or_the_seen_tier_is_there():
    linked = {"id": "one", "money_usd": 0, "wait_days": 0, "requires": ["billing_linked"]}
    book = book_of(("free", 0, 0), linked, ("two", 50, 7), upgrades="automatic")

    unsaid = standing([], "free", "05-20", book)
    assert (unsaid.eligible_tier.id, *what(unsaid)) == ("free", "ask_provider", "one")
    later = standing([], "free", "05-20", book, confirmed={"billing_linked": instant("05-21")})
    assert (later.eligible_tier.id, *what(later)) == ("free", "ask_provider", "one")
    said = standing([], "free", "05-20", book, confirmed={"billing_linked": instant("05-19")})
    assert (said.eligible_tier.id, *what(said)) == ("one", "rechecking", "one")
    assert said.advice.until == instant("05-21")
    assert tier_of(said, "one").wait_percent == 100
    assert standing([], "one", "05-20", book).eligible_tier.id == "one"


def test_a_requirement_beside_gates_delays_the_tier_until_it_is_said():
    verified = {"id": "two", "money_usd": 50, "wait_days": 7, "requires": ["organization_verified", "contract"]}
    book = book_of(("free", 0, 0), ("one", 5, 0), verified)
    fifty = [line("50.00", "05-01")]

    assert what(standing(fifty, "one", "05-20", book)) == ("ask_provider", "two")
    half = {"organization_verified": instant("05-12")}
    assert what(standing(fifty, "one", "05-20", book, confirmed=half)) == ("ask_provider", "two")
    said = standing(fifty, "one", "05-20", book, confirmed=half | {"contract": instant("05-15")})
    assert tier_of(said, "two").gate.ready_at == instant("05-15")
    assert what(said) == ("top_up", "two")


def test_a_wait_without_a_money_gate_starts_with_the_first_payment():
    book = book_of(("free", 0, 0), ("known", 0, 7))

    assert tier_of(standing([], "free", "05-20", book), "known").gate.ready_at is None
    assert standing([line("1.00", "05-01")], "free", "05-07", book).eligible_tier.id == "free"
    assert standing([line("1.00", "05-01")], "free", "05-08", book).eligible_tier.id == "known"


def test_refunds_that_outweigh_payments_leave_progress_at_nothing():
    book = book_of(("free", 0, 0), ("known", 0, 7), ("one", 5, 7))
    found = standing([line("1.00", "05-01"), refund("3.00", "05-02")], "free", "05-20", book)

    assert found.counted_usd == Decimal("-2.00")
    assert [tier.money_percent for tier in found.tiers] == [100, 0, 0]
    assert [str(tier.short_usd) for tier in found.tiers] == ["0.00", "2.00", "7.00"]


@pytest.mark.parametrize(("gross", "percent"), [("0.01", 0), ("49.99", 99), ("50.00", 100), ("90.00", 100)])
def test_the_percentage_of_money_is_floored(gross, percent):
    assert tier_of(standing([line(gross, "05-01")], "free", "05-02"), "tier-2").money_percent == percent


@pytest.mark.parametrize(
    ("at", "days", "percent"),
    [("05-01", 0, 0), ("05-02T01:00", 1, 14), ("05-07T23:59:59", 6, 99), ("05-08", 7, 100), ("06-08", 38, 100)],
)
def test_the_percentage_of_the_wait_is_floored(at, days, percent):
    tier = tier_of(standing([line("1.00", "05-01")], "free", at), "tier-2")

    assert (tier.elapsed_days, tier.wait_percent) == (days, percent)


def test_without_a_clock_no_wait_has_passed():
    tier = tier_of(standing([], "free", "05-20"), "tier-2")

    assert (tier.elapsed_days, tier.wait_percent) == (0, 0)


def test_funding_counts_the_wait_from_now_only_without_a_clock():
    assert standing([], "tier-1", "05-20").advice.ready_if_paid_now == instant("05-27")
    started = [line("5.00", "05-18")]
    assert standing(started, "tier-1", "05-20").advice.ready_if_paid_now == instant("05-25")
    assert standing(started, "tier-1", "05-30").advice.ready_if_paid_now == instant("05-30")


def test_settling_begins_with_the_rise_and_ends_after_the_settling_time():
    assert what(standing([], "tier-5", "05-19T05:59:59", rose_at="05-19T06:00")) == ("top", "tier-5")
    assert what(standing([], "tier-5", "05-19T06:00", rose_at="05-19T06:00")) == ("settling", "tier-5")
    assert what(standing([], "tier-5", "05-20T06:00", rose_at="05-19T06:00")) == ("top", "tier-5")


def test_an_unknown_seen_tier_is_refused():
    with pytest.raises(rules.UnknownTier, match="'tier-9' is no tier of openai/2025-05"):
        standing([], "tier-9", "05-20")


@pytest.mark.parametrize(
    ("ledger", "hints"),
    [
        ([line("110.00", "05-01")], {"tax_unknown_near_gate"}),
        ([line("100.00", "05-01")], {"tax_unknown_near_gate"}),
        ([line("99.99", "05-01")], set()),
        ([line("110.00", "05-01", tax="0")], set()),
        ([line("110.00", "05-01", tax="9.00")], set()),
        ([line("160.00", "05-01")], set()),
        ([line("100.00", "05-01", currency="EUR", rate="1.01", tax="0")], {"rate_near_gate"}),
        ([line("98.00", "05-01", currency="EUR", rate="1", tax="0")], {"rate_near_gate"}),
        ([line("90.00", "05-01", currency="EUR", rate="1", tax="0")], set()),
        ([line("110.00", "05-01", kind="grant")], set()),
    ],
)
def test_hints_about_amounts_in_doubt_near_a_gate(ledger, hints):
    assert set(standing(ledger, "tier-2", "05-02").hints) == hints


def test_a_hint_when_the_provider_leaves_too_little_room():
    assert standing([], "free", "05-02", room_usd=Decimal("4.99")).hints == ("no_room",)
    assert standing([], "free", "05-02", room_usd=Decimal("5.00")).hints == ()
    assert standing([], "tier-5", "05-02", room_usd=Decimal("0.00")).hints == ()


def test_a_hint_when_the_cap_is_used_up_while_a_tier_is_due():
    paid = [line("50.00", "05-01", tax="0")]
    assert standing(paid, "tier-1", "05-20", cap_reached_at=instant("05-02")).hints == ("cap_reached",)
    assert standing(paid, "tier-1", "05-20", cap_reached_at=instant("04-30")).hints == ()
    assert standing(paid, "tier-1", "05-20", cap_reached_at=instant("2025-06-01T01:00:00+02:00")).hints == (
        "cap_reached",
    )
    assert standing(paid, "tier-2", "05-20", cap_reached_at=instant("05-02")).hints == ()


def test_a_hint_when_the_provider_has_newer_rules():
    assert standing([], "free", "05-02", has_newer_edition=True).hints == ("newer_edition",)


@pytest.mark.parametrize(
    "text", ["2025-05-01", "2025-05-01T10:00:00", "1969-12-31T00:00:00Z", "9999-12-31T00:00:00Z", "x"]
)
def test_an_instant_that_cannot_be_used_is_refused(text):
    with pytest.raises(ValueError, match=r"time zone|between the years|Invalid isoformat"):
        rules.from_text(text)


def test_instants_are_written_in_utc():
    assert rules.as_text(rules.from_text("2025-05-01T10:00:00+08:00")) == "2025-05-01T02:00:00Z"
    assert rules.as_text(None) is None
