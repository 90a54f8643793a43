"""The standing by the API: at any instant, and with payments that nobody has made."""

import pytest

from accounts import actions
from accounts.models import Rulebook
from tests import make
from tests.api.conftest import mistakes
from tests.views.test_authorization import everything_stored

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]


@pytest.fixture
def account(ann):
    return make.make_account(ann, seen="tier-2", payments=[("95.00", "05-01T00:00")])


@pytest.fixture
def path(account):
    return f"/accounts/{account.pk}/standing"


def advice(answer) -> dict:
    assert answer.status_code == 200, answer.content
    return answer.json()["advice"]


def test_it_is_the_rules_own_document(script, account, path):
    for at in ("2025-05-09T00:00:00Z", "2025-05-01T00:00:00Z", "2024-01-01T00:00:00Z", "2026-01-01T00:00:00Z"):
        lines = [payment.as_line() for payment in account.payments.in_entry_order()]
        expected = actions.assess(account, lines, Rulebook.objects.all().shelf(), now=make.instant(at)).as_json()
        assert script.get(f"{path}?at={at}").json() == expected


def test_the_fifth_example_of_the_rules(script, path):
    """95 dollars paid on 1 May, tier 2 shown: on 9 May five dollars more complete the gate of tier 3."""
    assert advice(script.get(f"{path}?at=2025-05-09T00:00:00Z")) == {
        "code": "top_up",
        "tier": "tier-3",
        "amount_usd": "5.00",
        "reason": "completes_money_gate",
        "since": "2025-05-08T00:00:00Z",
        "until": None,
        "ready_if_paid_now": "2025-05-09T00:00:00Z",
    }


def test_without_an_instant_it_is_now(script, path):
    assert script.get(path).json()["at"] == "2025-05-20T12:00:00Z"


def test_a_payment_that_one_supposes_counts_and_is_not_stored(script, path):
    before = {table: rows for table, rows in everything_stored().items() if table != "accounts_token"}
    said = {"at": "2025-05-09T01:00:00Z", "payments": [{"gross": "5.00", "paid_at": "2025-05-09T00:00:00Z"}]}
    assert advice(script.post(path, said))["code"] == "rechecking"
    assert {table: rows for table, rows in everything_stored().items() if table != "accounts_token"} == before
    assert advice(script.get(f"{path}?at=2025-05-09T01:00:00Z"))["code"] == "top_up"


def test_one_may_suppose_the_future_a_refund_and_another_tier(script, account, path):
    uid = str(account.payments.get().uid)
    later = {"at": "2025-09-01T00:00:00Z"}
    paid = {"gross": "2000.00", "paid_at": "2025-06-01T00:00:00Z"}
    assert script.post(path, later | {"payments": [paid]}).json()["eligible_tier"] == "tier-5"
    refund = {"kind": "refund", "gross": "95.00", "paid_at": "2025-06-01T00:00:00Z", "undoes": uid}
    assert script.post(path, later | {"payments": [refund]}).json()["counted_usd"] == "0.00"
    assert script.post(path, later | {"seen_tier": "tier-4"}).json()["seen_tier"] == "tier-4"
    assert advice(script.post(path, {}))["code"] == "top_up"


@pytest.mark.parametrize(
    ("found", "said"),
    [
        ({"seen_tier": "not_in_edition"}, {"seen_tier": "tier-9"}),
        ({"at": "instant"}, {"at": "tomorrow"}),
        ({"payments.0.gross": "not_a_line"}, {"payments": [{"gross": "0", "paid_at": "2025-05-01T00:00:00Z"}]}),
        (
            {"payments.0.rate": "not_a_line"},
            {"payments": [{"gross": "5", "currency": "EUR", "paid_at": "2025-05-01T00:00:00Z"}]},
        ),
        (
            {"payments.0.undoes": "not_a_payment"},
            {
                "payments": [
                    {
                        "gross": "5",
                        "kind": "refund",
                        "paid_at": "2025-05-01T00:00:00Z",
                        "undoes": "5a5e6d82-9167-4d3e-8a4c-d6cc19ec99c4",
                    }
                ]
            },
        ),
        ({"payments": "too_long"}, {"payments": [{"gross": "5", "paid_at": "2025-05-01T00:00:00Z"}] * 101}),
        ({"id": "extra_forbidden"}, {"id": 1}),
    ],
)
def test_what_cannot_be_supposed_is_named(script, path, found, said):
    assert mistakes(script.post(path, said)) == found


def test_the_ends_of_time_are_answered(script, path):
    for at in ("1970-01-01T00:00:00Z", "9899-12-31T23:59:59Z", "2025-05-09T02:00:00%2B02:00"):
        assert script.get(f"{path}?at={at}").status_code == 200, at
    for at in ("1969-12-31T23:59:59Z", "9900-01-01T00:00:00Z", "now", "1747738800", ""):
        assert mistakes(script.get(f"{path}?at={at}")) == {"at": "instant"}, at
