"""Recording, correcting, voiding and restoring payments from the account page."""

import re
import uuid

import pytest

from accounts.models import Payment
from tests.make import NOW, instant, make_account, make_payment, make_user
from tests.views.reading import HTMX, choice_of, error_at, has, html_of, value_of, words_of

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


class TestRecording:
    def test_without_htmx_leads_back_to_the_page(self, signed_in, account, address):
        answer = signed_in.post(address, facts())
        assert (answer.status_code, answer.headers["Location"]) == (302, f"/accounts/{account.pk}/")
        page = signed_in.get(f"/accounts/{account.pk}/")
        assert "The payment is recorded." in words_of(page, "messages")
        assert "$45.00" in words_of(page, "ledger")

    def test_with_htmx_everything_that_follows_comes_in_one_round_trip(self, signed_in, account, address):
        answer = signed_in.post(address, facts(), headers=HTMX)
        assert answer.status_code == 200
        assert answer.headers["HX-Reswap"] == "none"
        for part in ("advice", "seen", "ladder", "ledger", "model-list", "history", "payment-form", "pulse"):
            assert re.search(rf'<\w+ id="{part}"[^>]* hx-swap-oob="true"', html_of(answer)), part
        assert "may rise to Tier 2" in words_of(answer, "advice")
        assert "$50.00 of $50" in words_of(answer, "ladder")
        assert "Recorded: Purchase, $45.00" in words_of(answer, "history")
        assert "The payment is recorded." in words_of(answer, "messages")

    def test_the_form_that_comes_back_is_fresh(self, signed_in, account, address):
        key = str(uuid.uuid4())
        answer = signed_in.post(address, facts(form_key=key), headers=HTMX)
        assert value_of(answer, "gross") == ""
        assert value_of(answer, "form_key") not in ("", key)

    def test_the_search_among_the_models_stays(self, signed_in, address):
        answer = signed_in.post(address, facts(model="DALL"), headers=HTMX)
        assert "GPT-4o" not in words_of(answer, "model-list")

    @pytest.mark.parametrize("headers", [{}, HTMX])
    def test_a_double_click_records_one_payment(self, signed_in, account, address, headers, clock):
        for day in ("2025-05-19", "2025-05-20"):
            said = facts(day=day)
            first = signed_in.post(address, said, headers=headers)
            clock.shift(2)
            second = signed_in.post(address, said, headers=headers)
            assert first.status_code == second.status_code
            assert Payment.objects.filter(form_key=said["form_key"]).count() == 1, day

    @pytest.mark.parametrize("headers", [{}, HTMX])
    def test_the_same_form_with_other_facts_is_a_conflict_and_keeps_what_was_typed(self, signed_in, address, headers):
        key = str(uuid.uuid4())
        signed_in.post(address, facts(form_key=key))
        answer = signed_in.post(address, facts(form_key=key, gross="46.50", note="the second one"), headers=headers)
        assert answer.status_code == 409
        assert "has recorded another payment already" in words_of(answer, "payment-form")
        assert (value_of(answer, "gross"), value_of(answer, "note")) == ("46.50", "the second one")
        fresh = value_of(answer, "form_key")
        assert fresh not in ("", key)
        signed_in.post(address, facts(form_key=fresh, gross="46.50"), headers=headers)
        assert Payment.objects.count() == 3

    def test_the_day_of_today_is_the_moment_of_entry(self, signed_in, account, address):
        signed_in.post(address, facts(day="2025-05-20"))
        payment = Payment.objects.latest("id")
        assert (payment.paid_at, payment.is_day_only) == (NOW, True)

    def test_a_day_alone_is_its_last_second_in_the_readers_zone(self, signed_in, ann, address):
        ann.time_zone = "Asia/Shanghai"
        ann.save()
        signed_in.post(address, facts())
        assert Payment.objects.latest("id").paid_at == instant("05-19T15:59:59")

    def test_every_fact_is_kept(self, signed_in, account, address):
        said = facts(clock="14:30", tax="5", currency="eur", rate="1.08", reference="INV-7", note="für Ännchen 中文 🚀")
        assert signed_in.post(address, said).status_code == 302
        payment = Payment.objects.latest("id")
        assert payment.paid_at == instant("05-19T14:30")
        assert (payment.tax, payment.currency, f"{payment.rate:f}") == (5, "EUR", "1.0800000000")
        assert (payment.reference, payment.note) == ("INV-7", "für Ännchen 中文 🚀")

    def test_a_refund_takes_a_payment_back(self, signed_in, account, address):
        paid = Payment.objects.get()
        signed_in.post(address, facts(kind="refund", gross="5", undoes=str(paid.uid)))
        assert Payment.objects.latest("id").undoes == paid
        assert "takes back the one of" in words_of(signed_in.get(f"/accounts/{account.pk}/"), "ledger")

    def test_a_refund_of_anothers_payment_is_refused(self, signed_in, address):
        foreign = make_payment(make_account(make_user()))
        answer = signed_in.post(address, facts(kind="refund", undoes=str(foreign.uid)), headers=HTMX)
        assert answer.status_code == 422
        assert error_at(answer, "id_undoes")


