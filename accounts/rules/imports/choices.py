"""What a table leaves open: what a person said of it, and what the table itself proves."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from itertools import chain
from typing import Any

from accounts.rules.imports.amounts import decimal_of, read_amount
from accounts.rules.imports.columns import Records
from accounts.rules.imports.currencies import currency_in, has_bare_yen, yen_of
from accounts.rules.imports.days import order_of
from accounts.rules.imports.wording import Unclear

# What "refunded" says of a row with money that came in: the payment was paid back ("paid_back"; it counts nothing), or
# the row is the refund itself ("refund").
REFUNDED_AS = ("paid_back", "refund")
# What a minus says where every amount has one: money that went out, or (as some pages write it) a payment.
MINUS_IS = ("refund", "payment")
# So many rows are looked at for what a column proves.
PROVING = 5_000
ANSWERS = ("order", "decimal", "refunded", "yen", "minus", "currency")


@dataclass(frozen=True, slots=True)
class Choices:
    """What a file leaves open. `order`: "day" or "month" first; `decimal`: "." or ","; `refunded`: of REFUNDED_AS;
    `yen`: what a bare ¥ is, "CNY" or "JPY"; `minus`: of MINUS_IS, or "ask"; `currency`: meant where none stands. ""
    while nobody knows. `rates` are USD for one unit of each currency; `accounts` are Owners.chosen."""

    order: str = ""
    decimal: str = ""
    refunded: str = ""
    yen: str = ""
    minus: str = ""
    currency: str = ""
    rates: Mapping[str, Decimal] = field(default_factory=dict)
    accounts: Mapping[str, str] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        said: dict[str, Any] = {name: getattr(self, name) for name in ANSWERS}
        rates = {currency: str(rate) for currency, rate in self.rates.items()}
        return said | {"rates": rates, "accounts": dict(self.accounts)}

    @classmethod
    def from_json(cls, said: Mapping[str, Any]) -> "Choices":
        rates = {currency: Decimal(rate) for currency, rate in said.get("rates", {}).items()}
        return cls(**{**said, "rates": rates})

    def remembered(self) -> "Choices":
        """What holds for the next table of the same kind: rates change from day to day, and a row without a name may
        be anybody's."""
        return replace(self, rates={}, accounts={name: account for name, account in self.accounts.items() if name})


def choices_for(records: Records, columns: Sequence[str], given: Choices, begins_at: int = 0) -> Choices:
    """Fill what was not said with what the columns themselves prove."""
    rows = records[begins_at : begins_at + PROVING]

    def cells(*names: str) -> Iterator[str]:
        for number, name in enumerate(columns):
            if name in names:
                yield from (record[number] for record in rows if number < len(record))

    heading = records[begins_at - 1] if begins_at else ()
    named = [currency_in(cell) for cell, name in zip(heading, columns, strict=False) if name == "amount"]
    decimal = given.decimal or decimal_of(set(cells("amount", "tax", "rate")))
    texts = chain.from_iterable(records[: begins_at + PROVING])
    return replace(
        given,
        order=given.order or order_of(cells("day", "expires")),
        decimal=decimal,
        currency=given.currency or "".join(named) or "USD",
        yen=given.yen or yen_of(texts, set(cells("amount", "tax")), decimal),
        minus=given.minus or _minus(set(cells("amount")), decimal),
    )


def stands_bare_yen(records: Records, columns: Sequence[str], begins_at: int) -> bool:
    """Whether a table of payments has a ¥ that does not say whose it is."""
    places = [number for number, name in enumerate(columns) if name in ("amount", "tax", "currency")]
    first = max(begins_at - 1, 0)  # with the headings: "Amount (¥)"
    return has_bare_yen(record[n] for record in records[first:] for n in places if n < len(record))


def _minus(amounts: Iterable[str], decimal: str) -> str:
    """ "ask" where every amount has a minus: a table of nothing but refunds is not what people have."""
    signs = set()
    for text in amounts:
        try:
            signs.add(read_amount(text, decimal).amount < 0)
        except Unclear:
            continue
    return "ask" if signs == {True} else ""
