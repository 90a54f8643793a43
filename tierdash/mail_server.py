"""Reads EMAIL_URL. Ours, because dj-email-url silently takes `smtp+tls` and `smtp+ssl` for no encryption at all."""

from dataclasses import dataclass
from urllib.parse import unquote, urlsplit


@dataclass(frozen=True, slots=True)
class MailServer:
    host: str
    port: int
    user: str
    password: str
    starttls: bool
    tls: bool


@dataclass(frozen=True, slots=True)
class _Scheme:
    port: int
    starttls: bool = False
    tls: bool = False


SCHEMES = {
    "smtp": _Scheme(25),
    "smtp+tls": _Scheme(587, starttls=True),
    "smtp+ssl": _Scheme(465, tls=True),
}


def read(url: str) -> MailServer:
    """Return the mail server that the URL names; `starttls` encrypts after the greeting, `tls` from the first byte.

    Raises ValueError for everything else: a doubt must never end as a password sent in the clear. Its text names no
    part of the URL, which holds that password.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise ValueError("the port is no number, or a character of the password is not percent-encoded") from None
    scheme = SCHEMES.get(parts.scheme)
    if scheme is None:
        raise ValueError("it must begin with smtp+tls://, smtp+ssl:// or smtp://")
    if not parts.hostname:
        raise ValueError("the host is missing")
    if parts.path not in {"", "/"} or parts.query or parts.fragment:
        raise ValueError("nothing may follow the port; / ? # in a password are written %2F %3F %23")
    return MailServer(
        host=parts.hostname,
        port=port or scheme.port,
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        starttls=scheme.starttls,
        tls=scheme.tls,
    )
