"""A session ends while somebody types: the sign-in page leads back, and nothing typed is lost."""

import pytest
from django.conf import settings
from playwright.sync_api import Page, expect

from accounts.models import Account, Payment
from tests.make import PASSWORD, make_account

pytestmark = pytest.mark.browser
BACK = "What you had typed is back"


@pytest.fixture
def account(ann):
    return make_account(ann, name="production")


def end_session(page: Page) -> None:
    page.context.clear_cookies(name=settings.SESSION_COOKIE_NAME)


def sign_in(page: Page) -> None:
    page.get_by_label("Email").fill("ann@example.org")
    page.get_by_label("Password").fill(PASSWORD)
    page.locator("main").get_by_role("button", name="Log in").click()


def test_a_payment_comes_back_after_the_sign_in(enter, account):
    page = enter(f"/accounts/{account.pk}/")
    page.locator("#payment-form summary").click()
    page.locator("#payment-form").get_by_label("Amount").fill("12.50")
    page.locator("#payment-form").get_by_label("Day").fill("2025-05-04")
    page.locator("#payment-form").get_by_label("Invoice or receipt number").fill("INV-7")
    end_session(page)
    page.get_by_role("button", name="Record payment").click()
    sign_in(page)
    expect(page).to_have_url(f"/accounts/{account.pk}/")
    expect(page.locator("#messages")).to_contain_text(BACK)
    expect(page.locator("#payment-form").get_by_label("Amount")).to_have_value("12.50")
    expect(page.locator("#payment-form").get_by_label("Invoice or receipt number")).to_be_visible()
    assert not Payment.objects.exists()
    page.get_by_role("button", name="Record payment").click()
    expect(page.locator("#messages")).to_contain_text("The payment is recorded")
    [payment] = Payment.objects.all()
    assert (str(payment.gross), payment.reference) == ("12.5000", "INV-7")


def test_a_form_of_a_whole_page_comes_back_too(enter, account):
    page = enter(f"/accounts/{account.pk}/edit/")
    page.get_by_label("Notes").fill("ask finance first")
    end_session(page)
    page.get_by_role("button", name="Save").click()
    sign_in(page)
    expect(page.locator("#messages")).to_contain_text(BACK)
    expect(page.get_by_label("Notes")).to_have_value("ask finance first")
    page.get_by_role("button", name="Save").click()
    expect(page).to_have_url(f"/accounts/{account.pk}/")
    assert Account.objects.get().notes == "ask finance first"


def test_what_was_sent_is_not_brought_back_later(enter, account):
    page = enter(f"/accounts/{account.pk}/edit/")
    page.get_by_label("Notes").fill("kept")
    page.get_by_role("button", name="Save").click()
    expect(page).to_have_url(f"/accounts/{account.pk}/")
    end_session(page)
    page.goto(f"/accounts/{account.pk}/edit/")
    sign_in(page)
    expect(page.get_by_label("Notes")).to_have_value("kept")
    expect(page.locator("#messages")).not_to_contain_text(BACK)


def test_without_javascript_the_sign_in_leads_back_to_the_page_of_the_form(enter, account):
    page = enter(f"/accounts/{account.pk}/", java_script_enabled=False)
    end_session(page)
    page.locator("#payment-form").get_by_label("Amount").fill("5")
    page.get_by_role("button", name="Record payment").click()
    sign_in(page)
    expect(page).to_have_url(f"/accounts/{account.pk}/")
    expect(page.locator("#payment-form")).to_be_visible()
