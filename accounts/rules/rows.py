"""Read ledger lines from rows: what a CSV file or JSON gives, every value text or a number."""

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from accounts.rules.instants import from_text
from accounts.rules.ledger import LedgerError, Line

NEEDED_COLUMNS = ("id", "kind", "status", "gross", "paid_at")
COLUMNS = ("id", "kind", "status", "gross", "tax", "currency", "rate", "paid_at", "undoes", "reference")
AMOUNT = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)", re.ASCII)


def line_from(row: Mapping[str, Any]) -> Line:
    """Build a line from a row. LedgerError names the column; empty text and None are taken as not given."""
    for column in row:
        if column not in COLUMNS:
            raise LedgerError(str(column), "is not a known column")
    given = {column: value for column, value in row.items() if value is not None and value != ""}
    for column in NEEDED_COLUMNS:
        if column not in given:
            raise LedgerError(column, "is missing")
    try:
        paid_at = from_text(_text(given, "paid_at"))
    except ValueError as error:
        raise LedgerError("paid_at", str(error)) from None
    return Line(
        id=_text(given, "id"),
        kind=_text(given, "kind"),
        status=_text(given, "status"),
        gross=_amount(given, "gross"),
        paid_at=paid_at,
        tax=_amount(given, "tax") if "tax" in given else None,
        currency=_text(given, "currency") if "currency" in given else "USD",
        rate=_amount(given, "rate") if "rate" in given else None,
        undoes=_text(given, "undoes") if "undoes" in given else "",
        reference=_text(given, "reference") if "reference" in given else "",
    )


def _text(given: Mapping[str, Any], column: str) -> str:
    value = given[column]
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise LedgerError(column, "must be text")
    return str(value).strip()


def _amount(given: Mapping[str, Any], column: str) -> Decimal:
    value = given[column]
    if isinstance(value, str) and AMOUNT.fullmatch(value.strip()):
        return Decimal(value.strip())
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise LedgerError(column, f"{value!r} is not a number, such as 50.00")
    return Decimal(value)
