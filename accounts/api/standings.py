"""The standing of an account at any instant, as it is or as it would be with further payments."""

from datetime import datetime
from uuid import UUID

from django.http import HttpResponse, JsonResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from ninja import Query, Router

from accounts import actions, rules
from accounts.api import shapes
from accounts.api.bearer import MAY_READ, TokenRequest
from accounts.api.finding import at_or, find_account, shelf_of
from accounts.api.payments import refused_payment
from accounts.api.problems import invalid
from accounts.models import Account, Payment

router = Router(tags=[gettext_noop("Standing")])


@router.get(
    "/accounts/{uuid:account_id}/standing",
    auth=MAY_READ,
    response=shapes.Standing,
    summary=gettext_noop("Read the standing of an account at an instant"),
)
def read_standing(request: TokenRequest, account_id: UUID, asked: Query[shapes.AskedInstant]) -> HttpResponse:
    held = find_account(request, account_id)
    lines = [payment.as_line() for payment in Payment.objects.filter(account=held).in_entry_order()]
    return _assessed(held, lines, at=at_or(timezone.now(), asked.at))


@router.post(
    "/accounts/{uuid:account_id}/standing",
    auth=MAY_READ,
    response=shapes.Standing,
    summary=gettext_noop("Suppose payments or a seen tier, and read the standing; nothing is stored"),
)
def suppose_standing(request: TokenRequest, account_id: UUID, said: shapes.Supposed) -> HttpResponse:
    held = find_account(request, account_id)
    payments = list(Payment.objects.filter(account=held).in_entry_order())
    by_uid = {payment.uid: payment for payment in payments}
    supposed = [_line(number, payment, by_uid) for number, payment in enumerate(said.payments)]
    if said.seen_tier is not None:
        held.seen_tier, held.seen_rose_at = said.seen_tier, None
    lines = [payment.as_line() for payment in payments] + supposed
    return _assessed(held, lines, at=at_or(timezone.now(), said.at))


def _line(number: int, said: shapes.SupposedPayment, by_uid: dict[UUID, Payment]) -> rules.Line:
    """A line that nobody has recorded. A Problem names the field that cannot stand."""
    place = f"payments.{number}."
    undone = by_uid.get(said.undoes) if said.undoes else None
    if said.undoes and (undone is None or undone.kind in rules.UNDOING):
        raise invalid(f"{place}undoes", "not_a_payment", _("Choose a payment of this account."))
    if undone is not None and said.kind not in rules.UNDOING:
        words = _("Only a refund or a chargeback takes a payment back.")
        raise invalid(f"{place}undoes", "not_a_refund", words)
    facts = {name: getattr(said, name) for name in ("kind", "status", "gross", "paid_at", "tax", "currency", "rate")}
    try:
        return rules.Line(id=f"supposed-{number}", undoes=str(undone.pk) if undone else "", **facts)
    except rules.LedgerError as error:
        raise refused_payment(actions.PaymentRefused(error.field, "not_a_line"), place=place) from None


def _assessed(held: Account, lines: list[rules.Line], *, at: datetime) -> HttpResponse:
    """The standing as the rules write it, which is what the command line prints."""
    try:
        standing = actions.assess(held, lines, shelf_of(held), now=at)
    except rules.UnknownTier:
        raise invalid(
            "seen_tier", "not_in_edition", _("This edition has no such tier; choose one of its own.")
        ) from None
    return JsonResponse(standing.as_json())
