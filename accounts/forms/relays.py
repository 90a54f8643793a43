"""The forms of a relay. They take an address and never a key: what looks like one is cut out and not kept."""

import re
import uuid
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from accounts import actions, rules
from accounts.forms.fields import TURNING, AmountField, DayField, KeyField, LineField, instant_of
from accounts.models import Account, Relay, Shelf

LONGEST_ADDRESS = 2000
LONGEST_LIST = 150_000
SECRET_CODES = ("credentials", "key")
CUT_OUT = _("Write no API key here: tierdash does not want to know it. It was cut out and is kept nowhere.")
ADDRESSES = {
    "not_an_address": _("Write an address such as https://relay.example/v1."),
    "scheme": _("The address must begin with https://."),
    "credentials": _(
        "Write the address without a name and password: tierdash does not want to know them. "
        "They were cut out and are kept nowhere."
    ),
    "key": CUT_OUT,
    "query": _("Write the address without what follows a ? or #."),
    "open_http": _(
        "Without https, everybody on the way can read the key. "
        "Plain http:// is taken only for this machine and for private networks."
    ),
    "long": _("This address is too long to be one."),
}
REFUSALS: dict[tuple[str, str], Any] = {
    ("name", "stands_twice"): _("Another relay of this workspace has this name."),
    ("bridges", "not_of_this_workspace"): _("Choose an account of this workspace."),
    ("bridges", "needs_an_account"): _("Choose for which account the relay stands in."),
    ("model_ids", "too_many"): _("Name each model once, and at most %(most)d of them.") % {"most": rules.MOST_MODELS},
}


class AddressField(forms.CharField):
    """A base URL, in one spelling (rules.base_url). `rest` of the error is the address without its secret."""

    def to_python(self, value: Any) -> str:
        text = str(super().to_python(value) or "")
        if not text:
            return text
        if len(text) > LONGEST_ADDRESS:
            raise ValidationError(ADDRESSES["long"], code="long")
        try:
            return rules.base_url(text)
        except rules.BadAddress as error:
            raise ValidationError(ADDRESSES[error.code], code=error.code, params={"rest": error.rest}) from error


class ModelIdsField(forms.CharField):
    """Ids of models, one a line or with commas between them. One that stands twice is taken once."""

    widget = forms.Textarea(attrs={"rows": 6, "spellcheck": "false", "autocapitalize": "none"})

    def to_python(self, value: Any) -> tuple[str, ...]:  # type: ignore[override]
        text = str(super().to_python(value) or "")
        if len(text) > LONGEST_LIST:
            raise ValidationError(REFUSALS["model_ids", "too_many"], code="too_many")
        ids = tuple(dict.fromkeys(part for part in re.split(r"[\s,，、]+", text) if part))
        if len(ids) > rules.MOST_MODELS:
            raise ValidationError(REFUSALS["model_ids", "too_many"], code="too_many")
        for one in ids:
            if len(one) > rules.MOST_MODEL or not one.isprintable() or TURNING.intersection(one):
                raise ValidationError(
                    _("“%(start)s” is no id of a model: write up to %(most)d visible characters."),
                    code="model",
                    params={"start": ascii(one[:30])[1:-1], "most": rules.MOST_MODEL},
                )
        return ids

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, list | tuple) else value


def without_secrets(typed: dict[str, str]) -> dict[str, str]:
    """What was typed into a form that is only looked at, with everything cut out that may be secret."""
    kept = {name: rules.without_keys(text) for name, text in typed.items()}
    try:
        rules.base_url(typed.get("base_url", "")[:LONGEST_ADDRESS])
    except rules.BadAddress as error:
        if error.code in SECRET_CODES:
            kept["base_url"] = error.rest
    return kept


class _CutsOut(forms.Form):
    """A form whose fields take no key: what looks like one is cut out of what is shown again and kept nowhere."""

    TEXTS: tuple[str, ...] = ()

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        fresh: Any = self.data.copy()  # type: ignore[attr-defined]  # a bound form holds a QueryDict
        for name in self.TEXTS:
            typed = str(fresh.get(self.add_prefix(name), ""))
            if rules.has_key(typed):
                fresh[self.add_prefix(name)] = rules.without_keys(typed)
                if not self.has_error(name, "key"):
                    self.add_error(name, ValidationError(CUT_OUT, code="key"))
        for error in self.errors.as_data().get("base_url", ()):
            if error.code in SECRET_CODES:
                fresh[self.add_prefix("base_url")] = (error.params or {}).get("rest", "")
        self.data = fresh
        return said


