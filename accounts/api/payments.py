"""Payments: list, record, read, correct, void, restore."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from ninja import Query, Router

from accounts import actions, rules
from accounts.api import shapes
from accounts.api.bearer import MAY_READ, MAY_RECORD, MAY_WRITE, TokenRequest
from accounts.api.cursors import Order, cut
from accounts.api.finding import find_account, find_payment, shelf_of
from accounts.api.problems import Problem, invalid
from accounts.api.repeating import form_key_of, writes
from accounts.forms.payments import words_of
from accounts.models import Account, Payment

router = Router(tags=[gettext_noop("Payments")])
ORDER = Order("payments", "paid_at")
EARLIEST = datetime(2015, 1, 1, tzinfo=UTC)


@router.get(
    "/accounts/{uuid:account_id}/payments",
    auth=MAY_READ,
    response=shapes.Payments,
    summary=gettext_noop("List an account's payments, the latest first"),
)
def list_payments(request: TokenRequest, account_id: UUID, asked: Query[shapes.AskedPayments]) -> shapes.Payments:
    held = find_account(request, account_id)
    lines = Payment.objects.filter(account=held).select_related("undoes")
    wanted = {
        "kind": asked.kind,
        "status": asked.status,
        "reference": asked.reference,
        "paid_at__gte": asked.since,
        "paid_at__lt": asked.before,
    }
    lines = lines.filter(**{column: value for column, value in wanted.items() if value})
    part, following = cut(lines, ORDER, asked)
    return shapes.Payments(items=[shapes.Payment(**_facts(payment)) for payment in part], next=following)


@router.post(
    "/accounts/{uuid:account_id}/payments",
    auth=MAY_RECORD,
    response={201: shapes.CountedPayment},
    summary=gettext_noop("Record a payment"),
)
@writes(201)
def record_payment(request: TokenRequest, account_id: UUID, said: shapes.NewPayment) -> shapes.CountedPayment:
    held, now = find_account(request, account_id, to_change=True), timezone.now()
    facts = facts_of_new(said, held, now=now)
    payment = actions.record_payment(held, facts=facts, form_key=form_key_of(request), by=request.user, now=now)
    return _counted(payment, now=now)


@router.get(
    "/payments/{uuid:payment_id}",
    auth=MAY_READ,
    response=shapes.CountedPayment,
    summary=gettext_noop("Read a payment, and why it counts or not"),
)
def read_payment(request: TokenRequest, payment_id: UUID) -> shapes.CountedPayment:
    return _counted(find_payment(request, payment_id), now=timezone.now())


@router.patch(
    "/payments/{uuid:payment_id}",
    auth=MAY_WRITE,
    response=shapes.CountedPayment,
    summary=gettext_noop("Correct a payment; the history keeps what stood there before"),
)
@writes(200)
def correct_payment(request: TokenRequest, payment_id: UUID, said: shapes.CorrectedPayment) -> shapes.CountedPayment:
    payment, now = find_payment(request, payment_id, to_change=True), timezone.now()
    facts = _facts_of_correction(said, payment, now=now)
    actions.correct_payment(payment, facts=facts, by=request.user, now=now)
    return _counted(find_payment(request, payment_id), now=now)


@router.post(
    "/payments/{uuid:payment_id}/void",
    auth=MAY_WRITE,
    response=shapes.CountedPayment,
    summary=gettext_noop("Void a payment: it stays, and counts for nothing"),
)
@writes(200)
def void_payment(request: TokenRequest, payment_id: UUID) -> shapes.CountedPayment:
    payment, now = find_payment(request, payment_id, to_change=True), timezone.now()
    actions.void_payment(payment, by=request.user, now=now)
    return _counted(find_payment(request, payment_id), now=now)


@router.post(
    "/payments/{uuid:payment_id}/restore",
    auth=MAY_WRITE,
    response=shapes.CountedPayment,
    summary=gettext_noop("Undo a void"),
)
@writes(200)
def restore_payment(request: TokenRequest, payment_id: UUID) -> shapes.CountedPayment:
    payment, now = find_payment(request, payment_id, to_change=True), timezone.now()
    actions.restore_payment(payment, by=request.user, now=now)
    return _counted(find_payment(request, payment_id), now=now)


def facts_of_new(
    said: shapes.NewPayment, held: Account | None, *, now: datetime, place: str = ""
) -> actions.PaymentFacts:
    """The facts that a request says; a Problem names the field (after `place`) that cannot stand.

    held: the account it is about; None when it is about to be opened and has nothing to take back.
    """
    facts: dict[str, Any] = {name: getattr(said, name) for name in type(said).model_fields}
    facts["undoes"] = _undone(said.undoes, held, place)
    return _checked(actions.PaymentFacts(**facts), now=now, place=place)


def _facts_of_correction(said: shapes.CorrectedPayment, payment: Payment, *, now: datetime) -> actions.PaymentFacts:
    facts = actions.facts_of(payment).columns()
    facts |= {name: getattr(said, name) for name in said.model_fields_set}
    if "undoes" in said.model_fields_set:
        facts["undoes"] = _undone(said.undoes, payment.account)
    if "paid_at" in said.model_fields_set:
        facts["is_day_only"] = False
    if payment.is_void:  # only restoring ends a void
        facts["status"] = payment.status
    return _checked(actions.PaymentFacts(**facts), now=now)


def _undone(uid: UUID | None, held: Account | None, place: str = "") -> Payment | None:
    if uid is None:
        return None
    found = Payment.objects.filter(account=held, uid=uid).first() if held is not None else None
    if found is None:
        raise invalid(f"{place}undoes", "not_a_payment", _("Choose a payment of this account."))
    return found


def _checked(facts: actions.PaymentFacts, *, now: datetime, place: str = "") -> actions.PaymentFacts:
    """What the ledger leaves to whoever asks it to record."""
    if facts.paid_at > now:
        raise refused_payment(actions.PaymentRefused("paid_at", "in_future"), place=place)
    if facts.paid_at < EARLIEST:
        raise invalid(f"{place}paid_at", "early", _("tierdash keeps payments from 2015 on."))
    if facts.undoes is not None and facts.kind not in rules.UNDOING:
        words = _("Only a refund or a chargeback takes a payment back.")
        raise invalid(f"{place}undoes", "not_a_refund", words)
    return facts


def answer_refused(request: HttpRequest, refusal: Any) -> HttpResponse:
    return refused_payment(refusal).answer()


def refused_payment(refusal: actions.PaymentRefused, *, place: str = "") -> Problem:
    """The problem of a payment that cannot stand in the ledger."""
    _field, words = words_of(refusal)
    return invalid(f"{place}{refusal.field}", refusal.code, words)


def _facts(payment: Payment) -> dict[str, Any]:
    return {
        "id": payment.uid,
        "account": payment.account_id,
        "day_only": payment.is_day_only,
        "undoes": payment.undoes.uid if payment.undoes else None,
        **{name: getattr(payment, name) for name in ("kind", "status", "gross", "tax", "currency", "rate", "paid_at")},
        **{name: getattr(payment, name) for name in ("reference", "note", "expires_on", "recorded_at", "changed_at")},
    }


def _counted(payment: Payment, *, now: datetime) -> shapes.CountedPayment:
    """A payment with what it adds at this moment, beside the other lines of its account."""
    lines = [other.as_line() for other in Payment.objects.filter(account=payment.account_id).in_entry_order()]
    since = shelf_of(payment.account)[payment.account.rulebook_id].counts_since
    entries = rules.tally(lines, at=now, counts_since=since).entries
    [entry] = [entry for entry in entries if entry.line.id == str(payment.pk)]
    return shapes.CountedPayment(**_facts(payment), reason=entry.reason, counted_usd=entry.counted_usd)
