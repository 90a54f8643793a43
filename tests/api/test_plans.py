"""Plans by the API: the same rules as the planner's page; adopted, followed, given up."""

import uuid
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Account, Plan
from tests import make
from tests.api.conftest import mistakes, problem
from tests.views.test_authorization import everything_stored

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]
TIER_3 = {"tier": "tier-3"}


@pytest.fixture
def account(ann):
    """Tier 1, 50 dollars on 18 May, 10:00: Tier 3 lacks 50 dollars, and waits until 25 May."""
    return make.make_account(ann, payments=[("50", "05-18T10:00")])


@pytest.fixture
def path(account):
    return f"/accounts/{account.pk}"


@pytest.fixture
def adopt(script, path):
    return lambda **changes: script.post(
        f"{path}/plans", {"wish": TIER_3, "kind": "cheapest", "total_usd": "50.00"} | changes
    )


def told(answer, status: int = 200) -> dict:
    assert answer.status_code == status, answer.content
    return answer.json()


class TestTheAnswer:
    def test_the_planners_example_for_an_account_yet_to_be_opened(self, script, account):
        """Domain 6 for 100 dollars and 7 days: all at once costs five more; hold back; as late as the date allows."""
        said = {"rulebook": "openai/2025-05", "wish": {"model": "o3-mini"}, "wanted_at": "2025-06-20T00:00:00Z"}
        found = told(script.post("/plans/preview", said))
        assert found["need"]["tier"] == "tier-3"
        assert {reason["code"] for reason in found["need"]["reasons"]} == {"locked"}
        assert (found["seen_tier"], found["obstacle"], found["late"], found["there"]) == (None, None, False, False)
        steps = {
            plan["kind"]: [(step["kind"], step["at"], step["amount_usd"], step["why"]) for step in plan["steps"]]
            for plan in found["plans"]
        }
        assert steps["all_at_once"] == [
            ("pay", "2025-05-20T12:00:00Z", "100.00", "meets_money"),
            ("check", "2025-05-27T12:00:00Z", None, None),
            ("pay", "2025-05-27T12:00:00Z", "5.00", "triggers"),
            ("ask", "2025-05-29T12:00:00Z", None, None),
        ]
        assert steps["cheapest"][:2] == [
            ("pay", "2025-05-20T12:00:00Z", "5.00", "starts_clock"),
            ("pay", "2025-05-27T12:00:00Z", "95.00", "completes"),
        ]
        assert {plan["kind"]: (plan["total_usd"], plan["extra_usd"]) for plan in found["plans"]} == {
            "all_at_once": ("105.00", "5.00"),
            "cheapest": ("100.00", "0.00"),
            "latest": ("100.00", "0.00"),
        }
        cheapest, latest = found["plans"][1:]
        assert [cheapest[name] for name in ("ready_at", "safe_at", "live_at")] == [
            "2025-05-27T12:00:00Z",
            "2025-05-29T12:00:00Z",
            "2025-05-30T12:00:00Z",
        ]
        assert latest["live_at"] == "2025-06-20T00:00:00Z"
        assert found["earliest_at"] == "2025-05-30T12:00:00Z"

    def test_an_account_is_planned_for_as_it_is(self, script, path):
        found = told(script.post(f"{path}/plans/preview", {"wish": TIER_3}))
        assert (found["seen_tier"], found["counted_usd"]) == ("tier-1", "50.00")
        [plan] = found["plans"][1:]
        assert (plan["total_usd"], plan["ready_at"]) == ("50.00", "2025-05-25T10:00:00Z")

    def test_without_a_wish_it_is_the_accounts_goal(self, script, path):
        assert mistakes(script.post(f"{path}/plans/preview", {})) == {"wish": "missing"}
        script.patch(path, {"goal": {"spend_usd": "750"}})
        found = told(script.post(f"{path}/plans/preview", {}))
        assert (found["need"]["tier"], found["wish"]["spend_usd"]) == ("tier-3", "750.00")

    def test_limits_of_a_model_say_why_no_lower_tier_does(self, script, path):
        found = told(script.post(f"{path}/plans/preview", {"wish": {"model": "gpt-4o", "tpm": 300_000}}))
        reasons = {
            reason["tier"]: (reason["code"], reason["metric"], reason["cell"]) for reason in found["need"]["reasons"]
        }
        assert found["need"]["tier"] == "tier-3"
        assert reasons["free"] == ("locked", None, None)
        assert reasons["tier-2"] == ("below_limit", "tpm", {"state": "number", "value": 120_000, "up_to": False})

    @pytest.mark.parametrize(
        ("obstacle", "wish"),
        [
            ("unknown_tier", {"tier": "tier-9"}),
            ("unknown_model", {"model": "gpt-99"}),
            ("above_highest", {"model": "gpt-4o", "tpm": 10**12}),
            ("above_highest", {"spend_usd": "900000000"}),
            ("partner", {"model": "sora-alpha"}),
        ],
    )
    def test_where_no_tier_does_it_says_why(self, script, path, obstacle, wish):
        found = told(script.post(f"{path}/plans/preview", {"wish": wish}))
        assert (found["obstacle"], found["need"]["tier"], found["plans"]) == (obstacle, None, [])

    def test_a_tier_that_is_there_needs_no_plan(self, script, path):
        found = told(script.post(f"{path}/plans/preview", {"wish": {"tier": "tier-1"}}))
        assert (found["there"], found["plans"]) == (True, [])

    def test_what_cannot_be_done_in_time_is_late(self, script, path):
        found = told(script.post(f"{path}/plans/preview", {"wish": TIER_3, "wanted_at": "2025-05-21T00:00:00Z"}))
        assert (found["late"], found["earliest_at"]) == (True, "2025-05-28T10:00:00Z")

    def test_it_may_be_asked_for_any_instant(self, script, path):
        before = told(script.post(f"{path}/plans/preview", {"wish": TIER_3, "at": "2025-05-01T00:00:00Z"}))
        assert (before["counted_usd"], before["plans"][1]["total_usd"]) == ("0.00", "100.00")
        after = told(script.post(f"{path}/plans/preview", {"wish": TIER_3, "at": "2026-01-01T00:00:00Z"}))
        assert after["plans"][0]["ready_at"] == "2026-01-01T00:00:00Z"

    def test_a_known_balance_warns(self, script, path):
        script.patch(path, {"room_usd": "10"})
        assert told(script.post(f"{path}/plans/preview", {"wish": TIER_3}))["warnings"] == ["no_room"]

    @pytest.mark.parametrize(
        ("found", "said"),
        [
            ({"wish": "not_a_goal"}, {"wish": {}}),
            ({"wish": "not_a_goal"}, {"wish": {"tier": "tier-3", "model": "gpt-4o"}}),
            ({"wish.rpm": "greater_than_equal"}, {"wish": {"model": "gpt-4o", "rpm": 0}}),
            ({"wanted_at": "not_ahead"}, {"wish": TIER_3, "wanted_at": "2025-05-20T11:59:59Z"}),
            ({"wanted_at": "not_ahead"}, {"wish": TIER_3, "wanted_at": "2035-06-01T00:00:00Z"}),
            ({"wanted_at": "instant"}, {"wish": TIER_3, "wanted_at": "2025-06-01"}),
            ({"kind": "extra_forbidden"}, {"wish": TIER_3, "kind": "cheapest"}),
        ],
    )
    def test_what_cannot_be_asked_is_named(self, script, path, found, said):
        assert mistakes(script.post(f"{path}/plans/preview", said)) == found

    def test_an_edition_that_is_not_there_is_named(self, script, account):
        said = {"rulebook": "openai/1999", "wish": TIER_3}
        assert mistakes(script.post("/plans/preview", said)) == {"rulebook": "unknown"}

    def test_nothing_is_stored(self, script, path):
        before = {table: rows for table, rows in everything_stored().items() if table != "accounts_token"}
        told(script.post(f"{path}/plans/preview", {"wish": TIER_3}))
        told(script.post("/plans/preview", {"rulebook": "openai/2025-05", "wish": TIER_3}))
        assert {table: rows for table, rows in everything_stored().items() if table != "accounts_token"} == before

    def test_the_ends_of_time_are_answered(self, script, path):
        for at in ("1970-01-01T00:00:00Z", "9899-12-31T23:59:59Z"):
            told(script.post(f"{path}/plans/preview", {"wish": TIER_3, "at": at, "wanted_at": at}))


