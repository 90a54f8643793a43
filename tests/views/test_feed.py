"""The calendar's section of the profile."""

from datetime import timedelta

import pytest
from django.conf import settings

from accounts import actions
from accounts.models import Feed
from tests import make
from tests.views.reading import HTMX, html_of, words_of


@pytest.fixture
def feed(ann, clock):
    return actions.open_feed(ann, now=make.NOW)


def section(client):
    return words_of(client.get("/profile/"), "calendar")


def test_one_button_makes_an_address_which_the_page_then_shows(signed_in, ann, clock):
    assert "Make a secret address" in section(signed_in)
    answer = signed_in.post("/feed/open/")
    assert (answer.status_code, answer.headers["Location"]) == (302, "/profile/#calendar")
    page = html_of(signed_in.get("/profile/"))
    path = f"/calendar/{Feed.objects.get(user=ann).token}.ics"
    assert f'value="{settings.SITE_URL}{path}" readonly' in page
    assert f'href="webcal://{settings.SITE_URL.partition("://")[2]}{path}"' in page
    assert signed_in.get(path).status_code == 200


def test_another_address_is_said_in_words_and_can_be_undone(signed_in, ann, feed):
    signed_in.post("/feed/renew/")
    text = section(signed_in)
    assert "The calendar has a new address." in text
    assert "This can be undone until Tue 20 May, 13:00 UTC" in text
    signed_in.post("/feed/restore/")
    assert Feed.objects.get(user=ann).token == feed.token
    assert "new address. Whoever" not in section(signed_in)


def test_off_is_said_in_words_and_can_be_undone(signed_in, ann, feed):
    signed_in.post("/feed/close/")
    assert "The calendar is off." in section(signed_in)
    assert "webcal:" not in html_of(signed_in.get("/profile/"))
    signed_in.post("/feed/restore/")
    assert signed_in.get(f"/calendar/{feed.token}.ics").status_code == 200


def test_after_an_hour_nothing_is_offered_that_cannot_be_done(signed_in, feed, clock):
    signed_in.post("/feed/renew/")
    clock.shift(timedelta(hours=1))
    assert "undone" not in section(signed_in)


def test_htmx_gets_the_section_alone(signed_in, feed):
    answer = signed_in.post("/feed/renew/", headers=HTMX)
    assert html_of(answer).strip().startswith('<section id="calendar"')
    assert "Undo" in words_of(answer)


def test_nobody_changes_another_person_s(client, feed):
    client.force_login(make.make_user())
    client.post("/feed/renew/")
    client.post("/feed/close/")
    feed.refresh_from_db()
    assert client.get(f"/calendar/{feed.token}.ics").status_code == 200


def test_saving_the_profile_with_a_mistake_keeps_the_section(signed_in, feed):
    answer = signed_in.post("/profile/", {"name": "", "language": "en", "time_zone": "Mars/Olympus"})
    assert answer.status_code == 422
    assert "Secret address" in words_of(answer, "calendar")
