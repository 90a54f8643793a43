"""Lists in parts: each says where the next one begins. Rows that are added meanwhile move nothing."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from django.core.signing import BadSignature, Signer
from django.db.models import Model, Q, QuerySet
from django.utils.translation import gettext as _

from accounts import rules
from accounts.api.problems import invalid
from accounts.api.shapes import Asked

Row = TypeVar("Row", bound=Model)


@dataclass(frozen=True, slots=True)
class Order:
    """The order of a list by two columns, the second of them unique; `name` binds a cursor to its list."""

    name: str
    first: str
    second: str = "id"
    is_descending: bool = True
    read_first: Callable[[str], Any] = rules.from_text

    def cursor(self, row: Model) -> str:
        """Say where a list goes on after a row. It is signed, so whoever brings it back cannot have made it up."""
        values = [_as_text(getattr(row, column)) for column in (self.first, self.second)]
        return _signer(self.name).sign_object(values)

    def after(self, cursor: str) -> Q:
        """The rows after a cursor. A Problem when the cursor is not one of this list."""
        try:
            first, second = _signer(self.name).unsign_object(cursor)
        except (BadSignature, ValueError):
            words = _("This cursor is not one that this list has given.")
            raise invalid("cursor", "cursor", words) from None
        way = "lt" if self.is_descending else "gt"
        value = self.read_first(first)
        # The first condition says no more than the second; the index of the list needs it.
        return Q((f"{self.first}__{way}e", value)) & (
            Q((f"{self.first}__{way}", value)) | Q((self.first, value), (f"{self.second}__{way}", second))
        )

    @property
    def columns(self) -> tuple[str, str]:
        sign = "-" if self.is_descending else ""
        return f"{sign}{self.first}", f"{sign}{self.second}"


def _signer(name: str) -> Signer:
    return Signer(sep=".", salt=f"accounts.api.cursors.{name}")


def _as_text(value: Any) -> str:
    return str(rules.as_text(value)) if isinstance(value, datetime) else str(value)


def cut(rows: QuerySet[Row], order: Order, asked: Asked) -> tuple[Sequence[Row], str | None]:
    """Return the part of the rows that was asked for, and where the next part begins (None: nothing is left)."""
    if asked.cursor:
        rows = rows.filter(order.after(asked.cursor))
    found = list(rows.order_by(*order.columns)[: asked.limit + 1])
    part = found[: asked.limit]
    return part, order.cursor(part[-1]) if len(found) > len(part) else None
