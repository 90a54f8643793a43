from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from accounts.models import JobRun


class Command(BaseCommand):
    help = "Exit with 1 when the beat has been silent for more than 3 intervals: for a watchdog."

    def handle(self, *args: Any, **options: Any) -> None:
        last = JobRun.objects.last_finished_at("reconcile")
        if last is None:
            raise CommandError("The beat has never rung.")
        silence = timezone.now() - last
        if silence > timedelta(seconds=3 * settings.BEAT_SECONDS):
            raise CommandError(f"The beat has been silent for {silence.total_seconds():.0f} seconds.")
        self.stdout.write(f"The beat was alive {silence.total_seconds():.0f} seconds ago.")
