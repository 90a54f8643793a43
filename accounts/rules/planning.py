"""Make the plans: from an account's standing to the tier that a wish needs, in up to three ways (domain 6)."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from decimal import ROUND_CEILING, Decimal

from accounts.rules.advice import Gate, Situation
from accounts.rules.ledger import ZERO, Line
from accounts.rules.plans import Plan, Plans, PlanStep
from accounts.rules.rulebook import Rulebook
from accounts.rules.standing import NO_CIRCUMSTANCES, Circumstances, Seen, Standing, assess
from accounts.rules.wishes import Need, Wish, needed_tier

# More purchases than this are no plan: ask the provider.
MOST_PURCHASES = 24


def plan(
    rulebook: Rulebook,
    ledger: Iterable[Line],
    seen: Seen,
    wish: Wish,
    at: datetime,
    wanted_at: datetime | None = None,
    circumstances: Circumstances = NO_CIRCUMSTANCES,
    *,
    is_new: bool = False,
) -> Plans:
    """Return the plans that lead an account to what is wished for.

    wanted_at: when it must be live; the third plan pays as late as that allows. is_new: nobody has seen the tier, for
    the account is yet to be opened: see `plan_anew`. UnknownTier as in `assess`.
    """
    standing = assess(rulebook, ledger, seen, at, circumstances)
    confirmed = {requirement for requirement, said_at in circumstances.confirmed.items() if said_at <= at}
    need = needed_tier(rulebook, wish, max(at, wanted_at or at).astimezone(UTC).date(), confirmed)
    if need.tier is None:
        return Plans(need, standing, obstacle=need.obstacle)
    gate = next(row.gate for row in standing.tiers if row.tier.id == need.tier.id)
    if gate.is_always_met if is_new else standing.seen_tier.rank >= need.tier.rank:
        return Plans(need, standing, is_there=True)
    if gate.short_usd is None:
        return Plans(need, standing, obstacle="opaque")
    if gate.is_missing_requirement:
        missing = tuple(requirement for requirement in need.tier.requires if requirement not in confirmed)
        return Plans(need, standing, obstacle="requirement", missing=missing)
    planner = _Planner(standing, gate, gate.short_usd)
    plans = planner.plans(wanted_at)
    if plans is None:
        return Plans(need, standing, obstacle="purchase_limit")
    earliest_at = min(found.live_at for found in plans)
    return Plans(
        need,
        standing,
        plans=plans,
        is_late=wanted_at is not None and earliest_at > wanted_at,
        earliest_at=earliest_at,
        warnings=tuple(_warnings(need, plans, circumstances, planner)),
    )


def plan_anew(rulebook: Rulebook, wish: Wish, at: datetime, wanted_at: datetime | None = None) -> Plans:
    """Return the plans of an account that is yet to be opened: nothing is paid, only what is free is there."""
    return plan(rulebook, [], Seen(rulebook.lowest.id), wish, at, wanted_at, is_new=True)


def _warnings(need: Need, plans: tuple[Plan, ...], circumstances: Circumstances, planner: "_Planner") -> Iterable[str]:
    live_on = min(found.live_at for found in plans).astimezone(UTC).date()
    if need.model is not None and need.model.retired_on is not None and need.model.retired_on <= live_on:
        yield "shut_down"
    first = sum((step.amount_usd or ZERO for step in plans[0].payments if step.at == plans[0].payments[0].at), ZERO)
    if circumstances.room_usd is not None and first > circumstances.room_usd:
        yield "no_room"
    if planner.is_split:
        yield "split"


class _Planner:
    """Makes the plans to one tier from a standing. Nothing is paid before `start`: earlier payments would not count."""

    def __init__(self, standing: Standing, gate: Gate, short_usd: Decimal) -> None:
        self.book = standing.rulebook
        self.standing, self.gate, self.tier, self.short = standing, gate, gate.tier, short_usd
        self.least = self.book.top_up_min_usd
        most = standing.seen_tier.most_purchase_usd
        self.most = max(most, self.least) if most is not None else None
        since = self.book.counts_since
        at = standing.at
        self.start = max(at, datetime.combine(since, time.min, UTC)) if since is not None else at
        self.wait = timedelta(hours=24 * (self.tier.wait_days or 0))
        self.has_clock = gate.matured_at is not None
        self.situation = Situation(
            self.book, standing.tally, standing.seen_tier, None, tuple(row.gate for row in standing.tiers)
        )
        self.is_automatic = self.situation.is_automatic
        self.is_split = False

    def plans(self, wanted_at: datetime | None) -> tuple[Plan, ...] | None:
        """The plans that differ, in the order of PLAN_KINDS; None when they would take too many purchases."""
        settled_at = self._settled_at()
        if settled_at is not None:
            return (self._plan("all_at_once", [], settled_at, "only_wait"),)
        ready_at = max(self.start, self.gate.matured_at or self.start + self.wait)
        whole = max(self.short, self.least)
        if self.most is not None and whole > self.most * (MOST_PURCHASES - 2):
            return None
        found = [self._all_at_once(ready_at), self._hold_back("cheapest", ready_at)]
        if wanted_at is not None:
            last_at = wanted_at - self._patience
            if last_at >= ready_at:
                found.append(self._hold_back("latest", last_at))
        return _different(found)

    def _settled_at(self) -> datetime | None:
        """When the tier is ready without any further payment; None when one is needed."""
        trigger = self.situation.trigger_at(self.gate)
        if trigger is not None:
            return trigger
        return self.standing.at if self.is_automatic and self.gate.is_always_met else None

    @property
    def _patience(self) -> timedelta:
        """How long after the last step the tier should be live: shown after recheck hours, its limits settled."""
        return timedelta(hours=self.book.recheck_hours + self.book.settle_hours)

    def _all_at_once(self, ready_at: datetime) -> Plan:
        """The full shortfall at once, then the least top-up on the day the wait ends (the article's advice)."""
        if ready_at == self.start:
            return self._hold_back("all_at_once", ready_at)
        steps = []
        if self.short > 0 or not self.has_clock:
            steps += self._pay(self.short, self.start, "meets_money")
        if self.is_automatic:
            return self._plan("all_at_once", steps, ready_at, "money_waits")
        # Who looks first may find the tier there and spare the last payment.
        steps += [PlanStep("check", ready_at), *self._pay(ZERO, ready_at, "triggers")]
        return self._plan("all_at_once", steps, ready_at, "top_up_may_be_needed")

    def _hold_back(self, kind: str, ready_at: datetime) -> Plan:
        """The clock first, and everything else at the end: the last payment completes the gate and is the trigger."""
        steps, rest = [], self.short
        if not self.has_clock and self.wait:
            begin = ready_at - self.wait
            if self.is_automatic and rest < 2 * self.least:
                return self._plan(kind, self._pay(rest, begin, "meets_money"), ready_at, self._risk(kind, 1, ready_at))
            steps += self._pay(ZERO, begin, "starts_clock")
            rest -= self.least
        why = "meets_money" if self.is_automatic else "completes" if rest > 0 else "triggers"
        steps += self._pay(rest, ready_at, why)
        return self._plan(kind, steps, ready_at, self._risk(kind, len(steps), ready_at))

    def _risk(self, kind: str, count: int, ready_at: datetime) -> str:
        """The one thing that may go wrong, as the article and the users tell it."""
        if kind == "latest":
            return "no_slack"
        if count > 1:
            return "small_payments"
        if ready_at > self.start and self.has_clock:
            return "last_day"
        return "by_itself" if self.is_automatic else "no_promise"

    def _pay(self, amount: Decimal, at: datetime, why: str) -> list[PlanStep]:
        """One payment, or several where the provider limits a purchase; none below the least amount."""
        amount = max(amount, self.least)
        if self.most is None or amount <= self.most:
            return [PlanStep("pay", at, amount, why)]
        self.is_split = True
        count = int((amount / self.most).to_integral_value(ROUND_CEILING))
        amounts = [self.most] * (count - 1) + [amount - self.most * (count - 1)]
        if amounts[-1] < self.least:  # taken from the one before, as far as that stays a purchase
            lent = min(self.least - amounts[-1], amounts[-2] - self.least)
            amounts[-2:] = [amounts[-2] - lent, self.least]
        return [PlanStep("pay", at, part, why) for part in amounts]

    def _plan(self, kind: str, steps: list[PlanStep], ready_at: datetime, risk: str) -> Plan:
        checks = [] if any(step.kind == "check" for step in steps) else [PlanStep("check", ready_at)]
        ask = PlanStep("ask", ready_at + timedelta(hours=self.book.recheck_hours))
        return Plan(
            kind=kind,
            rulebook=self.book.id,
            tier=self.tier.id,
            at=self.standing.at,
            have_usd=self.standing.counted_usd,
            short_usd=self.short,
            steps=(*steps, *checks, ask),
            ready_at=ready_at,
            live_at=ready_at + self._patience,
            risk=risk,
        )


def _different(found: list[Plan]) -> tuple[Plan, ...]:
    """Each way of paying once, under its first kind; the other kinds stand beside it."""
    ways: dict[tuple[PlanStep, ...], Plan] = {}
    for made in found:
        first = ways.get(made.payments)
        ways[made.payments] = made if first is None else replace(first, also=(*first.also, made.kind))
    return tuple(ways.values())
