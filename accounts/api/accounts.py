"""Accounts: list, read, open, edit, archive, restore."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from ninja import Query, Router

from accounts import actions, rules
from accounts.api import shapes
from accounts.api.bearer import MAY_READ, MAY_WRITE, TokenRequest
from accounts.api.cursors import Order, cut
from accounts.api.finding import find_account, find_archived, find_rulebook, find_workspace, shelf_of
from accounts.api.payments import facts_of_new, refused_payment
from accounts.api.problems import invalid
from accounts.api.repeating import form_key_of, writes
from accounts.api.wishing import wish_in
from accounts.forms.accounts import REFUSALS
from accounts.models import Account, Payment

router = Router(tags=[gettext_noop("Accounts")])
ORDER = Order("accounts", "created_at", is_descending=False)


@router.get(
    "/accounts", auth=MAY_READ, response=shapes.Accounts, summary=gettext_noop("List accounts, the oldest first")
)
def list_accounts(request: TokenRequest, asked: Query[shapes.AskedAccounts]) -> shapes.Accounts:
    part, following = cut(_asked(request, asked), ORDER, asked)
    return shapes.Accounts(items=told(part, now=timezone.now()), next=following)


def _asked(request: TokenRequest, asked: shapes.AskedAccounts) -> Any:
    mine = Account.objects.visible_to(request.user).with_standing()
    wanted = {"rulebook__provider": asked.provider, "rulebook_id": asked.rulebook, "seen_tier": asked.seen_tier}
    mine = mine.filter(**{column: value for column, value in wanted.items() if value})
    return mine if asked.archived == "all" else mine.filter(archived_at__isnull=asked.archived == "no")


@router.get(
    "/accounts/{uuid:account_id}", auth=MAY_READ, response=shapes.Account, summary=gettext_noop("Read an account")
)
def read_account(request: TokenRequest, account_id: UUID) -> shapes.Account:
    return told_one(request, account_id)


@router.post(
    "/accounts",
    auth=MAY_WRITE,
    response={201: shapes.Account},
    summary=gettext_noop("Open an account, with its first payments"),
)
@writes(201)
def open_account(request: TokenRequest, said: shapes.NewAccount) -> shapes.Account:
    workspace, now = find_workspace(request), timezone.now()
    rulebook = find_rulebook(said.rulebook)
    if any(line.undoes for line in said.payments):
        raise invalid("payments", "undoes", _("Choose a payment of this account."))
    try:
        opened = actions.open_account(
            workspace,
            facts=actions.AccountFacts(name=said.name, organization_ref=said.organization_ref),
            rulebook=rulebook,
            seen_tier=said.seen_tier,
            payments=[
                facts_of_new(line, None, now=now, place=f"payments.{number}.")
                for number, line in enumerate(said.payments)
            ],
            follows_provider=said.follows_provider,
            form_key=form_key_of(request),
            by=request.user,
            now=now,
        )
    except actions.PaymentRefused as refusal:
        raise refused_payment(refusal, place="payments.") from None
    return told_one(request, opened.pk)


@router.patch(
    "/accounts/{uuid:account_id}",
    auth=MAY_WRITE,
    response=shapes.Account,
    summary=gettext_noop("Change what you say of an account"),
)
@writes(200)
def edit_account(request: TokenRequest, account_id: UUID, said: shapes.EditedAccount) -> shapes.Account:
    held = find_account(request, account_id, to_change=True)
    facts = actions.AccountFacts(**{name: getattr(held, name) for name in actions.AccountFacts.__dataclass_fields__})
    facts = replace(facts, **{name: getattr(said, name) for name in said.model_fields_set - {"goal"}})
    if "goal" in said.model_fields_set:
        book = shelf_of(held)[held.rulebook_id]
        facts = replace(facts, goal=wish_in(said.goal, book, field="goal").as_json() if said.goal else {})
    actions.edit_account(held, facts=facts, by=request.user, now=timezone.now())
    return told_one(request, account_id)


@router.post(
    "/accounts/{uuid:account_id}/archive",
    auth=MAY_WRITE,
    response=shapes.Account,
    summary=gettext_noop("Put an account into the archive"),
)
@writes(200)
def archive_account(request: TokenRequest, account_id: UUID) -> shapes.Account:
    actions.archive_account(find_archived(request, account_id), by=request.user, now=timezone.now())
    return told_one(request, account_id)


@router.post(
    "/accounts/{uuid:account_id}/restore",
    auth=MAY_WRITE,
    response=shapes.Account,
    summary=gettext_noop("Take an account out of the archive"),
)
@writes(200)
def restore_account(request: TokenRequest, account_id: UUID) -> shapes.Account:
    actions.restore_account(find_archived(request, account_id), by=request.user, now=timezone.now())
    return told_one(request, account_id)


def answer_refused(request: HttpRequest, refusal: Any) -> HttpResponse:
    """The problem of an account that cannot be kept as it was said, wherever it was said."""
    field = "rulebook" if refusal.field == "edition" else refusal.field
    _field, words = REFUSALS.get((refusal.field, refusal.code), ("", _("This cannot stand as it is.")))
    return invalid(field, refusal.code, words).answer()


def told_one(request: TokenRequest, account_id: UUID) -> shapes.Account:
    """An account as it is told, read anew."""
    return told([find_account(request, account_id)], now=timezone.now())[0]


def told(accounts: Iterable[Account], *, now: datetime) -> list[shapes.Account]:
    """Accounts as they are told, with the advice of this moment: what time has overtaken is assessed anew."""
    held = list(accounts)
    overdue = [account for account in held if (at := account.standing.next_look_at) is not None and at <= now]
    fresh = _assessed(overdue, now=now)
    return [_told(account, fresh.get(account.pk) or account.standing.document) for account in held]


def _assessed(accounts: list[Account], *, now: datetime) -> dict[Any, dict[str, Any]]:
    lines: dict[Any, list[rules.Line]] = defaultdict(list)
    shelf = shelf_of(*accounts)
    for payment in Payment.objects.filter(account__in=accounts).in_entry_order() if accounts else ():
        lines[payment.account_id].append(payment.as_line())
    found = {}
    for account in accounts:
        try:
            found[account.pk] = actions.assess(account, lines[account.pk], shelf, now=now).as_json()
        except ValueError:  # what the rules cannot assess keeps the standing that is stored, as on the board
            continue
    return found


def _told(account: Account, standing: dict[str, Any]) -> shapes.Account:
    names = ("id", "name", "provider", "follows_provider", "organization_ref", "seen_tier", "seen_at", "seen_rose_at")
    more = ("fell_at", "notes", "room_usd", "cap_reached_at", "archived_at", "created_at")
    return shapes.Account(
        **{name: getattr(account, name) for name in names + more},
        rulebook=account.rulebook_id,
        fell_from=account.fell_from or None,
        goal=shapes.Goal(**account.goal) if account.goal else None,
        confirmed=account.confirmed_at,
        advice=shapes.Summary(**standing["advice"]),
        next_change_at=standing["next_change_at"],
    )
