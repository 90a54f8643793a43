"""The ladder's two drawings."""

import re

import pytest
from django.template.loader import render_to_string

from accounts.gateways import published
from accounts.templatetags.ladder import ladder
from tests.templatetags.stories import BOOK, standing

ANTHROPIC = published.edition("anthropic/2025")


def rungs(*payments, book=BOOK, **facts):
    return {rung.id: rung for rung in ladder(standing(*payments, book=book, **facts), book)}


def test_holds_every_tier_that_asks_for_something_lowest_first():
    drawn = rungs(("95", "05-01T00:00"), seen="tier-2", now="05-09T00:00")
    assert list(drawn) == ["tier-1", "tier-2", "tier-3", "tier-4", "tier-5"]


def test_shows_the_tier_that_asks_for_nothing_to_who_is_there():
    assert next(iter(rungs(seen="free", now="05-09T00:00"))) == "free"


def test_marks_what_is_seen_met_and_to_be_reached():
    drawn = rungs(("95", "05-01T00:00"), seen="tier-2", now="05-09T00:00")
    assert [rung.id for rung in drawn.values() if rung.is_seen] == ["tier-2"]
    assert [rung.id for rung in drawn.values() if rung.is_met] == ["tier-1", "tier-2"]
    assert [rung.id for rung in drawn.values() if rung.is_target] == ["tier-3"]
    assert [rung.id for rung in drawn.values() if rung.is_eligible] == ["tier-2"]


def test_fills_both_bars_by_whole_percent():
    rung = rungs(("95", "05-01T00:00"), seen="tier-2", now="05-09T00:00")["tier-4"]
    assert (rung.money.percent, rung.money.have, rung.money.need) == (38, "$95.00", "$250")
    assert (rung.wait.percent, rung.wait.have, rung.wait.need) == (57, "8", "14 days")


def test_a_wait_binds_when_it_is_all_that_is_left():
    drawn = rungs(("300", "05-01T00:00"), seen="tier-3", now="05-10T00:00")
    assert [rung.id for rung in drawn.values() if rung.wait.is_binding] == ["tier-4"]


@pytest.mark.parametrize(
    ("payments", "seen", "now", "tier", "left"),
    [
        (["95"], "tier-2", "05-09T00:00", "tier-2", ("", "")),
        (["95"], "tier-2", "05-09T00:00", "tier-3", ("$5", "")),
        (["95"], "tier-2", "05-09T00:00", "tier-4", ("$155", "6 d")),
        (["94.50"], "tier-2", "05-09T00:00", "tier-3", ("$5.50", "")),
        (["300"], "tier-3", "05-10T00:00", "tier-4", ("", "15 May")),
        (["300"], "tier-2", "05-10T00:00", "tier-3", ("", "")),
        ([], "free", "05-10T00:00", "tier-1", ("$5", "")),
        ([], "free", "05-10T00:00", "tier-5", ("$1,000", "30 d")),
    ],
)
def test_says_in_a_few_letters_what_is_missing(payments, seen, now, tier, left):
    rung = rungs(*((gross, "05-01T00:00") for gross in payments), seen=seen, now=now)[tier]
    assert (rung.left_usd, rung.left_days) == left


def test_an_unpublished_tier_says_nothing_of_what_is_missing():
    rung = rungs(seen="tier-1", book=ANTHROPIC, now="05-10T00:00")["monthly-invoicing"]
    assert (rung.left_usd, rung.left_days) == ("", "")


@pytest.mark.parametrize(
    ("payments", "seen", "now", "tier", "when"),
    [
        ([("95", "2025")], "tier-2", "05-09T00:00", "tier-3", "$5.00 short; the wait is over"),
        ([("95", "2025")], "tier-2", "05-09T00:00", "tier-4", "$155.00 short; wait ends Thu 15 May 2025, 00:00 UTC"),
        ([("95", "2025")], "tier-2", "05-09T00:00", "tier-1", "Met since Thu 1 May 2025, 00:00 UTC"),
        ([("300", "2025")], "tier-3", "05-10T00:00", "tier-4", "Ready Thu 15 May 2025, 00:00 UTC"),
        ([], "tier-1", "05-10T00:00", "tier-2", "$50.00 short; then 7 days"),
        ([], "tier-1", "05-10T00:00", "tier-1", "Given by the provider"),
        ([], "free", "05-10T00:00", "free", "Met from the start"),
    ],
)
def test_says_when(payments, seen, now, tier, when):
    paid = [(gross, "05-01T00:00") for gross, _ in payments]
    assert rungs(*paid, seen=seen, now=now)[tier].when == when


def test_an_unpublished_tier_has_no_bars():
    rung = rungs(seen="tier-1", book=ANTHROPIC, now="05-10T00:00")["monthly-invoicing"]
    assert rung.is_opaque
    assert rung.in_words == "Monthly invoicing: conditions not published"


class TestDrawn:
    FACTS = {"standing": standing(("95", "05-01T00:00"), seen="tier-2", now="05-09T00:00"), "rulebook": BOOK}

    @pytest.fixture(params=["_ladder.html", "_ladder_tiny.html"])
    def drawing(self, request) -> str:
        return render_to_string(f"accounts/{request.param}", self.FACTS)

    def test_has_two_bars_a_tier_without_a_style(self, drawing):
        assert drawing.count('<svg class="bar') == 10
        assert "style=" not in drawing
        assert 'width="38%"' in drawing

    def test_its_bars_are_not_read_aloud_but_their_numbers_are(self, drawing):
        assert drawing.count('<svg class="bar') == len(re.findall(r'<svg class="bar[^>]*aria-hidden="true"', drawing))
        assert "$95.00" in drawing
        assert "14 days" in drawing

    def test_the_tiny_one_is_a_sentence_for_each_tier(self):
        drawing = render_to_string("accounts/_ladder_tiny.html", self.FACTS)
        assert '<span class="only-read">Tier 3: $95.00 of $100, 8 of 7 days</span>' in drawing
        assert '<span class="only-read">Tier 2: $95.00 of $50, 8 of 7 days, the tier shown now</span>' in drawing

    def test_the_large_one_says_what_a_tier_unlocks(self):
        drawing = render_to_string("accounts/_ladder.html", self.FACTS | {"unlocks": {"tier-3": "Opens o3-mini"}})
        assert drawing.count("Opens o3-mini") == 1

    def test_an_unpublished_tier_is_drawn_as_such(self):
        facts = {"standing": standing(seen="tier-1", book=ANTHROPIC, now="05-10T00:00"), "rulebook": ANTHROPIC}
        assert "does not publish" in render_to_string("accounts/_ladder.html", facts)
        assert "is-opaque" in render_to_string("accounts/_ladder_tiny.html", facts)
