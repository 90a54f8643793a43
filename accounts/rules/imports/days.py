"""Read days and times as billing pages write them, and place them: domain 2."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from functools import lru_cache

from accounts.rules.imports.wording import MONTHS, Unclear, plain

EARLIEST = date(2015, 1, 1)
DAY_ENDS = time(23, 59, 59)
CLOCK = re.compile(
    r"(?:(?<=\d)T|(?:^|,? +|(?<=[日号]) *)(?:at )?)(?P<half>上午|下午|早上|晚上)? ?"
    r"(?P<hour>\d{1,2})[:时点](?P<minute>\d{2})(?:[:分](?P<second>\d{2})(?:[.,]\d+)?秒?)?分?"
    r" ?(?P<noon>[ap]\.?m\.?)? ?(?P<zone>Z|(?:UTC|GMT)?(?P<offset>[+-]\d{1,2}(?::?\d{2})?)|UTC|GMT)?$",
    re.IGNORECASE | re.ASCII,
)
# Where a time is written, it has one of these; the pattern need not be tried further ahead than so many signs.
CLOCK_MARK, CLOCK_AHEAD = re.compile("[:时点]"), 14
WEEKDAY_FIRST = re.compile(r"(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?\.?,? +", re.IGNORECASE)
WEEKDAY_LAST = re.compile(r" ?\(?(?:星期|周)[一二三四五六日天]\)?$")
ORDERED = re.compile(
    r"(\d{4})(?:([-/.])(\d{1,2})\2(\d{1,2})|(\d{2})(\d{2})| ?年 ?(\d{1,2}) ?月 ?(\d{1,2}) ?[日号]?)", re.ASCII
)
# 二〇二五年五月一日, as formal papers write it.
CHARACTERS = re.compile(
    r"([〇零○一二三四五六七八九]{4})年(十[一二]?|[一二三四五六七八九])月([二三]?十[一二三四五六七八九]?|[一二三四五六七八九])[日号]?"
)
DIGITS = dict(zip("〇零○一二三四五六七八九", "000123456789", strict=True))
# Excel counts days from here where it was not told to show them as days; a leap day of 1900 that never was is counted.
SERIAL = re.compile(r"(\d{5})(\.\d+)?", re.ASCII)
SERIAL_BEGINS = datetime(1899, 12, 30)  # noqa: DTZ001 (a spreadsheet knows no zone)
HALVES = {"上午": "a", "早上": "a", "下午": "p", "晚上": "p"}
DAY_NAMED = re.compile(r"(\d{1,2})(?:st|nd|rd|th)?[ -]([a-z]{3,9})\.?,?[ -](\d{4}|\d{2})", re.IGNORECASE | re.ASCII)
MONTH_NAMED = re.compile(r"([a-z]{3,9})\.?[ -](\d{1,2})(?:st|nd|rd|th)?,?[ -](\d{4})", re.IGNORECASE | re.ASCII)
NUMBERS = re.compile(r"(\d{1,2})([-/.])(\d{1,2})\2(\d{4}|\d{2})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Moment:
    """A day, and its time of day and zone where they were written."""

    day: date
    clock: time | None = None
    zone: tzinfo | None = None


def read_day(text: str, order: str = "") -> Moment:
    """Read a day, perhaps with a time. `order` is how this column writes 04/05/2025: "day" or "month" first.

    Unclear: none (no day), ambiguous (04/05/2025 without an order).
    """
    said = plain(text)
    clock, zone = None, None
    mark = CLOCK_MARK.search(said)
    if mark is not None and (match := CLOCK.search(said, max(0, mark.start() - CLOCK_AHEAD))):
        said, (clock, zone) = said[: match.start()], _clock(match)
    if match := WEEKDAY_FIRST.match(said):
        said = said[match.end() :]
    said = (said if said.isascii() else WEEKDAY_LAST.sub("", said)).strip(" ,")
    try:
        return Moment(_day(said, order), clock, zone)
    except Unclear:
        raise
    except ValueError:  # the 31st of February
        raise Unclear("none") from None


@lru_cache(maxsize=16_384)
def _day(said: str, order: str) -> date:
    if match := CHARACTERS.fullmatch(said):
        return date(int("".join(DIGITS[sign] for sign in match[1])), _of_characters(match[2]), _of_characters(match[3]))
    if match := ORDERED.fullmatch(said):
        year, month, day = (int(part) for part in match.groups() if part and part.isdigit())
        return date(year, month, day)
    if match := DAY_NAMED.fullmatch(said):
        return date(_year(match[3]), _month(match[2]), int(match[1]))
    if match := MONTH_NAMED.fullmatch(said):
        return date(int(match[3]), _month(match[1]), int(match[2]))
    match = NUMBERS.fullmatch(said)
    if match is None:
        raise Unclear("none")
    first, second, year = int(match[1]), int(match[3]), _year(match[4])
    order = _proven(match) or order
    if first == second or order == "day":
        return date(year, second, first)
    if order == "month":
        return date(year, first, second)
    raise Unclear("ambiguous")


def _of_characters(said: str) -> int:
    """A number below 40: 五, 十, 十二, 三十一."""
    tens, ten, ones = said.rpartition("十")
    return (10 * int(DIGITS[tens] if tens else 1) if ten else 0) + int(DIGITS[ones] if ones else 0)


def read_serial(text: str) -> Moment:
    """Read a day that a spreadsheet shows as a number: 45778.5 is noon of 1 May 2025. Unclear (none) else."""
    match = SERIAL.fullmatch(plain(text))
    if match is None:
        raise Unclear("none")
    moment = SERIAL_BEGINS + timedelta(days=int(match[1]), seconds=round(86_400 * float(match[2] or 0)))
    return Moment(moment.date(), moment.time() if match[2] else None)


def _proven(match: re.Match[str]) -> str:
    """The order that a text proves by itself: no month has the number 13; with points the day stands first."""
    first, second = int(match[1]), int(match[3])
    if match[2] == "." or (first > 12 >= second):
        return "day"
    return "month" if second > 12 >= first else ""


def _month(name: str) -> int:
    if name.lower() not in MONTHS:
        raise Unclear("none")
    return MONTHS[name.lower()]


def _year(digits: str) -> int:
    return int(digits) if len(digits) == 4 else 2000 + int(digits)


def _clock(match: re.Match[str]) -> tuple[time, tzinfo | None]:
    hour, minute, second = int(match["hour"]), int(match["minute"]), int(match["second"] or 0)
    half = (match["noon"] or "")[:1].lower() or HALVES.get(match["half"], "")
    if half and hour <= 12:
        hour = hour % 12 + (12 if half == "p" else 0)
    if hour > 23 or minute > 59 or second > 59:
        raise Unclear("none")
    zone: tzinfo | None = UTC if match["zone"] else None
    if offset := match["offset"]:
        digits = re.sub(r"\D", "", offset)
        hours, minutes = (int(digits), 0) if len(digits) < 3 else (int(digits[:-2]), int(digits[-2:]))
        if hours > 14 or minutes > 59:
            raise Unclear("none")
        zone = timezone(timedelta(hours=hours, minutes=minutes) * (-1 if offset[0] == "-" else 1))
    return time(hour, minute, second), zone


def order_of(texts: Iterable[str]) -> str:
    """The order that a column proves, "day" or "month"; "" when it proves none, or both."""
    proven = set()
    for text in texts:
        said = text.strip()[:20].split(" ")[0].rstrip(",")
        match = NUMBERS.fullmatch(said)
        if match is not None and match[2] != ".":
            proven.add(_proven(match))
    proven.discard("")
    return proven.pop() if len(proven) == 1 else ""


@lru_cache(maxsize=64)
def _today(now: datetime, zone: tzinfo) -> date:
    return now.astimezone(zone).date()


def placed(moment: Moment, zone: tzinfo, *, now: datetime) -> tuple[datetime, bool]:
    """Return the instant that is meant, and whether only the day is known. Without a zone it is in `zone`.

    A day alone is its last second, so that nothing is promised too early; today alone is now. Of a time that came
    twice the later one is taken. Unclear: future, early (before EARLIEST), gap (a time that the clocks skipped).
    """
    if moment.day < EARLIEST:
        raise Unclear("early")
    today = _today(now, zone)
    if moment.day > today + timedelta(days=1):
        raise Unclear("future")
    if moment.clock is None:
        if moment.day > today:
            raise Unclear("future")
        if moment.day == today:
            return now, True
        return datetime.combine(moment.day, DAY_ENDS, zone).replace(fold=1).astimezone(UTC), True
    wall = datetime.combine(moment.day, moment.clock, moment.zone or zone).replace(fold=1)
    instant = wall.astimezone(UTC)
    if moment.zone is None and instant.astimezone(wall.tzinfo).replace(tzinfo=None) != wall.replace(tzinfo=None):
        raise Unclear("gap")
    if instant > now:
        raise Unclear("future")
    return instant, False
