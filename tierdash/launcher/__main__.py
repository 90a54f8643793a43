"""Starts all of tierdash on this machine and keeps it running: python -m tierdash.launcher [--demo] [--port N]"""

import argparse
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import closing

from tierdash.launcher import ground as grounds
from tierdash.launcher import tether
from tierdash.launcher.ground import Ground, StartError
from tierdash.launcher.postgres import ClusterError
from tierdash.launcher.supervision import Supervision, explain_full_disk, say, tail

READY_SECONDS = 60
LOOK_SECONDS = 0.3


def main() -> int:
    """Run until a signal comes; return 0 after a clean stop, 1 when something made it impossible to go on."""
    parser = argparse.ArgumentParser(prog="python -m tierdash.launcher", description=__doc__)
    parser.add_argument("--demo", action="store_true", help="show a filled workspace, in a folder of its own")
    parser.add_argument("--port", type=int, help="the port of the web server (8000)")
    options = parser.parse_args()
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is not signal.SIG_IGN:  # nohup wants it ignored
            signal.signal(number, signal.default_int_handler)
    os.umask(0o077)
    try:
        run(grounds.survey(os.environ, port=options.port, is_demo=options.demo))
    except StartError as error:
        print(f"\ntierdash: {error}", file=sys.stderr, flush=True)
        return 1
    say("tierdash", "stopped")
    return 0


def run(ground: Ground) -> None:
    """Start everything, keep it running until a signal comes, and stop it again. Raises StartError."""
    try:
        with grounds.prepare(ground), closing(Supervision(ground)) as supervision:
            try:
                start(ground, supervision)
                watch(supervision)
            except KeyboardInterrupt:
                say("tierdash", "stopping ...")
            finally:
                # From here on one more Ctrl-C would only leave parts behind.
                for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
                    signal.signal(number, signal.SIG_IGN)
    except (StartError, ClusterError, OSError) as error:
        raise StartError(explain_full_disk(ground.var_dir, str(error))) from error


def start(ground: Ground, supervision: Supervision) -> None:
    """Start the parts one after the other; return when the site answers."""
    if ground.embeds_database:
        # The supervised server would do this itself; done here, its errors reach the terminal at once.
        ground.cluster.prepare()
    supervision.open()
    if ground.embeds_database:
        supervision.start("postgres")
        wait_for_database(ground, supervision)
        ground.cluster.ensure_database()
        say("postgres", f"ready, data in {ground.cluster.data_dir}")
    prepare(ground)
    for name in ("worker", "beat", "web"):
        supervision.start(name)
    end = time.monotonic() + READY_SECONDS
    while not is_healthy(ground):
        if time.monotonic() > end:
            raise StartError(f"The site does not answer. Last lines of web.log:\n{tail(ground.log_dir / 'web.log')}")
        supervision.look()
        time.sleep(LOOK_SECONDS / 3)
    say("web", "ready")
    say("tierdash", f"runs at {ground.site_url}  (stop it with Ctrl-C)")


def wait_for_database(ground: Ground, supervision: Supervision) -> None:
    """Return when the embedded server accepts connections."""
    end = time.monotonic() + READY_SECONDS
    while not ground.cluster.is_ready():
        if time.monotonic() > end:
            raise StartError(f"PostgreSQL does not start:\n{tail(ground.log_dir / 'postgres.log')}")
        supervision.look()
        time.sleep(0.02)


def prepare(ground: Ground) -> None:
    """Bring database and files up to date in a process of its own; its output is kept in prepare.log."""
    log = ground.log_dir / "prepare.log"
    command = [
        sys.executable,
        "-I",
        "-S",
        tether.__file__,
        "SIGTERM",
        sys.executable,
        "-m",
        "tierdash.launcher.prepare",
    ]
    with log.open("wb") as output:
        done = subprocess.run(
            [*command, *(["--demo"] if ground.is_demo else [])],
            env=ground.environment,
            cwd=grounds.BASE_DIR,
            stdout=output,
            stderr=subprocess.STDOUT,
            check=False,
        )
    if done.returncode != 0:
        text = f"The database could not be brought up to date. Last lines of {log}:\n{tail(log)}"
        raise StartError(text)
    say("database", "migrated, rulebooks adopted" + (", demo filled" if ground.is_demo else ""))


def is_healthy(ground: Ground) -> bool:
    """Ask the web server itself, past any proxy."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(f"{ground.local_url}/healthz", timeout=5) as answer:
            return bool(answer.status == 200)
    except (OSError, urllib.error.URLError):
        return False


def watch(supervision: Supervision) -> None:
    """Print what happens to the parts, for ever."""
    while True:
        supervision.look()
        time.sleep(LOOK_SECONDS)


if __name__ == "__main__":
    sys.exit(main())
