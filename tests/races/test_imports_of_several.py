"""Imports over the same accounts at once: one waits for the other, never both; the clock waits for neither.

The controls show what the order of the locks, and passing over what is locked, prevent.
"""

import contextlib
import threading
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import OperationalError, connections, transaction
from django.db.models import QuerySet

from accounts import actions
from accounts.actions import carrying, importing
from accounts.models import Account, Payment, Standing
from tests.make import NOW, make_account, make_user, make_workspace

pytestmark = pytest.mark.django_db(transaction=True)
LONG = 20


@pytest.fixture
def owner():
    return make_user()


@pytest.fixture
def accounts(owner):
    """Two accounts, the one with the lower id first."""
    return sorted((make_account(owner, name=name) for name in ("one", "two")), key=lambda account: account.pk)


def drafts(owner, accounts):
    """The same payments in two files; the first account stands first in one and last in the other."""
    rows = [f"{account.name},2025-05-01,5.00\n" for account in accounts]
    return [
        actions.begin_import(
            make_workspace(owner),
            content=("Account,Date,Amount\n" + "".join(ordered)).encode(),
            file_name="",
            zone=ZoneInfo("UTC"),
            by=None,
            now=NOW,
        )
        for ordered in (rows, rows[::-1])
    ]


def start_all(held) -> tuple[list[threading.Thread], list[str]]:
    outcomes: list[str] = []

    def start(one) -> None:
        try:
            outcomes.append(str(actions.start_import(one, leaves_out=False, by=None, now=NOW).added))
        except actions.ImportRefused as refusal:
            outcomes.append(refusal.code)
        except OperationalError as error:
            outcomes.append("deadlock" if "deadlock" in str(error) else str(error))
        finally:
            connections.close_all()

    threads = [threading.Thread(target=start, args=[one]) for one in held]
    for thread in threads:
        thread.start()
    return threads, outcomes


def join(threads) -> None:
    for thread in threads:
        thread.join(timeout=LONG)
        assert not thread.is_alive()


def test_locked_as_their_rows_stand_they_wait_for_each_other_for_ever(owner, accounts, monkeypatch):
    barrier, order = threading.Barrier(2), threading.local()
    real = importing.rules.imports.understand

    def understand(records, *arguments, **facts):
        order.names = [record[0] for record in records[1:]]
        return real(records, *arguments, **facts)

    def lock_one_after_the_other(_keys):
        locked = []
        for name in order.names:
            locked.append(Account.objects.select_for_update(of=("self",)).get(name=name))
            with contextlib.suppress(threading.BrokenBarrierError):
                barrier.wait(timeout=1)
        return locked

    held = drafts(owner, accounts)
    monkeypatch.setattr(importing.rules.imports, "understand", understand)
    monkeypatch.setattr(carrying, "lock_accounts", lock_one_after_the_other)
    threads, outcomes = start_all(held)
    join(threads)
    assert "deadlock" in outcomes


def test_locked_in_the_order_of_their_ids_one_waits(owner, accounts):
    for _ in range(3):
        threads, outcomes = start_all(drafts(owner, accounts))
        join(threads)
        assert "deadlock" not in outcomes
    assert Payment.objects.count() == 2


@pytest.mark.parametrize(("order", "is_free"), [("pk", True), ("-pk", False)])
def test_who_waits_for_the_first_account_holds_no_other(owner, accounts, monkeypatch, order, is_free):
    """In the wrong order the second account would be locked by somebody who waits for the first."""
    first, second = accounts
    real = QuerySet.order_by
    if order != "pk":
        monkeypatch.setattr(
            QuerySet, "order_by", lambda self, *names: real(self, *(order if n == "pk" else n for n in names))
        )
    held = drafts(owner, accounts)
    with transaction.atomic():
        Account.objects.select_for_update().get(pk=first.pk)
        threads, outcomes = start_all(held)
        assert waits_for_a_lock(count=1 if order != "pk" else 2)
        try:
            with transaction.atomic():
                Account.objects.select_for_update(nowait=True).get(pk=second.pk)
            was_free = True
        except OperationalError:
            was_free = False
    join(threads)
    assert was_free is is_free
    assert sorted(outcomes) == ["2", "nothing"]


def waits_for_a_lock(*, count: int) -> bool:
    """Wait until so many others wait for a row that somebody has locked."""
    for _ in range(LONG * 20):
        with connections["default"].cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
            if cursor.fetchone()[0] >= count:
                return True
        threading.Event().wait(0.05)
    return False


@pytest.mark.parametrize("passes_over", [True, False])
def test_the_clock_does_not_wait_for_an_import(owner, accounts, monkeypatch, passes_over):
    real_lock, real_match = QuerySet.select_for_update, importing.rules.imports.match
    if not passes_over:
        monkeypatch.setattr(
            QuerySet, "select_for_update", lambda self, **options: real_lock(self, **options | {"skip_locked": False})
        )
    held = drafts(owner, accounts)[:1]
    is_inside, may_go_on = threading.Event(), threading.Event()

    def match(*arguments, **facts):
        is_inside.set()
        may_go_on.wait(timeout=LONG)
        return real_match(*arguments, **facts)

    monkeypatch.setattr(importing.rules.imports, "match", match)
    Standing.objects.update(next_look_at=NOW - timedelta(minutes=1))
    threads, outcomes = start_all(held)
    assert is_inside.wait(timeout=LONG)
    counted: list[int] = []

    def look() -> None:
        try:
            counted.append(actions.reconcile(now=NOW))
        finally:
            connections.close_all()

    clock = threading.Thread(target=look)
    clock.start()
    clock.join(timeout=3)
    waited = clock.is_alive()
    may_go_on.set()
    join([*threads, clock])
    assert waited is not passes_over
    assert outcomes == ["2"]
    assert counted == ([0] if passes_over else counted)
    assert set(Standing.objects.values_list("document__counted_usd", flat=True)) == {"5.00"}
