"""One click when the provider shows another tier."""

import re
from datetime import timedelta

import pytest

from accounts import notices
from accounts.actions import sightings
from accounts.models import Delivery, Sighting
from tests.make import NOW, make_account
from tests.views.reading import HTMX, has, html_of, words_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]


@pytest.fixture
def account(ann):
    return make_account(ann, name="production", seen="tier-2", payments=[("100", "05-01")])


@pytest.fixture
def address(account):
    return f"/accounts/{account.pk}/seen/"


def test_every_tier_is_one_click_away_and_the_current_one_is_marked(signed_in, account):
    page = html_of(signed_in.get(f"/accounts/{account.pk}/")).split('id="seen"')[1]
    tiers = re.findall(r'name="tier" value="([^"]+)"( aria-pressed="true")?', page)
    assert [tier for tier, _pressed in tiers] == ["free", "tier-1", "tier-2", "tier-3", "tier-4", "tier-5"]
    assert [tier for tier, pressed in tiers if pressed] == ["tier-2"]


def test_a_rise_changes_the_page_in_one_round_trip(signed_in, account, address):
    answer = signed_in.post(address, {"tier": "tier-3"}, headers=HTMX)
    assert answer.headers["HX-Reswap"] == "none"
    assert "has risen to Tier 3" in words_of(answer, "advice")
    assert "Tier 3 shown now" in words_of(answer, "ladder")
    assert "The provider shows Tier 3 ; it was Tier 2" in words_of(answer, "history")
    assert "it has risen" in words_of(answer, "messages")
    assert not has(answer, "payment-form"), "what is half typed there stays"


def test_a_fall_is_said_until_somebody_takes_note(signed_in, account, address):
    answer = signed_in.post(address, {"tier": "tier-1"}, headers=HTMX)
    assert "has fallen from Tier 2 to Tier 1" in words_of(answer, "advice")
    assert signed_in.post(f"/accounts/{account.pk}/fall/").headers["Location"] == "/"
    assert "has fallen" not in words_of(signed_in.get(f"/accounts/{account.pk}/"), "advice")


def test_without_htmx_leads_back_to_the_page(signed_in, account, address):
    assert signed_in.post(address, {"tier": "tier-3"}).headers["Location"] == f"/accounts/{account.pk}/"
    account.refresh_from_db()
    assert (account.seen_tier, account.seen_rose_at) == ("tier-3", NOW)


def test_a_double_click_keeps_the_instant_of_the_rise(signed_in, account, address, clock):
    for _click in range(2):
        signed_in.post(address, {"tier": "tier-3"})
        clock.shift(3)
    account.refresh_from_db()
    assert account.seen_rose_at == NOW


@pytest.mark.parametrize("tier", ["", "tier-99", "x" * 100_000, "<svg onload=x>", "../tier-1", "TIER-1"])
def test_a_tier_that_is_none_is_told(signed_in, account, address, tier):
    answer = signed_in.post(address, {"tier": tier}, headers=HTMX)
    assert answer.status_code == 200
    assert "no such tier" in words_of(answer, "messages")
    assert Sighting.objects.count() == 1


def test_looking_changes_nothing(signed_in, address):
    assert signed_in.get(address).status_code == 405


def test_taking_note_of_no_fall_is_harmless(signed_in, account):
    assert signed_in.post(f"/accounts/{account.pk}/fall/").status_code == 302
    assert not account.events.filter(kind="fall_noted").exists()


class TestASlip:
    """The wrong tier was clicked."""

    def undo_of(self, answer) -> str:
        return re.findall(r'action="([^"]+/withdraw/)"', html_of(answer))[-1]

    def state(self, account) -> tuple:
        account.refresh_from_db()
        return tuple(getattr(account, name) for name in sightings.SEEN)

    @pytest.mark.parametrize("slip", ["tier-1", "tier-2", "tier-3"])
    def test_is_undone_as_if_it_had_never_been(self, signed_in, account, address, clock, slip):
        before, advice = self.state(account), account.standing.advice_code
        clock.shift(60)
        undo = self.undo_of(signed_in.post(address, {"tier": slip}, headers=HTMX))
        answer = signed_in.post(undo, headers=HTMX)
        assert "Undone" in words_of(answer, "messages")
        assert "has fallen" not in words_of(answer, "advice")
        assert self.state(account) == before
        account.standing.refresh_from_db()
        assert account.standing.advice_code == advice

    def test_of_a_fall_brings_the_earlier_fall_back(self, signed_in, account, address, clock):
        signed_in.post(address, {"tier": "tier-1"})
        before = self.state(account)
        clock.shift(60)
        undo = self.undo_of(signed_in.post(address, {"tier": "tier-3"}, headers=HTMX))
        signed_in.post(undo)
        assert self.state(account) == before
        assert account.fell_from == "tier-2"

    def test_stays_in_the_history_and_leaves_the_timeline(self, signed_in, account, address, clock):
        clock.shift(60)
        signed_in.post(self.undo_of(signed_in.post(address, {"tier": "free"}, headers=HTMX)))
        page = signed_in.get(f"/accounts/{account.pk}/")
        assert "Taken back: the provider shows Tier 2, not Free" in words_of(page, "history")
        assert [seen.tier for seen in account.sightings.in_order()] == ["tier-2"]

    def test_sends_no_mail_of_a_fall_that_was_none(self, signed_in, account, address, settings, clock):
        undo = self.undo_of(signed_in.post(address, {"tier": "free"}, headers=HTMX))
        signed_in.post(undo)
        notices.deliver(now=NOW + timedelta(hours=1))
        [delivery] = Delivery.objects.filter(notice__kind="tier_seen")
        assert delivery.status == "cancelled"

    def test_undone_twice_is_undone_once(self, signed_in, account, address):
        undo = self.undo_of(signed_in.post(address, {"tier": "tier-3"}, headers=HTMX))
        for _click in range(2):
            signed_in.post(undo)
        assert self.state(account)[0] == "tier-2"
        assert account.events.filter(kind="sighting_withdrawn").count() == 1

    def test_cannot_be_undone_after_something_else(self, signed_in, account, address, clock):
        undo = self.undo_of(signed_in.post(address, {"tier": "tier-3"}, headers=HTMX))
        clock.shift(60)
        signed_in.post(address, {"tier": "tier-4"})
        assert "Something came after it" in words_of(signed_in.post(undo, headers=HTMX), "messages")
        assert self.state(account)[0] == "tier-4"

    def test_a_fall_that_was_noted_stays(self, signed_in, account, address):
        undo = self.undo_of(signed_in.post(address, {"tier": "tier-1"}, headers=HTMX))
        signed_in.post(f"/accounts/{account.pk}/fall/")
        assert "Something came after it" in words_of(signed_in.post(undo, headers=HTMX), "messages")

    def test_of_another_account_is_not_there(self, signed_in, account, address, ann):
        other = make_account(ann, name="other")
        sighting = other.sightings.get()
        assert signed_in.post(f"{address}{sighting.pk}/withdraw/").status_code == 404
