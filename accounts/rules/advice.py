"""The advice: the one thing to do next. First match wins, in the order of domain 4."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from accounts.rules.instants import as_text
from accounts.rules.ledger import Tally
from accounts.rules.rulebook import Rulebook, Tier

CODES = ("rechecking", "contact_support", "top_up", "settling", "top", "ask_provider", "fund", "wait")
# What somebody must act on now.
URGENT_CODES = ("contact_support", "top_up")


@dataclass(frozen=True, slots=True)
class Gate:
    """Both gates of one tier, for a ledger to which nothing is added.

    short_usd: how much money is missing (None: the tier is opaque). funded_at, matured_at, ready_at: domain 3.
    near_at: since when the shortfall is at most the largest top-up. is_always_met: costs and waits nothing.
    """

    tier: Tier
    short_usd: Decimal | None = None
    funded_at: datetime | None = None
    matured_at: datetime | None = None
    ready_at: datetime | None = None
    near_at: datetime | None = None
    is_always_met: bool = False
    is_missing_requirement: bool = False

    def is_met(self, at: datetime) -> bool:
        return self.is_always_met or (self.ready_at is not None and self.ready_at <= at)


@dataclass(frozen=True, slots=True)
class Advice:
    """What to do next. Amounts in USD; instants aware; what does not apply is None."""

    code: str
    tier: Tier
    amount_usd: Decimal | None = None
    reason: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    ready_if_paid_now: datetime | None = None

    def as_json(self) -> dict[str, Any]:
        return {
            "code": self.code,
            "tier": self.tier.id,
            "amount_usd": str(self.amount_usd) if self.amount_usd is not None else None,
            "reason": self.reason,
            "since": as_text(self.since),
            "until": as_text(self.until),
            "ready_if_paid_now": as_text(self.ready_if_paid_now),
        }


@dataclass(frozen=True, slots=True)
class Situation:
    """What the advice is taken from: everything about an account except the instant."""

    rulebook: Rulebook
    held: Tally
    seen: Tier
    rose_at: datetime | None
    gates: tuple[Gate, ...]

    @property
    def is_automatic(self) -> bool:
        return self.rulebook.upgrades == "automatic"

    def eligible(self, at: datetime) -> Gate | None:
        """The highest-ranked met tier; tiers may be skipped."""
        return next((gate for gate in reversed(self.gates) if gate.is_met(at)), None)

    def trigger_at(self, gate: Gate) -> datetime | None:
        """When the provider was made to recalculate: the first counted payment from `ready_at` on.

        Where upgrades are automatic it is `ready_at` itself, which may lie ahead.
        """
        if gate.ready_at is None or self.is_automatic:
            return gate.ready_at
        return self.held.first_payment_from(gate.ready_at)

    def may_top_up(self, gate: Gate, at: datetime) -> bool:
        """Whether a small top-up may open this tier now (rule 2 for one tier)."""
        return (
            gate.short_usd is not None
            and gate.short_usd <= self.rulebook.top_up_max_usd
            and gate.matured_at is not None
            and gate.matured_at <= at
            and not gate.is_missing_requirement
            and (gate.short_usd > 0 or not self.is_automatic)
        )


def advise(situation: Situation, at: datetime) -> tuple[Tier | None, Advice]:
    """Return the eligible tier and the advice at an instant."""
    eligible = situation.eligible(at)
    above = [gate for gate in situation.gates if gate.tier.rank > situation.seen.rank]
    advice = (
        _after_trigger(situation, eligible, at)
        or _top_up(situation, above, at)
        or _settling(situation, at)
        or _next_step(situation, above, at)
    )
    return (eligible.tier if eligible else None), advice


def _after_trigger(situation: Situation, eligible: Gate | None, at: datetime) -> Advice | None:
    """Rule 1: the provider was made to recalculate; wait for it, then ask support."""
    if eligible is None or eligible.tier.rank <= situation.seen.rank:
        return None
    trigger = situation.trigger_at(eligible)
    if trigger is None or trigger > at:
        return None
    until = trigger + timedelta(hours=situation.rulebook.recheck_hours)
    if at < until:
        return Advice("rechecking", eligible.tier, since=trigger, until=until)
    return Advice("contact_support", eligible.tier, since=until)


def _top_up(situation: Situation, above: list[Gate], at: datetime) -> Advice | None:
    """Rule 2: the flag "a small top-up may trigger the upgrade", for the highest tier it may open."""
    for gate in reversed(above):
        if situation.may_top_up(gate, at) and gate.short_usd is not None and gate.matured_at is not None:
            return Advice(
                "top_up",
                gate.tier,
                amount_usd=max(situation.rulebook.top_up_min_usd, gate.short_usd),
                reason="gates_met" if gate.short_usd == 0 else "completes_money_gate",
                since=max(gate.matured_at, gate.near_at or gate.matured_at),
                ready_if_paid_now=at,
            )
    return None


def _settling(situation: Situation, at: datetime) -> Advice | None:
    """Rule 3: the seen tier rose a short while ago; rate limits follow within hours."""
    if situation.rose_at is None:
        return None
    until = situation.rose_at + timedelta(hours=situation.rulebook.settle_hours)
    if not situation.rose_at <= at < until:
        return None
    return Advice("settling", situation.seen, since=situation.rose_at, until=until)


def _next_step(situation: Situation, above: list[Gate], at: datetime) -> Advice:
    """Rules 4 and 5: the top, or what the next tier above the seen one needs."""
    if not above:
        return Advice("top", situation.seen)
    gate = above[0]
    if gate.short_usd is None or gate.is_missing_requirement:
        return Advice("ask_provider", gate.tier)
    if gate.short_usd > 0:
        wait = timedelta(hours=24 * (gate.tier.wait_days or 0))
        return Advice(
            "fund",
            gate.tier,
            amount_usd=max(situation.rulebook.top_up_min_usd, gate.short_usd),
            ready_if_paid_now=max(at, gate.matured_at) if gate.matured_at is not None else at + wait,
        )
    return Advice("wait", gate.tier, since=gate.funded_at, until=gate.matured_at)


def next_change(situation: Situation, at: datetime) -> datetime | None:
    """Return the earliest instant after `at` at which time alone changes the eligible tier or the advice.

    Only these instants can: a maturity, a trigger and its recheck time, the end of settling.
    """
    recheck = timedelta(hours=situation.rulebook.recheck_hours)
    instants = {gate.matured_at for gate in situation.gates}
    instants |= {gate.ready_at for gate in situation.gates}
    triggers = {situation.trigger_at(gate) for gate in situation.gates}
    instants |= triggers | {trigger + recheck for trigger in triggers if trigger is not None}
    if situation.rose_at is not None:
        instants |= {situation.rose_at, situation.rose_at + timedelta(hours=situation.rulebook.settle_hours)}
    now = _signature(situation, at)
    ahead = sorted(instant for instant in instants if instant is not None and instant > at)
    return next((instant for instant in ahead if _signature(situation, instant) != now), None)


def _signature(situation: Situation, at: datetime) -> tuple[str | None, str, str, str | None]:
    eligible, advice = advise(situation, at)
    return (eligible.id if eligible else None, advice.code, advice.tier.id, advice.reason)
