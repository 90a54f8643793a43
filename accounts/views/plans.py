"""Adopt a plan, and give it up."""

import uuid
from datetime import datetime
from decimal import Decimal, InvalidOperation
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import BadRequest
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts import actions
from accounts.models import Account, Plan, Rulebook
from accounts.views.planner import answer, form_of
from accounts.views.requests import PersonRequest, find_account


@require_POST
def adopt_plan(request: PersonRequest, account_id: UUID) -> HttpResponse:
    """Adopt one of the plans that the planner showed; if the account has changed since, show the plans anew."""
    held, now = find_account(request, account_id, to_change=True, in_archive=True), timezone.now()
    try:
        plan = _adopt(request, held, now=now)
    except actions.PlanRefused as refusal:
        if refusal.code == "archived":
            messages.error(request, _("The account is in the archive. Take it back first."))
            return redirect("accounts:account", held.pk)
        messages.warning(request, _("The account has changed since these plans were made. These are the plans now."))
        return answer(request, request.POST, now=now, status=409)
    messages.success(request, _("The plan is adopted. The board shows its next step."))
    return redirect(f"{reverse('accounts:account', args=[plan.account_id])}#plan")


def _adopt(request: PersonRequest, held: Account, *, now: datetime) -> Plan:
    """Adopt what the form names; BadRequest for what no form of ours says."""
    said = request.POST.copy()
    said["account"] = str(held.pk)
    if held.is_archived:
        raise actions.PlanRefused("archived")
    form = form_of(request, said, Rulebook.objects.all().shelf(), now=now)
    try:
        total_usd, key = Decimal(said.get("total_usd", "")), uuid.UUID(said.get("form_key", ""))
    except (InvalidOperation, ValueError):
        raise BadRequest("This is no form of ours.") from None
    if not form.is_valid() or form.wish is None:
        raise BadRequest("There is no wish in this form.")
    return actions.adopt_plan(
        held,
        wish=form.wish,
        kind=said.get("kind", ""),
        wanted_at=form.wanted_at,
        total_usd=total_usd,
        form_key=key,
        by=request.user,
        now=now,
    )


@require_POST
def drop_plan(request: PersonRequest, account_id: UUID) -> HttpResponse:
    """Give up the running plan. Adopting one again undoes it."""
    held = find_account(request, account_id, to_change=True, in_archive=True)
    try:
        plan = actions.drop_plan(held, by=request.user, now=timezone.now())
    except actions.PlanRefused:
        messages.error(request, _("The account is in the archive. Take it back first."))
    else:
        if plan is not None:
            messages.success(request, _("The plan is given up; the goal stays. Adopt a plan again at any time."))
    return redirect("accounts:account", held.pk)
