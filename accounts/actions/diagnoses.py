"""Keep what an error said of an account. The pasted text itself is never kept."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from accounts.actions.accounts import AccountRefused, note_cap_reached
from accounts.actions.history import event, write_events
from accounts.actions.sightings import see_tier
from accounts.models import Account, Event, Sighting, User

PROBE = "probe"


@transaction.atomic
def attach_diagnosis(
    account: Account,
    *,
    facts: Mapping[str, Any],
    key: str,
    at: datetime,
    sees_tier: bool = False,
    notes_cap: bool = False,
    by: User,
    now: datetime,
) -> None:
    """Put a diagnosis (`Diagnosis.as_facts`) made at an instant into the history; the same key is kept once.

    sees_tier: record the inferred tier as seen at that instant. notes_cap: note that this month's cap is used up. Each
    happens once, however often it is asked. NoSuchTier when the account's edition has no such tier; AccountRefused for
    an account in the archive.
    """
    account = Account.objects.select_for_update(of=("self",)).get(pk=account.pk)
    if account.is_archived:
        raise AccountRefused("account", "archived")
    if not Event.objects.filter(account=account, kind="error_diagnosed", facts__key=key).exists():
        write_events([event(account, "error_diagnosed", at=now, by=by, **facts, key=key)])
    if sees_tier:
        seen = Sighting.objects.filter(account=account, source=PROBE, tier=facts["tier"], seen_at=at)
        if not seen.exists():
            see_tier(account, tier=facts["tier"], seen_at=at, by=by, now=now, source=PROBE)
    if notes_cap and (account.cap_reached_at is None or account.cap_reached_at < at):
        note_cap_reached(account, is_reached=True, by=by, now=now)
