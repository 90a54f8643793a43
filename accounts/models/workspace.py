"""Where accounts live, and who may see or change them."""

import uuid

from django.db import models

from accounts.models.user import User

OWNER, EDITOR, VIEWER = "owner", "editor", "viewer"
ROLES = (OWNER, EDITOR, VIEWER)
WRITING_ROLES = (OWNER, EDITOR)


class WorkspaceQuerySet(models.QuerySet["Workspace"]):
    def visible_to(self, user: User) -> "WorkspaceQuerySet":
        """Workspaces that a person belongs to, oldest first."""
        return self.filter(memberships__user=user).order_by("created_at", "id")

    def editable_by(self, user: User) -> "WorkspaceQuerySet":
        return self.filter(memberships__user=user, memberships__role__in=WRITING_ROLES).order_by("created_at", "id")

    def owned_by(self, user: User) -> "WorkspaceQuerySet":
        return self.filter(memberships__user=user, memberships__role=OWNER).order_by("created_at", "id")


class Workspace(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=100)
    created_at = models.DateTimeField()

    objects = WorkspaceQuerySet.as_manager()

    class Meta:
        constraints = [models.CheckConstraint(condition=~models.Q(name=""), name="workspace_has_name")]

    def __str__(self) -> str:
        return self.name


class Membership(models.Model):
    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="memberships")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=20)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["workspace", "user"], name="membership_unique"),
            models.CheckConstraint(condition=models.Q(role__in=ROLES), name="membership_role"),
        ]

    def __str__(self) -> str:
        return f"{self.user}: {self.role}"
