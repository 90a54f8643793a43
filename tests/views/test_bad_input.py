"""What people, broken clients and attackers type: told beside the field, nothing lost, nothing stored, never a 500.

The same table goes through every form that takes such a field. Each row is (what is typed, whether it is taken).
"""

import re
import uuid

import pytest
from django.test import Client

from accounts.models import Account, Payment, User
from tests.make import instant, make_account
from tests.views.reading import HTMX, error_at, html_of
from tests.views.typed import AMOUNTS, DAYS, LINES, MEGABYTE, refused, undone

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]
PAYMENT = {"gross": "5", "day": "2025-05-04", "kind": "purchase", "status": "succeeded", "currency": "USD"}


@pytest.fixture
def account(ann):
    return make_account(ann, name="production")


@pytest.fixture
def pay(signed_in, account):
    """Send the payment form by htmx, with changes."""
    return lambda **changes: signed_in.post(
        f"/accounts/{account.pk}/payments/", PAYMENT | {"form_key": str(uuid.uuid4())} | changes, headers=HTMX
    )


@pytest.fixture
def open_one(signed_in, account):
    """Send the form that opens an account with one payment, with changes."""
    counts = {"lines-TOTAL_FORMS": "1", "lines-INITIAL_FORMS": "0"}
    line = {f"lines-0-{name}": PAYMENT[name] for name in ("gross", "day", "kind")}
    facts = {"name": "fresh", "edition": "openai/2025-05", "seen_tier": "tier-1"} | counts | line
    return lambda **changes: signed_in.post(
        "/accounts/new/",
        facts | {"form_key": str(uuid.uuid4())} | {n.replace("__", "-"): v for n, v in changes.items()},
    )


class TestMoney:
    def test_in_the_payment_form(self, pay):
        for typed, taken in undone(AMOUNTS):
            answer = pay(gross=typed)
            if taken is None:
                refused(answer, "gross", "id_gross", typed)
                assert not Payment.objects.exists(), typed[:40]
            else:
                assert answer.status_code == 200, typed
                assert f"{Payment.objects.get().gross.normalize():f}" == taken

    def test_in_the_open_account_form(self, open_one):
        for typed, taken in undone(AMOUNTS):
            answer = open_one(lines__0__gross=typed)
            if taken is None:
                refused(answer, "lines-0-gross", "id_lines-0-gross", typed)
                assert not Payment.objects.exists(), typed[:40]
            else:
                assert answer.status_code == 302, typed
                assert f"{Payment.objects.get().gross.normalize():f}" == taken

    @pytest.mark.parametrize("field", ["tax", "rate"])
    def test_beside_the_amount(self, pay, field):
        for typed, taken in AMOUNTS:
            if taken is None and typed.strip() and not re.fullmatch(r"-?[0.]+5?", typed):
                refused(pay(**{field: typed, "currency": "EUR", "gross": "900"}), field, f"id_{field}", typed)
        assert not Payment.objects.exists()

    def test_no_tax_is_no_minus_nothing(self, pay):
        assert pay(tax="-0").status_code == 200
        assert f"{Payment.objects.get().tax:f}" == "0.0000"

    @pytest.mark.parametrize(
        ("field", "changes"),
        [
            ("gross", {"gross": "-5"}),
            ("tax", {"tax": "5.01"}),
            ("rate", {"currency": "EUR"}),
            ("rate", {"rate": "2"}),
            ("rate", {"currency": "EUR", "rate": "0"}),
            ("rate", {"currency": "EUR", "rate": "-1"}),
            ("rate", {"currency": "EUR", "rate": "1000000"}),
            ("rate", {"currency": "EUR", "rate": "0.00000000001"}),
            ("currency", {"currency": "€"}),
            ("currency", {"currency": "U5D"}),
            ("currency", {"currency": "ß€$"}),
            ("currency", {"currency": "USß"}),
            ("currency", {"currency": ""}),
            ("kind", {"kind": "gift"}),
            ("kind", {"kind": ""}),
            ("status", {"status": "void"}),
            ("undoes", {"undoes": "x"}),
            ("undoes", {"undoes": str(2**63), "kind": "refund"}),
            ("undoes", {"undoes": "5a5e6d82-9167-4d3e-8a4c-d6cc19ec99c4", "kind": "refund"}),
        ],
    )
    def test_what_does_not_go_together(self, pay, field, changes):
        answer = pay(**changes)
        assert answer.status_code == 422
        assert error_at(answer, f"id_{field}")
        assert not Payment.objects.exists()

    def test_the_largest_amounts_at_the_largest_rate_can_be_shown(self, signed_in, account, pay):
        assert pay(gross="999999999.9999", currency="XXX", rate="999999.9999999999").status_code == 200
        for address in ("/", f"/accounts/{account.pk}/"):
            assert signed_in.get(address).status_code == 200


