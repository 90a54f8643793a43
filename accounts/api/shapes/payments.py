"""Payments: what is said of one, and how it is kept."""

from typing import Annotated, Literal

from django.utils.translation import gettext_noop
from pydantic import ConfigDict, Field

from accounts import rules
from accounts.api.shapes.parts import Asked, Said, Shape
from accounts.api.values import CURRENCY, Amount, Day, Instant, Line, Money, Rate, Tax, Uid

Kind = Literal[rules.KINDS]  # type: ignore[valid-type]
Status = Literal["succeeded", "pending", "failed"]
Currency = Annotated[str, Field(pattern=CURRENCY)]


class AskedPayments(Asked):
    kind: str = Field("", max_length=20, description=gettext_noop("Only payments of this kind, such as purchase."))
    status: str = Field(
        "", max_length=20, description=gettext_noop("Only payments in this state, such as succeeded or void.")
    )
    reference: str = Field("", max_length=100, description=gettext_noop("Only payments with this reference."))
    since: Instant | None = Field(None, description=gettext_noop("Only payments made at or after this instant."))
    before: Instant | None = Field(None, description=gettext_noop("Only payments made before this instant."))


class NewPayment(Said):
    model_config = ConfigDict(
        json_schema_extra={"examples": [{"kind": "purchase", "gross": "50.00", "paid_at": "2025-05-01T10:00:00Z"}]}
    )

    kind: Kind = Field(description=gettext_noop("Only purchase, auto_recharge and invoice count."))
    gross: Amount = Field(description=gettext_noop("With tax, in the currency; refunds with either sign."))
    paid_at: Instant
    status: Status = "succeeded"
    tax: Tax | None = Field(None, description=gettext_noop("Null when it is not known."))
    currency: Currency = "USD"
    rate: Rate | None = Field(None, description=gettext_noop("US dollars for one unit; needed for other currencies."))
    undoes: Uid | None = Field(None, description=gettext_noop("The payment that a refund or a chargeback takes back."))
    reference: Line = Field("", max_length=100, description=gettext_noop("The invoice or receipt number."))
    note: Line = Field("", max_length=500)
    expires_on: Day | None = Field(
        None,
        description=gettext_noop(
            "The last day on which its credit can be used; null when it is what the provider's rule says."
        ),
    )


class CorrectedPayment(Said):
    """What is left out stays as it is."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"gross": "49.50", "reference": "INV-20417"}]})

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
    expires_on: Day | None = None


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
    day_only: bool = Field(description=gettext_noop("Only the day is known; `paid_at` is then its last second."))
    undoes: Uid | None
    reference: str
    note: str
    expires_on: Day | None
    recorded_at: Instant
    changed_at: Instant


class CountedPayment(Payment):
    """A payment with what it adds now, and why."""

    reason: str = Field(
        description=gettext_noop("Why it counts or not: counts, lowers, grant, not_succeeded, refunded, ...")
    )
    counted_usd: Money


class Payments(Shape):
    items: list[Payment]
    next: str | None
