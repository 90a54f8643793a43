"""The board: what it shows, how it is narrowed, and how it keeps itself up to date."""

import re
from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts import actions
from accounts.models import Account, Standing
from tests.make import NOW, instant, make_account, make_payment, make_user
from tests.views.reading import HTMX, has, html_of, poll, version_of, words_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]
DAY = timedelta(days=1)
NONSENSE = [
    *(f"page={page}" for page in ("abc", "-1", "0", "9" * 20, "1.5", "NaN", "")),
    *(f"sort={sort}" for sort in ("x", "-id", "standing__account__workspace")),
    *(f"q={words}" for words in ("' OR 1=1 --", "%F0%9F%9A%80", "%ED%A0%80", "%E2%80%AE", "{{7*7}}", "<svg onload=x>")),
    *("advice=x", "provider=../..", "tier=%25s", "q[]=x", "q=a&q=b", "=", "&&&", "version=abc"),
]


def names(answer) -> list[str]:
    """The accounts listed as rows, in order."""
    return re.findall(r'<div class="who"><a [^>]*>([^<]*)<', html_of(answer))


@pytest.fixture
def due(ann):
    """Its money is there and its wait is over: a top-up may lift it."""
    return make_account(ann, name="due", payments=[("50", "05-01")])


class TestWhatItShows:
    def test_an_empty_board_leads_to_the_first_account(self, signed_in):
        page = signed_in.get("/")
        assert "Add your first API account" in words_of(page)
        assert 'href="/accounts/new/"' in html_of(page)

    def test_what_needs_action_stands_first_with_amount_and_tier(self, signed_in, due):
        words = words_of(signed_in.get("/"), "board-now")
        assert "Top up $5.00" in words
        assert "due" in words
        assert "Tier 2" in words

    def test_a_fall_is_an_alert_until_somebody_takes_note(self, signed_in, ann):
        account = make_account(ann, name="fallen", seen="tier-3")
        actions.see_tier(account, tier="tier-1", seen_at=NOW, by=ann, now=NOW)
        assert "fallen has fallen from Tier 3 to Tier 1" in words_of(signed_in.get("/"), "board-now")
        assert signed_in.post(f"/accounts/{account.pk}/fall/").status_code == 302
        assert "has fallen" not in words_of(signed_in.get("/"), "board-now")

    def test_what_comes_next_stands_there_with_its_date(self, signed_in, ann):
        make_account(ann, name="waiting", payments=[("50", "05-18T10:00")])
        assert "Sun 25 May, 10:00 UTC waiting" in words_of(signed_in.get("/"), "board-now")

    def test_looking_again_for_the_sake_of_credit_takes_nobodys_place(self, signed_in, ann):
        """Credit of 21 June 2024 is looked at on 22 May, sooner than the wait ends that people want to see."""
        for number in range(20):
            make_account(ann, name=f"recharged {number}", seen="tier-5", payments=[("50", "2024-06-21T10:00")])
        make_account(ann, name="waiting", payments=[("50", "05-18T10:00")])
        assert Standing.objects.filter(next_look_at=instant("05-22")).count() == 20
        shown = words_of(signed_in.get("/"), "board-now")
        assert "Sun 25 May, 10:00 UTC waiting" in shown
        assert "recharged" not in shown

    @pytest.mark.parametrize(
        ("last_on", "words"),
        [
            ("2025-06-19", "Up to $100.00 of credit expires on Thu 19 Jun"),
            ("2025-05-20", "Up to $100.00 of credit expires on Tue 20 May"),
            ("2025-06-20", ""),
            ("2025-05-19", ""),
        ],
    )
    def test_credit_that_expires_within_a_month_stands_in_the_row(self, signed_in, ann, last_on, words):
        account = make_account(ann, name="granted")
        make_payment(account, "100", "05-01", kind="grant", expires_on=date.fromisoformat(last_on))
        row = words_of(signed_in.get("/"), "board-rows")
        assert words in row
        assert ("of credit expires" in row) is bool(words)

    def test_credit_of_several_days_is_one_line(self, signed_in, ann):
        make_account(
            ann, payments=[("5", "2024-06-01"), ("7", "2024-06-02"), ("9", "2024-06-30"), ("90", "2024-05-01")]
        )
        row = words_of(signed_in.get("/"), "board-rows")
        assert "Up to $12.00 of credit expires between Sun 1 Jun and Mon 2 Jun" in row

    def test_totals_lead_to_the_accounts_they_count(self, signed_in, ann, due):
        make_account(ann, name="gemini", rulebook="google-gemini/2026")
        totals = html_of(signed_in.get("/"))
        address = "?provider=openai&amp;tier=tier-1"
        assert f'href="/{address}"' in totals
        assert names(signed_in.get("/?provider=openai&tier=tier-1")) == ["due"]
        assert names(signed_in.get("/?advice=top_up")) == ["due"]

    def test_archived_accounts_are_not_there(self, signed_in, ann, due):
        actions.archive_account(due, by=ann, now=NOW)
        assert names(signed_in.get("/")) == []
        assert "due" in words_of(signed_in.get("/accounts/archive/"), "content")

    def test_accounts_of_others_are_not_there(self, signed_in, due):
        make_account(make_user(), name="foreign")
        assert names(signed_in.get("/")) == ["due"]

    def test_a_viewer_sees_it_all_and_is_offered_nothing_to_change(self, see, due):
        page = see.get("/")
        assert names(page) == ["due"]
        assert "/accounts/new/" not in html_of(page)

    def test_a_viewer_of_an_empty_workspace_is_not_asked_to_add(self, see):
        page = see.get("/")
        assert "No account yet" in words_of(page)
        assert "/accounts/new/" not in html_of(page)

    def test_a_stranger_is_sent_to_sign_in(self, client):
        assert client.get("/").headers["Location"].startswith("/account/login/")

    def test_it_can_only_be_read(self, signed_in):
        for method in ("post", "put", "delete", "patch"):
            assert getattr(signed_in, method)("/").status_code == 405, method


