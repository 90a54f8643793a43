"""The payments of the statement, a row each, with the reason for which it counts or not."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts import rules
from accounts.templatetags import figures, slugs

# A table of more lines than this is cut in the middle: a paper of a hundred pages proves nothing more.
MOST_LINES, FIRST_LINES = 1000, 100


def ledger(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return the table of the payments; of a very long ledger the middle is left out, and said to be."""
    is_hidden = document["hidden"]["amounts"]
    rows = [_line(line, is_hidden) for line in document["ledger"]]
    left_out = len(rows) - MOST_LINES
    judged = _("“Counts” is judged by the rules below.")
    note = f"{_receipts(document)} {judged}"
    if left_out > 0:
        rows[FIRST_LINES : FIRST_LINES + left_out] = []
        pattern = ngettext(
            "{count} line after number {number} is left out on paper; evidence.json has every line.",
            "{count} lines after number {number} are left out on paper; evidence.json has every line.",
            left_out,
        )
        note = f"{pattern.format(count=figures.number(left_out), number=FIRST_LINES)} {note}"
    return {
        "title": _("Payments"),
        "head": [_("No."), _("Paid (UTC)"), _("What"), _("Amount"), _("Counted"), _("Total"), _("Counts?")],
        "rows": rows,
        "note": note if rows else _("No payment is recorded."),
    }


def _receipts(document: Mapping[str, Any]) -> str:
    """Where the receipts are."""
    if any(document["hidden"].values()):
        return _("Receipts stay out, because amounts or names are hidden.")
    if any(line["receipts"] for line in document["ledger"]):
        return _("Receipts are in the pack under the names that stand here.")
    return _("No receipt file is stored with this account.")


def _line(line: Mapping[str, Any], is_hidden: bool) -> dict[str, Any]:
    kind = slugs.word(slugs.KINDS, line["kind"])
    if line["status"] != "succeeded":
        kind = _("{kind} ({status})").format(kind=kind, status=slugs.word(slugs.STATUSES, line["status"]))
    day, _space, clock = f"{rules.from_text(line['paid_at']):%Y-%m-%d %H:%M:%S}".partition(" ")
    small = [line["reference"] or "", line["note"] or ""]
    if line["undoes"]:
        small.insert(0, _("of no. {number}").format(number=line["undoes"]))
    small += [receipt["file"] for receipt in line["receipts"] or ()]
    return {
        "number": str(line["number"]),
        "day": day,
        "clock": _("day only") if line["day_only"] else clock,
        "kind": kind,
        "small": [words for words in small if words],
        "amounts": [_("hidden")] * 3 if is_hidden else _amounts(line),
        "below": "" if is_hidden else _below(line),
        "reason": slugs.word(slugs.REASONS, line["reason"]),
        "counts": line["counts"],
    }


def _amounts(line: Mapping[str, Any]) -> list[str]:
    return [
        figures.money(line["gross"], line["currency"]),
        figures.money(line["counted_usd"]) if line["counts"] else "–",
        figures.money(line["total_usd"]),
    ]


def _below(line: Mapping[str, Any]) -> str:
    """What makes the counted amount differ from the gross one: tax, and the rate of the exchange."""
    parts = []
    if line["tax"] is not None and line["tax"].strip("0.-"):
        parts.append(_("tax {amount}").format(amount=figures.money(line["tax"], line["currency"])))
    if line["rate"] is not None and line["currency"] != "USD":
        parts.append(f"× {line['rate']}")
    return " ".join(parts)
