"""Typesetting: a Typst source and plain values become a PDF, in a process of its own with bounded time and memory.

Values reach the source as data (`sys.inputs`), never as markup: what a person typed cannot become an instruction.
"""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

PRESS = Path(__file__).with_name("press.py")
# Long enough for a paper of some hundred pages on a slow machine.
PATIENCE_SECONDS = 30.0
# Nothing else of the surroundings reaches the press: neither secrets nor settings that would change what it prints.
KEPT = ("PATH", "SYSTEMROOT", "TMPDIR", "TEMP", "TMP")
LONGEST_REASON = 2000


class CannotTypeset(RuntimeError):
    """No PDF could be made; the text says why."""


def typeset(
    source: str, values: Mapping[str, str], *, made_at: datetime, patience_seconds: float = PATIENCE_SECONDS
) -> bytes:
    """Return the PDF of a source; the same source, values and instant give the same bytes. CannotTypeset: see there.

    made_at: the aware instant that the PDF names as its own.
    """
    job = {"source": source, "values": dict(values), "timestamp": int(made_at.timestamp())}
    surroundings = {name: os.environ[name] for name in KEPT if name in os.environ} | {"RAYON_NUM_THREADS": "1"}
    try:
        done = subprocess.run(  # noqa: S603 - our own program, with data on its standard input only
            [sys.executable, "-I", str(PRESS)],
            input=json.dumps(job).encode(),
            capture_output=True,
            timeout=patience_seconds,
            env=surroundings,
        )
    except subprocess.TimeoutExpired:
        raise CannotTypeset(f"The PDF was not ready after {patience_seconds:g} seconds.") from None
    if done.returncode or not done.stdout.startswith(b"%PDF-"):
        reason = done.stderr.decode("utf-8", "replace").strip()[-LONGEST_REASON:]
        raise CannotTypeset(reason or f"The press ended with code {done.returncode}.")
    return done.stdout
