"""The path of an episode: it starts and ends by itself, people tick, snooze and resolve, and no notice is lost."""

import threading
from datetime import timedelta

import pytest
from django.db import IntegrityError, connections, transaction
from django.db.models import QuerySet

from accounts import actions
from accounts.models import Account, Episode, Escalation, Event, Notice, Standing
from tests.make import instant, make_account, make_member, make_payment, make_user, make_workspace

pytestmark = pytest.mark.django_db
READY, TRIGGER = instant("05-08T10:00"), instant("05-08T12:00")
OVER = TRIGGER + timedelta(hours=48)
DAY = timedelta(days=1)


@pytest.fixture
def ann():
    return make_user("ann@example.org")


@pytest.fixture
def account(ann) -> Account:
    """Its tier 2 is within reach from 8 May, 10:00 UTC; opened on 1 May."""
    return make_account(ann, payments=[("50.00", "05-01T10:00")], now=instant("05-01T10:00"))


@pytest.fixture
def due(account) -> Escalation:
    """A top-up may lift it."""
    actions.reconcile(now=READY)
    return Escalation.objects.get()


@pytest.fixture
def overdue(due) -> Escalation:
    """The top-up was made, and its 48 hours are over."""
    make_payment(due.episode.account, "5.00", TRIGGER, now=TRIGGER)
    actions.reconcile(now=OVER)
    due.refresh_from_db()
    return due


def kinds() -> list[str]:
    return list(Notice.objects.order_by("created_at").values_list("kind", flat=True))


def events() -> list[str]:
    found = Event.objects.order_by("id").values_list("kind", flat=True)
    return [kind for kind in found if kind.startswith(("step_", "escalation_", "ticket_"))]


def is_urgent(now) -> bool:
    return Account.objects.urgent(now).exists()


class TestItsStart:
    def test_comes_with_the_first_advice_that_calls_for_somebody(self, account):
        assert not Escalation.objects.exists()
        actions.reconcile(now=READY + timedelta(minutes=7))
        held = Escalation.objects.get()
        assert (held.started_at, held.triggered_at, held.how) == (READY, None, "")

    def test_the_top_up_is_its_trigger(self, overdue):
        assert (overdue.started_at, overdue.triggered_at, overdue.is_topped_up) == (READY, TRIGGER, True)

    def test_settling_again_changes_nothing(self, overdue):
        before = list(Escalation.objects.values())
        for hour in range(3):
            actions.settle([overdue.episode.account], now=OVER + timedelta(hours=hour))
        assert list(Escalation.objects.values()) == before

    def test_a_tier_that_is_within_reach_beside_the_advised_one_has_none(self, ann):
        make_account(ann, payments=[("95.00", "05-01")], now=instant("05-20"))
        assert set(Episode.objects.values_list("tier", flat=True)) == {"tier-2", "tier-3"}
        assert Escalation.objects.get().episode.tier == "tier-3"

    def test_a_corrected_payment_corrects_it(self, account, due):
        payment = account.payments.get()
        facts = actions.facts_of(payment)
        earlier = type(facts)(**facts.columns() | {"paid_at": instant("04-30T10:00")})
        actions.correct_payment(payment, facts=earlier, by=None, now=READY)
        due.refresh_from_db()
        assert due.started_at == instant("05-07T10:00")

    def test_upgrades_by_themselves_are_triggered_by_time(self, ann):
        make_account(ann, rulebook="google-gemini/2025", seen="free", payments=[("300", "03-01")], now=instant("04-20"))
        gemini = Account.objects.get()
        for need in ("billing_linked", "payment_method", "request"):
            actions.confirm_requirement(gemini, requirement=need, is_met=True, by=ann, now=instant("04-20"))
        held = Escalation.objects.get()
        assert held.triggered_at is not None
        assert not held.is_topped_up


