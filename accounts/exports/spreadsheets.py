"""The tables as CSV files in a ZIP: UTF-8 with the mark by which Excel knows it, RFC 4180."""

import csv
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from io import TextIOWrapper
from tempfile import TemporaryFile
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from accounts.exports.packing import PIECE, Tell, snapshot, untold
from accounts.exports.tables import TABLES, Value, harmless, telling
from accounts.models import Workspace


def workspace_as_csv(workspace: Workspace, *, now: datetime, tell: Tell = untold) -> Iterator[bytes]:
    """A ZIP of one CSV file for each table, piece by piece once it is whole."""
    with TemporaryFile() as file:
        with ZipFile(file, "w") as archive, snapshot():
            for table in TABLES:
                entry = ZipInfo(f"{table.name}.csv", now.astimezone(UTC).timetuple()[:6])
                entry.compress_type = ZIP_DEFLATED
                with archive.open(entry, "w") as raw, TextIOWrapper(raw, "utf-8-sig", newline="") as text:
                    writer = csv.writer(text)
                    writer.writerow(table.header)
                    for row in telling(table.rows(workspace), tell):
                        writer.writerow([_cell(value) for value in row])
        file.seek(0)
        yield from iter(lambda: file.read(PIECE), b"")


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
