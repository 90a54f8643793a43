"""Fill an empty instance with a demo workspace: every advice code, several providers, payments of every kind.

The story is played with the product's own actions, each at its own instant in the last weeks, and the clock is rung
once a day in between, so that history, episodes and notices are what they would be in real life.
"""

import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from accounts import actions
from accounts.gateways import published
from accounts.models import Account, Rulebook, User, Workspace

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
class Story:
    """An account opened `days` before now, and what happened to it since."""

    name: str
    edition: str
    tier: str
    days: float
    steps: tuple[Pay | See, ...] = ()
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
        facts={"organization_ref": "org-Kq7dEu01", "goal_tier": "tier-3", "goal_model": "o3-mini"},
    ),
    Story(
        "research",
        OPENAI,
        "tier-1",
        30,
        (Pay(29, "60", more={"tax": Decimal(0)}), Pay(3, "5", more={"reference": "INV-21544", "tax": Decimal(0)})),
        facts={"organization_ref": "org-Rs41Lab"},
    ),
    Story("agency-shop-14", OPENAI, "tier-3", 12, (Pay(9, "300", "invoice", {"tax": Decimal(0)}),)),
    Story("staging", OPENAI, "tier-1", 15, (Pay(11, "50", more={"tax": Decimal(0)}), Pay(0.25, "5"))),
    Story("flagship", OPENAI, "tier-5", 90, (Pay(80, "1500"), Pay(40, "500", "auto_recharge"))),
    Story("new-team", OPENAI, "free", 1),
    Story("just-risen", OPENAI, "tier-1", 20, (Pay(19, "60"), Pay(6, "5"), See(0.2, "tier-2"))),
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
    Story("launch-team", "openai/2026-10-06", "build", 25, (Pay(24, "40"), Pay(6, "52")), follows=True),
    Story("gemini-batch", "google-gemini/2026", "tier-1", 8, (Pay(5, "40"),)),
    Story("claude-writing", "anthropic/2026-06-26", "start", 18, (Pay(17, "200"),)),
    Story("grok-lab", "xai/2026", "tier-1", 22, (Pay(21, "60", "invoice"), Pay(4, "45", "invoice"))),
)


# A relay, `days` before now: its facts, the balance that it showed, and for which account it stands in.
RELAYS: tuple[tuple[float, dict[str, Any], str, str], ...] = (
    (
        6,
        {
            "name": "Example relay",
            "base_url": "https://relay.example/v1",
            "model_ids": ("openai/o3-mini", "openai/gpt-4o", "openai/gpt-4-turbo"),
            "bridge_model": "o3-mini",
            "notes": "Trials only; no customer data.",
        },
        "12.40",
        "production-eu",
    ),
    (
        8,
        {
            "name": "Example gateway",
            "base_url": "http://gateway.internal:3000/v1",
            "model_ids": ("gpt-4o", "gpt-4-turbo"),
            "bridge_tier": "tier-4",
        },
        "60",
        "agency-shop-14",
    ),
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
                act = player.pay(step) if isinstance(step, Pay) else player.see(step)
                steps.append((now - timedelta(days=step.days), act))
        for days, facts, balance, account in RELAYS:
            opens = partial(_open_relay, user, workspace, facts | {"expires_on": (now + timedelta(days=days)).date()})
            steps.append((now - timedelta(days=days), partial(opens, Decimal(balance), account)))
        return steps


def _open_relay(
    user: User, workspace: Workspace, facts: dict[str, Any], balance: Decimal, account: str, when: datetime
) -> None:
    actions.open_relay(
        workspace,
        facts=actions.RelayFacts(bridges=Account.objects.get(name=account), **facts),
        balance=actions.Balance(balance, when),
        form_key=uuid.uuid4(),
        by=user,
        now=when,
    )


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
