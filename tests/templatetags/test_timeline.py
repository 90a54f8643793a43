"""The timeline as it is drawn and said."""

import itertools
import re
from datetime import timedelta
from decimal import Decimal

import pytest
from django.template.loader import render_to_string
from django.utils import timezone, translation

from accounts import rules
from accounts.gateways import published
from accounts.templatetags.drawing import Mark
from accounts.templatetags.timeline import NEAR, timeline
from tests.rules.test_timeline import at, drawn
from tests.templatetags.stories import BOOK

OPAQUE = published.edition("anthropic/2026-06-26")


def draw(*payments, book=BOOK, **facts):
    return timeline(drawn(*payments, book=book, **facts), book)


def render(*payments, book=BOOK, **facts) -> str:
    context = {"timeline": drawn(*payments, book=book, **facts), "rulebook": book}
    return render_to_string("accounts/_timeline.html", context)


def said(drawing) -> list[str]:
    return [mark.title.replace(" 2025", "") for mark in drawing.words]


def percent(place: str) -> float:
    return float(place.removesuffix("%"))


class TestWords:
    def test_tell_all_that_is_drawn_in_order_of_time(self):
        drawing = draw(
            ("50", "05-01T00:00"),
            ("5", "05-10T00:00"),
            now="05-11T00:00",
            shown=[rules.Shown("tier-1", at("05-02T00:00"))],
            told=[rules.Told("upgrade_ready", "tier-2", at("05-08T00:00"))],
        )
        assert said(drawing) == [
            "Thu 1 May: $50.00 paid; $50.00 in total",
            "Thu 1 May, 00:00 UTC: Tier 1: every condition is met",
            "Thu 1 May, 00:00 UTC: OpenAI may look again, for Tier 1",
            "Fri 2 May, 00:00 UTC: The provider shows Tier 1",
            "Thu 8 May, 00:00 UTC: The wait for Tier 2 ends (7 days)",
            "Thu 8 May, 00:00 UTC: Tier 2: every condition is met",
            "Thu 8 May, 00:00 UTC: The wait for Tier 3 ends (7 days)",
            "Thu 8 May, 00:00 UTC: Notice: An upgrade is ready: a small top-up may trigger it (Tier 2)",
            "Sat 10 May: $5.00 paid; $55.00 in total",
            "Sat 10 May, 00:00 UTC: OpenAI may look again, for Tier 2",
            "Sun 11 May: Today: $55.00 counted",
            "Mon 12 May, 00:00 UTC: Tier 2 may have appeared by now",
            "Thu 15 May, 00:00 UTC: The wait for Tier 4 ends (14 days)",
            "Sat 31 May, 00:00 UTC: The wait for Tier 5 ends (30 days)",
        ]

    def test_say_what_a_payment_now_would_do(self):
        words = said(draw(seen="free"))
        assert "Tue 20 May: If $5.00 is paid now: $5.00 in total" in words
        assert "Tue 20 May: If it is paid now: every condition of Tier 1 is met" in words
        assert "Tue 27 May: If it is paid now: the wait for Tier 2 ends (7 days)" in words

    def test_say_what_was_taken_back(self):
        words = said(draw(("100", "05-01T00:00"), ("60", "05-10T00:00", "refund")))
        assert "Sat 10 May: $60.00 taken back; $40.00 in total" in words

    def test_payments_near_each_other_are_one(self):
        words = said(draw(("10", "05-01T00:00"), ("20", "05-01T01:00"), ("30", "05-01T02:00")))
        assert words[-1].startswith("Sat 31 May"), "the end of the longest wait"
        assert "Thu 1 May: 3 payments that count, $60.00 together; $60.00 in total" in words

    def test_a_tier_that_this_edition_does_not_know_keeps_its_id(self):
        words = said(draw(shown=[rules.Shown("gone", at("05-02T00:00"))]))
        assert "Fri 2 May, 00:00 UTC: The provider shows gone" in words

    def test_are_in_the_readers_language_and_zone(self):
        with translation.override("zh-hans"), timezone.override("Asia/Shanghai"):
            words = said(draw(("50", "05-18T20:00")))
        assert "2025年5月26日 星期一 04:00 UTC+8：Tier 2 的等待期（7 天）结束" in words


class TestAhead:
    @pytest.mark.parametrize(
        ("payments", "facts", "text"),
        [
            ([("95", "05-01T00:00")], {"seen": "tier-2"}, "+$5.00 → Tier 3"),
            ([("20", "05-18T10:00")], {}, "+$30.00 → Tier 2, Sun 25 May 2025"),
            ([("50", "05-18T10:00")], {}, "Tier 2, Sun 25 May 2025"),
            ([("50", "05-01T00:00"), ("5", "05-20T00:00")], {}, "Tier 2, by Thu 22 May 2025"),
            ([("50", "05-01T00:00")], {"seen": "tier-2", "rose": "05-20T00:00"}, "Limits by Wed 21 May 2025"),
        ],
    )
    def test_says_what_the_advice_waits_for(self, payments, facts, text):
        assert draw(*payments, **facts).ahead.text == text

    @pytest.mark.parametrize(
        ("payments", "facts"),
        [([("2000", "04-01T00:00")], {"seen": "tier-5"}), ([], {"seen": "start", "book": OPAQUE})],
    )
    def test_is_not_there_when_the_advice_waits_for_nothing(self, payments, facts):
        assert draw(*payments, **facts).ahead is None

    def test_stands_above_both_lines_and_below_them_under_todays_words(self):
        low, high = draw(("20", "05-18T10:00")).ahead, draw(("1000", "05-01T00:00"), seen="tier-4").ahead
        assert low.text_y <= low.due.y
        assert high.text_y > high.due.y


