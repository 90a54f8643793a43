"""The secrets of channels: sealed before they are stored, opened only by what sends."""

from datetime import datetime, timedelta

from accounts.gateways import keyring
from accounts.models import Channel

# After a new signing secret both sign for so long, so that a receiver can change over without missing a call.
BOTH_SIGN = timedelta(hours=24)


def place_of(channel: Channel, field: str) -> keyring.Place:
    return keyring.Place(channel._meta.db_table, str(channel.pk), field)


def seal(channel: Channel, field: str, text: str) -> None:
    """Put a secret into a field of a channel that is not stored yet. KeyringError when there is no usable key."""
    setattr(channel, field, keyring.held().seal(text, place_of(channel, field)))


def opened(channel: Channel, field: str) -> str:
    """Return a secret of a channel. KeyringError, never the sealed text, when it cannot be opened."""
    return keyring.held().open(getattr(channel, field), place_of(channel, field))


def signing_secrets(channel: Channel, *, at: datetime) -> tuple[str, ...]:
    """What signs a webhook at an instant, the newest first."""
    fields = ["sealed_secret"]
    if channel.sealed_former_secret and channel.secret_renewed_at and at < channel.secret_renewed_at + BOTH_SIGN:
        fields.append("sealed_former_secret")
    return tuple(opened(channel, field) for field in fields)
