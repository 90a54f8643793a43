"""What one can do when a tier is not there, or not in time: each way with its cost, its date and how sure that is.

Nothing here recommends. Dates and amounts come from the edition's gates (domain 3, 4); what no rule says is unknown.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from accounts.rules.aims import Aim, LowestTier, Outlook, outlook
from accounts.rules.ledger import ZERO
from accounts.rules.rulebook import Cell, Rulebook, Tier
from accounts.rules.standing import Standing

ALTERNATIVES = ("wait", "pay_and_wait", "sales", "several_organizations", "caching_and_batching", "relay")
WHENS = ("today", "later", "unknown", "no")
BASES = ("rule", "experience", "unknown")
BATCH = "batch_queue_tokens"
# What only an agreement with the provider brings.
BY_AGREEMENT = {"contract", "request"}


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
    """One way. `when` is today, later (from `at` on), unknown, or no (it does not bring what is aimed at).

    cost_usd: what has to be paid to the provider for it (None: nobody can say, or nothing comes of it). reason: why, as
    a slug. is_late: it works only after the day that is aimed at. ids: the accounts or relays that it means, those that
    work first. cell: a limit that the reason names.
    """

    kind: str
    when: str
    reason: str
    basis: str
    at: datetime | None = None
    cost_usd: Decimal | None = None
    is_late: bool = False
    ids: tuple[str, ...] = ()
    cell: Cell | None = None


def alternatives(
    book: Rulebook,
    aim: Aim,
    lowest: LowestTier,
    at: datetime,
    *,
    standing: Standing | None = None,
    others: Sequence[str] = (),
    offered: Sequence[RelayOffer] = (),
    planned: Outlook | None = None,
) -> tuple[Alternative, ...]:
    """Return every way, in the order of ALTERNATIVES, at an aware instant.

    standing: of the account that has the aim, if there is one. others: the ids of further accounts that have what is
    aimed at already. offered: the relays of one's own. planned: the figures of a plan, instead of those of `outlook`.
    """
    paid = planned
    if paid is None and lowest.tier is not None:
        paid = outlook(book, lowest.tier, standing, at)
    ways = (
        _wait(lowest, standing, paid, at),
        _pay_and_wait(book, lowest, paid, at),
        _sales(lowest),
        _several(book, lowest, others, at),
        _caching(book, aim, standing, paid),
        _relay(aim, offered),
    )
    return tuple(
        replace(way, is_late=aim.by is not None and way.at is not None and way.at > aim.by and way.when == "later")
        for way in ways
    )


def batch_limit(book: Rulebook, model_id: str, tier: Tier) -> Cell | None:
    """Return how many tokens may wait in the batch queue of a model at a tier; None when the edition is silent."""
    cells = [limit.cell(tier.id, BATCH) for limit in book.limits_of(model_id)]
    return next((cell for cell in cells if cell.value is not None), None)


def _without_tier(kind: str, lowest: LowestTier) -> Alternative:
    return Alternative(kind, "no" if lowest.code == "no_tier" else "unknown", lowest.code, "rule")


def _ready(ready_at: datetime | None, at: datetime) -> str:
    return "later" if ready_at is not None and ready_at > at else "today"


def _wait(lowest: LowestTier, standing: Standing | None, paid: Outlook | None, at: datetime) -> Alternative:
    """Paying nothing at all."""
    if lowest.tier is None or paid is None:
        return _without_tier("wait", lowest)
    if lowest.asks:
        return Alternative("wait", "no", "asks", "rule", cost_usd=ZERO)
    if paid.code == "has":
        return Alternative("wait", "today", "has", "rule", cost_usd=ZERO)
    if paid.code == "rechecking":
        return Alternative("wait", "later", "rechecking", "experience", paid.ready_at, ZERO)
    if paid.code in ("overdue", "asks", "opaque"):
        return Alternative("wait", "unknown", paid.code, "experience" if paid.code == "overdue" else "rule")
    if not paid.amount_usd:  # the tier is free, or the provider acts by itself
        return Alternative("wait", _ready(paid.ready_at, at), "by_itself", "rule", paid.ready_at, ZERO)
    gate = next((row.gate for row in standing.tiers if row.tier is lowest.tier), None) if standing else None
    if gate is None or gate.ready_at is None:
        return Alternative("wait", "no", "no_clock" if gate is None else "money_missing", "rule")
    if gate.ready_at <= at:
        return Alternative("wait", "unknown", "needs_a_purchase", "experience", cost_usd=ZERO)
    return Alternative("wait", "later", "may_need_a_purchase", "experience", gate.ready_at, ZERO)


def _pay_and_wait(book: Rulebook, lowest: LowestTier, paid: Outlook | None, at: datetime) -> Alternative:
    kind = "pay_and_wait"
    if lowest.tier is None or paid is None:
        return _without_tier(kind, lowest)
    if paid.code == "has":
        return Alternative(kind, "no", "asks" if lowest.asks else "has", "rule")
    if paid.code in ("rechecking", "overdue"):
        return Alternative(kind, "no", paid.code, "experience")
    if paid.code in ("asks", "opaque"):
        return Alternative(kind, "unknown", paid.code, "rule")
    if not paid.amount_usd:
        return Alternative(kind, "no", "nothing_to_pay", "rule")
    is_automatic = book.upgrades == "automatic"
    reason, basis = ("by_itself", "rule") if is_automatic else ("may_lift", "experience")
    return Alternative(kind, _ready(paid.ready_at, at), reason, basis, paid.ready_at, paid.amount_usd)


def _sales(lowest: LowestTier) -> Alternative:
    """No provider publishes how long its sales take or what they ask; only that some things need them."""
    if lowest.reason == "retired":
        return Alternative("sales", "no", "retired", "rule")
    asks = {*lowest.asks, *(lowest.tier.requires if lowest.tier else ())}
    if lowest.reason == "partner" or BY_AGREEMENT & asks:
        return Alternative("sales", "unknown", "by_agreement", "rule")
    return Alternative("sales", "unknown", "above_tiers" if lowest.code == "no_tier" else "not_published", "unknown")


def _several(book: Rulebook, lowest: LowestTier, others: Sequence[str], at: datetime) -> Alternative:
    """Accounts of one's own that have it; else a new one, which begins with neither money nor clock."""
    kind = "several_organizations"
    if others:
        return Alternative(kind, "today", "another_has_it", "rule", cost_usd=ZERO, ids=tuple(others))
    if lowest.tier is None:
        if lowest.reason == "cap":
            return Alternative(kind, "unknown", "cap_each", "unknown")
        return _without_tier(kind, lowest)
    fresh = outlook(book, lowest.tier, None, at)
    if fresh.code != "pay" or lowest.asks:
        return Alternative(kind, "unknown", "asks" if lowest.asks else fresh.code, "rule")
    return Alternative(kind, _ready(fresh.ready_at, at), "starts_anew", "unknown", fresh.ready_at, fresh.amount_usd)


