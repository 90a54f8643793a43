"""Objects of a document, field by field: read strictly, written from rows, and described as JSON Schema."""

import dataclasses
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from accounts.exports.kinds import DocumentError, Kind, ListOf


@dataclass(frozen=True, slots=True)
class Field:
    """`column` is the attribute of the row that it comes from; "" when the writer gives it itself.

    `since` is the version of the document that brought it; `without` what it says (as JSON) of an older document.
    """

    name: str
    kind: Kind
    says: str
    is_nullable: bool = False
    column: str = ""
    since: int = 1
    without: Any = dataclasses.field(default=None, hash=False)

    def read(self, value: Any, path: str) -> Any:
        return None if value is None and self.is_nullable else self.kind.read(value, path)

    def schema(self) -> dict[str, Any]:
        schema = self.kind.schema()
        if self.is_nullable:
            schema = {"anyOf": [schema, {"type": "null"}]}
        return schema | {"description": self.says}


@dataclass(frozen=True, slots=True)
class Shape(Kind):
    """An object with these fields, all of them there, and no other."""

    name: str
    says: str
    fields: tuple[Field, ...]

    @property
    def words(self) -> str:  # type: ignore[override]
        return f"*{self.name}*"

    def field(self, name: str) -> Field:
        return next(field for field in self.fields if field.name == name)

    def read(self, value: Any, path: str) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise DocumentError(path, _("must be an object"))
        unknown = sorted(set(value) - {field.name for field in self.fields})
        if unknown:
            raise DocumentError(_at(path, unknown[0]), _("is not a known field"))
        read = {}
        for field in self.fields:
            if field.name not in value:
                raise DocumentError(_at(path, field.name), _("is missing"))
            read[field.name] = field.read(value[field.name], _at(path, field.name))
        return read

    def write(self, value: Any) -> dict[str, Any]:
        """The fields that come straight from a row, in their order."""
        written = {}
        for field in self.fields:
            if field.column:
                held = getattr(value, field.column)
                written[field.name] = None if held is None else field.kind.write(held)
        return written

    def columns(self, read: Mapping[str, Any]) -> dict[str, Any]:
        """What was read, by the columns of the row that holds it."""
        return {field.column: read[field.name] for field in self.fields if field.column}

    def schema(self) -> dict[str, Any]:
        return {
            "type": "object",
            "description": self.says,
            "properties": {field.name: field.schema() for field in self.fields},
            "required": [field.name for field in self.fields],
            "additionalProperties": False,
        }

    def complete(self, value: Any, version: int, path: str) -> None:
        """Give an object of an older version, in place, the fields that came later, within it too.

        DocumentError when it has one of them already: it is no object of its version. What is no object is left alone.
        """
        if not isinstance(value, dict):
            return
        for field in self.fields:
            at = _at(path, field.name)
            if field.since > version:
                if field.name in value:
                    raise DocumentError(at, _("is not a known field"))
                value[field.name] = deepcopy(field.without)
            elif isinstance(field.kind, Shape):
                field.kind.complete(value.get(field.name), version, at)
            elif isinstance(field.kind, ListOf) and isinstance(field.kind.kind, Shape):
                items = value.get(field.name)
                for place, item in enumerate(items if isinstance(items, list) else ()):
                    field.kind.kind.complete(item, version, f"{at}[{place}]")


def _at(path: str, name: str) -> str:
    return f"{path}.{name[:100]}" if path else name[:100]


def stored(
    name: str, kind: Kind, says: str, *, nullable: bool = False, column: str = "", since: int = 1, without: Any = None
) -> Field:
    """A field that stands in a column, of the same name unless told."""
    return Field(name, kind, says, nullable, column or name, since, without)
