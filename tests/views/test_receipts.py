"""Receipts on screen: how they are attached, what each file is told, and how they are handed out."""

import io
import json
import re
from io import BytesIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image

from accounts import actions, rules
from accounts.gateways import files
from accounts.models import Payment, Receipt
from tests import make
from tests.views.reading import HTMX, error_at, has, html_of, words_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]


@pytest.fixture
def account(ann):
    return make.make_account(ann, name="production", payments=[("50", "05-01T10:00")])


@pytest.fixture
def payment(account) -> Payment:
    return account.payments.get()


@pytest.fixture
def place(payment) -> str:
    return f"/payments/{payment.uid}/receipts/"


@pytest.fixture
def receipt(payment, ann) -> Receipt:
    return make.make_receipt(payment, "收据 5.png", by=ann)


def upload(name: str, content: bytes) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content, "text/html")  # what a browser says of it does not matter


def give(client, place, *given, **facts):
    return client.post(place, {"receipts": [upload(*each) for each in given]}, **facts)


def said(client) -> str:
    """The messages of the next page, as after a redirect."""
    return words_of(client.get("/profile/"), "messages")


class TestAttaching:
    def test_several_at_once_without_a_script(self, signed_in, payment, account, place):
        answer = give(signed_in, place, ("a.pdf", make.PDF), ("b.png", make.PNG))
        assert answer.status_code == 302
        assert answer.headers["Location"] == f"/accounts/{account.pk}/"
        assert {receipt.name for receipt in payment.receipts.kept()} == {"a.pdf", "b.png"}
        assert "a.pdf, b.png: Attached." in said(signed_in)

    def test_with_htmx_the_ledger_and_the_messages_come_back(self, signed_in, place):
        answer = give(signed_in, place, ("a.pdf", make.PDF), headers=HTMX)
        assert answer.status_code == 200
        assert "a.pdf" in words_of(answer, "ledger")
        assert "a.pdf: Attached." in words_of(answer, "messages")
        assert "1 of 1 payment that counts has a receipt" in words_of(answer, "ledger")

    @pytest.mark.parametrize("headers", [{}, HTMX])
    def test_each_file_gets_its_own_answer(self, signed_in, payment, place, headers, settings):
        settings.RECEIPT_MOST_MB = 1
        make.make_receipt(payment, "old.png")
        given = [
            ("same.png", make.PNG),
            ("page.pdf", b"<html></html>"),
            ("cut.pdf", make.PDF[:-20]),
            ("big.pdf", make.PDF + b" " * 1024**2),
            ("fine.eml", make.EML),
            ("other.zip", b"PK\3\4"),
        ]
        answer = give(signed_in, place, *given, headers=headers)
        assert answer.status_code == (200 if headers else 422)
        words = words_of(answer, "messages")
        for sentence in (
            "same.png: This payment has it already.",
            "page.pdf, other.zip: Not attached: this is no PDF, PNG, JPEG or saved mail (.eml)",
            "cut.pdf: Not attached: the file is damaged or cut off.",
            "big.pdf: Not attached: larger than 1 MB.",
            "fine.eml: Attached.",
        ):
            assert sentence in words
        assert payment.receipts.kept().count() == 2

    def test_in_the_persons_language(self, signed_in, ann, place):
        ann.language = "zh-hans"
        ann.save()
        answer = give(signed_in, place, ("x.pdf", b"no"), headers=HTMX)
        assert "x.pdf：未附上：" in words_of(answer, "messages")

    def test_a_name_with_markup_is_only_text(self, signed_in, place):
        answer = give(signed_in, place, ("<svg onload=x>.png", make.PNG), headers=HTMX)
        assert "<svg onload" not in html_of(answer)
        assert Receipt.objects.get().name == "<svg onload=x>.png"

    def test_without_a_file_the_form_asks_for_one(self, signed_in, place):
        answer = signed_in.post(place)
        assert answer.status_code == 422
        assert "Choose a file." in error_at(answer, "id_receipts")

    def test_the_page_shows_what_is_there_and_takes_more(self, signed_in, receipt, place):
        page = signed_in.get(place)
        assert "收据 5.png" in words_of(page)
        assert has(page, "receipts-form")
        assert 'enctype="multipart/form-data"' in html_of(page)

    def test_of_an_archived_account_nothing_can_be_attached(self, signed_in, ann, account, place):
        actions.archive_account(account, by=ann, now=make.NOW)
        assert give(signed_in, place, ("a.pdf", make.PDF)).status_code == 404

    def test_the_history_says_so(self, signed_in, account, place):
        give(signed_in, place, ("a.pdf", make.PDF))
        page = signed_in.get(f"/accounts/{account.pk}/")
        assert "Attached a.pdf to: Purchase, $50.00, Thu 1 May" in words_of(page, "history")


