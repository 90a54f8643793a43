"""The messenger: a program of its own that carries one message to one chat service by Apprise. See chat.py.

It reads a job, one line of JSON, from its standard input and prints what becomes of it. Before Apprise is loaded it
binds itself: no other program can be started, and every connection, of whatever library, is asked for at the instant
it is made whether its address may be called. Libraries are not trusted to keep to what an address says.
"""

import contextlib
import http.client
import json
import logging
import socket
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from accounts.gateways import answers
from accounts.gateways.outside import Forbidden, Outside, endpoints, is_global, is_reserved
from accounts.gateways.services import SERVICES, Service

MOST_MEMORY = 1024**3
MOST_SECONDS = 30
MOST_ANSWER = 64 * 1024
GONE = 410
# What Python tells its auditors of before it is done; these things never are.
REFUSED_EVENTS = frozenset(
    {"os.exec", "os.fork", "os.forkpty", "os.posix_spawn", "os.system", "pty.spawn", "subprocess.Popen"}
    | {"socket.sendmsg", "socket.sendto"}
)


class Unusable(ValueError):
    """An address that no message can go to; the text is a code of receivers.BadAddress."""


@dataclass
class Exchange:
    """One request and what came back. `has_left`: its first byte was handed to the system."""

    url: str
    has_left: bool = False
    is_trust: bool = False
    status: int = 0
    words: str = ""


@dataclass
class Watch:
    """What this program may do, and what it has done. `looks`: nothing is sent, requests are only noted."""

    outside: Outside
    looks: bool
    seconds: float
    hidden: set[str]
    permitted: set[tuple[str, int]] = field(default_factory=set)
    exchanges: list[Exchange] = field(default_factory=list)

    def may_connect(self, address: Any) -> bool:
        if self.looks or not isinstance(address, tuple):  # a path is no way outside
            return False
        host, port = str(address[0]), int(address[1])
        return (host, port) in self.permitted or self.outside.may_call(host, port)

    def resolve(self, host: Any, port: Any, *_rest: Any, **_options: Any) -> list[tuple[Any, ...]]:
        """What stands in place of socket.getaddrinfo: only addresses that may be called."""
        if self.looks:
            raise Forbidden
        name, number = str(host), int(port or 0)
        found = self.outside.addresses(name, number, seconds=self.seconds)
        if self.outside.is_allowed(name, number):
            self.permitted.update((address, number) for _family, address in found)
        more = {socket.AF_INET6: (0, 0)}
        kind = (socket.SOCK_STREAM, socket.IPPROTO_TCP, "")
        return [(family, *kind, (address, number, *more.get(family, ()))) for family, address in found]


def bind() -> None:
    """Give up what the job does not need; where the system knows no such limits, only the caller's patience counts."""
    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
        resource.setrlimit(resource.RLIMIT_CPU, (MOST_SECONDS, MOST_SECONDS))


def guard(watch: Watch) -> None:
    """Let every connection be asked for. The hook cannot be taken off again."""

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        if event in REFUSED_EVENTS or (event == "socket.connect" and not watch.may_connect(arguments[1])):
            raise Forbidden

    socket.getaddrinfo = watch.resolve
    sys.addaudithook(hook)


def follow(watch: Watch) -> None:
    """See every request: by HTTPS, or where the operator allows it; answers only as far as they are of use."""
    import requests

    carry, send = http.client.HTTPConnection.send, requests.adapters.HTTPAdapter.send

    def carry_watched(connection: http.client.HTTPConnection, data: Any) -> None:
        if connection.sock is None:
            connection.connect()
        watch.exchanges[-1].has_left = True
        carry(connection, data)

    def send_watched(adapter: Any, request: Any, **options: Any) -> Any:
        exchange = Exchange(request.url)
        watch.exchanges.append(exchange)
        if watch.looks:
            raise requests.ConnectionError("nothing is sent")
        if not _is_usable(request.url, watch.outside):
            raise requests.ConnectionError("nothing may be sent there")
        request.headers["Accept-Encoding"] = "identity"
        options |= {"stream": True, "verify": options.get("verify") or True, "cert": None, "proxies": {}}
        try:
            answer = send(adapter, request, **options)
        except requests.exceptions.SSLError:
            exchange.is_trust = True
            raise
        exchange.status, body = answer.status_code, b""
        with contextlib.suppress(Exception):  # what it answered is known, however it goes on
            body = answer.raw.read(MOST_ANSWER, decode_content=False) or b""
        answer._content, answer._content_consumed = body, True
        exchange.words = answers.told(body, answer.headers.get("content-type", ""), watch.hidden)
        return answer

    http.client.HTTPConnection.send = carry_watched  # type: ignore[assignment,method-assign]
    requests.adapters.HTTPAdapter.send = send_watched  # type: ignore[assignment,method-assign]


