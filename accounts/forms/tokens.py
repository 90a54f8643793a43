"""The form of a new token."""

import uuid
from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.forms.fields import KeyField, LineField
from accounts.models.token import SCOPES
from accounts.templatetags.slugs import TOKEN_SCOPES

DAYS = {"30": _("30 days"), "90": _("90 days"), "365": _("a year"), "ever": _("for ever")}


class TokenForm(forms.Form):
    """A name, what the token may do, and for how long. What it may do includes what stands above it in the list."""

    name = LineField(label=_("Name"), max_length=100, help_text=_("Where it will be used, such as nightly import."))
    may = forms.ChoiceField(
        label=_("It may"),
        choices=[(scope, TOKEN_SCOPES[scope]) for scope in SCOPES],
        initial=SCOPES[0],
        widget=forms.RadioSelect,
    )
    lasts = forms.ChoiceField(label=_("It works"), choices=list(DAYS.items()), initial="90")
    form_key = KeyField(required=False)

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        if not self.is_bound:
            self.initial["form_key"] = uuid.uuid4()

    def facts(self, *, now: datetime) -> dict[str, Any]:
        """What the valid form says, as `actions.make_token` takes it."""
        said = self.cleaned_data
        return {
            "name": said["name"],
            "scopes": SCOPES[: SCOPES.index(said["may"]) + 1],
            "expires_at": now + timedelta(days=int(said["lasts"])) if said["lasts"] != "ever" else None,
            "form_key": said["form_key"] or uuid.uuid4(),
        }
