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
from accounts.models import Feed, User
from accounts.models.feed import UNDO_FOR
from accounts.views.requests import PersonRequest


def feed_of(user: User, *, now: datetime) -> dict[str, Any]:
    """What `_feed.html` shows of a person's calendar."""
    return shown(Feed.objects.filter(user=user).first(), now=now)


def shown(feed: Feed | None, *, now: datetime) -> dict[str, Any]:
    path = reverse("accounts:calendar", args=[feed.token]) if feed and feed.is_open else ""
    site = settings.SITE_URL
    return {
        "feed": feed,
        "feed_address": path and site + path,
        # The scheme by which calendar programs know that an address is one to subscribe to.
        "feed_subscription": path and "webcal://" + site.partition("://")[2] + path,
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
