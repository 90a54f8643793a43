"""Write the ledger: record, correct, void, restore. Each reassesses the account in the same transaction."""

import uuid
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import transaction

from accounts import rules
from accounts.actions.history import event, write_events
from accounts.actions.standings import reassess
from accounts.models import Account, Payment, User


class PaymentRefused(ValueError):
    """A payment that cannot stand in the ledger: `field` is the form's field, `code` says why."""

    def __init__(self, field: str, code: str) -> None:
        super().__init__(f"{field}: {code}")
        self.field = field
        self.code = code


class FormUsedBefore(ValueError):
    """The form's key recorded something else before; `payment` is what it recorded."""

    def __init__(self, payment: Payment) -> None:
        super().__init__("this form has recorded another payment")
        self.payment = payment


@dataclass(frozen=True, slots=True)
class PaymentFacts:
    """What a person says of a payment. Amounts in `currency`; `rate` is USD for one unit; `paid_at` is aware.

    `expires_on` is the last day on which its credit can be used, in the person's zone; None: see the provider's rule.
    """

    kind: str
    gross: Decimal
    paid_at: datetime
    status: str = "succeeded"
    tax: Decimal | None = None
    currency: str = "USD"
    rate: Decimal | None = None
    is_day_only: bool = False
    undoes: Payment | None = None
    reference: str = ""
    note: str = ""
    expires_on: date | None = None

    def columns(self) -> dict[str, Any]:
        """The facts by the columns that hold them."""
        return {name: getattr(self, name) for name in self.__dataclass_fields__}

    def as_json(self) -> dict[str, Any]:
        """The facts as an event keeps them."""
        facts = asdict(self) | {"undoes": str(self.undoes.uid) if self.undoes else None}
        return {
            name: rules.as_text(value)
            if isinstance(value, datetime)
            else value.isoformat()
            if isinstance(value, date)
            else format(value.normalize(), "f")
            if isinstance(value, Decimal)
            else value
            for name, value in facts.items()
        }


def facts_of(payment: Payment) -> PaymentFacts:
    """Return a stored payment's facts."""
    names = PaymentFacts.__dataclass_fields__
    return PaymentFacts(**{name: getattr(payment, name) for name in names})


@transaction.atomic
def record_payment(
    account: Account, *, facts: PaymentFacts, form_key: uuid.UUID, by: User | None, now: datetime
) -> Payment:
    """Record one payment. The same form key with the same facts returns the payment that it recorded before.

    PaymentRefused when the line cannot stand, FormUsedBefore when the key recorded something else.
    """
    account = Account.objects.select_for_update(of=("self",)).select_related("standing").get(pk=account.pk)
    earlier = Payment.objects.filter(account=account, form_key=form_key).select_related("undoes").first()
    if earlier is not None:
        if _says_the_same(earlier, facts, now=now):
            return earlier
        raise FormUsedBefore(earlier)
    payment = add_line(account, facts=facts, form_key=form_key, by=by, now=now)
    reassess(account, now=now)
    return payment


def _says_the_same(earlier: Payment, facts: PaymentFacts, *, now: datetime) -> bool:
    """Whether the facts are those of a payment recorded before; "today" is the moment of entry, so it may be later."""
    if earlier.is_day_only and facts.is_day_only and earlier.paid_at == earlier.recorded_at and facts.paid_at == now:
        facts = replace(facts, paid_at=earlier.paid_at)
    return facts_of(earlier).as_json() == facts.as_json()


def add_line(account: Account, *, facts: PaymentFacts, form_key: uuid.UUID, by: User | None, now: datetime) -> Payment:
    """Insert a line and its event into an account that the caller has locked; the caller reassesses."""
    _check(account, facts, now=now)
    payment = Payment.objects.create(
        account=account,
        form_key=form_key,
        recorded_by=by,
        recorded_at=now,
        changed_at=now,
        **facts.columns(),
    )
    write_events([event(account, "payment_recorded", at=now, by=by, payment=str(payment.uid), after=facts.as_json())])
    return payment


