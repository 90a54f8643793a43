"""The path on the account page: its steps, who may do what, snoozing, resolving, and what is typed wrongly."""

import re
import uuid
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts import actions
from accounts.models import Account, Escalation, Event
from tests.make import NOW, instant, make_account, make_payment, make_user
from tests.views.reading import HTMX, error_at, has, html_of, poll, value_of, version_of, words_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]
DAY = timedelta(days=1)
VERBS = ("tick", "untick", "snooze", "wake", "resolve", "reopen")


@pytest.fixture
def account(ann):
    """Its top-up was made on 17 May, 12:00 UTC; the 48 hours were over a day ago; nobody has looked since."""
    account = make_account(ann, name="production", payments=[("50", "05-01T10:00")], now=instant("05-01T10:00"))
    actions.reconcile(now=instant("05-08T10:00"))
    make_payment(account, "5", "05-17T12:00", now=instant("05-17T12:00"))
    actions.reconcile(now=NOW)
    return account


@pytest.fixture
def page(account):
    return f"/accounts/{account.pk}/"


@pytest.fixture
def path(account):
    return f"/escalations/{Escalation.objects.get().pk}/"


def path_of(answer) -> str:
    """The words of the path as they look: no space before a point."""
    return re.sub(r" ([.,:])", r"\1", words_of(answer, "escalation"))


def steps_of(answer) -> dict[str, str]:
    """The steps of the page by their words, with their states."""
    found = re.findall(r'<li class="is-(\w+)"[^>]*>\s*<span class="mark.*?<b>(.*?)</b>', html_of(answer), re.DOTALL)
    return {words: state for state, words in found}


class TestTheSteps:
    def test_are_listed_with_what_tierdash_knows(self, signed_in, page):
        answer = signed_in.get(page)
        words = path_of(answer)
        assert "Step by step to Tier 2" in words
        assert "As recorded: 2 payments, the last one $5.00 on Sat 17 May." in words
        assert "Over since Thu 8 May, 10:00 UTC." in words
        assert "$5.00 paid Sat 17 May, 12:00 UTC." in words
        assert "They were over Mon 19 May, 12:00 UTC." in words
        assert list(steps_of(answer).values()) == ["done"] * 4 + ["current", "ahead"]

    def test_the_one_whose_turn_it_is_is_told_to_those_who_hear(self, signed_in, page):
        assert html_of(signed_in.get(page)).count('aria-current="step"') == 1

    def test_before_the_top_up_it_says_what_to_pay(self, signed_in, ann):
        due = make_account(ann, payments=[("50", "05-01")])
        answer = signed_in.get(f"/accounts/{due.pk}/")
        assert steps_of(answer)["Top up $5.00"] == "current"
        assert not has(answer, "ticket-form"), "support is asked when the hours after the top-up are over"
        assert "That is what users report, not a promise." in path_of(answer)

    def test_while_the_provider_has_its_hours_the_instant_is_shown_with_its_zone(self, signed_in, ann, account, page):
        make_payment(account, "1", NOW, now=NOW)
        other = make_account(ann, payments=[("50", "05-01")])
        make_payment(other, "5", NOW)
        answer = signed_in.get(f"/accounts/{other.pk}/")
        assert "Until Thu 22 May, 12:00 UTC. Tier 2 may appear at any hour before." in path_of(answer)
        assert steps_of(answer)["Give OpenAI 48 hours"] == "waiting"

    def test_a_pending_payment_is_named(self, signed_in, account, page):
        make_payment(account, "20", NOW - DAY, status="pending")
        words = path_of(signed_in.get(page))
        assert "$20.00 of Mon 19 May is pending." in words

    def test_links_lead_to_the_providers_page(self, signed_in, page):
        section = html_of(signed_in.get(page)).split('id="escalation"')[1].split("</section>")[0]
        assert "https://platform.openai.com/settings/organization/limits" in section
        assert 'rel="noreferrer"' in section

    def test_what_the_provider_shows_ticks_the_look(self, signed_in, account, page):
        signed_in.post(f"{page}seen/", {"tier": "tier-1"})
        answer = signed_in.get(page)
        assert "Noted Tue 20 May, 12:00 UTC: it still shows Tier 1." in path_of(answer)
        assert steps_of(answer)["Ask OpenAI's support"] == "current"

    def test_it_is_gone_when_the_tier_is_there(self, signed_in, page):
        answer = signed_in.post(f"{page}seen/", {"tier": "tier-2"}, headers=HTMX)
        assert path_of(answer) == ""
        assert '<section id="escalation" class="section escalation" hx-swap-oob="true" hidden>' in html_of(answer)
        assert "The path to Tier 2 has ended: the tier came" in words_of(answer, "history")

    def test_there_is_none_where_nothing_is_due(self, signed_in, ann):
        waiting = make_account(ann, payments=[("50", "05-18")])
        assert path_of(signed_in.get(f"/accounts/{waiting.pk}/")) == ""

    def test_nor_before_the_clock_has_found_it(self, signed_in, ann, clock):
        waiting = make_account(ann, payments=[("50", "05-18")])
        clock.move_to(instant("05-27"))
        answer = signed_in.get(f"/accounts/{waiting.pk}/")
        assert "Top up $5.00" in words_of(answer, "advice")
        assert path_of(answer) == ""

    def test_in_chinese(self, signed_in, ann, page):
        ann.language = "zh-hans"
        ann.save()
        assert "逐步升级至" in path_of(signed_in.get(page))

    def test_fifteen_queries_are_enough(self, signed_in, ann, path, page):
        signed_in.post(f"{path}tick/", {"step": "limits_checked"})
        signed_in.get(page)
        with CaptureQueriesContext(connection) as queries:
            signed_in.get(page)
        assert len(queries) <= 15, [query["sql"][:90] for query in queries.captured_queries]


