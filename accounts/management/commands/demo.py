"""Fill an empty instance with a demo workspace: every advice code, several providers, payments of every kind.

The story is played with the product's own actions, each at its own instant in the last weeks, and the clock is rung
once a day in between, so that history, episodes and notices are what they would be in real life.
"""

import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from accounts import actions, rules
from accounts.gateways import published
from accounts.models import Account, Escalation, Rulebook, User, Workspace

EMAIL = "demo@tierdash.example"


@dataclass(frozen=True)
class Pay:
    """A payment, `days` before now."""

    days: float
    gross: str
    kind: str = "purchase"
    more: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class See:
    """The provider showed a tier, `days` before now."""

    days: float
    tier: str


@dataclass(frozen=True)
class Adopt:
    """A plan was adopted, `days` before now; `kind` is one of the rules' PLAN_KINDS."""

    days: float
    wish: rules.Wish
    kind: str


@dataclass(frozen=True)
class Bring:
    """A table was imported, `days` before now; each of its rows is (days before now, amount, reference)."""

    days: float
    rows: tuple[tuple[int, str, str], ...]


@dataclass(frozen=True)
class Act:
    """Something that was done on the path to the tier that was due `days` before now: an action by its name."""

    days: float
    name: str
    facts: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Story:
    """An account opened `days` before now, and what happened to it since."""

    name: str
    edition: str
    tier: str
    days: float
    steps: tuple[Pay | See | Adopt | Bring | Act, ...] = ()
    follows: bool = False
    facts: dict[str, Any] = field(default_factory=dict)


OPENAI = "openai/2025-05"
YUAN = {"currency": "CNY", "rate": Decimal("0.1385")}
STORIES = (
    Story(
        "production-eu",
        OPENAI,
        "tier-1",
        45,
        (
            Pay(44, "25", more={"reference": "INV-20417", "tax": Decimal(0)}),
            Pay(35, "25", "auto_recharge", {"tax": Decimal(0)}),
            See(33, "tier-2"),
            Pay(20, "45", more={"reference": "INV-21190", "tax": Decimal(0)}),
        ),
        facts={"organization_ref": "org-Kq7dEu01", "goal": {"model": "o3-mini"}},
    ),
    Story(
        "research",
        OPENAI,
        "tier-1",
        30,
        (
            Pay(29, "60", more={"tax": Decimal(0)}),
            Pay(3, "5", more={"reference": "INV-21544", "tax": Decimal(0)}),
            Act(0.3, "tick_step", {"step": "limits_checked"}),
        ),
        facts={"organization_ref": "org-Rs41Lab"},
    ),
    Story(
        "agency-shop-14",
        OPENAI,
        "tier-3",
        12,
        (Pay(9, "300", "invoice", {"tax": Decimal(0)}), Bring(8, ((11, "40", "INV-20988"), (10, "25", "INV-21002")))),
    ),
    Story(
        "voice-assistant",
        OPENAI,
        "free",
        4,
        (
            Adopt(3.2, rules.Wish(model="o3-mini"), "cheapest"),
            Pay(3, "5", more={"tax": Decimal(0)}),
            See(2.9, "tier-1"),
        ),
        facts={"organization_ref": "org-Vx83Say"},
    ),
    Story(
        "data-pipeline",
        OPENAI,
        "tier-1",
        16,
        (Pay(15, "20", more={"tax": Decimal(0)}), Adopt(5, rules.Wish(spend_usd=Decimal(800)), "all_at_once")),
    ),
    Story("staging", OPENAI, "tier-1", 15, (Pay(11, "50", more={"tax": Decimal(0)}), Pay(0.25, "5"))),
    Story("flagship", OPENAI, "tier-5", 90, (Pay(80, "1500"), Pay(40, "500", "auto_recharge"))),
    Story("new-team", OPENAI, "free", 1),
    Story(
        "just-risen",
        OPENAI,
        "tier-1",
        20,
        (
            Pay(19, "60"),
            Pay(6, "5"),
            Act(3.5, "tick_step", {"step": "limits_checked"}),
            Act(3.4, "tick_step", {"step": "support_asked", "ticket_ref": "#80317"}),
            Act(3.3, "snooze_escalation", {"until": 0.5}),
            See(0.2, "tier-2"),
        ),
    ),
    Story("mobile-app", OPENAI, "tier-3", 40, (Pay(39, "120"), See(2, "tier-1"))),
    Story(
        "shanghai-studio",
        OPENAI,
        "tier-1",
        35,
        (
            Pay(34, "200", more=YUAN | {"note": "首次充值"}),
            Pay(33, "100", "grant", {"note": "startup programme"}),
            Pay(30, "18", "promo"),
            Pay(28, "25", more={"status": "failed"}),
            Pay(26, "150", "auto_recharge", YUAN),
            Pay(21, "40", "transfer"),
            Pay(15, "72.20", "refund", YUAN | {"undoes": 0}),
            Pay(9, "12", "chargeback"),
            Pay(1, "20", more={"status": "pending"}),
        ),
    ),
    Story(
        "launch-team",
        "openai/2026-10-06",
        "build",
        25,
        (Pay(24, "40"), Pay(6, "52"), Act(1, "snooze_escalation", {"until": -2})),
        follows=True,
    ),
    Story("gemini-batch", "google-gemini/2026", "tier-1", 8, (Pay(5, "40"),)),
    Story("claude-writing", "anthropic/2026-06-26", "start", 18, (Pay(17, "200"),)),
    Story("grok-lab", "xai/2026", "tier-1", 22, (Pay(21, "60", "invoice"), Pay(4, "45", "invoice"))),
)


