"""What every view asks of a request: who, where, when. The clock is read here and nowhere below."""

from collections.abc import Callable
from typing import TypeVar
from uuid import UUID
from zoneinfo import ZoneInfo

from django.http import Http404, HttpRequest
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django_htmx.middleware import HtmxDetails

from accounts.models import Account, Escalation, Payment, Receipt, User, Workspace

View = TypeVar("View", bound=Callable[..., object])


class PersonRequest(HttpRequest):
    """A request of somebody who is signed in."""

    user: User
    htmx: HtmxDetails


def takes_up_to(most_bytes: Callable[[], int]) -> Callable[[View], View]:
    """Let the requests of a view be as large as its files need; those of all others are small (see middleware.py)."""

    def mark(view: View) -> View:
        view.most_bytes = most_bytes  # type: ignore[attr-defined]
        return view

    return mark


def zone_of(request: PersonRequest) -> ZoneInfo:
    """The person's own time zone, which the middleware has activated."""
    return ZoneInfo(timezone.get_current_timezone_name())


def said(request: HttpRequest, name: str) -> str:
    """A parameter of the address or of the form; "" when it is not there."""
    return request.POST.get(name) or request.GET.get(name, "")


def said_often(request: HttpRequest, name: str) -> set[str]:
    return {*request.POST.getlist(name), *request.GET.getlist(name)}


def find_account(
    request: PersonRequest, account_id: UUID, *, to_change: bool = False, in_archive: bool = False
) -> Account:
    """The account, if the person may see it (or change it); a foreign one is a 404.

    One in the archive is there to be seen; to be changed it is found only where `in_archive` asks for it.
    """
    accounts = Account.objects.editable_by(request.user) if to_change else Account.objects.visible_to(request.user)
    if to_change and not in_archive:
        accounts = accounts.live()
    return get_object_or_404(accounts.with_standing().with_plan(), pk=account_id)


def find_payment(request: PersonRequest, uid: UUID) -> Payment:
    """The payment, if the person may change its account; a foreign one, or one in the archive, is a 404."""
    payments = Payment.objects.filter(account__in=Account.objects.editable_by(request.user).live().order_by())
    return get_object_or_404(payments.select_related("account", "undoes"), uid=uid)


def find_receipt(request: PersonRequest, receipt_id: UUID) -> Receipt:
    """The receipt, if the person may change its account, even if it was removed just now; a foreign one is a 404."""
    receipts = Receipt.objects.editable_by(request.user).select_related("payment__account")
    return get_object_or_404(receipts, pk=receipt_id)


def find_escalation(request: PersonRequest, escalation_id: UUID) -> Escalation:
    """The escalation of an episode, if the person may change its account; a foreign or archived one is a 404."""
    return get_object_or_404(Escalation.objects.editable_by(request.user).with_account(), pk=escalation_id)


def find_workspace(request: PersonRequest, *, to_change: bool = False) -> Workspace:
    """The person's workspace; 404 when there is none they may see (or change)."""
    workspaces = (
        Workspace.objects.editable_by(request.user) if to_change else Workspace.objects.visible_to(request.user)
    )
    workspace = workspaces.first()
    if workspace is None:
        raise Http404
    return workspace
