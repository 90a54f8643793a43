"""The published rulebooks: whole, dated, sourced, translated; each with examples of its own in examples/."""

import tomllib
from datetime import date
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

import pytest

from accounts import rules
from accounts.gateways import published

EXAMPLES = Path(__file__).parent / "examples"
IDS = sorted(
    path.relative_to(published.PUBLISHED).with_suffix("").as_posix()
    for path in published.PUBLISHED.rglob("*.toml")
    if path.name != published.CREDIT
)


def told(part):
    """One part of every file of examples, by its edition."""
    for path in sorted(EXAMPLES.rglob("*.toml")):
        content = tomllib.loads(path.read_text(encoding="utf-8"))
        if part in content:
            yield path.relative_to(EXAMPLES).with_suffix("").as_posix(), content[part]


def examples(part):
    """Every example of one part with its edition, as pytest parameters."""
    return [
        pytest.param(book_id, example, id=f"{book_id} {number}")
        for book_id, content in told(part)
        for number, example in enumerate(content)
    ]


CAPS = [
    pytest.param(book_id, *cap, id=f"{book_id} {cap[0]}")
    for book_id, content in told("caps")
    for cap in content.items()
]


def test_every_file_is_read_in_the_order_of_provider_and_start():
    books = list(published.editions().values())

    assert sorted(book.id for book in books) == IDS
    assert books == sorted(books, key=lambda book: (book.provider.id, book.started.by))
    assert {book.provider.id for book in books} == {
        "anthropic",
        "fireworks",
        "google-gemini",
        "mistral",
        "openai",
        "perplexity",
        "xai",
    }
    with pytest.raises(KeyError):
        published.edition("openai/1999")


@pytest.mark.parametrize("book_id", IDS)
def test_every_edition_has_examples(book_id):
    assert dict(told("standings"))[book_id]
    assert bool(dict(told("limits")).get(book_id)) == bool(published.edition(book_id).limits)


@pytest.mark.parametrize(("book_id", "example"), examples("standings"))
def test_the_standing_of_an_example(book_id, example):
    lines = [
        rules.Line(f"p{number}", "purchase", "succeeded", Decimal(gross), paid_at, tax=Decimal(0))
        for number, (gross, paid_at) in enumerate(example["payments"])
    ]
    found = rules.assess(published.edition(book_id), lines, rules.Seen(example["seen"]), example["at"])

    advice = [found.advice.code, found.advice.tier.id]
    if found.advice.amount_usd is not None:
        advice.append(str(found.advice.amount_usd))
    assert " ".join(advice) == example["advice"]
    assert (found.eligible_tier.id if found.eligible_tier else None) == example.get("eligible")


@pytest.mark.parametrize(("book_id", "example"), examples("limits"))
def test_the_limit_of_an_example(book_id, example):
    limits = rules.limits_at(published.edition(book_id), example["model"], example["tier"])
    (cells,) = [found.cells for found in limits if found.limit.variant == example.get("variant", "standard")]

    cell = cells.get(example["metric"], rules.Cell("not_published"))
    assert (cell.value if cell.state == "number" else cell.state) == example["value"]


@pytest.mark.parametrize(("book_id", "example"), examples("access"))
def test_the_access_of_an_example(book_id, example):
    found = rules.access(
        published.edition(book_id), example["model"], example["tier"], example.get("confirmed", ()), example["on"]
    )

    assert found.state == example["state"]


@pytest.mark.parametrize(("book_id", "tier", "usd"), CAPS)
def test_the_cap_of_an_example(book_id, tier, usd):
    assert published.edition(book_id).tier(tier).cap == rules.Cap("amount", Decimal(usd))


@pytest.mark.parametrize("book_id", IDS)
def test_every_edition_is_translated_sourced_and_says_what_is_unknown(book_id):
    book = published.edition(book_id)
    texts = [book.title, book.basis, *book.unknown, *book.notes]
    texts += [tier.note for tier in book.tiers] + [limit.note for limit in book.limits]
    texts += [model.remark for model in book.models]
    for text in filter(None, texts):
        assert text.in_language("zh-hans") != str(text)
        assert text.in_language("de") == str(text)

    assert book.unknown
    used = {limit.source for limit in book.limits} | {model.source for model in book.models}
    assert used <= {source.id for source in book.sources}
    assert book.provider.billing_url
    assert book.edition == book.id.partition("/")[2]
    assert book.lowest.rank < book.top.rank
    assert rules.build(book.document) == book


def test_the_editions_of_a_provider_follow_each_other_without_a_gap():
    for earlier, later in pairwise(book for book in published.editions().values() if book.kind == "official"):
        if earlier.provider.id != later.provider.id:
            assert earlier.ended is None
            continue
        assert earlier.ended.by == later.started.by
        assert earlier.is_followed_by_any([later])
        assert not later.is_followed_by_any([earlier, later])


def test_an_article_is_no_newer_edition():
    article, official = published.edition("openai/2025-05"), published.edition("openai/2024-12")

    assert article.started.by > official.started.by
    assert not official.is_followed_by_any([article])


