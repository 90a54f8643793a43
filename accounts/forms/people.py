"""Forms about a person: sign-up and profile."""

from functools import cache
from typing import Any
from zoneinfo import available_timezones

from allauth.account.forms import SignupForm
from django import forms
from django.conf import settings
from django.contrib.auth.password_validation import MinimumLengthValidator
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from accounts import notices
from accounts.forms.fields import one_line
from accounts.models import User
from accounts.templatetags.slugs import NOTICE_KINDS

# Each language by its own name, so that whoever reads only that language finds it.
LANGUAGE_NAMES = {"en": "English", "zh-hans": "简体中文"}


@cache
def time_zones() -> frozenset[str]:
    """Return the names that a person may choose: places and UTC, without the files beside them."""
    return frozenset(name for name in available_timezones() if "/" in name and not name.startswith("SystemV/")) | {
        "UTC"
    }


class LongEnough(MinimumLengthValidator):
    """Django's rule in words of ours: its own have no Chinese."""

    def get_error_message(self) -> str:
        pattern = ngettext("Use at least {count} character.", "Use at least {count} characters.", self.min_length)
        return pattern.format(count=self.min_length)


class SignUpForm(SignupForm):  # type: ignore[misc]
    """E-mail and password. The browser adds its time zone; without one, or with a wrong one, it is UTC."""

    time_zone = forms.CharField(required=False, max_length=64, widget=forms.HiddenInput(attrs={"data-time-zone": ""}))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.widget.attrs.pop("placeholder", None)
        self.fields["password1"].help_text = _("At least 12 characters. A few unrelated words are easy to remember.")

    def clean_time_zone(self) -> str:
        zone: str = self.cleaned_data["time_zone"]
        return zone if zone in time_zones() else "UTC"


class ProfileForm(forms.Form):
    """`notices` holds the kinds that may be mailed; the rest are muted."""

    name = forms.CharField(
        label=_("Name"), max_length=100, required=False, widget=forms.TextInput(attrs={"autocomplete": "name"})
    )
    language = forms.ChoiceField(
        label=_("Language"), choices=[(code, LANGUAGE_NAMES[code]) for code, _name in settings.LANGUAGES]
    )
    time_zone = forms.CharField(
        label=_("Time zone"),
        max_length=64,
        help_text=_("Such as Europe/Berlin or Asia/Shanghai. Pages and mails show every date in it."),
        widget=forms.TextInput(attrs={"list": "time-zones", "autocomplete": "off", "spellcheck": "false"}),
    )
    notices = forms.MultipleChoiceField(
        label=_("Mail me when"),
        required=False,
        choices=[(kind, NOTICE_KINDS[kind]) for kind in notices.KINDS],
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Every notice also stands on the notices page, mailed or not."),
    )

    @classmethod
    def of(cls, user: User, data: Any = None) -> "ProfileForm":
        """The form of a person, filled with what is stored."""
        wanted = [kind for kind in notices.KINDS if kind not in user.muted_kinds]
        stored = {"name": user.name, "language": user.language, "time_zone": user.time_zone, "notices": wanted}
        return cls(data, initial=stored)

    def clean_name(self) -> str:
        """A name stands in mail headers: it is one line."""
        return one_line(self.cleaned_data["name"])

    def clean_time_zone(self) -> str:
        zone: str = self.cleaned_data["time_zone"].strip()
        # People type the case and the space as they like.
        known = {name.lower(): name for name in time_zones()}.get(zone.replace(" ", "_").lower())
        if known is None:
            raise forms.ValidationError(
                gettext("There is no time zone %(zone)s. Write a name such as Europe/Berlin."), params={"zone": zone}
            )
        return known

    def muted_kinds(self) -> list[str]:
        """The kinds that this form leaves without mail. Only after `is_valid`."""
        return [kind for kind in notices.KINDS if kind not in self.cleaned_data["notices"]]
