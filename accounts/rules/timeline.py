"""The timeline: what happened to the money and the waits of an account, and what comes if the advised amount is paid.

Instants and amounts only; where they stand on a drawing and how they are said is for whoever draws.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from accounts.rules.advice import Advice, Situation
from accounts.rules.ledger import ZERO
from accounts.rules.rulebook import Tier
from accounts.rules.standing import Standing

# The drawing shows at least this much time, so that one payment an hour ago is no wall.
LEAST_SPAN = timedelta(days=6)
# Room before the first and after the last mark, as a share of what lies between them.
LEAD = 20


@dataclass(frozen=True, slots=True)
class Shown:
    """The provider showed a tier; its id may be one of another edition."""

    tier: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Told:
    """A notice was raised."""

    kind: str
    tier: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Step:
    """One counted line: what it added (below 0: took back), and the counted total after it."""

    at: datetime
    added_usd: Decimal
    total_usd: Decimal


@dataclass(frozen=True, slots=True)
class Level:
    """The money gate of a tier as a line, its wait as a stretch of that line, and when both were met.

    A wait of 0 days has no stretch. Without a clock the stretch `is_projected`: it would start if the advised amount
    were paid now. `ready_at` is None while money, a clock or a requirement is missing.
    """

    tier: Tier
    usd: Decimal
    wait_from: datetime | None
    wait_until: datetime | None
    ready_at: datetime | None
    is_met: bool
    is_projected: bool


@dataclass(frozen=True, slots=True)
class Trigger:
    """A payment (or where upgrades are automatic, an instant) that made the provider look again, and for which tier."""

    tier: Tier
    at: datetime
    total_usd: Decimal


@dataclass(frozen=True, slots=True)
class Stretch:
    """How long the provider showed one tier, as far as it was looked at; `until` is None for the present one."""

    tier: str
    since: datetime
    until: datetime | None


@dataclass(frozen=True, slots=True)
class Projection:
    """The advised amount paid now: the total after it, and when the tier's gates are then met."""

    tier: Tier
    amount_usd: Decimal
    total_usd: Decimal
    ready_at: datetime


@dataclass(frozen=True, slots=True)
class Timeline:
    """Everything that the drawing shows between `starts_at` and `ends_at`. A stretch may begin before that.

    `today` is the last full hour, or the latest mark within the present one: a drawing that moved with every minute
    would have to be sent anew every minute.
    """

    today: datetime
    starts_at: datetime
    ends_at: datetime
    total_usd: Decimal
    most_usd: Decimal
    steps: tuple[Step, ...]
    levels: tuple[Level, ...]
    triggers: tuple[Trigger, ...]
    stretches: tuple[Stretch, ...]
    told: tuple[Told, ...]
    projection: Projection | None
    advice: Advice


def timeline(standing: Standing, shown: Sequence[Shown] = (), told: Sequence[Told] = ()) -> Timeline:
    """Return the timeline of a standing; `shown` and `told` by instant, none after the standing's own."""
    steps = tuple(
        Step(entry.line.paid_at, entry.counted_usd, entry.total_usd) for entry in standing.tally.entries if entry.counts
    )
    today = _today(standing, shown, told)
    projection = _projection(standing, today)
    levels = tuple(_levels(standing, today if projection else None))
    past = [*(step.at for step in steps), *(notice.at for notice in told)]
    starts_at, ends_at = _span(standing, [today, *past], levels, projection)
    amounts = [step.total_usd for step in steps] + [level.usd for level in levels]
    return Timeline(
        today=today,
        starts_at=starts_at,
        ends_at=ends_at,
        total_usd=standing.counted_usd,
        most_usd=max([*amounts, projection.total_usd if projection else ZERO, standing.rulebook.top_up_min_usd]),
        steps=steps,
        levels=levels,
        triggers=tuple(_triggers(standing)),
        stretches=tuple(_stretches(shown)),
        told=tuple(dict.fromkeys(told)),  # several people may have been told the same
        projection=projection,
        advice=standing.advice,
    )


def _levels(standing: Standing, may_start_at: datetime | None) -> list[Level]:
    """The tiers that ask for money, lowest first. may_start_at: when a clock might start that has not."""
    clock = standing.clock_started_at or may_start_at
    levels = []
    for row in standing.tiers:
        tier, gate = row.tier, row.gate
        if not tier.money_usd:
            continue
        levels.append(
            Level(
                tier=tier,
                usd=tier.money_usd,
                wait_from=clock if tier.wait_days else None,
                wait_until=clock + timedelta(hours=24 * tier.wait_days) if clock and tier.wait_days else None,
                ready_at=gate.ready_at,
                is_met=row.is_met,
                is_projected=standing.clock_started_at is None,
            )
        )
    return levels


def _triggers(standing: Standing) -> list[Trigger]:
    """What made the provider look again until now; one payment that did so for several tiers stands for the highest."""
    situation = Situation(
        standing.rulebook, standing.tally, standing.seen_tier, None, tuple(row.gate for row in standing.tiers)
    )
    by_instant: dict[datetime, Trigger] = {}
    for gate in situation.gates:
        trigger = situation.trigger_at(gate)
        if gate.tier.money_usd and trigger is not None and trigger <= standing.at:
            by_instant[trigger] = Trigger(gate.tier, trigger, _total_at(standing, trigger))
    return sorted(by_instant.values(), key=lambda trigger: trigger.at)


def _total_at(standing: Standing, at: datetime) -> Decimal:
    """The counted total at an instant, with every line of it; there is one, or nothing could have been triggered."""
    return [entry.total_usd for entry in standing.tally.entries if entry.line.paid_at <= at][-1]


def _stretches(shown: Sequence[Shown]) -> list[Stretch]:
    """Sightings in a row that show the same tier are one stretch."""
    changes: list[Shown] = []
    for look in shown:
        if not changes or changes[-1].tier != look.tier:
            changes.append(look)
    ends = [look.at for look in changes[1:]]
    return [Stretch(look.tier, look.at, until) for look, until in zip(changes, [*ends, None], strict=False)]


def _today(standing: Standing, shown: Sequence[Shown], told: Sequence[Told]) -> datetime:
    """Never before a mark that is there already."""
    hour = standing.at.replace(minute=0, second=0, microsecond=0)
    paid = [entry.line.paid_at for entry in standing.tally.entries]
    return max([hour, *paid, *(look.at for look in shown), *(notice.at for notice in told)])


def _projection(standing: Standing, today: datetime) -> Projection | None:
    advice = standing.advice
    if advice.amount_usd is None or advice.ready_if_paid_now is None:
        return None
    ready_at = advice.ready_if_paid_now
    if standing.clock_started_at is None or ready_at == standing.at:  # counted from this moment, not from a payment
        ready_at -= standing.at - today
    return Projection(advice.tier, advice.amount_usd, standing.counted_usd + advice.amount_usd, ready_at)


def _span(
    standing: Standing, past: Sequence[datetime], levels: Sequence[Level], projection: Projection | None
) -> tuple[datetime, datetime]:
    """From the first of the past marks to the last of what lies ahead, with room on both sides.

    Sightings are no marks here: an account may have been free for years before its first payment.
    """
    ahead = [level.wait_until for level in levels]
    ahead += [standing.advice.until, projection.ready_at if projection else None]
    marks = [*past, *(instant for instant in ahead if instant is not None)]
    first, last = min(marks), max(marks)
    room = max(last - first, LEAST_SPAN) / LEAD
    return first - room, max(last, first + LEAST_SPAN) + room
