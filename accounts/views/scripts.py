"""Samples of what scripts need, for the style guide: tokens in each of their states. Nothing is stored."""

from datetime import datetime, timedelta
from typing import Any

from accounts import actions
from accounts.models import Token
from accounts.models.token import SCOPES

# Of the API's page: a parameter as it is told there.
FIELDS = (
    {"name": "limit", "kind": "integer", "is_needed": False, "words": "How many at most."},
    {"name": "gross", "kind": "decimal", "is_needed": True, "words": ""},
)


def tokens(*, now: datetime) -> list[Token]:
    """A token in each of its states."""
    made = now - timedelta(days=40)
    facts: dict[str, Any] = {"prefix": "td_x4Kq9v", "created_at": made}
    return [
        Token(id=1, name="nightly import", scopes=SCOPES, last_used_at=now - timedelta(hours=7), **facts),
        Token(id=2, name="laptop", scopes=SCOPES[:1], expires_at=now - timedelta(days=10), **facts),
        Token(id=3, name="old server", scopes=SCOPES[:2], revoked_at=now - timedelta(days=3), **facts),
    ]


def made(*, now: datetime) -> actions.Made:
    """A token that was made a moment ago; the secret opens nothing."""
    return actions.Made(tokens(now=now)[0], "td_" + "x4Kq9v" * 7 + "A")
