"""A timeline from which no amount can be worked out: when was paid, but not how much, and one tier's conditions."""

from datetime import datetime
from decimal import Decimal

from accounts.rules.advice import Advice
from accounts.rules.evidence import Claim
from accounts.rules.ledger import ZERO
from accounts.rules.timeline import LEAD, LEAST_SPAN, Level, Step, Timeline


def without_amounts(held: Timeline, claim: Claim) -> Timeline:
    """Return the timeline with every amount 0 and without what follows from amounts, except for the claim's tier.

    The advice, its projection, the other tiers and the span of the drawing would each tell something of the money.
    """
    levels = tuple(_blank(level, claim) for level in held.levels if level.tier == claim.row.tier)
    steps = tuple(Step(step.at, ZERO, ZERO) for step in held.steps)
    marks = [held.today, *(step.at for step in steps), *(told.at for told in held.told)]
    ahead = [claim.row.gate.matured_at, claim.recheck_until]
    first, last = min(marks), max([*marks, *(instant for instant in ahead if instant is not None)])
    room = max(last - first, LEAST_SPAN) / LEAD
    return Timeline(
        today=held.today,
        starts_at=first - room,
        ends_at=max(last, first + LEAST_SPAN) + room,
        total_usd=ZERO,
        most_usd=Decimal(1),
        steps=steps,
        levels=levels,
        triggers=(),
        stretches=held.stretches,
        told=held.told,
        projection=None,
        advice=Advice("ask_provider", claim.row.tier),
    )


def _blank(level: Level, claim: Claim) -> Level:
    """The claim's own tier keeps its instants, at no height. What would only be if somebody paid is left out."""
    wait: tuple[datetime | None, datetime | None] = (level.wait_from, level.wait_until)
    if level.is_projected:
        wait = (None, None)
    return Level(level.tier, ZERO, *wait, claim.row.gate.ready_at, claim.row.is_met, is_projected=False)
