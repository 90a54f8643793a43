"""Gates in doubt, in words: by how much, because of which payments. Load it with {% load doubts %}."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django import template
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts import rules
from accounts.models import Payment
from accounts.templatetags import figures, moments, sayings
from accounts.templatetags.marked import Marked, fill

register = template.Library()

TAX, RATE = rules.DOUBTS
FIELDS = {TAX: "tax", RATE: "rate"}


@register.filter
def doubted_field(code: str) -> str:
    """The field of a payment that would settle a doubt; "" for a hint that is none."""
    return FIELDS.get(code, "")


@register.simple_tag
def doubt_says(doubt: rules.Doubt) -> Marked:
    """Which gate is in doubt and by how much, in two sentences."""
    return _says(doubt.code, doubt.tier, doubt.over_usd, doubt.off_usd, len(doubt.lines))


@register.simple_tag
def frozen_doubt_says(said: Mapping[str, Any], rulebook: rules.Rulebook) -> Marked:
    """The same of a doubt as a notice keeps it."""
    tier = rulebook.tier(said["tier"])
    return _says(said["code"], tier, Decimal(said["over_usd"]), Decimal(said["off_usd"]), said["payments"])


def _says(code: str, tier: rules.Tier, over: Decimal, off: Decimal, count: int) -> Marked:
    values: dict[str, Any] = {
        "tier": sayings.tier_name(tier),
        "need": figures.dollars(tier.money_usd),
        "over": figures.money(abs(over)),
        "off": figures.money(off),
        "count": count,
    }
    if code == TAX:
        gate = (
            _("<b>{tier}</b> asks {need}, and only <b>{over}</b> more is counted.")
            if over
            else _("<b>{tier}</b> asks {need}, and exactly that is counted.")
        )
        why = ngettext(
            "The tax of {count} payment is unknown: up to <b>{off}</b> of it may be tax, which does not count.",
            "The tax of {count} payments is unknown: up to <b>{off}</b> of them may be tax, which does not count.",
            count,
        )
    else:
        gate = (
            _("<b>{tier}</b> asks {need}, and the total is only <b>{over}</b> above it.")
            if over >= 0
            else _("<b>{tier}</b> asks {need}, and the total is only <b>{over}</b> short of it.")
        )
        why = ngettext(
            "{count} payment was converted at a typed rate: at the provider's own the total may be <b>{off}</b> "
            "higher or lower.",
            "{count} payments were converted at a typed rate: at the provider's own the total may be <b>{off}</b> "
            "higher or lower.",
            count,
        )
    return fill(_("{gate} {why}").format(gate=gate, why=why), **values)


@register.simple_tag
def doubt_asks(doubt: rules.Doubt, payment: Payment) -> str:
    """What would settle it, of one payment."""
    pattern = _("Enter the tax of {amount} of {day}") if doubt.code == TAX else _("Check the rate of {amount} of {day}")
    amount = figures.money(payment.gross, payment.currency)
    return pattern.format(amount=amount, day=moments.day(payment.paid_at))
