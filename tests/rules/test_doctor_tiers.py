"""The tier is inferred from limits only where nothing else could be meant."""

from datetime import UTC, date, datetime

import pytest

from accounts import rules
from accounts.gateways import published
from accounts.rules.doctor import SeenLimit, diagnose, models, tiers

AT = datetime(2026, 11, 18, 9, 41, tzinfo=UTC)
EDITIONS = list(published.editions().values())


def fit(edition, model, *seen, variant=""):
    found = tiers.fits([published.edition(edition)], models.Named(model, variant), [SeenLimit(*one) for one in seen])
    return found[0].tiers if found else ()


def read(edition, text):
    return diagnose(text, at=AT, editions=EDITIONS, edition=published.edition(edition) if edition else None)


@pytest.mark.parametrize("edition", published.editions())
def test_every_published_cell_infers_its_own_tier_among_the_candidates(edition):
    book = published.edition(edition)
    for group in book.limits:
        for tier in group.cells:
            seen = [SeenLimit(metric, cell.value) for metric, cell in group.cells[tier].items() if cell.value]
            for model in group.models if seen else ():
                found = tiers.fits([book], models.Named(model, group.variant), seen)
                assert tier in found[0].tiers, (group.id, tier)


@pytest.mark.parametrize("tier", ["tier-1", "tier-2", "tier-3", "tier-4", "tier-5"])
def test_tokens_a_minute_tell_every_tier_of_gpt_4o(tier):
    value = {"tier-1": 30_000, "tier-2": 450_000, "tier-3": 800_000, "tier-4": 2_000_000, "tier-5": 30_000_000}[tier]
    assert fit("openai/2026-05", "gpt-4o", ("tpm", value)) == (tier,)


def test_limits_that_two_tiers_share_leave_both():
    assert fit("openai/2026-05", "gpt-4o", ("rpm", 5000)) == ("tier-2", "tier-3")
    assert fit("openai/2026-05", "gpt-4o", ("rpm", 5000), ("tpm", 800_000)) == ("tier-3",)
    assert fit("openai/2025-05", "gpt-4o", ("tpm", 600_000)) == ("tier-4", "tier-5")


def test_limits_that_contradict_each_other_fit_nothing():
    assert fit("openai/2026-05", "gpt-4o", ("rpm", 500), ("tpm", 800_000)) == ()


def test_a_count_of_requests_is_a_days_where_the_tier_has_a_daily_limit():
    # 10,000 is the daily limit of tier 1 and the minute's of tier 4: the header does not say which.
    assert fit("openai/2026-05", "gpt-4o-mini", ("requests", 10_000)) == ("tier-1", "tier-4")
    assert fit("openai/2026-05", "gpt-4o-mini", ("requests", 500)) == ()
    assert fit("openai/2026-05", "gpt-4o-mini", ("requests", 5_000)) == ("tier-2", "tier-3")
    assert fit("openai/2026-05", "gpt-4o-mini", ("rpd", 10_000)) == ("tier-1",)
    assert fit("openai/2026-05", "gpt-4o-mini", ("rpm", 500)) == ("tier-1",)


def test_an_unpublished_tier_stays_a_candidate_unless_limits_beyond_it_rule_it_out():
    # Grow's figures for gpt-4o were not captured; nothing lies between Launch and Grow.
    assert fit("openai/2026-10-06", "gpt-4o", ("tpm", 2_000_000)) == ("launch", "grow")
    assert fit("openai/2026-10-06", "gpt-4o", ("tpm", 450_000)) == ("build",)
    # Tier 4 of o1-preview lies between two tiers that have other limits.
    assert fit("openai/2024-12", "o1-preview", ("tpm", 30_000)) == ("tier-1",)
    assert fit("openai/2024-12", "o1-preview", ("tpm", 800_000)) == ("tier-3", "tier-4")


def test_a_tier_that_may_not_use_the_model_is_no_candidate():
    assert "free" not in fit("openai/2025-05", "gpt-4o", ("tpm", 30_000))
    assert fit("anthropic/2026-06-26", "claude-opus-5", ("itpm", 5_000_000)) == ("build",)


def test_a_limit_of_up_to_fits_whatever_is_not_more():
    assert fit("openai/2025-05", "dall-e-3", ("ipm", 15)) == ("tier-3", "tier-4", "tier-5")
    assert fit("openai/2025-05", "dall-e-3", ("ipm", 51)) == ()


