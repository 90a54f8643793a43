"""A table for a whole workspace: each row to its account, all of them or none, undone with one call."""

from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from django.db import OperationalError

from accounts import actions
from accounts.actions import carrying, standings
from accounts.actions import imports as importing
from accounts.gateways.tables import Unreadable
from accounts.models import Account, Event, Import, Payment, Standing
from accounts.rules.imports import LEAVE_OUT, Choices
from tests.actions.test_imports import elsewhere
from tests.books import book
from tests.make import NOW, instant, make_account, make_payment, make_user, make_workspace

UTC = ZoneInfo("UTC")
TABLE = (
    "Organization,Date,Amount,Invoice\n"
    "org-1,2025-05-01,20.00,INV-1\n"
    "Second,2025-05-02,30.00,INV-2\n"
    "org-1,2025-05-03,7.00,INV-3\n"
)
pytestmark = pytest.mark.django_db


@pytest.fixture
def owner():
    return make_user()


@pytest.fixture
def home(owner):
    return make_workspace(owner)


@pytest.fixture
def one(owner):
    return make_account(owner, name="first", organization_ref="org-1")


@pytest.fixture
def two(owner, one):
    return make_account(owner, name="second", organization_ref="org-2")


def begin(home, text=TABLE, **facts):
    facts = {"file_name": "bills.csv", "zone": UTC, "by": None, "now": NOW} | facts
    return actions.begin_import(home, content=text if isinstance(text, bytes) else text.encode(), **facts)


def bring(home, text=TABLE, *, leaves_out=False, now=NOW, **facts):
    return actions.start_import(begin(home, text, now=now, **facts), leaves_out=leaves_out, by=None, now=now)


def choose(held, **accounts):
    """Choose accounts for names of a draft; the names' keys have no spaces here."""
    columns, said = held.columns, held.open_choices
    choices = Choices(accounts={**said.accounts, **{name: str(account) for name, account in accounts.items()}})
    return actions.map_import(held, columns=columns, choices=choices, by=None, now=NOW)


def amounts(account):
    return [f"{line.gross.normalize():f}" for line in account.payments.exclude(status="void").in_entry_order()]


def codes(reading):
    return [problem.code for row in reading.rows for problem in row.problems]


class TestRows:
    def test_go_to_the_accounts_that_they_name(self, home, one, two):
        held = bring(home)
        assert (held.state, held.added, held.account, held.workspace) == ("done", 3, None, home)
        assert (amounts(one), amounts(two)) == (["20", "7"], ["30"])
        assert {payment.came_by_id for payment in Payment.objects.all()} == {held.pk}

    def test_settle_each_account_once_with_a_history_of_its_own(self, home, one, two):
        bring(home)
        counted = {
            standing.account_id: standing.document["counted_usd"]
            for standing in Standing.objects.filter(account__in=[one, two])
        }
        assert counted == {one.pk: "27.00", two.pk: "30.00"}
        told = {
            event.account_id: (event.facts["added"], event.facts["first"])
            for event in Event.objects.filter(kind="payments_imported")
        }
        assert told == {one.pk: (2, "2025-05-01T23:59:59Z"), two.pk: (1, "2025-05-02T23:59:59Z")}

    def test_of_one_account_are_duplicates_there_only(self, home, one, two):
        make_payment(two, "20", "05-01T10:00", reference="INV-1")
        make_payment(one, "7", "05-03T10:00", reference="INV-3")
        held = bring(home)
        assert (held.added, held.duplicates) == (2, 1)

    def test_twice_change_nothing(self, home, one, two):
        bring(home)
        with pytest.raises(actions.ImportRefused, match="nothing"):
            bring(home)
        assert Payment.objects.count() == 3

    def test_an_account_that_gets_nothing_new_has_no_event(self, home, one, two):
        bring(home, TABLE.rpartition("org-1")[0])
        before = Event.objects.filter(account=two).count()
        bring(home)
        assert Event.objects.filter(account=two).count() == before
        assert Event.objects.filter(account=one, kind="payments_imported").count() == 2

    def test_refunds_find_the_payment_of_their_account(self, home, one, two):
        text = "Account,Date,Amount,Invoice\nfirst,2025-05-01,20,A\nsecond,2025-05-01,30,A\nsecond,2025-05-02,-30,A\n"
        bring(home, text)
        assert Payment.objects.get(kind="refund").undoes == two.payments.get(kind="purchase")


