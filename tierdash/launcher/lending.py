"""What lets manage.py find the instance that `make run` keeps on this machine, without anybody setting a variable."""

import os
from collections.abc import MutableMapping, Sequence

from tierdash.launcher.ground import survey

# `standing` only computes, and help is only read: they run where nothing has been set up.
ALONE = {"standing", "help", "version", "-h", "--help", "--version"}


class NoInstance(Exception):
    """There is no instance to work on; the text is for the person at the terminal."""


def lend(environment: MutableMapping[str, str], arguments: Sequence[str]) -> None:
    """Fill in the key, the database and the address that nobody has set. Raises NoInstance or StartError.

    arguments: those of manage.py. TIERDASH_VAR_DIR names the folder of another instance, such as the demo's var/demo.
    """
    needs_key, needs_database = (_lacks(environment, name) for name in ("SECRET_KEY", "DATABASE_URL"))
    if not arguments or ALONE.intersection((arguments[0], *_flags(arguments))):
        if needs_key:
            environment["SECRET_KEY"] = os.urandom(32).hex()
        if needs_database:
            environment["DATABASE_URL"] = "postgres:///none"
        return
    ground = survey(environment)
    if needs_key:
        key = ground.var_dir / "secret_key"
        if not key.exists():
            raise NoInstance(
                f"There is no tierdash in {ground.var_dir} yet. Start it once with `make run`, name another folder by "
                "TIERDASH_VAR_DIR, or set SECRET_KEY and DATABASE_URL."
            )
        environment["SECRET_KEY_FILE"] = str(key)
    if needs_database:
        environment["DATABASE_URL"] = ground.environment["DATABASE_URL"]
        if not environment.get("TIERDASH_URL") and ground.kept_url.exists():
            environment["TIERDASH_URL"] = ground.kept_url.read_text().strip()


def _lacks(environment: MutableMapping[str, str], name: str) -> bool:
    return not (environment.get(name) or environment.get(f"{name}_FILE"))


def _flags(arguments: Sequence[str]) -> set[str]:
    return {"-h", "--help"}.intersection(arguments)
