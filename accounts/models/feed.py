"""A person's calendar at a secret address, which calendar programs ask without signing in."""

import secrets
from datetime import datetime, timedelta

from django.core.signing import Signer
from django.db import models
from django.utils.crypto import constant_time_compare

from accounts.models.user import User

SEED_BYTES = 16
SEED_LENGTH = 22
UNDO_FOR = timedelta(hours=1)
_signer = Signer(salt="accounts.models.feed")


def new_seed() -> str:
    return secrets.token_urlsafe(SEED_BYTES)


class FeedQuerySet(models.QuerySet["Feed"]):
    def at(self, token: str) -> "Feed | None":
        """The open feed of an address, with its person; None for every other token.

        Each wrong one costs the same: one signature and one comparison that takes the same time wherever they differ.
        None of them reaches the database, so guessing costs it nothing.
        """
        seed, signature = token[:SEED_LENGTH], token[SEED_LENGTH:]
        if not constant_time_compare(signature, _signer.signature(seed)):
            return None
        return self.select_related("user").filter(seed=seed, user__is_active=True).exclude(seed="").first()


class Feed(models.Model):
    """The address holds a random seed and its signature; only the seed is stored.

    So its owner can be shown the address again, while nobody can make it from a stolen copy of the database alone.
    An empty `seed` means turned off. `former_seed` is what "undo" brings back for UNDO_FOR after `changed_at`.
    """

    user = models.OneToOneField(User, on_delete=models.CASCADE, primary_key=True, related_name="feed")
    seed = models.CharField(max_length=SEED_LENGTH, blank=True)
    former_seed = models.CharField(max_length=SEED_LENGTH, blank=True)
    changed_at = models.DateTimeField()

    objects = FeedQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["seed"], condition=~models.Q(seed=""), name="feed_seed_unique"),
        ]

    def __str__(self) -> str:
        return "calendar" if self.is_open else "no calendar"

    @property
    def is_open(self) -> bool:
        return bool(self.seed)

    @property
    def token(self) -> str:
        """The secret part of the address; "" when the feed is turned off."""
        return self.seed + _signer.signature(self.seed) if self.is_open else ""

    def may_undo(self, now: datetime) -> bool:
        """Whether the address of before can still come back."""
        return bool(self.former_seed) and now < self.changed_at + UNDO_FOR
