"""Write the history: every change of an account leaves an event."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from accounts.models import Account, Event, User


def event(account: Account, kind: str, *, at: datetime, by: User | None = None, **facts: Any) -> Event:
    """Return an event, not yet written. Facts must fit JSON."""
    return Event(account=account, kind=kind, at=at, by=by, facts=facts)


def write_events(events: Iterable[Event]) -> None:
    Event.objects.bulk_create(list(events))
