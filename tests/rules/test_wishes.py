"""Wishes: the lowest tier that gives what is needed, and why the lower ones do not."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts import rules
from accounts.gateways import published
from tests.rules.ledgers import book_of
from tests.rules.strategies import rulebooks
from tests.rules.test_properties import many

MAY = date(2025, 5, 20)
SEED = published.edition("openai/2025-05")


def needed(wish, book=SEED, on=MAY, confirmed=()):
    return rules.needed_tier(book, wish, on, confirmed)


def spend(amount):
    return rules.Wish(spend_usd=Decimal(amount))


def small(models=(), limits=(), **facts):
    tiers = [("free", 0, 0), ("mid", 10, 0), ("top", 100, 7)]
    return book_of(*tiers, models=list(models), limits=list(limits), **facts)


def model(**facts):
    return {"id": "m", "name": "M", "access": "open", "source": "page", "from_tier": "free"} | facts


def limit(**tiers):
    return {"id": "m", "name": "M", "models": ["m"], "tiers": tiers}


class TestAWish:
    @pytest.mark.parametrize(
        "facts",
        [
            {},
            {"tier": "tier-1", "model": "gpt-4o"},
            {"model": "gpt-4o", "spend_usd": Decimal(5)},
            {"tier": "tier-1", "rpm": 5},
            {"spend_usd": Decimal(5), "tpm": 5},
            {"model": "gpt-4o", "rpm": 0},
            {"model": "gpt-4o", "tpm": -1},
            {"spend_usd": Decimal(0)},
            {"spend_usd": Decimal(-5)},
        ],
    )
    def test_that_is_none_or_two_is_refused(self, facts):
        with pytest.raises(ValueError, match=r"wish|model"):
            rules.Wish(**facts)

    @pytest.mark.parametrize(
        ("wish", "kind", "said"),
        [
            (rules.Wish(tier="tier-3"), "tier", {"tier": "tier-3"}),
            (rules.Wish(model="o3-mini", rpm=60), "model", {"model": "o3-mini", "rpm": 60}),
            (spend("750.50"), "spend", {"spend_usd": "750.50"}),
        ],
    )
    def test_goes_to_json_and_back(self, wish, kind, said):
        assert (wish.kind, wish.as_json()) == (kind, said)
        assert rules.Wish.from_json(said) == wish


class TestTheTierNeeded:
    @pytest.mark.parametrize(
        ("wish", "tier"),
        [
            (rules.Wish(model="o3-mini"), "tier-3"),
            (rules.Wish(model="gpt-4o"), "tier-1"),
            (rules.Wish(model="gpt-3.5-turbo"), "free"),
            (rules.Wish(model="gpt-4o", rpm=500), "tier-1"),
            (rules.Wish(model="gpt-4o", rpm=501), "tier-2"),
            (rules.Wish(model="gpt-4o", rpm=500, tpm=300_000), "tier-3"),
            (rules.Wish(tier="tier-4"), "tier-4"),
            (spend("100"), "free"),
            (spend("100.01"), "tier-2"),
            (spend("4000"), "tier-4"),
            (spend("10000"), "tier-5"),
        ],
    )
    def test_of_the_founding_article(self, wish, tier):
        found = needed(wish)
        assert (found.tier.id, found.obstacle) == (tier, "")
        assert {reason.tier.id for reason in found.reasons} == {t.id for t in SEED.tiers if t.rank < found.tier.rank}

    @pytest.mark.parametrize(
        ("wish", "obstacle"),
        [
            (rules.Wish(tier="grow"), "unknown_tier"),
            (rules.Wish(model="gpt-99"), "unknown_model"),
            (rules.Wish(model="o3"), "partner"),
            (rules.Wish(model="sora-api"), "expected"),
            (rules.Wish(model="gpt-4o", tpm=1_500_000), "above_highest"),
            (rules.Wish(model="o3-mini", rpm=1), "not_published"),
            (spend("10000.01"), "above_highest"),
        ],
    )
    def test_is_none_and_it_is_said_why(self, wish, obstacle):
        found = needed(wish)
        assert (found.tier, found.obstacle) == (None, obstacle)

    def test_each_lower_tier_has_its_reasons(self):
        found = needed(rules.Wish(model="gpt-4o", rpm=2000, tpm=300_000))
        assert [(reason.tier.id, reason.code, reason.metric) for reason in found.reasons] == [
            ("free", "locked", ""),
            ("tier-1", "below_limit", "rpm"),
            ("tier-1", "below_limit", "tpm"),
            ("tier-2", "below_limit", "tpm"),
        ]
        assert found.reasons[-1].cell.value == 120_000

    def test_a_retired_model_is_retired(self):
        book = small([model(retired_on="2025-05-20")])
        assert needed(rules.Wish(model="m"), book).obstacle == "retired"
        assert needed(rules.Wish(model="m"), book, on=date(2025, 5, 19)).tier.id == "free"

    def test_a_model_that_opens_later_is_expected_until_then(self):
        book = small([model(opened_on="2025-06-01")])
        assert needed(rules.Wish(model="m"), book).obstacle == "expected"
        assert needed(rules.Wish(model="m"), book, on=date(2025, 6, 1)).tier.id == "free"

    def test_a_model_of_which_the_edition_does_not_say_who_may_use_it(self):
        book = small([{"id": "m", "name": "M", "access": "retired", "retired_on": "2025-08-01", "source": "page"}])
        assert needed(rules.Wish(model="m"), book).obstacle == "unknown_access"


class TestWaysThatAskForMore:
    BOOK = small([model(from_tier="top", **{"or": [{"tier": "mid", "requires": ["organization_verified"]}]})])

    def test_the_lower_way_is_taken_and_the_other_one_named(self):
        found = needed(rules.Wish(model="m"), self.BOOK)
        assert (found.tier.id, found.requires, found.otherwise.id) == ("mid", ("organization_verified",), "top")

    def test_what_is_said_to_be_met_asks_for_nothing(self):
        found = needed(rules.Wish(model="m"), self.BOOK, confirmed={"organization_verified"})
        assert (found.tier.id, found.requires, found.otherwise) == ("mid", (), None)

    def test_there_may_be_no_other_way(self):
        book = small([model(from_tier="mid", requires=["contract"])])
        found = needed(rules.Wish(model="m"), book)
        assert (found.tier.id, found.requires, found.otherwise) == ("mid", ("contract",), None)


class TestWhoHasIt:
    @pytest.mark.parametrize(("seen", "has_it"), [("tier-2", False), ("tier-3", True), ("tier-5", True)])
    def test_whoever_is_seen_at_the_tier_or_above(self, seen, has_it):
        assert rules.has_it(SEED, rules.Wish(model="o3-mini"), SEED.tier(seen), MAY) is has_it

    def test_nobody_has_what_no_tier_gives(self):
        assert not rules.has_it(SEED, rules.Wish(model="o3"), SEED.top, MAY)

    @pytest.mark.parametrize(("confirmed", "first"), [((), "top"), (("organization_verified",), "mid")])
    def test_what_nobody_said_to_be_met_is_not_there(self, confirmed, first):
        book, wish = TestWaysThatAskForMore.BOOK, rules.Wish(model="m")
        having = [tier.id for tier in book.tiers if rules.has_it(book, wish, tier, MAY, confirmed)]
        assert having[0] == first == needed(wish, book, confirmed=confirmed).awaited.id


class TestLimits:
    def test_a_cell_that_is_not_published_is_never_guessed(self):
        book = small([model()], [limit(free={"tpm": 10}, mid={"tpm": "not_published"}, top={"tpm": 30})])
        found = needed(rules.Wish(model="m", tpm=20), book)
        assert found.tier.id == "top"
        assert [reason.code for reason in found.reasons] == ["below_limit", "not_published"]

    def test_nor_is_one_that_is_not_supported(self):
        book = small([model()], [limit(free="not_supported", mid={"tpm": 10}, top="not_supported")])
        found = needed(rules.Wish(model="m", tpm=20), book)
        assert (found.tier, found.obstacle) == (None, "not_supported")

    def test_what_nobody_says_of_the_topmost_tier_is_not_called_too_little(self):
        book = small([model()], [limit(free={"tpm": 1}, mid={"tpm": 1}, top={"tpm": 1, "rpm": "not_published"})])
        assert needed(rules.Wish(model="m", tpm=2, rpm=2), book).obstacle == "not_published"

    def test_up_to_suffices_and_is_named(self):
        book = small([model()], [limit(free={"tpm": 1}, mid={"tpm": {"up_to": 20}})])
        found = needed(rules.Wish(model="m", tpm=20), book)
        assert (found.tier.id, found.up_to) == ("mid", ("tpm",))
        assert needed(rules.Wish(model="m", tpm=21), book).tier is None

    def test_another_pool_of_the_model_is_no_answer(self):
        long = limit(free={"tpm": 100}) | {"variant": "long-context"}
        assert needed(rules.Wish(model="m", tpm=20), small([model()], [long])).obstacle == "not_published"


class TestCaps:
    @pytest.mark.parametrize(
        ("cap", "amount", "code"),
        [
            ("none", "1000000", ""),
            (100, "100", ""),
            (100, "100.01", "below_cap"),
            ({"from": 50, "to": 100}, "50", ""),
            ({"from": 50, "to": 100}, "50.01", "cap_unsure"),
            ({"from": 50, "to": 100}, "100.01", "below_cap"),
            ("unknown", "1", "cap_not_published"),
        ],
    )
    def test_what_a_cap_allows(self, cap, amount, code):
        book = book_of({"id": "low", "money_usd": 0, "wait_days": 0, "cap_usd": cap}, ("top", 5, 0))
        found = needed(spend(amount), book)
        assert [r.code for r in found.reasons if r.tier.id == "low"] == ([code] if code else [])
        assert found.obstacle == ("" if not code else "not_published")


@st.composite
def wishes(draw, book):
    kinds = ["tier", "spend"] + ["model"] * bool(book.models)
    kind = draw(st.sampled_from(kinds))
    if kind == "tier":
        return rules.Wish(tier=draw(st.sampled_from(book.tiers)).id)
    if kind == "spend":
        return spend(draw(st.sampled_from(["1", "100", "750.50", "20000", "999999"])))
    figures = st.sampled_from([None, 1, 500, 30_000, 2_000_000])
    return rules.Wish(model=draw(st.sampled_from(book.models)).id, rpm=draw(figures), tpm=draw(figures))


@many
@given(st.data())
def test_no_lower_tier_would_have_done(data):
    book = data.draw(rulebooks)
    wish = data.draw(wishes(book))
    found = needed(wish, book)
    assert (found.tier is None) == bool(found.obstacle)
    if found.tier is None:
        return
    below = {tier.id for tier in book.tiers if tier.rank < found.tier.rank}
    assert {reason.tier.id for reason in found.reasons} == below
    if wish.model:
        assert rules.access(book, wish.model, found.tier.id, found.requires, MAY).state == "open"
        for metric, wanted in wish.limits.items():
            cells = [at.cells[metric] for at in rules.limits_at(book, wish.model, found.tier.id) if metric in at.cells]
            assert any(cell.value is not None and cell.value >= wanted for cell in cells)


@many
@given(st.data())
def test_a_model_is_had_exactly_where_it_is_open(data):
    book = data.draw(rulebooks)
    for model in book.models:
        for tier in book.tiers:
            is_open = rules.access(book, model.id, tier.id, (), MAY).state == "open"
            assert rules.has_it(book, rules.Wish(model=model.id), tier, MAY) is is_open
