"""Alternatives: for every way when it works, what it costs and how sure that is; nothing is promised too early."""

from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from accounts import rules
from accounts.gateways import published
from tests.rules.ledgers import book_of, instant, line, standing

OPENAI = published.edition("openai/2025-05")
AUTOMATIC = {"upgrades": "automatic"}


def compare(wish, at="05-20", payments=(), *, seen="tier-1", book=OPENAI, confirmed=(), has_account=True, **facts):
    """The ways by kind."""
    plans = plans_of(wish, at, payments, seen=seen, book=book, confirmed=confirmed, has_account=has_account, **facts)
    return {way.kind: way for way in rules.alternatives(plans, **facts)}


def plans_of(wish, at, payments=(), *, seen="tier-1", book=OPENAI, confirmed=(), has_account=True, by=None, **_facts):
    if not has_account:
        return rules.plan_anew(book, wish, instant(at), by)
    ledger = [line(gross, day) for gross, day in payments]
    met = rules.Circumstances({name: instant("01-01") for name in confirmed})
    return rules.plan(book, ledger, rules.Seen(seen), wish, instant(at), by, met)


def brief(way) -> tuple:
    return way.when, way.reason, way.basis, None if way.cost_usd is None else f"{way.cost_usd:.2f}"


TIER_2, TIER_3, TIER_4 = (rules.Wish(tier=f"tier-{n}") for n in (2, 3, 4))
# (wish, at, payments, seen) -> waiting, paying and waiting: (when, reason, basis, cost) each.
TABLE = [
    # It is there.
    (TIER_2, "05-20", (), "tier-2", ("today", "has", "rule", "0.00"), ("no", "has", "rule", None)),
    # Money is missing: the wait alone brings nothing.
    (
        TIER_3,
        "05-20",
        [("20", "05-01")],
        "tier-1",
        ("no", "money_missing", "rule", None),
        ("today", "may_lift", "experience", "80.00"),
    ),
    # No clock: nothing runs.
    (TIER_2, "05-20", (), "free", ("no", "no_clock", "rule", None), ("later", "may_lift", "experience", "50.00")),
    # A cent short costs the smallest top-up.
    (
        TIER_2,
        "05-09",
        [("49.99", "05-01")],
        "tier-1",
        ("no", "money_missing", "rule", None),
        ("today", "may_lift", "experience", "5.00"),
    ),
    # Paid, and the wait lies ahead.
    (
        TIER_2,
        "05-07",
        [("50", "05-01")],
        "tier-1",
        ("later", "may_need_a_purchase", "experience", "0.00"),
        ("later", "may_lift", "experience", "5.00"),
    ),
    # Both gates are met, and nothing was bought since.
    (
        TIER_2,
        "05-08",
        [("50", "05-01")],
        "tier-1",
        ("unknown", "needs_a_purchase", "experience", "0.00"),
        ("today", "may_lift", "experience", "5.00"),
    ),
    # The trigger is made.
    (
        TIER_2,
        "05-08T13:00",
        [("50", "05-01"), ("5", "05-08T12:00")],
        "tier-1",
        ("later", "rechecking", "experience", "0.00"),
        ("no", "rechecking", "experience", None),
    ),
    (
        TIER_2,
        "05-10T12:00",
        [("50", "05-01"), ("5", "05-08T12:00")],
        "tier-1",
        ("unknown", "overdue", "experience", None),
        ("no", "overdue", "experience", None),
    ),
    # A trigger of a lower tier is none for this one.
    (
        TIER_4,
        "05-08T13:00",
        [("50", "05-01"), ("5", "05-08T12:00")],
        "tier-1",
        ("no", "money_missing", "rule", None),
        ("later", "may_lift", "experience", "195.00"),
    ),
]


@pytest.mark.parametrize(("wish", "at", "payments", "seen", "wait", "pay"), TABLE)
def test_waiting_and_paying_by_the_rules(wish, at, payments, seen, wait, pay):
    ways = compare(wish, at, payments, seen=seen)
    assert brief(ways["wait"]) == wait
    assert brief(ways["pay_and_wait"]) == pay


def test_the_dates_are_those_of_the_gates():
    ways = compare(TIER_4, "05-08", [("300", "05-01")], seen="tier-3")
    assert ways["wait"].at == ways["pay_and_wait"].at == instant("05-15")
    assert compare(TIER_2, "05-20", seen="free")["pay_and_wait"].at == instant("05-27")


