"""The command that imports: the same rules as the page, for scripts."""

import io
import sys

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from accounts import actions
from accounts.actions import imports as importing
from accounts.models import Import, Payment, Workspace
from tests.books import book
from tests.make import NOW, make_account, make_user, make_workspace

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
    assert "Payments imported: 2." in out
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
    assert "Payments imported: 2." in run(text, "--leave-out")


def test_a_large_file_is_carried_out_at_once(run, monkeypatch):
    monkeypatch.setattr(importing, "AT_ONCE", 0)
    assert "Payments imported: 2." in run()


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


class TestWhatAFileLeavesOpen:
    @pytest.mark.parametrize(
        ("text", "options", "expected"),
        [
            ("Date,Amount\n04/05/2025,5\n", ("--order", "month"), ("2025-04-05", "5", "USD", "purchase")),
            ('Date,Amount\n2025-05-01,"1,234"\n', ("--decimal", ","), ("2025-05-01", "1.234", "USD", "purchase")),
            (
                "Date,Amount\n2025-05-01,¥200\n",
                ("--yen", "JPY", "--rate", "JPY=0.0067"),
                ("2025-05-01", "200", "JPY", "purchase"),
            ),
            ("Date,Amount\n2025-05-01,-5\n", ("--minus", "payment"), ("2025-05-01", "5", "USD", "purchase")),
            (
                "Date,Amount,Status\n2025-05-01,5,Refunded\n",
                ("--refunded", "refund"),
                ("2025-05-01", "5", "USD", "refund"),
            ),
            (
                "Date,Amount\n2025-05-01,5\n",
                ("--currency", "EUR", "--rate", "EUR=1.08"),
                ("2025-05-01", "5", "EUR", "purchase"),
            ),
        ],
    )
    def test_is_said_with_options(self, run, text, options, expected):
        run(text, *options)
        payment = Payment.objects.get()
        assert (
            f"{payment.paid_at:%Y-%m-%d}",
            f"{payment.gross.normalize():f}",
            payment.currency,
            payment.kind,
        ) == expected

    @pytest.mark.parametrize("rate", ["EUR", "EUR=x", "EUR=0", "eur=1", "=1"])
    def test_a_rate_that_is_none_is_refused(self, run, rate):
        with pytest.raises(CommandError, match=r"is no rate, such as EUR=1\.08"):
            run(TABLE, "--rate", rate)

    def test_a_sheet_is_chosen_by_its_name(self, account, tmp_path, capsys):
        path = tmp_path / "bills.xlsx"
        path.write_bytes(
            book({"A": [["Date", "Amount"], ["2025-05-01", 5]], "B": [["Date", "Amount"], ["2025-05-02", 6]]})
        )
        call_command("import_payments", str(path), "--account", "production", "--sheet", "B")
        assert Payment.objects.get().gross == 6
        with pytest.raises(CommandError, match="There is no sheet 'C', but A, B"):
            call_command("import_payments", str(path), "--account", "production", "--sheet", "C")

    def test_many_problems_are_cut(self, account, tmp_path, capsys):
        path = tmp_path / "bills.csv"
        path.write_text("Date,Amount\n" + "soon,5\n" * 25)
        call_command("import_payments", str(path), "--account", "production", "--dry-run")
        assert "and 5 more" in capsys.readouterr().err

    def test_from_standard_input(self, account, monkeypatch, capsys):
        mail = b"Amount paid $50.00 ... Date paid May 1, 2025 ... Receipt number 1234-5678"
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(mail)))
        call_command("import_payments", "-", "--account", "production")
        assert Payment.objects.get().reference == "1234-5678"


class TestAWholeWorkspace:
    TEXT = "Account,Date,Amount\nproduction,2025-05-01,20\norg-9,2025-05-02,30\nx,2025-05-03,7\n"

    @pytest.fixture
    def owner(self):
        return make_user()

    @pytest.fixture
    def home(self, owner):
        make_account(owner, name="production")
        make_account(owner, name="research", organization_ref="org-9")
        return make_workspace(owner)

    @pytest.fixture
    def go(self, tmp_path, capsys, home):
        def call(text=TestAWholeWorkspace.TEXT, *options, name=""):
            path = tmp_path / "bills.csv"
            path.write_text(text)
            call_command("import_payments", str(path), "--workspace", name or str(home.pk), *options)
            return capsys.readouterr().out

        return call

    def test_rows_go_to_the_accounts_that_they_name(self, go, home):
        out = go(self.TEXT, "--leave-out", name=home.name)
        assert "2 new, 0 there already, 0 in conflict, 1 not understood" in out
        assert (
            "production: 1 new, 0 there already, 0 in conflict; counted: 0.00 -> 20.00 USD; advice: fund tier-2" in out
        )
        assert "research: 1 new" in out
        assert {payment.account.name for payment in Payment.objects.all()} == {"production", "research"}

    def test_a_name_of_nobody_stops_it(self, go, capsys):
        with pytest.raises(CommandError, match="--leave-out"):
            go()
        assert "line 4: account 'x': No account has this name or reference." in capsys.readouterr().err

    def test_names_are_led_to_accounts_or_left_out(self, go):
        assert "3 new" in go(self.TEXT, "--named", "X=research", "--dry-run")
        assert "2 new, 0 there already, 0 in conflict, 0 not understood, 1 left out" in go(self.TEXT, "--named", "x=-")
        assert Payment.objects.count() == 2

    @pytest.mark.parametrize(
        ("named", "why"), [("x", "must say NAME=ACCOUNT"), ("x=nowhere", "There is no account 'nowhere'")]
    )
    def test_names_that_lead_nowhere_are_refused(self, go, named, why):
        make_account(make_user(), name="nowhere")  # of somebody else
        with pytest.raises(CommandError, match=why):
            go(self.TEXT, "--named", named)

    def test_a_workspace_that_is_not_there(self, go):
        with pytest.raises(CommandError, match="There is no workspace 'nowhere'"):
            go(name="nowhere")

    def test_a_name_that_several_workspaces_have(self, go):
        make_user()
        Workspace.objects.update(name="Same")
        with pytest.raises(CommandError, match="Several workspaces are called"):
            go(name="same")

    def test_into_an_account_or_a_workspace_but_not_both(self, home, tmp_path):
        path = tmp_path / "bills.csv"
        path.write_text(TABLE)
        for homes in ((), ("--account", "production", "--workspace", str(home.pk))):
            with pytest.raises(CommandError, match="--account"):
                call_command("import_payments", str(path), *homes)


def test_the_help_suffices(capsys):
    with pytest.raises(SystemExit):
        call_command("import_payments", "--help")
    said = " ".join(capsys.readouterr().out.split())
    for part in (
        "by its reference (org-...) or its name",
        "--workspace NAME_OR_ID",
        "NAME=- leaves them out",
        "US dollars for one unit of a currency, such as EUR=1.08",
        "say what would be imported and write nothing",
        "and nothing was written; standard error says why",
    ):
        assert part in said, part
