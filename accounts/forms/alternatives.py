"""The form that asks for alternatives: for which account, what is needed, by when. It is sent by GET."""

from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from accounts import rules
from accounts.forms.fields import AmountField, DayField

# Further ahead nobody plans, and reckoning must stay within the calendar.
FURTHEST = timedelta(days=3660)
Choices = list[tuple[Any, Any]]


class AlternativesForm(forms.Form):
    """Choices come from the view: the person's accounts and the editions, the tiers and models of the chosen one."""

    account = forms.ChoiceField(label=_("Account"))
    aim = forms.ChoiceField(label=_("What you need"), required=False)
    by = DayField(label=_("Needed by"), required=False)
    spend = AmountField(label=_("Spend a month, USD"), required=False)

    def __init__(self, data: Any, *, accounts: Choices, aims: Choices, zone: ZoneInfo, now: datetime) -> None:
        super().__init__(data)
        self.zone, self.today = zone, now.astimezone(zone).date()
        self.fields["account"].choices = accounts  # type: ignore[attr-defined]
        self.fields["aim"].choices = aims  # type: ignore[attr-defined]
        self.fields["by"].widget.attrs["min"] = self.today.isoformat()

    def clean_by(self) -> date | None:
        day: date | None = self.cleaned_data["by"]
        if day is not None and not self.today <= day <= self.today + FURTHEST:
            raise ValidationError(_("Choose a day from today on, within ten years."))
        return day

    def said(self) -> rules.Aim:
        """Return what the valid form asks for; "by a day" means until its end in the person's zone."""
        kind, _colon, what = self.cleaned_data["aim"].partition(":")
        day = self.cleaned_data["by"]
        return rules.Aim(
            tier=what if kind == "tier" else "",
            model=what if kind == "model" else "",
            spend_usd=self.cleaned_data["spend"],
            by=datetime.combine(day, time(23, 59, 59), self.zone) if day else None,
        )
