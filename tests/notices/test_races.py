"""Several senders at once, and senders that are killed at any instant. Each race has a control that shows it."""

import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from contextlib import ExitStack, contextmanager
from urllib.parse import quote, urlencode

import pytest
from django.db import connection

from accounts import notices
from accounts.models import Delivery
from accounts.notices import outbox, send
from tests.notices.post import AFTER_GRACE, leases_run_out, mail_server, waiting
from tests.sink import DROP, DROP_AFTER, Sink

pytestmark = pytest.mark.django_db(transaction=True)


def together(work, number: int) -> None:
    """Run work in that many threads, each with a connection of its own, all from the same instant on."""
    start, errors = threading.Barrier(number), []

    def run() -> None:
        try:
            start.wait(10)
            work()
        except Exception as error:
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _ in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert errors == []


class TestTwoSenders:
    def test_each_mail_leaves_once(self, settings):
        waiting(20)
        with mail_server(settings) as sink:
            together(lambda: notices.deliver(now=AFTER_GRACE), 4)
        assert set(Counter(sink.ids()).values()) == {1}
        assert len(sink.accepted) == 20
        assert not Delivery.objects.exclude(status="sent").exists()

    @pytest.mark.parametrize("is_guarded", [True, False], ids=["guarded", "control"])
    def test_both_look_at_the_same_mail_at_the_same_instant(self, settings, monkeypatch, is_guarded):
        """Control: a claim that reads first and writes then gives the same mail to both."""
        waiting(1)
        both = threading.Barrier(2)
        guarded = outbox.claim

        def claim_after_both_looked(now):
            both.wait(10)
            return guarded(now)

        def claim_without_a_guard(now):
            found = Delivery.objects.filter(status="pending", next_at__lte=now).first()
            both.wait(10)
            return found and outbox.with_circumstances(found.pk)

        # One mail each, then the round is over.
        monkeypatch.setattr(outbox, "claim", claim_after_both_looked if is_guarded else claim_without_a_guard)
        if not is_guarded:
            monkeypatch.setattr(outbox, "fence", lambda delivery: True)
        with mail_server(settings) as sink:
            together(lambda: _one_round(both), 2)
        assert len(sink.accepted) == (1 if is_guarded else 2)


def _one_round(both: threading.Barrier) -> None:
    """One claim each: the barrier is broken afterwards, so that a second look does not wait for ever."""
    try:
        send.deliver(now=AFTER_GRACE)
    except threading.BrokenBarrierError:
        return
    finally:
        both.abort()


@contextmanager
def nursery(*arguments: str, **surroundings: str):
    """A process that always has one sender alive; gives the pid of the one that lives now."""
    database = connection.settings_dict
    query = urlencode({"host": database["HOST"]})
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "tierdash.settings",
        "DATABASE_URL": f"postgres://{quote(database['USER'])}@/{quote(database['NAME'])}?{query}",
        "TIERDASH_LOG_LEVEL": "CRITICAL",
        **surroundings,
    }
    command = [sys.executable, "-m", "tests.notices.nursery", *arguments]
    process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True, start_new_session=True)
    alive = [0]

    def listen() -> None:
        for line in process.stdout:
            alive[0] = int(line)

    listener = threading.Thread(target=listen, daemon=True)
    listener.start()
    try:
        yield lambda: alive[0]
    finally:
        os.killpg(process.pid, signal.SIGKILL)  # with a sender that was born just now and has not told its pid
        process.wait()
        listener.join(5)
        process.stdout.close()


def kill(pid: int) -> bool:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return False
    return True


@pytest.mark.process
@pytest.mark.parametrize("policy", ["hold", "resend"])
def test_senders_killed_at_any_instant_lose_nothing_and_repeat_nothing(settings, policy):
    """Invariants I6 to I8: what the mail server accepted and what the rows say, joined mail by mail."""
    mails = 40
    seed = random.randrange(2**32)
    chance = random.Random(seed)
    waiting(mails)
    # The server answers slowly enough to be interrupted, and is itself no model of reliability.
    dots = [chance.choices([0.02, DROP, DROP_AFTER, "451 later"], [88, 4, 4, 4])[0] for _ in range(5 * mails)]
    sink = Sink({"dot": dots, "rcpt": [0.01] * 5 * mails})
    kills = 0
    with mail_server(settings, sink), ExitStack() as stack:
        facts = {"EMAIL_URL": f"smtp://127.0.0.1:{sink.port}", "TIERDASH_UNCERTAIN_MAIL": policy}
        nurseries = [stack.enter_context(nursery(**facts)) for _ in range(2)]
        deadline = time.monotonic() + 60
        while Delivery.objects.filter(status__in=["pending", "sending"]).exists():
            assert time.monotonic() < deadline, f"not done, seed {seed}: {Counter(_statuses())}"
            time.sleep(chance.uniform(0.02, 0.4))
            pid = chance.choice(nurseries)()
            kills += bool(pid) and kill(pid)
            if chance.random() < 0.3:
                leases_run_out()
    accepted = Counter(sink.ids())
    rows = {f"<{row.pk}@127.0.0.1>": row for row in Delivery.objects.all()}
    assert kills >= 5
    assert set(accepted) <= set(rows)
    for message_id, row in rows.items():
        if row.status == "sent":
            assert accepted[message_id] >= 1, f"I6: {row.pk} never left, seed {seed}"
        if accepted[message_id]:
            assert row.status in ("sent", "uncertain"), f"I7: {row.pk} is {row.status}, seed {seed}"
        assert accepted[message_id] <= (1 if policy == "hold" else 2), f"I8: {row.pk} was repeated, seed {seed}"
        assert row.status in ("sent", "uncertain"), f"{row.pk} is {row.status}, seed {seed}"


def _statuses() -> list[str]:
    return list(Delivery.objects.values_list("status", flat=True))
