"""Open, edit, move, archive accounts, and note what only people can know of them."""

import uuid
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import Value
from django.db.models.functions import Lower

from accounts import rules
from accounts.actions.history import event, write_events
from accounts.actions.payments import PaymentFacts, add_line
from accounts.actions.plans import end_for_another_goal
from accounts.actions.standings import reassess
from accounts.models import Account, Rulebook, Sighting, User, Workspace


class AccountRefused(ValueError):
    """An account that cannot be kept so: `field` is the form's field, `code` says why."""

    def __init__(self, field: str, code: str) -> None:
        super().__init__(f"{field}: {code}")
        self.field = field
        self.code = code


@dataclass(frozen=True, slots=True)
class AccountFacts:
    """What a person says of an account, beside its edition, seen tier and payments. `goal` is a wish as JSON."""

    name: str
    organization_ref: str = ""
    goal: dict[str, Any] = field(default_factory=dict)
    notes: str = ""
    room_usd: Decimal | None = None


@transaction.atomic
def open_account(
    workspace: Workspace,
    *,
    facts: AccountFacts,
    rulebook: Rulebook,
    seen_tier: str,
    payments: Sequence[PaymentFacts] = (),
    follows_provider: bool = False,
    form_key: uuid.UUID,
    by: User | None,
    now: datetime,
) -> Account:
    """Open an account with its first payments; all or nothing. The same form key returns what it opened before.

    AccountRefused or PaymentRefused when something cannot stand.
    """
    workspace = Workspace.objects.select_for_update().get(pk=workspace.pk)
    earlier = Account.objects.filter(workspace=workspace, form_key=form_key).first()
    if earlier is not None:
        return earlier
    if not rulebook.rules.has_tier(seen_tier):
        raise AccountRefused("seen_tier", "not_in_edition")
    _check_name(workspace, facts.name)
    account = Account.objects.create(
        workspace=workspace,
        rulebook=rulebook,
        follows_provider=follows_provider,
        seen_tier=seen_tier,
        seen_source="person",
        seen_at=now,
        created_at=now,
        form_key=form_key,
        **asdict(facts),
    )
    Sighting.objects.create(
        account=account,
        rulebook_id=rulebook.id,
        tier=seen_tier,
        source="person",
        change="first",
        seen_at=now,
        recorded_by=by,
        recorded_at=now,
    )
    write_events([event(account, "account_opened", at=now, by=by, edition=rulebook.id, tier=seen_tier)])
    for payment in payments:
        add_line(account, facts=payment, form_key=uuid.uuid4(), by=by, now=now)
    reassess(account, now=now)
    return account


def _check_name(workspace: Workspace, name: str, this: Account | None = None) -> None:
    # Held until the transaction ends: two who choose the same name at once wait here for each other.
    Workspace.objects.select_for_update().get(pk=workspace.pk)
    # As the database's own constraint compares names, and not by upper case as `iexact` does: they differ for some.
    lower = Account.objects.live().annotate(lower_name=Lower("name"))
    twins = lower.filter(workspace=workspace, lower_name=Lower(Value(name)))
    if this is not None:
        twins = twins.exclude(pk=this.pk)
    if twins.exists():
        raise AccountRefused("name", "stands_twice")


def _locked(account: Account) -> Account:
    return Account.objects.select_for_update(of=("self",)).select_related("standing", "workspace").get(pk=account.pk)


@transaction.atomic
def edit_account(account: Account, *, facts: AccountFacts, by: User, now: datetime) -> Account:
    """Change what a person says of an account; the event keeps what differed. Another goal ends the running plan."""
    account = _locked(account)
    _check_name(account.workspace, facts.name, this=account)
    before = AccountFacts(**{name: getattr(account, name) for name in AccountFacts.__dataclass_fields__})
    changed = {
        name: {"before": _plain(getattr(before, name)), "after": _plain(value)}
        for name, value in asdict(facts).items()
        if value != getattr(before, name)
    }
    if not changed:
        return account
    for name in changed:
        setattr(account, name, getattr(facts, name))
    account.save(update_fields=list(changed))
    if "goal" in changed:
        end_for_another_goal(account, now=now)
    write_events([event(account, "account_edited", at=now, by=by, changed=changed)])
    reassess(account, now=now)
    return account


