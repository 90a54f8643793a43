"""What tests of the API share: a script that asks with a token."""

import json
from dataclasses import dataclass
from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from tests import make

API = "/api/v1"


@dataclass(frozen=True)
class Script:
    """Asks with a token. `headers` go along with every request."""

    secret: str
    client: Client

    def ask(self, method: str, path: str, said: Any = None, **headers: str):
        body = "" if said is None else json.dumps(said)
        headers = {"Authorization": f"Bearer {self.secret}"} | headers
        return self.client.generic(method.upper(), f"{API}{path}", body, "application/json", headers=headers)

    def get(self, path: str, **headers: str):
        return self.ask("get", path, **headers)

    def post(self, path: str, said: Any = None, **headers: str):
        return self.ask("post", path, said, **headers)

    def patch(self, path: str, said: Any = None, **headers: str):
        return self.ask("patch", path, said, **headers)


def script_of(user: User, **facts) -> Script:
    return Script(make.make_token(user, **facts).secret, Client(raise_request_exception=False))


@pytest.fixture
def ann(db) -> User:
    return make.make_user("ann@example.org")


@pytest.fixture
def script(ann) -> Script:
    return script_of(ann)


@pytest.fixture
def clock(time_machine):
    """The clock stands still at make.NOW; `move_to` and `shift` set it."""
    time_machine.move_to(make.NOW, tick=False)
    return time_machine


def problem(answer) -> tuple[int, str]:
    """The status and the kind of a problem; an answer that is none fails."""
    assert answer.headers["Content-Type"] == "application/problem+json"
    document = answer.json()
    assert document["status"] == answer.status_code
    return answer.status_code, document["type"].removeprefix("urn:tierdash:problem:")


def mistakes(answer) -> dict[str, str]:
    """The codes of the fields that cannot stand."""
    assert problem(answer)[1] == "invalid", answer.content
    return {mistake["field"]: mistake["code"] for mistake in answer.json()["errors"]}
