"""The page of one account: what it shows, to whom, and how it keeps itself up to date."""

import re
import uuid
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts import actions
from accounts.models import Account, Payment
from tests.make import NOW, instant, make_account, make_payment, make_user, payment_facts
from tests.views.reading import HTMX, has, html_of, poll, value_of, version_of, words_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]
PARTS = ("advice", "seen", "plan", "ladder", "timeline", "ledger", "credit", "model-list", "history")


@pytest.fixture
def account(ann):
    """Waits for Tier 2 until 25 May, 10:00 UTC."""
    return make_account(ann, name="production", payments=[("50", "05-18T10:00")])


@pytest.fixture
def address(account):
    return f"/accounts/{account.pk}/"


class TestWhatItShows:
    def test_the_advice_with_its_date(self, signed_in, address):
        assert "Sun 25 May, 10:00 UTC" in words_of(signed_in.get(address), "advice")

    def test_the_ladder_with_money_and_days_of_every_tier(self, signed_in, address):
        words = words_of(signed_in.get(address), "ladder")
        assert "Tier 1 shown now" in words
        assert "Tier 2" in words
        assert "Day 2 of 7" in words
        assert "$50.00 of $50" in words

    def test_the_timeline_with_the_money_the_tier_and_the_notices(self, signed_in, ann, address):
        make_payment(account := Account.objects.get(), "5", now=NOW)
        words = words_of(signed_in.get(address), "timeline")
        assert "Sun 18 May $50.00 paid; $50.00 in total" in words
        assert "Tue 20 May, 12:00 UTC The provider shows Tier 1" in words
        assert "Sun 25 May, 10:00 UTC The wait for Tier 2 ends (7 days)" in words
        actions.see_tier(account, tier="free", seen_at=NOW, by=ann, now=NOW)
        assert "Notice: The tier that the provider shows has changed (Free)" in words_of(
            signed_in.get(address), "timeline"
        )

    def test_a_timeline_that_teaches_before_the_first_payment(self, signed_in, ann):
        empty = make_account(ann, seen="free")
        words = words_of(signed_in.get(f"/accounts/{empty.pk}/"), "timeline")
        assert "The clock of every wait starts with the first payment that counts" in words
        assert "If $5.00 is paid now: $5.00 in total" in words

    def test_each_payment_with_its_reason(self, signed_in, ann, account, address):
        make_payment(account, "100", kind="grant")
        make_payment(account, "30", status="failed")
        words = words_of(signed_in.get(address), "ledger")
        assert "does not count: a grant is no payment" in words
        assert "does not count: it has not succeeded" in words
        assert "counts" in words

    def test_credit_that_expires_with_its_days_and_whose_rule_it_is(self, signed_in, account, address):
        make_payment(account, "100", "05-01", kind="grant", expires_on=date(2025, 6, 1))
        page = signed_in.get(address)
        words = words_of(page, "credit")
        assert "Sun 1 Jun up to $100.00 Mon 18 May 2026 up to $50.00" in words
        assert "By OpenAI's rule bought credit expires 12 months after its payment (sure)" in words
        assert 'href="https://help.openai.com/en/articles/8264644"' in html_of(page)
        assert "these are the most that can be left" in words
        soon, late = re.findall(r"<li( class=\"is-soon\")?>", html_of(page).partition('<ol class="days">')[2])[:2]
        assert (bool(soon), bool(late)) == (True, False)

    def test_without_such_credit_nothing_is_said_of_it(self, signed_in, ann):
        held = make_account(ann, rulebook="mistral/2026", seen="tier-1", payments=[("50", "05-18T10:00")])
        page = signed_in.get(f"/accounts/{held.pk}/")
        assert words_of(page, "credit") == ""
        assert '<section id="credit" class="section credit" hidden' in html_of(page)
        make_payment(held, "9", "05-01", kind="promo", expires_on=date(2025, 6, 1))
        words = words_of(signed_in.get(f"/accounts/{held.pk}/"), "credit")
        assert "up to $9.00" in words
        assert "rule" not in words

    def test_more_days_than_four_fold(self, signed_in, account, address):
        for day in range(6):
            make_payment(account, "5", f"05-0{day + 1}")
        words = words_of(signed_in.get(address), "credit")
        assert "3 more days" in words
        assert words.count("up to") == 7

    def test_each_line_says_when_its_credit_expires(self, signed_in, account, address):
        past = make_payment(account, "9", "05-01", kind="promo", expires_on=date(2025, 5, 19))
        back = make_payment(account, "7", "05-02")
        make_payment(account, "7", "05-03", kind="refund", undoes=back)
        page = signed_in.get(address)
        assert "expires Mon 18 May 2026" in words_of(page, f"payment-{Payment.objects.earliest('id').uid}")
        assert "expired Mon 19 May" in words_of(page, f"payment-{past.uid}")
        assert "expire" not in words_of(page, f"payment-{back.uid}"), "nothing is left of it"

    def test_where_tax_leaves_a_gate_in_doubt_and_the_way_to_the_field(self, signed_in, account, address):
        paid = Payment.objects.get()
        page = signed_in.get(address)
        words = words_of(page, "advice")
        assert (
            "Tier 2 asks $50, and exactly that is counted. The tax of 1 payment is unknown: up to $10.63 of it" in words
        )
        assert "Enter the tax of $50.00 of Sun 18 May" in words
        assert f'href="/payments/{paid.uid}/?field=tax"' in html_of(page)
        assert "the largest of" not in words

    def test_where_a_rate_does(self, signed_in, ann):
        held = make_account(ann, name="euro")
        facts = {"currency": "EUR", "rate": Decimal("1.02"), "tax": Decimal(0)}
        paid = [make_payment(held, gross, "05-10", **facts) for gross in ("12", "10", "9", "17")]
        words = words_of(signed_in.get(f"/accounts/{held.pk}/"), "advice")
        assert (
            "Tier 2 asks $50, and the total is only $1.04 short of it. 4 payments were converted at a typed rate"
            in words
        )
        assert "$1.47 higher or lower" in words
        assert "the largest of 4" in words
        links = re.findall(r'href="/payments/([^/]+)/\?field=rate"', html_of(signed_in.get(f"/accounts/{held.pk}/")))
        assert links == [str(paid[number].uid) for number in (3, 0, 1)]

    def test_who_may_only_look_is_told_and_led_to_no_field(self, see, address):
        page = see.get(address)
        assert "The tax of 1 payment is unknown" in words_of(page, "advice")
        assert "?field=" not in html_of(page)

    def test_the_dates_of_this_account_at_a_secret_address(self, signed_in, ann, account, address):
        assert "Your calendar has no address yet" in words_of(signed_in.get(address))
        feed = actions.open_feed(ann, now=NOW)
        page = html_of(signed_in.get(address))
        assert f'value="{settings.SITE_URL}/calendar/{feed.token}.ics?account={account.pk}" readonly' in page
        assert 'data-copy="account-feed"' in page
        actions.close_feed(ann, now=NOW)
        assert feed.token not in html_of(signed_in.get(address))

    def test_an_amount_keeps_its_currency(self, signed_in, account, address):
        make_payment(account, "100", currency="CNY", rate=Decimal("0.1385"))
        words = words_of(signed_in.get(address), "ledger")
        assert "CN¥100.00" in words
        assert "$13.85" in words

    def test_which_models_are_usable_and_what_opens_the_others(self, signed_in, address):
        words = words_of(signed_in.get(address), "model-list")
        assert "usable" in words
        assert "locked from Tier" in words

    def test_a_tier_above_the_rules_is_called_so(self, signed_in, ann):
        lucky = make_account(ann, seen="tier-4")
        assert "above what the rules give" in words_of(signed_in.get(f"/accounts/{lucky.pk}/"), "seen")

    def test_a_tier_as_the_rules_give_it_is_not(self, signed_in, address):
        assert "above what the rules give" not in words_of(signed_in.get(address))

    def test_the_goal_by_the_names_that_people_know(self, signed_in, ann):
        account = make_account(ann, goal={"model": "o3-mini"})
        words = words_of(signed_in.get(f"/accounts/{account.pk}/"), "seen")
        assert re.search(r"Goal o3-mini", words, re.IGNORECASE)

    def test_times_are_in_the_readers_zone(self, signed_in, ann, address):
        ann.time_zone = "Asia/Shanghai"
        ann.save()
        assert "Sun 25 May, 18:00 UTC+8" in words_of(signed_in.get(address), "advice")

    def test_words_are_in_the_readers_language(self, signed_in, ann, address):
        ann.language = "zh-hans"
        ann.save()
        assert '<html lang="zh-hans">' in html_of(signed_in.get(address))

    def test_a_name_with_markup_stays_text(self, signed_in, ann):
        evil = make_account(ann, name="<svg onload=alert(1)>{{7*7}}", notes="<script>", organization_ref="<b>")
        make_payment(evil, note="<svg onload=alert(2)>", reference="{% now 'Y' %}")
        page = html_of(signed_in.get(f"/accounts/{evil.pk}/")) + html_of(signed_in.get("/"))
        assert "<svg onload" not in page
        assert "49" not in words_of(signed_in.get(f"/accounts/{evil.pk}/"), "content").split("{{7*7}}")[0]

    def test_an_archived_account_can_be_read_and_taken_back_but_not_changed(self, signed_in, ann, account, address):
        actions.archive_account(account, by=ann, now=NOW)
        page = signed_in.get(address)
        assert "In the archive since" in words_of(page)
        assert "Take it back" in words_of(page)
        assert not has(page, "payment-form")


