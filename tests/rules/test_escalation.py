"""The 48-hour path: the acceptance examples of the domain, step by step, and what must hold for every situation."""

from datetime import timedelta

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from accounts import rules
from accounts.gateways import published
from tests.rules.ledgers import book_of, instant, line, standing
from tests.rules.strategies import START, instants, situations
from tests.rules.test_acceptance import EXAMPLES
from tests.rules.test_properties import many

EDITIONS = list(published.editions().values())
FIFTY = [line("50.00", "05-01T10:00", id="fifty")]
TOPPED_UP = [*FIFTY, line("5.00", "05-08T12:00", id="five")]
SHORT = {"done": "✓", "current": "▲", "waiting": "◷", "ahead": "·", "not_needed": "–"}


def path_of(ledger, seen, at, looked_at=None, said=None, **facts):
    spoken = {step: instant(text) for step, text in (said or {}).items()}
    look = instant(looked_at) if looked_at else None
    return rules.path(standing(ledger, seen, at, **facts), said=spoken, looked_at=look)


def drawn(path) -> str:
    """A path in one line, such as "payment_confirmed✓ waited◷"."""
    return " ".join(f"{step.name}{SHORT[step.state]}" for step in path.steps)


# Nobody has looked at the limits page, and nobody has said anything.
BEFORE = "payment_confirmed✓ waited✓ limits_checked▲ topped_up· rechecked· support_asked·"
PATHS = {
    "1": "payment_confirmed✓ waited◷ limits_checked· topped_up· rechecked· support_asked·",
    "2": BEFORE,
    "3": "payment_confirmed✓ waited✓ topped_up✓ rechecked◷ limits_checked· support_asked·",
    "4": "payment_confirmed✓ waited✓ topped_up✓ rechecked✓ limits_checked▲ support_asked·",
    "5": BEFORE,
    "6": BEFORE,
    "7": "payment_confirmed✓ waited✓ topped_up✓ rechecked◷ limits_checked· support_asked·",
    "8": BEFORE,
    "9": "payment_confirmed✓ waited◷ limits_checked· topped_up· rechecked· support_asked·",
    "10": None,
    "11": BEFORE,
    "12": BEFORE,
    "13": None,
    "14": "payment_confirmed✓ waited– topped_up✓ rechecked◷ limits_checked· support_asked·",
    "15": None,
    "15, a day later": None,
}


@pytest.mark.parametrize("example", EXAMPLES)
def test_the_examples_of_the_domain(example):
    ledger, seen, rose_at, at, _eligible, _code, tier, _rest = EXAMPLES[example]
    path = path_of(ledger, seen, at, rose_at=rose_at)
    assert (drawn(path) if path else None) == PATHS[example]
    if path:
        assert path.tier.id == tier


class TestInstantsAndAmounts:
    def test_before_the_top_up(self):
        path = path_of(FIFTY, "tier-1", "05-08T11:00")
        assert path.step("waited").since == instant("05-08T10:00")
        assert str(path.step("topped_up").amount_usd) == "5.00"
        assert path.step("topped_up").link.endswith("/billing/overview")
        assert [held.id for held in path.step("payment_confirmed").lines] == ["fifty"]
        assert path.step("payment_confirmed").since == instant("05-01T10:00")

    def test_after_the_top_up(self):
        path = path_of(TOPPED_UP, "tier-1", "05-08T13:00")
        assert path.step("topped_up").since == instant("05-08T12:00")
        assert [held.id for held in path.step("topped_up").lines] == ["five"]
        assert path.step("rechecked").until == instant("05-10T12:00")
        assert path_of(TOPPED_UP, "tier-1", "05-11").step("rechecked").since == instant("05-10T12:00")

    def test_while_the_wait_runs(self):
        path = path_of(FIFTY, "tier-1", "05-05")
        assert path.step("waited").until == instant("05-08T10:00")
        assert not any(step.may_be_said for step in path.steps)

    def test_a_step_that_is_none(self):
        with pytest.raises(KeyError):
            path_of(FIFTY, "tier-1", "05-09").step("prayed")


