"""One relay: whether it is still needed, what is known of it, and a request that is ready to be sent."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers

from accounts.forms.relays import BalanceForm
from accounts.models import Relay, Rulebook
from accounts.views.bridges import shown
from accounts.views.requests import PersonRequest, zone_of

MOST_EVENTS = 50


def find_relay(
    request: PersonRequest, relay_id: UUID, *, to_change: bool = False, even_archived: bool = False
) -> Relay:
    """The relay, if the person may see it (or change it); a foreign one is a 404, or one to change in the archive."""
    relays = Relay.objects.editable_by(request.user) if to_change else Relay.objects.visible_to(request.user)
    if to_change and not even_archived:
        relays = relays.live()
    return get_object_or_404(relays.select_related("bridges", "workspace"), pk=relay_id)


@require_safe
@vary_on_headers("HX-Request")
def relay(request: PersonRequest, relay_id: UUID) -> HttpResponse:
    """The whole page, or for htmx the request for another model."""
    held, now = find_relay(request, relay_id), timezone.now()
    if request.htmx:
        return render(request, "accounts/_relay_request.html", _request(request, held))
    return whole_page(request, held, now=now)


def whole_page(
    request: PersonRequest, held: Relay, *, now: datetime, form: BalanceForm | None = None, status: int = 200
) -> HttpResponse:
    """The page, with a balance form that was typed into and cannot stand, or with a fresh one."""
    provider = held.bridges.provider if held.bridges is not None else ""
    context = _request(request, held) | {
        "row": shown([held], Rulebook.objects.of(provider).shelf(), now=now)[0],
        "events": held.events.latest_first().select_related("by")[:MOST_EVENTS],
        "may_write": Relay.objects.editable_by(request.user).filter(pk=held.pk).exists(),
        "form": form or BalanceForm(initial={"currency": held.currency}, zone=zone_of(request), now=now),
    }
    return render(request, "accounts/relay.html", context, status=status)


def _request(request: PersonRequest, held: Relay) -> dict[str, Any]:
    """What the example is made of: the model that the address asks for, else the first one that the relay offers."""
    wished = request.GET.get("model", "")
    models = held.model_ids
    return {"relay": held, "model": wished if wished in models else next(iter(models), "")}
