"""Looking into a file that a stranger made: what it is, and whether it may be kept. In a process of its own, bounded.

The process gets the file and nothing else: no setting, no secret, no connection. Memory, time and the size of its
answer are limited by itself before it reads the first byte of the file, and by our patience.
"""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryFile

HOME = Path(__file__).resolve().parents[2]
PATIENCE_SECONDS = 10.0
# How many files one process of the web server lets be looked into at once; whoever comes then waits.
AT_ONCE = 2
KEPT = ("PATH", "SYSTEMROOT", "TMPDIR", "TEMP", "TMP")
# Why a file is not kept. kind: none of the four. large: more bytes than allowed. pixels: a picture of too many.
# pages: a document of too many. script, program, attachment: a document that could run, start or hold something.
# encrypted: it opens with a password only. mail: no mail with sender and date. two_in_one: a PDF that is something else
# as well. not_bare: a picture that was not written here. heavy: reading it took too much. busy: there was no turn.
REFUSALS = (
    *("empty", "large", "kind", "damaged", "encrypted", "pages", "script", "program", "attachment", "pixels", "mail"),
    *("two_in_one", "not_bare", "heavy", "busy"),
)

_turns = threading.BoundedSemaphore(AT_ONCE)


class NotKept(ValueError):
    """A file that may not be kept; `code` is one of REFUSALS."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Examined:
    """What a file is (one of rules.receipts.KINDS) and what is to be kept of it.

    `content` is the file itself, or a picture written anew. `thumbnail` is a small PNG; empty when there is none.
    `facts` of a mail: sender, subject, and sent_at (ISO, UTC); text as it was written, of any length.
    """

    kind: str
    content: bytes
    thumbnail: bytes = b""
    facts: Mapping[str, str] = field(default_factory=dict)


def examine(
    content: bytes,
    *,
    most_bytes: int,
    now: datetime,
    as_kept: bool = False,
    patience_seconds: float = PATIENCE_SECONDS,
) -> Examined:
    """Look into a file of at most `most_bytes`. NotKept says why it is none to keep.

    as_kept: it must be a file as it was kept before, so that its bytes can stay as they are.
    """
    if not content:
        raise NotKept("empty")
    if len(content) > most_bytes:
        raise NotKept("large")
    if not _turns.acquire(timeout=patience_seconds):
        raise NotKept("busy")
    try:
        answer = _ask(content, {"most_bytes": most_bytes, "now": now.isoformat(), "as_kept": as_kept}, patience_seconds)
    finally:
        _turns.release()
    return _understood(answer, content)


def _ask(content: bytes, job: Mapping[str, object], patience_seconds: float) -> bytes:
    """Give the file to the examiner and return its answer, which cannot be longer than a file may grow for it."""
    surroundings = {name: os.environ[name] for name in KEPT if name in os.environ}
    with TemporaryFile() as given, TemporaryFile() as answered:
        given.write(content)
        given.seek(0)
        try:
            done = subprocess.run(  # noqa: S603 - our own program, with data on its standard input only
                [sys.executable, "-E", "-s", "-m", f"{__package__}.examiner", json.dumps(job)],
                stdin=given,
                stdout=answered,
                stderr=subprocess.DEVNULL,
                timeout=patience_seconds,
                env=surroundings,
                cwd=HOME,
            )
        except subprocess.TimeoutExpired:
            raise NotKept("heavy") from None
        if done.returncode:
            # Killed for its time, or by a bug of a library.
            raise NotKept("heavy" if done.returncode in (-9, -24) else "damaged")
        answered.seek(0)
        return answered.read()


def _understood(answer: bytes, content: bytes) -> Examined:
    head, _newline, rest = answer.partition(b"\n")
    said = json.loads(head)
    if "refused" in said:
        raise NotKept(said["refused"])
    length = said["content"]
    kept = content if length is None else rest[:length]
    return Examined(said["kind"], kept, rest[length or 0 :][: said["thumbnail"]], said["facts"])
