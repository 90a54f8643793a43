"""The pages of rulebooks: every edition, its figures, dates, sources, and what differs from the one before."""

from datetime import date

import pytest
from django.urls import reverse
from django.utils import timezone, translation

from accounts import actions
from accounts.gateways import published
from accounts.models import Rulebook
from accounts.templatetags import editions, figures
from accounts.views.rulebooks import before
from tests import make

EDITIONS = sorted(published.editions())


def page_of(edition):
    provider, _slash, name = edition.partition("/")
    return reverse("accounts:rulebook", args=[provider, name])


@pytest.fixture
def me(db, client):
    actions.adopt(published.editions().values(), now=timezone.now())
    user = make.make_user()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return user


class TestList:
    def test_every_edition_is_there_newest_first(self, me, client):
        shown = client.get(reverse("accounts:rulebooks")).context["providers"]
        assert sorted(it["rulebook"].id for group in shown for it in group["editions"]) == EDITIONS
        for group in shown:
            starts = [it["rulebook"].started.by for it in group["editions"]]
            assert starts == sorted(starts, reverse=True)

    def test_one_edition_of_openai_is_in_force_and_the_article_is_marked(self, me, client):
        groups = {g["provider"].id: g for g in client.get(reverse("accounts:rulebooks")).context["providers"]}
        assert groups["openai"]["current"].id == "openai/2026-10-06"
        assert "s figures, not the provider" in client.get(reverse("accounts:rulebooks")).content.decode()

    def test_it_counts_my_accounts_only(self, me, client):
        make.make_account(me)
        make.make_account()
        groups = {g["provider"].id: g for g in client.get(reverse("accounts:rulebooks")).context["providers"]}
        counts = {it["rulebook"].id: it["accounts"] for it in groups["openai"]["editions"]}
        assert counts["openai/2025-05"] == 1

    def test_it_needs_few_queries(self, me, client, django_assert_max_num_queries):
        client.get(reverse("accounts:rulebooks"))
        with django_assert_max_num_queries(8):
            client.get(reverse("accounts:rulebooks"))


class TestEdition:
    @pytest.mark.parametrize("edition", EDITIONS)
    def test_every_edition_shows_its_figures_sources_and_doubts(self, me, client, edition):
        book = published.edition(edition)
        page = client.get(page_of(edition))
        text = page.content.decode()
        assert page.status_code == 200
        for source in book.sources:
            assert not source.url or f'href="{source.url}"' in text.replace("&amp;", "&")
        assert text.count("<h2") >= 3
        for tier in book.tiers:
            assert tier.is_opaque or figures.dollars(tier.money_usd) in text

    def test_the_words_are_in_the_viewers_language(self, me, client):
        me.language = "zh-hans"
        me.save()
        text = client.get(page_of("openai/2025-05")).content.decode()
        assert "OpenAI（2025 年 5 月的指南文章）" in text
        assert "若干数值与当时的官方页面不同" in text

    @pytest.mark.parametrize("edition", ["openai/1999-01", "nobody/2025-05", "openai/", "openai/2025-05/x"])
    def test_what_is_not_adopted_is_not_found(self, me, client, edition):
        assert client.get(f"/rulebooks/{edition}/".replace("//", "/")).status_code == 404

    def test_it_needs_few_queries(self, me, client, django_assert_max_num_queries):
        client.get(page_of("openai/2026-05"))
        with django_assert_max_num_queries(8):
            client.get(page_of("openai/2026-05"))


class TestBefore:
    @pytest.mark.django_db
    @pytest.mark.parametrize(
        ("edition", "earlier"),
        [
            ("openai/2023-11", None),
            ("openai/2025-05", "openai/2024-12"),
            ("openai/2026-05", "openai/2024-12"),
            ("openai/2026-10-06", "openai/2026-05"),
        ],
    )
    def test_an_edition_is_compared_with_the_providers_own_rules_before_it(self, edition, earlier):
        actions.adopt(published.editions().values(), now=make.NOW)
        shelf = Rulebook.objects.all().shelf()
        found = before(shelf[edition], shelf)
        assert (found.id if found else None) == earlier


class TestWords:
    def changes(self, old, new):
        found = editions.changes(published.edition(old), published.edition(new))
        return {(line.name, line.what): (line.old, line.new) for line in found}

    def test_the_article_differs_in_the_cap_of_tier_5(self):
        assert self.changes("openai/2024-12", "openai/2025-05")["Tier 5", "most a month"] == (
            "at most $200,000 a month",
            "at most $10,000 a month",
        )

    def test_the_waiting_days_vanished(self):
        assert self.changes("openai/2024-12", "openai/2026-05")["Tier 4", "wait"] == ("14 days", "0 days")

    def test_tiers_and_models_that_came_or_went_are_told(self):
        found = self.changes("openai/2026-05", "openai/2026-10-06")
        assert found["Tier 1", "only in the edition before"][1] == ""
        assert found["Build", "only in this edition"][1].startswith("$5")
        assert "GPT-4.1" in found["Models only in the edition before", ""][0]

    def test_models_that_differ_in_the_same_way_share_a_line(self):
        found = self.changes("openai/2026-05", "openai/2026-10-06")
        (names,) = (
            name
            for (name, what), values in found.items()
            if what == "opens" and values == ("from Tier 1", "from Build")
        )
        assert {"GPT-5", "GPT-4o"} <= set(names.split(", "))

    def test_models_with_the_same_change_of_a_limit_share_a_line(self):
        lines = editions.limit_changes(published.edition("openai/2024-12"), published.edition("openai/2025-05"))
        told = {
            (model, line.metric, tier): (old, new)
            for line in lines
            for model in line.models
            for tier, old, new in line.cells
        }
        assert told["GPT-4o", "tpm", "Tier 5"] == ("30,000,000", "600,000")
        assert len({(line.models, line.variant, line.metric) for line in lines}) == len(lines)

    @pytest.mark.parametrize("language", ["en", "zh-hans"])
    @pytest.mark.parametrize("new", EDITIONS)
    @pytest.mark.parametrize("old", EDITIONS)
    def test_any_two_editions_can_be_compared_in_words(self, old, new, language):
        first, second = published.edition(old), published.edition(new)
        with translation.override(language):
            for line in editions.changes(first, second):
                assert line.name
                assert line.old or line.new
            for line in editions.limit_changes(first, second):
                assert all(was != now for _tier, was, now in line.cells)

    def test_dates_are_told_as_exactly_as_they_are_known(self):
        told = {edition: editions.lifetime(published.edition(edition)) for edition in EDITIONS}
        assert told["openai/2026-10-06"] == "began 6 Oct 2026"
        assert told["openai/2023-11"].startswith("began 6 Nov 2023, ended between")
        assert "on or before" in told["fireworks/2026"]
        assert editions.calendar_day(date(2026, 10, 6)) == "6 Oct 2026"
