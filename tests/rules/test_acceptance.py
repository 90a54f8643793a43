"""The acceptance examples of the domain, for the founding article's rulebook."""

import pytest

from accounts import rules
from accounts.gateways import published
from tests.rules.ledgers import instant, line, refund, standing

FIFTY = [line("50.00", "05-01T10:00")]
FIFTY_AND_FIVE = [*FIFTY, line("5.00", "05-08T12:00")]
NINETY_FIVE = [line("95.00", "05-01T00:00")]
UNDONE = [line("100.00", "05-01T00:00", id="paid"), refund("-60.00", "05-20T00:00", undoes="paid")]
TOP_TIER = [line("2000.00", "05-01T00:00")]
FAILED_FIRST = [line("50.00", "05-01T00:00", status="failed"), line("50.00", "05-03T00:00")]
GRANTED = [line("500.00", "05-01T00:00", kind="grant"), line("5.00", "05-02T00:00")]

# ledger, seen, rose at, at, eligible, code, tier, and the other fields of the advice that are not null
EXAMPLES = {
    "1": (FIFTY, "tier-1", None, "05-08T09:59:59", "tier-1", "wait", "tier-2", {"until": "05-08T10:00"}),
    "2": (
        FIFTY,
        "tier-1",
        None,
        "05-08T10:00",
        "tier-2",
        "top_up",
        "tier-2",
        {"amount": "5.00", "reason": "gates_met"},
    ),
    "3": (FIFTY_AND_FIVE, "tier-1", None, "05-08T13:00", "tier-2", "rechecking", "tier-2", {"until": "05-10T12:00"}),
    "4": (FIFTY_AND_FIVE, "tier-1", None, "05-10T12:00", "tier-2", "contact_support", "tier-2", {}),
    "5": (
        *(NINETY_FIVE, "tier-2", None, "05-09T00:00", "tier-2", "top_up", "tier-3"),
        {"amount": "5.00", "reason": "completes_money_gate"},
    ),
    "6": (
        *(NINETY_FIVE, "tier-1", None, "05-09T00:00", "tier-2", "top_up", "tier-3"),
        {"amount": "5.00", "reason": "completes_money_gate"},
    ),
    "7": (
        *([line("40.00", "05-01T00:00"), line("10.00", "05-10T00:00")], "tier-1", None, "05-10T01:00"),
        *("tier-2", "rechecking", "tier-2", {"until": "05-12T00:00"}),
    ),
    "8": (
        *([line("49.99", "05-01T00:00")], "tier-1", None, "05-09T00:00", "tier-1", "top_up", "tier-2"),
        {"amount": "5.00", "reason": "completes_money_gate"},
    ),
    "9": (FAILED_FIRST, "tier-1", None, "05-09T00:00", "tier-1", "wait", "tier-2", {"until": "05-10T00:00"}),
    "10": (
        *(GRANTED, "tier-1", None, "06-30T00:00", "tier-1", "fund", "tier-2"),
        {"amount": "45.00", "ready_if_paid_now": "06-30T00:00"},
    ),
    "11": (
        *([line("1000.00", "05-01T00:00")], "tier-4", None, "05-31T00:00", "tier-5", "top_up", "tier-5"),
        {"amount": "5.00", "reason": "gates_met"},
    ),
    "12": (
        *(UNDONE, "tier-1", None, "05-21T00:00", "tier-1", "top_up", "tier-2"),
        {"amount": "10.00", "reason": "completes_money_gate"},
    ),
    "13": (
        *([], "free", None, "07-04T12:34:56", "free", "fund", "tier-1"),
        {"amount": "5.00", "ready_if_paid_now": "07-04T12:34:56"},
    ),
    "14": (
        *([line("5.00", "05-01T00:00")], "free", None, "05-01T00:00", "tier-1", "rechecking", "tier-1"),
        {"until": "05-03T00:00"},
    ),
    "15": (
        *(TOP_TIER, "tier-5", "05-31T06:00", "05-31T12:00", "tier-5", "settling", "tier-5"),
        {"until": "06-01T06:00"},
    ),
    "15, a day later": (TOP_TIER, "tier-5", "05-31T06:00", "06-01T06:00", "tier-5", "top", "tier-5", {}),
}


@pytest.mark.parametrize("example", EXAMPLES)
def test_the_examples_of_the_domain(example):
    ledger, seen, rose_at, at, eligible, code, tier, rest = EXAMPLES[example]

    found = standing(ledger, seen, at, rose_at=rose_at)

    assert found.eligible_tier.id == eligible
    assert (found.advice.code, found.advice.tier.id) == (code, tier)
    if "amount" in rest or code not in ("top_up", "fund"):
        amount = found.advice.amount_usd
        assert (None if amount is None else str(amount)) == rest.get("amount")
    assert found.advice.reason == rest.get("reason")
    assert found.advice.until == (instant(rest["until"]) if "until" in rest else None)
    if "ready_if_paid_now" in rest:
        assert found.advice.ready_if_paid_now == instant(rest["ready_if_paid_now"])


def test_counted_totals_and_the_clock_of_the_examples():
    assert str(standing(GRANTED, "tier-1", "06-30T00:00").counted_usd) == "5.00"
    assert str(standing(UNDONE, "tier-1", "05-21T00:00").counted_usd) == "40.00"
    assert standing(FAILED_FIRST, "tier-1", "05-09T00:00").clock_started_at == instant("05-03T00:00")


def test_the_json_of_a_standing():
    book = published.edition("openai/2025-05")
    newer = rules.Circumstances(has_newer_edition=book.is_followed_by_any(published.editions().values()))
    found = rules.assess(book, NINETY_FIVE, rules.Seen("tier-2"), instant("05-09T00:00"), newer)

    def tier(name, rank, met, money, wait, instants):
        need, short, money_percent = money
        days, wait_percent = wait
        return {
            "id": name,
            "rank": rank,
            "met": met,
            "money": {"need": need, "have": "95.00", "short": short, "percent": money_percent},
            "wait": {"need_days": days, "elapsed_days": 8, "percent": wait_percent},
            **dict(zip(("funded_at", "matured_at", "ready_at"), instants, strict=True)),
        }

    first, week = "2025-05-01T00:00:00Z", "2025-05-08T00:00:00Z"
    assert found.as_json() == {
        "rulebook": "openai/2025-05",
        "at": "2025-05-09T00:00:00Z",
        "counted_usd": "95.00",
        "clock_started_at": first,
        "seen_tier": "tier-2",
        "eligible_tier": "tier-2",
        "advice": {
            "code": "top_up",
            "tier": "tier-3",
            "amount_usd": "5.00",
            "reason": "completes_money_gate",
            "since": week,
            "until": None,
            "ready_if_paid_now": "2025-05-09T00:00:00Z",
        },
        "next_change_at": None,
        "hints": ["newer_edition"],
        "tiers": [
            tier("free", 0, True, ("0.00", "0.00", 100), (0, 100), (first, first, first)),
            tier("tier-1", 1, True, ("5.00", "0.00", 100), (0, 100), (first, first, first)),
            tier("tier-2", 2, True, ("50.00", "0.00", 100), (7, 100), (first, week, week)),
            tier("tier-3", 3, False, ("100.00", "5.00", 95), (7, 100), (None, week, None)),
            tier("tier-4", 4, False, ("250.00", "155.00", 38), (14, 57), (None, "2025-05-15T00:00:00Z", None)),
            tier("tier-5", 5, False, ("1000.00", "905.00", 9), (30, 26), (None, "2025-05-31T00:00:00Z", None)),
        ],
    }
