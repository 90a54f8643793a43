"""A rulebook: one dated edition of one provider's tiers, limits and model access. A wrong one cannot be built."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import Any

from accounts.rules.reading import NO_TEXT, Text

# What a provider may ask for besides money and days; tierdash cannot observe these, people say them.
REQUIREMENTS = (
    "billing_linked",
    "payment_method",
    "organization_verified",
    "contract",
    "request",
)
CONFIDENCES = ("high", "medium", "low")
UPGRADES = ("on_purchase", "automatic")
ACCESSES = ("open", "partner", "expected", "retired")
NOT_SUPPORTED, NOT_PUBLISHED = "not_supported", "not_published"


@dataclass(frozen=True, slots=True)
class Provider:
    """Who grades the accounts; `scope` is the provider's word for one billing scope."""

    id: str
    name: str
    scope: str
    billing_url: str
    limits_url: str
    support_url: str


@dataclass(frozen=True, slots=True)
class Source:
    id: str
    title: str
    url: str
    seen: str
    confidence: str


@dataclass(frozen=True, slots=True)
class Span:
    """A day that is known exactly (`after` is None) or only to lie between two days, both inclusive."""

    by: date
    after: date | None = None


@dataclass(frozen=True, slots=True)
class Cap:
    """The most an account may spend in a calendar month, USD: an amount, a range, none, or unknown."""

    kind: str
    low_usd: Decimal | None = None
    high_usd: Decimal | None = None


@dataclass(frozen=True, slots=True)
class RollingCap:
    """The most an account may spend in any window of so many minutes, USD."""

    usd: Decimal
    minutes: int


@dataclass(frozen=True, slots=True)
class Tier:
    """One level. Gates: money paid in total (USD) and whole days (24 h each) since the first counted payment.

    `money_usd` and `wait_days` are None together when the provider does not publish them: the tier is opaque.
    `most_purchase_usd`: the largest single purchase the provider takes at this tier (None: not said).
    """

    id: str
    name: str
    rank: int
    money_usd: Decimal | None
    wait_days: int | None
    cap: Cap
    requires: tuple[str, ...] = ()
    note: Text = NO_TEXT
    rolling_cap: RollingCap | None = None
    most_purchase_usd: Decimal | None = None

    @property
    def is_opaque(self) -> bool:
        return self.money_usd is None


@dataclass(frozen=True, slots=True)
class Cell:
    """One limit of one tier: a number (`is_most`: "up to"), not supported, or not published."""

    state: str
    value: int | None = None
    is_most: bool = False


@dataclass(frozen=True, slots=True)
class Limit:
    """Limits that a group of models has, tier by tier: `cells[tier id][metric]`; with `is_pool` they share them.

    `variant`: "standard", or another pool of the same models, such as "long-context". `source` may be empty.
    """

    id: str
    name: str
    models: tuple[str, ...]
    variant: str
    is_pool: bool
    note: Text
    cells: Mapping[str, Mapping[str, Cell]]
    source: str = ""

    @property
    def metrics(self) -> tuple[str, ...]:
        """Every metric that any tier of this group names, in order of appearance."""
        return tuple(dict.fromkeys(metric for row in self.cells.values() for metric in row if metric))

    def cell(self, tier: str, metric: str) -> Cell:
        """Return the cell; what the edition does not say is `not_published`, never 0."""
        row = self.cells.get(tier, {})
        return row.get(metric) or row.get("") or Cell(NOT_PUBLISHED)


@dataclass(frozen=True, slots=True)
class Way:
    """One way to a model: from this tier up, with these further requirements."""

    tier: str
    requires: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ModelAccess:
    """Who may use a model. `ways` are alternatives (OR); `expected_tiers` only for announced models."""

    id: str
    name: str
    kind: str
    access: str
    ways: tuple[Way, ...]
    expected_tiers: tuple[str, ...]
    opened_on: date | None
    retired_on: date | None
    remark: Text
    source: str


@dataclass(frozen=True)
class Rulebook:
    """One published edition. `document` is the table it was built from, as JSON can hold it."""

    id: str
    provider: Provider
    title: Text
    kind: str
    confidence: str
    basis: Text
    started: Span
    ended: Span | None
    upgrades: str
    downgrades: str
    counts_since: date | None
    top_up_min_usd: Decimal
    top_up_max_usd: Decimal
    recheck_hours: int
    settle_hours: int
    tiers: tuple[Tier, ...]
    limits: tuple[Limit, ...]
    models: tuple[ModelAccess, ...]
    sources: tuple[Source, ...]
    unknown: tuple[Text, ...]
    notes: tuple[Text, ...]
    document: Mapping[str, Any] = field(repr=False, compare=False)

    @property
    def edition(self) -> str:
        return self.id.partition("/")[2]

    @cached_property
    def _tiers_by_id(self) -> dict[str, Tier]:
        return {tier.id: tier for tier in self.tiers}

    @cached_property
    def _models_by_id(self) -> dict[str, ModelAccess]:
        return {model.id: model for model in self.models}

    @property
    def lowest(self) -> Tier:
        return self.tiers[0]

    @property
    def top(self) -> Tier:
        return self.tiers[-1]

    def tier(self, tier_id: str) -> Tier:
        """Return a tier by its id; KeyError when this edition has no such tier."""
        return self._tiers_by_id[tier_id]

    def has_tier(self, tier_id: str) -> bool:
        return tier_id in self._tiers_by_id

    def model(self, model_id: str) -> ModelAccess | None:
        return self._models_by_id.get(model_id)

    def limits_of(self, model_id: str) -> tuple[Limit, ...]:
        return tuple(limit for limit in self.limits if model_id in limit.models)

    def is_in_force(self, on: date) -> bool:
        """Whether this is the provider's own rule on that day, as far as the edition knows."""
        return self.kind == "official" and self.started.by <= on and (self.ended is None or on < self.ended.by)

    def is_followed_by_any(self, others: Iterable["Rulebook"]) -> bool:
        """Whether the provider has changed its rules since this edition."""
        return any(
            other.provider.id == self.provider.id and other.kind == "official" and other.started.by > self.started.by
            for other in others
        )
