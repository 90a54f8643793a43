"""Imports in words: what a column holds, why a cell is not understood, what became of a file. {% load imports %}."""

from typing import Any

from django import template
from django.utils.translation import gettext, gettext_lazy, ngettext, pgettext_lazy

from accounts.models import Import
from accounts.templatetags.slugs import Words, word

register = template.Library()

FIELDS: Words = {
    "day": pgettext_lazy("what a column holds", "Day"),
    "clock": pgettext_lazy("what a column holds", "Time"),
    "amount": pgettext_lazy("what a column holds", "Amount"),
    "currency": pgettext_lazy("what a column holds", "Currency"),
    "rate": pgettext_lazy("what a column holds", "US dollars for one unit"),
    "tax": pgettext_lazy("what a column holds", "Tax in it"),
    "status": pgettext_lazy("what a column holds", "Status"),
    "kind": pgettext_lazy("what a column holds", "Kind"),
    "reference": pgettext_lazy("what a column holds", "Invoice or receipt number"),
    "account": pgettext_lazy("what a column holds", "Account"),
    "note": pgettext_lazy("what a column holds", "Note"),
    "expires": pgettext_lazy("what a column holds", "Last day of the credit"),
}
VERDICTS: dict[str, tuple[str, Any]] = {
    "new": ("fine", pgettext_lazy("a row of an import", "new")),
    "duplicate": ("unknown", pgettext_lazy("a row of an import", "there already")),
    "conflict": ("now", pgettext_lazy("a row of an import", "conflict")),
    "other": ("unknown", pgettext_lazy("a row of an import", "another account")),
    "left_out": ("unknown", pgettext_lazy("a row of an import", "left out")),
    "not_understood": ("wrong", pgettext_lazy("a row of an import", "not understood")),
}
STATES: dict[str, tuple[str, Any]] = {
    "draft": ("unknown", pgettext_lazy("state of an import", "not started")),
    "waiting": ("soon", pgettext_lazy("state of an import", "waiting")),
    "running": ("soon", pgettext_lazy("state of an import", "under way")),
    "done": ("fine", pgettext_lazy("state of an import", "done")),
    "failed": ("wrong", pgettext_lazy("state of an import", "failed")),
    "cancelled": ("unknown", pgettext_lazy("state of an import", "given up")),
    "undone": ("unknown", pgettext_lazy("state of an import", "undone")),
}
DIFFERENCES: Words = {
    "day": gettext_lazy("A payment with this number is in the ledger on another day."),
    "amount": gettext_lazy("A payment with this number is in the ledger with another amount."),
    "currency": gettext_lazy("A payment with this number is in the ledger in another currency."),
    "status": gettext_lazy("This payment is in the ledger with another status. Correct it there if the file is right."),
}
PROBLEMS: dict[tuple[str, str], Any] = {
    ("day", "missing"): gettext_lazy("There is no day in this row."),
    ("day", "none"): gettext_lazy("This is no day that can be read. Write it as 2025-05-31."),
    ("day", "ambiguous"): gettext_lazy(
        "This may be two different days. Say above whether the day or the month is first."
    ),
    ("day", "future"): gettext_lazy("This lies in the future. Import a payment when it has been made."),
    ("day", "early"): gettext_lazy("tierdash keeps payments from 2015 on."),
    ("day", "gap"): gettext_lazy("This time did not exist on that day in your time zone: the clocks were put forward."),
    ("amount", "missing"): gettext_lazy("There is no amount in this row."),
    ("amount", "none"): gettext_lazy("This is no amount of money that can be read."),
    ("amount", "ambiguous"): gettext_lazy(
        "This may be a thousand or one and a bit. Say above which sign stands before the cents."
    ),
    ("amount", "mixed"): gettext_lazy("The points and commas of this amount do not fit those of the other rows."),
    ("amount", "zero"): gettext_lazy("The amount must be more than 0."),
    ("amount", "large"): gettext_lazy("This amount is too large to be true."),
    ("amount", "negative"): gettext_lazy("Only a refund or a chargeback is written with a minus sign."),
    ("amount", "minus"): gettext_lazy(
        "Every amount has a minus. Say above whether they are payments or refunds: some pages write payments so."
    ),
    ("amount", "places"): gettext_lazy("An amount has at most 4 digits after the point."),
    ("tax", "more"): gettext_lazy("The tax cannot be more than the amount."),
    ("rate", "missing"): gettext_lazy("No rate: how many US dollars is one unit of this currency? Say it above."),
    ("rate", "zero"): gettext_lazy("The rate must be more than 0."),
    ("rate", "large"): gettext_lazy("This rate is too large to be true."),
    ("currency", "unknown"): gettext_lazy("This is no currency that tierdash knows."),
    ("currency", "yen"): gettext_lazy("¥ may be yuan or yen. Say above which."),
    ("currency", "differs"): gettext_lazy("The amount names another currency than this column."),
    ("status", "unknown"): gettext_lazy("This status is not known: succeeded, pending, failed or refunded are."),
    ("status", "refunded"): gettext_lazy("Was this payment paid back, or is the row the refund? Say it above."),
    ("kind", "unknown"): gettext_lazy("This kind of payment is not known."),
    ("expires", "none"): gettext_lazy("This is no day that can be read. Write it as 2025-05-31."),
    ("expires", "long"): gettext_lazy("This is no day that can be read. Write it as 2025-05-31."),
    ("expires", "ambiguous"): gettext_lazy(
        "This may be two different days. Say above whether the day or the month is first."
    ),
    ("expires", "no_credit"): gettext_lazy("Only credit expires. This kind of payment gives none: clear the cell."),
    ("expires", "before"): gettext_lazy("Credit cannot expire before the day of its payment."),
    ("expires", "late"): gettext_lazy("This day is too far ahead to be true."),
    ("account", "missing"): gettext_lazy("This row names no account. Choose one above, or leave such rows out."),
    ("account", "unknown"): gettext_lazy("No account has this name or reference. Choose one above, or leave it out."),
    ("account", "several"): gettext_lazy("Several accounts have this name or reference. Choose one above."),
    ("account", "archived"): gettext_lazy(
        "This account is in the archive. Take it back first, or choose another above."
    ),
    ("account", "other"): gettext_lazy("This row is for another account."),
    ("account", "left_out"): gettext_lazy("As you said of this name, its rows are left out."),
    ("", "ragged"): gettext_lazy("This row has more cells than the headings."),
}
# What is said once of a name, beside its choice; PROBLEMS say it of each row.
STRANGERS: Words = {
    "missing": gettext_lazy("they name no account"),
    "unknown": gettext_lazy("no account has this name or reference"),
    "several": gettext_lazy("several accounts have this name or reference"),
    "archived": gettext_lazy("this account is in the archive"),
    "other": gettext_lazy("this is another account"),
}
REFUSALS: Words = {
    "archived": gettext_lazy("An account of this import is in the archive. Take it back first."),
    "moved": gettext_lazy(
        "Accounts were named, added or archived since you looked, so that rows would go elsewhere. Nothing was written."
    ),
    "not_understood": gettext_lazy(
        "Some rows are not understood. Say what they mean, or agree below the rows to leave them out."
    ),
    "nothing": gettext_lazy("No row is new: the ledger holds all of them already. Nothing was changed."),
    "over": gettext_lazy("This import has been started or given up already."),
    "rows": gettext_lazy(
        "These are more than 100,000 payments. Split the file and import the parts one after the other."
    ),
    "crashed": gettext_lazy("The server was stopped while it worked on this, several times. Nothing was written."),
    "unexpected": gettext_lazy("Something went wrong on the server. Nothing was written; its log says why."),
}
UNREADABLE: Words = {
    "empty": gettext_lazy("There is nothing in it."),
    "large": gettext_lazy("This is too large: at most 16 MB, and 128 MB unfolded. Split it into several files."),
    "rows": gettext_lazy("These are more than 100,000 rows. Split the file and import the parts one after the other."),
    "columns": gettext_lazy("This has more than 60 columns. Leave out those that say nothing of payments."),
    "cell": gettext_lazy("One cell holds more than 2,000 characters: this is no table of payments."),
    "encoding": gettext_lazy("The letters of this file cannot be read. Save it as CSV in UTF-8, or as XLSX."),
    "binary": gettext_lazy("This is no text. Export a CSV or XLSX file from the billing page."),
    "archive": gettext_lazy("This is a ZIP archive and no workbook. Unpack it and import the table in it."),
    "broken": gettext_lazy("This workbook is damaged and cannot be opened. Save it once more."),
    "old": gettext_lazy("This is a workbook of before 2007. Save it as XLSX or CSV."),
    "locked": gettext_lazy("This workbook is protected with a password. Save it without one."),
    "pdf": gettext_lazy("This is a PDF. Open it, copy its text and paste that below; keep the PDF as a receipt."),
    "page": gettext_lazy("This is a page of the web. Open it, copy the rows and paste them below."),
    "json": gettext_lazy("This is JSON, which is no table. Export a CSV or XLSX file from the billing page."),
    "quote": gettext_lazy("A quotation mark is opened and not closed, or stands at the wrong place."),
}

