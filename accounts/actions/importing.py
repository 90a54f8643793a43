"""Read what was given to an import, say what would come of it, and write it: all in one transaction, or nothing."""

import uuid
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

from django.db import connection
from django.db.models import Q

from accounts import rules
from accounts.actions.history import event, write_events
from accounts.actions.standings import assess, reassess
from accounts.gateways import tables
from accounts.models import Account, Import, Payment, Shelf, User
from accounts.models.imports import UNDONE

STEP = 2_000
COLUMNS = (
    *("id", "uid", "account_id", "kind", "status", "gross", "tax", "currency", "rate", "paid_at", "is_day_only"),
    *("undoes_id", "reference", "note", "expires_on", "form_key", "recorded_by_id", "recorded_at", "changed_at"),
    "came_by_id",
)
Told = Callable[[int], None]


@dataclass(frozen=True)
class Reading:
    """A table, what its columns hold, and its rows as they are understood."""

    table: tables.Table
    columns: tuple[str, ...]
    begins_at: int
    choices: rules.imports.Choices
    rows: list[rules.imports.Row]

    @cached_property
    def found(self) -> list[rules.imports.Found]:
        return [row.found for row in self.rows if row.found is not None]

    @property
    def troubled(self) -> int:
        return len(self.rows) - len(self.found)

    @property
    def heading(self) -> list[str]:
        """What stands above each column, or in its first row."""
        record = self.table.records[max(self.begins_at - 1, 0)]
        return [record[number] if number < len(record) else "" for number in range(len(self.columns))]

    @property
    def asked(self) -> dict[str, set[str]]:
        """What the rows leave open, by the choice that settles it; for rates the currencies."""
        asks: dict[str, set[str]] = {}
        for row in self.rows:
            for problem in row.problems:
                if choice := ASKS.get((problem.field, problem.code)):
                    asks.setdefault(choice, set()).add(problem.text if choice == "rates" else "")
        return asks


ASKS = {
    ("day", "ambiguous"): "order",
    ("expires", "ambiguous"): "order",
    ("amount", "ambiguous"): "decimal",
    ("tax", "ambiguous"): "decimal",
    ("status", "refunded"): "refunded",
    ("rate", "ambiguous"): "decimal",
    ("rate", "missing"): "rates",
}


def read_table(content: bytes) -> tables.Table:
    """Read what was given. gateways.tables.Unreadable when it is no table."""
    return tables.read(content, rules.imports.pick_apart)


def understand(
    table: tables.Table,
    columns: Sequence[str],
    given: rules.imports.Choices,
    *,
    begins_at: int,
    zone: ZoneInfo,
    now: datetime,
    tell: Told | None = None,
) -> Reading:
    """Understand a table; `tell` hears now and then how many rows are done."""
    choices = rules.imports.choices_for(table.records, columns, given, begins_at)
    rows = rules.imports.understand(table.records, columns, choices, begins_at=begins_at, zone=zone, now=now)
    return Reading(table, tuple(columns), begins_at, choices, list(_telling(rows, tell)))


def read_import(held: Import, *, now: datetime, tell: Told | None = None) -> Reading:
    """Read a stored import as it was mapped."""
    return understand(
        read_table(bytes(held.content)),
        held.columns,
        held.open_choices,
        begins_at=held.begins_at,
        zone=ZoneInfo(held.zone),
        now=now,
        tell=tell,
    )


def _telling(things: Iterable[Any], tell: Told | None) -> Iterator[Any]:
    for count, thing in enumerate(things, start=1):
        yield thing
        if tell is not None and count % STEP == 0:
            tell(count)


def held_lines(account: Account) -> list[rules.imports.Held]:
    """The lines that rows are matched with: all but those of an import that was undone."""
    standing = Payment.objects.filter(account=account).exclude(Q(status="void") & Q(came_by__state=UNDONE))
    names = ("pk", "kind", "status", "gross", "currency", "paid_at", "reference")
    return [rules.imports.Held(str(pk), *rest) for pk, *rest in standing.order_by("paid_at", "id").values_list(*names)]


