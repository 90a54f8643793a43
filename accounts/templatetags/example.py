"""An invented account for whoever has none yet: its ledger is made up, everything else is what the rules say of it."""

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django import template
from django.utils import timezone

from accounts import rules
from accounts.gateways import published

register = template.Library()

NAME = "my-first-app"
EDITION = "openai/2025-05"


@dataclass(frozen=True)
class Example:
    """What a row of the board takes."""

    standing: dict[str, Any]
    rulebook: rules.Rulebook
    name: str = NAME


@register.simple_tag
def example() -> Example:
    """Return an account that a small top-up may lift: 45 of 50 dollars paid, the wait over for two days."""
    now, book = timezone.now(), published.edition(EDITION)
    paid = rules.Line("1", "purchase", "succeeded", Decimal(45), now - timedelta(days=9))
    return Example(rules.assess(book, [paid], rules.Seen("tier-1"), now).as_json(), book)
