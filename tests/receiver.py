"""A real HTTP(S) server that does as a script says with each request, and remembers what it was given."""

import gzip
import json
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from accounts.gateways import outside

# What a receiver may do instead of answering 200; a number is another status.
DROP = "drop"  # break the connection without a word
HANG = "hang"  # never answer
DRIP = "drip"  # one byte of the answer, again and again, without ever ending it
HUGE = "huge"  # an answer without an end
ECHO = "echo"  # 404, and everything that the request held
BOMB = "bomb"  # a small answer that unpacks to a gigabyte
MEGABYTE = 1024 * 1024


@dataclass(frozen=True)
class Taken:
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def document(self) -> dict[str, Any]:
        return json.loads(self.body)


@dataclass
class Receiver:
    """`script` holds an action for each request to come: a status, one of the above, seconds to wait before 200, or a
    (status, headers, body). When it is used up, everything is answered 200.
    """

    script: list[Any] = field(default_factory=list)
    taken: list[Taken] = field(default_factory=list)
    connections: int = 0
    port: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)
    ended: threading.Event = field(default_factory=threading.Event)

    @property
    def allowed(self) -> outside.Outside:
        """The rules of an operator who allows this receiver by every name of these tests."""
        hosts = ("127.0.0.1", "hooks.example.org", "other.example.org")
        return outside.Outside(frozenset((host, self.port) for host in hosts))

    def ids(self) -> list[str]:
        return [taken.headers["webhook-id"] for taken in self.taken]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: "_Server"

    def do_POST(self) -> None:
        receiver = self.server.receiver
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        with receiver.lock:
            action = receiver.script.pop(0) if receiver.script else 200
            headers = {name.lower(): value for name, value in self.headers.items()}
            receiver.taken.append(Taken(self.path, headers, body))
        self.close_connection = True
        try:
            self._obey(action)
        except OSError:
            return  # the caller has had enough

    do_GET = do_PUT = do_POST

    def _obey(self, action: Any) -> None:
        receiver = self.server.receiver
        if action == DROP:
            self.connection.shutdown(socket.SHUT_RDWR)
        elif action == HANG:
            receiver.ended.wait(30)
        elif action == DRIP:
            self.wfile.write(b"HTTP/1.1 200 OK\r\nx-slow: ")
            while not receiver.ended.wait(0.05):
                self.wfile.write(b"x")
        elif action == HUGE:
            self.wfile.write(b"HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\n\r\n")
            while not receiver.ended.is_set():
                self.wfile.write(b"x" * MEGABYTE)
        elif action == BOMB:
            self._answer(500, {"content-encoding": "gzip", "content-type": "text/plain"}, _bomb())
        elif action == ECHO:
            taken = receiver.taken[-1]
            words = f"no such hook: {taken.path} {taken.body.decode()[:80]} {taken.headers}"
            self._answer(404, {"content-type": "text/plain"}, words.encode())
        elif isinstance(action, float):
            time.sleep(action)
            self._answer(200, {}, b"ok")
        elif isinstance(action, tuple):
            self._answer(*action)
        else:
            self._answer(action, {"content-type": "text/plain"}, b"ok")

    def _answer(self, status: int, headers: dict[str, str], body: bytes) -> None:
        self.send_response(status)
        for name, value in ({"content-length": str(len(body))} | headers).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_arguments: Any) -> None:
        """Say nothing."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    receiver: Receiver

    def get_request(self) -> Any:
        with self.receiver.lock:
            self.receiver.connections += 1
        return super().get_request()

    def handle_error(self, *_arguments: Any) -> None:
        """Say nothing."""


@cache
def _bomb() -> bytes:
    return gzip.compress(b"x" * (8 * MEGABYTE)) * 128  # members of one stream unpack one after another


@contextmanager
def running(receiver: Receiver | None = None, *, tls: ssl.SSLContext | None = None) -> Iterator[Receiver]:
    """Run the server in a thread, on a free port of the loopback; with `tls` it speaks HTTPS."""
    receiver = receiver or Receiver()
    server = _Server(("127.0.0.1", 0), _Handler)
    server.receiver = receiver
    receiver.port = server.server_port
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        receiver.ended.set()
        server.shutdown()
        server.server_close()
        thread.join()


def names(**addresses: str) -> Callable[..., Any]:
    """A resolver that knows these names ("_" for a dot), and addresses; it counts how often it is asked in `asked`."""
    known = {name.replace("_", "."): address.split() for name, address in addresses.items()}

    def resolve(host: str, port: int, **_options: Any) -> list[Any]:
        resolve.asked.append(host)  # type: ignore[attr-defined]
        if host not in known:
            return socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)
        found = known[host]
        families = {False: socket.AF_INET, True: socket.AF_INET6}
        return [(families[":" in each], socket.SOCK_STREAM, 6, "", (each, port)) for each in found]

    resolve.asked = []  # type: ignore[attr-defined]
    return resolve


@dataclass(frozen=True)
class Authority:
    """A certificate authority of the tests' own; `bundle` is its certificate as a file."""

    folder: Path
    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate

    @property
    def bundle(self) -> Path:
        return self.folder / "ca.pem"

    def server(self, *hosts: str) -> ssl.SSLContext:
        """What a server of these names shows."""
        key = ec.generate_private_key(ec.SECP256R1())
        alternatives = [_alternative(host) for host in hosts]
        certificate = _certificate(hosts[0], key, self.key, issuer=self.certificate.subject, hosts=alternatives)
        path = self.folder / f"{hosts[0]}.pem"
        path.write_bytes(_pem(certificate) + _key(key))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(path)
        return context


def authority(folder: Path) -> Authority:
    key = ec.generate_private_key(ec.SECP256R1())
    certificate = _certificate("tests", key, key, is_authority=True)
    made = Authority(folder, key, certificate)
    made.bundle.write_bytes(_pem(certificate))
    return made


def _alternative(host: str) -> x509.GeneralName:
    import ipaddress

    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _certificate(
    name: str,
    key: ec.EllipticCurvePrivateKey,
    signs: ec.EllipticCurvePrivateKey,
    *,
    issuer: x509.Name | None = None,
    hosts: list[x509.GeneralName] | None = None,
    is_authority: bool = False,
) -> x509.Certificate:
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer or subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=400))
        .not_valid_after(now + timedelta(days=400))
        .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signs.public_key()), critical=False)
    )
    if is_authority:
        usage = dict.fromkeys(
            ("digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement",
             "encipher_only", "decipher_only"), False
        )  # fmt: skip
        builder = builder.add_extension(x509.KeyUsage(key_cert_sign=True, crl_sign=True, **usage), critical=True)
    if hosts:
        builder = builder.add_extension(x509.SubjectAlternativeName(hosts), critical=False)
    return builder.sign(signs, hashes.SHA256())


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


def _key(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