class TestWithThePayment:
    """Files that come along in the forms that record and correct a payment."""

    TYPED = {"gross": "20", "day": "2025-05-10", "kind": "purchase", "status": "succeeded", "currency": "USD"}

    @pytest.mark.parametrize("headers", [{}, HTMX])
    def test_are_attached_to_the_payment_that_is_recorded(self, signed_in, account, headers):
        typed = self.TYPED | {"receipts": [upload("a.pdf", make.PDF), upload("b.txt", b"no")]}
        answer = signed_in.post(f"/accounts/{account.pk}/payments/", typed, headers=headers)
        assert account.payments.get(gross=20).receipts.kept().get().name == "a.pdf"
        words = words_of(answer, "messages") if headers else said(signed_in)
        for sentence in ("The payment is recorded.", "a.pdf: Attached.", "b.txt: Not attached"):
            assert sentence in words

    @pytest.mark.parametrize("headers", [{}, HTMX])
    def test_have_to_be_chosen_again_when_the_form_comes_back(self, signed_in, account, headers):
        typed = self.TYPED | {"gross": "nothing", "receipts": upload("a.pdf", make.PDF)}
        answer = signed_in.post(f"/accounts/{account.pk}/payments/", typed, headers=headers)
        assert answer.status_code == 422
        assert "Choose the files again" in error_at(answer, "id_receipts")
        assert 'value="2025-05-10"' in html_of(answer)
        assert not Receipt.objects.exists()
        without = signed_in.post(f"/accounts/{account.pk}/payments/", self.TYPED | {"gross": "x"}, headers=headers)
        assert "Choose the files again" not in words_of(without)

    def test_come_once_when_the_form_is_sent_twice(self, signed_in, account):
        key = "b0a0c0de-0000-4000-8000-000000000000"
        for _each in range(2):
            typed = self.TYPED | {"form_key": key, "receipts": upload("a.pdf", make.PDF)}
            signed_in.post(f"/accounts/{account.pk}/payments/", typed)
        assert Receipt.objects.count() == 1
        assert "This payment has it already." in said(signed_in)

    @pytest.mark.parametrize("headers", [{}, HTMX])
    def test_are_attached_from_the_correction(self, signed_in, payment, headers):
        prefix = f"p{payment.pk}"
        typed = {f"{prefix}-{name}": value for name, value in (self.TYPED | {"gross": "55"}).items()}
        typed[f"{prefix}-receipts"] = upload("a.pdf", make.PDF)
        signed_in.post(f"/payments/{payment.uid}/", typed, headers=headers)
        payment.refresh_from_db()
        assert (payment.gross, payment.receipts.kept().get().name) == (55, "a.pdf")

    def test_alone_are_no_correction(self, signed_in, payment):
        form = html_of(signed_in.get(f"/payments/{payment.uid}/"))
        typed = dict(re.findall(r'<input[^>]* name="(p\d+-\w+)" value="([^"]*)"', form))
        typed |= {f"p{payment.pk}-kind": "purchase", f"p{payment.pk}-status": "succeeded"}
        typed[f"p{payment.pk}-receipts"] = upload("a.pdf", make.PDF)
        signed_in.post(f"/payments/{payment.uid}/", typed)
        words = said(signed_in)
        assert "a.pdf: Attached." in words
        assert "corrected" not in words

    def test_the_page_of_the_correction_shows_those_that_are_there(self, signed_in, payment, receipt):
        assert "收据 5.png" in words_of(signed_in.get(f"/payments/{payment.uid}/"))


