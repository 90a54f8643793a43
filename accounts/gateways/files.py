"""The file room: receipts under their own SHA-256, each once, in a folder or in a bucket (STORAGES, "receipts").

A thumbnail lies beside its file. What is written under a hash is always the same, so writing twice does no harm.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from django.core.files.base import ContentFile, File
from django.core.files.storage import Storage, storages

log = logging.getLogger(__name__)

ALIAS = "receipts"
THUMBNAIL = ".thumbnail"


class Missing(LookupError):
    """There is no file of this hash."""


class Unreachable(RuntimeError):
    """The folder or the bucket does not do what it was asked for; the text says why."""


def _storage() -> Storage:
    return storages[ALIAS]


def _place(digest: str, suffix: str = "") -> str:
    return f"{digest[:2]}/{digest}{suffix}"


@contextmanager
def _reaching() -> Iterator[None]:
    try:
        yield
    except FileNotFoundError as error:
        raise Missing(str(error)) from error
    except (OSError, BotoCoreError, ClientError) as error:
        raise Unreachable(str(error)) from error


def keep(digest: str, content: bytes, thumbnail: bytes) -> None:
    """Keep a file and its thumbnail (empty: it has none). Unreachable: nothing can be said to be kept."""
    with _reaching():
        if thumbnail:
            _storage().save(_place(digest, THUMBNAIL), ContentFile(thumbnail))
        _storage().save(_place(digest), ContentFile(content))


def open_file(digest: str) -> "File[Any]":
    """Open a kept file. Missing or Unreachable when that cannot be."""
    return _open(_place(digest))


def open_thumbnail(digest: str) -> "File[Any]":
    return _open(_place(digest, THUMBNAIL))


def _open(name: str) -> "File[Any]":
    with _reaching():
        file = _storage().open(name)
        file.seek(0)  # what lies elsewhere is fetched now, while there is somebody to tell that it cannot be
        return file


def read(digest: str) -> bytes:
    """Return the whole of a kept file."""
    with _open(_place(digest)) as file, _reaching():
        return bytes(file.read())


def is_kept(digest: str) -> bool:
    with _reaching():
        return _storage().exists(_place(digest))


def discard(digest: str) -> None:
    """Delete a file and its thumbnail. One that is not there is as good as deleted."""
    with _reaching():
        for suffix in ("", THUMBNAIL):
            _storage().delete(_place(digest, suffix))


def sweep() -> None:
    """Let the storage tidy up after itself, where it has to."""
    tidy = getattr(_storage(), "sweep", None)
    if tidy is not None:
        with _reaching():
            tidy()
