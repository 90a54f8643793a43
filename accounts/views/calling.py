"""Samples of channels for the style guide: one in each state, a webhook's secret, and what carried a notice."""

import uuid
from datetime import datetime, timedelta
from typing import Any

from accounts import actions
from accounts.forms.channels import ChannelForm
from accounts.gateways.services import SERVICES
from accounts.models import Channel, Delivery, User
from accounts.models.channel import CHAT, WEBHOOK
from accounts.views.board import Row
from accounts.views.samples import notice

WORKS = {"last_outcome": "accepted", "last_code": "204"}
AWAY = {"last_outcome": "refused_for_now", "last_code": "502", "last_words": "Bad Gateway"}
QUIET = {"muted_kinds": ["tier_seen"]}
# Those that no mail has: how a message stands, and what was answered.
ANSWERS: tuple[dict[str, Any], ...] = (
    {"status": "sent", "last_code": "200", "last_error": "ok"},
    {"status": "pending", "last_code": "502", "last_error": "Bad Gateway"},
    {"status": "uncertain", "last_code": "no_answer"},
    {"status": "failed", "last_code": "302"},
    {"status": "cancelled", "last_error": "paused"},
)


def samples(*, by: User, row: Row, now: datetime) -> dict[str, Any]:
    """What the partials of channels take."""
    hours = timedelta(hours=1)
    tried = {"last_tried_at": now - 3 * hours}
    held = [
        _channel("Ops receiver", tried | WORKS | {"last_sent_at": now - 30 * hours}),
        _channel("Failing", tried | AWAY | {"failures": 4, "failing_since": now - 5 * hours}, "slack"),
        _channel("Gone", tried | {"last_code": "410", "paused_at": now - 3 * hours, "paused_why": "gone"}),
        _channel("Never arrives", tried | AWAY | {"paused_at": now - hours, "paused_why": "failing"}, "gotify"),
        _channel(
            "Paused", {"paused_at": now - 9 * hours, "paused_why": "person", "muted_kinds": ["tier_seen"]}, "ntfy"
        ),
        _channel("Not tried", {}, "feishu"),
    ]
    slack = SERVICES["slack"]
    wrong = ChannelForm({"name": "", "target": ""}, user=by, service=slack, auto_id="channel_%s")
    return {
        "channels": held,
        "stopped": [channel for channel in held if channel.paused_why in ("gone", "failing")],
        "added": actions.Added(held[0], "whsec_" + "0" * 43 + "="),
        "services": [slack, SERVICES["ntfy"], SERVICES["feishu"]],
        "service": slack,
        "form": wrong,
        "deliveries": _everywhere(row, by, held, now=now),
    }


def _channel(name: str, facts: dict[str, Any], service: str = "") -> Channel:
    last_sent_at = facts.pop("last_sent_at", None)
    kind = {"kind": CHAT if service else WEBHOOK, "service": service}
    channel = Channel(id=uuid.uuid4(), name=name, host="receiver.example", tail="8Kd2", **kind, **facts)
    channel.last_sent_at = last_sent_at  # type: ignore[attr-defined]  # as the list annotates it
    return channel


def _everywhere(row: Row, by: User, held: list[Channel], *, now: datetime) -> list[Delivery]:
    """What carried a notice: a mail, and a message through a channel for each answer."""
    raised = notice(row, "contact_support", by, now=now)
    ways = [Delivery(notice=raised, status="sent", sent_at=now)]
    for channel, facts in zip(held, ANSWERS, strict=False):
        sent_at = now if facts["status"] == "sent" else None
        ways.append(Delivery(notice=raised, channel=channel.kind, via=channel, next_at=now, sent_at=sent_at, **facts))
    return ways