def _is_usable(url: str, outside: Outside) -> bool:
    """Whether a request may go there as far as its address tells; who answers there is asked at the connection."""
    try:
        _check(url, outside)
    except Unusable:
        return False
    return True


def _check(url: str, outside: Outside) -> None:
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port or {"https": 443}.get(parts.scheme, 80)
    if outside.is_allowed(host, port):
        return
    if parts.scheme != "https":
        raise Unusable("open_http")
    if port not in outside.ports:
        raise Unusable("port")
    if is_reserved(host) or (_is_literal(host) and not is_global(host)):
        raise Unusable("inner")


def _is_literal(host: str) -> bool:
    with contextlib.suppress(OSError):
        return bool(socket.inet_pton(socket.AF_INET6 if ":" in host else socket.AF_INET, host))
    return False


def built(target: str, service: Service, patience: Mapping[str, float]) -> Any:
    """Return Apprise with the one receiver that an address names. Unusable: see there."""
    import apprise

    for name, _value in parse_qsl(urlsplit(target).query, keep_blank_values=True):
        if not service.may_say(name):
            raise Unusable("option")
    asset = apprise.AppriseAsset(
        app_id="tierdash", app_desc="", app_url="", async_mode=False, http_redirects=False, storage_mode="memory",
        image_url_mask=None, image_path_mask=None,
    )  # fmt: skip
    receiver: Any = apprise.Apprise.instantiate(service.spelled(target), asset=asset)
    if receiver is None:
        raise Unusable("not_understood")
    if not receiver.schemas() & set(service.schemas):
        raise Unusable("other_service")
    if len(receiver) > 1:
        raise Unusable("many")
    receiver.retry, receiver.optional, receiver.redirects, receiver.verify_certificate = 0, False, False, True
    receiver.socket_connect_timeout, receiver.socket_read_timeout = patience["connect"], patience["read"]
    carrier = apprise.Apprise(asset=asset)
    carrier.add(receiver)
    return carrier


def look(carrier: Any, watch: Watch) -> str:
    """Return the host that a message would go to, without sending one. Unusable: it must not go there."""
    carrier.notify(body="x", title="x", body_format="text")
    if not watch.exchanges:
        raise Unusable("not_understood")
    _check(watch.exchanges[0].url, watch.outside)
    return urlsplit(watch.exchanges[0].url).hostname or ""


def outcome(is_taken: bool, exchanges: list[Exchange]) -> dict[str, str]:
    """What became of a message, by all that was exchanged for it; conservative where nobody can know."""
    last = exchanges[-1] if exchanges else Exchange("")
    if is_taken:
        return {"kind": "accepted", "code": str(last.status or ""), "words": last.words}
    if any(each.has_left and not each.status for each in exchanges):
        return {"kind": "unknown", "code": "no_answer", "words": ""}
    if last.status:
        kind = "refused" if last.status == GONE else "refused_for_now"
        return {"kind": kind, "code": str(last.status), "words": last.words}
    return {"kind": "unreachable", "code": "tls" if last.is_trust else "unreachable", "words": ""}


def say(**facts: Any) -> None:
    sys.stdout.write(json.dumps(facts) + "\n")
    sys.stdout.flush()


def main() -> None:
    bind()
    logging.disable()
    job = json.loads(sys.stdin.readline())
    outside = Outside(endpoints(job["allowed"]))
    service, looks = SERVICES[job["service"]], "body" not in job
    watch = Watch(outside, looks, job["patience"]["connect"], answers.secrets_of(job["target"]))
    guard(watch)
    follow(watch)
    try:
        carrier = built(job["target"], service, job["patience"])
        if looks:
            say(host=look(carrier, watch))
            return
    except Unusable as error:
        say(unusable=str(error))
        return
    say(ready=True)
    if sys.stdin.readline().strip() != "go":
        return
    is_taken = bool(carrier.notify(body=job["body"], title=job["title"], body_format="text"))
    say(**outcome(is_taken, watch.exchanges))


if __name__ == "__main__":
    main()
