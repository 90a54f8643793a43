"""The forms of an account: open, edit, move to another edition, and what the provider shows."""

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts import actions, rules
from accounts.forms.fields import AmountField, KeyField, LineField
from accounts.forms.payments import LineForm
from accounts.models import Shelf
from accounts.templatetags import plans, sayings

FOLLOW = "follow:"
KEPT = "kept"
DEFAULT_EDITION = "openai/2025-05"
REFUSALS = {
    ("name", "stands_twice"): ("name", _("Another account of this workspace has this name.")),
    ("seen_tier", "not_in_edition"): ("seen_tier", _("This edition has no such tier; choose one of its own.")),
    ("edition", "other_provider"): ("edition", _("Choose an edition of the same provider.")),
}


class EditionField(forms.ChoiceField):
    """An edition by its id, or "follow:<provider>" for whatever edition is in force."""


class ChoosesEdition(forms.Form):
    """An edition and a tier of it. The tiers on offer are those of the edition chosen so far."""

    edition = EditionField(label=_("Rules"))
    seen_tier = forms.ChoiceField(label=_("Tier that the provider shows now"))

    def __init__(self, *args: Any, shelf: Shelf, now: datetime, provider: str = "", **options: Any) -> None:
        super().__init__(*args, **options)
        self.shelf, self.now = shelf, now
        self.fields["edition"].choices = self._editions(provider)  # type: ignore[attr-defined]
        self.fields["seen_tier"].error_messages["invalid_choice"] = REFUSALS["seen_tier", "not_in_edition"][1]
        book = self.chosen
        if book is not None:
            self.fields["seen_tier"].choices = [(tier.id, tier.name) for tier in book.tiers]  # type: ignore[attr-defined]

    def _editions(self, only: str) -> list[tuple[str, list[tuple[str, Any]]]]:
        """Every edition by provider with its dates; which one is in force today is said."""
        groups: dict[str, list[tuple[str, Any]]] = {}
        for book in self.shelf.values():
            if only and book.provider.id != only:
                continue
            group = groups.setdefault(book.provider.name, [])
            current = self.shelf.in_force(book.provider.id, self.now.date())
            if not group and current is not None:
                words = _("Follow %(provider)s (today: %(edition)s)")
                group.append(
                    (
                        f"{FOLLOW}{book.provider.id}",
                        words % {"provider": book.provider.name, "edition": current.edition},
                    )
                )
            group.append((book.id, edition_name(book, is_current=book is current)))
        return list(groups.items())

    @property
    def chosen(self) -> rules.Rulebook | None:
        """The edition chosen so far, as the tiers on offer need it."""
        value = str(self["edition"].value() or "")
        if value.startswith(FOLLOW):
            return self.shelf.in_force(value.removeprefix(FOLLOW), self.now.date())
        return self.shelf.get(value)

    @property
    def follows_provider(self) -> bool:
        return str(self.cleaned_data["edition"]).startswith(FOLLOW)

    @property
    def rulebook_id(self) -> str:
        """The edition that a valid form names."""
        return self._rulebook_id

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        book = self.chosen
        if book is None:
            self._rulebook_id = ""
            if "edition" not in self.errors:
                self.add_error("edition", _("Choose an edition."))
        else:
            self._rulebook_id = book.id
        return said

    def refuse(self, refusal: actions.AccountRefused) -> None:
        """Show beside its field what the workshop refused."""
        field, words = REFUSALS.get((refusal.field, refusal.code), (None, _("This cannot stand as it is.")))
        self.add_error(field if field in self.fields else None, words)


def edition_name(book: rules.Rulebook, *, is_current: bool) -> Any:
    """An edition with its dates, for a list to choose from."""
    if book.kind == "article":
        return _("%(edition)s: the founding article's figures") % {"edition": book.edition}
    if is_current:
        return _("%(edition)s: in force today") % {"edition": book.edition}
    if book.ended is not None:
        return _("%(edition)s: until %(day)s at the latest") % {"edition": book.edition, "day": book.ended.by}
    return book.edition


