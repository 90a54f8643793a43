"""Look into one file on the standard input; the answer goes to the standard output, see `answer`.

It gives up memory, time and everything else that the job does not need before it looks, for the libraries that read
files of strangers have had their share of holes.
"""

import contextlib
import json
import sys
from datetime import datetime
from typing import Any

from accounts.gateways.examiner.findings import Found, Refused
from accounts.gateways.examiner.letters import BEGINNING

MOST_MEMORY = 768 * 1024**2
MOST_SECONDS = 8
MAGIC = {b"%PDF-": "pdf", b"\x89PNG\r\n\x1a\n": "png", b"\xff\xd8\xff": "jpeg"}


def bind(most_answer: int) -> None:
    """Give up what the job does not need; where the system knows no such limits, only the caller's patience counts."""
    with contextlib.suppress(ImportError):
        import resource

        limits = {
            "RLIMIT_AS": MOST_MEMORY,
            "RLIMIT_CPU": MOST_SECONDS,
            "RLIMIT_FSIZE": most_answer,
            "RLIMIT_NPROC": 0,
            "RLIMIT_CORE": 0,
        }
        for name, most in limits.items():
            with contextlib.suppress(AttributeError, ValueError, OSError):
                resource.setrlimit(getattr(resource, name), (most, most))


def look(content: bytes, job: dict[str, Any]) -> Found:
    """Tell by its first bytes what a file is, and look into it."""
    kind = next((kind for magic, kind in MAGIC.items() if content.startswith(magic)), "")
    if kind in ("png", "jpeg"):
        from accounts.gateways.examiner import images

        return images.examine(kind, content, most_bytes=job["most_bytes"], as_kept=job["as_kept"])
    if kind == "pdf":
        from accounts.gateways.examiner import documents

        return documents.examine(content)
    if BEGINNING.match(content):
        from accounts.gateways.examiner import letters

        return letters.examine(content, now=datetime.fromisoformat(job["now"]))
    raise Refused("kind")


def answer(found: Found | Refused) -> bytes:
    """One line of JSON, then the file to keep, if it is another one, then the thumbnail."""
    if isinstance(found, Refused):
        return json.dumps({"refused": found.code}).encode() + b"\n"
    head = {
        "kind": found.kind,
        "facts": found.facts,
        "content": None if found.content is None else len(found.content),
        "thumbnail": len(found.thumbnail),
    }
    return json.dumps(head).encode() + b"\n" + (found.content or b"") + found.thumbnail


def main() -> None:
    job = json.loads(sys.argv[1])
    bind(2 * job["most_bytes"] + 1024**2)
    found: Found | Refused
    try:
        found = look(sys.stdin.buffer.read(), job)
    except Refused as refused:
        found = refused
    except MemoryError:
        found = Refused("heavy")
    except Exception:  # whatever a library says of a file that it cannot read
        found = Refused("damaged")
    sys.stdout.buffer.write(answer(found))


if __name__ == "__main__":
    main()