def test_a_pool_of_its_own_is_not_taken_for_the_standard_one():
    assert fit("openai/2026-05", "gpt-4.1", ("tpm", 500_000), variant="long-context") == ("tier-2",)
    assert fit("openai/2026-05", "gpt-4.1", ("tpm", 450_000), variant="long-context") == ()
    # The name says nothing of the pool: the answer may speak of either.
    assert fit("openai/2026-05", "gpt-5.5", ("tpm", 1_000_000)) == ("tier-2",)
    assert fit("openai/2026-05", "gpt-5.5", ("tpm", 2_000_000)) == ("tier-3",)
    assert fit("openai/2026-10-06", "gpt-6-astra", ("tpm", 1_000_000)) == ("build", "launch")


def test_limits_of_no_published_kind_tell_nothing():
    assert fit("openai/2026-05", "gpt-4o", ("ipm", 5)) == ()
    assert fit("openai/2026-05", "gpt-99", ("tpm", 30_000)) == ()
    assert fit("openai/2026-05", "gpt-4o", ("tokens", 30_000)) == ()
    assert tiers.fits(EDITIONS, None, [SeenLimit("tpm", 30_000)]) == ()


def test_a_projects_own_limit_says_nothing_of_the_tier():
    assert tiers.fits(EDITIONS, models.Named("gpt-4o"), [SeenLimit("tpm", 30_000, is_project=True)]) == ()


class TestWhichEditionIsHeard:
    LIMIT = "Rate limit reached for {} on tokens per min (TPM): Limit {}, Used 1, Requested 1."

    def test_the_accounts_own_and_the_one_in_force_agree(self):
        found = read("openai/2026-10-06", self.LIMIT.format("gpt-6-astra", 40_000_000)).inference
        assert (found.tier, found.edition) == ("grow", "openai/2026-10-06")

    def test_editions_of_the_same_ladder_are_heard_where_the_accounts_own_knows_nothing(self):
        found = read("openai/2025-05", self.LIMIT.format("gpt-4o", 800_000)).inference
        assert (found.tier, found.edition) == ("tier-3", "openai/2026-05")
        assert found.of("openai/2024-12").only == "tier-3"
        assert found.of("openai/2023-11") is None

    def test_editions_that_contradict_each_other_infer_nothing(self):
        # Tier 3 once, Tier 2 by the article's own table of another model group.
        found = read("", self.LIMIT.format("gpt-4o", 600_000)).inference
        assert found.tier == ""
        assert {one.edition: one.tiers for one in found.fits} == {
            "openai/2024-07": ("tier-3",),
            "openai/2025-05": ("tier-4", "tier-5"),
        }

    def test_the_edition_in_force_contradicts_the_accounts_own_with_the_same_ladder(self):
        old, new = published.edition("openai/2024-07"), published.edition("openai/2024-12")
        found = tiers.infer([old, new], old, models.Named("gpt-4o"), [SeenLimit("tpm", 800_000)], on=date(2025, 5, 20))
        assert found.tier == ""  # Tier 4 by the old edition, Tier 3 by the one in force

    def test_another_ladder_does_not_speak_for_the_accounts(self):
        assert read("openai/2025-05", self.LIMIT.format("gpt-6-astra", 40_000_000)).inference.tier == "tier-5"
        text = self.LIMIT.format("gpt-6.1-sol", 40_000_000)
        assert read("openai/2025-05", text).inference.tier == ""
        assert read("", text).inference.tier == "grow"

    def test_a_relay_never_gives_a_tier(self):
        text = "https://relay.example.com/v1/chat/completions " + self.LIMIT.format("gpt-4o", 800_000)
        assert read("", text).inference == tiers.Inference()
        assert read("openai/2025-05", text).doubts == ("other_provider",)

    def test_requests_are_settled_as_rpm_only_where_no_edition_has_a_daily_limit(self):
        def metric(model):
            text = f"x-ratelimit-limit-requests: 5000\nopenai-version: x\nmodel: {model}"
            return [limit.metric for limit in read("", text).limits]

        assert metric("gpt-4o") == ["rpm"]
        assert metric("gpt-4o-mini") == metric("gpt-3.5-turbo") == ["requests"]
        assert metric("gpt-99") == metric("dall-e-3") == ["requests"]
        assert [it.metric for it in read("", "x-ratelimit-limit-requests: 5000").limits] == ["requests"]


def test_the_rules_room_exports_what_views_need():
    assert rules.diagnose is diagnose
    assert rules.scrub("") == ""
    assert rules.MOST_PASTED == 64_000
