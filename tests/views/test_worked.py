"""The worked example of the guide: an invented ledger, judged by the real rules."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from accounts.gateways import published
from accounts.views import worked

EDITIONS = sorted(published.editions())


class TestWorkedExample:
    BOOK = published.edition("openai/2025-05")

    def codes(self, steps):
        return [(step.days, step.paid_usd, step.standing["advice"]["code"]) for step in steps]

    def test_it_climbs_to_the_tier_of_the_articles_model(self):
        assert worked.goal(self.BOOK).id == "tier-3"

    def test_all_at_once_costs_the_gate_and_a_top_up(self):
        steps = worked.whole(self.BOOK, self.BOOK.tier("tier-3"))
        assert self.codes(steps) == [
            (0, Decimal(100), "wait"),
            (7, None, "top_up"),
            (7, Decimal(5), "rechecking"),
            (9, None, "contact_support"),
        ]
        assert steps[0].at == datetime(2025, 5, 1, 10, tzinfo=UTC)
        assert steps[-1].total_usd == Decimal(105)
        assert {step.standing["advice"]["tier"] for step in steps[1:]} == {"tier-3"}

    def test_holding_back_costs_the_gate_and_not_a_cent_more(self):
        steps = worked.held_back(self.BOOK, self.BOOK.tier("tier-3"))
        assert self.codes(steps)[0] == (0, Decimal(95), "wait")
        assert steps[1].standing["advice"]["reason"] == "completes_money_gate"
        assert steps[-1].total_usd == Decimal(100)

    @pytest.mark.parametrize("edition", EDITIONS)
    def test_every_edition_has_one_or_names_no_gate(self, edition):
        book = published.edition(edition)
        tier = worked.goal(book)
        if tier is None:
            assert not any(it.money_usd for it in book.tiers)
            return
        steps = worked.whole(book, tier)
        assert steps[-1].standing["advice"]["code"] == "contact_support"
        assert steps[-1].standing["advice"]["tier"] == tier.id
        assert steps[-1].total_usd >= tier.money_usd
        for step in worked.held_back(book, tier):
            assert step.total_usd <= tier.money_usd

    def test_without_a_wait_nothing_is_held_back(self):
        book = published.edition("openai/2026-10-06")
        assert worked.held_back(book, book.tier("grow")) == []
        assert self.codes(worked.whole(book, book.tier("launch"))) == [
            (0, Decimal(100), "rechecking"),
            (2, None, "contact_support"),
        ]
