"""What people do with their channels: add, change, test, pause, resume and remove them, and renew a signing secret."""

import uuid
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.core.cache import cache
from django.db import transaction
from django.db.models import Exists, OuterRef, Q

from accounts import notices
from accounts.gateways import answers, webhook
from accounts.gateways.keyring import KeyringError
from accounts.gateways.letter import ACCEPTED, Outcome
from accounts.models import Channel, Delivery, User
from accounts.models.channel import BY_PERSON, SEALED, WEBHOOK
from accounts.models.notice import CANCELLED, FAILED, PENDING, UNCERTAIN
from accounts.notices import sealing

MOST_CHANNELS = 10
TEST_SECONDS = 15
# What did not arrive goes out after a pause when it is no older than this, and still true.
RESUME_FOR = timedelta(days=7)


class ChannelRefused(ValueError):
    """Something that cannot be done with a channel; `reason` is a code.

    too_many: the person has MOST_CHANNELS. made_before: the same form added one already. too_soon: the last test is
    too fresh.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Receiver:
    """Where messages go. `target` is the whole address with its secrets, `host` the part of it that may be shown."""

    kind: str
    service: str
    target: str
    host: str

    def __repr__(self) -> str:
        return f"Receiver({self.kind} {self.service} {self.host})"


@dataclass(frozen=True, slots=True)
class Added:
    """A new channel, and the signing secret of a webhook, which nobody can show again; "" for a chat service."""

    channel: Channel
    secret: str

    def __repr__(self) -> str:
        return f"Added({self.channel.pk})"


@transaction.atomic
def add_channel(
    user: User, *, receiver: Receiver, name: str, muted_kinds: Iterable[str], form_key: uuid.UUID, now: datetime
) -> Added:
    """Add a channel; what is raised from now on goes through it. ChannelRefused (too_many, made_before): see there."""
    User.objects.select_for_update(no_key=True).get(pk=user.pk)  # two forms at once are counted one after the other
    if Channel.objects.filter(user=user, form_key=form_key).exists():
        raise ChannelRefused("made_before")
    if Channel.objects.of(user).count() >= MOST_CHANNELS:
        raise ChannelRefused("too_many")
    channel = Channel(user=user, name=name, muted_kinds=list(muted_kinds), form_key=form_key, created_at=now)
    _direct(channel, receiver)
    secret = ""
    if channel.kind == WEBHOOK:
        secret = webhook.new_secret()
        sealing.seal(channel, "sealed_secret", secret)
    channel.save(force_insert=True)
    return Added(channel, secret)


@transaction.atomic
def edit_channel(
    channel: Channel, *, name: str, muted_kinds: Iterable[str], receiver: Receiver | None = None
) -> Channel:
    """Change what a channel is called and wants, and with `receiver` where it goes; its past failures are then past."""
    channel = _locked(channel)
    channel.name, channel.muted_kinds = name, list(muted_kinds)
    if receiver is not None:
        _direct(channel, receiver)
        channel.failures, channel.failing_since = 0, None
        channel.last_tried_at, channel.last_outcome, channel.last_code, channel.last_words = None, "", "", ""
    channel.save()
    return channel


def _direct(channel: Channel, receiver: Receiver) -> None:
    channel.kind, channel.service, channel.host = receiver.kind, receiver.service, receiver.host
    channel.tail = answers.tail_of(receiver.target)
    sealing.seal(channel, "sealed_target", receiver.target)


@transaction.atomic
def renew_channel_secret(channel: Channel, *, now: datetime) -> Added:
    """Give a webhook another signing secret. For a day both sign, so that its receiver can change over."""
    channel = _locked(channel)
    secret = webhook.new_secret()
    channel.sealed_former_secret = ""
    with suppress(KeyringError):  # one that cannot be opened signs nothing anyway
        sealing.seal(channel, "sealed_former_secret", sealing.opened(channel, "sealed_secret"))
    sealing.seal(channel, "sealed_secret", secret)
    channel.secret_renewed_at = now
    channel.save(update_fields=["sealed_secret", "sealed_former_secret", "secret_renewed_at"])
    return Added(channel, secret)


def send_channel_test(channel: Channel, *, now: datetime) -> Outcome:
    """Send a test through a channel at once, paused or not; return what was answered, and keep it on the channel.

    A test that arrives shows that nothing is wrong any more; one that does not is no failure of a notice.
    ChannelRefused when asked again too soon.
    """
    if not cache.add(f"channel-test-{channel.pk}", now.isoformat(), TEST_SECONDS):
        raise ChannelRefused("too_soon")
    outcome = notices.call_test(channel, now=now)
    with transaction.atomic():
        channel = _locked(channel)
        notices.note_try(channel, outcome, at=now)
        if outcome.kind == ACCEPTED:
            channel.failures, channel.failing_since = 0, None
        channel.save()
    return outcome


@transaction.atomic
def pause_channel(channel: Channel, *, now: datetime) -> Channel:
    """Send nothing through a channel until it is resumed; what waits is withdrawn. Twice is as good as once."""
    channel = _locked(channel)
    if not channel.is_paused:
        channel.paused_at, channel.paused_why = now, BY_PERSON
        channel.save(update_fields=["paused_at", "paused_why"])
        notices.end_what_waits(channel)
    return channel


@transaction.atomic
def resume_channel(channel: Channel, *, now: datetime) -> int:
    """Send through a channel again, also what did not arrive in the last week; return how much of it goes out.

    What is not true any more by then is withdrawn when its turn comes.
    """
    channel = _locked(channel)
    if not channel.is_paused:
        return 0
    channel.paused_at, channel.paused_why = None, ""
    channel.failures, channel.failing_since = 0, None
    channel.save(update_fields=["paused_at", "paused_why", "failures", "failing_since"])
    later = Delivery.objects.filter(via=channel, notice=OuterRef("notice"), copy__gt=OuterRef("copy"))
    missed = Q(status=FAILED) | Q(status=CANCELLED, last_error=notices.PAUSED)
    if channel.kind == WEBHOOK:  # its receiver drops what it has already
        missed |= Q(status=UNCERTAIN)
    held = Delivery.objects.filter(missed, ~Exists(later), via=channel, created_at__gt=now - RESUME_FOR)
    return held.update(status=PENDING, next_at=now, attempts=0, last_code="", last_error="")


@transaction.atomic
def remove_channel(channel: Channel, *, now: datetime) -> None:
    """Remove a channel with its secrets. What waits is withdrawn; the record of what went through it stays."""
    channel = _locked(channel)
    channel.removed_at = now
    for field in SEALED:
        setattr(channel, field, "")
    channel.save()
    notices.end_what_waits(channel)


def _locked(channel: Channel) -> Channel:
    """The row, held until the transaction ends; Channel.DoesNotExist when it was removed meanwhile."""
    return Channel.objects.live().select_for_update(no_key=True, of=("self",)).select_related("user").get(pk=channel.pk)
