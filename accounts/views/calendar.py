"""Calendars of dates: a person's own at a secret address, for calendar programs; an account's as a file."""

import hashlib
import logging
from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db.models import Count, Max
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.cache import get_conditional_response
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

from accounts import actions, rules
from accounts.forms.fields import one_line
from accounts.models import Account, Event, Feed, Payment, Plan, Rulebook, User
from accounts.templatetags import dates
from accounts.views import ics
from accounts.views.crediting import credits_of
from accounts.views.requests import PersonRequest, find_account

log = logging.getLogger(__name__)


@csrf_exempt  # nothing can be changed here: another method is told so, whatever it brings along
@login_not_required
@require_safe
def calendar(request: HttpRequest, token: str) -> HttpResponseBase:
    """Every date of a person's accounts, in their language and zone. The address is the key: a wrong one is nothing.

    With `?account=` the dates of one alone, if the person may see it.
    """
    feed = Feed.objects.at(token)
    try:
        body = _of_person(feed.user, request.GET.get("account"), now=timezone.now()) if feed is not None else None
    except Account.DoesNotExist:
        body = None
    if feed is None or body is None:
        return HttpResponse("There is no calendar here.\n", content_type="text/plain; charset=utf-8", status=404)
    etag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    headers = {
        "Cache-Control": "private, no-cache",  # kept by its reader, who asks each time whether it is still the same
        "Content-Language": feed.user.language,
        "ETag": etag,
        "Referrer-Policy": "no-referrer",
    }
    whole = HttpResponse(body, content_type=ics.CONTENT_TYPE, headers=headers)
    return get_conditional_response(request, etag=etag, response=whole) or whole


def _of_person(user: User, only: str | None, *, now: datetime) -> bytes:
    """only: the id of the one account that is asked for. Account.DoesNotExist when it is none of theirs."""
    accounts = Account.objects.visible_to(user).live().with_plan()
    with translation.override(user.language), timezone.override(ZoneInfo(user.time_zone)):
        if only is None:
            return ics.write(_("API tiers"), _entries(accounts, now=now), zone=user.time_zone)
        try:
            held = accounts.get(pk=UUID(only))
        except ValueError:
            raise Account.DoesNotExist from None
        return ics.write(held.name, _entries([held], now=now), zone=user.time_zone)


@require_safe
def account_calendar(request: PersonRequest, account_id: UUID) -> HttpResponse:
    """The dates of one account as a file. The timers of an archived one have stopped: it has none."""
    held = find_account(request, account_id)
    if held.is_archived:
        raise Http404
    zone = timezone.get_current_timezone_name()
    body = ics.write(held.name, _entries([held], now=timezone.now()), zone=zone)
    name = content_disposition_header(True, f"{one_line(held.name)}.ics")
    return HttpResponse(body, content_type=ics.CONTENT_TYPE, headers={"Content-Disposition": name or "attachment"})


def _entries(accounts: Iterable[Account], *, now: datetime) -> Iterator[ics.Entry]:
    """The dated entries of accounts (read along with their plans), with the standing of this moment.

    As many queries for many accounts as for one.
    """
    held = list(accounts)
    lines: dict[UUID, list[rules.Line]] = defaultdict(list)
    for payment in Payment.objects.filter(account__in=held).in_entry_order():
        lines[payment.account_id].append(payment.as_line())
    history = _history(held)
    shelf = Rulebook.objects.all().shelf()
    for account in held:
        try:
            standing = actions.assess(account, lines[account.id], shelf, now=now)
            plan: Plan | None = getattr(account, "running_plan", None)
            following = actions.follow(plan, standing, account) if plan is not None else None
        except ValueError:  # one account that the rules cannot assess must not take the calendar from the others
            log.exception("Account %s cannot be assessed; its dates are left out of the calendar.", account.id)
            continue
        credit, zone = credits_of(account, lines[account.id], now=now), timezone.get_current_timezone()
        for entry in rules.dated(standing, following, credit, zone):
            yield _entry(account, entry, standing.rulebook, *history.get(account.id, (account.created_at, 0)))


def _history(accounts: list[Account]) -> dict[UUID, tuple[datetime, int]]:
    """When each account last changed, and how often it has: what is stored, so that asking again changes nothing."""
    rows: Any = Event.objects.filter(account__in=accounts).values_list("account_id")
    return {account_id: (at, count) for account_id, at, count in rows.annotate(Max("at"), Count("id")).order_by()}


def _entry(
    account: Account, entry: rules.Dated, book: rules.Rulebook, changed_at: datetime, revision: int
) -> ics.Entry:
    return ics.Entry(
        uid=f"{account.id}-{entry.key}@tierdash",
        at=entry.at,
        title=dates.title(entry, account.name),
        text=dates.meaning(entry, book),
        address=settings.SITE_URL + reverse("accounts:account", args=[account.id]),
        changed_at=changed_at,
        revision=revision,
    )
