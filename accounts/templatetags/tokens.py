"""Tokens in words: what one may do, and whether it still works. Load it with {% load tokens %}."""

from django import template
from django.utils import timezone
from django.utils.translation import pgettext

from accounts.models import Token
from accounts.models.token import SCOPES
from accounts.templatetags import slugs

register = template.Library()


@register.filter
def token_may(token: Token) -> str:
    """What a token may do, by the strongest of its scopes."""
    return slugs.word(slugs.TOKEN_SCOPES, max(token.scopes, key=SCOPES.index))


@register.filter
def works(token: Token) -> bool:
    return not token.is_revoked and not _is_expired(token)


@register.filter
def token_state(token: Token) -> str:
    """One of the five states."""
    return "fine" if works(token) else "unknown"


@register.filter
def token_word(token: Token) -> str:
    if token.is_revoked:
        return pgettext("a token", "revoked")
    return pgettext("a token", "expired") if _is_expired(token) else pgettext("a token", "works")


def _is_expired(token: Token) -> bool:
    return token.expires_at is not None and token.expires_at <= timezone.now()
