"""The payment form: what counts at first sight, the rest folded away."""

import uuid
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.core.exceptions import ValidationError
from django.forms.models import ModelChoiceIterator
from django.utils.translation import gettext_lazy as _

from accounts import actions, rules
from accounts.forms.fields import AmountField, ClockField, DayField, KeyField, LineField, instant_of
from accounts.models import Account, Payment
from accounts.templatetags.slugs import KINDS as KIND_WORDS
from accounts.templatetags.slugs import STATUSES as STATUS_WORDS

# So many payments can be chosen from as taken back.
MOST_CHOICES = 200
KINDS = [(kind, KIND_WORDS[kind]) for kind in rules.KINDS]
STATUSES = [(status, STATUS_WORDS[status]) for status in rules.STATUSES if status != "void"]
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


class LatestPayments(ModelChoiceIterator):  # type: ignore[type-arg]  # it takes none at run time
    """The latest payments as choices, and the one that is chosen; any other may still be sent.

    The field's `latest` are those that somebody has read already, or None.
    """

    def __iter__(self) -> Iterator[tuple[Any, Any]]:
        yield ("", self.field.empty_label)
        latest = getattr(self.field, "latest", None)
        latest = list(self.queryset[:MOST_CHOICES]) if latest is None else latest
        chosen: Payment | None = getattr(self.field, "chosen", None)
        for payment in [*latest, *([chosen] if chosen is not None and chosen not in latest else ())]:
            yield self.choice(payment)


