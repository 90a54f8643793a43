"""Read money as billing pages write it: $1,234.56, 1.234,56 €, ¥200.00, (50.00), 人民币 200 元."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache

from accounts.rules.imports.wording import BARE_YEN, SIGNS, Unclear, plain

PARTS = re.compile(r"(?P<before>[^0-9]*?)(?P<digits>[0-9](?:[0-9.,'’ ]*[0-9])?)(?P<after>[^0-9]*)")
SPACED = re.compile(r"[0-9]{1,3}(?:[ '’][0-9]{3})+(?:[.,][0-9]+)?")
# Nobody writes three digits after the point of these: ¥1,234 of yen is a thousand.
WITHOUT_CENTS = frozenset(("JPY", "KRW", "VND"))
GROUPED = {sign: re.compile(rf"[0-9]{{1,3}}(?:{re.escape(sign)}[0-9]{{3}})+") for sign in ".,"}


@dataclass(frozen=True, slots=True)
class Amount:
    """Money as written: below 0 when a minus or brackets stood around it.

    `currency` is "" when none was named, and "¥" when that sign stood there and nobody said whose it is.
    """

    amount: Decimal
    currency: str


@lru_cache(maxsize=16_384)
def read_amount(text: str, decimal: str = "", yen: str = "") -> Amount:
    """Read money. `decimal` is the mark before the cents in this column, "." or ","; "" when nobody knows.

    `yen` is the currency of a bare ¥.

    Unclear: none (no money), ambiguous (1,234 may be a thousand or one and a bit), mixed (against the column's mark).
    """
    said = plain(text)
    is_negative = said.startswith("(") and said.endswith(")")
    match = PARTS.fullmatch(said[1:-1] if is_negative else said)
    if match is None:
        raise Unclear("none")
    around, currency = f"{match['before']}|{match['after']}", ""
    minuses = around.count("-")
    if minuses > 1 or (minuses and is_negative) or around.count("+") > 1:
        raise Unclear("none")
    for part in re.sub(r"[-+]", " ", around).split("|"):
        sign = part.replace(" ", "").upper()
        if sign and sign not in SIGNS:
            raise Unclear("none")
        # "$50.00 CAD": the code says more than the sign before it.
        currency = SIGNS[sign] if sign else currency
    if re.search("[ '’]", match["digits"]) and not SPACED.fullmatch(match["digits"]):
        raise Unclear("none")
    currency = yen if currency == BARE_YEN and yen else currency
    digits = re.sub(r"[ '’]", "", match["digits"])
    number = _whole(digits) if currency in WITHOUT_CENTS else _number(digits, decimal)
    return Amount(-number if is_negative or minuses else number, currency)


def _whole(digits: str) -> Decimal:
    """An amount of a currency without cents: what can be a group of three digits is one."""
    if any(grouped.fullmatch(digits) for grouped in GROUPED.values()):
        return Decimal(re.sub("[.,]", "", digits))
    return _number(digits, "")


def _number(digits: str, decimal: str) -> Decimal:
    marks = [sign for sign in digits if sign in ".,"]
    if not marks:
        return Decimal(digits)
    last, tail = marks[-1], len(digits) - max(digits.rfind("."), digits.rfind(",")) - 1
    if len(marks) > 1:
        is_whole = len(set(marks)) == 1
        mark = "" if is_whole else last
    elif tail == 3 and not digits.startswith("0"):
        if not decimal:
            raise Unclear("ambiguous")
        mark = last if last == decimal else ""
    else:
        mark = last
    whole, cents = digits.rsplit(mark, 1) if mark else (digits, "")
    groups = marks[0] if len(marks) > bool(mark) else ""
    if groups and not GROUPED[groups].fullmatch(whole):
        raise Unclear("none")
    if decimal and ((mark and mark != decimal) or groups == decimal):
        raise Unclear("mixed")
    return Decimal(f"{re.sub('[.,]', '', whole)}.{cents or 0}") if cents else Decimal(re.sub("[.,]", "", whole))


def decimal_of(texts: Iterable[str]) -> str:
    """The mark before the cents that a column proves, "." or ","; "" when it proves none, or both."""
    proven: set[str] = set()
    for text in texts:
        if len(proven) > 1:
            break
        for mark in ".,":
            other = "," if mark == "." else "."
            try:
                read_amount(text)
                read_amount(text, mark)
            except Unclear:
                continue
            try:
                read_amount(text, other)
            except Unclear:
                proven.add(mark)
    return proven.pop() if len(proven) == 1 else ""
