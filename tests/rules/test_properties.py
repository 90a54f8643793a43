"""What must hold for every rulebook, generated or published, and every ledger."""

import dataclasses
import os
from datetime import UTC, datetime, time, timedelta, timezone
from decimal import Decimal

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from accounts import rules
from tests.rules.strategies import CENTS, instants, ledgers, situations

# PROPERTY_EXAMPLES=5000 looks harder, for a change of the rules.
many = settings(max_examples=int(os.environ.get("PROPERTY_EXAMPLES", "100")), deadline=None)


def signature(standing):
    advice = standing.advice
    eligible = standing.eligible_tier.id if standing.eligible_tier else None
    return eligible, advice.code, advice.tier.id, advice.reason


def paid(number, amount, at):
    return rules.Line(f"extra-{number}", "purchase", "succeeded", amount, at)


def rank(tier):
    return tier.rank if tier else -1


@many
@given(situations(), st.floats(0, 1))
def test_the_standing_holds_until_its_next_change_and_changes_then(situation, share):
    book, ledger, seen, at, circumstances = situation
    past = [line for line in ledger if line.paid_at <= at]
    now = rules.assess(book, ledger, seen, at, circumstances)
    change = now.next_change_at
    until = change or at + timedelta(days=5000)
    assert until > at

    between = min(at + (until - at) * share, until - timedelta(microseconds=1))
    assert signature(rules.assess(book, past, seen, between, circumstances)) == signature(now)
    if change is not None:
        assert signature(rules.assess(book, past, seen, change, circumstances)) != signature(now)


@many
@given(situations(), st.randoms())
def test_the_order_of_lines_with_different_instants_does_not_matter(situation, random):
    book, ledger, seen, at, circumstances = situation
    assume(len({line.paid_at for line in ledger}) == len(ledger))
    shuffled = random.sample(ledger, len(ledger))

    assert rules.assess(book, shuffled, seen, at, circumstances) == rules.assess(book, ledger, seen, at, circumstances)


@many
@given(situations(), CENTS, instants)
def test_one_more_counted_payment_never_lowers_the_eligible_tier(situation, amount, paid_at):
    book, ledger, seen, at, circumstances = situation
    before = rules.assess(book, ledger, seen, at, circumstances)
    after = rules.assess(book, [*ledger, paid(0, amount, paid_at)], seen, at, circumstances)

    assert rank(after.eligible_tier) >= rank(before.eligible_tier)


@many
@given(situations())
def test_a_tier_is_met_exactly_when_both_gates_and_its_requirements_are(situation):
    book, ledger, seen, at, circumstances = situation
    found = rules.assess(book, ledger, seen, at, circumstances)
    met = []
    for tier in found.tiers:
        rule = tier.tier
        if rule.is_opaque:
            assert not tier.is_met
            continue
        is_free = rule.money_usd == 0 and rule.wait_days == 0
        money = is_free or found.counted_usd >= rule.money_usd
        clock = found.clock_started_at
        wait = is_free or (clock is not None and at >= clock + timedelta(days=rule.wait_days))
        said = rank(found.seen_tier) >= rule.rank or set(rule.requires) <= set(circumstances.confirmed)
        assert tier.is_met == (money and wait and said)
        met += [rule] * tier.is_met
    assert rank(found.eligible_tier) == max((tier.rank for tier in met), default=-1)


@many
@given(situations())
def test_a_percentage_is_100_only_when_its_gate_is_met(situation):
    book, ledger, seen, at, circumstances = situation
    found = rules.assess(book, ledger, seen, at, circumstances)
    for tier in found.tiers:
        if tier.tier.is_opaque:
            assert tier.money_percent is tier.wait_percent is None
            continue
        need = tier.tier.money_usd
        money = found.counted_usd / need * 100 if need else Decimal(0)
        assert (tier.money_percent == 100) == (tier.short_usd == 0)
        assert tier.money_percent == (100 if tier.short_usd == 0 else max(0, int(money)))
        assert 0 <= tier.wait_percent <= 100
        is_over = tier.gate.matured_at is not None and tier.gate.matured_at <= at
        assert tier.is_met <= (tier.money_percent == tier.wait_percent == 100)
        assert (tier.wait_percent == 100) <= (is_over or tier.is_met)
        if is_over:
            assert tier.wait_percent == 100


