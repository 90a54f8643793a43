"""Following a plan: what is done, what is next, and when reality has left it."""

import dataclasses
from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts import rules
from accounts.gateways import published
from tests.rules.ledgers import book_of, instant, line, refund
from tests.rules.test_plans import SEED, made, planned, plans
from tests.rules.test_properties import many

CHEAPEST = plans("tier-3").of("cheapest")  # 5 on 05-01, 95 on 05-08
AT_ONCE = plans("tier-3").of("all_at_once")  # 100 on 05-01, 5 on 05-08
HOUR = timedelta(hours=1)


def follow(plan, ledger, at, seen="free", book=SEED, looked_at=None, **circumstances):
    standing = rules.assess(book, ledger, rules.Seen(seen), instant(at), rules.Circumstances(**circumstances))
    return rules.follow(plan, standing, instant(looked_at) if looked_at else None)


def states(following):
    return [(followed.step.kind, followed.state) for followed in following.steps]


class TestOnTrack:
    def test_at_first_the_first_payment_is_next(self):
        found = follow(CHEAPEST, [], "05-01")
        assert (found.state, found.why, found.next.step) == ("on_track", "", CHEAPEST.steps[0])
        assert states(found) == [("pay", "next"), ("pay", "ahead"), ("check", "ahead"), ("ask", "ahead")]
        assert found.next_change_at == instant("05-02"), "then the payment is overdue"

    def test_a_payment_ticks_its_step(self):
        found = follow(CHEAPEST, [line("5", "05-01T03:00", id="a")], "05-02")
        assert states(found)[:2] == [("pay", "done"), ("pay", "next")]
        assert (found.steps[0].by, found.next.left_usd) == (("a",), Decimal("95.00"))

    def test_a_clock_that_started_hours_later_ends_hours_later(self):
        found = follow(CHEAPEST, [line("5", "05-01T03:00")], "05-02")
        assert (found.next.due_at, found.ready_at) == (instant("05-08T03:00"), instant("05-08T03:00"))
        assert (found.steps[-1].due_at, found.live_at) == (instant("05-10T03:00"), instant("05-11T03:00"))

    def test_the_last_payment_must_come_after_the_wait(self):
        found = follow(AT_ONCE, [line("100", "05-01"), line("5", "05-07")], "05-08T01:00")
        assert states(found)[:3] == [("pay", "done"), ("check", "next"), ("pay", "ahead")]
        assert follow(AT_ONCE, [line("100", "05-01"), line("5", "05-08")], "05-08T01:00").steps[2].state == "done"

    def test_a_part_of_a_step_leaves_the_rest_of_it(self):
        found = follow(AT_ONCE, [line("60", "05-01", id="a")], "05-01T10:00")
        assert (found.next.left_usd, found.next.by) == (Decimal("40.00"), ("a",))

    def test_what_is_left_is_never_less_than_a_purchase(self):
        assert follow(AT_ONCE, [line("98", "05-01")], "05-01T10:00").next.left_usd == Decimal("5")

    def test_several_payments_may_make_one_step(self):
        ledger = [line("60", "05-01", id="a"), line("40", "05-01T02:00", id="b"), line("5", "05-08", id="c")]
        found = follow(AT_ONCE, ledger, "05-08T01:00")
        assert [followed.by for followed in found.steps if followed.step.kind == "pay"] == [("a", "b"), ("c",)]

    def test_what_was_paid_before_the_plan_is_none_of_its_payments(self):
        plan = plans("tier-3", [line("50", "04-25")], "tier-1", "05-01").of("all_at_once")
        found = follow(plan, [line("50", "04-25", id="old"), line("50", "05-01T01:00", id="new")], "05-01T02:00")
        assert found.steps[0].by == ("new",)

    def test_payments_that_do_not_count_tick_nothing(self):
        found = follow(
            CHEAPEST, [line("5", "05-01", status="failed"), line("50", "05-01", kind="grant")], "05-01T02:00"
        )
        assert found.next.step == CHEAPEST.steps[0]

    def test_looking_at_the_limits_page_ticks_the_check(self):
        ledger = [line("5", "05-01"), line("95", "05-08")]
        assert follow(CHEAPEST, ledger, "05-08T01:00").next.step.kind == "check"
        assert follow(CHEAPEST, ledger, "05-08T01:00", looked_at="05-07").next.step.kind == "check"
        assert follow(CHEAPEST, ledger, "05-08T03:00", looked_at="05-08T02:00").next.step.kind == "ask"

    def test_after_48_hours_asking_is_next_though_nobody_looked(self):
        found = follow(CHEAPEST, [line("5", "05-01"), line("95", "05-08")], "05-10")
        assert (found.state, found.next.step.kind, found.next_change_at) == ("on_track", "ask", None)

    def test_more_than_planned_for_the_first_payment_is_no_harm(self):
        found = follow(AT_ONCE, [line("120", "05-01")], "05-05")
        assert (found.state, found.next.step.kind) == ("on_track", "check")
        assert found.steps[2].left_usd == Decimal("5.00")

    def test_a_later_success_makes_up_for_what_was_planned_before(self):
        found = follow(CHEAPEST, [line("100", "04-20"), line("5", "05-03")], "05-04")
        assert [followed.state for followed in found.steps[:2]] == ["done", "done"]
        assert found.ready_at == instant("04-27")


