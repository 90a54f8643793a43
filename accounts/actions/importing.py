"""Say what would come of an import, and write it: all of it in one transaction, over all its accounts, or nothing."""

import uuid
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

from django.db import connection

from accounts import rules
from accounts.actions.history import event, write_events
from accounts.actions.reading import Reading, Told, telling
from accounts.actions.standings import assess, settle
from accounts.models import Account, Event, Import, Payment, Shelf, User
from accounts.models.imports import UNDONE

COLUMNS = (
    *("id", "uid", "account_id", "kind", "status", "gross", "tax", "currency", "rate", "paid_at", "is_day_only"),
    *("undoes_id", "reference", "note", "expires_on", "form_key", "recorded_by_id", "recorded_at", "changed_at"),
    "came_by_id",
)
Ledgers = dict[str, list[rules.Line]]


def ledgers_of(accounts: Sequence[Account]) -> Ledgers:
    """The lines of accounts, by account."""
    ledgers: Ledgers = {str(account.pk): [] for account in accounts}
    for account_id, line in Payment.objects.filter(account__in=accounts).in_entry_order().lines():
        ledgers[str(account_id)].append(line)
    return ledgers


def comparable(ledgers: Ledgers, accounts: Sequence[Account]) -> Ledgers:
    """The lines that rows are matched with: all but those of an import that was undone."""
    undone = Payment.objects.filter(account__in=accounts, status="void", came_by__state=UNDONE)
    gone = {str(pk) for pk in undone.values_list("pk", flat=True)}
    if not gone:
        return ledgers
    return {account: [line for line in lines if line.id not in gone] for account, lines in ledgers.items()}


@dataclass(frozen=True)
class Part:
    """What an import would do to one account: its standing before and after, and its rows by verdict."""

    account: Account
    before: rules.Standing
    after: rules.Standing
    counts: Counter[str]


@dataclass(frozen=True)
class Preview:
    """What an import would bring: a verdict for each row that is understood, and what it does to each account.

    `reasons` says of each row that is new why it counts or does not, by the row's place among those understood.
    """

    reading: Reading
    verdicts: list[rules.imports.Verdict]
    parts: list[Part]
    reasons: dict[int, rules.Entry]

    @cached_property
    def counts(self) -> Counter[str]:
        return Counter(verdict.code for verdict in self.verdicts)

    def has_new(self) -> bool:
        return self.counts["new"] > 0


def accounts_in(held: Import, reading: Reading) -> list[Account]:
    """The accounts that the rows of a reading go to, by name; of an import into one account always that one."""
    if held.account is not None:
        return [held.account]
    named = {row.account for row in reading.found}
    return list(Account.objects.filter(workspace=held.home, pk__in=named).order_by("name", "id"))


def preview_import(
    accounts: Sequence[Account], reading: Reading, *, zone: ZoneInfo, shelf: Shelf, now: datetime
) -> Preview:
    """Say what would come of it as things are at this moment. `accounts` are those of its rows. Writes nothing."""
    ledgers = ledgers_of(accounts)
    verdicts = rules.imports.match(reading.found, comparable(ledgers, accounts), zone=zone)
    new: Ledgers = defaultdict(list)
    counts: Mapping[str, Counter[str]] = defaultdict(Counter)
    for place, (row, verdict) in enumerate(zip(reading.found, verdicts, strict=True)):
        counts[row.account][verdict.code] += 1
        if verdict.code == "new":
            new[row.account].append(row.as_line(f"row:{place}", verdict.undoes))
    parts, reasons = [], {}
    for account in accounts:
        key = str(account.pk)
        before = assess(account, ledgers[key], shelf, now=now)
        after = assess(account, [*ledgers[key], *new[key]], shelf, now=now) if new[key] else before
        parts.append(Part(account, before, after, counts[key]))
        for entry in after.tally.entries if new[key] else ():
            if entry.line.id.startswith("row:"):
                reasons[int(entry.line.id.removeprefix("row:"))] = entry
    return Preview(reading, verdicts, parts, reasons)


def write_import(
    accounts: Sequence[Account],
    held: Import,
    reading: Reading,
    *,
    by: User | None,
    now: datetime,
    tell: Told | None = None,
) -> None:
    """Write what is new into accounts that the caller has locked in its transaction, and settle each of them once.

    What is new is found again under the locks: of two equal imports at once the second one brings nothing.
    """
    ledgers = comparable(ledgers_of(accounts), accounts)
    verdicts = rules.imports.match(reading.found, ledgers, zone=ZoneInfo(held.zone))
    counts = Counter(verdict.code for verdict in verdicts)
    held.added, held.duplicates, held.conflicts = (counts[code] for code in rules.imports.VERDICTS)
    held.left_out = reading.troubled + reading.skipped
    new = {place: row for place, row in enumerate(reading.found) if verdicts[place].code == "new"}
    if not new:
        return
    ids = dict(zip(new, _new_ids(len(new)), strict=True))
    _copy(telling(_rows_of(held, new, verdicts, ids, by=by, now=now), tell))
    named = {row.account for row in new.values()}
    changed = [account for account in accounts if str(account.pk) in named]
    write_events(_events(changed, held, reading, verdicts, by=by, now=now))
    failed = settle(changed, now=now)
    if failed:
        raise failed[0].error


def _events(
    changed: Sequence[Account],
    held: Import,
    reading: Reading,
    verdicts: Sequence[rules.imports.Verdict],
    *,
    by: User | None,
    now: datetime,
) -> Iterator[Event]:
    """What the history of each account says of it: its own rows only. `left_out` are rows of nobody."""
    counts: Mapping[str, Counter[str]] = defaultdict(Counter)
    days: Mapping[str, list[datetime]] = defaultdict(list)
    for row, verdict in zip(reading.found, verdicts, strict=True):
        counts[row.account][verdict.code] += 1
        if verdict.code == "new":
            days[row.account].append(row.paid_at)
    names = dict(zip(rules.imports.VERDICTS, ("added", "duplicates", "conflicts"), strict=True))
    for account in changed:
        key = str(account.pk)
        facts = {
            "import": str(held.pk),
            "file": held.file_name,
            **{name: counts[key][code] for code, name in names.items()},
            "left_out": held.left_out if held.account_id else 0,
            "first": rules.as_text(min(days[key])),
            "last": rules.as_text(max(days[key])),
        }
        yield event(account, "payments_imported", at=now, by=by, **facts)


def _rows_of(
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
            *(ids[place], uid, row.account, row.kind, row.status, row.gross, row.tax, row.currency, row.rate),
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
