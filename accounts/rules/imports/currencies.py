"""What currency is meant: by the heading of a column, and for a bare ¥ by what the table itself says."""

import re
from collections.abc import Iterable

from accounts.rules.imports.amounts import read_amount
from accounts.rules.imports.wording import BARE_YEN, SIGNS, Unclear, narrow

YUAN, YEN = "CNY", "JPY"
YENS = (YUAN, YEN)
YEN_SAID = re.compile(r"(?<![A-Z])JPY(?![A-Z])|JP¥|円|日[元圆圓币幣]|日本|[\u3041-\u3096\u30a1-\u30fa]", re.IGNORECASE)
# In simplified Chinese, ¥ alone is yuan, and yen are written JP¥; in English it is the other way round, but people
# write yuan so too (Unicode CLDR, symbols of CNY and JPY). The letters are those that Japanese writes otherwise.
YUAN_SAID = re.compile(
    r"(?<![A-Z])(?:CNY|RMB)(?![A-Z])|CN¥|人民币|(?<![日美欧])元|[额态账单发时间类备币订购费编]", re.IGNORECASE
)
BARE = re.compile(r"(?<![A-Za-z])¥")


def currency_in(heading: str) -> str:
    """The currency that a heading names: "Amount (EUR)", "金额（元）", "Total USD"; "" when it names none."""
    said = narrow(heading).upper()
    words = [*re.findall(r"\(([^()]*)\)", said), *said.split()[-1:], *(["元"] if said.endswith("元") else [])]
    return next((SIGNS[word.strip()] for word in words if word.strip() in SIGNS), "")


def has_bare_yen(texts: Iterable[str]) -> bool:
    """Whether a ¥ stands there that does not say whose it is."""
    return any(BARE.search(narrow(text)) for text in texts if not text.isascii())


def yen_of(texts: Iterable[str], amounts: Iterable[str], decimal: str = "") -> str:
    """What the bare ¥ of a table means by its own words, "CNY" or "JPY"; "" when they say nothing, or both.

    texts: all that stands in the table. amounts: its amounts; yen have no cents, so ¥12.50 is yuan.
    """
    said = narrow("\n".join(text for text in texts if text))
    found = {YEN} if YEN_SAID.search(said) else set()
    if YUAN_SAID.search(said) or any(_has_cents(text, decimal) for text in amounts if not text.isascii()):
        found.add(YUAN)
    return found.pop() if len(found) == 1 else ""


def _has_cents(text: str, decimal: str) -> bool:
    try:
        money = read_amount(text, decimal)
    except Unclear:
        return False
    return money.currency == BARE_YEN and money.amount % 1 != 0
