"""What currency is meant: by headings, and what a bare ¥ is by the words of its table; else nobody knows."""

import pytest

from accounts.rules.imports import has_bare_yen, yen_of
from accounts.rules.imports.currencies import currency_in


@pytest.mark.parametrize(
    ("heading", "currency"),
    [
        ("Amount (EUR)", "EUR"),
        ("Amount (incl. tax) (gbp)", "GBP"),
        ("金额（元）", "CNY"),
        ("金额（美元）", "USD"),
        ("金额元", "CNY"),
        ("Total USD", "USD"),
        ("Amount (¥)", "¥"),
        ("Amount", ""),
        ("Total (incl. tax)", ""),
        ("", ""),
    ],
)
def test_a_heading_names_a_currency(heading, currency):
    assert currency_in(heading) == currency


@pytest.mark.parametrize(
    ("texts", "amounts", "yen"),
    [
        (["Amount", "¥500", "JPY"], ["¥500"], "JPY"),
        (["金額", "500円"], ["¥500"], "JPY"),
        (["日本法人", "¥500"], ["¥500"], "JPY"),
        (["クレジット", "¥500"], ["¥500"], "JPY"),
        (["日元", "¥500"], ["¥500"], "JPY"),
        (["金额", "¥500"], ["¥500"], "CNY"),
        (["Amount (RMB)", "¥500"], ["¥500"], "CNY"),
        (["200 元", "¥500"], ["¥500"], "CNY"),
        (["Amount", "¥12.50"], ["¥12.50"], "CNY"),
        (["Amount", "￥１２．５０"], ["￥１２．５０"], "CNY"),
        # ".00" is written by pages that know no better, and dollars have cents too
        (["Amount", "¥12.00", "$1.50"], ["¥12.00", "$1.50"], ""),
        (["Amount", "¥500"], ["¥500", "¥x"], ""),
        (["金额", "JPY", "¥500"], ["¥500"], ""),
        (["Amount", "JPYX", "XCNY", "¥500", ""], ["¥500"], ""),
        ([], [], ""),
    ],
)
def test_a_table_says_what_its_yen_is(texts, amounts, yen):
    assert yen_of(texts, amounts) == yen


@pytest.mark.parametrize(
    ("texts", "is_there"),
    [(["¥5"], True), (["￥5"], True), (["5 ¥"], True), (["JP¥5", "CN¥5", "5円", "$5"], False), ([], False)],
)
def test_whose_yen_it_is_may_stand_there(texts, is_there):
    assert has_bare_yen(texts) is is_there
