"""Raise notices: one row for each recipient, with what will carry it: a mail, and a message for each channel."""

import uuid
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import Q

from accounts.models import Account, Channel, Delivery, Episode, Membership, Notice, Sighting, User
from accounts.models.channel import MAIL
from accounts.models.notice import CANCELLED, MUTED, PENDING
from accounts.notices.outbox import PAUSED, UNWANTED

# Withdrawn because nobody wanted it, not because it was untrue: it does not wait again by itself.
UNASKED = (MUTED, UNWANTED, PAUSED)


@dataclass(frozen=True, slots=True)
class Wanted:
    """A notice that the facts call for. `account` is locked by the caller; `facts` must fit JSON.

    expires_on: of one about credit, the first day of its window.
    """

    account: Account
    kind: str
    rulebook_id: str
    tier: str
    episode: Episode | None
    sighting: Sighting | None
    facts: dict[str, Any]
    expires_on: date | None = None


def raise_notices(wanted: Iterable[Wanted], *, now: datetime) -> list[Notice]:
    """Raise what is not raised yet: a notice for each recipient, with a mail, and a message for each of their channels
    that wants it; return the new notices.

    What was raised, withdrawn before it left and is wanted again waits again; what has not left yet says what is true
    now. A constant number of queries, in the caller's transaction.
    """
    held = list(wanted)
    if not held:
        return []
    members: dict[Any, list[User]] = defaultdict(list)
    for membership in Membership.objects.filter(
        workspace__in={want.account.workspace_id for want in held}, user__is_active=True
    ).select_related("user"):
        members[membership.workspace_id].append(membership.user)
    channels: dict[int, list[Channel]] = defaultdict(list)
    of_these_people = {user.pk for users in members.values() for user in users}
    for channel in Channel.objects.live().filter(user__in=of_these_people).order_by("created_at", "id"):
        channels[channel.user_id].append(channel)
    existing: dict[tuple[Any, ...], list[Delivery]] = defaultdict(list)
    of_these = Q(notice__episode__in=[want.episode for want in held if want.episode]) | Q(
        notice__sighting__in=[want.sighting for want in held if want.sighting]
    )
    if days := {want.expires_on for want in held if want.expires_on}:
        of_these |= Q(notice__account__in={want.account.pk for want in held}, notice__expires_on__in=days)
    for delivery in Delivery.objects.filter(of_these).select_related("notice").order_by("copy"):
        held_by = delivery.notice
        about = (held_by.account_id, held_by.kind, held_by.rulebook_id, held_by.tier)
        because = (held_by.episode_id, held_by.sighting_id, held_by.expires_on)
        existing[*about, *because, held_by.recipient_id].append(delivery)

    leaves_at = now + timedelta(seconds=settings.NOTICE_GRACE_SECONDS)
    raised: list[Notice] = []
    refreshed: list[Notice] = []
    deliveries: list[Delivery] = []
    again: list[uuid.UUID] = []
    for want in held:
        for user in members[want.account.workspace_id]:
            if before := existing.get(_key(want, user)):
                again += _again(before, want.kind, channels[user.pk])
                if not _stands(before) and _gist(before[0].notice.facts) != _gist(want.facts):
                    before[0].notice.facts = want.facts
                    refreshed.append(before[0].notice)
                continue
            notice = Notice(
                account=want.account,
                kind=want.kind,
                rulebook_id=want.rulebook_id,
                tier=want.tier,
                episode=want.episode,
                sighting=want.sighting,
                expires_on=want.expires_on,
                recipient=user,
                facts=want.facts,
                created_at=now,
            )
            raised.append(notice)
            deliveries += _deliveries(notice, channels[user.pk], leaves_at)
    Notice.objects.bulk_create(raised)
    Delivery.objects.bulk_create(deliveries)
    if refreshed:
        Notice.objects.bulk_update(refreshed, ["facts"])
    if again:
        Delivery.objects.filter(pk__in=again, status=CANCELLED).update(
            status=PENDING, next_at=leaves_at, attempts=0, last_code="", last_error=""
        )
    return raised


def _deliveries(notice: Notice, channels: Iterable[Channel], leaves_at: datetime) -> Iterator[Delivery]:
    """What carries a new notice. A muted mail does not mute a channel, nor the other way round."""
    facts = {"notice": notice, "next_at": leaves_at, "created_at": notice.created_at}
    muted = {"status": CANCELLED, "last_error": MUTED} if notice.kind in notice.recipient.muted_kinds else {}
    yield Delivery(address=notice.recipient.email, **facts, **muted)
    for channel in channels:
        if channel.wants(notice.kind):
            paused = {"status": CANCELLED, "last_error": PAUSED} if channel.is_paused else {}
            yield Delivery(channel=channel.kind, via=channel, address=channel.address, **facts, **paused)


def _again(before: Sequence[Delivery], kind: str, channels: Iterable[Channel]) -> Iterator[uuid.UUID]:
    """The keys of what was withdrawn and waits again: each way for itself, if nothing has left by it."""
    ways = {None: True} | {channel.pk: channel.wants(kind) and not channel.is_paused for channel in channels}
    for way, is_open in ways.items():
        rows = [each for each in before if each.via_id == way and (way is not None or each.channel == MAIL)]
        withdrawn = all(
            each.status == CANCELLED and not each.doubts and each.last_error not in UNASKED for each in rows
        )
        if rows and is_open and withdrawn:
            yield rows[0].pk


def _stands(before: Sequence[Delivery]) -> bool:
    """Whether what a notice said stands, for it left or may have left: by mail; where that is muted, by a channel."""
    mails = [each for each in before if each.channel == MAIL]
    is_muted = all(each.status == CANCELLED and each.last_error == MUTED for each in mails)
    return any(each.status not in (PENDING, CANCELLED) or each.doubts for each in (before if is_muted else mails))


def _key(want: Wanted, recipient: User) -> tuple[Any, ...]:
    """What the constraint notice_once_per_episode holds unique."""
    episode_id = want.episode.pk if want.episode else None
    sighting_id = want.sighting.pk if want.sighting else None
    because = (episode_id, sighting_id, want.expires_on)
    return (want.account.pk, want.kind, want.rulebook_id, want.tier, *because, recipient.pk)


def _gist(facts: dict[str, Any]) -> Any:
    """What a reader would act on: the figures of the advice or the credit, not the instant they were worked out."""
    advice = facts.get("standing", {}).get("advice", {})
    return advice.get("amount_usd"), advice.get("reason"), facts.get("account"), facts.get("credit")
