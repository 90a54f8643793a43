"""The forms of an import: what is given, and what its columns hold and it leaves open."""

import hashlib
import re
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts import actions
from accounts.forms.fields import AmountField, one_line
from accounts.gateways.tables import MOST_BYTES
from accounts.models import Workspace
from accounts.rules.imports import FIELDS, LEAVE_OUT, YENS, Choices, choices_for
from accounts.rules.imports.wording import CURRENCIES
from accounts.templatetags.imports import FIELDS as FIELD_WORDS
from accounts.templatetags.imports import in_rows, stranger_words, why_unreadable

SHOWN_OF_HEADING = 40
# So many names that lead to no account are asked about at once.
MOST_NAMES = 50
RATE = re.compile(r"rate-([A-Z]{3})")


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
        help_text=_(
            "From a billing page, a receipt mail or a spreadsheet: day, amount, status and number in any order, side "
            "by side or below each other."
        ),
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


class WorkspaceGivenForm(GivenForm):
    """A file, or a table that was pasted, for the accounts of a workspace; who has several is asked for which."""

    def __init__(self, *args: Any, workspaces: Iterable[Workspace], **options: Any) -> None:
        super().__init__(*args, **options)
        self.workspaces = {str(workspace.pk): workspace for workspace in workspaces}
        if len(self.workspaces) > 1:
            names = [(key, workspace.name) for key, workspace in self.workspaces.items()]
            self.fields["workspace"] = forms.ChoiceField(label=_("Workspace"), choices=names)
            self.order_fields(["workspace"])

    def home(self) -> Workspace:
        """The workspace that the valid form is for."""
        return self.workspaces[self.cleaned_data.get("workspace") or next(iter(self.workspaces))]


