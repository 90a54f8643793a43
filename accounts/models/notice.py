"""The outbox: a notice is a row first, then a mail. Never lost, never repeated after a success."""

import uuid

from django.db import models
from django.db.models import Case, Exists, F, OuterRef, Q, When

from accounts import rules
from accounts.models.account import Account
from accounts.models.channel import MAIL, Channel
from accounts.models.episode import Episode
from accounts.models.sighting import Sighting
from accounts.models.user import User

PENDING, SENDING, SENT, UNCERTAIN, FAILED, CANCELLED = (
    "pending",
    "sending",
    "sent",
    "uncertain",
    "failed",
    "cancelled",
)
STATUSES = (PENDING, SENDING, SENT, UNCERTAIN, FAILED, CANCELLED)
# The kind that is about credit: it alone has a window.
CREDIT_EXPIRING = "credit_expiring"
# Why a delivery was cancelled whose recipient wants none of its kind.
MUTED = "muted"
MOST_ATTEMPTS = 20
# After the first doubt a mail may be sent once more; after the second only a person decides.
MOST_DOUBTS = 2


class NoticeQuerySet(models.QuerySet["Notice"]):
    def visible_to(self, user: User) -> "NoticeQuerySet":
        """Notices of every account that a person may see, latest first."""
        return self.filter(account__workspace__memberships__user=user).order_by("-created_at", "-id")

    def about_tiers(self) -> "NoticeQuerySet":
        """Without those about credit, which moves no tier."""
        return self.filter(expires_on=None)

    def in_order(self) -> "NoticeQuerySet":
        return self.order_by("created_at", "id")


class Notice(models.Model):
    """`facts` freezes what was true when it was raised, so that the mail can be made again, the same to the letter.

    `expires_on`, of a notice about credit, is the first day of its window: the last one for some of the credit.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="notices")
    kind = models.CharField(max_length=40)
    rulebook_id = models.CharField(max_length=80)
    tier = models.CharField(max_length=40)
    episode = models.ForeignKey(Episode, on_delete=models.CASCADE, null=True, related_name="notices")
    sighting = models.ForeignKey(Sighting, on_delete=models.CASCADE, null=True, related_name="notices")
    expires_on = models.DateField(null=True, blank=True)
    recipient = models.ForeignKey(User, on_delete=models.CASCADE, related_name="notices")
    facts = models.JSONField()
    created_at = models.DateTimeField()

    objects = NoticeQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["account", "-created_at"], name="notice_latest")]
        constraints = [
            models.UniqueConstraint(
                fields=["account", "kind", "rulebook_id", "tier", "episode", "sighting", "expires_on", "recipient"],
                nulls_distinct=False,
                name="notice_once_per_episode",
            ),
            models.CheckConstraint(
                condition=Q(kind=CREDIT_EXPIRING, expires_on__isnull=False, expires_on__lte=rules.LATEST_EXPIRY)
                | (~Q(kind=CREDIT_EXPIRING) & Q(expires_on=None)),
                name="notice_window_of_credit",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.tier}"


class DeliveryQuerySet(models.QuerySet["Delivery"]):
    def waiting(self) -> "DeliveryQuerySet":
        return self.filter(status=PENDING).order_by("next_at", "id")

    def by_way(self) -> "DeliveryQuerySet":
        """The mails first, then channel by channel; of each way the latest first."""
        is_mail = Case(When(channel=MAIL, then=0), default=1)
        return self.order_by(is_mail, F("via__created_at").asc(nulls_first=True), "via", "channel", "-copy", "id")

    def latest_of_each_way(self) -> "DeliveryQuerySet":
        """The deliveries after which no further copy went by the same way."""
        same_way = Q(channel=OuterRef("channel")) & (Q(via=OuterRef("via")) | Q(via=None, channel=MAIL))
        later = Delivery.objects.filter(same_way, notice=OuterRef("notice"), copy__gt=OuterRef("copy"))
        return self.filter(~Exists(later))


class Delivery(models.Model):
    """One mail to one address, or one message through one channel (`via`; then `address` is its name and host).

    `copy` is 0 for the first, 1, 2, ... for those a person asked to send again. `doubts` counts how often the mail was
    handed over without an answer, so that nobody knows whether it left.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    notice = models.ForeignKey(Notice, on_delete=models.CASCADE, related_name="deliveries")
    channel = models.CharField(max_length=20, default=MAIL)
    via = models.ForeignKey(Channel, on_delete=models.CASCADE, null=True, related_name="deliveries")
    address = models.CharField(max_length=254)
    copy = models.PositiveSmallIntegerField(default=0)
    status = models.CharField(max_length=20, default=PENDING)
    phase = models.CharField(max_length=20, blank=True)
    claim = models.UUIDField(null=True, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    doubts = models.PositiveSmallIntegerField(default=0)
    next_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True, blank=True)
    last_code = models.CharField(max_length=20, blank=True)
    last_error = models.CharField(max_length=500, blank=True)
    created_at = models.DateTimeField()

    objects = DeliveryQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["next_at"], condition=Q(status=PENDING), name="delivery_waiting"),
            models.Index(fields=["lease_until"], condition=Q(status=SENDING), name="delivery_leased"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["notice", "channel", "address", "copy"], condition=Q(channel=MAIL), name="delivery_once"
            ),
            models.UniqueConstraint(fields=["notice", "via", "copy"], name="delivery_once_a_channel"),
            # What came from another instance, and has no channel here, has come to its end.
            models.CheckConstraint(
                condition=Q(channel=MAIL, via=None)
                | (~Q(channel=MAIL) & (Q(via__isnull=False) | ~Q(status__in=[PENDING, SENDING]))),
                name="delivery_has_way",
            ),
            models.CheckConstraint(condition=Q(status__in=STATUSES), name="delivery_status"),
            models.CheckConstraint(condition=Q(attempts__lte=MOST_ATTEMPTS), name="delivery_attempts"),
            models.CheckConstraint(condition=Q(doubts__lte=MOST_DOUBTS), name="delivery_doubts"),
            models.CheckConstraint(
                condition=Q(
                    status=SENDING, claim__isnull=False, lease_until__isnull=False, phase__in=["claimed", "data"]
                )
                | (~Q(status=SENDING) & Q(claim=None, lease_until=None, phase="")),
                name="delivery_claim_whole",
            ),
            models.CheckConstraint(
                condition=Q(status=SENT, sent_at__isnull=False) | (~Q(status=SENT) & Q(sent_at=None)),
                name="delivery_sent_whole",
            ),
            models.CheckConstraint(
                condition=Q(sent_at=None) | Q(sent_at__gte=F("created_at")), name="delivery_sent_after_made"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.address}: {self.status}"
