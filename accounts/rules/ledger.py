"""The ledger: which lines count, why or why not, the running total, and the clock."""

from bisect import bisect_left
from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import ROUND_HALF_EVEN, Decimal
from itertools import accumulate

COUNTABLE = ("purchase", "auto_recharge", "invoice")
NEVER_COUNTED = ("grant", "promo", "transfer")
UNDOING = ("refund", "chargeback")
# What becomes credit, which may expire; a paid invoice pays for what was used already.
CREDITING = ("purchase", "auto_recharge", *NEVER_COUNTED)
KINDS = (*COUNTABLE, *NEVER_COUNTED, *UNDOING)
STATUSES = ("succeeded", "pending", "failed", "void")
CENT = Decimal("0.01")
MOST = Decimal(10) ** 12
ZERO = Decimal("0.00")
LATEST_EXPIRY = date(2100, 12, 31)


class LedgerError(ValueError):
    """A line that cannot stand in a ledger. `field` names what is wrong with it, `reason` says how.

    `position` is the place of the line among those given, from 0, where it was seen beside others.
    """

    def __init__(self, field: str, reason: str, position: int | None = None) -> None:
        super().__init__(f"{field}: {reason}")
        self.field = field
        self.reason = reason
        self.position = position


@dataclass(frozen=True, slots=True)
class Line:
    """One ledger line. Amounts are in `currency`; `rate` is USD for one unit of it; `paid_at` is an aware instant.

    `undoes` is the id of the payment that a refund or chargeback takes back. `tax` is None when unknown. `expires_on`
    is the last day on which the credit can be used, in the zone of who says so; None when the provider's rule holds.
    """

    id: str
    kind: str
    status: str
    gross: Decimal
    paid_at: datetime
    tax: Decimal | None = None
    currency: str = "USD"
    rate: Decimal | None = None
    undoes: str = ""
    reference: str = ""
    expires_on: date | None = None

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise LedgerError("kind", f"{self.kind!r} must be one of {', '.join(KINDS)}")
        if self.status not in STATUSES:
            raise LedgerError("status", f"{self.status!r} must be one of {', '.join(STATUSES)}")
        if self.paid_at.tzinfo is None or self.paid_at.utcoffset() is None:
            raise LedgerError("paid_at", "must have a time zone")
        _check_amount("gross", self.gross)
        if self.gross == 0 or (self.gross < 0 and self.kind not in UNDOING):
            raise LedgerError("gross", "must be more than 0")
        if self.tax is not None:
            _check_amount("tax", self.tax)
            if abs(self.tax) > abs(self.gross):
                raise LedgerError("tax", "must not be more than the gross amount")
        if len(self.currency) != 3 or not self.currency.isascii() or not self.currency.isupper():
            raise LedgerError("currency", f"{self.currency!r} must be three capital letters, such as USD")
        if self.rate is None:
            if self.currency != "USD":
                raise LedgerError("rate", f"is missing: how many USD is one {self.currency}?")
        else:
            _check_amount("rate", self.rate)
            if self.rate <= 0 or (self.currency == "USD" and self.rate != 1):
                raise LedgerError("rate", "must be more than 0, and 1 for USD")
        if self.undoes and self.kind not in UNDOING:
            raise LedgerError("undoes", "only a refund or chargeback undoes a payment")
        if self.expires_on is not None:
            self._check_expiry(self.expires_on)

    def _check_expiry(self, day: date) -> None:
        if self.kind not in CREDITING:
            raise LedgerError("expires_on", f"only credit expires: {', '.join(CREDITING)}")
        # A day is not the same everywhere: somebody's may be one before that of UTC.
        if (self.paid_at.astimezone(UTC).date() - day).days > 1:
            raise LedgerError("expires_on", "must not be before the day of the payment")
        if day > LATEST_EXPIRY:
            raise LedgerError("expires_on", f"must not be after {LATEST_EXPIRY}")

    @property
    def counted_usd(self) -> Decimal:
        """(gross - tax, when tax is known) x rate, 2 places, half-even; below 0 for a refund or chargeback."""
        amount = abs(self.gross) - (abs(self.tax) if self.tax is not None else 0)
        usd = (amount * (self.rate if self.rate is not None else 1)).quantize(CENT, ROUND_HALF_EVEN)
        return -usd if self.kind in UNDOING else usd


def _check_amount(field: str, amount: Decimal) -> None:
    if not amount.is_finite() or abs(amount) >= MOST:
        raise LedgerError(field, "must be a number below 10^12")


