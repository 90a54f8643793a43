"""The page of models: limits by tier, what opens what, and which of my accounts can use it today."""

from datetime import UTC, datetime, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts import actions, rules
from accounts.gateways import published
from accounts.views.matrix import MOST_NAMES, Reader, matrix, readers
from tests import make

BOOK = published.edition("openai/2025-05")
OFFICIAL = published.edition("openai/2024-12")
ON = datetime(2025, 5, 20, tzinfo=UTC).date()
PAGE = reverse("accounts:models")


def rows(book=BOOK, on=ON, mine=()):
    return {row.model.id: row for row in matrix(book, book.models, on=on, mine=mine)}


def states(row):
    return {square.tier.id: square.state for square in row.squares}


class TestMatrix:
    def test_a_model_is_locked_below_its_tier_and_open_from_it(self):
        assert states(rows()["o3-mini"]) == {
            "free": "locked",
            "tier-1": "locked",
            "tier-2": "locked",
            "tier-3": "open",
            "tier-4": "open",
            "tier-5": "open",
        }

    def test_a_model_with_a_second_way_is_conditional_where_only_that_way_leads(self):
        found = states(rows(OFFICIAL)["o3"])
        assert found["free"] == "locked"
        assert found["tier-1"] == found["tier-3"] == "conditional"
        assert found["tier-4"] == "open"

    def test_a_partner_model_has_no_tiers(self):
        row = rows()["o3"]
        assert row.state == "partner"
        assert not row.is_tiered

    def test_an_announced_model_is_expected(self):
        assert rows()["sora-api"].state == "expected"

    def test_a_model_shut_down_since_still_shows_what_the_edition_gave(self):
        model = OFFICIAL.model("gpt-4")
        row = rows(OFFICIAL, on=model.retired_on)["gpt-4"]
        assert row.state == "retired"
        assert states(row)["tier-1"] == "open"
        assert rows(OFFICIAL, on=model.retired_on - timedelta(days=1))["gpt-4"].state == "open"

    @pytest.mark.parametrize("edition", sorted(published.editions()))
    def test_no_cell_of_any_edition_is_0_or_without_a_state(self, edition):
        for row in matrix(published.edition(edition), published.edition(edition).models, on=ON):
            for square in row.squares:
                assert square.state in (*rules.ACCESS_STATES, "conditional")
                for at in square.limits:
                    for cell in at.cells.values():
                        assert cell.value is None if cell.state != "number" else cell.value > 0

    def test_who_can_use_it_follows_the_seen_tier(self):
        mine = [Reader("low", "tier-1", frozenset()), Reader("high", "tier-3", frozenset())]
        use = rows(mine=mine)["o3-mini"].use
        assert (use.can, use.of, use.can_names, use.cannot_names) == (1, 2, ("high",), ("low",))

    def test_a_confirmed_requirement_opens_the_second_way(self):
        mine = [
            Reader("plain", "tier-1", frozenset()),
            Reader("verified", "tier-1", frozenset({"organization_verified"})),
        ]
        assert rows(OFFICIAL, mine=mine)["o3"].use.can_names == ("verified",)

    def test_only_the_first_names_of_many_are_carried(self):
        mine = [Reader(str(number), "tier-5", frozenset()) for number in range(40)]
        use = rows(mine=mine)["gpt-4"].use
        assert (use.can, len(use.can_names)) == (40, MOST_NAMES)


@pytest.mark.django_db
class TestReaders:
    def test_a_requirement_counts_from_the_instant_it_was_confirmed(self):
        account = make.make_account()
        actions.confirm_requirement(account, requirement="contract", is_met=True, by=None, now=make.NOW)
        account.refresh_from_db()
        assert readers([account], BOOK, now=make.NOW)[0].confirmed == {"contract"}
        assert readers([account], BOOK, now=make.NOW - timedelta(seconds=1))[0].confirmed == frozenset()

    def test_an_account_whose_tier_the_edition_does_not_know_is_left_out(self):
        account = make.make_account(seen="tier-2")
        assert readers([account], published.edition("openai/2026-10-06"), now=make.NOW) == []


