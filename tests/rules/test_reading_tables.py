"""What texts of billing pages mean: money, days, columns. And what they do not say, which is asked and not guessed."""

from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.rules import imports
from accounts.rules.imports import Amount, Guess, Moment, Unclear

NOW = datetime(2025, 5, 20, 12, tzinfo=UTC)
BERLIN, SHANGHAI = ZoneInfo("Europe/Berlin"), ZoneInfo("Asia/Shanghai")
EAST8 = timezone(timedelta(hours=8))


def unclear(read, *arguments, **facts) -> str:
    with pytest.raises(Unclear) as caught:
        read(*arguments, **facts)
    return caught.value.code


MONEY = [
    *(("$1,234.56", "1234.56", "USD"), ("1.234,56 €", "1234.56", "EUR"), ("¥200.00", "200", "¥")),
    *(("CN¥ 5", "5", "CNY"), ("US$5", "5", "USD"), ("人民币 200 元", "200", "CNY"), ("￥２００．５０", "200.5", "¥")),
    *(("(50.00)", "-50", ""), ("($50.00)", "-50", "USD"), ("-$5", "-5", "USD"), ("$-5", "-5", "USD")),
    *(("−5", "-5", ""), ("5-", "-5", ""), ("+5", "5", ""), ("5.00 USD", "5", "USD"), ("USD 5", "5", "USD")),
    *(("$50.00 CAD", "50", "CAD"), ("HK$100", "100", "HKD"), ("JP¥500", "500", "JPY"), ("500円", "500", "JPY")),
    *(("1 234,56", "1234.56", ""), ("1\u202f234,56 €", "1234.56", "EUR"), ("1'000.00", "1000", "")),
    *(("1,234,567", "1234567", ""), ("1.234.567,8", "1234567.8", ""), ("12,50", "12.5", ""), ("0.125", "0.125", "")),
    *(
        ("JP¥1,234", "1234", "JPY"),
        ("1.234円", "1234", "JPY"),
        ("₩12,345", "12345", "KRW"),
        ("JPY 12.5", "12.5", "JPY"),
    ),
    *(("5", "5", ""), ("5.0000", "5", ""), ("1234.5678", "1234.5678", ""), ("  7  ", "7", "")),
]
NO_MONEY = [
    *("", "abc", "5 5", "1,23,456", "1.2.3", "--5", "(-5)", "++5", "5 apples", "INV-5", "5%", "1,2.3,4", "1.234,567.8"),
    *("٣", "²", "½", "NaN", "1e5", "0x10", "$", "€€5", "5.", "12 34 567", "9" * 101),
]


class TestMoney:
    @pytest.mark.parametrize(("text", "amount", "currency"), MONEY)
    def test_is_read_as_people_write_it(self, text, amount, currency):
        assert imports.read_amount(text) == Amount(Decimal(amount), currency)

    @pytest.mark.parametrize("text", NO_MONEY)
    def test_of_no_amount_is_refused(self, text):
        assert unclear(imports.read_amount, text) in ("none", "long")

    @pytest.mark.parametrize(("text", "point", "comma"), [("1,234", "1234", "1.234"), ("1.234", "1.234", "1234")])
    def test_that_may_be_two_amounts_is_asked(self, text, point, comma):
        assert unclear(imports.read_amount, text) == "ambiguous"
        assert imports.read_amount(text, ".").amount == Decimal(point)
        assert imports.read_amount(text, ",").amount == Decimal(comma)

    def test_of_a_bare_yen_is_what_was_said(self):
        assert imports.read_amount("¥1,234", "", "JPY") == Amount(Decimal(1234), "JPY")
        assert imports.read_amount("¥1,234.50", "", "CNY") == Amount(Decimal("1234.5"), "CNY")
        assert unclear(imports.read_amount, "¥1,234") == "ambiguous"

    @pytest.mark.parametrize(("text", "decimal"), [("12,50", "."), ("1,234.56", ","), ("1,234,567", ",")])
    def test_against_the_column_is_refused(self, text, decimal):
        assert unclear(imports.read_amount, text, decimal) == "mixed"

    @pytest.mark.parametrize(
        ("texts", "mark"),
        [
            (["1,234", "12.50"], "."),
            (["1.234", "12,50"], ","),
            (["1,234", "5"], ""),
            (["12,50", "12.50", "7.75"], ""),
            (["no money", "1,234.56"], "."),
            ([], ""),
        ],
    )
    def test_a_column_proves_its_mark(self, texts, mark):
        assert imports.decimal_of(texts) == mark

    @given(
        amount=st.decimals(min_value=Decimal("0.01"), max_value=Decimal("9999999.99"), places=2),
        currency=st.sampled_from(["USD", "EUR", "CNY", "GBP", ""]),
        is_negative=st.booleans(),
        has_comma=st.booleans(),
    )
    def test_written_and_read_again_is_the_same(self, amount, currency, is_negative, has_comma):
        written = f"{amount:,.2f}"
        if has_comma:
            written = written.translate({ord(","): ".", ord("."): ","})
        written = f"({written}) " if is_negative and not currency else f"{'-' * is_negative}{written} {currency}"
        assert imports.read_amount(written) == Amount(-amount if is_negative else amount, currency)


