"""From the cells of a row to a payment, or to what is not understood of it. Nothing is guessed silently."""

import re
from collections.abc import Hashable, Iterator, Sequence
from datetime import datetime, tzinfo
from decimal import Decimal
from typing import Any

from accounts.rules.imports.amounts import Amount
from accounts.rules.imports.cells import Cells
from accounts.rules.imports.choices import Choices
from accounts.rules.imports.columns import Records
from accounts.rules.imports.currencies import YENS
from accounts.rules.imports.found import Found, Problem, Row
from accounts.rules.imports.owners import Owners
from accounts.rules.imports.wording import BARE_YEN, BUTTONS, NOTHING, Unclear, key_of
from accounts.rules.ledger import UNDOING

LONGEST_REFERENCE, LONGEST_NOTE = 100, 500
SPACES = re.compile(r"\s\s|[^\S ]")


def understand(
    records: Records,
    columns: Sequence[str],
    choices: Choices,
    *,
    begins_at: int,
    zone: tzinfo,
    now: datetime,
    owners: Owners | None = None,
) -> Iterator[Row]:
    """Read every row from `begins_at` on; one that is empty, or has only buttons, is passed over.

    Days without a zone are in `zone`. `owners` are the accounts that rows may name; None where it is not asked.
    """
    reader = _Reader(columns, choices, owners, zone, now)
    for place in range(begins_at, len(records)):
        record = records[place]
        if any(record) and (row := reader.row(place, record)) is not None:
            yield row


class _Reader:
    """Reads the rows of one table, one after the other; `_problems` and `_cells` are those of the present one."""

    def __init__(
        self, columns: Sequence[str], choices: Choices, owners: Owners | None, zone: tzinfo, now: datetime
    ) -> None:
        self._choices, self._owners = choices, owners
        meant = choices.currency or "USD"
        self._meant = choices.yen if meant == BARE_YEN and choices.yen else meant
        self._width = len(columns)
        self._places = {name: number for number, name in reversed(list(enumerate(columns))) if name}
        self._pairs = tuple(self._places.items())
        self._memos = Cells(choices, zone, now).memos
        self._cells: dict[str, str] = {}
        self._problems: list[Problem] = []

    def row(self, place: int, record: Sequence[str]) -> Row | None:
        if not NOTHING.isdisjoint(record):
            record = ["" if cell in NOTHING else cell for cell in record]
        width = len(record)
        if width < self._width:
            record = [*record, *[""] * (self._width - width)]
        self._cells = cells = {name: record[n] for name, n in self._pairs}
        problems: list[Problem] = []
        self._problems = problems
        amount = cells.get("amount", "")
        # Asked only where no amount stands: it costs more than all the rest.
        if (not amount or amount[0].isalpha()) and all(key_of(cell) in BUTTONS for cell in record if cell):
            return None
        account = self._account()
        if problems and problems[0].code == "left_out":
            return Row(place, None, (problems[0],))
        found = self._payment(account)
        if width > self._width and any(record[self._width :]):
            problems.append(Problem("", "ragged"))
        return Row(place, None if problems else found, tuple(problems))

    def _payment(self, account: str) -> Found | None:
        cells = self._cells
        at = self._value("day", (cells.get("day", ""), cells.get("clock", "")))
        amount: Amount | None = self._value("amount", cells.get("amount", ""))
        status = self._value("status", cells["status"]) if cells.get("status") else "succeeded"
        kind = self._value("kind", cells["kind"]) if cells.get("kind") else ""
        if self._problems or amount is None:
            return None
        status, kind = self._settled(status, kind, amount)
        currency = self._currency(amount)
        tax = self._value("tax", cells["tax"]) if cells.get("tax") else None
        gross = abs(amount.amount)
        if tax is not None and tax > gross:
            self._note("tax", "more")
        return Found(
            kind=kind,
            status=status,
            gross=gross,
            paid_at=at[0],
            is_day_only=at[1],
            tax=tax,
            currency=currency,
            rate=self._rate(currency),
            reference=self._text("reference", LONGEST_REFERENCE),
            note=self._text("note", LONGEST_NOTE),
            account=account,
        )

    def _value(self, name: str, text: Hashable) -> Any:
        """What stands in a cell; None, with a problem noted, when that is not clear."""
        found = self._memos[name][text]
        if isinstance(found, Unclear):
            self._note(name, found.code)
            return None
        return found

    def _note(self, name: str, code: str) -> None:
        self._problems.append(Problem(name, code, self._cells.get(name, "")))

    def _account(self) -> str:
        if self._owners is None:
            return ""
        try:
            return self._owners.of(self._cells.get("account", ""))
        except Unclear as unclear:
            self._note("account", unclear.code)
            return ""

    def _settled(self, status: str, kind: str, amount: Amount) -> tuple[str, str]:
        """Status and kind together: money that goes out is a refund; "refunded" alone is asked about."""
        if amount.amount < 0 and (status == "refunded" or not self._is_payment(kind)):
            if kind and kind not in UNDOING:
                self._note("amount", "negative")
            return "succeeded" if status == "refunded" else status, kind or "refund"
        if status == "refunded" and kind not in UNDOING:
            if self._choices.refunded == "refund":
                return "succeeded", "refund"
            if self._choices.refunded != "paid_back":
                self._note("status", "refunded")
            return "void", kind or "purchase"
        return "succeeded" if status == "refunded" else status, kind or "purchase"

    def _is_payment(self, kind: str) -> bool:
        """Whether an amount with a minus is money that came in, as some pages write it."""
        if kind in UNDOING:
            return False
        if self._choices.minus == "ask":
            self._note("amount", "minus")
        return self._choices.minus in ("payment", "ask")

    def _currency(self, amount: Amount) -> str:
        named = self._cells.get("currency", "")
        told = (self._value("currency", named) if named else None) or ""
        # "$" stands for several dollars, "¥" for yuan and yen: the column knows which.
        is_vague = told in YENS and amount.currency in (BARE_YEN, self._choices.yen)
        if told and not is_vague and amount.currency not in ("", "USD", told):
            self._note("currency", "differs")
        currency = told or amount.currency or self._meant
        if currency == BARE_YEN:
            self._problems.append(Problem("currency", "yen", BARE_YEN))
        return currency

    def _rate(self, currency: str) -> Decimal | None:
        if currency in ("USD", BARE_YEN):
            return None
        text = self._cells.get("rate", "")
        if text:
            rate: Decimal | None = self._value("rate", text)
            return rate
        if currency not in self._choices.rates:
            self._problems.append(Problem("rate", "missing", currency))
        return self._choices.rates.get(currency)

    def _text(self, name: str, longest: int) -> str:
        text = self._cells.get(name, "")
        if not text.isprintable():
            text = "".join(sign for sign in text if sign.isprintable() or sign.isspace())
        if SPACES.search(text):
            text = " ".join(text.split())
        if len(text) > longest:
            self._note(name, "long")
        return text
