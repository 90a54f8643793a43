"""What tests of pages share: a person who is signed in."""

import pytest
from django.test import Client

from tests import make


@pytest.fixture
def ann(db):
    return make.make_user("ann@example.org")


@pytest.fixture
def signed_in(client: Client, ann) -> Client:
    client.force_login(ann)
    return client


@pytest.fixture
def confirmed(signed_in: Client) -> Client:
    """Ann, who has just typed her password once more: what goes further than a session is done for nobody else."""
    give_password(signed_in)
    return signed_in


def give_password(client: Client) -> None:
    client.post("/account/reauthenticate/", {"password": make.PASSWORD})


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
