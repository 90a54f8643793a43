"""Wishes: what somebody needs, and the lowest tier whose access, limits and cap give it (domain 6)."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from accounts.rules.access import access
from accounts.rules.rulebook import NOT_SUPPORTED, REQUIREMENTS, Cap, Cell, ModelAccess, Rulebook, Tier

# What a limit of a wish may name; per minute.
WISHED_METRICS = ("rpm", "tpm")
# What the topmost tier lacks decides why no tier does; whatever else it lacks is something that nobody publishes.
OBSTACLES = {"below_limit": "above_highest", "below_cap": "above_highest", "not_supported": "not_supported"}


@dataclass(frozen=True, slots=True)
class Wish:
    """A tier, a model (perhaps with so many requests or tokens per minute), or so much to spend a month, USD.

    ValueError unless it is exactly one of the three, and every figure is more than 0.
    """

    tier: str = ""
    model: str = ""
    rpm: int | None = None
    tpm: int | None = None
    spend_usd: Decimal | None = None

    def __post_init__(self) -> None:
        if [bool(self.tier), bool(self.model), self.spend_usd is not None].count(True) != 1:
            raise ValueError("a wish is a tier, a model or a monthly spend")
        if self.limits and not self.model:
            raise ValueError("only a model has requests and tokens per minute")
        spend = [self.spend_usd] if self.spend_usd is not None else []
        if any(count <= 0 for count in self.limits.values()) or any(amount <= 0 for amount in spend):
            raise ValueError("what is wished for must be more than 0")

    @property
    def kind(self) -> str:
        return "tier" if self.tier else "model" if self.model else "spend"

    @property
    def limits(self) -> dict[str, int]:
        """What is wished for by metric; only what is."""
        wished = {"rpm": self.rpm, "tpm": self.tpm}
        return {metric: amount for metric, amount in wished.items() if amount is not None}

    def as_json(self) -> dict[str, Any]:
        """The wish as JSON keeps it: only what was said, money as text."""
        said: dict[str, Any] = {name: getattr(self, name) for name in ("tier", "model", "rpm", "tpm")}
        said["spend_usd"] = str(self.spend_usd) if self.spend_usd is not None else None
        return {name: value for name, value in said.items() if value}

    @classmethod
    def from_json(cls, said: Mapping[str, Any]) -> "Wish":
        """Read what `as_json` wrote."""
        spend = said.get("spend_usd")
        return cls(**{**said, "spend_usd": Decimal(spend) if spend is not None else None})


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a tier does not do.

    code: lower (another tier was asked for), locked, below_limit, not_supported, not_published (of `metric`, with its
    `cell`), below_cap, cap_unsure (within the cap's range), cap_not_published.
    """

    tier: Tier
    code: str
    metric: str = ""
    cell: Cell | None = None


@dataclass(frozen=True, slots=True)
class Need:
    """The tier needed, or why no tier does.

    requires: what the tier's way to the model asks besides, not yet said to be met. otherwise: the lowest tier that
    does without it. up_to: metrics whose figure is only the most that the provider gives. obstacle: "" when a tier
    does, else unknown_tier, unknown_model, unknown_access, partner, expected, retired, not_published, not_supported,
    above_highest.
    """

    wish: Wish
    tier: Tier | None = None
    requires: tuple[str, ...] = ()
    otherwise: Tier | None = None
    up_to: tuple[str, ...] = ()
    reasons: tuple[Reason, ...] = ()
    obstacle: str = ""
    model: ModelAccess | None = None

    @property
    def awaited(self) -> Tier | None:
        """The lowest tier that does without what nobody said to be met; where there is none, the one needed."""
        return self.otherwise or self.tier

    def is_given_at(self, seen: Tier) -> bool:
        """Whether an account that is seen at a tier has what is wished for, with nothing left to be said."""
        enough = self.otherwise if self.requires else self.tier
        return enough is not None and enough.rank <= seen.rank


