"""The capacity page: what is typed, the answer, the rows, and what is only known in part."""

import re

import pytest

from accounts import actions
from accounts.models import Account
from tests import make
from tests.views.reading import HTMX, html_of, words_of

PAGE = "/capacity/"


@pytest.fixture
def fleet(ann, clock):
    """Four OpenAI accounts of the article's edition: 600,000, 600,000, 300,000 and 30,000 TPM on GPT-4o."""
    for name, seen, organization in (
        ("five", "tier-5", "org-5"),
        ("four", "tier-4", "org-4"),
        ("three", "tier-3", ""),
        ("one", "tier-1", ""),
    ):
        make.make_account(ann, name=name, seen=seen, organization_ref=organization)
    return ann


def answer(client, **query):
    """The words of the answer, without the gaps that bold words leave before a sign."""
    return re.sub(r"\s+([.,:，。])", r"\1", words_of(client.get(PAGE, query), "capacity-answer"))


class TestTheAnswer:
    def test_one_alone(self, fleet, signed_in):
        text = answer(signed_in, model="gpt-4o", tpm="300000")
        assert "Each of these alone gives you 300,000 TPM on GPT-4o: five, four, three." in text

    def test_one_of_all(self, fleet, signed_in):
        assert "five alone gives you" not in answer(signed_in, model="gpt-4o", tpm="600,001")
        make.make_account(fleet, name="new", rulebook="openai/2024-12", seen="tier-5")
        text = answer(signed_in, model="gpt-4o", tpm="1.5M")
        assert "new alone gives you 1,500,000 TPM on GPT-4o." in text

    def test_together(self, fleet, signed_in):
        text = answer(signed_in, model="gpt-4o", tpm="1.5M")
        assert "None alone, but five, four, three together give 1,500,000 TPM on GPT-4o." in text
        assert "carries 40%" in text
        assert "They carry 102% of it for certain." in text

    def test_not_today_with_what_is_missing(self, fleet, signed_in):
        text = answer(signed_in, model="gpt-4o", tpm="2M", rpm="1000")
        assert "for 1,000 RPM, 2,000,000 TPM on GPT-4o, 235 RPM, 470,000 TPM is missing" in text
        assert "No tier of your editions would give it to one account alone." in text

    def test_which_tier_would_and_what_is_to_go(self, ann, clock, signed_in):
        make.make_account(ann, name="one", payments=[("50.00", "05-15T12:00")])
        text = answer(signed_in, model="gpt-4o", tpm="120k")
        assert "At Tier 2, one alone would give it." in text
        assert "90,000 missing" in text
        assert "2 days to go" in text

    def test_one_organization_counts_once(self, fleet, signed_in):
        make.make_account(fleet, name="five again", seen="tier-5", organization_ref="ORG-5 ")
        text = answer(signed_in, model="gpt-4o", tpm="2M")
        assert "The same organization as five: counted once." in text
        assert "470,000 TPM is missing" in text

    def test_what_is_not_published_is_said_never_0(self, fleet, signed_in):
        text = answer(signed_in, model="o3-mini", tpm="1k")
        assert "Nobody can say whether your accounts give 1,000 TPM on O3-mini." in text
        assert "not published" in text

    def test_up_to_is_no_promise(self, fleet, signed_in):
        text = answer(signed_in, model="dall-e-3", ipm="40")
        assert "up to 50" in text
        assert "alone gives you" not in text

    def test_a_model_alone_asks_who_may_use_it(self, fleet, signed_in):
        assert "five, four, three may use O3-mini today." in answer(signed_in, model="o3-mini")
        assert "None of your accounts may use O3 today." in answer(signed_in, model="o3")

    def test_a_shared_pool_says_with_what(self, ann, clock, signed_in):
        make.make_account(ann, name="writer", rulebook="anthropic/2026-04", seen="tier-1")
        text = answer(signed_in, model="claude-opus-4.5", itpm="1000")
        assert "One pool, shared with claude-opus-4, claude-opus-4.1" in text

    def test_a_daily_limit_that_ends_early_is_said(self, ann, clock, signed_in):
        make.make_account(ann, name="mini", rulebook="openai/2024-12", seen="tier-1")
        assert "lasts for 20 minutes" in answer(signed_in, model="gpt-4o-mini", rpm="500")

    def test_another_kind_of_limits_is_another_answer(self, ann, clock, signed_in):
        make.make_account(ann, name="astra", rulebook="openai/2026-10-06", seen="grow")
        clock.move_to(make.instant("2026-11-01T00:00"))
        signed_in.force_login(ann)
        assert "astra alone gives you 6,000,000 TPM" in answer(signed_in, model="gpt-6-astra", tpm="6M")
        text = answer(signed_in, model="gpt-6-astra", tpm="6M", variant="ultrafast")
        assert "1,000,000 TPM is missing" in text

    def test_providers_have_their_own_answers_and_terms(self, fleet, signed_in):
        make.make_account(fleet, name="claude", rulebook="anthropic/2026-06-26", seen="start")
        page = html_of(signed_in.get(PAGE, {"model": "gpt-4o", "tpm": "1"}))
        assert "https://openai.com/policies/services-agreement/" in page
        assert "anthropic.com" not in page
        assert "may break its terms" in page
        assert "Not known: whether OpenAI lets one customer add up" in page


