"""Generated rulebooks, ledgers and whole situations for the properties of the rules."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from hypothesis import strategies as st

from accounts import rules
from accounts.gateways import published
from tests.rules.ledgers import document_of

START = datetime(2025, 5, 1, tzinfo=UTC)
END = START + timedelta(days=100)
CENTS = st.decimals(min_value="0.01", max_value=1200, places=2)

# Whole hours and round days make ties and exact thresholds likely; odd seconds make them unlikely.
instants = st.one_of(
    st.integers(0, 100).map(lambda days: START + timedelta(days=days)),
    st.integers(0, 2400).map(lambda hours: START + timedelta(hours=hours)),
    st.integers(0, 8_640_000).map(lambda seconds: START + timedelta(seconds=seconds)),
)


@st.composite
def tiers(draw) -> list[dict]:
    rows = []
    money, rank, has_gateless = Decimal(0), -1, False
    for number in range(draw(st.integers(1, 6))):
        rank += draw(st.integers(1, 3))
        row = {"id": f"t{number}", "name": f"T {number}", "rank": rank, "cap_usd": draw(caps)}
        row["requires"] = draw(st.lists(st.sampled_from(rules.REQUIREMENTS), max_size=2, unique=True)) * draw(
            st.sampled_from([0, 0, 0, 1])
        )
        if draw(st.integers(0, 7)) == 0:
            rows.append(row | {"opaque": True})
            continue
        step = draw(st.one_of(st.sampled_from([0, 5, 50, 250]), CENTS)) if number else draw(st.sampled_from([0, 0, 5]))
        money += step
        wait = draw(st.sampled_from([0, 0, 1, 7, 14, 30]))
        if money == 0 and wait == 0 and not row["requires"]:
            if has_gateless:
                wait = 1
            has_gateless = True
        rows.append(row | {"money_usd": str(money), "wait_days": wait})
    return rows


amounts = st.integers(1, 10**6)
caps = st.one_of(
    st.sampled_from(["none", "unknown"]),
    amounts,
    amounts.map(lambda low: {"from": low, "to": low + 1}),
)
words = st.one_of(st.just("words"), st.just({"en": 'a "quoted" \\ word', "zh-hans": "等级"}))
cells = st.one_of(amounts, st.sampled_from(["not_supported", "not_published"]), amounts.map(lambda n: {"up_to": n}))


@st.composite
def models(draw, tier_ids: list[str]) -> list[dict]:
    rows = []
    for number in range(draw(st.integers(0, 3))):
        row = {"id": f"m{number}", "name": f"M {number}", "source": "page", "remark": draw(words)}
        access = draw(st.sampled_from(["open", "partner", "expected", "retired"]))
        row["access"] = access
        if access == "open":
            row["from_tier"] = draw(st.sampled_from(tier_ids))
            ways = st.fixed_dictionaries(
                {"tier": st.sampled_from(tier_ids), "requires": st.just(["organization_verified"])}
            )
            row["or"] = draw(st.lists(ways, max_size=2))
        if access == "expected":
            row["expected_tiers"] = draw(st.lists(st.sampled_from(tier_ids), max_size=2, unique=True))
        if access == "retired" or draw(st.booleans()):
            row["retired_on"] = draw(st.dates(date(2025, 5, 1), date(2025, 8, 1)))
        rows.append(row)
    return rows


@st.composite
def documents(draw) -> dict:
    ladder = draw(tiers())
    tier_ids = [tier["id"] for tier in ladder]
    catalogue = draw(models(tier_ids))
    rows = st.dictionaries(st.sampled_from(["rpm", "tpm", "ipm"]), cells, max_size=3)
    least = draw(st.sampled_from([1, 5, 20]))
    document = document_of(
        tiers=ladder,
        models=catalogue,
        limits=[
            {
                "id": model["id"],
                "name": model["name"],
                "models": [model["id"]],
                "tiers": draw(st.dictionaries(st.sampled_from(tier_ids), st.one_of(rows, st.just("not_supported")))),
            }
            for model in catalogue
        ],
        upgrades=draw(st.sampled_from(["on_purchase", "automatic"])),
        constants={
            "top_up_min_usd": least,
            "top_up_max_usd": least + draw(st.sampled_from([0, 5, 100])),
            "recheck_hours": draw(st.sampled_from([1, 48, 200])),
            "settle_hours": draw(st.sampled_from([1, 24])),
        },
        notes=[{"text": draw(words)}],
    )
    if draw(st.integers(0, 4)) == 0:
        document["counts_since"] = draw(st.dates(date(2025, 4, 20), date(2025, 5, 20)))
    return document


rulebooks = st.one_of(documents().map(rules.build), st.sampled_from(list(published.editions().values())))


@st.composite
def ledgers(draw) -> list[rules.Line]:
    """Lines in entry order; refunds undo payments of the ledger, or nothing."""
    lines = []
    for number in range(draw(st.integers(0, 8))):
        kind = draw(st.sampled_from([*rules.COUNTABLE, *rules.COUNTABLE, *rules.KINDS]))
        gross = draw(st.one_of(CENTS, st.sampled_from([5, 10, 40, 45, 50, 95, 100, 250, 1000]).map(Decimal)))
        undoes = ""
        if kind in rules.UNDOING:
            gross = -gross if draw(st.booleans()) else gross
            undoes = draw(st.sampled_from(["", *(held.id for held in lines if held.kind not in rules.UNDOING)]))
        tax = draw(st.sampled_from([None, None, Decimal(0), (abs(gross) / 5).quantize(Decimal("0.01"))]))
        currency, rate = draw(st.sampled_from([("USD", None), ("USD", None), ("EUR", Decimal("1.0825"))]))
        lines.append(
            rules.Line(
                id=str(number),
                kind=kind,
                status=draw(st.sampled_from(["succeeded", "succeeded", "succeeded", *rules.STATUSES])),
                gross=gross,
                paid_at=draw(instants),
                tax=tax,
                currency=currency,
                rate=rate,
                undoes=undoes,
            )
        )
    return lines


@st.composite
def situations(draw, books=rulebooks) -> tuple:
    """(rulebook, ledger, seen, at, circumstances); nothing that people said lies after `at`."""
    book = draw(books)
    at = draw(instants)
    past = st.one_of(st.none(), st.integers(0, 60).map(lambda hours: at - timedelta(hours=hours)))
    seen = rules.Seen(draw(st.sampled_from(book.tiers)).id, draw(past))
    said = {requirement: draw(past) for requirement in rules.REQUIREMENTS}
    circumstances = rules.Circumstances(
        confirmed={requirement: instant for requirement, instant in said.items() if instant is not None},
        has_newer_edition=draw(st.booleans()),
    )
    return book, draw(ledgers()), seen, at, circumstances
