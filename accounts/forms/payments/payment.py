"""The payment form: what every payment has, then what its kind and its currency need, the rest folded away."""

import uuid
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.core.exceptions import ValidationError
from django.forms.models import ModelChoiceIterator
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from accounts import actions, rules
from accounts.forms.fields import AmountField, ClockField, DayField, KeyField, LineField
from accounts.forms.payments.lines import REFUSALS, LineForm, words_of
from accounts.forms.receipts import FilesField, given
from accounts.gateways import published
from accounts.models import Account, Payment
from accounts.templatetags.slugs import STATUSES as STATUS_WORDS

# So many payments can be chosen from as taken back.
MOST_CHOICES = 200
STATUSES = [(status, STATUS_WORDS[status]) for status in rules.STATUSES if status != "void"]


class LatestPayments(ModelChoiceIterator):  # type: ignore[type-arg]  # it is generic for the checker alone
    """The latest payments as choices, and the one that is chosen; any other may still be sent.

    The field's `latest` are those that somebody has read already, or None; `chosen` is the uid that stands in it.
    """

    def __iter__(self) -> Iterator[tuple[Any, Any]]:
        yield ("", self.field.empty_label)
        latest = getattr(self.field, "latest", None)
        latest = list(self.queryset[:MOST_CHOICES]) if latest is None else latest
        for payment in [*latest, *self._chosen(latest)]:
            yield self.choice(payment)

    def _chosen(self, latest: Sequence[Payment]) -> list[Payment]:
        """The payment that is chosen, where it is not among the latest."""
        try:
            uid = uuid.UUID(str(getattr(self.field, "chosen", "")))
        except ValueError:
            return []
        return [] if any(payment.uid == uid for payment in latest) else list(self.queryset.filter(uid=uid))


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
        help_text=_(
            "Only for other currencies. The rate that the provider used stands on its invoice; else divide the credit "
            "in dollars by what you paid without tax."
        ),
    )
    undoes = forms.ModelChoiceField(
        label=_("Takes back"),
        queryset=Payment.objects.none(),
        required=False,
        to_field_name="uid",
        empty_label=_("no particular payment"),
        help_text=_("Only for refunds and chargebacks."),
    )
    expires_on = DayField(label=_("Credit expires on"), required=False)
    reference = LineField(label=_("Invoice or receipt number"), required=False, max_length=100)
    note = LineField(label=_("Note"), required=False, max_length=500)
    receipts = FilesField(required=False)
    form_key = KeyField(required=False)

    HEAD = ("gross", "day", "kind")
    BESIDE = ("receipts",)
    # What depends on the kind and the currency (payments.css hides what they do not need), and what is folded away.
    NEEDED = ("currency", "tax", "rate", "undoes", "expires_on")
    FOLDED = ("clock", "status", "reference", "note")

    def __init__(
        self,
        *args: Any,
        account: Account,
        payment: Payment | None = None,
        latest: Sequence[Payment] | None = None,
        focus: str = "",
        **options: Any,
    ) -> None:
        """payment: the one to correct, else a new one is meant. latest: the payments to choose from, where somebody has
        read them. focus: the field where the reader's hand is wanted."""
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
        undoes.iterator, undoes.chosen = LatestPayments, self["undoes"].value()
        undoes.latest = None if latest is None else [one for one in latest if one.kind in kinds]
        undoes.queryset = undoable.order_by("-paid_at", "-id")
        undoes.label_from_instance = self._name_of
        self.fields["currency"].widget.attrs |= {
            "autocapitalize": "characters",
            "autocomplete": "off",
            "spellcheck": "false",
            "size": 4,
            "list": f"{self['currency'].auto_id}_codes",
        }
        self.fields["expires_on"].widget.attrs |= {"max": rules.LATEST_EXPIRY.isoformat()}
        self.fields["expires_on"].help_text = _expiry_hint(published.credit_rule(account.provider))
        if focus in self.fields:
            self.fields[focus].widget.attrs["autofocus"] = True

    def _name_of(self, payment: Payment) -> str:
        return f"{payment.paid_at.astimezone(self.zone):%Y-%m-%d} · {payment.gross.normalize():f} {payment.currency}"

    @property
    def head(self) -> list[forms.BoundField]:
        return [self[name] for name in self.HEAD]

    @property
    def needed(self) -> list[forms.BoundField]:
        return [self[name] for name in self.NEEDED]

    @property
    def folded(self) -> list[forms.BoundField]:
        return [self[name] for name in self.FOLDED]

    @property
    def is_open(self) -> bool:
        """Whether the folded part holds an error or something that was typed: nothing typed is ever hidden."""
        return any(field.errors for field in self.folded) or any(
            field.value() not in (None, "", field.field.initial) for field in self.folded
        )

    @property
    def is_foreign(self) -> bool:
        """Whether another currency than the dollar is named, so that a rate is needed."""
        return str(self["currency"].value() or "").strip().upper() not in ("", "USD")

    @property
    def currencies(self) -> tuple[str, ...]:
        """Common codes, to choose from."""
        return rules.imports.CURRENCIES

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
        self._check_expiry(facts)
        return facts

    def _check_expiry(self, facts: dict[str, Any]) -> None:
        last_on, kind, day = (facts.get(name) for name in ("expires_on", "kind", "day"))
        if last_on is None:
            return
        if kind is not None and kind not in rules.CREDITING:
            self.add_error("expires_on", _("Only credit expires. A payment of this kind gives none: leave this empty."))
        elif day is not None and last_on < day:
            self.add_error("expires_on", _("Credit cannot expire before the day of its payment."))
        elif last_on > rules.LATEST_EXPIRY:
            self.add_error("expires_on", _("This day is too far ahead to be true."))

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
            expires_on=said["expires_on"],
        )

    def given(self) -> list[actions.Given]:
        """The files that are to be attached to the payment."""
        return given(self.cleaned_data["receipts"])

    def tell_of_files(self) -> None:
        """Say beside the field that files which were chosen have to be chosen again, before the form is shown again."""
        if self.files:
            self.add_error("receipts", _("Choose the files again: browsers forget them when a form comes back."))

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
        "expires_on": payment.expires_on,
    }


def refund_of(payment: Payment, left: Decimal) -> dict[str, Any]:
    """What a form begins with that takes back `left` of a payment, in the payment's currency."""
    return {
        "kind": "refund",
        "undoes": payment.uid,
        "gross": f"{left:.2f}" if round(left, 2) == left else f"{left.normalize():f}",
        "currency": payment.currency,
        "rate": None if payment.rate is None else f"{payment.rate.normalize():f}",
        # Without tax in the payment there is none in what comes back; else nobody knows how much.
        "tax": "0" if payment.tax == 0 else None,
    }


def _expiry_hint(rule: rules.CreditRule | None) -> Any:
    if rule is None:
        return _("Only for credit that expires on a day you know of.")
    return ngettext_lazy(
        "Empty: what was bought expires %(months)d month after its payment, as the provider says.",
        "Empty: what was bought expires %(months)d months after its payment, as the provider says.",
        rule.months,
    ) % {"months": rule.months}
