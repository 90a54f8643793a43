"""Days and instants in the reader's time zone and language; the zone stands beside every instant."""

from datetime import UTC, date, datetime, timedelta, tzinfo

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html

from accounts import rules
from accounts.templatetags.marked import Marked


def instant(value: datetime | str) -> Marked:
    """Return an instant such as "Thu 8 May, 12:00 UTC+2"; the year stands there when it is not the current one."""
    moment = _aware(value)
    local = timezone.localtime(moment)
    text = f"{date_format(local, _name('INSTANT', local))} {_zone(local)}"
    return _marked(moment, text, timezone.get_current_timezone_name())


def day(value: date | datetime | str) -> Marked:
    """Return a day such as "Thu 8 May" or "Thu 8 May 2024". An instant's day is the reader's."""
    if isinstance(value, date) and not isinstance(value, datetime):
        text = date_format(value, _name("DAY", value))
        return Marked(text, format_html('<time datetime="{}">{}</time>', value.isoformat(), text))
    moment = _aware(value)
    local = timezone.localtime(moment)
    return _marked(moment, date_format(local, _name("DAY", local)), f"{local:%H:%M} {_zone(local)}")


def exact(value: datetime | str, zone: tzinfo | None = None) -> str:
    """Return an instant to the second, such as "2025-05-08 12:00:00 UTC+2": the same in every language, for proofs.

    zone: another than the reader's.
    """
    local = timezone.localtime(_aware(value), zone)
    return f"{local:%Y-%m-%d %H:%M:%S} {_zone(local)}"


def _aware(value: date | datetime | str) -> datetime:
    return rules.from_text(value) if isinstance(value, str) else value  # type: ignore[return-value]


def _zone(local: datetime) -> str:
    """Return "UTC", "UTC+2" or "UTC+5:30". Short names such as CST mean several zones, so they are not used."""
    minutes = round((local.utcoffset() or timedelta(0)) / timedelta(minutes=1))
    hours, rest = divmod(abs(minutes), 60)
    return f"UTC{'+' if minutes > 0 else '-'}{hours}{f':{rest:02}' if rest else ''}" if minutes else "UTC"


def _name(kind: str, local: date) -> str:
    is_this_year = local.year == timezone.localtime().year
    return f"{kind}_FORMAT" if is_this_year else f"{kind}_WITH_YEAR_FORMAT"


def _marked(moment: datetime, text: str, title: str) -> Marked:
    stamp = f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
    return Marked(text, format_html('<time datetime="{}" title="{}">{}</time>', stamp, title, text))
