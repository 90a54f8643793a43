"""Reminders of credit that expires: once for each window, never of the past, and never of what is not so any more.

The clock is at 20 May 2025, 12:00; credit that was bought on 10 June 2024 expires on 10 June 2025.
"""

import email
import email.policy
import importlib
import re
from datetime import UTC, date, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from django.db import IntegrityError, connection
from django.test.utils import CaptureQueriesContext

from accounts import actions, notices
from accounts.models import Account, Delivery, Notice, Payment, Rulebook, Standing, User
from accounts.models.notice import CANCELLED, MUTED, PENDING, SENT, UNCERTAIN
from accounts.notices import compose, credit
from tests.make import NOW, instant, make_account, make_member, make_payment, make_user, make_workspace, payment_facts
from tests.notices.post import mail_server

pytestmark = pytest.mark.django_db

AFTER = NOW + timedelta(minutes=3)
PAID = ("200.00", "2024-06-10T18:00")


def reminded() -> list[tuple[str, str]]:
    """(first day, the most that is left) of every reminder, in order."""
    held = Notice.objects.filter(kind=credit.KIND).order_by("expires_on", "created_at")
    return [(notice.expires_on.isoformat(), notice.facts["credit"]["left_usd"]) for notice in held]


def mails() -> list[str]:
    return list(
        Delivery.objects.filter(notice__kind=credit.KIND).order_by("created_at").values_list("status", flat=True)
    )


def account_of(*payments, owner=None, now=NOW, **facts) -> Account:
    """An account at the top, where nothing but credit is to be told of."""
    return make_account(owner, seen="tier-5", payments=payments, now=now, **facts)


def ring(now) -> None:
    """The clock rings once a day until then."""
    at = NOW
    while at < now:
        at += timedelta(days=1)
        actions.reconcile(now=at)


def send_all(settings, now=AFTER) -> dict:
    with mail_server(settings):
        return dict(notices.deliver(now=now))


class TestWhen:
    def test_thirty_days_before_the_first_expires(self):
        account = account_of(PAID, now=instant("05-01"))
        assert Standing.objects.get().next_look_at == instant("05-11")
        actions.reconcile(now=instant("05-10T23:59"))
        assert reminded() == []
        actions.reconcile(now=instant("05-11"))
        assert reminded() == [("2025-06-10", "200.00")]
        assert Notice.objects.get().account == account

    def test_it_is_not_raised_again_however_often_the_account_is_looked_at(self):
        account = account_of(PAID)
        for number in range(3):
            make_payment(account, "1.00", NOW, status="pending", now=NOW + timedelta(minutes=number))
        ring(NOW + timedelta(days=60))
        assert reminded() == [("2025-06-10", "200.00")]

    def test_one_window_holds_what_expires_within_thirty_days_of_the_first(self, settings):
        account_of(PAID, ("30.00", "2024-07-10T10:00"), ("70.00", "2024-07-11T10:00"))
        assert reminded() == [("2025-06-10", "230.00")]
        assert send_all(settings) == {"sent": 1}
        ring(instant("06-10"))
        assert reminded() == [("2025-06-10", "230.00")]
        actions.reconcile(now=instant("06-11"))
        assert reminded() == [("2025-06-10", "230.00"), ("2025-07-11", "70.00")]

    def test_daily_recharges_do_not_mail_daily(self, settings):
        start = instant("2024-06-10T12:00")
        recharges = [payment_facts(("5.00", start + timedelta(days=day)), kind="auto_recharge") for day in range(90)]
        account_of(*recharges)
        at = NOW
        for day in range(100):
            at = NOW + timedelta(days=day)
            actions.reconcile(now=at)
            send_all(settings, now=at + timedelta(minutes=3))
        assert [first for first, _left in reminded()] == ["2025-06-10", "2025-07-11", "2025-08-11"]
        assert mails() == [SENT] * 3

    def test_the_account_is_looked_at_when_the_next_one_is_due_and_never_before(self, settings):
        account_of(PAID, ("70.00", "2024-10-01T10:00"))
        assert Standing.objects.get().next_look_at == instant("09-01")
        send_all(settings)
        ring(instant("08-31"))
        assert Account.objects.due(instant("08-31T23:59")).count() == 0
        assert reminded() == [("2025-06-10", "200.00")]

    def test_a_grant_that_says_its_day_is_told_of_whatever_the_provider(self):
        grant = payment_facts(("100", "05-01"), kind="grant", expires_on=date(2025, 6, 3))
        make_account(rulebook="mistral/2026", seen="tier-1", payments=[grant])
        assert reminded() == [("2025-06-03", "100.00")]

    def test_without_a_rule_and_a_day_nothing_expires(self):
        make_account(rulebook="mistral/2026", seen="tier-1", payments=[PAID])
        assert reminded() == []

    def test_days_are_those_of_the_first_owner(self):
        owner = make_user(time_zone="Asia/Shanghai")
        second = make_member(make_workspace(owner), "owner")
        User.objects.filter(pk=second.pk).update(time_zone="America/Los_Angeles")
        account_of(PAID, owner=owner, now=instant("05-01"))
        assert Standing.objects.get().next_look_at == instant("05-11T16:00"), "paid on the eleventh in Shanghai"
        actions.reconcile(now=instant("05-11T16:00"))
        assert {first for first, _left in reminded()} == {"2025-06-11"}

    def test_a_workspace_without_an_owner_has_the_days_of_utc(self):
        account = account_of(PAID)
        assert credit.zones_of([account]) == {account.workspace_id: ZoneInfo("UTC")}
        account.workspace.memberships.update(role="editor")
        assert credit.zones_of([account]) == {account.workspace_id: UTC}

    def test_everybody_of_the_workspace_gets_it_but_who_wants_none(self):
        owner = make_user("a@example.org")
        make_member(make_workspace(owner), "viewer", "b@example.org")
        User.objects.filter(pk=owner.pk).update(muted_kinds=[credit.KIND])
        account_of(PAID, owner=owner)
        found = Delivery.objects.order_by("address").values_list("address", "status", "last_error")
        assert list(found) == [("a@example.org", CANCELLED, MUTED), ("b@example.org", PENDING, "")]

    def test_a_hushed_escalation_hushes_no_money(self):
        account = make_account(payments=[("50", "05-01")], now=instant("05-10"))
        [episode] = account.episodes.all()
        until = NOW + timedelta(days=30)
        actions.snooze_escalation(episode.escalation, until=until, by=None, now=instant("05-10"))
        make_payment(account, "100", "05-11", kind="grant", expires_on=date(2025, 6, 1), now=NOW)
        assert reminded() == [("2025-06-01", "100.00")]