class TestAutomatic:
    BOOK = book_of(("free", 0, 0), ("t1", 50, 7), **AUTOMATIC)
    WISH = rules.Wish(tier="t1")

    def test_needs_no_purchase_after_the_wait(self):
        ways = compare(self.WISH, "05-02", [("50", "05-01")], seen="free", book=self.BOOK)
        assert brief(ways["wait"]) == ("later", "by_itself", "rule", "0.00")
        assert brief(ways["pay_and_wait"]) == ("no", "nothing_to_pay", "rule", None)

    def test_what_is_short_is_paid_by_rule(self):
        ways = compare(self.WISH, "05-02", [("20", "05-01")], seen="free", book=self.BOOK)
        assert brief(ways["pay_and_wait"]) == ("later", "by_itself", "rule", "30.00")
        assert brief(ways["wait"]) == ("no", "money_missing", "rule", None)


class TestWhatNobodyPublishes:
    def test_an_opaque_tier(self):
        ways = compare(rules.Wish(tier="secret"), seen="free", book=book_of(("free", 0, 0), ("secret", None)))
        assert brief(ways["wait"]) == ("unknown", "opaque", "rule", None)
        assert brief(ways["pay_and_wait"]) == ("unknown", "opaque", "rule", None)
        assert brief(ways["several_organizations"]) == ("unknown", "opaque", "rule", None)

    def test_a_tier_that_asks_for_a_contract(self):
        tier = {"id": "big", "money_usd": 5, "wait_days": 0, "requires": ["contract"]}
        book = book_of(("free", 0, 0), tier)
        ways = compare(rules.Wish(tier="big"), seen="free", book=book)
        assert brief(ways["wait"]) == ("unknown", "asks", "rule", None)
        assert brief(ways["pay_and_wait"]) == ("unknown", "asks", "rule", None)
        assert brief(ways["several_organizations"]) == ("unknown", "asks", "rule", None)
        assert brief(ways["sales"]) == ("unknown", "by_agreement", "rule", None)
        said = compare(rules.Wish(tier="big"), seen="free", book=book, confirmed=["contract"])
        assert (said["wait"].reason, said["pay_and_wait"].cost_usd) == ("no_clock", 5)

    def test_a_model_that_asks_for_more_than_the_tier_is_not_bought(self):
        model = {"id": "m", "name": "M", "access": "open", "from_tier": "t1", "source": "page"}
        book = book_of(("free", 0, 0), ("t1", 5, 0), models=[model | {"requires": ["organization_verified"]}])
        ways = compare(rules.Wish(model="m"), seen="t1", book=book)
        assert ways["wait"].reason == ways["pay_and_wait"].reason == ways["several_organizations"].reason == "asks"
        assert (
            compare(rules.Wish(model="m"), seen="t1", book=book, confirmed=["organization_verified"])["wait"].reason
            == "has"
        )

    @pytest.mark.parametrize(
        ("model", "when", "sales"),
        [("o3", "no", "by_agreement"), ("sora-api", "no", "expected"), ("no-such", "unknown", "not_published")],
    )
    def test_a_model_that_no_tier_opens(self, model, when, sales):
        ways = compare(rules.Wish(model=model))
        assert {ways[kind].when for kind in ("wait", "pay_and_wait", "several_organizations")} == {when}
        assert ways["sales"].reason == sales

    def test_a_model_that_is_gone_is_sold_by_nobody(self):
        model = {"id": "m", "name": "M", "access": "retired", "retired_on": "2025-01-01", "source": "page"}
        ways = compare(rules.Wish(model="m"), seen="free", book=book_of(("free", 0, 0), models=[model]))
        assert brief(ways["sales"]) == ("no", "retired", "rule", None)


class TestAnAccountThatIsNotThereYet:
    def test_pays_everything_and_waits_everything(self):
        ways = compare(TIER_3, has_account=False)
        assert brief(ways["wait"]) == ("no", "no_clock", "rule", None)
        assert brief(ways["pay_and_wait"]) == ("later", "may_lift", "experience", "100.00")
        assert ways["pay_and_wait"].at == instant("05-27")

    def test_what_is_free_is_there_today(self):
        ways = compare(rules.Wish(tier="free"), has_account=False)
        assert brief(ways["wait"]) == ("today", "has", "rule", "0.00")
        assert brief(ways["several_organizations"]) == ("today", "starts_anew", "unknown", "0.00")

    def test_a_lowest_tier_that_costs_something_is_not_there_before_it_is_paid(self):
        ways = compare(rules.Wish(tier="t1"), has_account=False, book=book_of(("t1", 5, 0), ("t2", 50, 7)))
        assert brief(ways["wait"]) == ("no", "no_clock", "rule", None)
        assert brief(ways["pay_and_wait"]) == ("today", "may_lift", "experience", "5.00")

    def test_a_small_sum_is_no_less_than_the_smallest_purchase(self):
        book = book_of(("free", 0, 0), ("t1", 1, 0))
        assert compare(rules.Wish(tier="t1"), has_account=False, book=book)["pay_and_wait"].cost_usd == 5

    @pytest.mark.parametrize(
        ("facts", "wait", "pay"),
        [
            ({}, ("no", "no_clock", "rule", None), ("today", "may_lift", "experience", "5.00")),
            (AUTOMATIC, ("today", "by_itself", "rule", "0.00"), ("no", "nothing_to_pay", "rule", None)),
        ],
    )
    def test_a_free_tier_above_the_seen_one(self, facts, wait, pay):
        book = book_of({"id": "trial", "opaque": True}, ("free", 0, 0), **facts)
        ways = compare(rules.Wish(tier="free"), seen="trial", book=book)
        assert (brief(ways["wait"]), brief(ways["pay_and_wait"])) == (wait, pay)


