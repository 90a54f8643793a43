"""For every eye and every screen: nothing scrolls sideways on a phone, and axe finds nothing serious."""

from datetime import timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.utils import timezone

from accounts import actions
from accounts.models import Payment
from tests.browser.conftest import PHONE, WIDE
from tests.make import make_account, make_payment

pytestmark = pytest.mark.browser
TOO_WIDE = """() => document.documentElement.scrollWidth <= innerWidth ? [] : [...document.querySelectorAll("main *")]
  .filter((element) => element.getBoundingClientRect().right > innerWidth)
  .map((element) => element.outerHTML.slice(0, 99))
"""
SERIOUS = ("serious", "critical")


@pytest.fixture
def places(ann):
    """Every page of accounts, with much on it: long names, every reason, a hint, an archive."""
    now = timezone.now()
    paid = now - timedelta(days=20)
    account = make_account(
        ann, name="a-very-long-name-without-any-place-to-break-" + "x" * 50, organization_ref="org-" + "y" * 90,
        goal={"tier": "tier-5"}, payments=[("40", paid)], now=now,
    )  # fmt: skip
    payment = Payment.objects.get()
    make_payment(account, "100", paid, kind="grant", note="n" * 200, now=now)
    make_payment(account, "30", paid, status="failed", reference="r" * 100, now=now)
    refund = make_payment(account, "-5", now, kind="refund", undoes=payment, now=now)
    actions.void_payment(refund, by=ann, now=now)
    make_account(ann, name="waiting", payments=[("50", now - timedelta(days=2))], now=now)
    fallen = make_account(ann, name="fallen", seen="tier-3", rulebook="openai/2024-12", now=now)
    actions.see_tier(fallen, tier="tier-1", seen_at=now, by=ann, now=now)
    actions.archive_account(make_account(ann, name="old", now=now), by=ann, now=now)
    place = f"/accounts/{account.pk}/"
    return {
        "board": "/",
        "account": place,
        "edit": f"{place}edit/",
        "move": f"{place}move/",
        "open": "/accounts/new/",
        "archive": "/accounts/archive/",
        "correct": f"/payments/{payment.uid}/",
    }


def open_everything(page) -> None:
    """The folded part of the payment form and the form in a line."""
    page.locator("#payment-form summary").click()
    page.locator("#ledger").get_by_role("link", name="Correct").first.click()
    page.locator("#ledger form.editor").wait_for()


def test_no_page_scrolls_sideways_on_a_phone(enter, places):
    page = enter("/", viewport=PHONE)
    for name, place in places.items():
        page.goto(place)
        if name == "account":
            open_everything(page)
        assert page.evaluate(TOO_WIDE) == [], name


@pytest.mark.parametrize(("screen", "scheme"), [(WIDE, "dark"), (PHONE, "light")], ids=["wide-dark", "phone-light"])
def test_axe_finds_nothing_serious(enter, places, scheme, screen):
    page = enter("/", color_scheme=scheme, viewport=screen)
    for name, place in places.items():
        page.goto(place)
        if name == "account":
            open_everything(page)
        found = Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]
        serious = [(v["id"], v["nodes"][0]["html"][:120]) for v in found if v["impact"] in SERIOUS]
        assert serious == [], name
