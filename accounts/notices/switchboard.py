"""The outbox of channels: claim a message that is due, fence it, record what became of it and of its channel.

As for mails (outbox.py), with one more thing: what is wrong with a channel is counted on the channel, and puts off or
ends everything that waits for it, and nothing else.
"""

import uuid
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Q, QuerySet
from django.db.models.functions import Now

from accounts.gateways import letter as mail
from accounts.models import Channel, Delivery
from accounts.models.channel import BY_PERSON, CHAT, FAILING, GONE, MAIL
from accounts.models.notice import CANCELLED, FAILED, MOST_ATTEMPTS, MOST_DOUBTS, PENDING, SENT, UNCERTAIN
from accounts.notices import outbox
from accounts.notices.outbox import DATA, LONGEST_PAUSE, PAUSED, RELEASED, SHORT_PAUSE

REMOVED = "removed"
# A channel is paused after so many failures one after another, or after so long without a success.
MOST_FAILURES = 20
LONGEST_FAILING = timedelta(days=3)
# What is wrong here and not with the receiver, so that the channel does not pay for it; nor does the message, but when
# it is the message that cannot be written.
COMPOSE = "compose"
OURS = frozenset({COMPOSE, "key", "messenger"})
TRIED = ("last_tried_at", "last_outcome", "last_code", "last_words")


def is_anything_due(now: datetime) -> bool:
    """Whether there is a message to send or a lease that ran out; one query."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT EXISTS (SELECT FROM accounts_delivery
                           WHERE status = 'pending' AND next_at <= %s AND channel <> 'mail')
                OR EXISTS (SELECT FROM accounts_delivery
                           WHERE status = 'sending' AND lease_until < now() AND channel <> 'mail')
            """,
            [now],
        )
        return bool(cursor.fetchone()[0])


def reap(now: datetime) -> int:
    """Take back what senders that died held; return how many. RuntimeError inside a transaction, as for mails.

    A webhook whose sender died after the fence goes again: its receiver drops what it has by its id. A chat service
    has no such thing, so there the policy for mails holds.
    """
    may_resend = ~Q(channel=CHAT)
    if settings.UNCERTAIN_MAIL == "resend":
        may_resend |= Q(doubts=0)
    through_channels = Delivery.objects.exclude(channel=MAIL)
    return outbox.take_back(through_channels, may_resend=may_resend, what="message", now=now)


