"""Give a person a calendar at a secret address, another address, or none."""

from datetime import datetime

from django.db import transaction

from accounts.models import Feed, User
from accounts.models.feed import new_seed


@transaction.atomic
def open_feed(user: User, *, now: datetime) -> Feed:
    """Turn the calendar on, at a new address. One that is on stays as it is."""
    feed = _locked(user, now)
    return feed if feed.is_open else _move(feed, to=new_seed(), now=now)


@transaction.atomic
def renew_feed(user: User, *, now: datetime) -> Feed:
    """Move the calendar to a new address: the old one is nothing from now on. One that is off stays off."""
    feed = _locked(user, now)
    return _move(feed, to=new_seed(), former=feed.seed, now=now) if feed.is_open else feed


@transaction.atomic
def close_feed(user: User, *, now: datetime) -> Feed:
    """Turn the calendar off: its address is nothing from now on."""
    feed = _locked(user, now)
    return _move(feed, to="", former=feed.seed, now=now) if feed.is_open else feed


@transaction.atomic
def restore_feed(user: User, *, now: datetime) -> Feed:
    """Bring the address of before back, while that can be done; else change nothing."""
    feed = _locked(user, now)
    return _move(feed, to=feed.former_seed, now=now) if feed.may_undo(now) else feed


def _locked(user: User, now: datetime) -> Feed:
    """The person's feed, which nobody else changes until this transaction ends."""
    Feed.objects.get_or_create(user=user, defaults={"changed_at": now})
    return Feed.objects.select_for_update().get(user=user)


def _move(feed: Feed, *, to: str, now: datetime, former: str = "") -> Feed:
    feed.seed, feed.former_seed, feed.changed_at = to, former, now
    feed.save(update_fields=["seed", "former_seed", "changed_at"])
    return feed
