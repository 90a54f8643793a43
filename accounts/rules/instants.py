"""Instants as text: ISO 8601 in UTC with a Z, as domain 8 writes them."""

from datetime import UTC, datetime

# Far from the ends of the calendar: adding the longest wait and recheck time must stay within it.
YEARS = range(1970, 9900)


def as_text(instant: datetime | None) -> str | None:
    """Return an aware instant as "2025-05-09T00:00:00Z"; fractions of a second only when there are any."""
    return instant.astimezone(UTC).isoformat().replace("+00:00", "Z") if instant is not None else None


def from_text(text: str) -> datetime:
    """Read an ISO 8601 instant. ValueError when it is none, has no time zone or lies beyond YEARS."""
    instant = datetime.fromisoformat(text)
    if instant.tzinfo is None:
        raise ValueError(f"{text!r} has no time zone, such as a final Z")
    if instant.year not in YEARS:
        raise ValueError(f"{text!r} must lie between the years {YEARS[0]} and {YEARS[-1]}")
    return instant.astimezone(UTC)
