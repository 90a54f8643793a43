"""The advice in words: amount, date and reason in plain sentences, for every code."""

import pytest
import time_machine
from django.utils import translation

from accounts import rules
from accounts.gateways import published
from accounts.templatetags.sayings import advice
from tests.templatetags.stories import BOOK, standing

NAME = "production-eu"
ANTHROPIC = published.edition("anthropic/2025")
GEMINI = published.edition("google-gemini/2026")


@pytest.fixture(autouse=True)
def _may():
    with time_machine.travel("2025-06-01T00:00:00Z", tick=False):
        yield


def said(*payments, book=BOOK, **facts):
    return advice(standing(*payments, book=book, **facts), book, NAME)


def test_top_up_when_both_gates_are_met():
    says = said(("50", "05-01T10:00"), now="05-08T10:00")
    assert (says.state, says.chip) == ("now", "May upgrade now")
    assert says.sentence == "Top up $5.00: it may lift production-eu to Tier 2 today."
    assert says.reason == "$50.00 of $50.00 counted, and the 7-day wait has been over since Thu 8 May, 10:00 UTC."
    assert says.short == "Top up $5.00 → Tier 2"


def test_top_up_when_it_completes_the_money():
    says = said(("95", "05-01T00:00"), seen="tier-2", now="05-09T00:00")
    assert says.sentence == "Top up $5.00: it may lift production-eu to Tier 3 today."
    assert says.reason == "$95.00 of $100.00 counted, and the 7-day wait has been over since Thu 8 May, 00:00 UTC."


def test_fund_when_nothing_is_paid():
    says = said(seen="free", now="05-09T00:00")
    assert (says.state, says.chip) == ("soon", "Pay $5.00")
    assert says.sentence == "Pay $5.00 into production-eu: that meets every condition of Tier 1."
    assert says.reason == "$0.00 of $5.00 counted; this tier has no waiting period."
    assert says.short == "Tier 1 at once, if paid now"


def test_fund_while_the_wait_runs():
    says = said(("20", "05-05T12:00"), now="05-09T00:00")
    assert says.chip == "Pay $30.00"
    assert says.sentence == "Pay $30.00 into production-eu now, and Tier 2 is due on Mon 12 May."
    assert says.reason == (
        "$20.00 of $50.00 counted. The wait of 7 days has run since the first payment, Mon 5 May, 12:00 UTC."
    )
    assert says.short == "Tier 2 ready Mon 12 May, if paid now"


def test_fund_before_the_wait_has_begun():
    says = said(seen="tier-1", now="05-09T00:00")
    assert says.reason == "$0.00 of $50.00 counted. The wait of 7 days starts with the first payment that counts."


def test_wait():
    says = said(("50", "05-01T10:00"), now="05-08T09:59")
    assert (says.state, says.chip) == ("soon", "Waiting")
    assert says.sentence == "production-eu has paid enough for Tier 2. The wait ends Thu 8 May, 10:00 UTC."
    assert says.reason == "$50.00 of $50.00 counted; 6 of 7 days waited. There is nothing to pay before then."
    assert says.short == "Tier 2 ready Thu 8 May, 10:00 UTC"


def test_rechecking_after_a_payment():
    says = said(("50", "05-01T10:00"), ("5", "05-08T12:00"), now="05-08T13:00")
    assert (says.state, says.chip) == ("soon", "Being rechecked")
    assert says.sentence == "production-eu may rise to Tier 2 at any hour. Look again by Sat 10 May, 12:00 UTC."
    assert says.reason == (
        "Every condition is met, and the payment of Thu 8 May, 12:00 UTC may have made OpenAI look again."
    )


def test_rechecking_where_the_provider_upgrades_by_itself():
    says = said(("50", "05-01T00:00"), seen="tier-1", book=ANTHROPIC, now="05-01T01:00")
    assert "Anthropic upgrades by itself." in says.reason
    assert "payment of" not in says.reason


def test_contact_support():
    says = said(("50", "05-01T10:00"), ("5", "05-08T12:00"), now="05-10T12:00")
    assert (says.state, says.chip) == ("now", "48 h over, not upgraded")
    assert says.sentence == "Ask OpenAI's support why production-eu is not at Tier 2 yet."
    assert says.reason == "Every condition has been met and OpenAI has had 48 hours since Thu 8 May, 12:00 UTC."


def test_settling_and_then_the_top():
    facts = {"seen": "tier-5", "rose": "05-31T06:00"}
    says = said(("2000", "05-01T00:00"), now="05-31T12:00", **facts)
    assert (says.state, says.chip) == ("soon", "Limits are following")
    assert says.sentence == "production-eu has risen to Tier 5. Its limits follow by Sun 1 Jun, 06:00 UTC."
    says = said(("2000", "05-01T00:00"), now="06-01T06:00", **facts)
    assert (says.state, says.chip) == ("fine", "Top tier")
    assert says.sentence == "production-eu is at Tier 5, the highest there is. Nothing to do."
    assert says.reason == "$2,000 counted so far."


def test_ask_the_provider_when_it_publishes_nothing():
    says = said(("500", "05-01T00:00"), seen="tier-4", book=ANTHROPIC, now="06-01T00:00")
    assert (says.state, says.chip) == ("unknown", "Ask the provider")
    assert says.sentence == ("Anthropic does not publish what Monthly invoicing needs. Ask them about production-eu.")


def test_ask_the_provider_when_more_than_money_is_needed():
    says = said(seen=GEMINI.lowest.id, book=GEMINI, now="06-01T00:00")
    assert says.state == "unknown"
    assert "needs something besides money and days" in says.sentence
    assert says.reason == "Say on the account's page when it is done: billing is linked."


@pytest.mark.parametrize("language", ["en", "zh-hans"])
@pytest.mark.parametrize("code", rules.ADVICE_CODES)
def test_every_code_can_be_said(code, language):
    stories = [
        standing(now="05-09T00:00", seen="free"),
        standing(("50", "05-01T10:00"), now="05-08T10:00"),
        standing(("50", "05-01T10:00"), now="05-08T09:00"),
        standing(("50", "05-01T10:00"), ("5", "05-08T12:00"), now="05-08T13:00"),
        standing(("50", "05-01T10:00"), ("5", "05-08T12:00"), now="05-10T12:00"),
        standing(("2000", "05-01T00:00"), seen="tier-5", rose="05-31T06:00", now="05-31T12:00"),
        standing(("2000", "05-01T00:00"), seen="tier-5", now="05-31T12:00"),
    ]
    books = [BOOK] * len(stories)
    stories.append(standing(seen=GEMINI.lowest.id, book=GEMINI, now="06-01T00:00"))
    books.append(GEMINI)
    story, book = next((s, b) for s, b in zip(stories, books, strict=True) if s["advice"]["code"] == code)
    with translation.override(language):
        says = advice(story, book, NAME)
    assert says.code == code
    for part in (says.chip, says.sentence, says.reason, says.short):
        assert part
        assert "{" not in part


def test_a_name_is_never_markup():
    says = advice(standing(("50", "05-01T10:00"), now="05-08T10:00"), BOOK, "<svg onload=x>{tier}")
    assert "<svg" not in says.sentence.__html__()
    assert "<b>&lt;svg onload=x&gt;{tier}</b>" in says.sentence.__html__()
    assert "<svg onload=x>{tier}" in says.sentence
