"""A whole tierdash, started by its launcher in a folder of its own, as a user would."""

import os
import re
import signal
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path

import psycopg

from tierdash.launcher import processes
from tierdash.launcher.postgres import Cluster

START_SECONDS = 90


class Instance:
    """`python -m tierdash.launcher` with its output. `more` are variables of the environment."""

    def __init__(self, var_dir: Path, output_file: Path, *arguments: str, port: int | None = None, **more: str) -> None:
        self.var_dir = var_dir
        self.port = port or free_port()
        self.output_file = output_file
        own = ("TIERDASH_", "DATABASE_URL", "CELERY_BROKER_URL", "EMAIL_URL", "SECRET_KEY", "DJANGO_", "COV_")
        clean = {name: value for name, value in os.environ.items() if not name.startswith(own)}
        with self.output_file.open("w") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "tierdash.launcher", "--port", str(self.port), *arguments],
                env=clean | {"TIERDASH_VAR_DIR": str(var_dir), "TIERDASH_BEAT_SECONDS": "1"} | more,
                stdout=output,
                stderr=output,
                preexec_fn=heed_interrupts,
            )

    @property
    def output(self) -> str:
        return self.output_file.read_text()

    @property
    def database_url(self) -> str:
        return Cluster(self.var_dir / "postgres").url()

    def wait_for(self, pattern: str, seconds: float = START_SECONDS) -> re.Match[str]:
        """Return the first match in the output, once it is there; fail with the output when the launcher ends first."""
        processes.wait_until(lambda: bool(re.search(pattern, self.output)) or self.process.poll() is not None, seconds)
        found = re.search(pattern, self.output)
        assert found, f"no {pattern!r} in:\n{self.output}\n{self.logs()}"
        return found

    def wait_until_it_runs(self) -> "Instance":
        self.wait_for(r"runs at http://127\.0\.0\.1:\d+")
        return self

    def fetch(self, path: str) -> int:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=10) as answer:
            return answer.status

    def query(self, sql: str) -> list[tuple]:
        with psycopg.connect(self.database_url, autocommit=True) as connection:
            cursor = connection.execute(sql)
            return cursor.fetchall() if cursor.description else []

    def pid_of(self, part: str) -> int:
        """Return the pid of the part's process as last printed."""
        return int(re.findall(rf"^{part} .*started \(process (\d+)\)", self.output, re.MULTILINE)[-1])

    def stop(self, number: int = signal.SIGTERM) -> int:
        """Send the signal and return the exit code."""
        self.process.send_signal(number)
        return self.process.wait(90)

    def kill_launcher(self) -> None:
        self.process.kill()
        self.process.wait()

    def remains(self) -> list[str]:
        """Return the command lines of all live processes of this instance, told by their environment."""
        mark = f"TIERDASH_VAR_DIR={self.var_dir}\0".encode()
        found = []
        for entry in Path("/proc").glob("[0-9]*"):
            try:
                if mark in (entry / "environ").read_bytes() and (command := processes.command_of(int(entry.name))):
                    found.append(" ".join(command))
            except OSError:
                continue
        return found

    def is_gone(self, seconds: float = 30) -> bool:
        return processes.wait_until(lambda: not self.remains(), seconds)

    def logs(self) -> str:
        return "\n".join(f"== {log.name}\n{log.read_text()[-2000:]}" for log in self.var_dir.glob("log/*.log"))


def heed_interrupts() -> None:
    """Undo, in the new process, that whatever runs the tests in the background ignores Ctrl-C: a terminal does not."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