REMARKS: Words = {
    "hidden": gettext_lazy("This workbook has hidden rows. They are read like all others."),
    "merged": gettext_lazy(
        "This sheet has merged cells. A day or a name in one holds for each row it spans, an amount for the first only."
    ),
}


def why_unreadable(code: str, line: int | None) -> str:
    """Why a file is no table, with the line where it shows."""
    words = word(UNREADABLE, code)
    return words if line is None else gettext("Line {line}: {words}").format(line=line, words=words)


@register.filter
def import_refusal(code: str) -> str:
    return word(REFUSALS, code)


@register.filter
def table_remark(code: str) -> str:
    return word(REMARKS, code)


@register.filter
def column_field(field: str) -> str:
    return word(FIELDS, field)


@register.filter
def verdict_word(code: str) -> str:
    return str(VERDICTS[code][1])


@register.filter
def verdict_state(code: str) -> str:
    return VERDICTS[code][0]


def problem_words(field: str, code: str) -> str:
    """Why a cell is not understood."""
    general = gettext("This is too long.") if code == "long" else gettext("This cannot be read.")
    return str(PROBLEMS.get((field, code)) or PROBLEMS.get(("amount", code)) or general)


def stranger_words(code: str) -> str:
    """Why a name leads to no account."""
    return word(STRANGERS, code)


@register.filter
def lines_of(line: int, last: int) -> str:
    """The lines that a row stands on: "7", or "7–9"."""
    return str(line) if line == last else f"{line}–{last}"


@register.filter
def import_word(state: str) -> str:
    return str(STATES[state][1])


@register.filter
def import_state(state: str) -> str:
    return STATES[state][0]


@register.filter
def import_name(held: Import) -> str:
    """The file, or that it was pasted."""
    return held.file_name or gettext("pasted table")


@register.filter
def in_payments(count: int) -> str:
    """A number of payments, such as "3 payments"."""
    return ngettext("%(count)s payment", "%(count)s payments", count) % {"count": f"{count:,}"}


@register.filter
def in_rows(count: int) -> str:
    return ngettext("%(count)s row", "%(count)s rows", count) % {"count": f"{count:,}"}
