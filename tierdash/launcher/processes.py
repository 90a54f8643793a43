"""What the system tells about processes that we did not start ourselves."""

import os
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

_PROC = Path("/proc")


def command_of(pid: int) -> list[str]:
    """Return the command line of a live process; empty when it is gone or a zombie."""
    state, command = _describe(pid)
    return [] if state.startswith("Z") else command


def parent_of(pid: int) -> int:
    """Return the pid of a process's parent, 0 when it is gone."""
    if _has_proc():
        return int((_stat(pid) or ["Z", "0"])[1])
    return int(_ps("ppid=", pid) or 0)


def working_in(folder: Path, name: str) -> Iterator[int]:
    """Yield the live processes called `name` that work in a folder; none where the system does not tell (no /proc)."""
    for entry in _PROC.glob("[0-9]*"):
        try:
            works_there = Path(os.readlink(entry / "cwd")) == folder
            called = (entry / "comm").read_text().strip()
        except OSError:
            continue
        if works_there and called == name and command_of(int(entry.name)):
            yield int(entry.name)


def wait_until(condition: Callable[[], bool], seconds: float) -> bool:
    """Wait until the condition holds, at most so many seconds; say whether it does."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.05)
    return True


def _describe(pid: int) -> tuple[str, list[str]]:
    if not _has_proc():
        state, *command = _ps("stat=,args=", pid).split() or [""]
        return state, command
    try:
        command = (_PROC / str(pid) / "cmdline").read_text(errors="replace").split("\0")
    except OSError:
        return "", []
    return (_stat(pid) or ["Z"])[0], command


def _stat(pid: int) -> list[str]:
    """Return the fields of /proc/PID/stat from the state letter on; empty when the process is gone."""
    try:
        return (_PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []


def _has_proc() -> bool:
    return (_PROC / "self" / "stat").exists()


def _ps(columns: str, pid: int) -> str:
    return subprocess.run(["ps", "-o", columns, "-p", str(pid)], capture_output=True, text=True, check=False).stdout
