"""Objects within a workspace's document that other code relies on: what it reads there must be there."""

import re
from base64 import b64decode, b64encode
from hashlib import sha256
from typing import Any
from zoneinfo import ZoneInfo

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext as _

from accounts import rules
from accounts.exports.kinds import DocumentError, Facts, Instant, Kind, Line
from accounts.gateways.tables import MOST_BYTES as MOST_CONTENT
from accounts.models.imports import OVER

# What the rules raise when they read something else than they wrote.
NOT_READ = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)
SEEN_KINDS: dict[str, Any] = {
    "seen_tier": Line(40, 1),
    "seen_source": Line(20, 1),
    "seen_at": Instant(),
    "seen_rose_at": Instant(),
    "fell_from": Line(40),
    "fell_at": Instant(),
}
CHOICES = {
    "order": ("", "day", "month"),
    "decimal": ("", ".", ","),
    "refunded": ("", *rules.imports.REFUNDED_AS),
    "yen": ("", *rules.imports.YENS),
    "minus": ("", "ask", *rules.imports.MINUS_IS),
}
CURRENCY = re.compile("[A-Z]{3}")
MOST_RATE = 10**10
WISHED = {"tier": str, "model": str, "rpm": int, "tpm": int, "spend_usd": str}
MAY_BE_NULL = ("seen_rose_at", "fell_at")


class Email(Line):
    """An e-mail address, in lower case as people's are kept."""

    words = "e-mail address"

    def __init__(self) -> None:
        Line.__init__(self, 254, 3)

    def read(self, value: Any, path: str) -> str:
        address = Line.read(self, value, path)
        try:
            validate_email(address)
        except ValidationError:
            raise DocumentError(path, _("must be an e-mail address")) from None
        return address.lower()


class Zone(Line):
    """The name of a time zone that this machine knows."""

    words = "IANA name of a time zone"

    def __init__(self) -> None:
        Line.__init__(self, 64, 1)

    def read(self, value: Any, path: str) -> str:
        name = Line.read(self, value, path)
        try:
            ZoneInfo(name)
        except (LookupError, OSError, ValueError):
            raise DocumentError(path, _("is no time zone, such as Europe/Berlin")) from None
        return name


class BaseUrl(Line):
    """The address of a relay, in the one spelling in which it is kept; no key comes with it."""

    words = "address of an OpenAI-compatible service, such as `https://relay.example/v1`"

    def __init__(self) -> None:
        Line.__init__(self, rules.MOST_ADDRESS, 1)

    def read(self, value: Any, path: str) -> str:
        address = Line.read(self, value, path)
        try:
            if rules.base_url(address) == address:
                return address
        except rules.BadAddress:
            pass
        raise DocumentError(path, _("is no address without a key, such as https://relay.example/v1"))


class Wish(Facts):
    """A wish as the rules write it; an empty object when there is none."""

    words = "object: one of `tier`, `model` (with `rpm` and `tpm`) and `spend_usd`; or empty"

    def read(self, value: Any, path: str) -> dict[str, Any]:
        read = Facts.read(self, value, path)
        try:
            if any(not isinstance(held, WISHED.get(name, ())) for name, held in read.items()):
                raise TypeError
            if read and rules.Wish.from_json(read).as_json() != read:
                raise ValueError
        except NOT_READ:
            raise DocumentError(path, _("is not a wish that tierdash wrote")) from None
        return read


