"""The file room: in a folder, and in a bucket that a real HTTP server offers."""

import hashlib
import os
import stat
import time
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest
from django.core.exceptions import SuspiciousFileOperation
from django.core.files.base import ContentFile
from moto.server import ThreadedMotoServer

from accounts.gateways import files, folder
from tests import make
from tierdash import receipt_store

CONTENT, SMALL = b"what is kept", make.PNG
DIGEST = hashlib.sha256(CONTENT).hexdigest()
KEYS = {"aws_access_key_id": "id", "aws_secret_access_key": "se/cret"}


@pytest.fixture
def home(tmp_path, settings) -> Path:
    place = tmp_path / "below" / "receipts"
    storage = {"BACKEND": "accounts.gateways.folder.Folder", "OPTIONS": {"location": str(place)}}
    settings.STORAGES = settings.STORAGES | {"receipts": storage}
    return place


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def bucket(server, settings):
    resource = boto3.resource("s3", endpoint_url=server, region_name="eu-central-1", **KEYS)
    held = resource.create_bucket(
        Bucket="tierdash-receipts", CreateBucketConfiguration={"LocationConstraint": "eu-central-1"}
    )
    url = f"s3://id:se%2Fcret@tierdash-receipts/kept/here?endpoint_url={server}&region=eu-central-1"
    settings.STORAGES = settings.STORAGES | {"receipts": receipt_store.read(url)}
    yield held
    held.objects.all().delete()
    held.delete()


@pytest.mark.parametrize("place", ["home", "bucket"])
class TestEveryRoom:
    @pytest.fixture(autouse=True)
    def _room(self, place, request):
        request.getfixturevalue(place)

    def test_gives_back_what_was_kept(self):
        files.keep(DIGEST, CONTENT, SMALL)
        assert files.is_kept(DIGEST)
        assert files.read(DIGEST) == CONTENT
        with files.open_file(DIGEST) as file:
            assert b"".join(file.chunks()) == CONTENT
        with files.open_thumbnail(DIGEST) as file:
            assert file.read() == SMALL

    def test_keeps_the_same_file_once_and_mends_a_broken_one(self):
        files.keep(DIGEST, b"half of i", b"")
        files.keep(DIGEST, CONTENT, b"")
        assert files.read(DIGEST) == CONTENT

    def test_says_what_is_missing(self):
        assert not files.is_kept(DIGEST)
        for opens in (files.open_file, files.open_thumbnail, files.read):
            with pytest.raises(files.Missing):
                opens(DIGEST)

    def test_discards_both_and_what_is_not_there_is_as_good_as_discarded(self):
        files.keep(DIGEST, CONTENT, SMALL)
        files.discard(DIGEST)
        files.discard(DIGEST)
        assert not files.is_kept(DIGEST)
        with pytest.raises(files.Missing):
            files.open_thumbnail(DIGEST)

    def test_can_tidy_up(self):
        files.sweep()


class TestTheFolder:
    def test_only_its_owner_can_open_it(self, home):
        files.keep(DIGEST, CONTENT, SMALL)
        held = [home, *home.rglob("*")]
        modes = {path: stat.S_IMODE(path.stat().st_mode) for path in held}
        assert {mode for path, mode in modes.items() if path.is_dir()} == {0o700}
        assert {mode for path, mode in modes.items() if path.is_file()} == {0o600}

    def test_names_are_hashes(self, home):
        files.keep(DIGEST, CONTENT, SMALL)
        names = {path.relative_to(home).as_posix() for path in home.rglob("*") if path.is_file()}
        assert names == {f"{DIGEST[:2]}/{DIGEST}", f"{DIGEST[:2]}/{DIGEST}.thumbnail"}

    def test_a_name_cannot_leave_it(self, home):
        with pytest.raises(SuspiciousFileOperation):
            folder.Folder(str(home)).save("../outside", ContentFile(b"x"))

    def test_a_full_disk_leaves_nothing_behind(self, home, monkeypatch):
        def full(*args):
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(os, "fsync", full)
        with pytest.raises(files.Unreachable, match="No space left"):
            files.keep(DIGEST, CONTENT, b"")
        assert not files.is_kept(DIGEST)
        assert [path for path in home.rglob("*") if path.is_file()] == []

    def test_what_a_crash_left_half_written_is_swept_away(self, home):
        files.keep(DIGEST, CONTENT, b"")
        old, new = home / "drafts" / "old", home / "drafts" / "new"
        for draft in (old, new):
            draft.write_bytes(b"half")
        os.utime(old, (1, time.time() - 2 * folder.LONGEST_WRITE_SECONDS))
        files.sweep()
        assert [path.name for path in (home / "drafts").iterdir()] == ["new"]
        assert files.is_kept(DIGEST)


class TestTheBucket:
    def test_lies_below_its_prefix_and_nobody_else_may_read(self, bucket, server):
        files.keep(DIGEST, CONTENT, SMALL)
        keys = {held.key for held in bucket.objects.all()}
        assert keys == {f"kept/here/{DIGEST[:2]}/{DIGEST}", f"kept/here/{DIGEST[:2]}/{DIGEST}.thumbnail"}
        held = bucket.Object(f"kept/here/{DIGEST[:2]}/{DIGEST}")
        assert [grant["Grantee"]["Type"] for grant in held.Acl().grants] == ["CanonicalUser"]
        # Should the bucket be opened one day: no browser shows anything of it.
        assert (held.content_type, held.content_disposition) == ("application/octet-stream", "attachment")

    def test_a_large_one_is_not_held_in_memory(self, bucket):
        content = os.urandom(3 * receipt_store.IN_MEMORY)
        digest = hashlib.sha256(content).hexdigest()
        files.keep(digest, content, b"")
        with files.open_file(digest) as file:
            assert file.file._rolled, "it went to the disk"
            assert file.read() == content

    def test_one_that_is_not_there_says_so(self, bucket, server, settings):
        settings.STORAGES = settings.STORAGES | {
            "receipts": receipt_store.read(f"s3://id:secret@nothing-here?endpoint_url={server}&region=eu-central-1")
        }
        with pytest.raises(files.Unreachable):
            files.keep(DIGEST, CONTENT, b"")

    def test_a_server_that_is_away_says_so(self, settings):
        settings.STORAGES = settings.STORAGES | {
            "receipts": receipt_store.read("s3://id:secret@bucket?endpoint_url=http://127.0.0.1:9&region=eu-central-1")
        }
        for act in (files.read, files.is_kept, files.discard):
            with pytest.raises(files.Unreachable):
                act(DIGEST)