@pytest.fixture
def me(db, client):
    actions.adopt(published.editions().values(), now=timezone.now())
    user = make.make_user()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return user


class TestPage:
    def test_without_accounts_it_shows_the_article(self, me, client):
        assert client.get(PAGE).context["rulebook"].id == "openai/2025-05"

    def test_it_opens_with_the_edition_of_most_of_my_accounts(self, me, client):
        for name in ("a", "b"):
            make.make_account(me, name=name, rulebook="openai/2024-12")
        make.make_account(me, name="c", rulebook="openai/2025-05")
        make.make_account(rulebook="openai/2025-05")
        response = client.get(PAGE)
        assert response.context["rulebook"].id == "openai/2024-12"
        assert [(book.id, count) for book, count in response.context["elsewhere"]] == [("openai/2025-05", 1)]

    def test_accounts_of_others_and_archived_ones_are_not_mine(self, me, client):
        make.make_account(name="foreign-account")
        mine = make.make_account(me, name="put-away")
        actions.archive_account(mine, by=me, now=make.NOW)
        response = client.get(PAGE)
        assert not response.context["has_mine"]
        assert "foreign-account" not in response.content.decode()

    def test_limits_stand_in_the_cells_in_full(self, me, client):
        text = client.get(PAGE, {"q": "gpt-4o"}).content.decode()
        assert "600,000" in text
        assert "120,000" in text

    def test_unknown_limits_are_said_never_0(self, me, client):
        text = client.get(PAGE, {"q": "o3-mini"}).content.decode()
        assert "limits not published" in text
        assert "<dd>0</dd>" not in text

    @pytest.mark.parametrize(
        ("query", "names"),
        [
            ({"q": "SORA"}, ["Sora Alpha", "Sora API"]),
            ({"kind": "image"}, ["DALL-E 2", "DALL-E 3"]),
            ({"kind": "image", "q": "3"}, ["DALL-E 3"]),
            ({"kind": "no such kind"}, []),
            ({"q": "%"}, []),
            ({"q": "x" * 10_000}, []),
        ],
    )
    def test_search_and_kind_narrow_the_models(self, me, client, query, names):
        response = client.get(PAGE, query)
        assert response.status_code == 200
        assert [row.model.name for row in response.context["rows"]] == names

    def test_what_no_edition_names_is_unknown_not_locked(self, me, client):
        assert "unknown there, not locked" in client.get(PAGE, {"q": "gpt-99"}).content.decode()

    def test_markup_in_the_search_stays_text(self, me, client):
        assert "<script>alert" not in client.get(PAGE, {"q": "<script>alert(1)</script>"}).content.decode()

    def test_an_unknown_edition_is_not_found(self, me, client):
        assert client.get(PAGE, {"rulebook": "openai/1999-01"}).status_code == 404

    def test_htmx_gets_the_matrix_alone_and_caches_keep_the_two_apart(self, me, client):
        whole, part = client.get(PAGE), client.get(PAGE, headers={"HX-Request": "true"})
        assert "<html" in whole.content.decode()
        assert part.content.decode().strip().startswith('<section id="matrix"')
        assert all("HX-Request" in answer.headers["Vary"] for answer in (whole, part))
        assert part.content.decode().strip() in whole.content.decode()

    @pytest.mark.parametrize("edition", sorted(published.editions()))
    def test_every_edition_can_be_shown(self, me, client, edition):
        assert client.get(PAGE, {"rulebook": edition}).status_code == 200

    def test_the_page_needs_few_queries_however_many_accounts(self, me, client, django_assert_max_num_queries):
        for number in range(20):
            make.make_account(me, name=f"account-{number}")
        client.get(PAGE)
        with django_assert_max_num_queries(8):
            client.get(PAGE)


@pytest.mark.django_db
def test_an_instance_without_rulebooks_says_so(client):
    client.force_login(make.make_user(), backend="django.contrib.auth.backends.ModelBackend")
    assert "No rulebooks yet" in client.get(PAGE).content.decode()
