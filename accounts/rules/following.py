"""Following a plan: which of its steps are done and by which payments, what is next, and whether it still holds."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from accounts.rules.advice import Gate, Situation
from accounts.rules.ledger import UNDOING, ZERO, Entry
from accounts.rules.plans import Plan, PlanStep
from accounts.rules.standing import Standing

FOLLOWING_STATES = ("on_track", "left", "reached")
# A payment may be this late, and its dates may move by this much, before reality has left the plan.
GRACE = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Followed:
    """A step as it stands: done, next, or ahead. Instants and amounts are those of reality, not of the plan.

    due_at: from when it can be done (a wait whose clock started later ends later). left_usd: what is still to be paid.
    by: the ids of the lines that paid it, as far as they were made since the plan.
    """

    step: PlanStep
    state: str
    due_at: datetime
    left_usd: Decimal | None = None
    by: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Following:
    """How a plan stands. `why`, of one that reality left: edition_moved, requirement, refunded, missed, paid_early,
    other_amount. `next_change_at`: when time alone may change any of it; None when nothing lies ahead.
    """

    plan: Plan
    state: str
    why: str
    steps: tuple[Followed, ...]
    ready_at: datetime
    next_change_at: datetime | None

    @property
    def live_at(self) -> datetime:
        """By when the tier should be live as things are: as long after it is ready as was planned."""
        return self.plan.live_at + (self.ready_at - self.plan.ready_at)

    @property
    def next(self) -> Followed | None:
        return next((followed for followed in self.steps if followed.state == "next"), None)


def follow(plan: Plan, standing: Standing, looked_at: datetime | None = None) -> Following:
    """Return how a plan stands at a standing's instant. looked_at: when the provider's page was last looked at."""
    return _Follower(plan, standing, looked_at).follow()


class _Follower:
    def __init__(self, plan: Plan, standing: Standing, looked_at: datetime | None) -> None:
        self.plan, self.standing, self.at, self.looked_at = plan, standing, standing.at, looked_at
        book = standing.rulebook
        self.is_moved = book.id != plan.rulebook
        self.tier = book.tier(plan.tier) if book.has_tier(plan.tier) else None
        self.is_reached = self.tier is not None and standing.seen_tier.rank >= self.tier.rank
        gates = tuple(row.gate for row in standing.tiers)
        self.gate = next((gate for gate in gates if gate.tier.id == plan.tier), None)
        self.situation = Situation(book, standing.tally, standing.seen_tier, None, gates)
        trigger = self.situation.trigger_at(self.gate) if self.gate is not None else None
        self.is_triggered = trigger is not None and trigger <= self.at
        self.gained = standing.counted_usd - plan.have_usd

    def follow(self) -> Following:
        steps = self._steps()
        why = "" if self.is_reached else self._why(steps)
        state = "reached" if self.is_reached else "left" if why else "on_track"
        return Following(self.plan, state, why, steps, self._ready_at, self._next_change(steps))

    @property
    def _matured_at(self) -> datetime | None:
        return self.gate.matured_at if self.gate is not None else None

    @property
    def _ready_at(self) -> datetime:
        """When the tier is ready as things are: its real wait may have begun later or earlier than planned."""
        if self.gate is not None and self.gate.ready_at is not None and self.is_triggered:
            return self.gate.ready_at
        return max(self.plan.ready_at, self._matured_at or self.plan.ready_at)

    def _steps(self) -> tuple[Followed, ...]:
        """Payments in order, by how much was counted since the plan; the last one by what it was for."""
        found: list[Followed] = []
        planned, last = ZERO, self.plan.payments[-1] if self.plan.payments else None
        for step in self.plan.steps:
            due_at, is_done = self._due(step), False
            left: Decimal | None = None
            by: tuple[str, ...] = ()
            if step.amount_usd is not None:
                before, planned = planned, planned + step.amount_usd
                is_done = self._is_paid(step, planned, is_last=step is last)
                left = ZERO if is_done else self._left(step.amount_usd, planned)
                by = tuple(self._payments(before, planned)) if self.gained > before else ()
            elif step.kind == "check":
                is_done = self.looked_at is not None and self.looked_at >= due_at
            found.append(Followed(step, "done" if self.is_reached or is_done else "ahead", due_at, left, by))
        return tuple(self._with_next(found))

    def _is_paid(self, step: PlanStep, planned: Decimal, *, is_last: bool) -> bool:
        """Whether a payment has done what it is for: later success makes up for whatever was planned before it."""
        if self.is_triggered:
            return True
        if is_last and step.why in ("completes", "triggers"):
            return False
        return self.gained >= planned

    def _left(self, amount: Decimal, planned: Decimal) -> Decimal:
        """What is to be paid of a step, when as much as this is counted since the plan; never less than a purchase."""
        missing = min(amount, planned - self.gained)
        return max(missing, self.standing.rulebook.top_up_min_usd) if missing > 0 else amount

    def _due(self, step: PlanStep) -> datetime:
        """What waits for the end of the wait waits for the real one."""
        if step.at < self.plan.ready_at or self._matured_at is None:
            return step.at
        return max(step.at, self._matured_at + (step.at - self.plan.ready_at))

    def _payments(self, low: Decimal, high: Decimal) -> Iterator[str]:
        """The payments since the plan that brought the counted money from `low` to `high`."""
        paid = ZERO
        for entry in self._since():
            if entry.reason == "counts":
                if paid < high and paid + entry.counted_usd > low:
                    yield entry.line.id
                paid += entry.counted_usd

    def _since(self) -> Sequence[Entry]:
        return [entry for entry in self.standing.tally.entries if entry.line.paid_at >= self.plan.at]

    def _with_next(self, steps: Sequence[Followed]) -> Iterator[Followed]:
        """The first step that is not done is next; a check whose time has passed makes room for asking."""
        is_found = False
        for place, followed in enumerate(steps):
            is_late_check = followed.step.kind == "check" and any(
                later.step.kind == "ask" and later.due_at <= self.at for later in steps[place + 1 :]
            )
            if followed.state == "ahead" and not is_found and not is_late_check:
                is_found = True
                yield Followed(followed.step, "next", followed.due_at, followed.left_usd, followed.by)
            else:
                yield followed

    def _why(self, steps: Sequence[Followed]) -> str:
        """Why the plan does not hold any more; "" while what is left of it still leads there in time."""
        if self.is_moved or self.gate is None or self.gate.short_usd is None:
            return "edition_moved"
        if self.gate.is_missing_requirement:
            return "requirement"
        if self.is_triggered:
            return ""
        left = [followed for followed in steps if followed.step.kind == "pay" and followed.state != "done"]
        coming = sum((followed.left_usd or ZERO for followed in left), ZERO)
        is_short = self.gate.short_usd > coming
        is_overdue = any(self.at >= followed.due_at + GRACE for followed in left)
        is_slower = self._ready_at > self.plan.ready_at + GRACE
        if (is_short or is_overdue or is_slower) and self._is_taken_back():
            return "refunded"
        if is_overdue or is_slower:
            return "missed"
        if self._is_paid_early(self.gate, left):
            return "paid_early"
        return "other_amount" if is_short else ""

    def _is_taken_back(self) -> bool:
        return any(entry.line.kind in UNDOING and entry.line.status == "succeeded" for entry in self._since())

    def _is_paid_early(self, gate: Gate, left: Sequence[Followed]) -> bool:
        """Whether nothing is missing, but the payment that was to complete the gate and be the trigger."""
        return gate.short_usd == 0 and any(followed.step.why == "completes" for followed in left)

    def _next_change(self, steps: Sequence[Followed]) -> datetime | None:
        if self.is_reached:
            return None
        instants = [followed.due_at for followed in steps]
        instants += [followed.due_at + GRACE for followed in steps if followed.step.kind == "pay"]
        return min((instant for instant in instants if instant > self.at), default=None)
