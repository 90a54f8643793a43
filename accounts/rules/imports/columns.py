"""What each column of a table holds: by its heading, else by its content. People may say otherwise."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import sha256

from accounts.rules.imports.amounts import read_amount
from accounts.rules.imports.currencies import currency_in
from accounts.rules.imports.days import read_day
from accounts.rules.imports.wording import HEADINGS, KINDS, STATUSES, Unclear, key_of

FIELDS = (
    *("day", "clock", "amount", "currency", "rate", "tax", "status", "kind", "reference", "account", "note"),
    "expires",
)
Records = Sequence[Sequence[str]]
# Exports begin with lines about themselves; headings stand among the first lines or nowhere.
HEADING_WITHIN = 30
SAMPLE = 60
MOST_OF_THEM = 0.6
REFERENCE = re.compile(r"(?=.*\d{3})[#A-Za-z0-9][A-Za-z0-9._/#-]{3,}", re.ASCII)
DAY_WITHIN = re.compile(
    r"\d{4}([-/.])\d{1,2}\1\d{1,2}|\d{4} ?年 ?\d{1,2} ?月 ?\d{1,2} ?[日号]?|\d{1,2}([-/.])\d{1,2}\2\d{2,4}|"
    r"\d{1,2}(?:st|nd|rd|th)?[ -][A-Za-z]{3,9}\.?,?[ -]\d{4}|[A-Za-z]{3,9}\.? \d{1,2}(?:st|nd|rd|th)?,? \d{4}",
    re.ASCII,
)
CLOCK_WITHIN = re.compile(
    r"^(?:T|,? (?:at )?)?(?:上午|下午)? ?\d{1,2}:\d{2}(?::\d{2})?(?: ?[AP]M)?"
    r"(?: ?(?:Z|UTC|GMT|[+-]\d{2}:?\d{2}))?(?![\w.])",
    re.ASCII | re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Guess:
    """`columns` names the field of each column, "" for none; `begins_at` is the place of the first row of payments."""

    columns: tuple[str, ...]
    begins_at: int


def guess_columns(records: Records, names: Callable[[str], bool] | None = None) -> Guess:
    """Guess what each column holds. Each field is given once, to the first column that it fits.

    `names` says of a text whether it names an account.
    """
    width = max((len(record) for record in records[:SAMPLE]), default=0)
    place, headings = _headings(records, width)
    begins_at = place + 1 if headings else 0
    columns = headings or [""] * width
    # A first line without a day may be headings in words of their own, and then proves nothing.
    proves_from = begins_at or int(len(records) > 1 and not any(map(is_day, records[0])))
    sample = [record for record in records[proves_from : proves_from + SAMPLE] if any(record)]
    signs = ({"account": names} if names else {}) | CONTENT
    for field, fits in signs.items():
        if field in columns:
            continue
        for number, held in enumerate(columns):
            cells = [record[number] for record in sample if number < len(record) and record[number]]
            if not held and cells and sum(map(fits, cells)) >= MOST_OF_THEM * len(cells):
                columns[number] = field
                break
    if not headings and "day" in columns and not is_day((*records[0], *columns)[columns.index("day")]):
        begins_at = 1  # headings in words of their own
    return Guess(tuple(columns), begins_at)


def _headings(records: Records, width: int) -> tuple[int, list[str]]:
    """The place of the headings and what they say; nothing when no line looks like headings."""
    best: tuple[int, list[str]] = (0, [])
    for place, record in enumerate(records[:HEADING_WITHIN]):
        fields: list[str] = []
        for cell in record:
            field = HEADINGS.get(key_of(cell), "")
            fields.append(field if field not in fields else "")
        count = len(fields) - fields.count("")
        # One word alone may be a value; a row of payments has a day or money in it.
        if count > len(best[1]) - best[1].count("") and count >= (2 if place else 1) and not any(map(is_day, record)):
            best = place, fields + [""] * (width - len(fields))
    return best


def header_key(records: Records, guess: Guess, form: str = "") -> str:
    """What tells one kind of table from another: its headings, or how many columns it has and how it was read."""
    said = records[guess.begins_at - 1] if guess.begins_at else ()
    # What stands in brackets is no part of a heading's words, but for a currency other than the usual one.
    headings = "|".join(f"{key_of(cell)}{currency_in(cell).removeprefix('USD')}" for cell in said) or form
    return sha256(f"{len(guess.columns)}|{headings}".encode()).hexdigest()


def pick_apart(line: str) -> tuple[str, str, str, str, str]:
    """Take a line of text without columns apart: (day, amount, status, reference, the rest), in any order."""
    rest = " ".join(line.split())
    day = ""
    if match := DAY_WITHIN.search(rest):
        clock = CLOCK_WITHIN.search(rest[match.end() :])
        end = match.end() + (clock.end() if clock else 0)
        day, rest = rest[match.start() : end], f"{rest[: match.start()]} {rest[end:]}"
    words = rest.split()
    status = next((word for word in words if key_of(word) in STATUSES), "")
    amount = _money(words)
    words = [word for word in words if word != status and word not in amount]
    reference = next((word for word in words if REFERENCE.fullmatch(word)), "")
    note = " ".join(word for word in words if word != reference)
    return day, " ".join(amount), status, reference.lstrip("#"), note


def _money(words: Sequence[str]) -> list[str]:
    """The words that are money together: up to three that have a sign of a currency, else the first plain amount."""
    for length in (3, 2, 1):
        for start in range(len(words) - length + 1):
            part = list(words[start : start + length])
            if has_currency(" ".join(part)):
                return part
    return next(([word] for word in words if is_amount(word) and not REFERENCE.fullmatch(word)), [])


def is_day(cell: str) -> bool:
    try:
        read_day(cell)
    except Unclear as unclear:
        return unclear.code == "ambiguous"
    return True


def is_amount(cell: str) -> bool:
    try:
        read_amount(cell)
    except Unclear as unclear:
        return unclear.code == "ambiguous"
    return True


def has_currency(text: str) -> bool:
    return is_amount(text) and re.search(r"[^\d\s.,'’()+-]", text) is not None


CONTENT: dict[str, Callable[[str], bool]] = {
    "day": is_day,
    "amount": lambda cell: is_amount(cell) and not REFERENCE.fullmatch(cell),
    "status": lambda cell: key_of(cell) in STATUSES,
    "kind": lambda cell: key_of(cell) in KINDS,
    "reference": lambda cell: REFERENCE.fullmatch(cell) is not None,
}
