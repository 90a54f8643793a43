"""Relays: the list, opening and editing, the balance, the archive. tierdash never calls a relay itself."""

import uuid
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django.views.decorators.vary import vary_on_headers

from accounts import actions
from accounts.forms.relays import BalanceForm, FirstBalanceForm, RelayForm, without_secrets
from accounts.models import Account, Relay, Rulebook, Workspace
from accounts.views.bridges import shown
from accounts.views.relay import find_relay, whole_page
from accounts.views.requests import PersonRequest, find_workspace, zone_of

MOST_RELAYS = 200


@require_safe
def relays(request: PersonRequest) -> HttpResponse:
    """Every relay with its state, those in the archive behind them."""
    now = timezone.now()
    mine = Relay.objects.visible_to(request.user).select_related("bridges")
    live = list(mine.live()[:MOST_RELAYS])
    used = {relay.bridges.provider for relay in live if relay.bridges is not None}
    context = {
        "rows": shown(live, Rulebook.objects.of(*used).shelf(), now=now),
        "put_away": mine.filter(archived_at__isnull=False).order_by("-archived_at", "id")[:MOST_RELAYS],
        "may_add": Workspace.objects.editable_by(request.user).exists(),
    }
    return render(request, "accounts/relays.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@vary_on_headers("HX-Request")
def open_relay(request: PersonRequest) -> HttpResponse:
    """The form of a new relay with its first balance. `look` shows what the chosen account can wait for."""
    workspace, now = find_workspace(request, to_change=True), timezone.now()
    day = {"zone": zone_of(request), "now": now}
    if request.method != "POST" or "look" in request.POST:
        typed = without_secrets(request.POST.dict())
        return _form(request, _relay_form(request, workspace, initial=typed), FirstBalanceForm(initial=typed, **day))
    form, first = _relay_form(request, workspace, request.POST), FirstBalanceForm(request.POST, **day)
    if not (form.is_valid() & first.is_valid()):
        return _form(request, form, first, status=422)
    key = form.cleaned_data["form_key"] or uuid.uuid4()
    try:
        opened = actions.open_relay(
            workspace, facts=form.facts(), balance=first.said(), form_key=key, by=request.user, now=now
        )
    except actions.RelayRefused as refusal:
        form.refuse(refusal)
        return _form(request, form, first, status=422)
    messages.success(request, _("%(name)s is among your relays.") % {"name": opened.name})
    return redirect("accounts:relay", opened.pk)


@require_http_methods(["GET", "HEAD", "POST"])
@vary_on_headers("HX-Request")
def edit_relay(request: PersonRequest, relay_id: UUID) -> HttpResponse:
    held, now = find_relay(request, relay_id, to_change=True), timezone.now()
    if request.method != "POST" or "look" in request.POST:
        form = _relay_form(request, held.workspace, relay=held, initial=without_secrets(request.POST.dict()))
        return _form(request, form, relay=held)
    form = _relay_form(request, held.workspace, request.POST, relay=held)
    if not form.is_valid():
        return _form(request, form, relay=held, status=422)
    try:
        actions.edit_relay(held, facts=form.facts(), by=request.user, now=now)
    except actions.RelayRefused as refusal:
        form.refuse(refusal)
        return _form(request, form, relay=held, status=422)
    messages.success(request, _("Saved."))
    return redirect("accounts:relay", held.pk)


def _relay_form(request: PersonRequest, workspace: Workspace, *data: Any, **facts: Any) -> RelayForm:
    mine = Account.objects.visible_to(request.user).filter(workspace=workspace)
    # The account that stands there already is offered even when it was put away since: editing must not lose it.
    bridged = facts["relay"].bridges_id if "relay" in facts else None
    accounts = mine.filter(Q(archived_at=None) | Q(pk=bridged))
    return RelayForm(*data, accounts=accounts, shelf=Rulebook.objects.all().shelf(), **facts)


def _form(
    request: PersonRequest, form: RelayForm, first: Any = None, *, relay: Relay | None = None, status: int = 200
) -> HttpResponse:
    page = "edit_relay" if relay else "open_relay"
    template = "accounts/_relay_form.html" if request.htmx else f"accounts/{page}.html"
    return render(request, template, {"form": form, "first": first, "relay": relay}, status=status)


@require_POST
def note_relay_balance(request: PersonRequest, relay_id: UUID) -> HttpResponse:
    """Note the balance that the relay shows, from the form of its page."""
    held, now = find_relay(request, relay_id, to_change=True), timezone.now()
    form = BalanceForm(request.POST, zone=zone_of(request), now=now)
    if not form.is_valid():
        return whole_page(request, held, now=now, form=form, status=422)
    actions.note_relay_balance(held, balance=form.said(), by=request.user, now=now)
    messages.success(request, _("The balance is noted."))
    return redirect("accounts:relay", held.pk)


@require_POST
def archive_relay(request: PersonRequest, relay_id: UUID) -> HttpResponse:
    held = find_relay(request, relay_id, to_change=True, even_archived=True)
    actions.archive_relay(held, by=request.user, now=timezone.now())
    messages.success(request, _("%(name)s is in the archive; it is offered nowhere.") % {"name": held.name})
    return redirect("accounts:relay", held.pk)


@require_POST
def restore_relay(request: PersonRequest, relay_id: UUID) -> HttpResponse:
    held = find_relay(request, relay_id, to_change=True, even_archived=True)
    try:
        actions.restore_relay(held, by=request.user, now=timezone.now())
    except actions.RelayRefused:
        messages.error(request, _("Another relay has this name by now; rename that one first."))
    else:
        messages.success(request, _("%(name)s is among your relays again.") % {"name": held.name})
    return redirect("accounts:relay", held.pk)
