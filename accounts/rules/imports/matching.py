"""Which rows of a table the ledger holds already: by reference, else by day, amount, currency, kind and ordinal.

Accounts are matched each for itself. Each line of a ledger answers for one row at most, so two equal payments on one
day stay two, and the same table twice brings nothing new. Nothing is ever overwritten: what says otherwise of a known
payment is a conflict.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from decimal import Decimal

from accounts.rules.imports.found import Found
from accounts.rules.ledger import UNDOING, Line

VERDICTS = ("new", "duplicate", "conflict")


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


NEW = Verdict("new")
Key = tuple[str, date, Decimal, str, str]
# The lines of ledgers, by account.
Ledgers = Mapping[str, Sequence[Line]]


def match(rows: Sequence[Found], held: Ledgers, *, zone: tzinfo) -> list[Verdict]:
    """Return a verdict for each row, in their order. Days are those of `zone`; `held` are the ledgers by account."""
    matching = _Matching(held, zone)
    verdicts: list[Verdict | None] = [matching.by_reference(row, place) for place, row in enumerate(rows)]
    if matching.has_lines:
        for matches in (matching.by_day, matching.by_pending):
            for place, row in enumerate(rows):
                verdicts[place] = verdicts[place] or matches(row)
    settled = [verdict or NEW for verdict in verdicts]
    return _linked(rows, settled, held)


class _Matching:
    def __init__(self, held: Ledgers, zone: tzinfo) -> None:
        self._zone = zone
        self._free: dict[Key, list[Line]] = defaultdict(list)
        self._referred: dict[tuple[str, str, str], Line] = {}
        self._taken: set[str] = set()  # by a row with its reference
        self._rows: dict[tuple[str, str, str], tuple[int, Found]] = {}
        for account, lines in held.items():
            # A live line answers before a void one.
            for line in sorted(lines, key=lambda line: line.status == "void"):
                self._free[self._key(account, line)].append(line)
                if line.reference:
                    self._referred.setdefault((account, line.kind, line.reference), line)

    @property
    def has_lines(self) -> bool:
        return bool(self._free)

    def _key(self, account: str, line: Line | Found) -> Key:
        return account, line.paid_at.astimezone(self._zone).date(), abs(line.gross), line.currency, line.kind

    def _differs(self, row: Found, line: Line | Found) -> str:
        """What a row says otherwise of the same payment; "" when nothing. What is void says nothing."""
        ours, theirs = self._key(row.account, row), self._key(row.account, line)
        for name, mine, its in zip(("day", "amount", "currency"), ours[1:], theirs[1:], strict=False):
            if mine != its:
                return name
        return "status" if row.status != line.status and "void" not in (row.status, line.status) else ""

    def by_reference(self, row: Found, place: int) -> Verdict | None:
        if not row.reference:
            return None
        name = row.account, row.kind, row.reference
        if name in self._referred:
            line = self._referred[name]
            self._taken.add(line.id)
            differs = self._differs(row, line)
            return Verdict("conflict" if differs else "duplicate", held=line.id, field=differs)
        if name in self._rows:
            earlier, said = self._rows[name]
            differs = self._differs(row, said)
            return Verdict("conflict" if differs else "duplicate", row=earlier, field=differs)
        self._rows[name] = place, row
        return None

    def _take(self, row: Found, *statuses: tuple[str, ...]) -> Line | None:
        """The first free line that says the same as the row, in one of the statuses; the first group goes first."""
        free = self._free.get(self._key(row.account, row), [])
        for group in statuses if free else ():
            place = 0
            while place < len(free):
                line = free[place]
                is_taken = line.id in self._taken
                if is_taken or (line.status in group and not (line.reference and row.reference)):
                    del free[place]
                    if not is_taken:
                        return line
                else:
                    place += 1
        return None

    def by_day(self, row: Found) -> Verdict | None:
        also = (("succeeded", "failed"),) if row.status == "void" else ()
        line = self._take(row, (row.status,), ("void",), *also)
        return Verdict("duplicate", held=line.id) if line is not None else None

    def by_pending(self, row: Found) -> Verdict | None:
        """A payment that was pending when it was entered has come to its end since, or the other way round."""
        line = self._take(row, ("succeeded", "failed") if row.status == "pending" else ("pending",))
        return Verdict("conflict", held=line.id, field="status") if line is not None else None


def _linked(rows: Sequence[Found], verdicts: list[Verdict], held: Ledgers) -> list[Verdict]:
    """Give each new refund the one earlier payment of its account that has its reference."""
    refunds = [
        place
        for place, (row, verdict) in enumerate(zip(rows, verdicts, strict=True))
        if row.kind in UNDOING and row.reference and verdict.code == "new"
    ]
    if not refunds:
        return verdicts
    payments: dict[tuple[str, str], list[tuple[datetime, str]]] = defaultdict(list)
    for account, lines in held.items():
        for line in lines:
            if line.reference and line.kind not in UNDOING and line.status != "void":
                payments[account, line.reference].append((line.paid_at, line.id))
    for place, (row, verdict) in enumerate(zip(rows, verdicts, strict=True)):
        if row.reference and row.kind not in UNDOING and verdict.code == "new":
            payments[row.account, row.reference].append((row.paid_at, f"row:{place}"))
    for place in refunds:
        row = rows[place]
        known = payments.get((row.account, row.reference), [])
        if len(known) == 1 and known[0][0] <= row.paid_at:
            verdicts[place] = Verdict("new", undoes=known[0][1])
    return verdicts
