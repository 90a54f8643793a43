"""Recording, correcting, voiding and restoring payments from the account page."""

import re
import uuid
from datetime import date
from decimal import Decimal

import pytest

from accounts.models import Payment
from accounts.views import account as account_page
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
        for field, value in (("reference", "\x07"), ("note", "hello"), ("clock", "12:00"), ("status", "pending")):
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


class TestWhatTheKindNeeds:
    """The stylesheet hides what a kind does not need; the server says what is typed, and refuses what cannot be."""

    def part(self, answer, field: str) -> str:
        """The tag around a field of the form."""
        return re.search(rf'<div class="of-{field}"[^>]*>', html_of(answer))[0]

    @pytest.mark.parametrize("field", ["tax", "rate", "undoes", "expires_on"])
    def test_every_field_is_in_the_page(self, signed_in, account, field):
        page = signed_in.get(f"/accounts/{account.pk}/")
        assert "data-typed" not in self.part(page, field)
        assert re.search(rf'name="{field}"', html_of(page))

    @pytest.mark.parametrize(
        ("kind", "field", "typed", "words"),
        [
            ("grant", "rate", "abc", "Write an amount in digits"),
            ("grant", "tax", "-1", "without a minus sign"),
            ("purchase", "undoes", str(uuid.UUID(int=1)), "Select a valid choice"),
            ("invoice", "expires_on", "2026-01-01", "A payment of this kind gives none"),
            ("refund", "expires_on", "2026-01-01", "A payment of this kind gives none"),
            ("purchase", "expires_on", "soon", "Write a day as year-month-day"),
            ("purchase", "expires_on", "2025-05-18", "cannot expire before the day of its payment"),
            ("purchase", "expires_on", "2101-01-01", "too far ahead"),
        ],
    )
    @pytest.mark.parametrize("headers", [{}, HTMX])
    def test_nonsense_in_a_field_that_was_out_of_sight_is_told_beside_it(
        self, signed_in, address, kind, field, typed, words, headers
    ):
        answer = signed_in.post(address, facts(kind=kind, **{field: typed}), headers=headers)
        assert answer.status_code == 422
        assert words in error_at(answer, f"id_{field}")
        assert "data-typed" in self.part(answer, field), "what holds something is shown"
        if field != "undoes":  # a list shows none of what it does not offer
            assert value_of(answer, field) == typed
        assert Payment.objects.count() == 1

    def test_the_last_day_of_credit_is_kept(self, signed_in, address):
        signed_in.post(address, facts(kind="grant", expires_on="2026-03-31"))
        assert Payment.objects.latest("id").expires_on == date(2026, 3, 31)

    @pytest.mark.parametrize(("zone", "status"), [("UTC", 302), ("Asia/Shanghai", 302)])
    def test_it_may_be_the_day_of_the_payment_in_the_readers_zone(self, signed_in, ann, address, zone, status):
        ann.time_zone = zone
        ann.save()
        said = facts(kind="promo", clock="00:30", expires_on="2025-05-19")
        assert signed_in.post(address, said).status_code == status

    def test_a_currency_is_typed_with_suggestions(self, signed_in, account):
        page = html_of(signed_in.get(f"/accounts/{account.pk}/"))
        assert re.search(r'<input[^>]*name="currency"[^>]*list="id_currency_codes"', page)
        assert re.search(r'<datalist id="id_currency_codes">.*<option value="EUR">', page)

    def test_another_currency_asks_for_its_rate(self, signed_in, address):
        assert '<div class="paying" data-foreign>' in html_of(
            signed_in.post(address, facts(currency="eur"), headers=HTMX)
        )
        assert '<div class="paying">' in html_of(signed_in.post(address, facts(gross="x"), headers=HTMX))

    def test_two_open_forms_have_suggestions_of_their_own(self, signed_in, account):
        other = make_payment(account, "7")
        page, form = signed_in.get(f"/accounts/{account.pk}/"), signed_in.get(f"/payments/{other.uid}/", headers=HTMX)
        lists = re.findall(r'<datalist id="([^"]+)"', html_of(page) + html_of(form))
        assert lists == ["id_currency_codes", f"id_p{other.pk}-currency_codes"]

    @pytest.mark.parametrize(
        ("provider", "words"), [("openai/2025-05", "12 months"), ("mistral/2026", "on a day you know")]
    )
    def test_it_says_what_an_empty_last_day_means(self, signed_in, ann, provider, words):
        held = make_account(ann, rulebook=provider, seen="free" if provider.startswith("openai") else "tier-1")
        assert words in words_of(signed_in.get(f"/accounts/{held.pk}/"), "id_expires_on_helptext")


