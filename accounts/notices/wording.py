"""What goes through channels: a short text for chat services, and a document for webhooks. Mails: compose.py."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.template.loader import render_to_string
from django.utils.translation import gettext as _

from accounts import rules
from accounts.models import Delivery, Shelf, User
from accounts.notices import compose

SCHEMA = "tierdash.notice/1"
ADVISED = ("code", "reason", "amount_usd", "since", "until", "ready_if_paid_now")
EXPIRING = ("left_usd", "days")
# Chat services read commands into these: names that people typed must not call everybody of a room.
CALLING = re.compile(r"[@<](?=\S)")
NO_BREAK = "\u2060"


@dataclass(frozen=True, slots=True)
class Text:
    """A line that says what it is about, and a few lines that say the rest; plain, in the recipient's language."""

    title: str
    body: str


def text(delivery: Delivery, shelf: Shelf) -> Text:
    """Say a notice in a few lines; the same however often it is said."""
    notice = delivery.notice
    return _text(notice.recipient, notice.kind, compose.facts_of(delivery, shelf))


def test_text(user: User, *, now: datetime) -> Text:
    """Words that only show that a channel works."""
    return _text(user, "test", {"now": now})


def _text(user: User, kind: str, facts: dict[str, Any]) -> Text:
    facts = facts | {"recipient": user, "site_url": settings.SITE_URL}
    with compose.in_words_of(user):
        title = compose.subject_of(kind, facts) if kind != "test" else _("A test from tierdash")
        body = render_to_string(f"notices/{kind}.chat", facts).strip()
    return Text(title, body)


def for_chat(said: Text) -> Text:
    """The same, with nothing in it that a chat service takes for a command."""
    return Text(*(CALLING.sub(lambda match: match[0] + NO_BREAK, part) for part in (said.title, said.body)))


def document(delivery: Delivery, shelf: Shelf) -> bytes:
    """A notice as webhooks carry it: JSON of SCHEMA, the same to the byte however often it is written."""
    notice = delivery.notice
    facts = compose.facts_of(delivery, shelf)
    book, tier = facts["book"], facts["tier"]
    advice: Mapping[str, Any] = facts["standing"].get("advice", {})
    credit: Mapping[str, Any] = notice.facts.get("credit") or {}
    about = {
        "id": str(notice.pk),
        "delivery": str(delivery.pk),
        "kind": notice.kind,
        "raised_at": rules.as_text(notice.created_at),
        "account": {
            "id": str(notice.account_id),
            "name": facts["account_name"],
            "organization": facts["organization_ref"] or None,
        },
        "provider": {"id": book.provider.id, "name": book.provider.name},
        "rulebook": book.id,
        "tier": {"id": tier.id, "name": tier.name},
        "from_tier": {"id": facts["lower"].id, "name": facts["lower"].name},
        "advice": {name: advice.get(name) for name in ADVISED} if advice else None,
        "credit": {name: credit[name] for name in EXPIRING} if credit else None,
        "links": {
            "account": facts["account_url"],
            "evidence": facts["evidence_url"] if notice.kind == "contact_support" else None,
            "pay": book.provider.billing_url or None,
            "support": book.provider.support_url or None,
        },
    }
    return _document(notice.recipient, about, text(delivery, shelf))


def test_document(user: User, delivery_id: str, *, now: datetime) -> bytes:
    """The same document with nothing to tell of."""
    nothing = ("account", "provider", "rulebook", "tier", "from_tier", "advice", "credit")
    about = {"id": None, "delivery": delivery_id, "kind": "test", "raised_at": rules.as_text(now)}
    about |= dict.fromkeys(nothing) | {"links": dict.fromkeys(("account", "evidence", "pay", "support"))}
    return _document(user, about, test_text(user, now=now))


def _document(user: User, about: dict[str, Any], said: Text) -> bytes:
    words = {"language": compose.language_of(user), "title": said.title, "text": said.body}
    return json.dumps({"schema": SCHEMA} | about | words, ensure_ascii=False).encode()
