"""Carry imports out: what waits for the clock, with progress that others see, and an end that is certain."""

import logging
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from uuid import UUID

from django.db import OperationalError, connection, transaction
from django.db.models import QuerySet

from accounts.actions.importing import write_import
from accounts.actions.reading import Reading, Told, read_import
from accounts.models import Account, Import, User
from accounts.models.imports import DONE, FAILED, RUNNING

log = logging.getLogger(__name__)

MOST_ATTEMPTS = 3
# Longer than a task may take, so that nothing is taken from somebody who is still at it.
STALE = timedelta(minutes=6)


class ImportRefused(ValueError):
    """An import that cannot go on; `code` says why.

    archived (an account of it), not_understood (rows, and nobody said to leave them out), nothing (no row is new), over
    (it is not a draft any more), rows (more payments than one import takes), moved (names lead to other accounts than
    when a person looked).
    """

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Stopped(Exception):
    """The import was cancelled, or somebody else has taken it."""


def lock_accounts(keys: Iterable[str | UUID]) -> list[Account]:
    """Lock accounts in the order of their ids, so that of two imports one waits, never both. ImportRefused: archived.

    Whoever locks several accounts does it so, or passes over what is locked (reconcile).
    """
    held = Account.objects.filter(pk__in=keys).order_by("pk")
    accounts = list(held.select_for_update(of=("self",)).select_related("standing"))
    if any(account.is_archived for account in accounts):
        raise ImportRefused("archived")
    return accounts


def finish_import(held: Import, reading: Reading, *, by: User | None, now: datetime, tell: Told | None = None) -> None:
    """Write an import that is running, and say that it is done. Stopped when it is not ours to end any more."""
    if reading.troubled and not held.leaves_out:
        raise ImportRefused("not_understood")
    if held.destined and held.destined != reading.destined:
        raise ImportRefused("moved")
    keys = [held.account_id] if held.account_id is not None else {row.account for row in reading.found}
    write_import(lock_accounts(keys), held, reading, by=by, now=now, tell=tell)
    counts = {name: getattr(held, name) for name in ("added", "duplicates", "conflicts", "left_out")}
    ended = Import.objects.filter(pk=held.pk, state=RUNNING, attempts=held.attempts).update(
        state=DONE, ended_at=now, content=b"", rows=len(reading.rows), rows_done=len(reading.rows), **counts
    )
    if not ended:
        raise Stopped
    held.state, held.ended_at = DONE, now


def waiting_imports(now: datetime) -> QuerySet[Import]:
    """Imports to be carried out, oldest first: confirmed ones, and those whose worker has fallen silent."""
    return Import.objects.to_take(now, stale=STALE)


def take_imports(*, now: datetime) -> int:
    """Carry out every import that waits, oldest first; return how many were taken. Several may run at once."""
    count = 0
    if not waiting_imports(now).exists():  # as at nearly every round
        return count
    while (held := _take(now)) is not None:
        carry_out(held, now=now)
        count += 1
    return count


@transaction.atomic
def _take(now: datetime) -> Import | None:
    held = waiting_imports(now).select_for_update(skip_locked=True, of=("self",)).first()
    if held is None:
        return None
    held.state, held.attempts, held.beaten_at, held.rows_done = RUNNING, held.attempts + 1, now, 0
    if held.attempts > MOST_ATTEMPTS:
        _fail(held, "crashed", now=now)
    held.save(update_fields=["state", "attempts", "beaten_at", "rows_done", "ended_at", "error", "content"])
    return held


def _fail(held: Import, code: str, *, now: datetime) -> None:
    held.state, held.error, held.ended_at, held.content = FAILED, code, now, b""


def carry_out(held: Import, *, now: datetime) -> None:
    """Carry out an import that was taken. It ends as done, or as failed with nothing written; cancelled, it stops.

    OperationalError when the database goes away: the import is taken again later.
    """
    if held.state != RUNNING:
        return
    try:
        with _telling(held, now) as tell, transaction.atomic():
            reading = read_import(held, now=now, tell=tell)
            finish_import(held, reading, by=held.created_by, now=now, tell=tell)
    except Stopped:
        return
    except OperationalError:
        raise
    except Exception as error:
        code = error.code if isinstance(error, ImportRefused) else "unexpected"
        if code == "unexpected":
            log.exception("The import %s failed.", held.pk)
        _fail(held, code, now=now)
        said = {name: getattr(held, name) for name in ("state", "error", "ended_at", "content")}
        Import.objects.filter(pk=held.pk, state=RUNNING, attempts=held.attempts).update(**said)


@contextmanager
def _telling(held: Import, now: datetime) -> Iterator[Told]:
    """Write how far an import is through a connection of its own, so that others see it before the work is committed.

    What is told is the sum of two walks through the rows: reading and writing. Stopped when the import was cancelled
    or taken by somebody else meanwhile.
    """
    own, started, before, last = connection.copy(), time.monotonic(), 0, 0

    def tell(count: int) -> None:
        nonlocal before, last
        if count < last:  # the second walk begins
            before = held.rows
        last = count
        done = min((before + count) // 2, held.rows)
        beaten_at = now + timedelta(seconds=time.monotonic() - started)
        with own.cursor() as cursor:
            cursor.execute(
                "UPDATE accounts_import SET rows_done = %s, beaten_at = %s WHERE id = %s RETURNING state, attempts",
                [done, beaten_at, held.pk],
            )
            found = cursor.fetchone()
        if found is not None and found != (RUNNING, held.attempts):
            raise Stopped

    try:
        yield tell
    finally:
        own.close()
