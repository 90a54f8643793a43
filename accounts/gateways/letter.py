"""What every way of sending mail takes and answers: a letter, a fence, an outcome. Plain values."""

import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

# The other side has taken the letter over.
ACCEPTED = "accepted"
# This letter was certainly not taken; later it may be.
REFUSED_FOR_NOW = "refused_for_now"
# This letter will never be taken.
REFUSED = "refused"
# The letter was handed over and no answer came: nobody can know whether it was taken.
UNKNOWN = "unknown"
# No letter at all can be handed over now: no connection, no trust, no sign-in, no space.
UNREACHABLE = "unreachable"
# The fence said no: the letter is no longer ours to send. Nothing was handed over.
WITHDRAWN = "withdrawn"

CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]+")

# Asked once, after everything that can still fail harmlessly and before anything that cannot be taken back.
Fence = Callable[[], bool]


@dataclass(frozen=True, slots=True)
class Letter:
    """A whole mail (`content`: RFC 5322 bytes with CRLF) for one recipient; addresses are bare and ASCII."""

    message_id: str
    sender: str
    recipient: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Outcome:
    """`code` is the server's reply code or a word for what happened on the way; `words` is what the server said.

    `wait_seconds` is for how long it asked to be left alone; 0 when it said nothing of it.
    """

    kind: str
    code: str = ""
    words: str = ""
    wait_seconds: int = 0


class Session(Protocol):
    def send(self, letter: Letter, fence: Fence) -> Outcome:
        """Hand one letter over. What goes wrong on the way is an outcome; what the fence raises passes through."""
        ...


class Transport(Protocol):
    def open(self) -> AbstractContextManager[Session]:
        """Open a session for any number of letters. A connection is made when the first one is sent."""
        ...


def one_line(said: bytes | str) -> str:
    """Return what a server said as one printable line of at most 400 characters."""
    text = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
    return CONTROL.sub(" ", text).strip()[:400]