class TestWhatIsMoreThanTheHighestTier:
    @pytest.mark.parametrize("wish", [rules.Wish(spend_usd=Decimal("10000.01")), rules.Wish(model="gpt-4o", rpm=10**6)])
    def test_only_an_agreement_or_several_organizations_may_give(self, wish):
        ways = compare(wish)
        assert (ways["wait"].when, ways["sales"].reason) == ("no", "above_tiers")
        assert brief(ways["several_organizations"]) == ("unknown", "limits_each", "unknown", None)

    def test_a_cap_that_is_not_published_is_unknown(self):
        tiers = [{"id": f"t{n}", "money_usd": n, "wait_days": 0, "cap_usd": c} for n, c in ((0, 50), (1, "unknown"))]
        ways = compare(rules.Wish(spend_usd=Decimal(500)), seen="t0", book=book_of(*tiers))
        assert brief(ways["wait"]) == ("unknown", "not_published", "rule", None)


class TestAPurchaseLimit:
    def test_too_many_purchases_are_no_way(self):
        tier = {"id": "low", "money_usd": 0, "wait_days": 0, "most_purchase_usd": 5}
        ways = compare(rules.Wish(tier="high"), seen="low", book=book_of(tier, ("high", 5000, 0)))
        assert brief(ways["pay_and_wait"]) == ("unknown", "purchase_limit", "rule", None)


class TestSeveralOrganizations:
    def test_one_that_has_it_works_today(self):
        way = compare(TIER_3, others=["a", "b"])["several_organizations"]
        assert brief(way) == ("today", "another_has_it", "rule", "0.00")
        assert way.ids == ("a", "b")

    def test_a_new_one_inherits_neither_money_nor_clock(self):
        way = compare(TIER_3, "05-20", [("99", "05-01")])["several_organizations"]
        assert brief(way) == ("later", "starts_anew", "unknown", "100.00")
        assert way.at == instant("05-27")


class TestCachingAndBatching:
    def test_open_no_model(self):
        assert compare(rules.Wish(model="o3-mini"))["caching_and_batching"].when == "no"
        assert compare(rules.Wish(model="gpt-4o"), has_account=False)["caching_and_batching"].when == "no"

    def test_help_within_the_limits_of_a_model_that_is_open(self):
        way = compare(rules.Wish(model="gpt-4o", tpm=300_000), seen="tier-1")["caching_and_batching"]
        assert (way.when, way.reason) == ("unknown", "stretches_limits")

    def test_name_the_batch_queue_where_the_edition_does(self):
        book = published.edition("openai/2024-07")
        way = compare(rules.Wish(model="gpt-4o"), seen="tier-1", book=book)["caching_and_batching"]
        assert (way.when, way.reason, way.basis, way.cell.value) == ("today", "batch_queue", "rule", 90_000)

    def test_are_unknown_where_it_does_not(self):
        way = compare(rules.Wish(model="gpt-4o"))["caching_and_batching"]
        assert brief(way) == ("unknown", "stretches_limits", "unknown", "0.00")
        assert compare(TIER_3)["caching_and_batching"].reason == "stretches_limits"


