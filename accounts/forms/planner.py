"""The planner's form: an account or an edition, a wish, and perhaps a date. It is read from the address."""

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from accounts import rules
from accounts.forms.fields import AmountField, CountField, DayField, LineField
from accounts.models import Account, Shelf
from accounts.templatetags import sayings

DEFAULT_EDITION = "openai/2025-05"
WANTS = [("model", _("a model")), ("tier", _("a tier")), ("spend", _("a monthly spend"))]
MOST_YEARS = timedelta(days=3650)


def said_of(wish: rules.Wish) -> dict[str, str]:
    """A wish in the names of the planner's fields, for addresses that ask for it."""
    return {"spend" if name == "spend_usd" else name: str(value) for name, value in wish.as_json().items()}


class PlannerForm(forms.Form):
    """What is asked of the planner. Names that an edition does not know are no mistake: the answer says so.

    offered: models to choose from besides those of the edition, such as those of relays.
    """

    account = forms.ChoiceField(label=_("Account"), required=False)
    rulebook = forms.ChoiceField(label=_("Rules"), required=False)
    want = forms.ChoiceField(label=_("I need"), choices=WANTS, widget=forms.RadioSelect)
    model = LineField(label=_("Model"), required=False, max_length=80, widget=forms.Select)
    rpm = CountField(label=_("Requests a minute"), required=False)
    tpm = CountField(label=_("Tokens a minute"), required=False)
    tier = LineField(label=_("Tier"), required=False, max_length=40, widget=forms.Select)
    spend = AmountField(label=_("Spend a month, USD"), required=False)
    by = DayField(label=_("Needed by"), required=False)

    def __init__(
        self,
        said: QueryDict,
        *,
        accounts: Iterable[Account],
        shelf: Shelf,
        zone: ZoneInfo,
        now: datetime,
        offered: Iterable[str] = (),
    ) -> None:
        self.accounts = {str(account.pk): account for account in accounts}
        self.shelf, self.zone, self.now, self.offered = shelf, zone, now, offered
        facts = said.dict()
        facts.setdefault("account", self._usual_account() if "rulebook" not in facts else "")
        self.held = self.accounts.get(str(facts["account"]))
        default = DEFAULT_EDITION if DEFAULT_EDITION in shelf else next(iter(shelf))
        facts["rulebook"] = self.held.rulebook_id if self.held else facts.get("rulebook") or default
        self.book: rules.Rulebook = shelf.get(str(facts["rulebook"])) or shelf[default]
        if not any(facts.get(name) for name in ("want", "model", "tier", "spend")):
            facts |= self._usual_wish()
        facts.setdefault("want", "tier" if facts.get("tier") else "spend" if facts.get("spend") else "model")
        super().__init__(facts)
        self._offer(facts)
        self.fields["by"].widget.attrs["min"] = self._today.isoformat()

    def _usual_account(self) -> str:
        """The account that is meant when none is named; "" for one that is yet to be opened."""
        return next(iter(self.accounts), "")

    def _usual_wish(self) -> dict[str, str]:
        """What is wished for when nothing is said."""
        return {}

    def _offer(self, facts: dict[str, Any]) -> None:
        """The choices that this account or edition has; what stands in the address beside them is kept among them."""
        fields: dict[str, Any] = self.fields
        accounts = [(key, account.name) for key, account in self.accounts.items()]
        fields["account"].choices = [*accounts, ("", _("none yet"))]
        language = get_language() or "en"
        groups: dict[str, list[tuple[str, str]]] = {}
        for book in reversed(self.shelf.values()):
            groups.setdefault(book.provider.name, []).append((book.id, book.title.in_language(language)))
        fields["rulebook"].choices = sorted(groups.items(), key=lambda group: group[0].lower())
        offers = {
            "model": [(model.id, model.name) for model in self.book.models],
            "tier": [(tier.id, sayings.tier_name(tier)) for tier in self.book.tiers],
        }
        for name, choices in offers.items():
            said = str(facts.get(name, ""))[:80]
            known = {value for value, _word in choices}
            further = [] if name == "tier" else self._further(known)
            known |= {value for value, _word in further}
            fields[name].widget.choices = [
                ("", _("choose")),
                *choices,
                *([(_("Further models of your relays"), further)] if further else []),
                *([(said, said)] if said and said not in known else []),
            ]

    def _further(self, known: Iterable[str]) -> list[tuple[str, str]]:
        """The offered models that the edition does not know, without the vendor in front; each once."""
        names = dict.fromkeys(one.rpartition("/")[2] for one in self.offered)
        low = {one.lower() for one in known}
        return [(name, name) for name in names if name and name.lower() not in low]

    @property
    def _today(self) -> date:
        return self.now.astimezone(self.zone).date()

    def clean_by(self) -> date | None:
        day: date | None = self.cleaned_data["by"]
        if day is not None and not self._today <= day <= self._today + MOST_YEARS:
            raise ValidationError(_("Name a day that lies ahead, within ten years."), code="day")
        return day

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        if said.get("want") == "model" and not said.get("model") and (said.get("rpm") or said.get("tpm")):
            self.add_error("model", _("Choose the model that these limits are for."))
        return said

    @property
    def wish(self) -> rules.Wish | None:
        """What a valid form wishes for; None while nothing is said."""
        said = self.cleaned_data
        if said["want"] == "tier" and said["tier"]:
            return rules.Wish(tier=said["tier"])
        if said["want"] == "spend" and said["spend"] is not None:
            return rules.Wish(spend_usd=said["spend"])
        if said["want"] == "model" and said["model"]:
            return rules.Wish(model=said["model"], rpm=said["rpm"], tpm=said["tpm"])
        return None

    @property
    def query(self) -> str:
        """What was said, as the address of every page that takes a wish has it."""
        names = {"model": ("model", "rpm", "tpm"), "tier": ("tier",), "spend": ("spend",)}
        said = {name: self.data[name] for name in (*names.get(self.data["want"], ()), "by") if self.data.get(name)}
        asker = {"account": self.data["account"]} if self.held else {"account": "", "rulebook": self.book.id}
        return urlencode(asker | said)

    @property
    def wanted_at(self) -> datetime | None:
        """When it must be live: the first moment of the day that was named, in the person's zone."""
        day = self.cleaned_data["by"]
        return datetime.combine(day, time.min, self.zone) if day is not None else None
