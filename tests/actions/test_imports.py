"""Imports against the database: all or nothing, nothing twice, undone with one call, in the background when large."""

import itertools
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from django.db import OperationalError, connection

from accounts import actions
from accounts.actions import carrying, jobs, taking
from accounts.actions import imports as importing
from accounts.gateways.tables import Unreadable
from accounts.models import Account, Event, Import, Payment, Standing
from accounts.rules.imports import Choices
from tests.make import NOW, instant, make_account, make_payment, make_user

UTC = ZoneInfo("UTC")
TABLE = (
    "Date,Amount,Status,Invoice\n2025-05-01,$20.00,Paid,INV-1\n2025-05-02,$30.00,Paid,INV-2\n2025-05-03,$7.00,Failed,\n"
)
TWO_EQUAL = "Date,Amount\n2025-05-01,5.00\n2025-05-01,5.00\n"
pytestmark = pytest.mark.django_db


@pytest.fixture
def account():
    return make_account()


def begin(account, text=TABLE, **facts):
    facts = {"file_name": "bills.csv", "zone": UTC, "by": None, "now": NOW} | facts
    return actions.begin_import(account, content=text if isinstance(text, bytes) else text.encode(), **facts)


def bring(account, text=TABLE, *, leaves_out=False, now=NOW, **facts):
    return actions.start_import(begin(account, text, now=now, **facts), leaves_out=leaves_out, by=None, now=now)


def ledger(account):
    return [
        (f"{line.paid_at:%m-%d %H:%M:%S}", f"{line.gross.normalize():f}", line.status, line.reference)
        for line in account.payments.in_entry_order()
    ]


class TestAnImport:
    def test_writes_nothing_before_it_is_started(self, account):
        held = begin(account)
        assert (held.state, held.rows, held.left_out) == ("draft", 3, 0)
        assert not Payment.objects.exists()
        assert not Event.objects.filter(kind="payments_imported").exists()

    def test_brings_what_the_table_says(self, account):
        held = bring(account)
        assert (held.state, held.added, bytes(Import.objects.get().content)) == ("done", 3, b"")
        assert ledger(account) == [
            ("05-01 23:59:59", "20", "succeeded", "INV-1"),
            ("05-02 23:59:59", "30", "succeeded", "INV-2"),
            ("05-03 23:59:59", "7", "failed", ""),
        ]
        assert all(payment.came_by_id == held.pk and payment.is_day_only for payment in Payment.objects.all())

    def test_settles_the_account_once_and_leaves_one_event(self, account):
        bring(account)
        standing = Standing.objects.get(account=account)
        assert (standing.document["counted_usd"], standing.advice_code) == ("50.00", "top_up")
        [event] = Event.objects.filter(kind="payments_imported")
        assert (event.facts["added"], event.facts["file"], event.facts["first"]) == (
            3,
            "bills.csv",
            "2025-05-01T23:59:59Z",
        )

    def test_days_are_those_of_the_person(self, account):
        bring(account, "Date,Amount\n2025-05-01,5\n", zone=ZoneInfo("Asia/Shanghai"))
        assert Payment.objects.get().paid_at == instant("05-01T15:59:59")

    def test_everything_that_a_row_can_say(self, account):
        text = "日期,金额,税额,汇率,类型,备注\n2025-05-01 10:00,¥200.00,12,0.14,自动充值,首次\n"
        bring(account, text.encode("gb18030"))
        payment = Payment.objects.get()
        assert (payment.kind, payment.currency, payment.rate, payment.tax) == (
            "auto_recharge",
            "CNY",
            Decimal("0.14"),
            12,
        )
        assert (payment.note, payment.is_day_only, payment.paid_at) == ("首次", False, instant("05-01T10:00"))

    def test_a_refund_finds_its_payment(self, account):
        old = make_payment(account, "9", "05-01T00:00", reference="OLD")
        text = "Date,Amount,Invoice\n2025-05-03,20,A\n2025-05-04,-20,A\n2025-05-04,-9,OLD\n"
        bring(account, text)
        assert Payment.objects.get(kind="refund", gross=20).undoes.reference == "A"
        assert Payment.objects.get(kind="refund", gross=9).undoes == old
        assert Standing.objects.get(account=account).document["counted_usd"] == "0.00"