class TestARelay:
    MODEL = rules.Wish(model="o3-mini")

    def way(self, *offers, wish=MODEL):
        return compare(wish, offered=[rules.RelayOffer(f"{n}", *offer) for n, offer in enumerate(offers)])["relay"]

    def test_none_is_known_before_somebody_notes_one(self):
        assert brief(self.way()) == ("unknown", "no_relay", "unknown", None)

    def test_those_that_work_come_first_then_those_that_list_the_model(self):
        way = self.way((False, "usable"), (True, "empty"), (True, "expires_soon"))
        assert way.ids == ("2", "1", "0")
        assert brief(way) == ("today", "offers_it", "unknown", None)

    @pytest.mark.parametrize("condition", ["empty", "expired", "unchecked"])
    def test_one_that_may_not_pay_is_not_promised(self, condition):
        assert self.way((True, condition)).reason == "check_relay"
        assert self.way((True, condition)).when == "unknown"

    def test_one_that_lists_it_not_does_not_bring_it(self):
        assert self.way((False, "usable")).reason == "lists_it_not"

    def test_has_no_tiers(self):
        assert self.way((False, "usable"), wish=TIER_3).reason == "no_model"


class TestByADay:
    LEDGER = [("300", "05-01")]

    def test_what_is_live_later_is_late(self):
        ways = compare(TIER_4, "05-08", self.LEDGER, seen="tier-3", by=instant("05-10"))
        assert {kind for kind, way in ways.items() if way.is_late} == {"wait", "pay_and_wait", "several_organizations"}

    @pytest.mark.parametrize(("by", "is_late"), [("05-17T23:59:59", True), ("05-18", False)])
    def test_to_the_second_and_as_the_plans_say(self, by, is_late):
        facts = {"payments": self.LEDGER, "seen": "tier-3", "by": instant(by)}
        ways = compare(TIER_4, "05-08", **facts)
        assert ways["wait"].is_late is ways["pay_and_wait"].is_late is is_late
        assert plans_of(TIER_4, "05-08", **facts).is_late is is_late

    def test_what_may_work_today_may_still_be_too_late(self):
        way = compare(TIER_3, "05-20", [("20", "05-01")], by=instant("05-21"))["pay_and_wait"]
        assert (way.when, way.is_late) == ("today", True)


payments = st.lists(
    st.tuples(st.decimals("0.01", 400, places=2).map(str), st.integers(1, 28).map("05-{:02}".format)), max_size=4
)
seen_tiers = st.sampled_from([tier.id for tier in OPENAI.tiers])
wishes = st.one_of(
    seen_tiers.map(lambda tier: rules.Wish(tier=tier)),
    st.sampled_from([*(model.id for model in OPENAI.models), "no-such"]).map(lambda model: rules.Wish(model=model)),
    st.decimals(1, 20_000, places=2).map(lambda spend: rules.Wish(spend_usd=spend)),
    st.integers(1, 2_000_000).map(lambda tpm: rules.Wish(model="gpt-4o", tpm=tpm)),
)


@given(payments, seen_tiers, wishes, st.integers(0, 60), st.booleans())
def test_every_way_is_there_and_whole(paid, seen, wish, days, has_account):
    at = instant("05-28") + timedelta(days=days)
    ways = compare(wish, at.isoformat(), paid, seen=seen, has_account=has_account)
    assert tuple(ways) == rules.ALTERNATIVES
    for way in ways.values():
        assert way.when in rules.WHENS
        assert way.basis in rules.BASES
        assert way.cost_usd is None or way.cost_usd >= 0
        assert (way.when != "later") or (way.at is not None and way.at > at)
        assert not way.is_late


@given(payments, seen_tiers, wishes, st.integers(0, 60), st.booleans())
def test_paying_is_the_cheapest_plan_to_the_cent_and_second(paid, seen, wish, days, has_account):
    at = (instant("05-28") + timedelta(days=days)).isoformat()
    facts = {"payments": paid, "seen": seen, "has_account": has_account}
    way, plans = compare(wish, at, **facts)["pay_and_wait"], plans_of(wish, at, **facts)
    cheapest = min(plans.plans, key=lambda plan: plan.total_usd, default=None)
    assert (way.cost_usd is not None) == (cheapest is not None and bool(cheapest.payments))
    if way.cost_usd is not None:
        assert (way.cost_usd, way.at, way.live_at) == (cheapest.total_usd, cheapest.ready_at, cheapest.live_at)


@given(payments, seen_tiers, st.integers(0, 60))
def test_paying_says_what_the_advice_says_once_the_clock_runs(paid, seen, days):
    at = instant("05-28") + timedelta(days=days)
    judged = standing([line(gross, day) for gross, day in paid], seen, at.isoformat())
    advice = judged.advice
    assume(advice.code in ("fund", "top_up") and judged.clock_started_at is not None)
    way = compare(rules.Wish(tier=advice.tier.id), at.isoformat(), paid, seen=seen)["pay_and_wait"]
    assert (way.cost_usd, way.at) == (advice.amount_usd, advice.ready_if_paid_now)
