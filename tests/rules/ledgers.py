"""Short ways to write instants, lines and standings in the tests of the rules."""

import itertools
from datetime import UTC, datetime
from decimal import Decimal

from accounts import rules
from accounts.gateways import published

_numbers = itertools.count(1)


def instant(text: str) -> datetime:
    """instant("05-08T10:00") is 2025-05-08 10:00 UTC; a full ISO text is taken as it is."""
    parsed = datetime.fromisoformat(text if text.count("-") > 1 else f"2025-{text}")
    return parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)


def line(gross, paid_at, kind="purchase", status="succeeded", **facts) -> rules.Line:
    facts.setdefault("id", f"line-{next(_numbers)}")
    for name in ("tax", "rate"):
        if facts.get(name) is not None:
            facts[name] = Decimal(facts[name])
    return rules.Line(kind=kind, status=status, gross=Decimal(gross), paid_at=instant(paid_at), **facts)


def refund(gross, paid_at, undoes="", **facts) -> rules.Line:
    return line(gross, paid_at, kind=facts.pop("kind", "refund"), undoes=undoes, **facts)


def standing(ledger, seen, at, rulebook="openai/2025-05", rose_at=None, **circumstances) -> rules.Standing:
    book = published.edition(rulebook) if isinstance(rulebook, str) else rulebook
    return rules.assess(
        book,
        ledger,
        rules.Seen(seen, instant(rose_at) if rose_at else None),
        instant(at),
        rules.Circumstances(**circumstances),
    )


def book_of(*tiers, **facts) -> rules.Rulebook:
    """A small rulebook; a tier is (id, money, days), or (id, None) when it is opaque, or a whole table."""
    return rules.build(document_of(*tiers, **facts))


def document_of(*tiers, **facts) -> dict:
    rows = []
    for rank, tier in enumerate(tiers):
        if isinstance(tier, dict):
            rows.append({"name": tier["id"].title(), "rank": rank, "cap_usd": "unknown"} | tier)
            continue
        name, money, *days = tier
        gates = {"opaque": True} if money is None else {"money_usd": money, "wait_days": days[0]}
        rows.append({"id": name, "name": name.title(), "rank": rank, "cap_usd": "unknown"} | gates)
    return {
        "schema": 1,
        "id": "acme/2025",
        "title": "Acme",
        "kind": "official",
        "confidence": "high",
        "basis": "payments",
        "started_on": "2025-01-01",
        "upgrades": "on_purchase",
        "provider": {"id": "acme", "name": "Acme"},
        "tiers": rows or [{"id": "free", "name": "Free", "rank": 0, "money_usd": 0, "wait_days": 0, "cap_usd": 100}],
        "sources": [{"id": "page", "title": "A page", "seen": "2025-01", "confidence": "high"}],
    } | facts
