"""Text without columns, as it is pasted from a page or a mail: which of its lines are rows, and which are none."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from accounts.rules.imports.columns import pick_apart
from accounts.rules.imports.labelled import labelled
from accounts.rules.imports.stacks import LONGEST_CELL, Put, unstack

# How a text was read: a row a line, rows of several lines, values behind their names.
LINES, STACKED, RECEIPTS = "lines", "stacked", "receipts"
PUT_TOGETHER = (STACKED, RECEIPTS)


@dataclass(frozen=True, slots=True)
class Pasted:
    """`rows` with the lines they come from; `passed` are lines (number, text) that are in no row."""

    form: str
    rows: list[Put]
    passed: list[tuple[int, str]] = field(default_factory=list)


def put_together(lines: Sequence[tuple[int, str]]) -> Pasted:
    """Find the rows of numbered lines, of which blank ones count."""
    receipts = labelled(lines)
    if receipts is not None:
        return Pasted(RECEIPTS, receipts)
    stack = unstack(lines)
    if stack is not None:
        return Pasted(STACKED, stack.rows, stack.passed)
    rows, passed = [], []
    for number, text in lines:
        if not text.strip():
            continue
        row = Put(number, number, list(pick_apart(text[:LONGEST_CELL])))
        # Without anything that a payment has, it is a greeting, a heading or a button.
        if any(row.cells[:-1]):
            rows.append(row)
        else:
            passed.append((number, text.strip()))
    if not rows:
        return Pasted(LINES, [Put(number, number, [text]) for number, text in passed])
    return Pasted(LINES, rows, passed)