class TestTime:
    @pytest.mark.parametrize("zone", ["UTC", "Pacific/Apia", "Pacific/Pago_Pago", "Europe/Berlin"])
    def test_days_in_the_payment_form(self, ann, pay, zone):
        ann.time_zone = zone
        ann.save()
        for typed, taken in undone(DAYS):
            if zone == "Pacific/Apia" and typed == "2025-05-21":
                continue  # it has begun there
            answer = pay(day=typed)
            if taken is None:
                refused(answer, "day", "id_day", typed)
                assert not Payment.objects.exists(), typed[:40]
            else:
                assert answer.status_code == 200, typed
                assert Payment.objects.get().is_day_only

    def test_days_in_the_open_account_form(self, open_one):
        for typed, taken in undone(DAYS):
            answer = open_one(lines__0__day=typed)
            if taken is None:
                refused(answer, "lines-0-day", "id_lines-0-day", typed)
                assert not Payment.objects.exists(), typed[:40]
            else:
                assert answer.status_code == 302, typed

    def test_times(self, pay):
        for typed in ("24:00", "12:60", "noon", "-1:00", "1748649600000", MEGABYTE, "12:00+02:00", "<svg onload=x>"):
            refused(pay(clock=typed), "clock", "id_clock", typed)
        assert not Payment.objects.exists()

    def test_a_time_later_today_is_in_the_future(self, pay):
        answer = pay(day="2025-05-20", clock="12:01")
        assert "lies in the future" in error_at(answer, "id_clock")

    def test_a_time_that_the_clocks_skipped_is_told(self, ann, pay):
        ann.time_zone = "Europe/Berlin"
        ann.save()
        answer = pay(day="2025-03-30", clock="02:30")
        assert "did not exist on that day" in error_at(answer, "id_clock")

    def test_of_a_time_that_came_twice_the_later_one_is_taken(self, ann, pay):
        ann.time_zone = "Europe/Berlin"
        ann.save()
        pay(day="2024-10-27", clock="02:30")
        assert Payment.objects.get().paid_at == instant("2024-10-27T01:30")

    def test_the_day_is_the_readers(self, ann, pay):
        ann.time_zone = "Pacific/Apia"
        ann.save()
        pay(day="2025-05-04")
        assert Payment.objects.get().paid_at == instant("05-04T10:59:59")


class TestText:
    @pytest.mark.parametrize("field", ["reference", "note"])
    def test_in_the_payment_form(self, signed_in, account, pay, field):
        for typed, is_taken in undone(LINES):
            answer = pay(**{field: typed})
            if is_taken:
                assert answer.status_code == 200, typed
                assert getattr(Payment.objects.get(), field) == typed
                assert "<svg onload" not in html_of(answer)
            else:
                assert answer.status_code == 422, repr(typed[:40])
                assert error_at(answer, f"id_{field}"), repr(typed[:40])
                assert not Payment.objects.exists(), repr(typed[:40])

    @pytest.mark.parametrize("field", ["name", "organization_ref"])
    def test_in_the_open_account_form(self, signed_in, open_one, field):
        for typed, is_taken in undone(LINES):
            answer = open_one(**{field: typed})
            if is_taken:
                assert answer.status_code == 302, typed
                assert getattr(Account.objects.exclude(name="production").get(), field) == typed
                for address in ("/", answer.headers["Location"], f"{answer.headers['Location']}edit/"):
                    page = signed_in.get(address)
                    assert page.status_code == 200, address
                    assert "<svg onload" not in html_of(page)
            else:
                assert answer.status_code == 422, repr(typed[:40])
                assert error_at(answer, f"id_{field}"), repr(typed[:40])
                assert Account.objects.count() == 1, repr(typed[:40])

    def test_a_name_can_be_no_other_when_it_is_edited(self, signed_in, account):
        for typed, is_taken in undone(LINES):
            answer = signed_in.post(f"/accounts/{account.pk}/edit/", {"name": typed})
            assert answer.status_code == (302 if is_taken else 422), repr(typed[:40])

    def test_in_the_profile(self, signed_in, ann):
        for typed, _is_taken in LINES:
            answer = signed_in.post("/profile/", {"name": typed, "language": "en", "time_zone": "UTC"})
            assert answer.status_code in (302, 422), repr(typed[:40])
            ann.refresh_from_db()
            assert not re.search(r"[\x00-\x1f\x85\u2028\u2029\u202a-\u202e\u2066-\u2069]", ann.name), repr(typed[:40])
            assert "<svg onload" not in html_of(signed_in.get("/profile/"))

    def test_complaints_are_in_the_readers_language(self, ann, pay, open_one):
        ann.language = "zh-hans"
        ann.save()
        for answer, field in ((pay(gross=""), "id_gross"), (pay(day=""), "id_day"), (open_one(name=""), "id_name")):
            assert re.search(r"[\u4e00-\u9fff]", error_at(answer, field)), field


