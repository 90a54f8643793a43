"""Things for tests of the post room: notices that wait, and a mail server that takes them."""

import time
from contextlib import contextmanager
from datetime import datetime, timedelta

from django.db import connection

from accounts.models import Account, Delivery, Membership, User
from tests.make import instant, make_account, make_user, make_workspace
from tests.sink import Sink, running

READY = instant("05-08T10:00")
AFTER_GRACE = READY + timedelta(minutes=3)


def ready_account(owner=None, *, now: datetime = READY, **facts) -> Account:
    """An account whose waiting ends at READY, so that a top-up may trigger Tier 2."""
    return make_account(owner, payments=[("50.00", "05-01T10:00")], now=now, **facts)


def waiting(number: int = 1) -> list[Delivery]:
    """That many mails that wait, for as many members of one workspace."""
    owner = make_user("owner@example.org")
    workspace = make_workspace(owner)
    # Nobody signs in as these, so no time is spent on passwords.
    members = User.objects.bulk_create(User(email=f"member{each}@example.org") for each in range(number - 1))
    Membership.objects.bulk_create(Membership(workspace=workspace, user=user, role="viewer") for user in members)
    ready_account(owner)
    return list(Delivery.objects.waiting())


def outcome_of_one() -> tuple[str, str, int]:
    """Status, code and attempts of the only mail there is."""
    return Delivery.objects.values_list("status", "last_code", "attempts").get()


def until(condition) -> None:
    for _ in range(200):
        if condition():
            return
        time.sleep(0.02)
    raise AssertionError("it never came true")


def leases_run_out() -> None:
    """Let the time of every lease pass: the database's clock cannot be set."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE accounts_delivery SET lease_until = now() - interval '1 second' WHERE lease_until > now()"
        )


@contextmanager
def mail_server(settings, sink: Sink | None = None):
    """A mail server that EMAIL_URL names."""
    with running(sink or Sink()) as served:
        settings.EMAIL_URL = f"smtp://127.0.0.1:{served.port}"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", served.port
        settings.EMAIL_HOST_USER = settings.EMAIL_HOST_PASSWORD = ""
        settings.EMAIL_USE_TLS = settings.EMAIL_USE_SSL = False
        yield served
