"""Durations as people say them, and a word for every state and every end."""

from datetime import timedelta

import pytest
from django.utils import translation

from accounts import rules
from accounts.gateways import published
from accounts.models.escalation import HOWS
from accounts.templatetags import paths

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


@pytest.mark.parametrize(
    ("took", "words"),
    [
        (timedelta(0), "less than a minute"),
        (20 * timedelta(seconds=1), "less than a minute"),
        (MINUTE, "1 min"),
        (89 * MINUTE, "89 min"),
        (90 * MINUTE, "2 h"),
        (5 * HOUR, "5 h"),
        (47 * HOUR, "47 h"),
        (48 * HOUR, "2 days"),
        (12 * DAY + 13 * HOUR, "13 days"),
    ],
)
def test_a_duration(took, words):
    assert paths.duration(took) == words


def test_a_duration_in_chinese():
    with translation.override("zh-hans"):
        assert paths.duration(5 * HOUR) == "5 小时"


def experience_of(*hours: int, trigger: bool = True) -> rules.Experience:
    start = rules.from_text("2025-05-08T10:00:00Z")
    return rules.experience(rules.Climb(start, start + h * HOUR, start if trigger else None) for h in hours)


@pytest.mark.parametrize(
    ("hours", "words"), [((3,), "3 h"), ((60, 3), "3 h, 2 days"), ((60, 3, 10), "10 h (3 h to 2 days)")]
)
def test_a_spread(hours, words):
    assert paths.spread(experience_of(*hours).from_reach) == words


def test_where_upgrades_come_by_themselves_nobody_topped_up():
    book = published.edition("google-gemini/2026")
    assert paths.experience_says(experience_of(3), book) == "Once every condition was met, it took 3 h here."
    assert paths.experience_says(experience_of(3, trigger=False), book) == "Once within reach, it took 3 h here."


def test_every_state_and_every_end_has_a_word_and_a_shape():
    assert all(paths.state_word(state) for state in ("done", "current", "waiting", "ahead", "not_needed"))
    assert [paths.how_state(how) for how in (*HOWS, "")] == ["fine", "unknown", "unknown", "soon"]
    assert all(paths.how_word(how) for how in (*HOWS, ""))
