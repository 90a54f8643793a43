"""Relays: OpenAI-compatible resellers. They have no tiers; what is known of one is an address, a balance and a date.

Nothing here calls an address: it is only read, so that no key comes with it and no key travels in the clear.
"""

import ipaddress
import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from urllib.parse import SplitResult, parse_qsl, quote, urlsplit, urlunsplit

from accounts.rules.rulebook import Tier
from accounts.rules.standing import Standing, TierStanding
from accounts.rules.wishes import Wish, needed_tier

MOST_ADDRESS, MOST_MODELS, MOST_MODEL = 300, 500, 200
RELAY_CONDITIONS = ("usable", "expires_soon", "empty", "expired", "unchecked")
BRIDGES = ("none", "needed", "due_soon", "due_now", "reached", "unknown")
# How long before its last day a balance is said to be about to expire, and a tier to be due soon.
SOON = timedelta(days=7)
# Keys of OpenAI-compatible services: "sk-" and a long rest. What is shorter is a word such as "sk-learn".
KEY = re.compile(r"\bsk-[A-Za-z0-9_-]{12,}")
SECRET_NAMES = re.compile(r"key|token|secret|passw|auth|credential|signature", re.IGNORECASE)
# Names that mean nothing on the internet (RFC 6761, 6762, 8375; .internal is reserved by ICANN, .lan by habit).
NEAR_NAMES = ("localhost", "local", "internal", "lan", "home.arpa")
LABEL = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)", re.ASCII)
PLACE = re.compile(r"(\[[^\[\]]*\]|[^\[\]:]*)(:\d+)?", re.ASCII)
ENDPOINTS = ("/chat/completions", "/completions", "/responses", "/embeddings", "/models")


class BadAddress(ValueError):
    """A base URL that cannot stand: `code` says why; `rest` is the text without the secret that stood in it."""

    def __init__(self, code: str, rest: str = "") -> None:
        super().__init__(code)
        self.code = code
        self.rest = rest


def has_key(text: str) -> bool:
    """Whether a text holds what looks like an API key. No text with one is kept."""
    return KEY.search(text) is not None


def without_keys(text: str) -> str:
    """The text with everything cut out that looks like an API key."""
    return KEY.sub("", text)


def base_url(text: str) -> str:
    """Return the base URL that is meant, in one spelling: lower case, no final slash, no endpoint behind it.

    https only; plain http just within a machine or a private network, where no stranger can read the key on its way.
    BadAddress: not_an_address, scheme, credentials, key, query, open_http or long.
    """
    text = text.strip()
    try:
        parts = urlsplit(text)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise BadAddress("not_an_address") from None
    _check_secrets(text, parts)
    if not parts.scheme or parts.scheme not in ("http", "https"):
        raise BadAddress("scheme" if "://" in text and not re.search(r"\s", text) else "not_an_address")
    if parts.query or parts.fragment or text.endswith(("?", "#")):
        raise BadAddress("query")
    # urlsplit drops line breaks and tabs, and browsers read a backslash as a slash: neither belongs in an address.
    if re.search(r"[\s\\\x00-\x1f\x7f]", text) or not PLACE.fullmatch(parts.netloc):
        raise BadAddress("not_an_address")
    host = _host(host)
    if parts.scheme == "http" and not _is_near(host):
        raise BadAddress("open_http")
    shown = f"[{host}]" if ":" in host else host
    usual = {"http": 80, "https": 443}[parts.scheme]
    place = shown if port in (None, usual) else f"{shown}:{port}"
    address = urlunsplit((parts.scheme, place, _path(parts.path), "", ""))
    if len(address) > MOST_ADDRESS:
        raise BadAddress("long")
    return address


def _check_secrets(text: str, parts: SplitResult) -> None:
    """BadAddress when a password or a key comes with the address, wherever it stands."""
    place = parts.netloc.rpartition("@")[2]
    bare = urlunsplit((parts.scheme, place, without_keys(parts.path).rstrip("/"), "", ""))
    if "@" in parts.netloc:
        raise BadAddress("credentials", bare if not has_key(bare) else "")
    named = parse_qsl(parts.query, keep_blank_values=True) + parse_qsl(parts.fragment, keep_blank_values=True)
    if has_key(text) or any(SECRET_NAMES.search(name) for name, _value in named):
        raise BadAddress("key", bare if not has_key(bare) else "")


