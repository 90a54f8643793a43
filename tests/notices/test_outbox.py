"""Raising notices: who gets one, who does not, once, and never lost."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts import actions, notices
from accounts.models import Account, Delivery, Episode, Notice
from tests.make import instant, make_account, make_member, make_payment, make_user, make_workspace
from tests.notices.post import AFTER_GRACE, READY, ready_account

pytestmark = pytest.mark.django_db


def statuses() -> list[tuple[str, str]]:
    return list(Delivery.objects.order_by("address").values_list("address", "status"))


class TestRecipients:
    def test_every_active_member_of_the_workspace_gets_one(self):
        owner = make_user("a@example.org")
        make_member(make_workspace(owner), "viewer", "b@example.org")
        gone = make_member(make_workspace(owner), "editor", "c@example.org")
        gone.is_active = False
        gone.save()
        make_user("stranger@example.org")
        ready_account(owner)
        assert statuses() == [("a@example.org", "pending"), ("b@example.org", "pending")]

    def test_who_has_muted_the_kind_gets_the_notice_and_no_mail(self):
        ready_account(make_user("a@example.org", muted_kinds=["upgrade_ready"]))
        assert Notice.objects.count() == 1
        assert list(Delivery.objects.values_list("status", "last_error")) == [("cancelled", "muted")]

    def test_who_has_muted_another_kind_gets_the_mail(self):
        ready_account(make_user("a@example.org", muted_kinds=["contact_support"]))
        assert statuses() == [("a@example.org", "pending")]

    def test_the_mail_waits_for_the_grace_time(self, settings):
        settings.NOTICE_GRACE_SECONDS = 77
        ready_account()
        assert Delivery.objects.get().next_at == READY + timedelta(seconds=77)


class TestOnce:
    def test_assessing_again_raises_nothing_more(self):
        account = ready_account()
        for minute in range(3):
            make_payment(account, "1.00", READY, status="pending", now=READY + timedelta(minutes=minute))
        assert Notice.objects.filter(kind="upgrade_ready").count() == 1
        assert Delivery.objects.count() == 1

    def test_the_same_notice_wanted_twice_is_one(self):
        account = ready_account()
        episode = Episode.objects.get()
        wanted = notices.Wanted(account, "contact_support", account.rulebook_id, "tier-2", episode, None, {})
        assert len(notices.raise_notices([wanted], now=READY)) == 1
        assert notices.raise_notices([wanted], now=READY) == []

    def test_each_kind_once_per_episode(self):
        account = ready_account()
        make_payment(account, "5.00", "05-08T12:00", now=instant("05-08T12:00"))
        actions.reconcile(now=instant("05-10T12:00"))
        assert set(Notice.objects.values_list("kind", flat=True)) == {"upgrade_ready", "contact_support"}


class TestWithdrawnAndTrueAgain:
    """The advice stops being true before the mail left, and becomes true again in the same episode."""

    @pytest.fixture
    def payment(self):
        """A top-up recorded by mistake: the advice is `rechecking` now, the mail is withdrawn when its turn comes."""
        account = ready_account()
        return make_payment(account, "5.00", AFTER_GRACE, now=AFTER_GRACE)

    def test_the_mail_waits_again(self, payment):
        notices.deliver(now=AFTER_GRACE)
        assert Delivery.objects.values_list("status", "last_error").get() == ("cancelled", "over")
        later = AFTER_GRACE + timedelta(minutes=10)
        actions.void_payment(payment, by=None, now=later)
        delivery = Delivery.objects.get()
        assert (delivery.status, delivery.last_error) == ("pending", "")
        assert delivery.next_at == later + timedelta(minutes=2)
        assert Notice.objects.count() == 1

    def test_one_that_was_sent_is_not_sent_again(self, payment):
        Delivery.objects.update(status="sent", sent_at=AFTER_GRACE)
        actions.void_payment(payment, by=None, now=AFTER_GRACE + timedelta(minutes=10))
        assert Delivery.objects.get().status == "sent"

    @pytest.mark.parametrize("status", ["uncertain", "failed"])
    def test_one_that_may_have_left_or_failed_stays_as_it_is(self, payment, status):
        Delivery.objects.update(status=status)
        actions.void_payment(payment, by=None, now=AFTER_GRACE + timedelta(minutes=10))
        assert Delivery.objects.get().status == status

    def test_one_that_was_muted_stays_cancelled(self, payment):
        Delivery.objects.update(status="cancelled", last_error="muted")
        actions.void_payment(payment, by=None, now=AFTER_GRACE + timedelta(minutes=10))
        assert Delivery.objects.get().status == "cancelled"


def test_a_mail_that_has_not_left_says_what_is_true_now():
    account = make_account(seen="tier-2", payments=[("92.00", "05-01T10:00")], now=READY)
    assert Notice.objects.get().facts["standing"]["advice"]["amount_usd"] == "8.00"
    make_payment(account, "1.00", READY, now=READY)
    assert Notice.objects.get().facts["standing"]["advice"]["amount_usd"] == "7.00"
    Delivery.objects.update(status="sent", sent_at=READY)
    make_payment(account, "1.00", READY, now=READY)
    assert Notice.objects.get().facts["standing"]["advice"]["amount_usd"] == "7.00"


def test_the_cost_does_not_grow_with_the_number_of_notices():
    def cost(number: int) -> int:
        owner = make_user()
        make_member(make_workspace(owner), "viewer")
        accounts = [make_account(owner, now=READY) for _ in range(number)]
        wanted = []
        for account in accounts:
            episode = Episode.objects.create(
                account=account, rulebook_id=account.rulebook_id, tier="tier-2", started_at=READY
            )
            account = Account.objects.get(pk=account.pk)
            wanted.append(
                notices.Wanted(account, "upgrade_ready", account.rulebook_id, "tier-2", episode, None, {"account": "x"})
            )
        with CaptureQueriesContext(
            connection,
        ) as first:
            raised = notices.raise_notices(wanted, now=READY)
        assert len(raised) == 2 * number
        Delivery.objects.update(status="cancelled", last_error="over")
        changed = [
            notices.Wanted(w.account, w.kind, w.rulebook_id, w.tier, w.episode, None, {"account": "y"}) for w in wanted
        ]
        with CaptureQueriesContext(connection) as again:
            assert notices.raise_notices(changed, now=READY) == []
        assert not Delivery.objects.filter(notice__account__in=accounts, status="cancelled").exists()
        return len(first), len(again)

    assert cost(2) == cost(20)
    assert cost(2) <= (5, 6)


def test_wanting_nothing_costs_nothing(django_assert_num_queries):
    with django_assert_num_queries(0):
        assert notices.raise_notices([], now=READY) == []
