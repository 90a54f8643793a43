"""An adopted plan: the dated way to an account's goal, and how it ended."""

import uuid
from typing import Any

from django.db import models
from django.db.models import F, Q

from accounts import rules
from accounts.models.account import Account
from accounts.models.user import User

# reached: the provider shows its tier. left: another was adopted after reality had left it. replaced: by another goal
# or plan while it was on track. dropped: somebody gave it up.
OUTCOMES = REACHED, LEFT, REPLACED, DROPPED = ("reached", "left", "replaced", "dropped")


class PlanQuerySet(models.QuerySet["Plan"]):
    def running(self) -> "PlanQuerySet":
        return self.filter(ended_at=None).order_by("account_id")

    def latest_first(self) -> "PlanQuerySet":
        return self.order_by("-adopted_at", "-id")


class Plan(models.Model):
    """What was adopted never changes; `wish` is what it was made for, `document` the plan as the rules made it.

    `left_at` is when reality was first seen to have left it, None while it is on track; `left_why` is the rules' code.
    `form_key` is the key of the form that adopted it, so that a repeated submission adopts nothing more.
    """

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="plans")
    rulebook_id = models.CharField(max_length=80)
    tier = models.CharField(max_length=40)
    kind = models.CharField(max_length=20)
    wish = models.JSONField()
    document = models.JSONField()
    adopted_at = models.DateTimeField()
    adopted_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    left_at = models.DateTimeField(null=True, blank=True)
    left_why = models.CharField(max_length=20, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    outcome = models.CharField(max_length=20, blank=True)
    form_key = models.UUIDField(default=uuid.uuid4)

    objects = PlanQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["account", "-ended_at"], name="plan_by_account")]
        constraints = [
            models.UniqueConstraint(fields=["account"], condition=Q(ended_at=None), name="plan_one_running"),
            models.UniqueConstraint(fields=["account", "form_key"], name="plan_form_key_unique"),
            models.CheckConstraint(condition=Q(kind__in=rules.PLAN_KINDS), name="plan_kind"),
            models.CheckConstraint(
                condition=Q(ended_at=None, outcome="") | Q(ended_at__isnull=False, outcome__in=OUTCOMES),
                name="plan_end_whole",
            ),
            models.CheckConstraint(
                condition=Q(left_at=None, left_why="") | (Q(left_at__isnull=False) & ~Q(left_why="")),
                name="plan_left_whole",
            ),
            models.CheckConstraint(
                condition=Q(ended_at=None) | Q(ended_at__gte=F("adopted_at")), name="plan_ends_after_start"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} to {self.tier}"

    @property
    def as_rules(self) -> rules.Plan:
        """The plan as the rules know it."""
        return rules.Plan.from_json(self.document)

    @property
    def for_wish(self) -> rules.Wish:
        wish: dict[str, Any] = self.wish
        return rules.Wish.from_json(wish)