class TestWhatWasTypedIsNeverLost:
    @pytest.mark.parametrize("headers", [{}, HTMX])
    def test_every_field_comes_back_as_it_was(self, signed_in, address, headers):
        key = str(uuid.uuid4())
        answer = signed_in.post(address, TYPED | {"form_key": key}, headers=headers)
        assert answer.status_code == 422
        for field in ("gross", "day", "clock", "tax", "currency", "rate", "note"):
            assert value_of(answer, field) == TYPED[field].replace("&", "&amp;"), field
        assert value_of(answer, "reference") == "INV-&lt;7&gt;"
        assert (choice_of(answer, "kind"), choice_of(answer, "status")) == ("refund", "pending")
        assert value_of(answer, "form_key") == key
        assert Payment.objects.count() == 1

    def test_each_complaint_stands_beside_its_field(self, signed_in, address):
        answer = signed_in.post(address, TYPED, headers=HTMX)
        for field in ("gross", "clock", "tax", "currency", "rate"):
            assert error_at(answer, f"id_{field}"), field
            assert re.search(rf'<input[^>]*name="{field}"[^>]*aria-invalid="true"', html_of(answer)), field

    def test_the_folded_part_is_open_when_it_holds_an_error_or_something_typed(self, signed_in, account, address):
        folded = '<details class="more">'
        assert folded in html_of(signed_in.get(f"/accounts/{account.pk}/"))
        assert folded in html_of(signed_in.post(address, facts(gross="x"), headers=HTMX))
        for field, value in (("tax", "x"), ("note", "hello"), ("clock", "12:00"), ("status", "pending")):
            answer = signed_in.post(address, facts(gross="x", **{field: value}), headers=HTMX)
            assert '<details class="more" open>' in html_of(answer), field

    def test_complaints_are_in_the_readers_language(self, signed_in, ann, address):
        ann.language = "zh-hans"
        ann.save()
        answer = signed_in.post(address, facts(gross=""), headers=HTMX)
        assert re.search(r"[\u4e00-\u9fff]", error_at(answer, "id_gross"))

    def test_a_reference_that_stands_already_is_told_beside_it(self, signed_in, account, address):
        make_payment(account, reference="INV-1")
        answer = signed_in.post(address, facts(reference="INV-1"), headers=HTMX)
        assert answer.status_code == 422
        assert "has this reference already" in error_at(answer, "id_reference")


