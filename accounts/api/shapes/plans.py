"""Plans: what is wished for, the dated ways there, and how far an adopted one has been followed."""

from typing import Any, Literal

from django.utils.translation import gettext_noop
from pydantic import ConfigDict, Field

from accounts import rules
from accounts.api.shapes.accounts import Goal
from accounts.api.shapes.parts import Said, Shape, Slug
from accounts.api.shapes.rulebooks import Cell
from accounts.api.values import Instant, Money, Room, Uid

PlanKind = Literal[rules.PLAN_KINDS]  # type: ignore[valid-type]
# pydantic types JSON narrower than the type of a literal is.
EXAMPLE_WISH: Any = {"model": "o3-mini"}


class When(Said):
    wanted_at: Instant | None = Field(
        None,
        description=gettext_noop("When it must be live; the plan “latest” pays as late as that allows."),
    )
    at: Instant | None = Field(None, description=gettext_noop("The instant to plan from; now when left out or null."))


class Wished(When):
    """What an account needs, and by when."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"wish": EXAMPLE_WISH, "wanted_at": "2025-07-01T00:00:00Z"}]}
    )

    wish: Goal | None = Field(None, description=gettext_noop("The account's goal when left out or null."))


class WishedAnew(When):
    """What an account that is yet to be opened needs, and by when."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"rulebook": "openai/2025-05", "wish": {"model": "gpt-4o", "tpm": 500_000}}]}
    )

    rulebook: Slug = Field(description=gettext_noop("An edition, such as openai/2025-05."))
    wish: Goal


class NewPlan(Said):
    """The plan to adopt, as a preview told it."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"wish": EXAMPLE_WISH, "kind": "cheapest", "total_usd": "100.00"}]}
    )

    wish: Goal = Field(description=gettext_noop("It becomes the account's goal."))
    kind: PlanKind
    wanted_at: Instant | None = Field(None, description=gettext_noop("As it was said for the preview."))
    total_usd: Room = Field(
        description=gettext_noop("What the preview said that it costs; refused when it costs something else by now.")
    )


class Reason(Shape):
    tier: str
    code: str = Field(
        description=gettext_noop(
            "lower, locked, below_limit, not_supported, not_published, below_cap, cap_unsure or cap_not_published."
        )
    )
    metric: str | None
    cell: Cell | None


class Need(Shape):
    """The lowest tier that gives what is wished for, and why those below it do not."""

    tier: str | None
    requires: list[str] = Field(
        description=gettext_noop("What its way to the model asks besides, and nobody said to be met.")
    )
    otherwise: str | None = Field(description=gettext_noop("The lowest tier that does without that."))
    up_to: list[str] = Field(description=gettext_noop("Metrics whose figure is only the most that the provider gives."))
    reasons: list[Reason]


class PlanStep(Shape):
    kind: str = Field(description=gettext_noop("pay, check (the limits page) or ask (the provider's support)."))
    at: Instant = Field(description=gettext_noop("From when on."))
    amount_usd: Money | None
    why: str | None = Field(
        description=gettext_noop("Of a payment: starts_clock, meets_money, completes (and may trigger) or triggers.")
    )


class Plan(Shape):
    """Ready: the gates are met and what triggers is paid. Safe: two days later. Live: it should be usable by then."""

    kind: PlanKind = Field(
        description=gettext_noop(
            "all_at_once (the whole shortfall now), cheapest (now only what starts the wait, the rest when it ends) or "
            "latest (the same, as late as `wanted_at` allows)."
        )
    )
    also: list[str] = Field(description=gettext_noop("The other kinds that would be the same."))
    tier: str
    have_usd: Money
    short_usd: Money
    total_usd: Money
    extra_usd: Money = Field(description=gettext_noop("What of the total goes beyond the gate."))
    steps: list[PlanStep]
    ready_at: Instant
    safe_at: Instant
    live_at: Instant
    risk: str = Field(description=gettext_noop("The one thing that may go wrong, such as small_payments."))


class Plans(Shape):
    """The answer to a wish: up to three plans, or why there is none."""

    rulebook: str
    at: Instant
    wish: Goal
    wanted_at: Instant | None
    seen_tier: str | None = Field(description=gettext_noop("Null for an account that is yet to be opened."))
    counted_usd: Money
    need: Need
    there: bool = Field(description=gettext_noop("Whether the provider shows what is needed already."))
    obstacle: str | None = Field(
        description=gettext_noop("Why there is no plan, such as unknown_model, above_highest, opaque or requirement.")
    )
    missing: list[str] = Field(description=gettext_noop("With requirement: what nobody said to be met."))
    late: bool = Field(description=gettext_noop("Whether no plan is live by `wanted_at`."))
    earliest_at: Instant | None = Field(description=gettext_noop("When the first plan is live."))
    warnings: list[str] = Field(
        description=gettext_noop("shut_down (the model, before that), no_room, split (purchases are limited).")
    )
    plans: list[Plan]


class AdoptedPlan(Shape):
    """A plan as it was adopted, and how it ended; `ended_at` is null while it runs."""

    account: Uid
    rulebook: str
    wish: Goal
    plan: Plan
    adopted_at: Instant
    left_at: Instant | None = Field(description=gettext_noop("When reality was first seen to have left it."))
    left_why: str | None
    ended_at: Instant | None
    outcome: str | None = Field(description=gettext_noop("reached, left, replaced or dropped."))


class AdoptedPlans(Shape):
    items: list[AdoptedPlan]
    next: str | None


class FollowedStep(PlanStep):
    """A step as it stands; dates and amounts are those of reality, not of the plan."""

    state: str = Field(description=gettext_noop("done, next or ahead."))
    due_at: Instant = Field(description=gettext_noop("From when on it can be done, as things are."))
    left_usd: Money | None = Field(description=gettext_noop("What is still to be paid of it."))
    paid_by: list[Uid] = Field(description=gettext_noop("The payments that paid it."))


class Following(Shape):
    """How far a running plan has been followed at an instant."""

    at: Instant
    state: str = Field(description=gettext_noop("on_track, left or reached."))
    why: str | None = Field(description=gettext_noop("Why reality has left it, such as missed or refunded."))
    due: bool = Field(description=gettext_noop("Whether the next step can be done by now."))
    ready_at: Instant
    live_at: Instant
    next_change_at: Instant | None
    steps: list[FollowedStep]


class RunningPlan(AdoptedPlan):
    following: Following