class TestNothingTwice:
    @pytest.mark.parametrize("text", [TABLE, TWO_EQUAL])
    def test_the_same_file_again_is_refused_and_changes_nothing(self, account, text):
        bring(account, text)
        before, events = ledger(account), Event.objects.count()
        with pytest.raises(actions.ImportRefused, match="nothing"):
            bring(account, text)
        assert (ledger(account), Event.objects.count()) == (before, events)
        assert Import.objects.filter(state="draft").count() == 1

    def test_two_equal_payments_on_one_day_survive(self, account):
        assert bring(account, TWO_EQUAL).added == 2

    def test_a_longer_file_brings_what_is_new(self, account):
        bring(account, TABLE)
        held = bring(account, TABLE + "2025-05-04,1.00,Paid,INV-4\n2025-05-03,7.00,Failed,\n")
        assert (held.added, held.duplicates) == (2, 3)

    def test_a_conflict_is_left_as_it_was(self, account):
        make_payment(account, "21", "05-01T10:00", reference="INV-1")
        held = bring(account)
        assert (held.added, held.conflicts) == (2, 1)
        assert Payment.objects.get(reference="INV-1").gross == 21

    def test_a_start_sent_twice_imports_once(self, account):
        held = begin(account)
        for _ in range(2):
            assert (
                actions.start_import(Import.objects.get(pk=held.pk), leaves_out=False, by=None, now=NOW).state == "done"
            )
        assert Payment.objects.count() == 3

    def test_what_was_voided_by_hand_does_not_come_back(self, account):
        bring(account)
        actions.void_payment(Payment.objects.get(reference="INV-1"), by=None, now=NOW)
        with pytest.raises(actions.ImportRefused, match="nothing"):
            bring(account)


class TestAllOrNothing:
    def test_rows_that_are_not_understood_stop_it_until_somebody_agrees(self, account):
        text = TABLE + "soon,5,Paid,\n"
        with pytest.raises(actions.ImportRefused, match="not_understood"):
            bring(account, text)
        assert not Payment.objects.exists()
        held = bring(account, text, leaves_out=True)
        assert (held.added, held.left_out) == (3, 1)

    def test_a_failure_in_the_middle_writes_nothing(self, account, monkeypatch):
        def fail(*_arguments, **_facts):
            raise OperationalError("away")

        monkeypatch.setattr("accounts.actions.importing.settle", fail)
        with pytest.raises(OperationalError):
            bring(account)
        assert not Payment.objects.exists()
        assert Import.objects.get().state == "draft"

    def test_an_archived_account_takes_none(self, account):
        held = begin(account)
        actions.archive_account(account, by=None, now=NOW)
        with pytest.raises(actions.ImportRefused, match="archived"):
            actions.start_import(held, leaves_out=False, by=None, now=NOW)
        with pytest.raises(actions.ImportRefused, match="archived"):
            begin(Account.objects.get(pk=account.pk))

    def test_what_is_no_table_is_not_kept(self, account):
        with pytest.raises(Unreadable):
            begin(account, b"")
        assert not Import.objects.exists()

    def test_more_payments_than_one_import_takes(self, account, monkeypatch):
        monkeypatch.setattr(importing, "MOST_ROWS", 2)
        with pytest.raises(actions.ImportRefused, match="rows"):
            bring(account)


class TestColumns:
    TEXT = "when,what\n04/05/2025,5\n06/05/2025,6\n"

    def test_are_said_and_remembered_for_the_workspace(self, account):
        held = begin(account, self.TEXT)
        assert held.left_out == 2
        actions.map_import(held, columns=["day", "amount"], choices=Choices(order="day"), by=None, now=NOW)
        assert Import.objects.get().left_out == 0
        actions.start_import(held, leaves_out=False, by=None, now=NOW)
        assert ledger(account)[0][0] == "05-04 23:59:59"
        again = begin(account, self.TEXT.replace("06/05", "07/05"))
        assert (again.columns, again.open_choices.order) == (["day", "amount"], "day")
        assert begin(make_account(), self.TEXT).open_choices.order == ""

    def test_rates_are_asked_for_again(self, account):
        text = "Date,Amount\n2025-05-01,CN¥200\n"
        held = begin(account, text)
        actions.map_import(
            held, columns=["day", "amount"], choices=Choices(rates={"CNY": Decimal("0.14")}), by=None, now=NOW
        )
        actions.start_import(held, leaves_out=False, by=None, now=NOW)
        assert begin(account, text).open_choices.rates == {}

    def test_of_what_is_no_draft_cannot_be_changed(self, account):
        held = begin(account)
        actions.cancel_import(held, by=None, now=NOW)
        with pytest.raises(actions.ImportRefused, match="over"):
            actions.map_import(held, columns=["day"], choices=Choices(), by=None, now=NOW)


