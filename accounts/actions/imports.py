"""Bring payments in from a file or a pasted table: look first, write all or nothing, undo with one click."""

import hashlib
import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.db import OperationalError, connection, transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet

from accounts import rules
from accounts.actions.history import event, write_events
from accounts.actions.importing import Reading, Told, read_import, read_table, understand, write_import
from accounts.actions.standings import reassess
from accounts.actions.taking import STALE, take_all
from accounts.gateways.tables import MOST_ROWS
from accounts.models import Account, Import, Payment, User
from accounts.models.imports import CANCELLED, DONE, DRAFT, FAILED, RUNNING, UNDER_WAY, UNDONE, WAITING

log = logging.getLogger(__name__)

# So many rows are written while the person waits; more are left to the clock.
AT_ONCE = 2_000
KEEP_DRAFTS = timedelta(days=1)


class ImportRefused(ValueError):
    """An import that cannot go on; `code` says why.

    archived (the account), not_understood (rows, and nobody said to leave them out), nothing (no row is new), over (it
    is not a draft any more), rows (more payments than one import takes).
    """

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class _Stopped(Exception):
    """The import was cancelled, or somebody else has taken it."""


def begin_import(
    account: Account, *, content: bytes, file_name: str, zone: ZoneInfo, by: User | None, now: datetime
) -> Import:
    """Store what was given, with a guess of its columns or what was said of such a table before; no payment is written.

    gateways.tables.Unreadable when it is no table, ImportRefused (archived) when the account is in the archive.
    """
    if account.is_archived:
        raise ImportRefused("archived")
    table = read_table(content)
    guess = rules.imports.guess_columns(table.records)
    held = Import(
        account=account,
        file_name=file_name[:200],
        content=content,
        digest=hashlib.sha256(content).hexdigest(),
        form=table.form,
        header_key=rules.imports.header_key(table.records, guess),
        begins_at=guess.begins_at,
        columns=list(guess.columns),
        choices=rules.imports.Choices().as_json(),
        zone=str(zone),
        created_by=by,
        created_at=now,
    )
    like = Import.objects.like(account.workspace, held.header_key).without_content().first()
    if like is not None:
        # Rates change from day to day: they are asked for again.
        held.columns, held.choices = like.columns, like.choices | {"rates": {}}
    reading = understand(table, held.columns, held.open_choices, begins_at=held.begins_at, zone=zone, now=now)
    _count(held, reading)
    held.save()
    return held


def map_import(
    held: Import, *, columns: list[str], choices: rules.imports.Choices, by: User | None, now: datetime
) -> Reading:
    """Say what the columns of a draft hold and what the file leaves open. ImportRefused (over) when it is no draft."""
    held.say(columns, choices)
    reading = read_import(held, now=now)
    _count(held, reading)
    said = {name: getattr(held, name) for name in ("columns", "choices", "rows", "left_out")}
    if not Import.objects.filter(pk=held.pk, state=DRAFT).update(**said):
        raise ImportRefused("over")
    return reading


def _count(held: Import, reading: Reading) -> None:
    held.rows, held.left_out = len(reading.rows), reading.troubled


def start_import(held: Import, *, leaves_out: bool, by: User | None, now: datetime) -> Import:
    """Import a draft: at once when it is small, else by the clock. A repeated start changes nothing.

    ImportRefused: archived, not_understood, nothing, rows; the draft stays as it is then.
    """
    if held.left_out and not leaves_out:
        raise ImportRefused("not_understood")
    if held.rows > MOST_ROWS:
        raise ImportRefused("rows")
    with transaction.atomic():
        account = _locked(held)
        state = RUNNING if held.rows <= AT_ONCE else WAITING
        started = Import.objects.filter(pk=held.pk, state=DRAFT).update(
            state=state, leaves_out=leaves_out, created_by=by, beaten_at=now
        )
        held.refresh_from_db()
        if started and state == RUNNING:
            _finish(account, held, read_import(held, now=now), by=by, now=now)
            if not held.added:
                raise ImportRefused("nothing")
    return held


