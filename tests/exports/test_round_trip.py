"""What leaves as a document comes back as it was, row for row."""

import json

import pytest

from accounts.models import User
from tests.exports import everything

pytestmark = pytest.mark.django_db


@pytest.fixture
def workspace():
    return everything.filled()


def test_an_empty_instance_gets_every_row_back(workspace):
    before, document = everything.rows(), everything.document_of(workspace)
    everything.wipe()
    assert not User.objects.exists()
    everything.restore(document)
    after = everything.rows()
    named = {book["id"] for book in json.loads(document)["rulebooks"]}
    before["Rulebook"] = [book for book in before["Rulebook"] if book["id"] in named]
    for table, rows in before.items():
        assert rows, table
        assert after[table] == rows, table


def test_the_document_of_what_came_back_is_the_same(workspace):
    document = everything.document_of(workspace)
    everything.wipe()
    restored = everything.restore(document)
    assert json.loads(everything.document_of(restored)) == json.loads(document)
