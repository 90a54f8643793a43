"""A person's calendar address: on, another one, off, and back."""

from datetime import timedelta

import pytest

from accounts import actions
from accounts.models import Feed
from tests import make

LATER = make.NOW + timedelta(minutes=59)
TOO_LATE = make.NOW + timedelta(hours=1)


@pytest.fixture
def ann(db):
    return make.make_user("ann@example.org")


def stored(user):
    return Feed.objects.get(user=user)


def test_it_opens_once_at_an_address_nobody_guesses(ann):
    first = actions.open_feed(ann, now=make.NOW)
    assert len(first.token) == 65
    assert actions.open_feed(ann, now=LATER).token == first.token
    assert actions.open_feed(make.make_user(), now=make.NOW).token != first.token


def test_another_address_can_be_undone_for_an_hour(ann):
    first = actions.open_feed(ann, now=make.NOW).token
    second = actions.renew_feed(ann, now=make.NOW).token
    assert second != first
    assert actions.restore_feed(ann, now=LATER).token == first
    assert not stored(ann).may_undo(LATER)


def test_after_an_hour_it_cannot(ann):
    actions.open_feed(ann, now=make.NOW)
    second = actions.renew_feed(ann, now=make.NOW).token
    assert actions.restore_feed(ann, now=TOO_LATE).token == second


def test_off_has_no_address_and_can_be_undone(ann):
    first = actions.open_feed(ann, now=make.NOW).token
    closed = actions.close_feed(ann, now=make.NOW)
    assert (closed.is_open, closed.token) == (False, "")
    assert actions.close_feed(ann, now=make.NOW).may_undo(LATER), "once more changes nothing"
    assert actions.restore_feed(ann, now=LATER).token == first


def test_on_again_is_a_new_address_and_ends_what_could_be_undone(ann):
    first = actions.open_feed(ann, now=make.NOW).token
    actions.close_feed(ann, now=make.NOW)
    again = actions.open_feed(ann, now=LATER).token
    assert again != first
    assert actions.restore_feed(ann, now=LATER).token == again


def test_what_is_off_is_not_renewed(ann):
    assert actions.renew_feed(ann, now=make.NOW).is_open is False
    assert actions.restore_feed(ann, now=make.NOW).is_open is False
    assert str(stored(ann)) == "no calendar"


def test_only_the_open_address_finds_it(ann):
    feed = actions.open_feed(ann, now=make.NOW)
    assert Feed.objects.at(feed.token) == feed
    assert Feed.objects.at("") is None
    assert Feed.objects.at(feed.seed) is None