class TestReached:
    @pytest.mark.parametrize("seen", ["tier-3", "tier-5"])
    def test_when_the_provider_shows_the_tier_or_a_higher_one(self, seen):
        found = follow(CHEAPEST, [], "05-03", seen)
        assert (found.state, found.next, found.next_change_at) == ("reached", None, None)
        assert {followed.state for followed in found.steps} == {"done"}

    def test_in_another_edition_that_names_it(self):
        assert follow(CHEAPEST, [], "05-03", "tier-3", published.edition("openai/2024-12")).state == "reached"


class TestLeft:
    def test_a_day_after_a_payment_that_was_not_made(self):
        assert follow(CHEAPEST, [], "05-01T23:59:59").state == "on_track"
        found = follow(CHEAPEST, [], "05-02")
        assert (found.state, found.why, found.next.step) == ("left", "missed", CHEAPEST.steps[0])

    def test_a_day_after_the_last_payment_that_was_not_made(self):
        ledger = [line("5", "05-01")]
        assert follow(CHEAPEST, ledger, "05-08T23:00").state == "on_track"
        assert follow(CHEAPEST, ledger, "05-09").why == "missed"

    def test_with_a_clock_that_started_more_than_a_day_late(self):
        assert follow(CHEAPEST, [line("5", "05-03")], "05-03T01:00").why == "missed"

    def test_with_a_payment_taken_back(self):
        held = line("5", "05-01")
        assert follow(CHEAPEST, [held, refund("-5", "05-03", undoes=held.id)], "05-03T01:00").why == "refunded"
        held = line("100", "05-01")
        assert follow(AT_ONCE, [held, refund("-60", "05-03", undoes=held.id)], "05-03").why == "refunded"

    def test_with_everything_paid_before_the_wait_was_over(self):
        ledger = [line("100", "05-01")]
        assert follow(CHEAPEST, ledger, "05-05").why == "paid_early"
        assert follow(CHEAPEST, ledger, "05-08T02:00").why == "paid_early", "the last payment would be another one now"

    def test_with_less_counted_than_was_thought(self):
        plan = plans("tier-3", [line("50", "04-30", id="a")], "tier-1", "05-01").of("cheapest")
        found = follow(plan, [line("50", "04-30", id="a", tax="8")], "05-02", "tier-1")
        assert (found.state, found.why) == ("left", "other_amount")

    def test_under_other_rules(self):
        assert follow(CHEAPEST, [], "05-01", book=published.edition("openai/2024-12")).why == "edition_moved"
        moved = follow(CHEAPEST, [], "05-01", book=published.edition("openai/2026-10-06"))
        assert (moved.state, moved.why, moved.ready_at) == ("left", "edition_moved", CHEAPEST.ready_at)

    def test_with_a_requirement_that_is_not_met_after_all(self):
        book = book_of(("free", 0, 0), {"id": "pro", "money_usd": 50, "wait_days": 7, "requires": ["contract"]})
        said = {"confirmed": {"contract": instant("04-01")}}
        plan = plans("pro", book=book, **said).of("cheapest")
        assert follow(plan, [], "05-01", book=book, **said).state == "on_track"
        assert follow(plan, [], "05-01", book=book).why == "requirement"


class TestWhereTheProviderActsByItself:
    BOOK = book_of(("free", 0, 0), ("high", 100, 7), upgrades="automatic")

    def test_the_end_of_the_wait_is_enough(self):
        plan = plans("high", book=self.BOOK).of("all_at_once")
        ledger = [line("100", "05-01")]
        assert follow(plan, ledger, "05-03", book=self.BOOK).next.step.kind == "check"
        assert follow(plan, ledger, "05-08", book=self.BOOK).state == "on_track"

    def test_a_plan_without_payments_only_waits(self):
        ledger = [line("100", "05-01")]
        (plan,) = plans("high", ledger, at="05-03", book=self.BOOK).plans
        found = follow(plan, ledger, "05-04", book=self.BOOK)
        assert (found.state, found.next.step.kind, found.next_change_at) == ("on_track", "check", instant("05-08"))


@many
@given(planned())
def test_who_pays_as_planned_stays_on_the_plan_and_reaches_the_tier(case):
    (book, past, seen, at, circumstances), _wish, _wanted, found = case
    for plan in found.plans:
        payments = made(plan)
        for moment in sorted({at, *(step.at for step in plan.steps)}):
            standing = rules.assess(book, [*past, *made(plan, moment + HOUR)], seen, moment, circumstances)
            following = rules.follow(plan, standing)
            assert (following.state, following.why) == ("on_track", "")
            assert following.next is not None
            assert following.next_change_at is None or following.next_change_at > moment
            for followed, payment in zip(
                (followed for followed in following.steps if followed.step.kind == "pay"), payments, strict=True
            ):
                assert (followed.state == "done") == (payment.paid_at <= moment)
        end = plan.steps[-1].at
        risen = rules.assess(book, [*past, *payments], rules.Seen(plan.tier, end), end, circumstances)
        assert rules.follow(plan, risen).state == "reached"


@many
@given(planned(), st.integers(0, 900))
def test_what_follows_holds_until_its_next_change(case, hours):
    (book, past, seen, at, circumstances), _wish, _wanted, found = case
    for plan in found.plans:
        start = rules.follow(plan, rules.assess(book, past, seen, at, circumstances))
        later = at + hours * HOUR
        if start.next_change_at is not None and later >= start.next_change_at:
            later = start.next_change_at - timedelta(microseconds=1)
        then = rules.follow(plan, rules.assess(book, past, seen, later, circumstances))
        assert dataclasses.replace(then, next_change_at=None) == dataclasses.replace(start, next_change_at=None)
