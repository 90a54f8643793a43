"""Adopting and following plans: one runs at a time, reality is noted once, and nothing is done twice."""

import threading
import uuid
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, connections, transaction
from django.db.migrations.executor import MigrationExecutor

from accounts import actions, rules
from accounts.models import Account, Event, Plan, Rulebook, Standing
from tests.make import NOW, instant, make_account, make_payment, make_rulebook, make_user

pytestmark = pytest.mark.django_db
TIER_3 = rules.Wish(tier="tier-3")
LATER = NOW + timedelta(hours=1)


@pytest.fixture
def ann(db):
    return make_user("ann@example.org")


@pytest.fixture
def account(ann):
    """Tier 1, 50 dollars on 18 May, 10:00: Tier 3 lacks 50 dollars, and waits until 25 May, 10:00."""
    return make_account(ann, name="production", payments=[("50", "05-18T10:00")])


def adopt(account, by, *, wish=TIER_3, kind="cheapest", total="50", now=NOW, key=None, **facts):
    key = key or uuid.uuid4()
    return actions.adopt_plan(
        account, wish=wish, kind=kind, total_usd=Decimal(total), form_key=key, by=by, now=now, **facts
    )


def happened(account, *kinds):
    return list(account.events.filter(kind__in=kinds).order_by("id").values_list("kind", flat=True))


PLAN_EVENTS = ("plan_adopted", "plan_dropped", "plan_reached", "plan_left", "plan_resumed")


class TestAdopting:
    def test_keeps_the_plan_and_makes_its_wish_the_goal(self, ann, account):
        plan = adopt(account, ann)
        account.refresh_from_db()
        assert account.goal == {"tier": "tier-3"}
        assert account.wish == plan.for_wish == TIER_3
        assert (plan.rulebook_id, plan.tier, plan.kind, plan.adopted_by) == (
            "openai/2025-05",
            "tier-3",
            "cheapest",
            ann,
        )
        assert [(f"{step.at:%m-%dT%H}", step.amount_usd) for step in plan.as_rules.payments] == [
            ("05-25T10", Decimal(50))
        ]
        event = account.events.get(kind="plan_adopted")
        assert (event.by, event.at) == (ann, NOW)
        assert event.facts | {"tier": "tier-3", "plan": "cheapest", "total_usd": "50.00", "replaced": ""} == event.facts

    def test_is_looked_at_again_when_a_payment_would_be_overdue(self, ann, account):
        adopt(account, ann)
        assert Standing.objects.get().next_look_at == instant("05-25T10:00")
        actions.reconcile(now=instant("05-25T10:00"))
        assert Standing.objects.get().next_look_at == instant("05-26T10:00")

    def test_the_same_form_again_adopts_nothing_more(self, ann, account):
        key = uuid.uuid4()
        assert adopt(account, ann, key=key) == adopt(account, ann, key=key, now=LATER)
        assert happened(account, *PLAN_EVENTS) == ["plan_adopted"]

    def test_another_plan_replaces_the_running_one(self, ann, account):
        first = adopt(account, ann)
        adopt(account, ann, kind="all_at_once", total="55", now=LATER)
        first.refresh_from_db()
        assert (first.outcome, first.ended_at) == ("replaced", LATER)
        assert account.events.filter(kind="plan_adopted").latest("id").facts["replaced"] == "cheapest"

    def test_one_that_reality_had_left_ended_so(self, ann, account):
        first, late = adopt(account, ann), instant("05-27T10:00")
        actions.reconcile(now=late)
        adopt(account, ann, kind="all_at_once", now=late)
        first.refresh_from_db()
        assert first.outcome == "left"

    def test_a_latest_plan_wants_its_date(self, ann, account):
        plan = adopt(account, ann, kind="latest", wanted_at=instant("06-20"))
        assert plan.as_rules.live_at == instant("06-20")
        with pytest.raises(actions.PlanRefused, match="none"):
            adopt(account, ann, kind="latest")

    @pytest.mark.parametrize(
        ("facts", "code"),
        [
            ({"total": "49.99"}, "changed"),
            ({"kind": "sideways"}, "none"),
            ({"wish": rules.Wish(tier="free")}, "none"),
            ({"wish": rules.Wish(model="o3")}, "none"),
        ],
    )
    def test_what_is_not_on_offer_is_refused_and_changes_nothing(self, ann, account, facts, code):
        running = adopt(account, ann)
        with pytest.raises(actions.PlanRefused, match=code):
            adopt(account, ann, **facts)
        running.refresh_from_db()
        assert (running.ended_at, Plan.objects.count()) == (None, 1)

    def test_in_the_archive_nothing_is_adopted_or_dropped(self, ann, account):
        adopt(account, ann)
        actions.archive_account(account, by=ann, now=NOW)
        with pytest.raises(actions.PlanRefused, match="archived"):
            adopt(account, ann, kind="all_at_once", total="55")
        with pytest.raises(actions.PlanRefused, match="archived"):
            actions.drop_plan(account, by=ann, now=NOW)
        assert Plan.objects.running().count() == 1


