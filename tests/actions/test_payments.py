"""Recording, correcting and voiding payments, and what follows for the account in the same transaction."""

import uuid
from datetime import date

import pytest
from django.db import IntegrityError, transaction

from accounts import actions
from accounts.models import Account, Event, Notice, Payment
from tests.make import NOW, instant, make_account, make_payment, payment_facts

pytestmark = pytest.mark.django_db


def advice(account):
    return Account.objects.with_standing().get(pk=account.pk).standing.document["advice"]


def test_a_recorded_payment_moves_the_advice_at_once():
    account = make_account(now=instant("05-01"), payments=[("5.00", "05-01")])
    assert advice(account)["code"] == "fund"

    make_payment(account, "45.00", "05-02", now=instant("05-02"))

    assert advice(account)["code"] == "wait"
    assert account.events.filter(kind="advice_changed").exists()


def test_a_payment_that_completes_a_gate_raises_one_notice():
    account = make_account(now=instant("05-01"), payments=[("5.00", "05-01")])
    make_payment(account, "40.00", "05-09", now=instant("05-09"))
    assert advice(account)["code"] == "top_up"
    assert Notice.objects.get().kind == "upgrade_ready"


def test_a_repeated_submission_records_one_payment():
    account = make_account()
    key = uuid.uuid4()
    facts = payment_facts(("5.00", NOW))

    first = actions.record_payment(account, facts=facts, form_key=key, by=None, now=NOW)
    second = actions.record_payment(account, facts=facts, form_key=key, by=None, now=NOW)

    assert first == second
    assert Payment.objects.count() == 1


def test_the_same_form_with_other_facts_is_refused_and_nothing_is_lost():
    account = make_account()
    key = uuid.uuid4()
    actions.record_payment(account, facts=payment_facts(("5.00", NOW)), form_key=key, by=None, now=NOW)
    with pytest.raises(actions.FormUsedBefore):
        actions.record_payment(account, facts=payment_facts(("6.00", NOW)), form_key=key, by=None, now=NOW)


def test_a_correction_keeps_what_stood_there_before():
    account = make_account()
    payment = make_payment(account, "5.00")
    actions.correct_payment(payment, facts=payment_facts(("50.00", NOW)), by=None, now=NOW)
    event = Event.objects.get(kind="payment_corrected")
    assert (event.facts["before"]["gross"], event.facts["after"]["gross"]) == ("5", "50")


def test_a_voided_payment_counts_nothing_and_comes_back_with_its_status():
    account = make_account()
    payment = make_payment(account, "50.00", status="pending")
    actions.void_payment(payment, by=None, now=NOW)
    assert Payment.objects.get().is_void
    actions.restore_payment(payment, by=None, now=NOW)
    assert Payment.objects.get().status == "pending"


@pytest.mark.parametrize(
    ("field", "code", "facts"),
    [
        ("paid_at", "in_future", {"paid_at": instant("05-20T12:00:01")}),
        ("reference", "stands_twice", {"reference": "INV-1"}),
        ("rate", "not_a_line", {"currency": "EUR"}),
    ],
)
def test_what_cannot_stand_is_refused_by_field(field, code, facts):
    account = make_account()
    make_payment(account, reference="INV-1")
    with pytest.raises(actions.PaymentRefused) as refusal:
        make_payment(account, **facts)
    assert (refusal.value.field, refusal.value.code) == (field, code)


def test_a_refund_names_a_payment_of_its_own_account():
    account = make_account()
    foreign = make_payment(make_account(), "5.00")
    with pytest.raises(actions.PaymentRefused):
        make_payment(account, "-5.00", kind="refund", undoes=foreign)


def test_the_database_refuses_a_refund_of_a_foreign_payment():
    from django.db import IntegrityError, connection

    account, foreign = make_account(), make_payment(make_account(), "5.00")
    refund = make_payment(account, "-5.00", kind="refund")
    Payment.objects.filter(pk=refund.pk).update(undoes=foreign)
    with pytest.raises(IntegrityError), connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS payment_undoes_own_account IMMEDIATE")


def test_the_last_day_of_credit_is_kept_with_its_trace():
    account = make_account()
    payment = make_payment(account, "100", "05-01", kind="grant", expires_on=date(2025, 12, 31))
    facts = actions.facts_of(payment).columns() | {"expires_on": date(2026, 1, 31)}
    actions.correct_payment(payment, facts=actions.PaymentFacts(**facts), by=None, now=NOW)
    payment.refresh_from_db()
    assert payment.expires_on == date(2026, 1, 31)
    [event] = account.events.filter(kind="payment_corrected")
    assert (event.facts["before"]["expires_on"], event.facts["after"]["expires_on"]) == ("2025-12-31", "2026-01-31")
    actions.void_payment(payment, by=None, now=NOW)
    assert actions.restore_payment(payment, by=None, now=NOW).expires_on == date(2026, 1, 31)


@pytest.mark.parametrize(
    ("facts", "last_on"),
    [
        ({"kind": "invoice"}, date(2026, 1, 1)),
        ({"kind": "refund"}, date(2026, 1, 1)),
        ({"kind": "grant"}, date(2025, 4, 29)),
        ({"kind": "grant"}, date(2101, 1, 1)),
    ],
)
def test_a_last_day_that_cannot_be_is_refused_by_the_workshop_and_by_the_database(facts, last_on):
    account = make_account()
    with pytest.raises(actions.PaymentRefused) as refused:
        make_payment(account, "5", "05-01T10:00", expires_on=last_on, **facts)
    assert (refused.value.field, refused.value.code) == ("expires_on", "not_a_line")
    payment = make_payment(account, "5", "05-01T10:00", **facts)
    with pytest.raises(IntegrityError, match="payment_expiry"), transaction.atomic():
        Payment.objects.filter(pk=payment.pk).update(expires_on=last_on)


def test_the_day_before_that_of_utc_may_be_somebodys_day_of_payment():
    """1 May, 02:00 UTC is 30 April in Los Angeles."""
    assert make_payment(make_account(), "5", "05-01T02:00", expires_on=date(2025, 4, 30)).expires_on == date(
        2025, 4, 30
    )
