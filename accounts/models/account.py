"""One billing scope at a provider. Money is never summed across accounts."""

import uuid
from datetime import UTC, datetime

from django.db import models
from django.db.models.functions import Lower

from accounts import rules
from accounts.models.rulebook import Rulebook
from accounts.models.user import User
from accounts.models.workspace import WRITING_ROLES, Workspace


class AccountQuerySet(models.QuerySet["Account"]):
    def visible_to(self, user: User) -> "AccountQuerySet":
        """Accounts of the workspaces that a person belongs to, by name."""
        return self.filter(workspace__memberships__user=user).order_by(Lower("name"), "id")

    def editable_by(self, user: User) -> "AccountQuerySet":
        """Accounts that a person may change, by name."""
        return self.filter(workspace__memberships__user=user, workspace__memberships__role__in=WRITING_ROLES).order_by(
            Lower("name"), "id"
        )

    def live(self) -> "AccountQuerySet":
        return self.filter(archived_at=None)

    def urgent(self, now: datetime) -> "AccountQuerySet":
        return self.filter(urgent_at(now))

    def hushed(self, now: datetime) -> "AccountQuerySet":
        """Accounts of whose advised tier somebody wants to hear no more: snoozed, or resolved by a person."""
        escalation = "episodes__escalation__"
        is_hushed = models.Q(**{f"{escalation}snoozed_until__gt": now}) | models.Q(
            **{f"{escalation}resolved_at__isnull": False}
        )
        return self.filter(
            is_hushed,
            episodes__ended_at=None,
            episodes__rulebook_id=models.F("rulebook_id"),
            episodes__tier=models.F("standing__advice_tier"),
        )

    def with_standing(self) -> "AccountQuerySet":
        return self.select_related("standing")

    def with_plan(self) -> "AccountQuerySet":
        """With the running plan, or None, as `running_plan`: at most one is, by a constraint. In the same query."""
        running = models.FilteredRelation("plans", condition=models.Q(plans__ended_at=None))
        return self.annotate(running_plan=running).select_related("running_plan")  # type: ignore[misc]

    def with_hush(self, now: datetime) -> "AccountQuerySet":
        """With `hush_until` and `hush_how` of the escalation that `hushed` finds; both None when there is none."""
        hushed = Account.objects.filter(pk=models.OuterRef("pk")).hushed(now)
        escalation = "episodes__escalation__"
        return self.annotate(
            hush_until=models.Subquery(hushed.values(f"{escalation}snoozed_until")[:1]),
            hush_how=models.Subquery(hushed.values(f"{escalation}how")[:1]),
        )

    def due(self, now: datetime) -> "AccountQuerySet":
        """Accounts whose stored standing time has overtaken, longest overdue first."""
        return self.filter(standing__next_look_at__lte=now).order_by("standing__next_look_at", "id")


class Account(models.Model):
    """`seen_tier` is what the provider shows, with its source and instant; `seen_rose_at` when it last rose.

    `confirmed` maps a requirement that tierdash cannot observe to the instant somebody said it is met (ISO, UTC).
    `room_usd` is how much more the provider lets the account buy now; None when unknown. `goal` is the one place for
    what the account is to reach: a wish as JSON (rules.Wish), empty when there is none; a running plan leads to it.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="accounts")
    name = models.CharField(max_length=100)
    rulebook = models.ForeignKey(Rulebook, on_delete=models.PROTECT, related_name="accounts")
    follows_provider = models.BooleanField(default=False)
    organization_ref = models.CharField(max_length=100, blank=True)
    seen_tier = models.CharField(max_length=40)
    seen_source = models.CharField(max_length=20)
    seen_at = models.DateTimeField()
    seen_rose_at = models.DateTimeField(null=True, blank=True)
    fell_from = models.CharField(max_length=40, blank=True)
    fell_at = models.DateTimeField(null=True, blank=True)
    goal = models.JSONField(default=dict, blank=True)
    notes = models.TextField(max_length=5000, blank=True)
    confirmed = models.JSONField(default=dict, blank=True)
    room_usd = models.DecimalField(max_digits=14, decimal_places=2, null=True, blank=True)
    cap_reached_at = models.DateTimeField(null=True, blank=True)
    archived_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField()
    form_key = models.UUIDField(default=uuid.uuid4)

    objects = AccountQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["workspace", "form_key"], name="account_form_key_unique"),
            models.UniqueConstraint(
                "workspace",
                Lower("name"),
                condition=models.Q(archived_at=None),
                name="account_name_unique",
            ),
            models.CheckConstraint(condition=~models.Q(name=""), name="account_has_name"),
            models.CheckConstraint(
                condition=models.Q(room_usd=None) | models.Q(room_usd__gte=0), name="account_room_not_negative"
            ),
            models.CheckConstraint(
                condition=models.Q(fell_from="", fell_at=None)
                | (~models.Q(fell_from="") & models.Q(fell_at__isnull=False)),
                name="account_fall_whole",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def provider(self) -> str:
        return self.rulebook_id.partition("/")[0]

    @property
    def is_archived(self) -> bool:
        return self.archived_at is not None

    @property
    def seen(self) -> rules.Seen:
        return rules.Seen(self.seen_tier, self.seen_rose_at)

    @property
    def wish(self) -> rules.Wish | None:
        """The goal as the rules know it."""
        return rules.Wish.from_json(self.goal) if self.goal else None

    @property
    def confirmed_at(self) -> dict[str, datetime]:
        """When each unobservable requirement was said to be met (UTC)."""
        return {name: datetime.fromisoformat(instant).astimezone(UTC) for name, instant in self.confirmed.items()}


def urgent_at(now: datetime) -> models.Q:
    """What needs somebody now, by the stored standing: an advice to act on that is not hushed, or a tier that fell."""
    hushed = models.Exists(Account.objects.filter(pk=models.OuterRef("pk")).hushed(now))
    is_called_for = models.Q(standing__advice_code__in=rules.URGENT_CODES) & ~models.Q(hushed)
    return models.Q(fell_at__isnull=False) | is_called_for
