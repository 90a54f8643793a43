"""Every page in a real browser, for every reader: both languages, light and dark, on a phone and on a wide screen."""

from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.core.management import call_command
from django.test import override_settings
from playwright.sync_api import Browser, BrowserContext, expect

from tests.browser import demo

# The demo is stored before the first test and its transaction: what a test sees is what the server sees.
pytestmark = [pytest.mark.browser, pytest.mark.django_db]
WIDTHS = (390, 1280)
# Only what is wrong is told in full: the rest would be most of the time.
EVERYTHING = {"resultTypes": ["violations"], "iframes": False}
NO_COLOURS = {"color-contrast": {"enabled": False}}
COLOURS_ONLY = EVERYTHING | {"runOnly": ["color-contrast"]}
# Every language and every width is looked at whole once; their other pairs differ only in what can be too broad.
# Colours depend on neither, and weighing them is most of the work: they are looked at once, in light and dark.
WITH_COLOURS, WITHOUT = ("en", 1280), ("zh-hans", 390)
# What a person must be able to reach and lies beyond the edge of its rows, which cut it off.
CUT_OFF = """() => [...document.querySelectorAll(".rows :is(td, th, .button)")]
  .filter((part) => part.checkVisibility())
  .filter((part) => part.getBoundingClientRect().right > part.closest(".rows").getBoundingClientRect().right + 1)
  .map((part) => part.outerHTML.slice(0, 120))
"""
# Pages whose parts come one after the other; the rest are one piece.
SHIFTED_IF_ANY = ("log-in", "board", "account", "models", "notices")
BOARD_LIMIT = 150_000
SHIFTS = """
  window.shift = 0;
  new PerformanceObserver((list) => { for (const entry of list.getEntries()) window.shift += entry.value; })
    .observe({type: "layout-shift", buffered: true});
"""


@dataclass
class Site:
    address: str
    browser: Browser
    tour: demo.Tour

    def enter(self, person: str = demo.OWNER, language: str = "en", **facts) -> BrowserContext:
        key = self.tour.keys.get((person, language), "")
        return demo.enter(self.browser, self.address, key, language, **facts)


