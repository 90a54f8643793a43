"""Reminders of credit that expires: which window is due, when the next one is, and what the mail says of it.

Days are those of the workspace's first owner: one reminder goes to everybody, and a day needs a zone.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Count, Q

from accounts import rules
from accounts.gateways import published
from accounts.models import Account, Membership, Notice, Payment
from accounts.models.notice import CANCELLED, CREDIT_EXPIRING, MUTED, PENDING
from accounts.models.workspace import OWNER

KIND = CREDIT_EXPIRING


@dataclass(frozen=True, slots=True)
class Reminder:
    """`due` is the window to be reminded of now, `next_at` when the one after it is; None: none."""

    due: rules.Window | None
    next_at: datetime | None


def reminders(ledgers: Mapping[Account, Sequence[rules.Line]], *, now: datetime) -> dict[Account, Reminder]:
    """What is to be told of each account's credit. What has expired already is not told any more.

    At most two queries, none where no account has credit that expires.
    """
    asked = {account: lines for account, lines in ledgers.items() if _may_expire(account, lines)}
    zones = zones_of(asked)
    credit = {account: _credits(account, lines, zones[account.workspace_id], now) for account, lines in asked.items()}
    first = {account: window for account, held in credit.items() if (window := rules.next_window(held))}
    near = [account for account, window in first.items() if window.remind_at(zones[account.workspace_id]) <= now]
    told = told_until(near)
    found = {}
    for account in first:
        zone, held = zones[account.workspace_id], credit[account]
        window = rules.next_window(held, told.get(account.pk))
        if window is None:
            continue
        is_due = window.remind_at(zone) <= now
        following = rules.next_window(held, window.until) if is_due else window
        next_at = following.remind_at(zone) if following is not None else None
        found[account] = Reminder(window if is_due else None, next_at)
    return found


def is_due(notice: Notice, *, now: datetime) -> bool:
    """Whether a notice's window is still the one to be reminded of: not when its credit is void, paid back or dated
    otherwise by now, nor when an earlier one came between."""
    account = notice.account
    lines = [line for _, line in Payment.objects.filter(account=account).in_entry_order().lines()]
    zone = zones_of([account])[account.workspace_id]
    others = told_until([account], besides=notice.expires_on).get(account.pk)
    window = rules.next_window(_credits(account, lines, zone, now), others)
    return window is not None and window.first_on == notice.expires_on


def facts_of(account: Account, window: rules.Window) -> dict[str, Any]:
    """What the mail of a window may speak of, as the notice keeps it."""
    days = [{"on": day.last_on.isoformat(), "usd": str(day.left_usd)} for day in rules.expiries(window.credits)]
    rule = published.credit_rule(account.provider)
    by_rule = None
    if rule is not None and any(credit.is_by_rule for credit in window.credits):
        source = rule.sources[0]
        said = {"title": source.title, "url": source.url}
        by_rule = {"months": rule.months, "confidence": rule.confidence, **said}
    credit = {"left_usd": str(window.left_usd), "days": days, "rule": by_rule}
    return {"account": account.name, "credit": credit}


def zones_of(accounts: Iterable[Account]) -> dict[Any, tzinfo]:
    """The zone of each account's workspace: of the owner who has belonged to it longest. One query."""
    held = {account.workspace_id for account in accounts}
    zones: dict[Any, tzinfo] = dict.fromkeys(held, UTC)
    if held:
        owners = Membership.objects.filter(workspace__in=held, role=OWNER).order_by("-id")
        for workspace_id, name in owners.values_list("workspace_id", "user__time_zone"):
            zones[workspace_id] = ZoneInfo(name)
    return zones


def told_until(accounts: Sequence[Account], *, besides: date | None = None) -> dict[Any, date]:
    """Until when each account's credit has been told of, `besides` one window: by reminders that left or may have left,
    and by those that nobody wants.

    One that still waits says what is true when it leaves, and one that was withdrawn has told nothing. One query.
    """
    if not accounts:
        return {}
    waits = Q(deliveries__status=PENDING, deliveries__doubts=0)
    muted = Q(deliveries__status=CANCELLED, deliveries__last_error=MUTED)
    notices = Notice.objects.filter(account__in=accounts, kind=KIND).exclude(expires_on=besides).order_by()
    rows: Any = notices.values_list("account_id", "expires_on").annotate(
        left=Count("deliveries", filter=~Q(deliveries__status=CANCELLED) & ~waits),
        muted=Count("deliveries", filter=muted),
        waits=Count("deliveries", filter=waits),
    )
    told: dict[Any, date] = {}
    for account_id, first_on, left, muted_count, waiting in rows:
        if left or (muted_count and not waiting):
            until = first_on + timedelta(days=rules.WINDOW_DAYS)
            told[account_id] = max(told.get(account_id, until), until)
    return told


def _may_expire(account: Account, lines: Sequence[rules.Line]) -> bool:
    if account.is_archived:
        return False
    rule = published.credit_rule(account.provider)
    kinds = rule.kinds if rule is not None else ()
    return any(line.expires_on is not None or line.kind in kinds for line in lines)


def _credits(account: Account, lines: Sequence[rules.Line], zone: tzinfo, now: datetime) -> tuple[rules.Credit, ...]:
    return rules.credits(lines, published.credit_rule(account.provider), at=now, zone=zone)
