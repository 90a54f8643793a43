"""Channels in a real browser: adding one, copying its secret, sending a test to a real receiver."""

import re

import pytest
from django.conf import settings as django_settings
from django.core.cache import cache
from django.test import override_settings
from playwright.sync_api import expect

from accounts.models import Channel
from tests.browser.conftest import PHONE
from tests.make import make_channel
from tests.receiver import running

pytestmark = pytest.mark.browser


@pytest.fixture
def receiver(transactional_db):
    """One on this machine, which the operator allows."""
    cache.clear()
    with running() as held, override_settings(OUTSIDE=held.allowed):
        assert django_settings.OUTSIDE.is_allowed("127.0.0.1", held.port)
        yield held


@pytest.mark.parametrize("has_script", [True, False])
def test_a_webhook_is_added_and_tried(enter, receiver, has_script):
    options = {"permissions": ["clipboard-read", "clipboard-write"]} if has_script else {"java_script_enabled": False}
    page = enter("/channels/", **options)
    page.get_by_role("link", name="Webhook A signed POST").click()
    page.get_by_label("Name", exact=True).fill("Ops receiver")
    page.get_by_label("Address", exact=True).fill(f"http://127.0.0.1:{receiver.port}/in/Very-Secret-8Kd2")
    page.get_by_role("button", name="Add channel").click()
    secret = page.get_by_label("Signing secret", exact=True)
    expect(secret).to_have_value(re.compile(r"whsec_[A-Za-z0-9+/]{43}="))
    if has_script:
        page.locator("[data-copy=signing-secret]").click()
        expect(page.locator("[data-copy=signing-secret]")).to_contain_text("Copied")
        assert page.evaluate("navigator.clipboard.readText()") == secret.input_value()
        page.get_by_text("How to check a call, in Python").click()
        expect(page.locator("#verifying")).to_be_visible()
    row = page.locator(".channel")
    expect(row).to_contain_text("127.0.0.1 …8Kd2")
    expect(row).to_contain_text("Not tried yet")
    row.get_by_role("button", name="Send a test").click()
    expect(row).to_contain_text("Works")
    expect(row).to_contain_text("It answered 200. ok")
    assert [taken.document["kind"] for taken in receiver.taken] == ["test"]
    assert "Very-Secret" not in page.content()
    if has_script:  # the answer came into the row: the secret still stands above it
        expect(secret).to_be_visible()
        row.get_by_role("button", name="Send a test").click()
        expect(page.locator("#messages")).to_contain_text("please wait a little")


def test_a_chat_service_is_added_after_a_slip_and_tried(enter, receiver):
    page = enter("/channels/")
    page.get_by_role("link", name="ntfy").click()
    page.get_by_label("Address of ntfy").fill("ntfy://ntfy.example.org/a-long-topic")
    page.get_by_role("button", name="Add channel").click()
    expect(page.locator("#id_target_error")).to_contain_text("must begin with https")
    assert page.evaluate("sessionStorage.getItem('typed')") is None
    cache.clear()  # a person takes longer
    page.get_by_label("Address of ntfy").fill(f"ntfy://127.0.0.1:{receiver.port}/a-long-topic")
    page.get_by_role("button", name="Add channel").click()
    row = page.locator(".channel")
    row.get_by_role("button", name="Send a test").click()
    expect(row).to_contain_text("Works", timeout=20_000)
    assert receiver.taken[0].document["title"] == "A test from tierdash"


def test_one_that_is_paused_says_so_until_it_is_resumed(enter, ann):
    make_channel(ann, name="Hook")
    page = enter("/channels/")
    page.get_by_role("button", name="Pause").click()
    expect(page.locator(".channel .chip")).to_have_text("Paused")
    page.get_by_role("button", name="Resume").click()
    expect(page.locator(".channel .chip")).to_have_text("Not tried yet")
    page.get_by_text("New secret, remove").click()
    page.get_by_role("button", name="Remove for good").click()
    expect(page.locator("main")).to_contain_text("No channel yet")
    assert Channel.objects.get().is_removed


@pytest.mark.parametrize("address", ["/channels/", "/channels/new/teams/", "/notices/"])
def test_nothing_is_wider_than_a_phone(enter, ann, address):
    make_channel(
        ann, name="x" * 100, target="https://" + ".".join(["long-name-of-a-host"] * 9) + ".org/in/Very-Secret-8Kd2"
    )
    page = enter(address, viewport=PHONE)
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
