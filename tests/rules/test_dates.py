"""What a calendar shows of an account: each entry at its instant, and the same entry while it is ahead and due."""

from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts import rules
from tests.rules import strategies
from tests.rules.ledgers import book_of, instant, line, standing
from tests.rules.test_following import AT_ONCE, CHEAPEST


def entries(ledger, seen, at, rulebook="openai/2025-05", **facts):
    found = rules.dated(standing(ledger, seen, at, rulebook, **facts))
    return [(entry.key, f"{entry.at:%m-%dT%H}", entry.amount_usd) for entry in found]


FIVE = Decimal(5)


class TestOpenAI:
    def test_nothing_is_dated_without_a_clock(self):
        assert entries([], "free", "05-01T00:00") == []

    def test_the_end_of_the_wait_is_the_day_of_the_top_up(self):
        ledger = [line("50", "05-01T10:00")]
        assert entries(ledger, "tier-1", "05-02T00:00") == [
            ("top_up-tier-2", "05-08T10", FIVE),
            ("wait_over-tier-3", "05-08T10", Decimal(50)),
            ("wait_over-tier-4", "05-15T10", Decimal(200)),
            ("wait_over-tier-5", "05-31T10", Decimal(950)),
        ]

    def test_a_small_shortfall_is_part_of_the_top_up(self):
        assert entries([line("93", "05-01T00:00")], "tier-1", "05-02T00:00")[0] == (
            "top_up-tier-3",
            "05-08T00",
            Decimal(7),
        )

    def test_of_tiers_that_open_at_one_instant_the_highest_stands(self):
        found = entries([line("1000", "05-01T00:00")], "tier-1", "05-02T00:00")
        assert [key for key, _at, _amount in found] == ["top_up-tier-3", "top_up-tier-4", "top_up-tier-5"]

    @pytest.mark.parametrize("at", ["05-02T00:00", "05-08T09:59", "05-08T10:00", "06-30T00:00"])
    def test_time_alone_moves_nothing(self, at):
        ledger = [line("50", "05-01T10:00")]
        assert ("top_up-tier-2", "05-08T10", FIVE) in entries(ledger, "tier-1", at)

    def test_what_is_over_is_gone(self):
        ledger = [line("50", "05-01T10:00")]
        assert entries(ledger, "tier-2", "06-30T00:00") == []

    @pytest.mark.parametrize("at", ["05-08T13:00", "05-10T11:59", "05-10T12:00", "06-30T00:00"])
    def test_the_end_of_the_recheck_is_the_day_for_support(self, at):
        ledger = [line("50", "05-01T10:00"), line("5", "05-08T12:00")]
        assert [entry for entry in entries(ledger, "tier-1", at) if entry[0].endswith("tier-2")] == [
            ("contact_support-tier-2", "05-10T12", None)
        ]

    def test_limits_that_follow_have_their_end(self):
        found = entries([line("2000", "05-01T00:00")], "tier-5", "05-31T12:00", rose_at="05-31T06:00")
        assert found == [("settled-tier-5", "06-01T06", None)]


class TestOtherRules:
    def test_a_provider_that_upgrades_by_itself_needs_no_top_up(self):
        book = book_of(("low", 0, 0), ("high", 50, 7), upgrades="automatic")
        ledger = [line("50", "05-01T00:00")]
        assert entries(ledger, "low", "05-02T00:00", book) == [("upgrade-high", "05-08T00", None)]
        assert entries(ledger, "low", "05-09T00:00", book) == [("contact_support-high", "05-10T00", None)]

    def test_tiers_without_published_gates_or_with_something_missing_have_no_date(self):
        book = book_of(
            ("low", 0, 0), {"id": "asked", "money_usd": 10, "wait_days": 9, "requires": ["contract"]}, ("dark", None)
        )
        ledger = [line("50", "05-01T00:00")]
        assert entries(ledger, "low", "05-02T00:00", book) == []
        said = {"confirmed": {"contract": instant("05-01T12:00")}}
        assert entries(ledger, "low", "05-02T00:00", book, **said) == [("top_up-asked", "05-10T00", FIVE)]

    def test_what_was_said_later_than_the_wait_is_the_day_ahead_and_when_due(self):
        book = book_of(("low", 0, 0), {"id": "asked", "money_usd": 10, "wait_days": 1, "requires": ["contract"]})
        said = {"confirmed": {"contract": instant("05-05T00:00")}}
        for at in ("05-05T00:00", "05-30T00:00"):
            assert entries([line("50", "05-01T00:00")], "low", at, book, **said) == [("top_up-asked", "05-05T00", FIVE)]


