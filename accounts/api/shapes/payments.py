"""Payments: what is said of one, and how it is kept."""

from typing import Annotated, Literal

from pydantic import Field

from accounts import rules
from accounts.api.shapes.parts import Asked, Said, Shape
from accounts.api.values import CURRENCY, Amount, Instant, Line, Money, Rate, Tax, Uid

Kind = Literal[rules.KINDS]  # type: ignore[valid-type]
Status = Literal["succeeded", "pending", "failed"]
Currency = Annotated[str, Field(pattern=CURRENCY)]


class AskedPayments(Asked):
    kind: str = Field("", max_length=20, description="Only payments of this kind, such as purchase.")
    status: str = Field("", max_length=20, description="Only payments in this state, such as succeeded or void.")
    reference: str = Field("", max_length=100, description="Only payments with this reference.")
    since: Instant | None = Field(None, description="Only payments made at or after this instant.")
    before: Instant | None = Field(None, description="Only payments made before this instant.")


class NewPayment(Said):
    kind: Kind = Field(description="Only purchase, auto_recharge and invoice count.")
    gross: Amount = Field(description="With tax, in the currency; refunds with either sign.")
    paid_at: Instant
    status: Status = "succeeded"
    tax: Tax | None = Field(None, description="Null when it is not known.")
    currency: Currency = "USD"
    rate: Rate | None = Field(None, description="US dollars for one unit; needed for other currencies.")
    undoes: Uid | None = Field(None, description="The payment that a refund or a chargeback takes back.")
    reference: Line = Field("", max_length=100, description="The invoice or receipt number.")
    note: Line = Field("", max_length=500)


class CorrectedPayment(Said):
    """What is left out stays as it is."""

    kind: Kind = "purchase"
    gross: Amount = Field(None)  # type: ignore[assignment]  # never read when it was not said
    paid_at: Instant = Field(None)  # type: ignore[assignment]
    status: Status = "succeeded"
    tax: Tax | None = None
    currency: Currency = "USD"
    rate: Rate | None = None
    undoes: Uid | None = None
    reference: Line = Field("", max_length=100)
    note: Line = Field("", max_length=500)


class Payment(Shape):
    id: Uid
    account: Uid
    kind: str
    status: str
    gross: Money
    tax: Money | None
    currency: str
    rate: Money | None
    paid_at: Instant
    day_only: bool = Field(description="Only the day is known; `paid_at` is then its last second.")
    undoes: Uid | None
    reference: str
    note: str
    recorded_at: Instant
    changed_at: Instant


class CountedPayment(Payment):
    """A payment with what it adds now, and why."""

    reason: str = Field(description="Why it counts or not: counts, lowers, grant, not_succeeded, refunded, ...")
    counted_usd: Money


class Payments(Shape):
    items: list[Payment]
    next: str | None
