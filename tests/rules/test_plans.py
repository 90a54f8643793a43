"""Plans: the article's cases, what an edition and a ledger may bring, and what must hold for every plan."""

from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from accounts import rules
from accounts.gateways import published
from tests.rules.ledgers import book_of, instant, line, refund
from tests.rules.strategies import situations
from tests.rules.test_properties import many, rank
from tests.rules.test_wishes import wishes

SEED = published.edition("openai/2025-05")
USD = Decimal


def plans(wish, ledger=(), seen="free", at="05-01", wanted=None, book=SEED, **circumstances):
    wish = rules.Wish(tier=wish) if isinstance(wish, str) else wish
    return rules.plan(
        book,
        ledger,
        rules.Seen(seen),
        wish,
        instant(at),
        instant(wanted) if wanted else None,
        rules.Circumstances(**circumstances),
    )


def paid(plan):
    """The payments of a plan as (day, amount, why)."""
    return [(f"{step.at:%m-%d}", str(step.amount_usd), step.why) for step in plan.payments]


def shown(plan):
    return [(step.kind, f"{step.at:%m-%dT%H:%M}") for step in plan.steps]


class TestTheArticlesCase:
    """o3-mini: tier 3, 100 dollars, 7 days."""

    WISH = rules.Wish(model="o3-mini")

    def test_all_at_once_pays_the_gate_today_and_the_top_up_when_the_wait_ends(self):
        plan = plans(self.WISH).of("all_at_once")
        assert paid(plan) == [("05-01", "100.00", "meets_money"), ("05-08", "5.00", "triggers")]
        assert (plan.tier, plan.total_usd, plan.extra_usd) == ("tier-3", USD(105), USD(5))
        assert (plan.ready_at, plan.safe_at) == (instant("05-08"), instant("05-10"))
        assert plan.live_at == instant("05-11"), "48 hours to be shown, 24 for the limits"
        assert plan.risk == "top_up_may_be_needed"

    def test_who_looks_on_that_day_may_spare_the_top_up(self):
        plan = plans(self.WISH).of("all_at_once")
        assert [step.kind for step in plan.steps] == ["pay", "check", "pay", "ask"]
        assert plan.steps[-1].at == instant("05-10")

    def test_the_cheapest_starts_the_clock_and_holds_the_rest_back(self):
        plan = plans(self.WISH).of("cheapest")
        assert paid(plan) == [("05-01", "5.00", "starts_clock"), ("05-08", "95.00", "completes")]
        assert (plan.total_usd, plan.extra_usd, plan.risk) == (USD(100), USD(0), "small_payments")
        assert plan.ready_at == instant("05-08")

    def test_the_latest_is_live_just_in_time(self):
        plan = plans(self.WISH, wanted="05-30T09:00").of("latest")
        assert paid(plan) == [("05-20", "5.00", "starts_clock"), ("05-27", "95.00", "completes")]
        assert (plan.live_at, plan.risk) == (instant("05-30T09:00"), "no_slack")

    def test_without_a_wanted_date_there_is_no_latest(self):
        found = plans(self.WISH)
        assert [plan.kind for plan in found.plans] == ["all_at_once", "cheapest"]
        assert found.of("latest") is None

    def test_too_early_a_date_is_said_to_be_too_early(self):
        found = plans(self.WISH, wanted="05-10T23:59:59")
        assert (found.is_late, found.earliest_at, found.of("latest")) == (True, instant("05-11"), None)

    def test_a_date_that_leaves_no_choice_gives_the_same_plan_once(self):
        found = plans(self.WISH, wanted="05-11")
        assert [(plan.kind, plan.also) for plan in found.plans] == [("all_at_once", ()), ("cheapest", ("latest",))]
        assert found.of("latest") is found.of("cheapest")
        assert not found.is_late


