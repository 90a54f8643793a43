"""Receipts of a document that somebody has laid out anew, has changed, or that holds too much."""

import json
from base64 import b64decode, b64encode
from datetime import timedelta
from hashlib import sha256
from io import BytesIO
from uuid import uuid4

import pytest
from django.conf import settings
from django.db import transaction
from django.test import override_settings

from accounts import exports, rules
from accounts.actions import filing
from accounts.exports import attached
from accounts.gateways import files
from accounts.models import LooseFile, Receipt, Workspace
from tests import make
from tests.exports import everything
from tests.views.test_authorization import everything_stored

pytestmark = pytest.mark.django_db
MEGABYTE = 1024**2
FILES = {"scan.png": make.PNG, "photo.jpg": make.JPEG, "bill.pdf": make.PDF, "mail.eml": make.EML}
FIRST = "accounts[0].payments[0].receipts"
SECOND = "accounts[0].payments[1].receipts"


def room_in(folder) -> dict:
    storage = {"BACKEND": "accounts.gateways.folder.Folder", "OPTIONS": {"location": str(folder)}}
    return settings.STORAGES | {"receipts": storage}


@pytest.fixture
def store(tmp_path):
    """A file room of this test's own."""
    with override_settings(STORAGES=room_in(tmp_path)):
        yield tmp_path


def kept_in(store) -> set[str]:
    return {path.name for path in store.rglob("*") if path.is_file()}


@pytest.fixture(scope="module")
def raw(django_db_setup, django_db_blocker, tmp_path_factory) -> bytes:
    """A document of two payments: the first has every file, the second one of the same. Nothing of it stays here."""
    elsewhere = override_settings(STORAGES=room_in(tmp_path_factory.mktemp("elsewhere")))
    with elsewhere, django_db_blocker.unblock(), transaction.atomic():
        account = make.make_account(make.make_user("ann@example.org"))
        payments = [make.make_payment(account, gross) for gross in ("50", "7")]
        for name, content in FILES.items():
            make.make_receipt(payments[0], name, content)
        make.make_receipt(payments[1], "again.pdf", make.PDF)
        raw = everything.document_of(account.workspace, now=make.NOW)
        transaction.set_rollback(True)
    return raw


@pytest.fixture
def document(raw, store):
    return json.loads(raw)


def digest_of(content: bytes) -> str:
    return sha256(content).hexdigest()


def place_of(document, name: str) -> int:
    """Where the file of a receipt stands."""
    digest = next(each["sha256"] for each in document["accounts"][0]["payments"][0]["receipts"] if each["name"] == name)
    return next(place for place, file in enumerate(document["files"]) if file["sha256"] == digest)


def bytes_of(document, name: str) -> bytes:
    """What is kept of a receipt: of a photo not all that was given."""
    return b64decode(document["files"][place_of(document, name)]["content"])


def as_written(document) -> bytes:
    """As tierdash lays it out: each file on a line of its own, so that it is lifted before the rest is read."""
    given, rest = document["files"], json.dumps(document | {"files": []}, ensure_ascii=False)
    head, _empty, tail = rest.rpartition('"files": []')
    lines = ",".join(f"\n{json.dumps(file)}" for file in given)
    return f'{head}"files": [{lines}\n]{tail}'.encode()


def at_random(document) -> bytes:
    """Indented, with the keys of every object in another order, the files first."""
    return json.dumps(turned(document), indent=3).encode()


def turned(value):
    if isinstance(value, dict):
        return {key: turned(value[key]) for key in reversed(value)}
    return [turned(item) for item in value] if isinstance(value, list) else value


def packed(document) -> bytes:
    return json.dumps(document, separators=(",", ":")).encode()


def crlf(document) -> bytes:
    return b"\xef\xbb\xbf" + as_written(document).replace(b"\n", b"\r\n")


def files_before_accounts(document) -> bytes:
    given = ",\n".join(json.dumps(file) for file in document["files"])
    rest = json.dumps({name: value for name, value in document.items() if name != "files"})
    return f'{{"files": [\n{given}\n],\n{rest[1:]}'.encode()


