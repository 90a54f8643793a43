"""Standings for tests of words: small ledgers under published rulebooks, without a database."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from accounts import rules
from accounts.gateways import published

NOTHING_SAID = rules.Circumstances()
BOOK = published.edition("openai/2025-05")


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"2025-{text}").replace(tzinfo=UTC)


def standing(
    *payments: tuple[str, str],
    seen: str = "tier-1",
    rose: str | None = None,
    now: str,
    book: rules.Rulebook = BOOK,
    said: rules.Circumstances = NOTHING_SAID,
) -> dict[str, Any]:
    """Return the document of a standing; payments are (gross, instant) pairs of May 2025 and the like."""
    lines = [
        rules.Line(id=str(n), kind="purchase", status="succeeded", gross=Decimal(gross), paid_at=at(paid_at))
        for n, (gross, paid_at) in enumerate(payments)
    ]
    shown = rules.Seen(seen, at(rose) if rose else None)
    return rules.assess(book, lines, shown, at(now), said).as_json()
