"""The path towards a tier as the account page shows it: its steps, who did them, and what climbing took here before."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from accounts import rules
from accounts.forms.escalations import SNOOZE_DAYS, SnoozeForm, TicketForm
from accounts.models import Account, Escalation, User
from accounts.views.requests import PersonRequest, zone_of


@dataclass(frozen=True, slots=True)
class WalkedStep:
    """A step of the path, its place from 1, who said that it is done ("": nobody), and the forms that do it."""

    step: rules.PathStep
    place: int
    by: str

    @property
    def is_support(self) -> bool:
        return self.step.name == "support_asked"


def climbing(
    request: PersonRequest, held: Account, standing: rules.Standing, *, may_change: bool, now: datetime
) -> dict[str, Any]:
    """What `_escalation.html` takes. Empty where no episode of the advised tier calls for anybody: no query then."""
    escalation = _running(held, standing)
    path = escalation.path(standing, looked_at=held.seen_at) if escalation is not None else None
    if escalation is None or path is None:
        return {"escalation": None, "walked": []}
    climbed = Escalation.objects.visible_to(request.user).of_provider(held.provider).climbed()
    return {
        "escalation": escalation,
        "path": path,
        "walked": walked(path, escalation),
        "is_snoozed": escalation.is_snoozed(now),
        "experience": rules.experience(found.as_climb() for found in climbed),
        "snooze_days": SNOOZE_DAYS,
        "snooze_form": SnoozeForm(zone=zone_of(request), now=now) if may_change else None,
        "ticket_form": TicketForm(initial={"ticket": escalation.ticket_ref}) if may_change else None,
    }


def _running(held: Account, standing: rules.Standing) -> Escalation | None:
    if standing.advice.code not in rules.ON_THE_PATH or held.is_archived:
        return None
    running = Escalation.objects.running().select_related("episode")
    tier = standing.advice.tier.id
    return running.filter(episode__account=held, episode__rulebook_id=held.rulebook_id, episode__tier=tier).first()


def walked(path: rules.Path, escalation: Escalation) -> list[WalkedStep]:
    """The steps with the names of those who ticked them; one query where anybody did."""
    by = {step: tick["by"] for step, tick in escalation.ticks.items()}
    people = User.objects.in_bulk(set(by.values())) if by else {}
    gone = _("somebody who left")
    names = {step: str(people.get(person, gone)) for step, person in by.items()}
    return [
        WalkedStep(step, place, names.get(step.name, "") if step.is_said else "")
        for place, step in enumerate(path.steps, start=1)
    ]
