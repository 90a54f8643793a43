"""Credit that expires: until which day it can be used, what of it is certainly gone, and when to remind of it.

It says nothing of what was paid: expired or used credit lowers no total, so no gate knows of it (domain 2). How much of
a credit is used is not known here, so every amount is the most that can be left of it.
"""

import calendar
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from decimal import Decimal

from accounts.rules.ledger import CREDITING, UNDOING, ZERO, Line
from accounts.rules.parts import read_source
from accounts.rules.reading import RulebookError, Table, read_toml
from accounts.rules.rulebook import CONFIDENCES, Source

# A reminder comes so many days before the first of a window of credits expires, and is the only one for the window.
REMIND_DAYS = 30
WINDOW_DAYS = 30
# On its last day credit is spoken of in the morning, when there is a day left to use it.
MORNING = time(9)
MOST_MONTHS = 120


@dataclass(frozen=True, slots=True)
class CreditRule:
    """How long a provider lets credit be used that does not say so itself: `months` after the payment of these kinds.

    Not part of an edition, for it decides no tier. RulebookError when it contradicts itself.
    """

    provider: str
    months: int
    kinds: tuple[str, ...]
    confidence: str
    sources: tuple[Source, ...]

    def __post_init__(self) -> None:
        if not 1 <= self.months <= MOST_MONTHS:
            raise RulebookError("months", f"must be a whole number from 1 to {MOST_MONTHS}")
        if not self.kinds or len(set(self.kinds)) < len(self.kinds):
            raise RulebookError("kinds", "must name each kind once, and at least one")
        for kind in self.kinds:
            if kind not in CREDITING:
                raise RulebookError("kinds", f"{kind!r} must be one of {', '.join(CREDITING)}")
        if self.confidence not in CONFIDENCES:
            raise RulebookError("confidence", f"{self.confidence!r} must be one of {', '.join(CONFIDENCES)}")
        if not self.sources:
            raise RulebookError("sources", "is missing")

    def last_day(self, paid_on: date) -> date:
        """The same day of the month, `months` later; in a month that is too short for it, the month's last day.

        One year after 29 February is 28 February: of two readings the earlier one loses nobody any credit.
        """
        years, month = divmod(paid_on.month - 1 + self.months, 12)
        year, month = paid_on.year + years, month + 1
        return date(year, month, min(paid_on.day, calendar.monthrange(year, month)[1]))


def parse_credit(text: str) -> CreditRule:
    """Build a provider's rule from TOML. RulebookError names the line (broken TOML) or the path of the mistake."""
    root = Table(read_toml(text), "")
    if root.whole("schema") != 1:
        raise root.refuse("schema", "must be 1")
    rule = CreditRule(
        provider=root.slug("provider"),
        months=root.whole("months"),
        kinds=root.strings("kinds"),
        confidence=root.string("confidence"),
        sources=tuple(read_source(table) for table in root.tables("sources", needed=True)),
    )
    root.close()
    return rule


@dataclass(frozen=True, slots=True)
class Credit:
    """What one line gave, as it stands at an instant. `last_on` is the last day on which it can be used.

    left_usd: the most that can be left of it: what counts of it, without what was taken back. gone: "" while it can be
    used, else why it cannot: "not_succeeded", "nothing_left" (taken back) or "expired". is_by_rule: the day follows
    from the provider's rule; else somebody has said it.
    """

    line: Line
    last_on: date
    left_usd: Decimal
    gone: str
    is_by_rule: bool

    @property
    def is_usable(self) -> bool:
        return not self.gone


@dataclass(frozen=True, slots=True)
class Expiry:
    """What can be used until one day."""

    last_on: date
    credits: tuple[Credit, ...]

    @property
    def left_usd(self) -> Decimal:
        return sum((credit.left_usd for credit in self.credits), ZERO)


