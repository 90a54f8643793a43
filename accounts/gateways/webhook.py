"""Webhooks: one signed POST to an address of the open internet, in the manner of the Standard Webhooks specification.

The guard stands where connections are made (`outside.py`), below the pool of connections, which stays keyed by the
name: so the certificate is checked against the name, whatever addresses names share.
"""

import base64
import hashlib
import hmac
import secrets
import ssl
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import httpcore2

from accounts.gateways import answers
from accounts.gateways import letter as mail
from accounts.gateways.outside import Outside

MARK = "whsec_"
SECRET_BYTES = 32
MOST_ANSWER = 8 * 1024
GONE = 410
# The step of httpcore's trace after which the request's first byte leaves.
BEGINS = "http11.send_request_headers.started"


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds: until the connection stands, and for the whole of it."""

    connect: float = 10
    whole: float = 20


# A person waits in front of a page for this one.
HURRIED = Patience(connect=5, whole=8)


@dataclass(frozen=True, slots=True)
class Call:
    """A request to make. `id` is the same however often it is made; the body is JSON; `at` is this attempt's instant.

    `signing_secrets`: each signs, the newest first.
    """

    url: str = field(repr=False)
    id: str
    body: bytes = field(repr=False)
    at: datetime
    signing_secrets: tuple[str, ...] = field(repr=False)

    def headers(self) -> dict[bytes | str, bytes | str]:
        stamp = int(self.at.timestamp())
        signatures = " ".join(signature(each, self.id, stamp, self.body) for each in self.signing_secrets)
        return {
            "content-type": "application/json",
            "accept": "application/json, text/plain;q=0.9, */*;q=0.1",
            "accept-encoding": "identity",
            "user-agent": "tierdash",
            "webhook-id": self.id,
            "webhook-timestamp": str(stamp),
            "webhook-signature": signatures,
        }


def new_secret() -> str:
    """A signing secret of 256 random bits."""
    return MARK + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def signature(secret: str, call_id: str, stamp: int, body: bytes) -> str:
    """Return "v1," and the HMAC-SHA256 of id, time (seconds since 1970, UTC) and body, in base64."""
    key = base64.b64decode(secret.removeprefix(MARK))
    mac = hmac.new(key, f"{call_id}.{stamp}.".encode() + body, hashlib.sha256)
    return "v1," + base64.b64encode(mac.digest()).decode()


class _Withdrawn(Exception):
    """The fence said no."""


class Session:
    """Calls one after another, each with a connection of its own. Not to be shared by threads."""

    def __init__(self, outside: Outside, patience: Patience | None = None) -> None:
        self._patience = patience or Patience()
        self._outside = outside
        self._ends_at = 0.0
        self._backend = _Backend(outside, self._left)
        self._pool = httpcore2.ConnectionPool(
            ssl_context=ssl.create_default_context(),
            network_backend=self._backend,
            max_keepalive_connections=0,
            retries=0,
        )

    def __enter__(self) -> "Session":
        return self

    def __exit__(self, *error: object) -> None:
        self._pool.close()

    def send(self, call: Call, fence: mail.Fence) -> mail.Outcome:
        """Make a call; what goes wrong on the way is an outcome, what the fence raises passes through."""
        if not self._is_safe(call.url):
            return mail.Outcome(mail.UNREACHABLE, "unreachable")
        has_begun = False
        self._ends_at = time.monotonic() + self._patience.connect

        def watch(event: str, _info: Mapping[str, Any]) -> None:
            nonlocal has_begun
            if event == BEGINS:
                if not fence():
                    raise _Withdrawn
                has_begun = True
                self._ends_at = time.monotonic() + self._patience.whole

        try:
            return self._post(call, watch)
        except _Withdrawn:
            return mail.Outcome(mail.WITHDRAWN)
        except (httpcore2.NetworkError, httpcore2.TimeoutException, httpcore2.ProtocolError) as error:
            if has_begun:
                return mail.Outcome(mail.UNKNOWN, "no_answer")
            # One word for all that lies behind: a blocked address must look like one where nobody answers.
            return mail.Outcome(mail.UNREACHABLE, "tls" if _is_trust(error) else "unreachable")

    def _is_safe(self, url: str) -> bool:
        """Whether a call goes by TLS, or to an endpoint that the operator allows without."""
        parts = urlsplit(url)
        is_allowed = self._outside.is_allowed(parts.hostname or "", parts.port or 80)
        return parts.scheme == "https" or (parts.scheme == "http" and is_allowed)

    def _post(self, call: Call, watch: Callable[[str, Mapping[str, Any]], None]) -> mail.Outcome:
        steps = dict.fromkeys(("connect", "read", "write", "pool"), self._patience.whole)
        extensions = {"trace": watch, "timeout": steps}
        with self._pool.stream(
            "POST", call.url, headers=call.headers(), content=call.body, extensions=extensions
        ) as response:
            return _outcome(response.status, *self._answer(response), hidden=_hidden(call), at=call.at)

    def _answer(self, response: httpcore2.Response) -> tuple[bytes, dict[str, str]]:
        """The beginning of an answer, as it came: nothing is unpacked. Its status is known, whatever happens here."""
        headers = {name.lower().decode("ascii", "replace"): value for name, value in response.headers}
        said = {name: value.decode("latin-1") for name, value in headers.items()}
        body = b""
        with suppress(httpcore2.NetworkError, httpcore2.TimeoutException, httpcore2.ProtocolError):
            for chunk in response.iter_stream():
                body += chunk
                if len(body) >= MOST_ANSWER:
                    break
        return body[:MOST_ANSWER], said

    def _left(self) -> float:
        """Seconds until this call must have ended."""
        return self._ends_at - time.monotonic()


def _outcome(status: int, body: bytes, headers: Mapping[str, str], *, hidden: set[str], at: datetime) -> mail.Outcome:
    is_packed = headers.get("content-encoding", "identity").lower() != "identity"
    words = "" if is_packed else answers.told(body, headers.get("content-type", ""), hidden)
    if 200 <= status < 300:
        return mail.Outcome(mail.ACCEPTED, str(status), words)
    if status == GONE:
        return mail.Outcome(mail.REFUSED, str(status), words)
    wait = answers.wait_of(headers.get("retry-after", ""), now=at)
    return mail.Outcome(mail.REFUSED_FOR_NOW, str(status), words, wait)


def _hidden(call: Call) -> set[str]:
    return answers.secrets_of(call.url) | set(call.signing_secrets)


def _is_trust(error: BaseException | None) -> bool:
    """Whether TLS failed: a certificate that is not trusted, or a server that speaks no TLS."""
    while error is not None:
        if isinstance(error, ssl.SSLError):
            return True
        error = error.__cause__ or error.__context__
    return False


class _Backend(httpcore2.NetworkBackend):
    """Connects to addresses that the outside has allowed, and to no other, within the time that is left."""

    def __init__(self, outside: Outside, left: Callable[[], float]) -> None:
        self._outside = outside
        self._left = left
        self._inner = httpcore2.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.NetworkStream:
        try:
            found = self._outside.addresses(host, port, seconds=max(self._left(), 0))
        except OSError as error:
            raise httpcore2.ConnectError(str(error)) from None
        failure: Exception = httpcore2.ConnectError("no address")
        for _family, address in found:
            try:
                stream = self._inner.connect_tcp(address, port, _bounded(timeout, self._left()))
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout) as error:
                failure = error
            else:
                return _Stream(stream, self._left)
        raise failure


class _Stream(httpcore2.NetworkStream):
    """A connection whose every step ends with the call's time: a byte a second runs into no step's own timeout."""

    def __init__(self, inner: httpcore2.NetworkStream, left: Callable[[], float]) -> None:
        self._inner = inner
        self._left = left

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._inner.read(max_bytes, _bounded(timeout, self._left()))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._inner.write(buffer, _bounded(timeout, self._left()))

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self, ssl_context: Any, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore2.NetworkStream:
        inner = self._inner.start_tls(ssl_context, server_hostname, _bounded(timeout, self._left()))
        return _Stream(inner, self._left)

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)


def _bounded(timeout: float | None, left: float) -> float:
    if left <= 0:
        raise httpcore2.ReadTimeout("the time is over")
    return left if timeout is None else min(timeout, left)