class TestWhereAnAccountStands:
    def test_waiting_with_the_money_there_needs_the_top_up_alone(self):
        (plan,) = plans("tier-2", [line("50", "05-01T10:00")], "tier-1", "05-03").plans
        assert (plan.kind, plan.also) == ("all_at_once", ("cheapest",))
        assert paid(plan) == [("05-08", "5.00", "triggers")]
        assert plan.extra_usd == USD(5)

    def test_with_a_clock_the_whole_rest_is_held_back(self):
        found = plans("tier-3", [line("50", "05-01")], "tier-1", "05-03")
        assert paid(found.of("all_at_once")) == [("05-03", "50.00", "meets_money"), ("05-08", "5.00", "triggers")]
        assert paid(found.of("cheapest")) == [("05-08", "50.00", "completes")]
        assert found.of("cheapest").risk == "last_day"

    def test_after_the_wait_one_payment_today_does_it(self):
        (plan,) = plans("tier-3", [line("95", "05-01")], "tier-2", "05-12").plans
        assert paid(plan) == [("05-12", "5.00", "completes")]
        assert (plan.also, plan.risk, plan.ready_at) == (("cheapest",), "no_promise", instant("05-12"))

    def test_with_both_gates_met_the_top_up_is_paid_today(self):
        (plan,) = plans("tier-2", [line("50", "05-01")], "tier-1", "05-12").plans
        assert paid(plan) == [("05-12", "5.00", "triggers")]

    def test_while_the_provider_rechecks_there_is_nothing_to_pay(self):
        ledger = [line("50", "05-01"), line("5", "05-09")]
        (plan,) = plans("tier-2", ledger, "tier-1", "05-10").plans
        assert (plan.payments, plan.total_usd, plan.extra_usd, plan.risk) == ((), USD(0), USD(0), "only_wait")
        assert shown(plan) == [("check", "05-09T00:00"), ("ask", "05-11T00:00")]

    @pytest.mark.parametrize("seen", ["tier-2", "tier-4"])
    def test_a_tier_that_is_shown_already_needs_no_plan(self, seen):
        found = plans("tier-2", [], seen)
        assert (found.is_there, found.plans) == (True, ())

    def test_a_small_shortfall_is_rounded_up_to_the_least_purchase(self):
        found = plans("tier-2", [line("49.99", "05-01")], "tier-1", "05-03")
        assert paid(found.of("cheapest")) == [("05-08", "5.00", "completes")]
        assert found.of("cheapest").extra_usd == USD("4.99")

    def test_a_gate_below_two_purchases_costs_two(self):
        book = book_of(("free", 0, 0), ("low", 8, 7))
        cheapest = plans("low", book=book).of("cheapest")
        assert paid(cheapest) == [("05-01", "5.00", "starts_clock"), ("05-08", "5.00", "completes")]
        assert cheapest.extra_usd == USD(2)

    def test_a_refund_is_to_be_paid_again(self):
        held = line("100", "05-01")
        ledger = [held, refund("-60", "05-04", undoes=held.id)]
        assert paid(plans("tier-2", ledger, "tier-1", "05-05").of("cheapest")) == [("05-08", "10.00", "completes")]

    def test_a_payment_that_was_taken_back_has_started_no_clock(self):
        held = line("50", "05-01")
        found = plans("tier-2", [held, refund("-50", "05-04", undoes=held.id)], "tier-1", "05-05")
        assert paid(found.of("cheapest")) == [("05-05", "5.00", "starts_clock"), ("05-12", "45.00", "completes")]

    def test_a_full_balance_is_warned_of(self):
        assert plans("tier-2", room_usd=USD(49)).warnings == ("no_room",)
        assert plans("tier-2", room_usd=USD(50)).warnings == ()
        rechecking = plans("tier-2", [line("50", "05-01"), line("5", "05-09")], "tier-1", "05-10", room_usd=USD(0))
        assert rechecking.warnings == ()


class TestWhereTheProviderActsByItself:
    BOOK = book_of(("free", 0, 0), ("low", 5, 0), ("high", 100, 7), upgrades="automatic")

    def test_without_a_wait_one_payment_does_it(self):
        (plan,) = plans("low", book=self.BOOK).plans
        assert paid(plan) == [("05-01", "5.00", "meets_money")]
        assert (plan.risk, plan.also) == ("by_itself", ("cheapest",))

    def test_no_payment_is_a_trigger(self):
        found = plans("high", book=self.BOOK)
        assert paid(found.of("all_at_once")) == [("05-01", "100.00", "meets_money")]
        assert found.of("all_at_once").risk == "money_waits"
        assert paid(found.of("cheapest")) == [("05-01", "5.00", "starts_clock"), ("05-08", "95.00", "meets_money")]

    def test_what_is_too_little_for_two_purchases_is_paid_at_once(self):
        book = book_of(("free", 0, 0), ("low", 8, 7), upgrades="automatic")
        (plan,) = plans("low", book=book).plans
        assert paid(plan) == [("05-01", "8.00", "meets_money")]
        assert (plan.ready_at, plan.also) == (instant("05-08"), ("cheapest",))

    def test_while_only_the_wait_is_left_there_is_nothing_to_pay(self):
        (plan,) = plans("high", [line("100", "05-01")], "low", "05-03", book=self.BOOK).plans
        assert (plan.payments, plan.ready_at, plan.risk) == ((), instant("05-08"), "only_wait")

    def test_a_tier_without_gates_needs_nothing(self):
        book = book_of(("odd", 0, 1), ("free", 0, 0), upgrades="automatic")
        (plan,) = plans("free", seen="odd", book=book).plans
        assert (plan.payments, plan.ready_at) == ((), instant("05-01"))


