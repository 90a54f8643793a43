"""Every way a mail server can answer, or not answer, at each step; against real servers."""

import datetime
import ipaddress
import socket
import ssl
import threading
import time

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from accounts.gateways import letter as mail
from accounts.gateways.smtp import Patience, Server
from tests.sink import CUT_SHORT, DRIP, DROP, DROP_AFTER, Sink, running

HASTY = Patience(step=1, before_data=1.5, reply=1.5)
LETTER = mail.Letter(
    "<a@x>", "from@example.org", "to@example.org", b"Message-ID: <a@x>\r\nSubject: s\r\n\r\n.dot\r\n..two\r\nend\r\n"
)


def yes() -> bool:
    return True


def send(sink: Sink, *, letters=1, fence=yes, **server) -> list[mail.Outcome]:
    server = {"host": "127.0.0.1", "port": sink.port, "patience": HASTY} | server
    with Server(**server).open() as session:
        return [session.send(LETTER, fence) for _ in range(letters)]


class TestEachStep:
    """The state that each answer leads to, and whether the fence was asked before."""

    @pytest.mark.parametrize(
        ("script", "kind", "code", "is_fenced"),
        [
            ({}, mail.ACCEPTED, "250", True),
            ({"banner": "421 busy"}, mail.UNREACHABLE, "421", False),
            ({"banner": "554 go away"}, mail.UNREACHABLE, "554", False),
            ({"banner": DROP}, mail.UNREACHABLE, "unreachable", False),
            ({"banner": DRIP}, mail.UNREACHABLE, "unreachable", False),
            ({"banner": 9}, mail.UNREACHABLE, "unreachable", False),
            ({"banner": b"220 " + b"x" * 10_000_000 + b"\r\n"}, mail.UNREACHABLE, "500", False),
            ({"banner": b"\xff\xfe\r\n"}, mail.UNREACHABLE, "-1", False),
            ({"ehlo": DROP}, mail.UNREACHABLE, "unreachable", False),
            ({"mail": "451 4.3.0 later"}, mail.REFUSED_FOR_NOW, "451", False),
            ({"mail": "550 5.7.1 not you"}, mail.UNREACHABLE, "550", False),
            ({"mail": "421 closing"}, mail.REFUSED_FOR_NOW, "421", False),
            ({"mail": DROP}, mail.REFUSED_FOR_NOW, "lost", False),
            ({"rcpt": "450 4.2.0 greylisted"}, mail.REFUSED_FOR_NOW, "450", False),
            ({"rcpt": "550 5.1.1 unknown"}, mail.REFUSED, "550", False),
            ({"rcpt": b"550 \xe4\xb8\xad\xff\r\n"}, mail.REFUSED, "550", False),
            ({"rcpt": DROP}, mail.REFUSED_FOR_NOW, "lost", False),
            ({"rcpt": DRIP}, mail.REFUSED_FOR_NOW, "lost", False),
            ({"rcpt": 9}, mail.REFUSED_FOR_NOW, "lost", False),
            ({"data": "451 later"}, mail.REFUSED_FOR_NOW, "451", True),
            ({"data": "554 no"}, mail.REFUSED, "554", True),
            ({"data": DROP}, mail.REFUSED_FOR_NOW, "lost", True),
            ({"data": 9}, mail.REFUSED_FOR_NOW, "lost", True),
            ({"dot": "451 later"}, mail.REFUSED_FOR_NOW, "451", True),
            ({"dot": "421 closing"}, mail.REFUSED_FOR_NOW, "421", True),
            ({"dot": "554 spam"}, mail.REFUSED, "554", True),
            ({"dot": DROP}, mail.UNKNOWN, "no_answer", True),
            ({"dot": DROP_AFTER}, mail.UNKNOWN, "no_answer", True),
            ({"dot": DRIP}, mail.UNKNOWN, "no_answer", True),
            ({"dot": 9}, mail.UNKNOWN, "no_answer", True),
            ({"dot": "354 what?"}, mail.UNKNOWN, "354", True),
            ({"dot": b"no number\r\n"}, mail.UNKNOWN, "-1", True),
            ({"dot": CUT_SHORT}, mail.UNKNOWN, "no_answer", True),
            ({"quit": DROP}, mail.ACCEPTED, "250", True),
            ({"quit": "500 never"}, mail.ACCEPTED, "250", True),
        ],
        ids=str,
    )
    def test_the_outcome(self, script, kind, code, is_fenced):
        asked = []
        started = time.monotonic()
        with running(Sink(dict(script))) as sink:
            [outcome] = send(sink, fence=lambda: bool(asked.append(1)) or True)
        assert (outcome.kind, outcome.code) == (kind, code)
        assert bool(asked) is is_fenced
        assert time.monotonic() - started < 5, "not bounded in time"
        may_be_there = kind in (mail.ACCEPTED, mail.UNKNOWN)
        assert may_be_there or sink.accepted == []

    def test_nobody_listens(self):
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            with Server("127.0.0.1", taken.getsockname()[1], patience=HASTY).open() as session:
                assert session.send(LETTER, yes).kind == mail.UNREACHABLE

    @pytest.mark.parametrize("host", ["does-not-exist.invalid", "a" * 80, "bad host"])
    def test_a_host_that_is_none(self, host):
        with Server(host, 25, patience=HASTY).open() as session:
            assert session.send(LETTER, yes).kind == mail.UNREACHABLE

    def test_the_server_is_told_nothing_after_a_closed_fence(self):
        with running(Sink()) as sink:
            [outcome] = send(sink, fence=lambda: False)
        assert outcome.kind == mail.WITHDRAWN
        assert sink.accepted == []

    def test_what_the_fence_raises_passes_through_and_nothing_is_sent(self):
        def broken() -> bool:
            raise RuntimeError("no database")

        with running(Sink()) as sink, pytest.raises(RuntimeError, match="no database"):
            send(sink, fence=broken)
        assert sink.accepted == []

    @pytest.mark.parametrize("recipient", ["a@b.example>\r\nDATA", "ü@b.example"])
    def test_an_address_cannot_carry_a_command(self, recipient):
        hostile = mail.Letter("<a@x>", "from@example.org", recipient, b"x\r\n")
        with running(Sink()) as sink, Server("127.0.0.1", sink.port, patience=HASTY).open() as session:
            assert session.send(hostile, yes).kind == mail.REFUSED
        assert sink.accepted == []

    def test_what_the_server_says_is_kept_as_one_printable_line(self):
        with running(Sink({"rcpt": b"550-one\r\n550 two \x1b[31m\x00 \xff\r\n"})) as sink:
            [outcome] = send(sink)
        assert outcome.words.startswith("one two")
        assert outcome.words.isprintable()


