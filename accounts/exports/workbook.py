"""The tables as one workbook (XLSX): row by row into temporary files, so that its size is no matter of memory."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from itertools import chain, count, islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from xlsxwriter import Workbook

from accounts.exports.packing import PIECE, Tell, snapshot, untold
from accounts.exports.tables import TABLES, Row, Table, Value, harmless, telling
from accounts.models import Workspace

# What one sheet and one cell can hold; rows go on in another sheet, text ends with an ellipsis.
MOST_ROWS = 1_048_576
MOST_TEXT = 32_767
WIDTHS = {"notes": 40, "note": 40, "last_error": 40}
# Characters that no workbook may hold (XML 1.0).
UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
# What is text stays text. A sheet of more than 4 GB is no mistake.
PLAIN = {
    "constant_memory": True,
    "strings_to_formulas": False,
    "strings_to_numbers": False,
    "strings_to_urls": False,
    "use_zip64": True,
}


def workspace_as_xlsx(workspace: Workspace, *, now: datetime, tell: Tell = untold) -> Iterator[bytes]:
    """A workbook of one sheet for each table, piece by piece once it is whole; a full sheet goes on in another."""
    with TemporaryDirectory(prefix="tierdash-xlsx-") as folder:
        place = Path(folder) / "workbook.xlsx"
        with Workbook(place, PLAIN | {"tmpdir": folder}) as book, snapshot():
            book.set_properties({"author": "tierdash", "created": now.astimezone(UTC)})
            bold = book.add_format({"bold": True})
            for table in TABLES:
                for name, rows in _sheets(table, telling(table.rows(workspace), tell)):
                    _write(book.add_worksheet(name), table, rows, bold)
        with place.open("rb") as file:
            yield from iter(lambda: file.read(PIECE), b"")


def _sheets(table: Table, rows: Iterator[Row]) -> Iterator[tuple[str, Iterator[Row]]]:
    """The rows of a table by the names of the sheets that can hold them; each is to be read before the next."""
    for number in count(1):
        first = list(islice(rows, 1))
        if number > 1 and not first:
            return
        yield table.name if number == 1 else f"{table.name} {number}", chain(first, islice(rows, MOST_ROWS - 2))


def _write(sheet: Any, table: Table, rows: Iterator[Row], bold: Any) -> None:
    sheet.freeze_panes(1, 0)
    for column, name in enumerate(table.header):
        sheet.set_column(column, column, WIDTHS.get(name, 22 if name.endswith("_at") else 16))
    sheet.write_row(0, 0, table.header, bold)
    for line, row in enumerate(rows, start=1):
        for column, value in enumerate(row):
            _write_cell(sheet, line, column, value)


def _write_cell(sheet: Any, line: int, column: int, value: Value) -> None:
    match value:
        case None:
            return
        case bool():
            sheet.write_boolean(line, column, value)
        case int() | Decimal():
            sheet.write_number(line, column, value)
        case _:
            text = _text(value)
            if text.startswith("<r>") and text.endswith("</r>"):
                # What begins and ends so is taken for ready markup by write_string, and would be anything, a formula
                # too. In parts it is text again.
                sheet.write_rich_string(line, column, text[0], text[1], text[2:])
            else:
                sheet.write_string(line, column, text)


def _text(value: str) -> str:
    """What a cell can hold of a text. Spreadsheets count in UTF-16, where an emoji is two."""
    text = UNPRINTABLE.sub("\ufffd", str(harmless(value)))
    units = text.encode("utf-16-le")
    if len(units) <= 2 * MOST_TEXT:
        return text
    return units[: 2 * (MOST_TEXT - 1)].decode("utf-16-le", "ignore") + "…"
