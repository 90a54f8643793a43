"""The pytest plugin that gives a test run its own PostgreSQL, before Django reads its settings.

It starts one throw-away cluster per run; the workers of pytest-xdist share it, each with its own database.
TEST_DATABASE_URL names another server to use instead; its role must be allowed to create databases.
"""

import atexit
import os
import tempfile
from contextlib import ExitStack
from pathlib import Path

from tierdash.launcher import postgres

_open = ExitStack()


def pytest_addoption() -> None:
    """Set the environment: the earliest hook, called when this plugin is registered, before pytest-django's."""
    if "PYTEST_XDIST_WORKER" in os.environ:
        return
    # What the developer's shell holds must not change what the tests see.
    for name in list(os.environ):
        if name.startswith("TIERDASH_") or name in {"EMAIL_URL", "CELERY_BROKER_URL", "DATABASE_URL"}:
            del os.environ[name]
    atexit.register(_close, os.getpid())
    var_dir = Path(_open.enter_context(tempfile.TemporaryDirectory(prefix="tierdash-var-")))
    (var_dir / "static").mkdir()
    os.environ["TIERDASH_VAR_DIR"] = str(var_dir)
    os.environ["SECRET_KEY"] = os.urandom(32).hex()
    os.environ["DATABASE_URL"] = os.environ.get("TEST_DATABASE_URL") or _open.enter_context(postgres.temporary()).url()


def pytest_unconfigure() -> None:
    _close(os.getpid())


def _close(pid: int) -> None:
    # A forked child inherits what is open here, but it is not its own to close.
    if pid == os.getpid() and "PYTEST_XDIST_WORKER" not in os.environ:
        _open.close()
