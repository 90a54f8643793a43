"""What tests of pages share: the collected static files, and a person who is signed in."""

import pytest
from django.conf import settings
from django.contrib.staticfiles.storage import staticfiles_storage
from django.core.management import call_command
from django.test import Client

from tests import make


@pytest.fixture(scope="session", autouse=True)
def static_files(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Collect the static files as an installation does: a page that names a file that is not there then fails."""
    settings.STATIC_ROOT = str(tmp_path_factory.mktemp("static"))
    staticfiles_storage._setup()
    call_command("collectstatic", interactive=False, verbosity=0)


@pytest.fixture
def ann(db):
    return make.make_user("ann@example.org")


@pytest.fixture
def signed_in(client: Client, ann) -> Client:
    client.force_login(ann)
    return client


@pytest.fixture
def clock(time_machine):
    """The clock that views read stands still at make.NOW; `move_to` and `shift` set it."""
    time_machine.move_to(make.NOW, tick=False)
    return time_machine


@pytest.fixture
def see(ann):
    """Somebody who may look at Ann's workspace and change nothing."""
    viewer = Client()
    viewer.force_login(make.make_member(make.make_workspace(ann), "viewer"))
    return viewer