class TestThePast:
    def test_nothing_is_told_of_credit_that_has_expired(self):
        account_of(("50", "2020-05-01"), ("50", "2023-05-01"), ("50", "2024-05-19T10:00"))
        assert reminded() == []
        assert Standing.objects.get().next_look_at is None

    def test_an_import_of_old_payments_tells_of_what_is_still_to_come(self):
        account = account_of()
        rows = ["Date,Amount,Expires"]
        rows += ["2021-03-01,$40,", "2024-05-01,$50,", "2024-06-10,$60,", "2025-05-01,$70,2025-06-15"]
        held = actions.begin_import(
            account, content="\n".join(rows).encode(), file_name="", zone=ZoneInfo("UTC"), by=None, now=NOW
        )
        actions.start_import(held, leaves_out=False, by=None, now=NOW)
        assert Payment.objects.count() == 4
        assert reminded() == [("2025-06-10", "130.00")]

    def test_an_upgrade_looks_once_at_every_account_whose_credit_may_expire(self, settings):
        """Standings that were stored before there were reminders know nothing of them."""
        bought, invoiced, gone = account_of(PAID), make_account(payments=[]), account_of(PAID)
        make_payment(invoiced, "60", "05-01", kind="invoice", tax=Decimal(0))
        actions.archive_account(gone, by=None, now=NOW)
        Notice.objects.all().delete()
        Standing.objects.update(next_look_at=None)
        with connection.cursor() as cursor:
            cursor.execute(importlib.import_module("accounts.migrations.0013_credit").LOOK_AGAIN)
        looked_at = dict(Standing.objects.values_list("account_id", "next_look_at"))
        assert looked_at[bought.pk] is not None
        assert (looked_at[invoiced.pk], looked_at[gone.pk]) == (None, None)
        Standing.objects.filter(account=bought).update(next_look_at=NOW)
        assert actions.reconcile(now=NOW) == 1
        assert reminded() == [("2025-06-10", "200.00")]

    def test_an_archived_account_is_told_nothing_until_it_is_taken_back(self):
        account = account_of(PAID, now=instant("05-01"))
        actions.archive_account(account, by=None, now=instant("05-01"))
        ring(instant("05-25"))
        assert reminded() == []
        actions.restore_account(account, by=None, now=instant("05-25"))
        assert reminded() == [("2025-06-10", "200.00")]


def correct(account, *, now=NOW, **facts) -> None:
    payment = account.payments.earliest("id")
    named = actions.facts_of(payment).columns() | facts
    actions.correct_payment(payment, facts=actions.PaymentFacts(**named), by=None, now=now)