class TestLookingAtTheLimitsPage:
    @pytest.mark.parametrize(
        ("looked_at", "state"), [("05-08T09:59", "current"), ("05-08T10:00", "done"), ("05-08T10:30", "done")]
    )
    def test_a_look_before_the_tier_was_within_reach_says_nothing(self, looked_at, state):
        step = path_of(FIFTY, "tier-1", "05-08T11:00", looked_at).step("limits_checked")
        assert (step.state, step.is_said) == (state, False)

    def test_then_the_top_up_has_its_turn(self):
        assert path_of(FIFTY, "tier-1", "05-08T11:00", "05-08T10:30").step("topped_up").state == "current"

    def test_a_look_from_before_the_recheck_time_was_over_is_asked_for_again(self):
        path = path_of(TOPPED_UP, "tier-1", "05-10T13:00", "05-10T11:59", {"limits_checked": "05-09"})
        assert path.step("limits_checked").state == "current"
        path = path_of(TOPPED_UP, "tier-1", "05-10T13:00", "05-10T12:00")
        assert path.step("support_asked").state == "current"

    def test_a_person_may_say_so(self):
        step = path_of(TOPPED_UP, "tier-1", "05-10T14:00", said={"limits_checked": "05-10T13:00"}).step(
            "limits_checked"
        )
        assert (step.state, step.is_said, step.since) == ("done", True, instant("05-10T13:00"))


class TestPayments:
    def test_a_pending_one_keeps_the_first_step_open_and_is_named(self):
        ledger = [*FIFTY, line("20.00", "05-07T10:00", status="pending", id="under-way")]
        path = path_of(ledger, "tier-1", "05-08T11:00")
        step = path.step("payment_confirmed")
        assert (step.state, step.may_be_said, [held.id for held in step.lines]) == ("current", True, ["under-way"])

    def test_what_a_person_says_of_it_holds_until_the_next_pending_one(self):
        ledger = [*FIFTY, line("20.00", "05-07T10:00", status="pending")]
        said = {"payment_confirmed": "05-08T10:30"}
        assert path_of(ledger, "tier-1", "05-08T11:00", said=said).step("payment_confirmed").is_said
        ledger.append(line("5.00", "05-08T10:45", status="pending"))
        assert path_of(ledger, "tier-1", "05-08T11:00", said=said).step("payment_confirmed").state == "current"

    @pytest.mark.parametrize("facts", [{"kind": "grant", "status": "pending"}, {"status": "failed"}])
    def test_what_could_never_count_holds_nothing_up(self, facts):
        path = path_of([*FIFTY, line("20.00", "05-07T10:00", **facts)], "tier-1", "05-08T11:00")
        assert path.step("payment_confirmed").state == "done"

    def test_without_any_there_is_none_to_confirm(self):
        book = book_of(("low", "0", 0), {"id": "gold", "money_usd": "0", "wait_days": 0, "requires": ["contract"]})
        path = path_of(
            [], "low", "05-05", rulebook=with_upgrades(book, "automatic"), confirmed={"contract": instant("05-04")}
        )
        assert drawn(path).startswith("payment_confirmed– waited– topped_up– rechecked◷")


def with_upgrades(book: rules.Rulebook, upgrades: str) -> rules.Rulebook:
    return rules.build({**book.document, "upgrades": upgrades})


class TestAutomaticUpgrades:
    BOOK = book_of(("low", "0", 0), ("high", "50", 7), upgrades="automatic")

    def test_no_top_up_is_needed(self):
        path = path_of(FIFTY, "low", "05-08T11:00", rulebook=self.BOOK)
        assert drawn(path) == "payment_confirmed✓ waited✓ topped_up– rechecked◷ limits_checked· support_asked·"
        assert path.step("rechecked").until == instant("05-10T10:00")

    def test_unless_money_is_missing(self):
        path = path_of([line("45", "05-01")], "low", "05-09", "05-08T12:00", rulebook=self.BOOK)
        assert path.step("topped_up").state == "current"
        assert str(path.step("topped_up").amount_usd) == "5.00"


