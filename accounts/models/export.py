"""A file that somebody takes away: a workspace as a document or as tables, or what is known of a person."""

import uuid
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import count

from django.db import models
from django.db.models import F, Q

from accounts.models.user import User
from accounts.models.workspace import Workspace

# waiting: for the clock. running: being written. done: its pieces are here. failed: nothing is, `error` says why.
EXPORT_STATES = WAITING, RUNNING, DONE, FAILED = ("waiting", "running", "done", "failed")
UNDER_WAY, OVER = (WAITING, RUNNING), (DONE, FAILED)
PERSON = "person"


class ExportQuerySet(models.QuerySet["Export"]):
    def of(self, user: User) -> "ExportQuerySet":
        """A person's own, latest first; those of a workspace only while they belong to it."""
        theirs = Q(workspace=None) | Q(workspace__memberships__user=user)
        return self.filter(theirs, created_by=user).select_related("workspace").order_by("-created_at", "-id")

    def to_take(self, now: datetime, *, stale: timedelta) -> "ExportQuerySet":
        """What waits for the clock, and what somebody took and left `stale` ago; oldest first."""
        left = Q(state=RUNNING, beaten_at__lt=now - stale)
        return self.filter(Q(state=WAITING) | left).order_by("created_at", "id")


class Export(models.Model):
    """`form` is json, csv or xlsx of a workspace; `person` of the person themselves, without a workspace.

    `rows` is about how many rows it will hold, `rows_done` how many are written; `size` counts bytes. `attempts`
    fences: only the last one who took it may end it.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, null=True, related_name="exports")
    form = models.CharField(max_length=20)
    state = models.CharField(max_length=20, default=WAITING)
    file_name = models.CharField(max_length=200)
    rows = models.PositiveBigIntegerField(default=0)
    rows_done = models.PositiveBigIntegerField(default=0)
    size = models.PositiveBigIntegerField(default=0)
    error = models.CharField(max_length=40, blank=True)
    attempts = models.PositiveIntegerField(default=0)
    created_by = models.ForeignKey(User, on_delete=models.CASCADE, related_name="exports")
    created_at = models.DateTimeField()
    beaten_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    objects = ExportQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(
                fields=["created_at", "id"], condition=Q(state__in=("waiting", "running")), name="export_under_way"
            ),
            models.Index(fields=["created_by", "-created_at"], name="export_by_person"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["created_by", "workspace", "form"],
                condition=Q(state__in=("waiting", "running")),
                nulls_distinct=False,
                name="export_one_under_way",
            ),
            models.CheckConstraint(condition=Q(state__in=EXPORT_STATES), name="export_state"),
            models.CheckConstraint(
                condition=Q(state__in=OVER, ended_at__isnull=False) | (~Q(state__in=OVER) & Q(ended_at=None)),
                name="export_end_whole",
            ),
            models.CheckConstraint(
                condition=Q(form=PERSON, workspace=None) | (~Q(form=PERSON) & Q(workspace__isnull=False)),
                name="export_of_something",
            ),
            models.CheckConstraint(condition=Q(rows_done__lte=F("rows")), name="export_rows_done"),
        ]

    def __str__(self) -> str:
        return f"{self.file_name}: {self.state}"

    @property
    def is_under_way(self) -> bool:
        return self.state in UNDER_WAY

    @property
    def is_done(self) -> bool:
        return self.state == DONE

    def content(self) -> Iterator[bytes]:
        """What a file holds, piece by piece; of one that is not done, nothing."""
        pieces = self.pieces.values_list("content", flat=True)
        for number in count():
            piece = pieces.filter(number=number).first()
            if piece is None:
                return
            yield bytes(piece)


class ExportPiece(models.Model):
    """A part of a file, so that no more than this of it is ever in memory."""

    export = models.ForeignKey(Export, on_delete=models.CASCADE, related_name="pieces")
    number = models.PositiveIntegerField()
    content = models.BinaryField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["export", "number"], name="export_piece_once")]

    def __str__(self) -> str:
        return f"{self.export_id} {self.number}"
