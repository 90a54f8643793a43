"""Plans: the dated ways from a wish to its tier; adopt one, see how far it has been followed, give it up."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from ninja import Query, Router

from accounts import actions, rules
from accounts.api import shapes
from accounts.api.bearer import MAY_READ, MAY_WRITE, TokenRequest
from accounts.api.cursors import Order, cut
from accounts.api.finding import at_or, find_account, find_rulebook, shelf_of
from accounts.api.problems import Problem, invalid
from accounts.api.repeating import form_key_of, writes
from accounts.api.wishing import goal_of, wish_of
from accounts.forms.planner import MOST_YEARS
from accounts.models import Account, Payment, Plan

router = Router(tags=[gettext_noop("Plans")])
ORDER = Order("plans", "adopted_at")


@router.post(
    "/plans/preview",
    auth=MAY_READ,
    response=shapes.Plans,
    summary=gettext_noop("Plan for an account that is yet to be opened; nothing is stored"),
)
def preview_plans_anew(request: TokenRequest, said: shapes.WishedAnew) -> shapes.Plans:
    at, book = at_or(timezone.now(), said.at), find_rulebook(said.rulebook).rules
    wanted_at = _wanted(said.wanted_at, at)
    found = rules.plan_anew(book, wish_of(said.wish, field="wish"), at, wanted_at)
    return _proposed(found, wanted_at, seen_tier=None)


@router.post(
    "/accounts/{uuid:account_id}/plans/preview",
    auth=MAY_READ,
    response=shapes.Plans,
    summary=gettext_noop("Plan the ways of an account to a wish; nothing is stored"),
)
def preview_plans(request: TokenRequest, account_id: UUID, said: shapes.Wished) -> shapes.Plans:
    held = find_account(request, account_id)
    at = at_or(timezone.now(), said.at)
    wish = wish_of(said.wish, field="wish") if said.wish is not None else held.wish
    if wish is None:
        raise invalid("wish", "missing", _("This account has no goal: say what it needs."))
    wanted_at = _wanted(said.wanted_at, at)
    found = actions.plans_for(held, wish, shelf=shelf_of(held), wanted_at=wanted_at, now=at)
    return _proposed(found, wanted_at, seen_tier=held.seen_tier)


def _wanted(wanted_at: datetime | None, at: datetime) -> datetime | None:
    if wanted_at is not None and not at <= wanted_at <= at + MOST_YEARS:
        raise invalid("wanted_at", "not_ahead", _("Name an instant that lies ahead, within ten years."))
    return wanted_at


@router.get(
    "/accounts/{uuid:account_id}/plans",
    auth=MAY_READ,
    response=shapes.AdoptedPlans,
    summary=gettext_noop("List the plans that were adopted, the latest first"),
)
def list_plans(request: TokenRequest, account_id: UUID, asked: Query[shapes.Asked]) -> shapes.AdoptedPlans:
    held = find_account(request, account_id)
    part, following = cut(Plan.objects.filter(account=held), ORDER, asked)
    return shapes.AdoptedPlans(items=[shapes.AdoptedPlan(**_adopted(plan)) for plan in part], next=following)


@router.post(
    "/accounts/{uuid:account_id}/plans",
    auth=MAY_WRITE,
    response={201: shapes.RunningPlan},
    summary=gettext_noop("Adopt a plan: it becomes the way to the account's goal, and the one that runs ends"),
)
@writes(201)
def adopt_plan(request: TokenRequest, account_id: UUID, said: shapes.NewPlan) -> shapes.RunningPlan:
    held, now = find_account(request, account_id, to_change=True), timezone.now()
    plan = actions.adopt_plan(
        held,
        wish=wish_of(said.wish, field="wish"),
        kind=said.kind,
        wanted_at=_wanted(said.wanted_at, now),
        total_usd=said.total_usd,
        form_key=form_key_of(request),
        by=request.user,
        now=now,
    )
    return _followed(find_account(request, account_id), plan, at=now)


@router.get(
    "/accounts/{uuid:account_id}/plan",
    auth=MAY_READ,
    response=shapes.RunningPlan,
    summary=gettext_noop("Read the plan that runs, and how far it has been followed at an instant"),
)
def read_plan(request: TokenRequest, account_id: UUID, asked: Query[shapes.AskedInstant]) -> shapes.RunningPlan:
    held = find_account(request, account_id)
    return _followed(held, _running(held), at=at_or(timezone.now(), asked.at))


@router.post(
    "/accounts/{uuid:account_id}/plan/drop",
    auth=MAY_WRITE,
    response=shapes.AdoptedPlan,
    summary=gettext_noop("Give up the plan that runs; the goal stays"),
)
@writes(200)
def drop_plan(request: TokenRequest, account_id: UUID) -> shapes.AdoptedPlan:
    held = find_account(request, account_id, to_change=True)
    plan = actions.drop_plan(held, by=request.user, now=timezone.now())
    if plan is None:
        raise _none_runs()
    return shapes.AdoptedPlan(**_adopted(plan))


def answer_refused(request: HttpRequest, refusal: Any) -> HttpResponse:
    """The problem of a plan that cannot be adopted or given up."""
    if refusal.code == "none":
        words = _("There is no such plan for this wish; a preview says which there are.")
        return invalid("kind", "no_such_plan", words).answer()
    return Problem("plan-changed" if refusal.code == "changed" else "archived").answer()


def _none_runs() -> Problem:
    return Problem("not-found", _("No plan is running."))


def _running(held: Account) -> Plan:
    plan = held.plans.running().first()
    if plan is None:
        raise _none_runs()
    return plan


def _proposed(found: rules.Plans, wanted_at: datetime | None, *, seen_tier: str | None) -> shapes.Plans:
    standing, need = found.standing, found.need
    return shapes.Plans(
        rulebook=standing.rulebook.id,
        at=standing.at,
        wish=goal_of(need.wish),
        wanted_at=wanted_at,
        seen_tier=seen_tier,
        counted_usd=standing.counted_usd,
        need=shapes.Need(
            tier=need.tier.id if need.tier else None,
            requires=list(need.requires),
            otherwise=need.otherwise.id if need.otherwise else None,
            up_to=list(need.up_to),
            reasons=[_reason(reason) for reason in need.reasons],
        ),
        there=found.is_there,
        obstacle=found.obstacle or None,
        missing=list(found.missing),
        late=found.is_late,
        earliest_at=found.earliest_at,
        warnings=list(found.warnings),
        plans=[shapes.Plan(**_made(plan)) for plan in found.plans],
    )


def _reason(reason: rules.Reason) -> shapes.Reason:
    held = reason.cell
    cell = shapes.Cell(state=held.state, value=held.value, up_to=held.is_most) if held is not None else None
    return shapes.Reason(tier=reason.tier.id, code=reason.code, metric=reason.metric or None, cell=cell)


def _made(plan: rules.Plan) -> dict[str, Any]:
    names = (
        "kind",
        "tier",
        "have_usd",
        "short_usd",
        "total_usd",
        "extra_usd",
        "ready_at",
        "safe_at",
        "live_at",
        "risk",
    )
    steps = [shapes.PlanStep(**_step(step)) for step in plan.steps]
    return {name: getattr(plan, name) for name in names} | {"also": list(plan.also), "steps": steps}


def _step(step: rules.PlanStep) -> dict[str, Any]:
    return {"kind": step.kind, "at": step.at, "amount_usd": step.amount_usd, "why": step.why or None}


def _adopted(plan: Plan) -> dict[str, Any]:
    return {
        "account": plan.account_id,
        "rulebook": plan.rulebook_id,
        "wish": goal_of(plan.for_wish),
        # Where two kinds are the same, the rules tell it by the first; it was adopted by this one.
        "plan": shapes.Plan(**_made(plan.as_rules) | {"kind": plan.kind}),
        "adopted_at": plan.adopted_at,
        "left_at": plan.left_at,
        "left_why": plan.left_why or None,
        "ended_at": plan.ended_at,
        "outcome": plan.outcome or None,
    }


def _followed(held: Account, plan: Plan, *, at: datetime) -> shapes.RunningPlan:
    """An adopted plan with how it stands at an instant, by the payments made until then."""
    payments = list(Payment.objects.filter(account=held).in_entry_order())
    uids = {str(payment.pk): payment.uid for payment in payments}
    standing = actions.assess(held, [payment.as_line() for payment in payments], shelf_of(held), now=at)
    following = actions.follow(plan, standing, held)
    steps = [
        shapes.FollowedStep(
            **_step(followed.step),
            state=followed.state,
            due_at=followed.due_at,
            left_usd=followed.left_usd,
            paid_by=[uids[line_id] for line_id in followed.by],
        )
        for followed in following.steps
    ]
    told = shapes.Following(
        at=at,
        state=following.state,
        why=following.why or None,
        due=following.next is not None and following.next.due_at <= at,
        ready_at=following.ready_at,
        live_at=following.live_at,
        next_change_at=following.next_change_at,
        steps=steps,
    )
    return shapes.RunningPlan(**_adopted(plan), following=told)