class TestSupport:
    def test_is_asked_when_a_person_says_so(self):
        path = path_of(TOPPED_UP, "tier-1", "05-12", "05-11", {"support_asked": "05-11T08:00"})
        assert drawn(path).endswith("limits_checked✓ support_asked✓")
        assert path.step("support_asked").since == instant("05-11T08:00")

    def test_may_be_said_though_nobody_has_looked_again(self):
        assert path_of(TOPPED_UP, "tier-1", "05-12").step("support_asked").may_be_said

    @pytest.mark.parametrize("looked_at", [None, "05-08T11:00"])
    def test_but_not_before_the_top_up(self, looked_at):
        assert not path_of(FIFTY, "tier-1", "05-08T12:00", looked_at).step("support_asked").may_be_said

    def test_nor_while_the_provider_has_its_hours(self):
        assert not path_of(TOPPED_UP, "tier-1", "05-09").step("support_asked").may_be_said


class TestReach:
    """Since when a tier is within reach, and the trigger."""

    def test_of_a_tier_that_waits_for_a_top_up(self):
        assert rules.reach(standing(FIFTY, "tier-1", "05-09"), "tier-2") == rules.Reach(
            instant("05-08T10:00"), None, False
        )

    def test_of_one_that_was_topped_up_and_of_one_that_came(self):
        expected = rules.Reach(instant("05-08T10:00"), instant("05-08T12:00"), True)
        assert rules.reach(standing(TOPPED_UP, "tier-1", "05-09"), "tier-2") == expected
        assert rules.reach(standing(TOPPED_UP, "tier-2", "05-09", rose_at="05-08T20:00"), "tier-2") == expected

    def test_it_begins_when_a_small_top_up_would_have_done(self):
        ledger = [line("95", "05-01"), line("5", "05-20")]
        assert rules.reach(standing(ledger, "tier-2", "05-21"), "tier-3") == rules.Reach(
            instant("05-08"), instant("05-20"), True
        )
        assert rules.reach(standing(ledger[:1], "tier-2", "05-10"), "tier-3").started_at == instant("05-08")

    def test_a_requirement_that_was_said_later_begins_it(self):
        book = book_of(("low", "0", 0), {"id": "gold", "money_usd": "50", "wait_days": 7, "requires": ["contract"]})
        found = standing(FIFTY, "low", "05-20", rulebook=book, confirmed={"contract": instant("05-15")})
        assert rules.reach(found, "gold").started_at == instant("05-15")

    def test_where_upgrades_come_by_themselves_time_is_the_trigger(self):
        found = standing(FIFTY, "low", "05-20", rulebook=TestAutomaticUpgrades.BOOK)
        assert rules.reach(found, "high") == rules.Reach(instant("05-08T10:00"), instant("05-08T10:00"), False)
        early = standing(FIFTY, "low", "05-02", rulebook=TestAutomaticUpgrades.BOOK)
        assert rules.reach(early, "high") is None

    @pytest.mark.parametrize("tier", ["tier-5", "no-such-tier"])
    def test_of_what_is_not_within_reach(self, tier):
        assert rules.reach(standing(FIFTY, "tier-1", "05-09"), tier) is None

    def test_of_what_nothing_is_asked_for(self):
        assert rules.reach(standing([], "free", "05-09"), "free") is None


