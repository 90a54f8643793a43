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
