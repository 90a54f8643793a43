"""From rows to payments, and which of them the ledger holds already."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts import rules
from accounts.rules import imports
from accounts.rules.imports import Choices, Found, Verdict

NOW = datetime(2025, 5, 20, 12, tzinfo=UTC)
ZONE = ZoneInfo("UTC")
COLUMNS = ("day", "amount", "status", "kind", "reference", "tax", "currency", "rate", "note", "clock")


def row(*cells, columns=COLUMNS, choices=Choices()):  # noqa: B008 (it cannot be changed)
    [read] = imports.understand([list(cells)], columns, choices, begins_at=0, zone=ZONE, now=NOW)
    return read


def found(**facts) -> Found:
    defaults = {
        "kind": "purchase",
        "status": "succeeded",
        "gross": Decimal("5.00"),
        "paid_at": datetime(2025, 5, 4, 10, tzinfo=UTC),
        "is_day_only": False,
    }
    return Found(**defaults | facts)


def held(line: Found, name: str = "a", **facts) -> rules.Line:
    return replace(line.as_line(name), **facts)


class TestRows:
    def test_a_whole_row(self):
        cells = ("2025-05-04", "$50.00", "Paid", "Top-up", "INV-1", "5.00", "", "", " API\x00  credits ", "10:30")
        assert row(*cells).found == found(
            gross=Decimal("50.00"),
            paid_at=datetime(2025, 5, 4, 10, 30, tzinfo=UTC),
            tax=Decimal("5.00"),
            reference="INV-1",
            note="API credits",
        )

    def test_the_least_that_a_row_needs(self):
        read = row("2025-05-04", "5").found
        assert (read.kind, read.status, read.currency, read.tax, read.is_day_only) == (
            "purchase",
            "succeeded",
            "USD",
            None,
            True,
        )

    def test_a_time_in_the_day_comes_before_the_column(self):
        read = row("2025-05-04 08:00", "5", "", "", "", "", "", "", "", "10:30").found
        assert read.paid_at.hour == 8

    @pytest.mark.parametrize(
        ("text", "last_on"),
        [
            ("2026-05-04", date(2026, 5, 4)),
            ("4 May 2026", date(2026, 5, 4)),
            ("2026年5月4日", date(2026, 5, 4)),
            ("04.05.2026", date(2026, 5, 4)),
            ("2025-05-04", date(2025, 5, 4)),
            ("2026-05-04T00:00:00Z", date(2026, 5, 3)),
            ("2026-05-04 00:01", date(2026, 5, 4)),
            ("2026-05-04 23:59", date(2026, 5, 4)),
            ("2100-12-31", date(2100, 12, 31)),
            ("", None),
            ("–", None),
            ("N/A", None),
            ("None", None),
            ("无", None),
        ],
    )
    def test_the_last_day_of_the_credit(self, text, last_on):
        read = row("2025-05-04", "5", text, columns=("day", "amount", "expires"))
        assert read.found.expires_on == last_on
        assert read.found.as_line("a").expires_on == last_on

    def test_an_instant_ends_on_a_day_of_the_zone_of_the_rows(self):
        [read] = imports.understand(
            [["2025-05-04", "5", "2026-05-04T20:00:00Z"]], ("day", "amount", "expires"), Choices(),
            begins_at=0, zone=ZoneInfo("Asia/Shanghai"), now=NOW,
        )  # fmt: skip
        assert read.found.expires_on == date(2026, 5, 5)

    @pytest.mark.parametrize(
        ("text", "kind", "code"),
        [
            ("soon", "", "none"),
            ("x" * 101, "", "long"),
            ("04/05/2026", "", "ambiguous"),
            ("2025-05-03", "", "before"),
            ("0001-01-01T00:00:00Z", "", "before"),
            ("2101-01-01", "", "late"),
            ("9999-12-31T23:00:00Z", "", "late"),
            ("2026-05-04", "invoice", "no_credit"),
            ("2026-05-04", "refund", "no_credit"),
        ],
    )
    def test_a_last_day_that_cannot_be_is_told(self, text, kind, code):
        read = row("2025-05-04", "5", kind, text, columns=("day", "amount", "kind", "expires"))
        assert [(problem.field, problem.code) for problem in read.problems] == [("expires", code)]
        assert read.found is None

    def test_the_order_of_days_is_that_of_both_columns(self):
        columns = ("day", "amount", "expires")
        choices = imports.choices_for([["04/05/2025", "5", "31/12/2025"]], columns, Choices())
        assert choices.order == "day"
        assert row("04/05/2025", "5", "06/05/2026", columns=columns, choices=choices).found.expires_on.month == 5
        [problem] = row("2025-05-04", "5", "06/05/2026", columns=columns).problems
        assert (problem.field, problem.code) == ("expires", "ambiguous")

    @pytest.mark.parametrize(
        ("status", "kind", "amount", "choices", "expected"),
        [
            ("成功", "自动充值", "5", Choices(), ("succeeded", "auto_recharge")),
            ("Pending", "", "5", Choices(), ("pending", "purchase")),
            ("失败", "", "5", Choices(), ("failed", "purchase")),
            ("paid", "", "-5", Choices(), ("succeeded", "refund")),
            ("", "", "(5)", Choices(), ("succeeded", "refund")),
            ("refunded", "", "-5", Choices(), ("succeeded", "refund")),
            ("退款", "退款", "5", Choices(), ("succeeded", "refund")),
            ("paid", "chargeback", "-5", Choices(), ("succeeded", "chargeback")),
            ("refunded", "", "5", Choices(refunded="refund"), ("succeeded", "refund")),
            ("refunded", "", "5", Choices(refunded="paid_back"), ("void", "purchase")),
            ("refunded", "invoice", "5", Choices(refunded="paid_back"), ("void", "invoice")),
            ("void", "", "5", Choices(), ("void", "purchase")),
        ],
    )
    def test_statuses_kinds_and_signs(self, status, kind, amount, choices, expected):
        read = row("2025-05-04", amount, status, kind, choices=choices).found
        assert (read.status, read.kind) == expected
        assert read.gross == 5

    def test_other_currencies_need_a_rate(self):
        assert [(p.field, p.code, p.text) for p in row("2025-05-04", "CN¥200").problems] == [("rate", "missing", "CNY")]
        by_choice = row("2025-05-04", "CN¥200", choices=Choices(rates={"CNY": Decimal("0.14")})).found
        by_column = row("2025-05-04", "200", "", "", "", "", "cny", "0.15").found
        assert (by_choice.currency, by_choice.rate) == ("CNY", Decimal("0.14"))
        assert (by_column.currency, by_column.rate) == ("CNY", Decimal("0.15"))

    def test_the_column_says_which_dollar(self):
        assert row("2025-05-04", "$5", "", "", "", "", "CAD", "0.7").found.currency == "CAD"

    def test_a_bare_yen_is_asked_about(self):
        assert [(p.field, p.code, p.text) for p in row("2025-05-04", "¥200").problems] == [("currency", "yen", "¥")]
        for yen in imports.YENS:
            choices = Choices(yen=yen, rates={yen: Decimal("0.01")})
            assert row("2025-05-04", "¥200", choices=choices).found.currency == yen
            assert row("2025-05-04", "200", "", "", "", "", "¥", choices=choices).found.currency == yen
        assert [p.code for p in row("2025-05-04", "200", "", "", "", "", "¥").problems] == ["yen"]
        assert row("2025-05-04", "¥200", "", "", "", "", "JPY", "0.0067").found.currency == "JPY"
        assert [p.code for p in row("2025-05-04", "¥200", "", "", "", "", "EUR", "1").problems] == ["differs"]

    def test_where_the_heading_says_yen_the_choice_tells_which(self):
        assert [p.code for p in row("2025-05-04", "200", choices=Choices(currency="¥")).problems] == ["yen"]
        choices = Choices(currency="¥", yen="JPY", rates={"JPY": Decimal("0.0067")})
        assert row("2025-05-04", "200", choices=choices).found.currency == "JPY"

    @pytest.mark.parametrize(
        ("minus", "kind", "expected"),
        [
            ("payment", "", ("purchase", [])),
            ("payment", "Top-up", ("purchase", [])),
            ("payment", "Refund", ("refund", [])),
            ("refund", "", ("refund", [])),
            ("ask", "", (None, ["minus"])),
            ("ask", "chargeback", ("chargeback", [])),
        ],
    )
    def test_a_minus_that_every_amount_has_is_asked_about(self, minus, kind, expected):
        read = row("2025-05-04", "-5", "", kind, choices=Choices(minus=minus))
        assert (read.found.kind if read.found else None, [p.code for p in read.problems]) == expected

    def test_a_dash_is_an_empty_cell_and_a_row_of_buttons_is_no_row(self):
        read = row("2025-05-04", "5", "–", "—", "-", "n/a", "--", "-", "N/A")
        assert (read.found.status, read.found.kind, read.found.tax, read.found.note) == (
            "succeeded",
            "purchase",
            None,
            "",
        )
        records = [["View", "", "下载发票"], ["2025-05-04", "5", "View"]]
        columns = ("day", "amount", "")
        read = list(imports.understand(records, columns, Choices(), begins_at=0, zone=ZONE, now=NOW))
        assert [each.place for each in read] == [1]

    def test_a_day_that_a_spreadsheet_shows_as_a_number(self):
        assert row("45780", "5").found.paid_at == datetime(2025, 5, 3, 23, 59, 59, tzinfo=UTC)
        assert row("45780.5", "5").found.paid_at == datetime(2025, 5, 3, 12, tzinfo=UTC)
        assert [p.code for p in row("99999", "5").problems] == ["future"]

    def test_a_currency_where_none_stands(self):
        choices = Choices(currency="EUR", rates={"EUR": Decimal("1.1")})
        assert row("2025-05-04", "5", choices=choices).found.currency == "EUR"

    @pytest.mark.parametrize(
        ("cells", "problem"),
        [
            (("", "5"), ("day", "missing")),
            (("soon", "5"), ("day", "none")),
            (("04/05/2025", "5"), ("day", "ambiguous")),
            (("2025-05-21", "5"), ("day", "future")),
            (("2014-05-21", "5"), ("day", "early")),
            (("2025-05-04", "5", "", "", "", "", "", "", "", "late"), ("day", "none")),
            (("2025-05-04", ""), ("amount", "missing")),
            (("2025-05-04",), ("amount", "missing")),
            (("2025-05-04", "five"), ("amount", "none")),
            (("2025-05-04", "1,234"), ("amount", "ambiguous")),
            (("2025-05-04", "0.00"), ("amount", "zero")),
            (("2025-05-04", "1000000000000"), ("amount", "large")),
            (("2025-05-04", "0.00001"), ("amount", "places")),
            (("2025-05-04", "-5", "", "purchase"), ("amount", "negative")),
            (("2025-05-04", "5", "maybe"), ("status", "unknown")),
            (("2025-05-04", "5", "refunded"), ("status", "refunded")),
            (("2025-05-04", "5", "", "lunch"), ("kind", "unknown")),
            (("2025-05-04", "5", "", "", "x" * 101), ("reference", "long")),
            (("2025-05-04", "5", "", "", "", "6"), ("tax", "more")),
            (("2025-05-04", "5", "", "", "", "x"), ("tax", "none")),
            (("2025-05-04", "5", "", "", "", "0.00001"), ("tax", "places")),
            (("2025-05-04", "5", "", "", "", "", "XYZ"), ("currency", "unknown")),
            (("2025-05-04", "5 EUR", "", "", "", "", "CNY", "1"), ("currency", "differs")),
            (("2025-05-04", "5", "", "", "", "", "EUR", "0"), ("rate", "zero")),
            (("2025-05-04", "5", "", "", "", "", "EUR", "1000000"), ("rate", "large")),
            (("2025-05-04", "5", *[""] * 8, "more"), ("", "ragged")),
        ],
    )
    def test_what_is_not_understood_is_named(self, cells, problem):
        read = row(*cells)
        assert read.found is None
        assert problem in [(each.field, each.code) for each in read.problems]

    def test_a_day_at_the_end_of_the_calendar_is_refused(self):
        far = "9999-12-31 23:59 -14:00"
        [read] = imports.understand([[far, "5"]], ("day", "amount"), Choices(), begins_at=0, zone=ZONE, now=NOW)
        assert [(each.field, each.code) for each in read.problems] == [("day", "future")]

    def test_headings_and_empty_rows_are_no_payments(self):
        records = [["Date", "Amount"], ["", ""], ["2025-05-04", "5"]]
        read = list(imports.understand(records, ("day", "amount"), Choices(), begins_at=1, zone=ZONE, now=NOW))
        assert [each.place for each in read] == [2]

    def test_what_the_columns_prove_need_not_be_said(self):
        records = [["Date", "Amount"], ["25/05/2025", "1.234,50"], ["04/05/2025", "1.234"], ["05/05/2025"]]
        choices = imports.choices_for(records, ("day", "amount"), Choices(), 1)
        assert (choices.order, choices.decimal) == ("day", ",")
        said = imports.choices_for(records, ("day", ""), Choices(order="month", decimal="."), 1)
        assert (said.order, said.decimal) == ("month", ".")

    @pytest.mark.parametrize(
        ("records", "columns", "begins_at", "name", "proven"),
        [
            ([["Date", "Amount (EUR)"], ["25/05/2025", "5"]], ("day", "amount"), 1, "currency", "EUR"),
            ([["Date", "Amount"], ["25/05/2025", "5"]], ("day", "amount"), 1, "currency", "USD"),
            ([["25/05/2025", "5"]], ("day", "amount"), 0, "currency", "USD"),
            ([["Date", "Amount"], ["25/05/2025", "¥5 JPY"]], ("day", "amount"), 1, "yen", "JPY"),
            ([["Date", "Amount"], ["25/05/2025", "¥5"]], ("day", "amount"), 1, "yen", ""),
            ([["1", "-5"], ["2", "(6)"], ["3", "x"]], ("day", "amount"), 0, "minus", "ask"),
            ([["1", "-5"], ["2", "6"]], ("day", "amount"), 0, "minus", ""),
            ([["1", "x"]], ("day", "amount"), 0, "minus", ""),
        ],
    )
    def test_what_a_table_says_of_its_money(self, records, columns, begins_at, name, proven):
        assert getattr(imports.choices_for(records, columns, Choices(), begins_at), name) == proven

    def test_what_was_said_comes_before_what_the_table_says(self):
        records = [["Date", "Amount (EUR)"], ["25/05/2025", "-5円"]]
        said = Choices(currency="USD", yen="CNY", minus="payment")
        choices = imports.choices_for(records, ("day", "amount"), said, 1)
        assert (choices.currency, choices.yen, choices.minus) == ("USD", "CNY", "payment")

    def test_a_bare_yen_in_the_table_or_its_heading(self):
        columns = ("day", "amount", "note")
        assert imports.stands_bare_yen([["x", "¥5", ""]], columns, 0)
        assert imports.stands_bare_yen([["Date", "Amount (¥)"], ["x", "5"]], columns, 1)
        assert not imports.stands_bare_yen([["x", "JP¥5", "¥ 7"], ["y"]], columns, 0)

    def test_choices_survive_as_json(self):
        choices = Choices("day", ",", "refund", "JPY", "payment", "EUR", {"EUR": Decimal("1.1")}, {"x": "7", "": "8"})
        assert Choices.from_json(choices.as_json()) == choices
        assert Choices.from_json({}) == Choices()

    def test_rates_and_nameless_rows_are_not_remembered(self):
        choices = Choices(order="day", rates={"EUR": Decimal("1.1")}, accounts={"x": "7", "": "8"})
        assert choices.remembered() == Choices(order="day", accounts={"x": "7"})

    def test_as_a_line_of_the_ledger(self):
        line = found(kind="refund", reference="R").as_line("new", "old")
        assert (line.id, line.undoes, line.kind, line.reference) == ("new", "old", "refund", "R")


def codes(rows, ledger=()):
    return [verdict.code for verdict in match(rows, ledger)]


def match(rows, ledger=(), zone=ZONE):
    return imports.match(rows, {"": ledger}, zone=zone)


class TestOwners:
    """Rows of several accounts: each says whose it is, or why nobody knows."""

    COLUMNS = ("account", "day", "amount")
    OWNERS = imports.Owners((imports.Owner("1", "One", "org-1"), imports.Owner("2", "Two", "org-2")))

    def read(self, *names, owners=OWNERS):
        records = [[name, "2025-05-04", "5"] for name in names]
        return list(
            imports.understand(records, self.COLUMNS, Choices(), begins_at=0, zone=ZONE, now=NOW, owners=owners)
        )

    def test_a_row_goes_to_the_account_that_it_names(self):
        assert [read.found.account for read in self.read("org-2", "one")] == ["2", "1"]

    def test_a_name_of_nobody_is_a_problem_like_others(self):
        [read] = self.read("three")
        assert [(p.field, p.code, p.text) for p in read.problems] == [("account", "unknown", "three")]
        assert not read.is_left_out

    def test_rows_that_were_left_out_have_no_other_problem(self):
        owners = replace(self.OWNERS, chosen={"three": imports.LEAVE_OUT})
        records = [["three", "soon", "x"]]
        [read] = imports.understand(records, self.COLUMNS, Choices(), begins_at=0, zone=ZONE, now=NOW, owners=owners)
        assert read.is_left_out
        assert [p.code for p in read.problems] == ["left_out"]

    def test_each_account_is_matched_for_itself(self):
        rows = [found(account="1", reference="A"), found(account="2", reference="A"), found(account="2")]
        ledgers = {"1": [held(rows[0])], "2": [held(rows[2], "b")]}
        verdicts = imports.match(rows, ledgers, zone=ZONE)
        assert [verdict.code for verdict in verdicts] == ["duplicate", "duplicate", "new"]
        assert imports.match(rows[:2], {"1": ledgers["1"]}, zone=ZONE)[1].code == "new"

    def test_a_refund_takes_back_a_payment_of_its_own_account_only(self):
        refund = found(kind="refund", reference="A", account="2", paid_at=datetime(2025, 5, 6, tzinfo=UTC))
        rows = [found(account="1", reference="A"), refund]
        assert imports.match(rows, {}, zone=ZONE)[1].undoes == ""
        rows.append(found(account="2", reference="A"))
        assert imports.match(rows, {}, zone=ZONE)[1].undoes == "row:2"


class TestMatching:
    def test_two_equal_payments_on_one_day_are_two(self):
        rows = [found(), found()]
        assert codes(rows) == ["new", "new"]
        assert codes(rows, [held(rows[0])]) == ["duplicate", "new"]
        assert codes(rows, [held(rows[0]), held(rows[1], "b")]) == ["duplicate", "duplicate"]

    @pytest.mark.parametrize(
        "change",
        [
            {"gross": Decimal(6)},
            {"currency": "CAD", "rate": Decimal("0.7")},
            {"kind": "invoice"},
            {"paid_at": datetime(2025, 5, 5, tzinfo=UTC)},
        ],
    )
    def test_another_day_amount_currency_or_kind_is_another_payment(self, change):
        assert codes([found()], [held(found(), **change)]) == ["new"]

    def test_the_time_of_day_and_zeros_do_not_matter(self):
        later = found().paid_at + timedelta(hours=5)
        assert codes([found()], [held(found(), paid_at=later, gross=Decimal(5))]) == ["duplicate"]

    def test_days_are_those_of_the_zone(self):
        late = found(paid_at=datetime(2025, 5, 4, 17, tzinfo=UTC))
        ledger = [held(late, paid_at=datetime(2025, 5, 5, 10, tzinfo=UTC))]
        assert codes([late], ledger) == ["new"]
        assert [v.code for v in match([late], ledger, ZoneInfo("Asia/Shanghai"))] == ["duplicate"]

    def test_a_reference_is_the_surest_sign(self):
        rows = [found(reference="A"), found(reference="B")]
        assert match(rows, [held(rows[1])]) == [Verdict("new"), Verdict("duplicate", held="a")]

    def test_a_known_reference_answers_for_its_line(self):
        rows = [found(reference="A"), found()]
        assert codes(rows, [held(rows[0])]) == ["duplicate", "new"]

    def test_a_payment_typed_without_its_reference_is_known(self):
        rows = [found(reference="A"), found(reference="B")]
        assert codes(rows, [held(found())]) == ["duplicate", "new"]

    @pytest.mark.parametrize(
        ("change", "field"),
        [
            ({"gross": Decimal(6)}, "amount"),
            ({"currency": "CAD", "rate": Decimal("0.7")}, "currency"),
            ({"paid_at": datetime(2025, 5, 5, tzinfo=UTC)}, "day"),
            ({"status": "pending"}, "status"),
        ],
    )
    def test_the_same_reference_with_other_facts_is_a_conflict(self, change, field):
        line = found(reference="A")
        assert match([line], [held(line, **change)]) == [Verdict("conflict", held="a", field=field)]

    def test_a_reference_twice_in_a_table(self):
        rows = [found(reference="A"), found(reference="A"), found(reference="A", gross=Decimal(6))]
        assert match(rows, []) == [
            Verdict("new"),
            Verdict("duplicate", row=0),
            Verdict("conflict", row=0, field="amount"),
        ]

    def test_one_reference_of_two_held_lines_answers_once(self):
        line = found(reference="A")
        ledger = [held(line), held(line, "b", status="void")]
        assert match([line, line], ledger) == [Verdict("duplicate", held="a")] * 2

    def test_a_payment_that_was_voided_by_hand_does_not_come_back(self):
        assert codes([found()], [held(found(), status="void")]) == ["duplicate"]
        assert codes([found(reference="A")], [held(found(reference="A"), status="void")]) == ["duplicate"]

    def test_a_row_that_is_void_is_known_by_its_live_line(self):
        assert codes([found(status="void")], [held(found())]) == ["duplicate"]

    def test_a_failed_attempt_and_its_retry_are_two(self):
        assert codes([found(status="failed")], [held(found())]) == ["new"]

    @pytest.mark.parametrize(
        ("ours", "theirs"), [("succeeded", "pending"), ("pending", "succeeded"), ("failed", "pending")]
    )
    def test_a_pending_payment_that_has_ended_since_is_a_conflict(self, ours, theirs):
        verdicts = match([found(status=ours)], [held(found(), status=theirs)])
        assert verdicts == [Verdict("conflict", held="a", field="status")]

    def test_a_refund_takes_back_the_payment_with_its_reference(self):
        refund = found(kind="refund", reference="A", paid_at=datetime(2025, 5, 6, tzinfo=UTC))
        payment = found(reference="A")
        assert match([refund, payment], [])[0].undoes == "row:1"
        assert match([refund], [held(payment)])[0].undoes == "a"
        assert match([refund], [held(payment, status="void")])[0].undoes == ""
        early = replace(refund, paid_at=datetime(2025, 5, 1, tzinfo=UTC))
        assert match([early, payment], [])[0].undoes == ""
        assert match([refund, payment], [held(replace(payment, kind="invoice"))])[0].undoes == ""

    @given(data=st.data())
    def test_the_same_table_twice_brings_nothing_new(self, data):
        row_of = st.builds(
            found,
            gross=st.sampled_from([Decimal("5"), Decimal("5.00"), Decimal("6")]),
            status=st.sampled_from(rules.STATUSES),
            reference=st.sampled_from(["", "", "A", "B"]),
            paid_at=st.sampled_from([found().paid_at, found().paid_at + timedelta(days=1)]),
        )
        rows = data.draw(st.lists(row_of, max_size=8))
        verdicts = match(rows, [])
        written = [
            held(line, str(place))
            for place, (line, verdict) in enumerate(zip(rows, verdicts, strict=True))
            if verdict.code == "new"
        ]
        assert "new" not in codes(rows, written)