@many
@given(situations())
def test_an_amount_advised_and_paid_at_once_never_leaves_the_same_advice(situation):
    book, ledger, seen, at, circumstances = situation
    assume(book.counts_since is None or at >= datetime.combine(book.counts_since, time.min, UTC))
    before = rules.assess(book, ledger, seen, at, circumstances)
    assume(before.advice.amount_usd is not None)
    assert before.advice.code in ("fund", "top_up")
    assert before.advice.amount_usd >= book.top_up_min_usd

    after = rules.assess(book, [*ledger, paid(0, before.advice.amount_usd, at)], seen, at, circumstances)

    assert (after.advice.code, after.advice.tier) != (before.advice.code, before.advice.tier)
    if before.advice.code == "top_up":
        assert after.advice.code == "rechecking"


@many
@given(situations())
def test_paid_at_once_the_tier_is_ready_when_the_advice_said(situation):
    book, ledger, seen, at, circumstances = situation
    assume(book.counts_since is None or at >= datetime.combine(book.counts_since, time.min, UTC))
    before = rules.assess(book, ledger, seen, at, circumstances)
    assume(before.advice.ready_if_paid_now is not None)

    after = rules.assess(book, [*ledger, paid(0, before.advice.amount_usd, at)], seen, at, circumstances)

    (tier,) = [tier for tier in after.tiers if tier.tier == before.advice.tier]
    assert max(tier.gate.ready_at, at) == before.advice.ready_if_paid_now


@many
@given(situations())
def test_each_code_of_advice_has_the_fields_that_apply(situation):
    found = rules.assess(*situation)
    advice = found.advice
    given_fields = {
        field.name
        for field in dataclasses.fields(advice)
        if field.name not in ("code", "tier") and getattr(advice, field.name) is not None
    }
    expected = {
        "rechecking": {"since", "until"},
        "contact_support": {"since"},
        "top_up": {"since", "amount_usd", "reason", "ready_if_paid_now"},
        "settling": {"since", "until"},
        "top": set(),
        "ask_provider": set(),
        "fund": {"amount_usd", "ready_if_paid_now"},
        "wait": {"since", "until"},
    }
    if advice.code == "wait" and found.clock_started_at is None:
        return
    assert given_fields | {"since"} == expected[advice.code] | {"since"}
    assert advice.since is None or advice.since <= situation[3]
    assert advice.until is None or advice.until > situation[3]
    within = [tier.tier.id for tier in found.tiers if tier.is_within_reach]
    assert found.within_reach == tuple(within)
    assert all(book_tier.rank > found.seen_tier.rank for book_tier in map(found.rulebook.tier, within))
    if advice.code in ("rechecking", "contact_support", "top_up"):
        assert advice.tier.id in within


@many
@given(situations(), st.integers(-14, 14))
def test_the_time_zone_of_an_instant_does_not_matter(situation, hours):
    book, ledger, seen, at, circumstances = situation
    zone = timezone(timedelta(hours=hours))
    moved = [dataclasses.replace(line, paid_at=line.paid_at.astimezone(zone)) for line in ledger]

    there = rules.assess(book, moved, seen, at.astimezone(zone), circumstances)

    assert there.as_json() == rules.assess(book, ledger, seen, at, circumstances).as_json()


@many
@given(ledgers(), instants)
def test_the_running_totals_add_up(ledger, at):
    held = rules.tally(ledger, at=at)
    total = Decimal("0.00")
    for entry in held.entries:
        assert entry.counted_usd in (Decimal("0.00"), entry.line.counted_usd)
        assert entry.counts == (entry.reason in ("counts", "lowers"))
        total += entry.counted_usd
        assert entry.total_usd == total
    assert held.total_usd == total
    assert held.clock == min((e.line.paid_at for e in held.entries if e.reason == "counts"), default=None)
    assert [entry.line for entry in held.entries] == sorted(
        (line for line in ledger if line.paid_at <= at), key=lambda line: line.paid_at
    )


@many
@given(situations(), instants)
def test_nobody_gains_access_by_falling_and_states_are_known(situation, instant):
    book, *_ = situation
    for model in book.models:
        states = [rules.access(book, model.id, tier.id, (), instant.date()).state for tier in book.tiers]
        assert set(states) <= set(rules.ACCESS_STATES)
        assert states == sorted(states, key=lambda state: state == "open")
    opened = {m.id for m in rules.unlocked_by(book, book.lowest.id, book.top.id, instant.date())}
    steps = zip(book.tiers, book.tiers[1:], strict=False)
    assert opened == {m.id for low, high in steps for m in rules.unlocked_by(book, low.id, high.id, instant.date())}