class TestWhatCannotBeComputed:
    def test_gates_that_nobody_publishes(self):
        found = plans("grow", book=book_of(("free", 0, 0), ("grow", None)))
        assert (found.obstacle, found.plans) == ("opaque", ())

    def test_a_requirement_that_nobody_said_to_be_met(self):
        book = book_of(("free", 0, 0), {"id": "pro", "money_usd": 5, "wait_days": 0, "requires": ["contract"]})
        found = plans("pro", book=book)
        assert (found.obstacle, found.missing, found.plans) == ("requirement", ("contract",), ())
        assert plans("pro", book=book, confirmed={"contract": instant("04-01")}).of("cheapest").total_usd == USD(5)

    def test_a_wish_that_no_tier_grants(self):
        found = plans(rules.Wish(model="o3"))
        assert (found.obstacle, found.need.tier, found.plans) == ("partner", None, ())

    def test_a_model_that_is_shut_down_before_it_would_be_there(self):
        model = {"id": "m", "name": "M", "access": "open", "source": "page", "from_tier": "low"}
        model["retired_on"] = "2025-05-10"
        book = book_of(("free", 0, 0), ("low", 50, 7), models=[model])
        assert plans(rules.Wish(model="m"), book=book).warnings == ("shut_down",)

    def test_an_edition_without_the_seen_tier(self):
        with pytest.raises(rules.UnknownTier):
            plans("tier-2", seen="build")


class TestWhatAnEditionSays:
    def test_nothing_is_paid_before_payments_count(self):
        book = book_of(("free", 0, 0), ("low", 50, 7), counts_since="2025-06-01")
        found = plans("low", [line("50", "04-01")], book=book)
        assert paid(found.of("cheapest")) == [("06-01", "5.00", "starts_clock"), ("06-08", "45.00", "completes")]

    @pytest.mark.parametrize(
        ("gate", "most", "amounts"),
        [
            (100, 100, ["100.00"]),
            (250, 100, ["100.00", "100.00", "50.00"]),
            (203, 100, ["100.00", "98.00", "5.00"]),
            (12, 6, ["6.00", "6.00"]),
            (13, 6, ["6.00", "5.00", "5.00"]),
            (50, 2, ["5.00"] * 10),
        ],
    )
    def test_a_purchase_that_is_too_large_is_split(self, gate, most, amounts):
        free = {"id": "free", "money_usd": 0, "wait_days": 0, "most_purchase_usd": most}
        found = plans("low", book=book_of(free, ("low", gate, 0)))
        assert [str(step.amount_usd.quantize(USD("0.01"))) for step in found.plans[0].payments] == amounts
        assert found.warnings == (("split",) if len(amounts) > 1 else ())

    def test_dozens_of_purchases_are_no_plan(self):
        free = {"id": "free", "money_usd": 0, "wait_days": 0, "most_purchase_usd": 5}
        found = plans("low", book=book_of(free, ("low", 5000, 7)))
        assert (found.obstacle, found.plans) == ("purchase_limit", ())

    def test_a_plan_goes_to_json_and_back(self):
        plan = plans("tier-3").of("cheapest")
        assert rules.Plan.from_json(plan.as_json()) == plan
        assert plan.as_json()["steps"][0] == {
            "kind": "pay", "at": "2025-05-01T00:00:00Z", "amount_usd": "5.00", "why": "starts_clock"
        }  # fmt: skip


@st.composite
def planned(draw):
    """A situation of which only the past is kept, a wish, and the plans for it."""
    book, ledger, seen, at, circumstances = draw(situations())
    past = [held for held in ledger if held.paid_at <= at]
    above = [tier for tier in book.tiers if tier.rank > book.tier(seen.tier).rank and not tier.is_opaque]
    is_plain = above and draw(st.integers(0, 2))  # most wishes are for what a plan can reach
    wish = rules.Wish(tier=draw(st.sampled_from(above)).id) if is_plain else draw(wishes(book))
    wanted_at = draw(st.one_of(st.none(), st.integers(0, 3000).map(lambda hours: at + timedelta(hours=hours))))
    found = rules.plan(book, past, seen, wish, at, wanted_at, circumstances)
    return (book, past, seen, at, circumstances), wish, wanted_at, found


def made(plan, until=None):
    return [
        rules.Line(f"plan-{number}", "purchase", "succeeded", step.amount_usd, step.at)
        for number, step in enumerate(plan.payments)
        if until is None or step.at < until
    ]