@dataclass(frozen=True, slots=True)
class Entry:
    """One line as it stands at an instant: what it adds (0.00 if it does not count), why, and the total after it."""

    line: Line
    reason: str
    counted_usd: Decimal
    total_usd: Decimal

    @property
    def counts(self) -> bool:
        return self.reason in ("counts", "lowers")


@dataclass(frozen=True, slots=True)
class Tally:
    """A ledger at an instant: its entries by (instant, entry order), the counted total, and the clock's start."""

    entries: tuple[Entry, ...]
    total_usd: Decimal
    clock: datetime | None
    _payments: tuple[datetime, ...]
    # Of each line that counts: its instant, and the lowest total from it on. Neither ever falls.
    _climb: tuple[tuple[datetime, ...], tuple[Decimal, ...]]

    def stretch_start(self, least_usd: Decimal) -> datetime | None:
        """Return when the current unbroken stretch with a total >= least_usd began; None if the total is below."""
        instants, lowest = self._climb
        place = bisect_left(lowest, least_usd)
        return instants[place] if place < len(instants) else None

    def first_payment_from(self, instant: datetime) -> datetime | None:
        """Return the instant of the first counted payment made at or after an instant."""
        place = bisect_left(self._payments, instant)
        return self._payments[place] if place < len(self._payments) else None


def check_links(lines: Iterable[Line]) -> None:
    """LedgerError when an id stands twice or a refund undoes something that is no payment of this ledger."""
    kinds: dict[str, str] = {}
    held = list(lines)
    for position, line in enumerate(held):
        if line.id in kinds:
            raise LedgerError("id", f"{line.id!r} stands twice", position)
        kinds[line.id] = line.kind
    for position, line in enumerate(held):
        if line.undoes and kinds.get(line.undoes, "refund") in UNDOING:
            raise LedgerError("undoes", f"{line.undoes!r} is no payment of this ledger", position)


def tally(lines: Iterable[Line], *, at: datetime, counts_since: date | None = None) -> Tally:
    """Return the ledger as it stands at an instant, from lines with an instant <= at.

    counts_since: the first day (UTC) whose lines count under the rulebook. Rules: domain 2.
    """
    start = datetime.combine(counts_since, time.min, UTC) if counts_since else None
    past = sorted((line for line in lines if line.paid_at <= at), key=lambda line: line.paid_at)
    undone: dict[str, Decimal] = {}
    for line in past:
        if line.undoes and line.status == "succeeded":
            undone[line.undoes] = undone.get(line.undoes, ZERO) - line.counted_usd
    payments = [line for line in past if line.id in undone and line.kind not in UNDOING]
    dropped = {line.id for line in payments if _is_dropped(line, undone[line.id], start)}

    entries = []
    total = ZERO
    instants, climb = [], []
    for line in past:
        usd = line.counted_usd
        reason = _reason(line, usd, dropped, start)
        counted = usd if reason in ("counts", "lowers") else ZERO
        total += counted
        entries.append(Entry(line, reason, counted, total))
        if reason == "counts":
            instants.append(line.paid_at)
        if reason in ("counts", "lowers"):
            climb.append((line.paid_at, total))
    clock = instants[0] if instants else None
    return Tally(tuple(entries), total, clock, tuple(instants), _lowest(climb))


def _lowest(climb: Sequence[tuple[datetime, Decimal]]) -> tuple[tuple[datetime, ...], tuple[Decimal, ...]]:
    totals = [total for _, total in climb]
    lowest = list(accumulate(reversed(totals), min))
    return tuple(paid_at for paid_at, _ in climb), tuple(reversed(lowest))


def _is_dropped(payment: Line, undone_usd: Decimal, start: datetime | None) -> bool:
    """Whether a payment's refunds reach its counted amount (0 for what never counts), so that all its lines drop."""
    usd = payment.counted_usd
    return undone_usd >= (usd if _plain_reason(payment, usd, start) == "counts" else ZERO)


def _plain_reason(line: Line, usd: Decimal, start: datetime | None) -> str:
    """The reason of a line on its own, refunds aside; `usd` is its counted amount."""
    if line.kind in NEVER_COUNTED:
        return line.kind
    if line.status != "succeeded":
        return "not_succeeded"
    if start is not None and line.paid_at < start:
        return "before_start"
    if line.kind in UNDOING:
        return "lowers"
    return "counts" if usd > 0 else "nothing_left"


def _reason(line: Line, usd: Decimal, dropped: Set[str], start: datetime | None) -> str:
    reason = _plain_reason(line, usd, start)
    if reason == "counts" and line.id in dropped:
        return "refunded"
    if reason in ("lowers", "before_start") and line.undoes in dropped:
        return "undoes_dropped"
    return reason
