"""Read a rulebook's document table by table; every mistake is named by its path.

A document is what TOML or JSON gives: tables, lists, strings, whole numbers, true/false and dates (a date may also be
its ISO text, as JSON has no dates). Fractions are refused: money is written as whole numbers or as text ("2.50").
"""

import re
import tomllib
from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

SLUG = re.compile(r"[a-z0-9][a-z0-9._-]*\Z")
MOST_MONEY = Decimal(10) ** 12
TOML_PLACE = re.compile(r"(?P<reason>.*) \(at (?P<place>line \d+, column \d+|end of document)\)", re.DOTALL)


class RulebookError(ValueError):
    """A rulebook that cannot be built. `where` is the line or path of the mistake, `reason` says what is wrong."""

    def __init__(self, where: str, reason: str) -> None:
        super().__init__(f"{where}: {reason}" if where else reason)
        self.where = where
        self.reason = reason


def read_toml(text: str) -> dict[str, Any]:
    """Return the document of a TOML text. RulebookError names the line of what is broken."""
    try:
        return tomllib.loads(text)
    except RecursionError:
        raise RulebookError("", "is nested too deeply") from None
    except ValueError as error:
        found = TOML_PLACE.fullmatch(str(error))
        raise RulebookError(found["place"] if found else "", found["reason"] if found else str(error)) from None


class Text:
    """Words in one or more languages; English is always there."""

    __slots__ = ("_words",)

    def __init__(self, words: Mapping[str, str]) -> None:
        self._words = dict(words)

    def __str__(self) -> str:
        return self._words.get("en", "")

    def __bool__(self) -> bool:
        return bool(self._words.get("en"))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Text) and self._words == other._words

    def __hash__(self) -> int:
        return hash(tuple(sorted(self._words.items())))

    def __repr__(self) -> str:
        return f"Text({self._words!r})"

    def in_language(self, language: str) -> str:
        """Return the words in a language ("zh-hans"), in English where they are not translated."""
        return self._words.get(language) or str(self)


NO_TEXT = Text({})


class Table:
    """One table of a document. Each key is read once; `close` refuses keys that nobody read."""

    def __init__(self, content: object, path: str) -> None:
        if not isinstance(content, Mapping):
            raise RulebookError(path, "must be a table")
        self._content = content
        self._read: set[str] = set()
        self.path = path

    def __contains__(self, key: str) -> bool:
        return key in self._content

    def _at(self, key: str) -> str:
        return f"{self.path}.{key}" if self.path else key

    def _take(self, key: str, *, needed: bool = True) -> Any:
        self._read.add(key)
        if key in self._content:
            return self._content[key]
        if needed:
            raise RulebookError(self._at(key), "is missing")
        return None

    def refuse(self, key: str, reason: str) -> RulebookError:
        return RulebookError(self._at(key), reason)

    def close(self) -> None:
        unknown = sorted(set(self._content) - self._read)
        if unknown:
            raise RulebookError(self._at(unknown[0]), "is not a known key")

    def names(self) -> list[str]:
        return list(self._content)

    def string(self, key: str, default: str | None = None) -> str:
        value = self._take(key, needed=default is None)
        if value is None and default is not None:
            return default
        if not isinstance(value, str) or not value.strip():
            raise self.refuse(key, "must be text")
        return value

    def slug(self, key: str, default: str | None = None) -> str:
        value = self.string(key, default)
        if value and not SLUG.match(value):
            raise self.refuse(key, f"{value!r} must be lower-case letters, digits, dots and hyphens")
        return value

    def choice(self, key: str, choices: tuple[str, ...], default: str | None = None) -> str:
        value = self.string(key, default)
        if value not in choices:
            raise self.refuse(key, f"{value!r} must be one of {', '.join(choices)}")
        return value

    def flag(self, key: str) -> bool:
        value = self._take(key, needed=False)
        if value is None:
            return False
        if not isinstance(value, bool):
            raise self.refuse(key, "must be true or false")
        return value

    def whole(self, key: str, default: int | None = None, *, least: int = 0, most: int = 10**15) -> int:
        value = self._take(key, needed=default is None)
        if value is None and default is not None:
            return default
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            raise self.refuse(key, f"must be a whole number from {least} to {most}")
        return value

    def money(self, key: str, default: Decimal | None = None) -> Decimal:
        value = self._take(key, needed=default is None)
        if value is None and default is not None:
            return default
        if isinstance(value, bool) or not isinstance(value, int | str):
            raise self.refuse(key, 'must be an amount, such as 50 or "2.50"')
        try:
            amount = Decimal(value)
        except InvalidOperation:
            raise self.refuse(key, f"{value!r} is not an amount") from None
        if not amount.is_finite() or not 0 <= amount < MOST_MONEY or amount != amount.quantize(Decimal("0.01")):
            raise self.refuse(key, f"{value!r} must be 0 or more, with at most two places")
        return amount.quantize(Decimal("0.01"))

    def day(self, key: str) -> date | None:
        value = self._take(key, needed=False)
        if value is None or type(value) is date:
            return value
        try:
            return date.fromisoformat(value)
        except (TypeError, ValueError):
            raise self.refuse(key, "must be a date, such as 2025-05-31") from None

    def text(self, key: str, *, needed: bool = False) -> Text:
        """Words: a string (English) or a table of languages with at least `en`."""
        value = self._take(key, needed=needed)
        if value is None:
            return NO_TEXT
        if isinstance(value, str):
            return Text({"en": self.string(key)})
        words = Table(value, self._at(key))
        if "en" not in words:
            raise words.refuse("en", "is missing")
        return Text({language: words.string(language) for language in words.names()})

    def strings(self, key: str) -> tuple[str, ...]:
        value = self._take(key, needed=False)
        if value is None:
            return ()
        if not isinstance(value, list) or not all(isinstance(item, str) and item for item in value):
            raise self.refuse(key, "must be a list of texts")
        return tuple(value)

    def table(self, key: str, *, needed: bool = True) -> "Table":
        value = self._take(key, needed=needed)
        return Table({} if value is None else value, self._at(key))

    def tables(self, key: str, *, needed: bool = False) -> Iterator["Table"]:
        value = self._take(key, needed=needed)
        if value is None:
            return
        if not isinstance(value, list):
            raise self.refuse(key, "must be a list of tables")
        for number, item in enumerate(value):
            yield Table(item, f"{self._at(key)}[{number}]")

    def value(self, key: str) -> Any:
        return self._take(key)
