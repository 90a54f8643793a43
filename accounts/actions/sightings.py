"""Record which tier the provider shows."""

from datetime import datetime

from django.db import transaction

from accounts import notices, rules
from accounts.actions.history import event, write_events
from accounts.actions.standings import reassess
from accounts.models import Account, Rulebook, Sighting, User
from accounts.models.sighting import WITHDRAWN


class NoSuchTier(ValueError):
    """The account's edition has no such tier."""


class NotTheLatest(ValueError):
    """Something came after this sighting, so that it cannot be taken back as if it had never been."""


# What a sighting changes on its account.
SEEN = ("seen_tier", "seen_source", "seen_at", "seen_rose_at", "fell_from", "fell_at")


@transaction.atomic
def see_tier(
    account: Account, *, tier: str, seen_at: datetime, by: User | None, now: datetime, source: str = "person"
) -> Sighting:
    """Record that the provider showed a tier at an instant (<= now).

    A rise starts the settling time; a fall is kept until the tier rises again or somebody takes note of it. An
    instant before the latest sighting only enters the history. NoSuchTier when the edition has no such tier.
    """
    account = Account.objects.select_for_update(of=("self",)).select_related("standing").get(pk=account.pk)
    book = Rulebook.objects.get(pk=account.rulebook_id).rules
    if not book.has_tier(tier):
        raise NoSuchTier(tier)
    seen_at = min(seen_at, now)
    is_latest = seen_at >= account.seen_at
    step = book.tier(tier).rank - book.tier(account.seen_tier).rank
    change = "same" if step == 0 or not is_latest else "rose" if step > 0 else "fell"
    sighting = Sighting.objects.create(
        account=account,
        rulebook_id=book.id,
        tier=tier,
        source=source,
        change=change,
        seen_at=seen_at,
        before=_plain(account) if is_latest else {},
        recorded_by=by,
        recorded_at=now,
    )
    write_events([event(account, "tier_seen", at=now, by=by, before=account.seen_tier, after=tier, change=change)])
    if is_latest:
        before = account.seen_tier
        account.seen_tier, account.seen_source, account.seen_at = tier, source, seen_at
        if change == "rose":
            account.seen_rose_at, account.fell_from, account.fell_at = seen_at, "", None
        elif change == "fell":
            account.seen_rose_at, account.fell_from, account.fell_at = None, before, seen_at
        account.save(update_fields=SEEN)
        reassess(account, now=now)
        if change == "fell":
            notices.raise_notices([_fall(account, sighting, before)], now=now)
    return sighting


def _plain(account: Account) -> dict[str, str | None]:
    values = {name: getattr(account, name) for name in SEEN}
    return {name: rules.as_text(value) if isinstance(value, datetime) else value for name, value in values.items()}


@transaction.atomic
def withdraw_sighting(sighting: Sighting, *, by: User, now: datetime) -> None:
    """Take back a slip: the account shows what it showed before. A mail of a fall that has not left is not sent.

    NotTheLatest when the account has been looked at, moved or told of its fall since. Twice changes nothing more.
    """
    account = Account.objects.select_for_update(of=("self",)).select_related("standing").get(pk=sighting.account_id)
    sighting = Sighting.objects.get(pk=sighting.pk)
    if sighting.change == WITHDRAWN:
        return
    latest = Sighting.objects.filter(account=account).latest_first().first()
    was_noted = sighting.change == "fell" and account.fell_at is None
    if latest != sighting or not sighting.before or account.rulebook_id != sighting.rulebook_id or was_noted:
        raise NotTheLatest(str(sighting))
    for name, value in sighting.before.items():
        setattr(account, name, rules.from_text(value) if name.endswith("_at") and value else value)
    account.save(update_fields=SEEN)
    sighting.change = WITHDRAWN
    sighting.save(update_fields=["change"])
    before, after = sighting.tier, account.seen_tier
    write_events([event(account, "sighting_withdrawn", at=now, by=by, before=before, after=after)])
    reassess(account, now=now)


def _fall(account: Account, sighting: Sighting, before: str) -> notices.Wanted:
    """The alert of a fall: the provider gives less than it did."""
    return notices.Wanted(
        account=account,
        kind="tier_seen",
        rulebook_id=account.rulebook_id,
        tier=sighting.tier,
        episode=None,
        sighting=sighting,
        facts={"account": account.name, "before": before, "after": sighting.tier},
    )


@transaction.atomic
def note_fall(account: Account, *, by: User, now: datetime) -> None:
    """Take note of a fall: the alert goes away, the history keeps it."""
    account = Account.objects.select_for_update(of=("self",)).get(pk=account.pk)
    if account.fell_at is None:
        return
    write_events([event(account, "fall_noted", at=now, by=by, before=account.fell_from, after=account.seen_tier)])
    account.fell_from, account.fell_at = "", None
    account.save(update_fields=["fell_from", "fell_at"])
