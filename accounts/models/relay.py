"""An OpenAI-compatible reseller: an account of a kind of its own. It has no tiers, and its money is never summed."""

import uuid

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower

from accounts import rules
from accounts.models.account import Account
from accounts.models.user import User
from accounts.models.workspace import WRITING_ROLES, Workspace


class RelayQuerySet(models.QuerySet["Relay"]):
    def visible_to(self, user: User) -> "RelayQuerySet":
        """Relays of the workspaces that a person belongs to, by name."""
        return self.filter(workspace__memberships__user=user).order_by(Lower("name"), "id")

    def editable_by(self, user: User) -> "RelayQuerySet":
        """Relays that a person may change, by name."""
        return self.filter(workspace__memberships__user=user, workspace__memberships__role__in=WRITING_ROLES).order_by(
            Lower("name"), "id"
        )

    def live(self) -> "RelayQuerySet":
        return self.filter(archived_at=None)


class Relay(models.Model):
    """`balance` in `currency` is what somebody read there at `balance_seen_at`; None when nobody has looked.

    `expires_on` is the last day on which the balance can be used. `bridges` is the account for which the relay stands
    in until that has `bridge_tier` or `bridge_model`. `base_url` holds no key: keys are never asked for and never kept.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="relays")
    name = models.CharField(max_length=100)
    base_url = models.CharField(max_length=rules.MOST_ADDRESS)
    model_ids = ArrayField(models.CharField(max_length=rules.MOST_MODEL), default=list, blank=True)
    balance = models.DecimalField(max_digits=14, decimal_places=4, null=True, blank=True)
    currency = models.CharField(max_length=3, default="USD")
    balance_seen_at = models.DateTimeField(null=True, blank=True)
    expires_on = models.DateField(null=True, blank=True)
    bridges = models.ForeignKey(Account, on_delete=models.SET_NULL, null=True, blank=True, related_name="relays")
    bridge_tier = models.CharField(max_length=40, blank=True)
    bridge_model = models.CharField(max_length=80, blank=True)
    notes = models.TextField(max_length=5000, blank=True)
    archived_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField()
    form_key = models.UUIDField(default=uuid.uuid4)

    objects = RelayQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["workspace", "form_key"], name="relay_form_key_unique"),
            models.UniqueConstraint(
                "workspace", Lower("name"), condition=Q(archived_at=None), name="relay_name_unique"
            ),
            models.CheckConstraint(condition=~Q(name=""), name="relay_has_name"),
            models.CheckConstraint(condition=Q(base_url__regex=r"^https?://[^\s@?#]+$"), name="relay_address_bare"),
            models.CheckConstraint(condition=Q(currency__regex=r"^[A-Z]{3}$"), name="relay_currency"),
            models.CheckConstraint(condition=Q(balance=None) | Q(balance__gte=0), name="relay_balance_not_negative"),
            models.CheckConstraint(
                condition=Q(balance=None, balance_seen_at=None)
                | Q(balance__isnull=False, balance_seen_at__isnull=False),
                name="relay_balance_dated",
            ),
            models.CheckConstraint(condition=Q(bridge_tier="") | Q(bridge_model=""), name="relay_waits_for_one"),
            models.CheckConstraint(condition=Q(model_ids__len__lte=rules.MOST_MODELS), name="relay_models_bounded"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_archived(self) -> bool:
        return self.archived_at is not None


class RelayEventQuerySet(models.QuerySet["RelayEvent"]):
    def latest_first(self) -> "RelayEventQuerySet":
        return self.order_by("-at", "-id")


class RelayEvent(models.Model):
    """What happened to a relay, when, by whom; append-only as the history of an account is, guarded by a trigger.

    It is a table of its own because an account's history speaks of tiers and payments, of which a relay has none.
    """

    relay = models.ForeignKey(Relay, on_delete=models.CASCADE, related_name="events")
    kind = models.CharField(max_length=40)
    at = models.DateTimeField()
    by = models.ForeignKey(User, on_delete=models.DO_NOTHING, null=True, related_name="+", db_constraint=False)
    facts = models.JSONField(default=dict)

    objects = RelayEventQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["relay", "-at", "-id"], name="relay_event_latest")]

    def __str__(self) -> str:
        return self.kind