def _plain(value: Any) -> Any:
    return str(value) if isinstance(value, Decimal) else value


@transaction.atomic
def move_account(
    account: Account, *, rulebook: Rulebook, seen_tier: str, follows_provider: bool, by: User | None, now: datetime
) -> Account:
    """Move an account to another edition of its provider, in which the provider shows `seen_tier`.

    AccountRefused when the edition is another provider's or has no such tier.
    """
    account = _locked(account)
    if rulebook.provider != account.provider:
        raise AccountRefused("edition", "other_provider")
    if not rulebook.rules.has_tier(seen_tier):
        raise AccountRefused("seen_tier", "not_in_edition")
    is_other_edition = rulebook.id != account.rulebook_id
    if not is_other_edition and follows_provider == account.follows_provider and seen_tier == account.seen_tier:
        return account
    before = {"edition": account.rulebook_id, "follows": account.follows_provider, "tier": account.seen_tier}
    account.rulebook = rulebook
    account.follows_provider = follows_provider
    if seen_tier != account.seen_tier or is_other_edition:
        account.seen_rose_at = None if seen_tier != account.seen_tier else account.seen_rose_at
        account.seen_tier, account.seen_at, account.seen_source = seen_tier, now, "person"
        account.fell_from, account.fell_at = "", None
        Sighting.objects.create(
            account=account,
            rulebook_id=rulebook.id,
            tier=seen_tier,
            source="person",
            change="moved",
            seen_at=now,
            recorded_by=by,
            recorded_at=now,
        )
    account.save()
    after = {"edition": rulebook.id, "follows": follows_provider, "tier": seen_tier}
    write_events([event(account, "edition_changed", at=now, by=by, before=before, after=after)])
    reassess(account, now=now)
    return account


@transaction.atomic
def confirm_requirement(account: Account, *, requirement: str, is_met: bool, by: User, now: datetime) -> Account:
    """Note whether something that tierdash cannot observe (a linked billing account, ...) is met."""
    if requirement not in rules.REQUIREMENTS:
        raise AccountRefused("requirement", "unknown")
    account = _locked(account)
    if (requirement in account.confirmed) == is_met:
        return account
    confirmed = {name: instant for name, instant in account.confirmed.items() if name != requirement}
    if is_met:
        confirmed[requirement] = rules.as_text(now)
    account.confirmed = confirmed
    account.save(update_fields=["confirmed"])
    kind = "requirement_met" if is_met else "requirement_withdrawn"
    write_events([event(account, kind, at=now, by=by, requirement=requirement)])
    reassess(account, now=now)
    return account


@transaction.atomic
def note_cap_reached(account: Account, *, is_reached: bool, by: User, now: datetime) -> Account:
    """Note that this calendar month's cap is used up, or that it is not."""
    account = _locked(account)
    account.cap_reached_at = now if is_reached else None
    account.save(update_fields=["cap_reached_at"])
    write_events([event(account, "cap_reached" if is_reached else "cap_not_reached", at=now, by=by)])
    reassess(account, now=now)
    return account


@transaction.atomic
def archive_account(account: Account, *, by: User, now: datetime) -> Account:
    """Put an account away: it keeps its history, and its timers stop."""
    account = _locked(account)
    if account.archived_at is None:
        account.archived_at = now
        account.save(update_fields=["archived_at"])
        write_events([event(account, "account_archived", at=now, by=by)])
        reassess(account, now=now)
    return account


@transaction.atomic
def restore_account(account: Account, *, by: User, now: datetime) -> Account:
    """Take an account out of the archive. AccountRefused when its name is in use again."""
    account = _locked(account)
    if account.archived_at is not None:
        _check_name(account.workspace, account.name, this=account)
        account.archived_at = None
        account.save(update_fields=["archived_at"])
        write_events([event(account, "account_restored", at=now, by=by)])
        reassess(account, now=now)
    return account
