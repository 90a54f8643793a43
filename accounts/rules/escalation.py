"""The 48-hour path: what to do, in order, when a tier is due and does not come (domain 3 to 5; article, three and Q3).

A wait stands on both sides of the top-up: the tier's own, and the hours that the provider is then given. Nobody's look
at the limits page outlives what happened since: it is asked for before the top-up, and again before support is.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal

from accounts.rules.advice import Advice, Situation
from accounts.rules.ledger import COUNTABLE, Line
from accounts.rules.rulebook import Tier
from accounts.rules.standing import Standing

STEPS = ("payment_confirmed", "waited", "limits_checked", "topped_up", "rechecked", "support_asked")
# Once the provider was made to look again, the limits page is looked at when its hours are over.
STEPS_AFTER = ("payment_confirmed", "waited", "topped_up", "rechecked", "limits_checked", "support_asked")
# What a person may say: a top-up is recorded as a payment, and time passes by itself.
SAYABLE = ("payment_confirmed", "limits_checked", "support_asked")
# The advice that calls for somebody to walk the path; with `wait` it can be told already, but nothing is due yet.
ON_THE_PATH = ("top_up", "rechecking", "contact_support")
STATES = ("done", "current", "waiting", "ahead", "not_needed")


@dataclass(frozen=True, slots=True)
class PathStep:
    """One step. `since` is when it was done, `until` when a wait ends; aware instants, None where they do not apply.

    `is_said`: a person says that it is done; else tierdash knows it. `may_be_said`: a person may say so now.
    `lines`: the payments it is about. `link`: where at the provider it is done, "" when the edition knows no address.
    """

    name: str
    state: str
    since: datetime | None = None
    until: datetime | None = None
    is_said: bool = False
    may_be_said: bool = False
    lines: tuple[Line, ...] = ()
    amount_usd: Decimal | None = None
    link: str = ""


@dataclass(frozen=True, slots=True)
class Path:
    """The steps towards one tier, in order. At most one is `current`."""

    tier: Tier
    steps: tuple[PathStep, ...]

    def step(self, name: str) -> PathStep:
        """Return a step by its name; KeyError when there is none of this name."""
        return {step.name: step for step in self.steps}[name]


@dataclass(frozen=True, slots=True)
class Reach:
    """Since when a tier is within reach, and when the provider was made to look again (None: not yet).

    `is_topped_up`: a payment did so, and not time alone.
    """

    started_at: datetime
    triggered_at: datetime | None
    is_topped_up: bool


def reach(standing: Standing, tier_id: str) -> Reach | None:
    """Return the reach of a tier as of the standing's instant; None when it is not, and was not, within reach.

    What the account's seen tier is does not matter, so that it can still be told after the tier has come.
    """
    situation = _situation(standing)
    gate = next((gate for gate in situation.gates if gate.tier.id == tier_id), None)
    if gate is None:
        return None
    trigger = situation.trigger_at(gate)
    if trigger is not None and trigger > standing.at:
        trigger = None
    if gate.is_met(standing.at):
        started = gate.ready_at
        if not gate.tier.requires and gate.near_at is not None and gate.matured_at is not None:
            started = max(gate.matured_at, gate.near_at)  # a small top-up would have done before the money was there
    elif situation.may_top_up(gate, standing.at):
        started = max(instant for instant in (gate.matured_at, gate.near_at) if instant is not None)
    else:
        return None
    if started is None:  # a tier that nothing is asked for
        return None
    return Reach(started, trigger, trigger is not None and not situation.is_automatic)


def path(standing: Standing, *, said: Mapping[str, datetime], looked_at: datetime | None = None) -> Path | None:
    """Return the path to the advised tier, or None where the advice is another than to wait, top up or ask.

    said: when a person said that a step is done. looked_at: when somebody last noted what the provider shows.
    """
    if standing.advice.code not in ("wait", *ON_THE_PATH):
        return None
    return _Walk(standing, said, looked_at).path()


def _situation(standing: Standing) -> Situation:
    gates = tuple(row.gate for row in standing.tiers)
    return Situation(standing.rulebook, standing.tally, standing.seen_tier, None, gates)


class _Walk:
    """One path being laid: first what each step is in itself, then whose turn it is."""

    def __init__(self, standing: Standing, said: Mapping[str, datetime], looked_at: datetime | None) -> None:
        self._standing, self._advice, self._said, self._looked_at = standing, standing.advice, said, looked_at
        self._gate = next(row.gate for row in standing.tiers if row.tier == self._advice.tier)
        self._recheck = timedelta(hours=standing.rulebook.recheck_hours)
        self._trigger = _trigger(self._advice, self._recheck)

    def path(self) -> Path:
        names = STEPS if self._trigger is None else STEPS_AFTER
        return Path(self._advice.tier, _in_turn([getattr(self, f"_{name}")() for name in names]))

    def _payment_confirmed(self) -> PathStep:
        entries = self._standing.tally.entries
        pending = tuple(e.line for e in entries if e.line.status == "pending" and e.line.kind in COUNTABLE)
        counted = tuple(entry.line for entry in entries if entry.reason == "counts")
        link = self._standing.rulebook.provider.billing_url
        name = "payment_confirmed"
        if pending:
            return self._sayable(name, pending[-1].paid_at, lines=pending, link=link)
        if not counted:
            return PathStep(name, "not_needed")
        return PathStep(name, "done", since=counted[-1].paid_at, lines=counted, link=link)

    def _waited(self) -> PathStep:
        ends_at = self._gate.matured_at
        if not self._gate.tier.wait_days:
            return PathStep("waited", "not_needed")
        if ends_at is None or ends_at > self._standing.at:
            return PathStep("waited", "waiting", until=ends_at)
        return PathStep("waited", "done", since=ends_at)

    def _limits_checked(self) -> PathStep:
        """A look counts from when it could show the tier: within reach, or (after the top-up) its hours over."""
        link = self._standing.rulebook.provider.limits_url
        since = self._trigger + self._recheck if self._trigger else self._advice.since
        if self._advice.code == "wait":
            since = self._gate.matured_at
        if since is None or since > self._standing.at:
            return PathStep("limits_checked", "ahead", link=link)
        if self._looked_at is not None and self._looked_at >= since:
            return PathStep("limits_checked", "done", since=self._looked_at, link=link)
        return self._sayable("limits_checked", since, link=link)

    def _topped_up(self) -> PathStep:
        link = self._standing.rulebook.provider.billing_url
        if self._standing.rulebook.upgrades == "automatic" and self._advice.code != "top_up":
            return PathStep("topped_up", "not_needed")
        if self._trigger is None:
            return PathStep("topped_up", "ahead", amount_usd=self._advice.amount_usd, link=link)
        lines = tuple(
            entry.line
            for entry in self._standing.tally.entries
            if entry.reason == "counts" and entry.line.paid_at == self._trigger
        )
        return PathStep("topped_up", "done", since=self._trigger, lines=lines, link=link)

    def _rechecked(self) -> PathStep:
        if self._trigger is None:
            return PathStep("rechecked", "ahead")
        until = self._trigger + self._recheck
        if until > self._standing.at:
            return PathStep("rechecked", "waiting", until=until)
        return PathStep("rechecked", "done", since=until)

    def _support_asked(self) -> PathStep:
        link = self._standing.rulebook.provider.support_url
        return self._sayable("support_asked", None, link=link)

    def _sayable(self, name: str, since: datetime | None, *, link: str, lines: tuple[Line, ...] = ()) -> PathStep:
        """A step that only a person can say; what was said before `since` was said of something else."""
        said_at = self._said.get(name)
        if said_at is None or (since is not None and said_at < since):
            return PathStep(name, "ahead", may_be_said=True, lines=lines, link=link)
        return PathStep(name, "done", since=said_at, is_said=True, lines=lines, link=link)


def _trigger(advice: Advice, recheck: timedelta) -> datetime | None:
    if advice.since is None or advice.code not in ("rechecking", "contact_support"):
        return None
    return advice.since if advice.code == "rechecking" else advice.since - recheck


def _in_turn(steps: list[PathStep]) -> tuple[PathStep, ...]:
    """Give the first open step its turn. Nobody can say a step that comes after a wait or a top-up still to come."""
    found: list[PathStep] = []
    is_taken = is_barred = False
    for step in steps:
        state = "current" if step.state == "ahead" and not is_taken else step.state
        is_open = state not in ("done", "not_needed")
        is_taken = is_taken or state in ("current", "waiting")
        is_barred = is_barred or (is_open and step.name not in SAYABLE)
        found.append(replace(step, state=state, may_be_said=step.may_be_said and not is_barred))
    return tuple(found)
