"""A field for several files at once, and the form that attaches them to a payment."""

from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from accounts import actions, rules

ACCEPTED = ".pdf,.png,.jpg,.jpeg,.eml,application/pdf,image/png,image/jpeg,message/rfc822"
Files = list["UploadedFile[bytes]"]


def most_bytes() -> int:
    """How large a request may be that brings as many receipts as a payment may have, and a form around them."""
    room = rules.receipts.MOST_PER_PAYMENT * settings.RECEIPT_MOST_MB * 1024**2
    return int(room + (settings.DATA_UPLOAD_MAX_MEMORY_SIZE or 0))


class FilesInput(forms.FileInput):
    allow_multiple_selected = True


class FilesField(forms.FileField):
    """Any number of files. What each of them is, and whether it is taken, is told of each one when it is attached."""

    widget = FilesInput

    def __init__(self, **options: Any) -> None:
        help_text = format_lazy(
            _("PDF, PNG, JPEG or a saved mail (.eml), up to {most} MB each; several at once."),
            most=settings.RECEIPT_MOST_MB,
        )
        super().__init__(**{"label": _("Receipts"), "help_text": help_text} | options)
        self.widget.attrs |= {"accept": ACCEPTED, "multiple": True}

    def clean(self, data: Any, initial: Any = None) -> Files:
        files = [file for file in data or [] if file is not None]
        if self.required and not files:
            raise ValidationError(_("Choose a file."), code="required")
        return files


class ReceiptsForm(forms.Form):
    receipts = FilesField()

    def given(self) -> list[actions.Given]:
        return given(self.cleaned_data["receipts"])


def given(files: Files) -> list[actions.Given]:
    """Files of a valid form as the workshop takes them."""
    return [actions.Given(file.name or "", file.size or 0, file.read) for file in files]
