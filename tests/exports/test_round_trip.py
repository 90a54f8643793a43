"""What leaves as a document comes back as it was, row for row."""

import copy
import json

import pytest

from accounts import actions, notices
from accounts.models import Channel, Delivery, User
from accounts.models.notice import CANCELLED, PENDING
from tests import make
from tests.browser.demo import AT
from tests.exports import everything

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def standing(once):
    return once(everything.filled)


@pytest.fixture
def workspace(standing, db):
    return copy.deepcopy(standing)


def test_an_empty_instance_gets_every_row_back(workspace):
    before, document = everything.rows(), everything.document_of(workspace)
    everything.wipe()
    assert not User.objects.exists()
    everything.restore(document)
    after = everything.rows()
    assert set(before) == set(after) > {"Payment", "Import", "Notice", "User"}
    named = {book["id"] for book in json.loads(document)["rulebooks"]}
    before["Rulebook"] = [book for book in before["Rulebook"] if book["name"] in named]
    for table, rows in before.items():
        assert rows, table
        assert after[table] == rows, table


def test_the_document_of_what_came_back_is_the_same(workspace):
    document = everything.document_of(workspace)
    everything.wipe()
    restored = everything.restore(document)
    assert json.loads(everything.document_of(restored)) == json.loads(document)


def test_every_column_says_something_somewhere(workspace):
    """What is empty in every row would come back by chance: a new column must be filled by `everything.filled`."""
    silent = {
        f"{model.__name__}.{field.attname}"
        for model in everything.tables()
        for field in model._meta.concrete_fields
        if not any(
            getattr(row, field.attname) not in (None, "", 0, False, b"", [], {}) for row in model._default_manager.all()
        )
    }
    # A claim belongs to a running sender and does not leave; see test_a_mail_on_its_way_is_written_as_after_a_crash.
    # Standings are worked out anew, and one that cannot be is refused.
    assert silent == {"Delivery.phase", "Delivery.claim", "Delivery.lease_until", "Standing.error"}


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("is_guarded", [True, False], ids=["guarded", "control"])
def test_what_waited_for_a_channel_never_leaves_from_here(is_guarded, settings):
    """Channels stay behind. Control: the same document in the instance that wrote it does leave."""
    ann = make.make_user("ann@example.org")
    channel = make.make_channel(ann, name="Hook")
    account = make.make_account(ann, payments=[("50.00", "05-01T10:00")], now=make.instant("05-08T10:00"))
    assert Delivery.objects.filter(via=channel).values_list("status", flat=True).get() == PENDING
    if is_guarded:
        document = everything.document_of(account.workspace)
        everything.wipe()
        everything.restore(document)
        assert not Channel.objects.exists()
        kept = Delivery.objects.exclude(channel="mail").get()
        assert (kept.status, kept.last_error, kept.address) == (CANCELLED, "removed", "Hook (receiver.example)")
        restored = User.objects.get(email="ann@example.org")
        with pytest.raises(actions.MailRefused, match="removed"):
            actions.resend_delivery(kept, by=restored, now=AT)
    assert bool(notices.call(now=AT)) is not is_guarded
