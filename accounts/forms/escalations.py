"""The forms of the path: until when it shall rest, and the reference of a ticket."""

from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from accounts.actions.escalations import LONGEST_SNOOZE
from accounts.forms.fields import DAY_FORMATS, LineField
from accounts.models.escalation import LONGEST_TICKET

SNOOZE_DAYS = (1, 3, 7)


class SnoozeForm(forms.Form):
    """For 1, 3 or 7 days from now (`days`), or until a day begins in the person's time zone (`day`)."""

    days = forms.TypedChoiceField(
        required=False, coerce=int, empty_value=None, choices=[(days, days) for days in SNOOZE_DAYS]
    )
    day = forms.DateField(
        label=_("Until the day"),
        required=False,
        input_formats=DAY_FORMATS,
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
        error_messages={"invalid": _("Write a day as year-month-day, such as 2025-05-31.")},
    )

    def __init__(self, data: Any = None, *, zone: ZoneInfo, now: datetime) -> None:
        super().__init__(data, auto_id="snooze-%s")
        self.zone, self.now = zone, now
        today = now.astimezone(zone).date()
        self.first, self.last = today + timedelta(days=1), (now + LONGEST_SNOOZE).astimezone(zone).date()
        self.fields["day"].widget.attrs |= {"min": self.first.isoformat(), "max": self.last.isoformat()}

    def clean_day(self) -> Any:
        day = self.cleaned_data["day"]
        if day is not None and not self.first <= day <= self.last:
            raise ValidationError(_("Choose a day from tomorrow on, at most a year ahead."), code="range")
        return day

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        if not self.errors and said.get("days") is None and said.get("day") is None:
            self.add_error("day", _("Choose a day."))
        elif "days" in self.errors:  # no button of the page sends this
            self.add_error("day", self.errors.pop("days"))
        return said

    def until(self) -> datetime:
        """The instant that a valid form names."""
        if self.cleaned_data["days"] is not None:
            return self.now + timedelta(days=self.cleaned_data["days"])
        return datetime.combine(self.cleaned_data["day"], time.min, self.zone)


class TicketForm(forms.Form):
    ticket = LineField(
        label=_("Ticket"),
        required=False,
        max_length=LONGEST_TICKET,
        help_text=_("The number that the support gave it, if it did."),
    )

    def __init__(self, data: Any = None, *, initial: dict[str, str] | None = None) -> None:
        super().__init__(data, auto_id="ticket-%s", initial=initial)