DAYS = [
    *("2025-05-04", "4 May 2025", "May 4, 2025", "2025年5月4日", "2025/5/4", "2025.05.04"),
    *("20250504", "May 4 2025", "4-May-25", "4th May, 2025", "Sun, May 4, 2025", "Sunday 4 May 2025"),
    *("2025-05-04 星期日", "2025年5月4日(周日)", "２０２５年５月４日", "04.05.2025", "4.5.25", "2025年05月04号"),
    *("2025 年 5 月 4 日", "二〇二五年五月四日", "二零二五年五月四号"),
]
TIMES = [
    ("2025-05-04T10:00:00Z", time(10), UTC),
    ("2025-05-04 10:00:00.123+08:00", time(10), EAST8),
    ("2025-05-04 10:00 UTC", time(10), UTC),
    ("2025-05-04 10:00 UTC+8", time(10), EAST8),
    ("2025-05-04 10:00 -0330", time(10), timezone(-timedelta(hours=3, minutes=30))),
    ("2025年5月4日 14:30", time(14, 30), None),
    ("2025年5月4日14:30:05", time(14, 30, 5), None),
    ("2025/5/4 下午3:05", time(15, 5), None),
    ("2025/5/4 上午12点05分", time(0, 5), None),
    ("2025/5/4 下午15:05", time(15, 5), None),
    ("May 4, 2025, 3:05 PM", time(15, 5), None),
    ("Sun, 4 May 2025 at 12:00 a.m.", time(0), None),
]
NO_DAYS = [
    *("", "yesterday", "2025-02-30", "13/13/2025", "2025-13-01", "1746352800", "2025-05", "May 2025", "4 Foo 2025"),
    *("Foo 4, 2025", "2025-05-04 25:00", "2025-05-04 10:61", "2025-05-04 10:00 +15:00", "2025-05-04 10:00:61"),
    *("2025-05-04 10:00 +08:75", "0000-01-01", "٤ May 2025", "二〇二五年十三月一日", "二〇二五年二月三十日", "45781"),
]