class TestNames:
    @pytest.mark.parametrize("name", ["nobody", "org-9", ""])
    def test_that_lead_nowhere_are_not_understood(self, home, one, name):
        held = begin(home, f"Account,Date,Amount\n{name},2025-05-01,5\nfirst,2025-05-01,6\n")
        assert held.left_out == 1
        with pytest.raises(actions.ImportRefused, match="not_understood"):
            actions.start_import(held, leaves_out=False, by=None, now=NOW)
        assert not Payment.objects.exists()

    def test_make_no_account(self, home, one):
        bring(home, TABLE, leaves_out=True)
        assert Account.objects.count() == 1

    def test_of_another_workspace_are_unknown(self, home, one):
        make_account(make_user(), name="theirs", organization_ref="org-2")
        reading = actions.read_import(
            begin(home, "Account,Date,Amount\ntheirs,2025-05-01,5\norg-2,2025-05-01,5\n"), now=NOW
        )
        assert codes(reading) == ["unknown", "unknown"]

    def test_in_the_archive_say_so(self, home, one, two):
        actions.archive_account(two, by=None, now=NOW)
        reading = actions.read_import(begin(home), now=NOW)
        assert codes(reading) == ["archived"]

    def test_are_chosen_and_remembered_for_tables_of_this_kind(self, home, one, two):
        text = "Account,Date,Amount\nX,2025-05-01,5\nY,2025-05-02,6\n,2025-05-03,7\n"
        held = begin(home, text)
        reading = choose(held, x=two.pk, y=LEAVE_OUT, **{"": one.pk})
        assert ([(n.text, n.code, n.chosen) for n in reading.strangers][:1], reading.troubled, reading.skipped) == (
            [("X", "unknown", str(two.pk))],
            0,
            1,
        )
        held = actions.start_import(held, leaves_out=False, by=None, now=NOW)
        assert (held.added, held.left_out, amounts(one), amounts(two)) == (2, 1, ["7"], ["5"])
        again = begin(home, "Account,Date,Amount\nX,2025-05-05,8\nY,2025-05-05,8\n,2025-05-05,8\n")
        assert again.open_choices.accounts == {"x": str(two.pk), "y": LEAVE_OUT}
        assert codes(actions.read_import(again, now=NOW)) == ["left_out", "missing"]

    def test_chosen_for_an_account_that_was_archived_since_are_open_again(self, home, one, two):
        held = begin(home, "Account,Date,Amount\nX,2025-05-01,5\n")
        choose(held, x=two.pk)
        actions.archive_account(two, by=None, now=NOW)
        assert codes(actions.read_import(held, now=NOW)) == ["unknown"]

    def test_a_choice_that_is_no_account_of_the_workspace_leads_nowhere(self, home, one):
        held = begin(home, "Account,Date,Amount\nX,2025-05-01,5\n")
        theirs = make_account(make_user(), name="theirs")
        assert codes(choose(held, x=theirs.pk)) == ["unknown"]

    def test_without_a_column_every_row_can_be_given_an_account(self, home, one):
        held = begin(home, "Date,Amount\n2025-05-01,5\n")
        assert codes(actions.read_import(held, now=NOW)) == ["missing"]
        choose(held, **{"": one.pk})
        assert actions.start_import(held, leaves_out=False, by=None, now=NOW).added == 1

    def test_are_known_without_headings(self, home, one, two):
        assert bring(home, "2025-05-01\tfirst\t$5.00\n2025-05-02\tsecond\t$6.00\n").added == 2

    def test_that_lead_elsewhere_than_was_seen_stop_it(self, home, one, two):
        held = begin(home)
        seen = actions.read_import(held, now=NOW).destined
        Account.objects.filter(pk=two.pk).update(name="renamed")
        Account.objects.filter(pk=one.pk).update(name="second")
        with pytest.raises(actions.ImportRefused, match="moved"):
            actions.start_import(held, leaves_out=False, destined=seen, by=None, now=NOW)
        assert Import.objects.get().state == "draft"
        Account.objects.filter(pk=one.pk).update(name="first")
        Account.objects.filter(pk=two.pk).update(name="second")
        assert actions.start_import(held, leaves_out=False, destined=seen, by=None, now=NOW).added == 3