class Command(BaseCommand):
    help = "Fill an empty instance with a demo workspace. Does nothing when it is there already."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--at", type=datetime.fromisoformat, help="the instant that is now in the story (ISO)")

    def handle(self, *args: Any, **options: Any) -> None:
        now = options["at"] or timezone.now()
        if User.objects.filter(email=EMAIL).exists():
            self.stdout.write("The demo workspace is there.")
            return
        actions.adopt(published.editions().values(), now=now)
        user = User.objects.create_user(EMAIL, None, name="Ann")
        workspace = actions.open_home(user, now=now - timedelta(days=91))
        for when, step in sorted(self._steps(user, workspace, now), key=lambda pair: pair[0]):
            step(when)
        self.stdout.write(f"The demo workspace has {Account.objects.count()} accounts.")

    def _steps(
        self, user: User, workspace: Workspace, now: datetime
    ) -> list[tuple[datetime, Callable[[datetime], object]]]:
        """Everything that happens, each at its instant, with the clock rung once a day."""
        steps: list[tuple[datetime, Callable[[datetime], object]]] = [
            (now - timedelta(days=day, minutes=1), lambda when: actions.reconcile(now=when))
            for day in range(90, -1, -1)
        ]
        for story in STORIES:
            player = _Player(story, user, workspace)
            steps.append((now - timedelta(days=story.days), player.open))
            for step in story.steps:
                steps.append((now - timedelta(days=step.days), player.of(step)))
        return steps


class _Player:
    """Plays one story."""

    def __init__(self, story: Story, user: User, workspace: Workspace) -> None:
        self._story, self._user, self._workspace = story, user, workspace
        self._payments: list[Any] = []

    def open(self, when: datetime) -> None:
        self._account = actions.open_account(
            self._workspace,
            facts=actions.AccountFacts(name=self._story.name, **self._story.facts),
            rulebook=Rulebook.objects.get(pk=self._story.edition),
            seen_tier=self._story.tier,
            follows_provider=self._story.follows,
            form_key=uuid.uuid4(),
            by=self._user,
            now=when,
        )

    def of(self, step: Pay | See | Adopt | Bring | Act) -> Callable[[datetime], None]:
        match step:
            case Pay():
                return self.pay(step)
            case See():
                return self.see(step)
            case Adopt():
                return self.adopt(step)
            case Bring():
                return self.bring(step)
        return self.walk(step)

    def adopt(self, step: Adopt) -> Callable[[datetime], None]:
        def act(when: datetime) -> None:
            shelf = Rulebook.objects.all().shelf()
            plan = actions.plans_for(self._account, step.wish, shelf=shelf, now=when).of(step.kind)
            if plan is None:
                raise LookupError(f"{self._story.name} has no plan {step.kind} for {step.wish}")
            actions.adopt_plan(
                self._account,
                wish=step.wish,
                kind=step.kind,
                total_usd=plan.total_usd,
                form_key=uuid.uuid4(),
                by=self._user,
                now=when,
            )

        return act

    def pay(self, step: Pay) -> Callable[[datetime], None]:
        def act(when: datetime) -> None:
            more = dict(step.more)
            if "undoes" in more:
                more["undoes"] = self._payments[more["undoes"]]
            facts = actions.PaymentFacts(kind=step.kind, gross=Decimal(step.gross), paid_at=when, **more)
            self._payments.append(
                actions.record_payment(self._account, facts=facts, form_key=uuid.uuid4(), by=self._user, now=when)
            )

        return act

    def see(self, step: See) -> Callable[[datetime], None]:
        def act(when: datetime) -> None:
            actions.see_tier(self._account, tier=step.tier, seen_at=when, by=self._user, now=when)

        return act

    def bring(self, step: Bring) -> Callable[[datetime], None]:
        def act(when: datetime) -> None:
            past = [(when - timedelta(days=days - step.days), *rest) for days, *rest in step.rows]
            lines = ["Date,Amount,Tax,Status,Invoice number"]
            lines += [f"{at:%Y-%m-%d %H:%M}Z,${gross},0,Paid,{reference}" for at, gross, reference in past]
            held = actions.begin_import(
                self._account,
                content="\n".join(lines).encode(),
                file_name="billing-history.csv",
                zone=ZoneInfo("UTC"),
                by=self._user,
                now=when,
            )
            actions.start_import(held, leaves_out=False, by=self._user, now=when)

        return act

    def walk(self, step: Act) -> Callable[[datetime], None]:
        def act(when: datetime) -> None:
            escalation = Escalation.objects.running().get(episode__account=self._account)
            facts = dict(step.facts)
            if "until" in facts:
                facts["until"] = when + timedelta(days=step.days - facts["until"])
            getattr(actions, step.name)(escalation, by=self._user, now=when, **facts)

        return act
