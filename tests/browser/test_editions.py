"""Models and rulebooks in a real browser: searching, going back, without JavaScript, on a phone, for every reader."""

import os
from collections.abc import Iterator

import pytest
from django.test import Client
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect, sync_playwright

from accounts import actions
from accounts.gateways import published
from tests import make
from tests.browser.chromium import launch_chromium

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
PAGES = ("/models/", "/models/?rulebook=openai/2026-05", "/rulebooks/", "/rulebooks/openai/2025-05/")


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    # Playwright's loop runs in this thread; Django must still be allowed to use its database here.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    with sync_playwright() as playwright:
        browser = launch_chromium(playwright)
        yield browser
        browser.close()
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture
def open_page(chromium, live_server, settings):
    """Open a page as a person with accounts; what the browser complains of fails the test."""
    # The live server of tests serves the sources of static files, by their plain names.
    plain = {"staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
    settings.STORAGES = settings.STORAGES | plain
    now = timezone.now()
    actions.adopt(published.editions().values(), now=now)
    user = make.make_user(now=now)
    for name, seen in (("production", "tier-3"), ("sandbox", "free")):
        make.make_account(user, name=name, seen=seen, now=now)
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    cookie = {"name": settings.SESSION_COOKIE_NAME, "value": client.cookies["session"].value, "url": live_server.url}
    complaints, contexts = [], []

    def open_(path: str, **facts) -> Page:
        context = chromium.new_context(base_url=live_server.url, **facts)
        contexts.append(context)
        context.add_cookies([cookie])
        page = context.new_page()
        page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(path)
        return page

    yield open_
    for context in contexts:
        context.close()
    assert complaints == []


def test_a_search_narrows_the_matrix_in_place_and_back_shows_the_whole_page(open_page):
    page = open_page("/models/")
    page.evaluate("window.still = 'the same page'")
    expect(page.locator("#matrix tbody tr")).to_have_count(10)
    page.get_by_label("Search").fill("sora")
    expect(page.locator("#matrix tbody tr")).to_have_count(2)
    assert page.evaluate("window.still") == "the same page"
    assert "q=sora" in page.url
    page.get_by_label("Kind").select_option("image")
    expect(page.locator("#matrix")).to_contain_text("No model fits")
    page.go_back()
    expect(page.locator("#matrix tbody tr")).to_have_count(2)
    page.wait_for_load_state("networkidle")
    page.go_back()
    expect(page.locator("#matrix tbody tr")).to_have_count(10)
    expect(page.locator("h1")).to_have_text("Models")
    expect(page.get_by_label("Search")).to_have_value("")


def test_another_edition_is_one_choice_away(open_page):
    page = open_page("/models/")
    page.get_by_label("Edition").select_option("openai/2026-10-06")
    expect(page.locator("#matrix-title")).to_have_text("OpenAI since 6 October 2026")
    expect(page.locator("#matrix")).to_contain_text("Grow")
    expect(page.locator("#matrix")).to_contain_text("Your accounts on other editions")


def test_who_can_use_a_model_unfolds(open_page):
    page = open_page("/models/?q=o3-mini")
    page.get_by_text("1 of 2").click()
    expect(page.locator("details.use").first).to_contain_text("Can use it today: production")
    expect(page.locator("details.use").first).to_contain_text("Cannot yet: sandbox")


def test_it_works_without_javascript(open_page):
    page = open_page("/models/", java_script_enabled=False)
    page.get_by_label("Search").fill("dall-e")
    page.get_by_role("button", name="Show").click()
    expect(page.locator("#matrix tbody tr")).to_have_count(2)


@pytest.mark.parametrize("path", PAGES)
def test_no_page_is_wider_than_the_smallest_screen(open_page, path):
    page = open_page(path, viewport={"width": 320, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