class TestCorrecting:
    @pytest.fixture
    def payment(self, account):
        return make_payment(account, "20", "05-10T10:00:31", reference="INV-1", tax=None)

    @pytest.fixture
    def place(self, payment):
        return f"/payments/{payment.uid}/"

    def said(self, payment, **changes) -> dict:
        """What the form of this payment sends when `changes` are typed."""
        names = {"gross": "20", "day": "2025-05-10", "clock": "10:00", "kind": "purchase", "status": "succeeded"}
        more = {"currency": "USD", "reference": "INV-1"}
        return {f"p{payment.pk}-{name}": value for name, value in (names | more | changes).items()}

    def test_the_form_opens_in_the_line_with_what_stands_there(self, signed_in, payment, place):
        answer = signed_in.get(place, headers=HTMX)
        assert html_of(answer).startswith(f'<tr id="payment-{payment.uid}">')
        prefix = f"p{payment.pk}"
        shown = {name: value_of(answer, f"{prefix}-{name}") for name in ("gross", "day", "clock", "reference")}
        assert shown == {"gross": "20", "day": "2025-05-10", "clock": "10:00", "reference": "INV-1"}

    def test_leaving_it_shows_the_line_again(self, signed_in, payment, place):
        answer = signed_in.get(f"{place}?leave=1", headers=HTMX)
        assert html_of(answer).strip().startswith(f'<tr id="payment-{payment.uid}" data-drop=')
        assert "$20.00" in words_of(answer)
        assert "<form" in html_of(answer)

    def test_a_correction_changes_the_page_and_keeps_the_history(self, signed_in, account, payment, place):
        answer = signed_in.post(place, self.said(payment, gross="45"), headers=HTMX)
        assert answer.headers["HX-Reswap"] == "none"
        assert "$45.00" in words_of(answer, "ledger")
        assert "20 → 45" in words_of(answer, "history")
        assert not has(answer, "payment-form"), "what is half typed there stays"

    def test_other_lines_that_are_being_corrected_keep_their_forms(self, signed_in, account, payment, place):
        other = make_payment(account, "7")
        said = self.said(payment, gross="45") | {"correcting": [str(other.uid), str(payment.uid)]}
        answer = signed_in.post(place, said, headers=HTMX)
        assert f'<tr id="payment-{other.uid}" hx-preserve>' in html_of(answer)
        assert f'<tr id="payment-{payment.uid}" hx-preserve>' not in html_of(answer)

    def test_without_htmx_it_has_a_page_of_its_own(self, signed_in, account, payment, place):
        assert "Correct a payment" in words_of(signed_in.get(place), "content")
        answer = signed_in.post(place, self.said(payment, gross="45"))
        assert answer.headers["Location"] == f"/accounts/{account.pk}/"
        payment.refresh_from_db()
        assert payment.gross == 45

    def test_an_instant_that_nobody_touched_keeps_its_seconds(self, signed_in, payment, place):
        signed_in.post(place, self.said(payment, note="x"))
        payment.refresh_from_db()
        assert (payment.paid_at, payment.note) == (instant("05-10T10:00:31"), "x")

    @pytest.mark.parametrize("headers", [{}, HTMX])
    def test_what_cannot_stand_keeps_what_was_typed(self, signed_in, payment, place, headers):
        answer = signed_in.post(place, self.said(payment, gross="1.234,56", note="kept"), headers=headers)
        assert answer.status_code == 422
        prefix = f"p{payment.pk}"
        assert value_of(answer, f"{prefix}-gross") == "1.234,56"
        assert value_of(answer, f"{prefix}-note") == "kept"
        assert error_at(answer, f"id_{prefix}-gross")

    def test_a_payment_cannot_move_behind_its_refund(self, signed_in, account, payment, place):
        make_payment(account, "-20", "05-12", kind="refund", undoes=payment)
        answer = signed_in.post(place, self.said(payment, day="2025-05-13"), headers=HTMX)
        assert "A refund of this payment is earlier" in error_at(answer, f"id_p{payment.pk}-day")

    def test_a_payment_that_was_taken_back_cannot_become_a_refund(self, signed_in, account, payment, place):
        make_payment(account, "-20", "05-12", kind="refund", undoes=payment)
        answer = signed_in.post(place, self.said(payment, kind="refund"), headers=HTMX)
        assert "A refund takes this payment back" in error_at(answer, f"id_p{payment.pk}-kind")
