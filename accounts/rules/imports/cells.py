"""What the text of one cell says, remembered: columns say the same again and again."""

from collections.abc import Callable, Hashable, Mapping
from datetime import date, datetime, timedelta, tzinfo
from decimal import Decimal
from typing import Any

from accounts.rules.imports.amounts import Amount, read_amount
from accounts.rules.imports.choices import Choices
from accounts.rules.imports.days import EARLIEST, Moment, placed, read_day, read_serial
from accounts.rules.imports.wording import BARE_YEN, KINDS, SIGNS, STATUSES, Unclear, key_of
from accounts.rules.ledger import LATEST_EXPIRY, MOST

PLACES = 4
MOST_RATE = Decimal(10) ** 6
# What stands in a column of last days where there is none, beside an empty cell.
NO_DAY = ("na", "none", "无")


class Memo(dict[Hashable, Any]):
    """What was read of a text already; an Unclear is kept as its answer."""

    def __init__(self, read: Callable[[Any], Any]) -> None:
        super().__init__()
        self._read = read

    def __missing__(self, text: Hashable) -> Any:
        try:
            answer = self._read(text)
        except Unclear as unclear:
            answer = unclear
        self[text] = answer
        return answer


class Cells:
    """Reads the cells of one table. `memos` hold by field what texts say; a day is (its text, that of its time)."""

    def __init__(self, choices: Choices, zone: tzinfo, now: datetime) -> None:
        self._choices, self._zone, self._now = choices, zone, now
        self.memos = {
            "day": Memo(self._read_day),
            "amount": Memo(self._read_amount),
            "tax": Memo(self._read_tax),
            "rate": Memo(self._read_rate),
            "expires": Memo(self._read_expiry),
            "currency": Memo(self._read_currency),
            "status": Memo(lambda text: _word(text, STATUSES)),
            "kind": Memo(lambda text: _word(text, KINDS)),
        }

    def _read_day(self, said: tuple[str, str]) -> tuple[datetime, bool]:
        text, clock = said
        if not text:
            raise Unclear("missing")
        try:
            moment = read_day(text, self._choices.order)
        except Unclear as unclear:
            if unclear.code != "none":
                raise
            moment = read_serial(text)
        if moment.clock is None and clock:
            told = read_day(f"2000-01-01 {clock}")
            moment = Moment(moment.day, told.clock, told.zone)
        return placed(moment, self._zone, now=self._now)

    def _read_money(self, text: str) -> Amount:
        return read_amount(text, self._choices.decimal, self._choices.yen)

    def _read_amount(self, text: str) -> Amount:
        if not text:
            raise Unclear("missing")
        money = self._read_money(text)
        _check_places(money.amount)
        if not 0 < abs(money.amount) < MOST:
            raise Unclear("large" if money.amount else "zero")
        return money

    def _read_tax(self, text: str) -> Decimal:
        tax = abs(self._read_money(text).amount)
        _check_places(tax)
        return tax

    def _read_rate(self, text: str) -> Decimal:
        rate = self._read_money(text).amount
        if not 0 < rate < MOST_RATE:
            raise Unclear("zero" if rate <= 0 else "large")
        return rate

    def _read_expiry(self, text: str) -> date | None:
        """The last day on which credit can be used; of an instant the day on which the moment before it lies."""
        if text.strip().casefold() in NO_DAY:
            return None
        try:
            moment = read_day(text, self._choices.order)
        except Unclear as unclear:
            if unclear.code != "none":
                raise
            moment = read_serial(text)
        if moment.clock is None or not EARLIEST < moment.day <= LATEST_EXPIRY:
            return moment.day
        ends_at = datetime.combine(moment.day, moment.clock, moment.zone or self._zone)
        return (ends_at.astimezone(self._zone) - timedelta(microseconds=1)).date()

    def _read_currency(self, text: str) -> str:
        named = text.strip().upper()
        if named not in SIGNS:
            raise Unclear("unknown")
        return self._choices.yen or BARE_YEN if SIGNS[named] == BARE_YEN else SIGNS[named]


def _word(text: str, table: Mapping[str, str]) -> str:
    word = table.get(key_of(text), "")
    if not word:
        raise Unclear("unknown")
    return word


def _check_places(amount: Decimal) -> None:
    if -amount.as_tuple().exponent > PLACES and round(amount, PLACES) != amount:  # type: ignore[operator]
        raise Unclear("places")
