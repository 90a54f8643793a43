"""The tables as CSV files in a ZIP: UTF-8 with the mark by which Excel knows it, RFC 4180."""

import csv
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal

from accounts.exports.packing import Tell, snapshot, untold
from accounts.exports.tables import TABLES, Value, harmless
from accounts.exports.zipping import Archive
from accounts.models import Workspace


def workspace_as_csv(workspace: Workspace, *, now: datetime, tell: Tell = untold) -> Iterator[bytes]:
    """A ZIP of one CSV file for each table, piece by piece."""
    archive = Archive(now, tell)
    with snapshot():
        for table in TABLES:
            with archive.entry(f"{table.name}.csv", "utf-8-sig") as text:
                writer = csv.writer(text)
                writer.writerow(table.header)
                rows = ([_cell(value) for value in row] for row in table.rows(workspace))
                yield from archive.rows(text, map(writer.writerow, rows))
    yield archive.end()


def _cell(value: Value) -> str | int:
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case Decimal():
            return format(value.normalize(), "f")
        case int():
            return value
    return str(harmless(value))
