"""The kinds of value in a document: each is read strictly, written from what a row holds, and described.

Every mistake is named by its path in the document, such as `accounts[3].payments[0].gross`.
"""

import unicodedata
import uuid
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from django.utils.translation import gettext as _

from accounts import rules

MOST_DEPTH = 40
# No form writes numbers longer than this, and the database refuses those that are much longer.
MOST_NUMBER = 10**30
INSTANT = r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,6})?(Z|[+-]\d{2}:\d{2})$"
AMOUNT = r"^-?\d+(\.\d+)?$"


class DocumentError(ValueError):
    """A document that cannot be taken. `path` is the place of the mistake ("": the whole), `reason` says what is wrong.

    The reason is in the language of the moment.
    """

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(f"{path}: {reason}" if path else reason)
        self.path = path
        self.reason = reason


class Kind:
    """How one value stands in a document. `read` raises DocumentError; `write` takes what a row holds."""

    words = ""

    def read(self, value: Any, path: str) -> Any:
        raise NotImplementedError

    def write(self, value: Any) -> Any:
        return value

    def schema(self) -> dict[str, Any]:
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class Words(Kind):
    """Text of `least` to `most` characters that a database can store."""

    most: int
    least: int = 0

    @property
    def words(self) -> str:  # type: ignore[override]
        return f"text, {self.least} to {self.most} characters"

    def read(self, value: Any, path: str) -> str:
        if not isinstance(value, str):
            raise DocumentError(path, _("must be text"))
        _storable(value, path)
        if not self.least <= len(value) <= self.most:
            pattern = _("must have {least} to {most} characters; it has {count}")
            raise DocumentError(path, pattern.format(least=self.least, most=self.most, count=len(value)))
        return value

    def schema(self) -> dict[str, Any]:
        return {"type": "string", "minLength": self.least, "maxLength": self.most}


@dataclass(frozen=True, slots=True)
class Line(Words):
    """Text in one line, as the subject of a mail needs it."""

    @property
    def words(self) -> str:  # type: ignore[override]
        return f"text in one line, {self.least} to {self.most} characters"

    def read(self, value: Any, path: str) -> str:
        text = Words.read(self, value, path)
        if any(unicodedata.category(letter) in ("Cc", "Zl", "Zp") for letter in text):
            raise DocumentError(path, _("must be one line, without control characters"))
        return text


def _storable(text: str, path: str) -> None:
    if "\0" in text or any("\ud800" <= letter <= "\udfff" for letter in text):
        raise DocumentError(path, _("holds a character that cannot be stored"))


@dataclass(frozen=True, slots=True)
class OneOf(Kind):
    choices: tuple[str, ...]

    @property
    def words(self) -> str:  # type: ignore[override]
        return "one of " + ", ".join(f"`{choice}`" if choice else "empty text" for choice in self.choices)

    def read(self, value: Any, path: str) -> str:
        if not isinstance(value, str) or value not in self.choices:
            raise DocumentError(
                path, _("must be one of {choices}").format(choices=", ".join(filter(None, self.choices)))
            )
        return value

    def schema(self) -> dict[str, Any]:
        return {"enum": list(self.choices)}


@dataclass(frozen=True, slots=True)
class Whole(Kind):
    least: int
    most: int

    @property
    def words(self) -> str:  # type: ignore[override]
        return f"whole number, {self.least} to {self.most}"

    def read(self, value: Any, path: str) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not self.least <= value <= self.most:
            pattern = _("must be a whole number from {least} to {most}")
            raise DocumentError(path, pattern.format(least=self.least, most=self.most))
        return value

    def schema(self) -> dict[str, Any]:
        return {"type": "integer", "minimum": self.least, "maximum": self.most}


class Flag(Kind):
    words = "true or false"

    def read(self, value: Any, path: str) -> bool:
        if not isinstance(value, bool):
            raise DocumentError(path, _("must be true or false"))
        return value

    def schema(self) -> dict[str, Any]:
        return {"type": "boolean"}


class Instant(Kind):
    words = "instant, ISO 8601 with its zone; written in UTC"

    def read(self, value: Any, path: str) -> datetime:
        try:
            return rules.from_text(value)
        except (TypeError, ValueError, OverflowError):
            raise DocumentError(path, _("must be an instant with its zone, such as 2025-05-09T00:00:00Z")) from None

    def write(self, value: datetime) -> str | None:
        return rules.as_text(value.astimezone(UTC))

    def schema(self) -> dict[str, Any]:
        return {"type": "string", "pattern": INSTANT}