def needed_tier(rulebook: Rulebook, wish: Wish, on: date, confirmed: Collection[str] = ()) -> Need:
    """Return the lowest tier that satisfies a wish on a day, and why those below it do not.

    A cell that is not published never satisfies; one of the form "up to" does when its figure suffices, and is named.
    confirmed: the requirements that are said to be met.
    """
    if wish.tier:
        return _named_tier(rulebook, wish)
    model = rulebook.model(wish.model) if wish.model else None
    if wish.model:
        state = access(rulebook, wish.model, rulebook.top.id, REQUIREMENTS, on).state
        if state != "open":
            unknown = "unknown_access" if model is not None else "unknown_model"
            return Need(wish, obstacle=unknown if state == "unknown" else state, model=model)
    reasons = {tier.id: tuple(_lacks(rulebook, wish, model, tier)) for tier in rulebook.tiers}
    doing = [tier for tier in rulebook.tiers if not reasons[tier.id]]
    if not doing:
        codes = [reason.code for reason in reasons[rulebook.top.id]]
        obstacle = next((OBSTACLES.get(code, "not_published") for code in sorted(codes, key=_is_said)), "")
        return Need(wish, reasons=_flat(reasons, rulebook.tiers), obstacle=obstacle, model=model)
    tier = doing[0]
    requires = _requires(rulebook, model, tier, confirmed)
    free = (other for other in doing[1:] if not _requires(rulebook, model, other, confirmed))
    return Need(
        wish,
        tier=tier,
        requires=requires,
        otherwise=next(free, None) if requires else None,
        up_to=tuple(metric for metric in wish.limits if _cell(rulebook, wish, tier, metric).is_most),
        reasons=_flat(reasons, [below for below in rulebook.tiers if below.rank < tier.rank]),
        model=model,
    )


def has_it(rulebook: Rulebook, wish: Wish, seen: Tier, on: date, confirmed: Collection[str] = ()) -> bool:
    """Whether an account that is seen at a tier has what is wished for, on a day."""
    return needed_tier(rulebook, wish, on, confirmed).is_given_at(seen)


def _named_tier(rulebook: Rulebook, wish: Wish) -> Need:
    if not rulebook.has_tier(wish.tier):
        return Need(wish, obstacle="unknown_tier")
    tier = rulebook.tier(wish.tier)
    below = tuple(Reason(lower, "lower") for lower in rulebook.tiers if lower.rank < tier.rank)
    return Need(wish, tier=tier, reasons=below)


def _is_said(code: str) -> bool:
    """Whether the provider says what is lacking; what nobody says comes first, for the tier may do after all."""
    return code in OBSTACLES


def _flat(reasons: Mapping[str, tuple[Reason, ...]], tiers: Collection[Tier]) -> tuple[Reason, ...]:
    return tuple(reason for tier in tiers for reason in reasons[tier.id])


def _lacks(rulebook: Rulebook, wish: Wish, model: ModelAccess | None, tier: Tier) -> Iterator[Reason]:
    if model is not None and not any(rulebook.tier(way.tier).rank <= tier.rank for way in model.ways):
        yield Reason(tier, "locked")
        return
    for metric, wanted in wish.limits.items():
        cell = _cell(rulebook, wish, tier, metric)
        if cell.value is None:
            yield Reason(tier, "not_supported" if cell.state == NOT_SUPPORTED else "not_published", metric, cell)
        elif cell.value < wanted:
            yield Reason(tier, "below_limit", metric, cell)
    if wish.spend_usd is not None and (code := _cap_lacks(tier.cap, wish.spend_usd)):
        yield Reason(tier, code)


def _cell(rulebook: Rulebook, wish: Wish, tier: Tier, metric: str) -> Cell:
    """The model's limit in its standard pool; other pools, such as long context, are no answer to a plain wish."""
    standard = (limit for limit in rulebook.limits_of(wish.model) if limit.variant == "standard")
    limit = next(standard, None)
    return limit.cell(tier.id, metric) if limit is not None else Cell("not_published")


def _cap_lacks(cap: Cap, spend_usd: Decimal) -> str:
    if cap.kind == "none" or (cap.low_usd is not None and spend_usd <= cap.low_usd):
        return ""
    if cap.kind == "unknown":
        return "cap_not_published"
    return "cap_unsure" if cap.high_usd is not None and spend_usd <= cap.high_usd else "below_cap"


def _requires(rulebook: Rulebook, model: ModelAccess | None, tier: Tier, confirmed: Collection[str]) -> tuple[str, ...]:
    """What the easiest way to the model asks at a tier, besides what is said to be met."""
    ways = [way for way in model.ways if rulebook.tier(way.tier).rank <= tier.rank] if model is not None else []
    missing = [tuple(need for need in way.requires if need not in confirmed) for way in ways]
    return min(missing, key=len, default=())
