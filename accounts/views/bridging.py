"""Samples of relays and alternatives for the style guide, judged by the real rules at this moment."""

import uuid
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from accounts import rules
from accounts.forms.alternatives import AlternativesForm
from accounts.forms.relays import FirstBalanceForm, RelayForm
from accounts.models import Account, Relay
from accounts.views.bridges import Shown
from accounts.views.samples import OPENAI, shelf

UTC = ZoneInfo("UTC")
AIM = rules.Aim(model="o3-mini")


def samples(*, now: datetime) -> dict[str, Any]:
    """What the partials of relays and of alternatives take."""
    book = shelf()[OPENAI]
    rows = [row_of(*pair, now=now) for pair in zip(rules.RELAY_CONDITIONS, rules.BRIDGES[1:], strict=True)]
    lowest = rules.lowest_tier(book, AIM, (), now.date())
    offered = [rules.RelayOffer(str(number), number == 0, row.condition) for number, row in enumerate(rows)]
    ways = rules.alternatives(book, AIM, lowest, now, offered=offered)
    typed = {"account": OPENAI, "aim": "model:o3-mini"}
    choices = [(OPENAI, OPENAI)], [("model:o3-mini", "o3-mini")]
    day: dict[str, Any] = {"zone": UTC, "now": now}
    return {
        "rows": rows,
        "ways": ways,
        "compared": [
            {"way": way, "accounts": [], "relays": [(rows[int(one)], one == "0") for one in way.ids]} for way in ways
        ],
        "aim": AIM,
        "lowest": lowest,
        "rulebook": book,
        "now": now,
        "asked": AlternativesForm(typed, accounts=choices[0], aims=choices[1], **day),
        "form": RelayForm(accounts=Account.objects.none(), shelf=shelf(), auto_id="relay_%s"),
        "first": FirstBalanceForm(auto_id="relay_%s", **day),
    }


def row_of(condition: str, bridge: str, *, now: datetime) -> Shown:
    """A relay in a condition that stands in for an account which has come so far."""
    relay = Relay(
        id=uuid.uuid4(),
        name=f"{condition}-{bridge}".replace("_", "-"),
        base_url="https://relay.example/v1",
        model_ids=["openai/o3-mini"],
        balance=None if condition == "unchecked" else Decimal("0" if condition == "empty" else "12.40"),
        balance_seen_at=None if condition == "unchecked" else now - timedelta(days=3),
        expires_on=(now + timedelta(days=3)).date() if condition == "expires_soon" else None,
        bridges=Account(id=uuid.uuid4(), name="production-eu", rulebook_id=OPENAI),
        bridge_model="o3-mini",
    )
    book = shelf()[OPENAI]
    ready_at = now + timedelta(days=4) if bridge in ("due_soon", "needed") else None
    return Shown(relay, condition, rules.Bridge(bridge, book.tier("tier-3"), ready_at), book)
