"""Objects within a workspace's document that other code relies on: what it reads there must be there."""

from typing import Any
from zoneinfo import ZoneInfo

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext as _

from accounts import rules
from accounts.exports.kinds import DocumentError, Facts, Instant, Line

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