class TestWho:
    def test_a_viewer_sees_it_all_and_can_change_nothing(self, see, address):
        page = see.get(address)
        assert "$50.00" in words_of(page, "ledger")
        assert not has(page, "payment-form")
        posts = re.findall(r'(?:action|hx-post)="([^"]+)"', html_of(page).split('id="content"')[1])
        assert posts == [f"{address}#models"], "the only form is the search"

    def test_a_viewer_cannot_take_it_back_from_the_archive(self, see, ann, account, address):
        actions.archive_account(account, by=ann, now=NOW)
        assert "Take it back" not in words_of(see.get(address))

    @pytest.mark.parametrize("headers", [{}, HTMX])
    def test_an_account_of_others_is_not_found(self, signed_in, headers):
        foreign = make_account(make_user())
        assert signed_in.get(f"/accounts/{foreign.pk}/", headers=headers).status_code == 404

    def test_what_is_no_id_is_not_found(self, signed_in):
        for wrong in (uuid.uuid4(), "-1", 2**63, "../board", "x" * 10_000, "None", "%00", str(uuid.uuid4()) + "0"):
            assert signed_in.get(f"/accounts/{wrong}/").status_code in (400, 404), wrong


class TestManyLines:
    @pytest.fixture(autouse=True)
    def payments(self, ann, account):
        facts = payment_facts(("1", "05-19"))
        Payment.objects.bulk_create(
            Payment(
                account=account,
                kind="purchase",
                status="succeeded",
                gross=1,
                recorded_at=NOW,
                changed_at=NOW,
                paid_at=facts.paid_at + timedelta(minutes=n),
                note=f"line {n}",
            )
            for n in range(199)
        )

    @pytest.mark.parametrize("headers", [{}, HTMX])
    def test_twelve_queries_are_enough_for_200_payments(self, signed_in, address, headers):
        signed_in.get(address)
        with CaptureQueriesContext(connection) as queries:
            assert signed_in.get(address, headers=headers).status_code == 200
        assert len(queries) <= 12, [query["sql"][:90] for query in queries.captured_queries]

    def test_recording_one_more_takes_few_queries_however_many_there_are(self, signed_in, address):
        key = value_of(signed_in.get(address), "form_key")
        facts = {"gross": "5", "day": "2025-05-20", "kind": "purchase", "status": "succeeded", "currency": "USD"}
        with CaptureQueriesContext(connection) as queries:
            answer = signed_in.post(f"{address}payments/", facts | {"form_key": key}, headers=HTMX)
        assert answer.status_code == 200
        assert len(queries) <= 45, [query["sql"][:90] for query in queries.captured_queries]

    def test_the_latest_200_are_shown_and_all_of_them_on_wish(self, signed_in, account, address):
        for _extra in range(3):
            make_payment(account)
        page = signed_in.get(address)
        assert html_of(page).count("<tr id=") == 200
        assert "Show all 203 payments" in words_of(page, "ledger")
        everything = signed_in.get(f"{address}?all=1")
        assert html_of(everything).count("<tr id=") == 203
        assert poll(signed_in, f"{address}?all=1", version_of(everything)).status_code == 204

    def test_a_long_history_is_shown_on_wish(self, signed_in, account, address):
        for number in range(40):
            make_payment(account, f"{number + 1}")
        assert html_of(signed_in.get(address)).count("Recorded: ") == 30 - html_of(signed_in.get(address)).count(
            "Advice: "
        )
        assert html_of(signed_in.get(f"{address}?all=1")).count("Recorded: ") == 41


