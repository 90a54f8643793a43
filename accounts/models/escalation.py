"""How people climb the path of one episode: what they ticked, whether it sleeps, and how it ended."""

from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import models
from django.db.models import F, Q

from accounts import rules
from accounts.models.episode import Episode
from accounts.models.user import User
from accounts.models.workspace import WRITING_ROLES

TIER_SEEN, BY_PERSON, GAVE_UP = "tier_seen", "by_person", "gave_up"
HOWS = (TIER_SEEN, BY_PERSON, GAVE_UP)
LONGEST_TICKET = 100


class EscalationQuerySet(models.QuerySet["Escalation"]):
    def visible_to(self, user: User) -> "EscalationQuerySet":
        """Escalations of every account that a person may see, archived ones too, latest first."""
        return self.filter(episode__account__workspace__memberships__user=user).order_by("-started_at", "-pk")

    def editable_by(self, user: User) -> "EscalationQuerySet":
        """Those that a person may change: of accounts that are not in the archive."""
        return self.filter(
            episode__account__workspace__memberships__user=user,
            episode__account__workspace__memberships__role__in=WRITING_ROLES,
            episode__account__archived_at=None,
        ).order_by("-started_at", "-pk")

    def running(self) -> "EscalationQuerySet":
        return self.filter(episode__ended_at=None)

    def of_provider(self, provider: str) -> "EscalationQuerySet":
        return self.filter(episode__rulebook_id__startswith=f"{provider}/")

    def climbed(self) -> "EscalationQuerySet":
        """Those whose tier came."""
        return self.filter(how=TIER_SEEN)

    def with_account(self) -> "EscalationQuerySet":
        return self.select_related("episode__account")


class Escalation(models.Model):
    """`ticks` maps a step to when a person said that it is done (`at`: ISO, UTC) and who (`by`: their id).

    `started_at` and `triggered_at` are the rules' own instants (rules.Reach), renewed until the tier came. `how` it was
    resolved is `tier_seen`, which tierdash finds by itself, `by_person` or `gave_up`; "" while it is not.
    """

    episode = models.OneToOneField(Episode, on_delete=models.CASCADE, primary_key=True, related_name="escalation")
    started_at = models.DateTimeField()
    triggered_at = models.DateTimeField(null=True, blank=True)
    is_topped_up = models.BooleanField(default=False)
    ticks = models.JSONField(default=dict, blank=True)
    ticket_ref = models.CharField(max_length=LONGEST_TICKET, blank=True)
    snoozed_until = models.DateTimeField(null=True, blank=True)
    resolved_at = models.DateTimeField(null=True, blank=True)
    how = models.CharField(max_length=20, blank=True)

    objects = EscalationQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(how="", resolved_at=None) | Q(how__in=HOWS, resolved_at__isnull=False),
                name="escalation_resolved_whole",
            ),
            models.CheckConstraint(
                condition=Q(triggered_at=None) | Q(triggered_at__gte=F("started_at")),
                name="escalation_trigger_after_start",
            ),
            models.CheckConstraint(
                condition=Q(is_topped_up=False) | Q(triggered_at__isnull=False), name="escalation_top_up_is_trigger"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.how or 'open'} since {self.started_at:%Y-%m-%d}"

    @property
    def is_resolved(self) -> bool:
        return self.how != ""

    @property
    def said(self) -> dict[str, datetime]:
        """When a person said that each step is done (UTC)."""
        return {step: datetime.fromisoformat(tick["at"]).astimezone(UTC) for step, tick in self.ticks.items()}

    @property
    def is_support_asked(self) -> bool:
        return "support_asked" in self.ticks

    @property
    def took(self) -> timedelta | None:
        """From within reach until it was resolved; None while it is not."""
        return max(self.resolved_at - self.started_at, timedelta(0)) if self.resolved_at else None

    def is_snoozed(self, now: datetime) -> bool:
        return not self.is_resolved and self.snoozed_until is not None and self.snoozed_until > now

    def is_hushed(self, now: datetime) -> bool:
        """Whether somebody wants to hear no more of it, for now or for good."""
        return self.is_resolved or self.is_snoozed(now)

    def renew(self, reach: rules.Reach) -> bool:
        """Take over what the rules say of the tier's reach; whether anything differs. Not saved."""
        told: dict[str, Any] = {
            "started_at": reach.started_at,
            "triggered_at": reach.triggered_at,
            "is_topped_up": reach.is_topped_up,
        }
        differs = any(getattr(self, name) != value for name, value in told.items())
        for name, value in told.items():
            setattr(self, name, value)
        return differs

    def path(self, standing: rules.Standing, *, looked_at: datetime) -> rules.Path | None:
        """The path of the advised tier, with what people said; None when the advice is another by now."""
        return rules.path(standing, said=self.said, looked_at=looked_at)

    def as_climb(self) -> rules.Climb:
        """A resolved one as the rules count it; ValueError for one that is open."""
        if self.resolved_at is None:
            raise ValueError("an escalation that is open has taken no time yet")
        return rules.Climb(
            started_at=self.started_at,
            seen_at=self.resolved_at,
            triggered_at=self.triggered_at,
            is_topped_up=self.is_topped_up,
            is_support_asked=self.is_support_asked,
        )
