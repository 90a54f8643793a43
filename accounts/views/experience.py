"""What climbing took here: how long upgrades took at each provider, and what they needed. Local, never a promise."""

from collections import defaultdict

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts import rules
from accounts.models import Escalation, Rulebook
from accounts.models.escalation import TIER_SEEN
from accounts.views.requests import PersonRequest

MOST_LISTED = 100


@require_safe
def experience(request: PersonRequest) -> HttpResponse:
    """Every escalation of the person's workspaces: those whose tier came are counted, all are listed, latest first."""
    held = list(Escalation.objects.visible_to(request.user).with_account())
    shelf = Rulebook.objects.filter(id__in={found.episode.rulebook_id for found in held}).shelf()
    climbs: dict[str, list[rules.Climb]] = defaultdict(list)
    for found in held:
        if found.how == TIER_SEEN:
            climbs[shelf[found.episode.rulebook_id].provider.name].append(found.as_climb())
    facts = {
        "providers": [(name, rules.experience(climbs[name])) for name in sorted(climbs)],
        "listed": [(found, shelf[found.episode.rulebook_id]) for found in held[:MOST_LISTED]],
        "has_more": len(held) > MOST_LISTED,
    }
    return render(request, "accounts/experience.html", facts)
