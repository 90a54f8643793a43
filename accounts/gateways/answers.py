"""What a receiver answered, in words that may be kept and shown: short, printable, and without our secrets."""

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from urllib.parse import unquote, urlsplit

from accounts.gateways.letter import one_line

LONGEST = 200
# Shorter parts of an address are words such as "hooks"; nobody's secret is that short.
SHORTEST_SECRET = 6
HIDDEN = "…"
LONGEST_WAIT_SECONDS = 24 * 60 * 60


def told(body: bytes, content_type: str, secrets: Iterable[str]) -> str:
    """Return the beginning of an answer's text, with secrets hidden; "" for what is no text."""
    if not re.match(r"text/|application/(?:[\w.+-]+\+)?json\b", content_type.strip().lower() or "text/plain"):
        return ""
    text = re.sub(r"<[^>]*>", " ", one_line(body[:4000])) if "html" in content_type else one_line(body[:4000])
    return without(re.sub(r"\s+", " ", text).strip(), secrets)[:LONGEST]


def wait_of(retry_after: str, *, now: datetime) -> int:
    """Seconds that a Retry-After (RFC 9110: their number, or a date) asks to wait; 0 for nonsense, a day at most."""
    said = retry_after.strip()
    if said.isascii() and said.isdigit():
        return min(int(said[:10]), LONGEST_WAIT_SECONDS)
    try:
        until = parsedate_to_datetime(said)
        seconds = ((until if until.tzinfo else until.replace(tzinfo=UTC)) - now).total_seconds()
    except (ValueError, OverflowError):  # also a zone that no date can have
        return 0
    return min(max(int(seconds), 0), LONGEST_WAIT_SECONDS)


def without(text: str, secrets: Iterable[str]) -> str:
    """Return a text with every secret in it hidden, the longest first."""
    for secret in sorted(secrets, key=len, reverse=True):
        text = text.replace(secret, HIDDEN)
    return text


def secrets_of(target: str) -> set[str]:
    """Everything in an address that may be secret, as it stands there and decoded: all but a webhook's scheme and host.

    In an address of a chat service even what looks like a host may be a token.
    """
    parts = urlsplit(target)
    told = f"{parts.path}?{parts.query}" if parts.scheme in ("http", "https") else target.partition("://")[2]
    found = {target, parts.query, parts.path.strip("/"), *re.split(r"[/?&#]", told), *re.split(r"[/?&#=@:]", told)}
    found.update([unquote(each) for each in found])
    return {each for each in found if len(each) >= SHORTEST_SECRET}


def tail_of(target: str) -> str:
    """The last four characters of an address, by which its owner knows it; fewer where that would tell much of it."""
    parts = urlsplit(target)
    secret = f"{parts.path}?{parts.query}".strip("/?")
    return secret[-4:] if len(secret) >= 12 else ""