class TestTheLedger:
    def test_says_quietly_what_has_none_yet(self, signed_in, account):
        make.make_payment(account, "100", kind="grant")
        words = words_of(signed_in.get(f"/accounts/{account.pk}/"), "ledger")
        assert words.count("No receipt yet") == 1, "of what counts only"
        assert "0 of 1 payment that counts has a receipt" in words

    def test_shows_each_with_name_and_size_and_what_a_mail_says(self, signed_in, account, payment, receipt):
        make.make_receipt(payment, "m.eml", make.EML)
        page = signed_in.get(f"/accounts/{account.pk}/")
        words = words_of(page, f"payment-{payment.uid}")
        assert "收据 5.png" in words
        assert "Billing <billing@provider.example> · 充值成功 · Thu 1 May" in words
        assert f'src="/receipts/{receipt.pk}/thumbnail/"' in html_of(page)
        assert "No receipt yet" not in words

    def test_a_viewer_sees_them_and_can_change_none(self, see, account, receipt):
        page = html_of(see.get(f"/accounts/{account.pk}/"))
        assert f'href="/receipts/{receipt.pk}/"' in page
        assert "/remove/" not in page
        assert "data-attach" not in page
        assert "receipts.js" not in page

    def test_one_that_was_removed_is_not_there(self, signed_in, ann, account, receipt):
        actions.remove_receipt(receipt, by=ann, now=make.NOW)
        assert "收据 5.png" not in words_of(signed_in.get(f"/accounts/{account.pk}/"), "ledger")

    @pytest.mark.parametrize("headers", [{}, HTMX])
    def test_twelve_queries_are_enough_for_200_payments_with_receipts(
        self, signed_in, ann, headers, django_assert_max_num_queries
    ):
        account = make.make_account(ann, payments=[("50", "05-18T10:00")])  # it waits
        facts = {"kind": "purchase", "status": "succeeded", "gross": 5, "paid_at": make.NOW}
        facts |= {"recorded_at": make.NOW, "changed_at": make.NOW}
        made = Payment.objects.bulk_create(Payment(account=account, **facts) for _each in range(200))
        Receipt.objects.bulk_create(
            Receipt(payment=each, name="a.pdf", kind="pdf", sha256=f"{number:064x}", size=9, added_at=make.NOW)
            for number, each in enumerate(made)
        )
        address = f"/accounts/{account.pk}/"
        signed_in.get(address)
        with django_assert_max_num_queries(12):
            assert html_of(signed_in.get(address, headers=headers)).count("a.pdf") > 199


class TestRemoving:
    @pytest.mark.parametrize("headers", [{}, HTMX])
    def test_is_told_and_can_be_undone(self, signed_in, payment, receipt, headers):
        answer = signed_in.post(f"/receipts/{receipt.pk}/remove/", headers=headers)
        assert not payment.receipts.kept().exists()
        page = answer if headers else signed_in.get("/profile/")
        assert "收据 5.png is removed. For an hour it can be taken back." in words_of(page, "messages")
        assert f'action="/receipts/{receipt.pk}/restore/"' in html_of(page)
        answer = signed_in.post(f"/receipts/{receipt.pk}/restore/", headers=headers)
        assert payment.receipts.kept().get() == receipt
        assert "收据 5.png is back." in (words_of(answer, "messages") if headers else said(signed_in))

    def test_what_is_gone_for_good_is_not_found(self, signed_in, receipt):
        receipt.delete()
        assert signed_in.post(f"/receipts/{receipt.pk}/restore/").status_code == 404

    def test_without_room_it_stays_removed(self, signed_in, ann, payment, receipt):
        actions.remove_receipt(receipt, by=ann, now=make.NOW)
        Receipt.objects.bulk_create(
            Receipt(payment=payment, name="a.pdf", kind="pdf", sha256=f"{number:064x}", size=9, added_at=make.NOW)
            for number in range(rules.receipts.MOST_PER_PAYMENT)
        )
        answer = signed_in.post(f"/receipts/{receipt.pk}/restore/", headers=HTMX)
        assert "this payment has 20 receipts already" in words_of(answer, "messages")


