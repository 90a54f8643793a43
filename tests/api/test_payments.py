"""Payments by the API: recorded, listed in parts, corrected, voided."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Payment, User
from tests import make
from tests.api.conftest import mistakes, problem

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]
PAID = {"kind": "purchase", "gross": "5.00", "paid_at": "2025-05-20T11:00:00Z"}


@pytest.fixture
def account(ann):
    return make.make_account(ann, payments=[("50.00", "05-01T10:00")])


@pytest.fixture
def pay(script, account):
    return lambda **changes: script.post(f"/accounts/{account.pk}/payments", PAID | changes)


def test_a_recorded_payment_is_told_with_what_it_counts(pay, ann, account):
    answer = pay(tax="0.80", reference="INV-1")
    assert answer.status_code == 201
    payment = Payment.objects.get(reference="INV-1")
    assert payment.recorded_by == ann
    assert answer.json() == {
        "id": str(payment.uid),
        "account": str(account.pk),
        "kind": "purchase",
        "status": "succeeded",
        "gross": "5.00",
        "tax": "0.80",
        "currency": "USD",
        "rate": None,
        "paid_at": "2025-05-20T11:00:00Z",
        "day_only": False,
        "undoes": None,
        "reference": "INV-1",
        "note": "",
        "expires_on": None,
        "recorded_at": "2025-05-20T12:00:00Z",
        "changed_at": "2025-05-20T12:00:00Z",
        "reason": "counts",
        "counted_usd": "4.20",
    }


def test_the_last_day_of_credit_is_told_kept_and_taken_away(pay, script):
    """A program that knows nothing of it sends nothing, and changes nothing of it."""
    made = pay(kind="grant", expires_on="2025-12-31").json()
    assert made["expires_on"] == "2025-12-31"
    place = f"/payments/{made['id']}"
    assert script.patch(place, {"note": "old program"}).json()["expires_on"] == "2025-12-31"
    assert script.patch(place, {"expires_on": "2026-01-31"}).json()["expires_on"] == "2026-01-31"
    refused = script.patch(place, {"kind": "invoice"})
    assert mistakes(refused) == {"expires_on": "not_a_line"}
    assert script.patch(place, {"kind": "invoice", "expires_on": None}).json()["expires_on"] is None


def test_an_instant_of_any_zone_comes_back_in_utc(pay):
    assert pay(paid_at="2025-05-20T12:30:00.25+02:00").json()["paid_at"] == "2025-05-20T10:30:00.250000Z"


@pytest.mark.parametrize(
    ("field", "code", "changes"),
    [
        ("gross", "amount", {"gross": 5}),
        ("gross", "amount", {"gross": 5.5}),
        ("gross", "amount", {"gross": "5,00"}),
        ("gross", "amount", {"gross": "1e3"}),
        ("gross", "amount", {"gross": "NaN"}),
        ("gross", "amount", {"gross": "٣"}),
        ("gross", "amount", {"gross": None}),
        ("gross", "amount", {"gross": "5.00\n"}),
        ("gross", "not_a_line", {"gross": "0"}),
        ("gross", "not_a_line", {"gross": "-5"}),
        ("tax", "amount", {"tax": "-1"}),
        ("tax", "not_a_line", {"tax": "5.01"}),
        ("rate", "not_a_line", {"currency": "EUR"}),
        ("rate", "not_a_line", {"rate": "2"}),
        ("currency", "string_pattern_mismatch", {"currency": "usd"}),
        ("paid_at", "instant", {"paid_at": "2025-05-20"}),
        ("paid_at", "instant", {"paid_at": "2025-05-20T11:00:00"}),
        ("paid_at", "instant", {"paid_at": 1747738800}),
        ("paid_at", "instant", {"paid_at": "2025-02-30T00:00:00Z"}),
        ("paid_at", "instant", {"paid_at": "0001-01-01T00:00:00Z"}),
        ("paid_at", "in_future", {"paid_at": "2025-05-20T12:00:01Z"}),
        ("paid_at", "early", {"paid_at": "2014-12-31T23:59:59Z"}),
        ("kind", "literal_error", {"kind": "gift"}),
        ("expires_on", "day", {"expires_on": "2025-5-31"}),
        ("expires_on", "day", {"expires_on": "2025-02-30"}),
        ("expires_on", "day", {"expires_on": "2026-01-01T00:00:00Z"}),
        ("expires_on", "day", {"expires_on": 20260101}),
        ("expires_on", "not_a_line", {"expires_on": "2025-05-18"}),
        ("expires_on", "not_a_line", {"expires_on": "2101-01-01"}),
        ("expires_on", "not_a_line", {"expires_on": "2026-01-01", "kind": "invoice"}),
        ("expires_on", "not_a_line", {"expires_on": "2026-01-01", "kind": "refund"}),
        ("status", "literal_error", {"status": "void"}),
        ("undoes", "id", {"undoes": "x"}),
        ("undoes", "not_a_payment", {"undoes": "5a5e6d82-9167-4d3e-8a4c-d6cc19ec99c4", "kind": "refund"}),
        ("reference", "line", {"reference": "a\r\nBcc: everyone@example.org"}),
        ("reference", "line", {"reference": "\u200b"}),
        ("reference", "string_too_long", {"reference": "x" * 101}),
        ("amount", "extra_forbidden", {"amount": "5"}),
    ],
)
def test_what_cannot_stand_is_named_by_its_field(pay, field, code, changes):
    assert mistakes(pay(**changes)) == {field: code}
    assert Payment.objects.count() == 1


def test_a_purchase_takes_nothing_back(pay, account):
    assert mistakes(pay(undoes=str(account.payments.get().uid))) == {"undoes": "not_a_refund"}


def test_a_payment_of_another_account_is_not_taken_back(pay):
    other = make.make_account(User.objects.get(email="ann@example.org"), payments=[("9.00", "05-01")])
    assert mistakes(pay(kind="refund", undoes=str(other.payments.get().uid))) == {"undoes": "not_a_payment"}


def test_a_reference_stands_once(pay):
    pay(reference="INV-1")
    assert mistakes(pay(reference="INV-1")) == {"reference": "stands_twice"}


def test_a_correction_changes_what_it_says_and_nothing_else(script, account):
    payment = account.payments.get()
    answer = script.patch(f"/payments/{payment.uid}", {"gross": "49.50", "tax": None})
    assert (answer.status_code, answer.json()["gross"], answer.json()["paid_at"]) == (
        200,
        "49.50",
        "2025-05-01T10:00:00Z",
    )
    assert account.events.filter(kind="payment_corrected").count() == 1
    assert script.patch(f"/payments/{payment.uid}", {}).json()["gross"] == "49.50"
    assert account.events.filter(kind="payment_corrected").count() == 1


def test_a_void_counts_for_nothing_until_it_is_restored(script, account):
    path = f"/payments/{account.payments.get().uid}"
    voided = script.post(f"{path}/void").json()
    assert (voided["status"], voided["reason"], voided["counted_usd"]) == ("void", "not_succeeded", "0.00")
    assert script.patch(path, {"status": "succeeded", "note": "x"}).json()["status"] == "void"
    assert script.post(f"{path}/restore").json()["reason"] == "counts"
    assert script.get(path).json()["reason"] == "counts"


def test_a_list_is_read_in_parts_that_nothing_added_meanwhile_moves(script, ann):
    account = make.make_account(ann, payments=[(f"{n}.00", f"05-{n:02}T10:00") for n in (*range(1, 8), 3)])
    path, seen = f"/accounts/{account.pk}/payments", []
    cursor = ""
    while True:
        part = script.get(f"{path}?limit=3&cursor={cursor}").json()
        seen += [payment["gross"] for payment in part["items"]]
        make.make_payment(account, "99.00", make.instant("05-19T10:00"))  # above what was read
        cursor = part["next"]
        if cursor is None:
            break
    assert seen == ["7.00", "6.00", "5.00", "4.00", "3.00", "3.00", "2.00", "1.00"]


def test_a_list_is_narrowed(script, account):
    make.make_payment(account, "7.00", make.instant("05-10T00:00"), kind="grant", reference="G")
    path = f"/accounts/{account.pk}/payments"
    for query, count in {
        "kind=grant": 1,
        "status=succeeded": 2,
        "status=void": 0,
        "reference=G": 1,
        "since=2025-05-10T00:00:00Z": 1,
        "before=2025-05-10T00:00:00Z": 1,
    }.items():
        assert len(script.get(f"{path}?{query}").json()["items"]) == count, query


@pytest.mark.parametrize("cursor", ["x", "W10.x", "%22", "eyJ9", "a" * 500])
def test_a_cursor_that_somebody_made_up_is_refused(script, account, cursor):
    assert mistakes(script.get(f"/accounts/{account.pk}/payments?cursor={cursor}")) == {"cursor": "cursor"}


def test_a_cursor_of_another_list_is_refused(script, ann, account):
    make.make_account(ann)
    cursor = script.get("/accounts?limit=1").json()["next"]
    assert cursor
    assert mistakes(script.get(f"/accounts/{account.pk}/payments?cursor={cursor}")) == {"cursor": "cursor"}


@pytest.mark.parametrize(
    ("query", "field", "code"),
    [
        ("limit=0", "limit", "greater_than_equal"),
        ("limit=201", "limit", "less_than_equal"),
        ("limit=x", "limit", "int_parsing"),
        ("offset=5", "offset", "extra_forbidden"),
        ("since=yesterday", "since", "instant"),
    ],
)
def test_a_wrong_parameter_is_named(script, account, query, field, code):
    assert mistakes(script.get(f"/accounts/{account.pk}/payments?{query}")) == {field: code}


def test_many_payments_cost_the_same_queries(script, account):
    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert script.get(f"/accounts/{account.pk}/payments").status_code == 200
        assert not any("OFFSET" in query["sql"] for query in queries)
        return len(queries)

    few = cost()
    for day in range(2, 20):
        make.make_payment(account, "5.00", make.instant(f"05-{day:02}T10:00"))
    assert cost() == few <= 5


def test_a_payment_that_is_not_there_is_not_found(script):
    assert problem(script.get("/payments/5a5e6d82-9167-4d3e-8a4c-d6cc19ec99c4")) == (404, "not-found")
