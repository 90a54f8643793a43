"""A real SMTP server that does as a script says at each step, and remembers what it accepted."""

import asyncio
import email
import email.policy
import ssl
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult

# What a step may do instead of going well; any other text is the reply.
DROP = "drop"  # break the connection without a word
DROP_AFTER = "drop after"  # accept, then break the connection
CUT_SHORT = "cut short"  # begin a good answer and break the connection within it
DRIP = "drip"  # one byte, again and again, without ever ending the line


@dataclass
class Sink:
    """`script` maps a step (banner, ehlo, auth, mail, rcpt, data, dot, rset, quit) to an action, or to a list of
    actions of which each is used once. A number of seconds delays the good answer.
    """

    script: dict[str, Any] = field(default_factory=dict)
    accepted: list[email.message.EmailMessage] = field(default_factory=list)
    recipients: list[str] = field(default_factory=list)
    connections: int = 0
    port: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def action(self, step: str) -> Any:
        with self.lock:
            said = self.script.get(step)
            if isinstance(said, list):
                return said.pop(0) if said else None
            return said

    def accept(self, envelope: Any) -> None:
        with self.lock:
            self.accepted.append(email.message_from_bytes(envelope.content, policy=email.policy.default))
            self.recipients += envelope.rcpt_tos

    def ids(self) -> list[str]:
        return [message["Message-ID"] for message in self.accepted]


class _Server(SMTP):
    sink: Sink

    async def _obey(self, action: Any) -> bool:
        """Do what the script says instead of the step; False when the step shall go well."""
        if action is None:
            return False
        if action == DROP:
            self.transport.abort()
        elif action == CUT_SHORT:
            self._writer.write(b"250")
            await self._writer.drain()
            self.transport.close()
        elif action == DRIP:
            while not self.transport.is_closing():
                self._writer.write(b"2")
                await asyncio.sleep(0.05)
        elif isinstance(action, int | float):
            await asyncio.sleep(action)
            return False
        elif isinstance(action, bytes):
            self._writer.write(action)
            await self._writer.drain()
        else:
            await super().push(action)
            if action.startswith("421"):
                self.transport.close()
        return True

    async def push(self, status: Any) -> None:
        if isinstance(status, str) and status.startswith("220 ") and "Ready to start TLS" not in status:
            self.sink.connections += 1
            if await self._obey(self.sink.action("banner")):
                return
        await super().push(status)

    async def smtp_EHLO(self, hostname: str) -> None:
        if not await self._obey(self.sink.action("ehlo")):
            await super().smtp_EHLO(hostname)

    async def smtp_MAIL(self, arg: str | None) -> None:
        if not await self._obey(self.sink.action("mail")):
            await super().smtp_MAIL(arg)

    async def smtp_RCPT(self, arg: str | None) -> None:
        if not await self._obey(self.sink.action("rcpt")):
            await super().smtp_RCPT(arg)

    async def smtp_DATA(self, arg: str) -> None:
        if not await self._obey(self.sink.action("data")):
            await super().smtp_DATA(arg)

    async def smtp_RSET(self, arg: str | None) -> None:
        if not await self._obey(self.sink.action("rset")):
            await super().smtp_RSET(arg)

    async def smtp_QUIT(self, arg: str) -> None:
        if not await self._obey(self.sink.action("quit")):
            await super().smtp_QUIT(arg)


class _Handler:
    def __init__(self, sink: Sink) -> None:
        self.sink = sink

    async def handle_DATA(self, server: _Server, session: Any, envelope: Any) -> str:
        action = self.sink.action("dot")
        if action == DROP_AFTER:
            self.sink.accept(envelope)
            server.transport.abort()
            return "250 OK"
        if isinstance(action, int | float):
            self.sink.accept(envelope)
            await asyncio.sleep(action)
            return "250 OK"
        if await server._obey(action):
            return ""
        self.sink.accept(envelope)
        return "250 2.0.0 taken"


@contextmanager
def running(sink: Sink, *, tls: ssl.SSLContext | None = None, password: str = "", **options: Any) -> Iterator[Sink]:
    """Run the server in a thread, on a free port of the loopback."""

    def authenticate(_server: Any, _session: Any, _envelope: Any, _mechanism: str, data: Any) -> AuthResult:
        return AuthResult(success=data.password.decode() == password, handled=False)

    if password:
        options |= {"authenticator": authenticate, "auth_required": True, "auth_require_tls": False}
    if tls is not None:
        options |= {"tls_context": tls, "require_starttls": True}
    served: list[_Server] = []
    loop = asyncio.new_event_loop()

    def serve() -> _Server:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # signing in without TLS is what some tests are about
            server = _Server(_Handler(sink), hostname="sink.example", loop=loop, **options)
        server.sink = sink
        served.append(server)
        return server

    listener = loop.run_until_complete(loop.create_server(serve, "127.0.0.1", 0))
    sink.port = listener.sockets[0].getsockname()[1]
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    try:
        yield sink
    finally:
        asyncio.run_coroutine_threadsafe(_end(listener, served), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()


async def _end(listener: asyncio.Server, served: list[_Server]) -> None:
    listener.close()
    for server in served:
        if server.transport is not None:
            server.transport.abort()
    await asyncio.sleep(0.01)
    tasks = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