def _host(host: str) -> str:
    """Return a host in its plain spelling. BadAddress for what is none, and for spellings that hide an address."""
    if ":" in host and "%" not in host:
        try:
            return str(ipaddress.IPv6Address(host))
        except ValueError:
            raise BadAddress("not_an_address") from None
    try:
        host = host.encode("idna").decode().lower() if not host.isascii() else host
    except UnicodeError:
        raise BadAddress("not_an_address") from None
    labels = host.removesuffix(".").split(".")
    if len(host) > 253 or not all(LABEL.fullmatch(label) for label in labels):
        raise BadAddress("not_an_address")
    if re.fullmatch(r"\d+|0x[0-9a-f]*", labels[-1]):
        # 127.1, 2130706433 and 0x7f.1 are all 127.0.0.1 to some programs; only the plain spelling is taken.
        try:
            return str(ipaddress.IPv4Address(host))
        except ValueError:
            raise BadAddress("not_an_address") from None
    return ".".join(labels)


def _is_near(host: str) -> bool:
    """Whether a host is on this machine or in a private network, as far as its name tells."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return "." not in host or any(host == name or host.endswith(f".{name}") for name in NEAR_NAMES)
    return (address.is_loopback or address.is_private or address.is_link_local) and not address.is_unspecified


def _path(path: str) -> str:
    path = quote(path, safe="/%:!&+,=~-._").rstrip("/")
    for endpoint in ENDPOINTS:
        path = path.removesuffix(endpoint).rstrip("/")
    return path


@dataclass(frozen=True, slots=True)
class Bridge:
    """How far the account has come for which a relay stands in.

    code: none (it stands in for no account), needed, due_soon or due_now (the tier's gates say so), reached (the
    provider shows the tier), unknown (nobody can compute it). tier: the one waited for, if known. ready_at: when both
    its gates are met.
    """

    code: str
    tier: Tier | None = None
    ready_at: datetime | None = None


def relay_condition(expires_on: date | None, balance: Decimal | None, today: date) -> str:
    """Return whether a relay can be used on a day of the reader. `expires_on` is the last day on which it can."""
    if expires_on is not None and expires_on < today:
        return "expired"
    if balance is not None and balance <= 0:
        return "empty"
    if expires_on is not None and expires_on - today <= SOON:
        return "expires_soon"
    return "usable" if balance is not None else "unchecked"


def bridge(standing: Standing, wish: Wish, confirmed: Collection[str], on: date) -> Bridge:
    """Return whether an account still needs a relay for the tier or the model that it waits for."""
    need = needed_tier(standing.rulebook, wish, on, confirmed)
    tier = need.awaited
    if need.is_given_at(standing.seen_tier):
        return Bridge("reached", standing.seen_tier if wish.model else tier)
    if tier is None:
        return Bridge("unknown")
    # A model that is not open although its tier is there waits for something else, such as a verification.
    if standing.seen_tier.rank >= tier.rank:
        return Bridge("unknown", tier)
    row = next(row for row in standing.tiers if row.tier is tier)
    return Bridge(_due(row, standing.at), tier, row.gate.ready_at)


def _due(row: TierStanding, at: datetime) -> str:
    if row.tier.is_opaque or row.gate.is_missing_requirement:
        return "unknown"
    if row.is_within_reach:
        return "due_now"
    ready_at = row.gate.ready_at
    return "due_soon" if ready_at is not None and ready_at - at <= SOON else "needed"


def offers_model(models: Iterable[str], wanted: str) -> bool:
    """Whether a model is among those offered, with or without a vendor before it, such as openai/o3-mini."""
    return any(wanted.lower() in (model.lower(), model.lower().rpartition("/")[2]) for model in models)