class TestItsEnd:
    def see(self, escalation, tier, at):
        actions.see_tier(escalation.episode.account, tier=tier, seen_at=at, by=None, now=at)
        escalation.refresh_from_db()

    def test_comes_by_itself_when_the_tier_is_seen(self, overdue):
        self.see(overdue, "tier-2", OVER + DAY)
        assert (overdue.how, overdue.resolved_at) == ("tier_seen", OVER + DAY)
        assert overdue.took == OVER + DAY - READY
        assert events() == ["escalation_resolved"]

    def test_a_higher_tier_will_do(self, overdue):
        self.see(overdue, "tier-4", OVER)
        assert overdue.how == "tier_seen"

    def test_a_lower_one_will_not(self, overdue):
        self.see(overdue, "free", OVER)
        assert overdue.how == ""

    def test_is_taken_back_when_the_tier_was_seen_by_mistake(self, overdue):
        self.see(overdue, "tier-2", OVER)
        self.see(overdue, "tier-1", OVER + timedelta(minutes=1))
        assert (overdue.how, overdue.resolved_at) == ("", None)
        self.see(overdue, "tier-2", OVER + timedelta(minutes=2))
        assert overdue.how == "tier_seen"

    def test_without_a_top_up_it_had_no_trigger(self, due):
        self.see(due, "tier-2", READY + DAY)
        assert (due.triggered_at, due.is_topped_up) == (None, False)

    def test_a_payment_after_the_look_did_not_bring_the_tier(self, due):
        make_payment(due.episode.account, "5.00", READY + DAY, now=READY + DAY)
        Account.objects.update(seen_at=READY)
        account = Account.objects.select_related("standing").get()
        actions.see_tier(account, tier="tier-2", seen_at=READY + timedelta(hours=1), by=None, now=READY + DAY)
        due.refresh_from_db()
        assert (due.triggered_at, due.is_topped_up) == (None, False)

    def test_that_of_an_episode_which_ends_otherwise_stays_open(self, account, due):
        actions.void_payment(account.payments.get(), by=None, now=READY)
        due.refresh_from_db()
        assert due.how == ""
        assert not Escalation.objects.running().exists()

    def test_a_tier_that_comes_after_a_person_resolved_it_is_its_true_end(self, ann, overdue):
        actions.resolve_escalation(overdue, how="gave_up", by=ann, now=OVER)
        self.see(overdue, "tier-2", OVER + DAY)
        assert (overdue.how, overdue.resolved_at) == ("tier_seen", OVER + DAY)


class TestTicking:
    def tick(self, escalation, step, ann, at, **facts):
        return actions.tick_step(escalation, step=step, by=ann, now=at, **facts)

    def test_a_step_is_done_by_whom_and_when(self, ann, overdue):
        held = self.tick(overdue, "limits_checked", ann, OVER)
        assert held.ticks == {"limits_checked": {"at": "2025-05-10T12:00:00Z", "by": ann.pk}}
        assert held.said == {"limits_checked": OVER}
        assert events() == ["step_ticked"]

    def test_twice_is_as_good_as_once(self, ann, overdue):
        self.tick(overdue, "limits_checked", ann, OVER)
        again = self.tick(overdue, "limits_checked", make_user(), OVER + DAY)
        assert again.said == {"limits_checked": OVER}
        assert events() == ["step_ticked"]

    def test_one_that_the_top_up_has_overtaken_is_ticked_anew(self, ann, account, due):
        Account.objects.update(seen_at=READY - DAY)
        self.tick(due, "limits_checked", ann, READY)
        make_payment(account, "5.00", TRIGGER, now=TRIGGER)
        held = self.tick(due, "limits_checked", ann, OVER)
        assert held.said == {"limits_checked": OVER}

    def test_it_is_taken_back(self, ann, overdue):
        self.tick(overdue, "limits_checked", ann, OVER)
        assert actions.untick_step(overdue, step="limits_checked", by=ann, now=OVER).ticks == {}
        assert actions.untick_step(overdue, step="limits_checked", by=ann, now=OVER).ticks == {}
        assert events() == ["step_ticked", "step_unticked"]

    def test_support_with_its_ticket(self, ann, overdue):
        held = self.tick(overdue, "support_asked", ann, OVER, ticket_ref="#4711")
        assert (held.is_support_asked, held.ticket_ref) == (True, "#4711")
        held = self.tick(overdue, "support_asked", ann, OVER + DAY, ticket_ref="#4712")
        assert (held.said["support_asked"], held.ticket_ref) == (OVER, "#4712")
        self.tick(overdue, "support_asked", ann, OVER + DAY, ticket_ref="#4712")
        assert events() == ["step_ticked", "ticket_noted"]

    @pytest.mark.parametrize("step", ["topped_up", "rechecked", "waited", "", "nonsense"])
    def test_what_no_person_can_say_is_refused(self, ann, overdue, step):
        with pytest.raises(actions.EscalationRefused, match="not_now"):
            self.tick(overdue, step, ann, OVER)

    def test_support_is_not_asked_while_the_provider_has_its_hours(self, ann, account, due):
        make_payment(account, "5.00", TRIGGER, now=TRIGGER)
        with pytest.raises(actions.EscalationRefused, match="not_now"):
            self.tick(due, "support_asked", ann, TRIGGER + DAY)

    def test_a_ticket_that_is_too_long_is_refused(self, ann, overdue):
        with pytest.raises(actions.EscalationRefused, match="ticket"):
            self.tick(overdue, "support_asked", ann, OVER, ticket_ref="x" * 101)


