"""The guide: for everybody, whole in both languages, its figures from an edition; and every page leads to it."""

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.conf import settings
from django.urls import reverse
from django.utils import timezone

from accounts import actions
from accounts.gateways import published
from accounts.models import Rulebook
from accounts.templatetags import handbook
from tests import make
from tests.views.reading import Links, words_of

OPENAI = ("openai/2024-12", "openai/2025-05", "openai/2026-10-06")
EDITIONS = sorted(published.editions())
ROOT = Path(settings.BASE_DIR)
IDS = {
    *("how-tiers-work", "what-counts", "the-clock", "limits", "first-top-up", "the-wait", "trigger", "support"),
    *("models", "image-models", "video-models", "limits-not-following", "model-not-open", "alternatives"),
    *("enterprise", "several-accounts", "planner", "capacity", "errors", "evidence", "relays", "notices"),
    *(
        "rulebooks",
        "calendar",
        "importing",
        "differences",
        "questions",
        *(f"question-{number}" for number in range(1, 9)),
    ),
}


@pytest.fixture(autouse=True)
def today(time_machine):
    """A day on which the edition of October 2026 is in force."""
    time_machine.move_to(datetime(2026, 11, 20, 9, tzinfo=UTC), tick=False)


@pytest.fixture
def adopted(db):
    actions.adopt(published.editions().values(), now=timezone.now())


def guide(client, edition="", language="en"):
    address = reverse("accounts:guide") + (f"?edition={edition}" if edition else "")
    return client.get(address, headers={"Accept-Language": language})


class TestReaders:
    def test_a_stranger_may_read_it_and_is_led_to_the_door(self, adopted, client):
        answer = guide(client)
        assert answer.status_code == 200
        assert "/account/login/" in Links(answer).links
        assert "Board" not in words_of(answer)

    def test_a_person_finds_it_among_the_pages(self, adopted, client):
        client.force_login(make.make_user())
        answer = guide(client)
        assert re.search(r'href="/guide/" aria-current="page">Guide<', answer.content.decode())
        assert "Board" in words_of(answer)

    def test_the_door_leads_to_it(self, adopted, client):
        page = Links(client.get("/account/login/"))
        assert "how-tiers-work" in page.explained(main=True)
        assert "/guide/" in page.links

    def test_it_is_there_before_any_rulebook_is(self, db, client):
        answer = guide(client)
        assert answer.status_code == 200
        assert "No rulebooks yet" in words_of(answer)

    def test_it_needs_few_queries(self, adopted, client, django_assert_max_num_queries):
        guide(client)
        with django_assert_max_num_queries(3):
            guide(client)


