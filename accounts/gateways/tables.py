"""Read a table: CSV in the encodings and with the delimiters that people meet, XLSX, or text. Plain values.

What is read is bounded before it is read: bytes, lines, rows, columns, cells, and what a compressed workbook holds.
"""

import csv
import io
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from accounts.gateways import workbooks
from accounts.gateways.workbooks import Unreadable as Unreadable
from accounts.rules.imports import Pasted

MOST_BYTES = 16 * 1024 * 1024
MOST_ROWS = 100_000
MOST_COLUMNS = 60
MOST_CELL = 2_000
SPARE_ROWS = 60  # headings, and what stands above and below the payments
# Of text without columns, where a row may stand on several lines.
MOST_LINES = 200_000
# A comma comes last: it may stand before cents.
DELIMITERS = "\t;|,"
ZIP, OLD_EXCEL = b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
LOCKED = "EncryptedPackage".encode("utf-16-le")
# What people give that is no table, by how it begins: a PDF, a page of the web, and data for programs.
PDF, PAGE, JSON = (
    b"%PDF-",
    re.compile(r"<(?:!doctype|html|head|body|table|\?xml)\b", re.IGNORECASE),
    re.compile(r"\{|\[\s*[\[{]"),
)
BOMS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
# Finds the rows of numbered lines; rules.imports.put_together is one.
PutsTogether = Callable[[Sequence[tuple[int, str]]], Pasted]
Rows = Iterable[tuple[int, int, list[str]]]


@dataclass(frozen=True, slots=True)
class Table:
    """`records` are the cells of each row, without white space around them; `lines` their first lines in the file,
    from 1, and `ends` their last ones.

    `form` says how it was read: "xlsx", or the encoding and the delimiter, such as "utf-8 ,"; for text without columns
    what its reader calls it. `passed` are lines (number, text) that are in no row. A workbook has `sheets`, of which
    `sheet` was read; `remarks` say what a spreadsheet hides: "hidden" rows, "merged" cells.
    """

    records: list[list[str]]
    lines: list[int]
    ends: list[int]
    form: str
    passed: list[tuple[int, str]] = field(default_factory=list)
    sheets: tuple[str, ...] = ()
    sheet: str = ""
    remarks: tuple[str, ...] = ()


def read(content: bytes, put_together: PutsTogether | None = None, *, sheet: str = "") -> Table:
    """Read a file, whatever its name says. Unreadable when it is no table.

    `put_together` finds the rows of a text without delimiters; without it each line is one cell. `sheet` names the
    sheet of a workbook; the first one with rows where it is "" or not there.
    """
    if len(content) > MOST_BYTES:
        raise Unreadable("large")
    if content.startswith(OLD_EXCEL):
        raise Unreadable("locked" if LOCKED in content else "old")
    if content.startswith(ZIP):
        book = workbooks.read(content, sheet)
        rows = ((number, number, cells) for number, cells in book.rows)
        return _bounded(rows, "xlsx", sheets=book.sheets, sheet=book.sheet, remarks=book.remarks)
    if content.startswith(PDF):
        raise Unreadable("pdf")
    text, encoding = _decoded(content)
    begins = text[:200].lstrip()
    if PAGE.match(begins) or JSON.match(begins):
        raise Unreadable("page" if PAGE.match(begins) else "json")
    delimiter = _delimiter(text)
    if not delimiter and put_together is not None:
        pasted = put_together(list(_numbered(text)))
        return _bounded(((put.line, put.last, put.cells) for put in pasted.rows), pasted.form, passed=pasted.passed)
    return _bounded(_separated(text, delimiter or ","), f"{encoding} {delimiter or ','}")


def _numbered(text: str) -> Iterator[tuple[int, str]]:
    """The lines of a text; of several blank ones the first."""
    count, was_blank = 0, False
    for number, line in enumerate(io.StringIO(text, newline=None), 1):
        is_blank = not line.strip()
        count += not is_blank
        if count > MOST_LINES:
            raise Unreadable("rows", number)
        if not (is_blank and was_blank):
            yield number, line.rstrip("\n")
        was_blank = is_blank


def _bounded(rows: Rows, form: str, **facts: Any) -> Table:
    """Take the rows that are not empty, as long as they stay within the bounds."""
    table = Table([], [], [], form, **facts)
    for line, last, cells in rows:
        while cells and not cells[-1]:
            cells.pop()
        if not cells:
            continue
        if len(table.records) >= MOST_ROWS + SPARE_ROWS:
            raise Unreadable("rows", line)
        if len(cells) > MOST_COLUMNS:
            raise Unreadable("columns", line)
        if any(len(cell) > MOST_CELL for cell in cells):
            raise Unreadable("cell", line)
        table.records.append(cells)
        table.lines.append(line)
        table.ends.append(last)
    if not table.records:
        raise Unreadable("empty")
    return table


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


def _separated(text: str, delimiter: str) -> Rows:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    before = 0
    try:
        for cells in reader:
            yield before + 1, reader.line_num, [cell.strip() for cell in cells]
            before = reader.line_num
    except csv.Error as error:
        # csv's own bound of a cell is above ours; what is left is a quotation mark at the wrong place.
        raise Unreadable("cell" if "limit" in str(error) else "quote", before + 1) from None
