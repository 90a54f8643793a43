"""The files of a document: how they stand in it, and how they are read without holding them all in memory."""

import base64
import hashlib
import re
from collections.abc import Iterator
from tempfile import TemporaryFile
from typing import IO, Any

from django.conf import settings
from django.utils.translation import gettext as _

from accounts import rules
from accounts.exports.kinds import NOBODY, PERSON_NUMBER, DocumentError, Key, Kind, Line, OneOf, Past, Whole
from accounts.exports.shape import Field, Shape, stored

MEGABYTE = 1024**2
CHUNK = 64 * 1024
MOST_FILE = 2**31 - 1
# A file as packing.py writes it, on a line of its own.
LINE = re.compile(rb'(\{"sha256": "([0-9a-f]{64})", "content": )"([A-Za-z0-9+/]*={0,2})"(\}[^{]*)')
BEGINNING = b'{"sha256": "'
# Where it is told that there are too many bytes.
ALL = "files"


class Base64(Kind):
    """Bytes as text (RFC 4648, with padding)."""

    words = "bytes in Base64"

    def read(self, value: Any, path: str) -> bytes:
        try:
            return base64.b64decode(value, validate=True)
        except (TypeError, ValueError):
            raise DocumentError(path, _("must be bytes in Base64")) from None

    def write(self, value: bytes) -> str:
        return base64.b64encode(value).decode()

    def schema(self) -> dict[str, Any]:
        return {"type": "string", "contentEncoding": "base64"}


DIGEST = Line(64, 64)
RECEIPT = Shape(
    "receipt",
    "A file that proves a payment. Its bytes stand once in the document, among its *files*.",
    (
        stored("id", Key(), "its name in addresses and in the database"),
        stored("name", Line(rules.receipts.LONGEST_NAME, 3), "what its owner called it, with an ending of its kind"),
        stored("kind", OneOf(rules.receipts.KINDS), "what it is"),
        stored("sha256", DIGEST, "the SHA-256 of its bytes in small hexadecimal digits"),
        stored("size", Whole(1, MOST_FILE), "how many bytes it has"),
        Field("added_by", PERSON_NUMBER, f"the number of who attached it; {NOBODY}", is_nullable=True),
        stored("added_at", Past(), "when it was attached"),
    ),
)
FILE = Shape(
    "file",
    "The bytes of receipts. Where tierdash writes the document, each stands on a line of its own.",
    (
        Field("sha256", DIGEST, "the SHA-256 of the bytes"),
        Field("content", Base64(), "the bytes; null: they were missing when this was written", is_nullable=True),
    ),
)


def most_bytes(most_without_files: int) -> int:
    """How large a document may be with all the files that a workspace may have, in Base64."""
    return most_without_files + settings.RECEIPTS_MOST_MB * MEGABYTE * 7 // 5


class Held:
    """The bytes of a document's files by their SHA-256: on the disk, for they are many. Used as `with`."""

    def __init__(self) -> None:
        self._file = TemporaryFile()  # noqa: SIM115 - it lives as long as the document
        self._places: dict[str, tuple[int, int]] = {}
        self._left = settings.RECEIPTS_MOST_MB * MEGABYTE

    def __enter__(self) -> "Held":
        return self

    def __exit__(self, *error: object) -> None:
        self._file.close()

    def put(self, digest: str, content: bytes, path: str) -> None:
        """Take the bytes of a file. DocumentError when they are others, or too many."""
        if hashlib.sha256(content).hexdigest() != digest:
            raise DocumentError(f"{path}.sha256", _("is not the hash of its content"))
        if len(content) > settings.RECEIPT_MOST_MB * MEGABYTE:
            most = settings.RECEIPT_MOST_MB
            raise DocumentError(f"{path}.content", _("must not be larger than {most} MB").format(most=most))
        self._left -= len(content)
        if self._left < 0:
            most = settings.RECEIPTS_MOST_MB
            raise DocumentError(ALL, _("must not be larger than {most} MB together").format(most=most))
        self._file.seek(0, 2)
        self._places[digest] = self._file.tell(), len(content)
        self._file.write(content)

    def get(self, digest: str) -> bytes | None:
        """The bytes of a file; None where the document has none."""
        if digest not in self._places:
            return None
        place, length = self._places[digest]
        self._file.seek(place)
        return self._file.read(length)

    def size(self, digest: str) -> int | None:
        return self._places[digest][1] if digest in self._places else None


def lifted(file: IO[bytes], held: Held, *, most: int) -> bytes:
    """Return the document without the bytes of files that stand on lines of their own; `held` takes those.

    What is returned may have one byte more than `most`, so that a document which is too large can be told. One that
    somebody has laid out anew is read, too: its files count among its bytes. A file that is wrong stays where it is:
    a line does not know its place among the files, and whoever reads the whole names it. DocumentError when they are
    too many.
    """
    longest = settings.RECEIPT_MOST_MB * MEGABYTE * 4 // 3 + CHUNK
    pieces, length = [], 0
    for line in _lines(file, longest):
        match = LINE.fullmatch(line) if line.startswith(BEGINNING) else None
        if match is not None and _is_taken(match[2].decode(), match[3], held):
            line = match[1] + b"null" + match[4]
        pieces.append(line[: most + 1 - length])
        length += len(line)
        if length > most:
            break
    return b"".join(pieces)


def _is_taken(digest: str, content: bytes, held: Held) -> bool:
    """Hand over the bytes of a file; False when they are wrong."""
    try:
        held.put(digest, FILE.field("content").kind.read(content, ""), "")
    except DocumentError as error:
        if error.path == ALL:
            raise
        return False
    return True


def _lines(file: IO[bytes], longest: int) -> Iterator[bytes]:
    """The lines of a file; one that is longer than that comes in pieces."""
    while line := file.readline(longest):
        yield line


def check_receipts(receipts: list[dict[str, Any]], files: dict[str, Any], held: Held, path: str) -> None:
    """Refuse receipts of a payment that could not have been attached to it."""
    if len(receipts) > rules.receipts.MOST_PER_PAYMENT:
        most = rules.receipts.MOST_PER_PAYMENT
        raise DocumentError(path, _("must hold at most {most}").format(most=most))
    seen = set()
    for place, receipt in enumerate(receipts):
        here, digest = f"{path}[{place}]", receipt["sha256"]
        if digest not in files:
            raise DocumentError(f"{here}.sha256", _("names something that is not in the document"))
        if digest in seen:
            raise DocumentError(f"{here}.sha256", _("stands twice"))
        seen.add(digest)
        if held.size(digest) not in (None, receipt["size"]):
            raise DocumentError(f"{here}.size", _("is not the size of its file"))
        if rules.receipts.file_name(receipt["name"], receipt["kind"]) != receipt["name"]:
            raise DocumentError(f"{here}.name", _("is no name of a file of this kind as tierdash keeps it"))
