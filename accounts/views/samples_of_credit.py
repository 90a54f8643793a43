"""Samples of credit and of gates in doubt for the style guide: invented payments, judged by the real rules."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.utils import timezone

from accounts import notices, rules
from accounts.gateways import published
from accounts.models import Account, Notice, Payment, User
from accounts.views import samples
from accounts.views.crediting import credit_that_expires, soon_gone


def credit(account: Account, payments: Sequence[Payment], *, now: datetime) -> dict[str, Any]:
    """What stands beside a ledger: a grant that ends soon, bought credit, a payment taken back in part."""
    held = sorted(payments, key=lambda payment: payment.paid_at)
    today = timezone.localdate(now)
    for payment in held:
        if payment.kind == "grant":
            payment.expires_on = today + timedelta(days=12)
        if payment.kind == "refund":
            payment.undoes = held[0]
    return {
        **credit_that_expires(account, _lines(held), held, now=now),
        "soon_gone": soon_gone(account, _lines(held), now=now),
    }


def _lines(payments: Sequence[Payment]) -> list[rules.Line]:
    return [payment.as_line() for payment in payments]


def doubts(account: Account, *, now: datetime) -> list[tuple[rules.Doubt, list[Payment]]]:
    """A gate in doubt by unknown tax, and one by a rate that was typed."""
    facts: dict[str, Any] = {"account": account, "kind": "purchase", "status": "succeeded"}
    vague = Payment(id=1, gross=Decimal(54), paid_at=now - timedelta(days=9), **facts)
    euro = Payment(
        id=2,
        gross=Decimal(48),
        paid_at=now - timedelta(days=3),
        currency="EUR",
        rate=Decimal("1.02"),
        tax=Decimal(0),
        **facts,
    )
    book, seen = samples.shelf()[samples.OPENAI], rules.Seen("tier-1")
    judged = [(rules.assess(book, [payment.as_line()], seen, now), payment) for payment in (vague, euro)]
    return [(doubt, [payment]) for standing, payment in judged for doubt in standing.doubts]


def reminder(account: Account, recipient: User, *, now: datetime) -> Notice:
    """A notice of credit that expires."""
    paid = [
        Payment(
            id=n, kind="auto_recharge", status="succeeded", gross=Decimal(25), paid_at=now - timedelta(days=350 - 9 * n)
        )
        for n in range(3)
    ]
    window = rules.next_window(
        rules.credits(
            _lines(paid), published.credit_rule(account.provider), at=now, zone=timezone.get_current_timezone()
        )
    )
    if window is None:
        raise LookupError("no sample expires")
    facts = notices.credit.facts_of(account, window)
    kind, first_on = notices.credit.KIND, window.first_on
    return Notice(
        account=account,
        kind=kind,
        rulebook_id=account.rulebook_id,
        tier=account.seen_tier,
        recipient=recipient,
        facts=facts,
        expires_on=first_on,
        created_at=now,
    )