def half_of_them_laid_out(document) -> bytes:
    """Some on lines of their own, some not."""
    first, second, *others = document["files"]
    written = as_written(document | {"files": others})
    laid_out = json.dumps([first, second], indent=2)[1:-1]
    return written.replace(b'"files": [', f'"files": [{laid_out},'.encode(), 1)


LAYOUTS = [as_written, at_random, half_of_them_laid_out, packed, crlf, files_before_accounts]
laid_out = pytest.mark.parametrize("lay_out", LAYOUTS, ids=lambda lay_out: lay_out.__name__)
# Files that are lifted out before the rest is read, files that are not, and both.
read_both_ways = pytest.mark.parametrize("lay_out", LAYOUTS[:3], ids=lambda lay_out: lay_out.__name__)


def restore(raw: bytes) -> Workspace:
    return everything.restore(raw, now=make.NOW)


def refused(raw: bytes, store) -> exports.DocumentError:
    """Refuse a document. No row of it stays, and no file for longer than the hour that every stray file has."""
    before, kept = everything_stored(), kept_in(store)
    with pytest.raises(exports.DocumentError) as caught:
        restore(raw)
    filing.prune_files(now=make.NOW + timedelta(hours=2))
    assert everything_stored() == before
    assert kept_in(store) == kept
    return caught.value


def told() -> list[tuple]:
    """Every receipt that is here, each with the whole of its file."""
    receipts = Receipt.objects.order_by("payment__gross", "name")
    assert all(digest_of(files.read(each.sha256)) == each.sha256 for each in receipts)
    return [(each.name, each.kind, each.has_thumbnail) for each in receipts]


WHOLE = [
    ("again.pdf", "pdf", False),
    ("bill.pdf", "pdf", False),
    ("mail.eml", "eml", False),
    ("photo.jpg", "jpeg", True),
    ("scan.png", "png", True),
]


class TestLaidOutAnew:
    @laid_out
    def test_everything_comes_back(self, document, lay_out):
        restore(lay_out(document))
        assert told() == WHOLE
        assert not LooseFile.objects.exists()

    def test_as_tierdash_writes_it_the_files_are_lifted_out_of_it(self, raw, document):
        """Else the tests of that layout say nothing about it."""
        content = document["files"][0]["content"].encode()
        for written in (raw, as_written(document), crlf(document), files_before_accounts(document)):
            assert content in written
            assert content not in lifted(written)
        assert content in lifted(at_random(document))

    def test_files_in_another_order(self, document):
        document["files"].reverse()
        restore(as_written(document))
        assert told() == WHOLE

    def test_it_counts_as_a_whole_where_files_stand_within_it(self, document, store):
        most = len(json.dumps(document | {"files": []})) + 1000
        everything.restore(as_written(document), now=make.NOW, most_bytes=most)
        everything.wipe()
        padded = json.dumps(document, indent=400).encode()
        with pytest.raises(exports.DocumentError, match="larger than"):
            everything.restore(padded, now=make.NOW, most_bytes=most)


def lifted(raw: bytes) -> bytes:
    with exports.Held() as held:
        return attached.lifted(BytesIO(raw), held, most=10**9)


