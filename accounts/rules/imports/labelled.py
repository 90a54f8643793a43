"""Read receipts in prose or as a list, whose values stand behind their names: "Amount paid $50.00"."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

from accounts.rules.imports.columns import CLOCK_WITHIN, DAY_WITHIN, REFERENCE, is_amount, is_day
from accounts.rules.imports.stacks import Put
from accounts.rules.imports.wording import narrow

# The headings of what is put together, in the order of its cells.
RECEIPT = ("Date", "Amount", "Reference", "Tax", "Note")
# Names of values. Where several kinds of one field stand, the first kind holds: what was paid, not what was summed up.
LABELS: Mapping[str, tuple[str, ...]] = {
    "Date": (
        "date paid|paid on|payment date|date of payment|payment time|"
        "支付日期|支付时间|付款日期|付款时间|充值时间|交易时间",
        "date|invoice date|receipt date|date of issue|issued on|日期|时间|开具日期|开票日期",
    ),
    "Amount": (
        "amount paid|amount charged|total paid|total charged|you paid|amount received|"
        "支付金额|付款金额|实付金额|实付|已支付|已付金额|充值金额|扣款金额",
        "total|grand total|amount|金额|总金额|合计|总计",
    ),
    "Reference": (
        "invoice number|invoice no|invoice id|invoice #|发票号码|发票编号|发票号|账单编号",
        "receipt number|receipt no|receipt id|receipt #|receipt|收据号码|收据编号|收据号",
        "order number|order id|transaction id|payment id|订单号|交易单号|交易号|流水号",
    ),
    "Tax": ("sales tax|tax|vat|gst|税额|税费|增值税",),
}
MONEY = re.compile(
    r"(?P<bare>[^\d\s:]{0,4} ?\d[\d.,]*)(?: ?(?:[A-Za-z]{3}(?![A-Za-z])|[^\x00-\x7f\s。，、；]{1,3}))?", re.ASCII
)
BEFORE_VALUE = re.compile(r"(?:[ \t]*\([^()\n]{0,40}\))?[\s:#.]*")
# "Total excluding tax" is no tax.
NOT_BEFORE = re.compile(r"(?:excluding|including|excl\.?|incl\.?|before|after|[不含未]) ?$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Said:
    """A value behind its name; `rank` is the place of the kind of name among those of its field."""

    field: str
    rank: int
    text: str
    line: int


def labelled(lines: Sequence[tuple[int, str]]) -> list[Put] | None:
    """Receipts of numbered lines, with headings above; None when no day and no amount stands behind its name."""
    said = _surest(list(_said(lines)))
    receipts = list(_receipts(said))
    if not any(map(_is_whole, receipts)):
        return None
    rows = [_put(receipt) for receipt in receipts]
    return [Put(rows[0].line, rows[0].line, list(RECEIPT)), *rows]


def _said(lines: Sequence[tuple[int, str]]) -> Iterator[Said]:
    """Every name with a value behind it, in order."""
    numbers: list[int] = []
    for number, text in lines:
        numbers += [number] * (len(text) + 1)
    whole = narrow("\n".join(text for _, text in lines))
    for match in NAMES.finditer(whole):
        field, rank = RANKS[match[0].casefold()]
        if NOT_BEFORE.search(whole[max(0, match.start() - 12) : match.start()]):
            continue
        start = match.end()
        gap = BEFORE_VALUE.match(whole, start)
        text = _value(field, whole[gap.end() if gap else start :][:80])
        if text:
            yield Said(field, rank, text, numbers[match.start()])


def _value(field: str, behind: str) -> str:
    """The value that begins here, or ""."""
    if field == "Date":
        day = DAY_WITHIN.match(behind)
        if day is None or not is_day(day[0]):
            return ""
        clock = CLOCK_WITHIN.match(behind[day.end() :])
        return day[0] + (clock[0] if clock else "")
    if field == "Reference":
        word = behind.split()[0].strip("#.,;_-/") if behind.split() else ""
        return word if REFERENCE.fullmatch(word) else ""
    money = MONEY.match(behind)
    readings = (money[0].rstrip(".,"), money["bare"].rstrip(".,")) if money else ()
    return next((text for text in readings if is_amount(text)), "")


def _surest(said: Sequence[Said]) -> list[Said]:
    """Without those values of a field that a surer kind of name makes needless. Every kind of reference stays."""
    least = {one.field: min(other.rank for other in said if other.field == one.field) for one in said}
    return [one for one in said if one.field == "Reference" or one.rank == least[one.field]]


Receipt = dict[str, list[Said]]


def _receipts(said: Sequence[Said]) -> Iterator[Receipt]:
    """One receipt after the other: where a value is said anew and otherwise, the next one begins."""
    held: Receipt = {}
    before: Receipt = {}
    for one in said:
        same = [other for other in held.get(one.field, []) if other.rank == one.rank]
        if one.field != "Tax" and _is_whole(held) and any(other.text != one.text for other in same):
            yield held
            held, before, same = {}, held, []
        if one.text not in [other.text for other in same]:
            held.setdefault(one.field, []).append(one)
    # What is only said once more at the end is no receipt of its own.
    if any(_texts(held, field) != _texts(before, field) for field in MUST & held.keys()):
        yield held


def _is_whole(receipt: Receipt) -> bool:
    return receipt.keys() >= MUST


def _texts(receipt: Receipt, field: str) -> list[str]:
    return [one.text for one in receipt.get(field, [])]


def _put(receipt: Receipt) -> Put:
    """The row of a receipt. Of several taxes or amounts none is chosen: such a cell is not understood, and says so."""
    references = [one.text for one in sorted(receipt.get("Reference", []), key=lambda one: one.rank)]
    sums = [" + ".join(_texts(receipt, field)) for field in ("Amount", "Tax")]
    lines = [one.line for one in chain.from_iterable(receipt.values())]
    cells = [*_texts(receipt, "Date")[:1], *[""] * ("Date" not in receipt), sums[0], *(references[:1] or [""]), sums[1]]
    return Put(min(lines), max(lines), [*cells, " ".join(references[1:])])


RANKS = {
    name: (field, rank)
    for field, kinds in LABELS.items()
    for rank, names in enumerate(kinds)
    for name in names.split("|")
}
MUST = {"Date", "Amount"}
# The longest name first: "date paid" is no "date".
NAMES = re.compile(
    "|".join(
        rf"\b{re.escape(name)}(?![a-z])" if name.isascii() else re.escape(name)
        for name in sorted(RANKS, key=len, reverse=True)
    ),
    re.IGNORECASE,
)
