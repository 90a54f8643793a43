"""The page of what climbing took: local, honest with few, and nobody else's."""

from datetime import timedelta

import pytest

from accounts import actions
from accounts.models import Escalation
from tests.make import NOW, instant, make_account, make_payment, make_user
from tests.views.reading import words_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]
TRIGGER = instant("05-08T12:00")


def climb(owner, hours: int, *, name: str = "", asks: bool = False):
    """An account whose Tier 2 was within reach on 8 May, 10:00, and came some hours after the top-up at 12:00."""
    account = make_account(owner, name=name, payments=[("50", "05-01T10:00")], now=instant("05-01T10:00"))
    actions.reconcile(now=instant("05-08T10:00"))
    make_payment(account, "5", TRIGGER, now=TRIGGER)
    came = TRIGGER + timedelta(hours=hours)
    actions.reconcile(now=came)
    if asks:
        held = Escalation.objects.get(episode__account=account)
        actions.tick_step(held, step="support_asked", by=owner, now=came)
    actions.see_tier(account, tier="tier-2", seen_at=came, by=owner, now=came)
    return account


def test_an_empty_one_says_what_will_stand_there(signed_in):
    assert "Nothing has been climbed yet" in words_of(signed_in.get("/experience/"))


def test_fewer_than_three_are_listed_one_by_one(signed_in, ann):
    climb(ann, 60)
    climb(ann, 3)
    words = words_of(signed_in.get("/experience/"), "content")
    assert "OpenAI 2 3 h, 2 days 5 h, 3 days 2 top-ups · support asked 0 times" in words


def test_from_three_on_there_is_a_median_and_a_range(signed_in, ann):
    for hours in (3, 60, 10):
        climb(ann, hours, asks=hours == 60)
    words = words_of(signed_in.get("/experience/"), "content")
    assert "OpenAI 3 10 h (3 h to 2 days) 12 h (5 h to 3 days) 3 top-ups · support asked once" in words


def test_what_is_under_way_or_given_up_is_listed_and_not_counted(signed_in, ann):
    make_account(ann, name="open", payments=[("50", "05-01")])
    given_up = make_account(ann, name="given-up", payments=[("50", "05-01")])
    held = Escalation.objects.get(episode__account=given_up)
    actions.resolve_escalation(held, how="gave_up", by=ann, now=NOW)
    words = words_of(signed_in.get("/experience/"), "content")
    assert "Upgrades" not in words
    assert "open · Tier 2 Thu 8 May, 00:00 UTC – under way" in words
    assert "given-up · Tier 2 Thu 8 May, 00:00 UTC – not pursued Tue 20 May, 12:00 UTC 12 days" in words


def test_that_of_others_is_nobodys(signed_in, ann):
    climb(make_user(), 5, name="foreign")
    assert "Nothing has been climbed yet" in words_of(signed_in.get("/experience/"))


def test_a_viewer_sees_it(see, ann):
    climb(ann, 5, name="production")
    assert "production" in words_of(see.get("/experience/"), "content")


def test_an_archived_account_keeps_its_experience(signed_in, ann):
    account = climb(ann, 5)
    actions.archive_account(account, by=ann, now=NOW)
    assert "OpenAI 1" in words_of(signed_in.get("/experience/"), "content")


def test_the_path_of_another_account_tells_it(signed_in, ann):
    climb(ann, 5)
    due = make_account(ann, payments=[("50", "05-01")])
    words = words_of(signed_in.get(f"/accounts/{due.pk}/"), "escalation")
    assert "After the top-up, it took 5 h here. All of them" in words
    for hours in (3, 60):
        climb(ann, hours)
    words = words_of(signed_in.get(f"/accounts/{due.pk}/"), "escalation")
    assert "After the top-up, it took 3 h to 2 days here, half of 3 within 5 h." in words


def test_a_provider_without_any_tells_nothing(signed_in, ann):
    climb(ann, 5)
    other = make_account(ann, rulebook="openai/2024-12", payments=[("50", "05-01")])
    assert "it took" in words_of(signed_in.get(f"/accounts/{other.pk}/"), "escalation"), "the same provider"
    xai = make_account(ann, rulebook="xai/2026", seen="tier-0", payments=[("50", "05-01")])
    assert "it took" not in words_of(signed_in.get(f"/accounts/{xai.pk}/"), "escalation")


def test_its_cost_does_not_grow(signed_in, ann, django_assert_max_num_queries):
    for hours in range(4):
        climb(ann, hours + 1)
    signed_in.get("/experience/")
    with django_assert_max_num_queries(8):
        signed_in.get("/experience/")