class TestGivingUp:
    def test_ends_the_plan_and_keeps_the_goal(self, ann, account):
        adopt(account, ann)
        plan = actions.drop_plan(account, by=ann, now=LATER)
        account.refresh_from_db()
        assert (plan.outcome, plan.ended_at, account.goal) == ("dropped", LATER, {"tier": "tier-3"})
        assert actions.drop_plan(account, by=ann, now=LATER) is None
        assert happened(account, *PLAN_EVENTS) == ["plan_adopted", "plan_dropped"]

    def test_is_undone_by_adopting_again(self, ann, account):
        adopt(account, ann)
        actions.drop_plan(account, by=ann, now=NOW)
        adopt(account, ann, now=LATER)
        assert [plan.outcome for plan in account.plans.latest_first()] == ["", "dropped"]


class TestWhatBecomesOfIt:
    def test_the_tier_shown_ends_it_as_reached_once(self, ann, account):
        plan = adopt(account, ann)
        actions.see_tier(account, tier="tier-3", seen_at=LATER, by=ann, now=LATER)
        actions.reconcile(now=LATER + timedelta(days=30))
        plan.refresh_from_db()
        assert (plan.outcome, plan.ended_at) == ("reached", LATER)
        assert happened(account, *PLAN_EVENTS) == ["plan_adopted", "plan_reached"]

    def test_the_clock_notes_that_a_payment_is_overdue_once(self, ann, account):
        plan = adopt(account, ann)
        for day in ("05-25T10:00", "05-26T10:00", "05-28T10:00", "06-10T10:00"):
            actions.reconcile(now=instant(day))
        plan.refresh_from_db()
        assert (plan.left_at, plan.left_why, plan.ended_at) == (instant("05-26T10:00"), "missed", None)
        event = account.events.get(kind="plan_left")
        assert (event.facts["why"], event.by) == ("missed", None)

    def test_a_correction_may_bring_reality_back(self, ann, account):
        plan = adopt(account, ann)
        wrong = make_payment(account, "50", LATER, now=LATER)
        plan.refresh_from_db()
        assert plan.left_why == "paid_early"
        actions.void_payment(wrong, by=ann, now=LATER)
        plan.refresh_from_db()
        assert (plan.left_at, plan.left_why) == (None, "")
        assert happened(account, *PLAN_EVENTS) == ["plan_adopted", "plan_left", "plan_resumed"]

    def test_following_it_leaves_no_trace_but_the_payments(self, ann, account):
        adopt(account, ann)
        paid_at = instant("05-25T12:00")
        make_payment(account, "50", paid_at, now=paid_at)
        actions.reconcile(now=paid_at + timedelta(days=9))
        assert happened(account, *PLAN_EVENTS) == ["plan_adopted"]

    def test_other_rules_are_another_way(self, ann, account):
        make_rulebook("openai/2024-12")
        plan = adopt(account, ann)
        actions.move_account(
            account,
            rulebook=Rulebook.objects.get(pk="openai/2024-12"),
            seen_tier="tier-1",
            follows_provider=False,
            by=ann,
            now=LATER,
        )
        plan.refresh_from_db()
        account.refresh_from_db()
        assert (plan.left_why, account.goal) == ("edition_moved", {"tier": "tier-3"})

    def test_another_goal_ends_it(self, ann, account):
        plan = adopt(account, ann)
        same = actions.AccountFacts(name="renamed", goal={"tier": "tier-3"})
        actions.edit_account(account, facts=same, by=ann, now=LATER)
        plan.refresh_from_db()
        assert plan.ended_at is None
        actions.edit_account(account, facts=actions.AccountFacts(name="renamed"), by=ann, now=LATER)
        plan.refresh_from_db()
        assert plan.outcome == "replaced"

    def test_a_plan_that_cannot_be_read_is_looked_at_again_later(self, ann, account):
        adopt(account, ann)
        healthy = make_account(ann, name="healthy", payments=[("50", "05-18T10:00")])
        Plan.objects.update(document={})
        Standing.objects.update(next_look_at=LATER)
        assert actions.reconcile(now=LATER) == 2
        assert Standing.objects.get(account=account).next_look_at == LATER + timedelta(hours=1)
        assert Standing.objects.get(account=healthy).error == ""


