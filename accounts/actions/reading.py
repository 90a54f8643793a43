"""Read what was given to an import: its table, what the columns hold, whose the rows are, and what they leave open."""

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

from accounts import rules
from accounts.gateways import tables
from accounts.models import Account, Import, Workspace

STEP = 2_000
Told = Callable[[int], None]
ASKS = {
    ("day", "ambiguous"): "order",
    ("expires", "ambiguous"): "order",
    ("amount", "ambiguous"): "decimal",
    ("tax", "ambiguous"): "decimal",
    ("rate", "ambiguous"): "decimal",
    ("amount", "minus"): "minus",
    ("status", "refunded"): "refunded",
    ("rate", "missing"): "rates",
    ("currency", "yen"): "yen",
}


@dataclass(frozen=True)
class Named:
    """A name in the table that leads to no account by itself: why (a code), in how many rows, and what was chosen."""

    key: str
    text: str
    code: str
    count: int
    chosen: str = ""


@dataclass(frozen=True)
class Sketch:
    """A table and what its columns are said to hold: what can be told of it without reading its rows."""

    table: tables.Table
    columns: tuple[str, ...]
    begins_at: int
    owners: rules.imports.Owners

    @property
    def heading(self) -> list[str]:
        """What stands above each column, or in its first row."""
        record = self.table.records[max(self.begins_at - 1, 0)]
        return [record[number] if number < len(record) else "" for number in range(len(self.columns))]

    @property
    def names_accounts(self) -> bool:
        return "account" in self.columns

    @cached_property
    def named(self) -> Counter[str]:
        """What stands in the column of the account, and how often; "" for every row where there is none."""
        records = self.table.records[self.begins_at :]
        if not self.names_accounts:
            return Counter({"": len(records)})
        column = self.columns.index("account")
        return Counter(record[column] if column < len(record) else "" for record in records)

    @cached_property
    def strangers(self) -> list[Named]:
        """The names that lead to no account by themselves, the most frequent first."""
        alone = rules.imports.Owners(self.owners.all, self.owners.only)
        found: dict[str, Named] = {}
        for text, count in self.named.most_common():
            try:
                alone.of(text)
            except rules.imports.Unclear as unclear:
                key = rules.imports.name_key(text)
                before = found[key].count if key in found else 0
                chosen = self.owners.chosen.get(key, "")
                first = found[key].text if key in found else text
                found[key] = Named(key, first, unclear.code, before + count, chosen)
        return list(found.values())

    @property
    def has_bare_yen(self) -> bool:
        return rules.imports.stands_bare_yen(self.table.records, self.columns, self.begins_at)


@dataclass(frozen=True)
class Reading(Sketch):
    """A sketch with its rows as they are understood; `choices` are those given and those that the table proves."""

    choices: rules.imports.Choices = field(default_factory=rules.imports.Choices)
    rows: list[rules.imports.Row] = field(default_factory=list)

    @cached_property
    def found(self) -> list[rules.imports.Found]:
        return [row.found for row in self.rows if row.found is not None]

    @cached_property
    def skipped(self) -> int:
        """How many rows are left out because somebody said so of the account that they name."""
        return sum(row.is_left_out for row in self.rows if row.found is None)

    @property
    def troubled(self) -> int:
        """How many rows are not understood."""
        return len(self.rows) - len(self.found) - self.skipped

    @cached_property
    def asked(self) -> dict[str, set[str]]:
        """What the rows leave open, by the choice that settles it; for rates the currencies."""
        asks: dict[str, set[str]] = {"yen": {""}} if self.has_bare_yen else {}
        for row in self.rows:
            for problem in row.problems:
                if choice := ASKS.get((problem.field, problem.code)):
                    asks.setdefault(choice, set()).add(problem.text if choice == "rates" else "")
        return asks

    @cached_property
    def destined(self) -> str:
        """What tells whether the names of accounts still lead where they led; "" when the table names none."""
        if not self.names_accounts:
            return ""
        led = {}
        for text in self.named:
            try:
                led[text] = self.owners.of(text)
            except rules.imports.Unclear as unclear:
                led[text] = f"({unclear.code})"
        return hashlib.sha256(json.dumps(led, sort_keys=True).encode()).hexdigest()


def read_table(content: bytes, sheet: str = "") -> tables.Table:
    """Read what was given. gateways.tables.Unreadable when it is no table."""
    return tables.read(content, rules.imports.put_together, sheet=sheet)


def owners_of(home: Workspace, only: Account | None, choices: rules.imports.Choices) -> rules.imports.Owners:
    """The accounts that a table may name: those of one workspace, for no other is known there. One query."""
    held = Account.objects.filter(workspace=home).order_by("id")
    owners = tuple(
        rules.imports.Owner(str(pk), name, reference, archived_at is not None)
        for pk, name, reference, archived_at in held.values_list("pk", "name", "organization_ref", "archived_at")
    )
    return rules.imports.Owners(owners, str(only.pk) if only is not None else "", choices.accounts)


def understand(
    table: tables.Table,
    columns: Sequence[str],
    given: rules.imports.Choices,
    *,
    begins_at: int,
    owners: rules.imports.Owners,
    zone: ZoneInfo,
    now: datetime,
    tell: Told | None = None,
) -> Reading:
    """Understand a table; `tell` hears now and then how many rows are done."""
    choices = rules.imports.choices_for(table.records, columns, given, begins_at)
    rows = rules.imports.understand(
        table.records, columns, choices, begins_at=begins_at, zone=zone, now=now, owners=owners
    )
    return Reading(table, tuple(columns), begins_at, owners, choices, list(telling(rows, tell)))


def sketch_import(held: Import) -> Sketch:
    """What can be told of a stored import without reading its rows."""
    owners = owners_of(held.home, held.account, held.open_choices)
    return Sketch(read_table(bytes(held.content), held.sheet), tuple(held.columns), held.begins_at, owners)


def read_import(held: Import, *, now: datetime, table: tables.Table | None = None, tell: Told | None = None) -> Reading:
    """Read a stored import as it was mapped; `table` where it has been read already."""
    return understand(
        table or read_table(bytes(held.content), held.sheet),
        held.columns,
        held.open_choices,
        begins_at=held.begins_at,
        owners=owners_of(held.home, held.account, held.open_choices),
        zone=ZoneInfo(held.zone),
        now=now,
        tell=tell,
    )


def telling(things: Iterable[Any], tell: Told | None) -> Iterator[Any]:
    for count, thing in enumerate(things, start=1):
        yield thing
        if tell is not None and count % STEP == 0:
            tell(count)
