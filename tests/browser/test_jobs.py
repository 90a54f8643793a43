"""The daily jobs at a screen, with and without JavaScript, with mouse and keyboard alone."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from accounts.models import Account, Payment
from tests.make import make_account, make_payment, make_rulebook

pytestmark = pytest.mark.browser


@pytest.fixture
def account(ann):
    """Paid 40 ten days ago: 10 are missing for Tier 2, and its days are over."""
    now = timezone.now()
    return make_account(ann, name="production", payments=[("40", now - timedelta(days=10))], now=now)


@pytest.fixture
def address(account):
    return f"/accounts/{account.pk}/"


def mark(page: Page) -> None:
    """Leave a mark that a page load wipes away."""
    page.evaluate("window.untouched = true")


def is_same_page(page: Page) -> bool:
    return page.evaluate("window.untouched === true")


def pay(page: Page, amount: str) -> None:
    form = page.locator("#payment-form")
    form.get_by_label("Amount").fill(amount)
    form.get_by_label("Day").fill(f"{timezone.now():%Y-%m-%d}")
    form.get_by_role("button", name="Record payment").click()


def test_an_account_with_its_first_payments_in_one_form(enter, ann):
    make_rulebook("openai/2025-05")
    make_rulebook("google-gemini/2025")
    page = enter()
    page.get_by_role("link", name="Add account").click()
    page.get_by_label("Name").fill("fresh")
    page.get_by_label("Rules").select_option("google-gemini/2025")
    tier = page.get_by_label("Tier that the provider shows now")
    expect(tier.locator("option[value=tier-3]")).to_have_count(1)
    expect(tier.locator("option[value=tier-5]")).to_have_count(0)
    expect(page.get_by_label("Name")).to_have_value("fresh")
    page.get_by_label("Rules").select_option("openai/2025-05")
    expect(tier.locator("option[value=tier-5]")).to_have_count(1)
    tier.select_option("tier-1")
    page.get_by_label("Amount").fill("5")
    page.get_by_label("Day").fill("2025-05-04")
    page.get_by_role("button", name="One more payment").click()
    expect(page.get_by_label("Amount")).to_have_count(2)
    expect(page.get_by_label("Amount").first).to_have_value("5")
    page.get_by_label("Name").press("Enter")
    expect(page.get_by_role("heading", name="fresh")).to_be_visible()
    expect(page.locator("#ledger")).to_contain_text("$5.00")
    assert Payment.objects.count() == 1
    page.get_by_role("link", name="Board").first.click()
    expect(page.locator("#board-rows")).to_contain_text("fresh")


def test_a_payment_moves_advice_ladder_and_history_without_a_page_load(enter, address):
    page = enter(address)
    expect(page.locator("#advice")).to_contain_text("Top up $10.00")
    mark(page)
    pay(page, "10")
    expect(page.locator("#advice")).to_contain_text("may rise to Tier 2")
    expect(page.locator("#ladder")).to_contain_text("$50.00")
    expect(page.locator("#history")).to_contain_text("Recorded: Purchase, $10.00")
    expect(page.locator("#messages")).to_contain_text("The payment is recorded.")
    expect(page.locator("#payment-form").get_by_label("Amount")).to_have_value("")
    assert is_same_page(page)
    pay(page, "12")
    expect(page.locator("#ledger tbody tr")).to_have_count(3)


def test_a_mistake_is_told_beside_its_field_and_nothing_typed_is_lost(enter, address):
    page = enter(address)
    mark(page)
    form = page.locator("#payment-form")
    form.locator("summary").click()
    form.get_by_label("Note").fill("keep me")
    pay(page, "1.234,56")
    expect(form.locator(".field.is-wrong")).to_contain_text("Write an amount in digits")
    expect(form.get_by_label("Amount")).to_have_value("1.234,56")
    expect(form.get_by_label("Note")).to_have_value("keep me")
    form.get_by_label("Amount").fill("10")
    form.get_by_role("button", name="Record payment").click()
    expect(page.locator("#ledger")).to_contain_text("keep me")
    assert is_same_page(page)
    expect(page.locator("#messages")).to_contain_text("is recorded")
    pay(page, "ten")
    expect(form.locator(".field.is-wrong")).to_contain_text("Write an amount in digits")
    expect(page.locator("#messages")).to_have_text("")


def test_correcting_voiding_and_restoring_in_the_line(enter, account, address):
    page = enter(address)
    mark(page)
    page.locator("#payment-form").get_by_label("Amount").fill("77")
    line = page.locator("#ledger tbody tr")
    line.get_by_role("link", name="Correct").click()
    expect(line.get_by_label("Amount")).to_be_focused()
    line.get_by_role("link", name="Leave as it was").click()
    expect(line).to_contain_text("$40.00")
    line.get_by_role("link", name="Correct").click()
    line.get_by_label("Amount").fill("45")
    line.get_by_role("button", name="Save correction").click()
    expect(line).to_contain_text("$45.00")
    expect(page.locator("#advice")).to_contain_text("Top up $5.00")
    expect(page.locator("#history")).to_contain_text("40 → 45")
    line.get_by_role("button", name="Void").click()
    expect(page.locator("#advice")).to_contain_text("Pay $50.00")
    line.get_by_role("button", name="Restore").click()
    expect(page.locator("#advice")).to_contain_text("Top up $5.00")
    expect(page.locator("#payment-form").get_by_label("Amount")).to_have_value("77")
    assert is_same_page(page)


def test_two_lines_can_be_corrected_side_by_side(enter, account, address):
    make_payment(account, "7", timezone.now(), now=timezone.now())
    page = enter(address)
    lines = page.locator("#ledger tbody tr")
    lines.nth(0).get_by_role("link", name="Correct").click()
    lines.nth(0).get_by_label("Note").fill("half typed")
    lines.nth(1).get_by_role("link", name="Correct").click()
    lines.nth(1).get_by_label("Amount").fill("45")
    lines.nth(1).get_by_role("button", name="Save correction").click()
    expect(lines.nth(1)).to_contain_text("$45.00")
    expect(lines.nth(0).get_by_label("Note")).to_have_value("half typed")


def test_one_click_when_the_provider_shows_another_tier(enter, address):
    page = enter(address)
    mark(page)
    page.locator("#payment-form").get_by_label("Amount").fill("77")
    page.locator("#seen").get_by_role("button", name="Tier 2").click()
    expect(page.locator("#advice")).to_contain_text("has risen to Tier 2")
    expect(page.locator("#ladder .is-seen")).to_contain_text("Tier 2")
    expect(page.locator("#payment-form").get_by_label("Amount")).to_have_value("77")
    assert is_same_page(page)


def test_everything_without_javascript(enter, ann):
    make_rulebook("openai/2025-05")
    page = enter(java_script_enabled=False)
    page.get_by_role("link", name="Add account").click()
    page.get_by_label("Name").fill("plain")
    page.get_by_role("button", name="Show the tiers of these rules").click()
    page.get_by_label("Tier that the provider shows now").select_option("tier-1")
    page.get_by_label("Amount").fill("40")
    page.get_by_label("Day").fill("2025-05-04")
    page.get_by_label("Name").press("Enter")
    expect(page.locator("#advice")).to_contain_text("Top up $10.00")
    pay(page, "1.234,56")
    expect(page.locator("#payment-form .is-wrong")).to_contain_text("Write an amount in digits")
    pay(page, "10")
    expect(page.locator("#advice")).to_contain_text("may rise to Tier 2")
    page.locator("#ledger tbody tr").first.get_by_role("link", name="Correct").click()
    page.get_by_text("Time, status, reference, note").click()
    page.get_by_label("Note").fill("corrected")
    page.get_by_role("button", name="Save correction").click()
    expect(page.locator("#ledger")).to_contain_text("corrected")
    page.locator("#ledger tbody tr").first.get_by_role("button", name="Void").click()
    expect(page.locator("#messages")).to_contain_text("void")
    page.locator("#ledger").get_by_role("button", name="Restore").click()
    page.locator("#seen").get_by_role("button", name="Tier 2").click()
    expect(page.locator("#ladder .is-seen")).to_contain_text("Tier 2")
    page.get_by_label("Search models").fill("DALL")
    page.get_by_label("Search models").press("Enter")
    expect(page.locator("#model-list tbody tr")).to_have_count(2)
    page.get_by_role("link", name="Board").first.click()
    page.get_by_label("Search accounts").fill("plain")
    page.get_by_label("Search accounts").press("Enter")
    expect(page.locator("#board-rows")).to_contain_text("1 of 1")
    assert Account.objects.get().seen_tier == "tier-2"


def test_the_keyboard_alone_records_a_payment(enter, address):
    page = enter(address)
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.keyboard.press("Enter")
    amount = page.locator("#payment-form").get_by_label("Amount")
    for _press in range(60):
        page.keyboard.press("Tab")
        if amount.evaluate("field => field === document.activeElement"):
            break
    expect(amount).to_be_focused()
    page.keyboard.type("10")
    page.keyboard.press("Tab")
    page.keyboard.type(f"{timezone.now():%m%d%Y}")
    page.keyboard.press("Enter")
    expect(page.locator("#advice")).to_contain_text("may rise to Tier 2")
    assert re.search(r"/accounts/[\w-]+/#content$", page.url)