class TestEditions:
    def test_the_article_is_the_first_and_the_one_of_today_is_offered(self, adopted, client):
        answer = guide(client)
        assert answer.context["rulebook"].id == "openai/2025-05"
        assert answer.context["current"].id == "openai/2026-10-06"
        assert "/guide/?edition=openai/2026-10-06" in Links(answer).main_links

    def test_of_the_edition_in_force_nothing_newer_is_offered(self, adopted, client):
        answer = guide(client, "openai/2026-10-06")
        assert "other rules today" not in words_of(answer)

    @pytest.mark.parametrize("edition", ["openai/1999-01", "nobody", "openai/", "../x", "openai/2025-05 "])
    def test_an_edition_that_is_not_adopted_is_not_found(self, adopted, client, edition):
        assert guide(client, edition).status_code == 404

    @pytest.mark.parametrize("language", ["en", "zh-hans"])
    @pytest.mark.parametrize("edition", EDITIONS)
    def test_every_edition_can_be_read(self, adopted, client, settings, edition, language):
        settings.TEMPLATES[0]["OPTIONS"]["string_if_invalid"] = "UNDEFINED"
        answer = guide(client, edition, language)
        assert answer.status_code == 200
        page = Links(answer)
        assert [key for key in IDS if page.ids.count(key) != 1] == []
        assert sorted(key for key in set(page.ids) if page.ids.count(key) > 1) == []
        inner = {link[1:] for link in page.links if link.startswith("#")}
        assert inner - set(page.ids) == set()
        assert set(handbook.PARAGRAPHS) <= set(page.ids)
        assert not re.search(r"UNDEFINED|\bNone\b(?! of)", words_of(answer, "content"))

    def test_an_opaque_provider_gets_no_amount_and_no_date(self, adopted, client):
        text = words_of(guide(client, "anthropic/2026-06-26"), "content")
        assert "publishes neither amounts nor waiting days" in text
        assert "top-up of" not in text

    def test_a_ladder_without_days_says_so(self, adopted, client):
        text = words_of(guide(client, "openai/2026-10-06"), "content")
        assert "This edition has no waiting days" in text
        assert "OpenAI says that it upgrades by itself" in text
        assert "O3-mini, does not serve with these rules: shut down on 23 Oct 2026" in text.replace(
            "o3-mini", "O3-mini"
        )

    def test_tables_of_images_follow_the_edition(self, adopted, client):
        def images(edition):
            page = guide(client, edition).content.decode()
            return page.partition(' id="image-models"')[2].partition(' id="video-models"')[0]

        assert "up to 50" in images("openai/2025-05")
        assert "10,000" in images("openai/2024-12")
        assert "up to 50" not in images("openai/2024-12")
        assert "names no image models" in images("xai/2026")


class TestClaims:
    def test_every_claim_carries_a_shape_and_a_word(self, adopted, client):
        page = guide(client).content.decode()
        claims, marks = (
            page.count('<div class="claim">'),
            re.findall(r'<p class="mark is-(\w+)"><svg.*?<b>(.*?)</b>', page, re.S),
        )
        assert len(marks) == claims + len(handbook.MARKS)  # and the legend
        assert {kind: word.replace("&#x27;", "'") for kind, word in marks} == handbook.MARKS

    def test_the_providers_rules_name_a_source_and_the_day_it_was_seen(self, adopted, client):
        for edition in EDITIONS:
            page = guide(client, edition).content.decode().partition("</dl>")[2]
            ruled = re.findall(r'<p class="mark is-(?:rule|retold)">.*?</p>', page, re.S)
            assert ruled
            assert [mark for mark in ruled if "seen " not in mark] == [], edition

    def test_an_article_only_retells(self, adopted, client):
        page = guide(client).content.decode().partition("</dl>")[2]
        assert "is-retold" in page
        assert "is-retold" not in guide(client, "openai/2024-12").content.decode().partition("</dl>")[2]


class TestDifferences:
    def test_the_page_shows_them(self, adopted, client):
        text = words_of(guide(client), "content")
        assert "Official then" in text
        assert "at most $200,000 a month" in text

    def test_a_provider_without_an_article_has_nothing_to_compare(self, adopted, client):
        assert "keeps no article about xAI" in words_of(guide(client, "xai/2026"), "content")


class TestLanguages:
    def test_the_chinese_is_chinese(self, adopted, client):
        """Only names and what sources are called stand there in Latin letters."""
        answer = guide(client, language="zh-hans")
        page = re.sub(
            r'<span class="source">.*?</span>|<select.*?</select>|<code>.*?</code>',
            "",
            answer.content.decode(),
            flags=re.S,
        )
        page = page.partition("<main")[2].partition("</main>")[0]
        text = re.sub(r"<[^>]*>", " ", page)
        assert len(re.findall(r"[\u4e00-\u9fff]", text)) > 5000
        assert re.findall(r"[a-z]{2,} [a-z]{2,} [a-z]{2,}", text) == []


def test_the_rulebook_of_the_guide_is_the_adopted_one(db, client):
    make.make_rulebook("openai/2024-12")
    assert guide(client).context["rulebook"].id == "openai/2024-12"
    assert Rulebook.objects.count() == 1