class TestTamperedWith:
    """However it is laid out, what is wrong is named by its place."""

    @read_both_ways
    def test_bytes_that_are_not_those_of_the_hash(self, document, store, lay_out):
        place = place_of(document, "mail.eml")
        document["files"][place]["content"] = b64encode(make.EML + b"more").decode()
        error = refused(lay_out(document), store)
        assert (error.path, error.reason) == (f"files[{place}].sha256", "is not the hash of its content")

    @read_both_ways
    @pytest.mark.parametrize("text", ["no Base64!", "AAAAA", "AA=A", "é", 7])
    def test_bytes_that_are_no_base64(self, document, store, lay_out, text):
        place = place_of(document, "bill.pdf")
        document["files"][place]["content"] = text
        error = refused(lay_out(document), store)
        assert (error.path, error.reason) == (f"files[{place}].content", "must be bytes in Base64")

    @read_both_ways
    def test_the_place_is_right_after_a_file_whose_bytes_were_missing(self, document, store, lay_out):
        document["files"][0]["content"] = None
        document["files"][2]["content"] = b64encode(b"other bytes").decode()
        assert refused(lay_out(document), store).path == "files[2].sha256"

    @read_both_ways
    def test_a_receipt_whose_file_is_not_there(self, document, store, lay_out):
        proofs = document["accounts"][0]["payments"][0]["receipts"]
        place = next(place for place, each in enumerate(proofs) if each["name"] == "bill.pdf")
        del document["files"][place_of(document, "bill.pdf")]
        error = refused(lay_out(document), store)
        assert error.path == f"{FIRST}[{place}].sha256"
        assert error.reason == "names something that is not in the document"

    @read_both_ways
    @pytest.mark.parametrize("wrong", [-1, 1])
    def test_a_size_that_is_not_the_files(self, document, store, lay_out, wrong):
        document["accounts"][0]["payments"][1]["receipts"][0]["size"] += wrong
        error = refused(lay_out(document), store)
        assert (error.path, error.reason) == (f"{SECOND}[0].size", "is not the size of its file")

    @read_both_ways
    def test_a_file_that_stands_twice(self, document, store, lay_out):
        document["files"].append(document["files"][0])
        error = refused(lay_out(document), store)
        assert (error.path, error.reason) == ("files[4].sha256", "stands twice")

    @read_both_ways
    def test_a_file_that_may_not_be_kept(self, document, store, lay_out):
        """The others were written by then; they go by themselves."""
        page = b"<html><script>alert(1)</script></html>"
        document["files"].append({"sha256": digest_of(page), "content": b64encode(page).decode()})
        said = document["accounts"][0]["payments"][1]["receipts"][0]
        said |= {"sha256": digest_of(page), "size": len(page)}
        error = refused(lay_out(document), store)
        assert error.path == "files[4].content"
        assert "cannot be kept as a receipt" in error.reason

    @pytest.mark.parametrize(
        ("name", "value", "reason"),
        [
            ("kind", "png", "no name of a file of this kind"),
            ("name", "bill.html", "no name of a file of this kind"),
            ("name", "../bill.pdf", "no name of a file of this kind"),
            ("kind", "html", "must be one of"),
            ("size", 0, "from 1"),
            ("added_by", 999, "not in the document"),
            ("added_at", "2999-01-01T00:00:00Z", "in the future"),
            ("sha256", "../../../etc/passwd", "characters"),
            ("sha256", "0" * 64, "not in the document"),
            ("id", "1", "UUID"),
        ],
    )
    def test_a_word_about_a_receipt_that_cannot_be(self, document, store, name, value, reason):
        said = document["accounts"][0]["payments"][1]["receipts"][0]
        assert (said["name"], said["kind"]) == ("again.pdf", "pdf")
        said[name] = value
        error = refused(as_written(document), store)
        assert error.path == f"{SECOND}[0].{name}".replace("kind", "name" if value == "png" else "kind")
        assert reason in error.reason

    def test_a_kind_that_its_file_is_not(self, document, store):
        said = document["accounts"][0]["payments"][1]["receipts"][0]
        said |= {"name": "again.png", "kind": "png"}
        error = refused(as_written(document), store)
        assert (error.path, error.reason) == (f"{SECOND}[0].kind", "is not what its file is")

    def test_two_receipts_of_one_name(self, document, store):
        first, second = (payment["receipts"][0] for payment in document["accounts"][0]["payments"])
        second["id"] = first["id"]
        assert refused(as_written(document), store).path == f"{SECOND}[0]"

    def test_the_same_file_twice_at_one_payment(self, document, store):
        proofs = document["accounts"][0]["payments"][1]["receipts"]
        proofs.append(proofs[0] | {"id": str(uuid4())})
        assert refused(as_written(document), store).path == f"{SECOND}[1].sha256"

    def test_a_mistake_elsewhere_leaves_no_file(self, document, store):
        """One that only the database finds, when every file lies in the file room by then."""
        document["accounts"].append(document["accounts"][0] | {"payments": [], "id": str(uuid4())})
        assert refused(as_written(document), store).path == "accounts[1]"


