"""One file or pasted table of payments on its way into ledgers. (`import` itself is a word of the language.)"""

import uuid
from datetime import datetime, timedelta
from typing import Any

from django.db import models
from django.db.models import F, Q

from accounts import rules
from accounts.models.account import Account
from accounts.models.user import User
from accounts.models.workspace import Workspace

# draft: looked at, nothing written. waiting: for the clock. running: being written. done: its payments stand.
# failed: nothing was written, `error` says why. cancelled: by a person, nothing was written. undone: all void again.
STATES = DRAFT, WAITING, RUNNING, DONE, FAILED, CANCELLED, UNDONE = (
    *("draft", "waiting", "running", "done"),
    *("failed", "cancelled", "undone"),
)
UNDER_WAY = (WAITING, RUNNING)
OVER = (DONE, FAILED, CANCELLED, UNDONE)


class ImportQuerySet(models.QuerySet["Import"]):
    def editable_by(self, user: User) -> "ImportQuerySet":
        """Imports into accounts that a person may change, or into all of their workspace, latest first."""
        accounts = Account.objects.editable_by(user).order_by()
        workspaces = Workspace.objects.editable_by(user).order_by()
        return self.filter(Q(account__in=accounts) | Q(workspace__in=workspaces)).order_by("-created_at", "-id")

    def into(self, home: Account | Workspace) -> "ImportQuerySet":
        """Imports into one account alone, or into the accounts of a workspace, latest first."""
        found = self.filter(account=home) if isinstance(home, Account) else self.filter(workspace=home)
        return found.order_by("-created_at", "-id")

    def to_take(self, now: datetime, *, stale: timedelta) -> "ImportQuerySet":
        """What waits for the clock, and what somebody took and left `stale` ago; oldest first."""
        left = Q(state=RUNNING, beaten_at__lt=now - stale)
        return self.filter(Q(state=WAITING) | left).order_by("created_at", "id")

    def like(self, workspace: Workspace, header_key: str) -> "ImportQuerySet":
        """What was imported into a workspace from tables with these headings, latest first."""
        here = Q(workspace=workspace) | Q(account__workspace=workspace)
        done = self.filter(here, header_key=header_key, state__in=(DONE, UNDONE))
        return done.order_by("-ended_at", "-id")

    def without_content(self) -> "ImportQuerySet":
        return self.defer("content")


class Import(models.Model):
    """It goes into one `account`, or into those of a `workspace` that its rows name; the other of the two is None.

    `content` is what was given, as it was given; it is emptied when the import is over. `sheet` is the one of a
    workbook that was chosen. `header_key` tells tables of one kind, whose mapping is remembered; "" when that was to be
    forgotten. `destined` is what the names of accounts led to when a person looked (actions.Reading.destined).

    `columns` names the field of each column, `choices` what the file leaves open (rules.imports.Choices), `zone` the
    IANA zone of its days. `rows` counts rows, `rows_done` those that were read or written so far. `leaves_out`: rows
    that are not understood are to be left out. `attempts` fences: only the last one who took it may end it.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    account = models.ForeignKey(Account, on_delete=models.CASCADE, null=True, blank=True, related_name="imports")
    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, null=True, blank=True, related_name="imports")
    state = models.CharField(max_length=20, default=DRAFT)
    file_name = models.CharField(max_length=200, blank=True)
    content = models.BinaryField()
    digest = models.CharField(max_length=64)
    form = models.CharField(max_length=40)
    sheet = models.CharField(max_length=100, blank=True)
    header_key = models.CharField(max_length=64)
    columns = models.JSONField(default=list)
    begins_at = models.PositiveIntegerField(default=0)
    choices = models.JSONField(default=dict)
    zone = models.CharField(max_length=64)
    destined = models.CharField(max_length=64, blank=True)
    leaves_out = models.BooleanField(default=False)
    rows = models.PositiveIntegerField(default=0)
    rows_done = models.PositiveIntegerField(default=0)
    added = models.PositiveIntegerField(default=0)
    duplicates = models.PositiveIntegerField(default=0)
    conflicts = models.PositiveIntegerField(default=0)
    left_out = models.PositiveIntegerField(default=0)
    kept = models.PositiveIntegerField(default=0)
    error = models.CharField(max_length=40, blank=True)
    attempts = models.PositiveIntegerField(default=0)
    created_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField()
    beaten_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    objects = ImportQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(
                fields=["created_at", "id"], condition=Q(state__in=("waiting", "running")), name="import_under_way"
            ),
            models.Index(fields=["account", "-created_at"], name="import_by_account"),
            models.Index(fields=["workspace", "-created_at"], name="import_by_workspace"),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(state__in=STATES), name="import_state"),
            models.CheckConstraint(
                condition=Q(account=None, workspace__isnull=False) | Q(account__isnull=False, workspace=None),
                name="import_one_home",
            ),
            models.CheckConstraint(
                condition=Q(state__in=OVER, ended_at__isnull=False) | (~Q(state__in=OVER) & Q(ended_at=None)),
                name="import_end_whole",
            ),
            models.CheckConstraint(condition=Q(rows_done__lte=F("rows")), name="import_rows_done"),
        ]

    def __str__(self) -> str:
        return f"{self.file_name or 'pasted'}: {self.state}"

    @property
    def is_under_way(self) -> bool:
        return self.state in UNDER_WAY

    @property
    def home(self) -> Workspace:
        """The workspace whose accounts its rows may name; read along with the row."""
        workspace = self.workspace if self.account is None else self.account.workspace
        if workspace is None:  # a constraint sees to it
            raise ValueError("an import goes somewhere")
        return workspace

    @property
    def open_choices(self) -> rules.imports.Choices:
        return rules.imports.Choices.from_json(self.choices)

    def say(self, columns: list[str], choices: rules.imports.Choices) -> None:
        """Take over what the columns hold and what the file leaves open."""
        said: dict[str, Any] = choices.as_json()
        self.columns, self.choices = columns, said
