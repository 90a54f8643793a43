"""As whom the database server runs. PostgreSQL refuses to run as root, so root has to become somebody else.

Root's server runs as the owner of its data folder, which is `nobody` when the folder is new. Where nobody cannot come
to the folder or to the programs (a checkout in root's own home), a user namespace gives root another number instead.
"""

import ctypes
import os
import pwd
import subprocess
from collections.abc import Callable
from pathlib import Path

_CLONE_NEWUSER = 0x10000000
_INNER_ID = 1000  # any number but 0: inside the namespace the server must not look like root


class NoIdentityError(Exception):
    """The server cannot run as this user; the text says what to do."""


def claim(data_dir: Path, program: Path) -> Callable[[], None]:
    """Create the data folder, private to the server's user, and return what a child calls to become that user.

    Raises NoIdentityError when no user could be found who may run `program` in the folder.
    """
    data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    owner = data_dir.stat().st_uid
    if os.geteuid() != 0:
        if owner != os.geteuid():
            raise NoIdentityError(f"{data_dir} belongs to {_name(owner)}: start tierdash as {_name(owner)}.")
        data_dir.chmod(0o700)
        return _stay
    is_new = not any(data_dir.iterdir())
    choices = [_become(_nobody()), _stay_with_another_number] if is_new else [_become(owner)]
    if not is_new and owner == 0:
        choices = [_stay_with_another_number]
    for enter in choices:
        if is_new:
            os.chown(data_dir, *((_nobody(), _group(_nobody())) if enter is choices[0] else (0, 0)))
        data_dir.chmod(0o700)
        if _works(enter, data_dir, program):
            return enter
    raise NoIdentityError(
        f"PostgreSQL does not run as root, and neither the user 'nobody' nor a user namespace can use {data_dir} with "
        f"{program}. Start tierdash as an ordinary user, or move it to a folder that everybody may enter "
        "(/srv/tierdash), or set DATABASE_URL to a server that runs already."
    )


def _works(enter: Callable[[], None], data_dir: Path, program: Path) -> bool:
    def try_it() -> None:
        enter()
        os.listdir(data_dir)

    try:
        subprocess.run([program, "--version"], preexec_fn=try_it, capture_output=True, check=True)
    except (OSError, subprocess.SubprocessError):
        return False
    return True


def _stay() -> None:
    """Run as the user that we are."""


def _become(uid: int) -> Callable[[], None]:
    gid = _group(uid)

    def enter() -> None:
        os.setgroups([])
        os.setgid(gid)
        os.setuid(uid)

    return enter


def _stay_with_another_number() -> None:
    """Stay root for the files, but look like user 1000 to the server."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(_CLONE_NEWUSER) != 0:
        raise OSError(ctypes.get_errno(), "unshare(CLONE_NEWUSER)")
    for name, text in (("setgroups", "deny"), ("uid_map", f"{_INNER_ID} 0 1"), ("gid_map", f"{_INNER_ID} 0 1")):
        Path(f"/proc/self/{name}").write_text(text)


def _nobody() -> int:
    return pwd.getpwnam("nobody").pw_uid


def _group(uid: int) -> int:
    try:
        return pwd.getpwuid(uid).pw_gid
    except KeyError:
        return uid


def _name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)