def test_one_official_edition_of_each_provider_is_in_force_today():
    today = published.edition("mistral/2026").started.by
    in_force = [book for book in published.editions().values() if book.is_in_force(today)]

    assert sorted(book.id for book in in_force) == [
        "anthropic/2026-06-26",
        "fireworks/2026",
        "google-gemini/2026",
        "mistral/2026",
        "openai/2026-10-06",
        "perplexity/2026",
        "xai/2026",
    ]
    assert not published.edition("openai/2025-05").is_in_force(today)
    before, after = published.edition("openai/2026-05"), published.edition("openai/2026-10-06")
    eve, day = date(2026, 10, 5), date(2026, 10, 6)
    assert [book.is_in_force(eve) for book in (before, after)] == [True, False]
    assert [book.is_in_force(day) for book in (before, after)] == [False, True]


def test_the_article_is_complete():
    book = published.edition("openai/2025-05")

    assert [(t.id, t.name, str(t.money_usd), t.wait_days, str(t.cap.low_usd)) for t in book.tiers] == [
        ("free", "Free", "0.00", 0, "100.00"),
        ("tier-1", "Tier 1", "5.00", 0, "100.00"),
        ("tier-2", "Tier 2", "50.00", 7, "500.00"),
        ("tier-3", "Tier 3", "100.00", 7, "1000.00"),
        ("tier-4", "Tier 4", "250.00", 14, "5000.00"),
        ("tier-5", "Tier 5", "1000.00", 30, "10000.00"),
    ]

    def table(model, *metrics):
        rows = [rules.limits_at(book, model, f"tier-{n}")[0].cells for n in range(1, 6)]
        return [tuple(row[metric].value for metric in metrics) for row in rows]

    for model in ("gpt-4", "gpt-4-turbo", "gpt-4o"):
        assert table(model, "rpm", "tpm") == [
            (500, 30_000),
            (2_000, 120_000),
            (5_000, 300_000),
            (10_000, 600_000),
            (10_000, 600_000),
        ]
    assert table("gpt-3.5-turbo", "rpm", "tpm") == [
        (3_500, 180_000),
        (10_000, 600_000),
        (14_000, 800_000),
        (18_000, 1_000_000),
        (18_000, 1_000_000),
    ]
    assert table("dall-e-3", "ipm") == [(5,), (7,), (50,), (50,), (50,)]
    assert table("dall-e-2", "ipm") == [(5,), (None,), (None,), (None,), (None,)]
    assert [(m.id, m.access, [w.tier for w in m.ways], m.expected_tiers) for m in book.models] == [
        ("gpt-3.5-turbo", "open", ["free"], ()),
        ("gpt-4", "open", ["tier-1"], ()),
        ("gpt-4-turbo", "open", ["tier-1"], ()),
        ("gpt-4o", "open", ["tier-1"], ()),
        ("o3-mini", "open", ["tier-3"], ()),
        ("o3", "partner", [], ()),
        ("dall-e-2", "open", ["tier-1"], ()),
        ("dall-e-3", "open", ["tier-1"], ()),
        ("sora-alpha", "partner", [], ()),
        ("sora-api", "expected", [], ("tier-4", "tier-5")),
    ]
    assert all(model.remark for model in book.models)


def test_what_only_some_providers_have():
    gemini = published.edition("google-gemini/2026")
    assert gemini.tier("tier-2").rolling_cap == rules.RollingCap(Decimal("50.00"), 10)
    assert gemini.tier("tier-3").cap == rules.Cap("range", Decimal("20000.00"), Decimal("100000.00"))
    assert gemini.tier("tier-1").requires == ("billing_linked",)
    anthropic = published.edition("anthropic/2026-04")
    assert anthropic.tier("tier-2").most_purchase_usd == Decimal("500.00")
    assert published.edition("anthropic/2026-06-26").tier("custom").cap == rules.Cap("none")
    assert published.edition("xai/2026").counts_since.isoformat() == "2026-01-01"
    assert published.edition("openai/2026-05").started.after.isoformat() == "2026-04-03"
    assert all(t.wait_days == 0 for t in published.edition("openai/2026-05").tiers)
    assert {b.id for b in published.editions().values() if b.upgrades == "on_purchase"} == {
        "openai/2023-11",
        "openai/2024-07",
        "openai/2024-12",
        "openai/2025-05",
        "openai/2026-05",
    }
    assert published.edition("openai/2024-12").model("dall-e-2").retired_on.isoformat() == "2026-05-12"


def test_words_compare_by_all_their_languages():
    text = rules.Text({"en": "wait", "zh-hans": "等待"})

    assert text == rules.Text({"zh-hans": "等待", "en": "wait"})
    assert hash(text) == hash(rules.Text({"zh-hans": "等待", "en": "wait"}))
    assert text != rules.Text({"en": "wait"})
    assert text != "wait"
    assert (repr(text), str(rules.Text({})), bool(rules.Text({}))) == (
        "Text({'en': 'wait', 'zh-hans': '等待'})",
        "",
        False,
    )
