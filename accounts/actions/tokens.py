"""Make, use and revoke the tokens of people's scripts."""

import hashlib
import re
import secrets
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection, transaction

from accounts.models import Token, User

MARK = "td_"
SECRET_BYTES = 32
SECRET = re.compile(rf"{MARK}[A-Za-z0-9_-]{{43}}", re.ASCII)
SHOWN = len(MARK) + 6
MOST_TOKENS = 50


class TokenRefused(ValueError):
    """A token that lets nobody in, or cannot be made; `reason` is a code.

    unknown: there is no such token. revoked, expired: it was one. inactive: its person is locked out.
    too_many: the person has MOST_TOKENS that are not revoked. made_before: the same form made one already.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Made:
    """A new token and its secret, which nobody can show again."""

    token: Token
    secret: str


@transaction.atomic
def make_token(
    user: User, *, name: str, scopes: Sequence[str], expires_at: datetime | None, form_key: uuid.UUID, now: datetime
) -> Made:
    """Make a token of 256 random bits. TokenRefused (too_many, made_before): see there."""
    User.objects.select_for_update().get(pk=user.pk)  # two forms at once are counted one after the other
    if Token.objects.filter(user=user, form_key=form_key).exists():
        raise TokenRefused("made_before")
    if Token.objects.filter(user=user, revoked_at=None).count() >= MOST_TOKENS:
        raise TokenRefused("too_many")
    secret = MARK + secrets.token_urlsafe(SECRET_BYTES)
    token = Token.objects.create(
        user=user,
        name=name,
        prefix=secret[:SHOWN],
        digest=_digest(secret),
        scopes=list(scopes),
        created_at=now,
        expires_at=expires_at,
        form_key=form_key,
    )
    return Made(token, secret)


def revoke_token(token: Token, *, now: datetime) -> Token:
    """End a token at once and for good."""
    Token.objects.filter(pk=token.pk, revoked_at=None).update(revoked_at=now)
    token.refresh_from_db()
    return token


@dataclass(frozen=True, slots=True)
class Use:
    """One use of a token; `asked` is how often it was used in this minute, with this use."""

    token: Token
    asked: int


def use_token(secret: str, *, now: datetime) -> Use:
    """Find the token of a secret and count the use. TokenRefused when it lets nobody in.

    The look-up is by the digest, so its time tells nothing of any secret. The count is one statement: two requests at
    once are two, whichever process answers them.
    """
    token = None
    if SECRET.fullmatch(secret):
        token = Token.objects.select_related("user").filter(digest=_digest(secret)).first()
    if token is None:
        raise TokenRefused("unknown")
    if token.revoked_at is not None:
        raise TokenRefused("revoked")
    if token.expires_at is not None and token.expires_at <= now:
        raise TokenRefused("expired")
    if not token.user.is_active:
        raise TokenRefused("inactive")
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE accounts_token SET
                asked = CASE WHEN minute = %(minute)s THEN asked + 1 ELSE 1 END,
                last_used_at = CASE WHEN minute = %(minute)s THEN last_used_at ELSE %(now)s END,
                minute = %(minute)s
            WHERE id = %(id)s RETURNING asked
            """,
            {"minute": int(now.timestamp()) // 60, "now": now, "id": token.pk},
        )
        [(asked,)] = cursor.fetchall()
    return Use(token, asked)


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
