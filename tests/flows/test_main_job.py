"""The main job, end to end, as a person does it: a fresh instance, a browser, and a real mail.

PostgreSQL with its queue, web, worker and beat are started by the launcher; mail goes to a real SMTP server; the
person is Chromium. The clock of the world is the real one: a wait that ends within the next minute really ends.
"""

import re
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Page, expect, sync_playwright

from tests.browser.chromium import launch_chromium
from tests.sink import Sink, running
from tierdash.launcher import processes

pytestmark = [pytest.mark.process, pytest.mark.browser]
WEEK = timedelta(days=7)


@pytest.fixture
def post():
    with running(Sink()) as server:
        yield server


@pytest.fixture
def page(post):
    with sync_playwright() as playwright:
        browser = launch_chromium(playwright)
        context = browser.new_context(locale="en-US", timezone_id="UTC", viewport={"width": 1280, "height": 1000})
        context.set_default_timeout(20_000)
        yield context.new_page()
        browser.close()


def next_minute() -> datetime:
    """A full minute that is near, but far enough to enter a payment before it comes."""
    return (datetime.now(UTC) + timedelta(seconds=72)).replace(second=0, microsecond=0)


def record(page: Page, amount: str, at: datetime) -> None:
    form = page.locator("#payment-form")
    form.get_by_label("Amount").fill(amount)
    form.get_by_label("Day").fill(f"{at:%Y-%m-%d}")
    if not form.get_by_label("Time").is_visible():
        form.locator("summary").click()
    form.get_by_label("Time").fill(f"{at:%H:%M}")
    form.get_by_role("button", name="Record payment").click()
    expect(page.locator("#messages")).to_contain_text("recorded")


def test_from_sign_up_to_the_upgrade_ready_mail(launch, post, page):
    instance = launch(
        EMAIL_URL=f"smtp://127.0.0.1:{post.port}",
        TIERDASH_BEAT_SECONDS="2",
        TIERDASH_NOTICE_GRACE_SECONDS="0",
    ).wait_until_it_runs()

    # A stranger signs up and becomes the administrator.
    page.goto(f"http://127.0.0.1:{instance.port}/")
    page.get_by_role("link", name="Sign up").first.click()
    page.get_by_label("Email").fill("ann@example.org")
    page.get_by_label("Password", exact=True).fill("correct-horse-battery")
    page.get_by_role("button", name="Sign up").click()
    assert instance.query("SELECT is_superuser, time_zone FROM accounts_user") == [(True, "UTC")]

    # One form for the account, at Tier 1 of the founding article.
    page.get_by_role("link", name="Add account").first.click()
    page.get_by_label("Name").fill("production-eu")
    page.get_by_label("Tier that the provider shows now").select_option("tier-1")
    page.get_by_role("button", name="Add account").click()
    expect(page.get_by_role("heading", name="production-eu")).to_be_visible()

    # A payment whose seven days end in a minute.
    due = next_minute()
    record(page, "50", due - WEEK)
    expect(page.locator("#advice")).to_contain_text("The wait ends")
    assert [m for m in post.accepted if "Tier 2" in str(m["Subject"])] == []

    # Nobody touches the page: it changes by itself, and one mail arrives, because beat and worker noticed.
    page.evaluate("window.untouched = true")
    expect(page.locator("#advice")).to_contain_text("Top up $5.00", timeout=150_000)
    assert page.evaluate("window.untouched")
    assert datetime.now(UTC) >= due
    assert processes.wait_until(lambda: len(upgrade_mails(post)) > 0, 30)
    [mail] = upgrade_mails(post)
    assert mail["To"] == "ann@example.org"
    assert "$5.00" in mail["Subject"]
    for kind in ("plain", "html"):
        assert "production-eu" in mail.get_body((kind,)).get_content()
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"

    # The top-up is its own trigger; then the provider shows the tier.
    record(page, "5", datetime.now(UTC))
    expect(page.locator("#advice")).to_contain_text("may rise to Tier 2")
    page.locator("#seen").get_by_role("button", name="Tier 2").click()
    expect(page.locator("#advice")).to_contain_text("has risen to Tier 2")
    expect(page.locator("#ladder .is-seen")).to_contain_text("Tier 2")

    # A few more rounds of the clock bring nothing more.
    rounds = "SELECT count(*) FROM accounts_jobrun WHERE job = 'deliver' AND finished_at IS NOT NULL"
    [(before,)] = instance.query(rounds)
    assert processes.wait_until(lambda: instance.query(rounds)[0][0] >= before + 3, 30)
    assert len(upgrade_mails(post)) == 1
    assert instance.query("SELECT status, attempts FROM accounts_delivery") == [("sent", 1)]

    # The link in the mail unsubscribes: the page asks, the button does it.
    page.goto(re.search(r"<(.+)>", mail["List-Unsubscribe"])[1])
    page.locator("main").get_by_role("button").click()
    assert instance.query("SELECT muted_kinds FROM accounts_user") == [(["upgrade_ready"],)]

    assert instance.stop() == 0


def upgrade_mails(post) -> list:
    return [mail for mail in post.accepted if "Tier 2" in str(mail["Subject"])]
