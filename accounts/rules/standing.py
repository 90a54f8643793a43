"""The standing: everything the rules say of an account at an instant, and the one thing to do next (domain 3, 4)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from accounts.rules.advice import Advice, Gate, Situation, advise, next_change
from accounts.rules.doubts import Doubt, doubts
from accounts.rules.instants import as_text
from accounts.rules.ledger import ZERO, Line, Tally, tally
from accounts.rules.rulebook import Rulebook, Tier


class UnknownTier(ValueError):
    """The seen tier is no tier of the rulebook."""


@dataclass(frozen=True, slots=True)
class Seen:
    """The tier that the provider shows, and when it last rose to it (None: unknown or long ago)."""

    tier: str
    rose_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What people say of an account beside its payments.

    confirmed: when each unobservable requirement was said to be met. room_usd: how much more the provider lets the
    account buy now (None: unknown). cap_reached_at: when this month's cap was seen used up. has_newer_edition: whether
    the provider has changed its rules since the account's edition.
    """

    confirmed: Mapping[str, datetime] = field(default_factory=dict)
    room_usd: Decimal | None = None
    cap_reached_at: datetime | None = None
    has_newer_edition: bool = False


NO_CIRCUMSTANCES = Circumstances()


@dataclass(frozen=True, slots=True)
class TierStanding:
    """One tier at an instant: both gates with their progress, and whether the tier is within reach (an episode)."""

    tier: Tier
    gate: Gate
    is_met: bool
    is_within_reach: bool
    have_usd: Decimal
    short_usd: Decimal | None
    money_percent: int | None
    elapsed_days: int | None
    wait_percent: int | None

    def as_json(self) -> dict[str, Any]:
        money = wait = None
        if not self.tier.is_opaque:
            money = {
                "need": str(self.tier.money_usd),
                "have": str(self.have_usd),
                "short": str(self.short_usd),
                "percent": self.money_percent,
            }
            wait = {
                "need_days": self.tier.wait_days,
                "elapsed_days": self.elapsed_days,
                "percent": self.wait_percent,
            }
        return {
            "id": self.tier.id,
            "rank": self.tier.rank,
            "met": self.is_met,
            "money": money,
            "wait": wait,
            "funded_at": as_text(self.gate.funded_at),
            "matured_at": as_text(self.gate.matured_at),
            "ready_at": as_text(self.gate.ready_at),
        }