class TestOneAccount:
    """A table for one account that has a column of accounts."""

    def test_rows_of_others_are_shown_and_not_swallowed(self, home, one, two):
        held = begin(one)
        reading = actions.read_import(held, now=NOW)
        assert (codes(reading), held.left_out) == (["other"], 1)
        with pytest.raises(actions.ImportRefused, match="not_understood"):
            actions.start_import(held, leaves_out=False, by=None, now=NOW)
        assert actions.start_import(held, leaves_out=True, by=None, now=NOW).added == 2
        assert amounts(two) == []

    def test_rows_without_a_name_are_its_own(self, one):
        assert bring(one, "Account,Date,Amount\n,2025-05-01,5\nFIRST,2025-05-02,6\n").added == 2

    def test_unknown_names_may_be_its_own(self, home, one, two):
        held = begin(one, "Organization,Date,Amount\norg-old,2025-05-01,5\nsecond,2025-05-01,6\n")
        reading = choose(held, **{"org-old": one.pk, "second": LEAVE_OUT})
        assert (reading.troubled, reading.skipped) == (0, 1)
        assert codes(choose(held, **{"org-old": two.pk})) == ["unknown", "left_out"]

    def test_it_can_be_widened(self, home, one, two):
        held = actions.widen_import(begin(one), by=None, now=NOW)
        assert (held.left_out, Import.objects.get().workspace) == (0, home)
        assert actions.start_import(held, leaves_out=False, by=None, now=NOW).added == 3

    def test_what_is_no_draft_is_not_widened(self, one):
        held = begin(one)
        actions.cancel_import(held, by=None, now=NOW)
        with pytest.raises(actions.ImportRefused, match="over"):
            actions.widen_import(held, by=None, now=NOW)


class TestAllOrNothing:
    def test_a_failure_at_the_second_account_writes_nothing(self, home, one, two, monkeypatch):
        real = actions.settle

        def fail(accounts, **facts):
            real(accounts[:1], **facts)
            raise OperationalError("away")

        monkeypatch.setattr("accounts.actions.importing.settle", fail)
        with pytest.raises(OperationalError):
            bring(home)
        assert not Payment.objects.exists()
        assert not Event.objects.filter(kind="payments_imported").exists()

    def test_an_account_that_cannot_be_assessed_stops_all(self, home, one, two, monkeypatch):
        held, real = begin(home), standings.assess

        def poisoned(account, *arguments, **facts):
            if account.pk == two.pk:
                raise ValueError("poisoned")
            return real(account, *arguments, **facts)

        monkeypatch.setattr(standings, "assess", poisoned)
        with pytest.raises(ValueError, match="poisoned"):
            actions.start_import(held, leaves_out=False, by=None, now=NOW)
        assert not Payment.objects.exists()

    def test_an_account_that_is_archived_before_it_is_locked_stops_all(self, home, one, two, monkeypatch):
        held, real = begin(home), importing.read_import

        def read(*arguments, **facts):
            reading = real(*arguments, **facts)
            actions.archive_account(two, by=None, now=NOW)
            return reading

        monkeypatch.setattr(importing, "read_import", read)
        with pytest.raises(actions.ImportRefused, match="archived"):
            actions.start_import(held, leaves_out=False, by=None, now=NOW)
        assert not Payment.objects.exists()


