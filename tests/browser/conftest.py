"""A person at a real Chromium, before the product served from this process. Whatever the console complains about fails.

One server for all tests, one browser for each file; the database is emptied after each. The clock is the real one in
the server; in a page it can be moved on, so that ten seconds between two refreshes take none.
"""

import re
from collections.abc import Callable, Iterator

import pytest
from django.conf import settings
from django.core.management import call_command
from django.test import Client, override_settings
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from tests import make
from tests.browser.chromium import launch_chromium

WIDE, PHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 844}
# Answers of 4xx that the page handles are told by the browser, requests that gave way to others by htmx.
ORDINARY = re.compile(r"status of 4|^htmx:(?:afterRequest|sendAbort)\b")


@pytest.fixture(scope="module", autouse=True)
def static_files(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Static files by their plain names: the live server reads them where they are written, views where collected."""
    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    root = str(tmp_path_factory.mktemp("static"))
    with override_settings(STORAGES=settings.STORAGES | {"staticfiles": plain}, STATIC_ROOT=root):
        call_command("collectstatic", interactive=False, verbosity=0)
        yield


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """One for each file: its loop runs in this thread as long as it lives, and other tests have loops of their own."""
    with sync_playwright() as playwright, pytest.MonkeyPatch.context() as patch:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")  # Django takes a thread with a loop for asynchronous code
        browser = launch_chromium(playwright)
        yield browser
        browser.close()


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
