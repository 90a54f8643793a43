"""The command that imports: the same rules as the page, for scripts."""

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from accounts import actions
from accounts.actions import imports as importing
from accounts.models import Import, Payment
from tests.make import NOW, make_account

pytestmark = pytest.mark.django_db
TABLE = "Date,Amount,Invoice\n2025-05-01,20.00,INV-1\n2025-05-02,30.00,INV-2\n"


@pytest.fixture
def account():
    return make_account(name="production")


@pytest.fixture
def run(tmp_path, capsys, account):
    def call(text=TABLE, *options, name="production"):
        path = tmp_path / "bills.csv"
        path.write_text(text)
        call_command("import_payments", str(path), "--account", name, *options)
        return capsys.readouterr().out

    return call


def test_it_imports(run, account):
    out = run()
    assert "production: 2 new, 0 there already, 0 in conflict, 0 not understood" in out
    assert "counted: 0.00 -> 50.00 USD; advice: fund tier-2 ->" in out
    assert "2 payments imported." in out
    assert Payment.objects.count() == 2


def test_a_dry_run_writes_no_payment(run):
    assert "Nothing was written." in run(TABLE, "--dry-run")
    assert not Payment.objects.exists()
    assert Import.objects.get().state == "cancelled"


def test_the_same_file_again_is_no_mistake(run):
    run()
    assert "No row is new" in run()
    assert Payment.objects.count() == 2


def test_by_id_and_in_a_zone(run, account):
    run(TABLE, "--time-zone", "Asia/Shanghai", name=str(account.pk))
    assert Payment.objects.earliest("paid_at").paid_at.isoformat() == "2025-05-01T15:59:59+00:00"


def test_rows_that_are_not_understood(run, capsys):
    text = TABLE + "soon,5,\n"
    with pytest.raises(CommandError, match="--leave-out"):
        run(text)
    assert "line 4: day 'soon': This is no day" in capsys.readouterr().err
    assert not Payment.objects.exists()
    assert "2 payments imported." in run(text, "--leave-out")


def test_a_large_file_is_carried_out_at_once(run, monkeypatch):
    monkeypatch.setattr(importing, "AT_ONCE", 0)
    assert "2 payments imported." in run()


def test_an_archived_account(run, account):
    actions.archive_account(account, by=None, now=NOW)
    with pytest.raises(CommandError, match="archive"):
        run(TABLE, name=str(account.pk))


@pytest.mark.parametrize(
    ("text", "options", "name", "why"),
    [
        ("", (), "production", "There is nothing in it"),
        (TABLE, (), "nowhere", "There is no account 'nowhere'"),
        (TABLE, ("--time-zone", "Mars/Olympus"), "production", "no time zone"),
    ],
)
def test_what_cannot_be_is_refused(run, text, options, name, why):
    with pytest.raises(CommandError, match=why):
        run(text, *options, name=name)


def test_a_name_that_several_have(run):
    make_account(name="Production")
    with pytest.raises(CommandError, match="Several accounts"):
        run()


def test_a_file_that_is_not_there(account):
    with pytest.raises(CommandError, match="No such file"):
        call_command("import_payments", "/nowhere.csv", "--account", "production")


def test_a_file_of_which_nothing_is_understood_is_no_success(run):
    table = "Date,Amount\n2025-05-01,much\n"
    with pytest.raises(CommandError, match="not understood"):
        run(table)
    assert "Nothing was written." in run(table, "--dry-run")
    assert "No row is new" in run(table, "--leave-out")