@transaction.atomic
def correct_payment(payment: Payment, *, facts: PaymentFacts, by: User | None, now: datetime) -> Payment:
    """Correct a payment; the event keeps what stood there before. PaymentRefused when the line cannot stand."""
    return _change(payment, facts, "payment_corrected", by=by, now=now)


@transaction.atomic
def void_payment(payment: Payment, *, by: User | None, now: datetime) -> Payment:
    """Void a payment: it stays in the ledger and counts for nothing."""
    return _change(payment, None, "payment_voided", status="void", by=by, now=now)


@transaction.atomic
def restore_payment(payment: Payment, *, by: User | None, now: datetime) -> Payment:
    """Undo a void: the payment gets back the status that it had before. One that is not void stays as it is."""
    if not Payment.objects.filter(pk=payment.pk, status="void").exists():
        return payment
    events = payment.account.events.latest_first()
    last = events.filter(kind="payment_voided", facts__payment=str(payment.uid)).first()
    if last is not None:
        status = last.facts["before"]["status"]
    else:  # voided with its whole import, which kept the statuses that were not the usual one
        undone = events.filter(kind="import_undone", facts__import=str(payment.came_by_id)).first()
        status = undone.facts["statuses"].get(str(payment.uid), "succeeded") if undone else "succeeded"
    return _change(payment, None, "payment_restored", status=status, by=by, now=now)


def _change(
    payment: Payment,
    facts: PaymentFacts | None,
    kind: str,
    *,
    status: str | None = None,
    by: User | None,
    now: datetime,
) -> Payment:
    account = Account.objects.select_for_update(of=("self",)).select_related("standing").get(pk=payment.account_id)
    payment = Payment.objects.select_related("undoes").get(pk=payment.pk)
    before = facts_of(payment)
    if facts is None:
        named = {name: getattr(before, name) for name in PaymentFacts.__dataclass_fields__}
        facts = PaymentFacts(**(named | {"status": status}))
    if before.as_json() == facts.as_json():
        return payment
    _check(account, facts, now=now, this=payment)
    for name, value in facts.columns().items():
        setattr(payment, name, value)
    payment.changed_at = now
    payment.save(update_fields=[*PaymentFacts.__dataclass_fields__, "changed_at"])
    write_events(
        [
            event(
                account,
                kind,
                at=now,
                by=by,
                payment=str(payment.uid),
                before=before.as_json(),
                after=facts.as_json(),
            )
        ]
    )
    reassess(account, now=now)
    return payment


def _check(account: Account, facts: PaymentFacts, *, now: datetime, this: Payment | None = None) -> None:
    """PaymentRefused when the facts cannot stand beside the account's other lines."""
    if facts.paid_at > now:
        raise PaymentRefused("paid_at", "in_future")
    try:
        Payment(account=account, **facts.columns()).as_line()
    except rules.LedgerError as error:
        raise PaymentRefused(error.field, "not_a_line") from error
    undoes = facts.undoes
    if undoes is not None and (undoes.account_id != account.pk or undoes.kind in rules.UNDOING or undoes == this):
        raise PaymentRefused("undoes", "not_a_payment")
    if facts.status == "void":  # a void line stands beside any other
        return
    if undoes is not None and facts.paid_at < undoes.paid_at:
        raise PaymentRefused("paid_at", "before_its_payment")
    others = Payment.objects.filter(account=account)
    if this is not None:
        others = others.exclude(pk=this.pk)
    undoing = Payment.objects.filter(undoes=this).exclude(status="void") if this else Payment.objects.none()
    if facts.kind in rules.UNDOING and undoing.exists():
        raise PaymentRefused("kind", "is_taken_back")
    if undoing.filter(paid_at__lt=facts.paid_at).exists():
        raise PaymentRefused("paid_at", "after_its_refund")
    if facts.reference and others.filter(kind=facts.kind, reference=facts.reference).exclude(status="void").exists():
        raise PaymentRefused("reference", "stands_twice")
