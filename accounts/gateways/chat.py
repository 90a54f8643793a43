"""Chat services: one message by Apprise, in a program of its own with bounded time, memory and reach (messenger.py)."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from threading import Timer
from typing import Any

from accounts.gateways import letter as mail
from accounts.gateways.outside import Outside
from accounts.gateways.receivers import LONGEST_ADDRESS, BadAddress
from accounts.gateways.services import SERVICES

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = [sys.executable, "-E", "-s", "-B", "-m", "accounts.gateways.messenger"]
# Nothing else of the surroundings reaches it: no secrets, no proxies, no home with a .netrc in it.
KEPT = ("PATH", "SYSTEMROOT", "TMPDIR", "TEMP", "TMP")
TRUSTED = "SSL_CERT_FILE"


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds: to start, for a connection, for a step of an answer, and for the whole of it."""

    start: float = 20
    connect: float = 8
    read: float = 10
    whole: float = 40


# A person waits in front of a page for this one.
HURRIED = Patience(start=9, connect=4, read=6, whole=9)


@dataclass(frozen=True, slots=True)
class Message:
    """Plain text for the receiver that `target` names: an address as the service of this slug has them."""

    service: str
    target: str = field(repr=False)
    title: str
    body: str


def look_at(service: str, target: str, outside: Outside, *, patience: Patience = HURRIED) -> str:
    """Return the host that messages to this address would go to; nothing is sent. BadAddress: see there."""
    if len(target) > LONGEST_ADDRESS:
        raise BadAddress("long")
    if any(character.isspace() or not character.isprintable() for character in target):
        raise BadAddress("not_understood")
    with _messenger({"service": service, "target": target}, outside, patience) as messenger:
        said = messenger.listen(patience.start)
    if "host" not in said:
        raise BadAddress(said.get("unusable", "busy"))
    return str(said["host"])


def send(message: Message, outside: Outside, fence: mail.Fence, *, patience: Patience | None = None) -> mail.Outcome:
    """Carry a message; what goes wrong on the way is an outcome, what the fence raises passes through."""
    patience = patience or Patience()
    job = {name: getattr(message, name) for name in ("service", "target", "title", "body")}
    with _messenger(job, outside, patience) as messenger:
        said = messenger.listen(patience.start)
        if "unusable" in said:
            return mail.Outcome(mail.REFUSED_FOR_NOW, "address")
        if not said.get("ready"):
            return mail.Outcome(mail.UNREACHABLE, "messenger")
        if not fence():
            return mail.Outcome(mail.WITHDRAWN)
        messenger.tell("go")
        said = messenger.listen(patience.whole)
    # Whoever was told to go and said nothing more may have done it.
    return mail.Outcome(**said) if "kind" in said else mail.Outcome(mail.UNKNOWN, "no_answer")


class _Messenger:
    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process

    def tell(self, line: str) -> None:
        if self._process.stdin is not None:
            with suppress(OSError):  # one that has died is heard of by its silence
                self._process.stdin.write(line + "\n")
                self._process.stdin.flush()

    def listen(self, seconds: float) -> dict[str, Any]:
        """What it says next; nothing when it dies, or has to, because it takes too long."""
        timer = Timer(seconds, self._process.kill)
        timer.daemon = True
        timer.start()
        try:
            line = self._process.stdout.readline() if self._process.stdout is not None else ""
        finally:
            timer.cancel()
        with suppress(ValueError):
            said = json.loads(line)
            return said if isinstance(said, dict) else {}
        return {}


@contextmanager
def _messenger(job: dict[str, str], outside: Outside, patience: Patience) -> Iterator[_Messenger]:
    if job["service"] not in SERVICES:
        raise ValueError(job["service"])
    surroundings = {name: os.environ[name] for name in KEPT if name in os.environ} | {"HOME": os.devnull}
    if os.environ.get(TRUSTED):
        surroundings["REQUESTS_CA_BUNDLE"] = os.environ[TRUSTED]
    limits = {"connect": patience.connect, "read": patience.read}
    allowed = [f"[{host}]:{port}" if ":" in host else f"{host}:{port}" for host, port in sorted(outside.allowed)]
    process = subprocess.Popen(  # noqa: S603 - our own program, with data on its standard input only
        PROGRAM,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=surroundings,
        cwd=ROOT,
        text=True,
        encoding="utf-8",
    )
    messenger = _Messenger(process)
    try:
        messenger.tell(json.dumps(job | {"allowed": allowed, "patience": limits}))
        yield messenger
    finally:
        process.kill()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                with suppress(OSError):
                    pipe.close()
        process.wait()
