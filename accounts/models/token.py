"""What lets a script in: a person's tokens, and the answers that are kept so that a write can be repeated."""

from django.contrib.postgres.fields import ArrayField
from django.db import models

from accounts.models.user import User

# What a token may do: look; record payments and sightings; everything its person may.
SCOPES = READ, RECORD, WRITE = ("read", "record", "write")
LONGEST_KEY = 64


class TokenQuerySet(models.QuerySet["Token"]):
    def of(self, user: User) -> "TokenQuerySet":
        """A person's tokens, the newest first; those that were revoked come last."""
        return self.filter(user=user).order_by(models.F("revoked_at").desc(nulls_first=True), "-created_at", "-id")


class Token(models.Model):
    """A person's token. The secret itself is shown once and kept nowhere: `digest` is its SHA-256 (hexadecimal).

    `prefix` is how the secret begins, so that people can tell their tokens apart. `expires_at` is None when it never
    does. `last_used_at` is right to the minute. `minute` is the minute since 1970 (UTC) in which it was last used, and
    `asked` how often in that minute.
    """

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="tokens")
    name = models.CharField(max_length=100)
    prefix = models.CharField(max_length=16)
    digest = models.CharField(max_length=64)
    scopes = ArrayField(models.CharField(max_length=20))
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)
    minute = models.BigIntegerField(default=0)
    asked = models.IntegerField(default=0)
    form_key = models.UUIDField()

    objects = TokenQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["digest"], name="token_digest_unique"),
            models.UniqueConstraint(fields=["user", "form_key"], name="token_form_key_unique"),
            models.CheckConstraint(condition=~models.Q(name=""), name="token_has_name"),
            models.CheckConstraint(
                condition=models.Q(scopes__contained_by=list(SCOPES), scopes__len__gt=0), name="token_scopes"
            ),
            models.CheckConstraint(
                condition=models.Q(expires_at=None) | models.Q(expires_at__gt=models.F("created_at")),
                name="token_expires_after_made",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"

    @property
    def is_revoked(self) -> bool:
        return self.revoked_at is not None


class KeptAnswer(models.Model):
    """The answer to a write that carried an idempotency key; `fingerprint` tells whether it was the same request.

    `status` is 0 while the write is being done.
    """

    token = models.ForeignKey(Token, on_delete=models.CASCADE, related_name="kept_answers")
    key = models.CharField(max_length=LONGEST_KEY)
    fingerprint = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField(default=0)
    body = models.TextField(blank=True)
    created_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["created_at"], name="kept_answer_by_age")]
        constraints = [
            models.UniqueConstraint(fields=["token", "key"], name="kept_answer_key_unique"),
            models.CheckConstraint(condition=~models.Q(key=""), name="kept_answer_has_key"),
        ]

    def __str__(self) -> str:
        return self.key
