"""Things for tests of channels: notices that wait for one, and a receiver on this machine that the operator allows."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from accounts.models import Channel, Delivery, User
from tests.make import make_channel
from tests.notices.post import ready_account
from tests.receiver import Receiver, running


@contextmanager
def served(settings: Any, receiver: Receiver | None = None) -> Iterator[Receiver]:
    """A receiver without TLS that TIERDASH_OUTBOUND_ALLOW names."""
    with running(receiver) as held:
        settings.OUTSIDE = held.allowed
        yield held


def webhook_to(receiver: Receiver, user: User, **facts: Any) -> Channel:
    return make_channel(user, target=f"http://127.0.0.1:{receiver.port}/in/long-secret-8Kd2", **facts)


def ntfy_to(receiver: Receiver, user: User, **facts: Any) -> Channel:
    return make_channel(user, "ntfy", target=f"ntfy://127.0.0.1:{receiver.port}/long-topic-8Kd2", **facts)


def raised(user: User, number: int = 1) -> list[Delivery]:
    """That many notices to a person that wait for their channels; in the order in which they wait."""
    for _ in range(number):
        ready_account(user)
    return list(calls().order_by("next_at", "id"))


def calls() -> Any:
    """Everything that goes through channels."""
    return Delivery.objects.exclude(channel="mail")


def outcome_of_one() -> tuple[str, str, int]:
    """Status, code and attempts of the only message there is."""
    return calls().values_list("status", "last_code", "attempts").get()
