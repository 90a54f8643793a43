"""Open a person's own workspace at sign-up."""

from datetime import datetime

from django.db import connection, transaction

from accounts.models import Membership, User, Workspace
from accounts.models.workspace import OWNER

# Any number that no other advisory lock of ours has.
FIRST_PERSON_LOCK = 7_331


@transaction.atomic
def open_home(user: User, *, now: datetime) -> Workspace:
    """Give a new person a workspace; the very first person of the instance becomes its administrator.

    Two first sign-ups at the same instant wait for each other, so that exactly one becomes the administrator.
    """
    hold_administrators()
    held = Workspace.objects.visible_to(user).first()
    if held is not None:
        return held
    if not has_administrator():
        user.is_staff = user.is_superuser = True
        user.save(update_fields=["is_staff", "is_superuser"])
    workspace = Workspace.objects.create(name=user.name or user.email.partition("@")[0], created_at=now)
    Membership.objects.create(workspace=workspace, user=user, role=OWNER)
    return workspace


def has_administrator() -> bool:
    return User.objects.filter(is_superuser=True).exists()


def hold_administrators() -> None:
    """Hold everybody else who comes or goes as the instance's administrator, until this transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [FIRST_PERSON_LOCK])
