"""Receipts that come at once: the workspace's limit holds, and no file is deleted while it is being attached."""

import contextlib
import hashlib
import threading
from datetime import timedelta

import pytest
from django.db import connections
from django.db.models import QuerySet

from accounts import actions
from accounts.actions import filing
from accounts.actions import receipts as attaching
from accounts.gateways import files
from accounts.models import LooseFile, Payment, Receipt
from tests import make

pytestmark = pytest.mark.django_db(transaction=True)
LATER = make.NOW + timedelta(hours=2)


def attach_twice(payments: list[Payment], monkeypatch) -> list[str]:
    """Attach a file to each of two payments at once; each waits for the other after it has looked at the room."""
    barrier, outcomes = threading.Barrier(2), []
    check = attaching._Entry.check

    def check_and_wait(*arguments):
        with contextlib.suppress(threading.BrokenBarrierError):  # the lock lets only one come here at a time
            barrier.wait(timeout=1)
        return check(*arguments)

    monkeypatch.setattr(attaching._Entry, "check", check_and_wait)

    def attach(payment: Payment, content: bytes) -> None:
        try:
            given = [make.given("a.pdf", content)]
            outcomes.extend(each.code for each in actions.attach_receipts(payment, given, by=None, now=make.NOW))
        finally:
            connections.close_all()

    threads = [threading.Thread(target=attach, args=[payment, make.pdf(n)]) for n, payment in enumerate(payments, 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(outcomes)


class TestTheRoomOfAWorkspace:
    @pytest.fixture
    def payments(self, settings):
        """Of two accounts of one workspace, with room for one small file."""
        settings.RECEIPT_MOST_MB = settings.RECEIPTS_MOST_MB = 1
        owner = make.make_user()
        made = [make.make_payment(make.make_account(owner)) for _each in range(2)]
        size = 1024**2 - len(make.pdf(2)) - 10
        Receipt.objects.create(payment=made[0], name="x.pdf", kind="pdf", sha256="0" * 64, size=size, added_at=make.NOW)
        return made

    def test_without_the_lock_it_is_exceeded(self, payments, monkeypatch):
        monkeypatch.setattr(QuerySet, "select_for_update", lambda self, **options: self)
        assert attach_twice(payments, monkeypatch) == ["taken", "taken"]

    def test_with_the_lock_one_is_refused(self, payments, monkeypatch):
        assert attach_twice(payments, monkeypatch) == ["full", "taken"]


class TestAFileThatIsBeingDeleted:
    """It was loose for long; just when it is deleted, somebody attaches the same content."""

    @pytest.fixture
    def payment(self):
        return make.make_payment(make.make_account())

    @pytest.fixture
    def digest(self):
        digest = hashlib.sha256(make.PDF).hexdigest()
        files.keep(digest, make.PDF, b"")
        LooseFile.objects.create(sha256=digest, since=make.NOW - timedelta(hours=3))
        return digest

    def prune_meanwhile(self, monkeypatch, discard) -> threading.Thread:
        """Prune in a thread of its own, with another way to delete."""
        monkeypatch.setattr(files, "discard", discard)

        def prune():
            try:
                actions.prune_files(now=make.NOW)
            finally:
                connections.close_all()

        thread = threading.Thread(target=prune)
        thread.start()
        return thread

    def test_is_there_afterwards(self, payment, digest, monkeypatch):
        """The upload begins while the file is being deleted: it waits for the end of that, and writes it anew."""
        is_deleting, may_end = threading.Event(), threading.Event()
        discard = files.discard

        def slow(held):
            is_deleting.set()
            may_end.wait(5)
            discard(held)

        thread = self.prune_meanwhile(monkeypatch, slow)
        assert is_deleting.wait(5)
        threading.Timer(0.5, may_end.set).start()
        [outcome] = actions.attach_receipts(payment, [make.given("a.pdf", make.PDF)], by=None, now=make.NOW)
        thread.join()
        assert outcome.code == "taken"
        assert files.read(digest) == make.PDF
        assert not LooseFile.objects.exists()

    def test_without_the_announcement_it_would_be_lost(self, payment, digest, monkeypatch):
        """The control: an upload that finds the file there and says nothing of it loses it."""
        is_deleting, may_end = threading.Event(), threading.Event()
        discard = files.discard

        def slow(held):
            is_deleting.set()
            may_end.wait(5)
            discard(held)

        def put(found, *, now):
            files.keep(digest, found.content, found.thumbnail)
            return digest

        monkeypatch.setattr(filing, "put", put)
        monkeypatch.setattr(filing, "claim", lambda digests: set())
        thread = self.prune_meanwhile(monkeypatch, slow)
        assert is_deleting.wait(5)
        actions.attach_receipts(payment, [make.given("a.pdf", make.PDF)], by=None, now=make.NOW)
        may_end.set()
        thread.join()
        assert Receipt.objects.filter(sha256=digest).exists()
        assert not files.is_kept(digest)

    def test_is_not_deleted_while_an_upload_holds_it(self, payment, digest, monkeypatch):
        """The round of pruning comes between the writing and the receipt: what is announced anew is too young."""
        enter = attaching._enter

        def prune_first(*arguments, **facts):
            assert actions.prune_files(now=make.NOW) == 0
            return enter(*arguments, **facts)

        monkeypatch.setattr(attaching, "_enter", prune_first)
        [outcome] = actions.attach_receipts(payment, [make.given("a.pdf", make.PDF)], by=None, now=make.NOW)
        assert outcome.code == "taken"
        assert files.read(digest) == make.PDF
