"""What people do with their channels, and what becomes of what waits for them."""

import threading
import uuid
from contextlib import suppress
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.db import IntegrityError, connection, connections, transaction
from django.db.models import QuerySet

from accounts import actions
from accounts.actions import channels
from accounts.gateways import keyring
from accounts.gateways.letter import ACCEPTED, Outcome
from accounts.models import Channel, Delivery, User
from accounts.notices import sealing, switchboard
from accounts.notices.truth import reason_not_to_send
from tests.make import NOW, make_channel, make_payment, make_user
from tests.notices.calls import calls, raised, served, webhook_to
from tests.notices.post import AFTER_GRACE, READY

pytestmark = pytest.mark.django_db


@pytest.fixture
def ann():
    return make_user("ann@example.org")


def add(user, **facts) -> actions.Added:
    receiver = actions.Receiver("webhook", "", "https://hooks.example.org/in/s3cret-8Kd2", "hooks.example.org")
    facts = {"receiver": receiver, "name": "Hook", "muted_kinds": (), "form_key": uuid.uuid4(), "now": NOW} | facts
    return actions.add_channel(user, **facts)


class TestAdding:
    def test_its_address_is_sealed_and_only_its_end_is_shown(self, ann):
        added = add(ann)
        held = Channel.objects.get()
        assert (held.host, held.tail) == ("hooks.example.org", "8Kd2")
        assert sealing.opened(held, "sealed_target") == "https://hooks.example.org/in/s3cret-8Kd2"
        assert sealing.signing_secrets(held, at=NOW) == (added.secret,)
        assert added.secret.startswith("whsec_")
        for shown in (repr(held), str(held), repr(added), repr(add(ann).channel), held.address):
            assert "s3cret" not in shown
            assert "whsec_" not in shown

    def test_a_chat_service_has_no_signing_secret(self, ann):
        channel = make_channel(ann, "ntfy")
        assert (channel.kind, channel.service, channel.sealed_secret) == ("chat", "ntfy", "")

    def test_what_it_was_told_does_not_show(self):
        assert "s3cret" not in repr(actions.Receiver("webhook", "", "https://x.org/s3cret", "x.org"))

    def test_the_same_form_adds_one(self, ann):
        key = uuid.uuid4()
        add(ann, form_key=key)
        with pytest.raises(actions.ChannelRefused, match="made_before"):
            add(ann, form_key=key)
        assert Channel.objects.count() == 1

    def test_ten_are_enough_and_those_removed_do_not_count(self, ann):
        held = [add(ann).channel for _ in range(10)]
        with pytest.raises(actions.ChannelRefused, match="too_many"):
            add(ann)
        actions.remove_channel(held[0], now=NOW)
        add(ann)
        add(make_user())

    def test_a_secret_of_one_row_does_not_open_in_another(self, ann):
        first, second = add(ann).channel, add(ann).channel
        Channel.objects.filter(pk=first.pk).update(sealed_target=second.sealed_target)
        first.refresh_from_db()
        with pytest.raises(keyring.KeyringError) as refused:
            sealing.opened(first, "sealed_target")
        assert refused.value.code == "not_ours"
        Channel.objects.filter(pk=second.pk).update(sealed_target=second.sealed_secret)
        second.refresh_from_db()
        with pytest.raises(keyring.KeyringError):
            sealing.opened(second, "sealed_target")


class TestEditing:
    def test_without_an_address_it_goes_where_it_went(self, ann):
        channel = add(ann).channel
        actions.edit_channel(channel, name="New name", muted_kinds=["tier_seen"])
        held = Channel.objects.get()
        assert (held.name, held.muted_kinds, held.sealed_target) == ("New name", ["tier_seen"], channel.sealed_target)

    def test_with_another_address_its_failures_are_past(self, ann):
        channel = add(ann).channel
        Channel.objects.update(failures=3, failing_since=NOW, last_code="500", last_outcome="refused_for_now")
        receiver = actions.Receiver("webhook", "", "https://other.example.org/another-Zz99", "other.example.org")
        actions.edit_channel(channel, name="Hook", muted_kinds=(), receiver=receiver)
        held = Channel.objects.get()
        assert (held.host, held.tail, held.failures, held.last_code) == ("other.example.org", "Zz99", 0, "")
        assert sealing.opened(held, "sealed_target") == receiver.target


