"""Which accounts give what is needed, alone or together; which tier would; what is missing."""

import itertools
from datetime import date
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts import rules
from accounts.gateways import published
from tests.rules.ledgers import book_of

MAY = date(2025, 5, 20)
OPENAI = published.edition("openai/2025-05")


def model(name, access="open", **facts):
    return {"id": name, "name": name.upper(), "access": access, "source": "page"} | facts


def book(provider="acme", *, tiers=None, pool=False, **facts):
    """One model, "m", whose limits are `tiers`; tiers free, one, two, three, and what else is said."""
    limits = {"id": "l", "name": "L", "models": ["m", "n"], "tiers": tiers or {}, "pool": pool}
    return book_of(
        ("free", 0, 0),
        ("one", 5, 0),
        ("two", 50, 7),
        {"id": "three", "money_usd": 100, "wait_days": 7, "requires": ["contract"]},
        **{
            "id": f"{provider}/2025",
            "provider": {"id": provider, "name": provider.title()},
            "models": [model("m", from_tier="one"), model("n", from_tier="one")],
            "limits": [limits],
        }
        | facts,
    )


STEPS = {"one": {"rpm": 10, "tpm": 100}, "two": {"rpm": 20, "tpm": 400}, "three": {"rpm": 30, "tpm": 900}}
ACME = book(tiers=STEPS)


def holder(name, tier="one", rulebook=ACME, organization="", confirmed=()):
    return rules.Holder(f"id-{name}", name, rulebook, tier, frozenset(confirmed), organization)


def ask(holders, model_id="m", on=MAY, variant="standard", **needs):
    return rules.capacity(holders, rules.Demand(model_id, needs, variant), on)


def names(parts):
    return [part.holder.name for part in parts]


class TestOneOrMore:
    def test_the_figures_of_the_article(self):
        (supply,) = ask([holder("a", "tier-4", OPENAI), holder("b", "tier-5", OPENAI)], "gpt-4o", tpm=1_500_000)
        assert supply.alone == ()
        assert supply.together == ()
        assert supply.share == Fraction(1_200_000, 1_500_000)
        assert supply.missing == {"tpm": 300_000}

    def test_one_alone_is_the_smallest_combination(self):
        (supply,) = ask([holder("a", "two"), holder("b", "three"), holder("c")], tpm=500)
        assert names(supply.alone) == ["b"]
        assert names(supply.together) == ["b"]
        assert supply.missing == {"tpm": 0}

    def test_together_takes_the_fewest(self):
        (supply,) = ask([holder("a"), holder("b"), holder("c", "two"), holder("d", "two"), holder("e")], tpm=850)
        assert names(supply.together) == ["c", "d", "a"]
        assert supply.alone == ()

    def test_each_carries_what_its_tightest_limit_allows(self):
        (supply,) = ask([holder("a", "two")], rpm=40, tpm=400)
        assert supply.parts[0].holding.share == Fraction(1, 2)
        assert supply.missing == {"rpm": 20, "tpm": 200}

    def test_requests_here_and_tokens_there_make_no_combination(self):
        lopsided = [
            holder("requests", rulebook=book(tiers={"one": {"rpm": 100, "tpm": 10}})),
            holder("tokens", rulebook=book(tiers={"one": {"rpm": 1, "tpm": 1000}})),
        ]
        (supply,) = ask(lopsided, rpm=100, tpm=1000)
        assert supply.together == ()
        assert supply.share == Fraction(2, 100)

    def test_a_model_alone_asks_for_access_only(self):
        (supply,) = ask([holder("a"), holder("b", "free")])
        assert names(supply.together) == ["a"]
        assert [part.holding.state for part in supply.parts] == ["enough", "closed"]

    def test_nobody_has_no_supply(self):
        assert ask([], tpm=1) == ()

    def test_nothing_cannot_be_asked_for(self):
        with pytest.raises(ValueError, match="rpm: 0"):
            rules.Demand("m", {"rpm": 0})


