"""SMTP, one step at a time: only so can a failure before the letter left be told from one after it.

A letter counts as handed over from the instant its final dot is sent (RFC 5321 4.1.1.4, RFC 1047).
"""

import io
import os
import re
import smtplib
import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from threading import Timer
from typing import Any

from accounts.gateways import letter as mail

LINE_START_DOT = re.compile(rb"^\.", re.MULTILINE)
# Nothing that could end the address in an SMTP command and begin another.
BARE_ADDRESS = re.compile(r"[!-;=?-~]+@[!-;=?-~]+")
SERVICE_CLOSING = 421


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds: for one step, for everything before the letter itself, for the answer to its final dot.

    The standard asks for ten minutes for that answer; two are enough in practice, and less would make doubts.
    """

    step: float = 20
    before_data: float = 90
    reply: float = 120


@dataclass(frozen=True, slots=True)
class Server:
    """Where mail leaves. `use_starttls` and `use_tls` (TLS from the first byte) demand a trusted certificate."""

    host: str
    port: int
    user: str = ""
    password: str = ""
    use_starttls: bool = False
    use_tls: bool = False
    our_name: str = "localhost"
    patience: Patience = Patience()

    def __repr__(self) -> str:
        return f"Server({self.host}:{self.port})"

    @contextmanager
    def open(self) -> Iterator["Session"]:
        session = Session(self)
        try:
            yield session
        finally:
            session.close()


class _WholeLines:
    """A reader that knows a line cut short: smtplib alone takes the "25" of a broken connection for an answer."""

    def __init__(self, file: io.BufferedReader) -> None:
        self._file = file

    def readline(self, limit: int = -1) -> bytes:
        line = self._file.readline(limit)
        if line and not line.endswith(b"\n") and len(line) != limit:
            raise ConnectionError("the connection broke within an answer")
        return line

    def close(self) -> None:
        self._file.close()


class _Client(smtplib.SMTP):
    """smtplib's client whose TCP connection can be cut by another thread, even in the middle of a handshake."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._tcp: socket.socket | None = None
        super().__init__(timeout=server.patience.step, local_hostname=server.our_name)
        self._host = server.host  # smtplib checks the certificate against this name

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        tcp = socket.create_connection((host, port), timeout)
        # A handle of its own: wrapping a socket in TLS takes the first one away.
        self._tcp = socket.socket(fileno=os.dup(tcp.fileno()))
        return ssl.create_default_context().wrap_socket(tcp, server_hostname=host) if self._server.use_tls else tcp

    def start(self) -> None:
        """Connect, agree on TLS, sign in. Raises what smtplib raises; never goes on in the clear when TLS is asked."""
        server = self._server
        code, words = self.connect(server.host, server.port)
        if code != 220:
            raise smtplib.SMTPConnectError(code, words)
        self.ehlo_or_helo_if_needed()
        if server.use_starttls:
            self.starttls(context=ssl.create_default_context())
            self.ehlo_or_helo_if_needed()
        if server.user:
            self.login(server.user, server.password)

    def getreply(self) -> tuple[int, bytes]:
        if self.file is None and self.sock is not None:
            self.file = _WholeLines(self.sock.makefile("rb"))
        return super().getreply()

    def wait_for_reply(self, seconds: float) -> None:
        if self.sock is not None:
            self.sock.settimeout(seconds)

    def cut(self) -> None:
        if self._tcp is not None:
            with suppress(OSError):
                self._tcp.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        super().close()
        if self._tcp is not None:
            self._tcp.close()
            self._tcp = None


