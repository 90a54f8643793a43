"""Adopt a plan as the way to an account's goal, and give it up."""

import uuid
from datetime import datetime
from decimal import Decimal

from django.db import transaction

from accounts import rules
from accounts.actions.following import end
from accounts.actions.history import event, write_events
from accounts.actions.standings import circumstances_of, reassess
from accounts.models import Account, Payment, Plan, Rulebook, Shelf, User
from accounts.models.plan import DROPPED, LEFT, REPLACED


class PlanRefused(ValueError):
    """A plan that cannot be adopted or given up: `code` is archived, none (there is none like it) or changed."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def plans_for(
    account: Account,
    wish: rules.Wish,
    *,
    shelf: Shelf,
    wanted_at: datetime | None = None,
    now: datetime,
) -> rules.Plans:
    """Return the plans that lead an account to a wish, as things are at this moment. Writes nothing."""
    lines = [payment.as_line() for payment in Payment.objects.filter(account=account).in_entry_order()]
    book = shelf[account.rulebook_id]
    return rules.plan(book, lines, account.seen, wish, now, wanted_at, circumstances_of(account, shelf))


@transaction.atomic
def adopt_plan(
    account: Account,
    *,
    wish: rules.Wish,
    kind: str,
    wanted_at: datetime | None = None,
    total_usd: Decimal,
    form_key: uuid.UUID,
    by: User,
    now: datetime,
) -> Plan:
    """Adopt the plan of this kind; the wish becomes the account's goal, a running plan ends.

    The same form key returns what it adopted before. PlanRefused when the account is archived, when there is no such
    plan, and when it costs something else by now than `total_usd`, which the person has agreed to.
    """
    account = _locked(account)
    earlier = Plan.objects.filter(account=account, form_key=form_key).first()
    if earlier is not None:
        return earlier
    shelf = Rulebook.objects.of(account.provider).shelf()
    made = plans_for(account, wish, shelf=shelf, wanted_at=wanted_at, now=now).of(kind)
    if made is None:
        raise PlanRefused("none")
    if made.total_usd != total_usd:
        raise PlanRefused("changed")
    before = _end_running(account, now=now)
    plan = Plan.objects.create(
        account=account,
        rulebook_id=made.rulebook,
        tier=made.tier,
        kind=kind,
        wish=wish.as_json(),
        document=made.as_json(),
        adopted_at=now,
        adopted_by=by,
        form_key=form_key,
    )
    account.goal = wish.as_json()
    account.save(update_fields=["goal"])
    facts = {"tier": plan.tier, "plan": kind, "total_usd": str(made.total_usd), "live_at": rules.as_text(made.live_at)}
    write_events([event(account, "plan_adopted", at=now, by=by, replaced=before.kind if before else "", **facts)])
    reassess(account, now=now)
    return plan


@transaction.atomic
def drop_plan(account: Account, *, by: User, now: datetime) -> Plan | None:
    """Give up the running plan; the goal stays. None when there is none. PlanRefused when the account is archived."""
    account = _locked(account)
    plan = account.plans.running().first()
    if plan is None:
        return None
    end(plan, DROPPED, now=now)
    plan.save(update_fields=["ended_at", "outcome"])
    write_events([event(account, "plan_dropped", at=now, by=by, tier=plan.tier, plan=plan.kind)])
    reassess(account, now=now)
    return plan


def end_for_another_goal(account: Account, *, now: datetime) -> None:
    """End the running plan of a locked account whose goal has become another one."""
    _end_running(account, now=now)


def _end_running(account: Account, *, now: datetime) -> Plan | None:
    plan = account.plans.running().first()
    if plan is not None:
        end(plan, LEFT if plan.left_at is not None else REPLACED, now=now)
        plan.save(update_fields=["ended_at", "outcome"])
    return plan


def _locked(account: Account) -> Account:
    locked = Account.objects.select_for_update(of=("self",)).select_related("standing").get(pk=account.pk)
    if locked.is_archived:
        raise PlanRefused("archived")
    return locked