class TestHandingOut:
    @pytest.mark.parametrize(
        ("name", "content", "content_type"),
        [
            ("a.pdf", make.PDF, "application/pdf"),
            ("a.png", make.PNG, "image/png"),
            ("a.jpg", make.JPEG, "image/jpeg"),
            ("a.eml", make.EML, "message/rfc822"),
        ],
    )
    def test_a_file_is_kept_by_the_browser_and_not_shown_by_it(self, signed_in, payment, name, content, content_type):
        receipt = make.make_receipt(payment, name, content)
        answer = signed_in.get(f"/receipts/{receipt.pk}/")
        assert answer.content == files.read(receipt.sha256)
        assert answer.headers["Content-Type"] == content_type
        assert answer.headers["Content-Disposition"] == f'attachment; filename="{name}"'
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Content-Security-Policy"] == "sandbox; default-src 'none'"
        assert answer.headers["Cache-Control"] == "no-store"

    def test_a_name_in_another_script_is_told_as_it_is(self, signed_in, receipt):
        header = signed_in.get(f"/receipts/{receipt.pk}/").headers["Content-Disposition"]
        assert header == "attachment; filename*=utf-8''%E6%94%B6%E6%8D%AE%205.png"

    def test_a_name_with_quotes_and_breaks_stays_one_header(self, signed_in, payment):
        receipt = make.make_receipt(payment, 'a"; filename="x.html\r\nX-Evil: 1.pdf', make.PDF)
        answer = signed_in.get(f"/receipts/{receipt.pk}/")
        assert "X-Evil" not in answer.headers
        assert answer.headers["Content-Disposition"] == r'attachment; filename="a\"; filename=\"x.html X-Evil: 1.pdf"'

    def test_a_large_one_leaves_piece_by_piece(self, signed_in, payment):
        large = BytesIO()
        Image.effect_noise((900, 900), 90).save(large, "PNG")
        receipt = make.make_receipt(payment, "a.png", large.getvalue())
        answer = signed_in.get(f"/receipts/{receipt.pk}/")
        assert answer.streaming
        content = b"".join(answer.streaming_content)
        answer.close()
        assert content == files.read(receipt.sha256)
        assert int(answer.headers["Content-Length"]) == len(content) == receipt.size
        assert answer.headers["Content-Security-Policy"] == "sandbox; default-src 'none'"
        assert answer.headers["Content-Disposition"] == 'attachment; filename="a.png"'

    def test_the_small_picture_is_a_picture_within_the_page(self, signed_in, receipt):
        answer = signed_in.get(f"/receipts/{receipt.pk}/thumbnail/")
        assert answer.headers["Content-Type"] == "image/png"
        assert "Content-Disposition" not in answer.headers
        assert answer.headers["Content-Security-Policy"] == "sandbox; default-src 'none'"
        assert Image.open(io.BytesIO(answer.content)).size == (96, 96)

    def test_a_document_has_no_small_picture(self, signed_in, payment):
        receipt = make.make_receipt(payment, "a.pdf", make.PDF)
        assert signed_in.get(f"/receipts/{receipt.pk}/thumbnail/").status_code == 404

    @pytest.mark.parametrize("path", ["", "thumbnail/"])
    def test_strangers_find_nothing(self, receipt, path):
        stranger = Client()
        stranger.force_login(make.make_user())
        assert stranger.get(f"/receipts/{receipt.pk}/{path}").status_code == 404

    def test_one_that_was_removed_is_not_found(self, signed_in, ann, receipt):
        actions.remove_receipt(receipt, by=ann, now=make.NOW)
        assert signed_in.get(f"/receipts/{receipt.pk}/").status_code == 404

    @pytest.mark.parametrize("path", ["", "thumbnail/"])
    def test_a_file_that_is_missing_is_said_to_be(self, signed_in, receipt, path):
        files.discard(receipt.sha256)
        answer = signed_in.get(f"/receipts/{receipt.pk}/{path}")
        assert answer.status_code == 404
        assert "The file of this receipt is missing" in words_of(answer)
        assert "收据 5.png" in words_of(answer)

    def test_a_storage_that_is_away_is_said_to_be(self, signed_in, receipt, monkeypatch):
        def away(*args):
            raise files.Unreachable("away")

        monkeypatch.setattr(files, "_open", away)
        answer = signed_in.get(f"/receipts/{receipt.pk}/")
        assert answer.status_code == 503
        assert "Files cannot be reached just now" in words_of(answer)
        assert answer.headers["Retry-After"] == "30"