class TestOrganizations:
    def test_one_organization_counts_once_however_it_is_spelled(self):
        (supply,) = ask([holder("a", organization="org-1"), holder("b", organization=" ORG-1 ")], tpm=200)
        assert supply.together == ()
        assert supply.share == Fraction(1, 2)
        assert [part.counted_as and part.counted_as.name for part in supply.parts] == [None, "a"]

    def test_the_better_of_two_entries_stands_for_the_organization(self):
        (supply,) = ask([holder("a", organization="o"), holder("b", "two", organization="o")], tpm=400)
        assert names(supply.together) == ["b"]
        assert supply.parts[1].counted_as.name == "b"

    def test_accounts_without_a_reference_are_organizations_of_their_own(self):
        (supply,) = ask([holder("a"), holder("b")], tpm=200)
        assert names(supply.together) == ["a", "b"]

    def test_a_reference_that_looks_like_an_id_is_not_that_account(self):
        (supply,) = ask([holder("a"), holder("b", organization="id-a")], tpm=200)
        assert names(supply.together) == ["a", "b"]

    def test_providers_are_never_mixed(self):
        other = book("zeta", tiers=STEPS)
        acme, zeta = ask([holder("z", rulebook=other, organization="o"), holder("a", organization="o")], tpm=200)
        assert [supply.provider.id for supply in (acme, zeta)] == ["acme", "zeta"]
        assert (acme.together, zeta.together) == ((), ())

    def test_providers_that_do_not_name_the_model_are_left_out(self):
        other = book("zeta", models=[], limits=[])
        assert [s.provider.id for s in ask([holder("z", rulebook=other), holder("a")], tpm=1)] == ["acme"]
        assert ask([holder("z", rulebook=other)], tpm=1) == ()

    def test_an_edition_that_does_not_name_it_is_unknown_beside_one_that_does(self):
        older = book(models=[], limits=[])
        (supply,) = ask([holder("a", rulebook=older), holder("b")], tpm=100)
        assert [(part.holder.name, part.holding.state) for part in supply.parts] == [("b", "enough"), ("a", "unknown")]
        assert supply.unsaid == 1
        assert supply.parts[1].reach == rules.Enough(None, doubtful=older.tier("one"))


class TestWhatIsNotPublished:
    def test_is_unknown_and_never_0(self):
        (supply,) = ask([holder("a")], rpd=1000)
        (part,) = supply.parts
        assert part.holding.state == "unknown"
        assert part.holding.share is None
        assert part.holding.offers[0].missing is None
        assert (supply.unsaid, supply.share, supply.missing) == (1, 0, {"rpd": 1000})

    def test_stands_between_what_carries_and_what_is_closed(self):
        silent = book(tiers={"one": "not_published"})
        (supply,) = ask([holder("a", "free"), holder("b", rulebook=silent), holder("c")], tpm=1000)
        assert names(supply.parts) == ["c", "b", "a"]

    def test_up_to_is_no_promise(self):
        bound = book(tiers={"one": {"ipm": {"up_to": 50}}})
        (supply,) = ask([holder("a", rulebook=bound)], ipm=40)
        assert supply.parts[0].holding.state == "unknown"
        assert supply.together == ()

    def test_up_to_less_than_needed_is_short_by_at_least_so_much(self):
        bound = book(tiers={"one": {"ipm": {"up_to": 50}}})
        (supply,) = ask([holder("a", rulebook=bound)], ipm=60)
        assert supply.parts[0].holding.state == "short"
        assert supply.parts[0].holding.offers[0].missing == 10

    def test_an_edition_without_limits_is_unknown(self):
        (supply,) = ask([holder("a", rulebook=book(limits=[]))], tpm=10)
        assert supply.parts[0].holding.state == "unknown"
        assert supply.parts[0].holding.limit is None

    def test_not_supported_gives_nothing(self):
        shut = book(tiers={"one": "not_supported", "two": {"tpm": 5}})
        (supply,) = ask([holder("a", rulebook=shut)], tpm=10)
        (part,) = supply.parts
        assert part.holding.state == "closed"
        assert (part.holding.share, part.holding.offers[0].missing) == (0, 10)

    def test_not_supported_is_no_access_even_when_no_number_is_asked(self):
        shut = book(tiers={"one": "not_supported", "two": {"tpm": 5}})
        (supply,) = ask([holder("a", rulebook=shut), holder("b", "two", shut)])
        assert names(supply.alone) == ["b"]


