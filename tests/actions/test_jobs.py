"""What runs by itself: once per slot, recorded, and tidied up after."""

import os
from datetime import UTC, datetime, timedelta

import pytest
from django.conf import settings
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.core.management import call_command
from django.db import connection

from accounts import tasks
from accounts.actions import jobs
from accounts.gateways.mailbox import Mailbox
from accounts.models import Delivery, JobRun
from tests.make import NOW
from tests.notices.post import AFTER_GRACE, ready_account, waiting

pytestmark = pytest.mark.django_db


class TestSlots:
    def test_a_second_clock_in_the_same_slot_does_nothing(self):
        worked = []
        for second in (0, 30, 59):
            jobs.run("x", lambda now: worked.append(now) or 7, now=NOW + timedelta(seconds=second))
        assert worked == [NOW]
        assert JobRun.objects.get().rows == 7

    def test_the_next_slot_works_again(self):
        assert jobs.run("x", lambda now: 1, now=NOW) == 1
        assert jobs.run("x", lambda now: 2, now=NOW + timedelta(minutes=1)) == 2
        assert jobs.run("y", lambda now: 3, now=NOW) == 3
        assert jobs.run("x", lambda now: 4, now=NOW) is None

    def test_work_that_crashes_is_recorded_as_not_finished(self):
        with pytest.raises(ZeroDivisionError):
            jobs.run("x", lambda now: 1 // 0, now=NOW)
        assert JobRun.objects.get().finished_at is None
        assert JobRun.objects.last_finished_at("x") is None


@pytest.mark.django_db(transaction=True)
class TestTick:
    @pytest.fixture(autouse=True)
    def _mailbox(self, settings, tmp_path):
        settings.MAILBOX_DIR = tmp_path

    def test_it_reconciles_and_delivers_and_says_so(self, capsys):
        ready_account(now=datetime.now(UTC) - timedelta(minutes=10))
        call_command("tick")
        assert "0 accounts assessed, 1 mails handled" in capsys.readouterr().out
        assert Delivery.objects.get().status == "sent"

    def test_its_rounds_are_recorded_and_any_number_fits_in_a_slot(self):
        waiting(2)
        assert jobs.tick(now=AFTER_GRACE) == {"reconcile": 0, "deliver": 2, "call": 0}
        assert jobs.tick(now=AFTER_GRACE) == {"reconcile": 0, "deliver": 0, "call": 0}
        assert JobRun.objects.get(job="deliver").rows == 2
        assert JobRun.objects.last_finished_at("reconcile") >= AFTER_GRACE

    def test_a_round_beside_celerys_own_counts_too(self):
        jobs.run("deliver", lambda now: 5, now=AFTER_GRACE)
        jobs.tick(now=AFTER_GRACE)
        assert JobRun.objects.get(job="deliver").rows == 5

    def test_a_round_with_nothing_due_costs_three_queries(self, django_assert_max_num_queries):
        with django_assert_max_num_queries(3):
            jobs.tick(now=AFTER_GRACE)

    def test_a_round_of_calls_does_not_begin_while_the_one_before_is_at_it(self, monkeypatch):
        done = []
        monkeypatch.setattr(jobs, "call", lambda now: done.append(now) or 1)
        begun = AFTER_GRACE - timedelta(minutes=1)
        JobRun.objects.create(job="call", slot=1, started_at=begun)
        assert jobs.run("call", jobs.call_alone, now=AFTER_GRACE) == 0
        JobRun.objects.filter(slot=1).update(finished_at=AFTER_GRACE)
        later = AFTER_GRACE + timedelta(minutes=1)
        assert jobs.run("call", jobs.call_alone, now=later) == 1
        died = later + timedelta(minutes=1)
        JobRun.objects.create(job="call", slot=2, started_at=died - timedelta(minutes=6))
        assert jobs.run("call", jobs.call_alone, now=died) == 1
        assert done == [later, died]

    def test_the_tasks_of_celery_do_the_same(self):
        ready_account(now=datetime.now(UTC) - timedelta(minutes=10))
        for _ in range(2):
            tasks.reconcile()
            tasks.deliver()
            tasks.call()
            tasks.prune()
        assert Delivery.objects.get().status == "sent"
        assert set(JobRun.objects.values_list("job", flat=True)) == {"reconcile", "deliver", "call", "prune"}
        assert JobRun.objects.filter(finished_at=None).count() == 0


def test_what_nobody_asks_for_any_more_is_deleted(settings, tmp_path):
    settings.MAILBOX_DIR = tmp_path
    now = datetime.now(UTC)
    JobRun.objects.create(job="x", slot=1, started_at=now - timedelta(days=8))
    JobRun.objects.create(job="x", slot=2, started_at=now - timedelta(days=6))
    Session.objects.create(session_key="old", session_data="", expire_date=now - timedelta(days=1))
    Session.objects.create(session_key="new", session_data="", expire_date=now + timedelta(days=1))
    cache.set("lasting", 1, 3600)
    cache.set("over", 1, 3600)
    _expire("over", now)
    box = Mailbox(tmp_path)
    for name in ("old", "new"):
        box.keep(f"<{name}@x>", f"Subject: {name}\r\n\r\n".encode())
    for kept in box.newest(5):
        if kept.subject == "old":
            os.utime(tmp_path / f"{kept.name}.eml", (1, 1))
    assert jobs.prune(now) == 4
    assert JobRun.objects.get().slot == 2
    assert Session.objects.get().session_key == "new"
    assert [kept.subject for kept in box.newest(5)] == ["new"]
    assert cache.get("lasting") == 1


def _expire(key: str, now: datetime) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {settings.CACHES['default']['LOCATION']} SET expires = %s WHERE cache_key LIKE %s",
            [now - timedelta(days=1), f"%{key}"],
        )