@dataclass(frozen=True, slots=True)
class Window:
    """Credits that are spoken of together: those that expire from `first_on` to `until`, WINDOW_DAYS later."""

    first_on: date
    credits: tuple[Credit, ...]

    @property
    def until(self) -> date:
        return self.first_on + timedelta(days=WINDOW_DAYS)

    @property
    def is_over(self) -> bool:
        """Whether nothing of it can be used any more."""
        return not any(credit.is_usable for credit in self.credits)

    @property
    def left_usd(self) -> Decimal:
        """The most that can expire in it, what has expired by now included: time alone changes nothing of it."""
        return sum((credit.left_usd for credit in self.credits), ZERO)

    def remind_at(self, zone: tzinfo) -> datetime:
        """The instant of the one reminder, in UTC: the beginning of a day of the zone."""
        return _instant(self.first_on - timedelta(days=REMIND_DAYS), time.min, zone)

    def noted_at(self, zone: tzinfo) -> datetime:
        """Where a calendar notes it, in UTC: the morning of the first day that is the last one for a credit."""
        return _instant(self.first_on, MORNING, zone)


def credits(lines: Iterable[Line], rule: CreditRule | None, *, at: datetime, zone: tzinfo) -> tuple[Credit, ...]:
    """Return every credit that expires, of the lines with an instant <= at, by (last day, instant, entry order).

    zone: where a day begins and ends. Without a rule only credit that says its own day expires.
    """
    past = sorted((line for line in lines if line.paid_at <= at), key=lambda line: line.paid_at)
    undone: dict[str, Decimal] = {}
    for line in past:
        if line.kind in UNDOING and line.undoes and line.status == "succeeded":
            undone[line.undoes] = undone.get(line.undoes, ZERO) - line.counted_usd
    today = at.astimezone(zone).date()
    found = []
    for line in past:
        is_by_rule = line.expires_on is None
        last_on = line.expires_on
        if rule is not None and is_by_rule and line.kind in rule.kinds:
            last_on = rule.last_day(line.paid_at.astimezone(zone).date())
        if last_on is None:
            continue
        left = line.counted_usd - undone.get(line.id, ZERO)
        gone = _why_gone(line, left, last_on < today)
        is_lost = gone in ("not_succeeded", "nothing_left")
        found.append(Credit(line, last_on, ZERO if is_lost else left, gone, is_by_rule))
    return tuple(sorted(found, key=lambda credit: credit.last_on))


def _why_gone(line: Line, left_usd: Decimal, is_over: bool) -> str:
    if line.status != "succeeded":
        return "not_succeeded"
    if left_usd <= 0:
        return "nothing_left"
    return "expired" if is_over else ""


def expiries(held: Iterable[Credit]) -> tuple[Expiry, ...]:
    """Return what can still be used, by its last day, the next one first."""
    days: dict[date, list[Credit]] = {}
    for credit in held:
        if credit.is_usable:
            days.setdefault(credit.last_on, []).append(credit)
    return tuple(Expiry(day, tuple(days[day])) for day in sorted(days))


def windows(held: Iterable[Credit]) -> tuple[Window, ...]:
    """Return the windows of credit that can be used or has expired, in order: each begins with the first day after the
    one before it. Time alone moves none of them."""
    found: list[tuple[date, list[Credit]]] = []
    for credit in sorted(held, key=lambda credit: credit.last_on):
        if credit.gone not in ("", "expired"):
            continue
        if not found or credit.last_on > found[-1][0] + timedelta(days=WINDOW_DAYS):
            found.append((credit.last_on, []))
        found[-1][1].append(credit)
    return tuple(Window(first_on, tuple(those)) for first_on, those in found)


def next_window(held: Sequence[Credit], covered_until: date | None = None) -> Window | None:
    """Return the window that is to be reminded of next: of what can still be used and expires after `covered_until`,
    the last day of the window that the latest reminder was about. None when there is nothing to remind of."""
    ahead = [
        credit for credit in held if credit.is_usable and (covered_until is None or credit.last_on > covered_until)
    ]
    return next(iter(windows(ahead)), None)


def _instant(day: date, clock: time, zone: tzinfo) -> datetime:
    """An hour that the clocks skip becomes the one after it."""
    return datetime.combine(day, clock, zone).astimezone(UTC)
