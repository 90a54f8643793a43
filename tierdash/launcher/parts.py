"""The parts of a running tierdash, as data, and the file that tells the supervisor about them."""

import configparser
import shlex
import sys
from dataclasses import dataclass
from pathlib import Path

from tierdash.launcher import ground as grounds
from tierdash.launcher import tether
from tierdash.launcher.ground import Ground

# The web server keeps one database connection per thread: 2 workers with 8 threads stay far below the server's 100.
WEB_WORKERS, WEB_THREADS = 2, 8
# One more than the tasks that may take long (imports, channels), so that mails never wait for both.
WORKER_PROCESSES = 3


@dataclass(frozen=True)
class Part:
    """One long-running process. The supervisor stops parts in the reverse order of `rank`."""

    name: str
    rank: int
    command: list[str]
    stop_signal: str = "TERM"
    stop_seconds: int = 40
    environment: tuple[tuple[str, str], ...] = ()


def parts(ground: Ground) -> list[Part]:
    """Return the parts that this instance needs, in the order of their start."""
    python = [sys.executable, "-m"]
    # Only the beat and the worker live from one task to the next: a kept connection would mostly be an old one.
    no_kept_connections = (("TIERDASH_CONN_MAX_AGE", "0"),)
    web = ["granian", "--interface", "wsgi", "--host", ground.host, "--port", str(ground.port), "--no-ws"]
    web += ["--workers", str(WEB_WORKERS), "--blocking-threads", str(WEB_THREADS), "--workers-kill-timeout", "20"]
    # Some addresses are secrets (a calendar's, an unsubscribe link's): they must not be written down.
    web += ["--no-access-log", "--respawn-failed-workers", "tierdash.wsgi:application"]
    worker = ["celery", "-A", "tierdash", "worker", "-P", "prefork", "-c", str(WORKER_PROCESSES), "-l", "INFO"]
    worker += ["--without-gossip", "--without-mingle", "--without-heartbeat"]
    beat = ["celery", "-A", "tierdash", "beat", "-l", "INFO", "-s", str(ground.run_dir / "beat-schedule")]
    found = [
        Part("worker", 20, _tied([*python, *worker]), environment=no_kept_connections),
        Part("beat", 30, _tied([*python, *beat]), environment=no_kept_connections),
        Part("web", 40, _tied([*python, *web])),
    ]
    if ground.embeds_database:
        serve = [*python, "tierdash.launcher.postgres", "serve", str(ground.cluster.data_dir)]
        found.insert(0, Part("postgres", 10, serve, stop_signal="INT", stop_seconds=60))
    return found


def write_conf(ground: Ground) -> Path:
    """Write the supervisor's file, readable by us only, and return it. The parts' common environment is not in it."""
    conf = configparser.RawConfigParser()
    socket = _literal(str(grounds.supervisor_socket(ground)))
    conf["unix_http_server"] = {"file": socket, "chmod": "0700"}
    conf["rpcinterface:supervisor"] = {
        "supervisor.rpcinterface_factory": "supervisor.rpcinterface:make_main_rpcinterface"
    }
    conf["supervisord"] = {
        "nodaemon": "true",
        "silent": "true",
        "umask": "077",
        "directory": _literal(str(grounds.BASE_DIR)),
        "pidfile": _literal(str(ground.pid_file)),
        "logfile": _literal(str(ground.log_dir / "supervisor.log")),
        "logfile_maxbytes": "5MB",
        "logfile_backups": "3",
    }
    for part in parts(ground):
        environment = (("TIERDASH_PART", part.name), *part.environment)
        conf[f"program:{part.name}"] = {
            "command": _literal(shlex.join(part.command)),
            "environment": ",".join(f'{name}="{value}"' for name, value in environment),
            "priority": str(part.rank),
            "autostart": "false",
            "autorestart": "true",
            "startsecs": "2",
            "startretries": "3",
            "stopsignal": part.stop_signal,
            "stopwaitsecs": str(part.stop_seconds),
            "redirect_stderr": "true",
            "stdout_logfile": _literal(str(ground.log_dir / f"{part.name}.log")),
            "stdout_logfile_maxbytes": "5MB",
            "stdout_logfile_backups": "3",
        }
    path = ground.run_dir / "supervisord.conf"
    with path.open("w") as file:
        conf.write(file)
    return path


def _tied(command: list[str]) -> list[str]:
    """Return the command tied to the supervisor's life, so that nothing outlives a killed supervisor."""
    return [sys.executable, "-I", "-S", tether.__file__, "SIGTERM", *command]


def _literal(text: str) -> str:
    """Keep the supervisor from reading a percent sign as the start of a variable."""
    return text.replace("%", "%%")
