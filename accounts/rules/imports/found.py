"""What came of a row: a payment, or what is not understood of it."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from accounts.rules.ledger import Line


@dataclass(frozen=True, slots=True)
class Found:
    """A payment as a row says it; the same facts as those of a ledger line. `account` is the id of whose it is."""

    kind: str
    status: str
    gross: Decimal
    paid_at: datetime
    is_day_only: bool
    tax: Decimal | None = None
    currency: str = "USD"
    rate: Decimal | None = None
    reference: str = ""
    note: str = ""
    expires_on: date | None = None
    account: str = ""

    def as_line(self, line_id: str, undoes: str = "") -> Line:
        return Line(
            id=line_id,
            kind=self.kind,
            status=self.status,
            gross=self.gross,
            paid_at=self.paid_at,
            tax=self.tax,
            currency=self.currency,
            rate=self.rate,
            undoes=undoes,
            reference=self.reference,
            expires_on=self.expires_on,
        )


@dataclass(frozen=True, slots=True)
class Problem:
    """What is not understood: of which field, why (a code), and the text that stands there."""

    field: str
    code: str
    text: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the file; `place` is its place among the records. Without problems it has `found`."""

    place: int
    found: Found | None
    problems: tuple[Problem, ...] = ()

    @property
    def is_left_out(self) -> bool:
        """Whether somebody said that its account's rows stay out."""
        return self.found is None and self.problems[0].code == "left_out"
