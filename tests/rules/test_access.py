"""Who may use a model, what unlocks it, and with which limits (domain 7)."""

from datetime import date

import pytest

from accounts import rules
from accounts.gateways import published
from tests.rules.ledgers import book_of

MAY = date(2025, 5, 20)


def model(name, access="open", **facts):
    return {"id": name, "name": name.upper(), "access": access, "source": "page"} | facts


BOOK = book_of(
    ("free", 0, 0),
    ("one", 5, 0),
    ("two", 50, 7),
    ("three", 100, 7),
    models=[
        model("basic", from_tier="free"),
        model("paid", from_tier="one"),
        {
            **model("either", from_tier="three"),
            "or": [{"tier": "one", "requires": ["organization_verified"]}, {"tier": "two", "requires": ["contract"]}],
        },
        model("checked", from_tier="one", requires=["organization_verified"]),
        model("friends", "partner"),
        model("soon", "expected", expected_tiers=["three"]),
        model("later", from_tier="free", opened_on="2025-05-21"),
        model("old", from_tier="free", retired_on="2025-05-20"),
        model("dying", from_tier="free", retired_on="2025-05-21"),
        model("gone", "retired", retired_on="2025-05-20"),
        model("going", "retired", retired_on="2025-05-21"),
    ],
    limits=[
        {
            "id": "a",
            "name": "A",
            "models": ["paid", "basic"],
            "tiers": {"one": {"rpm": 3, "tpm": 9}, "two": {"rpm": 5}},
        },
        {
            "id": "b",
            "name": "B",
            "models": ["paid"],
            "variant": "long",
            "tiers": {"free": "not_supported", "one": {"rpm": "not_supported"}},
        },
    ],
)


@pytest.mark.parametrize(
    ("model_id", "tier", "confirmed", "state"),
    [
        ("basic", "free", (), "open"),
        ("paid", "free", (), "locked"),
        ("paid", "one", (), "open"),
        ("paid", "three", (), "open"),
        ("either", "two", (), "locked"),
        ("either", "three", (), "open"),
        ("either", "free", {"organization_verified"}, "locked"),
        ("either", "one", {"organization_verified"}, "open"),
        ("either", "one", {"contract"}, "locked"),
        ("either", "two", {"contract": "since May"}, "open"),
        ("checked", "three", (), "locked"),
        ("checked", "one", {"organization_verified"}, "open"),
        ("friends", "three", (), "partner"),
        ("soon", "three", (), "expected"),
        ("later", "three", (), "expected"),
        ("old", "three", (), "retired"),
        ("dying", "free", (), "open"),
        ("gone", "three", (), "retired"),
        ("going", "three", (), "unknown"),
        ("nobody-knows", "three", (), "unknown"),
    ],
)
def test_the_state_of_a_model(model_id, tier, confirmed, state):
    found = rules.access(BOOK, model_id, tier, confirmed, MAY)

    assert found.state == state
    assert found.state in rules.ACCESS_STATES
    assert found.model == BOOK.model(model_id)
    assert bool(found.ways) == (state == "locked")


def test_a_locked_model_names_the_ways_with_the_lowest_tier_first():
    found = rules.access(BOOK, "either", "free", (), MAY)

    assert [(way.tier, way.requires) for way in found.ways] == [
        ("one", ("organization_verified",)),
        ("two", ("contract",)),
        ("three", ()),
    ]


def test_what_opens_between_two_tiers():
    def ids(lower, upper, **facts):
        return [model.id for model in rules.unlocked_by(BOOK, lower, upper, MAY, **facts)]

    assert ids("free", "one") == ["paid"]
    assert ids("free", "three") == ["paid", "either"]
    assert ids("one", "two") == []
    assert ids("free", "one", confirmed={"organization_verified"}) == ["paid", "either", "checked"]
    assert ids("three", "free") == []


def test_limits_at_a_tier_tell_a_number_from_what_is_not_there():
    standard, long = rules.limits_at(BOOK, "paid", "two")
    assert (standard.limit.id, standard.cells) == (
        "a",
        {"rpm": rules.Cell("number", 5), "tpm": rules.Cell("not_published")},
    )
    assert long.cells == {"rpm": rules.Cell("not_published")}
    assert rules.limits_at(BOOK, "paid", "free")[1].cells == {"rpm": rules.Cell("not_supported")}
    assert rules.limits_at(BOOK, "paid", "one")[1].cells == {"rpm": rules.Cell("not_supported")}
    assert rules.limits_at(BOOK, "friends", "two") == ()


def test_the_article_unlocks_o3_mini_with_tier_3():
    book = published.edition("openai/2025-05")

    assert [m.id for m in rules.unlocked_by(book, "tier-2", "tier-3", MAY)] == ["o3-mini"]
    assert [m.id for m in rules.unlocked_by(book, "free", "tier-1", MAY)] == [
        "gpt-4",
        "gpt-4-turbo",
        "gpt-4o",
        "dall-e-2",
        "dall-e-3",
    ]
    (images,) = rules.limits_at(book, "dall-e-3", "tier-4")
    assert images.cells == {"ipm": rules.Cell("number", 50, is_most=True)}
