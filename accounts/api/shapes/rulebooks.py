"""Rulebooks: the editions with their tiers, models and limits. Texts are in the language that was asked for."""

from datetime import date

from django.utils.translation import gettext_noop
from pydantic import Field

from accounts.api.shapes.parts import Asked, Shape
from accounts.api.values import Money


class AskedRulebooks(Asked):
    provider: str = Field(
        "", max_length=40, description=gettext_noop("Only editions of this provider, such as openai.")
    )


class Provider(Shape):
    id: str
    name: str


class Edition(Shape):
    """One edition. When it began or ended is known to the day, or only to lie between two days."""

    id: str
    provider: Provider
    edition: str
    kind: str = Field(description=gettext_noop("official, or article: somebody's account of the rules."))
    title: str
    confidence: str
    started_after: date | None
    started_by: date
    ended_after: date | None
    ended_by: date | None
    in_force: bool = Field(description=gettext_noop("Whether the provider goes by it today."))


class Cap(Shape):
    """The most an account may spend in a calendar month: amount (low_usd), range, none or unknown."""

    kind: str
    low_usd: Money | None
    high_usd: Money | None


class RollingCap(Shape):
    """The most an account may spend in any window of so many minutes."""

    usd: Money
    minutes: int


class Tier(Shape):
    """Gates are null when the provider does not publish them."""

    id: str
    name: str
    rank: int
    money_usd: Money | None
    wait_days: int | None
    cap: Cap
    rolling_cap: RollingCap | None
    most_purchase_usd: Money | None
    requires: list[str]
    note: str


class Way(Shape):
    tier: str
    requires: list[str]


class Model(Shape):
    """`ways` are alternatives."""

    id: str
    name: str
    kind: str
    access: str = Field(description=gettext_noop("open, partner, expected or retired."))
    ways: list[Way]
    expected_tiers: list[str]
    opened_on: date | None
    retired_on: date | None
    remark: str
    source: str


class Cell(Shape):
    """`value` is null unless `state` is number; `up_to` says that it is the most one may hope for."""

    state: str = Field(description=gettext_noop("number, not_supported or not_published; never 0 for unknown."))
    value: int | None
    up_to: bool


class Limit(Shape):
    """What models may use, by tier and metric (rpm, tpm, rpd, ...). In a pool they share it."""

    id: str
    name: str
    variant: str
    pool: bool
    models: list[str]
    tiers: dict[str, dict[str, Cell]]
    note: str
    source: str | None


class Source(Shape):
    id: str
    title: str
    url: str
    seen: str
    confidence: str


class Rulebook(Edition):
    basis: str
    upgrades: str = Field(
        description=gettext_noop("on_purchase: a top-up may be needed; automatic: the provider acts by itself.")
    )
    top_up_min_usd: Money
    top_up_max_usd: Money
    recheck_hours: int
    settle_hours: int
    tiers: list[Tier]
    models: list[Model]
    limits: list[Limit]
    sources: list[Source]


class Rulebooks(Shape):
    items: list[Edition]
    next: str | None
