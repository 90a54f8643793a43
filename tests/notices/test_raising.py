"""What is raised goes by mail, and through each channel of its recipient that wants it: once, and never lost."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts import actions, notices
from accounts.models import Delivery, Notice
from tests.make import instant, make_channel, make_member, make_payment, make_user, make_workspace
from tests.notices.calls import calls
from tests.notices.post import AFTER_GRACE, READY, ready_account

pytestmark = pytest.mark.django_db


@pytest.fixture
def ann():
    return make_user("ann@example.org")


def ways() -> list[tuple[str, str, str]]:
    return sorted(Delivery.objects.values_list("channel", "status", "last_error"))


class TestWhoGetsWhat:
    def test_a_mail_and_a_message_for_each_channel(self, ann):
        hook, chat = make_channel(ann, name="Hook"), make_channel(ann, "ntfy", name="Phone")
        ready_account(ann)
        assert Notice.objects.count() == 1
        assert ways() == [("chat", "pending", ""), ("mail", "pending", ""), ("webhook", "pending", "")]
        assert set(calls().values_list("via", "address", "next_at")) == {
            (hook.pk, "Hook (receiver.example)", READY + timedelta(minutes=2)),
            (chat.pk, "Phone (receiver.example)", READY + timedelta(minutes=2)),
        }

    def test_channels_of_others_are_theirs(self, ann):
        bo = make_member(make_workspace(ann), "viewer", "bo@example.org")
        make_channel(bo)
        make_channel(make_user("stranger@example.org"))
        ready_account(ann)
        assert set(calls().values_list("notice__recipient__email", "via__user__email")) == {
            ("bo@example.org", "bo@example.org")
        }

    def test_a_muted_mail_does_not_mute_channels_nor_the_other_way_round(self, ann):
        make_channel(ann, muted_kinds=["upgrade_ready"])
        ready_account(ann)
        assert ways() == [("mail", "pending", "")]
        bo = make_user("bo@example.org", muted_kinds=["upgrade_ready"])
        make_channel(bo)
        ready_account(bo)
        mine = Delivery.objects.filter(notice__recipient=bo)
        assert sorted(mine.values_list("channel", "status")) == [("mail", "cancelled"), ("webhook", "pending")]

    def test_a_paused_one_keeps_a_record_and_a_removed_one_does_not(self, ann):
        actions.pause_channel(make_channel(ann), now=READY)
        actions.remove_channel(make_channel(ann, "ntfy"), now=READY)
        ready_account(ann)
        assert ways() == [("mail", "pending", ""), ("webhook", "cancelled", "paused")]

    def test_one_that_is_added_later_gets_what_is_raised_later(self, ann):
        account = ready_account(ann)
        make_channel(ann)
        make_payment(account, "5.00", "05-08T12:00", now=instant("05-08T12:00"))
        actions.reconcile(now=instant("05-10T12:00"))
        assert list(calls().values_list("notice__kind", flat=True)) == ["contact_support"]


class TestWithdrawnAndTrueAgain:
    """Each way for itself."""

    @pytest.fixture
    def payment(self, ann):
        make_channel(ann)
        account = ready_account(ann)
        return make_payment(account, "5.00", AFTER_GRACE, now=AFTER_GRACE)

    def again(self, payment) -> list[tuple[str, str, str]]:
        actions.void_payment(payment, by=None, now=AFTER_GRACE + timedelta(minutes=10))
        return ways()

    def test_what_was_withdrawn_waits_again(self, payment):
        Delivery.objects.update(status="cancelled", last_error="over")
        assert self.again(payment) == [("mail", "pending", ""), ("webhook", "pending", "")]

    def test_a_mail_that_was_sent_is_not_repeated_because_of_a_channel(self, payment):
        Delivery.objects.filter(channel="mail").update(status="sent", sent_at=AFTER_GRACE)
        calls().update(status="cancelled", last_error="over")
        assert self.again(payment) == [("mail", "sent", ""), ("webhook", "pending", "")]

    def test_nor_a_message_because_of_a_mail(self, payment):
        calls().update(status="sent", sent_at=AFTER_GRACE)
        Delivery.objects.filter(channel="mail").update(status="cancelled", last_error="over")
        assert self.again(payment) == [("mail", "pending", ""), ("webhook", "sent", "")]

    @pytest.mark.parametrize("status", ["uncertain", "failed"])
    def test_one_that_may_have_left_or_failed_stays_as_it_is(self, payment, status):
        calls().update(status=status)
        assert self.again(payment)[1] == ("webhook", status, "")

    @pytest.mark.parametrize("reason", ["paused", "unwanted"])
    def test_one_that_nobody_wanted_stays_withdrawn(self, payment, reason):
        calls().update(status="cancelled", last_error=reason)
        assert self.again(payment)[1] == ("webhook", "cancelled", reason)

    def test_one_whose_channel_is_closed_by_now_stays_withdrawn(self, payment):
        calls().update(status="cancelled", last_error="over")
        channel = calls().get().via
        actions.pause_channel(channel, now=AFTER_GRACE)
        assert self.again(payment)[1] == ("webhook", "cancelled", "over")

    def test_one_of_another_instance_never_waits(self, payment):
        """It came with a workspace that was restored: there is no channel here that it could go through."""
        calls().update(status="cancelled", last_error="over", via=None)
        assert self.again(payment)[1] == ("webhook", "cancelled", "over")


class TestWhatItSays:
    def amount(self) -> str:
        return Notice.objects.get().facts["standing"]["advice"]["amount_usd"]

    @pytest.fixture
    def account(self, ann):
        from tests.make import make_account

        make_channel(ann)
        return make_account(ann, seen="tier-2", payments=[("92.00", "05-01T10:00")], now=READY)

    def test_a_mail_that_has_not_left_says_what_is_true_now_although_a_message_has(self, account):
        calls().update(status="sent", sent_at=READY)
        make_payment(account, "1.00", READY, now=READY)
        assert self.amount() == "7.00"

    def test_without_a_mail_what_a_message_said_stands(self, account):
        Delivery.objects.filter(channel="mail").update(status="cancelled", last_error="muted")
        calls().update(status="sent", sent_at=READY)
        make_payment(account, "1.00", READY, now=READY)
        assert self.amount() == "8.00"


def test_the_cost_does_not_grow_with_channels(ann):
    def cost(channels: int) -> int:
        user = make_user()
        for _ in range(channels):
            make_channel(user)
        with CaptureQueriesContext(connection) as asked:
            ready_account(user)
        assert calls().filter(notice__recipient=user).count() == channels
        return len(asked)

    ready_account(ann)  # whatever costs something once
    assert cost(1) == cost(10)


def test_the_same_notice_wanted_twice_is_one_message(ann):
    make_channel(ann)
    account = ready_account(ann)
    episode = account.episodes.get()
    wanted = notices.Wanted(account, "contact_support", account.rulebook_id, "tier-2", episode, None, {})
    for _ in range(2):
        notices.raise_notices([wanted], now=READY)
    assert calls().filter(notice__kind="contact_support").count() == 1