class TestForms:
    ADDRESSES = ("/accounts/new/", "/profile/", "payments/", "edit/", "move/", "seen/", "cap/", "requirement/")

    def addresses(self, account) -> list[str]:
        return [address if address[0] == "/" else f"/accounts/{account.pk}/{address}" for address in self.ADDRESSES]

    @pytest.mark.parametrize("headers", [{}, HTMX])
    def test_without_its_token_nothing_is_taken(self, ann, account, headers):
        strict = Client(enforce_csrf_checks=True)
        strict.force_login(ann)
        for address in self.addresses(account):
            answer = strict.post(address, PAYMENT, headers=headers)
            assert answer.status_code == 403, address
        assert not Payment.objects.exists()

    def test_another_method_is_not_allowed(self, signed_in, account):
        for address in self.addresses(account):
            for method in ("put", "patch", "delete"):
                assert getattr(signed_in, method)(address).status_code == 405, (method, address)

    def test_nul_is_a_bad_request(self, signed_in, account):
        for address in self.addresses(account):
            for field in ("name", "gross", "note\x00", "tier"):
                assert signed_in.post(address, {field: "a\x00b"}).status_code == 400, (address, field)

    def test_ten_thousand_fields_are_a_bad_request(self, signed_in, account):
        for address in self.addresses(account):
            assert signed_in.post(address, {f"f{n}": "x" for n in range(10_000)}).status_code == 400, address

    def test_three_megabytes_are_refused(self, signed_in, account):
        for address in self.addresses(account):
            body = f"name={'x' * 3_000_000}"
            kind = "application/x-www-form-urlencoded"
            assert signed_in.post(address, body, content_type=kind).status_code in (400, 413), address

    def test_a_body_of_another_kind_breaks_nothing(self, signed_in, account):
        for address in self.addresses(account):
            for kind in ("application/json", "text/xml", "multipart/form-data; boundary=x", "nonsense"):
                answer = signed_in.post(address, b'{"gross": 5}\xff\xfe', content_type=kind)
                assert answer.status_code < 500, (address, kind)
        assert not Payment.objects.exists()

    def test_half_of_a_surrogate_pair_is_never_stored_as_such(self, signed_in, account):
        body = "gross=5&day=2025-05-04&kind=purchase&status=succeeded&currency=USD&note=%ED%A0%80"
        answer = signed_in.post(
            f"/accounts/{account.pk}/payments/", body, content_type="application/x-www-form-urlencoded"
        )
        assert answer.status_code in (302, 400, 422)
        assert not Payment.objects.filter(note__contains="\ud800".encode("utf-8", "surrogatepass").decode("latin-1"))

    def test_fields_that_the_form_does_not_have_are_ignored(self, pay, account, ann):
        stolen = {"account": str(uuid.uuid4()), "owner_id": "1", "is_staff": "on", "uid": str(uuid.uuid4())}
        assert pay(**stolen, recorded_at="2020-01-01", id="1", tier="tier-5", status="succeeded").status_code == 200
        payment = Payment.objects.get()
        assert (payment.account, payment.recorded_by) == (account, ann)
        assert User.objects.get().is_staff == ann.is_staff

    def test_of_a_field_that_comes_twice_the_last_one_counts(self, pay):
        assert pay(gross=["5", "7"]).status_code == 200
        assert Payment.objects.get().gross == 7

    @pytest.mark.parametrize("key", ["x", "", str(2**63), "../..", MEGABYTE, "<svg onload=x>"])
    def test_a_key_that_is_none_is_no_key(self, pay, open_one, key):
        assert pay(form_key=key).status_code == 200
        assert open_one(form_key=key).status_code == 302
        assert Payment.objects.count() == 2

    def test_an_expired_session_loses_nothing_but_the_moment(self, client, account):
        place = f"/accounts/{account.pk}/"
        for current in (
            f"http://testserver{place}",
            f"https://evil.example{place}",
            "javascript:alert(1)",
            "//evil",
            "",
        ):
            answer = client.post(f"{place}payments/", PAYMENT, headers=HTMX | {"HX-Current-URL": current})
            assert answer.status_code == 401
            assert answer.headers["HX-Redirect"] in (f"/account/login/?next={place}", "/account/login/?next=/"), current
            assert "evil" not in answer.headers["HX-Redirect"]
