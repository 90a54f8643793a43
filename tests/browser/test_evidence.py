"""Taking the evidence away at a screen: switches, copying, the file, with and without JavaScript."""

import zipfile
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from accounts.models import Event
from tests.make import make_account

pytestmark = pytest.mark.browser


@pytest.fixture
def address(ann):
    """Paid enough for Tier 2 long ago, and looked at again in vain."""
    now = timezone.now()
    payments = [("60.37", now - timedelta(days=20)), ("5", now - timedelta(days=3))]
    account = make_account(ann, name="production", organization_ref="org-7", payments=payments, now=now)
    return f"/accounts/{account.pk}/evidence/"


def names_in(download) -> list[str]:
    with zipfile.ZipFile(download.path()) as pack:
        return pack.namelist()


def test_a_switch_changes_the_preview_and_what_is_downloaded(enter, address):
    page = enter(address, accept_downloads=True)
    preview = page.locator("#evidence")
    expect(preview).to_contain_text("Nothing is hidden.")
    page.get_by_label("Hide amounts").check()
    expect(preview).to_contain_text("Amounts are hidden.")
    assert "$65.37" not in page.get_by_role("textbox", name="English").input_value()
    assert "hides_amounts=on" in page.url
    with page.expect_download() as waited:
        page.get_by_role("button", name="Download the pack").click()
    assert waited.value.suggested_filename.startswith("evidence-production-tier-2-")
    assert "evidence.pdf" in names_in(waited.value)
    assert Event.objects.get(kind="evidence_made").facts["hides"] == ["amounts"]


def test_the_tickets_text_is_copied_with_one_click(enter, address):
    page = enter(address, permissions=["clipboard-read", "clipboard-write"])
    button = page.get_by_role("button", name="Copy English")
    button.click()
    expect(page.get_by_text("Copied", exact=True).first).to_be_visible()
    assert "our account org-7 may be missing" in page.evaluate("navigator.clipboard.readText()")
    page.get_by_label("Hide names").check()
    expect(page.locator("#evidence")).to_contain_text("Names, references and notes are hidden.")
    expect(button).to_be_visible()


def test_everything_works_without_javascript(enter, address):
    page = enter(address, java_script_enabled=False, accept_downloads=True)
    expect(page.get_by_role("button", name="Copy")).to_have_count(0)
    page.get_by_label("Language of the statement").select_option("zh-hans")
    page.get_by_role("button", name="Show").click()
    expect(page.locator("#evidence")).to_contain_text("简体中文")
    with page.expect_download() as waited:
        page.get_by_role("button", name="Download the pack").click()
    assert "evidence.pdf" in names_in(waited.value)
    assert Event.objects.get(kind="evidence_made").facts["language"] == "zh-hans"
