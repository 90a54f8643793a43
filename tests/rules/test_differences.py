"""What changed from one edition to another."""

from decimal import Decimal

from accounts import rules
from accounts.gateways import published
from tests.rules.ledgers import book_of

PAGE = {"source": "page"}


def model(name, **facts):
    return {"id": name, "name": name.upper(), "access": "open", "from_tier": "one", "source": "page"} | facts


def limit(model_id, tiers, **facts):
    return {"id": model_id, "name": model_id, "models": [model_id], "tiers": tiers} | facts


OLD = book_of(
    ("free", 0, 0),
    ("one", 5, 0),
    ("two", 50, 7),
    models=[model("a"), model("b"), model("c")],
    limits=[limit("a", {"one": {"rpm": 1, "tpm": 5}, "two": {"rpm": 2}}), limit("b", {"one": {"rpm": 1}})],
)
NEW = book_of(
    ("free", 0, 0),
    {"id": "one", "money_usd": 5, "wait_days": 3, "cap_usd": 100, "requires": ["payment_method"]},
    ("three", 100, 0),
    models=[
        model("a", **{"from_tier": "free", "or": [{"tier": "one"}]}),
        model("c", retired_on="2025-06-01"),
        model("d"),
    ],
    limits=[limit("a", {"one": {"rpm": 9, "rpd": 7}, "free": "not_supported"}), limit("d", {"one": {"rpm": 1}})],
    upgrades="automatic",
    constants={"recheck_hours": 24},
)


def listed(old, new, subject):
    return [
        (d.change, d.tier or d.model, d.field or f"{d.variant} {d.metric}".strip(), d.old, d.new)
        for d in rules.differences(old, new)
        if d.subject == subject
    ]


def test_an_edition_does_not_differ_from_itself():
    assert rules.differences(OLD, OLD) == ()


def test_the_rules_that_changed():
    assert listed(OLD, NEW, "rule") == [
        ("changed", "", "upgrades", "on_purchase", "automatic"),
        ("changed", "", "recheck_hours", 48, 24),
    ]


def test_the_tiers_that_came_went_and_changed():
    assert listed(OLD, NEW, "tier") == [
        ("removed", "two", "", OLD.tier("two"), None),
        ("added", "three", "", None, NEW.tier("three")),
        ("changed", "one", "wait_days", 0, 3),
        ("changed", "one", "cap", rules.Cap("unknown"), rules.Cap("amount", Decimal("100.00"))),
        ("changed", "one", "requires", (), ("payment_method",)),
    ]


def test_the_models_that_came_went_and_changed():
    assert listed(OLD, NEW, "model") == [
        ("removed", "b", "", OLD.model("b"), None),
        ("changed", "a", "ways", (rules.Way("one"),), (rules.Way("free"), rules.Way("one"))),
        ("changed", "c", "retired_on", None, NEW.model("c").retired_on),
        ("added", "d", "", None, NEW.model("d")),
    ]


def test_the_limits_that_changed_where_both_have_the_tier_and_the_model():
    found = [d for d in rules.differences(OLD, NEW) if d.subject == "limit"]
    number = rules.Cell

    assert {(d.model, d.tier, d.variant, d.metric, d.change, d.old, d.new) for d in found} == {
        ("a", "free", "standard", "rpm", "added", None, number("not_supported")),
        ("a", "free", "standard", "rpd", "added", None, number("not_supported")),
        ("a", "one", "standard", "rpm", "changed", number("number", 1), number("number", 9)),
        ("a", "one", "standard", "tpm", "removed", number("number", 5), None),
        ("a", "one", "standard", "rpd", "added", None, number("number", 7)),
    }
    assert len(found) == 5


def test_what_the_article_says_otherwise_than_openai():
    article, official = published.edition("openai/2025-05"), published.edition("openai/2024-12")
    found = rules.differences(article, official)

    assert [(d.tier, d.field, str(d.new.low_usd)) for d in found if d.subject == "tier"] == [
        ("tier-5", "cap", "200000.00")
    ]
    assert ("o3", "access") in {(d.model, d.field) for d in found}
    (tokens,) = [d for d in found if (d.model, d.tier, d.metric) == ("gpt-4o", "tier-5", "tpm")]
    assert (tokens.old.value, tokens.new.value) == (600_000, 30_000_000)
