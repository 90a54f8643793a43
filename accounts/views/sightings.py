"""What the provider shows: one click when it is another tier."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST
from django.views.decorators.vary import vary_on_headers

from accounts import actions
from accounts.views.account import changed
from accounts.views.requests import PersonRequest, find_account


@require_POST
@vary_on_headers("HX-Request")
def see_tier(request: PersonRequest, account_id: UUID) -> HttpResponse:
    held, now = find_account(request, account_id, to_change=True), timezone.now()
    try:
        sighting = actions.see_tier(held, tier=request.POST.get("tier", ""), seen_at=now, by=request.user, now=now)
    except actions.NoSuchTier:
        messages.error(request, _("This edition has no such tier; choose one of its own."))
    else:
        words = {
            "rose": _("Noted: it has risen. Its limits follow within hours."),
            "fell": _("Noted: it has fallen. The board says so until it rises again."),
        }
        undo = reverse("accounts:withdraw-sighting", args=[held.pk, sighting.pk])
        messages.success(request, words.get(sighting.change, _("Noted.")), extra_tags=undo)
    return changed(request, held, now=now)


@require_POST
@vary_on_headers("HX-Request")
def withdraw_sighting(request: PersonRequest, account_id: UUID, sighting_id: int) -> HttpResponse:
    """Undo a click on the wrong tier."""
    held, now = find_account(request, account_id, to_change=True), timezone.now()
    sighting = get_object_or_404(held.sightings, pk=sighting_id)
    try:
        actions.withdraw_sighting(sighting, by=request.user, now=now)
    except actions.NotTheLatest:
        messages.error(request, _("Something came after it. Choose the tier that the provider shows now."))
    else:
        messages.success(request, _("Undone: the account shows what it showed before."))
    return changed(request, held, now=now)


@require_POST
def note_fall(request: PersonRequest, account_id: UUID) -> HttpResponse:
    """Take note of a fall, so that the board stops saying so."""
    held = find_account(request, account_id, to_change=True)
    actions.note_fall(held, by=request.user, now=timezone.now())
    messages.success(request, _("Noted; the history keeps it."))
    return redirect("accounts:board")
