"""Voiding and restoring payments, and who may change payments at all."""

import uuid

import pytest

from accounts.models import Payment
from tests.make import make_account, make_payment, make_user
from tests.views.reading import HTMX, poll, version_of, words_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]
FACTS = {"gross": "45", "day": "2025-05-19", "kind": "purchase", "status": "succeeded", "currency": "USD"}
TYPED = {
    "gross": "12x",
    "day": "2025-05-19",
    "kind": "refund",
    "clock": "25:00",
    "status": "pending",
    "tax": "much",
    "currency": "EURO",
    "rate": "1,5",
    "reference": "INV-<7>",
    "note": "first & last",
}


@pytest.fixture
def account(ann):
    return make_account(ann, name="production", payments=[("5", "05-01T10:00")])


@pytest.fixture
def address(account):
    return f"/accounts/{account.pk}/payments/"


def facts(**changes) -> dict:
    return FACTS | {"form_key": str(uuid.uuid4())} | changes


class TestVoidingAndRestoring:
    @pytest.fixture
    def payment(self, account):
        return make_payment(account, "45", reference="INV-1")

    def post(self, client, payment, verb, **options):
        return client.post(f"/payments/{payment.uid}/{verb}/", **options)

    def test_a_void_line_stays_and_counts_for_nothing(self, signed_in, account, payment):
        answer = self.post(signed_in, payment, "void", headers=HTMX)
        ledger = words_of(answer, "ledger")
        assert "does not count: it has not succeeded" in ledger
        assert "Restore" in ledger
        assert "$5.00 of $50" in words_of(answer, "ladder")
        assert "Voided: Purchase, $45.00" in words_of(answer, "history")

    def test_restored_it_counts_again(self, signed_in, payment):
        self.post(signed_in, payment, "void")
        answer = self.post(signed_in, payment, "restore", headers=HTMX)
        assert "$50.00 of $50" in words_of(answer, "ladder")

    @pytest.mark.parametrize("verb", ["void", "restore"])
    def test_without_htmx_leads_back(self, signed_in, account, payment, verb):
        assert self.post(signed_in, payment, verb).headers["Location"] == f"/accounts/{account.pk}/"

    def test_a_double_click_changes_nothing_more(self, signed_in, account, payment):
        for _click in range(2):
            self.post(signed_in, payment, "void")
        assert account.events.filter(kind="payment_voided").count() == 1

    def test_restoring_what_is_not_void_changes_nothing(self, signed_in, account):
        pending = make_payment(account, "9", status="pending")
        self.post(signed_in, pending, "restore")
        pending.refresh_from_db()
        assert pending.status == "pending"

    def test_a_reference_taken_meanwhile_is_told(self, signed_in, account, payment):
        self.post(signed_in, payment, "void")
        make_payment(account, reference="INV-1")
        answer = self.post(signed_in, payment, "restore", headers=HTMX)
        assert "has this reference already" in words_of(answer, "messages")
        payment.refresh_from_db()
        assert payment.is_void

    def test_a_refund_can_be_voided_when_its_payment_is_void(self, signed_in, account, payment):
        refund = make_payment(account, "-45", kind="refund", undoes=payment)
        for line in (payment, refund):
            assert self.post(signed_in, line, "void", headers=HTMX).status_code == 200
        assert Payment.objects.filter(status="void").count() == 2


class TestWho:
    def addresses(self, payment) -> list[str]:
        own = [f"/payments/{payment.uid}/{verb}" for verb in ("", "void/", "restore/")]
        return [f"/accounts/{payment.account_id}/payments/", *own]

    def test_a_viewer_cannot_change_anything(self, see, account):
        for address in self.addresses(Payment.objects.get()):
            assert see.post(address, facts()).status_code == 404, address

    def test_payments_of_others_are_not_found(self, signed_in):
        foreign = make_payment(make_account(make_user()))
        for address in self.addresses(foreign):
            assert signed_in.post(address, facts(), headers=HTMX).status_code == 404, address
        assert signed_in.get(f"/payments/{foreign.uid}/").status_code == 404

    def test_a_stranger_is_sent_to_sign_in(self, client, account):
        for address in self.addresses(Payment.objects.get()):
            assert client.post(address, facts()).status_code == 302, address
            assert client.post(address, facts(), headers=HTMX).status_code == 401, address
        assert Payment.objects.count() == 1

    def test_reading_changes_nothing(self, signed_in, account):
        for address in self.addresses(Payment.objects.get()):
            if "void" in address or "restore" in address or "accounts" in address:
                assert signed_in.get(address).status_code == 405, address

    def test_the_version_after_a_change_is_the_one_the_page_goes_on_with(self, signed_in, account, address):
        answer = signed_in.post(address, facts(), headers=HTMX)
        assert poll(signed_in, f"/accounts/{account.pk}/", version_of(answer)).status_code == 204
