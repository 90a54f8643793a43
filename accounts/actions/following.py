"""Keep adopted plans up to date: what is reached ends, and what reality has left is marked so, both once."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from accounts import rules
from accounts.actions.history import event
from accounts.models import Account, Event, Plan
from accounts.models.plan import REACHED


def running_plans(accounts: Iterable[Account]) -> dict[Any, Plan]:
    """The running plans of accounts, by the account's id. One query."""
    return {plan.account_id: plan for plan in Plan.objects.running().filter(account__in=list(accounts))}


def follow(plan: Plan, standing: rules.Standing, account: Account) -> rules.Following:
    """How an adopted plan stands at a standing's instant. Writes nothing."""
    return rules.follow(plan.as_rules, standing, account.seen_at)


def turn_plans(
    accounts: Sequence[Account],
    plans: Mapping[Any, Plan],
    followings: Mapping[Any, rules.Following],
    *,
    now: datetime,
) -> list[Event]:
    """Store what has become of the running plans of locked accounts, and return the events of it, not yet written.

    Derived anew each time: a plan that reality has left and that holds again, after a correction, is on track again.
    """
    changed, events = [], []
    for account in accounts:
        following = followings.get(account.id)
        if following is None:
            continue
        plan = plans[account.id]
        if following.state == "reached":
            end(plan, REACHED, now=now)
            kind = "plan_reached"
        elif following.state == "left" and plan.left_at is None:
            plan.left_at, plan.left_why = now, following.why
            kind = "plan_left"
        elif following.state == "on_track" and plan.left_at is not None:
            plan.left_at, plan.left_why = None, ""
            kind = "plan_resumed"
        else:
            continue
        changed.append(plan)
        events.append(event(account, kind, at=now, tier=plan.tier, plan=plan.kind, why=following.why))
    if changed:
        Plan.objects.bulk_update(changed, ["left_at", "left_why", "ended_at", "outcome"])
    return events


def end(plan: Plan, outcome: str, *, now: datetime) -> None:
    """Mark a plan as ended; the caller stores it."""
    plan.ended_at, plan.outcome = max(now, plan.adopted_at), outcome
