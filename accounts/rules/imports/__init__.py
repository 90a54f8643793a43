"""What a table from elsewhere says of payments: its columns, its days and its money, whose it is, and what is new."""

from accounts.rules.imports.amounts import Amount, decimal_of, read_amount
from accounts.rules.imports.choices import MINUS_IS, REFUNDED_AS, Choices, choices_for, stands_bare_yen
from accounts.rules.imports.columns import FIELDS, Guess, guess_columns, header_key, pick_apart
from accounts.rules.imports.currencies import YENS, has_bare_yen, yen_of
from accounts.rules.imports.days import EARLIEST, Moment, order_of, placed, read_day, read_serial
from accounts.rules.imports.found import Found, Problem, Row
from accounts.rules.imports.matching import VERDICTS, Verdict, match
from accounts.rules.imports.owners import LEAVE_OUT, Owner, Owners, name_key
from accounts.rules.imports.pasted import LINES, PUT_TOGETHER, RECEIPTS, STACKED, Pasted, put_together
from accounts.rules.imports.rows import understand
from accounts.rules.imports.stacks import Put
from accounts.rules.imports.wording import BARE_YEN, CURRENCIES, Unclear

__all__ = [
    "BARE_YEN",
    "CURRENCIES",
    "EARLIEST",
    "FIELDS",
    "LEAVE_OUT",
    "LINES",
    "MINUS_IS",
    "PUT_TOGETHER",
    "RECEIPTS",
    "REFUNDED_AS",
    "STACKED",
    "VERDICTS",
    "YENS",
    "Amount",
    "Choices",
    "Found",
    "Guess",
    "Moment",
    "Owner",
    "Owners",
    "Pasted",
    "Problem",
    "Put",
    "Row",
    "Unclear",
    "Verdict",
    "choices_for",
    "decimal_of",
    "guess_columns",
    "has_bare_yen",
    "header_key",
    "match",
    "name_key",
    "order_of",
    "pick_apart",
    "placed",
    "put_together",
    "read_amount",
    "read_day",
    "read_serial",
    "stands_bare_yen",
    "understand",
    "yen_of",
]
