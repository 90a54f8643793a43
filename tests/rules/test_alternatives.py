"""Alternatives: for every way when it works, what it costs and how sure that is; nothing is promised too early."""

from dataclasses import replace
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


def compare(aim, at="05-20", payments=(), *, seen="tier-1", book=OPENAI, confirmed=(), has_account=True, **facts):
    """The ways by kind."""
    at = instant(at)
    judged = None
    if has_account:
        ledger = [line(gross, day) for gross, day in payments]
        met = {name: instant("01-01") for name in confirmed}
        judged = standing(ledger, seen, at.isoformat(), book, confirmed=met)
    lowest = rules.lowest_tier(book, aim, confirmed, at.date())
    return {way.kind: way for way in rules.alternatives(book, aim, lowest, at, standing=judged, **facts)}


def brief(way) -> tuple:
    return way.when, way.reason, way.basis, None if way.cost_usd is None else f"{way.cost_usd:.2f}"


TIER_2, TIER_3, TIER_4 = (rules.Aim(tier=f"tier-{n}") for n in (2, 3, 4))
# (aim, at, payments, seen) -> waiting, paying and waiting: (when, reason, basis, cost) each.
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
    (TIER_2, "05-20", (), "free", ("no", "money_missing", "rule", None), ("later", "may_lift", "experience", "50.00")),
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


@pytest.mark.parametrize(("aim", "at", "payments", "seen", "wait", "pay"), TABLE)
def test_waiting_and_paying_by_the_rules(aim, at, payments, seen, wait, pay):
    ways = compare(aim, at, payments, seen=seen)
    assert brief(ways["wait"]) == wait
    assert brief(ways["pay_and_wait"]) == pay


def test_the_dates_are_those_of_the_gates():
    ways = compare(TIER_4, "05-08", [("300", "05-01")], seen="tier-3")
    assert ways["wait"].at == ways["pay_and_wait"].at == instant("05-15")
    assert compare(TIER_2, "05-20", seen="free")["pay_and_wait"].at == instant("05-27")


class TestAutomatic:
    BOOK = book_of(("free", 0, 0), ("t1", 50, 7), **AUTOMATIC)
    AIM = rules.Aim(tier="t1")

    def test_needs_no_purchase_after_the_wait(self):
        ways = compare(self.AIM, "05-02", [("50", "05-01")], seen="free", book=self.BOOK)
        assert brief(ways["wait"]) == ("later", "by_itself", "rule", "0.00")
        assert brief(ways["pay_and_wait"]) == ("no", "nothing_to_pay", "rule", None)

    def test_what_is_short_is_paid_by_rule(self):
        ways = compare(self.AIM, "05-02", [("20", "05-01")], seen="free", book=self.BOOK)
        assert brief(ways["pay_and_wait"]) == ("later", "by_itself", "rule", "30.00")
        assert brief(ways["wait"]) == ("no", "money_missing", "rule", None)


class TestWhatNobodyPublishes:
    def test_an_opaque_tier(self):
        ways = compare(rules.Aim(tier="secret"), seen="free", book=book_of(("free", 0, 0), ("secret", None)))
        assert brief(ways["wait"]) == ("unknown", "opaque", "rule", None)
        assert brief(ways["pay_and_wait"]) == ("unknown", "opaque", "rule", None)
        assert brief(ways["several_organizations"]) == ("unknown", "opaque", "rule", None)

    def test_a_tier_that_asks_for_a_contract(self):
        tier = {"id": "big", "money_usd": 5, "wait_days": 0, "requires": ["contract"]}
        book = book_of(("free", 0, 0), tier)
        ways = compare(rules.Aim(tier="big"), seen="free", book=book)
        assert brief(ways["wait"]) == ("unknown", "asks", "rule", None)
        assert brief(ways["pay_and_wait"]) == ("unknown", "asks", "rule", None)
        assert brief(ways["several_organizations"]) == ("unknown", "asks", "rule", None)
        assert brief(ways["sales"]) == ("unknown", "by_agreement", "rule", None)
        assert (
            compare(rules.Aim(tier="big"), seen="free", book=book, confirmed=["contract"])["wait"].reason
            == "money_missing"
        )

    def test_a_model_that_asks_for_more_than_the_tier_is_not_bought(self):
        model = {"id": "m", "name": "M", "access": "open", "from_tier": "t1", "source": "page"}
        book = book_of(("free", 0, 0), ("t1", 5, 0), models=[model | {"requires": ["organization_verified"]}])
        ways = compare(rules.Aim(model="m"), seen="t1", book=book)
        assert ways["wait"].reason == ways["pay_and_wait"].reason == ways["several_organizations"].reason == "asks"
        assert (
            compare(rules.Aim(model="m"), seen="t1", book=book, confirmed=["organization_verified"])["wait"].reason
            == "has"
        )

    @pytest.mark.parametrize(
        ("model", "when", "sales"),
        [("o3", "no", "by_agreement"), ("sora", "no", "above_tiers"), ("no-such", "unknown", "not_published")],
    )
    def test_a_model_that_no_tier_opens(self, model, when, sales):
        ways = compare(rules.Aim(model={"sora": "sora-api"}.get(model, model)))
        assert {ways[kind].when for kind in ("wait", "pay_and_wait", "several_organizations")} == {when}
        assert ways["sales"].reason == sales

    def test_a_model_that_is_gone_is_sold_by_nobody(self):
        model = {"id": "m", "name": "M", "access": "retired", "retired_on": "2025-01-01", "source": "page"}
        ways = compare(rules.Aim(model="m"), seen="free", book=book_of(("free", 0, 0), models=[model]))
        assert brief(ways["sales"]) == ("no", "retired", "rule", None)


