"""One account: the advice, the ladder, the payments with their reasons, the models, the history."""

import itertools
from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers

from accounts import actions, rules
from accounts.forms.payments import PaymentForm
from accounts.forms.receipts import ACCEPTED, most_bytes
from accounts.models import Account, Feed, Membership, Payment, Plan, Rulebook
from accounts.models.workspace import WRITING_ROLES
from accounts.views.climbing import climbing
from accounts.views.crediting import credit_that_expires, doubted, named_in, refund_asked
from accounts.views.feed import address_of
from accounts.views.ledger import payments_of, proved_of
from accounts.views.living import answer, living, whole
from accounts.views.planner import planner_address
from accounts.views.requests import PersonRequest, find_account, said, said_often, zone_of

MOST_EVENTS = 30
MOST_PAYMENTS = 200
# No browser shows a hundred thousand lines; an export has them all.
MOST_OF_ALL = 5_000
PARTS = (
    *("advice", "escalation", "seen", "plan", "ladder_section", "timeline", "ledger", "credit", "model_list"),
    "history",
)
NOTHING_TYPED: Mapping[str, Any] = MappingProxyType({})
MODEL_ORDER = ("open", "locked", "partner", "expected", "unknown", "retired")


@require_safe
@vary_on_headers("HX-Request")
def account(request: PersonRequest, account_id: UUID) -> HttpResponse:
    """The whole page; for htmx its living parts (204 when unchanged), or the models that a search finds."""
    held = find_account(request, account_id)
    now = timezone.now()
    if not request.htmx:
        return whole_page(request, held, now=now)
    context = page_of(request, held, now=now)
    if request.htmx.target == "model-list":
        return render(request, "accounts/_model_list.html", context)
    if request.htmx.target == "payment-form" and context["is_editor"]:
        form = fresh_form(request, held, context, now=now)
        return render(request, "accounts/_payment_form.html", context | {"form": form})
    return answer(PARTS, context, request)


def whole_page(
    request: PersonRequest,
    held: Account,
    *,
    now: datetime,
    form: PaymentForm | None = None,
    typed: Mapping[str, Any] = NOTHING_TYPED,
    status: int = 200,
) -> HttpResponse:
    """The page, with a payment form that was typed into and cannot stand, or with a fresh one.

    `typed` holds other forms of the page that cannot stand, by their names in its templates.
    """
    context = page_of(request, held, now=now) | dict(typed)
    if context["is_editor"]:
        context["form"] = form or fresh_form(request, held, context, now=now)
        context |= {"accepted": ACCEPTED, "most_sent": most_bytes()}
    live = living(PARTS, context, request)
    facts = context | {"parts": live.parts, "version": live.version}
    return render(request, "accounts/account.html", facts, status=status)


def fresh_form(request: PersonRequest, held: Account, context: Mapping[str, Any], *, now: datetime) -> PaymentForm:
    """The payment form, empty or about to take back the payment that the address names."""
    latest = [payment for payment, _entry in context["entries"]]
    initial = refund_asked(request, held)
    focus = "gross" if initial else ""
    return PaymentForm(account=held, latest=latest, zone=zone_of(request), now=now, initial=initial, focus=focus)


def changed(
    request: PersonRequest, held: Account, *, now: datetime, is_form_used: bool = False, corrected: UUID | None = None
) -> HttpResponse:
    """Answer a change: every living part, the messages and a fresh form in one round trip, or the page itself.

    Only a form that was used up is replaced (`corrected` names the payment whose form it was: its line gets the focus);
    one that is half filled in stays as it is.
    """
    if not request.htmx:
        return redirect("accounts:account", held.pk)
    fresh = find_account(request, held.pk)
    context = page_of(request, fresh, now=now) | {"oob": True}
    context |= {"correcting": context["correcting"] - {str(corrected)}, "corrected": corrected}
    html = [whole(living(PARTS, context, request), context, request)]
    if is_form_used:
        context["form"] = fresh_form(request, fresh, context, now=now)
        html.append(render_to_string("accounts/_payment_form.html", context, request))
    html.append(render_to_string("accounts/_messages.html", context, request))
    return HttpResponse("\n".join(html), headers={"HX-Reswap": "none"})