def _caching(book: Rulebook, aim: Aim, standing: Standing | None, paid: Outlook | None) -> Alternative:
    """Fewer and later requests: they help within the limits of now and open neither a model nor a tier."""
    kind = "caching_and_batching"
    if aim.model and (standing is None or paid is None or paid.code != "has"):
        return Alternative(kind, "no", "opens_no_model", "rule")
    cell = batch_limit(book, aim.model, standing.seen_tier) if aim.model and standing else None
    if cell is not None:
        return Alternative(kind, "today", "batch_queue", "rule", cost_usd=ZERO, cell=cell)
    return Alternative(kind, "unknown", "stretches_limits", "unknown", cost_usd=ZERO)


def _relay(aim: Aim, offered: Sequence[RelayOffer]) -> Alternative:
    """Relays of one's own, those that work for the model first. They give a model, never a tier."""
    ranked = sorted(offered, key=lambda offer: (not offer.works, not offer.has_model))
    ids = tuple(offer.id for offer in ranked)
    if not ranked:
        return Alternative("relay", "unknown", "no_relay", "unknown")
    if not aim.model:
        return Alternative("relay", "unknown", "no_model", "unknown", ids=ids)
    if ranked[0].works:
        return Alternative("relay", "today", "offers_it", "unknown", ids=ids)
    return Alternative("relay", "unknown", "check_relay" if ranked[0].has_model else "lists_it_not", "unknown", ids=ids)
