"""Who may use a model, what would unlock it, and with which limits (domain 7)."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date

from accounts.rules.rulebook import Cell, Limit, ModelAccess, Rulebook, Way

ACCESS_STATES = ("open", "locked", "partner", "expected", "retired", "unknown")


@dataclass(frozen=True, slots=True)
class Access:
    """Whether an account may use a model on a day.

    model: None when the edition does not know it (state "unknown"). ways: what unlocks a locked model, the way with the
    lowest tier first; empty for every other state.
    """

    model_id: str
    state: str
    model: ModelAccess | None = None
    ways: tuple[Way, ...] = ()


@dataclass(frozen=True, slots=True)
class LimitsAt:
    """The limits of one group of models at one tier: `cells[metric]`, for every metric the group names anywhere."""

    limit: Limit
    cells: Mapping[str, Cell]


def access(rulebook: Rulebook, model_id: str, tier_id: str, confirmed: Collection[str], on: date) -> Access:
    """Return the access of an account that is seen at a tier and met the `confirmed` requirements, on a day.

    A model that opens only after that day is "expected"; one that the edition does not name is "unknown", not "locked".
    """
    model = rulebook.model(model_id)
    if model is None:
        return Access(model_id, "unknown")
    if model.retired_on is not None and model.retired_on <= on:
        return Access(model_id, "retired", model)
    if model.access in ("partner", "expected"):
        return Access(model_id, model.access, model)
    if model.opened_on is not None and on < model.opened_on:
        return Access(model_id, "expected", model)
    if not model.ways:  # shut down later, and the edition does not say who may use it until then
        return Access(model_id, "unknown", model)
    rank = rulebook.tier(tier_id).rank
    if any(rulebook.tier(way.tier).rank <= rank and set(way.requires) <= set(confirmed) for way in model.ways):
        return Access(model_id, "open", model)
    ways = sorted(model.ways, key=lambda way: (rulebook.tier(way.tier).rank, len(way.requires)))
    return Access(model_id, "locked", model, tuple(ways))


def unlocked_by(
    rulebook: Rulebook, lower_tier: str, upper_tier: str, on: date, confirmed: Collection[str] = ()
) -> tuple[ModelAccess, ...]:
    """Return the models that are not open at the lower tier and open at the upper one, in the edition's order."""
    return tuple(
        model
        for model in rulebook.models
        if access(rulebook, model.id, upper_tier, confirmed, on).state == "open"
        and access(rulebook, model.id, lower_tier, confirmed, on).state != "open"
    )


def limits_at(rulebook: Rulebook, model_id: str, tier_id: str) -> tuple[LimitsAt, ...]:
    """Return a model's limits at a tier, one for each of its groups; empty when the edition has none for it."""
    return tuple(
        LimitsAt(limit, {metric: limit.cell(tier_id, metric) for metric in limit.metrics})
        for limit in rulebook.limits_of(model_id)
    )