class TestUndoing:
    def test_voids_every_payment_and_settles(self, account):
        held = bring(account)
        actions.undo_import(held, by=None, now=NOW)
        assert {line[2] for line in ledger(account)} == {"void"}
        assert Standing.objects.get(account=account).document["counted_usd"] == "0.00"
        assert Event.objects.get(kind="import_undone").facts["voided"] == 3

    def test_twice_is_once(self, account):
        held = bring(account)
        for _ in range(2):
            assert actions.undo_import(held, by=None, now=NOW).state == "undone"
        assert Event.objects.filter(kind="import_undone").count() == 1

    def test_leaves_what_was_touched_since(self, account):
        held = bring(account)
        later = instant("05-21T00:00")
        payment = Payment.objects.get(reference="INV-1")
        facts = actions.facts_of(payment)
        actions.correct_payment(
            payment, facts=actions.PaymentFacts(**{**_named(facts), "gross": Decimal(21)}), by=None, now=later
        )
        make_payment(account, "30", later, kind="refund", undoes=Payment.objects.get(reference="INV-2"), now=later)
        held = actions.undo_import(held, by=None, now=later)
        assert held.kept == 2
        assert [line[2] for line in ledger(account)] == ["succeeded", "succeeded", "void", "succeeded"]

    def test_the_same_file_can_come_again(self, account):
        actions.undo_import(bring(account), by=None, now=NOW)
        assert bring(account).added == 3

    def test_a_restored_payment_gets_back_its_own_status(self, account):
        actions.undo_import(bring(account), by=None, now=NOW)
        for payment in Payment.objects.all():
            actions.restore_payment(payment, by=None, now=NOW)
        assert [line[2] for line in ledger(account)] == ["succeeded", "succeeded", "failed"]

    def test_in_the_archive_is_refused(self, account):
        held = bring(account)
        actions.archive_account(account, by=None, now=NOW)
        with pytest.raises(actions.ImportRefused, match="archived"):
            actions.undo_import(held, by=None, now=NOW)


def _named(facts):
    return {name: getattr(facts, name) for name in facts.__dataclass_fields__}


@pytest.fixture
def in_background(monkeypatch):
    """Everything is too large to be done at once, and is told of at every row."""
    monkeypatch.setattr(importing, "AT_ONCE", 0)
    monkeypatch.setattr("accounts.actions.reading.STEP", 1)


