"""For probes: `healthz` says that this process and its database answer, `readyz` also that the clock is alive.

Both are plain JSON without sign-in, cookies or cache: 200 when all is well, else 503.
"""

from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError, InterfaceError, connection
from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts import rules
from accounts.models import Delivery, JobRun, Rulebook

SILENCE = timedelta(minutes=5)
OVERDUE = timedelta(minutes=5)


@login_not_required
@require_safe
def healthz(request: HttpRequest) -> JsonResponse:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except (DatabaseError, InterfaceError):
        return _answer({"web": "ok", "database": "down"}, is_well=False)
    return _answer({"web": "ok", "database": "ok"}, is_well=True)


@login_not_required
@require_safe
def readyz(request: HttpRequest) -> JsonResponse:
    """Not ready: the database is down, nothing was adopted, or the beat has been silent for more than 5 minutes."""
    now = timezone.now()
    try:
        beat_at = JobRun.objects.last_finished_at("reconcile")
        delivery_at = JobRun.objects.last_finished_at("deliver")
        overdue = Delivery.objects.waiting().filter(next_at__lte=now - OVERDUE).count()
        # An instance set up a moment ago is not silent yet: its beat first rings an interval later.
        first = Rulebook.objects.order_by("adopted_at").values_list("adopted_at", flat=True).first()
    except (DatabaseError, InterfaceError):
        return _answer({"web": "ok", "database": "down"}, is_well=False)
    heard_at = beat_at or first
    is_alive = heard_at is not None and now - heard_at <= SILENCE
    facts = {
        "web": "ok",
        "database": "ok",
        "beat": {"state": "ok" if is_alive else "silent", **_age(beat_at, now)},
        "delivery": _age(delivery_at, now),
        "notices_overdue": overdue,
    }
    return _answer(facts, is_well=is_alive)


def _age(at: datetime | None, now: datetime) -> dict[str, Any]:
    return {"last_at": rules.as_text(at), "age_seconds": int((now - at).total_seconds()) if at else None}


def _answer(facts: dict[str, Any], *, is_well: bool) -> JsonResponse:
    return JsonResponse(facts, status=200 if is_well else 503, headers={"Cache-Control": "no-store"})