class TestTheStandingOfThisMoment:
    def test_an_old_stored_standing_is_not_shown(self, signed_in, ann):
        make_account(ann, name="ripe", payments=[("50", "05-10")], now=instant("05-10"))
        assert Standing.objects.get().advice_code == "wait"
        words = words_of(signed_in.get("/"))
        assert "Top up $5.00" in words, "the wait was over on 17 May; the beat has not been there since the 10th"
        assert Standing.objects.get().advice_code == "wait", "a page writes nothing"

    def test_many_overdue_accounts_do_not_push_the_urgent_ones_away(self, signed_in, ann):
        for number in range(14):
            make_account(ann, name=f"a{number}", seen="tier-2", payments=[("5", "05-01")])
        Standing.objects.update(next_look_at=NOW - DAY)
        make_account(ann, name="zebra", payments=[("50", "05-01")])
        assert "zebra" in words_of(signed_in.get("/"), "board-now")

    def test_an_overdue_account_is_still_among_what_comes_next(self, signed_in, ann):
        account = make_account(ann, name="stale", payments=[("50", "05-18T10:00")])
        Standing.objects.filter(account=account).update(next_look_at=NOW - DAY)
        assert "stale" in words_of(signed_in.get("/"), "board-now")

    def test_one_account_that_cannot_be_assessed_leaves_the_board_standing(self, signed_in, ann, due, caplog):
        broken = make_account(ann, name="broken")
        Account.objects.filter(pk=broken.pk).update(seen_tier="tier-99")
        page = signed_in.get("/")
        assert sorted(names(page)) == ["broken", "due"]
        assert "cannot be assessed" in caplog.text


class TestNarrowing:
    @pytest.fixture(autouse=True)
    def accounts(self, ann):
        make_account(ann, name="Beta", organization_ref="org-Shanghai", payments=[("50", "05-18")])
        make_account(ann, name="alpha", payments=[("50", "05-01")])
        make_account(ann, name="gemini 中文", rulebook="google-gemini/2026", notes="for the batch jobs")

    @pytest.mark.parametrize(
        ("query", "found"),
        [
            ("q=ALPHA", ["alpha"]),
            ("q=shanghai", ["Beta"]),
            ("q=batch", ["gemini 中文"]),
            ("q=中文", ["gemini 中文"]),
            ("q=nothing-like-it", []),
            ("q=%25", []),
            ("q=+alpha+", ["alpha"]),
            ("provider=google-gemini", ["gemini 中文"]),
            ("advice=wait", ["Beta"]),
            ("advice=top_up&provider=openai", ["alpha"]),
            ("tier=tier-1&provider=openai&sort=name", ["alpha", "Beta"]),
        ],
    )
    def test_finds(self, signed_in, query, found):
        assert names(signed_in.get(f"/?{query}")) == found

    @pytest.mark.parametrize(
        ("sort", "order"),
        [
            ("name", ["alpha", "Beta", "gemini 中文"]),
            ("next", ["Beta", "alpha", "gemini 中文"]),
            ("advice", ["gemini 中文", "alpha", "Beta"]),
        ],
    )
    def test_sorts(self, signed_in, sort, order):
        assert names(signed_in.get(f"/?sort={sort}")) == order

    def test_what_was_chosen_stays_chosen(self, signed_in):
        page = html_of(signed_in.get("/?q=al&provider=openai&advice=top_up&sort=name&tier=tier-1"))
        for chosen in (
            'value="openai" selected',
            'value="top_up" selected',
            'value="name" selected',
            'name="tier" value="tier-1"',
        ):
            assert chosen in page
        assert 'name="q" value="al"' in page

    def test_nothing_found_offers_the_way_back(self, signed_in):
        words = words_of(signed_in.get("/?q=nowhere"), "board-rows")
        assert "Nothing fits" in words
        assert "Show all" in words

    def test_a_narrowed_board_says_how_much_it_shows(self, signed_in):
        assert "1 of 3" in words_of(signed_in.get("/?q=alpha"), "board-rows")

    @pytest.mark.parametrize("headers", [{}, HTMX])
    def test_nonsense_in_the_address_breaks_nothing(self, signed_in, headers):
        for query in NONSENSE:
            page = signed_in.get(f"/?{query}", headers=headers)
            assert page.status_code == 200, query
            assert "<svg onload" not in html_of(page)

    def test_a_megabyte_in_the_address_breaks_nothing(self, signed_in):
        for name in ("q", "page", "sort", "provider", "advice", "tier"):
            assert signed_in.get("/", {name: "x" * 1_000_000}).status_code == 200, name

    @pytest.mark.parametrize("name", ["q", "page", "sort", "provider"])
    def test_nul_in_the_address_is_a_bad_request(self, signed_in, name):
        assert signed_in.get("/", {name: "a\x00b"}).status_code == 400


