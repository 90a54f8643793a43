"""One line of money, and what the ledger may refuse of it, in words."""

from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from accounts import actions, rules
from accounts.forms.fields import AmountField, DayField, instant_of
from accounts.templatetags.slugs import KINDS as KIND_WORDS

KINDS = [(kind, KIND_WORDS[kind]) for kind in rules.KINDS]
REFUSALS = {
    ("paid_at", "in_future"): ("day", _("This lies in the future. Enter a payment when it has been made.")),
    ("paid_at", "before_its_payment"): ("day", _("A refund cannot be earlier than the payment that it takes back.")),
    ("paid_at", "after_its_refund"): ("day", _("A refund of this payment is earlier. Correct that one first.")),
    ("kind", "is_taken_back"): ("kind", _("A refund takes this payment back. Correct that one first.")),
    ("reference", "stands_twice"): ("reference", _("Another payment of this kind has this reference already.")),
    ("undoes", "not_a_payment"): ("undoes", _("Choose a payment of this account.")),
    ("rate", "not_a_line"): ("rate", _("How many US dollars is one unit of this currency?")),
    ("tax", "not_a_line"): ("tax", _("The tax cannot be more than the amount.")),
    ("gross", "not_a_line"): ("gross", _("The amount must be more than 0.")),
    ("expires_on", "not_a_line"): (
        "expires_on",
        _("Only credit expires: not before the day of its payment, and not after 2100."),
    ),
    ("currency", "not_a_line"): ("currency", _("Write the three letters of a currency, such as USD or EUR.")),
}


def words_of(refusal: actions.PaymentRefused) -> tuple[str | None, Any]:
    """The field that a refusal is about (None: the whole) and what to say of it."""
    return REFUSALS.get((refusal.field, refusal.code), (None, _("This payment cannot stand as it is.")))


class LineForm(forms.Form):
    """One line of money: kind, amount and day. Used alone in the account form, and as the head of the payment form."""

    gross = AmountField(label=_("Amount"), is_signed=True, places=4)
    day = DayField(label=_("Day"))
    kind = forms.ChoiceField(label=_("Kind"), choices=KINDS, initial="purchase")

    def __init__(self, *args: Any, zone: ZoneInfo, now: datetime, **options: Any) -> None:
        super().__init__(*args, **options)
        self.zone, self.now = zone, now
        self.fields["day"].widget.attrs["max"] = now.astimezone(zone).date().isoformat()

    def clean(self) -> dict[str, Any]:
        facts = super().clean() or {}
        gross, kind, day = facts.get("gross"), facts.get("kind"), facts.get("day")
        if gross is not None and gross < 0 and kind is not None and kind not in rules.UNDOING:
            self.add_error("gross", _("Only a refund or a chargeback is written with a minus sign."))
        if day is not None and (field := self._place(facts, day)):
            self.add_error(field, REFUSALS["paid_at", "in_future"][1])
        return facts

    def _place(self, facts: dict[str, Any], day: date) -> str:
        """Find the instant that is meant; return the field that lies in the future, or "". Adds what else is wrong."""
        today = self.now.astimezone(self.zone).date()
        if day > today:  # checked before any reckoning: the last days of the calendar have no instant in UTC
            return "day"
        try:
            facts["paid_at"] = instant_of(day, facts.get("clock"), self.zone, now=self.now)
        except ValidationError as error:
            self.add_error("clock", error)
            return ""
        return "clock" if facts["paid_at"] > self.now else ""

    def facts(self) -> actions.PaymentFacts:
        """Return what the valid form says."""
        said = self.cleaned_data
        return actions.PaymentFacts(
            kind=said["kind"],
            gross=said["gross"],
            paid_at=said["paid_at"],
            is_day_only=said.get("clock") is None,
        )
