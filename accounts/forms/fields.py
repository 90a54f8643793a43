"""Fields that take what people really type, and say clearly what they cannot take."""

import re
import unicodedata
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

AMOUNT = re.compile(r"[+-]?(\d+|\d{1,3}(,\d{3})+)(\.\d+)?", re.ASCII)
LONGEST_AMOUNT = 40
# Full-width signs, as Chinese and Japanese keyboards write them, and the true minus. Nothing else is guessed: a
# superscript two is no digit two.
NARROW = {0xFEE0 + ord(sign): sign for sign in "0123456789.,+-$"} | {0x2212: "-", 0x3000: " "}
# NUL cannot be stored by PostgreSQL; half of a surrogate pair cannot be written as UTF-8.
UNWRITABLE = re.compile("[\x00\ud800-\udfff]")
EARLIEST = date(2015, 1, 1)
DAY_FORMATS = ("%Y-%m-%d", "%Y/%m/%d", "%Y年%m月%d日")
# Marks that turn the direction of writing: they make a line say something else than it holds.
TURNING = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def one_line(text: str) -> str:
    """The text without what cannot be in a line: white space becomes one space each, control characters go."""
    seen = "".join(sign for sign in " ".join(text.split()) if unicodedata.category(sign) != "Cc")
    return "".join(sign for sign in seen if sign not in TURNING)


class LineField(forms.CharField):
    """Text in one line, as mail subjects need it: no line breaks, no control characters, something to be seen."""

    def to_python(self, value: Any) -> str:
        text = str(super().to_python(value) or "")
        kinds = {unicodedata.category(sign) for sign in text}
        if kinds & {"Cc", "Zl", "Zp"} or TURNING.intersection(text):
            raise ValidationError(_("Write this in one line, without invisible control characters."), code="line")
        if text and not any(unicodedata.category(sign)[0] in "LNPS" for sign in text):
            raise ValidationError(_("Write something that can be seen."), code="invisible")
        return text


class KeyField(forms.UUIDField):
    """The key of a form, hidden in it. One that is none, which only tampering makes, is no key."""

    widget = forms.HiddenInput

    def clean(self, value: Any) -> Any:
        try:
            return super().clean(value)
        except ValidationError:
            return None


class AmountField(forms.Field):
    """An amount of money as a Decimal. Takes "5", "$1,234.56" and full-width digits; never guesses what "1.234,56" is.

    places: how many decimals are kept; most: the first amount that is too large.
    """

    widget = forms.TextInput

    def __init__(
        self,
        *,
        places: int = 2,
        most: Decimal = Decimal(10) ** 9,
        is_signed: bool = False,
        may_be_zero: bool = False,
        **options: Any,
    ) -> None:
        super().__init__(**options)
        self.places, self.most, self.is_signed, self.may_be_zero = places, most, is_signed, may_be_zero
        self.widget.attrs |= {"inputmode": "decimal", "autocomplete": "off", "maxlength": str(LONGEST_AMOUNT)}

    def to_python(self, value: Any) -> Decimal | None:
        text = str(value or "")[: 2 * LONGEST_AMOUNT].translate(NARROW).strip()
        if not text:
            return None
        text = re.sub(r"^([+-]?)\s*(?:US)?\$\s*", r"\1", text)
        if not AMOUNT.fullmatch(text) or len(text) > LONGEST_AMOUNT:
            raise ValidationError(_("Write an amount in digits with a point, such as 50 or 49.99."), code="amount")
        amount = Decimal(text.replace(",", ""))
        if not self.is_signed and amount < 0:
            raise ValidationError(_("Write an amount without a minus sign."), code="negative")
        if amount == 0 and not self.may_be_zero:
            raise ValidationError(_("The amount must be more than 0."), code="zero")
        if abs(amount) >= self.most:
            raise ValidationError(_("This amount is too large to be true."), code="large")
        exponent = amount.normalize().as_tuple().exponent
        if isinstance(exponent, int) and -exponent > self.places:
            raise ValidationError(
                _("Write at most %(places)d digits after the point."), code="places", params={"places": self.places}
            )
        return amount + 0  # -0 is 0


class DayField(forms.DateField):
    """A day from 2015 on; takes 2025-05-31 (what browsers send) and 2025/5/31."""

    widget = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date", "min": EARLIEST.isoformat()})
    default_error_messages = {"invalid": _("Write a day as year-month-day, such as 2025-05-31.")}

    def __init__(self, **options: Any) -> None:
        super().__init__(input_formats=DAY_FORMATS, **options)

    def validate(self, value: date | None) -> None:
        super().validate(value)
        if value is not None and value < EARLIEST:
            raise ValidationError(_("tierdash keeps payments from 2015 on."), code="early")


class ClockField(forms.TimeField):
    widget = forms.TimeInput(format="%H:%M", attrs={"type": "time"})
    default_error_messages = {"invalid": _("Write a time as hours and minutes, such as 14:30.")}


def instant_of(day: date, clock: time | None, zone: ZoneInfo, *, now: datetime) -> datetime:
    """Return the aware instant that a person means by a day and perhaps a time in their zone.

    A day alone is its last second, so that nothing is promised too early; today alone is now. A time that the clocks
    skipped raises ValidationError; of a time that came twice the later one is taken.
    """
    if clock is None:
        if day == now.astimezone(zone).date():
            return now
        return datetime.combine(day, time(23, 59, 59), zone).replace(fold=1)
    wall = datetime.combine(day, clock, zone).replace(fold=1)
    back = wall.astimezone(ZoneInfo("UTC")).astimezone(zone)
    if back.replace(tzinfo=None) != wall.replace(tzinfo=None):
        raise ValidationError(
            _("This time did not exist on that day in your time zone: the clocks were put forward."), code="gap"
        )
    return wall


class CountField(forms.Field):
    """A whole number from 1 on. Takes "1500000", "1,500,000", "1.5M", "1500k" and "150万"; never guesses "1,5"."""

    widget = forms.TextInput
    UNITS = {"": 0, "k": 3, "m": 6, "b": 9, "千": 3, "万": 4, "萬": 4, "百万": 6, "千万": 7, "亿": 8, "億": 8}
    COUNT = re.compile(r"(\d+|\d{1,3}(?:[, \u00a0\u202f]\d{3})+)(\.\d+)?\s*([kmb]|[百千]?万|千|萬|亿|億|)", re.ASCII)
    MOST = 10**15

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.widget.attrs |= {"autocomplete": "off", "maxlength": str(LONGEST_AMOUNT)}

    def to_python(self, value: Any) -> int | None:
        text = str(value or "")[: 2 * LONGEST_AMOUNT].translate(NARROW).strip().lower()
        if not text:
            return None
        match = self.COUNT.fullmatch(text)
        if match is None or len(text) > LONGEST_AMOUNT:
            raise ValidationError(_("Write a number such as 1,500,000, 1.5M or 150万."), code="count")
        whole, rest, unit = match.groups()
        number = Decimal(re.sub(r"\D", "", whole) + (rest or "")).scaleb(self.UNITS[unit])
        if number != int(number) or number < 1:
            raise ValidationError(_("Write a whole number from 1 on."), code="whole")
        if number >= self.MOST:
            raise ValidationError(_("This number is too large to be true."), code="large")
        return int(number)
