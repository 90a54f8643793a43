"""What a table from elsewhere says of payments: its columns, its days and its money, and what of it is new."""

from accounts.rules.imports.amounts import Amount, decimal_of, read_amount
from accounts.rules.imports.columns import FIELDS, Guess, guess_columns, header_key, pick_apart
from accounts.rules.imports.days import EARLIEST, Moment, order_of, placed, read_day
from accounts.rules.imports.matching import VERDICTS, Held, Verdict, match
from accounts.rules.imports.rows import REFUNDED_AS, Choices, Found, Problem, Row, choices_for, understand
from accounts.rules.imports.wording import CURRENCIES, Unclear

__all__ = [
    "CURRENCIES",
    "EARLIEST",
    "FIELDS",
    "REFUNDED_AS",
    "VERDICTS",
    "Amount",
    "Choices",
    "Found",
    "Guess",
    "Held",
    "Moment",
    "Problem",
    "Row",
    "Unclear",
    "Verdict",
    "choices_for",
    "decimal_of",
    "guess_columns",
    "header_key",
    "match",
    "order_of",
    "pick_apart",
    "placed",
    "read_amount",
    "read_day",
    "understand",
]