class TestVariantsAndPools:
    LIMITS = [
        {"id": "s", "name": "S", "models": ["m", "n"], "pool": True, "tiers": {"one": {"tpm": 100}}},
        {"id": "l", "name": "L", "models": ["m"], "variant": "long", "tiers": {"one": {"tpm": 7}}},
    ]
    BOOK = book(limits=LIMITS)

    def test_a_shared_pool_says_with_which_models(self):
        (supply,) = ask([holder("a", rulebook=self.BOOK)], tpm=100)
        assert supply.parts[0].holding.shared_with == ("n",)
        assert names(supply.alone) == ["a"]

    def test_limits_of_their_own_are_not_shared(self):
        (supply,) = ask([holder("a")], tpm=100)
        assert supply.parts[0].holding.shared_with == ()

    def test_variants_are_not_added_up(self):
        (supply,) = ask([holder("a", rulebook=self.BOOK)], tpm=107)
        assert supply.missing == {"tpm": 7}

    def test_another_variant_is_asked_by_its_name(self):
        (supply,) = ask([holder("a", rulebook=self.BOOK)], variant="long", tpm=7)
        assert names(supply.alone) == ["a"]
        (supply,) = ask([holder("a", rulebook=self.BOOK)], variant="batch", tpm=7)
        assert supply.parts[0].holding.state == "unknown"


class TestTheDailyLimit:
    BOOK = book(tiers={"one": {"rpm": 500, "rpd": 10_000}, "two": {"rpm": 500, "rpd": 720_000}})

    def lasts(self, tier, **needs):
        (supply,) = ask([holder("a", tier, self.BOOK)], **needs)
        return supply.parts[0].holding.lasts_minutes

    @pytest.mark.parametrize(
        ("tier", "needs", "minutes"),
        [
            ("one", {"rpm": 500}, 20),
            ("one", {"rpm": 6}, None),
            ("two", {"rpm": 500}, None),
            ("one", {"rpm": 500, "rpd": 5000}, None),
            ("one", {"tpm": 500}, None),
        ],
    )
    def test_says_for_how_long_the_requests_can_be_kept_up(self, tier, needs, minutes):
        assert self.lasts(tier, **needs) == minutes

    def test_a_day_that_is_asked_for_is_judged(self):
        (supply,) = ask([holder("a", rulebook=self.BOOK)], rpm=100, rpd=20_000)
        assert supply.parts[0].holding.share == Fraction(1, 2)


class TestWhichTierWould:
    def reach(self, tier="one", rulebook=ACME, confirmed=(), model_id="m", **needs):
        (supply,) = ask([holder("a", tier, rulebook, confirmed=confirmed)], model_id, **needs)
        return supply.parts[0].reach

    def test_nothing_is_said_when_it_is_enough(self):
        assert self.reach(tpm=100) is None

    def test_the_lowest_that_is_enough(self):
        reach = self.reach(tpm=300)
        assert (reach.tier.id, reach.requires, reach.doubtful) == ("two", (), None)
        assert reach.most.offers[0].certain == 400

    def test_with_what_the_tier_asks_besides(self):
        assert self.reach(tpm=900).requires == ("contract",)
        assert self.reach(tpm=900, confirmed=["contract"]).requires == ()

    def test_none_is_enough_and_what_the_best_gives(self):
        reach = self.reach(tpm=1000)
        assert reach.tier is None
        assert reach.most.tier.id == "three"
        assert reach.most.offers[0].missing == 100

    def test_nobody_can_say(self):
        silent = book(tiers={"one": {"tpm": 10}, "three": {"tpm": 20}})
        reach = self.reach(rulebook=silent, tpm=20)
        assert (reach.tier.id, reach.doubtful.id) == ("three", "two")
        reach = self.reach(rulebook=silent, tpm=30)
        assert (reach.tier, reach.doubtful.id, reach.most.tier.id) == (None, "two", "three")

    def test_the_tier_is_there_and_only_a_requirement_is_missing(self):
        ways = [
            {**model("m", from_tier="three"), "or": [{"tier": "one", "requires": ["organization_verified"]}]},
        ]
        reach = self.reach(rulebook=book(models=ways, limits=[]))
        assert (reach.tier.id, reach.requires) == ("one", ("organization_verified",))

    @pytest.mark.parametrize("access", [{"access": "partner"}, {"access": "expected", "expected_tiers": ["two"]}])
    def test_no_tier_opens_it(self, access):
        reach = self.reach(rulebook=book(models=[model("m", **access)], limits=[]), tpm=1)
        assert reach == rules.Enough(None)