class TestDays:
    @pytest.mark.parametrize("text", DAYS)
    def test_are_read_as_people_write_them(self, text):
        assert imports.read_day(text) == Moment(date(2025, 5, 4))

    @pytest.mark.parametrize(("text", "clock", "zone"), TIMES)
    def test_with_their_time_and_zone(self, text, clock, zone):
        assert imports.read_day(text) == Moment(date(2025, 5, 4), clock, zone)

    @pytest.mark.parametrize("text", NO_DAYS)
    def test_what_is_no_day_is_refused(self, text):
        assert unclear(imports.read_day, text) == "none"

    @pytest.mark.parametrize(
        ("text", "month", "day"),
        [("二〇二四年十月十日", 10, 10), ("二〇二四年十二月三十一日", 12, 31), ("二〇二四年一月二十日", 1, 20)],
    )
    def test_in_chinese_numbers(self, text, month, day):
        assert imports.read_day(text).day == date(2024, month, day)

    def test_as_numbers_of_a_spreadsheet(self):
        assert imports.read_serial("45781") == Moment(date(2025, 5, 4))
        assert imports.read_serial("45781.4375") == Moment(date(2025, 5, 4), time(10, 30))
        for text in ("4578", "457810", "May", "2025-05-04"):
            assert unclear(imports.read_serial, text) == "none"

    def test_what_may_be_two_days_is_asked(self):
        assert unclear(imports.read_day, "04/05/2025") == "ambiguous"
        assert imports.read_day("04/05/2025", "day").day == date(2025, 5, 4)
        assert imports.read_day("04/05/2025", "month").day == date(2025, 4, 5)

    @pytest.mark.parametrize(
        ("text", "day"),
        [("25/05/2025", (5, 25)), ("05/25/2025", (5, 25)), ("05/05/2025", (5, 5)), ("25-5-25", (5, 25))],
    )
    def test_what_can_be_only_one_day_is_not_asked(self, text, day):
        for order in ("", "day", "month"):
            assert imports.read_day(text, order).day == date(2025, *day)

    @pytest.mark.parametrize(
        ("texts", "order"),
        [
            (["04/05/2025", "25/05/2025 10:00"], "day"),
            (["04/05/2025", "05/25/2025, 10:00"], "month"),
            (["04/05/2025"], ""),
            (["25/05/2025", "05/25/2025"], ""),
            (["25.05.2025", "2025-05-04", ""], ""),
        ],
    )
    def test_a_column_proves_its_order(self, texts, order):
        assert imports.order_of(texts) == order

    @given(
        day=st.dates(date(2015, 1, 1), date(2099, 12, 31)),
        form=st.sampled_from(["%Y-%m-%d", "%d %B %Y", "%b %d, %Y", "%Y年%m月%d日", "%d.%m.%Y"]),
    )
    def test_written_and_read_again_are_the_same(self, day, form):
        assert imports.read_day(day.strftime(form)).day == day


class TestPlaces:
    """Domain 2: a day alone is its last second in the person's zone; today is now; the future is refused."""

    def test_a_day_alone_is_its_last_second(self):
        at, is_day_only = imports.placed(Moment(date(2025, 5, 4)), SHANGHAI, now=NOW)
        assert (at, is_day_only) == (datetime(2025, 5, 4, 15, 59, 59, tzinfo=UTC), True)

    def test_today_is_now(self):
        assert imports.placed(Moment(date(2025, 5, 20)), BERLIN, now=NOW) == (NOW, True)

    def test_a_time_without_a_zone_is_the_persons(self):
        at, is_day_only = imports.placed(Moment(date(2025, 5, 4), time(10)), SHANGHAI, now=NOW)
        assert (at, is_day_only) == (datetime(2025, 5, 4, 2, tzinfo=UTC), False)

    def test_a_zone_that_is_written_holds(self):
        at, _ = imports.placed(Moment(date(2025, 5, 4), time(10), UTC), SHANGHAI, now=NOW)
        assert at == datetime(2025, 5, 4, 10, tzinfo=UTC)

    def test_a_day_that_has_begun_elsewhere_only_is_no_future_with_its_zone(self):
        late = datetime(2025, 5, 20, 23, tzinfo=UTC)
        at, _ = imports.placed(Moment(date(2025, 5, 21), time(6), EAST8), ZoneInfo("UTC"), now=late)
        assert at == datetime(2025, 5, 20, 22, tzinfo=UTC)

    @pytest.mark.parametrize(
        ("moment", "code"),
        [
            (Moment(date(2025, 5, 21)), "future"),
            (Moment(date(9999, 12, 31)), "future"),
            (Moment(date(2025, 5, 20), time(15)), "future"),
            (Moment(date(2014, 12, 31)), "early"),
            (Moment(date(2025, 3, 30), time(2, 30)), "gap"),
        ],
    )
    def test_what_cannot_be_is_refused(self, moment, code):
        assert unclear(imports.placed, moment, BERLIN, now=NOW) == code

    def test_of_a_time_that_came_twice_the_later_one(self):
        at, _ = imports.placed(Moment(date(2024, 10, 27), time(2, 30)), BERLIN, now=NOW)
        assert at == datetime(2024, 10, 27, 1, 30, tzinfo=UTC)


