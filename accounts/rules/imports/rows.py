"""From the cells of a row to a payment, or to what is not understood of it. Nothing is guessed silently."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta, tzinfo
from decimal import Decimal
from typing import Any

from accounts.rules.imports.amounts import Amount, decimal_of, read_amount
from accounts.rules.imports.columns import Records
from accounts.rules.imports.days import EARLIEST, Moment, order_of, placed, read_day
from accounts.rules.imports.wording import KINDS, SIGNS, STATUSES, Unclear, key_of
from accounts.rules.ledger import CREDITING, LATEST_EXPIRY, MOST, UNDOING, Line

# What "refunded" says of a row with money that came in: the payment was paid back ("paid_back"; it counts nothing), or
# the row is the refund itself ("refund").
REFUNDED_AS = ("paid_back", "refund")
LONGEST_REFERENCE, LONGEST_NOTE = 100, 500
PLACES = 4
# What stands in a column of last days where there is none.
NO_DAY = ("", "-", "–", "—", "n/a", "na", "无")
MOST_RATE = Decimal(10) ** 6
# So many rows are looked at for what a column proves.
PROVING = 5_000


@dataclass(frozen=True, slots=True)
class Choices:
    """What a file leaves open. `order`: "day" or "month" first; `decimal`: "." or ","; `refunded`: of REFUNDED_AS;
    "" when it is not known. `currency` is meant where none stands; `rates` are USD for one unit of each currency."""

    order: str = ""
    decimal: str = ""
    refunded: str = ""
    currency: str = "USD"
    rates: Mapping[str, Decimal] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        said = {name: getattr(self, name) for name in ("order", "decimal", "refunded", "currency")}
        return said | {"rates": {currency: str(rate) for currency, rate in self.rates.items()}}

    @classmethod
    def from_json(cls, said: Mapping[str, Any]) -> "Choices":
        rates = {currency: Decimal(rate) for currency, rate in said.get("rates", {}).items()}
        return cls(**{**said, "rates": rates})


@dataclass(frozen=True, slots=True)
class Found:
    """A payment as a row says it; the same facts as those of a ledger line."""

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


def choices_for(records: Records, columns: Sequence[str], given: Choices, begins_at: int = 0) -> Choices:
    """Fill what was not said with what the columns themselves prove."""
    rows = records[begins_at : begins_at + PROVING]

    def cells(*names: str) -> Iterator[str]:
        for number, name in enumerate(columns):
            if name in names:
                yield from (record[number] for record in rows if number < len(record))

    return replace(
        given,
        order=given.order or order_of(cells("day", "expires")),
        decimal=given.decimal or decimal_of(set(cells("amount", "tax", "rate"))),
    )


def understand(
    records: Records, columns: Sequence[str], choices: Choices, *, begins_at: int, zone: tzinfo, now: datetime
) -> Iterator[Row]:
    """Read every row from `begins_at` on; an empty one is passed over. Days without a zone are in `zone`."""
    places = {name: number for number, name in reversed(list(enumerate(columns))) if name}
    for place in range(begins_at, len(records)):
        record = records[place]
        if not any(record):
            continue
        reading = _Reading({name: record[n] for name, n in places.items() if n < len(record)}, choices)
        found = reading.payment(zone, now)
        if any(record[len(columns) :]):
            reading.problems.append(Problem("", "ragged"))
        yield Row(place, None if reading.problems else found, tuple(reading.problems))


class _Reading:
    """One row while it is read."""

    def __init__(self, cells: Mapping[str, str], choices: Choices) -> None:
        self.cells, self.choices = cells, choices
        self.problems: list[Problem] = []

    def payment(self, zone: tzinfo, now: datetime) -> Found | None:
        at, amount = self._at(zone, now), self._amount("amount")
        status, kind = self._status(), self._kind()
        if "amount" not in self.cells or not self.cells["amount"]:
            self._note("amount", "missing")
        if at is None or amount is None or not status or self.problems:
            return None
        status, kind = self._settled(status, kind, amount)
        if amount.amount < 0 and kind not in UNDOING:
            self._note("amount", "negative")
        currency = self._currency(amount)
        found = Found(
            kind=kind,
            status=status,
            gross=abs(amount.amount),
            paid_at=at[0],
            is_day_only=at[1],
            tax=self._tax(),
            currency=currency,
            rate=self._rate(currency),
            reference=self._text("reference", LONGEST_REFERENCE),
            note=self._text("note", LONGEST_NOTE),
            expires_on=self._expiry(kind, at[0].astimezone(zone).date(), zone),
        )
        return self._standing(found)

    def _standing(self, found: Found) -> Found | None:
        """The payment, if it can stand in a ledger."""
        if self.problems:
            return None
        for name in ("gross", "tax"):
            amount = getattr(found, name)
            if amount is not None and -amount.as_tuple().exponent > PLACES and round(amount, PLACES) != amount:
                self._note("amount" if name == "gross" else name, "places")
        if not 0 < found.gross < MOST:
            self._note("amount", "zero" if not found.gross else "large")
        if found.tax is not None and found.tax > found.gross:
            self._note("tax", "more")
        if found.rate is not None and not 0 < found.rate < MOST_RATE:
            self._note("rate", "zero" if not found.rate else "large")
        return found

    def _note(self, name: str, code: str) -> None:
        self.problems.append(Problem(name, code, self.cells.get(name, "")))

    def _at(self, zone: tzinfo, now: datetime) -> tuple[datetime, bool] | None:
        text = self.cells.get("day", "")
        if not text:
            self._note("day", "missing")
            return None
        try:
            moment = read_day(text, self.choices.order)
            if moment.clock is None and (clock := self.cells.get("clock", "")):
                told = read_day(f"2000-01-01 {clock}")
                moment = Moment(moment.day, told.clock, told.zone)
            return placed(moment, zone, now=now)
        except (Unclear, OverflowError) as unclear:
            self._note("day", unclear.code if isinstance(unclear, Unclear) else "none")
            return None

    def _amount(self, name: str) -> Amount | None:
        if not self.cells.get(name, ""):
            return None
        try:
            return read_amount(self.cells[name], self.choices.decimal)
        except Unclear as unclear:
            self._note(name, unclear.code)
            return None

    def _word(self, name: str, table: Mapping[str, str], otherwise: str) -> str:
        text = self.cells.get(name, "")
        if not text:
            return otherwise
        word = table.get(key_of(text), "")
        if not word:
            self._note(name, "unknown")
        return word

    def _status(self) -> str:
        return self._word("status", STATUSES, "succeeded")

    def _kind(self) -> str:
        return self._word("kind", KINDS, "")

    def _settled(self, status: str, kind: str, amount: Amount) -> tuple[str, str]:
        """Status and kind together: money that goes out is a refund; "refunded" alone is asked about."""
        if amount.amount < 0:
            return "succeeded" if status == "refunded" else status, kind or "refund"
        if status == "refunded" and kind not in UNDOING:
            if self.choices.refunded == "refund":
                return "succeeded", "refund"
            if self.choices.refunded != "paid_back":
                self._note("status", "refunded")
            return "void", kind or "purchase"
        return "succeeded" if status == "refunded" else status, kind or "purchase"

    def _currency(self, amount: Amount) -> str:
        named = self.cells.get("currency", "").strip().upper()
        if named and named not in SIGNS:
            self._note("currency", "unknown")
        told = SIGNS.get(named, "")
        # "$" stands for several dollars: the column knows which.
        if told and amount.currency not in ("", "USD", told):
            self._note("currency", "differs")
        return told or amount.currency or self.choices.currency

    def _rate(self, currency: str) -> Decimal | None:
        if currency == "USD":
            return None
        said = self._amount("rate")
        rate = said.amount if said is not None else self.choices.rates.get(currency)
        if rate is None:
            self.problems.append(Problem("rate", "missing", currency))
        return rate

    def _tax(self) -> Decimal | None:
        said = self._amount("tax")
        return abs(said.amount) if said is not None else None

    def _expiry(self, kind: str, paid_on: date, zone: tzinfo) -> date | None:
        """The last day on which the credit can be used; of an instant the day on which the moment before it lies."""
        text = self.cells.get("expires", "")
        if text.strip().casefold() in NO_DAY:
            return None
        try:
            moment = read_day(text, self.choices.order)
        except Unclear as unclear:
            self._note("expires", unclear.code)
            return None
        last_on = moment.day
        if moment.clock is not None and EARLIEST < last_on <= LATEST_EXPIRY:
            ends_at = datetime.combine(last_on, moment.clock, moment.zone or zone)
            last_on = (ends_at.astimezone(zone) - timedelta(microseconds=1)).date()
        if kind not in CREDITING:
            self._note("expires", "no_credit")
        elif last_on < paid_on:
            self._note("expires", "before")
        elif last_on > LATEST_EXPIRY:
            self._note("expires", "late")
        return last_on

    def _text(self, name: str, longest: int) -> str:
        text = self.cells.get(name, "")
        if not text.isprintable():
            text = "".join(sign for sign in text if sign.isprintable() or sign.isspace())
        text = " ".join(text.split())
        if len(text) > longest:
            self._note(name, "long")
        return text