class TestAnAdoptedPlan:
    def test_becomes_the_goal_and_is_followed(self, script, adopt, account, path, ann, clock):
        running = told(adopt(), 201)
        assert (running["plan"]["kind"], running["following"]["state"]) == ("cheapest", "on_track")
        account.refresh_from_db()
        assert (account.goal, Plan.objects.get().adopted_by) == (TIER_3, ann)
        assert told(script.get(f"{path}/plan")) == running
        [paying, *_rest] = running["following"]["steps"]
        assert (paying["state"], paying["due_at"], paying["left_usd"]) == ("next", "2025-05-25T10:00:00Z", "50.00")
        assert running["following"]["due"] is False
        clock.move_to(make.instant("05-25T11:00"), tick=False)
        assert told(script.get(f"{path}/plan"))["following"]["due"] is True
        paid = told(
            script.post(f"{path}/payments", {"kind": "purchase", "gross": "50.00", "paid_at": "2025-05-25T10:30:00Z"}),
            201,
        )
        [paying, *_rest] = told(script.get(f"{path}/plan"))["following"]["steps"]
        assert (paying["state"], paying["left_usd"], paying["paid_by"]) == ("done", "0.00", [paid["id"]])

    def test_reality_may_leave_it(self, script, adopt, path, clock):
        adopt()
        clock.move_to(make.instant("05-26T10:00"), tick=False)
        following = told(script.get(f"{path}/plan"))["following"]
        assert (following["state"], following["why"]) == ("left", "missed")
        early = told(script.get(f"{path}/plan?at=2025-05-26T09:59:59Z"))["following"]
        assert (early["state"], early["why"]) == ("on_track", None)

    def test_is_given_up_and_stays_in_the_list(self, script, adopt, path):
        adopt()
        dropped = told(script.post(f"{path}/plan/drop"))
        assert (dropped["outcome"], dropped["ended_at"]) == ("dropped", "2025-05-20T12:00:00Z")
        assert problem(script.get(f"{path}/plan")) == (404, "not-found")
        assert problem(script.post(f"{path}/plan/drop")) == (404, "not-found")
        assert told(script.get(path))["goal"]["tier"] == "tier-3"
        assert told(script.get(f"{path}/plans"))["items"] == [dropped]

    def test_another_one_replaces_it(self, script, adopt, path, clock):
        adopt()
        clock.shift(timedelta(hours=1))
        for wish in (TIER_3, {"spend_usd": "750"}):
            told(adopt(kind="all_at_once", total_usd="55", wish=wish), 201)
        seen, cursor = [], ""
        while cursor is not None:
            part = told(script.get(f"{path}/plans?limit=1&cursor={cursor}"))
            seen += [(plan["plan"]["kind"], plan["outcome"]) for plan in part["items"]]
            cursor = part["next"]
        assert seen == [("all_at_once", None), ("all_at_once", "replaced"), ("cheapest", "replaced")]

    def test_one_that_costs_something_else_by_now_is_not_adopted(self, script, adopt, path):
        script.post(f"{path}/payments", {"kind": "purchase", "gross": "5.00", "paid_at": "2025-05-20T11:00:00Z"})
        assert problem(adopt()) == (409, "plan-changed")
        assert mistakes(adopt(kind="latest")) == {"kind": "no_such_plan"}
        assert mistakes(adopt(wish={"tier": "tier-9"})) == {"kind": "no_such_plan"}
        assert not Plan.objects.exists()
        assert Account.objects.get().goal == {}

    def test_a_repeated_request_adopts_nothing_more(self, script, path):
        key = {"Idempotency-Key": str(uuid.uuid4())}
        said = {"wish": TIER_3, "kind": "cheapest", "total_usd": "50.00"}
        first, again = (script.post(f"{path}/plans", said, **key) for _ in range(2))
        assert (again.content, again.headers["Idempotency-Replayed"]) == (first.content, "true")
        assert problem(script.post(f"{path}/plans", said | {"kind": "all_at_once"}, **key)) == (409, "key-used")
        assert Plan.objects.count() == 1

    def test_costs_few_queries(self, script, adopt, path):
        adopt()
        for address in (f"{path}/plan", f"{path}/plans"):
            with CaptureQueriesContext(connection) as queries:
                told(script.get(address))
            assert len(queries) <= 7, address
