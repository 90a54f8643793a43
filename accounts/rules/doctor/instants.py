"""Read how long to wait, in every way that providers write it, as an instant."""

import re
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

# A number with its unit, as Go writes durations: 1h2m3.5s, 6m0s, 120ms.
PART = re.compile(r"(\d{1,9}(?:\.\d{1,12})?)(ms|us|µs|d|h|m|s)")
DURATION = re.compile(r"(?:\d{1,9}(?:\.\d{1,12})?(?:ms|us|µs|d|h|m|s)){1,6}")
SECONDS = {"d": 86_400.0, "h": 3_600.0, "m": 60.0, "s": 1.0, "ms": 0.001, "us": 0.000_001, "µs": 0.000_001}
NUMBER = re.compile(r"\d{1,9}(?:\.\d{1,12})?")
STAMP = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d)?(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)?")
LONGEST = timedelta(days=400)


def seconds(text: str) -> float | None:
    """A duration such as 6m0s, 8.64s or 120ms, or a plain number of seconds; None when it is none."""
    text = text.strip()
    if NUMBER.fullmatch(text):
        return float(text)
    if not DURATION.fullmatch(text):
        return None
    return sum(float(number) * SECONDS[unit] for number, unit in PART.findall(text))


def after(text: str, at: datetime) -> datetime | None:
    """The instant that a reset or a retry names: a duration from `at` on, an RFC 3339 instant or an HTTP date."""
    length = seconds(text)
    if length is not None:
        wait = timedelta(seconds=min(length, 10**9))
        return at + wait if wait <= LONGEST else None
    found = STAMP.match(text.strip())
    try:
        moment = datetime.fromisoformat(found[0]) if found else parsedate_to_datetime(text)
    except (TypeError, ValueError, IndexError, OverflowError):
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    try:
        moment = moment.astimezone(UTC)
        return moment if abs(moment - at) <= LONGEST else None
    except OverflowError:
        return None


def next_month(at: datetime) -> datetime:
    """The first instant of the next calendar month, UTC."""
    at = at.astimezone(UTC)
    year, month = (at.year + 1, 1) if at.month == 12 else (at.year, at.month + 1)
    return datetime(year, month, 1, tzinfo=UTC)
