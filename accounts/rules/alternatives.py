"""What one can do when a tier is not there, or not in time: each way with its cost, its date and how sure that is.

Nothing here recommends. Dates and amounts are those of the plans (domain 6); what no rule says is unknown.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from accounts.rules.advice import Gate
from accounts.rules.ledger import ZERO
from accounts.rules.planning import plan_anew
from accounts.rules.plans import Plan, Plans
from accounts.rules.rulebook import Cell, Rulebook, Tier
from accounts.rules.wishes import Need, Wish

ALTERNATIVES = ("wait", "pay_and_wait", "sales", "several_organizations", "caching_and_batching", "relay")
WHENS = ("today", "later", "unknown", "no")
BASES = ("rule", "experience", "unknown")
BATCH = "batch_queue_tokens"
# What only an agreement with the provider brings.
BY_AGREEMENT = {"contract", "request"}
# Why no tier does, where the edition says so; of every other obstacle it says nothing.
SAID = {"partner", "expected", "retired", "not_supported", "above_highest"}


@dataclass(frozen=True, slots=True)
class RelayOffer:
    """A relay of one's own: whether it lists the model, and its condition (rules.RELAY_CONDITIONS)."""

    id: str
    has_model: bool
    condition: str

    @property
    def works(self) -> bool:
        return self.has_model and self.condition in ("usable", "expires_soon")


@dataclass(frozen=True, slots=True)
class Alternative:
    """One way. `when` is today, later (from `at` on), unknown, or no (it does not bring what is wished for).

    cost_usd: what has to be paid to the provider for it (None: nobody can say, or nothing comes of it). reason: why, as
    a slug; of a wish that no tier gives, the need's obstacle. live_at: by then it should be live, as the plan has it.
    is_late: that is after the wanted instant. ids: the accounts or relays that it means, those that work first. cell: a
    limit that the reason names.
    """

    kind: str
    when: str
    reason: str
    basis: str
    at: datetime | None = None
    cost_usd: Decimal | None = None
    live_at: datetime | None = None
    is_late: bool = False
    ids: tuple[str, ...] = ()
    cell: Cell | None = None


def alternatives(
    plans: Plans,
    *,
    by: datetime | None = None,
    others: Sequence[str] = (),
    offered: Sequence[RelayOffer] = (),
) -> tuple[Alternative, ...]:
    """Return every way, in the order of ALTERNATIVES, at the instant of the plans.

    plans: of the account that has the wish, or of one that is yet to be opened. by: when it must be live. others: the
    ids of further accounts that have it already. offered: the relays of one's own.
    """
    standing, wish = plans.standing, plans.need.wish
    ways = (
        _wait(plans),
        _pay_and_wait(plans),
        _sales(plans.need),
        _several(plan_anew(standing.rulebook, wish, standing.at, by), others),
        _caching(plans),
        _relay(wish, offered),
    )
    return tuple(replace(way, is_late=by is not None and way.live_at is not None and way.live_at > by) for way in ways)


def batch_limit(book: Rulebook, model_id: str, tier: Tier) -> Cell | None:
    """Return how many tokens may wait in the batch queue of a model at a tier; None when the edition is silent."""
    cells = [limit.cell(tier.id, BATCH) for limit in book.limits_of(model_id)]
    return next((cell for cell in cells if cell.value is not None), None)


def _without_tier(kind: str, need: Need) -> Alternative:
    return Alternative(kind, "no" if need.obstacle in SAID else "unknown", need.obstacle, "rule")


def _ready(ready_at: datetime, at: datetime) -> str:
    return "later" if ready_at > at else "today"


def _gate(plans: Plans) -> Gate:
    """The gates of the tier that the plans lead to."""
    return next(row.gate for row in plans.standing.tiers if row.tier is plans.need.tier)


def _cheapest(plans: Plans) -> Plan:
    """The plan whose figures stand for all; where nothing is left to be paid there is only one."""
    return plans.of("cheapest") or plans.plans[0]


def _obstacle(plans: Plans) -> str:
    return "asks" if plans.obstacle == "requirement" else plans.obstacle


def _trigger(plans: Plans, plan: Plan) -> str:
    """Of a plan that pays nothing: by_itself, rechecking or overdue."""
    at = plans.standing.at
    if _gate(plans).ready_at is None or plan.ready_at > at:
        return "by_itself"
    return "rechecking" if at < _asked_at(plan) else "overdue"


def _asked_at(plan: Plan) -> datetime:
    """When the provider has had its hours."""
    return next(step.at for step in plan.steps if step.kind == "ask")


def _wait(plans: Plans) -> Alternative:
    """Paying nothing at all."""
    need, standing = plans.need, plans.standing
    if need.tier is None:
        return _without_tier("wait", need)
    if plans.is_there and need.is_given_at(standing.seen_tier):
        return Alternative("wait", "today", "has", "rule", cost_usd=ZERO)
    if need.requires:
        return Alternative("wait", "no", "asks", "rule", cost_usd=ZERO)
    if plans.obstacle:
        return Alternative("wait", "unknown", _obstacle(plans), "rule")
    plan = _cheapest(plans)
    if not plan.payments:
        return _waiting(plans, plan)
    gate = _gate(plans)
    if gate.ready_at is None:
        has_clock = standing.clock_started_at is not None
        return Alternative("wait", "no", "money_missing" if has_clock else "no_clock", "rule")
    if gate.ready_at <= standing.at:
        return Alternative("wait", "unknown", "needs_a_purchase", "experience", cost_usd=ZERO)
    return Alternative("wait", "later", "may_need_a_purchase", "experience", gate.ready_at, ZERO, plan.live_at)


