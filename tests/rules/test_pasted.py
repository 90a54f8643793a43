"""Text without columns: rows that stand on several lines, receipts in prose, rows a line; and what is none of them."""

import itertools
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.rules.imports import LINES, RECEIPTS, STACKED, Pasted, put_together


def paste(text: str) -> Pasted:
    return put_together(list(enumerate(text.strip("\n").splitlines(), 1)))


def rows(text: str) -> list[list[str]]:
    return [put.cells for put in paste(text).rows]


OPENAI = """
Billing history
Showing invoices within the past 12 months

INVOICE
STATUS
AMOUNT
CREATED

A1B2C3D4-0003
Paid
$50.00
May 1, 2025, 10:00 AM
View

A1B2C3D4-0002
Paid
$5.00
Apr 21, 2025, 9:12 AM
View
A1B2C3D4-0001
Failed
$20.00
Apr 1, 2025, 8:00 PM
View
"""
ANTHROPIC = """
Invoice history
Date
Total
Status
Actions
May 1, 2025
$50.00
Paid
View
Apr 1, 2025
$25.00
Paid
View
"""
GOOGLE = """
Transactions
May 2025
May 15, 2025
Automatic payment: Visa •••• 1234
−$50.00

May 2, 2025
Manual payment: Visa •••• 1234
−$20.00
April 2025
Apr 15, 2025
Automatic payment: Visa •••• 1234
−$50.00
"""
CHINESE = """
账单历史
发票号
状态
金额
创建时间
操作

FP-20931
已支付
¥200.00
2025年5月1日
查看

FP-20932
已支付
¥150.00
2025 年 5 月 2 日
14:30
查看
"""
STACKS = {
    "openai": (
        OPENAI,
        [
            ["INVOICE", "STATUS", "AMOUNT", "CREATED"],
            ["A1B2C3D4-0003", "Paid", "$50.00", "May 1, 2025, 10:00 AM"],
            ["A1B2C3D4-0002", "Paid", "$5.00", "Apr 21, 2025, 9:12 AM"],
            ["A1B2C3D4-0001", "Failed", "$20.00", "Apr 1, 2025, 8:00 PM"],
        ],
    ),
    "anthropic": (
        ANTHROPIC,
        [["Date", "Total", "Status"], ["May 1, 2025", "$50.00", "Paid"], ["Apr 1, 2025", "$25.00", "Paid"]],
    ),
    "google": (
        GOOGLE,
        [
            ["May 15, 2025", "Automatic payment: Visa •••• 1234", "−$50.00"],
            ["May 2, 2025", "Manual payment: Visa •••• 1234", "−$20.00"],
            ["Apr 15, 2025", "Automatic payment: Visa •••• 1234", "−$50.00"],
        ],
    ),
    "chinese": (
        CHINESE,
        [
            ["发票号", "状态", "金额", "创建时间"],
            ["FP-20931", "已支付", "¥200.00", "2025年5月1日"],
            ["FP-20932", "已支付", "¥150.00", "2025 年 5 月 2 日 14:30"],
        ],
    ),
    "one payment": ("May 1, 2025\n$5.00\nPaid\nView", [["May 1, 2025", "$5.00", "Paid"]]),
    "one payment below a title": (
        "Billing history\n\nMay 1, 2025\n$5.00\nPaid\n\nfooter",
        [["May 1, 2025", "$5.00", "Paid"]],
    ),
    "cells with a blank line between any two": (
        "May 1, 2025\n\n$5.00\n\nPaid\n\nMay 2, 2025\n\n$6.00\n\nPaid",
        [["May 1, 2025", "$5.00", "Paid"], ["May 2, 2025", "$6.00", "Paid"]],
    ),
    "tabs within a line": (
        "2025-05-01\tPaid\n$5.00\n2025-05-02\tPaid\n$6.00",
        [["2025-05-01", "Paid", "$5.00"], ["2025-05-02", "Paid", "$6.00"]],
    ),
    "a status that nobody knows": (
        "2025-05-01\n$5.00\nPaid\n2025-05-02\n$6.00\nUpcoming",
        [["2025-05-01", "$5.00", "Paid"], ["2025-05-02", "$6.00", "Upcoming"]],
    ),
    "a number that looks like a name": (
        "2025-05-01\n$5.00\nINV-1001\n2025-05-02\n$6.00\nABC",
        [["2025-05-01", "$5.00", "INV-1001"], ["2025-05-02", "$6.00", "ABC"]],
    ),
    "quantities beside the money": (
        "2025-05-01\n2\n$5.00\n2025-05-02\n1\n$6.00",
        [["2025-05-01", "2", "$5.00"], ["2025-05-02", "1", "$6.00"]],
    ),
    "two amounts in each row": (
        "2025-05-01\n$5.00\n$1.00\n2025-05-02\n$6.00\n$2.00",
        [["2025-05-01", "$5.00", "$1.00"], ["2025-05-02", "$6.00", "$2.00"]],
    ),
    "a dash for nothing": (
        "2025-05-01\n$5.00\n—\nPaid\n2025-05-02\n$6.00\n—\nPaid",
        [["2025-05-01", "$5.00", "—", "Paid"], ["2025-05-02", "$6.00", "—", "Paid"]],
    ),
    "plain numbers": (
        "2025-05-01\n5.00\n2025-05-02\n6.50",
        [["2025-05-01", "5.00"], ["2025-05-02", "6.50"]],
    ),
    # Rows that differ are sorted by what their cells are: day, amount, status, number, the rest.
    "cells that are missing, the day first": (
        "May 1, 2025\n$50.00\nPaid\nINV-1001\nMay 2, 2025\n$5.00\nPaid\nMay 3, 2025\n$7.00\nFailed\nINV-1003\ncard",
        [
            ["May 1, 2025", "$50.00", "Paid", "INV-1001", ""],
            ["May 2, 2025", "$5.00", "Paid", "", ""],
            ["May 3, 2025", "$7.00", "Failed", "INV-1003", ""],
        ],
    ),
    "cells that are missing, the day last": (
        "INV-1001\n$50.00\nMay 1, 2025\n$5.00\nPaid\nMay 2, 2025\nINV-1003\n$7.00\nMay 3, 2025\nfooter",
        [
            ["May 1, 2025", "$50.00", "", "INV-1001", ""],
            ["May 2, 2025", "$5.00", "Paid", "", ""],
            ["May 3, 2025", "$7.00", "", "INV-1003", ""],
        ],
    ),
    "cells that are missing, the day amid": (
        "INV-1001\nMay 1, 2025\n$50.00\nPaid\nINV-1002\nMay 2, 2025\n$5.00\nINV-1003\nMay 3, 2025\n$7.00\nPaid\nINV-1",
        [
            ["May 1, 2025", "$50.00", "Paid", "INV-1001", ""],
            ["May 2, 2025", "$5.00", "", "INV-1002", ""],
            ["May 3, 2025", "$7.00", "Paid", "INV-1003", ""],
        ],
    ),
    "two references in one row": (
        "2025-05-01\n$5.00\nINV-1001\nRCP-2002\n2025-05-02\n$6.00",
        [["2025-05-01", "$5.00", "", "INV-1001", "RCP-2002"], ["2025-05-02", "$6.00", "", "", ""]],
    ),
    "blocks that differ": (
        "Title\n2025-05-01\n$5.00\nPaid\n\n2025-05-02\n$6.00\n\n2025-05-03\n$6.00\nPaid\nfooter",
        [
            ["2025-05-01", "$5.00", "Paid", "", ""],
            ["2025-05-02", "$6.00", "", "", ""],
            ["2025-05-03", "$6.00", "Paid", "", ""],
        ],
    ),
}


