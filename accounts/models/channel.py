"""Where a person's notices go beside mail: webhooks and chat services. Addresses and secrets are sealed."""

import uuid

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from accounts.models.user import User

# What a delivery goes through. Mail needs no channel: it goes to the person's address.
MAIL, WEBHOOK, CHAT = "mail", "webhook", "chat"
KINDS = (WEBHOOK, CHAT)
# Why a channel is paused: its person said so; nothing arrived for long; the receiver said that it is gone for good.
BY_PERSON, FAILING, GONE = "person", "failing", "gone"
SEALED = ("sealed_target", "sealed_secret", "sealed_former_secret")


class ChannelQuerySet(models.QuerySet["Channel"]):
    def of(self, user: User) -> "ChannelQuerySet":
        """A person's channels, in the order in which they were added; nobody else's business."""
        return self.filter(user=user).live().order_by("created_at", "id")

    def live(self) -> "ChannelQuerySet":
        return self.filter(removed_at=None)

    def with_last_sent(self) -> "ChannelQuerySet":
        """With `last_sent_at`: when the latest notice arrived through it."""
        return self.annotate(last_sent_at=models.Max("deliveries__sent_at"))

    def stopped(self) -> "ChannelQuerySet":
        """Those that were paused because nothing arrives any more."""
        return self.filter(paused_why__in=(FAILING, GONE))


class Channel(models.Model):
    """One receiver of one person's notices.

    `service` is the slug of a chat service, "" for a webhook. `host` and `tail` are all that is ever shown of the
    address. `sealed_...` are ciphertexts (gateways.keyring), bound to this row; `sealed_former_secret` signs beside
    the newer one for a while after `secret_renewed_at`. `muted_kinds` are notices that it does not want. `failures`
    counts those since the last success, from `failing_since` on. `last_...` is what came of the latest try, a test or
    not. A removed channel keeps its name, so that the record of what went through it stays readable, and no secret.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="channels")
    kind = models.CharField(max_length=20)
    service = models.CharField(max_length=40, blank=True)
    name = models.CharField(max_length=100)
    host = models.CharField(max_length=253)
    tail = models.CharField(max_length=4, blank=True)
    sealed_target = models.TextField(blank=True)
    sealed_secret = models.TextField(blank=True)
    sealed_former_secret = models.TextField(blank=True)
    secret_renewed_at = models.DateTimeField(null=True, blank=True)
    muted_kinds = ArrayField(models.CharField(max_length=40), default=list, blank=True)
    paused_at = models.DateTimeField(null=True, blank=True)
    paused_why = models.CharField(max_length=20, blank=True)
    failures = models.PositiveSmallIntegerField(default=0)
    failing_since = models.DateTimeField(null=True, blank=True)
    last_tried_at = models.DateTimeField(null=True, blank=True)
    last_outcome = models.CharField(max_length=20, blank=True)
    last_code = models.CharField(max_length=20, blank=True)
    last_words = models.CharField(max_length=400, blank=True)
    removed_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField()
    form_key = models.UUIDField()

    objects = ChannelQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "form_key"], name="channel_form_key_unique"),
            models.CheckConstraint(condition=~Q(name=""), name="channel_has_name"),
            models.CheckConstraint(
                condition=Q(kind=WEBHOOK, service="") | (Q(kind=CHAT) & ~Q(service="")), name="channel_kind"
            ),
            models.CheckConstraint(
                condition=(Q(removed_at=None) & ~Q(sealed_target="") & (Q(kind=CHAT) | ~Q(sealed_secret="")))
                | Q(removed_at__isnull=False, sealed_target="", sealed_secret="", sealed_former_secret=""),
                name="channel_sealed_whole",
            ),
            models.CheckConstraint(
                condition=Q(paused_at=None, paused_why="")
                | Q(paused_at__isnull=False, paused_why__in=[BY_PERSON, FAILING, GONE]),
                name="channel_paused_whole",
            ),
            models.CheckConstraint(
                condition=Q(failures=0, failing_since=None) | Q(failures__gt=0, failing_since__isnull=False),
                name="channel_failing_whole",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_paused(self) -> bool:
        return self.paused_at is not None

    @property
    def is_removed(self) -> bool:
        return self.removed_at is not None

    @property
    def address(self) -> str:
        """What the record of a delivery says of where it went."""
        return f"{self.name} ({self.host})"[:254]

    def wants(self, kind: str) -> bool:
        return kind not in self.muted_kinds