class TestUndoing:
    def test_takes_everything_back_with_one_call(self, home, one, two):
        held = actions.undo_import(bring(home), by=None, now=NOW)
        assert (held.state, held.kept, amounts(one), amounts(two)) == ("undone", 0, [], [])
        assert {standing.document["counted_usd"] for standing in Standing.objects.all()} == {"0.00"}
        voided = {event.account_id: event.facts["voided"] for event in Event.objects.filter(kind="import_undone")}
        assert voided == {one.pk: 2, two.pk: 1}

    def test_leaves_what_was_touched_and_says_so_where_it_was(self, home, one, two):
        held = bring(home)
        later = instant("05-21T00:00")
        make_payment(one, "7", later, kind="refund", undoes=Payment.objects.get(reference="INV-3"), now=later)
        held = actions.undo_import(held, by=None, now=later)
        assert (held.kept, amounts(one), amounts(two)) == (1, ["7", "7"], [])
        kept = {event.account_id: event.facts["kept"] for event in Event.objects.filter(kind="import_undone")}
        assert kept == {one.pk: 1, two.pk: 0}

    def test_a_restored_payment_gets_back_its_own_status(self, home, one, two):
        text = "Account,Date,Amount,Status\nfirst,2025-05-01,5,Failed\nsecond,2025-05-01,6,Pending\n"
        actions.undo_import(bring(home, text), by=None, now=NOW)
        for payment in Payment.objects.all():
            actions.restore_payment(payment, by=None, now=NOW)
        assert [one.payments.get().status, two.payments.get().status] == ["failed", "pending"]

    def test_with_one_account_in_the_archive_is_refused(self, home, one, two):
        held = bring(home)
        actions.archive_account(two, by=None, now=NOW)
        with pytest.raises(actions.ImportRefused, match="archived"):
            actions.undo_import(held, by=None, now=NOW)
        assert amounts(one) == ["20", "7"]


class TestInTheBackground:
    pytestmark = pytest.mark.django_db(transaction=True)

    @pytest.fixture(autouse=True)
    def in_background(self, monkeypatch):
        monkeypatch.setattr(importing, "AT_ONCE", 0)
        monkeypatch.setattr("accounts.actions.reading.STEP", 1)

    def test_the_clock_carries_it_out(self, home, one, two):
        held = begin(home)
        destined = actions.read_import(held, now=NOW).destined
        assert actions.start_import(held, leaves_out=False, destined=destined, by=None, now=NOW).state == "waiting"
        assert actions.take_imports(now=NOW) == 1
        assert (Import.objects.get().state, Import.objects.get().rows_done) == ("done", 3)
        assert (amounts(one), amounts(two)) == (["20", "7"], ["30"])

    def test_names_that_lead_elsewhere_meanwhile_end_it(self, home, one, two):
        held = begin(home)
        destined = actions.read_import(held, now=NOW).destined
        actions.start_import(held, leaves_out=True, destined=destined, by=None, now=NOW)
        Account.objects.filter(pk=two.pk).update(name="renamed")
        actions.take_imports(now=NOW)
        assert (Import.objects.get().state, Import.objects.get().error) == ("failed", "moved")
        assert not Payment.objects.exists()

    def test_cancelled_it_writes_nothing_to_any_account(self, home, one, two, monkeypatch):
        held = bring(home)
        real = carrying.write_import

        def cancelled(*arguments, **facts):
            cancel = "UPDATE accounts_import SET state = 'cancelled', ended_at = %s WHERE id = %s RETURNING 1"
            elsewhere(cancel, [NOW, held.pk])
            real(*arguments, **facts)

        monkeypatch.setattr(carrying, "write_import", cancelled)
        actions.take_imports(now=NOW)
        assert Import.objects.get().state == "cancelled"
        assert not Payment.objects.exists()


