"""The look-ups of every minute follow what waits, not what was ever sent."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Delivery
from accounts.notices import outbox
from tests.notices.post import AFTER_GRACE, READY, waiting

pytestmark = pytest.mark.django_db


def test_the_cost_of_looking_does_not_grow_with_what_was_sent():
    [delivery] = waiting()
    Delivery.objects.update(next_at=AFTER_GRACE)
    Delivery.objects.bulk_create(
        Delivery(
            notice_id=delivery.notice_id,
            address="sent@example.org",
            copy=copy,
            status="sent",
            sent_at=READY,
            next_at=READY,
            created_at=READY,
        )
        for copy in range(20_000)
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE accounts_delivery")
        for look in (outbox.is_anything_due, outbox.claim):
            with CaptureQueriesContext(connection) as asked:
                assert not look(READY)
            cursor.execute(f"EXPLAIN {asked[0]['sql']}")
            plan = "\n".join(row for (row,) in cursor.fetchall())
            assert "Seq Scan" not in plan, plan
