"""Write what people take away: at once when it is small, else by the clock. What is written is kept for a day."""

import logging
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from tempfile import SpooledTemporaryFile
from typing import Any

from django.db import OperationalError, connection, transaction
from django.db.models import QuerySet

from accounts import exports
from accounts.actions.taking import STALE, take_all
from accounts.models import Event, Export, ExportPiece, Notice, Payment, Receipt, Sighting, User, Workspace
from accounts.models.export import DONE, FAILED, PERSON, RUNNING, UNDER_WAY, WAITING

log = logging.getLogger(__name__)

# So many rows are written while the person waits; more are left to the clock.
AT_ONCE = 5_000
BYTES_OF_A_ROW = 4096
KEEP_EXPORTS = timedelta(days=1)
IN_MEMORY = 4 * 1024 * 1024
PIECE = 1024 * 1024


def begin_export(workspace: Workspace | None, *, form: str, by: User, now: datetime) -> Export:
    """Write a workspace, or without one what is known of the person themselves, as a file for `by` alone.

    form: of exports.FORMATS, or PERSON. One that is under way already is returned as it is.
    """
    with transaction.atomic():
        User.objects.select_for_update(of=("self",)).get(pk=by.pk)  # two clicks come one after the other
        mine = Export.objects.filter(created_by=by, workspace=workspace, form=form)
        held = mine.filter(state__in=UNDER_WAY).first()
        if held is not None:
            return held
        rows = _count(workspace, by)
        suffix = "json" if form == PERSON else exports.FORMATS[form][0]
        held = Export.objects.create(
            workspace=workspace,
            form=form,
            state=RUNNING if rows <= AT_ONCE else WAITING,
            file_name=f"{_plain(workspace.name if workspace else f'tierdash-{by.email}')}-{now:%Y-%m-%d}.{suffix}",
            rows=rows,
            created_by=by,
            created_at=now,
            beaten_at=now,
        )
    if held.state == RUNNING:
        carry_out_export(held, now=now)
    return held


def _count(workspace: Workspace | None, user: User) -> int:
    """About how many rows it will hold."""
    if workspace is None:
        rows: list[QuerySet[Any]] = [
            Payment.objects.filter(recorded_by=user),
            Event.objects.filter(by=user),
            Notice.objects.filter(recipient=user),
        ]
    else:
        kinds = (Payment, Sighting, Event, Notice)
        rows = [model._default_manager.filter(account__workspace=workspace).order_by() for model in kinds]
    count = sum(found.count() for found in rows) + 1
    # The bytes of receipts take time as rows do.
    return count + (Receipt.objects.room_taken(workspace) // BYTES_OF_A_ROW if workspace else 0)


def _plain(name: str) -> str:
    """A name that every file system takes; letters of every script stay."""
    return re.sub(r"[^\w.-]+", "-", name).strip("-.")[:80] or "workspace"


def waiting_exports(now: datetime) -> QuerySet[Export]:
    """Exports to be carried out, oldest first: those that wait, and those whose worker has fallen silent."""
    return Export.objects.to_take(now, stale=STALE)


def take_exports(*, now: datetime) -> int:
    """Carry out every export that waits, oldest first; return how many were taken."""

    def give_up(held: Export) -> None:
        held.state, held.error, held.ended_at = FAILED, "crashed", now

    return take_all(waiting_exports, lambda held: carry_out_export(held, now=now), give_up, now=now)


def carry_out_export(held: Export, *, now: datetime) -> None:
    """Write an export that is running: it ends as done, with all of its pieces, or as failed with none.

    OperationalError when the database goes away: it is taken again later.
    """
    if held.state != RUNNING:
        return
    try:
        with SpooledTemporaryFile(IN_MEMORY) as file:
            with _telling(held, now) as tell:
                for piece in _pieces(held, now, tell):
                    file.write(piece)
            size = file.tell()
            file.seek(0)
            with transaction.atomic():
                if _end(held, DONE, now=now, size=size, rows_done=held.rows):
                    for number, content in enumerate(iter(lambda: file.read(PIECE), b"")):
                        ExportPiece.objects.create(export=held, number=number, content=content)
    except OperationalError:
        raise
    except Exception:
        log.exception("The export %s failed.", held.pk)
        _end(held, FAILED, now=now, error="unexpected")


def _pieces(held: Export, now: datetime, tell: exports.Tell) -> Iterator[bytes]:
    if held.workspace is None:
        return exports.person_as_json(held.created_by, now=now, tell=tell)
    return exports.FORMATS[held.form][2](held.workspace, now=now, tell=tell)


def _end(held: Export, state: str, *, now: datetime, **facts: Any) -> bool:
    """Say how it ended; False when somebody else has taken it over, or its person has left."""
    facts |= {"state": state, "ended_at": now}
    mine = Export.objects.filter(pk=held.pk, state=RUNNING, attempts=held.attempts)
    if not mine.update(**facts):
        return False
    for name, value in facts.items():
        setattr(held, name, value)
    return True


@contextmanager
def _telling(held: Export, now: datetime) -> Iterator[Callable[[int], None]]:
    """Write now and then how far an export is, through a connection of its own: the one that reads may not write."""
    own, started, done, told_at = connection.copy(), time.monotonic(), 0, 0.0

    def tell(count: int) -> None:
        nonlocal done, told_at
        done += count
        spent = time.monotonic() - started
        if spent - told_at < 1:
            return
        told_at = spent
        with own.cursor() as cursor:
            cursor.execute(
                """
                UPDATE accounts_export SET rows_done = least(rows, %s), beaten_at = %s WHERE id = %s AND attempts = %s
                """,
                [done, now + timedelta(seconds=spent), held.pk, held.attempts],
            )

    try:
        yield tell
    finally:
        own.close()


def prune_exports(*, now: datetime) -> int:
    """Delete files that were kept long enough. Return how many."""
    old = Export.objects.filter(created_at__lt=now - KEEP_EXPORTS).exclude(state__in=UNDER_WAY)
    count = old.count()
    old.delete()
    return count