class TestModels:
    def test_a_search_finds_by_name(self, signed_in, address):
        words = words_of(signed_in.get(f"{address}?model=DALL"), "model-list")
        assert "DALL-E 3" in words
        assert "GPT-4o" not in words

    def test_a_model_that_the_edition_does_not_know_is_unknown_and_not_locked(self, signed_in, address):
        words = words_of(signed_in.get(f"{address}?model=gpt-99"), "model-list")
        assert words == "This edition says nothing of “gpt-99”: unknown, not locked."

    def test_htmx_gets_the_list_alone(self, signed_in, address):
        answer = signed_in.get(f"{address}?model=dall", headers=HTMX | {"HX-Target": "model-list"})
        assert words_of(answer, "model-list")
        assert not has(answer, "advice")
        assert "hx-swap-oob" not in html_of(answer)

    def test_what_was_searched_for_stays_typed_in(self, signed_in, address):
        assert value_of(signed_in.get(f"{address}?model=dall"), "model") == "dall"

    def test_nonsense_breaks_nothing(self, signed_in, address):
        for words in ("%", "<svg onload=x>", "x" * 1_000_000, "\u202e", "🚀", "{{7*7}}"):
            page = signed_in.get(address, {"model": words, "all": words, "correcting": words})
            assert page.status_code == 200
            assert "<svg onload" not in html_of(page)


