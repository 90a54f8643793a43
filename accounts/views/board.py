"""The board: what needs action now, what comes next, and every account as a row."""

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.paginator import Paginator
from django.db.models import Case, Count, Exists, F, OuterRef, Q, QuerySet, When
from django.db.models.functions import Lower
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers

from accounts import actions, rules
from accounts.models import Account, Payment, Plan, Rulebook, Shelf, Workspace
from accounts.models.account import urgent_at
from accounts.views.crediting import soon_gone
from accounts.views.living import answer, living
from accounts.views.requests import PersonRequest

log = logging.getLogger(__name__)

PER_PAGE = 50
MOST_ACTS = 12
MOST_NEXT = 6
# So many times as many are looked through: the clock's next look may come sooner than what is shown here.
LOOKED_THROUGH = 3
# How many accounts that time has overtaken are looked at while the beat is silent.
MOST_OVERDUE = 50
PARTS = ("board_now", "board_rows", "board_totals")
ADVICE_ORDER = tuple(dict.fromkeys(("top_up", "contact_support", *rules.ADVICE_CODES)))
SORTS = {
    "next": (F("standing__next_look_at").asc(nulls_last=True), Lower("name"), "id"),
    "name": (Lower("name"), "id"),
    "advice": ("standing__advice_code", Lower("name"), "id"),
}


@dataclass(frozen=True, slots=True)
class Hush:
    """Somebody wants to hear no more of the advised tier: until an instant, or (`how`) because a person resolved it."""

    snoozed_until: datetime | None
    how: str

    @classmethod
    def of(cls, account: Account) -> "Hush | None":
        """From an account that was read `with_hush`; None when nobody has hushed it."""
        how, until = getattr(account, "hush_how", None), getattr(account, "hush_until", None)
        return cls(None if how else until, how) if how is not None else None


@dataclass(frozen=True, slots=True)
class Row:
    """An account as lists show it: its standing's document, of this moment, its edition, and how its plan stands.

    What somebody has hushed calls for nobody. `soon_gone` is its credit that expires within a month.
    """

    account: Account
    standing: dict[str, Any]
    rulebook: rules.Rulebook
    following: rules.Following | None = None
    hush: Hush | None = None
    soon_gone: tuple[rules.Expiry, ...] = ()

    @property
    def is_to_act(self) -> bool:
        return self.standing["advice"]["code"] in rules.URGENT_CODES and self.hush is None

    @property
    def is_urgent(self) -> bool:
        return self.is_to_act or self.account.fell_at is not None

    @property
    def next_at(self) -> datetime | None:
        """When time alone brings something new to this account; the end of a snooze is something new."""
        text = self.standing["next_change_at"]
        change_at = rules.from_text(text) if text else None
        return min((at for at in (change_at, self.snoozed_until) if at is not None), default=None)

    @property
    def snoozed_until(self) -> datetime | None:
        return self.hush.snoozed_until if self.hush is not None else None


@require_safe
@vary_on_headers("HX-Request")
def board(request: PersonRequest) -> HttpResponse:
    """The whole page, or for htmx its living parts; 204 when they have not changed since the reader's version."""
    now = timezone.now()
    context = _board(request, now)
    if request.htmx:
        return answer(PARTS, context, request)
    live = living(PARTS, context, request)
    return render(request, "accounts/board.html", context | {"parts": live.parts, "version": live.version})


def _board(request: PersonRequest, now: datetime) -> dict[str, Any]:
    mine = Account.objects.visible_to(request.user).live()
    shelf = Rulebook.objects.all().shelf()
    narrowed = _filtered(mine, request).with_standing().with_plan().with_hush(now)
    page = Paginator(narrowed, PER_PAGE).get_page(request.GET.get("page"))
    listed = list(page.object_list)
    pressing = _pressing(mine, now)
    waiting = list(_ahead(mine, now).with_standing().with_plan().with_hush(now)[: MOST_NEXT * LOOKED_THROUGH])
    rows = {row.account.id: row for row in rows_of([*listed, *pressing, *waiting], shelf, now=now)}
    urgent = [rows[account.id] for account in pressing if rows[account.id].is_urgent]
    counts: list[Any] = list(
        mine.order_by()
        .values("standing__advice_code", "rulebook__provider", "rulebook_id", "seen_tier")
        .annotate(count=Count("id"))
    )
    return {
        "address": request.get_full_path(),
        "page": page,
        "rows": [rows[account.id] for account in listed],
        "acts": urgent[:MOST_ACTS],
        "has_more_acts": len(urgent) > MOST_ACTS,
        "coming": _coming([rows[account.id] for account in {*pressing, *waiting}]),
        "total": sum(row["count"] for row in counts),
        "by_advice": _totals(counts, "standing__advice_code"),
        "by_tier": _tiers(counts, shelf),
        "providers": sorted({(row["rulebook__provider"], _provider(shelf, row)) for row in counts}),
        "advice_codes": ADVICE_ORDER,
        "query": {name: request.GET.get(name, "") for name in ("q", "provider", "advice", "tier", "sort")},
        "is_filtered": any(request.GET.get(name) for name in ("q", "provider", "advice", "tier")),
        "may_add": Workspace.objects.editable_by(request.user).exists(),
    }


