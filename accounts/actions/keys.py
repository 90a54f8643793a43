"""The keys that secrets are sealed with: seal everything anew with the current one, and see that all can be opened."""

from collections import Counter
from collections.abc import Iterator

from django.db import transaction

from accounts.gateways import keyring
from accounts.models import Channel
from accounts.models.channel import SEALED
from accounts.notices import sealing


def seal_anew() -> int:
    """Seal every secret with the current key, each channel in a transaction of its own; return how many changed.

    KeyringError when one cannot be opened; those before it stay sealed anew.
    """
    current, changed = keyring.held().current, 0
    for channel in _channels():
        fields = [field for field in _sealed(channel) if keyring.key_of(getattr(channel, field)) != current]
        for field in fields:
            sealing.seal(channel, field, sealing.opened(channel, field))
        if fields:
            channel.save(update_fields=fields)
            changed += 1
    return changed


def check_secrets() -> Counter[str]:
    """Open every secret; return how many were sealed with which key. KeyringError when one cannot be opened."""
    counts: Counter[str] = Counter()
    for channel in _channels():
        for field in _sealed(channel):
            sealing.opened(channel, field)
            counts[keyring.key_of(getattr(channel, field))] += 1
    return counts


def _sealed(channel: Channel) -> list[str]:
    return [field for field in SEALED if getattr(channel, field)]


def _channels() -> Iterator[Channel]:
    """Every channel that has secrets, each held until the next one is asked for."""
    for key in list(Channel.objects.live().order_by("created_at", "id").values_list("pk", flat=True)):
        with transaction.atomic():
            channel = Channel.objects.live().select_for_update(no_key=True).filter(pk=key).first()
            if channel is not None:
                yield channel
