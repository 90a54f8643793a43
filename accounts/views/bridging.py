"""Samples of relays and alternatives for the style guide, judged by the real rules at this moment."""

import uuid
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from accounts import rules
from accounts.forms.relays import FirstBalanceForm, RelayForm
from accounts.models import Account, Relay
from accounts.views.bridges import Shown
from accounts.views.samples import OPENAI, shelf

UTC = ZoneInfo("UTC")
WISH = rules.Wish(model="o3-mini")


def samples(*, now: datetime) -> dict[str, Any]:
    """What the partials of relays and of alternatives take."""
    book = shelf()[OPENAI]
    rows = [row_of(*pair, now=now) for pair in zip(rules.RELAY_CONDITIONS, rules.BRIDGES[1:], strict=True)]
    plans = rules.plan_anew(book, WISH, now)
    offered = [rules.RelayOffer(str(number), number == 0, row.condition) for number, row in enumerate(rows)]
    ways = rules.alternatives(plans, offered=offered)
    return {
        "rows": rows,
        "ways": ways,
        "compared": [
            {"way": way, "accounts": [], "relays": [(rows[int(one)], one == "0") for one in way.ids]} for way in ways
        ],
        "plans": plans,
        "wish": WISH,
        "rulebook": book,
        "now": now,
        "form": RelayForm(accounts=Account.objects.none(), shelf=shelf(), auto_id="relay_%s"),
        "first": FirstBalanceForm(auto_id="relay_%s", zone=UTC, now=now),
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
