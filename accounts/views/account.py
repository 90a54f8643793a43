"""One account: the advice, the ladder, the payments with their reasons, the models, the history."""

import itertools
from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers

from accounts import actions, rules
from accounts.forms.payments import PaymentForm
from accounts.models import Account, Membership, Payment, Rulebook
from accounts.models.workspace import WRITING_ROLES
from accounts.views.living import answer
from accounts.views.requests import PersonRequest, find_account, zone_of

MOST_EVENTS = 30
PAYMENTS_PER_PAGE = 200


@require_safe
@vary_on_headers("HX-Request")
def account(request: PersonRequest, account_id: UUID) -> HttpResponse:
    """The whole page; for htmx its living parts out of band (204 when unchanged), or the models that a search finds."""
    held = find_account(request, account_id)
    now = timezone.now()
    context = page_of(request, held, now=now)
    if not request.htmx:
        return render(request, "accounts/account.html", context)
    if request.htmx.target == "models":
        return render(request, "accounts/_models.html", context)
    return answer("accounts/_account_parts.html", context | {"oob": True}, request)


def page_of(request: PersonRequest, held: Account, *, now: datetime, form: PaymentForm | None = None) -> dict[str, Any]:
    """Everything the account page and its parts show, with the standing of this moment."""
    shelf = Rulebook.objects.all().shelf()
    payments = list(Payment.objects.filter(account=held).select_related("undoes").in_entry_order())
    by_id = {str(payment.pk): payment for payment in payments}
    standing = actions.assess(held, [payment.as_line() for payment in payments], shelf, now=now)
    book = standing.rulebook
    role = Membership.objects.filter(workspace=held.workspace_id, user=request.user).values_list("role", flat=True)
    is_editor = role.first() in WRITING_ROLES and not held.is_archived
    if form is None and is_editor:
        form = PaymentForm(account=held, zone=zone_of(request), now=now)
    return {
        "account": held,
        "rulebook": book,
        "standing": standing.as_json(),
        "entries": [(by_id[entry.line.id], entry) for entry in reversed(standing.tally.entries)],
        "form": form,
        "is_editor": is_editor,
        "tiers": book.tiers,
        "events": list(held.events.latest_first().select_related("by")[:MOST_EVENTS]),
        "models": _models(held, standing, request.GET.get("model", ""), now=now),
        "model_words": request.GET.get("model", ""),
        "unlocks": _unlocks(book, now),
        "missing": [need for need in _needs(standing) if need not in held.confirmed],
        "confirmed": [need for need in rules.REQUIREMENTS if need in held.confirmed],
        "current_edition": shelf.in_force(book.provider.id, now.date()),
        "now": now,
    }


def _needs(standing: rules.Standing) -> list[str]:
    """What tiers above the seen one ask besides money and days."""
    above = [tier for tier in standing.rulebook.tiers if tier.rank > standing.seen_tier.rank]
    return list(dict.fromkeys(need for tier in above for need in tier.requires))


def _unlocks(book: rules.Rulebook, now: datetime) -> dict[str, str]:
    """The models that each tier opens, in words, by tier id."""
    opened = {}
    for below, tier in itertools.pairwise(book.tiers):
        names = [model.name for model in rules.unlocked_by(book, below.id, tier.id, now.date())]
        if names:
            opened[tier.id] = _("Opens {models}").format(models=_(", ").join(names))
    return opened


def _models(held: Account, standing: rules.Standing, words: str, *, now: datetime) -> list[dict[str, Any]]:
    """Every model of the edition that fits the search: may it be used, what opens it, limits now and one tier up."""
    book, seen = standing.rulebook, standing.seen_tier
    above = [tier for tier in book.tiers if tier.rank > seen.rank]
    found = [m for m in book.models if words.strip().lower() in f"{m.name} {m.id}".lower()]
    models = []
    for model in found:
        access = rules.access(book, model.id, seen.id, held.confirmed_at, now.date())
        limits = book.limits_of(model.id)
        models.append(
            {
                "model": model,
                "access": access,
                "now": [(limit, metric, limit.cell(seen.id, metric)) for limit in limits for metric in limit.metrics],
                "next": [
                    (limit, metric, limit.cell(above[0].id, metric)) for limit in limits for metric in limit.metrics
                ]
                if above
                else [],
            }
        )
    order = {"open": 0, "locked": 1, "partner": 2, "expected": 3, "unknown": 4, "retired": 5}
    return sorted(models, key=lambda row: order.get(row["access"].state, 9))