class TestWhatIsNotThere:
    @read_both_ways
    def test_a_file_that_nobody_refers_to_is_left_out(self, document, store, lay_out):
        stray = make.pdf(3)
        document["files"].append({"sha256": digest_of(stray), "content": b64encode(stray).decode()})
        restore(lay_out(document))
        assert told() == WHOLE
        assert digest_of(stray) not in kept_in(store)

    @read_both_ways
    def test_receipts_without_bytes_are_left_out(self, document, lay_out):
        document["files"][place_of(document, "bill.pdf")]["content"] = None
        restore(lay_out(document))
        assert told() == [row for row in WHOLE if row[1] != "pdf"]

    def test_what_has_no_bytes_is_not_found_by_its_hash(self, document):
        """Whoever knows the hash of a stranger's receipt has not got the receipt."""
        secret = make.pdf(5)
        stranger = make.make_receipt(make.make_payment(make.make_account()), "secret.pdf", secret)
        document["files"].append({"sha256": stranger.sha256, "content": None})
        said = document["accounts"][0]["payments"][1]["receipts"][0]
        said |= {"sha256": stranger.sha256, "size": stranger.size}
        workspace = restore(as_written(document))
        assert {each.name for each in Receipt.objects.filter(payment__account__workspace=workspace)} == set(FILES)

    def test_a_storage_that_is_away_is_said(self, document, store, monkeypatch):
        def away(*arguments):
            raise files.Unreachable("away")

        monkeypatch.setattr(files, "keep", away)
        error = refused(as_written(document), store)
        assert (error.path, error.reason) == ("", "Files cannot be stored at the moment. Try again later.")


class TestOverTheLimits:
    """A megabyte to a file, and to all of them, is little to write and as good as ten and five hundred."""

    @pytest.fixture(autouse=True)
    def limits(self, settings):
        settings.RECEIPT_MOST_MB, settings.RECEIPTS_MOST_MB = 1, 2

    def held(self, *sizes: int) -> list[dict[str, str]]:
        contents = [make.PDF + bytes([place]) * (size - len(make.PDF)) for place, size in enumerate(sizes)]
        return [{"sha256": digest_of(each), "content": b64encode(each).decode()} for each in contents]

    @read_both_ways
    def test_a_file_of_a_byte_too_many(self, document, store, lay_out):
        document["files"] += self.held(MEGABYTE + 1)
        error = refused(lay_out(document), store)
        assert (error.path, error.reason) == ("files[4].content", "must not be larger than 1 MB")

    @read_both_ways
    def test_files_of_a_byte_too_many_together(self, document, store, lay_out):
        left = 2 * MEGABYTE - sum(len(bytes_of(document, name)) for name in FILES)
        document["files"] += self.held(MEGABYTE, left - MEGABYTE + 1)
        error = refused(lay_out(document), store)
        assert (error.path, error.reason) == ("files", "must not be larger than 2 MB together")

    @read_both_ways
    def test_files_that_just_fit(self, document, lay_out):
        left = 2 * MEGABYTE - sum(len(bytes_of(document, name)) for name in FILES)
        document["files"] += self.held(MEGABYTE, left - MEGABYTE)
        restore(lay_out(document))
        assert told() == WHOLE

    def test_more_receipts_than_a_payment_may_have(self, document, store):
        most = rules.receipts.MOST_PER_PAYMENT
        proofs = document["accounts"][0]["payments"][1]["receipts"]
        for number in range(most):
            proofs.append(proofs[0] | {"id": str(uuid4()), "sha256": f"{number:064}"})
            document["files"].append({"sha256": f"{number:064}", "content": None})
        error = refused(as_written(document), store)
        assert (error.path, error.reason) == (SECOND, f"must hold at most {most}")
        proofs.pop()
        assert restore(as_written(document))