class TestTicking:
    @pytest.mark.parametrize("headers", [{}, HTMX])
    def test_a_step_and_taking_it_back(self, signed_in, page, path, headers):
        answer = signed_in.post(f"{path}tick/", {"step": "limits_checked"}, headers=headers)
        assert answer.status_code == (200 if headers else 302)
        words = path_of(answer if headers else signed_in.get(page))
        assert "Looked at Tue 20 May, 12:00 UTC: Tier 2 was not there." in words
        assert "done · ann@example.org" in words
        signed_in.post(f"{path}untick/", {"step": "limits_checked"}, headers=headers)
        assert Escalation.objects.get().ticks == {}
        assert "Not done after all: looked at the limits page" in words_of(signed_in.get(page), "history")

    def test_support_with_its_ticket(self, signed_in, page, path):
        signed_in.post(f"{path}tick/", {"step": "support_asked", "ticket": " #4711 "})
        answer = signed_in.get(page)
        assert "Asked Tue 20 May, 12:00 UTC. Ticket #4711." in path_of(answer)
        assert value_of(answer, "ticket") == "#4711"
        signed_in.post(f"{path}tick/", {"step": "support_asked", "ticket": "#4712"})
        assert Escalation.objects.get().ticket_ref == "#4712"

    @pytest.mark.parametrize("headers", [{}, HTMX])
    @pytest.mark.parametrize("ticket", ["x" * 101, "two\nlines", "\u202e"])
    def test_a_ticket_that_cannot_stand_is_shown_again(self, signed_in, path, ticket, headers):
        answer = signed_in.post(f"{path}tick/", {"step": "support_asked", "ticket": ticket}, headers=headers)
        assert answer.status_code == 422
        assert error_at(answer, "ticket-ticket")
        assert has(answer, "ticket-form")
        assert has(answer, "escalation") == (not headers)
        assert Escalation.objects.get().ticks == {}

    def test_markup_in_a_ticket_stays_text(self, signed_in, page, path):
        signed_in.post(f"{path}tick/", {"step": "support_asked", "ticket": "<svg onload=alert(1)>"})
        assert "<svg onload" not in html_of(signed_in.get(page)) + html_of(signed_in.get("/experience/"))

    @pytest.mark.parametrize("step", ["", "topped_up", "nonsense", "<svg>", "x" * 100_000])
    def test_what_is_no_step_changes_nothing(self, signed_in, page, path, step):
        for verb in ("tick", "untick"):
            assert signed_in.post(f"{path}{verb}/", {"step": step}).status_code == 302
        assert Escalation.objects.get().ticks == {}
        assert not Event.objects.filter(kind__startswith="step_").exists()


