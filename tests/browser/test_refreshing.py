"""Pages that refresh themselves, and what a person is doing meanwhile; back and forward; the session that expires."""

from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.utils import timezone
from playwright.sync_api import Page, expect

from tests.make import PASSWORD, make_account, make_payment

pytestmark = pytest.mark.browser
WATCH = """() => {
  window.mutations = [];
  const note = (records) => window.mutations.push(...records.map((record) => record.target.outerHTML.slice(0, 200)));
  new MutationObserver(note).observe(document.body, {subtree: true, childList: true, characterData: true});
}"""


@pytest.fixture
def account(ann):
    now = timezone.now()
    return make_account(ann, name="production", payments=[("40", now - timedelta(days=10))], now=now)


@pytest.fixture
def address(account):
    return f"/accounts/{account.pk}/"


def change(account) -> None:
    """Somebody else records a payment."""
    make_payment(account, "10", timezone.now(), now=timezone.now())


def opened(enter, address: str) -> Page:
    """The page with a clock that can be moved on."""
    page = enter("/healthz")
    page.clock.install()
    page.goto(address)
    return page


def refresh(page: Page) -> int:
    """Let ten seconds pass; return the status of the answer."""
    with page.expect_response(lambda answer: "x-version" in answer.request.headers) as answer:
        page.clock.run_for(10_500)
    answer.value.finished()
    page.clock.run_for(100)
    return answer.value.status


@pytest.mark.parametrize("place", ["board", "account"])
def test_nothing_on_the_page_is_touched_while_nothing_has_changed(enter, account, address, place):
    page = opened(enter, "/" if place == "board" else address)
    page.evaluate(WATCH)
    assert [refresh(page), refresh(page)] == [204, 204]
    assert page.evaluate("window.mutations") == []


def test_the_board_shows_a_change_by_itself_and_the_search_stays(enter, account):
    page = opened(enter, "/")
    search = page.get_by_label("Search accounts")
    search.press_sequentially("prod")
    page.clock.run_for(400)
    expect(page.locator("#board-rows")).to_contain_text("1 of 1")
    change(account)
    assert refresh(page) == 200
    expect(page.locator("#board-rows")).to_contain_text("Being rechecked")
    expect(search).to_have_value("prod")
    expect(search).to_be_focused()
    assert refresh(page) == 204
    search.press_sequentially("igy")
    page.clock.run_for(400)
    expect(page.locator("#board-rows")).to_contain_text("Nothing fits")


def test_the_account_page_shows_a_change_by_itself_and_half_typed_forms_stay(enter, account, address):
    page = opened(enter, address)
    line = page.locator("#ledger tbody tr").last
    line.get_by_role("link", name="Correct").click()
    line.get_by_label("Note").fill("half typed")
    page.get_by_label("Search models").fill("DALL")
    page.clock.run_for(400)
    expect(page.locator("#model-list tbody tr")).to_have_count(2)
    form = page.locator("#payment-form")
    form.get_by_label("Amount").fill("77")
    form.locator("summary").click()
    form.get_by_label("Note").fill("in the middle of")
    change(account)
    assert refresh(page) == 200
    expect(page.locator("#advice")).to_contain_text("may rise to Tier 2")
    expect(page.locator("#ledger tbody tr")).to_have_count(2)
    expect(form.get_by_label("Amount")).to_have_value("77")
    expect(form.get_by_label("Note")).to_have_value("in the middle of")
    expect(form.get_by_label("Note")).to_be_focused()
    expect(line.get_by_label("Note")).to_have_value("half typed")
    expect(page.get_by_label("Search models")).to_have_value("DALL")
    expect(page.locator("#model-list tbody tr")).to_have_count(2)
    assert refresh(page) == 204


def test_back_and_forward_show_whole_pages(enter, account, address):
    page = enter("/")
    page.get_by_label("Search accounts").fill("nothing like it")
    expect(page.locator("#board-rows")).to_contain_text("Nothing fits")
    assert "q=nothing" in page.url
    page.go_back()
    expect(page.locator("#board-rows")).to_contain_text("production")
    expect(page.get_by_role("heading", name="Board")).to_be_visible()
    expect(page.get_by_label("Search accounts")).to_have_value("")
    page.go_forward()
    expect(page.locator("#board-rows")).to_contain_text("Nothing fits")
    expect(page.get_by_label("Search accounts")).to_have_value("nothing like it")
    page.goto(address)
    page.get_by_label("Search models").fill("DALL")
    expect(page.locator("#model-list tbody tr")).to_have_count(2)
    page.get_by_role("link", name="Board").first.click()
    page.go_back()
    expect(page.get_by_role("heading", name="production")).to_be_visible()
    expect(page.locator(".masthead")).to_be_visible()


def test_after_the_session_expired_one_signs_in_and_is_back(enter, account, address):
    page = enter(address)
    Session.objects.all().delete()
    page.locator("#seen").get_by_role("button", name="Tier 2").click()
    page.get_by_label("Email").fill("ann@example.org")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.locator("main").get_by_role("button", name="Log in").click()
    expect(page.get_by_role("heading", name="production")).to_be_visible()
    assert page.url.endswith(address)


def test_a_server_that_is_away_is_told_and_the_form_stays(enter, account, address):
    page = enter(address)
    page.route("**/payments/", lambda route: route.abort())
    form = page.locator("#payment-form")
    form.get_by_label("Amount").fill("77")
    form.get_by_label("Day").fill("2025-05-04")
    form.get_by_role("button", name="Record payment").click()
    expect(page.locator("#messages")).to_contain_text("No answer from the server")
    expect(form.get_by_label("Amount")).to_have_value("77")
    assert enter.complaints
    enter.complaints.clear()  # the browser tells of the broken line, too
