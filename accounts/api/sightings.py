"""Sightings: which tier the provider showed, and when."""

from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from ninja import Query, Router

from accounts import actions
from accounts.api import shapes
from accounts.api.bearer import MAY_READ, MAY_RECORD, TokenRequest
from accounts.api.cursors import Order, cut
from accounts.api.finding import at_or, find_account
from accounts.api.problems import invalid
from accounts.api.repeating import writes
from accounts.models import Sighting

router = Router(tags=[gettext_noop("Sightings")])
ORDER = Order("sightings", "seen_at")


@router.get(
    "/accounts/{uuid:account_id}/sightings",
    auth=MAY_READ,
    response=shapes.Sightings,
    summary=gettext_noop("List what the provider showed, the latest first"),
)
def list_sightings(request: TokenRequest, account_id: UUID, asked: Query[shapes.Asked]) -> shapes.Sightings:
    held = find_account(request, account_id)
    part, following = cut(Sighting.objects.filter(account=held), ORDER, asked)
    return shapes.Sightings(items=[_told(sighting) for sighting in part], next=following)


@router.post(
    "/accounts/{uuid:account_id}/sightings",
    auth=MAY_RECORD,
    response={201: shapes.Sighting},
    summary=gettext_noop("Record which tier the provider shows"),
)
@writes(201)
def see_tier(request: TokenRequest, account_id: UUID, said: shapes.NewSighting) -> shapes.Sighting:
    held, now = find_account(request, account_id, to_change=True), timezone.now()
    seen_at = at_or(now, said.seen_at)
    if seen_at > now:
        raise invalid("seen_at", "in_future", _("This lies in the future."))
    try:
        sighting = actions.see_tier(held, tier=said.tier, seen_at=seen_at, by=request.user, now=now, source="api")
    except actions.NoSuchTier:
        raise invalid("tier", "not_in_edition", _("This edition has no such tier; choose one of its own.")) from None
    return _told(sighting)


def _told(sighting: Sighting) -> shapes.Sighting:
    names = ("tier", "source", "change", "seen_at", "recorded_at")
    return shapes.Sighting(rulebook=sighting.rulebook_id, **{name: getattr(sighting, name) for name in names})
