"""What a person pastes. The form is given, keeps and shows the text without its secrets."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts import rules
from accounts.models import Account


class DoctorForm(forms.Form):
    """An error or the headers of an answer, and perhaps the account that it is about."""

    text = forms.CharField(
        label=_("Error or headers"),
        strip=False,
        error_messages={"required": _("Paste an error, or the headers of an answer.")},
        help_text=_("Keys and tokens are removed before anything is read; the text is not stored and not logged."),
        widget=forms.Textarea(
            attrs={
                "data-forget": "",
                "rows": 12,
                "autocomplete": "off",
                "autocapitalize": "off",
                "autocorrect": "off",
                "spellcheck": "false",
            }
        ),
    )
    account = forms.ChoiceField(label=_("Account"), required=False)

    def __init__(self, data: Any = None, *, accounts: Iterable[Account], is_cut: bool = False, **options: Any) -> None:
        """`data` holds the text scrubbed; `is_cut`: more was pasted than is read."""
        super().__init__(data, **options)
        self.is_cut = is_cut
        none = [("", _("none in particular"))]
        self.fields["account"].choices = none + [(str(held.pk), held.name) for held in accounts]  # type: ignore[attr-defined]

    def clean_text(self) -> str:
        text: str = self.cleaned_data["text"]
        if self.is_cut or len(text) > rules.MOST_PASTED:
            raise forms.ValidationError(
                _(
                    "This is more than %(count)d characters. Paste the error and the headers around it; what is "
                    "shown is the beginning."
                ),
                params={"count": rules.MOST_PASTED},
            )
        if not text.strip():
            raise forms.ValidationError(self.fields["text"].error_messages["required"])
        return text
