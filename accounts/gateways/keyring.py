"""Secrets at rest: sealed with AES-256-GCM, by keys that lie outside the database.

A sealed text is bound to its place (table, row, field) and to its key: moved into another row it cannot be opened. What
cannot be opened is an error, never the sealed text.
"""

import base64
import binascii
import os
import re
import secrets
import tempfile
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings

KEY_BYTES, NONCE_BYTES = 32, 12
KEY_ID = re.compile(r"[A-Za-z0-9_-]{1,32}", re.ASCII)
# Stands in no id, no name of a table or field and no key of a row.
SEPARATOR = "\x1f"


class KeyringError(Exception):
    """A keyring that cannot be used, or a secret that it does not open; `code` says which.

    unreadable: the keyring. unknown_key: the secret was sealed with a key that is not on it. not_ours: the secret was
    changed, or belongs to another place. in_use, last: a key that must stay. given: the ring is not a file of ours.
    """

    def __init__(self, code: str, words: str) -> None:
        super().__init__(words)
        self.code = code


@dataclass(frozen=True, slots=True)
class Place:
    """Where a sealed text stands."""

    table: str
    row: str
    field: str

    def bound_to(self, key_id: str) -> bytes:
        return SEPARATOR.join((self.table, self.row, self.field, key_id)).encode()


@dataclass(frozen=True, slots=True)
class Ring:
    """Keys by their ids; the first one seals, all of them open."""

    keys: dict[str, bytes] = field(repr=False)

    @property
    def current(self) -> str:
        return next(iter(self.keys))

    def seal(self, text: str, place: Place) -> str:
        key_id, nonce = self.current, os.urandom(NONCE_BYTES)
        sealed = AESGCM(self.keys[key_id]).encrypt(nonce, text.encode(), place.bound_to(key_id))
        return f"{key_id}:{base64.urlsafe_b64encode(nonce + sealed).decode()}"

    def open(self, sealed: str, place: Place) -> str:
        """Return the text that was sealed at this place. KeyringError (unknown_key, not_ours): see there."""
        key_id, _colon, content = sealed.partition(":")
        if key_id not in self.keys:
            raise KeyringError("unknown_key", f"The key {key_id[:32]!r}, with which a secret was sealed, is missing.")
        try:
            raw = base64.b64decode(content, altchars=b"-_", validate=True)
            if base64.urlsafe_b64encode(raw).decode() != content:  # bits that nothing reads are as wrong as others
                raise ValueError
            opened = AESGCM(self.keys[key_id]).decrypt(raw[:NONCE_BYTES], raw[NONCE_BYTES:], place.bound_to(key_id))
            return opened.decode()
        except (binascii.Error, InvalidTag, UnicodeDecodeError, ValueError):
            words = f"The {place.field} of {place.table} {place.row} was not sealed there with the key {key_id!r}."
            raise KeyringError("not_ours", words) from None


def key_of(sealed: str) -> str:
    """The id of the key with which a text was sealed."""
    return sealed.partition(":")[0]


def new_key() -> str:
    """A key of 256 random bits as it stands on a ring."""
    key = base64.urlsafe_b64encode(secrets.token_bytes(KEY_BYTES)).decode()
    return f"{secrets.token_hex(4)}:{key}"


def parse(text: str) -> Ring:
    """Read a ring: "id:key" each, with spaces, commas or lines between. KeyringError names what is wrong, no key."""
    keys: dict[str, bytes] = {}
    for place, entry in enumerate(re.split(r"[\s,]+", text.strip()), start=1):
        key_id, _colon, content = entry.partition(":")
        try:
            key = base64.b64decode(content, altchars=b"-_", validate=True)
        except (binascii.Error, ValueError):
            key = b""
        if not KEY_ID.fullmatch(key_id) or len(key) != KEY_BYTES:
            words = f"Key number {place} is not 'id:' and {KEY_BYTES} bytes in base64."
            raise KeyringError("unreadable", words)
        if key_id in keys:
            raise KeyringError("unreadable", f"Two keys have the id {key_id!r}.")
        keys[key_id] = key
    return Ring(keys)


def held() -> Ring:
    """The ring of this instance: TIERDASH_KEYRING, or the file, which is made when it is not there yet."""
    if settings.KEYRING:
        return parse(settings.KEYRING)
    return read(make(settings.KEYRING_PATH))


def read(path: Path) -> Ring:
    try:
        return parse(path.read_text())
    except (OSError, UnicodeDecodeError) as error:
        raise KeyringError("unreadable", f"The keyring {path} cannot be read: {error}.") from None
    except KeyringError as error:
        raise KeyringError(error.code, f"The keyring {path} cannot be used: {error}") from None


def make(path: Path) -> Path:
    """Make a file with one new key that only its owner can read, unless it is there. Whoever comes first makes it."""
    if not path.exists():
        draft = _draft(path, [new_key()])
        try:
            with suppress(FileExistsError):
                os.link(draft, path)
        finally:
            draft.unlink()
    return path


def add_key(path: Path) -> str:
    """Put a new key before the others, so that it seals from now on; return its id."""
    read(make(path))
    key = new_key()
    _draft(path, [key, *_lines(path)]).replace(path)
    return key_of(key)


def drop_key(path: Path, key_id: str) -> None:
    """Take a key off. KeyringError (unknown_key, last): it is not there, or the only one."""
    ring = read(path)
    if key_id not in ring.keys:
        raise KeyringError("unknown_key", f"There is no key {key_id!r} on the ring.")
    if len(ring.keys) == 1:
        raise KeyringError("last", "The only key cannot be taken off.")
    _draft(path, [line for line in _lines(path) if key_of(line) != key_id]).replace(path)


def _lines(path: Path) -> list[str]:
    return re.split(r"[\s,]+", path.read_text().strip())


def _draft(path: Path, lines: list[str]) -> Path:
    """Write a ring to the disk for good, under a name that nobody reads, for its owner alone."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=".keyring-", dir=path.parent)
    with os.fdopen(handle, "w") as file:
        file.write("\n".join(lines) + "\n")
        file.flush()
        os.fsync(file.fileno())
    return Path(name)
