"""How long an import of 100,000 rows takes, file to settled account, against a bare COPY of the same rows."""

import os
import secrets
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from bench.row import Row
from tierdash.launcher import postgres

NUMBER = 100_000
NOW = datetime(2025, 5, 20, 12, tzinfo=UTC)


def measure() -> Iterator[Row]:
    with ExitStack() as stack:
        os.environ["DATABASE_URL"] = stack.enter_context(postgres.temporary()).url()
        os.environ["SECRET_KEY"] = secrets.token_hex(32)
        os.environ["TIERDASH_VAR_DIR"] = stack.enter_context(tempfile.TemporaryDirectory(prefix="tierdash-bench-"))
        yield from _measure()


def _measure() -> Iterator[Row]:
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connection

    call_command("migrate", verbosity=0)
    seconds = _import()
    bare = _copy_again()
    connection.close()
    yield Row(
        f"import of a CSV file of {NUMBER:,} rows, read, matched, written, account settled",
        f"{seconds:.1f} s",
        f"{seconds / bare:.1f} x the time of a bare COPY of the same rows into the same table",
    )


def _file() -> bytes:
    """Every row a payment of its own; most have a reference, some a tax, and the days are written in words."""
    lines = ["Date,Invoice number,Amount,Tax,Status,Description"]
    for number in range(NUMBER):
        day = NOW - timedelta(hours=number / 2, days=1)
        reference = f"INV-{number:06}" if number % 10 else ""
        tax = "0.50" if number % 3 else ""
        lines.append(f'"{day:%b %d, %Y %H:%M:%S} UTC",{reference},"${number % 9000 + 5:,}.00",{tax},Paid,API credits')
    return "\n".join(lines).encode()


def _import() -> float:
    """Seconds of the work that the clock does: everything between the person's click and the settled account."""
    from accounts import actions
    from accounts.models import Import, Payment
    from tests import make

    account = make.make_account(now=NOW)
    held = actions.begin_import(
        account, content=_file(), file_name="payments.csv", zone=ZoneInfo("UTC"), by=None, now=NOW
    )
    actions.start_import(held, leaves_out=False, by=None, now=NOW)
    started = time.perf_counter()
    actions.take_imports(now=NOW)
    elapsed = time.perf_counter() - started
    done = Import.objects.get()
    if (done.state, done.added, Payment.objects.count()) != ("done", NUMBER, NUMBER):
        raise RuntimeError(f"{NUMBER} payments were expected: {done.state} {done.error} {done.added}")
    return elapsed


def _copy_again() -> float:
    """Seconds of a COPY of the same rows into the same table, emptied before: its constraints and indexes as ever."""
    from django.db import connection, transaction

    from accounts.actions.importing import COLUMNS

    names = ", ".join(COLUMNS)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {names} FROM accounts_payment ORDER BY id")
        rows = cursor.fetchall()
        cursor.execute("TRUNCATE accounts_payment CASCADE")
        started = time.perf_counter()
        with transaction.atomic(), cursor.copy(f"COPY accounts_payment ({names}) FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)
        return time.perf_counter() - started