class TestSnoozing:
    @pytest.mark.parametrize("headers", [{}, HTMX])
    def test_for_some_days_and_waking(self, signed_in, page, path, headers):
        signed_in.post(f"{path}snooze/", {"days": "3"}, headers=headers)
        assert Escalation.objects.get().snoozed_until == NOW + 3 * DAY
        assert "Snoozed until Fri 23 May, 12:00 UTC." in path_of(signed_in.get(page))
        signed_in.post(f"{path}wake/", headers=headers)
        assert Escalation.objects.get().snoozed_until is None

    def test_until_a_day_begins_where_the_person_is(self, signed_in, ann, path):
        ann.time_zone = "Asia/Shanghai"
        ann.save()
        signed_in.post(f"{path}snooze/", {"day": "2025-05-25"})
        assert Escalation.objects.get().snoozed_until == instant("05-24T16:00")

    @pytest.mark.parametrize("headers", [{}, HTMX])
    @pytest.mark.parametrize(
        "typed",
        [
            *({"day": day} for day in ("", "2025-05-20", "2025-05-19", "2026-05-22", "9999-12-31", "soon", "x" * 9999)),
            *({"days": days} for days in ("0", "2", "-1", "9" * 30, "NaN", "<svg>")),
            {},
        ],
    )
    def test_what_makes_no_sense_is_shown_again(self, signed_in, path, typed, headers):
        answer = signed_in.post(f"{path}snooze/", typed, headers=headers)
        assert answer.status_code == 422
        assert error_at(answer, "snooze-day")
        assert "<svg>" not in html_of(answer)
        assert Escalation.objects.get().snoozed_until is None

    def test_what_was_typed_is_not_lost(self, signed_in, path):
        answer = signed_in.post(f"{path}snooze/", {"day": "2025-05-01"}, headers=HTMX)
        assert value_of(answer, "day") == "2025-05-01"

    def test_the_board_the_favicon_and_the_page_agree(self, signed_in, path, page):
        before = signed_in.get("/")
        assert "production" in words_of(before, "board-now").split("Next")[0]
        assert 'href="/icons/1.svg"' in html_of(before)
        signed_in.post(f"{path}snooze/", {"days": "1"})
        after = signed_in.get("/")
        assert "Act now" not in words_of(after)
        assert "Wed 21 May, 12:00 UTC production Snooze ends" in words_of(after, "board-now")
        assert "until Wed 21 May, 12:00 UTC" in words_of(after, "board-rows")
        assert "/icons/1.svg" not in html_of(after)

    def test_it_is_urgent_again_at_that_instant_though_no_beat_has_come(self, signed_in, path, clock):
        signed_in.post(f"{path}snooze/", {"days": "1"})
        clock.shift(DAY)
        answer = signed_in.get("/")
        assert "Act now" in words_of(answer)
        assert 'href="/icons/1.svg"' in html_of(answer)

    def test_a_half_filled_date_survives_what_comes_by_itself(self, signed_in, account, page):
        version = version_of(signed_in.get(page))
        make_payment(account, "1")
        answer = poll(signed_in, page, version)
        for kept in ("snooze-kept", "ticket-kept"):
            assert re.search(rf'<div id="{kept}" hx-preserve>', html_of(answer)), kept