def page_of(request: PersonRequest, held: Account, *, now: datetime) -> dict[str, Any]:
    """Everything the account page and its parts show, with the standing of this moment."""
    shelf = Rulebook.objects.all().shelf()
    lines = [line for _, line in Payment.objects.filter(account=held).in_entry_order().lines()]
    standing = actions.assess(held, lines, shelf, now=now)
    book, shows_all = standing.rulebook, bool(said(request, "all"))
    member = Membership.objects.filter(workspace=held.workspace_id, user=request.user)
    role, seed = member.values_list("role", "user__feed__seed").first() or ("", None)
    may_write = role in WRITING_ROLES
    latest = standing.tally.entries[-(MOST_OF_ALL if shows_all else MOST_PAYMENTS) :]
    following = _following(held, standing)
    stepped = [line_id for step in following.steps for line_id in step.by] if following is not None else []
    by_id = payments_of(held, [*(entry.line.id for entry in latest), *stepped, *named_in(standing.doubts)])
    shown = [by_id[entry.line.id] for entry in latest]
    events = list(held.events.latest_first().select_related("by")[: None if shows_all else MOST_EVENTS + 1])
    words = said(request, "model")
    return {
        "account": held,
        "address": reverse("accounts:account", args=[held.pk]) + ("?all=1" if shows_all else ""),
        "rulebook": book,
        "standing": standing.as_json(),
        "timeline": _timeline(held, standing),
        "is_above_rules": _is_above(standing),
        "doubts": doubted(standing.doubts, by_id),
        **credit_that_expires(held, lines, shown, now=now),
        **plan_of(held, standing, following, by_id),
        "entries": list(zip(reversed(shown), reversed(latest), strict=True)),
        "entry_count": len(standing.tally.entries),
        "shows_all": shows_all,
        "is_cut": len(latest) < len(standing.tally.entries),
        "proved": proved_of(held, standing, by_id),
        "correcting": said_often(request, "correcting"),
        "may_write": may_write,
        "feed_address": address_of(Feed(seed=seed or ""), held),
        "is_editor": may_write and not held.is_archived,
        "tiers": book.tiers,
        "events": events if shows_all else events[:MOST_EVENTS],
        "has_more_events": len(events) > MOST_EVENTS and not shows_all,
        "models": models_of(held, standing, words, now=now),
        "model_words": words,
        "unlocks": unlocks_of(book, now),
        "missing": [need for need in _needs(standing) if need not in held.confirmed],
        "confirmed": [need for need in rules.REQUIREMENTS if need in held.confirmed],
        **climbing(request, held, standing, may_change=may_write and not held.is_archived, now=now),
        "current_edition": shelf.in_force(book.provider.id, now.date()),
    }


def _timeline(held: Account, standing: rules.Standing) -> rules.Timeline:
    shown = [rules.Shown(tier, at) for tier, at in held.sightings.in_order().values_list("tier", "seen_at")]
    notices = held.notices.about_tiers().in_order()
    told = [rules.Told(*notice) for notice in notices.values_list("kind", "tier", "created_at")]
    return rules.timeline(standing, shown, told)


def _following(held: Account, standing: rules.Standing) -> rules.Following | None:
    """How far the running plan has been followed; None without one."""
    plan: Plan | None = getattr(held, "running_plan", None)  # read along by `with_plan`
    return actions.follow(plan, standing, held) if plan is not None else None


def plan_of(
    held: Account, standing: rules.Standing, following: rules.Following | None, payments: Mapping[str, Payment]
) -> dict[str, Any]:
    """The running plan and how far it has been followed, with the payments of each step; is the goal met?"""
    steps = following.steps if following is not None else ()
    goal = rules.needed_tier(standing.rulebook, held.wish, standing.at.date(), held.confirmed) if held.wish else None
    return {
        "is_goal_met": goal is not None and goal.tier is not None and standing.seen_tier.rank >= goal.tier.rank,
        "plan": getattr(held, "running_plan", None),
        "following": following,
        "plan_steps": [(followed, [payments[line_id] for line_id in followed.by]) for followed in steps],
        "planner_address": planner_address(held),
    }


def _is_above(standing: rules.Standing) -> bool:
    """Whether the provider shows more than the rules give; it grants exceptions."""
    eligible = standing.eligible_tier
    return eligible is not None and standing.seen_tier.rank > eligible.rank


def _needs(standing: rules.Standing) -> list[str]:
    """What tiers above the seen one ask besides money and days."""
    above = [tier for tier in standing.rulebook.tiers if tier.rank > standing.seen_tier.rank]
    return list(dict.fromkeys(need for tier in above for need in tier.requires))


def unlocks_of(book: rules.Rulebook, now: datetime) -> dict[str, str]:
    """The models that each tier opens, in words, by tier id."""
    opened = {}
    for below, tier in itertools.pairwise(book.tiers):
        names = [model.name for model in rules.unlocked_by(book, below.id, tier.id, now.date())]
        if names:
            opened[tier.id] = _("Opens {models}").format(models=_(", ").join(names))
    return opened


def models_of(held: Account, standing: rules.Standing, words: str, *, now: datetime) -> list[dict[str, Any]]:
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
    return sorted(models, key=lambda row: MODEL_ORDER.index(row["access"].state))
