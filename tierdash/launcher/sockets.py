"""Where a Unix socket can lie: its path has room for 107 bytes only."""

import hashlib
import os
import stat
import tempfile
from pathlib import Path

LONGEST_PATH = 107  # bytes, without the closing zero: the size of sun_path on Linux


class TakenError(Exception):
    """The short folder exists and belongs to somebody else; the text names it."""


def folder_for(home: Path, name: str) -> Path:
    """Return the folder for a socket `name`: home itself, or a short one of its own when that path is too long."""
    if len(os.fsencode(home / name)) <= LONGEST_PATH:
        return home
    digest = hashlib.sha256(os.fsencode(home)).hexdigest()[:16]
    return Path(tempfile.gettempdir()).resolve() / f"tierdash-{digest}"


def make_private(folder: Path, owner: os.stat_result) -> None:
    """Create the folder with mode 0700 for the owner of `owner`; raise TakenError when it is not ours to use."""
    folder.mkdir(mode=0o700, exist_ok=True)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid not in {owner.st_uid, os.geteuid()}:
        raise TakenError(
            f"{folder} belongs to somebody else: remove it, or move tierdash to a folder with a short path."
        )
    os.chown(folder, owner.st_uid, owner.st_gid)
    folder.chmod(0o700)