class TestPlaces:
    def test_lie_within_the_drawing(self):
        long_ago = rules.Shown("free", at("01-01T00:00"))
        drawing = draw(("50", "05-01T00:00"), ("5", "05-10T00:00"), shown=[long_ago])
        for mark in drawing.words:
            assert 0 <= percent(mark.x) <= 100
        assert drawing.shown[0].x == "0.00%"

    def test_follow_time_and_money(self):
        drawing = draw(("5", "05-01T00:00"), ("45", "05-03T00:00"), ("50", "05-06T00:00"), now="05-08T00:00")
        marks: list[Mark] = drawing.payments
        assert [percent(mark.x) for mark in marks] == sorted(percent(mark.x) for mark in marks)
        assert [mark.y for mark in marks] == sorted((mark.y for mark in marks), reverse=True)
        assert [mark.y for mark in marks] == [rail.y for rail in drawing.rails[:3]], "each reached a gate"

    def test_names_at_the_side_keep_apart(self):
        labels = [rail.label_y for rail in draw(("100000", "05-01T00:00"), seen="tier-5").rails]
        assert all(lower - upper >= 14 for lower, upper in itertools.pairwise(labels))

    def test_a_name_is_written_where_it_fits(self):
        shown = [rules.Shown("free", at("05-01T00:00")), rules.Shown("tier-1", at("05-02T00:00"))]
        drawing = draw(("50", "05-01T00:00"), shown=shown)
        assert [bar.room for bar in drawing.shown] == ["", "all"]
        assert drawing.shown_beside == ""

    def test_the_present_tier_is_named_even_where_it_does_not_fit(self):
        shown = [rules.Shown("free", at("05-01T00:00")), rules.Shown("tier-1", at("05-20T12:00"))]
        drawing = draw(("50", "05-01T00:00"), now="05-20T14:00", shown=shown)
        assert drawing.shown_beside == "Tier 1"

    def test_a_tier_seen_this_moment_is_named_beside(self):
        assert draw(("50", "05-01T00:00"), shown=[rules.Shown("tier-1", at("05-20T12:34"))]).shown_beside == "Tier 1"

    def test_notices_too_near_to_be_told_apart_are_one_mark_with_both_texts(self):
        told = [rules.Told(kind, "tier-2", at("05-08T00:00")) for kind in ("upgrade_ready", "tier_seen")]
        ((_mark, title),) = draw(("50", "05-01T00:00"), told=told).told
        assert len(title.split("\n")) == 2


class TestTicks:
    @pytest.mark.parametrize("span", [1, 8, 20, 40, 70, 120, 200, 400, 900, 2000, 8000])
    def test_are_few_and_in_order_at_any_span(self, span):
        now = at("05-20T12:00")
        line = rules.Line(
            id="1", kind="purchase", status="succeeded", gross=Decimal(50), paid_at=now - timedelta(days=span)
        )
        held = rules.timeline(rules.assess(BOOK, [line], rules.Seen("tier-1"), now))
        places = [percent(tick.x) for tick in timeline(held, BOOK).ticks]
        assert 2 <= len(places) <= 11
        assert places == sorted(set(places))

    def test_stand_at_the_readers_midnights(self):
        with timezone.override("Asia/Shanghai"):
            shanghai = {tick.text: percent(tick.x) for tick in draw(("50", "05-18T10:00"), now="05-19T00:00").ticks}
        utc = {tick.text: percent(tick.x) for tick in draw(("50", "05-18T10:00"), now="05-19T00:00").ticks}
        assert len(utc) > 5
        assert all(shanghai[text] < utc[text] for text in shanghai.keys() & utc.keys())


class TestDrawn:
    PAGES = [
        ([], {"seen": "free"}),
        (
            [("95", "05-01T00:00")],
            {"seen": "tier-2", "told": [rules.Told("upgrade_ready", "tier-3", at("05-08T00:00"))]},
        ),
        ([("50", "05-18T10:00")], {"shown": [rules.Shown("tier-1", at("05-18T12:00"))]}),
        ([("200", "05-01T00:00")], {"seen": "start", "book": OPAQUE}),
    ]

    @pytest.mark.parametrize(("payments", "facts"), PAGES)
    def test_every_mark_has_its_words_in_a_tooltip_and_in_the_list(self, payments, facts):
        page = render(*payments, **facts)
        assert page.count("<title>") >= 2
        for title in re.findall(r"<title>(.*?)</title>", page, re.DOTALL):
            for line in title.split("\n"):
                assert line.partition(": ")[2] in page.partition("<details")[2]

    @pytest.mark.parametrize(("payments", "facts"), PAGES)
    def test_nothing_in_it_is_not_a_number(self, payments, facts):
        page = render(*payments, **facts)
        places = re.findall(r'\b(?:x|x1|x2|cx|width|y|y1|y2|cy)="([^"]*)"', page)
        assert [place for place in places if not re.fullmatch(r"-?\d+(\.\d+)?%?", place)] == []

    def test_without_payments_teaches(self):
        assert "The clock of every wait starts with the first payment that counts" in render(seen="free")

    def test_without_published_amounts_says_so(self):
        assert "publishes no amounts" in render(("200", "05-01T00:00"), seen="start", book=OPAQUE)

    def test_200_payments_are_at_most_as_many_marks_as_can_be_told_apart(self):
        payments = [("5", f"05-{1 + n // 11:02}T{n % 11:02}:00") for n in range(200)]
        page = render(*payments, seen="tier-4")
        assert 10 < page.count('<circle class="payment"') <= 100 / NEAR + 2
        assert len(page) < 40_000
