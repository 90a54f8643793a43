"""The dated entries of an account: what its standing and its plan say is to come, or due since, each at its instant.

This is what a calendar shows. Further kinds of entries belong into `dated`.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, tzinfo
from decimal import Decimal

from accounts.rules.advice import Gate
from accounts.rules.credit import Credit, windows
from accounts.rules.following import Following
from accounts.rules.rulebook import Tier
from accounts.rules.standing import Standing

PLANNED_KINDS = {"pay": "plan_payment", "check": "plan_check", "ask": "plan_support"}
CREDIT = "credit_expires"
DATED_KINDS = ("top_up", "upgrade", "wait_over", "contact_support", "settled", *PLANNED_KINDS.values(), CREDIT)
# What the standing says of the tier that a plan leads to, and the plan's own steps say better.
SAID_BY_PLAN = ("top_up", "upgrade", "wait_over")


@dataclass(frozen=True, slots=True)
class Dated:
    """One entry. `key` names it within its account, whatever its instant; `at` is aware.

    kind: "top_up" (from then on a small top-up may open the tier), "upgrade" (from then on the provider upgrades by
    itself), "wait_over" (the wait ends while money is missing), "contact_support" (the patience after a trigger ends),
    "settled" (limits should have followed). Of an adopted plan: "plan_payment" (its `number` among the payments, and
    `why` as in PlanStep), "plan_check" and "plan_support". Of no tier: "credit_expires" (on the morning of `on`, the
    last day of a credit; more may follow until `until`). amount_usd: what to pay, what is missing (wait_over), or the
    most that expires of the credit.
    """

    kind: str
    tier: Tier | None
    at: datetime
    amount_usd: Decimal | None = None
    number: int = 0
    why: str = ""
    on: date | None = None
    until: date | None = None

    @property
    def key(self) -> str:
        if self.tier is None:
            return f"{self.kind}-{self.on}"
        return f"{self.kind}-{self.tier.id}-{self.number}" if self.number else f"{self.kind}-{self.tier.id}"


def dated(
    standing: Standing, following: Following | None = None, held: Sequence[Credit] = (), zone: tzinfo = UTC
) -> tuple[Dated, ...]:
    """Return every dated entry of a standing, of the running plan if there is one, and of credit, by instant.

    Time alone changes none of them: what was ahead stays as it is while it is due, and is gone when it is over. The
    steps of a plan stand there until they are done or reality has left it, and once: not beside what they are for.
    Credit that expires within one window is one entry. zone: where its days begin and end.
    """
    entries = [*_of_advice(standing), *_ahead(standing)]
    if following is not None and following.state == "on_track":
        tier = standing.rulebook.tier(following.plan.tier)
        said = [entry for entry in entries if entry.tier is tier]
        entries = [entry for entry in entries if entry.tier is not tier or entry.kind not in SAID_BY_PLAN]
        # Once the payment is made that should make the provider look, its hours count from there.
        is_waiting = any(entry.kind == "contact_support" for entry in said)
        entries += [step for step in _of_plan(following, tier) if step.kind != "plan_support" or not is_waiting]
    entries += _of_credit(held, zone)
    return tuple(sorted(entries, key=_in_order))


def _in_order(entry: Dated) -> tuple[datetime, int, str, int]:
    return entry.at, entry.tier.rank if entry.tier is not None else -1, entry.kind, entry.number


def _of_credit(held: Sequence[Credit], zone: tzinfo) -> Iterator[Dated]:
    """The windows of which something can be used still; each stays as it is while it lasts."""
    for window in windows(held):
        if not window.is_over:
            until, at = window.credits[-1].last_on, window.noted_at(zone)
            yield Dated(CREDIT, None, at, window.left_usd, on=window.first_on, until=until)


def _of_plan(following: Following, tier: Tier) -> Iterator[Dated]:
    """The steps that are not done. A payment keeps its number, whatever was paid before it."""
    count = 0
    for followed in following.steps:
        step, is_payment = followed.step, followed.step.kind == "pay"
        count += is_payment
        if followed.state != "done":
            kind, number = PLANNED_KINDS[step.kind], count if is_payment else 0
            yield Dated(kind, tier, followed.due_at, followed.left_usd, number, step.why)


def _of_advice(standing: Standing) -> Iterator[Dated]:
    advice = standing.advice
    if advice.code == "top_up" and advice.since is not None:
        ready_at = next(row.gate.ready_at for row in standing.tiers if row.tier is advice.tier)
        yield Dated("top_up", advice.tier, max(advice.since, ready_at or advice.since), advice.amount_usd)
    elif advice.code == "rechecking" and advice.until is not None:
        yield Dated("contact_support", advice.tier, advice.until)
    elif advice.code == "contact_support" and advice.since is not None:
        yield Dated("contact_support", advice.tier, advice.since)
    elif advice.code == "settling" and advice.until is not None:
        yield Dated("settled", advice.tier, advice.until)


def _ahead(standing: Standing) -> Iterator[Dated]:
    """What the waits of the tiers above bring. Of those that may be opened at one instant the highest stands."""
    opening: dict[datetime, Dated] = {}
    for row in standing.tiers:
        gate = row.gate
        if row.tier.rank <= standing.seen_tier.rank or gate.is_missing_requirement or gate.short_usd is None:
            continue
        at = gate.ready_at or gate.matured_at
        if at is None or at <= standing.at:
            continue
        entry = _at_the_end_of_its_wait(standing, gate, at, gate.short_usd)
        if entry.kind == "wait_over":
            yield entry
        else:
            opening[at] = entry
    yield from opening.values()


def _at_the_end_of_its_wait(standing: Standing, gate: Gate, at: datetime, short: Decimal) -> Dated:
    book = standing.rulebook
    if short > book.top_up_max_usd:
        return Dated("wait_over", gate.tier, at, short)
    if short == 0 and book.upgrades == "automatic":
        return Dated("upgrade", gate.tier, at)
    return Dated("top_up", gate.tier, at, max(book.top_up_min_usd, short))
