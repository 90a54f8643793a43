"""The outbox: claim what is due, fence it, record what became of it. Here the mails; see switchboard.py for the rest.

The database's clock rules claims and leases; `next_at` is compared with the instant that the caller passes.
"""

import uuid
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Case, Exists, F, OuterRef, PositiveSmallIntegerField, Q, QuerySet, Value, When
from django.db.models.functions import Least, Now

from accounts.gateways import letter as mail
from accounts.models import Delivery, Membership
from accounts.models.channel import MAIL
from accounts.models.notice import CANCELLED, FAILED, MOST_ATTEMPTS, MOST_DOUBTS, PENDING, SENDING, SENT, UNCERTAIN

CLAIMED, DATA = "claimed", "data"
# Why something was withdrawn although it is true, beside MUTED: the channel does not want its kind, or is paused.
UNWANTED, PAUSED = "unwanted", "paused"
# A lease outlives everything its holder may do in that phase (gateways.smtp.Patience).
CLAIM_LEASE = timedelta(seconds=180)
DATA_LEASE = timedelta(seconds=300)
LONGEST_PAUSE = timedelta(hours=6)
# After a wrong password a server may lock us out if we knock every minute.
PAUSES = {"auth": timedelta(minutes=10)}
SHORT_PAUSE = timedelta(minutes=1)
RELEASED: dict[str, Any] = {"claim": None, "lease_until": None, "phase": ""}


def is_anything_due(now: datetime) -> bool:
    """Whether there is a mail to send or a lease that ran out; one query."""
    # Two questions, each answered by its own small index; one with OR would read the whole table.
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT EXISTS (SELECT FROM accounts_delivery
                           WHERE status = 'pending' AND next_at <= %s AND channel = 'mail')
                OR EXISTS (SELECT FROM accounts_delivery
                           WHERE status = 'sending' AND lease_until < now() AND channel = 'mail')
            """,
            [now],
        )
        return bool(cursor.fetchone()[0])


def reap(now: datetime) -> int:
    """Take back what senders that died held; return how many. RuntimeError as in `take_back`."""
    may_resend = Q(doubts=0) if settings.UNCERTAIN_MAIL == "resend" else Q(pk__in=[])
    return take_back(Delivery.objects.filter(channel=MAIL), may_resend=may_resend, what="mail", now=now)


def take_back(of_these: QuerySet[Delivery], *, may_resend: Q, what: str, now: datetime) -> int:
    """Take back those whose sender's lease has run out, and return how many.

    A sender that died before the fence certainly sent nothing; one that died after it may have. may_resend: which of
    the latter go again all the same. In a transaction of its own: RuntimeError inside another one, where a claim could
    be rolled back after the message has left.
    """
    may_go_again = Q(attempts__lt=MOST_ATTEMPTS)
    with transaction.atomic(durable=True):
        lost = of_these.filter(status=SENDING, lease_until__lt=Now())
        in_doubt = lost.filter(phase=DATA).update(
            status=Case(When(may_go_again & may_resend, then=Value(PENDING)), default=Value(UNCERTAIN)),
            doubts=Least(F("doubts") + 1, Value(MOST_DOUBTS), output_field=PositiveSmallIntegerField()),
            next_at=now,
            last_code="no_answer",
            last_error=f"the sender stopped while it handed the {what} over",
            **RELEASED,
        )
        unharmed = lost.filter(phase=CLAIMED).update(
            status=Case(When(may_go_again, then=Value(PENDING)), default=Value(FAILED)),
            next_at=now,
            last_code="lost",
            last_error=f"the sender stopped before the {what} left",
            **RELEASED,
        )
    return in_doubt + unharmed


def claim(now: datetime) -> Delivery | None:
    """Claim the mail that has waited longest, for nobody else to send; None when none is due."""
    token = uuid.uuid4()
    facts: dict[str, Any] = {"token": token, "lease": CLAIM_LEASE, "now": now, "most": MOST_ATTEMPTS}
    # One table and no joins: SKIP LOCKED with joined conditions hands a row out twice under READ COMMITTED.
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE accounts_delivery
            SET status = 'sending', phase = 'claimed', claim = %(token)s, lease_until = now() + %(lease)s,
                attempts = attempts + 1
            WHERE status = 'pending' AND id = (
                SELECT id FROM accounts_delivery
                WHERE status = 'pending' AND next_at <= %(now)s AND attempts < %(most)s AND channel = 'mail'
                ORDER BY next_at LIMIT 1 FOR UPDATE SKIP LOCKED
            )
            RETURNING id
            """,
            facts,
        )
        row = cursor.fetchone()
    if row is None:
        return None
    delivery = with_circumstances(row[0])
    delivery.claim = token  # ours, whoever may have taken it over since
    return delivery