class TestWhatChangesBeforeTheMailLeaves:
    @pytest.fixture
    def account(self):
        account = account_of(PAID)
        assert mails() == [PENDING]
        return account

    def test_it_leaves_when_nothing_has_changed(self, account, settings):
        assert send_all(settings) == {"sent": 1}

    @pytest.mark.parametrize("change", ["void", "refund", "redate", "unbuy", "archive"])
    def test_it_does_not_when_its_credit_is_gone(self, account, settings, change):
        payment = account.payments.get()
        if change == "void":
            actions.void_payment(payment, by=None, now=NOW)
        elif change == "refund":
            make_payment(account, "200", NOW, kind="refund", undoes=payment)
        elif change == "redate":
            correct(account, expires_on=date(2026, 1, 31))
        elif change == "unbuy":
            correct(account, kind="invoice")
        else:
            actions.archive_account(account, by=None, now=NOW)
        assert send_all(settings) == {"cancelled": 1}
        assert Delivery.objects.get().last_error == ("archived" if change == "archive" else "over")

    def test_it_says_what_is_true_now(self, account, settings):
        make_payment(account, "50", NOW, kind="refund", undoes=account.payments.get())
        assert reminded() == [("2025-06-10", "150.00")]
        make_payment(account, "40", "2024-06-20", now=NOW)
        assert reminded() == [("2025-06-10", "190.00")]
        assert send_all(settings) == {"sent": 1}

    def test_a_later_day_is_told_of_in_its_time(self, account, settings):
        correct(account, expires_on=date(2025, 6, 29))
        assert send_all(settings) == {"cancelled": 1}
        ring(instant("05-30"))
        assert reminded() == [("2025-06-10", "200.00"), ("2025-06-29", "200.00")]
        assert send_all(settings, now=instant("05-31")) == {"sent": 1}

    def test_an_earlier_day_takes_its_place(self, account, settings):
        make_payment(account, "15", "05-01", kind="grant", expires_on=date(2025, 6, 1), now=NOW)
        assert reminded() == [("2025-06-01", "215.00"), ("2025-06-10", "200.00")]
        assert send_all(settings) == {"cancelled": 1, "sent": 1}
        assert Notice.objects.get(deliveries__status=SENT).expires_on == date(2025, 6, 1)

    def test_a_void_that_is_undone_lets_it_leave_after_all(self, account, settings):
        payment = account.payments.get()
        actions.void_payment(payment, by=None, now=NOW)
        assert send_all(settings) == {"cancelled": 1}
        actions.restore_payment(payment, by=None, now=AFTER)
        assert mails() == [PENDING]
        assert send_all(settings, now=AFTER + timedelta(minutes=3)) == {"sent": 1}

    def test_another_edition_or_tier_sends_one_mail_still(self, account, settings):
        actions.see_tier(account, tier="tier-4", seen_at=NOW, by=None, now=NOW)
        Delivery.objects.exclude(notice__kind=credit.KIND).delete()
        assert send_all(settings) == {"cancelled": 1, "sent": 1}

    def test_it_is_over_when_the_mail_comes_too_late(self, account, settings):
        assert send_all(settings, now=instant("06-11T00:01")) == {"cancelled": 1}


class TestWhatChangesAfterwards:
    @pytest.fixture
    def account(self, settings):
        account = account_of(PAID)
        assert send_all(settings) == {"sent": 1}
        return account

    def test_what_is_added_within_the_window_is_not_mailed_again(self, account):
        make_payment(account, "40", "2024-06-20", now=AFTER)
        make_payment(account, "50", "05-01", kind="grant", expires_on=date(2025, 6, 5), now=AFTER)
        ring(instant("07-10"))
        assert reminded() == [("2025-06-10", "200.00")]

    def test_what_is_put_off_beyond_the_window_is_told_of_again(self, account, settings):
        correct(account, expires_on=date(2025, 9, 30), now=AFTER)
        ring(instant("08-31"))
        assert reminded() == [("2025-06-10", "200.00"), ("2025-09-30", "200.00")]

    @pytest.mark.parametrize(
        ("status", "doubts", "is_told"), [(UNCERTAIN, 1, True), (PENDING, 1, True), (PENDING, 0, False)]
    )
    def test_a_mail_that_may_have_left_has_told(self, status, doubts, is_told):
        account = account_of(PAID)
        Delivery.objects.filter(notice__account=account).update(status=status, doubts=doubts)
        assert (credit.told_until([account]) == {account.pk: date(2025, 7, 10)}) is is_told
        assert credit.told_until([account], besides=date(2025, 6, 10)) == {}

    def test_who_wants_no_mail_is_told_by_the_notice(self):
        account = account_of(PAID, owner=make_user(muted_kinds=[credit.KIND]))
        assert credit.told_until([account]) == {account.pk: date(2025, 7, 10)}
        ring(instant("07-01"))
        assert len(reminded()) == 1

    def test_while_another_s_mail_waits_nothing_is_settled(self):
        owner = make_user(muted_kinds=[credit.KIND])
        make_member(make_workspace(owner), "viewer")
        assert credit.told_until([account_of(PAID, owner=owner)]) == {}

    def test_no_account_asks_nothing(self, django_assert_num_queries):
        with django_assert_num_queries(0):
            assert credit.told_until([]) == {}
            assert credit.zones_of([]) == {}
            assert credit.reminders({}, now=NOW) == {}


