"""Stored standings: what time brings, what an episode is, and that no notice is lost or repeated."""

from datetime import timedelta

import pytest
from django.db import connection

from accounts import actions
from accounts.gateways import published
from accounts.models import Account, Delivery, Episode, Notice, Standing
from tests.make import NOW, instant, make_account, make_member, make_payment, make_rulebook, make_user, make_workspace

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def standing(account) -> Standing:
    return Standing.objects.get(account=account)


def waiting_account(owner=None, **facts) -> Account:
    """Paid 50.00 on 1 May; its seven days end on 8 May at 10:00."""
    return make_account(owner, payments=[("50.00", "05-01T10:00")], now=instant("05-01T10:00"), **facts)


def test_the_clock_finds_an_account_whose_wait_is_over():
    account = waiting_account()
    assert actions.reconcile(now=instant("05-08T09:59:59")) == 0
    assert actions.reconcile(now=instant("05-08T10:00")) == 1
    assert standing(account).advice_code == "top_up"
    assert Notice.objects.get().kind == "upgrade_ready"


def test_ringing_again_changes_nothing():
    waiting_account()
    for minute in range(5):
        actions.reconcile(now=instant("05-08T10:00") + timedelta(minutes=minute))
    assert (Notice.objects.count(), Delivery.objects.count(), Episode.objects.count()) == (1, 1, 1)


def test_a_clock_that_was_silent_for_days_catches_up():
    account = waiting_account()
    make_payment(account, "5.00", "05-08T12:00", now=instant("05-08T12:00"))
    actions.reconcile(now=instant("05-20"))
    assert standing(account).advice_code == "contact_support"
    assert list(Notice.objects.values_list("kind", flat=True)) == ["contact_support"]


def test_each_kind_comes_once_per_episode():
    account = waiting_account()
    actions.reconcile(now=instant("05-08T10:00"))
    make_payment(account, "5.00", "05-08T12:00", now=instant("05-08T12:00"))
    actions.reconcile(now=instant("05-10T12:00"))
    assert sorted(Notice.objects.values_list("kind", flat=True)) == ["contact_support", "upgrade_ready"]
    assert Episode.objects.count() == 1


def test_every_member_is_told_in_a_row_of_their_own():
    owner = make_user()
    viewer = make_member(make_workspace(owner), "viewer")
    waiting_account(owner)
    actions.reconcile(now=instant("05-08T10:00"))
    assert set(Notice.objects.values_list("recipient", flat=True)) == {owner.pk, viewer.pk}


def test_back_dating_a_payment_starts_no_new_episode_while_the_tier_stays_within_reach():
    account = waiting_account()
    actions.reconcile(now=instant("05-08T10:00"))
    make_payment(account, "1.00", "04-20", now=instant("05-08T11:00"))
    make_payment(account, "1.00", "04-21", now=instant("05-09T11:00"))
    # With the earlier clock the payment of 1 May was its own trigger, so that support is due: in the same episode.
    assert Episode.objects.count() == 1
    assert sorted(Notice.objects.values_list("kind", flat=True)) == ["contact_support", "upgrade_ready"]


def test_a_short_interruption_is_the_same_episode_and_a_long_one_another():
    account = waiting_account()
    actions.reconcile(now=instant("05-08T10:00"))
    actions.see_tier(account, tier="tier-2", seen_at=instant("05-09T00:00"), by=None, now=instant("05-09T00:00"))
    assert Episode.objects.get().ended_at == instant("05-09T00:00")

    actions.see_tier(account, tier="tier-1", seen_at=instant("05-09T20:00"), by=None, now=instant("05-09T20:00"))
    assert Episode.objects.get().ended_at is None
    assert Notice.objects.filter(kind="upgrade_ready").count() == 1

    actions.see_tier(account, tier="tier-2", seen_at=instant("05-10T00:00"), by=None, now=instant("05-10T00:00"))
    actions.see_tier(account, tier="tier-1", seen_at=instant("05-11T00:00"), by=None, now=instant("05-11T00:00"))
    assert Episode.objects.count() == 2
    assert Notice.objects.filter(kind="upgrade_ready").count() == 2


