"""`manage.py person` lets people in and lists them; `list_accounts` names what other commands take."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from accounts import actions
from accounts.models import User
from tests import make

pytestmark = pytest.mark.django_db


def run(*arguments: str) -> str:
    out = StringIO()
    call_command(*arguments, stdout=out, stderr=StringIO())
    return out.getvalue()


def test_a_person_is_let_in_where_nobody_may_sign_up(settings, client, mailoutbox):
    settings.SIGN_UP_IS_OPEN = False
    make.make_user("first@example.org")
    said = run(
        "person", "create", "Ann@Example.org", "--name", "Ann", "--language", "zh-hans", "--time-zone", "Asia/Shanghai"
    )
    ann = User.objects.get(email="ann@example.org")
    assert (ann.name, ann.language, ann.time_zone, ann.is_superuser) == ("Ann", "zh-hans", "Asia/Shanghai", False)
    assert [(each.workspace.name, each.role) for each in ann.memberships.all()] == [("Ann", "owner")]
    assert "/account/password/reset/" in said
    assert "manage.py changepassword ann@example.org" in said
    client.post("/account/password/reset/", {"email": "ann@example.org"})
    assert [mail.to for mail in mailoutbox] == [["ann@example.org"]]


def test_an_administrator_may_run_the_instance():
    make.make_user("first@example.org")
    run("person", "create", "ann@example.org", "--administrator")
    assert User.objects.get(email="ann@example.org").is_superuser


def test_the_first_one_is_the_administrator_anyway():
    run("person", "create", "ann@example.org")
    assert User.objects.get().is_superuser


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["create", "ann@example.org"], "here already"),
        (["create", "ANN@example.org "], "here already"),
        (["create", "nobody"], "no e-mail address"),
        (["create", "bo@example.org", "--time-zone", "Mars/Olympus"], "no time zone"),
        (["create", "bo@example.org", "--name", "x" * 101], "at most 100"),
        (["create", "bo@example.org", "--name", "a\nb"], "in one line"),
        (["create", "bo@example.org", "--language", "tlh"], "invalid choice"),
        ([], "required"),
    ],
)
def test_what_cannot_be_is_told(arguments, says):
    make.make_user("ann@example.org")
    with pytest.raises(CommandError, match=says):
        run("person", *arguments)
    assert User.objects.count() == 1


def test_everybody_is_listed():
    ann = make.make_user("ann@example.org", name="Ann")
    bo = make.make_member(make.make_workspace(ann), "viewer", "bo@example.org")
    User.objects.filter(pk=bo.pk).update(is_active=False, last_login=make.NOW)
    assert [line.split("\t") for line in run("person", "list").splitlines()] == [
        ["ann@example.org", "Ann", "administrator", "last here never", "Ann (owner)"],
        ["bo@example.org", "", "locked out", "last here 2025-05-20T12:00:00Z", "Ann (viewer)"],
    ]


def test_accounts_are_listed_by_their_ids():
    ann = make.make_user("ann@example.org", name="Ann")
    production = make.make_account(ann, name="production", payments=[("50.00", "05-01T10:00")])
    staging = make.make_account(ann, name="staging")
    actions.archive_account(staging, by=ann, now=make.NOW)
    make.make_account(make.make_user("bo@example.org", name="Bo"), name="other")
    row = [str(production.pk), "production", "Ann", "openai/2025-05", "tier-1", "top_up"]
    assert run("list_accounts", "--workspace", "Ann").strip().split("\t") == row
    assert len(run("list_accounts").splitlines()) == 2
    assert "in the archive" in run("list_accounts", "--archived")
    assert run("list_accounts", "--workspace", "Nobody") == ""
