"""Tell a watchdog whether the clock still rings."""

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError
from django.utils import timezone

from accounts.management.guided import GuidedCommand
from accounts.models import JobRun


class Command(GuidedCommand):
    help = (
        "Say how long ago the clock (Celery's beat and worker, or `manage.py tick`) last finished a round. For a "
        "watchdog, which restarts beat and worker when the exit code is 1."
    )
    examples = """
        manage.py check_liveness
        manage.py check_liveness || systemctl restart tierdash-worker tierdash-beat
    """
    exits = {
        0: "it rang within the last three intervals (TIERDASH_BEAT_SECONDS, 60 unless set)",
        1: "it has been silent for longer, has never rung, or the database does not answer",
    }

    def handle(self, *args: Any, **options: Any) -> None:
        last = JobRun.objects.last_finished_at("reconcile")
        if last is None:
            raise CommandError("The beat has never rung.")
        silence = timezone.now() - last
        if silence > timedelta(seconds=3 * settings.BEAT_SECONDS):
            raise CommandError(f"The beat has been silent for {silence.total_seconds():.0f} seconds.")
        self.stdout.write(f"The beat was alive {silence.total_seconds():.0f} seconds ago.")