class TestKeepingItselfUpToDate:
    def test_nothing_is_sent_while_nothing_has_changed(self, signed_in, address):
        answer = poll(signed_in, address, version_of(signed_in.get(address)))
        assert (answer.status_code, answer.content) == (204, b"")

    def test_nor_while_the_timeline_only_grows_older(self, signed_in, address, clock):
        version = version_of(signed_in.get(address))
        clock.shift(timedelta(minutes=10))
        assert poll(signed_in, address, version).status_code == 204

    def test_nor_after_a_change_that_this_page_made_itself(self, signed_in, account, address):
        signed_in.get(address)
        answer = signed_in.post(f"{address}seen/", {"tier": "tier-2"}, headers=HTMX)
        assert poll(signed_in, address, version_of(answer)).status_code == 204

    def test_a_payment_made_elsewhere_is_sent_with_all_that_follows_from_it(self, signed_in, account, address):
        version = version_of(signed_in.get(address))
        make_payment(account, "45")
        answer = poll(signed_in, address, version)
        assert answer.status_code == 200
        for part in PARTS:
            assert re.search(rf'<\w+ id="{part}"[^>]* hx-swap-oob="true"', html_of(answer)), part
        assert "$45.00" in words_of(answer, "ledger")
        assert not has(answer, "payment-form"), "nobody's half-filled form is swapped away"
        assert not has(answer, "model"), "nor what is typed into the search"

    def test_the_end_of_the_wait_is_sent_though_no_beat_has_come(self, signed_in, address, clock):
        version = version_of(signed_in.get(address))
        clock.move_to(instant("05-25T10:00"))
        assert "Top up $5.00" in words_of(poll(signed_in, address, version), "advice")

    def test_a_line_that_is_being_corrected_keeps_its_form(self, signed_in, account, address):
        uid = Payment.objects.get().uid
        answer = signed_in.get(f"{address}?correcting={uid}", headers=HTMX)
        assert f'<tr id="payment-{uid}" hx-preserve></tr>' in html_of(answer)

    def test_an_account_that_is_gone_is_not_found(self, signed_in, account, address):
        version = version_of(signed_in.get(address))
        Account.objects.filter(pk=account.pk).update(workspace=make_account(make_user()).workspace)
        assert poll(signed_in, address, version).status_code == 404

    def test_spoofed_headers_are_only_headers(self, signed_in, address):
        for name in ("HX-Target", "HX-Trigger", "HX-Prompt", "HX-Current-URL", "HX-Boosted", "X-Version"):
            for value in ("<svg onload=x>", "x" * 8000, "javascript:alert(1)", "//evil.example"):
                answer = signed_in.get(address, headers=HTMX | {name: value})
                assert answer.status_code == 200
                assert "<svg onload" not in html_of(answer)

    def test_history_restore_gets_the_whole_page(self, signed_in, address):
        page = signed_in.get(address, headers={"HX-History-Restore-Request": "true"})
        assert html_of(page).startswith("<!doctype html>")
        assert "HX-Request" in page.headers["Vary"]

    def test_an_expired_session_leads_back_to_this_page(self, client, address):
        answer = client.get(address, headers=HTMX | {"HX-Current-URL": f"http://testserver{address}"})
        assert answer.status_code == 401
        assert answer.headers["HX-Redirect"] == f"/account/login/?next={address}"