def _waiting(plans: Plans, plan: Plan) -> Alternative:
    """Everything is paid, or nothing has to be."""
    reason = _trigger(plans, plan)
    if reason == "overdue":
        return Alternative("wait", "unknown", reason, "experience")
    if reason == "rechecking":
        return Alternative("wait", "later", reason, "experience", _asked_at(plan), ZERO, plan.live_at)
    return Alternative("wait", _ready(plan.ready_at, plan.at), reason, "rule", plan.ready_at, ZERO, plan.live_at)


def _pay_and_wait(plans: Plans) -> Alternative:
    kind, need = "pay_and_wait", plans.need
    if need.tier is None:
        return _without_tier(kind, need)
    if plans.is_there:
        return Alternative(kind, "no", "has" if need.is_given_at(plans.standing.seen_tier) else "asks", "rule")
    if plans.obstacle:
        return Alternative(kind, "unknown", _obstacle(plans), "rule")
    plan = _cheapest(plans)
    if not plan.payments:
        reason = _trigger(plans, plan)
        if reason == "by_itself":
            return Alternative(kind, "no", "nothing_to_pay", "rule")
        return Alternative(kind, "no", reason, "experience")
    is_automatic = plans.standing.rulebook.upgrades == "automatic"
    reason, basis = ("by_itself", "rule") if is_automatic else ("may_lift", "experience")
    return Alternative(kind, _ready(plan.ready_at, plan.at), reason, basis, plan.ready_at, plan.total_usd, plan.live_at)


def _sales(need: Need) -> Alternative:
    """No provider publishes how long its sales take or what they ask; only that some things need them."""
    if need.obstacle in ("retired", "expected"):
        return Alternative("sales", "no", need.obstacle, "rule")
    asks = {*need.requires, *(need.tier.requires if need.tier else ())}
    if need.obstacle == "partner" or BY_AGREEMENT & asks:
        return Alternative("sales", "unknown", "by_agreement", "rule")
    is_above = need.obstacle == "above_highest"
    return Alternative("sales", "unknown", "above_tiers" if is_above else "not_published", "unknown")


def _several(fresh: Plans, others: Sequence[str]) -> Alternative:
    """Accounts of one's own that have it; else a new one, which begins with neither money nor clock."""
    kind, need = "several_organizations", fresh.need
    if others:
        return Alternative(kind, "today", "another_has_it", "rule", cost_usd=ZERO, ids=tuple(others))
    if need.obstacle == "above_highest":
        return Alternative(kind, "unknown", "limits_each", "unknown")
    if need.tier is None:
        return _without_tier(kind, need)
    if need.requires or fresh.obstacle:
        return Alternative(kind, "unknown", _obstacle(fresh) or "asks", "rule")
    if fresh.is_there:
        return Alternative(kind, "today", "starts_anew", "unknown", cost_usd=ZERO)
    plan = _cheapest(fresh)
    when = _ready(plan.ready_at, plan.at)
    return Alternative(kind, when, "starts_anew", "unknown", plan.ready_at, plan.total_usd, plan.live_at)


def _caching(plans: Plans) -> Alternative:
    """Fewer and later requests: they help within the limits of now and open neither a model nor a tier."""
    kind, wish, standing = "caching_and_batching", plans.need.wish, plans.standing
    if wish.model and not _is_open(plans):
        return Alternative(kind, "no", "opens_no_model", "rule")
    cell = batch_limit(standing.rulebook, wish.model, standing.seen_tier) if wish.model else None
    if cell is not None:
        return Alternative(kind, "today", "batch_queue", "rule", cost_usd=ZERO, cell=cell)
    return Alternative(kind, "unknown", "stretches_limits", "unknown", cost_usd=ZERO)


def _is_open(plans: Plans) -> bool:
    """Whether the seen tier opens the model, even if it gives less of it than is wished for."""
    need, seen = plans.need, plans.standing.seen_tier
    lacks = {reason.code for reason in need.reasons if reason.tier is seen}
    return need.is_given_at(seen) or (bool(lacks) and "locked" not in lacks and not need.requires)


def _relay(wish: Wish, offered: Sequence[RelayOffer]) -> Alternative:
    """Relays of one's own, those that work for the model first. They give a model, never a tier."""
    ranked = sorted(offered, key=lambda offer: (not offer.works, not offer.has_model))
    ids = tuple(offer.id for offer in ranked)
    if not ranked:
        return Alternative("relay", "unknown", "no_relay", "unknown")
    if not wish.model:
        return Alternative("relay", "unknown", "no_model", "unknown", ids=ids)
    if ranked[0].works:
        return Alternative("relay", "today", "offers_it", "unknown", ids=ids)
    return Alternative("relay", "unknown", "check_relay" if ranked[0].has_model else "lists_it_not", "unknown", ids=ids)
