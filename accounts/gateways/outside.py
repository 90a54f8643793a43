"""Where this instance may call by itself: addresses of the open internet, and what its operator allows by name.

Standard library only: the messenger, a program of its own, goes by the same rules. A name is resolved once, every
address it has must be allowed, and the connection is made to one of these very addresses: nothing is resolved twice.
"""

import ipaddress
import socket
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from threading import Thread
from typing import Any

PORTS = frozenset({443})
LONGEST_HOST = 253
# Names that the internet does not have (RFC 2606, 6761, 6762, 9476): they are not even asked for.
RESERVED = frozenset({"alt", "example", "home.arpa", "internal", "invalid", "local", "localhost", "onion", "test"})
# What Python's `is_global` lets through: ways to IPv4 through IPv6, and what was global once. See RFC 6890 and 8215.
DENIED = tuple(
    ipaddress.ip_network(network)
    for network in (
        "64:ff9b::/96",
        "64:ff9b:1::/48",
        "2002::/16",
        "2001::/32",
        "::/96",
        "fec0::/10",
        "100.64.0.0/10",
        "192.0.0.0/24",
        "192.88.99.0/24",
    )
)
# The system's own resolver, as it is when this module is loaded: the messenger puts a guard before it.
resolver = socket.getaddrinfo
Endpoint = tuple[str, int]
Found = tuple[socket.AddressFamily, str]


class Forbidden(OSError):
    """An address that must not be called. It says no more than that: whoever asks must learn nothing of our network."""

    def __init__(self) -> None:
        super().__init__("this address cannot be called from here")


def is_global(address: str) -> bool:
    """Whether an IP address belongs to the open internet; text that is no address does not."""
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(ip, ipaddress.IPv6Address) and ip.ipv4_mapped is not None:
        ip = ip.ipv4_mapped
    if not ip.is_global or ip.is_multicast or ip.is_reserved or ip.is_unspecified:
        return False
    return not any(ip.version == network.version and ip in network for network in DENIED)


def is_reserved(host: str) -> bool:
    """Whether a name is one that the internet does not have."""
    labels = host.rstrip(".").lower().split(".")
    return labels[-1] in RESERVED or ".".join(labels[-2:]) in RESERVED


def endpoints(texts: Iterable[str]) -> frozenset[Endpoint]:
    """Read what an operator allows: "host:port" each, an IPv6 address in brackets. ValueError says which is wrong."""
    return frozenset(_endpoint(text.strip()) for text in texts if text.strip())


def _endpoint(text: str) -> Endpoint:
    host, colon, port = text.rpartition(":")
    host = host.strip("[]").rstrip(".").lower()
    if not colon or not host or not port.isascii() or not port.isdigit() or not 0 < int(port) < 65536:
        raise ValueError(f"{text!r} is no host:port")
    if any(character in host for character in "/@ *?#") or (":" in host and not _is_address(host)):
        raise ValueError(f"{text!r} is no host:port; write a name or an address, without a scheme or a path")
    return host, int(port)


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


@dataclass(frozen=True, slots=True)
class Outside:
    """The rules of one instance. `allowed` are endpoints of the operator's own network, by name and port."""

    allowed: frozenset[Endpoint] = frozenset()
    ports: Collection[int] = PORTS

    def is_allowed(self, host: str, port: int) -> bool:
        """Whether the operator allows this endpoint by name, whatever address it has."""
        return (host.rstrip(".").lower(), port) in self.allowed

    def may_call(self, address: str, port: int) -> bool:
        """The one question of every connection: whether this address may be called at this port."""
        return port in self.ports and is_global(address)

    def addresses(self, host: str, port: int, *, seconds: float) -> list[Found]:
        """Resolve a name, once, and return where it may be called. Forbidden: one of its addresses must not be.

        OSError when there is no such name, TimeoutError when nobody said in time.
        """
        is_allowed = self.is_allowed(host, port)
        if not is_allowed and (port not in self.ports or is_reserved(host)):
            raise Forbidden
        found = _resolve(host, port, seconds)
        if not found or not (is_allowed or all(self.may_call(address, port) for _family, address in found)):
            raise Forbidden
        return found


def _resolve(host: str, port: int, seconds: float) -> list[Found]:
    """Ask the system's resolver, which knows no deadline, for as long as it may take."""
    answer: list[Any] = []

    def ask() -> None:
        try:
            answer.append(resolver(host, port, type=socket.SOCK_STREAM))
        except (OSError, UnicodeError) as error:
            answer.append(error)

    thread = Thread(target=ask, daemon=True)
    thread.start()
    thread.join(seconds)
    if not answer:
        raise TimeoutError("the name was not resolved in time")
    if isinstance(answer[0], UnicodeError):
        raise OSError("no name")
    if isinstance(answer[0], OSError):
        raise answer[0]
    return [(family, str(address[0])) for family, _kind, _protocol, _name, address in answer[0]]