class TestContent:
    def test_lines_that_begin_with_a_dot_arrive_whole(self):
        with running(Sink()) as sink:
            send(sink)
        assert sink.accepted[0].get_payload() == ".dot\r\n..two\r\nend\r\n"
        assert sink.recipients == ["to@example.org"]


class TestManyLetters:
    def test_one_connection_carries_them_all(self):
        with running(Sink()) as sink:
            outcomes = send(sink, letters=5)
        assert [outcome.kind for outcome in outcomes] == [mail.ACCEPTED] * 5
        assert sink.connections == 1

    def test_a_connection_that_the_server_closed_meanwhile_is_made_anew(self):
        with running(Sink({"rset": [DROP, "421 idle for too long"]})) as sink:
            outcomes = send(sink, letters=3)
        assert [outcome.kind for outcome in outcomes] == [mail.ACCEPTED] * 3
        assert sink.connections == 3

    def test_one_refusal_does_not_touch_the_next(self):
        with running(Sink({"rcpt": ["550 unknown", None, "421 bye"], "dot": [None, "451 later"]})) as sink:
            outcomes = send(sink, letters=4)
        kinds = [outcome.kind for outcome in outcomes]
        assert kinds == [mail.REFUSED, mail.ACCEPTED, mail.REFUSED_FOR_NOW, mail.REFUSED_FOR_NOW]


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """A certificate for 127.0.0.1 that nobody trusts who is not told to, and a server's context with it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "sink")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    folder = tmp_path_factory.mktemp("tls")
    (folder / "cert.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    (folder / "key.pem").write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    return folder / "cert.pem", context


class TestTrust:
    def test_a_trusted_certificate_is_taken(self, certificate, monkeypatch):
        path, context = certificate
        monkeypatch.setenv("SSL_CERT_FILE", str(path))
        with running(Sink(), tls=context) as sink:
            [outcome] = send(sink, use_starttls=True)
        assert outcome.kind == mail.ACCEPTED

    def test_an_unknown_certificate_is_not(self, certificate):
        with running(Sink(), tls=certificate[1]) as sink:
            [outcome] = send(sink, use_starttls=True)
        assert (outcome.kind, outcome.code) == (mail.UNREACHABLE, "tls")
        assert "certificate" in outcome.words.lower()

    def test_a_certificate_of_another_host_is_not(self, certificate, monkeypatch):
        path, context = certificate
        monkeypatch.setenv("SSL_CERT_FILE", str(path))
        with running(Sink(), tls=context) as sink:
            [outcome] = send(sink, use_starttls=True, host="localhost")
        assert (outcome.kind, outcome.code) == (mail.UNREACHABLE, "tls")

    def test_stripped_starttls_is_no_reason_to_go_on_in_the_clear(self):
        with running(Sink(), password="secret") as sink:
            [outcome] = send(sink, use_starttls=True, user="me", password="secret")
        assert (outcome.kind, outcome.code) == (mail.UNREACHABLE, "tls")

    def test_tls_from_the_first_byte(self, certificate, monkeypatch):
        path, context = certificate
        monkeypatch.setenv("SSL_CERT_FILE", str(path))
        sink = Sink()
        with running(sink), _tls_in_front(context, sink.port) as port:
            [outcome] = send(sink, use_tls=True, port=port)
        assert outcome.kind == mail.ACCEPTED


class _tls_in_front:
    """A TLS end in front of a plain port, for one connection."""

    def __init__(self, context: ssl.SSLContext, port: int) -> None:
        self._context, self._port = context, port

    def __enter__(self) -> int:
        self._listener = socket.create_server(("127.0.0.1", 0))
        threading.Thread(target=self._serve, daemon=True).start()
        return self._listener.getsockname()[1]

    def __exit__(self, *_: object) -> None:
        self._listener.close()

    def _serve(self) -> None:
        raw, _ = self._listener.accept()
        inner = socket.create_connection(("127.0.0.1", self._port))
        with self._context.wrap_socket(raw, server_side=True) as outer, inner:
            pump = threading.Thread(target=self._pump, args=(inner, outer), daemon=True)
            pump.start()
            self._pump(outer, inner)
            pump.join(2)

    @staticmethod
    def _pump(source: socket.socket, target: socket.socket) -> None:
        try:
            while data := source.recv(65536):
                target.sendall(data)
            target.shutdown(socket.SHUT_WR)
        except OSError:
            return


class TestSigningIn:
    def test_the_right_password(self):
        with running(Sink(), password="secret") as sink:
            assert send(sink, user="me", password="secret")[0].kind == mail.ACCEPTED

    def test_the_wrong_password(self):
        with running(Sink(), password="secret") as sink:
            [outcome] = send(sink, user="me", password="wrong")
        assert (outcome.kind, outcome.code) == (mail.UNREACHABLE, "auth")
        assert "535" in outcome.words

    def test_a_password_that_the_protocol_cannot_carry(self):
        with running(Sink(), password="secret") as sink:
            [outcome] = send(sink, user="me", password="pässwörd")
        assert outcome.kind == mail.UNREACHABLE

    def test_a_server_without_sign_in(self):
        with running(Sink()) as sink:
            [outcome] = send(sink, user="me", password="secret")
        assert (outcome.kind, outcome.code) == (mail.UNREACHABLE, "auth")

    def test_the_password_stands_in_no_repr(self):
        assert "secret" not in repr(Server("h", 25, "me", "secret"))
