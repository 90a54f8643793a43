"""Which rows of a table the ledger holds already: by reference, else by day, amount, currency, kind and ordinal.

Each line of the ledger answers for one row at most, so two equal payments on one day stay two, and the same table
twice brings nothing new. Nothing is ever overwritten: what says otherwise of a known payment is a conflict.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from decimal import Decimal

from accounts.rules.imports.rows import Found
from accounts.rules.ledger import UNDOING

VERDICTS = ("new", "duplicate", "conflict")


@dataclass(frozen=True, slots=True)
class Held:
    """A line that stands in the ledger: `id` names it."""

    id: str
    kind: str
    status: str
    gross: Decimal
    currency: str
    paid_at: datetime
    reference: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a row is beside the ledger and the rows before it. `held` is the line it was found to be, `row` the place
    (from 0) of the earlier row that says the same; `field` is what differs (a conflict). `undoes` is the id of the
    line that a refund takes back, or "row:<place>"; "" when nobody knows."""

    code: str
    held: str = ""
    row: int | None = None
    field: str = ""
    undoes: str = ""


Key = tuple[date, Decimal, str, str]


def match(rows: Sequence[Found], held: Sequence[Held], *, zone: tzinfo) -> list[Verdict]:
    """Return a verdict for each row, in their order. Days are those of `zone`."""
    matching = _Matching(held, zone)
    verdicts: list[Verdict | None] = [matching.by_reference(row, place) for place, row in enumerate(rows)]
    for matches in (matching.by_day, matching.by_pending):
        for place, row in enumerate(rows):
            verdicts[place] = verdicts[place] or matches(row)
    settled = [verdict or Verdict("new") for verdict in verdicts]
    return _linked(rows, settled, held)


class _Matching:
    def __init__(self, held: Sequence[Held], zone: tzinfo) -> None:
        self._zone = zone
        self._free: dict[Key, list[Held]] = defaultdict(list)
        self._referred: dict[tuple[str, str], Held] = {}
        self._rows: dict[tuple[str, str], tuple[int, Found]] = {}
        # A live line answers before a void one.
        for line in sorted(held, key=lambda line: line.status == "void"):
            self._free[self._key(line)].append(line)
            if line.reference:
                self._referred.setdefault((line.kind, line.reference), line)

    def _key(self, line: Held | Found) -> Key:
        return line.paid_at.astimezone(self._zone).date(), abs(line.gross), line.currency, line.kind

    def _differs(self, row: Found, line: Held | Found) -> str:
        """What a row says otherwise of the same payment; "" when nothing. What is void says nothing."""
        for name, ours, theirs in zip(("day", "amount", "currency"), self._key(row), self._key(line), strict=False):
            if ours != theirs:
                return name
        return "status" if row.status != line.status and "void" not in (row.status, line.status) else ""

    def by_reference(self, row: Found, place: int) -> Verdict | None:
        if not row.reference:
            return None
        key = row.kind, row.reference
        line = self._referred.get(key)
        if line is not None:
            if line in self._free[self._key(line)]:
                self._free[self._key(line)].remove(line)
            differs = self._differs(row, line)
            return Verdict("conflict" if differs else "duplicate", held=line.id, field=differs)
        if key in self._rows:
            earlier, said = self._rows[key]
            differs = self._differs(row, said)
            return Verdict("conflict" if differs else "duplicate", row=earlier, field=differs)
        self._rows[key] = place, row
        return None

    def _take(self, row: Found, statuses: tuple[str, ...]) -> Held | None:
        free = self._free.get(self._key(row), []) if self._free else []
        for line in free:
            if line.status in statuses and not (line.reference and row.reference):
                free.remove(line)
                return line
        return None

    def by_day(self, row: Found) -> Verdict | None:
        line = self._take(row, (row.status,)) or self._take(row, ("void",))
        if line is None and row.status == "void":
            line = self._take(row, ("succeeded", "failed"))
        return Verdict("duplicate", held=line.id) if line is not None else None

    def by_pending(self, row: Found) -> Verdict | None:
        """A payment that was pending when it was entered has come to its end since, or the other way round."""
        line = self._take(row, ("succeeded", "failed") if row.status == "pending" else ("pending",))
        return Verdict("conflict", held=line.id, field="status") if line is not None else None


def _linked(rows: Sequence[Found], verdicts: list[Verdict], held: Sequence[Held]) -> list[Verdict]:
    """Give each new refund the one earlier payment that has its reference."""
    payments: dict[str, list[tuple[datetime, str]]] = defaultdict(list)
    for line in held:
        if line.reference and line.kind not in UNDOING and line.status != "void":
            payments[line.reference].append((line.paid_at, line.id))
    for place, (row, verdict) in enumerate(zip(rows, verdicts, strict=True)):
        if row.reference and row.kind not in UNDOING and verdict.code == "new":
            payments[row.reference].append((row.paid_at, f"row:{place}"))
    linked = []
    for row, verdict in zip(rows, verdicts, strict=True):
        known = payments.get(row.reference, []) if row.kind in UNDOING and verdict.code == "new" else []
        is_clear = len(known) == 1 and known[0][0] <= row.paid_at
        linked.append(Verdict("new", undoes=known[0][1]) if is_clear else verdict)
    return linked