class MappingForm(forms.Form):
    """What each column holds, whose the rows are, and the answers to what they leave open.

    Only what is asked has a field. `asked` is Reading.asked; a bound form without it takes what was answered.
    """

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
        "yen": (_("¥ means"), [("", _("not said")), (YENS[0], _("yuan (CNY)")), (YENS[1], _("yen (JPY)"))]),
        "minus": (
            _("Every amount has a minus. It is"),
            [
                ("", _("not said")),
                ("payment", _("a payment: this page writes them so")),
                ("refund", _("a refund that lowers the total")),
            ],
        ),
    }

    def __init__(
        self,
        *args: Any,
        sketch: actions.Sketch,
        given: Choices,
        asked: Mapping[str, set[str]] | None = None,
        **options: Any,
    ) -> None:
        super().__init__(*args, **{"auto_id": "map_%s"} | options)
        self.sketch, self.given = sketch, given
        self.proven = sketch.choices if isinstance(sketch, actions.Reading) else given
        asked = _answered(self.data) if asked is None else asked
        if len(sketch.table.sheets) > 1:
            sheets = [(name, name) for name in sketch.table.sheets]
            self.fields["sheet"] = forms.ChoiceField(label=_("Sheet"), choices=sheets, initial=sketch.table.sheet)
        self._add_columns()
        self._add_accounts()
        self._add_questions(asked)

    def _add_columns(self) -> None:
        kinds = [("", _("nothing that matters")), *((name, FIELD_WORDS[name]) for name in FIELDS)]
        self.column_names = [f"column-{number}" for number in range(len(self.sketch.columns))]
        for number, name in enumerate(self.column_names):
            self.fields[name] = forms.ChoiceField(
                label=_heading(self.sketch, number), choices=kinds, required=False, initial=self.sketch.columns[number]
            )
        if "currency" not in self.sketch.columns and self.proven.currency in ("", *CURRENCIES):
            self.fields["currency"] = forms.ChoiceField(
                label=_("Currency if not said"),
                choices=[(code, code) for code in CURRENCIES],
                required=False,
                initial=self.proven.currency or "USD",
            )

    def _add_accounts(self) -> None:
        """A choice for each name that leads to no account; of one that names another account, only to leave it out."""
        owners = self.sketch.owners
        live = [(owner.id, owner.name) for owner in owners.live if owners.only in ("", owner.id)]
        self.strangers = {_field_of(named.key): named for named in self.sketch.strangers[:MOST_NAMES]}
        for name, named in self.strangers.items():
            self.fields[name] = forms.ChoiceField(
                label=named.text or gettext("Rows without an account"),
                choices=[
                    ("", _("not said")),
                    *(live if named.code != "other" else ()),
                    (LEAVE_OUT, _("leave these rows out")),
                ],
                required=False,
                initial=named.chosen,
                help_text=f"{in_rows(named.count)} · {stranger_words(named.code)}",
            )

    def _add_questions(self, asked: Mapping[str, set[str]]) -> None:
        for name, (label, choices) in self.CHOICES.items():
            if name in asked or (getattr(self.given, name) and name != "yen"):
                initial = getattr(self.proven if name == "yen" else self.given, name)
                self.fields[name] = forms.ChoiceField(label=label, choices=choices, required=False, initial=initial)
        self.currencies = sorted({*asked.get("rates", ()), *self.given.rates})
        for currency in self.currencies:
            self.fields[f"rate-{currency}"] = AmountField(
                label=gettext("US dollars for one %(currency)s") % {"currency": currency},
                required=False,
                places=10,
                most=Decimal(10) ** 6,
                initial=_as_typed(self.given.rates.get(currency)),
            )

    @property
    def columns(self) -> list[forms.BoundField]:
        names = (*self.column_names, *(["currency"] if "currency" in self.fields else ()))
        return [self[name] for name in names]

    @property
    def accounts(self) -> list[forms.BoundField]:
        return [self[name] for name in self.strangers]

    @property
    def hidden_names(self) -> int:
        """How many names lead to no account and have no field, because there are too many."""
        return max(0, len(self.sketch.strangers) - MOST_NAMES)

    @property
    def questions(self) -> list[forms.BoundField]:
        names = [*self.CHOICES, *(f"rate-{currency}" for currency in self.currencies)]
        return [self[name] for name in names if name in self.fields]

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

    @property
    def sheet(self) -> str:
        """Another sheet of the workbook, where the valid form chooses one; "" else."""
        chosen = str(self.cleaned_data.get("sheet", ""))
        return chosen if chosen != self.sketch.table.sheet else ""

    def said(self) -> tuple[list[str], Choices]:
        """What the valid form says."""
        said = self.cleaned_data
        rates = {currency: said[f"rate-{currency}"] for currency in self.currencies if said[f"rate-{currency}"]}
        answers = {name: said[name] for name in self.CHOICES if name in said}
        accounts = dict(self.given.accounts)
        for name, named in self.strangers.items():
            if name in said:
                accounts[named.key] = said[name]
        choices = Choices(
            **{name: getattr(self.given, name) for name in self.CHOICES} | answers,
            currency=self._currency(said.get("currency", "")),
            rates=rates,
            accounts={key: account for key, account in accounts.items() if account},
        )
        return [said[name] for name in self.column_names], choices

    def _currency(self, said: str) -> str:
        """What is meant where no currency stands, unless the table says that itself."""
        proven = choices_for(self.sketch.table.records, self.sketch.columns, Choices(), self.sketch.begins_at).currency
        return "" if said == proven else said


def _answered(data: Mapping[str, Any]) -> dict[str, set[str]]:
    """The questions that a form was sent with."""
    rates = {match[1] for match in map(RATE.fullmatch, data) if match}
    return {name: {""} for name in MappingForm.CHOICES if name in data} | {"rates": rates}


def _field_of(key: str) -> str:
    return f"account-{hashlib.sha256(key.encode()).hexdigest()[:12]}"


def _heading(sketch: actions.Sketch, number: int) -> str:
    """The column's own heading, or what stands in its first row."""
    text = sketch.heading[number]
    shown = text if len(text) <= SHOWN_OF_HEADING else f"{text[:SHOWN_OF_HEADING]}…"
    return shown or gettext("Column %(number)s") % {"number": number + 1}


def _as_typed(rate: Decimal | None) -> str | None:
    return None if rate is None else f"{rate.normalize():f}"