class TestAnAccountThatIsNotThereYet:
    def test_pays_everything_and_waits_everything(self):
        ways = compare(TIER_3, has_account=False)
        assert brief(ways["wait"]) == ("no", "no_clock", "rule", None)
        assert brief(ways["pay_and_wait"]) == ("later", "may_lift", "experience", "100.00")
        assert ways["pay_and_wait"].at == instant("05-27")

    def test_what_is_free_is_there_today(self):
        assert brief(compare(rules.Aim(tier="free"), has_account=False)["wait"]) == (
            "today",
            "by_itself",
            "rule",
            "0.00",
        )

    def test_a_small_sum_is_no_less_than_the_smallest_purchase(self):
        book = book_of(("free", 0, 0), ("t1", 1, 0))
        assert compare(rules.Aim(tier="t1"), has_account=False, book=book)["pay_and_wait"].cost_usd == 5

    def test_a_free_tier_above_the_seen_one_costs_nothing(self):
        book = book_of({"id": "trial", "opaque": True}, ("free", 0, 0))
        assert brief(compare(rules.Aim(tier="free"), seen="trial", book=book)["wait"]) == (
            "today",
            "by_itself",
            "rule",
            "0.00",
        )


class TestSpending:
    @pytest.mark.parametrize(
        ("spend", "code", "tier"), [("100", "tier", "free"), ("100.01", "tier", "tier-2"), ("10000", "tier", "tier-5")]
    )
    def test_the_lowest_cap_that_is_enough(self, spend, code, tier):
        lowest = rules.lowest_tier(OPENAI, rules.Aim(spend_usd=Decimal(spend)), (), instant("05-20").date())
        assert (lowest.code, lowest.tier.id) == (code, tier)

    def test_above_every_cap_no_tier_does(self):
        aim = rules.Aim(spend_usd=Decimal("10000.01"))
        assert rules.lowest_tier(OPENAI, aim, (), instant("05-20").date()) == rules.LowestTier("no_tier", reason="cap")
        ways = compare(aim)
        assert (ways["wait"].when, ways["sales"].reason) == ("no", "above_tiers")
        assert brief(ways["several_organizations"]) == ("unknown", "cap_each", "unknown", None)

    @pytest.mark.parametrize(
        ("cap", "code"),
        [("none", "tier"), ("unknown", "unknown"), ({"from": 100, "to": 900}, "no_tier"), (500, "tier")],
    )
    def test_a_range_counts_by_its_lower_end_and_an_unknown_cap_by_nothing(self, cap, code):
        tiers = [{"id": f"t{n}", "money_usd": n, "wait_days": 0, "cap_usd": c} for n, c in ((0, 50), (1, cap))]
        assert (
            rules.lowest_tier(book_of(*tiers), rules.Aim(spend_usd=Decimal(500)), (), instant("05-20").date()).code
            == code
        )

    def test_a_model_and_a_spend_need_the_higher_of_both(self):
        aim = rules.Aim(model="o3-mini", spend_usd=Decimal(4000))
        assert rules.lowest_tier(OPENAI, aim, (), instant("05-20").date()).tier.id == "tier-4"

    def test_a_tier_of_another_edition_is_unknown(self):
        lowest = rules.lowest_tier(OPENAI, rules.Aim(tier="build"), (), instant("05-20").date())
        assert (lowest.code, lowest.reason) == ("unknown", "unknown_tier")


class TestSeveralOrganizations:
    def test_one_that_has_it_works_today(self):
        way = compare(TIER_3, others=["a", "b"])["several_organizations"]
        assert brief(way) == ("today", "another_has_it", "rule", "0.00")
        assert way.ids == ("a", "b")

    def test_a_new_one_inherits_neither_money_nor_clock(self):
        way = compare(TIER_3, "05-20", [("99", "05-01")])["several_organizations"]
        assert brief(way) == ("later", "starts_anew", "unknown", "100.00")
        assert way.at == instant("05-27")

    @pytest.mark.parametrize(("seen", "has_it"), [("tier-2", False), ("tier-3", True), ("tier-5", True)])
    def test_who_has_a_model(self, seen, has_it):
        aim = rules.Aim(model="o3-mini")
        assert rules.has_it(OPENAI, aim, OPENAI.tier(seen), (), instant("05-20").date()) is has_it

    def test_nobody_has_what_no_tier_brings(self):
        assert not rules.has_it(OPENAI, rules.Aim(model="o3"), OPENAI.top, (), instant("05-20").date())


