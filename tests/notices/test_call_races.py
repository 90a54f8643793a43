"""Several callers at once, and callers that are killed at any instant. Each race has a control that shows it."""

import random
import threading
import time
from collections import Counter
from contextlib import ExitStack

import pytest

from accounts import notices
from accounts.models import Delivery
from accounts.notices import calling, outbox, switchboard
from tests.make import make_user
from tests.notices.calls import calls, raised, served, webhook_to
from tests.notices.post import AFTER_GRACE, leases_run_out
from tests.notices.test_races import kill, nursery, together
from tests.receiver import DROP, Receiver

pytestmark = pytest.mark.django_db(transaction=True)


class TestTwoCallers:
    def test_each_message_leaves_once(self, settings):
        ann = make_user("ann@example.org")
        with served(settings) as receiver:
            webhook_to(receiver, ann)
            raised(ann, 12)
            together(lambda: notices.call(now=AFTER_GRACE), 4)
        assert set(Counter(receiver.ids()).values()) == {1}
        assert len(receiver.taken) == 12
        assert set(calls().values_list("status", flat=True)) == {"sent"}

    @pytest.mark.parametrize("is_guarded", [True, False], ids=["guarded", "control"])
    def test_both_look_at_the_same_message_at_the_same_instant(self, settings, monkeypatch, is_guarded):
        """Control: a claim that reads first and writes then gives the same message to both."""
        ann = make_user("ann@example.org")
        both = threading.Barrier(2)
        guarded = switchboard.claim

        def claim_after_both_looked(now, *, without):
            both.wait(10)
            return guarded(now, without=without)

        def claim_without_a_guard(now, *, without):
            found = calls().filter(status="pending", next_at__lte=now).first()
            both.wait(10)
            return found and outbox.with_circumstances(found.pk)

        monkeypatch.setattr(switchboard, "claim", claim_after_both_looked if is_guarded else claim_without_a_guard)
        if not is_guarded:
            monkeypatch.setattr(switchboard, "fence", lambda delivery: True)

        def one_round() -> None:
            try:
                calling.call(now=AFTER_GRACE)
            except threading.BrokenBarrierError:
                return
            finally:
                both.abort()

        with served(settings) as receiver:
            webhook_to(receiver, ann)
            raised(ann)
            together(one_round, 2)
        assert len(receiver.taken) == (1 if is_guarded else 2)


@pytest.mark.process
def test_callers_killed_at_any_instant_lose_nothing(settings):
    """At least once: whatever the rows say was sent has come, everything has come, and repeats bear the same id."""
    messages = 50
    seed = random.randrange(2**32)
    chance = random.Random(seed)
    ann = make_user("ann@example.org")
    # The receiver answers slowly enough to be interrupted, and is itself no model of reliability.
    script = [chance.choices([0.02, DROP, 503], [92, 4, 4])[0] for _ in range(10 * messages)]
    kills = 0
    with served(settings, Receiver(script=script)) as receiver, ExitStack() as stack:
        webhook_to(receiver, ann)
        raised(ann, messages)
        Delivery.objects.filter(channel="mail").update(status="cancelled", last_error="muted")
        allowed = f"127.0.0.1:{receiver.port}"
        nurseries = [stack.enter_context(nursery("calls", TIERDASH_OUTBOUND_ALLOW=allowed)) for _ in range(2)]
        deadline = time.monotonic() + 90
        while calls().filter(status__in=["pending", "sending"]).exists():
            assert time.monotonic() < deadline, f"not done, seed {seed}: {_statuses()}"
            time.sleep(chance.uniform(0.02, 0.4))
            pid = chance.choice(nurseries)()
            kills += bool(pid) and kill(pid)
            if chance.random() < 0.3:
                leases_run_out()
    came = set(receiver.ids())
    rows = {str(row.pk): row for row in calls()}
    assert kills >= 5
    assert _statuses() == {"sent": messages}, f"seed {seed}"
    assert came == set(rows), f"seed {seed}"


def _statuses() -> Counter[str]:
    return Counter(calls().values_list("status", flat=True))
