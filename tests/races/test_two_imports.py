"""The same file imported twice at once comes once; the control shows what the account's lock prevents."""

import contextlib
import threading
from zoneinfo import ZoneInfo

import pytest
from django.db import connections
from django.db.models import QuerySet

from accounts import actions
from accounts.actions import importing
from accounts.models import Account, Payment
from tests.make import NOW, make_account

pytestmark = pytest.mark.django_db(transaction=True)
TABLE = b"Date,Amount\n2025-05-01,5.00\n2025-05-01,5.00\n2025-05-02,6.00\n"


def import_twice(account: Account, monkeypatch) -> list[str]:
    """Start two imports of one table in two threads; each waits a moment for the other after it has matched."""
    barrier = threading.Barrier(2)
    outcomes: list[str] = []
    match = importing.rules.imports.match

    def match_and_wait(*arguments, **facts):
        verdicts = match(*arguments, **facts)
        with contextlib.suppress(threading.BrokenBarrierError):  # the lock lets only one come here at a time
            barrier.wait(timeout=1)
        return verdicts

    held = [
        actions.begin_import(account, content=TABLE, file_name="", zone=ZoneInfo("UTC"), by=None, now=NOW)
        for _ in range(2)
    ]
    monkeypatch.setattr(importing.rules.imports, "match", match_and_wait)

    def start(one) -> None:
        try:
            outcomes.append(str(actions.start_import(one, leaves_out=False, by=None, now=NOW).added))
        except actions.ImportRefused as refusal:
            outcomes.append(refusal.code)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=start, args=[one]) for one in held]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(outcomes)


def test_without_the_lock_every_payment_comes_twice(monkeypatch):
    account = make_account()
    monkeypatch.setattr(QuerySet, "select_for_update", lambda self, **options: self)
    assert import_twice(account, monkeypatch) == ["3", "3"]
    assert Payment.objects.count() == 6


def test_with_the_lock_the_second_one_finds_nothing_new(monkeypatch):
    account = make_account()
    assert import_twice(account, monkeypatch) == ["3", "nothing"]
    assert Payment.objects.count() == 3
