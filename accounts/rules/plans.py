"""What a plan is: dated payments and checks that lead an account to the tier that a wish needs (domain 6)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from accounts.rules.instants import as_text, from_text
from accounts.rules.ledger import ZERO
from accounts.rules.standing import Standing
from accounts.rules.wishes import Need

PLAN_KINDS = ("all_at_once", "cheapest", "latest")
# Nobody says in which time zone a provider counts days and how it rounds them: two days on, every count agrees.
SAFETY = timedelta(days=2)


@dataclass(frozen=True, slots=True)
class PlanStep:
    """One thing to do, from `at` on: `pay` an amount (USD), `check` the limits page, or `ask` support if nothing rose.

    why, of a payment: starts_clock, meets_money (the money gate alone), completes (the money gate, and the provider may
    look again), triggers (nothing is missing, and the provider may look again).
    """

    kind: str
    at: datetime
    amount_usd: Decimal | None = None
    why: str = ""

    def as_json(self) -> dict[str, Any]:
        amount = str(self.amount_usd) if self.amount_usd is not None else None
        return {"kind": self.kind, "at": as_text(self.at), "amount_usd": amount, "why": self.why}

    @classmethod
    def from_json(cls, said: Mapping[str, Any]) -> "PlanStep":
        amount = said["amount_usd"]
        return cls(said["kind"], from_text(said["at"]), Decimal(amount) if amount is not None else None, said["why"])


@dataclass(frozen=True, slots=True)
class Plan:
    """The way to one tier of one edition, made at `at` for an account with `have_usd` counted and `short_usd` missing.

    ready_at: both gates are met, and where that needs a payment it has been made. safe_at: two days later. live_at: by
    then the tier should be shown (recheck hours) and its limits hold (settle hours). also: the kinds that are the same.
    extra_usd: what is paid beyond the shortfall, for a purchase has a least amount, or makes the provider look again.
    """

    kind: str
    rulebook: str
    tier: str
    at: datetime
    have_usd: Decimal
    short_usd: Decimal
    steps: tuple[PlanStep, ...]
    ready_at: datetime
    live_at: datetime
    risk: str
    also: tuple[str, ...] = ()

    @property
    def payments(self) -> tuple[PlanStep, ...]:
        return tuple(step for step in self.steps if step.kind == "pay")

    @property
    def total_usd(self) -> Decimal:
        return sum((step.amount_usd for step in self.steps if step.amount_usd is not None), ZERO)

    @property
    def extra_usd(self) -> Decimal:
        return max(ZERO, self.total_usd - self.short_usd)

    @property
    def safe_at(self) -> datetime:
        return self.ready_at + SAFETY

    def as_json(self) -> dict[str, Any]:
        """The plan as JSON keeps it; `from_json` reads it."""
        return {
            "kind": self.kind,
            "rulebook": self.rulebook,
            "tier": self.tier,
            "at": as_text(self.at),
            "have_usd": str(self.have_usd),
            "short_usd": str(self.short_usd),
            "steps": [step.as_json() for step in self.steps],
            "ready_at": as_text(self.ready_at),
            "live_at": as_text(self.live_at),
            "risk": self.risk,
        }

    @classmethod
    def from_json(cls, said: Mapping[str, Any]) -> "Plan":
        return cls(
            kind=said["kind"],
            rulebook=said["rulebook"],
            tier=said["tier"],
            at=from_text(said["at"]),
            have_usd=Decimal(said["have_usd"]),
            short_usd=Decimal(said["short_usd"]),
            steps=tuple(PlanStep.from_json(step) for step in said["steps"]),
            ready_at=from_text(said["ready_at"]),
            live_at=from_text(said["live_at"]),
            risk=said["risk"],
        )


@dataclass(frozen=True, slots=True)
class Plans:
    """The answer to a wish: up to three plans, different ones, or why there is none.

    is_there: the provider shows the tier already. obstacle: "" or that of the need; opaque (the gates are not
    published), requirement (`missing` names what nobody said to be met), purchase_limit (too many purchases would be
    needed). is_late: no plan is live by the wanted instant; `earliest_at` is when the first one is. warnings: shut_down
    (the model, before the plan is live), no_room (for the first payments), split (the provider limits one purchase).
    """

    need: Need
    standing: Standing
    plans: tuple[Plan, ...] = ()
    is_there: bool = False
    obstacle: str = ""
    missing: tuple[str, ...] = ()
    is_late: bool = False
    earliest_at: datetime | None = None
    warnings: tuple[str, ...] = ()

    def of(self, kind: str) -> Plan | None:
        """The plan of a kind, also when it is the same as another one's."""
        return next((plan for plan in self.plans if kind in (plan.kind, *plan.also)), None)
