"""Receipts: what becomes of each file, what a workspace may hold, and that no file is lost or left behind."""

import hashlib
from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction

from accounts import actions, rules
from accounts.actions import filing
from accounts.actions import receipts as attaching
from accounts.gateways import files
from accounts.models import Event, LooseFile, Receipt
from tests import make

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1, minutes=1)


@pytest.fixture
def payment(db):
    return make.make_payment(make.make_account(), "50")


def attach(payment, *given, now=make.NOW, by=None):
    """Attach (name, content) pairs; return what became of each by its code."""
    outcomes = actions.attach_receipts(payment, [make.given(*each) for each in given], by=by, now=now)
    return [outcome.code for outcome in outcomes]


def later(now=make.NOW, hours=2):
    """Past every grace: the trigger's clock is the database's own."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT now()")
        return max(cursor.fetchone()[0], now) + timedelta(hours=hours)


class TestAttaching:
    def test_each_file_has_an_outcome_of_its_own(self, payment):
        given = [
            ("../a\u202ebill.pdf", make.PDF),
            ("broken.png", make.PNG[:-30]),
            ("page.html", b"<html>"),
            ("copy of a.pdf", make.PDF),
            ("mail.eml", make.EML),
            ("photo.jpg", make.JPEG),
        ]
        assert attach(payment, *given) == ["taken", "damaged", "kind", "there", "taken", "taken"]
        kept = payment.receipts.kept()
        assert [(receipt.name, receipt.kind, receipt.has_thumbnail) for receipt in kept.order_by("kind")] == [
            ("mail.eml", "eml", False),
            ("photo.jpg", "jpeg", True),
            ("abill.pdf", "pdf", False),
        ]
        assert all(hashlib.sha256(files.read(receipt.sha256)).hexdigest() == receipt.sha256 for receipt in kept)
        assert all(len(files.read(receipt.sha256)) == receipt.size for receipt in kept)

    def test_the_history_tells_each_that_was_taken(self, payment):
        by = make.make_user()
        attach(payment, ("a.pdf", make.PDF), ("b.exe", b"MZ"), by=by)
        [told] = Event.objects.filter(kind="receipt_attached")
        assert told.by == by
        assert told.facts["name"] == "a.pdf"
        assert told.facts["payment"] == str(payment.uid)
        assert told.facts["of"] == {
            "kind": "purchase", "gross": "50", "currency": "USD", "paid_at": "2025-05-20T12:00:00Z"
        }  # fmt: skip

    def test_a_mail_says_what_it_says_in_plain_lines(self, payment):
        evil = make.EML.replace(b"Billing", b"=?utf-8?b?4oCuZ25pbGxpQg==?=")
        receipt = make.make_receipt(payment, "m.eml", evil)
        assert receipt.facts["sender"] == "gnilliB <billing@provider.example>"
        assert receipt.sent_at == make.instant("05-01T10:00")

    def test_one_file_may_prove_several_payments_and_lies_there_once(self, payment):
        other = make.make_payment(payment.account, "7")
        first, second = make.make_receipt(payment), make.make_receipt(other)
        assert first.sha256 == second.sha256
        assert Receipt.objects.room_taken(payment.account.workspace) == first.size

    def test_no_file_is_loose_once_it_is_a_receipt(self, payment):
        attach(payment, ("a.pdf", make.PDF))
        assert not LooseFile.objects.exists()

    def test_what_was_written_and_may_not_stay_is_loose(self, payment):
        attach(payment, ("a.pdf", make.PDF), ("b.pdf", make.pdf(2)))
        Receipt.objects.filter(name="a.pdf").delete()
        assert [loose.sha256 for loose in LooseFile.objects.all()] == [hashlib.sha256(make.PDF).hexdigest()]

    def test_a_storage_that_is_away_is_said_and_leaves_no_receipt(self, payment, monkeypatch):
        def away(*args):
            raise files.Unreachable("away")

        monkeypatch.setattr(files, "keep", away)
        assert attach(payment, ("a.pdf", make.PDF)) == ["storage"]
        assert not Receipt.objects.exists()

    def test_a_file_that_was_lost_meanwhile_has_to_come_again(self, payment, monkeypatch):
        put = filing.put

        def put_and_lose(found, **facts):
            digest = put(found, **facts)
            LooseFile.objects.all().delete()
            files.discard(digest)
            return digest

        monkeypatch.setattr(filing, "put", put_and_lose)
        assert attach(payment, ("a.pdf", make.PDF)) == ["busy"]
        assert not Receipt.objects.exists()

    def test_what_takes_too_long_together_is_left_for_another_time(self, payment, monkeypatch):
        monkeypatch.setattr(attaching, "PATIENCE_SECONDS", -1)
        assert attach(payment, ("a.pdf", make.PDF)) == ["busy"]

    def test_voiding_and_restoring_a_payment_keeps_its_receipts(self, payment):
        make.make_receipt(payment)
        actions.void_payment(payment, by=None, now=make.NOW)
        assert payment.receipts.kept().count() == 1
        actions.restore_payment(payment, by=None, now=make.NOW)
        assert payment.receipts.kept().count() == 1


class TestLimits:
    def test_a_file_that_is_too_large_is_not_read(self, payment, settings):
        settings.RECEIPT_MOST_MB = 1
        large = actions.Given("a.pdf", 1024**2 + 1, lambda: pytest.fail("it was read"))
        [outcome] = actions.attach_receipts(payment, [large], by=None, now=make.NOW)
        assert outcome.code == "large"

    def test_a_payment_has_twenty_at_most(self, payment):
        Receipt.objects.bulk_create(row(payment, number) for number in range(rules.receipts.MOST_PER_PAYMENT - 1))
        unread = actions.Given("c.pdf", 5, lambda: pytest.fail("it was read"))
        given = [make.given("a.pdf", make.PDF), make.given("b.pdf", make.pdf(2)), unread]
        outcomes = actions.attach_receipts(payment, given, by=None, now=make.NOW)
        assert [outcome.code for outcome in outcomes] == ["taken", "many", "many"]

    def test_a_workspace_has_so_many_megabytes(self, payment, settings):
        settings.RECEIPT_MOST_MB = settings.RECEIPTS_MOST_MB = 1
        Receipt.objects.bulk_create([row(payment, 0, size=1024**2 - len(make.PDF) - 10)])
        assert attach(payment, ("a.pdf", make.PDF), ("b.pdf", make.pdf(2))) == ["taken", "full"]
        elsewhere = make.make_payment(make.make_account())
        assert attach(elsewhere, ("b.pdf", make.pdf(2))) == ["taken"], "others have room of their own"

    def test_a_file_that_is_there_already_takes_no_room(self, payment, settings):
        settings.RECEIPT_MOST_MB = settings.RECEIPTS_MOST_MB = 1
        other = make.make_payment(payment.account, "7")
        make.make_receipt(other, "a.pdf", make.PDF)
        # A whole PDF more would not fit.
        Receipt.objects.bulk_create([row(other, 0, size=1024**2 - len(make.PDF) - len(make.PDF) // 2)])
        assert attach(payment, ("b.pdf", make.pdf(3))) == ["full"]
        entry = attaching._Entry(payment, payment.account.workspace)
        assert entry.check(hashlib.sha256(make.PDF).hexdigest(), len(make.PDF)) == "taken"

    def test_what_was_removed_takes_no_room(self, payment):
        receipt = make.make_receipt(payment)
        actions.remove_receipt(receipt, by=make.make_user(), now=make.NOW)
        assert Receipt.objects.room_taken(payment.account.workspace) == 0


def row(payment, number: int, size: int = 10) -> Receipt:
    """A receipt without a file."""
    return Receipt(
        payment=payment, name=f"{number}.pdf", kind="pdf", sha256=f"{number:064x}", size=size, added_at=make.NOW
    )


class TestRemoving:
    @pytest.fixture
    def ann(self):
        return make.make_user()

    @pytest.fixture
    def receipt(self, payment):
        return make.make_receipt(payment)

    def test_is_undone_within_the_hour(self, payment, receipt, ann):
        actions.remove_receipt(receipt, by=ann, now=make.NOW)
        actions.remove_receipt(receipt, by=ann, now=make.NOW)
        assert not payment.receipts.kept().exists()
        assert actions.prune_files(now=make.NOW + timedelta(minutes=59)) == 0
        actions.restore_receipt(receipt, by=ann, now=make.NOW)
        actions.restore_receipt(receipt, by=ann, now=make.NOW)
        assert payment.receipts.kept().get() == receipt
        assert files.is_kept(receipt.sha256)
        kinds = Event.objects.filter(kind__startswith="receipt_").order_by("id").values_list("kind", flat=True)
        assert list(kinds) == ["receipt_attached", "receipt_removed", "receipt_restored"]

    def test_is_final_an_hour_later_and_the_file_goes_an_hour_after_that(self, payment, receipt, ann):
        actions.remove_receipt(receipt, by=ann, now=make.NOW)
        assert actions.prune_files(now=make.NOW + HOUR) == 1
        assert files.is_kept(receipt.sha256)
        with pytest.raises(actions.ReceiptRefused) as caught:
            actions.restore_receipt(receipt, by=ann, now=make.NOW + HOUR)
        assert caught.value.code == "gone"
        assert actions.prune_files(now=later()) == 1
        assert not files.is_kept(receipt.sha256)
        assert not LooseFile.objects.exists()

    def test_of_one_that_was_attached_again_is_undone_by_that_one(self, payment, receipt, ann):
        actions.remove_receipt(receipt, by=ann, now=make.NOW)
        again = make.make_receipt(payment)
        assert actions.restore_receipt(receipt, by=ann, now=make.NOW) == again
        assert payment.receipts.kept().get() == again

    def test_is_not_undone_where_there_is_no_room_any_more(self, payment, receipt, ann, settings):
        actions.remove_receipt(receipt, by=ann, now=make.NOW)
        Receipt.objects.bulk_create(row(payment, number) for number in range(rules.receipts.MOST_PER_PAYMENT))
        with pytest.raises(actions.ReceiptRefused) as caught:
            actions.restore_receipt(receipt, by=ann, now=make.NOW)
        assert caught.value.code == "many"

    def test_a_file_that_another_payment_has_stays(self, payment, receipt, ann):
        make.make_receipt(make.make_payment(payment.account, "7"))
        actions.remove_receipt(receipt, by=ann, now=make.NOW)
        actions.prune_files(now=make.NOW + HOUR)
        assert LooseFile.objects.count() == 1
        assert actions.prune_files(now=later()) == 0
        assert files.is_kept(receipt.sha256)
        assert not LooseFile.objects.exists(), "it is not looked at again and again"


class TestPruning:
    def test_a_file_that_never_became_a_receipt_goes_after_an_hour(self, payment, monkeypatch):
        monkeypatch.setattr(attaching, "_enter", lambda *args, **facts: [])
        attach(payment, ("a.pdf", make.PDF))
        digest = hashlib.sha256(make.PDF).hexdigest()
        assert actions.prune_files(now=make.NOW + timedelta(minutes=59)) == 0
        assert files.is_kept(digest)
        assert actions.prune_files(now=make.NOW + HOUR) == 1
        assert not files.is_kept(digest)

    def test_a_storage_that_is_away_stops_nothing_and_is_tried_again(self, payment, monkeypatch, caplog):
        make.make_receipt(payment)
        Receipt.objects.all().delete()

        def away(*args):
            raise files.Unreachable("away")

        with monkeypatch.context() as patch:
            patch.setattr(files, "discard", away)
            assert actions.prune_files(now=later()) == 0
        assert LooseFile.objects.count() == 1
        assert actions.prune_files(now=later()) == 1

    def test_whoever_leaves_takes_the_files_along(self, payment):
        owner = payment.account.workspace.memberships.get().user
        receipt = make.make_receipt(payment)
        actions.remove_receipt(make.make_receipt(payment, "b.pdf", make.PDF), by=owner, now=make.NOW)
        actions.delete_person(owner, now=make.NOW)
        assert not Receipt.objects.exists()
        assert LooseFile.objects.count() == 2
        assert actions.prune_files(now=later()) == 2
        assert not files.is_kept(receipt.sha256)

    def test_the_clock_does_it(self, payment):
        from accounts.actions import jobs

        receipt = make.make_receipt(payment)
        Receipt.objects.all().delete()
        jobs.prune(later())
        assert not files.is_kept(receipt.sha256)


class TestTheDatabase:
    def test_refuses_the_same_file_twice(self, payment):
        for removed_at in (make.NOW, None):
            Receipt.objects.bulk_create([row(payment, 1)])
            Receipt.objects.filter(removed_at=None).update(removed_at=removed_at)
        with pytest.raises(IntegrityError, match="receipt_once_per_payment"), transaction.atomic():
            row(payment, 1).save()

    @pytest.mark.parametrize(
        ("wrong", "constraint"),
        [
            ({"kind": "exe"}, "receipt_kind"),
            ({"sha256": "../../etc"}, "receipt_sha256"),
            ({"size": 0}, "receipt_not_empty"),
            ({"name": ""}, "receipt_has_name"),
        ],
    )
    def test_refuses_what_cannot_be(self, payment, wrong, constraint):
        made = row(payment, 1)
        for name, value in wrong.items():
            setattr(made, name, value)
        with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
            made.save()
