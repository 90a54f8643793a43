"""A worked example: an invented ledger, judged by the real rules of an edition at fixed instants. Nothing is stored."""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from accounts import rules

# The model that the founding article takes for its example.
FEATURED = "o3-mini"
HOUR = time(10)


@dataclass(frozen=True, slots=True)
class Step:
    """What is paid at an instant (None: nothing), the total then, and what the rules say right after it."""

    at: datetime
    days: int
    paid_usd: Decimal | None
    total_usd: Decimal
    standing: dict[str, Any]


def goal(book: rules.Rulebook) -> rules.Tier | None:
    """Return the tier that the example climbs to: the featured model's, else the first with a wait, else a paid one.

    None when the edition publishes no gate that money could meet.
    """
    paid = [tier for tier in book.tiers if tier.money_usd]
    model = book.model(FEATURED)
    ways = [book.tier(way.tier) for way in model.ways] if model is not None and model.access == "open" else []
    waiting = [tier for tier in paid if tier.wait_days]
    return next((tier for tier in (*ways, *waiting, *paid[1:], *paid) if tier.money_usd), None)


def whole(book: rules.Rulebook, tier: rules.Tier) -> list[Step]:
    """Pay all that the tier takes at once; after the wait, whatever the advice asks for."""
    return _climb(book, tier, tier.money_usd or Decimal(0))


def held_back(book: rules.Rulebook, tier: rules.Tier) -> list[Step]:
    """Keep the least purchase for the day on which the wait ends; empty where that gains nothing."""
    first = (tier.money_usd or Decimal(0)) - book.top_up_min_usd
    if book.upgrades != "on_purchase" or not tier.wait_days or first < book.top_up_min_usd:
        return []
    return _climb(book, tier, first)


def _climb(book: rules.Rulebook, tier: rules.Tier, first_usd: Decimal) -> list[Step]:
    start = datetime.combine(book.started.by, HOUR, UTC)
    done = start + timedelta(hours=24 * (tier.wait_days or 0))
    climb = _Climb(book, tier, start)
    climb.take(start, first_usd)
    if done > start:
        climb.take(done)
    if climb.advice.code == "top_up":
        climb.take(done, climb.advice.amount_usd)
    if climb.advice.until is not None:
        climb.take(climb.advice.until)
    return climb.steps


class _Climb:
    """One account of the example on its way to a tier."""

    def __init__(self, book: rules.Rulebook, tier: rules.Tier, start: datetime) -> None:
        self._book, self._tier, self._start = book, tier, start
        self._said = rules.Circumstances(confirmed=dict.fromkeys(rules.REQUIREMENTS, start))
        self._lines: list[rules.Line] = []
        self.steps: list[Step] = []
        self.advice: rules.Advice

    def take(self, at: datetime, paid_usd: Decimal | None = None) -> None:
        """Pay at an instant, or only look."""
        if paid_usd is not None:
            self._lines.append(rules.Line(str(len(self._lines)), "purchase", "succeeded", paid_usd, at))
        standing = rules.assess(self._book, self._lines, rules.Seen(self._shown()), at, self._said)
        self.advice = standing.advice
        days = (at - self._start) // timedelta(hours=24)
        self.steps.append(Step(at, days, paid_usd, standing.counted_usd, standing.as_json()))

    def _shown(self) -> str:
        """The tier that the provider shows: what the first payment gave at once, as long as it is below the goal."""
        lowest = rules.Seen(self._book.lowest.id)
        given = rules.assess(self._book, self._lines, lowest, self._start, self._said).eligible_tier
        return given.id if given is not None and given.rank < self._tier.rank else lowest.tier
