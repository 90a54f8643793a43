"""The history of an account: append-only, guarded by a trigger in the database."""

from django.db import models

from accounts.models.account import Account
from accounts.models.user import User


class EventQuerySet(models.QuerySet["Event"]):
    def latest_first(self) -> "EventQuerySet":
        return self.order_by("-at", "-id")


class Event(models.Model):
    """What happened, when, by whom (None: by time alone); `facts` hold before and after."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="events")
    kind = models.CharField(max_length=40)
    at = models.DateTimeField()
    by = models.ForeignKey(User, on_delete=models.DO_NOTHING, null=True, related_name="+", db_constraint=False)
    facts = models.JSONField(default=dict)

    objects = EventQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["account", "-at", "-id"], name="event_latest")]

    def __str__(self) -> str:
        return self.kind