def _ahead(mine: QuerySet[Account], now: datetime) -> Any:
    """Accounts to which time alone brings something, the soonest first. Looking again for credit's sake is nothing."""
    hushed = Exists(Account.objects.filter(pk=OuterRef("pk")).hushed(now))
    changes = ~Q(standing__document__next_change_at=None) | Q(hushed)
    return mine.filter(changes, standing__next_look_at__gt=now).order_by("standing__next_look_at", "id")


def _pressing(mine: QuerySet[Account], now: datetime) -> list[Account]:
    """Accounts whose stored standing is urgent, and then those that time has overtaken: they may be urgent by now."""
    urgent = urgent_at(now)
    found: Any = mine.filter(urgent | Q(standing__next_look_at__lte=now)).order_by(
        Case(When(urgent, then=0), default=1), Lower("name"), "id"
    )
    return list(found.with_standing().with_plan().with_hush(now)[: MOST_ACTS + 1 + MOST_OVERDUE])


def _coming(rows: Iterable[Row]) -> list[Row]:
    """What time brings next, soonest first, as of this moment."""
    dated = [(row.next_at, row.account.name, str(row.account.id), row) for row in rows if row.next_at is not None]
    return [row for *_order, row in sorted(dated, key=lambda item: item[:3])[:MOST_NEXT]]


def _filtered(mine: QuerySet[Account], request: PersonRequest) -> Any:
    """Narrow the accounts by what the address asks; what it asks wrongly finds nothing or changes nothing."""
    get = request.GET.get
    if words := get("q", "").strip()[:100]:
        mine = mine.filter(Q(name__icontains=words) | Q(organization_ref__icontains=words) | Q(notes__icontains=words))
    if provider := get("provider"):
        mine = mine.filter(rulebook__provider=provider)
    if advice := get("advice"):
        mine = mine.filter(standing__advice_code=advice)
    if tier := get("tier"):
        mine = mine.filter(seen_tier=tier)
    return mine.order_by(*SORTS.get(get("sort", ""), SORTS["next"]))


def rows_of(accounts: Iterable[Account], shelf: Shelf, *, now: datetime) -> list[Row]:
    """Return rows with the standing of this moment, whatever the clock has stored: days go by between its visits.

    One query. Nothing is written: that is the clock's work.
    """
    held = {account.id: account for account in accounts}
    lines: dict[Any, list[rules.Line]] = {account_id: [] for account_id in held}
    for payment in Payment.objects.filter(account__in=held).in_entry_order() if held else ():
        lines[payment.account_id].append(payment.as_line())
    return [_row(account, lines[account.id], shelf, now=now) for account in held.values()]


def _row(account: Account, lines: list[rules.Line], shelf: Shelf, *, now: datetime) -> Row:
    plan: Plan | None = getattr(account, "running_plan", None)  # read along by `with_plan`
    following = None
    try:
        standing = actions.assess(account, lines, shelf, now=now)
        document = standing.as_json()
        following = actions.follow(plan, standing, account) if plan is not None else None
    except ValueError:  # one account that the rules cannot assess must not take the board from the others
        log.exception("Account %s cannot be assessed; the board shows its stored standing.", account.id)
        document = account.standing.document
    advised = document["rulebook"] == account.rulebook_id and document["advice"]["tier"] == account.standing.advice_tier
    hush = Hush.of(account) if advised else None
    return Row(account, document, shelf[document["rulebook"]], following, hush, soon_gone(account, lines, now=now))


def _totals(counts: list[Any], key: str) -> list[tuple[str, int]]:
    totals: dict[str, int] = {}
    for row in counts:
        totals[row[key]] = totals.get(row[key], 0) + row["count"]
    order = {code: place for place, code in enumerate(ADVICE_ORDER)}
    return sorted(totals.items(), key=lambda item: order.get(item[0], 99))


def _tiers(counts: list[Any], shelf: Shelf) -> list[tuple[str, str, rules.Tier, int]]:
    """Accounts per seen tier, by provider and rank: (provider's name, its id, tier, count)."""
    totals: dict[tuple[str, int, str], tuple[str, str, rules.Tier, int]] = {}
    for row in counts:
        book = shelf[row["rulebook_id"]]
        if not book.has_tier(row["seen_tier"]):
            continue
        tier = book.tier(row["seen_tier"])
        key = (book.provider.name, tier.rank, tier.id)
        before = totals[key][3] if key in totals else 0
        totals[key] = (book.provider.name, book.provider.id, tier, before + row["count"])
    return [totals[key] for key in sorted(totals)]


def _provider(shelf: Shelf, row: Any) -> str:
    return shelf[row["rulebook_id"]].provider.name
