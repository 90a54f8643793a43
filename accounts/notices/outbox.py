"""Raise notices: rows in the outbox, in the transaction of whoever changed the facts."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings

from accounts.models import Account, Delivery, Episode, Membership, Notice, Sighting, User
from accounts.models.notice import CANCELLED, PENDING


@dataclass(frozen=True, slots=True)
class Wanted:
    """A notice that the facts call for. `account` is locked by the caller; `facts` must fit JSON."""

    account: Account
    kind: str
    rulebook_id: str
    tier: str
    episode: Episode | None
    sighting: Sighting | None
    facts: dict[str, Any]


def raise_notices(wanted: Iterable[Wanted], *, now: datetime) -> list[Notice]:
    """Raise what is not raised yet, one notice and one delivery per recipient; return the new notices."""
    held = list(wanted)
    if not held:
        return []
    members: dict[Any, list[User]] = defaultdict(list)
    for membership in Membership.objects.filter(
        workspace__in={want.account.workspace_id for want in held}, user__is_active=True
    ).select_related("user"):
        members[membership.workspace_id].append(membership.user)
    existing = set(
        Notice.objects.filter(account__in=[want.account for want in held]).values_list(
            "account", "kind", "rulebook_id", "tier", "episode", "sighting", "recipient"
        )
    )
    raised, deliveries = [], []
    for want in held:
        for user in members[want.account.workspace_id]:
            key = (
                want.account.pk,
                want.kind,
                want.rulebook_id,
                want.tier,
                want.episode.pk if want.episode else None,
                want.sighting.pk if want.sighting else None,
                user.pk,
            )
            if key in existing:
                continue
            notice = Notice(
                account=want.account,
                kind=want.kind,
                rulebook_id=want.rulebook_id,
                tier=want.tier,
                episode=want.episode,
                sighting=want.sighting,
                recipient=user,
                facts=want.facts,
                created_at=now,
            )
            raised.append(notice)
            is_muted = want.kind in user.muted_kinds
            deliveries.append(
                Delivery(
                    notice=notice,
                    address=user.email,
                    status=CANCELLED if is_muted else PENDING,
                    last_error="muted" if is_muted else "",
                    next_at=now + timedelta(seconds=settings.NOTICE_GRACE_SECONDS),
                    created_at=now,
                )
            )
    Notice.objects.bulk_create(raised)
    Delivery.objects.bulk_create(deliveries)
    return raised
