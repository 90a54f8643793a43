"""Read a table: CSV in the encodings and with the delimiters that people meet, XLSX, or lines of text. Plain values.

What is read is bounded before it is read: bytes, rows, columns, cells, and what a compressed workbook unfolds to.
"""

import csv
import io
import re
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from python_calamine import CalamineError, CalamineWorkbook

MOST_BYTES = 16 * 1024 * 1024
MOST_UNFOLDED = 128 * 1024 * 1024
MOST_ROWS = 100_000
MOST_COLUMNS = 60
MOST_CELL = 2_000
SPARE_ROWS = 60  # headings, and what stands above and below the payments
# A comma comes last: it may stand before cents.
DELIMITERS = "\t;|,"
ZIP, OLD_EXCEL = b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
BOMS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
Cell = bool | date | datetime | float | int | str | time | timedelta


class Unreadable(ValueError):
    """A file that is no table: `code` says why, `line` is where, from 1; None for the whole.

    empty, large (bytes), rows, columns, cell (each: too many or too long), encoding, binary, archive (a zip that is no
    workbook), broken (a workbook that cannot be opened), old (a workbook of before 2007), quote (not closed).
    """

    def __init__(self, code: str, line: int | None = None) -> None:
        super().__init__(code if line is None else f"line {line}: {code}")
        self.code, self.line = code, line


@dataclass(frozen=True, slots=True)
class Table:
    """`records` are the cells of each row, without white space around them; `lines` their lines in the file, from 1.

    `form` says how it was read: "xlsx", or the encoding and the delimiter, such as "utf-8 ,"; "text" for loose lines.
    """

    records: list[list[str]]
    lines: list[int]
    form: str


def read(content: bytes, pick_apart: Callable[[str], tuple[str, ...]] | None = None) -> Table:
    """Read a file, whatever its name says. Unreadable when it is no table.

    `pick_apart` takes a line of text apart where a text has no delimiters; without it such a line is one cell.
    """
    if len(content) > MOST_BYTES:
        raise Unreadable("large")
    if content.startswith(OLD_EXCEL):
        raise Unreadable("old")
    if content.startswith(ZIP):
        return _bounded(_workbook(content), "xlsx")
    text, encoding = _decoded(content)
    delimiter = _delimiter(text)
    if not delimiter and pick_apart is not None:
        lines = text.splitlines()
        return _bounded(
            ((n, list(pick_apart(line[:MOST_CELL]))) for n, line in enumerate(lines, 1) if line.strip()), "text"
        )
    return _bounded(_separated(text, delimiter or ","), f"{encoding} {delimiter or ','}")


def _bounded(rows: Iterator[tuple[int, list[str]]], form: str) -> Table:
    """Take the rows that are not empty, as long as they stay within the bounds."""
    records: list[list[str]] = []
    lines: list[int] = []
    for line, cells in rows:
        while cells and not cells[-1]:
            cells.pop()
        if not cells:
            continue
        if len(records) >= MOST_ROWS + SPARE_ROWS:
            raise Unreadable("rows", line)
        if len(cells) > MOST_COLUMNS:
            raise Unreadable("columns", line)
        if any(len(cell) > MOST_CELL for cell in cells):
            raise Unreadable("cell", line)
        records.append(cells)
        lines.append(line)
    if not records:
        raise Unreadable("empty")
    return Table(records, lines, form)


def _decoded(content: bytes) -> tuple[str, str]:
    """The text and its encoding: by its mark, else UTF-8, UTF-16, GB18030 or Windows' Latin."""
    encoding = next((name for mark, name in BOMS if content.startswith(mark)), "") or _encoding(content)
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError:
        raise Unreadable("encoding") from None
    if "\0" in text:
        raise Unreadable("binary", text.count("\n", 0, text.index("\0")) + 1)
    return text.removeprefix("\ufeff"), encoding.removesuffix("-sig")


def _encoding(content: bytes) -> str:
    try:
        content.decode()
    except UnicodeDecodeError:
        pass
    else:
        sides = content[:4000:2].count(0), content[1:4000:2].count(0)
        if not any(sides) or min(sides) * 4 > max(sides):
            return "utf-8"
    even, odd = content[:4000:2].count(0), content[1:4000:2].count(0)
    if max(even, odd) > len(content[:4000]) / 8 and min(even, odd) * 4 <= max(even, odd):
        return "utf-16-be" if even > odd else "utf-16-le"
    # Chinese signs are pairs of high bytes; an accented letter is a high byte alone among low ones.
    runs = [len(run) for run in re.findall(rb"[\x80-\xff]+", content)]
    return "cp1252" if runs.count(1) * 2 > len(runs) else "gb18030"


def _delimiter(text: str) -> str:
    """The delimiter that gives most of the first lines the same number of columns; "" when none does."""
    head = text[:20_000]
    best, found = 0.0, ""
    for delimiter in DELIMITERS:
        try:
            widths = [
                len(cells)
                for _, cells in zip(range(40), csv.reader(io.StringIO(head, ""), delimiter=delimiter), strict=False)
                if cells
            ]
        except csv.Error:
            continue
        if not widths:
            continue
        width, count = Counter(widths).most_common(1)[0]
        # "May 4, 2025 $5.00" has commas too: a delimiter with a space after it every time is punctuation.
        is_prose = delimiter == "," and not re.search(r",(?! |\r|\n|$)", re.sub(r"\d,\d{3}\b", "", head))
        weight = count / len(widths) * (1 + width / 100)
        if width > 1 and weight > best and not is_prose:
            best, found = weight, delimiter
    return found


def _separated(text: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    before = 0
    try:
        for cells in reader:
            yield before + 1, [cell.strip() for cell in cells]
            before = reader.line_num
    except csv.Error as error:
        # csv's own bound of a cell is above ours; what is left is a quotation mark at the wrong place.
        raise Unreadable("cell" if "limit" in str(error) else "quote", before + 1) from None


def _workbook(content: bytes) -> Iterator[tuple[int, list[str]]]:
    """The rows of the first sheet that has any."""
    _measure(content)
    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(content))
        for name in book.sheet_names:
            sheet = book.get_sheet_by_name(name)
            if sheet.height:
                yield from ((number, [_cell(cell) for cell in row]) for number, row in enumerate(sheet.iter_rows(), 1))
                return
    except CalamineError:
        raise Unreadable("broken") from None


def _measure(content: bytes) -> None:
    """Unfold the archive once, throwing everything away: what its parts claim to be is not believed."""
    left = MOST_UNFOLDED
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            if "xl/workbook.xml" not in archive.namelist():
                raise Unreadable("archive")
            for info in archive.infolist():
                info.file_size = 2 * MOST_UNFOLDED
                with archive.open(info) as part:
                    while chunk := part.read(1 << 20):
                        left -= len(chunk)
                        if left < 0:
                            raise Unreadable("large")
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError):
        raise Unreadable("broken") from None


def _cell(cell: Cell) -> str:
    """A cell as text: numbers without a needless point, days as 2025-05-04."""
    if isinstance(cell, float):
        return f"{cell:.10f}".rstrip("0").rstrip(".")
    if isinstance(cell, datetime):
        return cell.date().isoformat() if cell.time() == time() else cell.isoformat(" ", "seconds")
    if isinstance(cell, date | time):
        return cell.isoformat()
    return str(cell).strip()
