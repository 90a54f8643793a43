"""Clears what a killed PostgreSQL server leaves behind: its pid file, its backends, its sockets.

A pid alone proves nothing: it may belong to another program by now. Only a live process that is `postgres` and names
our data folder counts as our server.
"""

import os
import signal
from contextlib import suppress
from pathlib import Path

from tierdash.launcher import processes

PATIENCE_SECONDS = 20


class StillRunningError(Exception):
    """A server that somebody else started uses the data folder; the text names its pid."""


def clear(data_dir: Path, socket_dir: Path) -> None:
    """Make the data folder ready for a start; raise StillRunningError when a server that we may not stop uses it."""
    if pid := running_server(data_dir):
        # A server whose launcher was killed stops by itself, or was told to; one without a parent is nobody's.
        if processes.parent_of(pid) == 1:
            os.kill(pid, signal.SIGINT)
        if not processes.wait_until(lambda: running_server(data_dir) is None, PATIENCE_SECONDS):
            raise StillRunningError(
                f"A PostgreSQL server (pid {pid}) already uses {data_dir}. Stop it: kill -INT {pid}"
            )
    # Backends of a server that was killed end by themselves; a stubborn one is told to, ever more firmly.
    for number in (0, signal.SIGQUIT, signal.SIGKILL):
        for pid in processes.working_in(data_dir, "postgres"):
            with suppress(ProcessLookupError):
                os.kill(pid, number)
        if processes.wait_until(lambda: not any(processes.working_in(data_dir, "postgres")), PATIENCE_SECONDS):
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
    command = processes.command_of(pid)
    is_ours = command and Path(command[0]).name == "postgres" and str(data_dir) in command
    return pid if is_ours else None
