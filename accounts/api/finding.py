"""Find what a request is about: a foreign thing is not there, one that may only be looked at is not changed."""

from datetime import datetime
from uuid import UUID

from django.http import Http404
from django.utils.translation import gettext as _

from accounts.api.bearer import TokenRequest
from accounts.api.problems import Problem, invalid
from accounts.models import Account, Payment, Rulebook, Shelf, Workspace


def find_account(request: TokenRequest, account_id: UUID, *, to_change: bool = False) -> Account:
    """The account that the token's person may see; with `to_change`, may change now."""
    held = Account.objects.visible_to(request.user).with_standing().filter(pk=account_id).first()
    if held is None:
        raise Http404
    if to_change:
        _check_change(request, held)
    return held


def find_archived(request: TokenRequest, account_id: UUID) -> Account:
    """The account, to be taken out of the archive or to be put there."""
    held = find_account(request, account_id)
    _check_role(request, held)
    return held


def find_payment(request: TokenRequest, uid: UUID, *, to_change: bool = False) -> Payment:
    visible = Account.objects.visible_to(request.user).order_by()
    payment = Payment.objects.filter(account__in=visible, uid=uid).select_related("account", "undoes").first()
    if payment is None:
        raise Http404
    if to_change:
        _check_change(request, payment.account)
    return payment


def find_workspace(request: TokenRequest) -> Workspace:
    """The workspace in which new accounts are opened: the oldest one that the person may change."""
    workspace = Workspace.objects.editable_by(request.user).first()
    if workspace is None:
        raise Problem("role-missing", _("You have no workspace in which you may open an account."))
    return workspace


def find_rulebook(edition: str) -> Rulebook:
    """The edition of this name; a Problem of the field `rulebook` when none is adopted."""
    rulebook = Rulebook.objects.filter(pk=edition).first()
    if rulebook is None:
        raise invalid("rulebook", "unknown", _("Choose an edition."))
    return rulebook


def shelf_of(*accounts: Account) -> Shelf:
    """The editions of the accounts' providers."""
    return Rulebook.objects.of(*{held.provider for held in accounts}).shelf()


def at_or(now: datetime, at: datetime | None) -> datetime:
    return now if at is None else at


def _check_change(request: TokenRequest, held: Account) -> None:
    _check_role(request, held)
    if held.is_archived:
        raise Problem("archived", _("Restore it first: what lies in the archive is not changed."))


def _check_role(request: TokenRequest, held: Account) -> None:
    if not Account.objects.editable_by(request.user).filter(pk=held.pk).exists():
        raise Problem("role-missing", _("Your role in its workspace is that of a viewer."))
