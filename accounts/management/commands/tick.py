"""One round of the clock's work without Celery: for cron, and for when the broker is down."""

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from accounts.actions import jobs


class Command(BaseCommand):
    help = (
        "Assess the accounts whose standing time has overtaken and send the notices that wait, by mail first and then "
        "through channels. Harmless beside a "
        "running Celery, and any number of times. Run every minute, it replaces beat and worker; the round at the full "
        "hour also deletes what nobody asks for any more."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        now = timezone.now()
        rows = jobs.tick(now=now)
        pruned = jobs.run("prune", jobs.prune, now=now) if now.minute == 0 else None
        line = f"{now:%Y-%m-%d %H:%M:%S} UTC: {rows['reconcile']} accounts assessed, {rows['deliver']} mails handled"
        line += f", {rows['call']} calls made" if rows["call"] else ""
        self.stdout.write(line if pruned is None else f"{line}, {pruned} old rows and mails deleted")
