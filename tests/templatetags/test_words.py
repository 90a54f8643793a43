"""Every slug has a word; numbers and dates are written as people of each language write them."""

from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.template import Context, Template
from django.utils import timezone, translation

from accounts import notices, rules
from accounts.gateways import published
from accounts.templatetags import figures, moments, sayings, slugs, words
from accounts.templatetags.marked import fill

MAY = datetime(2025, 5, 8, 10, 0, tzinfo=UTC)


class TestEverySlugHasAWord:
    @pytest.mark.parametrize(
        ("table", "known"),
        [
            (slugs.KINDS, rules.KINDS),
            (slugs.STATUSES, rules.STATUSES),
            (slugs.REQUIREMENTS, rules.REQUIREMENTS),
            (slugs.NOTICE_KINDS, notices.KINDS),
            (slugs.ADVICES, rules.ADVICE_CODES),
            (sayings.STATES, rules.ADVICE_CODES),
        ],
    )
    def test_of_the_rules(self, table, known):
        assert set(table) >= set(known)

    def test_of_the_published_rulebooks(self):
        books = published.editions().values()
        assert {m for book in books for limit in book.limits for m in limit.metrics} <= set(slugs.METRICS)
        assert {model.access for book in books for model in book.models} <= set(slugs.ACCESSES)
        assert {book.confidence for book in books} <= set(slugs.CONFIDENCES)

    @pytest.mark.parametrize("reason", ["grant", "promo", "transfer", "not_succeeded", "refunded", "before_start"])
    def test_what_does_not_count_says_so_and_why(self, reason):
        assert words.payment_reason(reason).startswith("does not count: ")
        assert words.reason_state(reason) == "unknown"

    def test_what_counts(self):
        assert words.payment_reason("counts") == "counts"
        assert (words.reason_state("counts"), words.reason_state("lowers")) == ("fine", "now")

    def test_a_slug_of_a_later_edition_is_shown_and_not_hidden(self):
        assert words.payment_kind("gift_card") == "gift card"
        assert words.metric("concurrent_calls") == "CONCURRENT CALLS"

    def test_a_metric_has_a_short_and_a_full_name(self):
        assert (words.metric("rpm"), words.metric_in_full("rpm")) == ("RPM", "requests per minute")

    @pytest.mark.parametrize(("level", "state"), [("success", "fine"), ("warning", "now"), ("error", "wrong")])
    def test_a_message_has_a_state(self, level, state):
        assert words.message_state(level) == state


class TestMoney:
    @pytest.mark.parametrize(
        ("amount", "text"),
        [
            ("5", "$5.00"),
            (Decimal("1234567.5"), "$1,234,567.50"),
            ("-60.00", "-$60.00"),
            ("0", "$0.00"),
        ],
    )
    @pytest.mark.parametrize("language", ["en", "zh-hans"])
    def test_has_two_places_in_both_languages(self, amount, text, language):
        with translation.override(language):
            assert figures.money(amount) == text

    @pytest.mark.parametrize(("language", "text"), [("en", "unknown"), ("zh-hans", "未知")])
    def test_says_that_an_amount_is_unknown_in_both_languages(self, language, text):
        with translation.override(language):
            assert figures.money(None) == text

    def test_of_another_currency_carries_its_sign(self):
        assert figures.money("50", "EUR") == "€50.00"

    @pytest.mark.parametrize(("amount", "text"), [("1000.00", "$1,000"), ("2.50", "$2.50"), (None, "unknown")])
    def test_of_a_threshold_drops_empty_cents(self, amount, text):
        assert figures.dollars(amount) == text

    @pytest.mark.parametrize(
        ("cap", "text"),
        [
            (rules.Cap("amount", Decimal(500)), "at most $500 a month"),
            (rules.Cap("range", Decimal(20_000), Decimal(100_000)), "at most $20,000 to $100,000 a month"),
            (rules.Cap("none"), "no cap"),
            (rules.Cap("unknown"), "cap not published"),
        ],
    )
    def test_a_cap_is_what_may_be_spent(self, cap, text):
        assert figures.cap(cap) == text


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        (rules.Cell("number", 10_000), "10,000"),
        (rules.Cell("number", 30, is_most=True), "up to 30"),
        (rules.Cell("not_supported"), "not supported"),
        (rules.Cell("not_published"), "not published"),
    ],
)
def test_a_cell_without_a_number_is_words_and_never_zero(cell, text):
    assert figures.cell(cell) == text


class TestInstants:
    @pytest.fixture(autouse=True)
    def _june(self):
        with time_machine.travel("2025-06-01T00:00:00Z", tick=False):
            yield

    @pytest.mark.parametrize(
        ("zone", "text"),
        [
            ("UTC", "Thu 8 May, 10:00 UTC"),
            ("Europe/Berlin", "Thu 8 May, 12:00 UTC+2"),
            ("Asia/Shanghai", "Thu 8 May, 18:00 UTC+8"),
            ("Asia/Kolkata", "Thu 8 May, 15:30 UTC+5:30"),
            ("America/St_Johns", "Thu 8 May, 07:30 UTC-2:30"),
            ("Pacific/Kiritimati", "Fri 9 May, 00:00 UTC+14"),
        ],
    )
    def test_stand_in_the_readers_zone_with_the_zone(self, zone, text):
        with timezone.override(ZoneInfo(zone)):
            assert moments.instant(MAY) == text

    def test_carry_the_year_when_it_is_another(self):
        assert moments.instant("2024-12-31T23:00:00Z") == "Tue 31 Dec 2024, 23:00 UTC"

    def test_are_the_same_from_text(self):
        assert moments.instant("2025-05-08T10:00:00Z") == moments.instant(MAY)

    def test_are_written_in_chinese(self):
        with translation.override("zh-hans"):
            assert moments.instant(MAY) == "5月8日 星期四 10:00 UTC"
            assert moments.day(date(2024, 5, 8)) == "2024年5月8日 星期三"

    def test_have_a_machines_form_in_markup(self):
        with timezone.override(ZoneInfo("Europe/Berlin")):
            assert moments.instant(MAY).__html__() == (
                '<time datetime="2025-05-08T10:00:00Z" title="Europe/Berlin">Thu 8 May, 12:00 UTC+2</time>'
            )

    def test_the_day_of_an_instant_is_the_readers(self):
        with timezone.override(ZoneInfo("Asia/Shanghai")):
            assert moments.day(datetime(2025, 5, 8, 20, 0, tzinfo=UTC)) == "Fri 9 May"


class TestMarkedWords:
    def test_are_markup_on_a_page_and_plain_in_a_mail(self):
        marked = fill("Pay <b>{name}</b> & go", name="A<b>&B")
        facts = {"marked": marked}
        assert Template("{{ marked }}").render(Context(facts)) == "Pay <b>A&lt;b&gt;&amp;B</b> & go"
        assert Template("{{ marked }}").render(Context(facts, autoescape=False)) == "Pay A<b>&B & go"

    def test_braces_in_a_name_stay_braces(self):
        assert fill("<b>{name}</b>", name="{tier} {{7*7}}") == "{tier} {{7*7}}"


@pytest.mark.parametrize(
    ("name", "text"), [("Tier 3", "Tier 3"), ("Free", "Free"), ("Build Tier 2", "Build Tier 2"), ("Grow", "Grow")]
)
def test_a_tier_keeps_the_providers_name(name, text):
    tier = rules.Tier("x", name, 1, Decimal(5), 0, rules.Cap("none"))
    assert words.tier_name(tier) == text
