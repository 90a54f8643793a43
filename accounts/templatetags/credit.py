"""Credit that expires, in words: how much at most, as nobody knows how much is used. Load it with {% load credit %}."""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from django import template
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts import rules
from accounts.gateways import published
from accounts.templatetags import figures, moments, slugs
from accounts.templatetags.marked import Marked, fill

register = template.Library()


@register.simple_tag
def amount_says(amount_usd: Decimal, first: date, last: date) -> Marked:
    """How much expires when: its last days are from `first` to `last`."""
    values: dict[str, Any] = {
        "amount": figures.money(amount_usd),
        "first": moments.day(first),
        "last": moments.day(last),
    }
    if first == last:
        return fill(_("Up to {amount} of credit expires on {first}"), **values)
    return fill(_("Up to {amount} of credit expires between {first} and {last}"), **values)


@register.simple_tag
def days_say(days: Sequence[rules.Expiry]) -> Marked:
    """Several days in one line."""
    return amount_says(sum((day.left_usd for day in days), Decimal(0)), days[0].last_on, days[-1].last_on)


@register.filter
def beside(table: Mapping[int, Any], key: int) -> Any:
    """What stands beside the payment with a key; None when nothing does."""
    return table.get(key)


@register.filter
def is_near(expiry: rules.Expiry, today: date) -> bool:
    return (expiry.last_on - today).days <= rules.REMIND_DAYS


@register.filter
def has_rule(days: Sequence[rules.Expiry]) -> bool:
    """Whether any of it expires by the provider's rule."""
    return any(credit.is_by_rule for day in days for credit in day.credits)


@register.simple_tag
def credit_rule(book: rules.Rulebook) -> rules.CreditRule | None:
    """The rule of an edition's provider; None when it publishes none."""
    return published.credit_rule(book.provider.id)


@register.simple_tag
def rule_says(rule: rules.CreditRule, provider: str) -> str:
    """The provider's rule, and how sure it is."""
    return _rule(rule.months, rule.confidence, provider)


@register.simple_tag
def frozen_rule_says(said: Mapping[str, Any], provider: str) -> str:
    """The same of a rule as a notice keeps it."""
    return _rule(said["months"], said["confidence"], provider)


def _rule(months: int, confidence: str, provider: str) -> str:
    pattern = ngettext(
        "By {provider}'s rule bought credit expires {months} month after its payment ({confidence}):",
        "By {provider}'s rule bought credit expires {months} months after its payment ({confidence}):",
        months,
    )
    sure = slugs.word(slugs.CONFIDENCES, confidence)
    return pattern.format(provider=provider, months=months, confidence=sure)
