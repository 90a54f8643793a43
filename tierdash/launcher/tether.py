"""Ties a process to the life of the process that started it: when the parent dies, the child gets a signal.

Only the standard library is used, and the module can be run by its path: tether.py SIGNAL COMMAND [ARGUMENT ...]
becomes COMMAND, tied to the caller. Where the system has no such thing (macOS), the command simply runs untied.
"""

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1


def tie(number: int, parent: int) -> None:
    """Let the kernel send signal `number` to this process when `parent`, the process that started it, dies.

    The tie survives exec, but not a change of user: call it after that. Exits at once if the parent is dead already.
    """
    if not sys.platform.startswith("linux"):
        return
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_PR_SET_PDEATHSIG, number, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_PDEATHSIG)")
    if os.getppid() != parent:
        os._exit(1)


if __name__ == "__main__":
    tie(getattr(signal, sys.argv[1]), os.getppid())
    os.execvp(sys.argv[2], sys.argv[2:])