class TestSnoozing:
    def test_takes_the_account_from_what_is_urgent_until_then(self, ann, due):
        assert is_urgent(READY)
        actions.snooze_escalation(due, until=READY + DAY, by=ann, now=READY)
        assert not is_urgent(READY + DAY - timedelta(seconds=1))
        assert is_urgent(READY + DAY)

    def test_a_fall_is_urgent_all_the_same(self, ann, due):
        actions.snooze_escalation(due, until=READY + DAY, by=ann, now=READY)
        actions.see_tier(due.episode.account, tier="free", seen_at=READY, by=ann, now=READY)
        assert is_urgent(READY)

    def test_the_clock_comes_when_it_is_over(self, ann, due):
        actions.snooze_escalation(due, until=READY + DAY, by=ann, now=READY)
        assert Standing.objects.get().next_look_at == READY + DAY
        assert actions.reconcile(now=READY + DAY) == 1
        reminder = instant("2026-04-01")  # the credit of 1 May expires a year later
        assert Standing.objects.get().next_look_at == reminder

    def test_what_falls_due_meanwhile_is_told_once_when_it_is_over(self, ann, account, due):
        make_payment(account, "5.00", TRIGGER, now=TRIGGER)
        actions.snooze_escalation(due, until=OVER + DAY, by=ann, now=TRIGGER)
        actions.reconcile(now=OVER)
        assert Standing.objects.get().advice_code == "contact_support"
        assert kinds() == ["upgrade_ready"], "what was raised before stays; nothing new is raised"
        for minute in range(3):
            actions.reconcile(now=OVER + DAY + timedelta(minutes=minute))
        assert kinds() == ["upgrade_ready", "contact_support"]

    def test_what_is_not_true_any_more_when_it_is_over_is_not_told(self, ann, account, due):
        make_payment(account, "5.00", TRIGGER, now=TRIGGER)
        actions.snooze_escalation(due, until=OVER + DAY, by=ann, now=TRIGGER)
        actions.see_tier(account, tier="tier-2", seen_at=OVER, by=ann, now=OVER)
        actions.reconcile(now=OVER + DAY)
        assert kinds() == ["upgrade_ready"]

    def test_waking_tells_at_once(self, ann, account, due):
        make_payment(account, "5.00", TRIGGER, now=TRIGGER)
        actions.snooze_escalation(due, until=OVER + DAY, by=ann, now=TRIGGER)
        actions.reconcile(now=OVER)
        actions.wake_escalation(due, by=ann, now=OVER + timedelta(hours=1))
        assert kinds() == ["upgrade_ready", "contact_support"]
        assert is_urgent(OVER + timedelta(hours=1))

    def test_another_tier_is_another_matter(self, ann):
        make_account(ann, seen="tier-1", payments=[("245.00", "05-01")], now=instant("05-09"))
        actions.snooze_escalation(Escalation.objects.get(), until=instant("06-01"), by=ann, now=instant("05-09"))
        assert not is_urgent(instant("05-14"))
        actions.reconcile(now=instant("05-15"))
        assert Standing.objects.get().advice_tier == "tier-4"
        assert is_urgent(instant("05-15"))

    @pytest.mark.parametrize("until", [READY, READY - DAY, READY + 400 * DAY])
    def test_one_that_ends_at_no_sensible_time_is_refused(self, ann, due, until):
        with pytest.raises(actions.EscalationRefused, match="until"):
            actions.snooze_escalation(due, until=until, by=ann, now=READY)

    def test_twice_is_as_good_as_once(self, ann, due):
        for _time in range(2):
            actions.snooze_escalation(due, until=READY + DAY, by=ann, now=READY)
        for _time in range(2):
            actions.wake_escalation(due, by=ann, now=READY)
        assert events() == ["escalation_snoozed", "escalation_woken"]


