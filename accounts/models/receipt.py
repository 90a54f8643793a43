"""What proves a payment: files, each under its own hash; and those that perhaps nobody needs any more."""

import uuid
from datetime import datetime
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db import models
from django.db.models import OuterRef, Q
from django.db.models.functions import JSONObject

from accounts import rules
from accounts.models.account import Account
from accounts.models.payment import Payment
from accounts.models.user import User
from accounts.models.workspace import Workspace

SHOWN = ("id", "name", "kind", "sha256", "size", "has_thumbnail", "facts")


class ReceiptQuerySet(models.QuerySet["Receipt"]):
    def kept(self) -> "ReceiptQuerySet":
        """Receipts that nobody has removed, in the order in which they came."""
        return self.filter(removed_at=None).order_by("added_at", "id")

    def visible_to(self, user: User) -> "ReceiptQuerySet":
        return self.filter(payment__account__in=Account.objects.visible_to(user).order_by())

    def editable_by(self, user: User) -> "ReceiptQuerySet":
        """Receipts that a person may remove: of accounts that they may change and that are not in the archive."""
        return self.filter(payment__account__in=Account.objects.editable_by(user).live().order_by())

    def room_taken(self, workspace: Workspace) -> int:
        """How many bytes a workspace's receipts take; a file that belongs to several payments is there once."""
        files = self.filter(removed_at=None, payment__account__workspace=workspace).order_by()
        return sum(size for _digest, size in files.values_list("sha256", "size").distinct())


class Receipt(models.Model):
    """A file of `size` bytes that is kept under its `sha256`; `name` is what its owner called it, made harmless.

    `facts` of a mail: sender, subject and sent_at (ISO, UTC), as plain lines. One that was removed can be taken back
    until it is pruned.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    payment = models.ForeignKey(Payment, on_delete=models.CASCADE, related_name="receipts")
    name = models.CharField(max_length=rules.receipts.LONGEST_NAME)
    kind = models.CharField(max_length=10)
    sha256 = models.CharField(max_length=64)
    size = models.PositiveIntegerField()
    has_thumbnail = models.BooleanField(default=False)
    facts = models.JSONField(default=dict, blank=True)
    added_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    added_at = models.DateTimeField()
    removed_at = models.DateTimeField(null=True, blank=True)

    objects = ReceiptQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["sha256"], name="receipt_by_file"),
            models.Index(fields=["removed_at"], condition=Q(removed_at__isnull=False), name="receipt_removed"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["payment", "sha256"], condition=Q(removed_at=None), name="receipt_once_per_payment"
            ),
            models.CheckConstraint(condition=Q(kind__in=rules.receipts.KINDS), name="receipt_kind"),
            models.CheckConstraint(condition=Q(sha256__regex=r"^[0-9a-f]{64}$"), name="receipt_sha256"),
            models.CheckConstraint(condition=Q(size__gt=0), name="receipt_not_empty"),
            models.CheckConstraint(condition=~Q(name=""), name="receipt_has_name"),
        ]

    def __str__(self) -> str:
        return self.name

    @classmethod
    def from_row(cls, row: dict[str, Any]) -> "Receipt":
        """A receipt as `kept_rows` gave it, to be shown: who added it and when is not in it."""
        return cls(**row | {"id": uuid.UUID(row["id"])})

    @property
    def is_mail(self) -> bool:
        return self.kind == rules.receipts.EML

    @property
    def sent_at(self) -> datetime | None:
        """When a mail was sent (UTC); None of other files."""
        said = self.facts.get("sent_at")
        return datetime.fromisoformat(said) if said else None


def kept_rows() -> ArraySubquery:
    """An annotation of payments: what there is to show of the receipts of each, within the query that reads them."""
    kept = Receipt.objects.kept().filter(payment=OuterRef("pk"))
    return ArraySubquery(kept.values(row=JSONObject(**{name: name for name in SHOWN})))


class LooseFile(models.Model):
    """A kept file that perhaps no receipt refers to: about to get its first one, or left by its last one, `since` then.

    A trigger of the database makes one for every receipt that is deleted, however it goes. Whoever deletes the file
    holds this row, and so does whoever attaches it anew; therefore neither acts on what the other is changing.
    """

    sha256 = models.CharField(max_length=64, primary_key=True)
    since = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["since"], name="loose_file_by_age")]
        constraints = [models.CheckConstraint(condition=Q(sha256__regex=r"^[0-9a-f]{64}$"), name="loose_file_sha256")]

    def __str__(self) -> str:
        return self.sha256
