"""The same form sent twice at once records one payment; the control shows what the account's lock prevents."""

import contextlib
import threading
import uuid

import pytest
from django.db import IntegrityError, connections
from django.db.models import QuerySet

from accounts import actions
from accounts.actions import payments
from accounts.models import Account, Payment
from tests.make import NOW, make_account, payment_facts

pytestmark = pytest.mark.django_db(transaction=True)


def submit_twice(account: Account, monkeypatch) -> tuple[list[Payment], list[Exception]]:
    """Record the same form in two threads; each waits a moment for the other just before it writes the line."""
    barrier, key = threading.Barrier(2), uuid.uuid4()
    recorded: list[Payment] = []
    failures: list[Exception] = []
    add_line = payments.add_line

    def wait_and_add(*args, **facts):
        with contextlib.suppress(threading.BrokenBarrierError):  # the lock lets only one come here at a time
            barrier.wait(timeout=1)
        return add_line(*args, **facts)

    monkeypatch.setattr(payments, "add_line", wait_and_add)

    def submit() -> None:
        try:
            facts = payment_facts(("5.00", NOW))
            recorded.append(actions.record_payment(account, facts=facts, form_key=key, by=None, now=NOW))
        except IntegrityError as error:
            failures.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=submit) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return recorded, failures


def test_without_the_lock_the_second_one_runs_into_the_constraint(monkeypatch):
    account = make_account()
    monkeypatch.setattr(QuerySet, "select_for_update", lambda self, **options: self)
    recorded, failures = submit_twice(account, monkeypatch)
    assert (len(recorded), len(failures)) == (1, 1)
    assert Payment.objects.count() == 1


def test_with_the_lock_both_get_the_same_payment(monkeypatch):
    account = make_account()
    recorded, failures = submit_twice(account, monkeypatch)
    assert failures == []
    assert recorded[0] == recorded[1]
    assert Payment.objects.count() == 1
