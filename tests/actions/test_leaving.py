"""Leaving for good: what is a person's alone goes, what they did for others stays without their name."""

import threading
from decimal import Decimal

import pytest
from allauth.account.models import EmailAddress
from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import DatabaseError, connections, transaction
from django.test import Client

from accounts import actions, notices
from accounts.actions import leaving
from accounts.models import (
    Account,
    Delivery,
    Event,
    Feed,
    KeptAnswer,
    Membership,
    Notice,
    Payment,
    Relay,
    RelayEvent,
    Token,
    User,
    Workspace,
)
from accounts.models.workspace import EDITOR, OWNER, VIEWER
from tests import make
from tests.exports import everything

pytestmark = pytest.mark.django_db


@pytest.fixture
def administrator():
    return make.make_user("admin@example.org")


@pytest.fixture
def ann(administrator):
    return make.make_user("ann@example.org", name="Ann")


def test_whoever_is_alone_takes_everything_along(ann):
    account = make.make_account(ann, payments=[("50.00", "05-01T10:00")])
    refund = make.payment_facts(("5", make.NOW), kind="refund", undoes=account.payments.get())
    actions.record_payment(account, facts=refund, form_key=account.pk, by=ann, now=make.NOW)
    actions.open_feed(ann, now=make.NOW)
    EmailAddress.objects.create(user=ann, email=ann.email)
    relay = make.make_relay(ann, balance="5", bridges=account, bridge_tier="tier-4")
    script = make.make_token(ann)
    KeptAnswer.objects.create(token=script.token, key="once", fingerprint="f" * 64, created_at=make.NOW)
    assert relay.events.count() == 2
    assert account.notices.exists()
    told = actions.delete_person(ann, now=make.NOW)
    assert [workspace.name for workspace in told.ending] == ["Ann"]
    gone = (Account, Payment, Event, Notice, Delivery, Feed, EmailAddress, Relay, RelayEvent, Token, KeptAnswer)
    for model in gone:
        assert not model.objects.exists(), model
    assert not User.objects.filter(email="ann@example.org").exists()
    assert Workspace.objects.count() == 1, "that of the administrator"


def test_the_demo_can_be_deleted_whole(administrator):
    workspace = everything.filled()
    Membership.objects.filter(workspace=workspace).exclude(user__email="demo@tierdash.example").delete()
    actions.delete_person(User.objects.get(email="demo@tierdash.example"), now=everything.AT)
    assert not Account.objects.exists()
    assert not Payment.objects.exists()


class TestInAWorkspaceOfOthers:
    @pytest.fixture
    def bo(self, ann):
        return make.make_member(make.make_workspace(ann), EDITOR, "bo@example.org")

    @pytest.fixture
    def account(self, ann, bo):
        account = make.make_account(ann, payments=[("50.00", "05-01T10:00")])
        facts = make.payment_facts(("7", "05-02T10:00"))
        actions.record_payment(account, facts=facts, form_key=account.pk, by=bo, now=make.NOW)
        return account

    def test_what_they_recorded_stays_without_their_name(self, ann, bo, account, client):
        events = list(account.events.order_by("pk").values_list("pk", "kind", "facts", "by"))
        actions.delete_person(bo, now=make.NOW)
        assert list(account.events.order_by("pk").values_list("pk", "kind", "facts", "by")) == events
        assert account.payments.count() == 2
        assert set(account.payments.values_list("recorded_by", flat=True)) == {ann.pk, None}
        client.force_login(ann)
        page = client.get(f"/accounts/{account.pk}/?all=1").content.decode()
        assert "somebody who left" in page
        assert "bo@example.org" not in page

    def test_the_relays_history_stays_without_their_name(self, ann, bo, client):
        relay = make.make_relay(ann)
        balance = actions.Balance(Decimal(3), make.NOW)
        actions.note_relay_balance(relay, balance=balance, by=bo, now=make.NOW)
        events = list(relay.events.order_by("pk").values_list("pk", "kind", "facts", "by"))
        actions.delete_person(bo, now=make.NOW)
        assert list(relay.events.order_by("pk").values_list("pk", "kind", "facts", "by")) == events
        client.force_login(ann)
        page = client.get(f"/relays/{relay.pk}/").content.decode()
        assert "somebody who left" in page
        assert "bo@example.org" not in page

    def test_no_event_names_their_address(self, ann, bo, account):
        notice = Notice.objects.get(recipient=bo)
        Delivery.objects.filter(notice=notice).update(status="cancelled")
        actions.resend_notice(notice, by=ann, now=make.NOW)
        before = list(account.events.order_by("pk").values_list("pk", "kind", "at"))
        User.objects.filter(pk=bo.pk).update(email="bo.new@example.org")  # the event tells of the former one
        actions.delete_person(bo, now=make.NOW)
        assert list(account.events.order_by("pk").values_list("pk", "kind", "at")) == before
        (resent,) = account.events.filter(kind="notice_resent")
        assert resent.facts["recipient"] == ""
        assert not any("bo@" in str(facts) for facts in account.events.values_list("facts", flat=True))

    def test_mails_that_wait_are_not_sent(self, ann, bo, account):
        assert Delivery.objects.filter(address="bo@example.org", status="pending").exists()
        actions.delete_person(bo, now=make.NOW)
        assert set(Delivery.objects.values_list("address", flat=True)) == {"ann@example.org"}

    def test_the_history_is_guarded_again_afterwards(self, ann, bo, account):
        actions.delete_person(bo, now=make.NOW)
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            account.events.all().delete()
        with pytest.raises(DatabaseError, match="never deleted"), transaction.atomic():
            account.payments.all().delete()

    def test_the_oldest_of_those_who_may_most_becomes_owner(self, ann, bo, account):
        home = account.workspace
        make.make_member(home, VIEWER)
        cy = make.make_member(home, EDITOR)
        User.objects.filter(pk=bo.pk).update(is_active=False)
        told = actions.delete_person(ann, now=make.NOW)
        assert told.staying == ((home, cy),)
        assert home.memberships.get(user=cy).role == OWNER
        assert Account.objects.visible_to(cy).count() == 1

    def test_where_an_owner_is_left_roles_stay(self, ann, bo, account):
        home = account.workspace
        make.make_member(home, OWNER)
        assert actions.delete_person(ann, now=make.NOW).staying == ((home, None),)
        assert home.memberships.get(user=bo).role == EDITOR


