"""Who asks: a token in the Authorization header, what it may do, how often."""

from dataclasses import dataclass
from typing import Any, cast

from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from ninja.security import HttpBearer

from accounts import actions
from accounts.api.problems import Problem
from accounts.models import Token, User
from accounts.models.token import READ, RECORD, WRITE

CHALLENGE = 'Bearer realm="tierdash"'


@dataclass(frozen=True, slots=True)
class Share:
    """What a token has left of its requests in this minute (UTC)."""

    asked: int
    seconds: int

    @property
    def headers(self) -> dict[str, str]:
        """By draft-ietf-httpapi-ratelimit-headers: the quota, its window, what is left, when it begins anew."""
        most = settings.API_REQUESTS_PER_MINUTE
        left = max(0, most - self.asked)
        return {"RateLimit-Policy": f'"token";q={most};w=60', "RateLimit": f'"token";r={left};t={self.seconds}'}


class TokenRequest(HttpRequest):
    """A request of somebody's script. The door tells every answer what is left of its `share`."""

    user: User
    auth: Token
    share: Share


class Bearer(HttpBearer):
    """Let a token in that has the scope; 401, 403 or 429 otherwise, as a problem."""

    def __init__(self, scope: str) -> None:
        super().__init__()
        self.scope = scope

    def __call__(self, request: HttpRequest) -> Token:
        scheme, _space, secret = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not secret.strip():
            words = _("Send the header “Authorization: Bearer …” with a token from the page Access tokens.")
            raise Problem("token-missing", words, headers={"WWW-Authenticate": CHALLENGE})
        return self.authenticate(request, secret.strip())

    def authenticate(self, request: HttpRequest, token: str) -> Token:
        now = timezone.now()
        try:
            use = actions.use_token(token, now=now)
        except actions.TokenRefused as refusal:
            challenge = f'{CHALLENGE}, error="invalid_token"'
            raise Problem("token-refused", _words(refusal), headers={"WWW-Authenticate": challenge}) from None
        share = Share(use.asked, 60 - int(now.timestamp()) % 60)
        cast(TokenRequest, request).share = share
        if share.asked > settings.API_REQUESTS_PER_MINUTE:
            words = _("A token may ask {count} times a minute.").format(count=settings.API_REQUESTS_PER_MINUTE)
            raise Problem("too-many", words, headers={"Retry-After": str(share.seconds)})
        if self.scope not in use.token.scopes:
            raise Problem("scope-missing", _("It needs the scope “{scope}”.").format(scope=self.scope))
        request.user = use.token.user
        return use.token


def _words(refusal: actions.TokenRefused) -> str:
    words: dict[str, Any] = {
        "revoked": _("It was revoked."),
        "expired": _("It has expired. Make a new one on the page Access tokens."),
        "inactive": _("Its person is locked out."),
    }
    return str(words.get(refusal.reason, _("There is no such token.")))


MAY_READ, MAY_RECORD, MAY_WRITE = Bearer(READ), Bearer(RECORD), Bearer(WRITE)
