"""What a tier of an edition gives of a demand: so many requests and so many tokens a minute of a model.

What is not published, or only an "up to", is no number: it is never counted, and never taken for 0.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from accounts.rules.access import Access, access
from accounts.rules.rulebook import NOT_PUBLISHED, NOT_SUPPORTED, Cell, Limit, Rulebook, Tier

STANDARD_VARIANT = "standard"
MINUTES_A_DAY = 24 * 60
WHOLE = Fraction(1)


@dataclass(frozen=True, slots=True)
class Demand:
    """What is needed of a model: `needs[metric]` in the unit of the metric, from 1 on; `variant` of its limits."""

    model_id: str
    needs: Mapping[str, int]
    variant: str = STANDARD_VARIANT

    def __post_init__(self) -> None:
        for metric, need in self.needs.items():
            if need < 1:
                raise ValueError(f"{metric}: {need} is nothing to ask for")


@dataclass(frozen=True, slots=True)
class Offer:
    """One limit against its need."""

    metric: str
    need: int
    cell: Cell

    @property
    def certain(self) -> int | None:
        """What the edition says for certain; None when it says nothing, or "up to"."""
        return None if self.cell.is_most else self.cell.value

    @property
    def is_met(self) -> bool | None:
        """Whether this limit is enough; None when nobody can say."""
        if self.cell.state == NOT_SUPPORTED or (self.cell.value is not None and self.cell.value < self.need):
            return False
        return None if self.certain is None else True

    @property
    def missing(self) -> int | None:
        """How much is missing, where that is known: of an "up to" that is too low, at least so much."""
        if self.cell.state == NOT_SUPPORTED:
            return self.need
        if self.cell.value is None or self.is_met is None:
            return None
        return max(0, self.need - self.cell.value)


@dataclass(frozen=True, slots=True)
class Holding:
    """What a tier of an edition gives of a demand.

    limit: None when the edition has none of this variant. lasts_minutes: how long the wanted requests per minute can be
    kept up within the daily limit, where that is less than a day and no daily number was asked for.
    """

    tier: Tier
    access: Access
    limit: Limit | None
    offers: tuple[Offer, ...]
    lasts_minutes: int | None = None

    @property
    def state(self) -> str:
        """enough, short, unknown (nobody can say), or closed (no access, or not supported at this tier)."""
        if self.access.state == "unknown":
            return "unknown"
        if self.access.state != "open" or self._is_unsupported:
            return "closed"
        met = [offer.is_met for offer in self.offers]
        if False in met:
            return "short"
        return "unknown" if None in met else "enough"

    @property
    def _is_unsupported(self) -> bool:
        cells = [offer.cell for offer in self.offers]
        if self.limit is not None and not cells:
            cells = [self.limit.cell(self.tier.id, metric) for metric in self.limit.metrics]
            return bool(cells) and all(cell.state == NOT_SUPPORTED for cell in cells)
        return any(cell.state == NOT_SUPPORTED for cell in cells)

    @property
    def share(self) -> Fraction | None:
        """The part of the demand that this carries for certain, at most 1; None when nobody can say."""
        if self.state == "closed":
            return Fraction(0)
        numbers = [(offer.certain, offer.need) for offer in self.offers]
        if self.access.state != "open" or any(certain is None for certain, _need in numbers):
            return None
        return min([WHOLE, *(Fraction(certain or 0, need) for certain, need in numbers)])

    @property
    def shared_with(self) -> tuple[str, ...]:
        """The ids of the other models that draw on the same pool."""
        if self.limit is None or not self.limit.is_pool:
            return ()
        return tuple(model_id for model_id in self.limit.models if model_id != self.access.model_id)


def holding(rulebook: Rulebook, demand: Demand, tier: Tier, confirmed: Iterable[str], on: date) -> Holding:
    """Return what a tier of an edition gives of a demand, to whom meets the `confirmed` requirements."""
    limits = rulebook.limits_of(demand.model_id)
    limit = next((limit for limit in limits if limit.variant == demand.variant), None)
    offers = tuple(Offer(metric, need, _cell(limit, tier, metric)) for metric, need in demand.needs.items())
    may = access(rulebook, demand.model_id, tier.id, frozenset(confirmed), on)
    return Holding(tier, may, limit, offers, _lasts_minutes(limit, tier, demand.needs))


def _cell(limit: Limit | None, tier: Tier, metric: str) -> Cell:
    return limit.cell(tier.id, metric) if limit is not None else Cell(NOT_PUBLISHED)


def _lasts_minutes(limit: Limit | None, tier: Tier, needs: Mapping[str, int]) -> int | None:
    a_day = _cell(limit, tier, "rpd").value
    if a_day is None or "rpm" not in needs or "rpd" in needs:
        return None
    minutes = a_day // needs["rpm"]
    return minutes if minutes < MINUTES_A_DAY else None