@dataclass(frozen=True)
class Preview:
    """What an import would bring: a verdict for each row that is understood, and the standings before and after.

    `reasons` says of each row that is new why it counts or does not, by the row's place among those understood.
    """

    reading: Reading
    verdicts: list[rules.imports.Verdict]
    before: rules.Standing
    after: rules.Standing
    reasons: dict[int, rules.Entry]

    @cached_property
    def counts(self) -> Counter[str]:
        return Counter(verdict.code for verdict in self.verdicts)

    def has_new(self) -> bool:
        return self.counts["new"] > 0


def preview_import(account: Account, reading: Reading, *, zone: ZoneInfo, shelf: Shelf, now: datetime) -> Preview:
    """Say what would come of it as things are at this moment. Writes nothing."""
    verdicts = rules.imports.match(reading.found, held_lines(account), zone=zone)
    lines = [line for _, line in Payment.objects.filter(account=account).in_entry_order().lines()]
    before = assess(account, lines, shelf, now=now)
    new = [
        row.as_line(f"row:{place}", verdict.undoes)
        for place, (row, verdict) in enumerate(zip(reading.found, verdicts, strict=True))
        if verdict.code == "new"
    ]
    after = assess(account, [*lines, *new], shelf, now=now) if new else before
    reasons = {
        int(entry.line.id.removeprefix("row:")): entry
        for entry in after.tally.entries
        if entry.line.id.startswith("row:")
    }
    return Preview(reading, verdicts, before, after, reasons)


def write_import(
    account: Account, held: Import, reading: Reading, *, by: User | None, now: datetime, tell: Told | None = None
) -> None:
    """Write what is new into an account that the caller has locked in its transaction, and settle the account once.

    What is new is found again under the lock: of two equal imports at once the second one brings nothing.
    """
    verdicts = rules.imports.match(reading.found, held_lines(account), zone=ZoneInfo(held.zone))
    counts = Counter(verdict.code for verdict in verdicts)
    held.added, held.duplicates, held.conflicts = (counts[code] for code in rules.imports.VERDICTS)
    held.left_out = reading.troubled
    new = {place: row for place, row in enumerate(reading.found) if verdicts[place].code == "new"}
    if not new:
        return
    ids = dict(zip(new, _new_ids(len(new)), strict=True))
    _copy(_telling(_rows_of(account, held, new, verdicts, ids, by=by, now=now), tell))
    days = sorted(row.paid_at for row in new.values())
    facts = {
        "import": str(held.pk),
        "file": held.file_name,
        **{name: getattr(held, name) for name in ("added", "duplicates", "conflicts", "left_out")},
        "first": rules.as_text(days[0]),
        "last": rules.as_text(days[-1]),
    }
    write_events([event(account, "payments_imported", at=now, by=by, **facts)])
    reassess(account, now=now)


def _rows_of(
    account: Account,
    held: Import,
    new: dict[int, rules.imports.Found],
    verdicts: list[rules.imports.Verdict],
    ids: dict[int, int],
    *,
    by: User | None,
    now: datetime,
) -> Iterator[tuple[Any, ...]]:
    for place, row in new.items():
        undoes = verdicts[place].undoes
        undone = ids[int(undoes.removeprefix("row:"))] if undoes.startswith("row:") else int(undoes or 0) or None
        uid = uuid.uuid4()
        yield (
            *(ids[place], uid, account.pk, row.kind, row.status, row.gross, row.tax, row.currency, row.rate),
            *(row.paid_at, row.is_day_only, undone, row.reference, row.note, row.expires_on, uid),
            *(by.pk if by else None, now, now, held.pk),
        )


def _new_ids(count: int) -> list[int]:
    """Reserve keys, in their order: a refund of the same file must know its payment's."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval(pg_get_serial_sequence('accounts_payment', 'id')) FROM generate_series(1, %s)", [count]
        )
        return sorted(key for (key,) in cursor.fetchall())


def _copy(rows: Iterable[tuple[Any, ...]]) -> None:
    """Insert payments with COPY: one statement, whatever their number; every constraint holds as ever."""
    statement = f"COPY accounts_payment ({', '.join(COLUMNS)}) FROM STDIN"
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        for row in rows:
            copy.write_row(row)