class TestResolving:
    @pytest.mark.parametrize("headers", [{}, HTMX])
    def test_by_hand_and_taking_it_up_again(self, signed_in, page, path, headers):
        signed_in.post(f"{path}resolve/", {"how": "gave_up"}, headers=headers)
        answer = signed_in.get(page)
        assert "Resolved by hand (not pursued), Tue 20 May, 12:00 UTC." in path_of(answer)
        assert steps_of(answer) == {}
        board = signed_in.get("/")
        assert "Act now" not in words_of(board)
        assert "not pursued" in words_of(board, "board-rows")
        signed_in.post(f"{path}reopen/", headers=headers)
        assert "Act now" in words_of(signed_in.get("/"))

    @pytest.mark.parametrize("how", ["", "tier_seen", "x", "<svg>"])
    def test_no_other_way(self, signed_in, path, how):
        answer = signed_in.post(f"{path}resolve/", {"how": how}, headers=HTMX)
        assert "This cannot be done." in words_of(answer, "messages")
        assert Escalation.objects.get().how == ""

    def test_what_is_resolved_is_told_so(self, signed_in, path):
        signed_in.post(f"{path}resolve/", {"how": "by_person"})
        answer = signed_in.post(f"{path}snooze/", {"days": "1"}, headers=HTMX)
        assert "This is resolved already." in words_of(answer, "messages")


class TestWho:
    def test_a_viewer_sees_the_steps_and_can_change_nothing(self, see, page, path):
        section = html_of(see.get(page)).split('id="escalation"')[1].split("</section>")[0]
        assert "Step by step" in section
        assert "<form" not in section
        for verb in VERBS:
            assert (
                see.post(f"{path}{verb}/", {"step": "limits_checked", "days": "1", "how": "gave_up"}).status_code == 404
            )

    @pytest.mark.parametrize("verb", VERBS)
    def test_with_one_of_others_nobody_can(self, signed_in, verb):
        make_account(make_user(), payments=[("50", "05-01")])
        before = list(Escalation.objects.values())
        typed = {"step": "limits_checked", "days": "1", "how": "gave_up"}
        assert signed_in.post(f"/escalations/{before[0]['episode_id']}/{verb}/", typed).status_code == 404
        assert list(Escalation.objects.values()) == before

    @pytest.mark.parametrize("verb", VERBS)
    def test_with_none_at_all_nobody_can(self, signed_in, verb):
        assert signed_in.post(f"/escalations/{uuid.uuid4()}/{verb}/").status_code == 404

    @pytest.mark.parametrize("verb", VERBS)
    def test_of_an_archived_account_nobody_can(self, signed_in, ann, account, path, page, verb):
        actions.archive_account(account, by=ann, now=NOW)
        before = list(Escalation.objects.values())
        typed = {"step": "limits_checked", "days": "1", "how": "gave_up"}
        assert signed_in.post(f"{path}{verb}/", typed).status_code == 404
        assert list(Escalation.objects.values()) == before
        assert path_of(signed_in.get(page)) == ""

    def test_one_whose_episode_has_ended_says_so(self, signed_in, ann, account, path):
        actions.void_payment(account.payments.earliest("id"), by=ann, now=NOW)
        answer = signed_in.post(f"{path}snooze/", {"days": "1"}, headers=HTMX)
        assert "This stretch is over" in words_of(answer, "messages")

    def test_who_has_left_is_not_named(self, signed_in, ann, page, path):
        signed_in.post(f"{path}tick/", {"step": "limits_checked"})
        held = Escalation.objects.get()
        held.ticks["limits_checked"]["by"] = 2**31 - 1
        held.save()
        assert "done · somebody who left" in path_of(signed_in.get(page))


def test_nothing_is_sent_while_a_path_only_waits(signed_in, page, clock):
    version = version_of(signed_in.get(page))
    clock.shift(timedelta(minutes=10))
    assert poll(signed_in, page, version).status_code == 204


def test_the_account_of_the_fixture_is_urgent(account):
    assert Account.objects.urgent(NOW).get() == account