def _locked(held: Import) -> Account:
    account = Account.objects.select_for_update(of=("self",)).select_related("standing").get(pk=held.account_id)
    if account.is_archived:
        raise ImportRefused("archived")
    return account


def _finish(
    account: Account, held: Import, reading: Reading, *, by: User | None, now: datetime, tell: Told | None = None
) -> None:
    """Write an import that is running, and say that it is done. _Stopped when it is not ours to end any more."""
    if reading.troubled and not held.leaves_out:
        raise ImportRefused("not_understood")
    write_import(account, held, reading, by=by, now=now, tell=tell)
    counts = {name: getattr(held, name) for name in ("added", "duplicates", "conflicts", "left_out")}
    ended = Import.objects.filter(pk=held.pk, state=RUNNING, attempts=held.attempts).update(
        state=DONE, ended_at=now, content=b"", rows=len(reading.rows), rows_done=len(reading.rows), **counts
    )
    if not ended:
        raise _Stopped
    held.state, held.ended_at = DONE, now


def waiting_imports(now: datetime) -> QuerySet[Import]:
    """Imports to be carried out, oldest first: confirmed ones, and those whose worker has fallen silent."""
    return Import.objects.to_take(now, stale=STALE)


def take_imports(*, now: datetime) -> int:
    """Carry out every import that waits, oldest first; return how many were taken. Several may run at once."""
    return take_all(
        waiting_imports,
        lambda held: carry_out(held, now=now),
        lambda held: _fail(held, "crashed", now=now),
        now=now,
    )


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
            account = _locked(held)
            _finish(account, held, reading, by=held.created_by, now=now, tell=tell)
    except _Stopped:
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

    What is told is the sum of two walks through the rows: reading and writing. _Stopped when the import was cancelled
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
            raise _Stopped

    try:
        yield tell
    finally:
        own.close()


def cancel_import(held: Import, *, by: User | None, now: datetime) -> bool:
    """Give up a draft, or stop an import under way: nothing of it is written then. False: it was over already."""
    open_ones = Import.objects.filter(pk=held.pk, state__in=(DRAFT, *UNDER_WAY))
    return bool(open_ones.update(state=CANCELLED, ended_at=now, content=b""))


@transaction.atomic
def undo_import(held: Import, *, by: User | None, now: datetime) -> Import:
    """Void every payment of an import that nobody has touched since; `kept` counts those that stay.

    Touched is what was corrected, voided or restored by hand, and what a refund entered later takes back. An import
    that is not done stays as it is. ImportRefused (archived) when the account is in the archive.
    """
    account = _locked(held)
    held = Import.objects.select_for_update(of=("self",)).get(pk=held.pk)
    if held.state != DONE:
        return held
    untouched = untouched_payments(held)
    statuses = {str(uid): status for uid, status in untouched.exclude(status="succeeded").values_list("uid", "status")}
    voided = untouched.exclude(status="void").update(status="void", changed_at=now)
    held.kept = held.payments.exclude(status="void").count()
    held.state, held.ended_at = UNDONE, now
    held.save(update_fields=["kept", "state", "ended_at"])
    facts = {"import": str(held.pk), "file": held.file_name, "voided": voided, "kept": held.kept, "statuses": statuses}
    write_events([event(account, "import_undone", at=now, by=by, **facts)])
    reassess(account, now=now)
    return held


def untouched_payments(held: Import) -> QuerySet[Payment]:
    """The payments of an import that are as it brought them."""
    refunds = Payment.objects.filter(undoes=OuterRef("pk")).exclude(status="void").exclude(came_by=held)
    return Payment.objects.filter(~Exists(refunds), came_by=held, changed_at=F("recorded_at"))


def prune_imports(*, now: datetime) -> int:
    """Delete drafts that nobody came back to, and what never came to anything. Return how many."""
    idle = Q(state=DRAFT, created_at__lt=now - KEEP_DRAFTS)
    vain = Q(state__in=(FAILED, CANCELLED), ended_at__lt=now - KEEP_DRAFTS)
    count, _ = Import.objects.filter(idle | vain).delete()
    return count
