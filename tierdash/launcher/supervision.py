"""Talks to the supervisor that keeps the parts running, and tells the terminal what happens to them."""

import http.client
import shutil
import subprocess
import sys
import time
import xmlrpc.client
from pathlib import Path
from typing import Any
from xml.parsers.expat import ExpatError

from supervisor.xmlrpc import SupervisorTransport  # type: ignore[import-untyped]

from tierdash.launcher import ground as grounds
from tierdash.launcher import parts, processes, tether
from tierdash.launcher.ground import Ground, StartError

# A part that dies this often within the time is not worth another try.
TOO_MANY_CRASHES, CRASH_SECONDS = 5, 60
FULL_MB = 10


def say(part: str, text: str) -> None:
    """Print one line about a part."""
    print(f"{part:<9} {text}", flush=True)


class Supervision:
    """The running supervisor of one instance. Every method raises StartError when a part is beyond help."""

    def __init__(self, ground: Ground) -> None:
        self.ground = ground
        self.names = [part.name for part in parts.parts(ground)]
        self.crashes: dict[str, list[float]] = {name: [] for name in self.names}
        self.pids: dict[str, int] = {}
        self.process: subprocess.Popen[bytes] | None = None

    def open(self) -> None:
        """Start the supervisor, tied to this process, and wait until it answers."""
        conf = parts.write_conf(self.ground)
        tied = [sys.executable, "-I", "-S", tether.__file__, "SIGTERM"]
        command = [*tied, sys.executable, "-m", "supervisor.supervisord", "-c", str(conf)]
        with (self.ground.log_dir / "supervisor-start.log").open("wb") as log:
            self.process = subprocess.Popen(
                command,
                env=self.ground.environment,
                cwd=grounds.BASE_DIR,
                start_new_session=True,  # Ctrl-C is for the launcher alone, which stops the parts in order
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        if not processes.wait_until(self._answers, 20):
            raise StartError(f"The supervisor did not start:\n{tail(self.ground.log_dir / 'supervisor-start.log')}")

    def start(self, name: str) -> None:
        """Start a part and return at once."""
        self._ask("startProcess", name, False)
        self.pids[name] = 0
        self.look()

    def look(self) -> None:
        """Print what happened to the started parts since the last look."""
        for info in self._information():
            name, pid, state = info["name"], info["pid"], info["statename"]
            if name not in self.pids:
                continue
            if state == "FATAL":
                raise StartError(self._epitaph(name))
            if pid == self.pids[name]:
                continue
            if self.pids[name]:
                self._note_crash(name, info)
            if pid:
                say(name, f"{'restarted' if self.crashes[name] else 'started'} (process {pid})")
            self.pids[name] = pid

    def close(self) -> None:
        """Stop all parts, PostgreSQL last, and the supervisor; returns when they are gone."""
        if self.process is None:
            return
        if self.process.poll() is None and self._answers():
            others = [name for name in self.pids if name != "postgres"]
            for group in (others, [name for name in self.pids if name == "postgres"]):
                self._stop(group)
        self.process.terminate()
        try:
            self.process.wait(120)
        except subprocess.TimeoutExpired:
            self.process.kill()
        self.ground.pid_file.unlink(missing_ok=True)
        self.process = None

    def _stop(self, names: list[str]) -> None:
        for name in names:
            try:
                self._ask("stopProcess", name, False)
            except xmlrpc.client.Fault:  # it does not run
                self.pids.pop(name)
        while waiting := [name for name in names if name in self.pids]:
            for info in self._information():
                if info["name"] in waiting and info["statename"] in {"STOPPED", "EXITED", "FATAL"}:
                    say(info["name"], "stopped")
                    self.pids.pop(info["name"])
            time.sleep(0.05)

    def _information(self) -> list[dict[str, Any]]:
        try:
            answer: list[dict[str, Any]] = self._ask("getAllProcessInfo")
        except (OSError, xmlrpc.client.Error) as error:
            raise StartError("The supervisor was killed; the parts stop by themselves.") from error
        return answer

    def _ask(self, method: str, *arguments: Any) -> Any:
        """Call the supervisor, over a new connection: one that was interrupted is of no more use."""
        transport = SupervisorTransport(None, None, f"unix://{grounds.supervisor_socket(self.ground)}")
        with xmlrpc.client.ServerProxy("http://127.0.0.1", transport=transport) as server:
            try:
                return getattr(server.supervisor, method)(*arguments)
            except (http.client.HTTPException, ExpatError) as error:
                raise ConnectionError("The supervisor's answer broke off.") from error

    def _answers(self) -> bool:
        try:
            return bool(self._ask("getState")["statename"] == "RUNNING")
        except (OSError, xmlrpc.client.Error):
            return False

    def _note_crash(self, name: str, info: dict[str, Any]) -> None:
        now = time.monotonic()
        self.crashes[name] = [*(at for at in self.crashes[name] if now - at < CRASH_SECONDS), now]
        if len(self.crashes[name]) >= TOO_MANY_CRASHES:
            raise StartError(self._epitaph(name))
        # The supervisor forgets the exit status of a part that died early or runs again already.
        status = info["exitstatus"]
        reason = " (killed)" if status == -1 else f" (exit code {status})" if status else ""
        say(name, f"crashed{reason}, restarting; see {self.ground.log_dir / name}.log")

    def _epitaph(self, name: str) -> str:
        log = self.ground.log_dir / f"{name}.log"
        return f"The part '{name}' keeps dying, so everything was stopped. Its last lines ({log}):\n{tail(log)}"


def explain_full_disk(folder: Path, text: str) -> str:
    """Put the plain reason first when an error text, or the disk itself, says that no space is left."""
    is_full = folder.exists() and shutil.disk_usage(folder).free < FULL_MB * 2**20
    if is_full or "No space left on device" in text or "DiskFull" in text:
        return f"The disk of {folder} is full. Free some space and start again.\n{text}"
    return text


def tail(path: Path, lines: int = 12) -> str:
    """Return the last lines of a log, indented; a missing log has none."""
    try:
        found = path.read_text(errors="replace").splitlines()[-lines:]
    except OSError:
        return ""
    return "\n".join(f"    {line}" for line in found)