class TestTheSizeOfRequests:
    """A form is small. Where files are taken, who is signed in may send more."""

    def sent(self, client, place, size):
        return client.post(place, {"receipts": upload("a.pdf", b"x" * size)})

    def test_a_page_that_takes_files_takes_large_ones(self, signed_in, place, settings):
        settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1000
        assert self.sent(signed_in, place, 50_000).status_code == 422
        assert "Not attached: this is no PDF" in words_of(self.sent(signed_in, place, 50_000), "messages")

    def test_but_no_more_than_a_payment_may_have(self, signed_in, place, settings, monkeypatch):
        settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1000
        monkeypatch.setattr(rules.receipts, "MOST_PER_PAYMENT", 0)
        answer = self.sent(signed_in, place, 5000)
        assert answer.status_code == 413
        assert "This is too much at once" in words_of(answer)

    @pytest.mark.parametrize("path", ["/profile/", "/accounts/new/", "/nowhere/", "/account/login/"])
    def test_other_pages_do_not(self, signed_in, settings, path):
        settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1000
        assert self.sent(signed_in, path, 5000).status_code == 413

    def test_nor_does_any_page_from_a_stranger(self, client, place, settings):
        settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1000
        assert self.sent(client, place, 5000).status_code == 413
        assert self.sent(client, place, 100).status_code == 302

    def test_the_pages_of_imports_and_of_restoring_take_theirs(self, signed_in, account, settings):
        settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1000
        for path, field in ((f"/accounts/{account.pk}/import/", "file"), ("/export/restore/", "document")):
            answer = signed_in.post(path, {field: upload("a.csv", b"x" * 5000)})
            assert answer.status_code in (302, 422), path

    def test_nothing_of_what_is_too_large_is_read(self, signed_in, settings):
        settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1000

        class Unread(io.BytesIO):
            def read(self, *args):
                pytest.fail("it was read")

        answer = signed_in.generic(
            "POST", "/profile/", b"", content_type="multipart/form-data; boundary=x",
            **{"wsgi.input": Unread(), "CONTENT_LENGTH": "5000"},
        )  # fmt: skip
        assert answer.status_code == 413

    @pytest.mark.parametrize("length", ["", "-5", "many", "٣"])
    def test_a_length_that_is_no_number_is_no_length(self, signed_in, length):
        answer = signed_in.generic("POST", "/profile/", b"", CONTENT_LENGTH=length)
        assert answer.status_code in (302, 400, 422)


def test_the_script_knows_what_is_too_much(signed_in, account):
    page = html_of(signed_in.get(f"/accounts/{account.pk}/"))
    most = int(re.search(r'data-most="(\d+)"', page)[1])
    assert most > 20 * 10 * 1024**2
    timeout = json.loads(re.search(r"id=\"receipt-drop\".*?hx-request='([^']*)'", page)[1])["timeout"]
    assert timeout > 60_000, "longer than the files of a request may be looked into"