class Session:
    """One connection, used for letter after letter, made anew when it breaks."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._client: _Client | None = None

    def send(self, letter: mail.Letter, fence: mail.Fence) -> mail.Outcome:
        patience = self._server.patience
        with self._cut_after(patience.before_data):
            try:
                client = self._connected()
            except (
                OSError,
                ValueError,
            ) as error:  # smtplib's and ssl's errors are OSErrors; a bad name is a ValueError
                self.close()
                return _unreachable(error)
            refusal = self._introduce(client, letter)
            if refusal is not None:
                return refusal
            if not fence():
                return mail.Outcome(mail.WITHDRAWN)
        with self._cut_after(2 * patience.step):
            refusal = self._step(lambda: self._dictate(client, letter))
            if refusal is not None:
                return refusal
        with self._cut_after(patience.reply):
            return self._finish(client)

    def close(self) -> None:
        client, self._client = self._client, None
        if client is None:
            return
        with self._cut_after(self._server.patience.step, client), suppress(OSError):
            client.quit()  # whatever it answers: what was accepted stays accepted
        client.close()

    def _connected(self) -> _Client:
        if self._client is not None:
            # The server may have closed a kept connection; and what the letter before left behind is forgotten.
            with suppress(OSError):
                if self._client.rset()[0] == 250:
                    return self._client
            self.close()
        self._client = _Client(self._server)
        self._client.start()
        return self._client

    def _introduce(self, client: _Client, letter: mail.Letter) -> mail.Outcome | None:
        """Name sender and recipient; answer None when both were taken."""
        for address in (letter.sender, letter.recipient):
            if not BARE_ADDRESS.fullmatch(address):
                return mail.Outcome(mail.REFUSED, "address", mail.one_line(address))
        refusal = self._step(lambda: client.mail(letter.sender), wanted=(250,))
        if refusal is not None and refusal.kind == mail.REFUSED:
            # The sender is the same for every letter: this is the server's settings or ours, not this letter.
            return mail.Outcome(mail.UNREACHABLE, refusal.code, refusal.words)
        return refusal or self._step(lambda: client.rcpt(letter.recipient), wanted=(250, 251))

    def _dictate(self, client: _Client, letter: mail.Letter) -> tuple[int, bytes]:
        """Send everything but the final dot. Without that dot a server must not accept the letter."""
        code, words = client.docmd("DATA")
        if code == 354:
            body = LINE_START_DOT.sub(b"..", letter.content)
            client.send(body if body.endswith(b"\r\n") else body + b"\r\n")
        return code, words

    def _step(self, ask: Callable[[], tuple[int, bytes]], *, wanted: tuple[int, ...] = (354,)) -> mail.Outcome | None:
        """Take a step that can fail without doubt; answer None when it went well."""
        try:
            code, words = ask()
        except OSError as error:
            self.close()
            return mail.Outcome(mail.REFUSED_FOR_NOW, "lost", mail.one_line(str(error)))
        except ValueError as error:  # line breaks or letters that no envelope can hold
            return mail.Outcome(mail.REFUSED, "address", mail.one_line(str(error)))
        if code in wanted:
            return None
        if code == SERVICE_CLOSING:
            self.close()
        return mail.Outcome(
            mail.REFUSED if 500 <= code < 600 else mail.REFUSED_FOR_NOW, str(code), mail.one_line(words)
        )

    def _finish(self, client: _Client) -> mail.Outcome:
        client.wait_for_reply(self._server.patience.reply)
        try:
            client.send(b".\r\n")
            code, words = client.getreply()
        except OSError as error:
            self.close()
            return mail.Outcome(mail.UNKNOWN, "no_answer", mail.one_line(str(error)))
        client.wait_for_reply(self._server.patience.step)
        kinds = {2: mail.ACCEPTED, 4: mail.REFUSED_FOR_NOW, 5: mail.REFUSED}
        if code == SERVICE_CLOSING:
            self.close()
        return mail.Outcome(kinds.get(code // 100, mail.UNKNOWN), str(code), mail.one_line(words))

    @contextmanager
    def _cut_after(self, seconds: float, client: _Client | None = None) -> Iterator[None]:
        """Bound the whole of several steps: a server that sends a byte a second never runs into a socket's timeout."""

        def cut() -> None:
            held = client or self._client
            if held is not None:
                held.cut()

        timer = Timer(seconds, cut)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()


def _unreachable(error: OSError | ValueError) -> mail.Outcome:
    words: Any = str(error)
    code = "unreachable"
    match error:
        case smtplib.SMTPAuthenticationError():
            code, words = "auth", f"{error.smtp_code} {mail.one_line(error.smtp_error)}"
        case smtplib.SMTPResponseException():
            code, words = str(error.smtp_code), error.smtp_error
        case ssl.SSLError() | smtplib.SMTPNotSupportedError():
            code = "tls" if isinstance(error, ssl.SSLError) or "STARTTLS" in str(error) else "auth"
        case ValueError():  # an untrusted certificate is one too, so it stands after that
            code = "settings"
    return mail.Outcome(mail.UNREACHABLE, code, mail.one_line(words))
