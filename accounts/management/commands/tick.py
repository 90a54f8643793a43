"""One round of the clock's work without Celery: for cron, and for when the broker is down."""

from typing import Any

from django.utils import timezone

from accounts.actions import jobs
from accounts.management.guided import GuidedCommand


class Command(GuidedCommand):
    help = (
        "Do one round of the clock's work without Celery: carry out imports that wait, assess the accounts whose "
        "standing time has overtaken, send the notices that wait, by mail first and then through channels, write the "
        "files that people wait for. Harmless "
        "beside a running Celery, and any number of times. Run every minute, it replaces beat and worker; the round "
        "at the full hour also deletes what nobody asks for any more. It prints one line: the instant (UTC) and how "
        "much was done."
    )
    examples = """
        manage.py tick
        * * * * *  cd /srv/tierdash && .venv/bin/python manage.py tick     (a line of crontab)
    """

    def handle(self, *args: Any, **options: Any) -> None:
        now = timezone.now()
        rows = jobs.tick(now=now)
        pruned = jobs.run("prune", jobs.prune, now=now) if now.minute == 0 else None
        line = f"{now:%Y-%m-%d %H:%M:%S} UTC: {rows['reconcile']} accounts assessed, {rows['deliver']} mails handled"
        line += f", {rows['call']} calls made" if rows["call"] else ""
        self.stdout.write(line if pruned is None else f"{line}, {pruned} old rows and mails deleted")
