"""When nobody can know whether a mail left: no answer to its final dot, or a sender that died."""

import threading
from datetime import timedelta

import pytest
from django.db import connection

from accounts import notices
from accounts.gateways import transport
from accounts.models import Delivery, Rulebook
from accounts.notices import compose, outbox
from tests.notices.post import AFTER_GRACE, leases_run_out, mail_server, outcome_of_one, until, waiting
from tests.sink import DROP, DROP_AFTER, Sink

pytestmark = pytest.mark.django_db(transaction=True)


class TestNobodyKnows:
    """The mail was handed over and no answer came."""

    @pytest.mark.parametrize("doubt", [DROP, DROP_AFTER, 3])
    def test_it_is_sent_once_more_under_the_same_message_id(self, settings, doubt):
        waiting()
        sink = Sink({"dot": [doubt]})
        with mail_server(settings, sink):
            notices.deliver(now=AFTER_GRACE)
            assert outcome_of_one() == ("pending", "no_answer", 1)
            notices.deliver(now=AFTER_GRACE + timedelta(minutes=2))
        assert outcome_of_one() == ("sent", "250", 2)
        assert len(set(sink.ids())) == 1
        assert len(sink.accepted) == (1 if doubt == DROP else 2)

    def test_after_the_second_doubt_only_a_person_decides(self, settings):
        waiting()
        with mail_server(settings, Sink({"dot": DROP})):
            for minute in (0, 2, 60, 600):
                notices.deliver(now=AFTER_GRACE + timedelta(minutes=minute))
        assert outcome_of_one() == ("uncertain", "no_answer", 2)

    def test_a_failure_between_does_not_forget_the_first_doubt(self, settings):
        waiting()
        with mail_server(settings, Sink({"dot": [DROP, "451 later", DROP]})):
            for minute in (0, 2, 60, 600):
                notices.deliver(now=AFTER_GRACE + timedelta(minutes=minute))
        assert outcome_of_one() == ("uncertain", "no_answer", 3)

    def test_held_it_is_never_sent_again_by_itself(self, settings):
        settings.UNCERTAIN_MAIL = "hold"
        waiting()
        with mail_server(settings, Sink({"dot": DROP_AFTER})) as sink:
            for minute in (0, 2, 60):
                notices.deliver(now=AFTER_GRACE + timedelta(minutes=minute))
        assert outcome_of_one() == ("uncertain", "no_answer", 1)
        assert len(sink.accepted) == 1


class TestSendersThatDied:
    @pytest.mark.parametrize("policy", ["resend", "hold"])
    def test_one_that_died_before_the_fence_sent_nothing(self, settings, policy):
        settings.UNCERTAIN_MAIL = policy
        waiting()
        assert outbox.claim(AFTER_GRACE) is not None
        with mail_server(settings) as sink:
            assert notices.deliver(now=AFTER_GRACE) == {}
            leases_run_out()
            assert notices.deliver(now=AFTER_GRACE) == {"sent": 1}
        assert len(sink.accepted) == 1

    def test_one_that_died_after_the_fence_may_have(self, settings):
        waiting()
        for attempt, expected in ((1, ("pending", 1)), (2, ("uncertain", 2))):
            assert outbox.fence(outbox.claim(AFTER_GRACE))
            leases_run_out()
            assert outbox.reap(AFTER_GRACE) == 1
            assert Delivery.objects.values_list("status", "doubts").get() == expected
            assert Delivery.objects.get().attempts == attempt

    def test_held_one_that_died_after_the_fence_stays_for_a_person(self, settings):
        settings.UNCERTAIN_MAIL = "hold"
        waiting()
        assert outbox.fence(outbox.claim(AFTER_GRACE))
        leases_run_out()
        outbox.reap(AFTER_GRACE)
        assert Delivery.objects.get().status == "uncertain"

    def test_the_twentieth_death_is_the_last(self):
        waiting()
        Delivery.objects.update(attempts=19)
        assert outbox.claim(AFTER_GRACE)
        leases_run_out()
        outbox.reap(AFTER_GRACE)
        assert outcome_of_one() == ("failed", "lost", 20)

    def test_a_frozen_sender_finds_the_fence_closed(self, settings):
        """It slept past its lease; the mail is somebody else's by now, and what it records changes nothing."""
        waiting()
        frozen = outbox.claim(AFTER_GRACE)
        leases_run_out()
        with mail_server(settings) as sink:
            assert notices.deliver(now=AFTER_GRACE) == {"sent": 1}
            assert not outbox.fence(frozen)
            with transport.chosen().open() as session:
                letter = compose.letter(frozen, Rulebook.objects.all().shelf())
                assert session.send(letter, lambda: outbox.fence(frozen)).kind == "withdrawn"
        assert len(sink.accepted) == 1

    def test_the_lease_of_another_is_not_ours_even_while_it_lasts(self):
        waiting()
        frozen = outbox.claim(AFTER_GRACE)
        leases_run_out()
        outbox.reap(AFTER_GRACE)
        other = outbox.claim(AFTER_GRACE)
        assert not outbox.fence(frozen)
        assert outbox.fence(other)


def test_a_database_that_goes_away_before_the_record_makes_no_doubt(settings):
    waiting()
    done = []

    def send() -> None:
        done.append(notices.deliver(now=AFTER_GRACE))
        connection.close()

    sender = threading.Thread(target=send)
    with mail_server(settings, Sink({"dot": [0.7]})) as sink:
        sender.start()
        until(lambda: Delivery.objects.get().phase == "data")
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
            assert cursor.fetchone()[0] >= 1
        sender.join(20)
    assert done == [{"sent": 1}]
    assert outcome_of_one() == ("sent", "250", 1)
    assert len(sink.accepted) == 1