class Content(Kind):
    """A file as it was given, in Base64; no text when it is not kept any more."""

    words = "text: a file in Base64, or none"

    def read(self, value: Any, path: str) -> bytes:
        try:
            content = b64decode(value, validate=True)
        except (TypeError, ValueError):
            raise DocumentError(path, _("must be a file in Base64")) from None
        if len(content) > MOST_CONTENT:
            pattern = _("must be at most {most} MB")
            raise DocumentError(path, pattern.format(most=MOST_CONTENT // 1024**2))
        return content

    def write(self, value: bytes) -> str:
        return b64encode(value).decode()

    def schema(self) -> dict[str, Any]:
        return {"type": "string", "contentEncoding": "base64"}


class ImportChoices(Facts):
    """What a table leaves open, as it was answered."""

    words = "object: `order`, `decimal`, `refunded`, `yen`, `minus`, `currency`, `rates` and `accounts`"

    def read(self, value: Any, path: str) -> dict[str, Any]:
        read = Facts.read(self, value, path)
        try:
            choices = rules.imports.Choices.from_json(read)
            known = all(read.get(name, "") in answers for name, answers in CHOICES.items())
            meant = {choices.currency, *choices.rates} - {"", rules.imports.BARE_YEN}
            named = all(CURRENCY.fullmatch(currency) for currency in meant)
            led = all(isinstance(text, str) for pair in choices.accounts.items() for text in pair)
            if not (known and named and led and all(0 < rate < MOST_RATE for rate in choices.rates.values())):
                raise ValueError
        except NOT_READ:
            raise DocumentError(path, _("are no answers that tierdash wrote")) from None
        return read


class PlanDocument(Facts):
    """A plan as the rules write it."""

    words = "object: the plan as tierdash made it, with its dated steps"

    def read(self, value: Any, path: str) -> dict[str, Any]:
        read = Facts.read(self, value, path)
        try:
            plan = rules.Plan.from_json(read)
            if not all(money.is_finite() for money in (plan.have_usd, plan.short_usd, plan.total_usd)):
                raise ValueError
        except NOT_READ:
            raise DocumentError(path, _("is not a plan that tierdash wrote")) from None
        return read


class Instants(Facts):
    """Names with an instant each."""

    words = "object: an instant for each requirement"

    def read(self, value: Any, path: str) -> dict[str, Any]:
        read = Facts.read(self, value, path)
        for name, instant in read.items():
            Instant().read(instant, f"{path}.{name}")
        return read


class Before(Facts):
    """What an account said of its tier before a sighting, so that a slip can be taken back; or nothing."""

    words = "object: " + ", ".join(f"`{name}`" for name in SEEN_KINDS) + "; or empty"

    def read(self, value: Any, path: str) -> dict[str, Any]:
        read = Facts.read(self, value, path)
        if read and set(read) != set(SEEN_KINDS):
            raise DocumentError(path, _("must name {names}, or nothing").format(names=", ".join(SEEN_KINDS)))
        for name, held in read.items():
            if held is not None or name not in MAY_BE_NULL:
                SEEN_KINDS[name].read(held, f"{path}.{name}")
        return read


def check_event(kind: str, facts: dict[str, Any], path: str) -> None:
    """Refuse facts of an event by which something is undone later, when they could not serve for that."""
    if kind == "payment_voided":
        before = facts.get("before")
        if not isinstance(before, dict) or before.get("status") not in rules.STATUSES:
            raise DocumentError(
                f"{path}.before.status", _("must be one of {choices}").format(choices=", ".join(rules.STATUSES))
            )


def check_notice(facts: dict[str, Any], path: str) -> None:
    """Refuse facts of a notice that the post room could not read when the account is looked at again."""
    standing = facts.get("standing", {})
    if not isinstance(standing, dict) or not isinstance(standing.get("advice", {}), dict):
        raise DocumentError(f"{path}.standing", _("is not a standing that tierdash wrote"))


def check_import(held: dict[str, Any], path: str) -> None:
    """Refuse content of an import that is over, and other content than that of its digest."""
    if held["state"] in OVER:
        if held["content"]:
            raise DocumentError(f"{path}.content", _("is kept only until the import is over"))
    elif sha256(held["content"]).hexdigest() != held["digest"]:
        raise DocumentError(f"{path}.digest", _("is not the digest of its content"))


def check_relay(relay: dict[str, Any], path: str) -> None:
    """Refuse what looks like an API key, a model that stands twice, and waiting for something of no account."""
    texts = {"name": relay["name"], "notes": relay["notes"], "model_ids": "\n".join(relay["model_ids"])}
    for name, text in texts.items():
        if rules.has_key(text):
            raise DocumentError(f"{path}.{name}", _("holds what looks like an API key"))
    if len(set(relay["model_ids"])) < len(relay["model_ids"]):
        raise DocumentError(f"{path}.model_ids", _("names a model twice"))
    if relay["bridges"] is None and (relay["bridge_tier"] or relay["bridge_model"]):
        raise DocumentError(f"{path}.bridges", _("must name the account that waits"))
