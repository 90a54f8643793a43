"""Brings a database and the files of the site up to date, in one process: python -m tierdash.launcher.prepare [--demo]

Every step does nothing when its work is done already, so it runs at each start.
"""

import hashlib
import sys
from pathlib import Path

import django
from django.conf import settings
from django.core.management import call_command, get_commands
from django.db import connection

from tierdash.launcher import translations


def prepare(*, is_demo: bool) -> None:
    """Do all steps, printing one line for each that matters to a reader."""
    translations.compile_stale()
    django.setup()
    call_command("migrate", interactive=False, verbosity=0)
    call_command("createcachetable")
    if settings.CELERY_BROKER_URL.startswith("pgmq"):
        install_queue()
    if not settings.KEYRING:
        make_keyring(settings.KEYRING_PATH)
    known = get_commands()
    for command in ("adopt", *(["demo"] if is_demo else [])):
        if command in known:
            call_command(command)
    collect_static()


def make_keyring(path: Path) -> None:
    """Make the key that secrets are sealed with, once."""
    from accounts.gateways import keyring

    if not path.exists():
        keyring.make(path)
        print(f"The keyring {path} is made. Back it up apart from the database: one is of no use without the other.")


def install_queue() -> None:
    """Create the tables and functions of the message queue, once; they live in the schema pgmq."""
    from pgmq.install import install_pgmq_from_sql

    from tierdash.celery import pgmq_dsn

    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass('pgmq.meta') IS NOT NULL")
        if cursor.fetchone()[0]:
            return
    install_pgmq_from_sql(dsn=pgmq_dsn())


def collect_static() -> None:
    """Collect stylesheets, scripts and icons, with hashes in their names, when one of them changed."""
    from django.contrib.staticfiles.finders import get_finders

    found = hashlib.sha256(django.__version__.encode())
    for finder in get_finders():
        for name, storage in sorted(finder.list([]), key=lambda item: item[0]):
            status = Path(storage.path(name)).stat()
            found.update(f"{name} {status.st_size} {status.st_mtime_ns}\n".encode())
    stamp = Path(settings.STATIC_ROOT) / ".collected"
    if stamp.exists() and stamp.read_text() == found.hexdigest():
        return
    call_command("collectstatic", interactive=False, clear=True, verbosity=0)
    stamp.write_text(found.hexdigest())


if __name__ == "__main__":
    prepare(is_demo="--demo" in sys.argv[1:])
