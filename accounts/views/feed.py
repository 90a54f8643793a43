"""The calendar's address on the profile: turn it on, change it, turn it off, and take that back."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from accounts import actions
from accounts.models import Account, Feed, User
from accounts.models.feed import UNDO_FOR
from accounts.views.requests import PersonRequest


def feed_of(user: User, *, now: datetime) -> dict[str, Any]:
    """What `_feed.html` shows of a person's calendar."""
    return shown(Feed.objects.filter(user=user).first(), now=now)


def address_of(feed: Feed | None, account: Account | None = None) -> str:
    """The secret address of a person's calendar, or of one account in it; "" while it is turned off."""
    if feed is None or not feed.is_open:
        return ""
    only = f"?account={account.pk}" if account is not None else ""
    return settings.SITE_URL + reverse("accounts:calendar", args=[feed.token]) + only


def shown(feed: Feed | None, *, now: datetime) -> dict[str, Any]:
    address = address_of(feed)
    return {
        "feed": feed,
        "feed_address": address,
        # The scheme by which calendar programs know that an address is one to subscribe to.
        "feed_subscription": address and "webcal://" + address.partition("://")[2],
        "undo_until": feed.changed_at + UNDO_FOR if feed and feed.may_undo(now) else None,
    }


@require_POST
def open_feed(request: PersonRequest) -> HttpResponse:
    return _changed(request, actions.open_feed)


@require_POST
def renew_feed(request: PersonRequest) -> HttpResponse:
    return _changed(request, actions.renew_feed)


@require_POST
def close_feed(request: PersonRequest) -> HttpResponse:
    return _changed(request, actions.close_feed)


@require_POST
def restore_feed(request: PersonRequest) -> HttpResponse:
    return _changed(request, actions.restore_feed)


def _changed(request: PersonRequest, change: Callable[..., Feed]) -> HttpResponse:
    """Do it, and answer with the section, or lead back to it."""
    now = timezone.now()
    feed = change(request.user, now=now)
    if request.htmx:
        return render(request, "accounts/_feed.html", shown(feed, now=now))
    return redirect(reverse("accounts:profile") + "#calendar")