class TestASigningSecret:
    def test_for_a_day_both_sign(self, ann):
        added = add(ann)
        renewed = actions.renew_channel_secret(added.channel, now=NOW)
        assert renewed.secret != added.secret
        held = Channel.objects.get()
        for at, secrets in (
            (NOW + timedelta(hours=23), (renewed.secret, added.secret)),
            (NOW + timedelta(hours=24), (renewed.secret,)),
        ):
            assert sealing.signing_secrets(held, at=at) == secrets

    def test_one_that_cannot_be_opened_can_be_renewed(self, ann, settings, tmp_path):
        channel = add(ann).channel
        settings.KEYRING_PATH = tmp_path / "another"
        renewed = actions.renew_channel_secret(channel, now=NOW)
        assert sealing.signing_secrets(Channel.objects.get(), at=NOW) == (renewed.secret,)


class TestATest:
    @pytest.fixture(autouse=True)
    def _first(self):
        cache.clear()

    def test_its_answer_is_kept_on_the_channel(self, ann, settings):
        with served(settings) as receiver:
            channel = webhook_to(receiver, ann)
            assert actions.send_channel_test(channel, now=NOW) == Outcome(ACCEPTED, "200", "ok")
        held = Channel.objects.get()
        assert (held.last_tried_at, held.last_outcome, held.last_code) == (NOW, "accepted", "200")
        [taken] = receiver.taken
        assert taken.document["kind"] == "test"
        assert taken.document["delivery"] == taken.headers["webhook-id"]

    def test_one_in_vain_is_no_failure_of_a_notice_and_one_that_arrives_ends_them(self, ann, settings):
        with served(settings) as receiver:
            channel = webhook_to(receiver, ann)
            Channel.objects.update(failures=2, failing_since=NOW)
            receiver.script = [500]
            assert actions.send_channel_test(channel, now=NOW).code == "500"
            assert Channel.objects.get().failures == 2
            cache.clear()
            actions.send_channel_test(channel, now=NOW)
            assert Channel.objects.get().failures == 0

    def test_a_paused_one_can_be_tried_and_stays_paused(self, ann, settings):
        with served(settings) as receiver:
            channel = actions.pause_channel(webhook_to(receiver, ann), now=NOW)
            assert actions.send_channel_test(channel, now=NOW).kind == ACCEPTED
        assert Channel.objects.get().is_paused

    def test_not_again_and_again(self, ann, settings):
        with served(settings) as receiver:
            channel = webhook_to(receiver, ann)
            actions.send_channel_test(channel, now=NOW)
            with pytest.raises(actions.ChannelRefused, match="too_soon"):
                actions.send_channel_test(channel, now=NOW)
            actions.send_channel_test(webhook_to(receiver, ann), now=NOW)
        assert len(receiver.taken) == 2


class TestPausing:
    def test_what_waits_is_withdrawn_and_goes_out_when_it_is_resumed(self, ann):
        channel = make_channel(ann)
        raised(ann)
        actions.pause_channel(channel, now=AFTER_GRACE)
        assert calls().values_list("status", "last_error").get() == ("cancelled", "paused")
        later = AFTER_GRACE + timedelta(days=2)
        assert actions.resume_channel(channel, now=later) == 1
        assert calls().values_list("status", "next_at", "last_error").get() == ("pending", later, "")

    def test_the_mail_is_not_touched(self, ann):
        channel = make_channel(ann)
        raised(ann)
        actions.pause_channel(channel, now=AFTER_GRACE)
        assert Delivery.objects.get(channel="mail").status == "pending"

    def test_what_failed_goes_out_too_what_is_old_or_was_wanted_otherwise_does_not(self, ann):
        channel = make_channel(ann)
        states = [("failed", ""), ("uncertain", ""), ("sent", ""), ("cancelled", "over"), ("failed", "")]
        rows = raised(ann, 5)
        for row, (status, reason) in zip(rows, states, strict=True):
            facts = {"sent_at": AFTER_GRACE} if status == "sent" else {}
            Delivery.objects.filter(pk=row.pk).update(status=status, last_error=reason, **facts)
        Delivery.objects.filter(pk=rows[4].pk).update(created_at=AFTER_GRACE - timedelta(days=8))
        Channel.objects.update(paused_at=AFTER_GRACE, paused_why="failing")
        assert actions.resume_channel(channel, now=AFTER_GRACE) == 2
        now = {row.pk: row.status for row in calls()}
        assert [now[row.pk] for row in rows] == ["pending", "pending", "sent", "cancelled", "failed"]

    def test_a_doubt_of_a_chat_service_is_left_to_a_person(self, ann):
        channel = make_channel(ann, "ntfy")
        raised(ann)
        calls().update(status="uncertain")
        Channel.objects.update(paused_at=AFTER_GRACE, paused_why="failing")
        assert actions.resume_channel(channel, now=AFTER_GRACE) == 0

    def test_what_a_person_has_sent_again_since_goes_out_once(self, ann):
        channel = make_channel(ann)
        [row] = raised(ann)
        calls().update(status="failed")
        actions.resend_delivery(row, by=ann, now=AFTER_GRACE)
        calls().filter(copy=1).update(status="sent", sent_at=AFTER_GRACE)
        Channel.objects.update(paused_at=AFTER_GRACE, paused_why="person")
        assert actions.resume_channel(channel, now=AFTER_GRACE) == 0

    def test_twice_is_as_good_as_once(self, ann):
        channel = make_channel(ann)
        for minute in (0, 5):
            actions.pause_channel(channel, now=NOW + timedelta(minutes=minute))
        assert Channel.objects.get().paused_at == NOW
        assert actions.resume_channel(channel, now=NOW) == 0
        assert actions.resume_channel(channel, now=NOW) == 0