class OpenAccountForm(ChoosesEdition):
    """Open an account: a name, the rules, the tier the provider shows; first payments come beside it."""

    name = LineField(label=_("Name"), max_length=100, help_text=_("Yours to choose, such as production-eu."))
    organization_ref = LineField(
        label=_("Organization ID"),
        required=False,
        max_length=100,
        help_text=_("Such as org-AbC123. Support asks for it; money is counted per organization."),
    )
    form_key = KeyField(required=False)

    field_order = ["name", "edition", "seen_tier", "organization_ref"]

    def __init__(self, *args: Any, **options: Any) -> None:
        initial = options.pop("initial", None) or {}
        shelf: Shelf = options["shelf"]
        edition = DEFAULT_EDITION if DEFAULT_EDITION in shelf else next(iter(shelf), "")
        super().__init__(*args, initial={"edition": edition, "form_key": uuid.uuid4()} | initial, **options)

    def facts(self) -> actions.AccountFacts:
        return actions.AccountFacts(
            name=self.cleaned_data["name"], organization_ref=self.cleaned_data["organization_ref"]
        )


class _Lines(forms.BaseFormSet):  # type: ignore[type-arg]
    def initial_form_count(self) -> int:
        """None: every row may be left empty, also those that were shown before; an empty row is no payment."""
        return 0


MOST_LINES = 50
FirstLines = forms.formset_factory(
    LineForm, formset=_Lines, extra=1, max_num=MOST_LINES, validate_max=True, absolute_max=MOST_LINES + 10
)


class EditAccountForm(forms.Form):
    """What a person says of an account, beside its rules and payments."""

    name = LineField(label=_("Name"), max_length=100)
    organization_ref = LineField(label=_("Organization ID"), required=False, max_length=100)
    goal = forms.ChoiceField(
        label=_("Goal"), required=False, help_text=_("The planner takes a goal further: with dates and amounts.")
    )
    room_usd = AmountField(
        label=_("Room for purchases, USD"),
        required=False,
        may_be_zero=True,
        help_text=_("How much more the provider lets you buy now, if it says so. Empty if you do not know."),
    )
    notes = forms.CharField(label=_("Notes"), required=False, max_length=5000, widget=forms.Textarea({"rows": 4}))

    def __init__(self, *args: Any, book: rules.Rulebook, initial: Mapping[str, Any], **options: Any) -> None:
        self._goal = dict(initial["goal"])
        tiers = [(f"tier:{tier.id}", sayings.tier_name(tier)) for tier in book.tiers]
        models = [(f"model:{model.id}", model.name) for model in book.models]
        choices: list[Any] = [("", _("none")), (_("A tier"), tiers), (_("A model"), models)]
        chosen = "".join(f"{kind}:{name}" for kind, name in self._goal.items())
        if self._goal and chosen not in dict(tiers + models):  # it says more than these, or is another edition's
            chosen = KEPT
            choices.append((KEPT, _("as it is: %(wish)s") % {"wish": plans.wish_in_words(self._goal, book)}))
        options["initial"] = {**initial, "goal": chosen}
        super().__init__(*args, **options)
        self.fields["goal"].choices = [choice for choice in choices if choice[1]]  # type: ignore[attr-defined]

    def facts(self) -> actions.AccountFacts:
        kind, _colon, name = self.cleaned_data["goal"].partition(":")
        goal = self._goal if kind == KEPT else {kind: name} if kind else {}
        return actions.AccountFacts(**{name: self.cleaned_data[name] for name in self.fields} | {"goal": goal})

    def refuse(self, refusal: actions.AccountRefused) -> None:
        field, words = REFUSALS.get((refusal.field, refusal.code), (None, _("This cannot stand as it is.")))
        self.add_error(field, words)
