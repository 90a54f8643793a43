"""Numbers as people type them."""

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from accounts.forms.fields import CountField

COUNT = CountField(required=False)


@pytest.mark.parametrize(
    ("typed", "number"),
    [
        ("1500000", 1_500_000),
        ("1,500,000", 1_500_000),
        ("1 500 000", 1_500_000),
        ("1.5M", 1_500_000),
        ("1.5 m", 1_500_000),
        ("1500k", 1_500_000),
        ("150万", 1_500_000),
        ("１５０万", 1_500_000),
        ("1.5百万", 1_500_000),
        ("2千", 2_000),
        ("3千万", 30_000_000),
        ("0.3亿", 30_000_000),
        ("30B", 30_000_000_000),
        (" 7 ", 7),
        ("1.0", 1),
        ("1,500k", 1_500_000),
    ],
)
def test_what_people_write(typed, number):
    assert COUNT.clean(typed) == number


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("1,5", "count"),
        ("1,5M", "count"),
        ("15,00", "count"),
        ("x", "count"),
        ("-5", "count"),
        ("1e6", "count"),
        ("1.5.5", "count"),
        ("²", "count"),
        ("5MM", "count"),
        ("1" * 60, "count"),
        ("0", "whole"),
        ("1.5", "whole"),
        ("1.00001k", "whole"),
        ("10000000000亿", "large"),
    ],
)
def test_what_is_no_number(typed, code):
    with pytest.raises(ValidationError) as refused:
        COUNT.clean(typed)
    assert refused.value.code == code


@pytest.mark.parametrize("typed", ["", "  ", None])
def test_nothing_is_nothing(typed):
    assert COUNT.clean(typed) is None


@given(st.integers(1, 10**15 - 1))
def test_every_number_is_read_with_and_without_its_commas(number):
    assert COUNT.clean(str(number)) == COUNT.clean(f"{number:,}") == number


@given(st.text(max_size=30))
def test_whatever_is_typed_is_a_number_or_refused(text):
    try:
        number = COUNT.clean(text)
    except ValidationError:
        return
    assert number is None or 1 <= number < 10**15