def is_reached(standing, plan):
    """Whether the rules grant the tier at the standing's instant, with a trigger where the provider wants one."""
    gate = next(row.gate for row in standing.tiers if row.tier.id == plan.tier)
    if not gate.is_met(standing.at) or rank(standing.eligible_tier) < gate.tier.rank:
        return False
    return standing.rulebook.upgrades == "automatic" or any(
        held.paid_at >= gate.ready_at
        for held in (entry.line for entry in standing.tally.entries if entry.reason == "counts")
    )


@many
@given(planned())
def test_whoever_follows_a_plan_reaches_the_tier_at_the_promised_instant(case):
    (book, past, seen, _at, circumstances), _wish, _wanted, found = case
    for plan in found.plans:
        then = rules.assess(book, [*past, *made(plan)], seen, plan.ready_at, circumstances)
        assert is_reached(then, plan)
        if plan.payments and plan.ready_at > plan.payments[0].at:
            just_before = plan.ready_at - timedelta(microseconds=1)
            before = rules.assess(book, [*past, *made(plan, plan.ready_at)], seen, just_before, circumstances)
            assert not is_reached(before, plan)


@many
@given(planned())
def test_no_payment_lies_in_the_past_or_after_the_tier_is_ready(case):
    (book, _past, _seen, at, _c), _wish, _wanted, found = case
    for plan in found.plans:
        assert all(at <= step.at <= plan.ready_at for step in plan.payments)
        assert all(step.amount_usd >= book.top_up_min_usd for step in plan.payments)
        assert [step.at for step in plan.steps] == sorted(step.at for step in plan.steps)
        assert plan.safe_at == plan.ready_at + timedelta(days=2)
        assert plan.live_at > plan.ready_at


@many
@given(planned())
def test_the_cheapest_never_costs_a_cent_more_than_the_money_gate_lacks(case):
    (book, *_), _wish, _wanted, found = case
    cheapest = found.of("cheapest")
    if cheapest is None or "split" in found.warnings:
        return
    # Unless the least purchase forces it: each of its payments has to be one.
    assert cheapest.total_usd == max(cheapest.short_usd, book.top_up_min_usd * len(cheapest.payments))
    assert len(cheapest.payments) <= 2
    assert all(cheapest.total_usd <= plan.total_usd for plan in found.plans)


@many
@given(planned(), st.randoms())
def test_plans_do_not_depend_on_the_order_of_payments(case, random):
    (book, past, seen, at, circumstances), wish, wanted_at, found = case
    assume(len({held.paid_at for held in past}) == len(past))
    shuffled = random.sample(past, len(past))
    assert rules.plan(book, shuffled, seen, wish, at, wanted_at, circumstances) == found


@many
@given(planned())
def test_the_latest_is_live_by_the_wanted_date_and_not_before(case):
    _situation, _wish, wanted_at, found = case
    latest = found.of("latest")
    if latest is not None and latest.kind == "latest":
        assert latest.live_at == wanted_at
    assert found.is_late == (bool(found.plans) and wanted_at is not None and found.earliest_at > wanted_at)
    if found.is_late:
        assert latest is None


@many
@given(planned())
def test_there_are_plans_or_a_reason_and_never_the_same_one_twice(case):
    _situation, _wish, _wanted, found = case
    assert bool(found.plans) + found.is_there + bool(found.obstacle) == 1
    ways = [plan.payments for plan in found.plans]
    assert len(set(ways)) == len(ways)
    kinds = [kind for plan in found.plans for kind in (plan.kind, *plan.also)]
    assert kinds == sorted(kinds, key=rules.PLAN_KINDS.index)
    assert all(rules.Plan.from_json(plan.as_json()).steps == plan.steps for plan in found.plans)


@pytest.mark.parametrize("edition", published.editions())
def test_every_tier_of_every_edition_has_plans_that_lead_there_or_says_why_not(edition):
    book = published.edition(edition)
    at = instant("2026-11-20T10:00")
    said = dict.fromkeys(rules.REQUIREMENTS, instant("2026-01-01"))
    for tier in book.tiers[1:]:
        for circumstances in (rules.Circumstances(), rules.Circumstances(confirmed=said)):
            seen = rules.Seen(book.lowest.id)
            found = rules.plan(book, [], seen, rules.Wish(tier=tier.id), at, at + timedelta(days=90), circumstances)
            if tier.is_opaque:
                assert found.obstacle == "opaque"
            elif tier.requires and not circumstances.confirmed:
                assert found.obstacle == "requirement"
            else:
                assert found.of("cheapest") or found.plans[0].risk == "only_wait"
            for plan in found.plans:
                assert is_reached(rules.assess(book, made(plan), seen, plan.ready_at, circumstances), plan)
