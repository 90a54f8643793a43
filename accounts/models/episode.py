"""A stretch in which one tier of one rulebook, above the seen one, is within reach (domain 1)."""

import uuid

from django.db import models

from accounts.models.account import Account


class EpisodeQuerySet(models.QuerySet["Episode"]):
    def running(self) -> "EpisodeQuerySet":
        return self.filter(ended_at=None)


class Episode(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="episodes")
    rulebook_id = models.CharField(max_length=80)
    tier = models.CharField(max_length=40)
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)

    objects = EpisodeQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["account", "ended_at"], name="episode_by_account")]
        constraints = [
            models.UniqueConstraint(
                fields=["account", "rulebook_id", "tier"],
                condition=models.Q(ended_at=None),
                name="episode_one_running",
            ),
            models.CheckConstraint(
                condition=models.Q(ended_at=None) | models.Q(ended_at__gte=models.F("started_at")),
                name="episode_ends_after_start",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.tier} since {self.started_at:%Y-%m-%d}"
