"""Through channels: from the outbox to a real receiver to a recorded outcome, for the message and for its channel."""

import json
import threading
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from accounts import actions, notices
from accounts.gateways import chat
from accounts.gateways import letter as mail
from accounts.gateways.webhook import Patience
from accounts.models import Account, Channel, Delivery, Membership, User
from accounts.notices import calling, outbox, switchboard, wording
from tests.make import instant, make_account, make_payment, make_user
from tests.notices.calls import calls, ntfy_to, outcome_of_one, raised, served, webhook_to
from tests.notices.post import AFTER_GRACE, READY, leases_run_out, ready_account, until
from tests.receiver import DROP, ECHO, HANG, Receiver

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _quick(monkeypatch):
    """No test waits twenty seconds for an answer."""
    monkeypatch.setattr(Patience, "__init__", _impatient(Patience.__init__))


def _impatient(init):
    def made(self, connect=1, whole=1):
        init(self, connect, whole)

    return made


@pytest.fixture
def ann():
    return make_user("ann@example.org", language="en", time_zone="Europe/Berlin")


@pytest.fixture
def receiver(settings):
    with served(settings) as held:
        yield held


class TestAWebhookThatIsDue:
    def test_it_is_called_once_and_recorded(self, ann, receiver):
        channel = webhook_to(receiver, ann)
        [delivery] = raised(ann)
        assert notices.call(now=AFTER_GRACE) == {"sent": 1}
        assert notices.call(now=AFTER_GRACE) == {}
        delivery.refresh_from_db()
        assert (delivery.status, delivery.last_code, delivery.last_error) == ("sent", "200", "ok")
        assert AFTER_GRACE <= delivery.sent_at < AFTER_GRACE + timedelta(seconds=10)
        assert receiver.ids() == [str(delivery.pk)]
        channel.refresh_from_db()
        assert (channel.last_outcome, channel.last_code, channel.failures) == ("accepted", "200", 0)

    def test_it_waits_for_the_grace_time(self, ann, receiver):
        webhook_to(receiver, ann)
        raised(ann)
        assert notices.call(now=READY + timedelta(seconds=119)) == {}
        assert notices.call(now=READY + timedelta(seconds=120)) == {"sent": 1}

    def test_the_document_says_what_the_mail_says(self, ann, receiver, settings):
        webhook_to(receiver, ann)
        account = ready_account(ann, name="Prod", organization_ref="org-7")
        notices.call(now=AFTER_GRACE)
        said = receiver.taken[0].document
        link = f"{settings.SITE_URL}/accounts/{account.pk}/"
        assert said["schema"] == "tierdash.notice/1"
        assert (said["kind"], said["raised_at"]) == ("upgrade_ready", "2025-05-08T10:00:00Z")
        assert said["account"] == {"id": str(account.pk), "name": "Prod", "organization": "org-7"}
        assert said["provider"] == {"id": "openai", "name": "OpenAI"}
        assert (said["tier"]["id"], said["from_tier"]["id"]) == ("tier-2", "tier-1")
        assert said["advice"] == {
            "code": "top_up", "reason": "gates_met", "amount_usd": "5.00", "since": "2025-05-08T10:00:00Z",
            "until": None, "ready_if_paid_now": "2025-05-08T10:00:00Z",
        }  # fmt: skip
        assert said["links"]["account"] == link
        assert said["links"]["pay"] == "https://platform.openai.com/settings/organization/billing/overview"
        assert said["title"] == "Prod: $5.00 may trigger Tier 2 now"
        for words in ("$5.00", "12:00 UTC+2", link):
            assert words in said["text"]
        assert said["language"] == "en"

    def test_it_speaks_the_recipients_language(self, receiver):
        bo = make_user("bo@example.org", language="zh-hans", time_zone="Asia/Shanghai")
        webhook_to(receiver, bo)
        raised(bo)
        notices.call(now=AFTER_GRACE)
        said = receiver.taken[0].document
        assert said["language"] == "zh-hans"
        assert "可能" in said["title"]
        assert "18:00 UTC+8" in said["text"]

    def test_it_is_the_same_to_the_byte_however_often_it_is_written(self, ann, receiver):
        webhook_to(receiver, ann)
        raised(ann)
        receiver.script = [503]
        for minute in (0, 2):
            notices.call(now=AFTER_GRACE + timedelta(minutes=minute))
        first, second = receiver.taken
        assert first.body == second.body
        assert receiver.ids()[0] == receiver.ids()[1]
        assert first.headers["webhook-timestamp"] < second.headers["webhook-timestamp"]