@dataclass(frozen=True, slots=True)
class Standing:
    """What the rules say of an account at `at`; a pure function of rulebook, ledger, seen tier and instant."""

    rulebook: Rulebook
    at: datetime
    counted_usd: Decimal
    clock_started_at: datetime | None
    seen_tier: Tier
    eligible_tier: Tier | None
    advice: Advice
    next_change_at: datetime | None
    hints: tuple[str, ...]
    tiers: tuple[TierStanding, ...]
    tally: Tally
    doubts: tuple[Doubt, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Return the standing as domain 8 writes it: fields that do not apply are null, never missing."""
        return {
            "rulebook": self.rulebook.id,
            "at": as_text(self.at),
            "counted_usd": str(self.counted_usd),
            "clock_started_at": as_text(self.clock_started_at),
            "seen_tier": self.seen_tier.id,
            "eligible_tier": self.eligible_tier.id if self.eligible_tier else None,
            "advice": self.advice.as_json(),
            "next_change_at": as_text(self.next_change_at),
            "hints": list(self.hints),
            "tiers": [tier.as_json() for tier in self.tiers],
        }

    @property
    def within_reach(self) -> tuple[str, ...]:
        """The ids of the tiers above the seen one that are within reach: each is one episode."""
        return tuple(standing.tier.id for standing in self.tiers if standing.is_within_reach)


def assess(
    rulebook: Rulebook,
    ledger: Iterable[Line],
    seen: Seen,
    at: datetime,
    circumstances: Circumstances = NO_CIRCUMSTANCES,
) -> Standing:
    """Return the standing at an aware instant. UnknownTier when the rulebook has no such seen tier."""
    if not rulebook.has_tier(seen.tier):
        raise UnknownTier(f"{seen.tier!r} is no tier of {rulebook.id}")
    held = tally(ledger, at=at, counts_since=rulebook.counts_since)
    seen_tier = rulebook.tier(seen.tier)
    gates = tuple(_gate(tier, rulebook, held, seen_tier, circumstances.confirmed, at) for tier in rulebook.tiers)
    situation = Situation(rulebook, held, seen_tier, seen.rose_at, gates)
    eligible, advice = advise(situation, at)
    in_doubt = doubts(rulebook, held, seen_tier)
    return Standing(
        rulebook=rulebook,
        at=at,
        counted_usd=held.total_usd,
        clock_started_at=held.clock,
        seen_tier=seen_tier,
        eligible_tier=eligible,
        advice=advice,
        next_change_at=next_change(situation, at),
        hints=_hints(in_doubt, advice, circumstances, at),
        tiers=tuple(_tier_standing(gate, situation, at) for gate in gates),
        tally=held,
        doubts=in_doubt,
    )


def _gate(
    tier: Tier,
    rulebook: Rulebook,
    held: Tally,
    seen: Tier,
    confirmed: Mapping[str, datetime],
    at: datetime,
) -> Gate:
    """Work out both gates of one tier (domain 3) and whether what tierdash cannot observe is met."""
    said = [] if seen.rank >= tier.rank else [confirmed.get(requirement) for requirement in tier.requires]
    missing = any(instant is None or instant > at for instant in said)
    said_at = max((instant for instant in said if instant is not None), default=None) if not missing else None
    if tier.money_usd is None or tier.wait_days is None:
        return Gate(tier, is_missing_requirement=missing)
    matured_at = held.clock + timedelta(hours=24 * tier.wait_days) if held.clock else None
    if tier.money_usd == 0 and tier.wait_days == 0:
        return Gate(
            tier,
            short_usd=ZERO,
            funded_at=held.stretch_start(ZERO),
            matured_at=matured_at,
            ready_at=said_at or (None if missing else matured_at),
            is_always_met=not missing and said_at is None,
            is_missing_requirement=missing,
        )
    short = max(ZERO, tier.money_usd - held.total_usd)
    funded_at = held.stretch_start(tier.money_usd)
    ready_at = None
    if short == 0 and matured_at is not None and not missing:
        ready_at = max(instant for instant in (funded_at, matured_at, said_at) if instant is not None)
    near_at = held.stretch_start(tier.money_usd - rulebook.top_up_max_usd)
    return Gate(
        tier,
        short_usd=short,
        funded_at=funded_at,
        matured_at=matured_at,
        ready_at=ready_at,
        near_at=near_at,
        is_missing_requirement=missing,
    )


def _tier_standing(gate: Gate, situation: Situation, at: datetime) -> TierStanding:
    tier, held = gate.tier, situation.held
    is_met = gate.is_met(at)
    is_above = tier.rank > situation.seen.rank
    is_within_reach = is_above and (is_met or situation.may_top_up(gate, at))
    if tier.money_usd is None or tier.wait_days is None or gate.short_usd is None:
        return TierStanding(tier, gate, is_met, is_within_reach, held.total_usd, None, None, None, None)
    elapsed = max(at - held.clock, timedelta(0)) if held.clock else timedelta(0)
    need = timedelta(hours=24 * tier.wait_days)
    if is_met:
        wait_percent = 100
    elif held.clock is None:
        wait_percent = 0
    else:
        wait_percent = min(100, elapsed * 100 // need) if need else 100
    if gate.short_usd == 0:
        money_percent = 100
    else:  # refunds may outweigh payments, even where nothing needs to be paid
        money_percent = int(held.total_usd * 100 / tier.money_usd) if held.total_usd > 0 else 0
    return TierStanding(
        tier=tier,
        gate=gate,
        is_met=is_met,
        is_within_reach=is_within_reach,
        have_usd=held.total_usd,
        short_usd=gate.short_usd,
        money_percent=money_percent,
        elapsed_days=elapsed // timedelta(hours=24),
        wait_percent=wait_percent,
    )


def _hints(in_doubt: tuple[Doubt, ...], advice: Advice, circumstances: Circumstances, at: datetime) -> tuple[str, ...]:
    """Return what is worth saying beside the advice without changing it (domain 4)."""
    is_due = advice.code in ("top_up", "rechecking", "contact_support")
    reached = circumstances.cap_reached_at
    is_this_month = reached is not None and f"{reached.astimezone(UTC):%Y-%m}" == f"{at.astimezone(UTC):%Y-%m}"
    hints = {
        "no_room": (
            circumstances.room_usd is not None
            and advice.amount_usd is not None
            and circumstances.room_usd < advice.amount_usd
        ),
        "cap_reached": is_due and is_this_month,
        "newer_edition": circumstances.has_newer_edition,
    }
    return (*(doubt.code for doubt in in_doubt), *(hint for hint, holds in hints.items() if holds))
