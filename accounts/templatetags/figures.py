"""Numbers as people of each language write them."""

from decimal import Decimal

from babel.numbers import format_currency, format_decimal
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from accounts import rules


def locale() -> str:
    """Return the active language as Babel names it ("zh_Hans")."""
    head, _dash, tail = (get_language() or "en").partition("-")
    return f"{head}_{tail.title()}" if tail else head


def money(amount: Decimal | str | None, currency: str = "USD") -> str:
    """Return an amount with two places, such as "$1,000.00"."""
    return _money(amount, currency, "¤#,##0.00")


def dollars(amount: Decimal | str | None) -> str:
    """Return an amount in USD without its cents when there are none, such as "$1,000"; for thresholds and caps."""
    if amount is None:
        return _("unknown")
    is_whole = Decimal(amount) == int(Decimal(amount))
    return _money(amount, "USD", "¤#,##0" if is_whole else "¤#,##0.00")


def _money(amount: Decimal | str | None, currency: str, pattern: str) -> str:
    if amount is None:
        return _("unknown")
    text = format_currency(
        Decimal(amount), currency, format=f"{pattern};-{pattern}", locale=locale(), currency_digits=False
    )
    # Providers price in USD and so does every page of ours, in Chinese too: the plain sign is clear.
    return text.replace("US$", "$")


def number(value: int | Decimal) -> str:
    """Return a number with thousands separators."""
    return format_decimal(value, locale=locale())


def cell(limit: rules.Cell) -> str:
    """Return one cell of a limits table: a number, or in words why there is none; never 0 for want of knowledge."""
    if limit.state == "not_supported":
        return _("not supported")
    if limit.value is None:
        return _("not published")
    if limit.is_most:
        return _("up to {number}").format(number=number(limit.value))
    return number(limit.value)


def cap(limit: rules.Cap) -> str:
    """Return a monthly cap. It is the most one may spend, never something included."""
    if limit.low_usd is not None and limit.high_usd is not None and limit.low_usd != limit.high_usd:
        return _("at most {low} to {high} a month").format(low=dollars(limit.low_usd), high=dollars(limit.high_usd))
    amount = limit.high_usd if limit.high_usd is not None else limit.low_usd
    if amount is not None:
        return _("at most {amount} a month").format(amount=dollars(amount))
    return _("no cap") if limit.kind == "none" else _("cap not published")