class TestEveryKind:
    """The other kinds of notices, through both kinds of channels."""

    def contact_support(self, owner) -> None:
        payments = [("50.00", "05-01T10:00"), ("5.00", "05-08T12:00")]
        make_account(owner, name="Prod", payments=payments, now=instant("05-10T12:00"))

    def test_an_overdue_upgrade(self, ann, receiver):
        webhook_to(receiver, ann)
        ntfy_to(receiver, ann)
        self.contact_support(ann)
        assert notices.call(now=instant("05-10T13:00")) == {"sent": 2}
        hook, chat = sorted(receiver.taken, key=lambda taken: "webhook-id" not in taken.headers)
        assert hook.document["kind"] == "contact_support"
        assert hook.document["links"]["evidence"].endswith("/evidence/")
        assert "support" in chat.document["title"]
        assert "https://help.openai.com/" in chat.document["message"]

    def test_a_tier_that_fell(self, ann, receiver):
        webhook_to(receiver, ann)
        account = make_account(ann, name="Prod", seen="tier-3", payments=[("120.00", "04-01T10:00")], now=READY)
        actions.see_tier(account, tier="tier-1", seen_at=READY, by=ann, now=READY)
        notices.call(now=AFTER_GRACE)
        [said] = [taken.document for taken in receiver.taken if taken.document["kind"] == "tier_seen"]
        assert (said["from_tier"]["id"], said["tier"]["id"]) == ("tier-3", "tier-1")
        assert said["advice"] is None
        assert said["title"] == "Prod fell from Tier 3 to Tier 1"


class TestAChatServiceThatIsDue:
    def test_it_gets_a_few_lines(self, ann, receiver):
        ntfy_to(receiver, ann)
        ready_account(ann, name="Prod")
        assert notices.call(now=AFTER_GRACE) == {"sent": 1}
        said = receiver.taken[0].document
        assert said["title"] == "Prod: $5.00 may trigger Tier 2 now"
        assert "Top up $5.00: it may lift Prod to Tier 2 today." in said["message"]
        assert "/accounts/" in said["message"]
        assert len(said["message"].splitlines()) <= 6

    @pytest.mark.parametrize("name", ["@everyone", "<!channel>", "<@U123>", "a@b"])
    def test_a_name_calls_nobody(self, ann, receiver, name):
        """Slack reads <!channel>, Discord @everyone: a name that somebody typed must not."""
        ntfy_to(receiver, ann)
        ready_account(ann, name=name)
        notices.call(now=AFTER_GRACE)
        said = receiver.taken[0].document
        assert name not in said["title"] + said["message"]
        assert name in (said["title"] + said["message"]).replace(wording.NO_BREAK, "")

    def test_a_doubt_is_sent_once_more_and_then_left_to_a_person(self, ann, receiver, monkeypatch):
        monkeypatch.setattr(chat, "Patience", lambda: chat.HURRIED)
        ntfy_to(receiver, ann)
        raised(ann)
        receiver.script = [DROP, DROP, DROP]
        for minute in (0, 2, 60, 600):
            notices.call(now=AFTER_GRACE + timedelta(minutes=minute))
        assert outcome_of_one() == ("uncertain", "no_answer", 2)
        assert len(receiver.taken) == 2

    def test_held_a_doubt_is_not_sent_again(self, ann, receiver, settings):
        settings.UNCERTAIN_MAIL = "hold"
        ntfy_to(receiver, ann)
        raised(ann)
        receiver.script = [DROP]
        for minute in (0, 2, 60):
            notices.call(now=AFTER_GRACE + timedelta(minutes=minute))
        assert outcome_of_one() == ("uncertain", "no_answer", 1)
        assert len(receiver.taken) == 1