def with_circumstances(delivery_id: uuid.UUID) -> Delivery:
    """Return a delivery with all that a sender asks about it; `is_member` says whether the recipient still belongs."""
    membership = Membership.objects.filter(user=OuterRef("notice__recipient"), workspace=OuterRef("workspace"))
    return (
        Delivery.objects.select_related("notice__account__standing", "notice__episode", "notice__recipient", "via")
        .annotate(workspace=F("notice__account__workspace"))
        .annotate(is_member=Exists(membership))
        .get(pk=delivery_id)
    )


def fence(delivery: Delivery) -> bool:
    """Say, for good, that the mail leaves now. False: the claim ran out, and the mail is no longer ours to send."""
    return bool(
        held(delivery)
        .filter(lease_until__gt=Now())
        .update(phase=DATA, lease_until=Now() + DATA_LEASE, address=delivery.notice.recipient.email)
    )


def record(delivery: Delivery, outcome: mail.Outcome, *, at: datetime) -> str:
    """Record what became of a mail that was claimed; return its new status, "" when somebody else has taken it over."""
    changes = _consequence(delivery, outcome, at) | RELEASED
    changes |= {"last_code": outcome.code[:20], "last_error": outcome.words}
    return changes["status"] if held(delivery).update(**changes) else ""


def withdraw(delivery: Delivery, reason: str) -> None:
    """Cancel a claimed mail that has nothing true to say any more, or nobody to say it to."""
    held(delivery).update(status=CANCELLED, last_code="", last_error=reason, **RELEASED)


def pause(now: datetime, outcome: mail.Outcome, *, at: datetime) -> None:
    """Put every mail due off: none can leave now. Each row says why it waits."""
    Delivery.objects.filter(status=PENDING, next_at__lte=now, channel=MAIL).update(
        next_at=at + _pause(outcome), last_code=outcome.code[:20], last_error=outcome.words
    )


def held(delivery: Delivery) -> QuerySet[Delivery]:
    """The row, as long as its claim is the one that it was handed out with."""
    return Delivery.objects.filter(pk=delivery.pk, claim=delivery.claim)


def _pause(outcome: mail.Outcome) -> timedelta:
    return PAUSES.get(outcome.code, SHORT_PAUSE)


def _consequence(delivery: Delivery, outcome: mail.Outcome, at: datetime) -> dict[str, Any]:
    """Return status and dates that follow from an outcome."""
    may_go_again = delivery.attempts < MOST_ATTEMPTS
    later = {"status": PENDING, "next_at": at + min(SHORT_PAUSE * 2 ** (delivery.attempts - 1), LONGEST_PAUSE)}
    match outcome.kind:
        case mail.ACCEPTED:
            return {"status": SENT, "sent_at": max(at, delivery.created_at)}
        case mail.REFUSED_FOR_NOW if may_go_again:
            return later
        case mail.UNREACHABLE:
            # No fault of this mail, so it costs none of its attempts.
            return {"status": PENDING, "next_at": at + _pause(outcome), "attempts": delivery.attempts - 1}
        case mail.UNKNOWN:
            may_resend = settings.UNCERTAIN_MAIL == "resend" and delivery.doubts == 0 and may_go_again
            return (later if may_resend else {"status": UNCERTAIN}) | {"doubts": delivery.doubts + 1}
    return {"status": FAILED}
