"""Relays as pages show them: whether each can be used today, and whether its account still needs it."""

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.utils import timezone

from accounts import actions, rules
from accounts.models import Account, Payment, Relay, Shelf

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Shown:
    """A relay; `rulebook` is the edition of the account for which it stands in, None when there is none."""

    relay: Relay
    condition: str
    bridge: rules.Bridge
    rulebook: rules.Rulebook | None = None


def standings_of(accounts: Iterable[Account], shelf: Shelf, *, now: datetime) -> dict[UUID, rules.Standing]:
    """The standings of this moment, by account, in one query; without those that the rules cannot assess."""
    held = {account.id: account for account in accounts}
    lines: dict[UUID, list[rules.Line]] = {account_id: [] for account_id in held}
    for payment in Payment.objects.filter(account__in=held).in_entry_order() if held else ():
        lines[payment.account_id].append(payment.as_line())
    standings = {}
    for account in held.values():
        try:
            standings[account.id] = actions.assess(account, lines[account.id], shelf, now=now)
        except ValueError:  # one account that the rules cannot assess must not take the page from the others
            log.exception("Account %s cannot be assessed.", account.id)
    return standings


def shown(relays: Sequence[Relay], shelf: Shelf, *, now: datetime) -> list[Shown]:
    """The relays (with `bridges` at hand), in their order."""
    standings = standings_of((relay.bridges for relay in relays if relay.bridges is not None), shelf, now=now)
    return [_shown(relay, standings.get(relay.bridges_id) if relay.bridges_id else None, now) for relay in relays]


def _shown(relay: Relay, standing: rules.Standing | None, now: datetime) -> Shown:
    condition = rules.relay_condition(relay.expires_on, relay.balance, timezone.localdate(now))
    account = relay.bridges
    if account is None or standing is None or not (relay.bridge_tier or relay.bridge_model):
        return Shown(relay, condition, rules.Bridge("none"))
    confirmed = [need for need, since in account.confirmed_at.items() if since <= now]
    model, tier = relay.bridge_model, relay.bridge_tier
    wish = rules.Wish(model=model) if model else rules.Wish(tier=tier)
    bridge = rules.bridge(standing, wish, confirmed, now.date())
    return Shown(relay, condition, bridge, standing.rulebook)