class PaymentForm(LineForm):
    """A payment of an account. Refuses by field; `refuse` adds what only the ledger can know."""

    clock = ClockField(label=_("Time"), required=False, help_text=_("Without a time, the end of the day is taken."))
    status = forms.ChoiceField(label=_("Status"), choices=STATUSES, initial="succeeded")
    tax = AmountField(
        label=_("Tax in it"),
        required=False,
        may_be_zero=True,
        places=4,
        help_text=_("Tax does not become credit and does not count. 0 if there was none, empty if you do not know."),
    )
    currency = forms.CharField(label=_("Currency"), initial="USD", max_length=3, min_length=3)
    rate = AmountField(
        label=_("US dollars for one unit"),
        required=False,
        places=10,
        most=Decimal(10) ** 6,
        help_text=_("Only for other currencies."),
    )
    undoes = forms.ModelChoiceField(
        label=_("Takes back"),
        queryset=Payment.objects.none(),
        required=False,
        to_field_name="uid",
        empty_label=_("no particular payment"),
        help_text=_("Only for refunds and chargebacks."),
    )
    reference = LineField(label=_("Invoice or receipt number"), required=False, max_length=100)
    note = LineField(label=_("Note"), required=False, max_length=500)
    form_key = KeyField(required=False)

    HEAD = ("gross", "day", "kind")

    def __init__(
        self,
        *args: Any,
        account: Account,
        payment: Payment | None = None,
        latest: Sequence[Payment] | None = None,
        **options: Any,
    ) -> None:
        self.account, self.payment = account, payment
        if payment is not None:
            options.setdefault("initial", _initial(payment, options["zone"]))
        super().__init__(*args, **options)
        if not self.is_bound:
            self.initial["form_key"] = uuid.uuid4()
        kinds = (*rules.COUNTABLE, *rules.NEVER_COUNTED)
        undoable = Payment.objects.filter(account=account, kind__in=kinds)
        if payment is not None:
            undoable = undoable.exclude(pk=payment.pk)
        undoes: Any = self.fields["undoes"]
        undoes.iterator, undoes.chosen = LatestPayments, payment.undoes if payment is not None else None
        undoes.latest = None if latest is None else [one for one in latest if one.kind in kinds]
        undoes.queryset = undoable.order_by("-paid_at", "-id")
        undoes.label_from_instance = self._name_of
        self.fields["currency"].widget.attrs |= {"autocapitalize": "characters", "size": 4}

    def _name_of(self, payment: Payment) -> str:
        return f"{payment.paid_at.astimezone(self.zone):%Y-%m-%d} · {payment.gross.normalize():f} {payment.currency}"

    @property
    def head(self) -> list[forms.BoundField]:
        return [self[name] for name in self.HEAD]

    @property
    def rest(self) -> list[forms.BoundField]:
        return [field for field in self.visible_fields() if field.name not in self.HEAD]

    @property
    def is_rest_open(self) -> bool:
        """Whether the folded part holds an error or something that was typed: nothing typed is ever hidden."""
        return any(field.errors for field in self.rest) or any(
            field.value() not in (None, "", field.field.initial) for field in self.rest
        )

    def clean_currency(self) -> str:
        currency = self.cleaned_data["currency"].upper()
        if not (currency.isascii() and currency.isalpha() and len(currency) == 3):
            raise ValidationError(REFUSALS["currency", "not_a_line"][1])
        return str(currency)

    def clean(self) -> dict[str, Any]:
        facts = super().clean()
        gross, tax, currency, rate = (facts.get(name) for name in ("gross", "tax", "currency", "rate"))
        if tax is not None and gross is not None and tax > abs(gross):
            self.add_error("tax", REFUSALS["tax", "not_a_line"][1])
        if currency == "USD" and rate not in (None, 1):
            self.add_error("rate", _("One US dollar is one US dollar: leave this empty."))
        if currency and currency != "USD" and rate is None and "rate" not in self.errors:
            self.add_error("rate", REFUSALS["rate", "not_a_line"][1])
        if facts.get("undoes") is not None and facts.get("kind") not in (None, *rules.UNDOING):
            self.add_error("undoes", _("Only a refund or a chargeback takes a payment back."))
        return facts

    def facts(self) -> actions.PaymentFacts:
        said = self.cleaned_data
        facts = super().facts()
        payment = self.payment
        if payment is not None and not {"day", "clock"} & set(self.changed_data):
            # The form shows minutes; an instant that nobody touched keeps its seconds.
            facts = actions.PaymentFacts(
                kind=facts.kind, gross=facts.gross, paid_at=payment.paid_at, is_day_only=payment.is_day_only
            )
        return actions.PaymentFacts(
            kind=facts.kind,
            gross=facts.gross,
            paid_at=facts.paid_at,
            is_day_only=facts.is_day_only,
            status="void" if payment is not None and payment.is_void else said["status"],
            tax=said["tax"],
            currency=said["currency"],
            rate=said["rate"] if said["currency"] != "USD" else None,
            undoes=said["undoes"],
            reference=said["reference"],
            note=said["note"],
        )

    def refuse(self, refusal: actions.PaymentRefused) -> None:
        """Show beside its field what the ledger refused."""
        self.add_error(*words_of(refusal))

    def refuse_reuse(self) -> None:
        """Say that this very form recorded another payment; what was typed stays, with a fresh key."""
        self.add_error(
            None,
            _("This form has recorded another payment already. If this is a further one, record it once more."),
        )
        fresh: Any = self.data.copy()  # type: ignore[attr-defined]  # a bound form holds a QueryDict
        fresh[self.add_prefix("form_key")] = str(uuid.uuid4())
        self.data = fresh


def _initial(payment: Payment, zone: ZoneInfo) -> dict[str, Any]:
    local = payment.paid_at.astimezone(zone)
    return {
        "gross": f"{payment.gross.normalize():f}",
        "day": local.date(),
        "clock": None if payment.is_day_only else local.time().replace(second=0, microsecond=0),
        "kind": payment.kind,
        "status": payment.status if payment.status != "void" else "succeeded",
        "tax": None if payment.tax is None else f"{payment.tax.normalize():f}",
        "currency": payment.currency,
        "rate": None if payment.rate is None else f"{payment.rate.normalize():f}",
        "undoes": payment.undoes.uid if payment.undoes else None,
        "reference": payment.reference,
        "note": payment.note,
    }