class TestThePlan:
    """CHEAPEST pays 5 on 05-01 and 95 on 05-08 for Tier 3."""

    def entries(self, ledger, at, plan=CHEAPEST, looked_at=None, seen="free"):
        judged = standing(ledger, seen, at)
        following = rules.follow(plan, judged, instant(looked_at) if looked_at else None)
        return [(entry.key, f"{entry.at:%m-%dT%H}", entry.amount_usd) for entry in rules.dated(judged, following)]

    def of_tier_3(self, *args, **facts):
        return [entry for entry in self.entries(*args, **facts) if "tier-3" in entry[0]]

    def test_every_step_that_is_not_done(self):
        assert self.entries([], "05-01T00:00") == [
            ("plan_payment-tier-3-1", "05-01T00", FIVE),
            ("plan_check-tier-3", "05-08T00", None),
            ("plan_payment-tier-3-2", "05-08T00", Decimal(95)),
            ("plan_support-tier-3", "05-10T00", None),
        ]

    def test_a_payment_keeps_its_name_and_takes_its_real_instant_once_the_clock_runs(self):
        found = self.of_tier_3([line("5", "05-01T03:00")], "05-02T00:00")
        assert found[-2:] == [
            ("plan_payment-tier-3-2", "05-08T03", Decimal(95)),
            ("plan_support-tier-3", "05-10T03", None),
        ]
        assert len(found) == 3

    def test_says_what_the_standing_says_of_its_tier_and_of_no_other(self):
        ledger = [line("5", "05-01T03:00")]
        without = entries(ledger, "free", "05-02T00:00")
        found = self.entries(ledger, "05-02T00:00")
        assert "wait_over-tier-3" in [key for key, _at, _amount in without]
        assert [entry for entry in found if not entry[0].startswith("plan")] == [
            entry for entry in without if entry[0] != "wait_over-tier-3"
        ]

    def test_after_the_last_payment_the_hours_count_from_it(self):
        paid = [line("5", "05-01T00:00"), line("95", "05-08T09:00")]
        assert self.of_tier_3(paid, "05-08T10:00") == [
            ("plan_check-tier-3", "05-08T00", None),
            ("contact_support-tier-3", "05-10T09", None),
        ]

    def test_a_look_at_the_limits_page_is_done(self):
        paid = [line("5", "05-01T00:00"), line("95", "05-08T09:00")]
        assert [key for key, *_ in self.of_tier_3(paid, "05-08T12:00", looked_at="05-08T11:00")] == [
            "contact_support-tier-3"
        ]

    @pytest.mark.parametrize("at", ["05-01T00:00", "05-01T23:59:59"])
    def test_time_alone_moves_no_step_while_it_is_due(self, at):
        assert ("plan_payment-tier-3-1", "05-01T00", FIVE) in self.entries([], at)

    def test_a_plan_that_reality_left_says_nothing(self):
        assert self.entries([], "05-02T00:00") == entries([], "free", "05-02T00:00") == []

    def test_nor_does_one_that_is_reached(self):
        ledger = [line("5", "05-01T00:00")]
        assert not any("plan" in key for key, *_ in self.entries(ledger, "05-02T00:00", seen="tier-3"))

    def test_says_what_a_payment_is_for(self):
        judged = standing([], "free", "05-01T00:00")
        found = {entry.key: entry.why for entry in rules.dated(judged, rules.follow(AT_ONCE, judged))}
        assert found == {
            "plan_payment-tier-3-1": "meets_money",
            "plan_payment-tier-3-2": "triggers",
            "plan_check-tier-3": "",
            "plan_support-tier-3": "",
        }

    @given(strategies.situations(), st.data())
    def test_keys_are_unique_whatever_was_planned(self, situation, data):
        book, ledger, seen, at, circumstances = situation
        wish = rules.Wish(tier=data.draw(st.sampled_from(book.tiers)).id)
        judged = rules.assess(*situation)
        for plan in rules.plan(book, ledger, seen, wish, at, circumstances=circumstances).plans:
            following = rules.follow(plan, judged)
            found = rules.dated(judged, following)
            assert len({entry.key for entry in found}) == len(found)
            planned = {entry.at for entry in found if entry.kind.startswith("plan_")}
            assert planned <= {followed.due_at for followed in following.steps if followed.state != "done"}


class TestProperties:
    @given(strategies.situations())
    def test_keys_are_unique_and_in_order(self, situation):
        found = rules.dated(rules.assess(*situation))
        assert len({entry.key for entry in found}) == len(found)
        assert [entry.at for entry in found] == sorted(entry.at for entry in found)

    @given(strategies.situations())
    def test_an_entry_ahead_is_the_same_until_its_instant(self, situation):
        book, ledger, seen, at, circumstances = situation
        now = rules.assess(*situation)
        for entry in rules.dated(now):
            ahead = [line for line in ledger if at < line.paid_at]
            if entry.at > at and not ahead:
                just_before = rules.assess(book, ledger, seen, entry.at - timedelta(microseconds=1), circumstances)
                assert entry in rules.dated(just_before)

    @given(strategies.situations())
    def test_on_the_day_of_a_top_up_the_advice_is_one_to_that_tier_or_above(self, situation):
        book, ledger, seen, at, circumstances = situation
        for entry in rules.dated(rules.assess(*situation)):
            ahead = [line for line in ledger if at < line.paid_at]
            if entry.kind == "top_up" and not ahead:
                then = rules.assess(book, ledger, seen, max(at, entry.at), circumstances).advice
                assert then.code in ("top_up", "rechecking", "contact_support")
                if then.code == "top_up":
                    assert then.tier.rank >= entry.tier.rank