class TestResolving:
    def test_calls_for_nobody_and_tells_nothing_more(self, ann, account, due):
        make_payment(account, "5.00", TRIGGER, now=TRIGGER)
        actions.resolve_escalation(due, how="by_person", by=ann, now=TRIGGER)
        actions.reconcile(now=OVER)
        assert Standing.objects.get().advice_code == "contact_support"
        assert not is_urgent(OVER)
        assert kinds() == ["upgrade_ready"]

    def test_is_undone_and_then_told(self, ann, account, due):
        make_payment(account, "5.00", TRIGGER, now=TRIGGER)
        actions.resolve_escalation(due, how="by_person", by=ann, now=TRIGGER)
        actions.reconcile(now=OVER)
        held = actions.reopen_escalation(due, by=ann, now=OVER)
        assert (held.how, held.resolved_at) == ("", None)
        assert is_urgent(OVER)
        assert kinds() == ["upgrade_ready", "contact_support"]

    def test_twice_is_as_good_as_once(self, ann, due):
        for how in ("gave_up", "by_person"):
            held = actions.resolve_escalation(due, how=how, by=ann, now=READY)
        assert held.how == "gave_up"
        for _time in range(2):
            actions.reopen_escalation(due, by=ann, now=READY)
        assert events() == ["escalation_resolved", "escalation_reopened"]

    @pytest.mark.parametrize("how", ["tier_seen", "", "x"])
    def test_no_other_way(self, ann, due, how):
        with pytest.raises(actions.EscalationRefused, match="how"):
            actions.resolve_escalation(due, how=how, by=ann, now=READY)

    def test_nothing_is_left_to_do_then(self, ann, due):
        actions.resolve_escalation(due, how="gave_up", by=ann, now=READY)
        for verb in (
            lambda: actions.tick_step(due, step="limits_checked", by=ann, now=READY),
            lambda: actions.untick_step(due, step="limits_checked", by=ann, now=READY),
            lambda: actions.snooze_escalation(due, until=READY + DAY, by=ann, now=READY),
            lambda: actions.wake_escalation(due, by=ann, now=READY),
        ):
            with pytest.raises(actions.EscalationRefused, match="resolved"):
                verb()


class TestWhatIsOver:
    @pytest.fixture(params=["archived", "void"])
    def ended(self, request, ann, account, due) -> Escalation:
        if request.param == "archived":
            actions.archive_account(account, by=ann, now=READY)
        else:
            actions.void_payment(account.payments.get(), by=ann, now=READY)
        return due

    def test_cannot_be_changed(self, ann, ended):
        before = list(Escalation.objects.values())
        for verb in (
            lambda: actions.tick_step(ended, step="limits_checked", by=ann, now=READY),
            lambda: actions.untick_step(ended, step="limits_checked", by=ann, now=READY),
            lambda: actions.snooze_escalation(ended, until=READY + DAY, by=ann, now=READY),
            lambda: actions.wake_escalation(ended, by=ann, now=READY),
            lambda: actions.resolve_escalation(ended, how="gave_up", by=ann, now=READY),
            lambda: actions.reopen_escalation(ended, by=ann, now=READY),
        ):
            with pytest.raises(actions.EscalationRefused, match="over"):
                verb()
        assert list(Escalation.objects.values()) == before


