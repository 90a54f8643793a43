"""Clears what a killed PostgreSQL server leaves behind: its pid file, its backends, its sockets.

A pid alone proves nothing: it may belong to another program by now. Only a live process that is `postgres` and names
our data folder counts as our server.
"""

import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

PATIENCE_SECONDS = 20
_PROC = Path("/proc")


class StillRunningError(Exception):
    """A server that somebody else started uses the data folder; the text names its pid."""


def clear(data_dir: Path, socket_dir: Path) -> None:
    """Make the data folder ready for a start; raise StillRunningError when a server that we may not stop uses it."""
    if pid := running_server(data_dir):
        # A server whose launcher was killed is about to stop by itself; one without any parent is nobody's.
        if _parent(pid) == 1:
            os.kill(pid, signal.SIGINT)
        if not _wait_until(lambda: running_server(data_dir) is None):
            raise StillRunningError(
                f"A PostgreSQL server (pid {pid}) already uses {data_dir}. Stop it: kill -INT {pid}"
            )
    for number in (0, signal.SIGQUIT, signal.SIGKILL):
        for pid in backends(data_dir):
            _signal(pid, number)
        if _wait_until(lambda: not backends(data_dir)):
            break
    (data_dir / "postmaster.pid").unlink(missing_ok=True)
    for leftover in socket_dir.glob(".s.PGSQL.*"):
        leftover.unlink(missing_ok=True)


def running_server(data_dir: Path) -> int | None:
    """Return the pid of the live server that the folder's pid file names, or None when the file is missing or stale."""
    try:
        pid = int((data_dir / "postmaster.pid").read_text().split("\n", 1)[0])
    except (OSError, ValueError):
        return None
    state, command = _describe(pid)
    is_ours = command[:1] and Path(command[0]).name == "postgres" and str(data_dir) in command
    return pid if is_ours and not state.startswith("Z") else None


def backends(data_dir: Path) -> list[int]:
    """Return the live processes that work in the data folder; empty where the system does not tell (no /proc)."""
    found = []
    for entry in _PROC.glob("[0-9]*"):
        try:
            works_there = Path(os.readlink(entry / "cwd")) == data_dir
            name = (entry / "comm").read_text().strip()
        except OSError:
            continue
        if works_there and name == "postgres" and not _describe(int(entry.name))[0].startswith("Z"):
            found.append(int(entry.name))
    return found


def _describe(pid: int) -> tuple[str, list[str]]:
    """Return the state letter and the command line of a process; both empty when it does not exist."""
    if _PROC.joinpath("self").exists():
        try:
            state = _PROC.joinpath(str(pid), "stat").read_text().rpartition(")")[2].split()[0]
            return state, _PROC.joinpath(str(pid), "cmdline").read_text().split("\0")
        except OSError:
            return "", []
    answer = subprocess.run(["ps", "-o", "stat=,args=", "-p", str(pid)], capture_output=True, text=True, check=False)  # noqa: S607
    state, *command = answer.stdout.split() or [""]
    return state, command


def _parent(pid: int) -> int:
    answer = _PROC / str(pid) / "stat"
    try:
        return int(answer.read_text().rpartition(")")[2].split()[1])
    except OSError:
        ps = ["ps", "-o", "ppid=", "-p", str(pid)]
        return int(subprocess.run(ps, capture_output=True, text=True, check=False).stdout or 0)


def _signal(pid: int, number: int) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        pass


def _wait_until(condition: Callable[[], bool], seconds: float = PATIENCE_SECONDS) -> bool:
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.05)
    return True