class TestTheDatabase:
    def test_one_plan_runs_for_an_account(self, ann, account):
        plan = adopt(account, ann)
        plan.pk, plan.form_key = None, uuid.uuid4()
        with pytest.raises(IntegrityError, match="plan_one_running"), transaction.atomic():
            plan.save()

    @pytest.mark.parametrize(
        ("facts", "constraint"),
        [
            ({"kind": "sideways"}, "plan_kind"),
            ({"outcome": "reached"}, "plan_end_whole"),
            ({"ended_at": NOW}, "plan_end_whole"),
            ({"ended_at": NOW - timedelta(days=1), "outcome": "left"}, "plan_ends_after_start"),
            ({"left_why": "missed"}, "plan_left_whole"),
        ],
    )
    def test_refuses_what_contradicts_itself(self, ann, account, facts, constraint):
        adopt(account, ann)
        with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
            Plan.objects.update(**facts)


@pytest.mark.django_db(transaction=True)
def test_two_people_who_adopt_at_once_leave_one_plan_running():
    ann = make_user("ann@example.org")
    account = make_account(ann, payments=[("50", "05-18T10:00")])
    barrier, failures = threading.Barrier(2), []

    def one(kind, total):
        try:
            barrier.wait(timeout=10)
            adopt(account, ann, kind=kind, total=total)
        except Exception as error:
            failures.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=one, args=choice) for choice in (("cheapest", "50"), ("all_at_once", "55"))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert sorted(Plan.objects.values_list("outcome", flat=True)) == ["", "replaced"]


def migrate_to(targets) -> None:
    MigrationExecutor(connection).migrate(targets)


@pytest.mark.django_db(transaction=True)
def test_goals_of_before_are_kept_by_the_migration_and_given_back():
    ann = make_user("ann@example.org")
    accounts = [make_account(ann, name=name) for name in ("model", "tier", "both", "none")]
    newest = MigrationExecutor(connection).loader.graph.leaf_nodes()
    # Tables are altered and put back, so this test stands outside of any transaction.
    migrate_to([("accounts", "0005_withdrawn")])
    try:
        with connection.cursor() as cursor:
            for name, tier, model in (("model", "", "o3-mini"), ("tier", "tier-2", ""), ("both", "tier-5", "gpt-4o")):
                cursor.execute(
                    "UPDATE accounts_account SET goal_tier = %s, goal_model = %s WHERE name = %s", [tier, model, name]
                )
    finally:
        migrate_to(newest)
    assert dict(Account.objects.values_list("name", "goal")) == {
        "model": {"model": "o3-mini"},
        "tier": {"tier": "tier-2"},
        "both": {"model": "gpt-4o"},
        "none": {},
    }
    kept = Event.objects.get(account=accounts[2], kind="account_edited")
    assert kept.facts == {"changed": {"goal_tier": {"before": "tier-5", "after": ""}}}
    migrate_to([("accounts", "0005_withdrawn")])
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT goal_tier, goal_model FROM accounts_account ORDER BY name")
            assert cursor.fetchall() == [("", "gpt-4o"), ("", "o3-mini"), ("", ""), ("tier-2", "")]
    finally:
        migrate_to(newest)