class TestRemoving:
    def test_its_secrets_are_gone_and_the_record_stays(self, ann):
        channel = make_channel(ann, name="Hook")
        [row] = raised(ann)
        sent = row
        Delivery.objects.filter(pk=sent.pk).update(status="sent", sent_at=AFTER_GRACE)
        make_payment(row.notice.account, "5.00", AFTER_GRACE, now=AFTER_GRACE)
        actions.reconcile(now=AFTER_GRACE + timedelta(days=3))
        actions.remove_channel(channel, now=AFTER_GRACE + timedelta(days=3))
        held = Channel.objects.get()
        assert (held.sealed_target, held.sealed_secret, held.name) == ("", "", "Hook")
        assert list(Channel.objects.of(ann)) == []
        assert sorted(calls().values_list("status", "last_error", "address")) == [
            ("cancelled", "removed", "Hook (receiver.example)"), ("sent", "", "Hook (receiver.example)")
        ]  # fmt: skip

    def test_one_that_is_gone_cannot_be_changed(self, ann):
        channel = make_channel(ann)
        actions.remove_channel(channel, now=NOW)
        for act in (
            lambda: actions.remove_channel(channel, now=NOW),
            lambda: actions.pause_channel(channel, now=NOW),
            lambda: actions.edit_channel(channel, name="x", muted_kinds=()),
        ):
            with pytest.raises(Channel.DoesNotExist):
                act()

    def test_the_database_keeps_no_secret_of_one(self, ann):
        channel = make_channel(ann)
        with pytest.raises(IntegrityError, match="channel_sealed_whole"), transaction.atomic():
            Channel.objects.filter(pk=channel.pk).update(removed_at=NOW)

    def test_they_go_with_their_person(self, ann):
        make_channel(ann)
        raised(ann)
        actions.delete_person(ann, now=NOW)
        assert not Channel.objects.exists()
        assert not calls().exists()