class TestTakingBack:
    @pytest.fixture
    def payment(self, account):
        return make_payment(account, "50", "05-10", currency="EUR", rate=Decimal("1.1"), tax=Decimal(0))

    def test_a_row_leads_to_a_form_with_what_is_left_filled_in(self, signed_in, account, payment):
        make_payment(account, "12.50", "05-12", kind="refund", currency="EUR", rate=Decimal("1.1"), undoes=payment)
        page = html_of(signed_in.get(f"/accounts/{account.pk}/"))
        address = f"/accounts/{account.pk}/?refund={payment.uid}"
        assert f'href="{address}#payment-form"' in page
        for answer in (signed_in.get(address), signed_in.get(address, headers=HTMX | {"HX-Target": "payment-form"})):
            assert (choice_of(answer, "kind"), choice_of(answer, "undoes")) == ("refund", str(payment.uid))
            found = {name: value_of(answer, name) for name in ("gross", "currency", "rate", "tax", "day")}
            assert found == {"gross": "37.50", "currency": "EUR", "rate": "1.1", "tax": "0", "day": ""}
            assert re.search(r'<input[^>]*name="gross"[^>]*autofocus', html_of(answer))
            assert "data-typed" in re.search(r'<div class="of-undoes"[^>]*>', html_of(answer))[0]
        assert html_of(answer).startswith("{#") or html_of(answer).startswith('<form id="payment-form"')

    def test_what_is_recorded_from_it_takes_the_rest_back(self, signed_in, account, payment):
        form = signed_in.get(f"/accounts/{account.pk}/?refund={payment.uid}")
        said = {name: value_of(form, name) for name in ("gross", "currency", "rate", "tax", "form_key")}
        said |= {"kind": "refund", "undoes": str(payment.uid), "day": "2025-05-19", "status": "succeeded"}
        assert signed_in.post(f"/accounts/{account.pk}/payments/", said).status_code == 302
        page = signed_in.get(f"/accounts/{account.pk}/")
        assert "it was paid back in full" in words_of(page, f"payment-{payment.uid}")
        assert f"?refund={payment.uid}" not in html_of(page), "nothing is left to take back"

    @pytest.mark.parametrize(
        ("kind", "status", "is_offered"),
        [
            ("purchase", "succeeded", True),
            ("grant", "succeeded", True),
            ("purchase", "pending", False),
            ("purchase", "failed", False),
            ("refund", "succeeded", False),
        ],
    )
    def test_only_what_succeeded_can_be_taken_back(self, signed_in, account, kind, status, is_offered):
        paid = make_payment(account, "3", kind=kind, status=status)
        assert (f"?refund={paid.uid}" in html_of(signed_in.get(f"/accounts/{account.pk}/"))) is is_offered

    def test_who_may_not_change_the_account_is_offered_none(self, see, account, payment):
        page = html_of(see.get(f"/accounts/{account.pk}/?refund={payment.uid}"))
        assert "#payment-form" not in page
        assert 'id="payment-form"' not in page
        answer = see.get(f"/accounts/{account.pk}/", headers=HTMX | {"HX-Target": "payment-form"})
        assert 'id="payment-form"' not in html_of(answer)

    @pytest.mark.parametrize("uid", ["x", str(uuid.UUID(int=1)), "foreign"])
    def test_what_is_no_payment_of_the_account_leaves_the_form_empty(self, signed_in, account, uid):
        if uid == "foreign":
            uid = str(make_payment(make_account(make_user()), "9").uid)
        page = signed_in.get(f"/accounts/{account.pk}/?refund={uid}")
        assert (value_of(page, "gross"), choice_of(page, "kind")) == ("", "purchase")

    def test_each_line_leads_to_the_other(self, signed_in, account, payment):
        back = make_payment(
            account, "-10", "05-12", kind="chargeback", currency="EUR", rate=Decimal("1.1"), undoes=payment
        )
        waits = make_payment(account, "1", "05-13", kind="refund", undoes=payment, status="pending")
        make_payment(account, "2", "05-14", kind="refund", undoes=payment, status="failed")
        page = signed_in.get(f"/accounts/{account.pk}/")
        row = words_of(page, f"payment-{payment.uid}")
        assert "€10.00 taken back on Mon 12 May" in row
        assert "$1.00 taken back on Tue 13 May · Pending" in row
        assert "$2.00" not in row
        assert "takes back the one of Sat 10 May" in words_of(page, f"payment-{back.uid}")
        for uid in (payment.uid, back.uid, waits.uid):
            assert f'href="#payment-{uid}"' in html_of(page)
            assert f'<tr id="payment-{uid}"' in html_of(page)

    def test_in_a_cut_ledger_the_other_line_is_found_on_the_whole_page(self, signed_in, account, payment, monkeypatch):
        monkeypatch.setattr(account_page, "MOST_PAYMENTS", 1)
        back = make_payment(account, "-10", "05-12", kind="refund", currency="EUR", rate=Decimal("1.1"), undoes=payment)
        page = html_of(signed_in.get(f"/accounts/{account.pk}/"))
        assert f'href="?all=1#payment-{payment.uid}"' in page
        assert f'<tr id="payment-{payment.uid}"' not in page
        whole = html_of(signed_in.get(f"/accounts/{account.pk}/?all=1"))
        assert f'href="#payment-{back.uid}"' in whole


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
        assert html_of(answer).startswith(f'<tr id="payment-{payment.uid}"')
        prefix = f"p{payment.pk}"
        shown = {name: value_of(answer, f"{prefix}-{name}") for name in ("gross", "day", "clock", "reference")}
        assert shown == {"gross": "20", "day": "2025-05-10", "clock": "10:00", "reference": "INV-1"}

    @pytest.mark.parametrize("field", ["tax", "rate", "expires_on"])
    @pytest.mark.parametrize("headers", [{}, HTMX])
    def test_a_link_leads_to_one_of_its_fields(self, signed_in, payment, place, field, headers):
        answer = signed_in.get(f"{place}?field={field}", headers=headers)
        assert re.search(rf'<input[^>]*name="p{payment.pk}-{field}"[^>]*autofocus', html_of(answer))
        assert len(re.findall("autofocus", html_of(answer))) == 1
        assert "autofocus" not in html_of(signed_in.get(f"{place}?field=nonsense", headers=headers))

    def test_the_last_day_of_its_credit_is_there_and_can_be_taken_away(self, signed_in, account):
        held = make_payment(account, "20", "05-10T10:00", kind="grant", expires_on=date(2025, 12, 31))
        answer = signed_in.get(f"/payments/{held.uid}/", headers=HTMX)
        assert value_of(answer, f"p{held.pk}-expires_on") == "2025-12-31"
        signed_in.post(f"/payments/{held.uid}/", self.said(held, kind="grant", reference="", expires_on=""))
        held.refresh_from_db()
        assert held.expires_on is None
        page = signed_in.get(f"/accounts/{account.pk}/")
        assert "Wed 31 Dec → –" in words_of(page, "history")

    def test_leaving_it_shows_the_line_again(self, signed_in, payment, place):
        answer = signed_in.get(f"{place}?leave=1", headers=HTMX)
        assert html_of(answer).strip().startswith(f'<tr id="payment-{payment.uid}"')
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
