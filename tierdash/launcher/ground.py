"""What has to be true before anything starts: a folder of our own, room on the disk, a free port, nobody else here."""

import fcntl
import os
import secrets
import shutil
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO
from urllib.parse import urlsplit

from tierdash.launcher import processes, sockets
from tierdash.launcher.postgres import Cluster

BASE_DIR = Path(__file__).resolve().parent.parent.parent
# An empty cluster with its first write-ahead log takes about 60 MB; PostgreSQL stops when it cannot write.
FREE_MB_FIRST, FREE_MB_LATER = 300, 50
PATIENCE_SECONDS = 45
DEMO_WITHOUT = (
    *("DATABASE_URL", "DATABASE_URL_FILE", "CELERY_BROKER_URL", "EMAIL_URL", "EMAIL_URL_FILE", "TIERDASH_URL"),
    *("TIERDASH_RECEIPTS_URL", "TIERDASH_RECEIPTS_URL_FILE"),
    *("TIERDASH_KEYRING", "TIERDASH_KEYRING_FILE", "TIERDASH_OUTBOUND_ALLOW", "TIERDASH_OUTBOUND_ALLOW_FILE"),
)


class StartError(Exception):
    """tierdash cannot start or go on; the text is for the person at the terminal."""


@dataclass(frozen=True)
class Ground:
    """The place where one instance lives. `environment` is what its parts get."""

    var_dir: Path
    host: str
    port: int
    is_demo: bool
    embeds_database: bool
    environment: dict[str, str]

    @property
    def run_dir(self) -> Path:
        """Files that matter only while it runs: lock, supervisor's file and socket, the beat's schedule."""
        return self.var_dir / "run"

    @property
    def log_dir(self) -> Path:
        return self.var_dir / "log"

    @property
    def cluster(self) -> Cluster:
        """The embedded database, used only when `embeds_database`."""
        return Cluster(self.var_dir / "postgres")

    @property
    def pid_file(self) -> Path:
        """The supervisor's; it stays behind when everything was killed."""
        return self.run_dir / "supervisord.pid"

    @property
    def local_url(self) -> str:
        """Where this machine reaches the web server, whatever the public address is."""
        host = "127.0.0.1" if self.host in {"0.0.0.0", "::"} else self.host  # noqa: S104 - compared, not bound
        return f"http://{host}:{self.port}"

    @property
    def site_url(self) -> str:
        return self.environment["TIERDASH_URL"]

    @property
    def kept_url(self) -> Path:
        """Holds the address of the latest start: links that manage.py writes lead there too."""
        return self.var_dir / "site_url"


def survey(environment: Mapping[str, str], *, port: int | None = None, is_demo: bool = False) -> Ground:
    """Work out from the environment where the instance lives. Raises StartError for a bad port."""
    own = dict(environment)
    var_dir = Path(own.get("TIERDASH_VAR_DIR") or BASE_DIR / "var").resolve()
    if is_demo:
        # A demo never touches real data, and no mail leaves it.
        own = {name: value for name, value in own.items() if name not in DEMO_WITHOUT}
        var_dir /= "demo"
    try:
        given = own.get("TIERDASH_PORT") or urlsplit(own.get("TIERDASH_URL", "")).port or 8000
        port = int(given) if port is None else port
    except ValueError:
        raise StartError("TIERDASH_PORT must be a number from 1 to 65535.") from None
    if not 0 < port < 65536:
        raise StartError(f"The port must be a number from 1 to 65535, not {port}.")
    own.setdefault("TIERDASH_URL", f"http://127.0.0.1:{port}")
    own |= {"TIERDASH_VAR_DIR": str(var_dir), "DJANGO_SETTINGS_MODULE": "tierdash.settings"}
    own |= {"TIERDASH_DEMO": "1"} if is_demo else {}
    embeds_database = not (own.get("DATABASE_URL") or own.get("DATABASE_URL_FILE"))
    ground = Ground(var_dir, own.get("TIERDASH_HOST") or "127.0.0.1", port, is_demo, embeds_database, own)
    if embeds_database:
        own["DATABASE_URL"] = ground.cluster.url()
    return ground


