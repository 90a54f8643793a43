"""What people do on the path: tick a step, snooze, resolve. Each answer carries every part of the page that follows."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST
from django.views.decorators.vary import vary_on_headers

from accounts import actions
from accounts.forms.escalations import SNOOZE_DAYS, SnoozeForm, TicketForm
from accounts.models import Escalation
from accounts.views.account import changed, whole_page
from accounts.views.requests import PersonRequest, find_escalation, zone_of


@require_POST
@vary_on_headers("HX-Request")
def tick_step(request: PersonRequest, escalation_id: UUID) -> HttpResponse:
    """Note a step as done; the ticket's reference comes along with the step that asks support."""
    escalation, now = find_escalation(request, escalation_id), timezone.now()
    ticket = None
    if "ticket" in request.POST:
        form = TicketForm(request.POST)
        if not form.is_valid():
            return _form_again(request, escalation, {"ticket_form": form}, now=now)
        ticket = form.cleaned_data["ticket"]
    step = request.POST.get("step", "")
    return _do(request, escalation, actions.tick_step, now=now, step=step, ticket_ref=ticket)


@require_POST
@vary_on_headers("HX-Request")
def untick_step(request: PersonRequest, escalation_id: UUID) -> HttpResponse:
    escalation, now = find_escalation(request, escalation_id), timezone.now()
    return _do(request, escalation, actions.untick_step, now=now, step=request.POST.get("step", ""))


@require_POST
@vary_on_headers("HX-Request")
def snooze_escalation(request: PersonRequest, escalation_id: UUID) -> HttpResponse:
    """Let it rest for some days, or until a day begins."""
    escalation, now = find_escalation(request, escalation_id), timezone.now()
    form = SnoozeForm(request.POST, zone=zone_of(request), now=now)
    if not form.is_valid():
        return _form_again(request, escalation, {"snooze_form": form}, now=now)
    said = _("Snoozed: the board does not call for anybody, and nothing is lost.")
    return _do(request, escalation, actions.snooze_escalation, now=now, said=said, until=form.until())


@require_POST
@vary_on_headers("HX-Request")
def wake_escalation(request: PersonRequest, escalation_id: UUID) -> HttpResponse:
    escalation, now = find_escalation(request, escalation_id), timezone.now()
    return _do(request, escalation, actions.wake_escalation, now=now)


@require_POST
@vary_on_headers("HX-Request")
def resolve_escalation(request: PersonRequest, escalation_id: UUID) -> HttpResponse:
    """Settled another way, or not pursued any more."""
    escalation, now = find_escalation(request, escalation_id), timezone.now()
    said = _("Noted. The board does not call for it any more; you can take it up again here.")
    how = request.POST.get("how", "")
    return _do(request, escalation, actions.resolve_escalation, now=now, said=said, how=how)


@require_POST
@vary_on_headers("HX-Request")
def reopen_escalation(request: PersonRequest, escalation_id: UUID) -> HttpResponse:
    escalation, now = find_escalation(request, escalation_id), timezone.now()
    return _do(request, escalation, actions.reopen_escalation, now=now)


def _do(
    request: PersonRequest,
    escalation: Escalation,
    verb: Callable[..., object],
    *,
    now: datetime,
    said: str = "",
    **facts: Any,
) -> HttpResponse:
    """Do it and answer with all that follows, or with why it cannot be done."""
    try:
        verb(escalation, by=request.user, now=now, **facts)
    except actions.EscalationRefused as refusal:
        messages.warning(request, _refusal(refusal.code))
    else:
        messages.success(request, said or _("Noted."))
    return changed(request, escalation.episode.account, now=now)


def _refusal(code: str) -> str:
    words = {
        "over": _("This stretch is over: the tier is not within reach any more."),
        "resolved": _("This is resolved already. Take it up again first."),
        "not_now": _("This step cannot be ticked now."),
    }
    return words.get(code, _("This cannot be done."))


def _form_again(
    request: PersonRequest, escalation: Escalation, typed: Mapping[str, Any], *, now: datetime
) -> HttpResponse:
    """Show the form with its errors; nothing that was typed is lost."""
    if request.htmx:
        [name] = typed
        context = {"escalation": escalation, "snooze_days": SNOOZE_DAYS, **typed}
        return render(request, f"accounts/_{name}.html", context, status=422)
    return whole_page(request, escalation.episode.account, now=now, typed=typed, status=422)
