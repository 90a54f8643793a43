"""Calendar files (RFC 5545, 7986): plain values in, bytes out. The same values give the same bytes."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from icalendar import Alarm, Calendar, Component, Event, Timezone, TimezoneStandard, vDuration, vText

CONTENT_TYPE = "text/calendar; charset=utf-8"
PRODUCT = "-//tierdash//calendar//EN"
# How often programs should ask again: dates come days ahead.
REFRESH = timedelta(hours=1)
LENGTH = timedelta(minutes=30)
# What no text may hold (RFC 5545, 3.1), and line ends other than the plain one, which becomes an escaped "\\n".
CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
ESCAPED = str.maketrans({"\\": "\\\\", ";": "\\;", ",": "\\,", "\n": "\\n"})
LINE_ENDS = re.compile(r"\r\n?|[\u2028\u2029]")


@dataclass(frozen=True, slots=True)
class Entry:
    """One event. `uid` is its name for ever; `changed_at` and `revision` (from 0 on) tell a newer state of it.

    Instants are aware. An event of no length would not be drawn everywhere, so it takes half an hour from `at` on.
    """

    uid: str
    at: datetime
    title: str
    text: str
    address: str
    changed_at: datetime
    revision: int


def write(name: str, entries: Iterable[Entry], *, zone: str) -> bytes:
    """Return a calendar file. zone: the IANA name of the zone in which its reader lives; instants are in UTC."""
    calendar = Calendar()
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("method", "PUBLISH")
    for key in ("name", "x-wr-calname"):
        calendar.add(key, _text(name))
    calendar.add("x-wr-timezone", zone)
    calendar.add("refresh-interval", vDuration(REFRESH), parameters={"VALUE": "DURATION"})
    calendar.add("x-published-ttl", vDuration(REFRESH))
    components: list[Component] = [_event(entry) for entry in entries]
    for component in components or [_universal_time()]:
        calendar.add_component(component)
    return bytes(calendar.to_ical())


def _event(entry: Entry) -> Event:
    event = Event()
    start = _whole_second(entry.at)
    event.add("uid", entry.uid)
    event.add("dtstamp", entry.changed_at.astimezone(UTC))
    event.add("last-modified", entry.changed_at.astimezone(UTC))
    event.add("sequence", entry.revision)
    event.add("dtstart", start)
    event.add("dtend", start + LENGTH)
    event.add("summary", _text(entry.title))
    event.add("description", _text(entry.text))
    event.add("url", entry.address)
    event.add("transp", "TRANSPARENT")
    alarm = Alarm()
    alarm.add("action", "DISPLAY")
    alarm.add("description", _text(entry.title))
    alarm.add("trigger", timedelta(0))
    event.add_component(alarm)
    return event


def _universal_time() -> Timezone:
    """A calendar must hold something (RFC 5545, 3.6), even when nothing is dated."""
    zone, standard = Timezone(), TimezoneStandard()
    zone.add("tzid", "UTC")
    standard.add("dtstart", datetime(1970, 1, 1))  # noqa: DTZ001 - local time by definition
    standard.add("tzoffsetfrom", timedelta(0))
    standard.add("tzoffsetto", timedelta(0))
    zone.add_component(standard)
    return zone


def _whole_second(at: datetime) -> datetime:
    """The first whole second not before an instant: a calendar knows no smaller ones, and must not promise early."""
    return (at + timedelta(microseconds=-at.microsecond % 1_000_000)).astimezone(UTC)


class Text(vText):
    """Text escaped as RFC 5545, 3.3.11 has it; icalendar's own takes a backslash before an N for a line break."""

    def to_ical(self) -> bytes:
        return str(self).translate(ESCAPED).encode()


def _text(text: str) -> Text:
    return Text(CONTROLS.sub("", LINE_ENDS.sub("\n", text)))
