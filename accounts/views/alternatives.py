"""Alternatives: what there is when no tier does it, or not in time, side by side and without advertising."""

import logging
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils import timezone
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers

from accounts import rules
from accounts.forms.alternatives import AlternativesForm
from accounts.forms.planner import PlannerForm
from accounts.models import Account, Relay, Rulebook, Shelf
from accounts.views.bridges import Shown, shown
from accounts.views.planner import form_of, plans_of
from accounts.views.requests import PersonRequest

log = logging.getLogger(__name__)

MOST_RELAYS = 50


@require_safe
@vary_on_headers("HX-Request")
def alternatives(request: PersonRequest) -> HttpResponse:
    """The whole page, or for htmx the comparison with the fields that go with it."""
    now, shelf = timezone.now(), Rulebook.objects.all().shelf()
    if not shelf:
        return render(request, "accounts/alternatives.html", {"form": None})
    relays = list(Relay.objects.visible_to(request.user).live().select_related("bridges")[:MOST_RELAYS])
    offered = [one for relay in relays for one in relay.model_ids]
    form = form_of(request, request.GET, shelf, now=now, kind=AlternativesForm, offered=offered)
    context: dict[str, Any] = {"form": form, "rulebook": form.book, "account": form.held, "now": now}
    if form.is_valid() and (wish := form.wish) is not None:
        context |= _compared(form, wish, relays, shelf, now=now)
    status = 422 if form.errors else 200
    if not request.htmx:
        return render(request, "accounts/alternatives.html", context, status=status)
    parts = [("_alternatives", context), ("_wish", context | {"oob": True})]
    html = [render_to_string(f"accounts/{name}.html", facts, request) for name, facts in parts]
    return HttpResponse("\n".join(html), status=status)


def _compared(
    form: PlannerForm, wish: rules.Wish, relays: Sequence[Relay], shelf: Shelf, *, now: datetime
) -> dict[str, Any]:
    """The comparison, and the accounts and relays that it names."""
    held = form.held
    try:
        plans = plans_of(form, wish, shelf, now=now)
    except ValueError:  # an account that the rules cannot assess is compared as a new one
        log.exception("Account %s cannot be assessed.", form.data["account"])
        held, plans = None, rules.plan_anew(form.book, wish, now, form.wanted_at)
    others = {
        str(other.pk): other
        for other in form.accounts.values()
        if other is not form.held and _has_it(other, wish, form.book, shelf, now)
    }
    mine = {str(row.relay.pk): row for row in shown(relays, shelf, now=now)}
    offered = [rules.RelayOffer(key, _lists(row, wish), row.condition) for key, row in mine.items()]
    ways = rules.alternatives(plans, by=form.wanted_at, others=list(others), offered=offered)
    rows = list(_rows(ways, wish, others, mine))
    return {"wish": wish, "plans": plans, "ways": ways, "compared": rows, "account": held}


def _rows(
    ways: Iterable[rules.Alternative], wish: rules.Wish, others: dict[str, Account], mine: dict[str, Shown]
) -> Iterable[dict[str, Any]]:
    for way in ways:
        accounts = [others[one] for one in way.ids if one in others]
        relays = [(mine[one], _lists(mine[one], wish)) for one in way.ids if one in mine]
        yield {"way": way, "accounts": accounts, "relays": relays}


def _has_it(other: Account, wish: rules.Wish, book: rules.Rulebook, shelf: Shelf, now: datetime) -> bool:
    """Whether another account of the same provider has what is wished for."""
    its = shelf.get(other.rulebook_id)
    if its is None or its.provider.id != book.provider.id or not its.has_tier(other.seen_tier):
        return False
    confirmed = [need for need, since in other.confirmed_at.items() if since <= now]
    return rules.has_it(its, wish, its.tier(other.seen_tier), now.date(), confirmed)


def _lists(row: Shown, wish: rules.Wish) -> bool:
    return bool(wish.model) and rules.offers_model(row.relay.model_ids, wish.model)