@pytest.mark.usefixtures("in_background")
class TestInTheBackground:
    pytestmark = pytest.mark.django_db(transaction=True)

    def test_the_clock_carries_it_out(self, account):
        held = bring(account)
        assert (held.state, Payment.objects.count()) == ("waiting", 0)
        assert actions.take_imports(now=NOW) == 1
        assert (Import.objects.get().state, Payment.objects.count()) == ("done", 3)
        assert actions.take_imports(now=NOW) == 0

    def test_a_round_without_celery_does_it_too(self, account):
        bring(account)
        jobs.tick(now=NOW)
        assert Import.objects.get().state == "done"

    def test_how_far_it_is_can_be_seen_before_it_is_over(self, account, monkeypatch):
        seen = []
        real = carrying.write_import

        def look(*arguments, tell, **facts):
            def told(count):
                tell(count)
                seen.extend(elsewhere("SELECT rows_done FROM accounts_import"))

            return real(*arguments, tell=told, **facts)

        monkeypatch.setattr(carrying, "write_import", look)
        bring(account)
        actions.take_imports(now=NOW)
        assert seen == [2, 2, 3]

    @pytest.mark.parametrize("at", [1, 3, 5])
    def test_cancelled_at_any_time_it_writes_nothing(self, account, monkeypatch, at):
        held, counted, real = bring(account), itertools.count(1), carrying._telling

        def telling(*arguments):
            return _CancelsAt(real(*arguments), held, counted, at)

        monkeypatch.setattr(carrying, "_telling", telling)
        actions.take_imports(now=NOW)
        assert Import.objects.get().state == "cancelled"
        assert not Payment.objects.exists()

    def test_what_somebody_left_is_taken_again(self, account):
        held = bring(account)
        Import.objects.filter(pk=held.pk).update(state="running", attempts=1, beaten_at=NOW)
        assert actions.take_imports(now=NOW) == 0
        assert actions.take_imports(now=NOW + taking.STALE * 2) == 1
        assert (Import.objects.get().state, Payment.objects.count()) == ("done", 3)

    def test_what_crashes_again_and_again_ends_visibly(self, account):
        held = bring(account)
        Import.objects.filter(pk=held.pk).update(state="running", attempts=taking.MOST_ATTEMPTS, beaten_at=NOW)
        actions.take_imports(now=NOW + taking.STALE * 2)
        assert (Import.objects.get().state, Import.objects.get().error) == ("failed", "crashed")

    def test_who_lost_it_to_another_cannot_end_it(self, account, monkeypatch):
        held, real = bring(account), carrying.write_import

        def lose(*arguments, **facts):
            real(*arguments, **facts)
            Import.objects.filter(pk=held.pk).update(attempts=7)

        monkeypatch.setattr(carrying, "write_import", lose)
        actions.take_imports(now=NOW)
        assert not Payment.objects.exists()
        assert Import.objects.get().state == "running"

    def test_a_mistake_of_ours_ends_visibly(self, account, monkeypatch, caplog):
        monkeypatch.setattr(carrying, "write_import", lambda *arguments, **facts: 1 / 0)
        bring(account)
        actions.take_imports(now=NOW)
        assert (Import.objects.get().state, Import.objects.get().error) == ("failed", "unexpected")
        assert "failed" in caplog.text

    def test_an_account_that_was_archived_meanwhile(self, account):
        bring(account)
        actions.archive_account(account, by=None, now=NOW)
        actions.take_imports(now=NOW)
        assert Import.objects.get().error == "archived"

    def test_a_database_that_goes_away_leaves_it_to_later(self, account, monkeypatch):
        def fail(*_arguments, **_facts):
            raise OperationalError("away")

        bring(account)
        with monkeypatch.context() as away:
            away.setattr(carrying, "write_import", fail)
            with pytest.raises(OperationalError):
                actions.take_imports(now=NOW)
        assert Import.objects.get().state == "running"
        actions.take_imports(now=NOW + taking.STALE * 2)
        assert Import.objects.get().state == "done"


def elsewhere(statement, values=()):
    """Ask as somebody else: this test's own connection is busy with the import."""
    own = connection.copy()
    try:
        with own.cursor() as cursor:
            cursor.execute(statement, values)
            return [value for (value,) in cursor.fetchall()]
    finally:
        own.close()


class _CancelsAt:
    """What an import tells is heard by somebody who cancels it at one of the calls."""

    def __init__(self, inner, held, counted, at):
        self.inner, self.held, self.counted, self.at = inner, held, counted, at

    def __enter__(self):
        tell = self.inner.__enter__()

        def told(count):
            if next(self.counted) == self.at:
                elsewhere(
                    "UPDATE accounts_import SET state = 'cancelled', ended_at = %s WHERE id = %s RETURNING 1",
                    [NOW, self.held.pk],
                )
            tell(count)

        return told

    def __exit__(self, *error):
        return self.inner.__exit__(*error)


class TestPruning:
    def test_deletes_what_came_to_nothing_and_keeps_the_rest(self, account):
        begin(account)
        cancelled = begin(account)
        actions.cancel_import(cancelled, by=None, now=NOW)
        done = bring(account)
        assert actions.prune_imports(now=NOW + importing.KEEP_DRAFTS / 2) == 0
        assert actions.prune_imports(now=NOW + importing.KEEP_DRAFTS * 2) == 2
        assert list(Import.objects.all()) == [done]

    def test_an_import_that_is_over_cannot_be_cancelled(self, account):
        assert not actions.cancel_import(bring(account), by=make_user(), now=NOW)
