"""Tables as files: CSV in a ZIP, or one XLSX workbook. Row by row, so that their size is no matter of memory."""

import csv
import io
import re
import zipfile
from datetime import UTC, datetime
from decimal import Decimal
from typing import IO, Any

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font

from accounts.exports.packing import snapshot
from accounts.exports.tables import TABLES, Table, Value, harmless
from accounts.models import Workspace

# What one sheet of a workbook can hold; the rest goes on in another one.
MOST_ROWS = 1_048_576
WIDTHS = {"notes": 40, "note": 40, "last_error": 40}
# Characters that no workbook may hold (XML 1.0).
UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


def write_csv(workspace: Workspace, file: IO[bytes], *, now: datetime) -> None:
    """Write a ZIP of one CSV file for each table: UTF-8 with the mark by which Excel knows it, RFC 4180."""
    with snapshot(), zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for table in TABLES:
            entry = zipfile.ZipInfo(f"{table.name}.csv", now.astimezone(UTC).timetuple()[:6])
            entry.compress_type = zipfile.ZIP_DEFLATED
            with archive.open(entry, "w") as raw, io.TextIOWrapper(raw, "utf-8-sig", newline="") as text:
                writer = csv.writer(text)
                writer.writerow(table.header)
                writer.writerows([_csv_cell(value) for value in row] for row in table.rows(workspace))


def _csv_cell(value: Value) -> str | int:
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


def write_xlsx(workspace: Workspace, file: IO[bytes], *, now: datetime) -> None:
    """Write a workbook of one sheet for each table."""
    workbook = Workbook(write_only=True)
    workbook.properties.created = workbook.properties.modified = now.astimezone(UTC).replace(tzinfo=None)
    workbook.properties.creator = "tierdash"
    with snapshot():
        for table in TABLES:
            sheet = _new_sheet(workbook, table, 1)
            for place, row in enumerate(table.rows(workspace)):
                sheets, line = divmod(place, MOST_ROWS - 1)
                if line == 0 and sheets:
                    sheet = _new_sheet(workbook, table, sheets + 1)
                sheet.append([_xlsx_cell(value) for value in row])
    workbook.save(file)


def _new_sheet(workbook: Any, table: Table, number: int) -> Any:
    sheet = workbook.create_sheet(table.name if number == 1 else f"{table.name} {number}")
    sheet.freeze_panes = "A2"
    for place, name in enumerate(table.header):
        sheet.column_dimensions[_column(place)].width = WIDTHS.get(name, 22 if name.endswith("_at") else 16)
    cells = [WriteOnlyCell(sheet, name) for name in table.header]
    for cell in cells:
        cell.font = Font(bold=True)
    sheet.append(cells)
    return sheet


def _column(place: int) -> str:
    return "ABCDEFGHIJKLMNOPQRSTUVWXYZ"[place]


def _xlsx_cell(value: Value) -> Value:
    if isinstance(value, str):
        return UNPRINTABLE.sub("\ufffd", str(harmless(value)))
    return value