def test_every_session_of_theirs_ends_and_no_other(ann, administrator):
    clients = []
    for user in (ann, ann, administrator):
        client = Client()
        client.force_login(user, backend=settings.AUTHENTICATION_BACKENDS[0])
        clients.append(client)
    actions.delete_person(ann, now=Session.objects.earliest("expire_date").expire_date)
    assert [client.get("/").status_code for client in clients] == [302, 302, 200]
    assert Session.objects.count() == 1


def test_the_last_administrator_stays_while_others_are_there(ann, administrator):
    with pytest.raises(actions.LeavingRefused, match="last_administrator"):
        actions.delete_person(administrator, now=make.NOW)
    User.objects.filter(pk=ann.pk).update(is_superuser=True)
    actions.delete_person(administrator, now=make.NOW)
    assert list(User.objects.all()) == [ann]


def test_the_last_person_may_leave_and_the_next_one_administers(administrator):
    actions.delete_person(administrator, now=make.NOW)
    assert not User.objects.exists()
    assert make.make_user().is_superuser


def test_an_error_on_the_way_leaves_everything(ann, monkeypatch):
    make.make_account(ann)

    def fail(user, now):
        raise RuntimeError("on the way")

    monkeypatch.setattr(leaving, "_end_sessions", fail)
    with pytest.raises(RuntimeError), transaction.atomic():
        actions.delete_person(ann, now=make.NOW)
    assert Account.objects.count() == 1
    assert User.objects.filter(pk=ann.pk).exists()


@pytest.mark.django_db(transaction=True)
def test_of_two_administrators_who_leave_at_once_one_stays():
    first, second = make.make_user(), make.make_user()
    make.make_user()
    User.objects.filter(pk=second.pk).update(is_superuser=True)
    start, refused = threading.Barrier(2), []

    def go(user):
        start.wait()
        try:
            actions.delete_person(user, now=make.NOW)
        except actions.LeavingRefused as error:
            refused.append(error.code)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=go, args=(user,)) for user in (first, second)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert refused == ["last_administrator"]
    assert User.objects.filter(is_superuser=True).count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_mail_that_is_being_sent_ends_without_a_word(settings, ann, monkeypatch):
    """The sender holds a claim; the person leaves before it hands the mail over: it is not handed over."""
    make.make_account(ann, payments=[("50.00", "05-01T10:00")])
    claimed = notices.outbox.claim(make.NOW.replace(year=2030))
    assert claimed is not None
    actions.delete_person(ann, now=make.NOW)
    assert not notices.outbox.fence(claimed)