class RelayForm(_CutsOut):
    """What a person says of a relay. What can be waited for is what the edition of the chosen account has."""

    TEXTS = ("name", "base_url", "model_ids", "notes")

    name = LineField(label=_("Name"), max_length=100, help_text=_("Yours to choose."))
    base_url = AddressField(
        label=_("Base URL"),
        help_text=_("What stands before /chat/completions. Without a key: tierdash never calls this address."),
        widget=forms.TextInput(attrs={"inputmode": "url", "spellcheck": "false", "autocapitalize": "none"}),
    )
    model_ids = ModelIdsField(
        label=_("Models it offers"),
        required=False,
        help_text=_("One a line, written as the relay wants it, such as openai/o3-mini."),
    )
    expires_on = DayField(
        label=_("Last day of the balance"), required=False, help_text=_("If the balance expires. Empty if it does not.")
    )
    bridges = forms.ModelChoiceField(
        label=_("Stands in for"), queryset=Account.objects.none(), required=False, empty_label=_("no account")
    )
    awaits = forms.ChoiceField(label=_("Until it has"), required=False)
    notes = forms.CharField(label=_("Notes"), required=False, max_length=5000, widget=forms.Textarea(attrs={"rows": 4}))
    form_key = KeyField(required=False)

    def __init__(self, *args: Any, accounts: Any, shelf: Shelf, relay: Relay | None = None, **options: Any) -> None:
        begun = {"form_key": uuid.uuid4()} | (_initial(relay) if relay else {})
        options["initial"] = begun | (options.get("initial") or {})
        super().__init__(*args, **options)
        bridges: Any = self.fields["bridges"]
        bridges.queryset = accounts
        self.shelf = shelf
        self.fields["awaits"].choices = [("", _("nothing in particular")), *self._aims()]  # type: ignore[attr-defined]
        self.fields["awaits"].error_messages["invalid_choice"] = _("This account's rules have no such tier or model.")

    def _aims(self) -> list[tuple[Any, list[tuple[str, str]]]]:
        """The tiers and models of the account chosen so far."""
        try:
            account = self.fields["bridges"].clean(self["bridges"].value())
        except ValidationError:
            account = None
        if account is None or account.rulebook_id not in self.shelf:
            return []
        book = self.shelf[account.rulebook_id]
        return [
            (_("Tiers"), [(f"tier:{tier.id}", tier.name) for tier in book.tiers]),
            (_("Models"), [(f"model:{model.id}", model.name) for model in book.models]),
        ]

    def clean(self) -> dict[str, Any]:
        said = super().clean()
        if said.get("awaits") and said.get("bridges") is None and "bridges" not in self.errors:
            self.add_error("bridges", REFUSALS["bridges", "needs_an_account"])
        return said

    def facts(self) -> actions.RelayFacts:
        """Return what the valid form says."""
        said = self.cleaned_data
        kind, _colon, what = said["awaits"].partition(":")
        return actions.RelayFacts(
            bridge_tier=what if kind == "tier" else "",
            bridge_model=what if kind == "model" else "",
            **{name: said[name] for name in ("name", "base_url", "model_ids", "expires_on", "bridges", "notes")},
        )

    def refuse(self, refusal: actions.RelayRefused) -> None:
        """Show beside its field what the workshop refused."""
        words = REFUSALS.get((refusal.field, refusal.code), _("This cannot stand as it is."))
        self.add_error(refusal.field if refusal.field in self.fields else None, words)


def _initial(relay: Relay) -> dict[str, Any]:
    aim = f"tier:{relay.bridge_tier}" if relay.bridge_tier else f"model:{relay.bridge_model}"
    names = ("name", "base_url", "model_ids", "expires_on", "notes")
    return {name: getattr(relay, name) for name in names} | {
        "bridges": relay.bridges_id,
        "awaits": aim if relay.bridge_tier or relay.bridge_model else "",
    }


class BalanceForm(forms.Form):
    """The balance that the relay showed on a day, in its own currency."""

    balance = AmountField(label=_("Balance"), may_be_zero=True, places=4)
    currency = forms.CharField(label=_("Currency"), initial="USD", max_length=3, min_length=3)
    balance_seen = DayField(label=_("Seen on"))

    def __init__(self, *args: Any, zone: ZoneInfo, now: datetime, **options: Any) -> None:
        super().__init__(*args, **options)
        self.zone, self.now = zone, now
        today = now.astimezone(zone).date()
        self.fields["balance_seen"].initial = today
        self.fields["balance_seen"].widget.attrs["max"] = today.isoformat()
        self.fields["currency"].widget.attrs |= {"autocapitalize": "characters", "size": 4}

    def clean_currency(self) -> str:
        currency = self.cleaned_data["currency"].upper()
        if not (currency.isascii() and currency.isalpha()):
            raise ValidationError(_("Write the three letters of a currency, such as USD or EUR."))
        return str(currency)

    def clean_balance_seen(self) -> date:
        day: date = self.cleaned_data["balance_seen"]
        if day > self.now.astimezone(self.zone).date():
            raise ValidationError(_("This lies in the future. Enter a balance when it has been seen."))
        return day

    def said(self) -> actions.Balance:
        """Return what the valid form says; a day alone is its last second, and today is now."""
        said = self.cleaned_data
        seen_at = instant_of(said["balance_seen"], None, self.zone, now=self.now)
        return actions.Balance(said["balance"], seen_at, said["currency"])


class FirstBalanceForm(BalanceForm):
    """The same beside the form that opens a relay, where it may be left empty."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        for name in ("balance", "balance_seen"):
            self.fields[name].required = False

    def clean_balance_seen(self) -> date:
        day = self.cleaned_data["balance_seen"] or self.now.astimezone(self.zone).date()
        self.cleaned_data["balance_seen"] = day
        return super().clean_balance_seen()

    def said(self) -> actions.Balance | None:  # type: ignore[override]
        return None if self.cleaned_data["balance"] is None else super().said()
