"""docs/api.md: its examples are run as they stand there, and answer what it says."""

import json
import re
import shlex
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client

from accounts.api.problems import KINDS
from accounts.models.token import SCOPES
from tests import make
from tests.api.conftest import API

MANUAL = (Path(settings.BASE_DIR) / "docs" / "api.md").read_text()
BLOCK = re.compile(r"```sh\n(.*?)```(?:\n\n```json\n(.*?)```)?", re.DOTALL)
EXAMPLES = [
    (command.strip(), answer)
    for block, answer in BLOCK.findall(MANUAL)
    for command in re.split(r"\n(?=curl )", block.replace("\\\n", " "))
]


def run(command: str, known: dict[str, str]):
    """Send what a line of curl would send."""
    for name, value in known.items():
        command = command.replace(f"${name}", value)
    [curl, *words] = shlex.split(command)
    assert curl == "curl"
    method, headers, body, address = "", {}, "", ""
    while words:
        word = words.pop(0)
        if word == "-H":
            name, _colon, value = words.pop(0).partition(": ")
            headers[name] = value
        elif word == "-X":
            method = words.pop(0)
        elif word == "--json":
            body = words.pop(0)
        else:
            address = word
    method = method or ("POST" if body else "GET")
    return Client().generic(method, address, body, "application/json", headers=headers)


def assert_says(told, found) -> None:
    """Whatever the manual shows is in the answer, which may have more."""
    if isinstance(told, dict):
        for name, value in told.items():
            assert_says(value, found[name])
    else:
        assert told == found


def test_there_are_examples():
    assert len(EXAMPLES) >= 10


@pytest.mark.django_db
@pytest.mark.usefixtures("clock")
@pytest.mark.parametrize(("command", "answer"), EXAMPLES, ids=range(len(EXAMPLES)))
def test_an_example_does_what_the_manual_says(command, answer, ann):
    account = make.make_account(ann, payments=[("50.00", "05-01T10:00")])
    payment = make.make_payment(account, "10.00", make.instant("05-19T10:00"))
    known = {"TIERDASH": API, "ACCOUNT": str(account.pk), "PAYMENT": str(payment.uid)}
    response = run(command, known | {"TOKEN": make.make_token(ann).secret})
    expected = json.loads(answer) if answer else {}
    assert response.status_code in ({expected["status"]} if "errors" in expected else {200, 201}), response.content
    assert_says(expected, response.json())


def test_every_problem_and_every_scope_is_told():
    assert {kind for kind in KINDS if f"`{kind}`" not in MANUAL} == set()
    assert {scope for scope in SCOPES if f"`{scope}`" not in MANUAL} == set()
    assert {
        str(kind.status) for kind in KINDS.values() if not re.search(rf"^\|.*\b{kind.status}\b", MANUAL, re.M)
    } == set()