class TestWhatTheReceiverSays:
    @pytest.mark.parametrize(
        ("action", "expected"),
        [
            (204, ("sent", "204", 1)),
            (302, ("pending", "302", 1)),
            (400, ("pending", "400", 1)),
            (404, ("pending", "404", 1)),
            (429, ("pending", "429", 1)),
            (500, ("pending", "500", 1)),
            (410, ("failed", "410", 1)),
            (DROP, ("pending", "no_answer", 1)),
            (HANG, ("pending", "no_answer", 1)),
        ],
        ids=str,
    )
    def test_the_state(self, ann, receiver, action, expected):
        webhook_to(receiver, ann)
        raised(ann)
        receiver.script = [action]
        notices.call(now=AFTER_GRACE)
        assert outcome_of_one() == expected
        row = calls().get()
        assert (row.claim, row.lease_until, row.phase) == (None, None, "")
        assert row.status != "pending" or row.next_at > AFTER_GRACE

    def test_a_webhook_without_an_answer_goes_again_until_it_is_taken(self, ann, receiver, settings):
        """At least once, whatever the policy for mails is: its id tells the receiver."""
        settings.UNCERTAIN_MAIL = "hold"
        webhook_to(receiver, ann)
        raised(ann)
        receiver.script = [DROP] * 4
        for hour in range(5):
            notices.call(now=AFTER_GRACE + timedelta(hours=hour))
        assert outcome_of_one() == ("sent", "200", 5)
        assert len(set(receiver.ids())) == 1

    def test_410_pauses_the_channel(self, ann, receiver):
        channel = webhook_to(receiver, ann)
        raised(ann, 3)
        receiver.script = [410]
        notices.call(now=AFTER_GRACE)
        channel.refresh_from_db()
        assert channel.paused_why == "gone"
        assert sorted(calls().values_list("status", "last_error")) == [
            ("cancelled", "paused"), ("cancelled", "paused"), ("failed", "ok")
        ]  # fmt: skip
        assert len(receiver.taken) == 1

    def test_the_steps_grow_and_the_last_failure_pauses_the_channel(self, ann, receiver):
        channel = webhook_to(receiver, ann)
        raised(ann)
        receiver.script = [500] * 30
        now, steps = AFTER_GRACE, []
        while calls().get().status == "pending":
            notices.call(now=now)
            row = calls().get()
            steps.append(round((row.next_at - now).total_seconds() / 60))
            now = max(row.next_at, now)
        assert steps[:6] == [1, 2, 4, 8, 16, 32]
        assert max(steps[:-1]) == 360
        channel.refresh_from_db()
        assert channel.paused_why == "failing"
        assert calls().get().status == "failed"
        assert len(receiver.taken) == 20 or now - channel.failing_since >= timedelta(days=3)

    @pytest.mark.parametrize(("said", "minutes"), [("10", 1), ("1800", 30)])
    def test_a_receiver_that_asks_for_a_longer_pause_gets_it(self, ann, receiver, said, minutes):
        webhook_to(receiver, ann)
        raised(ann, 2)
        receiver.script = [(503, {"retry-after": said}, b"")]
        notices.call(now=AFTER_GRACE)
        for row in calls():
            assert round((row.next_at - AFTER_GRACE).total_seconds() / 60) == minutes
        assert notices.call(now=AFTER_GRACE + timedelta(minutes=minutes, seconds=30)) == {"sent": 2}

    def test_three_days_without_a_success_are_enough(self, ann, receiver):
        channel = webhook_to(receiver, ann)
        raised(ann)
        Channel.objects.update(failures=2, failing_since=AFTER_GRACE - timedelta(days=3))
        receiver.script = [500]
        notices.call(now=AFTER_GRACE)
        channel.refresh_from_db()
        assert (channel.paused_why, channel.failures) == ("failing", 3)

    def test_a_success_makes_its_failures_past(self, ann, receiver):
        channel = webhook_to(receiver, ann)
        raised(ann)
        receiver.script = [500, 500]
        for minute in (0, 2, 6):
            notices.call(now=AFTER_GRACE + timedelta(minutes=minute))
        channel.refresh_from_db()
        assert (channel.failures, channel.failing_since, channel.last_outcome) == (0, None, "accepted")


