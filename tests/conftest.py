"""What every test stands on. The database cluster is a plugin of its own: tests/cluster.py."""

import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import transaction
from django.test import override_settings
from django.utils import timezone, translation

from tests.instance import Instance

# How long an example takes says nothing about what is right: speed is measured in bench/.
hypothesis.settings.register_profile("untimed", deadline=None)
hypothesis.settings.load_profile("untimed")


@pytest.fixture(autouse=True)
def nobodys_language_nor_zone() -> Iterator[None]:
    """What a page was read in stays with the thread; the next test begins as a thread does."""
    yield
    translation.deactivate()
    timezone.deactivate()


@pytest.fixture(scope="session", autouse=True)
def static_files(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Collect the static files as an installation does: a page that names a file that is not there then fails."""
    # Else each new client would read the whole folder of static files once more, which takes longer than most tests.
    with override_settings(STATIC_ROOT=str(tmp_path_factory.mktemp("static")), WHITENOISE_AUTOREFRESH=True):
        call_command("collectstatic", interactive=False, verbosity=0)
        yield


@pytest.fixture(scope="session", autouse=True)
def quick_hashes() -> Iterator[None]:
    """Passwords of tests need not cost anything to hash."""
    with override_settings(PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"]):
        yield


@pytest.fixture(scope="session", autouse=True)
def receipt_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Receipts lie in a folder of this worker's own: what one database does not refer to another one may."""
    folder = tmp_path_factory.mktemp("receipts")
    storage = {"BACKEND": "accounts.gateways.folder.Folder", "OPTIONS": {"location": str(folder)}}
    with override_settings(STORAGES=settings.STORAGES | {"receipts": storage}):
        yield folder


@pytest.fixture(scope="module")
def once(django_db_setup, django_db_blocker) -> Iterator[Callable[[Callable[[], Any]], Any]]:
    """Fill the database once for a module: `once(fill)` gives what `fill()` made, and each test begins with it."""
    with _around_tests(django_db_blocker) as fill:
        yield fill


@pytest.fixture(scope="class")
def once_for_class(django_db_setup, django_db_blocker) -> Iterator[Callable[[Callable[[], Any]], Any]]:
    """The same for the tests of a class."""
    with _around_tests(django_db_blocker) as fill:
        yield fill


@contextmanager
def _around_tests(blocker) -> Iterator[Callable[[Callable[[], Any]], Any]]:
    """A transaction around those of several tests, taken back after the last."""
    around = transaction.atomic()
    around._from_testcase = True  # what must be durable minds no transaction of tests
    with blocker.unblock():
        around.__enter__()

    def fill(what: Callable[[], Any]) -> Any:
        with blocker.unblock():
            return what()

    try:
        yield fill
    finally:
        with blocker.unblock():
            transaction.set_rollback(True)
            around.__exit__(None, None, None)


@pytest.fixture
def place() -> Iterator[Path]:
    """A folder with a short path that every user may enter: pytest's own are closed to root's database user."""
    folder = Path(tempfile.mkdtemp(prefix="tierdash-test-"))
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def launch(place: Path) -> Iterator[Callable[..., Instance]]:
    """Start instances in `place`/var, unless told another folder; what still runs at the end is stopped."""
    started = []

    def start(*arguments: str, var_dir: Path = place / "var", **more) -> Instance:
        started.append(Instance(var_dir, place / f"{len(started)}.out", *arguments, **more))
        return started[-1]

    yield start
    for instance in started:
        if instance.process.poll() is None:
            instance.stop()
        assert instance.is_gone(), instance.remains()
