"""Relays and alternatives in a real browser: copying a request, choosing another account, with and without script."""

import pytest
from playwright.sync_api import expect

from accounts.templatetags.relays import curl
from tests.browser.conftest import PHONE
from tests.make import make_account, make_relay

pytestmark = pytest.mark.browser
NASTY = 'it\'s "模型" $(id)'


@pytest.fixture
def relay(ann):
    return make_relay(ann, name="bridge", model_ids=("openai/o3-mini", NASTY.replace(" ", "_")))


def test_a_request_is_copied_as_it_stands(enter, relay):
    page = enter(f"/relays/{relay.pk}/", permissions=["clipboard-read", "clipboard-write"])
    copy = page.locator("[data-copy=example-curl]")
    copy.click()
    expect(copy).to_contain_text("Copied")
    assert page.evaluate("navigator.clipboard.readText()") == curl(relay.base_url, "openai/o3-mini")
    page.get_by_label("Model").select_option(relay.model_ids[1])
    expect(page.locator("#example-curl")).to_contain_text("$(id)")
    page.locator("[data-copy=example-curl]").click()
    expect(page.locator("[data-copy=example-curl]")).to_contain_text("Copied")
    assert page.evaluate("navigator.clipboard.readText()") == curl(relay.base_url, relay.model_ids[1])


def test_without_script_there_is_no_button_that_does_nothing(enter, relay):
    page = enter(f"/relays/{relay.pk}/?model={relay.model_ids[1]}", java_script_enabled=False)
    expect(page.locator("[data-copy=example-curl]")).to_be_hidden()
    expect(page.locator("#example-curl")).to_contain_text("$(id)")


def test_a_relay_is_opened_for_what_an_account_waits_for(enter, ann):
    make_account(ann, name="production")
    page = enter("/relays/new/")
    page.get_by_label("Name", exact=True).fill("bridge")
    page.get_by_label("Base URL").fill("https://relay.example/v1/chat/completions")
    page.get_by_label("Stands in for").select_option(label="production")
    expect(page.locator("#awaits")).to_contain_text("O3-mini")
    page.get_by_label("Until it has").select_option(label="O3-mini")
    page.get_by_role("button", name="Add relay").last.click()
    expect(page.get_by_role("heading", name="bridge")).to_be_visible()
    expect(page.locator("main")).to_contain_text("Still needed")


@pytest.mark.parametrize("has_script", [True, False])
def test_another_account_brings_its_own_tiers(enter, ann, has_script):
    make_account(ann, name="aaa")
    make_account(ann, name="gemini", rulebook="google-gemini/2025", seen="tier-1")
    page = enter("/alternatives/", java_script_enabled=has_script)
    expect(page.locator("#compared")).to_contain_text("aaa")
    page.locator("#id_account").select_option(label="gemini")
    if not has_script:
        page.get_by_role("button", name="Compare").click()
    expect(page.locator("#compared .act")).to_contain_text("gemini")
    expect(page.locator("#id_tier")).to_have_value("tier-2")
    assert "tier-5" not in page.locator("#id_tier").inner_html()


@pytest.mark.parametrize("address", ["/alternatives/", "/relays/", "relay"])
def test_nothing_is_wider_than_a_phone(enter, relay, address):
    page = enter(f"/relays/{relay.pk}/" if address == "relay" else address, viewport=PHONE)
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