def test_a_fall_is_an_alert_and_stays_on_the_account_until_it_is_noted():
    owner = make_user()
    account = make_account(owner, seen="tier-3", now=instant("05-01"))
    actions.see_tier(account, tier="tier-1", seen_at=NOW, by=owner, now=NOW)
    account.refresh_from_db()
    assert (account.fell_from, account.fell_at) == ("tier-3", NOW)
    assert Notice.objects.get().facts["before"] == "tier-3"
    actions.note_fall(account, by=owner, now=NOW)
    account.refresh_from_db()
    assert account.fell_at is None


def test_an_archived_account_is_left_alone():
    owner = make_user()
    account = waiting_account(owner)
    actions.archive_account(account, by=owner, now=instant("05-02"))
    assert actions.reconcile(now=instant("05-30")) == 0
    assert not Notice.objects.exists()
    actions.restore_account(account, by=owner, now=instant("05-30"))
    assert Notice.objects.get().kind == "upgrade_ready"


def test_an_account_that_the_rules_cannot_assess_stops_no_other():
    poisoned, healthy = waiting_account(), waiting_account()
    Account.objects.filter(pk=poisoned.pk).update(seen_tier="no-such-tier")
    now = instant("05-08T10:00")
    assert actions.reconcile(now=now) == 2
    assert standing(healthy).advice_code == "top_up"
    assert standing(poisoned).next_look_at == now + timedelta(hours=1)
    assert "no-such-tier" in standing(poisoned).error


def test_a_row_that_spoils_the_whole_batch_is_isolated():
    """One account breaks a constraint and with it the batch's transaction; one by one, only that one is put off."""
    poisoned, healthy = waiting_account(), waiting_account()
    with connection.cursor() as cursor:
        cursor.execute(
            "ALTER TABLE accounts_notice ADD CONSTRAINT spoilt CHECK (account_id <> %s) NOT VALID", [poisoned.pk]
        )
    now = instant("05-08T10:00")
    actions.reconcile(now=now)
    assert standing(healthy).advice_code == "top_up"
    assert standing(poisoned).next_look_at == now + timedelta(hours=1)


def test_an_account_that_follows_its_provider_moves_to_the_new_edition():
    rulebook = make_rulebook("openai/2024-12", now=instant("05-01"))
    account = waiting_account(rulebook=rulebook.id)
    Account.objects.filter(pk=account.pk).update(follows_provider=True)
    now = instant("2026-06-01T00:00")
    actions.adopt([published.edition("openai/2026-05")], now=now)
    actions.reconcile(now=now)
    account.refresh_from_db()
    assert account.rulebook_id == "openai/2026-05"
    assert account.events.filter(kind="edition_changed").exists()


def test_an_account_stays_where_the_new_edition_does_not_know_its_tier():
    account = waiting_account(rulebook="openai/2024-12")
    Account.objects.filter(pk=account.pk).update(follows_provider=True)
    now = instant("2026-11-01T00:00")
    actions.adopt([published.edition("openai/2026-10-06")], now=now)
    actions.reconcile(now=now)
    account.refresh_from_db()
    assert account.rulebook_id == "openai/2024-12"
    assert "newer_edition" in standing(account).document["hints"]


def test_a_standing_is_the_same_when_it_is_built_from_nothing():
    account = waiting_account()
    for day in range(1, 20):
        make_payment(account, "3.00", instant("05-01") + day * DAY, now=instant("05-01") + day * DAY)
    before = standing(account).document
    Standing.objects.filter(account=account).delete()
    actions.settle([Account.objects.get(pk=account.pk)], now=instant("05-01") + 19 * DAY)
    assert standing(account).document == before
