"""What only people know of an account: the edition that it goes by, what its provider asked for, its cap."""

from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext_noop
from ninja import Router

from accounts import actions
from accounts.api import shapes
from accounts.api.accounts import told_one
from accounts.api.bearer import MAY_WRITE, TokenRequest
from accounts.api.finding import find_account, find_rulebook
from accounts.api.repeating import writes

router = Router(tags=[gettext_noop("Accounts")])


@router.post(
    "/accounts/{uuid:account_id}/move",
    auth=MAY_WRITE,
    response=shapes.Account,
    summary=gettext_noop("Move an account to another edition of its provider"),
)
@writes(200)
def move_account(request: TokenRequest, account_id: UUID, said: shapes.MovedAccount) -> shapes.Account:
    held = find_account(request, account_id, to_change=True)
    actions.move_account(
        held,
        rulebook=find_rulebook(said.rulebook),
        seen_tier=said.seen_tier,
        follows_provider=said.follows_provider,
        by=request.user,
        now=timezone.now(),
    )
    return told_one(request, account_id)


@router.post(
    "/accounts/{uuid:account_id}/requirements",
    auth=MAY_WRITE,
    response=shapes.Account,
    summary=gettext_noop("Say that something the provider asks for is met, or is not after all"),
)
@writes(200)
def confirm_requirement(request: TokenRequest, account_id: UUID, said: shapes.Confirmed) -> shapes.Account:
    held = find_account(request, account_id, to_change=True)
    actions.confirm_requirement(
        held, requirement=said.requirement, is_met=said.met, by=request.user, now=timezone.now()
    )
    return told_one(request, account_id)


@router.post(
    "/accounts/{uuid:account_id}/cap",
    auth=MAY_WRITE,
    response=shapes.Account,
    summary=gettext_noop("Note that this month's cap is used up, or is not after all"),
)
@writes(200)
def note_cap(request: TokenRequest, account_id: UUID, said: shapes.CapNote) -> shapes.Account:
    held = find_account(request, account_id, to_change=True)
    actions.note_cap_reached(held, is_reached=said.reached, by=request.user, now=timezone.now())
    return told_one(request, account_id)
