"""Sending: from the outbox through a real mail server to a recorded outcome."""

import threading
import time
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from accounts import actions, notices
from accounts.gateways.mailbox import Mailbox
from accounts.models import Account, Delivery, Membership, User
from accounts.notices import outbox, send
from accounts.notices.truth import reason_not_to_send
from tests.make import make_payment, make_user
from tests.notices.post import AFTER_GRACE, READY, mail_server, outcome_of_one, ready_account, until, waiting
from tests.sink import DROP, Sink

pytestmark = pytest.mark.django_db(transaction=True)


class TestAMailThatIsDue:
    def test_it_is_sent_once_and_recorded(self, settings):
        [delivery] = waiting()
        with mail_server(settings) as sink:
            assert notices.deliver(now=AFTER_GRACE) == {"sent": 1}
            assert notices.deliver(now=AFTER_GRACE) == {}
        delivery.refresh_from_db()
        assert delivery.status == "sent"
        assert AFTER_GRACE <= delivery.sent_at < AFTER_GRACE + timedelta(seconds=10)
        assert sink.ids() == [f"<{delivery.pk}@127.0.0.1>"]
        assert sink.recipients == ["owner@example.org"]

    def test_it_does_not_leave_before_the_grace_time_is_over(self, settings):
        waiting()
        with mail_server(settings) as sink:
            assert notices.deliver(now=READY + timedelta(seconds=119)) == {}
            assert notices.deliver(now=READY + timedelta(seconds=120)) == {"sent": 1}
        assert len(sink.accepted) == 1

    def test_without_a_mail_server_it_lies_in_the_mailbox(self, settings, tmp_path):
        settings.MAILBOX_DIR = tmp_path
        waiting()
        assert notices.deliver(now=AFTER_GRACE) == {"sent": 1}
        [kept] = Mailbox(tmp_path).newest(5)
        assert "may trigger Tier 2" in kept.subject

    def test_it_goes_to_the_address_of_this_moment(self, settings):
        waiting()
        User.objects.update(email="new@example.org")
        with mail_server(settings) as sink:
            notices.deliver(now=AFTER_GRACE)
        assert sink.recipients == ["new@example.org"]
        assert Delivery.objects.get().address == "new@example.org"


class TestWhatTheServerSays:
    """reliability 2.3: each answer leads to exactly one state."""

    @pytest.mark.parametrize(
        ("script", "expected", "accepted"),
        [
            ({"banner": "421 busy"}, ("pending", "421", 0), 0),
            ({"mail": "451 later"}, ("pending", "451", 1), 0),
            ({"mail": "550 not you"}, ("pending", "550", 0), 0),
            ({"rcpt": "450 greylisted"}, ("pending", "450", 1), 0),
            ({"rcpt": "550 unknown"}, ("failed", "550", 1), 0),
            ({"data": "451 later"}, ("pending", "451", 1), 0),
            ({"dot": "452 full"}, ("pending", "452", 1), 0),
            ({"dot": "554 spam"}, ("failed", "554", 1), 0),
            ({"rcpt": DROP}, ("pending", "lost", 1), 0),
            ({"quit": DROP}, ("sent", "250", 1), 1),
        ],
        ids=str,
    )
    def test_the_state(self, settings, script, expected, accepted):
        waiting()
        with mail_server(settings, Sink(script)) as sink:
            notices.deliver(now=AFTER_GRACE)
        assert outcome_of_one() == expected
        assert len(sink.accepted) == accepted
        row = Delivery.objects.get()
        assert (row.claim, row.lease_until, row.phase) == (None, None, "")
        assert row.status != "pending" or row.next_at > AFTER_GRACE

    def test_the_steps_grow_and_the_twentieth_is_the_last(self, settings):
        waiting()
        now, steps = AFTER_GRACE, []
        with mail_server(settings, Sink({"rcpt": "450 later"})):
            for _ in range(20):
                notices.deliver(now=now)
                row = Delivery.objects.get()
                steps.append(round((row.next_at - now).total_seconds() / 60))
                now = max(row.next_at, now)
        assert steps[:6] == [1, 2, 4, 8, 16, 32]
        assert max(steps[:19]) == 360
        assert outcome_of_one() == ("failed", "450", 20)


class TestNoMailCanLeave:
    def test_one_try_a_round_and_no_attempt_is_lost(self, settings):
        waiting(5)
        with mail_server(settings, Sink({"banner": "421 down"})) as sink:
            notices.deliver(now=AFTER_GRACE)
            assert sink.connections == 1
            assert notices.deliver(now=AFTER_GRACE) == {}
            notices.deliver(now=AFTER_GRACE + timedelta(minutes=2))
            assert sink.connections == 2
        assert set(Delivery.objects.values_list("status", "last_code", "attempts")) == {("pending", "421", 0)}
        with mail_server(settings) as sink:
            assert notices.deliver(now=AFTER_GRACE + timedelta(minutes=4)) == {"sent": 5}

    def test_after_a_wrong_password_the_pause_is_longer(self, settings):
        waiting(2)
        with mail_server(settings, Sink()):
            settings.EMAIL_HOST_USER, settings.EMAIL_HOST_PASSWORD = "me", "wrong"
            notices.deliver(now=AFTER_GRACE)
        assert set(Delivery.objects.values_list("last_code", flat=True)) == {"auth"}
        assert min(Delivery.objects.values_list("next_at", flat=True)) >= AFTER_GRACE + timedelta(minutes=10)

    def test_a_full_disk_keeps_the_mail_waiting(self, settings, tmp_path):
        settings.MAILBOX_DIR = tmp_path / "in the way"
        settings.MAILBOX_DIR.write_text("")
        waiting()
        notices.deliver(now=AFTER_GRACE)
        assert outcome_of_one() == ("pending", "disk", 0)


