"""The cost of a round follows what is due, not what exists."""

import uuid
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts import actions
from accounts.actions import jobs
from accounts.models import Account, Notice, Payment, Standing
from tests.make import instant, make_account, make_user

NOW = instant("05-08T10:00")
STORED = 100_000


@pytest.fixture
def full_house(db):
    """An instance with 100,000 accounts beside one real one, whose standings fall due next year."""
    owner = make_user()
    pattern = make_account(owner, name="pattern", payments=[("50.00", "05-01T10:00")], now=instant("05-01T10:00"))
    copy_account(pattern, STORED, next_look_at=instant("2026-05-08T10:00"))
    Standing.objects.filter(account=pattern).update(next_look_at=None)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    return pattern


def copy_account(pattern: Account, count: int, *, next_look_at) -> list[uuid.UUID]:
    """Copy an account with its standing and its payment, set-wise: only the round's own cost matters here."""
    ids = [uuid.uuid4() for _ in range(count)]
    columns = [f.column for f in Account._meta.fields if f.column not in ("id", "name", "form_key")]
    standing = [f.column for f in Standing._meta.fields if f.column not in ("account_id", "next_look_at")]
    payment = [f.column for f in Payment._meta.fields if f.column not in ("id", "uid", "account_id", "form_key")]
    with connection.cursor() as cursor:
        for table, head, rest, values in (
            ("accounts_account", "id, name, form_key", columns, "copy.id, copy.id::text, copy.id"),
            ("accounts_standing", "account_id, next_look_at", standing, "copy.id, %(at)s"),
            ("accounts_payment", "uid, account_id, form_key", payment, "gen_random_uuid(), copy.id, copy.id"),
        ):
            key = "id" if table == "accounts_account" else "account_id"
            names = ", ".join(rest)
            cursor.execute(
                f"INSERT INTO {table} ({head}, {names}) SELECT {values}, {names} FROM {table},"
                f" unnest(%(ids)s::uuid[]) AS copy(id) WHERE {table}.{key} = %(pattern)s",
                {"ids": ids, "at": next_look_at, "pattern": pattern.pk},
            )
    return ids


def spent_by(work, *, most: int):
    """Do the work, fail when it takes more queries than that, and return what it returned."""
    with CaptureQueriesContext(connection) as spent:
        result = work()
    assert len(spent) <= most, [query["sql"][:200] for query in spent]
    return result


def test_the_cost_of_a_round_follows_what_is_due(full_house):
    """One story, because a hundred thousand rows take a while to make."""
    assert Account.objects.count() == STORED + 1

    assert spent_by(lambda: jobs.tick(now=NOW), most=4)["reconcile"] == 0
    assert "standing_due" in plan_of(Account.objects.due(NOW).order_by())

    copy_account(full_house, 1000, next_look_at=NOW)
    assert spent_by(lambda: jobs.tick(now=NOW), most=40)["reconcile"] == 1000
    assert Standing.objects.filter(advice_code="top_up").count() == 1000
    assert Notice.objects.filter(kind="upgrade_ready").count() == 1000

    assert spent_by(lambda: actions.reconcile(now=NOW + timedelta(minutes=1)), most=1) == 0


def plan_of(accounts) -> str:
    sql, values = accounts.query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute("EXPLAIN " + sql, values)
        return "\n".join(line for (line,) in cursor.fetchall())