def test_who_sees_and_who_changes(ann, due):
    viewer = make_member(make_workspace(ann), "viewer")
    stranger = make_user()
    seen = [Escalation.objects.visible_to(person).count() for person in (ann, viewer, stranger)]
    changed = [Escalation.objects.editable_by(person).count() for person in (ann, viewer, stranger)]
    assert (seen, changed) == ([1, 1, 0], [1, 0, 0])
    actions.archive_account(due.episode.account, by=ann, now=READY)
    assert Escalation.objects.visible_to(ann).exists()
    assert not Escalation.objects.editable_by(ann).exists()


def test_one_that_is_open_is_no_climb(due):
    with pytest.raises(ValueError, match="open"):
        due.as_climb()


@pytest.mark.parametrize(
    ("facts", "name"),
    [
        ({"how": "gave_up"}, "escalation_resolved_whole"),
        ({"resolved_at": READY}, "escalation_resolved_whole"),
        ({"how": "prayer", "resolved_at": READY}, "escalation_resolved_whole"),
        ({"triggered_at": READY - DAY}, "escalation_trigger_after_start"),
        ({"is_topped_up": True}, "escalation_top_up_is_trigger"),
    ],
)
def test_the_database_refuses_half_a_truth(due, facts, name):
    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        Escalation.objects.update(**facts)


@pytest.mark.django_db(transaction=True)
class TestTwoAtOnce:
    def both(self, verbs) -> list[Exception]:
        barrier, failures = threading.Barrier(2), []

        def run(verb) -> None:
            try:
                barrier.wait(timeout=5)
                verb()
            except Exception as error:
                failures.append(error)
            finally:
                connections.close_all()

        threads = [threading.Thread(target=run, args=(verb,)) for verb in verbs]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return failures

    def test_tick_two_steps_and_none_is_lost(self, ann, overdue):
        steps = ("limits_checked", "support_asked")
        tick = [lambda step=step: actions.tick_step(overdue, step=step, by=ann, now=OVER) for step in steps]
        assert self.both(tick) == []
        assert set(Escalation.objects.get().ticks) == set(steps)
        assert events() == ["step_ticked", "step_ticked"]

    def test_tick_the_same_step_and_it_is_told_once(self, ann, overdue):
        tick = lambda: actions.tick_step(overdue, step="limits_checked", by=ann, now=OVER)  # noqa: E731
        assert self.both([tick, tick]) == []
        assert events() == ["step_ticked"]

    def test_the_control_without_the_lock_one_tick_is_lost(self, ann, overdue, monkeypatch):
        """What the account's lock is for: both read, then both write what they read."""
        monkeypatch.setattr(QuerySet, "select_for_update", lambda self, **options: self)
        meeting, save = threading.Barrier(2), Escalation.save

        def meet_and_save(self, *args, **facts):
            meeting.wait(timeout=5)
            return save(self, *args, **facts)

        monkeypatch.setattr(Escalation, "save", meet_and_save)
        steps = ("limits_checked", "support_asked")
        self.both([lambda step=step: actions.tick_step(overdue, step=step, by=ann, now=OVER) for step in steps])
        assert len(Escalation.objects.get().ticks) == 1

    def test_a_tick_and_the_tier_that_comes(self, ann, overdue):
        account = overdue.episode.account
        failures = self.both(
            [
                lambda: actions.tick_step(overdue, step="support_asked", by=ann, now=OVER),
                lambda: actions.see_tier(account, tier="tier-2", seen_at=OVER, by=ann, now=OVER),
            ]
        )
        assert all(isinstance(error, actions.EscalationRefused) for error in failures)
        held = Escalation.objects.get()
        assert held.how == "tier_seen"
        assert held.is_support_asked == (not failures)
