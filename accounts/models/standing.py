"""The stored standing: one per account, derived from its facts and rebuilt at will."""

from django.db import models

from accounts.models.account import Account


class Standing(models.Model):
    """`document` is the standing's JSON (domain 8). `next_look_at` is when it must be assessed again; None: never.

    That is `next_change_at` of the rules, or earlier: at once after a rule change, an hour on after an error, when a
    snooze ends, when credit is to be reminded of.
    """

    account = models.OneToOneField(Account, on_delete=models.CASCADE, primary_key=True, related_name="standing")
    assessed_at = models.DateTimeField()
    document = models.JSONField()
    advice_code = models.CharField(max_length=20)
    advice_tier = models.CharField(max_length=40)
    eligible_tier = models.CharField(max_length=40, blank=True)
    next_look_at = models.DateTimeField(null=True, blank=True)
    error = models.TextField(blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["next_look_at"], condition=models.Q(next_look_at__isnull=False), name="standing_due"),
            models.Index(fields=["advice_code"], name="standing_by_advice"),
        ]

    def __str__(self) -> str:
        return f"{self.advice_code} {self.advice_tier}"