class TestWhatIsNotThere:
    def test_nothing_is_said_before_something_is_asked(self, fleet, signed_in):
        response = signed_in.get(PAGE)
        assert response.status_code == 200
        assert "Name a model" in words_of(response, "capacity-answer")

    def test_an_unknown_model_is_unknown_not_locked(self, fleet, signed_in):
        text = answer(signed_in, model="gpt-99", tpm="5")
        assert "None of your accounts' editions names gpt-99: unknown, not locked." in text
        assert "Similar names:" in text

    def test_a_model_of_another_edition_says_of_which(self, fleet, signed_in):
        make.make_rulebook("openai/2024-12")
        assert "Editions that name it:" in answer(signed_in, model="o1", tpm="5")

    def test_without_accounts_it_leads_to_the_first(self, ann, clock, signed_in):
        make.make_rulebook()
        assert "No accounts yet" in answer(signed_in, model="gpt-4o", tpm="5")

    def test_archived_and_foreign_accounts_give_nothing(self, fleet, signed_in, client):
        make.make_account(name="foreign", seen="tier-5")
        actions.archive_account(Account.objects.get(name="five"), by=fleet, now=make.NOW)
        text = answer(signed_in, model="gpt-4o", tpm="1.5M")
        assert "foreign" not in text
        assert "five" not in text
        assert "570,000 TPM is missing" in text


class TestWhatIsTyped:
    @pytest.mark.parametrize("typed", ["GPT-4o", "gpt 4o", " Gpt_4O "])
    def test_a_model_is_found_by_its_name_in_any_spelling(self, fleet, signed_in, typed):
        assert "on GPT-4o" in answer(signed_in, model=typed, tpm="1")

    def test_a_mistake_stands_beside_its_field_and_nothing_is_lost(self, fleet, signed_in):
        response = signed_in.get(PAGE, {"model": "gpt-4o", "rpm": "500", "tpm": "1,5"})
        assert response.status_code == 422
        page = html_of(response)
        assert 'id="id_tpm_error"' in page
        assert 'value="1,5"' in page
        assert 'value="500"' in page
        assert 'value="gpt-4o"' in page

    def test_a_model_is_needed(self, fleet, signed_in):
        assert signed_in.get(PAGE, {"tpm": "5"}).status_code == 422

    @pytest.mark.parametrize("words", ["<script>alert(1)</script>", "{{ 7 }}", "%(x)s {x}"])
    def test_markup_and_patterns_stay_text(self, fleet, signed_in, words):
        response = signed_in.get(PAGE, {"model": words, "tpm": "5"})
        assert response.status_code == 200
        assert "<script>alert" not in html_of(response)

    def test_a_kind_of_limits_that_no_edition_has_is_refused(self, fleet, signed_in):
        assert signed_in.get(PAGE, {"model": "gpt-4o", "variant": "x"}).status_code == 422

    def test_other_limits_are_open_when_one_is_asked(self, fleet, signed_in):
        assert '<details class="more" open>' in html_of(signed_in.get(PAGE, {"model": "dall-e-3", "ipm": "5"}))
        assert '<details class="more">' in html_of(signed_in.get(PAGE, {"model": "gpt-4o", "tpm": "5"}))


class TestHtmx:
    def test_gets_the_answer_alone(self, fleet, signed_in):
        query = {"model": "gpt-4o", "tpm": "5"}
        whole, part = signed_in.get(PAGE, query), signed_in.get(PAGE, query, headers=HTMX)
        assert html_of(part).strip().startswith('<section id="capacity-answer"')
        assert html_of(part).strip() in html_of(whole)
        assert "capacity-form" not in html_of(part)
        assert all("HX-Request" in answer.headers["Vary"] for answer in (whole, part))

    def test_gets_the_form_too_when_something_is_wrong_and_once_it_is_mended(self, fleet, signed_in):
        wrong = signed_in.get(PAGE, {"model": "gpt-4o", "tpm": "x"}, headers=HTMX)
        assert wrong.status_code == 422
        assert 'name="mended"' in html_of(wrong)
        assert 'hx-swap-oob="true"' in html_of(wrong)
        mended = signed_in.get(PAGE, {"model": "gpt-4o", "tpm": "5", "mended": "1"}, headers=HTMX)
        assert 'id="capacity-form"' in html_of(mended)
        assert 'name="mended"' not in html_of(mended)


class TestManyAccounts:
    def test_the_page_needs_few_queries_however_many(self, ann, clock, signed_in, django_assert_max_num_queries):
        for number in range(12):
            make.make_account(ann, name=f"account-{number}", payments=[("50.00", "05-01T10:00")])
        signed_in.get(PAGE, {"model": "gpt-4o", "tpm": "1M"})
        with django_assert_max_num_queries(9):
            signed_in.get(PAGE, {"model": "gpt-4o", "tpm": "1M"})

    def test_the_rows_that_give_least_are_left_out_and_counted(self, ann, clock, signed_in, monkeypatch):
        monkeypatch.setattr("accounts.views.capacity.MOST_ROWS", 2)
        for number in range(5):
            make.make_account(ann, name=f"account-{number}")
        text = answer(signed_in, model="gpt-4o", tpm="1M")
        assert "3 accounts that give no more are not shown." in text


def test_chinese_is_complete(fleet, signed_in):
    fleet.language = "zh-hans"
    fleet.save()
    text = answer(signed_in, model="gpt-4o", tpm="150万")
    assert "没有账号能单独满足，但 five、four、three 合起来可满足 GPT-4o 的 1,500,000 TPM。" in text
    assert "阅读 OpenAI 的条款" in text
