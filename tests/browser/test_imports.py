"""Payments brought in at a screen: pasted for two accounts, one unknown name chosen, looked at, imported, undone."""

import re

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from accounts.models import Import, Payment
from tests.browser.conftest import PHONE
from tests.browser.test_jobs import is_same_page, mark
from tests.make import make_account

pytestmark = pytest.mark.browser
PAGE = """Billing history

Account
Date
Amount
Status

production
May 1, 2025
$20.00
Paid
View

org-R1
May 2, 2025
$30.00
Paid
View

old lab
May 3, 2025
$7.00
Paid
View
"""


@pytest.fixture
def accounts(ann):
    now = timezone.now()
    return [
        make_account(ann, name="production", now=now),
        make_account(ann, name="research", organization_ref="org-R1", now=now),
    ]


def look(page) -> None:
    page.get_by_label("Or paste rows").fill(PAGE)
    page.get_by_role("button", name="Look at the rows").click()
    expect(page.locator("#import-preview")).to_contain_text("were put together")


def part(page, name):
    return page.locator(".import-part", has_text=name)


def test_one_pasted_page_for_two_accounts(enter, accounts):
    page = enter()
    page.get_by_role("link", name="Import payments").click()
    expect(page.get_by_role("heading", name="Import for every account")).to_be_visible()
    look(page)
    mark(page)
    # whose each row is, and which one is nobody's
    expect(page.locator("td.whose")).to_have_text(["production", "research"])
    expect(part(page, "research")).to_contain_text("$0.00 → $30.00")
    expect(page.locator(".preview")).to_contain_text("No account has this name or reference")
    page.get_by_label("old lab").select_option("research")
    expect(page.locator("td.whose")).to_have_text(["production", "research", "research"])
    expect(part(page, "research")).to_contain_text("$0.00 → $37.00")
    # the two standings behind the line
    part(page, "research").locator("summary").click()
    expect(part(page, "research")).to_contain_text("$37.00 counted in total")
    assert is_same_page(page)
    page.get_by_role("button", name="Import 3 payments").click()
    result = page.locator("#import-result")
    expect(result).to_contain_text("3 payments imported")
    address = page.url
    result.get_by_role("link", name=re.compile("research")).click()
    expect(page.locator("#ledger tbody tr")).to_have_count(2)
    expect(page.locator("#ledger")).to_contain_text("$30.00")
    page.goto(f"/accounts/{accounts[0].pk}/")
    expect(page.locator("#ledger")).to_contain_text("$20.00")
    page.goto(address)
    page.get_by_role("button", name="Undo this import").click()
    expect(page.locator("#import-result")).to_contain_text("This import was undone")
    assert set(Payment.objects.values_list("status", flat=True)) == {"void"}
    # what was chosen is remembered, and can be forgotten
    page.get_by_role("link", name="Import another table").click()
    look(page)
    expect(page.get_by_label("old lab")).to_have_value(str(accounts[1].pk))
    page.get_by_role("button", name="Forget that and guess anew").click()
    expect(page.get_by_label("old lab")).to_have_value("")


def test_without_javascript(enter, accounts):
    page = enter("/import/", java_script_enabled=False)
    look(page)
    page.get_by_label("old lab").select_option("leave these rows out")
    page.get_by_role("button", name="Read again").click()
    expect(page.locator(".preview")).to_contain_text("its rows are left out")
    page.get_by_role("button", name="Import 2 payments").click()
    expect(page.locator("#import-result")).to_contain_text("Rows left out")
    page.get_by_role("button", name="Undo this import").click()
    expect(page.locator("#import-result")).to_contain_text("This import was undone")


def test_nothing_is_wider_than_a_phone(enter, accounts):
    page = enter("/import/", viewport=PHONE)
    look(page)
    part(page, "research").locator("summary").click()
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


def test_the_keyboard_opens_an_account_and_imports(enter, accounts):
    page = enter("/import/")
    look(page)
    page.get_by_label("old lab").select_option("leave these rows out")
    expect(page.locator(".preview")).to_contain_text("its rows are left out")
    summary = part(page, "production").locator("summary")
    summary.focus()
    page.keyboard.press("Enter")
    expect(part(page, "production")).to_contain_text("$20.00 counted in total")
    page.get_by_role("button", name="Import 2 payments").press("Enter")
    expect(page.locator("#import-result")).to_contain_text("2 payments imported")
    assert Import.objects.get().left_out == 1
