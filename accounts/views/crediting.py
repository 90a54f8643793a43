"""What stands beside an account's payments: when their credit expires, what was taken back, what is in doubt."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.utils import timezone

from accounts import rules
from accounts.forms.payments import refund_of
from accounts.gateways import published
from accounts.models import Account, Payment
from accounts.views.requests import PersonRequest, said

# So many payments are named with a doubt.
MOST_NAMED = 3
# Within so many days the board speaks of credit that expires.
SOON_DAYS = rules.REMIND_DAYS
Doubted = list[tuple[rules.Doubt, list[Payment]]]


@dataclass(frozen=True, slots=True)
class Beside:
    """Beside one line of the ledger: what is known of its credit, the lines that take it back, and how much of it can
    be taken back still, in its currency (None: nothing)."""

    credit: rules.Credit | None
    undone: tuple[Payment, ...]
    left: Decimal | None


def credits_of(account: Account, lines: Iterable[rules.Line], *, now: datetime) -> tuple[rules.Credit, ...]:
    """An account's credit that expires, by the days of the reader."""
    rule = published.credit_rule(account.provider)
    return rules.credits(lines, rule, at=now, zone=timezone.get_current_timezone())


def credit_that_expires(
    account: Account, lines: Iterable[rules.Line], payments: Sequence[Payment], *, now: datetime
) -> dict[str, object]:
    """What the account page shows of credit and of money that came back; `payments` are those it shows, in order."""
    held = credits_of(account, lines, now=now)
    return {
        "beside": beside(payments, held),
        "expiries": rules.expiries(held),
        "credit_rule": published.credit_rule(account.provider),
        "today": timezone.localdate(now),
    }


def beside(payments: Sequence[Payment], held: Iterable[rules.Credit]) -> dict[int, Beside]:
    """What stands beside each payment, by its key; `payments` are in their order."""
    credit = {int(each.line.id): each for each in held}
    undone: dict[int, list[Payment]] = {}
    for payment in payments:
        if payment.undoes_id and payment.status in ("succeeded", "pending"):
            undone.setdefault(payment.undoes_id, []).append(payment)
    return {
        payment.pk: Beside(credit.get(payment.pk), tuple(undone.get(payment.pk, ())), _left(payment, undone))
        for payment in payments
    }


def _left(payment: Payment, undone: dict[int, list[Payment]]) -> Decimal | None:
    if payment.kind in rules.UNDOING or payment.status != "succeeded":
        return None
    back = sum(
        (abs(each.gross) for each in undone.get(payment.pk, ()) if each.currency == payment.currency), Decimal(0)
    )
    return payment.gross - back if payment.gross > back else None


def soon_gone(account: Account, lines: Iterable[rules.Line], *, now: datetime) -> tuple[rules.Expiry, ...]:
    """What expires within SOON_DAYS, by its last day."""
    today = timezone.localdate(now)
    days = rules.expiries(credits_of(account, lines, now=now))
    return tuple(day for day in days if (day.last_on - today).days <= SOON_DAYS)


def refund_asked(request: PersonRequest, account: Account) -> dict[str, object] | None:
    """What the payment form begins with when the address names a payment of the account to take back."""
    try:
        uid = UUID(said(request, "refund"))
    except ValueError:
        return None
    payment = Payment.objects.filter(account=account, uid=uid).first()
    if payment is None:
        return None
    undone = {payment.pk: list(payment.undone_by.filter(status__in=("succeeded", "pending")))}
    left = _left(payment, undone)
    return refund_of(payment, left) if left is not None else None


def named_in(doubts: Iterable[rules.Doubt]) -> list[str]:
    """The ids of the lines that are named with doubts."""
    return [line.id for doubt in doubts for line in doubt.lines[:MOST_NAMED]]


def doubted(doubts: Iterable[rules.Doubt], known: dict[str, Payment] | None = None) -> Doubted:
    """Each doubt with its first payments, to link to; one query where they are not `known` (by line id)."""
    held = list(doubts)
    if known is None:
        ids = {line.id for doubt in held for line in doubt.lines[:MOST_NAMED] if line.id.isdecimal()}
        known = {str(payment.pk): payment for payment in Payment.objects.filter(pk__in=ids)} if ids else {}
    return [(doubt, [known[line.id] for line in doubt.lines[:MOST_NAMED] if line.id in known]) for doubt in held]
