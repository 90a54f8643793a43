"""Open, edit and archive relays, and note what their balance is. Nothing here calls a relay."""

import uuid
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import Value
from django.db.models.functions import Lower

from accounts import rules
from accounts.models import Account, Relay, RelayEvent, User, Workspace


class RelayRefused(ValueError):
    """A relay that cannot be kept so: `field` is the form's field, `code` says why."""

    def __init__(self, field: str, code: str) -> None:
        super().__init__(f"{field}: {code}")
        self.field = field
        self.code = code


@dataclass(frozen=True, slots=True)
class RelayFacts:
    """What a person says of a relay, beside its balance. `expires_on` is the last day on which it can be used."""

    name: str
    base_url: str
    model_ids: tuple[str, ...] = ()
    expires_on: date | None = None
    bridges: Account | None = None
    bridge_tier: str = ""
    bridge_model: str = ""
    notes: str = ""

    def columns(self) -> dict[str, Any]:
        """The facts by the columns that hold them."""
        return {name: getattr(self, name) for name in self.__dataclass_fields__} | {"model_ids": list(self.model_ids)}


@dataclass(frozen=True, slots=True)
class Balance:
    """What the relay showed at an aware instant, in a currency of three letters."""

    amount: Decimal
    seen_at: datetime
    currency: str = "USD"


@transaction.atomic
def open_relay(
    workspace: Workspace,
    *,
    facts: RelayFacts,
    balance: Balance | None = None,
    form_key: uuid.UUID,
    by: User | None,
    now: datetime,
) -> Relay:
    """Open a relay. The same form key returns what it opened before. RelayRefused when something cannot stand."""
    workspace = Workspace.objects.select_for_update().get(pk=workspace.pk)
    earlier = Relay.objects.filter(workspace=workspace, form_key=form_key).first()
    if earlier is not None:
        return earlier
    _check(workspace, facts)
    relay = Relay(workspace=workspace, created_at=now, form_key=form_key, **facts.columns())
    if balance is not None:
        _put(relay, balance, now=now)
    relay.save(force_insert=True)
    _write(relay, "relay_opened", at=now, by=by, base_url=relay.base_url, models=len(relay.model_ids))
    if balance is not None:
        _write(relay, "balance_noted", at=now, by=by, before=None, after=_said(relay))
    return relay


@transaction.atomic
def edit_relay(relay: Relay, *, facts: RelayFacts, by: User, now: datetime) -> Relay:
    """Change what a person says of a relay; the history keeps what differed."""
    relay = _locked(relay)
    _check(relay.workspace, facts, this=relay)
    changed = {
        name: {"before": _plain(getattr(relay, name)), "after": _plain(value)}
        for name, value in facts.columns().items()
        if value != getattr(relay, name)
    }
    if not changed:
        return relay
    for name in changed:
        setattr(relay, name, facts.columns()[name])
    relay.save(update_fields=list(changed))
    _write(relay, "relay_edited", at=now, by=by, changed=changed)
    return relay


@transaction.atomic
def note_relay_balance(relay: Relay, *, balance: Balance, by: User, now: datetime) -> Relay:
    """Note the balance that a relay showed. One that was seen before the latest only enters the history."""
    relay = _locked(relay)
    before = _said(relay)
    is_latest = relay.balance_seen_at is None or balance.seen_at >= relay.balance_seen_at
    noted = relay if is_latest else Relay()
    _put(noted, balance, now=now)
    after = _said(noted)
    if before == after:
        return relay
    if is_latest:
        relay.save(update_fields=["balance", "currency", "balance_seen_at"])
    _write(relay, "balance_noted", at=now, by=by, before=before, after=after)
    return relay


@transaction.atomic
def archive_relay(relay: Relay, *, by: User, now: datetime) -> Relay:
    """Put a relay away: it keeps its history and is offered nowhere."""
    relay = Relay.objects.select_for_update().get(pk=relay.pk)
    if relay.archived_at is None:
        relay.archived_at = now
        relay.save(update_fields=["archived_at"])
        _write(relay, "relay_archived", at=now, by=by)
    return relay


@transaction.atomic
def restore_relay(relay: Relay, *, by: User, now: datetime) -> Relay:
    """Take a relay out of the archive. RelayRefused when its name is in use again."""
    relay = Relay.objects.select_for_update(of=("self",)).select_related("workspace").get(pk=relay.pk)
    if relay.archived_at is not None:
        _check_name(relay.workspace, relay.name, this=relay)
        relay.archived_at = None
        relay.save(update_fields=["archived_at"])
        _write(relay, "relay_restored", at=now, by=by)
    return relay


def _locked(relay: Relay) -> Relay:
    """The row, held until the transaction ends. RelayRefused for one that is in the archive."""
    relay = Relay.objects.select_for_update(of=("self",)).select_related("workspace").get(pk=relay.pk)
    if relay.is_archived:
        raise RelayRefused("relay", "archived")
    return relay


def _check(workspace: Workspace, facts: RelayFacts, this: Relay | None = None) -> None:
    _check_name(workspace, facts.name, this)
    try:
        is_plain = rules.base_url(facts.base_url) == facts.base_url
    except rules.BadAddress as error:
        raise RelayRefused("base_url", error.code) from error
    if not is_plain:
        raise RelayRefused("base_url", "not_an_address")
    for field, text in (("name", facts.name), ("notes", facts.notes), ("model_ids", "\n".join(facts.model_ids))):
        if rules.has_key(text):
            raise RelayRefused(field, "key")
    if facts.bridges is not None and facts.bridges.workspace_id != workspace.pk:
        raise RelayRefused("bridges", "not_of_this_workspace")
    if facts.bridges is None and (facts.bridge_tier or facts.bridge_model):
        raise RelayRefused("bridges", "needs_an_account")
    if len(facts.model_ids) > rules.MOST_MODELS or len(set(facts.model_ids)) < len(facts.model_ids):
        raise RelayRefused("model_ids", "too_many")


def _check_name(workspace: Workspace, name: str, this: Relay | None = None) -> None:
    # Held until the transaction ends: two who choose the same name at once wait here for each other.
    Workspace.objects.select_for_update().get(pk=workspace.pk)
    twins = Relay.objects.live().annotate(lower_name=Lower("name")).filter(workspace=workspace)
    twins = twins.filter(lower_name=Lower(Value(name)))
    if this is not None:
        twins = twins.exclude(pk=this.pk)
    if twins.exists():
        raise RelayRefused("name", "stands_twice")


def _put(relay: Relay, balance: Balance, *, now: datetime) -> None:
    if balance.amount < 0:
        raise RelayRefused("balance", "negative")
    if balance.seen_at > now:
        raise RelayRefused("balance_seen", "in_future")
    relay.balance, relay.currency, relay.balance_seen_at = balance.amount, balance.currency, balance.seen_at


def _said(relay: Relay) -> dict[str, str | None] | None:
    """The balance as the history keeps it."""
    if relay.balance is None:
        return None
    amount = format(relay.balance.normalize(), "f")
    return {"balance": amount, "currency": relay.currency, "seen_at": rules.as_text(relay.balance_seen_at)}


def _plain(value: Any) -> Any:
    if isinstance(value, date):
        return value.isoformat()
    return str(value.pk) if isinstance(value, Account) else value


def _write(relay: Relay, kind: str, *, at: datetime, by: User | None, **facts: Any) -> None:
    RelayEvent.objects.create(relay=relay, kind=kind, at=at, by=by, facts=facts)