class TestOneDeadChannel:
    def test_it_does_not_stop_the_others(self, ann, receiver):
        dead = webhook_to(Receiver(port=1), ann, name="dead")
        webhook_to(receiver, ann, name="alive")
        raised(ann, 3)
        notices.call(now=AFTER_GRACE)
        alive = calls().exclude(via=dead)
        assert set(alive.values_list("status", flat=True)) == {"sent"}
        assert len(receiver.taken) == 3

    def test_it_is_tried_once_a_step_and_each_row_says_why_it_waits(self, ann, receiver):
        webhook_to(receiver, ann)
        raised(ann, 5)
        receiver.script = [503] * 9
        notices.call(now=AFTER_GRACE)
        assert len(receiver.taken) == 1
        assert set(calls().values_list("status", "last_code")) == {("pending", "503")}
        assert min(calls().values_list("next_at", flat=True)) >= AFTER_GRACE + timedelta(minutes=1)
        assert notices.call(now=AFTER_GRACE) == {}
        receiver.script = []
        assert notices.call(now=AFTER_GRACE + timedelta(minutes=2)) == {"sent": 5}

    def test_a_slow_one_leaves_the_others_their_time(self, ann, receiver, monkeypatch):
        monkeypatch.setattr(calling, "SHARE", timedelta(seconds=0.3))
        with served_slowly() as slow:
            first = webhook_to(slow, ann, name="slow")
            with_both(receiver, slow)
            webhook_to(receiver, ann, name="quick")
            raised(ann, 6)
            notices.call(now=AFTER_GRACE)
        assert set(calls().exclude(via=first).values_list("status", flat=True)) == {"sent"}
        assert 1 <= calls().filter(via=first, status="sent").count() < 6
        assert set(calls().filter(via=first).exclude(status="sent").values_list("attempts", flat=True)) == {0}


def served_slowly():
    from tests.receiver import running

    return running(Receiver(script=[0.2] * 20))


def with_both(receiver: Receiver, other: Receiver) -> None:
    from django.conf import settings

    from accounts.gateways.outside import Outside

    settings.OUTSIDE = Outside(receiver.allowed.allowed | other.allowed.allowed)


class TestNoLongerTrue:
    @pytest.fixture(autouse=True)
    def _one_waits(self, ann, receiver):
        self.channel = webhook_to(receiver, ann)
        raised(ann)
        yield
        assert receiver.taken == []

    def cancelled(self) -> str:
        assert notices.call(now=AFTER_GRACE) == {"cancelled": 1}
        row = calls().get()
        assert row.status == "cancelled"
        return row.last_error

    def test_the_top_up_was_paid_meanwhile(self):
        make_payment(Account.objects.get(), "5.00", READY, now=READY)
        assert self.cancelled() == "over"

    def test_the_account_was_archived(self):
        Account.objects.update(archived_at=READY)
        assert self.cancelled() == "archived"

    def test_the_recipient_has_left(self):
        Membership.objects.all().delete()
        assert self.cancelled() == "left"

    def test_the_recipient_may_not_sign_in_any_more(self):
        User.objects.update(is_active=False)
        assert self.cancelled() == "inactive"

    def test_the_channel_does_not_want_the_kind_any_more(self):
        actions.edit_channel(self.channel, name="x", muted_kinds=["upgrade_ready"])
        assert self.cancelled() == "unwanted"

    def test_the_channel_was_paused_at_the_instant_at_which_it_was_raised(self):
        Channel.objects.update(paused_at=READY, paused_why="person")
        assert self.cancelled() == "paused"

    def test_the_channel_was_removed_at_that_instant(self):
        facts = {"sealed_target": "", "sealed_secret": "", "sealed_former_secret": ""}
        Channel.objects.update(removed_at=READY, **facts)
        assert self.cancelled() == "removed"


@pytest.mark.parametrize("is_guarded", [True, False], ids=["guarded", "control"])
@pytest.mark.parametrize("how", ["pause", "remove"])
def test_what_is_paused_at_the_last_moment_does_not_leave(ann, receiver, monkeypatch, is_guarded, how):
    """Between claim and fence. Control: a fence that asks for nothing but its claim lets the message leave."""
    channel = webhook_to(receiver, ann)
    raised(ann)
    fence = switchboard.fence

    def fence_without_a_guard(delivery) -> bool:
        return bool(switchboard.outbox.held(delivery).update(phase="data"))

    def fence_late(delivery) -> bool:
        if how == "pause":
            actions.pause_channel(channel, now=AFTER_GRACE)
        else:
            actions.remove_channel(channel, now=AFTER_GRACE)
        return (fence if is_guarded else fence_without_a_guard)(delivery)

    monkeypatch.setattr(switchboard, "fence", fence_late)
    notices.call(now=AFTER_GRACE)
    assert len(receiver.taken) == (0 if is_guarded else 1)
    if is_guarded:
        row = calls().get()
        assert (row.status, row.last_error) == ("cancelled", "paused" if how == "pause" else "removed")


