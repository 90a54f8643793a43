"""`manage.py token` makes, lists and revokes."""

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from accounts.models import Token
from tests import make

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def clock(time_machine):
    time_machine.move_to(make.NOW, tick=False)


@pytest.fixture
def ann():
    return make.make_user("ann@example.org")


def token(*arguments: str) -> str:
    out = StringIO()
    call_command("token", *arguments, stdout=out, stderr=StringIO())
    return out.getvalue().strip()


def opens(secret: str) -> bool:
    return Client().get("/api/v1/accounts", headers={"Authorization": f"Bearer {secret}"}).status_code == 200


def test_the_token_alone_goes_to_standard_output_and_opens_the_api(ann):
    assert opens(token("create", "Ann@Example.org", "--name", "nightly", "--scope", "record"))
    made = Token.objects.get()
    assert (made.name, made.user, made.scopes) == ("nightly", ann, ["read", "record"])
    assert made.expires_at == make.NOW + timedelta(days=90)


def test_by_default_it_only_reads(ann):
    token("create", ann.email, "--name", "x", "--days", "0")
    assert (Token.objects.get().scopes, Token.objects.get().expires_at) == (["read"], None)


def test_the_list_shows_no_secret(ann):
    secret = token("create", ann.email, "--name", "nightly")
    make.make_token(make.make_user("bob@example.org"), name="other")
    listed = token("list", ann.email)
    assert secret not in listed
    assert listed.split("\t")[1:] == [
        "works",
        "read",
        f"{secret[:9]}…",
        "used never",
        "until 2025-08-18T12:00:00Z",
        "ann@example.org",
        "nightly",
    ]
    assert len(token("list").splitlines()) == 2


def test_a_revoked_token_opens_nothing(ann):
    secret = token("create", ann.email, "--name", "nightly")
    token("revoke", str(Token.objects.get().pk))
    assert not opens(secret)
    assert token("list").split("\t")[1] == "revoked"


@pytest.mark.parametrize(
    "arguments",
    [
        ("create", "nobody@example.org", "--name", "x"),
        ("create", "ann@example.org", "--name", " "),
        ("create", "ann@example.org", "--name", "x" * 101),
        ("create", "ann@example.org", "--name", "x", "--days", "-1"),
        ("create", "ann@example.org", "--name", "x", "--scope", "all"),
        ("create", "ann@example.org"),
        ("revoke", "7"),
        ("list", "nobody@example.org"),
        (),
    ],
)
def test_what_cannot_be_done_is_told(ann, arguments):
    with pytest.raises(CommandError):
        token(*arguments)
    assert not Token.objects.exists()


def test_help_suffices(capsys):
    with pytest.raises(SystemExit):
        call_command("token", "--help")
    told = capsys.readouterr().out
    for word in ("create", "list", "revoke", "Authorization: Bearer", "--scope record", "docs/api.md"):
        assert word in told