class Past(Instant):
    """Something that has happened: restoring refuses it when it lies in the future."""

    words = "instant of the past, ISO 8601 with its zone; written in UTC"


class Day(Kind):
    words = "day, such as 2025-05-31"

    def read(self, value: Any, path: str) -> date:
        try:
            day = date.fromisoformat(value)
        except (TypeError, ValueError):
            day = None
        # Python reads further spellings, such as 20250531.
        if day is None or day.isoformat() != value:
            raise DocumentError(path, _("must be a day, such as 2025-05-31"))
        return day

    def write(self, value: date) -> str:
        return value.isoformat()

    def schema(self) -> dict[str, Any]:
        return {"type": "string", "format": "date"}


@dataclass(frozen=True, slots=True)
class Amount(Kind):
    """A number of at most `digits` digits, `places` of them after the point. Text, so that no reader rounds it."""

    digits: int
    places: int

    @property
    def words(self) -> str:  # type: ignore[override]
        return f"number as text, at most {self.digits} digits, {self.places} of them after the point"

    def read(self, value: Any, path: str) -> Decimal:
        refused = DocumentError(path, _("must be an amount as text, such as “25.00”"))
        # A longer text is refused before anything is worked out with it.
        if not isinstance(value, str) or len(value) > self.digits + self.places + 3:
            raise refused
        try:
            amount = Decimal(value)
        except InvalidOperation:
            raise refused from None
        if not amount.is_finite() or "e" in value.lower() or "_" in value or not value.isascii():
            raise refused
        whole = len(str(int(abs(amount))))
        if whole > self.digits - self.places or amount != round(amount, self.places):
            pattern = _("must have at most {whole} digits before the point and {places} after it")
            raise DocumentError(path, pattern.format(whole=self.digits - self.places, places=self.places))
        return amount

    def write(self, value: Decimal) -> str:
        return format(value.normalize(), "f")

    def schema(self) -> dict[str, Any]:
        return {"type": "string", "pattern": AMOUNT}


class Key(Kind):
    words = "UUID"

    def read(self, value: Any, path: str) -> uuid.UUID:
        try:
            return uuid.UUID(value)
        except (TypeError, ValueError, AttributeError):
            raise DocumentError(path, _("must be a UUID")) from None

    def write(self, value: uuid.UUID) -> str:
        return str(value)

    def schema(self) -> dict[str, Any]:
        return {"type": "string", "format": "uuid"}


class Facts(Kind):
    """An object whose inside is not described; it can be stored as it is."""

    words = "object"

    def read(self, value: Any, path: str) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise DocumentError(path, _("must be an object"))
        _check_inside(value, path, MOST_DEPTH)
        return value

    def schema(self) -> dict[str, Any]:
        return {"type": "object"}


def _check_inside(value: Any, path: str, depth: int) -> None:
    if not depth:
        raise DocumentError(path, _("is nested too deeply"))
    if isinstance(value, dict):
        for key, item in value.items():
            _storable(key, path)
            _check_inside(item, f"{path}.{key}", depth - 1)
    elif isinstance(value, list):
        for place, item in enumerate(value):
            _check_inside(item, f"{path}[{place}]", depth - 1)
    elif isinstance(value, str):
        _storable(value, path)
    elif isinstance(value, int | float) and not abs(value) < MOST_NUMBER:  # so that NaN is refused, too
        raise DocumentError(path, _("holds a number that cannot be stored"))


@dataclass(frozen=True, slots=True)
class ListOf(Kind):
    kind: Kind

    @property
    def words(self) -> str:  # type: ignore[override]
        return f"list of {self.kind.words}"

    def read(self, value: Any, path: str) -> list[Any]:
        if not isinstance(value, list):
            raise DocumentError(path, _("must be a list"))
        return [self.kind.read(item, f"{path}[{place}]") for place, item in enumerate(value)]

    def write(self, value: Any) -> list[Any]:
        return [self.kind.write(item) for item in value]

    def schema(self) -> dict[str, Any]:
        return {"type": "array", "items": self.kind.schema()}


PERSON_NUMBER = Whole(1, 1_000_000)
NOBODY = "null: nobody, or somebody who has left"