class TestStacks:
    @pytest.mark.parametrize("name", STACKS)
    def test_are_put_together(self, name):
        text, expected = STACKS[name]
        assert paste(text).form == STACKED
        assert rows(text) == expected

    def test_say_their_lines_and_what_is_in_no_row(self):
        pasted = paste(OPENAI)
        assert [(put.line, put.last) for put in pasted.rows] == [(4, 7), (9, 12), (15, 18), (20, 23)]
        assert pasted.passed == [
            (1, "Billing history"),
            (2, "Showing invoices within the past 12 months"),
            (13, "View"),
            (19, "View"),
            (24, "View"),
        ]

    def test_headings_that_do_not_fit_are_told_as_passed(self):
        pasted = paste("Date\nAmount\nStatus\n2025-05-01\n$5.00\n2025-05-02\n$6.00")
        assert [put.cells for put in pasted.rows] == [["2025-05-01", "$5.00"], ["2025-05-02", "$6.00"]]
        assert pasted.passed == [(1, "Date"), (2, "Amount"), (3, "Status")]

    def test_a_row_of_headings_is_not_taken_from_the_words_of_a_row(self):
        text = "Amount\nStatus\nDate\n$5.00\nPaid\n2025-05-01\n$6.00\nPaid\n2025-05-02"
        assert rows(text)[0] == ["Amount", "Status", "Date"]
        assert rows("Status\nDate\nPaid\n2025-05-01\n$6.00\nPaid\n2025-05-02\n$7.00")[0] == [
            "Paid",
            "2025-05-01",
            "$6.00",
        ]

    @pytest.mark.parametrize(
        "text",
        [
            "2025-05-01\n2025-05-02\n$6.00\nPaid",  # two days, one amount
            "2025-05-01\n$5.00\n2025-05-02\n$6.00\n$7.00\nPaid",  # a total below
            "Paid\n2025-05-01\n$5.00\n2025-05-02\n$6.00\n$7.00",
            "2025-05-01\nPaid\n2025-05-02\nPaid",  # no amount at all
            "$5.00\nPaid\n$6.00",  # no day at all
        ],
    )
    def test_where_no_rule_says_how_nothing_is_put_together(self, text):
        assert paste(text).form == LINES

    def test_a_text_with_a_whole_row_on_a_line_is_read_line_by_line(self):
        pasted = paste("May 4, 2025 $50.00 Paid INV-1234\n2025-05-05\n")
        assert pasted.form == LINES
        assert [put.cells[0] for put in pasted.rows] == ["May 4, 2025", "2025-05-05"]


