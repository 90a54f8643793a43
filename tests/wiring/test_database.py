"""A server that does not answer must not keep a page waiting."""

import time

import pytest
from django.db import OperationalError, connection, transaction

pytestmark = pytest.mark.django_db(transaction=True)
PATIENCE_SECONDS = 0.5


@pytest.fixture
def impatient():
    connection.ensure_connection()
    connection.connection.patience_seconds = PATIENCE_SECONDS
    yield connection
    connection.close()
    # A session that was left finds out when its sleep is over, and the test's database can go only after that.
    asked = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE '%%pg_sleep%%' AND pid <> %s"
    with connection.cursor() as cursor:
        cursor.execute(asked, [connection.connection.info.backend_pid])


def test_a_silent_server_ends_as_an_error_in_time(impatient):
    begin = time.monotonic()
    with pytest.raises(OperationalError), impatient.cursor() as cursor:
        cursor.execute("SELECT pg_sleep(3)")
    assert time.monotonic() - begin < 5 * PATIENCE_SECONDS


def test_in_a_transaction_too_and_the_next_question_gets_its_own_answer(impatient):
    with pytest.raises(OperationalError), transaction.atomic(), impatient.cursor() as cursor:
        cursor.execute("SELECT 'late', pg_sleep(2)")
    with impatient.cursor() as cursor:
        cursor.execute("SELECT 'mine'")
        assert cursor.fetchone() == ("mine",)


def test_an_ordinary_error_keeps_the_connection(impatient):
    held = impatient.connection
    with impatient.cursor() as cursor:
        cursor.execute("SET statement_timeout = '50ms'")
    with pytest.raises(OperationalError, match="statement timeout"), impatient.cursor() as cursor:
        cursor.execute("SELECT pg_sleep(3)")
    assert impatient.connection is held
    assert not held.closed


def test_without_a_bound_it_waits():
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_sleep(0.6)")
        assert connection.connection.patience_seconds is None
