"""A person at a real Chromium, before the product served from this process. Whatever the console complains about fails.

One browser and one server for all tests; the database is emptied after each. The clock is the real one in the server;
in a page it can be moved on, so that ten seconds between two refreshes take none.
"""

import os
import re
from collections.abc import Callable, Iterator

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from tests import make
from tests.browser.chromium import launch_chromium

WIDE, PHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 844}
# Answers of 4xx that the page handles are told by the browser, requests that gave way to others by htmx.
ORDINARY = re.compile(r"status of 4|^htmx:(?:afterRequest|sendAbort)\b")


@pytest.fixture(scope="session", autouse=True)
def static_files() -> Iterator[None]:
    """Serve the static files from where they are written, without collecting them first."""
    before = settings.STORAGES
    settings.STORAGES = before | {"staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
    yield
    settings.STORAGES = before


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        # Playwright's own loop runs in this thread, which Django takes for asynchronous code.
        os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
        browser = launch_chromium(playwright)
        yield browser
        browser.close()
        del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture
def ann(transactional_db):
    return make.make_user("ann@example.org", time_zone="Europe/Berlin")


@pytest.fixture
def enter(chromium, live_server, ann) -> Iterator[Callable[..., Page]]:
    """Open a page as Ann, signed in. Options are those of a browser context, such as `java_script_enabled`."""
    contexts: list[BrowserContext] = []
    complaints: list[str] = []

    def open_page(address: str = "/", **options) -> Page:
        context = chromium.new_context(
            **{"viewport": WIDE, "locale": "en-US", "base_url": live_server.url, "reduced_motion": "reduce"} | options
        )
        context.set_default_timeout(8000)
        contexts.append(context)
        client = Client()
        client.force_login(ann)
        session = client.cookies[settings.SESSION_COOKIE_NAME].value
        context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": live_server.url}])
        page = context.new_page()
        page.on("console", lambda said: complaints.append(said.text) if said.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(address)
        return page

    expect.set_options(timeout=8000)
    open_page.complaints = complaints
    yield open_page
    for context in contexts:
        context.close()
    assert [said for said in complaints if not ORDINARY.search(said)] == []