class TestWhatIsWrongHere:
    """Not the receiver's fault: neither the channel nor the message pays for it, and the others go on."""

    def test_a_keyring_that_does_not_fit(self, ann, receiver, settings, tmp_path, caplog):
        channel = webhook_to(receiver, ann)
        raised(ann)
        settings.KEYRING_PATH = tmp_path / "another"
        notices.call(now=AFTER_GRACE)
        assert outcome_of_one() == ("pending", "key", 0)
        channel.refresh_from_db()
        assert (channel.failures, channel.is_paused, channel.last_code) == (0, False, "key")
        assert receiver.taken == []
        assert "is missing" in caplog.text
        assert channel.sealed_target not in caplog.text

    def test_a_message_that_cannot_be_written(self, ann, receiver, monkeypatch):
        channel = webhook_to(receiver, ann)
        raised(ann, 2)
        write, broken = wording.document, [True]

        def write_once_in_vain(delivery, shelf):
            if broken:
                broken.clear()
                raise ZeroDivisionError("no figures")
            return write(delivery, shelf)

        monkeypatch.setattr(wording, "document", write_once_in_vain)
        assert notices.call(now=AFTER_GRACE) == {"pending": 1, "sent": 1}
        assert calls().get(status="pending").last_code == "compose"
        assert calls().get(status="pending").attempts == 1
        channel.refresh_from_db()
        assert channel.failures == 0

    def test_one_that_can_never_be_written_ends_some_day(self, ann, receiver, monkeypatch):
        webhook_to(receiver, ann)
        raised(ann)
        monkeypatch.setattr(wording, "document", lambda *_: 1 // 0)
        for day in range(25):
            notices.call(now=AFTER_GRACE + timedelta(days=day))
        assert outcome_of_one() == ("failed", "compose", 20)


class TestSendersThatDied:
    def test_one_that_died_before_the_fence_sent_nothing(self, ann, receiver):
        webhook_to(receiver, ann)
        raised(ann)
        assert switchboard.claim(AFTER_GRACE) is not None
        assert notices.call(now=AFTER_GRACE) == {}
        leases_run_out()
        assert notices.call(now=AFTER_GRACE) == {"sent": 1}
        assert len(receiver.taken) == 1

    def test_a_webhook_goes_again_after_one_that_died_behind_it(self, ann, receiver, settings):
        settings.UNCERTAIN_MAIL = "hold"
        webhook_to(receiver, ann)
        raised(ann)
        for _ in range(4):
            assert switchboard.fence(switchboard.claim(AFTER_GRACE))
            leases_run_out()
            assert switchboard.reap(AFTER_GRACE) == 1
        assert notices.call(now=AFTER_GRACE) == {"sent": 1}

    @pytest.mark.parametrize(("policy", "expected"), [("resend", "pending"), ("hold", "uncertain")])
    def test_a_chat_message_as_the_policy_for_mails_says(self, ann, receiver, settings, policy, expected):
        settings.UNCERTAIN_MAIL = policy
        ntfy_to(receiver, ann)
        raised(ann)
        assert switchboard.fence(switchboard.claim(AFTER_GRACE))
        leases_run_out()
        switchboard.reap(AFTER_GRACE)
        assert calls().get().status == expected

    def test_the_twentieth_death_is_the_last(self, ann, receiver):
        webhook_to(receiver, ann)
        raised(ann)
        calls().update(attempts=19)
        assert switchboard.claim(AFTER_GRACE)
        leases_run_out()
        switchboard.reap(AFTER_GRACE)
        assert outcome_of_one() == ("failed", "lost", 20)

    def test_what_a_frozen_one_records_changes_nothing(self, ann, receiver):
        channel = webhook_to(receiver, ann)
        raised(ann)
        frozen = switchboard.claim(AFTER_GRACE)
        leases_run_out()
        assert notices.call(now=AFTER_GRACE) == {"sent": 1}
        assert not switchboard.fence(frozen)
        assert switchboard.record(frozen, mail.Outcome(mail.REFUSED, "410"), at=AFTER_GRACE) == ""
        channel.refresh_from_db()
        assert (channel.is_paused, channel.failures, channel.last_outcome) == (False, 0, "accepted")


class TestMailWaitsForNone:
    def test_neither_loop_touches_what_is_the_others(self, ann, receiver, settings, tmp_path):
        settings.MAILBOX_DIR = tmp_path
        webhook_to(receiver, ann)
        raised(ann)
        assert notices.call(now=AFTER_GRACE) == {"sent": 1}
        assert Delivery.objects.get(channel="mail").status == "pending"
        assert notices.deliver(now=AFTER_GRACE) == {"sent": 1}
        assert len(receiver.taken) == 1

    def test_a_mail_leaves_while_a_webhook_hangs(self, ann, receiver, settings, tmp_path):
        settings.MAILBOX_DIR = tmp_path
        webhook_to(receiver, ann)
        raised(ann)
        receiver.script = [0.9]

        def run() -> None:
            notices.call(now=AFTER_GRACE)
            connection.close()

        caller = threading.Thread(target=run)
        caller.start()
        until(lambda: calls().get().phase == "data")
        assert notices.deliver(now=AFTER_GRACE) == {"sent": 1}
        assert calls().get().status == "sending", "it hangs still"
        caller.join(10)
        assert calls().get().status == "sent"

    def test_a_dead_mail_server_puts_no_call_off(self, ann, receiver, settings):
        webhook_to(receiver, ann)
        raised(ann)
        settings.EMAIL_URL, settings.EMAIL_HOST, settings.EMAIL_PORT = "smtp://127.0.0.1:1", "127.0.0.1", 1
        settings.EMAIL_HOST_USER = settings.EMAIL_HOST_PASSWORD = ""
        settings.EMAIL_USE_TLS = settings.EMAIL_USE_SSL = False
        notices.deliver(now=AFTER_GRACE)
        assert notices.call(now=AFTER_GRACE) == {"sent": 1}

    def test_the_lease_of_a_call_is_not_a_mails(self, ann, receiver):
        webhook_to(receiver, ann)
        raised(ann)
        assert switchboard.claim(AFTER_GRACE)
        leases_run_out()
        assert outbox.reap(AFTER_GRACE) == 0
        assert switchboard.reap(AFTER_GRACE) == 1


class TestCost:
    def test_one_query_when_nothing_is_due(self, ann, receiver, django_assert_num_queries):
        webhook_to(receiver, ann)
        raised(ann)
        with django_assert_num_queries(1):
            notices.call(now=READY)

    def test_it_stops_claiming_in_time(self, ann, receiver):
        webhook_to(receiver, ann)
        raised(ann)
        assert notices.call(now=AFTER_GRACE, call_for=timedelta(0)) == {}
        assert receiver.taken == []

    def test_a_constant_number_of_queries_a_call(self, ann, receiver):
        def cost() -> int:
            with CaptureQueriesContext(connection) as asked:
                notices.call(now=AFTER_GRACE)
            return len(asked)

        webhook_to(receiver, ann)
        raised(ann, 6)
        calls().exclude(pk=calls().first().pk).update(next_at=AFTER_GRACE + timedelta(days=1))
        one = cost()
        calls().filter(status="pending").update(next_at=READY)
        five = cost()
        assert len(receiver.taken) == 6
        assert (five - one) % 4 == 0
        assert five - one <= 4 * 9

    def test_it_refuses_to_run_inside_a_transaction(self, ann, receiver):
        webhook_to(receiver, ann)
        raised(ann)
        with transaction.atomic(), pytest.raises(RuntimeError, match="durable"):
            notices.call(now=AFTER_GRACE)


def test_nothing_secret_is_stored_in_the_clear(ann, receiver):
    """Every row of every table, after calls that were answered with all that they held."""
    webhook_to(receiver, ann)
    ntfy_to(receiver, ann)
    raised(ann)
    receiver.script = [ECHO] * 2
    notices.call(now=AFTER_GRACE)
    assert len(receiver.taken) == 2
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT t::text FROM "{table}" t')
            stored = json.dumps([row for (row,) in cursor.fetchall()])
            for secret in ("long-secret", "long-topic", "whsec_"):
                assert secret not in stored, table
