"""A PostgreSQL cluster of our own in one folder, reached over a socket that only its owner can open.

    python -m tierdash.launcher.postgres serve FOLDER               becomes the server (for a supervisor)
    python -m tierdash.launcher.postgres --temporary -- COMMAND     runs COMMAND with a throw-away database

There is no network port and no password: the socket lies in a folder of mode 0700.
"""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType
from urllib.parse import quote

from tierdash.launcher import binaries, identity, leftovers, sockets, tether

ROLE = "tierdash"
START_SECONDS = 60
STOP_SECONDS = 30
THROW_AWAY = MappingProxyType({"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"})
BUILTIN_LOCALE_SINCE = 17
_REASONS = (
    binaries.NoServerError,
    identity.NoIdentityError,
    leftovers.StillRunningError,
    sockets.TakenError,
    OSError,
)


class ClusterError(Exception):
    """The server did not start, or its folder cannot be used; the text is for the person at the terminal."""


class Cluster:
    """One PostgreSQL cluster in `data_dir`, started as a child that stops when this process dies.

    The folder is created at the first start. `settings` are server settings, by name.
    """

    def __init__(self, data_dir: Path, settings: Mapping[str, str] = MappingProxyType({})) -> None:
        self.data_dir = data_dir.resolve()
        self.settings = settings
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def socket_dir(self) -> Path:
        """The folder of the socket: the data folder, or a short one of its own when that path is too long."""
        return sockets.folder_for(self.data_dir, ".s.PGSQL.5432.lock")

    @property
    def log_file(self) -> Path:
        """What the server writes when it is started by start()."""
        return self.data_dir / "server.log"

    def url(self, database: str = ROLE, role: str = ROLE) -> str:
        """Return the address of a database for DATABASE_URL and for libpq.

        The folder is a query parameter, because the host part of a URL is lower-cased when it is read.
        """
        return f"postgresql://{role}@/{quote(database, safe='')}?host={quote(str(self.socket_dir), safe='')}"

    def start(self) -> None:
        """Start the server and return when it accepts connections; raise ClusterError when it does not."""
        command, enter = self.prepare()
        parent = os.getpid()

        def become_server() -> None:
            enter()
            tether.tie(signal.SIGINT, parent)

        with self.log_file.open("ab") as log:
            self.process = subprocess.Popen(
                command, stdout=log, stderr=log, start_new_session=True, preexec_fn=become_server
            )
        end = time.monotonic() + START_SECONDS
        while not self.is_ready():
            if self.process.poll() is not None or time.monotonic() > end:
                self.stop()
                raise ClusterError(f"PostgreSQL did not start:\n{_tail(self.log_file)}")
            time.sleep(0.01)

    def stop(self) -> None:
        """Stop the server, ending its connections; returns when it is gone. Does nothing when it does not run."""
        if self.process is None:
            return
        for number in (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL):
            self.process.send_signal(number)
            try:
                self.process.wait(STOP_SECONDS)
                break
            except subprocess.TimeoutExpired:
                continue
        self.process = None
        if self.socket_dir != self.data_dir:
            shutil.rmtree(self.socket_dir, ignore_errors=True)

    def is_ready(self) -> bool:
        """Say whether the server accepts connections: it writes so into the eighth line of its pid file."""
        try:
            lines = (self.data_dir / "postmaster.pid").read_text().splitlines()
        except OSError:
            return False
        return len(lines) >= 8 and lines[7].strip() == "ready" and leftovers.running_server(self.data_dir) is not None

    def exists(self) -> bool:
        """Say whether the folder holds a complete cluster."""
        return (self.data_dir / "PG_VERSION").exists()

    def ensure_database(self, name: str = ROLE) -> None:
        """Create the role of the application and a database that it owns, unless they exist. Raises ClusterError."""
        import psycopg
        from psycopg import sql

        make_role = sql.SQL("CREATE ROLE {} LOGIN CREATEDB").format(sql.Identifier(ROLE))
        make_database = sql.SQL("CREATE DATABASE {} OWNER {}").format(sql.Identifier(name), sql.Identifier(ROLE))
        try:
            with psycopg.connect(self.url("postgres", "postgres"), autocommit=True) as connection:
                if not connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [ROLE]).fetchone():
                    connection.execute(make_role)
                if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone():
                    connection.execute(make_database)
        except psycopg.Error as error:
            raise ClusterError(f"The database {name} could not be created: {error}") from error

    def prepare(self) -> tuple[list[str], Callable[[], None]]:
        """Make the folder ready; return the server's command line and what the child calls to become its user.

        Raises ClusterError.
        """
        try:
            major = int((self.data_dir / "PG_VERSION").read_text()) if self.exists() else None
            programs = binaries.find(major)
            enter = identity.claim(self.data_dir, programs / "postgres")
            leftovers.clear(self.data_dir, self.socket_dir)
            if not self.exists():
                self._initialise(programs, enter)
            if self.socket_dir != self.data_dir:
                sockets.make_private(self.socket_dir, self.data_dir.stat())
        except _REASONS as error:
            raise ClusterError(str(error)) from error
        quoted = str(self.socket_dir).replace('"', '""')
        settings = {
            "listen_addresses": "",
            "unix_socket_directories": f'"{quoted}"',
            "unix_socket_permissions": "0700",
            "timezone": "UTC",
            "log_timezone": "UTC",
            **self.settings,
        }
        options = [f"--{name}={value}" for name, value in settings.items()]
        return [str(programs / "postgres"), "-D", str(self.data_dir), *options], enter

    def _initialise(self, programs: Path, enter: Callable[[], None]) -> None:
        """Run initdb in a folder inside the data folder and move its result up: a killed initdb leaves no half."""
        for leftover in self.data_dir.iterdir():
            shutil.rmtree(leftover) if leftover.is_dir() else leftover.unlink()
        locale = ["--locale=C.UTF-8"]
        if binaries.version_of(programs) >= BUILTIN_LOCALE_SINCE:
            locale = ["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        new = self.data_dir / "new"
        command = [str(programs / "initdb"), "-D", str(new), *locale]
        command += ["--encoding=UTF8", "--username=postgres", "--auth=trust", "--no-instructions"]
        if self.settings.get("fsync") == "off":
            command.append("--no-sync")
        parent = os.getpid()

        def become_server() -> None:
            enter()
            tether.tie(signal.SIGTERM, parent)

        done = subprocess.run(command, capture_output=True, text=True, check=False, preexec_fn=become_server)
        if done.returncode != 0:
            raise ClusterError(f"PostgreSQL could not create its files in {self.data_dir}:\n{done.stderr.strip()}")
        # The version file says that all is there, so it moves last.
        for entry in sorted(new.iterdir(), key=lambda path: path.name == "PG_VERSION"):
            entry.rename(self.data_dir / entry.name)
        new.rmdir()


@contextmanager
def temporary() -> Iterator[Cluster]:
    """Give a running throw-away cluster with an empty database; it is removed at the end."""
    with tempfile.TemporaryDirectory(prefix="tierdash-db-", ignore_cleanup_errors=True) as folder:
        cluster = Cluster(Path(folder), THROW_AWAY)
        cluster.start()
        try:
            cluster.ensure_database()
            yield cluster
        finally:
            cluster.stop()


def serve(data_dir: Path) -> None:
    """Become the server of the folder, tied to the process that started this one. Does not return."""
    parent = os.getppid()
    command, enter = Cluster(data_dir).prepare()
    enter()
    tether.tie(signal.SIGINT, parent)
    os.execv(command[0], command)


def run_with_temporary(command: list[str]) -> int:
    """Run a command with DATABASE_URL, SECRET_KEY and TIERDASH_VAR_DIR of its own; return its exit code."""
    with temporary() as cluster, tempfile.TemporaryDirectory(prefix="tierdash-var-") as var_dir:
        own = {"DATABASE_URL": cluster.url(), "SECRET_KEY": os.urandom(32).hex(), "TIERDASH_VAR_DIR": var_dir}
        return subprocess.run(command, env=os.environ | own, check=False).returncode


def _tail(path: Path, lines: int = 8) -> str:
    return "\n".join(path.read_text(errors="replace").splitlines()[-lines:])


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["serve", folder]:
            try:
                serve(Path(folder))
            except ClusterError as error:
                sys.exit(str(error))
        case ["--temporary", "--", *command] if command:
            sys.exit(run_with_temporary(command))
        case _:
            sys.exit(__doc__)
