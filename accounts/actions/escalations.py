"""What people do on the path of an episode: tick a step, snooze, resolve; each can be undone."""

from datetime import datetime, timedelta

from django.db import transaction

from accounts import rules
from accounts.actions.history import event, write_events
from accounts.actions.standings import assess, reassess
from accounts.models import Account, Escalation, Payment, Rulebook, User
from accounts.models.escalation import BY_PERSON, GAVE_UP, LONGEST_TICKET, TIER_SEEN

LONGEST_SNOOZE = timedelta(days=366)


class EscalationRefused(ValueError):
    """What cannot be done with an escalation; `code` says why.

    over: its episode has ended, or the account is in the archive. resolved: it is, so nothing is left to do.
    not_now: a person cannot say this step is done, or not yet. until: a snooze that ends too early or too late.
    ticket: a reference that is too long. how: no way to resolve it by hand.
    """

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@transaction.atomic
def tick_step(
    escalation: Escalation, *, step: str, by: User, now: datetime, ticket_ref: str | None = None
) -> Escalation:
    """Note that a person has done a step; twice is as good as once. `ticket_ref`: None leaves it as it is.

    EscalationRefused when the step is not one that a person can say now.
    """
    held = _open(escalation)
    _check_ticket(ticket_ref)
    found = _step(held, step, now=now)
    if found.state != "done":
        if not found.may_be_said:
            raise EscalationRefused("not_now")
        held.ticks = {**held.ticks, step: {"at": rules.as_text(now), "by": by.pk}}
        tick = {"step": step, "tier": held.episode.tier, "ticket": ticket_ref or ""}
        write_events([event(held.episode.account, "step_ticked", at=now, by=by, **tick)])
    elif ticket_ref is not None and ticket_ref != held.ticket_ref:
        write_events([event(held.episode.account, "ticket_noted", at=now, by=by, ticket=ticket_ref)])
    if ticket_ref is not None:
        held.ticket_ref = ticket_ref
    held.save(update_fields=["ticks", "ticket_ref"])
    return held


def _check_ticket(ticket_ref: str | None) -> None:
    if ticket_ref is not None and len(ticket_ref) > LONGEST_TICKET:
        raise EscalationRefused("ticket")


def _step(held: Escalation, step: str, *, now: datetime) -> rules.PathStep:
    """The step as it stands now; EscalationRefused where there is none, or where no person has a say in it."""
    account = held.episode.account
    lines = [payment.as_line() for payment in Payment.objects.filter(account=account).in_entry_order()]
    shelf = Rulebook.objects.of(account.provider).shelf()
    path = held.path(assess(account, lines, shelf, now=now), looked_at=account.seen_at)
    if path is None or path.tier.id != held.episode.tier or step not in rules.SAYABLE:
        raise EscalationRefused("not_now")
    return path.step(step)


@transaction.atomic
def untick_step(escalation: Escalation, *, step: str, by: User, now: datetime) -> Escalation:
    """Take back what a person said of a step; what tierdash itself knows stays."""
    held = _open(escalation)
    if step in held.ticks:
        held.ticks = {name: tick for name, tick in held.ticks.items() if name != step}
        held.save(update_fields=["ticks"])
        write_events([event(held.episode.account, "step_unticked", at=now, by=by, step=step)])
    return held


@transaction.atomic
def snooze_escalation(escalation: Escalation, *, until: datetime, by: User, now: datetime) -> Escalation:
    """Let it rest until an instant: the board does not call for anybody, and what falls due meanwhile is told then."""
    if not now < until <= now + LONGEST_SNOOZE:
        raise EscalationRefused("until")
    held = _open(escalation)
    if held.snoozed_until == until:
        return held
    held.snoozed_until = until
    held.save(update_fields=["snoozed_until"])
    facts = {"tier": held.episode.tier, "until": rules.as_text(until)}
    write_events([event(held.episode.account, "escalation_snoozed", at=now, by=by, **facts)])
    reassess(held.episode.account, now=now)
    return held


@transaction.atomic
def wake_escalation(escalation: Escalation, *, by: User, now: datetime) -> Escalation:
    """End a snooze at once; what fell due meanwhile is told now."""
    held = _open(escalation)
    if held.is_snoozed(now):
        held.snoozed_until = None
        held.save(update_fields=["snoozed_until"])
        write_events([event(held.episode.account, "escalation_woken", at=now, by=by, tier=held.episode.tier)])
        reassess(held.episode.account, now=now)
    return held


@transaction.atomic
def resolve_escalation(escalation: Escalation, *, how: str, by: User, now: datetime) -> Escalation:
    """Call nobody for this episode any more: it was settled another way (`by_person`), or is not pursued (`gave_up`).

    Should the tier be seen later after all, that is noted as its end.
    """
    if how not in (BY_PERSON, GAVE_UP):
        raise EscalationRefused("how")
    held = _running(escalation)
    if held.is_resolved:
        return held
    held.resolved_at, held.how = now, how
    held.save(update_fields=["resolved_at", "how"])
    facts = {"tier": held.episode.tier, "how": how}
    write_events([event(held.episode.account, "escalation_resolved", at=now, by=by, **facts)])
    reassess(held.episode.account, now=now)
    return held


@transaction.atomic
def reopen_escalation(escalation: Escalation, *, by: User, now: datetime) -> Escalation:
    """Undo what a person resolved; what fell due meanwhile is told now."""
    held = _running(escalation)
    if held.is_resolved and held.how != TIER_SEEN:
        held.resolved_at, held.how = None, ""
        held.save(update_fields=["resolved_at", "how"])
        write_events([event(held.episode.account, "escalation_reopened", at=now, by=by, tier=held.episode.tier)])
        reassess(held.episode.account, now=now)
    return held


def _running(escalation: Escalation) -> Escalation:
    """The escalation as it is now, with its account locked. EscalationRefused when its episode is over."""
    account_id = escalation.episode.account_id
    account = Account.objects.select_for_update(of=("self",)).select_related("standing").get(pk=account_id)
    held = Escalation.objects.select_related("episode").get(pk=escalation.pk)
    held.episode.account = account
    if account.is_archived or held.episode.ended_at is not None:
        raise EscalationRefused("over")
    return held


def _open(escalation: Escalation) -> Escalation:
    held = _running(escalation)
    if held.is_resolved:
        raise EscalationRefused("resolved")
    return held
