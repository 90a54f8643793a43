"""What a calendar shows of an account: each entry at its instant, and the same entry while it is ahead and due."""

from datetime import UTC, date, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts import rules
from accounts.gateways import published
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


class TestCredit:
    YEAR = published.credit_rule("openai")
    LEDGER = (line("50", "2024-06-10T18:00", tax="0"), line("20", "2024-06-25"), line("30", "2024-09-01", tax="0"))

    def found(self, at, zone=UTC, ledger=LEDGER):
        judged = standing(ledger, "tier-2", at)
        held = rules.credits(ledger, self.YEAR, at=judged.at, zone=zone)
        entries = [entry for entry in rules.dated(judged, None, held, zone) if entry.kind == "credit_expires"]
        return [(entry.key, f"{entry.at:%Y-%m-%dT%H}", str(entry.amount_usd), str(entry.until)) for entry in entries]

    def test_credit_that_expires_within_a_window_is_one_entry_on_the_first_morning(self):
        assert self.found("2025-01-01") == [
            ("credit_expires-2025-06-10", "2025-06-10T09", "70.00", "2025-06-25"),
            ("credit_expires-2025-09-01", "2025-09-01T09", "30.00", "2025-09-01"),
        ]

    def test_it_stays_while_something_of_it_is_left(self):
        assert self.found("2025-06-20")[0] == ("credit_expires-2025-06-10", "2025-06-10T09", "70.00", "2025-06-25")
        assert [key for key, *_rest in self.found("2025-06-26")] == ["credit_expires-2025-09-01"]

    def test_days_are_those_of_the_reader(self):
        assert self.found("2025-01-01", ZoneInfo("Asia/Shanghai"))[0] == (
            "credit_expires-2025-06-11", "2025-06-11T01", "70.00", "2025-06-25"
        )  # fmt: skip

    def test_it_stands_in_order_among_the_others_and_belongs_to_no_tier(self):
        ledger = (line("50", "05-01", kind="grant", expires_on=date(2025, 5, 20)), line("50", "05-02", tax="0"))
        judged = standing(ledger, "tier-1", "05-03")
        found = rules.dated(judged, None, rules.credits(ledger, None, at=judged.at, zone=UTC))
        assert [(entry.kind, entry.tier.id if entry.tier else None) for entry in found] == [
            ("top_up", "tier-2"),
            ("wait_over", "tier-3"),
            ("wait_over", "tier-4"),
            ("credit_expires", None),
            ("wait_over", "tier-5"),
        ]

    @given(strategies.situations())
    def test_keys_stay_unique_and_in_order(self, situation):
        judged = rules.assess(*situation)
        held = rules.credits(situation[1], self.YEAR, at=judged.at, zone=UTC)
        found = rules.dated(judged, None, held)
        assert len({entry.key for entry in found}) == len(found)
        assert [entry.at for entry in found] == sorted(entry.at for entry in found)
        assert {entry.kind for entry in found} <= set(rules.DATED_KINDS)


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