@many
@given(situations(), instants, instants)
def test_at_most_one_step_is_current_and_every_state_is_known(situation, looked_at, said_at):
    found = rules.assess(*situation)
    path = rules.path(found, said=dict.fromkeys(rules.SAYABLE, said_at), looked_at=looked_at)
    assert (path is None) == (found.advice.code not in ("wait", *rules.ON_THE_PATH))
    if path is None:
        return
    assert sorted(step.name for step in path.steps) == sorted(rules.STEPS)
    states = [step.state for step in path.steps]
    assert set(states) <= set(SHORT)
    assert states.count("current") <= 1
    assert states.count("waiting") <= 1
    for step in path.steps:
        assert (step.since is not None) == (step.state == "done")
        assert step.since is None or step.is_said or step.name == "limits_checked" or step.since <= situation[3]
        assert not step.may_be_said or (step.name in rules.SAYABLE and step.state in ("current", "ahead"))


@many
@given(situations())
def test_a_reach_is_there_exactly_for_what_is_within_reach(situation):
    found = rules.assess(*situation)
    for tier_id in found.within_reach:
        held = rules.reach(found, tier_id)
        if held is None:
            tier = found.rulebook.tier(tier_id)
            assert tier.money_usd == tier.wait_days == 0
            continue
        assert held.started_at <= found.at
        assert held.triggered_at is None or held.started_at <= held.triggered_at <= found.at


@many
@given(situations())
def test_the_order_of_lines_does_not_matter(situation):
    book, ledger, seen, at, circumstances = situation
    assume(len({held.paid_at for held in ledger}) == len(ledger))
    here = rules.path(rules.assess(book, ledger, seen, at, circumstances), said={})
    there = rules.path(rules.assess(book, ledger[::-1], seen, at, circumstances), said={})
    assert here == there


@st.composite
def climbs(draw) -> tuple:
    """(rulebook, ledger, seen, at): enough is paid for a tier, and perhaps the top-up after its wait was made."""
    book = draw(st.sampled_from([book for book in EDITIONS if any(is_climbed_to(tier, book) for tier in book.tiers)]))
    tier = draw(st.sampled_from([tier for tier in book.tiers if is_climbed_to(tier, book)]))
    below = [held.id for held in book.tiers if held.rank < tier.rank]
    matured_at = START + timedelta(days=tier.wait_days)
    ledger = [rules.Line("paid", "purchase", "succeeded", tier.money_usd, START)]
    if draw(st.booleans()):
        paid_at = matured_at + timedelta(hours=draw(st.integers(0, 40)))
        ledger.append(rules.Line("top-up", "purchase", "succeeded", book.top_up_min_usd, paid_at))
    return book, ledger, rules.Seen(below[-1]), START + timedelta(hours=draw(st.integers(0, 1000)))


def is_climbed_to(tier: rules.Tier, book: rules.Rulebook) -> bool:
    return bool(tier.money_usd) and not tier.requires and tier.rank > book.lowest.rank


@many
@given(climbs(), st.integers(0, 300))
def test_what_time_ticks_stays_ticked_as_long_as_no_line_comes(climb, hours):
    book, ledger, seen, at = climb
    past = [held for held in ledger if held.paid_at <= at]
    now = rules.path(rules.assess(book, past, seen, at), said={})
    then = rules.path(rules.assess(book, past, seen, at + timedelta(hours=hours)), said={})
    if now is None or then is None or now.tier != then.tier:  # a higher tier is due by then: another path
        return
    done = {step.name: step.since for step in now.steps if step.state == "done"}
    assert {name: then.step(name).since for name in done} == done


@many
@given(climbs())
def test_a_path_leads_to_support_by_time_alone_once_the_provider_was_made_to_look(climb):
    book, ledger, seen, _at = climb
    last = max(held.paid_at for held in ledger)
    now = rules.assess(book, ledger, seen, last)
    if now.advice.code != "rechecking":  # the wait of the tier, or of a higher one, is yet to come
        return
    step = rules.path(now, said={}).step("rechecked")
    assert step.until == now.advice.since + timedelta(hours=book.recheck_hours) > last
    over = rules.path(rules.assess(book, ledger, seen, step.until), said={})
    assert over is not None
    assert over.tier != now.advice.tier or over.step("rechecked").since == step.until
