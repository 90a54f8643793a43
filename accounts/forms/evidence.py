"""The switches of the evidence: about which tier, in which language, and what is left out."""

from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from accounts import rules
from accounts.forms.people import LANGUAGE_NAMES
from accounts.templatetags.sayings import tier_name


class EvidenceForm(forms.Form):
    tier = forms.ChoiceField(label=_("About which tier"))
    language = forms.ChoiceField(
        label=_("Language of the statement"),
        choices=[(code, LANGUAGE_NAMES[code]) for code, _name in settings.LANGUAGES],
        help_text=_("The ticket's text is in the pack in both languages."),
    )
    hides_amounts = forms.BooleanField(
        label=_("Hide amounts"),
        required=False,
        help_text=_("Whether the money sufficed for the tier still stands there, and since when. Receipts stay out."),
    )
    hides_names = forms.BooleanField(
        label=_("Hide names"),
        required=False,
        help_text=_("The account, its organization ID, who made the pack, references and notes. Receipts stay out."),
    )

    def __init__(self, data: Any = None, *, standing: rules.Standing, language: str, **options: Any) -> None:
        initial = {"tier": standing.advice.tier.id, "language": language}
        super().__init__(data, initial=initial, **options)
        self.fields["tier"].choices = [(tier.id, tier_name(tier)) for tier in standing.rulebook.tiers]  # type: ignore[attr-defined]

    @property
    def chosen(self) -> dict[str, Any]:
        """What a valid form says; what is offered at first when there is none."""
        if self.is_bound and self.is_valid():
            return self.cleaned_data
        return {"tier": self.initial["tier"], "language": self.initial["language"]} | dict.fromkeys(
            ("hides_amounts", "hides_names"), False
        )

    @property
    def hidden(self) -> rules.Hidden:
        return rules.Hidden(self.chosen["hides_amounts"], self.chosen["hides_names"])
