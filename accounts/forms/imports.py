"""The forms of an import: what is given, and what its columns hold and it leaves open."""

from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts import actions
from accounts.forms.fields import AmountField, one_line
from accounts.gateways.tables import MOST_BYTES
from accounts.rules.imports import FIELDS, Choices
from accounts.templatetags.imports import FIELDS as FIELD_WORDS
from accounts.templatetags.imports import why_unreadable

SHOWN_OF_HEADING = 40


class GivenForm(forms.Form):
    """A file, or a table that was pasted."""

    file = forms.FileField(
        label=_("File"),
        required=False,
        allow_empty_file=True,
        help_text=_("CSV or XLSX, as billing pages export it, up to 16 MB and 100,000 rows."),
        widget=forms.FileInput(attrs={"accept": ".csv,.tsv,.txt,.xlsx,text/csv,text/plain"}),
    )
    pasted = forms.CharField(
        label=_("Or paste rows"),
        required=False,
        strip=False,
        help_text=_("From a billing page, a mail or a spreadsheet: day, amount, status and number in any order."),
        widget=forms.Textarea(attrs={"rows": 8, "spellcheck": "false", "class": "pasted"}),
    )

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if file is not None and file.size > MOST_BYTES:
            raise ValidationError(why_unreadable("large", None))
        return file

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        file, pasted = given.get("file"), (given.get("pasted") or "").strip()
        if file is not None and pasted:
            self.add_error("pasted", _("Give a file or paste rows, not both."))
        elif file is None and not pasted and not self.errors:
            self.add_error("file", _("Choose a file, or paste rows below."))
        return given

    def content(self) -> tuple[bytes, str]:
        """What the valid form gives, and the file's name; "" for what was pasted."""
        file = self.cleaned_data["file"]
        if file is None:
            return self.cleaned_data["pasted"].encode(), ""
        return file.read(), one_line(file.name)

    def refuse(self, code: str, line: int | None) -> None:
        """Say beside what was given why it is no table."""
        name = "file" if self.cleaned_data.get("file") is not None else "pasted"
        self.add_error(name, why_unreadable(code, line))


class MappingForm(forms.Form):
    """What each column holds, and the answers to what the rows leave open. Only what is asked has a field."""

    CHOICES = {
        "order": (
            _("04/05/2025 is"),
            [("", _("not said")), ("day", _("4 May: the day first")), ("month", _("5 April: the month first"))],
        ),
        "decimal": (
            _("Before the cents stands"),
            [("", _("not said")), (".", _("a point: 1,234.56")), (",", _("a comma: 1.234,56"))],
        ),
        "refunded": (
            _("“Refunded” means"),
            [
                ("", _("not said")),
                ("paid_back", _("this payment was paid back in full and counts nothing")),
                ("refund", _("this row is the refund and lowers the total")),
            ],
        ),
    }

    def __init__(self, *args: Any, reading: actions.Reading, given: Choices, **options: Any) -> None:
        super().__init__(*args, **{"auto_id": "map_%s"} | options)
        self.given, asked = given, reading.asked
        kinds = [("", _("nothing that matters")), *((name, FIELD_WORDS[name]) for name in FIELDS)]
        self.column_names = [f"column-{number}" for number in range(len(reading.columns))]
        for number, name in enumerate(self.column_names):
            self.fields[name] = forms.ChoiceField(
                label=_heading(reading, number), choices=kinds, required=False, initial=reading.columns[number]
            )
        for name, (label, choices) in self.CHOICES.items():
            if name in asked or getattr(given, name):
                self.fields[name] = forms.ChoiceField(
                    label=label, choices=choices, required=False, initial=getattr(given, name)
                )
        self.currencies = sorted({*asked.get("rates", ()), *given.rates})
        for currency in self.currencies:
            self.fields[f"rate-{currency}"] = AmountField(
                label=gettext("US dollars for one %(currency)s") % {"currency": currency},
                required=False,
                places=10,
                most=Decimal(10) ** 6,
                initial=_as_typed(given.rates.get(currency)),
            )

    @property
    def columns(self) -> list[forms.BoundField]:
        return [self[name] for name in self.column_names]

    @property
    def questions(self) -> list[forms.BoundField]:
        return [field for field in self if field.name not in self.column_names]

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        chosen = [said[name] for name in self.column_names if said.get(name)]
        for number, name in enumerate(self.column_names):
            field = said.get(name)
            if field and field in [said.get(earlier) for earlier in self.column_names[:number]]:
                self.add_error(name, _("Another column holds this already."))
        for needed in ("day", "amount"):
            if needed not in chosen:
                words = gettext("No column holds this yet: %(field)s.") % {"field": FIELD_WORDS[needed]}
                self.add_error(None, words)
        return said

    def said(self) -> tuple[list[str], Choices]:
        """What the valid form says."""
        said = self.cleaned_data
        rates = {currency: said[f"rate-{currency}"] for currency in self.currencies if said[f"rate-{currency}"]}
        answers = {name: said[name] for name in self.CHOICES if name in said}
        choices = Choices(
            **({name: getattr(self.given, name) for name in (*self.CHOICES, "currency")} | answers), rates=rates
        )
        return [said[name] for name in self.column_names], choices


def _heading(reading: actions.Reading, number: int) -> str:
    """The column's own heading, or what stands in its first row."""
    text = reading.heading[number]
    shown = text if len(text) <= SHOWN_OF_HEADING else f"{text[:SHOWN_OF_HEADING]}…"
    return shown or gettext("Column %(number)s") % {"number": number + 1}


def _as_typed(rate: Decimal | None) -> str | None:
    return None if rate is None else f"{rate.normalize():f}"
