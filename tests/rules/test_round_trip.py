"""Assessing is the same after rulebook and ledger went through TOML, JSON, CSV rows and the database."""

import json
from collections.abc import Mapping
from datetime import date, timedelta

from hypothesis import given, settings
from hypothesis.extra.django import TestCase

from accounts import actions, rules
from accounts.models import Account, Payment, Rulebook
from tests.make import make_user, make_workspace
from tests.rules.strategies import END, documents, situations

some = settings(max_examples=50, deadline=None)


def as_toml(document: Mapping) -> str:
    """Write a document as TOML: the values at the top, then every table and list of tables as inline values."""
    return "".join(f"{key} = {_inline(value)}\n" for key, value in document.items())


def _inline(value) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, int | date):
        return str(value)
    if isinstance(value, list):
        return f"[{', '.join(map(_inline, value))}]"
    return "{" + ", ".join(f"{json.dumps(key)} = {_inline(item)}" for key, item in value.items()) + "}"


def as_row(line: rules.Line) -> dict[str, str]:
    """A line as a CSV file holds it: every value text."""
    row = {column: getattr(line, column) for column in rules.COLUMNS}
    row["paid_at"] = rules.as_text(line.paid_at)
    return {column: "" if value is None else str(value) for column, value in row.items()}


@some
@given(documents())
def test_a_rulebook_is_the_same_after_toml_and_json(document):
    book = rules.build(document)

    assert rules.parse(as_toml(document)) == book
    assert rules.build(json.loads(json.dumps(book.document))) == book
    assert rules.build(book.document).document == book.document


@some
@given(situations())
def test_a_standing_is_the_same_after_toml_json_and_rows(situation):
    book, ledger, *rest = situation
    there = rules.parse(as_toml(book.document))
    rows = json.loads(json.dumps([as_row(line) for line in ledger]))

    assert [rules.line_from(row) for row in rows] == ledger
    assert rules.assess(there, map(rules.line_from, rows), *rest) == rules.assess(book, ledger, *rest)


class TestThroughTheDatabase(TestCase):
    @settings(max_examples=25, deadline=None)
    @given(situations())
    def test_a_standing_is_the_same_after_the_database(self, situation):
        book, ledger, seen, at, circumstances = situation
        now = END + timedelta(days=1)
        actions.adopt([book], now=now)
        account = Account.objects.create(
            workspace=make_workspace(make_user(now=now)),
            name="an account",
            rulebook_id=book.id,
            seen_tier=seen.tier,
            seen_source="user",
            seen_at=at,
            seen_rose_at=seen.rose_at,
            created_at=now,
        )
        rows: dict[str, Payment] = {}
        for line in ledger:
            rows[line.id] = Payment.objects.create(
                account=account,
                kind=line.kind,
                status=line.status,
                gross=line.gross,
                tax=line.tax,
                currency=line.currency,
                rate=line.rate,
                paid_at=line.paid_at,
                undoes=rows.get(line.undoes),
                recorded_at=now,
                changed_at=now,
            )

        shelf = Rulebook.objects.filter(id=book.id).shelf()
        stored = Account.objects.get(pk=account.pk)
        lines = [payment.as_line() for payment in stored.payments.in_entry_order()]
        found = rules.assess(shelf[book.id], lines, stored.seen, at, circumstances)

        assert found.as_json() == rules.assess(book, ledger, seen, at, circumstances).as_json()
        assert [entry.reason for entry in found.tally.entries] == [
            entry.reason for entry in rules.assess(book, ledger, seen, at, circumstances).tally.entries
        ]


def test_the_writer_of_toml_keeps_every_kind_of_value():
    values = {"a": True, "b": 'x"\\y\n', "c": 5, "d": [1, {"e f": "g"}], "h": date(2025, 5, 1), "i": {}}

    assert as_toml(values) == ('a = true\nb = "x\\"\\\\y\\n"\nc = 5\nd = [1, {"e f" = "g"}]\nh = 2025-05-01\ni = {}\n')