@st.composite
def worlds(draw):
    cells = st.one_of(st.integers(1, 60), st.sampled_from(["not_published", "not_supported"]), st.just({"up_to": 30}))
    rows = st.fixed_dictionaries({"rpm": cells, "tpm": cells})
    books = [
        book("acme", tiers=draw(st.fixed_dictionaries({"one": rows, "two": rows, "three": rows}))) for _number in "ab"
    ]
    held = [
        holder(
            f"h{number}",
            draw(st.sampled_from(["free", "one", "two", "three"])),
            draw(st.sampled_from(books)),
            draw(st.sampled_from(["", "", "o", "p"])),
        )
        for number in range(draw(st.integers(1, 7)))
    ]
    needs = draw(st.dictionaries(st.sampled_from(["rpm", "tpm"]), st.integers(1, 120), max_size=2))
    return held, needs


def shares(held, needs, on=MAY):
    """What each account carries for certain, worked out anew from the cells."""
    found = {}
    for one in held:
        cells = {metric: one.rulebook.limits[0].cell(one.tier, metric) for metric in needs}
        row = [one.rulebook.limits[0].cell(one.tier, metric) for metric in ("rpm", "tpm")]
        is_open = one.tier != "free" and not any(cell.state == "not_supported" for cell in (cells or {}).values())
        if not needs:
            is_open = is_open and not all(cell.state == "not_supported" for cell in row)
        certain = [cell.value for cell in cells.values() if not cell.is_most]
        if is_open and len(certain) == len(needs) and None not in certain:
            found[one.id] = min([Fraction(1), *(Fraction(c.value, needs[m]) for m, c in cells.items())])
    return found


class TestProperties:
    @given(worlds())
    def test_the_combination_is_enough_and_no_smaller_one_is(self, world):
        held, needs = world
        (supply,) = ask(held, **needs)
        carried = shares(held, needs)
        fitting = [
            size
            for size in range(1, len(held) + 1)
            for some in itertools.combinations([one for one in held if one.id in carried], size)
            if len({one.scope for one in some}) == size and sum(carried[one.id] for one in some) >= 1
        ]
        assert len(supply.together) == min(fitting, default=0)
        chosen = [part.holder for part in supply.together]
        if chosen:
            assert sum(carried[one.id] for one in chosen) >= 1
            assert len({one.scope for one in chosen}) == len(chosen)
            for metric, need in needs.items():
                limits = [one.rulebook.limits[0].cell(one.tier, metric) for one in chosen]
                assert sum(cell.value for cell in limits) >= need
                assert supply.missing[metric] == 0

    @given(worlds(), st.randoms())
    def test_the_order_does_not_matter(self, world, random):
        held, needs = world
        shuffled = random.sample(held, len(held))
        assert ask(held, **needs) == ask(shuffled, **needs)

    @given(worlds())
    def test_one_account_more_never_makes_it_worse(self, world):
        held, needs = world
        (more,) = ask(held, **needs)
        for fewer in ask(held[1:], **needs):
            assert more.share >= fewer.share
            assert all(more.missing[metric] <= fewer.missing[metric] for metric in needs)
            if fewer.together:
                assert 0 < len(more.together) <= len(fewer.together)

    @given(worlds())
    def test_the_tier_that_would_be_enough_is_enough_when_it_is_seen(self, world):
        held, needs = world
        for supply in ask(held, **needs):
            for part in supply.parts:
                if part.reach and part.reach.tier:
                    there = holder("x", part.reach.tier.id, part.holder.rulebook, confirmed=part.reach.requires)
                    assert names(ask([there], **needs)[0].alone) == ["x"]
