"""Put together rows whose cells stand below each other, as some billing pages are copied: one cell a line.

A row has a day and an amount. What tells where it begins, surest sign first: blank lines between rows that are whole;
one pattern of cells that repeats to the end; that each row begins, or ends, in the same way around its day. Where none
of these holds, nothing is put together.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from accounts.rules.imports.columns import (
    CLOCK_WITHIN,
    DAY_WITHIN,
    REFERENCE,
    has_currency,
    is_amount,
    is_day,
    pick_apart,
)
from accounts.rules.imports.wording import BUTTONS, HEADINGS, MONTHS, NOTHING, STATUSES, key_of, narrow

# The longest row that is looked for, in cells, and how many lines may stand above and below all rows.
MOST_CELLS = 15
MOST_AROUND = 12
LONGEST_CELL = 300
MONTH = re.compile(rf"(?:{'|'.join(MONTHS)})\.? \d{{4}}|\d{{4}} ?年 ?\d{{1,2}} ?月", re.IGNORECASE)
# Kinds of a cell, as one letter each: a day, an amount, a status, a reference, something else.
DAY, AMOUNT, STATUS, REFERRING, ELSE = "d", "a", "s", "r", "x"
# The same cells, told apart less and less: a reference may look like a name, an unknown status like anything.
COARSEST = {REFERRING: ELSE, STATUS: ELSE}
COARSER: tuple[dict[str, str], ...] = ({}, {REFERRING: ELSE}, COARSEST)


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell with the lines it stands on; `opens` says that a blank line stood before it."""

    line: int
    last: int
    text: str
    kind: str
    opens: bool


@dataclass(frozen=True, slots=True)
class Put:
    """A row that was put together: its first and last line, counted as its source counts them, and its cells."""

    line: int
    last: int
    cells: list[str]


@dataclass(frozen=True, slots=True)
class Stack:
    """The rows, and the lines that are in none of them: (line, text)."""

    rows: list[Put]
    passed: list[tuple[int, str]]


def unstack(lines: Sequence[tuple[int, str]]) -> Stack | None:
    """Put rows together from numbered lines, of which blank ones count; None when no rule says how."""
    if any(map(_is_whole, lines)):
        return None
    cells, passed = _cells(lines)
    above, headings, cells = _headings(cells)
    rows = _rows(cells) if {DAY, AMOUNT} <= {cell.kind for cell in cells} else None
    if rows is None:
        return None
    passed += [(cell.line, cell.text) for cell in above]
    kept = {cell for row in rows for cell in row}
    passed += [(cell.line, cell.text) for cell in cells if cell not in kept]
    texts = _texts if _are_even(rows) else _sorted_texts
    records = [Put(row[0].line, row[-1].last, texts(row)) for row in rows]
    if texts is _texts and len(headings) == len(records[0].cells):
        records.insert(0, Put(headings[0].line, headings[-1].last, [cell.text for cell in headings]))
    else:
        passed += [(cell.line, cell.text) for cell in headings]
    return Stack(records, sorted(passed))


def _is_whole(numbered: tuple[int, str]) -> bool:
    """Whether a line is a row by itself: a day and an amount, and more than that one cell."""
    text = numbered[1].strip()
    if len(text) < 10 or is_day(text) or not DAY_WITHIN.search(text):
        return False
    day, amount, *_ = pick_apart(text[:LONGEST_CELL])
    return bool(day and amount)


def _cells(lines: Sequence[tuple[int, str]]) -> tuple[list[Cell], list[tuple[int, str]]]:
    """What stands on the lines, with its kind, and the lines that are no cells: buttons, and months as headings."""
    found: list[Cell] = []
    passed: list[tuple[int, str]] = []
    opens = True
    for number, line in lines:
        for part in line.split("\t"):
            text = " ".join(part.split())
            if not text:
                continue
            if text not in NOTHING and _says_nothing(text):
                passed.append((number, text))
            elif found and found[-1].kind == DAY and not opens and CLOCK_WITHIN.fullmatch(narrow(text)):
                found[-1] = replace(found[-1], last=number, text=f"{found[-1].text} {text}")
            else:
                found.append(Cell(number, number, text, _kind(text), opens))
                opens = False
        opens = opens or not line.strip()
    # A quantity is no money where money has a sign.
    if any(cell.kind == AMOUNT and has_currency(cell.text) for cell in found):
        plain = {cell for cell in found if cell.kind == AMOUNT and not has_currency(cell.text)}
        found = [replace(cell, kind=ELSE) if cell in plain else cell for cell in found]
    return found, passed


def _says_nothing(text: str) -> bool:
    """A button, signs alone, or a month as a heading."""
    key = key_of(text)
    return not key or key in BUTTONS or MONTH.fullmatch(narrow(text)) is not None


def _kind(text: str) -> str:
    if is_day(text):
        return DAY
    if is_amount(text) and not REFERENCE.fullmatch(text):
        return AMOUNT
    if key_of(text) in STATUSES:
        return STATUS
    return REFERRING if REFERENCE.fullmatch(text.lstrip("#")) else ELSE


def _headings(cells: list[Cell]) -> tuple[list[Cell], list[Cell], list[Cell]]:
    """What stands above the headings in front of all rows, the headings, and the cells below them."""
    first = next((place for place, cell in enumerate(cells) if cell.kind in (DAY, AMOUNT)), 0)
    for start in range(first):
        fields: list[str] = []
        for cell in cells[start:first]:
            field = HEADINGS.get(key_of(cell.text), "")
            if not field or field in fields:
                break
            fields.append(field)
        if len(fields) > 1:
            end = start + len(fields)
            return cells[:start], cells[start:end], [replace(cells[end], opens=True), *cells[end + 1 :]]
    return [], [], cells


