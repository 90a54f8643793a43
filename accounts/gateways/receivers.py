"""Addresses that messages go to, as people type them: what can be said of one without asking anybody."""

import ipaddress
import re
from dataclasses import dataclass, field
from urllib.parse import quote, urlsplit

from accounts.gateways.outside import LONGEST_HOST, Outside, is_global, is_reserved

LONGEST_ADDRESS = 1000
PORT_OF = {"https": 443, "http": 80}
LABEL = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?", re.ASCII)
# Spellings of numbers that resolvers take for an address: 127.1, 0x7f.1, 2130706433.
NUMBER = re.compile(r"\d+|0x[0-9a-f]*", re.ASCII)
# Left as they are in a path and a query; everything else is written in percent.
SAFE = "/%:@!$&'()*+,;=~-._?"


class BadAddress(ValueError):
    """An address that no message can go to; `code` says why.

    not_understood: no address of this kind. other_service: one of another service. many: more than one receiver.
    option: something after the ? that is not taken here. credentials: a name and password. fragment: something after a
    #. open_http: without TLS. port: another than 443. inner: no address of the open internet. long. busy: nobody could
    look at it in time. too_soon: somebody looked at one a moment ago.
    """

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Address:
    """A webhook's address in the one spelling in which it is called, and the part of it that may be shown."""

    url: str = field(repr=False)
    host: str


def webhook_address(text: str, outside: Outside) -> Address:
    """Read the address of a webhook. BadAddress: see there. Whether somebody answers there is not asked."""
    text = text.strip()
    if len(text) > LONGEST_ADDRESS:
        raise BadAddress("long")
    if re.search(r"[\s\\]", text) or not text.isprintable():
        raise BadAddress("not_understood")
    try:
        parts = urlsplit(text)
        port = parts.port or PORT_OF.get(parts.scheme, 0)
        host = _host(parts.hostname or "")
    except ValueError:  # also what idna cannot write
        raise BadAddress("not_understood") from None
    if parts.scheme not in PORT_OF:
        raise BadAddress("not_understood")
    if parts.username is not None or parts.password is not None:
        raise BadAddress("credentials")
    if parts.fragment:
        raise BadAddress("fragment")
    if not outside.is_allowed(host, port):
        _demand_outside(parts.scheme, host, port, outside)
    named = f"[{host}]" if ":" in host else host
    where = named if port == PORT_OF[parts.scheme] else f"{named}:{port}"
    query = f"?{quote(parts.query, SAFE)}" if parts.query else ""
    return Address(f"{parts.scheme}://{where}{quote(parts.path or '/', SAFE)}{query}", host)


def _demand_outside(scheme: str, host: str, port: int, outside: Outside) -> None:
    if scheme != "https":
        raise BadAddress("open_http")
    if port not in outside.ports:
        raise BadAddress("port")
    is_address = ":" in host or host.replace(".", "").isdigit()
    if is_reserved(host) or (is_address and not is_global(host)):
        raise BadAddress("inner")


def _host(text: str) -> str:
    """A host in lower case and ASCII. ValueError for what is none, or hides an address behind another spelling."""
    if ":" in text:
        return str(ipaddress.IPv6Address(text))
    host = text.encode("idna").decode().rstrip(".").lower()
    labels = host.split(".")
    if not host or len(host) > LONGEST_HOST or not all(LABEL.fullmatch(label) for label in labels):
        raise ValueError("no host")
    if NUMBER.fullmatch(labels[-1]):
        return str(ipaddress.IPv4Address(host))
    return host
