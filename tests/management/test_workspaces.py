"""The commands that write a workspace to a file and bring it back."""

import json
from io import StringIO

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from accounts import exports
from accounts.models import Account, User, Workspace
from tests import make
from tests.exports.everything import wipe

pytestmark = pytest.mark.django_db


def run(*arguments) -> str:
    out = StringIO()
    call_command(*arguments, stdout=out, stderr=out)
    return out.getvalue()


@pytest.fixture
def home():
    ann = make.make_user("ann@example.org", name="Ann")
    return make.make_account(ann, payments=[("50.00", "05-01T10:00")]).workspace


@pytest.mark.parametrize("called", ["name", "id"])
def test_there_and_back(home, tmp_path, called):
    file = tmp_path / "ann.json"
    said = run("export_workspace", str(home.pk) if called == "id" else "Ann", "-o", str(file))
    assert str(file) in said
    wipe()
    assert "is back; accounts: 1." in run("restore_workspace", str(file))
    assert Workspace.objects.get().pk == home.pk
    assert User.objects.get().email == "ann@example.org"


def test_for_one_person_alone(home, tmp_path):
    file = tmp_path / "ann.json"
    run("export_workspace", "Ann", "-o", str(file))
    wipe()
    make.make_rulebook()
    bo = make.make_user("bo@example.org")
    run("restore_workspace", str(file), "--for", "Bo@example.org")
    assert Account.objects.visible_to(bo).count() == 1
    assert list(User.objects.all()) == [bo]


@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_tables(home, tmp_path, form):
    file = tmp_path / "ann"
    run("export_workspace", "Ann", "--format", form, "-o", str(file))
    assert file.read_bytes().startswith(b"PK")


def test_standard_output_is_the_document_alone(home, capfdbinary):
    run("export_workspace", "Ann")
    assert json.loads(capfdbinary.readouterr().out)["workspace"]["name"] == "Ann"


def test_the_list_and_the_schema(home):
    assert f"{home.pk}\tAnn\tann@example.org\n" in run("export_workspace", "--list")
    assert json.loads(run("export_workspace", "--schema"))["title"] == exports.SCHEMA


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["export_workspace"], "Which workspace"),
        (["export_workspace", "Bo"], "no workspace 'Bo'"),
        (["export_workspace", "Ann", "-o", "/nowhere/ann.json"], "No such file"),
        (["restore_workspace", "/nowhere/ann.json"], "No such file"),
        (["restore_workspace", "/dev/null", "--for", "nobody@example.org"], "Nobody here"),
        (["restore_workspace", "/dev/null"], "not JSON"),
    ],
)
def test_what_is_wrong_is_said(home, arguments, says):
    with pytest.raises(CommandError, match=says):
        run(*arguments)


def test_two_of_one_name_are_told_apart_by_their_ids(home):
    make.make_user(name="Ann")
    with pytest.raises(CommandError, match="2 workspaces"):
        run("export_workspace", "Ann")