COLUMNS = [
    ([["Date", "Invoice number", "Amount (USD)", "Status", "Tax"]], ("day", "reference", "amount", "status", "tax"), 1),
    ([["OpenAI bills"], ["日期", "金额（元）", "状态", "备注"]], ("day", "amount", "status", "note"), 2),
    (
        [["INV-1001", "May 4, 2025", "$5.00", "Paid"], ["INV-1002", "May 5, 2025", "$5.00", "Paid"]],
        ("reference", "day", "amount", "status"),
        0,
    ),
    ([["04/05/2025", "1,234", "充值"]], ("day", "amount", "kind"), 0),
    ([["Date", "Date", "Amount"]], ("day", "", "amount"), 1),
    ([["paid"], ["2025-05-04", "5"]], ("day", "amount"), 1),
    ([["2025-05-04", "", "5.00"], ["2025-05-05"]], ("day", "", "amount"), 0),
    ([["when", "what"], ["2025-05-04", "5"], ["2025-05-05", "6"]], ("day", "amount"), 1),
    ([["Datum", "Betrag"], ["2025-05-04", "5"]], ("day", "amount"), 1),
    ([["what", "ever"], ["not", "known"]], ("", ""), 0),
    ([["x"], ["status"], ["2025-05-04"]], ("",), 0),
    ([], (), 0),
]


class TestColumns:
    @pytest.mark.parametrize(("records", "columns", "begins_at"), COLUMNS)
    def test_are_guessed(self, records, columns, begins_at):
        assert imports.guess_columns(records) == Guess(columns, begins_at)

    def test_tables_with_the_same_headings_are_of_one_kind(self):
        one, two, other = ([["Date", "Amount"]], [["DATE ", "amount (USD)"]], [["Date", "Amount", "Tax"]])
        keys = [imports.header_key(records, imports.guess_columns(records)) for records in (one, two, other)]
        assert keys[0] == keys[1] != keys[2]

    def test_a_heading_of_another_currency_is_another_kind(self):
        keys = [
            imports.header_key(records, imports.guess_columns(records))
            for records in ([["Date", "Amount (USD)"]], [["Date", "Amount (EUR)"]], [["Date", "amount ( usd )"]])
        ]
        assert keys[0] == keys[2] != keys[1]

    def test_without_headings_how_it_was_read_tells(self):
        records = [["2025-05-04", "5"]]
        guess = imports.guess_columns(records)
        assert imports.header_key(records, guess, "lines") != imports.header_key(records, guess)

    def test_names_of_accounts_are_known_by_what_stands_there(self):
        records = [["2025-05-04", "5", "prod"], ["2025-05-05", "6", "lab"]]
        assert imports.guess_columns(records, {"prod", "lab"}.__contains__).columns == ("day", "amount", "account")
        assert imports.guess_columns(records).columns == ("day", "amount", "")
        assert imports.guess_columns([["组织", "日期", "金额"]]).columns == ("account", "day", "amount")

    def test_without_headings_their_number_tells(self):
        records = [["2025-05-04", "5"]]
        assert imports.header_key(records, imports.guess_columns(records)) != imports.header_key(
            [["Day"]], Guess(("day",), 1)
        )

    @pytest.mark.parametrize(
        ("line", "parts"),
        [
            ("May 4, 2025 $50.00 Paid INV-1234", ("May 4, 2025", "$50.00", "Paid", "INV-1234", "")),
            ("2025年5月4日 已支付 ¥200.00 20250504001", ("2025年5月4日", "¥200.00", "已支付", "20250504001", "")),
            (
                "INV-0001 paid 50.00 USD on 2025-05-04 10:30",
                ("2025-05-04 10:30", "50.00 USD", "paid", "INV-0001", "on"),
            ),
            ("Paid 人民币 200 元 04/05/2025 order 12", ("04/05/2025", "人民币 200 元", "Paid", "", "order 12")),
            ("4 May 2025  7.50  #INV-77001", ("4 May 2025", "7.50", "", "INV-77001", "")),
            ("nothing here", ("", "", "", "", "nothing here")),
        ],
    )
    def test_a_line_of_text_is_taken_apart(self, line, parts):
        assert imports.pick_apart(line) == parts
