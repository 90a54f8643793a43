"""A person leaves for good: what is theirs alone goes with them, what they did for others stays, without a name."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from django.contrib.sessions.models import Session
from django.db import connection, transaction
from django.db.models import Q

from accounts.actions.workspaces import hold_administrators
from accounts.models import Event, Membership, Notice, Receipt, User, Workspace
from accounts.models.workspace import OWNER, ROLES

RENAMED = "notice_resent"


class LeavingRefused(ValueError):
    """Somebody who cannot leave; `code` is last_administrator."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Leaving:
    """What leaving does: these workspaces go with the person; these stay, with who becomes an owner (None: one is)."""

    ending: tuple[Workspace, ...]
    staying: tuple[tuple[Workspace, User | None], ...]


def what_leaving_does(user: User) -> Leaving:
    """Tell what would become of a person's workspaces. Writes nothing."""
    ending: list[Workspace] = []
    staying: list[tuple[Workspace, User | None]] = []
    for workspace in Workspace.objects.visible_to(user):
        others = list(workspace.memberships.exclude(user=user).select_related("user").order_by("id"))
        if not others:
            ending.append(workspace)
        elif any(each.role == OWNER for each in others):
            staying.append((workspace, None))
        else:
            staying.append((workspace, _successor(others)))
    return Leaving(tuple(ending), tuple(staying))


def _successor(others: list[Membership]) -> User:
    """Who has been there longest among those who may do most."""
    return min(others, key=lambda each: (not each.user.is_active, ROLES.index(each.role), each.pk)).user


@transaction.atomic
def delete_person(user: User, *, now: datetime) -> Leaving:
    """Delete a person, their sessions, notices and mails that wait, and the workspaces that nobody else belongs to.

    In other workspaces the history keeps what they did, by somebody who has left. Where they were the only owner,
    whoever has been there longest becomes one. LeavingRefused when nobody else could run the instance.
    """
    hold_administrators()
    user = User.objects.select_for_update().get(pk=user.pk)
    others = User.objects.exclude(pk=user.pk).filter(is_active=True)
    if user.is_superuser and others.exists() and not others.filter(is_superuser=True).exists():
        raise LeavingRefused("last_administrator")
    # Nobody joins or leaves these meanwhile.
    list(Workspace.objects.filter(memberships__user=user).order_by("id").select_for_update(of=("self",)))
    leaving = what_leaving_does(user)
    for workspace, successor in leaving.staying:
        if successor is not None:
            Membership.objects.filter(workspace=workspace, user=successor).update(role=OWNER)
    with erasing():
        for workspace in leaving.ending:
            erase_workspace(workspace)
        _unname(user)
    _end_sessions(user, now)
    user.delete()
    return leaving


def erase_workspace(workspace: Workspace) -> None:
    """Delete a workspace with everything in it, within `erasing`. The files of its receipts go an hour later."""
    Receipt.objects.filter(payment__account__workspace=workspace).delete()
    with connection.cursor() as cursor:
        # One statement, for a refund and the payment that it takes back go together.
        cursor.execute(
            "DELETE FROM accounts_payment USING accounts_account"
            " WHERE accounts_payment.account_id = accounts_account.id AND accounts_account.workspace_id = %s",
            [workspace.pk],
        )
    workspace.delete()


@contextmanager
def erasing() -> Iterator[None]:
    """Tell the database's guards that history and payments are deleted on purpose, until the end of the block."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL tierdash.erasing = 'on'")
    yield
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL tierdash.erasing = 'off'")


def _unname(user: User) -> None:
    """Take a person's addresses out of the events that tell of mails to them: the only events that hold any.

    The history cannot be changed, so each is written anew in its own place.
    """
    told = [str(key) for key in Notice.objects.filter(recipient=user).values_list("pk", flat=True)]
    about = Q(facts__notice__in=told) | Q(facts__recipient=user.email)
    events = list(Event.objects.filter(about, kind=RENAMED))
    Event.objects.filter(pk__in=[event.pk for event in events]).delete()
    for event in events:
        event.facts = event.facts | {"recipient": ""}
    Event.objects.bulk_create(events)


def _end_sessions(user: User, now: datetime) -> None:
    mine = str(user.pk)
    held = Session.objects.filter(expire_date__gte=now).iterator()
    keys = [session.session_key for session in held if session.get_decoded().get("_auth_user_id") == mine]
    Session.objects.filter(session_key__in=keys).delete()