class TestManyAccounts:
    @pytest.fixture(autouse=True)
    def accounts(self, ann):
        for number in range(51):
            make_account(ann, name=f"account {number:02}", payments=[("50", "05-01")])

    def test_the_second_page_holds_the_rest(self, signed_in):
        first, second = signed_in.get("/?sort=name"), signed_in.get("/?sort=name&page=2")
        assert (len(names(first)), names(second)) == (50, ["account 50"])
        assert 'href="?sort=name&amp;page=2"' in html_of(first)

    def test_a_board_with_two_pages_is_as_calm_as_one_with_one(self, signed_in):
        version = version_of(signed_in.get("/"))
        assert poll(signed_in, "/", version).status_code == 204

    def test_a_dozen_acts_are_shown_and_the_way_to_the_rest(self, signed_in):
        page = signed_in.get("/")
        assert html_of(page).count('class="act is-now"') == 12
        assert "All accounts that a top-up may lift" in words_of(page, "board-now")

    @pytest.mark.parametrize("headers", [{}, HTMX])
    def test_twelve_queries_are_enough(self, signed_in, headers):
        signed_in.get("/")
        with CaptureQueriesContext(connection) as queries:
            assert signed_in.get("/", headers=headers).status_code == 200
        assert len(queries) <= 12, [query["sql"][:90] for query in queries.captured_queries]


class TestKeepingItselfUpToDate:
    def test_nothing_is_sent_while_nothing_has_changed(self, signed_in, due):
        answer = poll(signed_in, "/", version_of(signed_in.get("/")))
        assert (answer.status_code, answer.content) == (204, b"")

    def test_time_that_changes_nothing_sends_nothing(self, signed_in, due, clock):
        version = version_of(signed_in.get("/"))
        clock.shift(600)
        assert poll(signed_in, "/", version).status_code == 204

    def test_a_payment_made_elsewhere_is_sent_once(self, signed_in, due):
        version = version_of(signed_in.get("/"))
        make_payment(due, "5")
        answer = poll(signed_in, "/", version)
        assert answer.status_code == 200
        assert "Tier 2 may appear by Thu 22 May" in words_of(answer, "board-rows")
        assert poll(signed_in, "/", version_of(answer)).status_code == 204

    def test_the_end_of_a_wait_is_sent_though_no_beat_has_come(self, signed_in, ann, clock):
        make_account(ann, name="ripe", payments=[("50", "05-18T10:00")])
        version = version_of(signed_in.get("/"))
        clock.move_to(instant("05-25T10:00"))
        assert "Top up" in words_of(poll(signed_in, "/", version), "board-now")

    def test_the_first_account_replaces_the_invitation(self, signed_in, ann):
        version = version_of(signed_in.get("/"))
        make_account(ann, name="first")
        assert names(poll(signed_in, "/", version)) == ["first"]

    def test_every_part_finds_its_place_and_the_search_is_none_of_them(self, signed_in, due):
        answer = signed_in.get("/?q=due", headers=HTMX)
        for part in ("pulse", "board-now", "board-rows", "board-totals"):
            assert re.search(rf'<\w+ id="{part}"[^>]* hx-swap-oob="true"', html_of(answer)), part
        assert 'name="q"' not in html_of(answer)
        assert not has(answer, "content")

    def test_the_pulse_asks_for_what_is_shown(self, signed_in, due):
        assert 'hx-get="/?q=due&amp;sort=name"' in html_of(signed_in.get("/?q=due&sort=name"))

    def test_the_way_of_asking_is_part_of_what_caches_know(self, signed_in):
        assert "HX-Request" in signed_in.get("/").headers["Vary"]

    @pytest.mark.parametrize("version", ["", "x" * 8000, "<svg>", "0123456789abcdef"])
    def test_a_spoofed_version_is_answered_in_full(self, signed_in, due, version):
        answer = poll(signed_in, "/", version)
        assert answer.status_code == 200
        assert "<svg>" not in html_of(answer)