def claim(now: datetime, *, without: Collection[uuid.UUID] = ()) -> Delivery | None:
    """Claim the message that has waited longest, for nobody else to send; None when none is due.

    without: channels that have had their share of this round.
    """
    token = uuid.uuid4()
    facts: dict[str, Any] = {"token": token, "lease": outbox.CLAIM_LEASE, "now": now, "most": MOST_ATTEMPTS}
    # One table and no joins, as for mails.
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE accounts_delivery
            SET status = 'sending', phase = 'claimed', claim = %(token)s, lease_until = now() + %(lease)s,
                attempts = attempts + 1
            WHERE status = 'pending' AND id = (
                SELECT id FROM accounts_delivery
                WHERE status = 'pending' AND next_at <= %(now)s AND attempts < %(most)s AND channel <> 'mail'
                    AND NOT via_id = ANY(%(without)s::uuid[])
                ORDER BY next_at LIMIT 1 FOR UPDATE SKIP LOCKED
            )
            RETURNING id
            """,
            facts | {"without": list(without)},
        )
        row = cursor.fetchone()
    if row is None:
        return None
    delivery = outbox.with_circumstances(row[0])
    delivery.claim = token
    return delivery


def channel_of(delivery: Delivery) -> Channel:
    """The channel of what was claimed; a constraint says that there is one."""
    if delivery.via is None:
        raise LookupError(f"{delivery.pk} has no channel")
    return delivery.via


def fence(delivery: Delivery) -> bool:
    """Say, for good, that the message leaves now. False: the claim ran out, or the channel was paused or removed."""
    is_open = Q(via__paused_at=None, via__removed_at=None)
    return bool(
        outbox.held(delivery)
        .filter(is_open, lease_until__gt=Now())
        .update(phase=DATA, lease_until=Now() + outbox.DATA_LEASE)
    )


@transaction.atomic
def record(delivery: Delivery, outcome: mail.Outcome, *, at: datetime) -> str:
    """Record what became of a message that was claimed; return its new status, "" when somebody else has taken it over.

    With the channel held: a failure puts off what waits for the same channel; the last one that it may have, or word
    that the receiver is gone for good, pauses it.
    """
    channel = Channel.objects.select_for_update(no_key=True).filter(pk=channel_of(delivery).pk).first()
    if channel is None:  # it went with its person
        return ""
    note_try(channel, outcome, at=at)
    _judge(channel, outcome, at)
    channel.save(update_fields=["failures", "failing_since", "paused_at", "paused_why", *TRIED])
    changes = _consequence(delivery, channel, outcome, at) | RELEASED
    changes |= {"last_code": outcome.code[:20], "last_error": outcome.words}
    if not outbox.held(delivery).update(**changes):
        transaction.set_rollback(True)  # whoever has it now tells of the channel, too
        return ""
    if channel.is_paused:
        end_what_waits(channel)
    elif changes["status"] == PENDING and outcome.code not in OURS:
        put_off = {name: changes[name] for name in ("next_at", "last_code", "last_error")}
        waiting(channel).filter(next_at__lt=changes["next_at"]).update(**put_off)
    return str(changes["status"])


def note_try(channel: Channel, outcome: mail.Outcome, *, at: datetime) -> None:
    """Write on a channel, not yet to the database, what came of the latest try."""
    channel.last_tried_at = at
    channel.last_outcome, channel.last_code, channel.last_words = outcome.kind, outcome.code[:20], outcome.words


def waiting(channel: Channel) -> QuerySet[Delivery]:
    return Delivery.objects.filter(via=channel, status=PENDING)


def end_what_waits(channel: Channel) -> int:
    """End what waits for a channel that is paused or removed: what was tried has failed, the rest is withdrawn."""
    held = waiting(channel)
    if channel.is_removed:
        return held.update(status=CANCELLED, last_code="", last_error=REMOVED)
    failed = held.filter(attempts__gt=0).update(status=FAILED) if channel.paused_why != BY_PERSON else 0
    return failed + held.update(status=CANCELLED, last_code="", last_error=PAUSED)


def _judge(channel: Channel, outcome: mail.Outcome, at: datetime) -> None:
    """Count an outcome on its channel, and pause it when there were too many failures."""
    if outcome.kind == mail.ACCEPTED:
        channel.failures, channel.failing_since = 0, None
        return
    if outcome.code in OURS:
        return
    channel.failures += 1
    channel.failing_since = channel.failing_since or at
    if channel.is_paused:
        return
    if outcome.kind == mail.REFUSED:
        channel.paused_at, channel.paused_why = at, GONE
    elif channel.failures >= MOST_FAILURES or at - channel.failing_since >= LONGEST_FAILING:
        channel.paused_at, channel.paused_why = at, FAILING


def _consequence(delivery: Delivery, channel: Channel, outcome: mail.Outcome, at: datetime) -> dict[str, Any]:
    """Return status and dates of the message that follow from an outcome, its channel being judged."""
    if outcome.kind == mail.ACCEPTED:
        return {"status": SENT, "sent_at": max(at, delivery.created_at)}
    is_free = outcome.code in OURS and outcome.code != COMPOSE
    failures = delivery.attempts if outcome.code in OURS else channel.failures
    pause = min(SHORT_PAUSE * 2 ** min(failures - 1, 20), LONGEST_PAUSE)
    later = {"status": PENDING, "next_at": at + max(pause, timedelta(seconds=outcome.wait_seconds))}
    if is_free:
        return later | {"attempts": delivery.attempts - 1}
    may_go_again = delivery.attempts < MOST_ATTEMPTS and not channel.is_paused and not channel.is_removed
    if outcome.kind != mail.UNKNOWN:
        return later if may_go_again else {"status": FAILED}
    if delivery.channel == CHAT:
        may_go_again = may_go_again and settings.UNCERTAIN_MAIL == "resend" and delivery.doubts == 0
    doubts = {"doubts": min(delivery.doubts + 1, MOST_DOUBTS)}
    return (later if may_go_again else {"status": UNCERTAIN}) | doubts
