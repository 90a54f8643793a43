"""The planner at a screen: answers while one chooses, an address to share, and all of it without JavaScript too."""

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from accounts.models import Plan
from tests.browser.test_jobs import is_same_page, mark
from tests.make import make_account, make_rulebook

pytestmark = pytest.mark.browser


@pytest.fixture
def account(ann):
    """Tier 1, 50 dollars two days ago: Tier 3 lacks 50 dollars and five days."""
    make_rulebook("google-gemini/2026")
    now = timezone.now()
    return make_account(ann, name="production", payments=[("50", now - timedelta(days=2))], now=now)


def test_the_answer_follows_what_is_chosen_and_the_address_too(enter, account):
    page = enter("/planner/")
    mark(page)
    answer = page.locator("#plans")
    expect(answer).to_contain_text("What do you need?")
    model = page.get_by_role("combobox", name="Model", exact=True)
    model.focus()
    model.select_option("o3-mini")
    expect(answer).to_contain_text("O3-mini needs Tier 3")
    expect(model).to_be_focused()
    page.get_by_text("a monthly spend").click()
    page.get_by_label("Spend a month, USD").fill("4000")
    page.keyboard.press("Enter")
    expect(answer).to_contain_text("$4,000 a month needs Tier 4")
    expect(page.get_by_label("Spend a month, USD")).to_have_value("4000")
    assert is_same_page(page)

    shared = enter(page.url)
    expect(shared.locator("#plans")).to_contain_text("$4,000 a month needs Tier 4")


def test_only_what_the_wish_is_about_is_asked(enter, account):
    page = enter("/planner/")
    expect(page.get_by_label("Requests a minute")).to_be_visible()
    page.get_by_text("a tier", exact=True).click()
    expect(page.get_by_label("Requests a minute")).to_be_hidden()
    expect(page.get_by_role("combobox", name="Tier", exact=True)).to_be_visible()
    expect(page.get_by_label("Rules")).to_be_hidden()
    page.get_by_label("Account").select_option("")
    page.get_by_label("Rules").select_option("google-gemini/2026")
    expect(page.get_by_role("combobox", name="Tier", exact=True).locator("option[value=tier-3]")).to_have_count(1)
    expect(page.get_by_role("combobox", name="Tier", exact=True).locator("option[value=tier-5]")).to_have_count(0)


def test_a_mistake_is_told_beside_its_field_and_mended_there(enter, account):
    page = enter("/planner/")
    page.get_by_role("combobox", name="Model", exact=True).select_option("gpt-4o")
    tokens = page.get_by_label("Tokens a minute")
    tokens.fill("lots")
    tokens.press("Tab")
    expect(page.locator("#id_tpm_error")).to_contain_text("Write a number such as")
    expect(tokens).to_have_value("lots")
    tokens.fill("300,000")
    tokens.press("Enter")
    expect(page.locator("#plans")).to_contain_text("GPT-4o, 300,000 TPM needs Tier 3")
    expect(page.locator("#id_tpm_error")).to_have_count(0)


def test_what_is_typed_while_an_answer_is_on_its_way_stays(enter, account):
    page, held = enter("/planner/"), []
    page.route("**/planner/?*", lambda route: route.continue_() if held else held.append(route))
    with page.expect_request("**/planner/?*"):
        page.get_by_role("combobox", name="Model", exact=True).select_option("gpt-4o")
    tokens = page.get_by_label("Tokens a minute")
    tokens.press_sequentially("300,000")
    held[0].continue_()
    expect(page.locator("#plans")).to_contain_text("GPT-4o")
    expect(tokens).to_have_value("300,000")
    expect(tokens).to_be_focused()
    tokens.press("Tab")
    expect(page.locator("#plans")).to_contain_text("GPT-4o, 300,000 TPM needs Tier 3")


@pytest.mark.parametrize("with_script", [True, False])
def test_a_plan_is_adopted_and_given_up(enter, account, with_script):
    page = enter(f"/planner/?account={account.pk}", java_script_enabled=with_script)
    page.get_by_role("combobox", name="Model", exact=True).select_option("o3-mini")
    page.get_by_role("button", name="Show the plans").click()
    card = page.locator(".way", has_text="Clock first")
    expect(card).to_contain_text("$50.00")
    card.get_by_role("button", name="Adopt this plan").click()
    expect(page.locator("#plan")).to_contain_text("Clock first, for O3-mini")
    page.goto("/")
    expect(page.locator("#board-rows")).to_contain_text("On the plan")
    page.goto(f"/accounts/{account.pk}/")
    page.get_by_role("button", name="Give up this plan").click()
    expect(page.locator("#plan")).to_contain_text("there is no plan for it yet")
    assert Plan.objects.get().outcome == "dropped"