class TestNoLongerTrue:
    @pytest.fixture(autouse=True)
    def _one_waits(self):
        waiting()

    def cancelled(self, settings) -> str:
        with mail_server(settings) as sink:
            assert notices.deliver(now=AFTER_GRACE) == {"cancelled": 1}
        assert sink.connections == 0
        delivery = Delivery.objects.get()
        assert delivery.status == "cancelled"
        return delivery.last_error

    def test_the_top_up_was_paid_meanwhile(self, settings):
        make_payment(Account.objects.get(), "5.00", READY, now=READY)
        assert self.cancelled(settings) == "over"

    def test_the_tier_was_seen_meanwhile(self, settings):
        actions.see_tier(Account.objects.get(), tier="tier-2", seen_at=READY, by=None, now=READY)
        assert self.cancelled(settings) == "over"

    def test_the_account_was_archived(self, settings):
        Account.objects.update(archived_at=READY)
        assert self.cancelled(settings) == "archived"

    def test_the_recipient_has_muted_the_kind(self, settings):
        User.objects.update(muted_kinds=["upgrade_ready"])
        assert self.cancelled(settings) == "muted"

    def test_the_recipient_has_left(self, settings):
        Membership.objects.all().delete()
        assert self.cancelled(settings) == "left"

    def test_the_recipient_may_not_sign_in_any_more(self, settings):
        User.objects.update(is_active=False)
        assert self.cancelled(settings) == "inactive"


@pytest.mark.parametrize(("is_guarded", "expected"), [(True, "sent"), (False, "cancelled")], ids=["guarded", "control"])
def test_a_notice_that_becomes_true_while_itis_withdrawn_is_not_lost(settings, monkeypatch, is_guarded, expected):
    """Control: without the account's lock the sender cancels by what it read before, and nobody raises it again."""
    account = ready_account(make_user("owner@example.org"))
    payment = make_payment(account, "5.00", AFTER_GRACE, now=AFTER_GRACE)
    later = AFTER_GRACE + timedelta(hours=1)

    def withdraw_without_a_lock(delivery, now) -> bool:
        reason = reason_not_to_send(delivery, now=now)
        if reason:
            outbox.withdraw(delivery, reason)
        return bool(reason)

    if not is_guarded:
        monkeypatch.setattr(send, "is_withdrawn", withdraw_without_a_lock)

    def deliver() -> None:
        notices.deliver(now=later)
        connection.close()

    sender = threading.Thread(target=deliver)
    with mail_server(settings):
        with transaction.atomic():
            actions.void_payment(payment, by=None, now=later)  # true again, but nobody else can see it yet
            sender.start()
            until(lambda: Delivery.objects.get().status != "pending")
            time.sleep(0.3)
        sender.join(10)
    assert Delivery.objects.get().status == expected


def test_one_mail_that_cannot_be_written_does_not_stop_the_others(settings):
    waiting(3)
    User.objects.filter(email="member0@example.org").update(time_zone="No/Where")
    User.objects.filter(email="member1@example.org").update(email="memb er@example.org")
    with mail_server(settings):
        assert notices.deliver(now=AFTER_GRACE) == {"sent": 1, "pending": 1, "failed": 1}
    assert Delivery.objects.get(status="pending").last_code == "compose"
    assert Delivery.objects.get(status="failed").last_code == "address"


class TestCost:
    def test_one_query_when_nothing_is_due(self, django_assert_num_queries):
        waiting(3)
        with django_assert_num_queries(1):
            notices.deliver(now=READY)

    def test_four_statements_a_mail_and_a_constant_number_beside(self, settings):
        def cost() -> int:
            with CaptureQueriesContext(connection) as asked:
                notices.deliver(now=AFTER_GRACE)
            return len(asked)

        waiting(11)
        Delivery.objects.exclude(pk=Delivery.objects.first().pk).update(next_at=AFTER_GRACE + timedelta(days=1))
        with mail_server(settings) as sink:
            one = cost()
            Delivery.objects.filter(status="pending").update(next_at=READY)
            ten = cost()
        assert len(sink.accepted) == 11
        assert sink.connections == 2
        assert ten - one == 9 * 4

    def test_it_stops_claiming_in_time(self, settings):
        waiting(3)
        with mail_server(settings) as sink:
            assert notices.deliver(now=AFTER_GRACE, claim_for=timedelta(0)) == {}
        assert sink.connections == 0

    def test_it_refuses_to_run_inside_a_transaction(self):
        waiting()
        with transaction.atomic(), pytest.raises(RuntimeError, match="durable"):
            notices.deliver(now=AFTER_GRACE)
