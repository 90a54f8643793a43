"""What the launcher says when the supervisor goes away in the middle of a word."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tierdash.launcher import ground as grounds
from tierdash.launcher.supervision import Supervision

WHOLE = (
    b"<?xml version='1.0'?><methodResponse><params><param><value><array><data></data></array></value></param></params>"
)
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\n"


@pytest.fixture
def supervision(place) -> Supervision:
    ground = grounds.survey({"TIERDASH_VAR_DIR": str(place / "var")})
    ground.run_dir.mkdir(parents=True)
    return Supervision(ground)


@contextmanager
def answering(supervision: Supervision, answer: bytes) -> Iterator[None]:
    """A supervisor that says so much and is gone."""
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(grounds.supervisor_socket(supervision.ground)))
        listener.listen()

        def answer_one() -> None:
            taken, _ = listener.accept()
            with taken:
                taken.recv(65536)
                taken.sendall(answer)

        thread = threading.Thread(target=answer_one, daemon=True)
        thread.start()
        yield
        thread.join(10)


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"HTT",
        HEAD + b"Content-Length: 4882\r\n\r\n" + WHOLE,
        HEAD + b"\r\n" + WHOLE,
        HEAD + b"Content-Length: 0\r\n\r\n",
    ],
    ids=["nothing", "a part of its head", "a part of its body", "a body without its end", "no body"],
)
def test_an_answer_that_breaks_off_is_a_supervisor_that_was_killed(supervision, answer):
    with answering(supervision, answer), pytest.raises(grounds.StartError, match="The supervisor was killed"):
        supervision.look()


def test_control_a_whole_answer_is_taken(supervision):
    body = WHOLE + b"</methodResponse>"
    with answering(supervision, HEAD + b"Content-Length: %d\r\n\r\n" % len(body) + body):
        supervision.look()


def test_nobody_listens(supervision):
    with pytest.raises(grounds.StartError, match="The supervisor was killed"):
        supervision.look()
