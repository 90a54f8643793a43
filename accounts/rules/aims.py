"""What somebody aims at: the lowest tier that gives it, and what paying for that tier does."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from accounts.rules.access import access
from accounts.rules.ledger import ZERO
from accounts.rules.relays import awaited
from accounts.rules.rulebook import Rulebook, Tier
from accounts.rules.standing import Standing

OUTLOOKS = ("has", "pay", "rechecking", "overdue", "asks", "opaque")


@dataclass(frozen=True, slots=True)
class Aim:
    """A tier or a model by its id, or how much to spend in a month (USD); by when, if that matters."""

    tier: str = ""
    model: str = ""
    spend_usd: Decimal | None = None
    by: datetime | None = None


@dataclass(frozen=True, slots=True)
class LowestTier:
    """The lowest tier that gives what is aimed at.

    code: tier; no_tier (none does: the model is `reason` partner, expected or retired, or every cap is too low);
    unknown (the edition does not say: unknown_model, unknown_tier or cap). asks: what the model asks at that tier
    besides it.
    """

    code: str
    tier: Tier | None = None
    reason: str = ""
    asks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Outlook:
    """What paying for a tier does. Whoever plans payments better puts the plan's figures in here.

    code: has (the provider shows it); pay (amount_usd from now on in all, and both gates are met at ready_at);
    rechecking (paid; the provider may take until ready_at); overdue (paid, and that time is over); asks (something
    besides money and days is missing); opaque (its conditions are not published).
    """

    code: str
    amount_usd: Decimal | None = None
    ready_at: datetime | None = None


def lowest_tier(book: Rulebook, aim: Aim, confirmed: Collection[str], on: date) -> LowestTier:
    """Return the lowest tier whose rank, access and monthly cap satisfy an aim on a day (domain 6)."""
    floor = book.lowest
    asks: tuple[str, ...] = ()
    if aim.tier:
        if not book.has_tier(aim.tier):
            return LowestTier("unknown", reason="unknown_tier")
        floor = book.tier(aim.tier)
    if aim.model:
        tier = awaited(book, "", aim.model, confirmed, on)
        if tier is None:
            state = access(book, aim.model, book.top.id, (), on).state
            return (
                LowestTier("unknown", reason="unknown_model")
                if state == "unknown"
                else LowestTier("no_tier", reason=state)
            )
        floor = max(floor, tier, key=lambda one: one.rank)
        found = access(book, aim.model, floor.id, confirmed, on)
        # Locked at the very tier that it takes: what is missing is not the tier.
        asks = tuple(need for need in found.ways[0].requires if need not in confirmed) if found.ways else ()
    if aim.spend_usd is None:
        return LowestTier("tier", floor, asks=asks)
    room = [(tier, _has_room(tier, aim.spend_usd)) for tier in book.tiers if tier.rank >= floor.rank]
    for tier, has_room in room:
        if has_room:
            return LowestTier("tier", tier, asks=asks)
    return LowestTier("unknown" if any(has_room is None for _tier, has_room in room) else "no_tier", reason="cap")


def _has_room(tier: Tier, spend_usd: Decimal) -> bool | None:
    """Whether a tier's monthly cap lets one spend so much; of a range the lower end. None: the cap is not published."""
    if tier.cap.kind == "none":
        return True
    return None if tier.cap.low_usd is None else tier.cap.low_usd >= spend_usd


def has_it(book: Rulebook, aim: Aim, seen: Tier, confirmed: Collection[str], on: date) -> bool:
    """Whether an account that is seen at a tier has what is aimed at, on a day."""
    lowest = lowest_tier(book, aim, confirmed, on)
    return lowest.tier is not None and lowest.tier.rank <= seen.rank and not lowest.asks


def outlook(book: Rulebook, tier: Tier, standing: Standing | None, at: datetime) -> Outlook:
    """Return what paying for a tier does at an instant; without a standing for an account that is yet to be opened.

    The amount is the shortfall, or the smallest top-up where the provider recalculates on a purchase (domain 4, 6).
    """
    if standing is None:
        return _afresh(book, tier, at)
    if standing.seen_tier.rank >= tier.rank:
        return Outlook("has")
    advice = standing.advice
    if advice.code == "rechecking" and advice.tier.rank >= tier.rank:
        return Outlook("rechecking", ZERO, advice.until)
    if advice.code == "contact_support" and advice.tier.rank >= tier.rank:
        return Outlook("overdue", ZERO)
    gate = next(row.gate for row in standing.tiers if row.tier is tier)
    if gate.is_missing_requirement:
        return Outlook("asks")
    if gate.short_usd is None:
        return Outlook("opaque")
    matured_at = gate.matured_at or at + timedelta(hours=24 * (tier.wait_days or 0))
    is_met = gate.short_usd == 0 and (book.upgrades == "automatic" or gate.is_always_met)
    amount = ZERO if is_met else max(book.top_up_min_usd, gate.short_usd)
    return Outlook("pay", amount, max(at, matured_at))


def _afresh(book: Rulebook, tier: Tier, at: datetime) -> Outlook:
    """An account that has paid nothing yet: the whole money gate, and the whole wait from the first payment on."""
    if tier.requires:
        return Outlook("asks")
    if tier.money_usd is None or tier.wait_days is None:
        return Outlook("opaque")
    if not tier.money_usd and not tier.wait_days:
        return Outlook("pay", ZERO, at)
    return Outlook("pay", max(book.top_up_min_usd, tier.money_usd), at + timedelta(hours=24 * tier.wait_days))
