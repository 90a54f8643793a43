"""Read a sheet of a workbook (XLSX) as text. What a compressed file unfolds to is bounded before anything opens it."""

import io
import re
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

MOST_UNFOLDED = 128 * 1024 * 1024
HIDDEN_ROW = re.compile(rb'<row [^>]*\bhidden="(?:1|true)"')
# Something that may be money: a merged cell of it is one amount, however many rows it spans.
NUMBER = re.compile(r"[^\w]*(?:[A-Za-z]{1,3})?[^\w]*\d[\d.,\s]*[^\w]*(?:[A-Za-z]{3}|\w{1,2})?[^\w]*")
Cell = bool | date | datetime | float | int | str | time | timedelta


class Unreadable(ValueError):
    """A file that is no table: `code` says why, `line` is where, from 1; None for the whole.

    empty, large (bytes), rows, columns, cell (each: too many or too long), encoding, binary, archive (a zip that is no
    workbook), broken (a workbook that cannot be opened), old (a workbook of before 2007), locked (one with a
    password), quote (not closed). Other kinds of files: pdf, page (of the web), json.
    """

    def __init__(self, code: str, line: int | None = None) -> None:
        super().__init__(code if line is None else f"line {line}: {code}")
        self.code, self.line = code, line


@dataclass(frozen=True, slots=True)
class Book:
    """The rows of one sheet with their numbers, from 1. `sheets` are the names of all, hidden ones last."""

    sheets: tuple[str, ...]
    sheet: str
    rows: Iterator[tuple[int, list[str]]]
    remarks: tuple[str, ...]


def read(content: bytes, sheet: str = "") -> Book:
    """Read the named sheet, or the first one that has rows. Unreadable when there is none, or no workbook."""
    has_hidden = _measure(content)
    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(content))
        tables = [one for one in book.sheets_metadata if one.typ == SheetTypeEnum.WorkSheet]
        names = [one.name for one in sorted(tables, key=lambda one: one.visible != SheetVisibleEnum.Visible)]
        for name in [sheet] if sheet in names else names:
            held = book.get_sheet_by_name(name)
            if held.height:
                remarks = ("hidden",) * has_hidden + ("merged",) * bool(held.merged_cell_ranges)
                # Read at once: what is broken shows only now.
                return Book(tuple(names), name, iter(list(_rows(held))), remarks)
    except CalamineError:
        raise Unreadable("broken") from None
    raise Unreadable("empty")


def _rows(sheet: CalamineSheet) -> Iterator[tuple[int, list[str]]]:
    """The rows of a sheet; a merged cell holds for every row that it spans, unless it may be an amount."""
    _, left = sheet.start or (0, 0)  # rows are counted from the sheet's edge, columns from the first one that is used
    spans: dict[int, list[tuple[int, str]]] = {}
    starts: dict[int, list[tuple[int, int]]] = {}
    for (first, column), (last, _) in sheet.merged_cell_ranges or ():
        if last > first:
            starts.setdefault(first, []).append((column - left, last))
    for number, row in enumerate(sheet.iter_rows()):
        cells = [_cell(cell) for cell in row]
        for column, last in starts.get(number, ()):
            text = cells[column] if 0 <= column < len(cells) else ""
            if text and not isinstance(row[column], int | float) and not NUMBER.fullmatch(text):
                for below in range(number + 1, last + 1):
                    spans.setdefault(below, []).append((column, text))
        if any(cells):
            for column, text in spans.get(number, ()):
                cells[column] = cells[column] or text
        yield number + 1, cells


def _measure(content: bytes) -> bool:
    """Unfold the archive once, throwing everything away: what its parts claim to be is not believed.

    Return whether any sheet has hidden rows.
    """
    left, has_hidden = MOST_UNFOLDED, False
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            if "xl/workbook.xml" not in archive.namelist():
                raise Unreadable("archive")
            for info in archive.infolist():
                info.file_size = 2 * MOST_UNFOLDED
                is_sheet, before = info.filename.startswith("xl/worksheets/"), b""
                with archive.open(info) as part:
                    while chunk := part.read(1 << 20):
                        left -= len(chunk)
                        if left < 0:
                            raise Unreadable("large")
                        has_hidden = has_hidden or (is_sheet and HIDDEN_ROW.search(before + chunk) is not None)
                        before = chunk[-200:]
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError):
        raise Unreadable("broken") from None
    return has_hidden


def _cell(cell: Cell) -> str:
    """A cell as text: numbers without a needless point, days as 2025-05-04."""
    if isinstance(cell, float):
        return f"{cell:.10f}".rstrip("0").rstrip(".")
    if isinstance(cell, datetime):
        return cell.date().isoformat() if cell.time() == time() else cell.isoformat(" ", "seconds")
    if isinstance(cell, date | time):
        return cell.isoformat()
    return str(cell).strip()
