"""The standing, whose JSON is the same for the command line and here, and what one may suppose for it."""

from typing import Literal

from django.utils.translation import gettext_noop
from pydantic import BaseModel, ConfigDict, Field

from accounts import rules
from accounts.api.shapes.parts import MOST_LINES, Said, Shape, Slug
from accounts.api.shapes.payments import Currency, Kind, Status
from accounts.api.values import Amount, Instant, Money, Rate, Tax, Uid

AdviceCode = Literal[rules.ADVICE_CODES]  # type: ignore[valid-type]


class AskedInstant(BaseModel):
    at: Instant | None = Field(
        None, description=gettext_noop("The instant to look at, past or future; now when left out.")
    )


class Advice(Shape):
    code: AdviceCode
    tier: str
    amount_usd: Money | None
    reason: str | None
    since: Instant | None
    until: Instant | None
    ready_if_paid_now: Instant | None


class MoneyGate(Shape):
    need: Money
    have: Money
    short: Money
    percent: int


class WaitGate(Shape):
    need_days: int
    elapsed_days: int
    percent: int


class TierStanding(Shape):
    id: str
    rank: int
    met: bool
    money: MoneyGate | None
    wait: WaitGate | None
    funded_at: Instant | None
    matured_at: Instant | None
    ready_at: Instant | None


class Standing(Shape):
    rulebook: str
    at: Instant
    counted_usd: Money
    clock_started_at: Instant | None
    seen_tier: str
    eligible_tier: str | None
    advice: Advice
    next_change_at: Instant | None
    hints: list[str]
    tiers: list[TierStanding]


class SupposedPayment(Said):
    kind: Kind = "purchase"
    gross: Amount
    paid_at: Instant
    status: Status = "succeeded"
    tax: Tax | None = None
    currency: Currency = "USD"
    rate: Rate | None = None
    undoes: Uid | None = Field(
        None, description=gettext_noop("A stored payment of this account that it would take back.")
    )


class Supposed(Said):
    """What if? Nothing of it is stored."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"at": "2025-05-09T00:00:00Z", "payments": [{"gross": "5.00", "paid_at": "2025-05-08T12:00:00Z"}]}
            ]
        }
    )

    at: Instant | None = Field(None, description=gettext_noop("The instant to look at; now when left out or null."))
    seen_tier: Slug | None = Field(None, description=gettext_noop("The tier that the provider would show."))
    payments: list[SupposedPayment] = Field(default_factory=list, max_length=MOST_LINES)
