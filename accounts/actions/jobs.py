"""What runs by itself: each job once per slot of the clock, with a record that pages and probes read."""

import time
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import connection
from django.db.models import Value
from django.db.models.functions import Now

from accounts import notices
from accounts.actions.carrying import take_imports, waiting_imports
from accounts.actions.exporting import prune_exports, take_exports, waiting_exports
from accounts.actions.filing import prune_files
from accounts.actions.imports import prune_imports
from accounts.actions.repeats import forget_answers
from accounts.actions.standings import reconcile
from accounts.gateways.mailbox import Mailbox
from accounts.models import Account, Delivery, JobRun
from accounts.models.channel import MAIL
from accounts.models.notice import PENDING, SENDING

KEEP_RUNS = timedelta(days=7)
KEEP_MAILS = timedelta(days=30)
# A round that has not ended by then has died.
LONGEST_CALL = timedelta(minutes=5)
ACCOUNTS, IMPORTS, EXPORTS, CALLS = "accounts", "imports", "exports", "calls"


def run(job: str, work: Callable[[datetime], int], *, now: datetime) -> int | None:
    """Do a job's work unless this slot has had it; return how many rows it changed, None when the slot was taken.

    The claim is committed before the work, so that two clocks are harmless. Work that crashes is not repeated in its
    slot: it is derived from the facts, and the next slot does it all.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO accounts_jobrun (job, slot, started_at, rows) VALUES (%s, %s, %s, 0) ON CONFLICT DO NOTHING",
            [job, _slot(now), now],
        )
        if not cursor.rowcount:
            return None
    started = time.monotonic()
    rows = work(now)
    JobRun.objects.filter(job=job, slot=_slot(now)).update(finished_at=_ended_at(now, started), rows=rows)
    return rows


def tick(*, now: datetime) -> Mapping[str, int]:
    """Do one round without Celery and return how many rows each job changed. Any number of times in a slot.

    Imports that wait come first, so that the round assesses and mails what they brought; channels come last, so that
    no mail waits for one.
    """
    started = time.monotonic()
    due = _due(now)
    if IMPORTS in due:
        take_imports(now=now)
    rows = {"reconcile": reconcile(now=now) if due - {CALLS, EXPORTS} else 0, "deliver": deliver(now)}
    rows["call"] = call(now) if due else 0
    runs = [(job, _slot(now), now, _ended_at(now, started), count) for job, count in rows.items()]
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO accounts_jobrun (job, slot, started_at, finished_at, rows)
            VALUES (%s, %s, %s, %s, %s), (%s, %s, %s, %s, %s), (%s, %s, %s, %s, %s)
            ON CONFLICT (job, slot) DO UPDATE SET
                finished_at = GREATEST(accounts_jobrun.finished_at, EXCLUDED.finished_at),
                rows = accounts_jobrun.rows + EXCLUDED.rows
            """,
            [value for run in runs for value in run],
        )
    if EXPORTS in due:  # last, for it may take minutes and nothing else waits for it
        take_exports(now=now)
    return rows


def _due(now: datetime) -> set[str]:
    """What is to be done: accounts, imports, exports, calls to channels. One query, for mostly there is nothing."""
    accounts = Account.objects.due(now).order_by().values_list(Value(ACCOUNTS))[:1]
    imports = waiting_imports(now).order_by().values_list(Value(IMPORTS))[:1]
    exports = waiting_exports(now).order_by().values_list(Value(EXPORTS))[:1]
    through_channels = Delivery.objects.exclude(channel=MAIL).order_by().values_list(Value(CALLS))
    waiting = through_channels.filter(status=PENDING, next_at__lte=now)[:1]
    lost = through_channels.filter(status=SENDING, lease_until__lt=Now())[:1]
    return {kind for (kind,) in accounts.union(imports, exports, waiting, lost, all=True)}


def deliver(now: datetime) -> int:
    """Send what waits; return how many mails were looked at."""
    return notices.deliver(now=now).total()


def call(now: datetime) -> int:
    """Send what waits for channels; return how many messages were looked at."""
    return notices.call(now=now).total()


def call_alone(now: datetime) -> int:
    """The same, unless the round before is still at it: slow receivers take one process of a worker and no more."""
    before = JobRun.objects.filter(job="call", finished_at=None, started_at__gt=now - LONGEST_CALL, started_at__lt=now)
    return 0 if before.exists() else call(now)


def prune(now: datetime) -> int:
    """Delete what nobody asks for any more: old job records, kept mails and answers, files, sessions and cache rows.

    Return how many.
    """
    runs, _ = JobRun.objects.filter(started_at__lt=now - KEEP_RUNS).delete()
    sessions, _ = Session.objects.filter(expire_date__lt=now).delete()
    mails = Mailbox(settings.MAILBOX_DIR).prune(now - KEEP_MAILS)
    table = connection.ops.quote_name(settings.CACHES["default"]["LOCATION"])
    with connection.cursor() as cursor:
        cursor.execute(f"DELETE FROM {table} WHERE expires < %s", [now])  # noqa: S608 (a name of our settings)
        cached = int(cursor.rowcount)
    kept = forget_answers(now=now) + prune_imports(now=now) + prune_exports(now=now) + prune_files(now=now)
    return runs + sessions + mails + cached + kept


def _slot(now: datetime) -> int:
    return int(now.timestamp()) // int(settings.BEAT_SECONDS)


def _ended_at(now: datetime, started: float) -> datetime:
    return now + timedelta(seconds=time.monotonic() - started)
