"""Send what waits for channels: claim, fence, call, record. Beside the mails, which wait for none of it.

Any number of senders may run at once, and each may die at any instant.
"""

import logging
import time
import uuid
from collections import Counter, defaultdict
from datetime import datetime, timedelta

from django.conf import settings

from accounts.gateways import chat, webhook
from accounts.gateways import letter as mail
from accounts.gateways.keyring import KeyringError
from accounts.models import Channel, Delivery, Rulebook, Shelf
from accounts.models.channel import CHAT
from accounts.notices import outbox, sealing, switchboard, wording
from accounts.notices.send import is_withdrawn, kept_on

log = logging.getLogger(__name__)

# The task's soft time limit is 240 s, and one call may take a minute from its claim on.
CALL_FOR = timedelta(seconds=45)
# How long one channel may keep the others waiting in a round.
SHARE = timedelta(seconds=15)


def call(*, now: datetime, call_for: timedelta = CALL_FOR) -> Counter[str]:
    """Send everything due through its channel and return how many messages came to each status.

    Stops claiming after `call_for`; what is left waits for the next round. One query when nothing is due. Not inside a
    transaction (RuntimeError), where a claim could be rolled back after its message has left.
    """
    done: Counter[str] = Counter()
    if not switchboard.is_anything_due(now):
        return done
    switchboard.reap(now)
    started = time.monotonic()
    shelf = Rulebook.objects.all().shelf()
    spent: defaultdict[uuid.UUID | None, float] = defaultdict(float)
    with webhook.Session(settings.OUTSIDE) as session:
        while time.monotonic() - started < call_for.total_seconds():
            sated = [key for key, seconds in spent.items() if key and seconds >= SHARE.total_seconds()]
            delivery = switchboard.claim(now, without=sated)
            if delivery is None:
                break
            begun = time.monotonic()
            done[_carry(delivery, session, shelf, now, started)] += 1
            spent[delivery.via_id] += time.monotonic() - begun
    return done


def _carry(delivery: Delivery, session: webhook.Session, shelf: Shelf, now: datetime, started: float) -> str:
    """Send one message that was claimed and record what became of it; return its new status."""
    if is_withdrawn(delivery, now=now):
        return "cancelled"
    at = now + timedelta(seconds=time.monotonic() - started)
    outcome = _send(delivery, session, shelf, at)
    at = now + timedelta(seconds=time.monotonic() - started)
    if outcome.kind == mail.WITHDRAWN:
        # The channel was paused or removed at the last moment, or somebody else has the message by now.
        return "cancelled" if _is_withdrawn_meanwhile(delivery, now) else "taken over"
    return kept_on(delivery, lambda: switchboard.record(delivery, outcome, at=at)) or "taken over"


def _is_withdrawn_meanwhile(delivery: Delivery, now: datetime) -> bool:
    try:
        fresh = outbox.with_circumstances(delivery.pk)
    except Delivery.DoesNotExist:  # it went with its person
        return False
    fresh.claim = delivery.claim
    return is_withdrawn(fresh, now=now)


def _send(delivery: Delivery, session: webhook.Session, shelf: Shelf, at: datetime) -> mail.Outcome:
    channel = switchboard.channel_of(delivery)
    try:
        said = wording.for_chat(wording.text(delivery, shelf)) if channel.kind == CHAT else None
        body = b"" if said else wording.document(delivery, shelf)
    except Exception as error:  # one message that cannot be written must not stop the others
        log.exception("The message %s cannot be written.", delivery.pk)
        return mail.Outcome(mail.REFUSED_FOR_NOW, switchboard.COMPOSE, mail.one_line(str(error)))
    return _through(channel, session, lambda: switchboard.fence(delivery), said, body, str(delivery.pk), at)


def _through(
    channel: Channel,
    session: webhook.Session,
    fence: mail.Fence,
    said: wording.Text | None,
    body: bytes,
    call_id: str,
    at: datetime,
    *,
    patience: chat.Patience | None = None,
) -> mail.Outcome:
    """Send words to a chat service, or else a body to a webhook."""
    try:
        target = sealing.opened(channel, "sealed_target")
        signing = () if said else sealing.signing_secrets(channel, at=at)
    except KeyringError as error:
        log.error("The secrets of channel %s cannot be opened: %s", channel.pk, error)
        return mail.Outcome(mail.UNREACHABLE, "key")
    if said:
        message = chat.Message(channel.service, target, said.title, said.body)
        return chat.send(message, settings.OUTSIDE, fence, patience=patience)
    return session.send(webhook.Call(target, call_id, body, at, signing), fence)


def call_test(channel: Channel, *, now: datetime) -> mail.Outcome:
    """Send a test through a channel, now and without the outbox; return what was answered."""
    said, call_id, body = None, str(uuid.uuid4()), b""
    if channel.kind == CHAT:
        said = wording.for_chat(wording.test_text(channel.user, now=now))
    else:
        body = wording.test_document(channel.user, call_id, now=now)
    with webhook.Session(settings.OUTSIDE, webhook.HURRIED) as session:
        return _through(channel, session, lambda: True, said, body, call_id, now, patience=chat.HURRIED)
