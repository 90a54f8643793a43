"""Accounts, sightings, notices and rulebooks by the API."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts import actions
from accounts.gateways import published
from accounts.models import Account, Standing
from tests import make
from tests.api.conftest import mistakes, problem

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]
NEW = {"name": "staging", "rulebook": "openai/2025-05", "seen_tier": "tier-1"}


@pytest.fixture
def account(ann):
    return make.make_account(ann, name="production", payments=[("50.00", "05-14T10:00")])


def test_an_account_is_opened_with_its_payments(script, account):
    payments = [{"kind": "purchase", "gross": "50.00", "paid_at": "2025-05-01T10:00:00Z"}]
    answer = script.post("/accounts", NEW | {"payments": payments})
    assert answer.status_code == 201
    told = answer.json()
    assert (told["provider"], told["advice"]["code"], told["advice"]["amount_usd"]) == ("openai", "top_up", "5.00")
    assert script.get(f"/accounts/{told['id']}").json() == told


@pytest.mark.parametrize(
    ("found", "changes"),
    [
        ({"name": "stands_twice"}, {"name": "PRODUCTION"}),
        ({"name": "string_too_short"}, {"name": ""}),
        ({"name": "line"}, {"name": "a\nb"}),
        ({"rulebook": "unknown"}, {"rulebook": "openai/1999"}),
        ({"seen_tier": "not_in_edition"}, {"seen_tier": "tier-9"}),
        ({"payments.0.gross": "missing"}, {"payments": [{"kind": "purchase", "paid_at": "2025-05-01T10:00:00Z"}]}),
        (
            {"payments.0.paid_at": "in_future"},
            {"payments": [{"kind": "purchase", "gross": "1", "paid_at": "2025-06-01T10:00:00Z"}]},
        ),
        ({"follows_provider": "bool_type"}, {"follows_provider": "yes"}),
    ],
)
def test_an_account_that_cannot_stand_is_not_opened(script, account, found, changes):
    assert mistakes(script.post("/accounts", NEW | changes)) == found
    assert Account.objects.count() == 1


def test_an_edit_changes_what_it_says_and_nothing_else(script, account):
    path = f"/accounts/{account.pk}"
    told = script.patch(path, {"goal": {"tier": "tier-3"}, "room_usd": "200.5", "notes": "two\nlines"}).json()
    assert (told["name"], told["goal"]["tier"], told["room_usd"], told["notes"]) == (
        "production",
        "tier-3",
        "200.50",
        "two\nlines",
    )
    assert script.patch(path, {"room_usd": None}).json()["room_usd"] is None
    assert script.patch(path, {"goal": {"model": "gpt-4o", "tpm": 500_000}}).json()["goal"]["tpm"] == 500_000
    assert script.patch(path, {"goal": {"spend_usd": "5000"}}).json()["goal"]["spend_usd"] == "5000.00"
    assert mistakes(script.patch(path, {"goal": {"tier": "tier-9"}})) == {"goal.tier": "not_in_edition"}
    assert mistakes(script.patch(path, {"goal": {"model": "gpt-99"}})) == {"goal.model": "not_in_edition"}
    for goal in ({}, {"tier": "tier-3", "model": "gpt-4o"}, {"rpm": 5}, {"spend_usd": "0"}):
        assert mistakes(script.patch(path, {"goal": goal})) == {"goal": "not_a_goal"}
    assert script.patch(path, {"goal": None}).json()["goal"] is None
    assert mistakes(script.patch(path, {"seen_tier": "tier-5"})) == {"seen_tier": "extra_forbidden"}


def test_an_account_moves_to_another_edition(script, account):
    make.make_rulebook("openai/2024-12")
    path = f"/accounts/{account.pk}"
    told = script.post(f"{path}/move", {"rulebook": "openai/2024-12", "seen_tier": "tier-2"}).json()
    assert (told["rulebook"], told["seen_tier"], told["follows_provider"]) == ("openai/2024-12", "tier-2", False)
    assert script.get(path).json() == told
    make.make_rulebook("xai/2026")
    for found, said in (
        ({"rulebook": "unknown"}, {"rulebook": "openai/1999", "seen_tier": "tier-2"}),
        ({"rulebook": "other_provider"}, {"rulebook": "xai/2026", "seen_tier": "tier-2"}),
        ({"seen_tier": "not_in_edition"}, {"rulebook": "openai/2025-05", "seen_tier": "tier-9"}),
        ({"seen_tier": "missing"}, {"rulebook": "openai/2025-05"}),
    ):
        assert mistakes(script.post(f"{path}/move", said)) == found
    assert script.get(path).json() == told


def test_a_requirement_is_confirmed_and_withdrawn(script, account):
    path = f"/accounts/{account.pk}/requirements"
    told = script.post(path, {"requirement": "organization_verified", "met": True}).json()
    assert told["confirmed"] == {"organization_verified": "2025-05-20T12:00:00Z"}
    assert script.post(path, {"requirement": "organization_verified", "met": False}).json()["confirmed"] == {}
    assert mistakes(script.post(path, {"requirement": "luck", "met": True})) == {"requirement": "literal_error"}
    assert mistakes(script.post(path, {"requirement": "contract", "met": 1})) == {"met": "bool_type"}


def test_the_cap_of_this_month_is_noted(script, account):
    path = f"/accounts/{account.pk}/cap"
    assert script.post(path, {"reached": True}).json()["cap_reached_at"] == "2025-05-20T12:00:00Z"
    assert script.post(path, {"reached": False}).json()["cap_reached_at"] is None


def test_the_archive_is_left_out_unless_it_is_asked_for(script, account):
    script.post(f"/accounts/{account.pk}/archive")
    counts = {
        asked: len(script.get(f"/accounts{asked}").json()["items"]) for asked in ("", "?archived=yes", "?archived=all")
    }
    assert counts == {"": 0, "?archived=yes": 1, "?archived=all": 1}
    assert script.post(f"/accounts/{account.pk}/restore").json()["archived_at"] is None


def test_a_name_in_use_keeps_an_account_in_the_archive(script, account, ann):
    script.post(f"/accounts/{account.pk}/archive")
    make.make_account(ann, name="production")
    assert mistakes(script.post(f"/accounts/{account.pk}/restore")) == {"name": "stands_twice"}


def test_the_advice_is_that_of_this_moment_though_no_clock_has_rung(script, account, clock):
    assert script.get(f"/accounts/{account.pk}").json()["advice"]["code"] == "wait"
    clock.shift(timedelta(days=1, hours=22))
    told = script.get(f"/accounts/{account.pk}").json()
    assert told["advice"]["code"] == "top_up"
    assert Standing.objects.get(account=account).advice_code == "wait"


def test_accounts_are_narrowed_and_read_in_parts(script, ann, account):
    make.make_account(ann, rulebook="xai/2026", seen="tier-1")
    for query, count in {
        "provider=xai": 1,
        "rulebook=openai/2025-05": 1,
        "seen_tier=tier-1": 2,
        "provider=none": 0,
    }.items():
        assert len(script.get(f"/accounts?{query}").json()["items"]) == count, query
    first = script.get("/accounts?limit=1").json()
    second = script.get(f"/accounts?limit=1&cursor={first['next']}").json()
    assert {first["items"][0]["id"], second["items"][0]["id"]} == {str(held.pk) for held in Account.objects.all()}
    assert second["next"] is None


def test_many_accounts_cost_the_same_queries(script, ann, account, clock):
    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert script.get("/accounts").status_code == 200
        return len(queries)

    clock.shift(timedelta(days=5))  # every standing is overdue
    few = cost()
    for _ in range(5):
        make.make_account(ann, payments=[("50.00", "05-14T10:00")])
    assert cost() == few <= 7


def test_a_sighting_is_recorded_and_listed(script, account):
    answer = script.post(f"/accounts/{account.pk}/sightings", {"tier": "tier-2"})
    assert (answer.status_code, answer.json()["change"], answer.json()["source"]) == (201, "rose", "api")
    listed = script.get(f"/accounts/{account.pk}/sightings").json()["items"]
    assert [sighting["tier"] for sighting in listed] == ["tier-2", "tier-1"]
    assert script.get(f"/accounts/{account.pk}").json()["seen_tier"] == "tier-2"


@pytest.mark.parametrize(
    ("found", "said"),
    [
        ({"tier": "not_in_edition"}, {"tier": "tier-9"}),
        ({"seen_at": "in_future"}, {"tier": "tier-2", "seen_at": "2025-05-20T12:00:01Z"}),
        ({"tier": "missing"}, {}),
    ],
)
def test_a_sighting_that_cannot_be_is_refused(script, account, found, said):
    assert mistakes(script.post(f"/accounts/{account.pk}/sightings", said)) == found
    assert account.sightings.count() == 1


def test_notices_come_with_their_deliveries(script, ann):
    account = make.make_account(ann, payments=[("50.00", "05-01T10:00")])
    [notice] = script.get("/notices").json()["items"]
    assert (notice["account"], notice["kind"], notice["tier"]) == (str(account.pk), "upgrade_ready", "tier-2")
    assert [(mail["status"], mail["address"]) for mail in notice["deliveries"]] == [("pending", "ann@example.org")]
    for query, count in {
        "status=pending": 1,
        "status=sent": 0,
        "kind=tier_seen": 0,
        f"account={account.pk}": 1,
    }.items():
        assert len(script.get(f"/notices?{query}").json()["items"]) == count, query


def test_many_notices_cost_the_same_queries(script, ann):
    def cost() -> int:
        make.make_account(ann, payments=[("50.00", "05-01T10:00")])
        with CaptureQueriesContext(connection) as queries:
            assert script.get("/notices").status_code == 200
        return len(queries)

    assert cost() == cost() <= 5


def test_a_rulebook_is_told_in_the_language_that_was_asked_for(script, account):
    path = "/rulebooks/openai/2025-05"
    assert script.get(path).json()["title"].startswith("OpenAI, as a guide")
    told = script.get(path, **{"Accept-Language": "zh-CN,zh;q=0.9"}).json()
    assert "指南文章" in told["title"]
    tier = told["tiers"][2]
    assert (tier["id"], tier["money_usd"], tier["wait_days"], tier["cap"]) == (
        "tier-2",
        "50.00",
        7,
        {"kind": "amount", "low_usd": "500.00", "high_usd": None},
    )


def test_what_an_edition_does_not_publish_is_never_a_nought(script):
    states = set()
    for edition in published.editions():
        make.make_rulebook(edition)
        for limit in script.get(f"/rulebooks/{edition}").json()["limits"]:
            for cell in (cell for row in limit["tiers"].values() for cell in row.values()):
                states.add(cell["state"])
                assert (cell["value"] is None) is (cell["state"] != "number")
                assert cell["value"] != 0
    assert states == {"number", "not_supported", "not_published"}


def test_editions_are_listed_in_parts(script, account):
    for edition in ("openai/2024-12", "xai/2026", "openai/2024-07"):
        make.make_rulebook(edition)
    seen, cursor = [], ""
    while cursor is not None:
        part = script.get(f"/rulebooks?limit=2&cursor={cursor}").json()
        seen += [book["id"] for book in part["items"]]
        cursor = part["next"]
    assert seen == ["openai/2024-07", "openai/2024-12", "openai/2025-05", "xai/2026"]
    assert problem(script.get("/rulebooks/openai/1999")) == (404, "not-found")


def test_history_names_the_person_whose_script_it_was(script, account, ann):
    script.patch(f"/accounts/{account.pk}", {"notes": "x"})
    assert account.events.get(kind="account_edited").by == ann


def test_a_token_of_a_former_member_finds_nothing(script, account, ann):
    ann.memberships.all().delete()
    assert problem(script.get(f"/accounts/{account.pk}")) == (404, "not-found")
    assert problem(script.post("/accounts", NEW)) == (403, "role-missing")
    assert actions.use_token(script.secret, now=make.NOW).token.user == ann