@pytest.fixture(scope="module", autouse=True)
def static_files(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Static files as an installation serves them: compressed, with a hash in each name."""
    with override_settings(STATIC_ROOT=str(tmp_path_factory.mktemp("static")), WHITENOISE_AUTOREFRESH=False):
        call_command("collectstatic", interactive=False, verbosity=0)
        yield


@pytest.fixture(scope="module")
def site(static_files, django_db_setup, django_db_blocker) -> Iterator[Site]:
    """The demo, filled once for all of these tests: they only look, except at the choices of a person."""
    with django_db_blocker.unblock(), demo.standing_clock(), demo.served() as address, demo.browsing() as browser:
        try:
            yield Site(address, browser, demo.prepare())
        finally:
            call_command("flush", interactive=False, verbosity=0)


def issues(found) -> dict[str, str]:
    return {issue["id"]: issue["nodes"][0]["html"] for issue in found.response["violations"]}


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("language", demo.ZONES)
def test_every_reader_can_use_every_page(site, language, width):
    """Nothing for axe-core to find, in light and dark; nothing too wide or cut off; nothing the browser minds."""
    window = {"viewport": {"width": width, "height": 900}, "reduced_motion": "reduce"}
    axe, wrong, complaints = Axe(), {}, []
    for person in (demo.OWNER, demo.NEW, ""):
        page = site.enter(person, language, **window).new_page()
        page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        for stop in (stop for stop in site.tour.stops if stop.person == person):
            complaints.clear()
            page.emulate_media(color_scheme="light")
            assert page.goto(stop.path).status == stop.status, stop.name
            found = {}
            if (language, width) == WITHOUT:
                found = issues(axe.run(page, options=EVERYTHING | {"rules": NO_COLOURS}))
            if (language, width) == WITH_COLOURS:
                found = issues(axe.run(page, options=EVERYTHING))
                page.emulate_media(color_scheme="dark")
                found |= {f"{rule}, dark": html for rule, html in issues(axe.run(page, options=COLOURS_ONLY)).items()}
            if (broad := page.evaluate("document.documentElement.scrollWidth")) > width:
                found["too broad"] = str(broad)
            if cut := page.evaluate(CUT_OFF):
                found["cut off"] = "; ".join(cut[:3])
            # The browser says of a page that is not there that it is not there.
            if said := [text for text in complaints if stop.status == 200 or "status of" not in text]:
                found["the browser complains"] = "; ".join(said)
            if found:
                wrong[stop.name] = found
        page.context.close()
    assert wrong == {}


def test_the_first_visit_of_the_board_is_light_and_asks_nobody_else(site):
    page = site.enter(viewport={"width": 1280, "height": 900}).new_page()
    network = page.context.new_cdp_session(page)
    network.send("Network.enable")
    sizes, hosts = {}, set()
    network.on("Network.requestWillBeSent", lambda event: hosts.add(urlsplit(event["request"]["url"]).netloc))
    network.on("Network.loadingFinished", lambda event: sizes.update({event["requestId"]: event["encodedDataLength"]}))
    page.goto("/", wait_until="networkidle")
    page.context.close()
    assert hosts == {urlsplit(site.address).netloc}
    assert len(sizes) >= 6, "the page, its stylesheets and its scripts"
    assert sum(sizes.values()) < BOARD_LIMIT


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", SHIFTED_IF_ANY)
def test_nothing_moves_while_a_page_comes(site, name, width):
    stop = site.tour.stop(name)
    context = site.enter(stop.person, viewport={"width": width, "height": 900})
    context.add_init_script(SHIFTS)
    page = context.new_page()
    page.goto(stop.path, wait_until="networkidle")
    shift = page.evaluate("window.shift")
    context.close()
    assert shift < 0.01


@pytest.mark.parametrize("has_script", [True, False])
def test_a_person_chooses_the_dark_in_their_menu(site, has_script):
    context = site.enter(demo.NEW, color_scheme="light", java_script_enabled=has_script)
    page = context.new_page()
    page.goto("/profile/")
    page.get_by_role("button", name="Menu of").click()
    page.get_by_role("button", name="Dark").click()
    expect(page).to_have_url(f"{site.address}/profile/")
    expect(page.locator("html")).to_have_css("background-color", "rgb(17, 19, 15)")
    page.goto("/")
    expect(page.locator("html")).to_have_css("background-color", "rgb(17, 19, 15)")
    page.get_by_role("button", name="Menu of").click()
    page.get_by_role("button", name="System").click()
    expect(page.locator("html")).to_have_css("background-color", "rgb(247, 247, 244)")
    context.close()


def test_a_stranger_chooses_with_the_keyboard_alone(site):
    context = site.enter("", color_scheme="light")
    page = context.new_page()
    page.goto("/account/login/")
    page.get_by_role("button", name="Light or dark").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="System")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    context.close()


def test_an_account_on_paper_is_all_content(site):
    context = site.enter(color_scheme="dark", viewport={"width": 794, "height": 1123})
    page = context.new_page()
    page.goto(site.tour.stop("account").path)
    page.emulate_media(media="print")
    expect(page.locator("html")).to_have_css("background-color", "rgb(255, 255, 255)")
    for hidden in (".masthead", "#payment-form", ".shows", ".foot", ".ledger .actions"):
        expect(page.locator(hidden).first).to_be_hidden()
    for shown in ("h1", "#advice", "#ladder", "#ledger"):
        expect(page.locator(shown).first).to_be_visible()
    context.close()


def test_a_reader_who_wants_no_motion_gets_none(site):
    context = site.enter(reduced_motion="reduce")
    page = context.new_page()
    page.goto("/")
    moving = page.evaluate(
        """[...document.querySelectorAll("*")].filter((element) => {
          const style = getComputedStyle(element);
          return parseFloat(style.transitionDuration) > 0 || style.animationName !== "none";
        }).map((element) => element.outerHTML.slice(0, 80))"""
    )
    context.close()
    assert moving == []