class TestCachingAndBatching:
    def test_open_no_model(self):
        assert compare(rules.Aim(model="o3-mini"))["caching_and_batching"].when == "no"
        assert compare(rules.Aim(model="gpt-4o"), has_account=False)["caching_and_batching"].when == "no"

    def test_name_the_batch_queue_where_the_edition_does(self):
        book = published.edition("openai/2024-07")
        way = compare(rules.Aim(model="gpt-4o"), seen="tier-1", book=book)["caching_and_batching"]
        assert (way.when, way.reason, way.basis, way.cell.value) == ("today", "batch_queue", "rule", 90_000)

    def test_are_unknown_where_it_does_not(self):
        way = compare(rules.Aim(model="gpt-4o"))["caching_and_batching"]
        assert brief(way) == ("unknown", "stretches_limits", "unknown", "0.00")
        assert compare(TIER_3)["caching_and_batching"].reason == "stretches_limits"


class TestARelay:
    MODEL = rules.Aim(model="o3-mini")

    def way(self, *offers, aim=MODEL):
        return compare(aim, offered=[rules.RelayOffer(f"{n}", *offer) for n, offer in enumerate(offers)])["relay"]

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
        assert self.way((False, "usable"), aim=TIER_3).reason == "no_model"


class TestByADay:
    def test_what_comes_later_is_late(self):
        by = instant("05-10")
        ways = compare(replace(TIER_4, by=by), "05-08", [("300", "05-01")], seen="tier-3")
        assert {kind for kind, way in ways.items() if way.is_late} == {"wait", "pay_and_wait", "several_organizations"}

    @pytest.mark.parametrize(("by", "is_late"), [("05-14T23:59:59", True), ("05-15", False)])
    def test_to_the_second(self, by, is_late):
        ways = compare(replace(TIER_4, by=instant(by)), "05-08", [("300", "05-01")], seen="tier-3")
        assert ways["wait"].is_late is is_late


def test_a_plan_replaces_the_figures():
    planned = rules.Outlook("pay", Decimal("77.00"), instant("06-01"))
    way = compare(TIER_3, planned=planned)["pay_and_wait"]
    assert (way.cost_usd, way.at) == (77, instant("06-01"))


payments = st.lists(
    st.tuples(st.decimals("0.01", 400, places=2).map(str), st.integers(1, 28).map("05-{:02}".format)), max_size=4
)
seen_tiers = st.sampled_from([tier.id for tier in OPENAI.tiers])
aims = st.one_of(
    seen_tiers.map(lambda tier: rules.Aim(tier=tier)),
    st.sampled_from([*(model.id for model in OPENAI.models), "no-such"]).map(lambda model: rules.Aim(model=model)),
    st.decimals(1, 20_000, places=2).map(lambda spend: rules.Aim(spend_usd=spend)),
)


@given(payments, seen_tiers, aims, st.integers(0, 60), st.booleans())
def test_every_way_is_there_and_whole(paid, seen, aim, days, has_account):
    at = instant("05-28") + timedelta(days=days)
    ways = compare(aim, at.isoformat(), paid, seen=seen, has_account=has_account)
    assert tuple(ways) == rules.ALTERNATIVES
    for way in ways.values():
        assert way.when in rules.WHENS
        assert way.basis in rules.BASES
        assert way.cost_usd is None or way.cost_usd >= 0
        assert (way.when != "later") or (way.at is not None and way.at > at)
        assert not way.is_late


@given(payments, seen_tiers, st.integers(0, 60))
def test_paying_says_what_the_advice_says(paid, seen, days):
    at = instant("05-28") + timedelta(days=days)
    judged = standing([line(gross, day) for gross, day in paid], seen, at.isoformat())
    advice = judged.advice
    assume(advice.code in ("fund", "top_up"))
    way = compare(rules.Aim(tier=advice.tier.id), at.isoformat(), paid, seen=seen)["pay_and_wait"]
    assert (way.cost_usd, way.at) == (advice.amount_usd, advice.ready_if_paid_now)


@given(payments, seen_tiers, seen_tiers, st.integers(0, 60))
def test_paid_today_the_tier_is_met_at_the_instant_said_and_not_a_second_earlier(paid, seen, wanted, days):
    at = instant("05-28") + timedelta(days=days)
    way = compare(rules.Aim(tier=wanted), at.isoformat(), paid, seen=seen)["pay_and_wait"]
    assume(way.cost_usd is not None)
    ledger = [line(gross, day) for gross, day in paid] + [line(way.cost_usd, at.isoformat())]
    rank = OPENAI.tier(wanted).rank

    def eligible(instant_at):
        return standing(ledger, seen, instant_at.isoformat()).eligible_tier.rank

    assert eligible(way.at) >= rank
    if way.at > at:
        assert eligible(way.at - timedelta(seconds=1)) < rank