def _rows(cells: list[Cell]) -> list[list[Cell]] | None:
    kinds = "".join(cell.kind for cell in cells)
    if rows := _trimmed(_by_blanks(cells)):
        return rows
    if kinds.count(DAY) == 1 and kinds.count(AMOUNT) == 1:
        return [cells]
    return _by_pattern(cells, kinds) or _trimmed(_by_beginning(cells, kinds)) or _trimmed(_by_end(cells, kinds))


def _by_blanks(cells: list[Cell]) -> list[list[Cell]] | None:
    """Rows between blank lines. What has neither day nor amount is no row, if it says nothing of a payment at all."""
    blocks: list[list[Cell]] = []
    for cell in cells:
        if cell.opens:
            blocks.append([])
        blocks[-1].append(cell)
    rows = []
    for block in blocks:
        kinds = Counter(cell.kind for cell in block)
        if kinds[DAY] == 1 and kinds[AMOUNT] == 1:
            rows.append(block)
        elif set(kinds) != {ELSE}:
            return None
    return rows


def _by_pattern(cells: list[Cell], kinds: str) -> list[list[Cell]] | None:
    """Rows of one pattern from the first to the last, but for a few lines of other text around all of them."""
    for coarser in COARSER:
        said = kinds.translate({ord(kind): other for kind, other in coarser.items()})
        for start, end in _cuts(kinds):
            body = said[start:end]
            for size in range(2, MOST_CELLS + 1):
                if len(body) >= 2 * size and not len(body) % size and body == body[:size] * (len(body) // size):
                    return [cells[place : place + size] for place in range(start, end, size)]
    return None


def _cuts(kinds: str) -> Iterator[tuple[int, int]]:
    """Where rows may begin and end: the least is cut off first, then a row that begins or ends with its day wins."""
    before = min(len(kinds) - len(kinds.lstrip(ELSE)), MOST_AROUND)
    after = min(len(kinds) - len(kinds.rstrip(ELSE)), MOST_AROUND)
    cuts = [(start, len(kinds) - end) for start in range(before + 1) for end in range(after + 1)]

    def weight(cut: tuple[int, int]) -> tuple[int, bool, bool, int]:
        start, end = cut
        return (start + len(kinds) - end, kinds[start] != DAY, kinds[end - 1] != DAY, -start)

    return iter(sorted((cut for cut in cuts if cut[0] < cut[1]), key=weight))


def _by_beginning(cells: list[Cell], kinds: str) -> list[list[Cell]] | None:
    """Rows that begin in one way up to their day, as the first one does; they may end in different ways."""
    days = [place for place, kind in enumerate(kinds) if kind == DAY]
    before = len(kinds) - len(kinds.lstrip(ELSE))
    for start in range(min(before, days[0]) + 1):
        lead = kinds[start : days[0]]
        begins = [day - len(lead) for day in days]
        if all(kinds[begin:day] == lead for begin, day in zip(begins, days, strict=True)):
            rows = [cells[begin:end] for begin, end in zip(begins, [*begins[1:], len(cells)], strict=True)]
            if all(map(_has_one_amount, rows)):
                return rows
    return None


def _by_end(cells: list[Cell], kinds: str) -> list[list[Cell]] | None:
    """Rows that end with their day; they may begin in different ways."""
    ends = [place + 1 for place, kind in enumerate(kinds) if kind == DAY]
    rows = [cells[begin:end] for begin, end in zip([0, *ends[:-1]], ends, strict=True)]
    return rows if not kinds[ends[-1] :].strip(ELSE) and all(map(_has_one_amount, rows)) else None


def _has_one_amount(row: list[Cell]) -> bool:
    return [cell.kind for cell in row].count(AMOUNT) == 1


def _trimmed(rows: list[list[Cell]] | None) -> list[list[Cell]] | None:
    """Rows whose first and last one have no text at the edge that no other row has: what stands around the table."""
    if rows is None or len(rows) < 2:
        return rows
    most_before = max(_tail(row[::-1]) for row in rows[1:])
    most_after = max(map(_tail, rows[:-1]))
    first = rows[0][max(0, _tail(rows[0][::-1]) - most_before) :]
    last = rows[-1][: len(rows[-1]) - max(0, _tail(rows[-1]) - most_after)]
    return [first, *rows[1:-1], last]


def _tail(row: list[Cell]) -> int:
    """How many cells of other text stand at the end of a row."""
    kinds = "".join(cell.kind for cell in row)
    return len(kinds) - len(kinds.rstrip(ELSE))


def _are_even(rows: list[list[Cell]]) -> bool:
    """Whether all rows have the same cells in the same order, as far as that can be told."""
    kinds = {"".join(COARSEST.get(cell.kind, cell.kind) for cell in row) for row in rows}
    return len(kinds) == 1


def _texts(row: list[Cell]) -> list[str]:
    return [cell.text for cell in row]


def _sorted_texts(row: list[Cell]) -> list[str]:
    """The cells of a row among rows that differ: each in the column of its kind."""
    said: dict[str, list[str]] = {kind: [] for kind in (DAY, AMOUNT, STATUS, REFERRING, ELSE)}
    for cell in row:
        # A second status or reference is none of this payment's, but something that stands there.
        said[ELSE if said[cell.kind] else cell.kind].append(cell.text)
    return [" ".join(texts) for texts in said.values()]
