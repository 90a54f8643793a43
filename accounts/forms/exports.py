"""The forms of what comes back and of who leaves: a workspace's document, and the last word of a person."""

from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext_lazy as _

from accounts import exports
from accounts.models import User


class RestoreForm(forms.Form):
    """A workspace's document. Whether its people come back with it is asked only of who runs the instance."""

    document = forms.FileField(
        label=_("JSON file"),
        help_text=_("One that was downloaded here as JSON, up to 64 MB and its receipts."),
        error_messages={"empty": _("This file is empty.")},
        widget=forms.FileInput(attrs={"accept": ".json,application/json"}),
    )
    with_people = forms.BooleanField(
        label=_("Bring its people back, too"),
        required=False,
        help_text=_(
            "Its members see it again; who is new here chooses a password by “Forgot your password?”. "
            "Without this you are its only member."
        ),
    )

    def __init__(self, *args: Any, user: User, **options: Any) -> None:
        super().__init__(*args, **options)
        if not user.is_superuser:
            del self.fields["with_people"]

    def clean_document(self) -> "UploadedFile[bytes]":
        file: UploadedFile[bytes] = self.cleaned_data["document"]
        if (file.size or 0) > exports.most_bytes():
            most = exports.most_bytes() // 1024**2
            raise forms.ValidationError(_("This file is larger than {most} MB.").format(most=most))
        return file


class LeaveForm(forms.Form):
    """The address and the password, typed once more by who leaves."""

    email = forms.CharField(
        label=_("Your e-mail address, typed once more"),
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    password = forms.CharField(
        label=_("Your password"),
        max_length=1000,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )

    def __init__(self, *args: Any, user: User, **options: Any) -> None:
        super().__init__(*args, **options)
        self._user = user

    def clean_email(self) -> str:
        email: str = self.cleaned_data["email"]
        if email.strip().lower() != self._user.email:
            raise forms.ValidationError(_("This is not the address that you sign in with."))
        return email

    def clean_password(self) -> str:
        password: str = self.cleaned_data["password"]
        if not self._user.has_usable_password():
            raise forms.ValidationError(_("You have no password yet. Choose one first, by “Forgot your password?”."))
        if not self._user.check_password(password):
            raise forms.ValidationError(_("This is not your password."))
        return password