WORDS = st.sampled_from(["API credits", "自动充值", "card ending 4242", "Acme Ltd", "production"])
CELLS = {
    "day": st.dates(date(2015, 1, 1), date(2025, 12, 31)).flatmap(
        lambda day: st.sampled_from([f"{day:%Y-%m-%d}", f"{day:%b} {day.day}, {day.year}", f"{day:%Y年%m月%d日}"])
    ),
    "amount": st.decimals(1, 9999, places=2).flatmap(lambda one: st.sampled_from([f"${one:,}", f"¥{one}", f"{one} €"])),
    "status": st.sampled_from(["Paid", "Failed", "已支付", "处理中"]),
    "reference": st.integers(1000, 9999).map(lambda number: f"INV-{number}"),
    "note": WORDS,
    "account": WORDS,
}
NAMES = {
    "day": "Date",
    "amount": "金额",
    "status": "Status",
    "reference": "发票号",
    "note": "Description",
    "account": "组织",
}


@st.composite
def tables(draw):
    """The cells of a table, all of one pattern, and how it is copied."""
    others = draw(st.lists(st.sampled_from(["status", "reference", "note", "account"]), unique=True))
    columns = draw(st.permutations(["day", "amount", *others]))
    count = draw(st.integers(1, 6))
    records = [[draw(CELLS[column]) for column in columns] for _ in range(count)]
    return columns, records


class TestJoinedAndPasted:
    """The cells of a table, joined by newlines, give the rows back."""

    @given(table=tables(), between=st.sampled_from(["\n", "\n\n", "\nView\n", "\n查看\n\n下载\n"]))
    def test_the_rows_come_back(self, table, between):
        _, records = table
        assert rows(between.join("\n".join(record) for record in records)) == records

    @given(table=tables(), title=st.sampled_from(["", "Billing history\n\n", "账单\n\n"]))
    def test_the_headings_too(self, table, title):
        columns, records = table
        head = [NAMES[column] for column in columns]
        text = title + "\n".join(itertools.chain(head, *records))
        assert rows(text) == [head, *records]

    @given(table=tables())
    def test_no_cell_is_lost(self, table):
        _, records = table
        pasted = paste("\n\n".join(itertools.chain(*records)))
        kept = [cell for put in pasted.rows for cell in put.cells] + [text for _, text in pasted.passed]
        assert sorted(" ".join(kept).split()) == sorted(" ".join(itertools.chain(*records)).split())