class TestRemembering:
    """What was said of a table holds for the next one of its kind in the workspace, until somebody forgets it."""

    TEXT = "when,what,whose\n04/05/2025,5,first\n06/05/2025,6,first\n"

    def say(self, home):
        held = begin(home, self.TEXT)
        columns = ["day", "amount", "account"]
        actions.map_import(held, columns=columns, choices=Choices(order="day"), by=None, now=NOW)
        return actions.start_import(held, leaves_out=False, by=None, now=NOW)

    def test_is_shared_by_tables_for_one_account_and_for_all(self, home, one):
        self.say(home)
        again = begin(one, self.TEXT.replace("06/05", "07/05"))
        assert (again.columns, again.open_choices.order) == (["day", "amount", "account"], "day")

    def test_a_later_word_replaces_an_earlier_one(self, home, one):
        self.say(home)
        held = begin(home, self.TEXT.replace("06/05", "07/05"))
        actions.map_import(held, columns=held.columns, choices=Choices(order="month"), by=None, now=NOW)
        later = instant("05-20T13:00")
        actions.start_import(held, leaves_out=True, by=None, now=later)
        assert begin(home, self.TEXT, now=later).open_choices.order == "month"

    def test_is_forgotten_for_good(self, home, one):
        self.say(home)
        held = begin(home, self.TEXT)
        assert held.open_choices.order == "day"
        reading = actions.forget_mapping(held, by=None, now=NOW)
        assert (held.open_choices.order, reading.choices.order) == ("", "")
        assert (Import.objects.get(pk=held.pk).choices, begin(home, self.TEXT).open_choices.order) == (held.choices, "")

    def test_is_not_forgotten_elsewhere(self, home, one):
        other = make_account(make_user(), name="first")
        self.say(other.workspace)
        self.say(home)
        actions.forget_mapping(begin(home, self.TEXT), by=None, now=NOW)
        assert begin(other.workspace, self.TEXT).open_choices.order == "day"

    def test_what_is_no_draft_is_not_guessed_anew(self, home, one):
        held = begin(home)
        actions.cancel_import(held, by=None, now=NOW)
        with pytest.raises(actions.ImportRefused, match="over"):
            actions.forget_mapping(held, by=None, now=NOW)

    def test_a_table_without_headings_is_no_pasted_text(self, one):
        table, pasted = begin(one, "2025-05-01,5.00,x,y,z\n"), begin(one, "2025-05-01 $5.00 Paid INV-1001 x\n")
        assert len(table.columns) == len(pasted.columns)
        assert table.header_key != pasted.header_key


class TestSheets:
    BILLS = (["Date", "Amount"], ["2025-05-01", 5.5])

    def test_another_sheet_is_chosen_and_read(self, one):
        held = begin(one, book({"Bills": self.BILLS, "Other": [["x"], ["Day", "Total"], ["2025-05-02", 7]]}))
        assert (held.rows, held.sheet) == (1, "")
        reading = actions.choose_sheet(held, sheet="Other", by=None, now=NOW)
        assert (held.sheet, held.begins_at, [row.found.gross for row in reading.rows]) == ("Other", 2, [Decimal(7)])
        assert actions.start_import(Import.objects.get(), leaves_out=False, by=None, now=NOW).added == 1
        assert amounts(one) == ["7"]

    def test_an_empty_sheet_is_refused_and_nothing_changes(self, one):
        held = begin(one, book({"Bills": self.BILLS, "Empty": []}))
        with pytest.raises(Unreadable, match="empty"):
            actions.choose_sheet(held, sheet="Empty", by=None, now=NOW)
        assert Import.objects.get().sheet == ""
