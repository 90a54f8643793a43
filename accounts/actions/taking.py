"""Take up what waits for the clock: oldest first, each by one worker, and given up when it kills those who try."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TypeVar

from django.db import transaction
from django.db.models import QuerySet

from accounts.models import Export, Import

RUNNING = "running"
MOST_ATTEMPTS = 3
# Longer than a task may take, so that nothing is taken from somebody who is still at it.
STALE = timedelta(minutes=6)

Work = TypeVar("Work", Import, Export)


def take_all(
    waiting: Callable[[datetime], QuerySet[Work]],
    carry_out: Callable[[Work], None],
    give_up: Callable[[Work], None],
    *,
    now: datetime,
) -> int:
    """Carry out everything that waits; return how many were taken up. Several may run at once.

    waiting: what waits and what was left, at an instant. give_up: marks one that was tried too often, not yet stored.
    """
    count = 0
    if not waiting(now).exists():  # as at nearly every round
        return count
    while (held := _take(waiting(now), give_up, now=now)) is not None:
        carry_out(held)
        count += 1
    return count


@transaction.atomic
def _take(waiting: QuerySet[Work], give_up: Callable[[Work], None], *, now: datetime) -> Work | None:
    held = waiting.select_for_update(skip_locked=True, of=("self",)).first()
    if held is None:
        return None
    held.state, held.attempts, held.beaten_at, held.rows_done = RUNNING, held.attempts + 1, now, 0
    if held.attempts > MOST_ATTEMPTS:
        give_up(held)
    held.save()
    return held
