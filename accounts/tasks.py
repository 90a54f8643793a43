"""The alarm clock: what Celery rings. No facts in arguments: a lost or doubled message costs a tick, never a fact."""

from celery import shared_task
from django.utils import timezone

from accounts import actions
from accounts.actions import jobs


@shared_task
def reconcile() -> None:
    """Assess every account that time has overtaken."""
    jobs.run("reconcile", lambda now: actions.reconcile(now=now), now=timezone.now())


@shared_task
def deliver() -> None:
    """Send the notices that wait."""
    jobs.run("deliver", jobs.deliver, now=timezone.now())


@shared_task
def call() -> None:
    """Send what waits for webhooks and chat services: apart from the mails, which wait for none of them."""
    jobs.run("call", jobs.call_alone, now=timezone.now())


@shared_task
def take_imports() -> None:
    """Carry out the imports that wait. Often, and therefore without a slot: each import is claimed by its own row."""
    actions.take_imports(now=timezone.now())


@shared_task
def take_exports() -> None:
    """Write the files that people wait for. Often, and therefore without a slot, like imports."""
    actions.take_exports(now=timezone.now())


@shared_task
def prune() -> None:
    """Delete what nobody asks for any more."""
    jobs.run("prune", jobs.prune, now=timezone.now())
