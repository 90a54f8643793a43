"""The history of the tier that the provider shows."""

from django.db import models

from accounts.models.account import Account
from accounts.models.user import User

WITHDRAWN = "withdrawn"


class SightingQuerySet(models.QuerySet["Sighting"]):
    """Sightings that were withdrawn stay in the table and out of every list."""

    def standing(self) -> "SightingQuerySet":
        return self.exclude(change=WITHDRAWN)

    def latest_first(self) -> "SightingQuerySet":
        return self.standing().order_by("-seen_at", "-id")

    def in_order(self) -> "SightingQuerySet":
        return self.standing().order_by("seen_at", "id")


class Sighting(models.Model):
    """One look at the provider's page. `change` is first, same, rose, fell, moved (to another edition) or withdrawn.

    `before` is what the account said of its tier until then, so that a slip can be taken back as if it had never been.
    """

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="sightings")
    rulebook_id = models.CharField(max_length=80)
    tier = models.CharField(max_length=40)
    source = models.CharField(max_length=20)
    change = models.CharField(max_length=20)
    seen_at = models.DateTimeField()
    before = models.JSONField(default=dict, blank=True)
    recorded_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    recorded_at = models.DateTimeField()

    objects = SightingQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["account", "-seen_at"], name="sighting_latest")]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(seen_at__lte=models.F("recorded_at")), name="sighting_not_in_future"
            )
        ]

    def __str__(self) -> str:
        return f"{self.tier} at {self.seen_at:%Y-%m-%d}"
