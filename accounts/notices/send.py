"""Send the mails that wait in the outbox: claim, fence, hand over, record. See calling.py for channels.

Any number of senders may run at once, and each may die at any instant.
"""

import logging
import time
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta

from django.db import InterfaceError, OperationalError, connection, transaction

from accounts.gateways import letter as mail
from accounts.gateways import transport
from accounts.models import Account, Delivery, Rulebook, Shelf, User
from accounts.notices import compose, outbox
from accounts.notices.truth import reason_not_to_send

log = logging.getLogger(__name__)

# The task's soft time limit is 240 s, and one mail may take 150 s from its claim on.
CLAIM_FOR = timedelta(seconds=90)


def deliver(*, now: datetime, claim_for: timedelta = CLAIM_FOR) -> Counter[str]:
    """Send everything due and return how many mails came to each status.

    Stops claiming after `claim_for`; what is left waits for the next round. One query when nothing is due. Not inside a
    transaction (RuntimeError), where a claim could be rolled back after its mail has left.
    """
    done: Counter[str] = Counter()
    if not outbox.is_anything_due(now):
        return done
    outbox.reap(now)
    started = time.monotonic()
    shelf = Rulebook.objects.all().shelf()
    with transport.chosen().open() as session:
        while time.monotonic() - started < claim_for.total_seconds():
            delivery = outbox.claim(now)
            if delivery is None:
                break
            if is_withdrawn(delivery, now=now):
                done["cancelled"] += 1
                continue
            outcome = _send(delivery, session, shelf)
            at = now + timedelta(seconds=time.monotonic() - started)
            done[_record(delivery, outcome, at) or "taken over"] += 1
            if outcome.kind == mail.UNREACHABLE:
                log.warning("No mail can leave: %s %s", outcome.code, outcome.words)
                outbox.pause(now, outcome, at=at)
                break
    return done


def send_test(user: User, *, now: datetime) -> mail.Outcome:
    """Send a person a test mail, now and without the outbox; return what the server said."""
    with transport.chosen(is_hurried=True).open() as session:
        return session.send(compose.test_letter(user, now=now), lambda: True)


def is_withdrawn(delivery: Delivery, *, now: datetime) -> bool:
    """Cancel what was claimed and must not leave.

    Under the account's lock, asked a second time: whoever makes the notice true again at this instant either holds the
    lock before us, and we see it, or after us, and sees the cancelled mail.
    """
    if not reason_not_to_send(delivery, now=now):
        return False
    with transaction.atomic():
        Account.objects.select_for_update(of=("self",)).get(pk=delivery.notice.account_id)
        reason = reason_not_to_send(outbox.with_circumstances(delivery.pk), now=now)
        if reason:
            outbox.withdraw(delivery, reason)
    return bool(reason)


def _send(delivery: Delivery, session: mail.Session, shelf: Shelf) -> mail.Outcome:
    try:
        letter = compose.letter(delivery, shelf)
    except compose.Unmailable as error:
        return mail.Outcome(mail.REFUSED, "address", mail.one_line(str(error)))
    except Exception as error:  # one mail that cannot be written must not stop the others
        log.exception("The mail %s cannot be written.", delivery.pk)
        return mail.Outcome(mail.REFUSED_FOR_NOW, "compose", mail.one_line(str(error)))
    return session.send(letter, lambda: outbox.fence(delivery))


def _record(delivery: Delivery, outcome: mail.Outcome, at: datetime) -> str:
    if outcome.kind == mail.WITHDRAWN:
        return ""
    return kept_on(delivery, lambda: outbox.record(delivery, outcome, at=at))


def kept_on(delivery: Delivery, record: Callable[[], str]) -> str:
    """Record an outcome, trying again while the lease lasts: a database that is away must not make a doubt."""
    last_try = time.monotonic() + (outbox.DATA_LEASE - outbox.CLAIM_LEASE).total_seconds()
    wait = 0.5
    while True:
        try:
            return record()
        except (OperationalError, InterfaceError):
            if connection.in_atomic_block or time.monotonic() + wait > last_try:
                raise
            log.warning("The database is away; what became of %s is recorded when it is back.", delivery.pk)
            connection.close()
            time.sleep(wait)
            wait = min(wait * 2, 10)
