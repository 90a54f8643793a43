"""What changed from one edition to another, as values; whoever shows them finds the words."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from accounts.rules.rulebook import Cell, Rulebook, Tier

RULE_FIELDS = (
    "upgrades",
    "downgrades",
    "counts_since",
    "top_up_min_usd",
    "top_up_max_usd",
    "recheck_hours",
    "settle_hours",
)
TIER_FIELDS = ("name", "rank", "money_usd", "wait_days", "cap", "rolling_cap", "most_purchase_usd", "requires")
MODEL_FIELDS = ("access", "ways", "expected_tiers", "opened_on", "retired_on")


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that differs between two editions.

    subject: "rule", "tier", "model" or "limit". change: "added", "removed" or "changed". Which one: the tier and model
    by id, and for a limit its variant and metric too; empty where they do not apply. field: what changed of a rule,
    tier or model, such as "money_usd". old, new: the values, None on the side where the thing is absent.
    """

    subject: str
    change: str
    tier: str = ""
    model: str = ""
    variant: str = ""
    metric: str = ""
    field: str = ""
    old: Any = None
    new: Any = None


def differences(old: Rulebook, new: Rulebook) -> tuple[Difference, ...]:
    """Return what differs between two editions: rules, tiers, models, then limits.

    Limits are compared where both editions have the tier and the model.
    """
    return (*_rules(old, new), *_tiers(old, new), *_models(old, new), *_limits(old, new))


def _rules(old: Rulebook, new: Rulebook) -> Iterator[Difference]:
    for field in RULE_FIELDS:
        before, after = getattr(old, field), getattr(new, field)
        if before != after:
            yield Difference("rule", "changed", field=field, old=before, new=after)


def _tiers(old: Rulebook, new: Rulebook) -> Iterator[Difference]:
    for tier in old.tiers:
        if not new.has_tier(tier.id):
            yield Difference("tier", "removed", tier=tier.id, old=tier)
    for tier in new.tiers:
        if not old.has_tier(tier.id):
            yield Difference("tier", "added", tier=tier.id, new=tier)
    for tier in _in_both(old, new):
        was, now = old.tier(tier.id), new.tier(tier.id)
        for field in TIER_FIELDS:
            before, after = getattr(was, field), getattr(now, field)
            if before != after:
                yield Difference("tier", "changed", tier=tier.id, field=field, old=before, new=after)


def _in_both(old: Rulebook, new: Rulebook) -> tuple[Tier, ...]:
    return tuple(tier for tier in new.tiers if old.has_tier(tier.id))


def _models(old: Rulebook, new: Rulebook) -> Iterator[Difference]:
    for model in old.models:
        if new.model(model.id) is None:
            yield Difference("model", "removed", model=model.id, old=model)
    for model in new.models:
        was = old.model(model.id)
        if was is None:
            yield Difference("model", "added", model=model.id, new=model)
            continue
        for field in MODEL_FIELDS:
            before, after = getattr(was, field), getattr(model, field)
            if before != after:
                yield Difference("model", "changed", model=model.id, field=field, old=before, new=after)


def _limits(old: Rulebook, new: Rulebook) -> Iterator[Difference]:
    """Compare cell by cell; what an edition does not publish for a tier is absent there."""
    was, now = _cells(old), _cells(new)
    both = [tier.id for tier in _in_both(old, new)]
    for model in new.models:
        if old.model(model.id) is None:
            continue
        keys = dict.fromkeys(key for cells in (was, now) for key in cells.get(model.id, {}))
        for tier in both:
            for variant, metric in keys:
                before = was.get(model.id, {}).get((variant, metric), {}).get(tier)
                after = now.get(model.id, {}).get((variant, metric), {}).get(tier)
                if before != after:
                    change = "added" if before is None else "removed" if after is None else "changed"
                    yield Difference("limit", change, tier, model.id, variant, metric, old=before, new=after)


def _cells(rulebook: Rulebook) -> dict[str, dict[tuple[str, str], dict[str, Cell]]]:
    """Return model id -> (variant, metric) -> tier id -> cell, for every cell that the edition publishes."""
    found: dict[str, dict[tuple[str, str], dict[str, Cell]]] = {}
    for limit in rulebook.limits:
        for model_id in limit.models:
            metrics = found.setdefault(model_id, {})
            for metric in limit.metrics:
                row = {tier.id: limit.cell(tier.id, metric) for tier in rulebook.tiers}
                published = {tier: cell for tier, cell in row.items() if cell.state != "not_published"}
                metrics.setdefault((limit.variant, metric), {}).update(published)
    return found
