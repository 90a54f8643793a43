"""The payment form shows what the kind and the currency need, hides nothing that was typed, and needs no script."""

import re
from decimal import Decimal

import pytest
from playwright.sync_api import Locator, Page, expect

from accounts.models import Payment
from tests.browser.conftest import PHONE
from tests.make import NOW, make_account, make_payment

pytestmark = pytest.mark.browser
OPTIONAL = ("tax", "rate", "undoes", "expires_on")


@pytest.fixture
def account(ann):
    return make_account(ann, name="production")


@pytest.fixture
def form(enter, account) -> Locator:
    return enter(f"/accounts/{account.pk}/").locator("#payment-form")


def field(form: Locator, name: str) -> Locator:
    return form.locator(f"[name$={name}]")


def shown(form: Locator) -> set[str]:
    """Which of the fields that depend on something are in sight."""
    return {name for name in OPTIONAL if field(form, name).is_visible()}


class TestWhatIsAsked:
    @pytest.mark.parametrize(
        ("kind", "fields"),
        [
            ("purchase", {"tax", "expires_on"}),
            ("auto_recharge", {"tax", "expires_on"}),
            ("invoice", {"tax"}),
            ("grant", {"expires_on"}),
            ("promo", {"expires_on"}),
            ("transfer", {"expires_on"}),
            ("refund", {"tax", "undoes"}),
            ("chargeback", {"tax", "undoes"}),
        ],
    )
    def test_what_a_kind_needs(self, form, kind, fields):
        field(form, "kind").select_option(kind)
        assert shown(form) == fields
        expect(field(form, "currency")).to_be_visible()

    def test_another_currency_asks_for_its_rate_and_says_the_sum(self, form):
        field(form, "gross").fill("1,234.5")
        field(form, "currency").fill("eur")
        assert shown(form) == {"tax", "expires_on", "rate"}
        total = form.locator("output")
        expect(total).to_have_text("")
        for rate, tax, words in (
            ("1.0825", "", "= $1,336.35"),
            ("1.0825", "34.50", "= $1,299.00"),
            ("0.0000000001", "", "= $0.00"),
            ("x", "", ""),
            ("1", "2000", ""),
        ):
            field(form, "rate").fill(rate)
            field(form, "tax").fill(tax)
            expect(total).to_have_text(words)
        field(form, "rate").fill("")
        field(form, "currency").fill("USD")
        assert "rate" not in shown(form)

    @pytest.mark.parametrize(("gross", "rate"), [("2.5", "0.05"), ("0.25", "0.1"), ("0.35", "0.1"), ("7.77", "1.2345")])
    def test_the_sum_is_the_one_that_the_ledger_reckons(self, form, account, gross, rate):
        """Exactly, half to even: 0.125 is 0.12, and 0.025 is 0.02."""
        field(form, "gross").fill(gross)
        field(form, "currency").fill("EUR")
        field(form, "rate").fill(rate)
        held = make_payment(account, gross, NOW, currency="EUR", rate=Decimal(rate))
        expect(form.locator("output")).to_have_text(f"= ${held.as_line().counted_usd}")

    def test_what_is_hidden_is_out_of_the_way_of_the_keyboard(self, form):
        field(form, "kind").focus()
        met = []
        for _ in range(5):
            form.page.keyboard.press("Tab")
            met.append(form.page.evaluate("document.activeElement.name || document.activeElement.tagName"))
        # A date has three parts to type into.
        assert list(dict.fromkeys(met)) == ["currency", "tax", "expires_on"]


class TestNothingTypedIsHidden:
    @pytest.mark.parametrize(
        ("kind", "name", "typed"),
        [("grant", "tax", "2"), ("invoice", "expires_on", "2030-01-01"), ("refund", "expires_on", "2030-01-01")],
    )
    def test_a_field_with_something_in_it_stays_until_it_is_empty(self, form, kind, name, typed):
        field(form, name).fill(typed)
        field(form, "kind").select_option(kind)
        expect(field(form, name)).to_be_visible()
        field(form, name).fill("")
        expect(field(form, name)).to_be_hidden()

    def test_a_rate_and_a_payment_stay_too(self, enter, ann, account):
        paid = make_payment(account, "5")
        form = enter(f"/accounts/{account.pk}/").locator("#payment-form")
        field(form, "currency").fill("EUR")
        field(form, "rate").fill("1.1")
        field(form, "currency").fill("USD")
        field(form, "kind").select_option("refund")
        field(form, "undoes").select_option(str(paid.uid))
        field(form, "kind").select_option("purchase")
        assert {"rate", "undoes"} <= shown(form)

    def test_a_complaint_is_seen_whatever_the_kind(self, form):
        field(form, "gross").fill("5")
        field(form, "day").fill("2025-05-04")
        field(form, "expires_on").fill("2030-01-01")
        field(form, "kind").select_option("invoice")
        form.get_by_role("button", name="Record payment").click()
        expect(form).to_contain_text("A payment of this kind gives none")
        field(form, "expires_on").fill("")
        expect(field(form, "expires_on")).to_be_visible()
        form.get_by_role("button", name="Record payment").click()
        expect(form.page.locator("#messages")).to_contain_text("The payment is recorded")
        expect(field(form, "expires_on")).to_be_visible()  # the fresh form is about a purchase again

    def test_a_refund_asks_before_it_takes_the_place_of_what_was_typed(self, enter, account):
        paid = make_payment(account, "20")
        page = enter(f"/accounts/{account.pk}/")
        form, row = page.locator("#payment-form"), page.locator(f"#payment-{paid.uid}")
        field(form, "gross").fill("3")
        said = []
        page.once("dialog", lambda dialog: (said.append(dialog.message), dialog.dismiss()))
        row.get_by_role("link", name="Refund").click()
        expect(field(form, "gross")).to_have_value("3")
        assert "not recorded yet" in said[0]
        page.once("dialog", lambda dialog: dialog.accept())
        row.get_by_role("link", name="Refund").click()
        expect(field(form, "gross")).to_have_value("20.00")
        expect(field(form, "undoes")).to_have_value(str(paid.uid))