class TestSendingAgain:
    @pytest.fixture
    def delivery(self, ann) -> Delivery:
        make_channel(ann, name="Hook")
        [row] = raised(ann)
        Delivery.objects.filter(pk=row.pk).update(status="failed", last_code="500")
        return calls().get()

    def test_another_copy_waits_and_the_history_tells(self, ann, delivery):
        copy = actions.resend_delivery(delivery, by=ann, now=AFTER_GRACE)
        assert (copy.copy, copy.via_id, copy.channel, copy.status) == (1, delivery.via_id, "webhook", "pending")
        assert delivery.notice.account.events.filter(kind="notice_resent", by=ann).count() == 1

    @pytest.mark.parametrize(
        ("change", "reason"),
        [
            (lambda ann, row: actions.pause_channel(row.via, now=NOW), "paused"),
            (lambda ann, row: actions.remove_channel(row.via, now=NOW), "removed"),
            (lambda ann, row: actions.edit_channel(row.via, name="x", muted_kinds=["upgrade_ready"]), "unwanted"),
            (lambda ann, row: User.objects.update(is_active=False), "inactive"),
            (lambda ann, row: Delivery.objects.filter(pk=row.pk).update(status="pending"), "waiting"),
            (lambda ann, row: Delivery.objects.filter(pk=row.pk).update(via=None), "removed"),
            (lambda ann, row: actions.resend_delivery(row, by=ann, now=AFTER_GRACE), "waiting"),
        ],
    )
    def test_not_when_it_cannot_go(self, ann, delivery, change, reason):
        change(ann, delivery)
        delivery.refresh_from_db()
        with pytest.raises(actions.MailRefused, match=reason):
            actions.resend_delivery(delivery, by=ann, now=AFTER_GRACE)

    def test_not_again_and_again(self, ann, delivery):
        for copy in range(10):
            actions.resend_delivery(delivery, by=ann, now=AFTER_GRACE + timedelta(minutes=6 * copy))
            calls().filter(status="pending").update(status="failed")
            if not copy:
                with pytest.raises(actions.MailRefused, match="too_soon"):
                    actions.resend_delivery(delivery, by=ann, now=AFTER_GRACE + timedelta(minutes=1))
        with pytest.raises(actions.MailRefused, match="too_many"):
            actions.resend_delivery(delivery, by=ann, now=AFTER_GRACE + timedelta(days=1))

    def test_a_mail_is_sent_again_by_its_notice(self, ann, delivery):
        Delivery.objects.filter(channel="mail").update(status="failed")
        with pytest.raises(ValueError, match="mail"):
            actions.resend_delivery(Delivery.objects.get(channel="mail"), by=ann, now=AFTER_GRACE)
        copy = actions.resend_notice(delivery.notice, by=ann, now=AFTER_GRACE)
        assert (copy.channel, copy.copy) == ("mail", 1)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("is_guarded", [True, False], ids=["guarded", "control"])
def test_two_forms_at_once_do_not_make_eleven(ann, monkeypatch, is_guarded):
    """Control: without the person's lock both count nine, and both add."""
    for _ in range(9):
        add(ann)
    both = threading.Barrier(2)
    if not is_guarded:
        monkeypatch.setattr(QuerySet, "select_for_update", lambda self, **options: self)
    direct = channels._direct

    def direct_after_both_counted(*arguments):
        with suppress(threading.BrokenBarrierError):  # the lock lets only one come here at a time
            both.wait(timeout=1)
        direct(*arguments)

    monkeypatch.setattr(channels, "_direct", direct_after_both_counted)
    refused = []

    def submit() -> None:
        try:
            add(ann)
        except actions.ChannelRefused as error:
            refused.append(error.reason)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=submit) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (Channel.objects.count(), refused) == ((10, ["too_many"]) if is_guarded else (11, []))


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("is_guarded", [True, False], ids=["guarded", "control"])
def test_what_fails_while_its_channel_is_paused_does_not_wait_for_ever(ann, monkeypatch, is_guarded):
    """A call that comes back just when its channel is paused must not wait for a channel that nobody calls.

    Control: a sender that goes by the channel as it was when it claimed puts the message off.
    """
    channel = make_channel(ann)
    raised(ann)
    delivery = switchboard.claim(AFTER_GRACE)
    actions.pause_channel(channel, now=AFTER_GRACE)
    if not is_guarded:

        class Held:
            """The row as it was read before."""

            def filter(self, **_keys) -> "Held":
                return self

            def first(self) -> Channel:
                return delivery.via

        monkeypatch.setattr(Channel.objects, "select_for_update", lambda **_options: Held(), raising=False)
        monkeypatch.setattr(delivery.via, "save", lambda **_options: None)
    switchboard.record(delivery, Outcome("refused_for_now", "500"), at=AFTER_GRACE)
    assert calls().get().status == ("failed" if is_guarded else "pending")


def test_a_notice_that_is_raised_while_its_channel_is_removed_is_withdrawn_on_its_turn(ann):
    """Raising reads channels without a lock: what it writes for one that is gone by then never leaves."""
    channel = make_channel(ann)
    raised(ann)
    calls().delete()
    actions.remove_channel(channel, now=READY)
    notice = ann.notices.get()
    facts = {"channel": "webhook", "via": channel, "address": "x", "next_at": READY, "created_at": READY}
    Delivery.objects.create(notice=notice, **facts)
    connection.check_constraints()
    assert reason_not_to_send(switchboard.claim(AFTER_GRACE), now=AFTER_GRACE) == "removed"
