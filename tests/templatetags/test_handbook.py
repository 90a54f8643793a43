"""The words, figures and sources of the guide."""

import pytest
from django.utils import translation

from accounts import rules
from accounts.gateways import published
from accounts.templatetags import disagreements, handbook
from accounts.templatetags.citations import Citations


@pytest.fixture(autouse=True)
def english():
    """A request of an earlier test may have left another language."""
    with translation.override("en"):
        yield


class TestStages:
    @pytest.mark.parametrize(
        ("edition", "stages"),
        [
            (
                "openai/2025-05",
                [("try", "Tier 1"), ("start", "Tier 2"), ("grow", "Tier 3, Tier 4"), ("large", "Tier 5")],
            ),
            ("openai/2026-10-06", [("try", "Build"), ("start", "Launch"), ("large", "Grow")]),
            ("anthropic/2026-06-26", []),
        ],
    )
    def test_each_has_its_tiers(self, edition, stages):
        ladder = handbook.climb(published.edition(edition))
        assert [(slug, handbook.tier_names(tiers)) for slug, tiers in ladder.stages] == stages

    @pytest.mark.parametrize(
        ("waits", "en", "zh"), [([], "none", "无"), ([1], "1 day", "1 天"), ([7, 14, 30], "7 to 30 days", "7 至 30 天")]
    )
    def test_waits_in_words(self, waits, en, zh):
        assert handbook.waits_in_words(waits) == en
        with translation.override("zh-hans"):
            assert handbook.waits_in_words(waits) == zh


class TestCitations:
    def test_an_article_is_set_against_the_rules_of_its_time(self):
        cite = Citations(published.edition("openai/2025-05"), published.editions())
        assert cite.official == published.edition("openai/2024-12").sources[0]
        assert cite.article.id == "article"
        assert cite.prepaid.id == "help-setup-prepaid"

    def test_what_openai_says_is_not_said_of_others(self):
        cite = Citations(published.edition("xai/2026"), published.editions())
        assert (cite.forum, cite.spec, cite.verification, cite.limit_errors, cite.prepaid) == (None,) * 5


class TestDifferences:
    def table(self, *ids):
        books = [published.edition(book_id) if book_id else None for book_id in ids]
        found = disagreements.disagreements(*books)
        return {
            (line.name, line.what): [(value, differs) for _column, value, differs in line.cells] for line in found.lines
        }

    def test_the_cap_of_the_top_tier(self):
        assert self.table("openai/2025-05", "openai/2024-12", "openai/2026-10-06")["Tier 5", "most a month"] == [
            ("at most $10,000 a month", False),
            ("at most $200,000 a month", True),
            ("no such tier", True),
        ]

    def test_the_models_that_the_article_took_for_closed(self):
        table = self.table("openai/2025-05", "openai/2024-12", "openai/2026-10-06")
        assert [value for value, _differs in table["O3", ""]] == [
            "by agreement",
            "from Tier 4, or from Tier 1 (the organization is verified)",
            "not in this edition",
        ]
        assert table["O3-mini", ""][1] == ("from Tier 3", False)
        assert table["O3-mini", ""][2] == ("shut down on 23 Oct 2026", True)

    def test_editions_that_agree_leave_nothing(self):
        assert self.table("openai/2025-05", "openai/2025-05", None) == {}

    def test_a_whole_ladder_that_was_replaced_is_one_line(self):
        table = self.table("openai/2025-05", None, "openai/2026-10-06")
        assert table["The tiers", ""][1] == ("Free, Build, Launch, Grow", True)


class TestExplained:
    def test_every_advice_leads_to_a_paragraph(self):
        assert set(handbook.EXPLAINS) == set(rules.ADVICE_CODES)
        assert set(handbook.EXPLAINS.values()) <= set(handbook.PARAGRAPHS)