class TestCost:
    def test_a_constant_number_of_queries_for_many_accounts(self):
        owner = make_user()
        spent = []
        for count in (1, 10):
            for _ in range(count):
                account_of(PAID, owner=owner, now=instant("05-01"))
            Standing.objects.update(next_look_at=NOW)
            with CaptureQueriesContext(connection) as queries:
                actions.reconcile(now=NOW)
            Notice.objects.all().delete()
            spent.append(len(queries))
        assert spent[1] <= spent[0], spent

    def test_accounts_without_such_credit_cost_nothing_more(self):
        account = make_account(seen="tier-5", rulebook="openai/2025-05", payments=[])
        make_payment(account, "60", "05-01", kind="invoice")
        lines = [payment.as_line() for payment in account.payments.all()]
        with CaptureQueriesContext(connection) as queries:
            assert credit.reminders({account: lines}, now=NOW) == {}
        assert len(queries) == 0


class TestTheMail:
    @pytest.fixture
    def written(self, time_machine):
        time_machine.move_to(NOW, tick=False)

        def write(**person):
            owner = make_user(**person)
            facts = [payment_facts(("5", instant("2024-06-10") + timedelta(days=day))) for day in range(12)]
            account_of(*facts, owner=owner, name="Prod & <Co>")
            letter = compose.letter(Delivery.objects.get(), Rulebook.objects.all().shelf())
            message = email.message_from_bytes(letter.content, policy=email.policy.default)
            return message, *(message.get_body((part,)).get_content() for part in ("plain", "html"))

        return write

    def test_it_says_how_much_at_most_and_when(self, written):
        message, text, html = written()
        assert message["Subject"] == "Prod & <Co>: up to $60.00 of credit expires from Tue 10 Jun on"
        assert "Up to $60.00 of credit expires between Tue 10 Jun and Sat 21 Jun" in text
        for part in (text, html):
            assert "up to $5.00" in part
            assert "and 2 more days" in part
            assert "https://platform.openai.com/settings/organization/billing/overview" in part
            assert "https://help.openai.com/en/articles/8264644" in part
            assert "By OpenAI's rule bought credit expires 12 months after its payment (sure):" in part.replace(
                "&#x27;", "'"
            )
            assert "How much of it is used is not known here" in part
        assert "Prod &amp; &lt;Co&gt;" in html

    def test_it_can_be_stopped_by_one_click(self, written):
        message, text, _html = written()
        assert credit.KIND in message["List-Unsubscribe"]
        assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        assert message["List-Unsubscribe"].strip(" <>") in text

    def test_it_speaks_the_recipients_language(self, written):
        message, text, html = written(language="zh-hans")
        assert "额度" in message["Subject"]
        assert "最多 $60.00 额度" in text
        assert 'lang="zh-hans"' in html
        assert re.search("[a-z]{4} [a-z]{3,}", text.replace("setting up and managing prepaid API billing", "")) is None

    def test_without_the_provider_s_rule_none_is_cited(self):
        grant = payment_facts(("100", "05-01"), kind="grant", expires_on=date(2025, 6, 3))
        account_of(grant)
        letter = compose.letter(Delivery.objects.get(), Rulebook.objects.all().shelf())
        assert b"rule bought credit" not in letter.content
        assert Notice.objects.get().facts["credit"]["rule"] is None

    def test_a_mail_about_a_tier_says_where_the_gate_is_in_doubt(self):
        make_account(payments=[("54", "05-01T10:00")], now=NOW)
        letter = compose.letter(Delivery.objects.get(notice__kind="upgrade_ready"), Rulebook.objects.all().shelf())
        message = email.message_from_bytes(letter.content, policy=email.policy.default)
        text, html = (message.get_body((part,)).get_content() for part in ("plain", "html"))
        assert "Tier 2 asks $50, and only $4.00 more is counted." in text
        assert "up to $11.48 of it may be tax" in text
        assert "See which payments" in html


def test_it_stands_on_no_timeline_and_in_no_evidence():
    account = account_of(PAID)
    assert Notice.objects.count() == 1
    assert list(account.notices.about_tiers()) == []


def test_the_database_keeps_one_window_one():
    account, key = account_of(PAID), {"kind": credit.KIND, "expires_on": date(2025, 6, 10)}
    [held] = Notice.objects.filter(**key)
    twin = Notice(
        account=account,
        rulebook_id=held.rulebook_id,
        tier=held.tier,
        recipient=held.recipient,
        facts={},
        created_at=NOW,
        **key,
    )

    with pytest.raises(IntegrityError, match="notice_once_per_episode"):
        twin.save(force_insert=True)
