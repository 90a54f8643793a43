"""What climbs took: medians only where there is something to take them of."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts import rules
from tests.rules.ledgers import instant

HOUR = timedelta(hours=1)
START = instant("05-08T10:00")


def climb(hours, trigger=None, **facts) -> rules.Climb:
    triggered_at = START + trigger * HOUR if trigger is not None else None
    return rules.Climb(START, START + hours * HOUR, triggered_at, **facts)


def test_nothing_came_yet():
    assert rules.experience([]) is None


@pytest.mark.parametrize(
    ("hours", "median"), [([5], None), ([5, 1], None), ([9, 1, 5], 5), ([1, 2, 4, 40], 3), ([7, 7, 7, 7, 7], 7)]
)
def test_a_median_needs_three(hours, median):
    found = rules.experience([climb(each) for each in hours]).from_reach
    assert found.median == (None if median is None else median * HOUR)
    assert (found.count, found.shortest, found.longest) == (len(hours), min(hours) * HOUR, max(hours) * HOUR)


def test_from_the_trigger_counts_only_what_had_one_before_it_came():
    found = rules.experience([climb(10, 4), climb(10), climb(10, 11)])
    assert found.from_trigger.all == (6 * HOUR,)
    assert rules.experience([climb(10)]).from_trigger is None


def test_a_tier_that_came_before_the_rules_gave_it_took_no_time():
    assert rules.experience([climb(-3)]).from_reach.all == (timedelta(0),)


def test_what_they_needed_is_counted():
    found = rules.experience(
        [climb(1, 0, is_topped_up=True), climb(2, 0, is_topped_up=True, is_support_asked=True), climb(3)]
    )
    assert (found.count, found.topped_up, found.support_asked) == (3, 2, 1)


@given(st.lists(st.integers(0, 5000), min_size=1, max_size=30), st.randoms())
def test_the_order_does_not_matter_and_the_median_lies_within(hours, random):
    found = rules.experience([climb(each) for each in hours])
    shuffled = random.sample(hours, len(hours))
    assert found == rules.experience([climb(each) for each in shuffled])
    median = found.from_reach.median
    assert median is None or found.from_reach.shortest <= median <= found.from_reach.longest