def prepare(ground: Ground) -> IO[str]:
    """Create the folders and the secret key, check disk and port; return the lock, held as long as it is open.

    Raises StartError, one sentence that says what to do.
    """
    try:
        _make_folders(ground)
        lock = _take_lock(ground)
        was_killed = _wait_for_a_killed_one(ground)
        check_space(ground.var_dir, FREE_MB_LATER if ground.cluster.exists() else FREE_MB_FIRST)
        _make_secret_key(ground)
    except PermissionError as error:
        raise StartError(f"tierdash may not write to {error.filename or ground.var_dir}: check who owns it.") from error
    except OSError as error:
        raise StartError(f"{ground.var_dir} cannot be used: {error.strerror} ({error.filename}).") from error
    if not processes.wait_until(lambda: _is_free(ground), 10 if was_killed else 0):
        raise StartError(
            f"Port {ground.port} is in use by another program. Stop that program, or choose another port: "
            f"make {'demo' if ground.is_demo else 'run'} PORT={ground.port + 1}"
        )
    ground.kept_url.write_text(f"{ground.site_url}\n")
    return lock


def _make_folders(ground: Ground) -> None:
    """Create var/ and its folders for us alone; root's database user has to pass through the outer ones."""
    outer = 0o711 if os.geteuid() == 0 else 0o700
    for folder in [ground.var_dir.parent, ground.var_dir] if ground.is_demo else [ground.var_dir]:
        if not folder.exists():
            folder.mkdir(parents=True)
            folder.chmod(outer)
    for folder in (ground.run_dir, ground.log_dir, ground.var_dir / "mailbox"):
        folder.mkdir(mode=0o700, exist_ok=True)


def _take_lock(ground: Ground) -> IO[str]:
    lock = (ground.run_dir / "lock").open("a+")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.seek(0)
        holder = lock.read().strip() or "unknown"
        raise StartError(f"tierdash runs already in {ground.var_dir} (process {holder}).") from None
    lock.truncate(0)
    lock.write(str(os.getpid()))
    lock.flush()
    return lock


def _wait_for_a_killed_one(ground: Ground) -> bool:
    """Wait until the parts of a launcher that was killed have stopped; say whether there was one."""
    try:
        pid = int(ground.pid_file.read_text())
    except (OSError, ValueError):
        return False
    conf = str(ground.run_dir / "supervisord.conf")
    if not processes.wait_until(lambda: conf not in processes.command_of(pid), PATIENCE_SECONDS):
        raise StartError(f"The parts of an earlier start have not stopped yet (process {pid}). Stop them: kill {pid}")
    ground.pid_file.unlink(missing_ok=True)
    return True


def check_space(folder: Path, needed_mb: int) -> None:
    free_mb = shutil.disk_usage(folder).free // 2**20
    if free_mb < needed_mb:
        raise StartError(f"The disk of {folder} is full: {free_mb} MB are free, {needed_mb} MB are needed.")


def _make_secret_key(ground: Ground) -> None:
    """Make the key that signs sessions once, and hand it to the parts by the name of its file."""
    if ground.environment.get("SECRET_KEY") or ground.environment.get("SECRET_KEY_FILE"):
        return
    path = ground.var_dir / "secret_key"
    if not path.exists() or not path.read_text().strip():
        new = path.with_suffix(".new")
        new.unlink(missing_ok=True)
        with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(secrets.token_urlsafe(64))
        new.rename(path)
    ground.environment["SECRET_KEY_FILE"] = str(path)


def _is_free(ground: Ground) -> bool:
    """Say whether nobody listens on the port. Without SO_REUSEPORT, or we would share another server's port."""
    family = socket.AF_INET6 if ":" in ground.host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((ground.host, ground.port))
        except PermissionError:
            raise StartError(f"Port {ground.port} is for root only: choose one above 1023.") from None
        except OSError:
            return False
    return True


def supervisor_socket(ground: Ground) -> Path:
    """Return where the supervisor listens; it binds a longer name first, with its pid."""
    folder = sockets.folder_for(ground.run_dir, "supervisor.sock.4194304")
    if folder != ground.run_dir:
        sockets.make_private(folder, ground.run_dir.stat())
    return folder / "supervisor.sock"