def test_a_refund_begins_in_its_row(enter, account):
    paid = make_payment(account, "20", tax=Decimal(0))
    page = enter(f"/accounts/{account.pk}/", viewport=PHONE)
    form = page.locator("#payment-form")
    page.locator(f"#payment-{paid.uid}").get_by_role("link", name="Refund").click()
    expect(field(form, "gross")).to_be_focused()
    expect(field(form, "gross")).to_have_value("20.00")
    assert shown(form) == {"tax", "undoes"}
    field(form, "gross").fill("12.50")
    field(form, "day").fill(f"{Payment.objects.get().paid_at:%Y-%m-%d}")
    form.get_by_role("button", name="Record payment").click()
    expect(page.locator("#messages")).to_contain_text("The payment is recorded")
    row = page.locator(f"#payment-{paid.uid}")
    expect(row).to_contain_text("$12.50 taken back on")
    back = Payment.objects.get(undoes=paid)
    row.locator(f'a[href="#payment-{back.uid}"]').click()
    expect(page).to_have_url(re.compile(f"#payment-{back.uid}$"))
    expect(page.locator(f"#payment-{back.uid}")).to_contain_text("takes back the one of")


def test_each_of_several_open_forms_minds_its_own_kind(enter, account):
    first, second = make_payment(account, "5"), make_payment(account, "6", currency="EUR", rate=Decimal("1.1"))
    page = enter(f"/accounts/{account.pk}/")
    for paid in (first, second):
        page.locator(f"#payment-{paid.uid}").get_by_role("link", name="Correct").click()
        expect(page.locator(f"#payment-{paid.uid} .paying")).to_be_visible()
    one, two = (page.locator(f"#payment-{paid.uid} .paying") for paid in (first, second))
    field(one, "kind").select_option("grant")
    assert shown(one) == {"expires_on"}
    assert shown(two) == {"tax", "rate", "expires_on"}
    expect(two.locator("output")).to_have_text("= $6.60")
    assert shown(page.locator("#payment-form")) == {"tax", "expires_on"}


def test_the_link_of_a_doubt_leads_to_its_field(enter, ann):
    account = make_account(ann, name="vague", payments=[("54", "05-01T10:00")])
    page = enter(f"/accounts/{account.pk}/")
    page.get_by_role("link", name=re.compile("Enter the tax of")).click()
    expect(page.locator("[name$=tax]")).to_be_focused()
    page.locator("[name$=tax]").fill("0")
    page.get_by_role("button", name="Save correction").click()
    expect(page.locator("#advice")).not_to_contain_text("is unknown")


class TestWithoutAScript:
    @pytest.fixture
    def page(self, enter, account) -> Page:
        make_payment(account, "20")
        return enter(f"/accounts/{account.pk}/", java_script_enabled=False)

    @pytest.mark.parametrize("kind", ["purchase", "invoice", "grant", "refund"])
    def test_everything_is_in_sight(self, page, kind):
        form = page.locator("#payment-form")
        field(form, "kind").select_option(kind)
        assert shown(form) == set(OPTIONAL)

    def test_a_refund_is_begun_and_recorded(self, page):
        page.get_by_role("link", name="Refund").click()
        form = page.locator("#payment-form")
        expect(field(form, "gross")).to_have_value("20.00")
        expect(field(form, "kind")).to_have_value("refund")
        field(form, "day").fill(f"{Payment.objects.get().paid_at:%Y-%m-%d}")
        form.get_by_role("button", name="Record payment").click()
        expect(page.locator("#messages")).to_contain_text("The payment is recorded")
        expect(page.locator("#ledger")).to_contain_text("$20.00 taken back on")