HEAD = ["Date", "Amount", "Reference", "Tax", "Note"]
STRIPE = """
Receipt from OpenAI, LLC
$55.00
Paid May 1, 2025

Receipt number
1234-5678
Invoice number
A1B2C3D4-0001
Payment method
Visa - 4242

Amount paid
$55.00
Date paid
May 1, 2025

Receipt #1234-5678
Apr 1 – May 1, 2025
OpenAI API credits
Qty 1
$50.00
Subtotal $50.00
Total excluding tax $50.00
Tax (10%) $5.00
Total $55.00
Amount paid $55.00
Questions? Contact us at support.
"""
FUNDED = "Your OpenAI API account has been funded ... Amount paid $50.00 ... Date paid May 1, 2025 ... "
RECEIPTS_READ = {
    "in one line": (
        FUNDED + "Receipt number 1234-5678",
        [["May 1, 2025", "$50.00", "1234-5678", "", ""]],
    ),
    "in lines": (
        FUNDED.replace(" ... ", "\n\n") + "Receipt number\n1234-5678\nPayment method Visa - 4242",
        [["May 1, 2025", "$50.00", "1234-5678", "", ""]],
    ),
    "as Stripe sends it": (STRIPE, [["May 1, 2025", "$55.00", "A1B2C3D4-0001", "$5.00", "1234-5678"]]),
    "in Chinese": (
        "付款成功\n付款金额：¥200.00\n付款日期：2025 年 5 月 1 日 14:30\n订单号：20250501001",
        [["2025 年 5 月 1 日 14:30", "¥200.00", "20250501001", "", ""]],
    ),
    "two one after the other": (
        STRIPE
        + STRIPE.replace("May 1,", "Jun 1,").replace("$55", "$66").replace("-0001", "-0002").replace("-5678", "-9"),
        [
            ["May 1, 2025", "$55.00", "A1B2C3D4-0001", "$5.00", "1234-5678"],
            ["Jun 1, 2025", "$66.00", "A1B2C3D4-0002", "$5.00", "1234-9"],
        ],
    ),
    "what was summed up, where nothing says what was paid": (
        "Date: 2025-05-01\nTotal: 20.00 EUR\nThe order number is unknown.",
        [["2025-05-01", "20.00 EUR", "", "", ""]],
    ),
    "a word behind the amount that is no currency": (
        "Amount paid $50.00 The date paid: 2025-05-01",
        [["2025-05-01", "$50.00", "", "", ""]],
    ),
    "two taxes are no tax that can be read": (
        "Amount paid $50.00\nTax $2.00\nVAT $3.00\nDate paid 2025-05-01",
        [["2025-05-01", "$50.00", "", "$2.00 + $3.00", ""]],
    ),
    "two amounts before there is a day are no amount that can be read": (
        "Amount paid $50.00\nAmount paid $60.00\nDate paid 2025-05-01",
        [["2025-05-01", "$50.00 + $60.00", "", "", ""]],
    ),
    "one whose day is missing stands there without it": (
        "Amount paid $50.00\nDate paid 2025-05-01\nAmount paid $60.00\n",
        [["2025-05-01", "$50.00", "", "", ""], ["", "$60.00", "", "", ""]],
    ),
}


class TestReceipts:
    @pytest.mark.parametrize("name", RECEIPTS_READ)
    def test_values_behind_their_names_are_a_row(self, name):
        text, expected = RECEIPTS_READ[name]
        assert paste(text).form == RECEIPTS
        assert rows(text) == [HEAD, *expected]

    def test_say_their_lines(self):
        assert [(put.line, put.last) for put in paste(STRIPE).rows] == [(5, 5), (5, 24)]

    @pytest.mark.parametrize(
        "text",
        [
            "Amount paid by card\nDate paid by then",
            "Amount paid $50.00",
            "Date paid 2025-05-01",
            "Total excluding tax $5.00\nDate: soon",
            "Receipt number .\nDate paid\n",
        ],
    )
    def test_names_without_a_day_and_an_amount_are_prose(self, text):
        assert paste(text).form != RECEIPTS


class TestLines:
    def test_what_says_nothing_of_a_payment_is_no_row(self):
        pasted = paste("Hello,\nMay 4, 2025 $50.00 Paid INV-1234\n\nTotal $50.00\nFailed\nThank you\n")
        assert [put.cells for put in pasted.rows] == [
            ["May 4, 2025", "$50.00", "Paid", "INV-1234", ""],
            ["", "$50.00", "", "", "Total"],
            ["", "", "Failed", "", ""],
        ]
        assert pasted.passed == [(1, "Hello,"), (6, "Thank you")]

    def test_where_nothing_is_a_row_every_line_is_shown(self):
        assert rows("nothing here\n\nat all") == [["nothing here"], ["at all"]]
        assert put_together([]) == Pasted(LINES, [])
