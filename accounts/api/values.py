"""The kinds of values that come in and go out: money, instants, ids and lines of text, each with its JSON schema.

Money and rates are text ("5.00"), never floating numbers. Instants are ISO 8601 with a zone; they go out in UTC.
"""

import re
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal
from uuid import UUID

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from pydantic import AfterValidator, BeforeValidator, PlainSerializer, WithJsonSchema
from pydantic_core import PydanticCustomError

from accounts import rules
from accounts.forms.fields import LineField

AMOUNT = r"^-?[0-9]{1,9}(\.[0-9]{1,4})?$"
TAX = r"^[0-9]{1,9}(\.[0-9]{1,4})?$"
RATE = r"^[0-9]{1,6}(\.[0-9]{1,10})?$"
ROOM = r"^[0-9]{1,9}(\.[0-9]{1,2})?$"
CURRENCY = r"^[A-Z]{3}$"
INSTANT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?([Zz]|[+-][0-9]{2}:[0-9]{2})", re.ASCII
)
DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
UID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}", re.ASCII)


def wrong(code: Literal["amount", "instant", "day", "id", "line"], words: str) -> PydanticCustomError:
    """A mistake in our own words."""
    return PydanticCustomError(code, "{words}", {"words": words})


def _decimal(pattern: str) -> BeforeValidator:
    shape = re.compile(pattern.strip("^$"), re.ASCII)

    def read(value: Any) -> Decimal:
        if isinstance(value, Decimal):
            return value
        if not isinstance(value, str) or not shape.fullmatch(value):
            raise wrong("amount", _("Write the amount as text with a point, such as “49.99”."))
        return Decimal(value) + 0  # -0 is 0

    return BeforeValidator(read)


def _read_instant(value: Any) -> datetime:
    if isinstance(value, datetime):
        return value
    if not isinstance(value, str) or not INSTANT.fullmatch(value):
        raise wrong("instant", _("Write an instant with its zone, such as “2025-05-09T00:00:00Z”."))
    # RFC 3339 knows leap seconds; datetime does not, and takes six digits of a second at most.
    text = re.sub(r"(\.[0-9]{6})[0-9]+", r"\1", value.upper()).replace(":60", ":59", 1)
    try:
        return rules.from_text(text)
    except (ValueError, OverflowError):
        raise wrong("instant", _("There is no such instant between the years 1970 and 9899.")) from None


def _read_day(value: Any) -> date:
    if isinstance(value, date):
        return value
    try:
        if isinstance(value, str) and DAY.fullmatch(value):
            return date.fromisoformat(value)
    except ValueError:
        pass
    raise wrong("day", _("Write a day as year-month-day, such as “2025-05-31”."))


def _read_uid(value: Any) -> UUID:
    if isinstance(value, UUID):
        return value
    if not isinstance(value, str) or not UID.fullmatch(value):
        raise wrong("id", _("Write an id, such as “0b8f5c6e-9d0a-4c57-8f5e-2f4f6f0f7a11”."))
    return UUID(value)


def money(amount: Decimal) -> str:
    """An amount as text, with two places or as many more as it has."""
    exact = amount.normalize()
    return format(exact if -int(exact.as_tuple().exponent) > 2 else exact.quantize(Decimal("0.01")), "f")


def _one_line(value: str) -> str:
    try:
        return LineField(required=False).to_python(value)
    except ValidationError as error:
        raise wrong("line", error.messages[0]) from None


def _text(pattern: str) -> WithJsonSchema:
    return WithJsonSchema({"type": "string", "pattern": pattern})


_as_money = PlainSerializer(money, return_type=str)
Amount = Annotated[Decimal, _decimal(AMOUNT), _as_money, _text(AMOUNT)]
Tax = Annotated[Decimal, _decimal(TAX), _as_money, _text(TAX)]
Rate = Annotated[Decimal, _decimal(RATE), _as_money, _text(RATE)]
Room = Annotated[Decimal, _decimal(ROOM), _as_money, _text(ROOM)]
# What goes out may have been written elsewhere, so it is only said to be a number.
Money = Annotated[Decimal, _as_money, _text(r"^-?[0-9]+(\.[0-9]+)?$")]
Instant = Annotated[
    datetime,
    BeforeValidator(_read_instant),
    PlainSerializer(rules.as_text, return_type=str),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]
Day = Annotated[date, BeforeValidator(_read_day), WithJsonSchema({"type": "string", "format": "date"})]
Uid = Annotated[UUID, BeforeValidator(_read_uid), WithJsonSchema({"type": "string", "format": "uuid"})]
Line = Annotated[str, AfterValidator(_one_line)]
