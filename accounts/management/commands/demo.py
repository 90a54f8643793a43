"""Fill an empty instance with a demo workspace: every advice code, several providers, payments of every kind.

The story is played with the product's own actions, each at its own instant in the last weeks, and the clock is rung
once a day in between, so that history, episodes and notices are what they would be in real life.
"""

import uuid
from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from django.core.management.base import CommandParser
from django.utils import timezone

from accounts import actions, rules
from accounts.gateways import published
from accounts.gateways.letter import ACCEPTED, REFUSED_FOR_NOW, Outcome
from accounts.management import paperwork
from accounts.management.guided import GuidedCommand
from accounts.management.stories import RELAYS, STORIES, Act, Adopt, Attach, Bring, Err, Happening, Pay, See, Story
from accounts.models import Account, Escalation, Rulebook, User, Workspace
from accounts.models.channel import CHAT, WEBHOOK
from accounts.notices import switchboard
from accounts.notices.send import is_withdrawn

EMAIL = "demo@tierdash.example"
# Hosts that the internet does not have: nothing is ever sent there, nor even asked for.
CHANNELS = (
    ("Ops receiver", WEBHOOK, "", "https://hooks.tierdash.example/in/Ue3kPz81", "hooks.tierdash.example"),
    ("Ann's phone", CHAT, "ntfy", "ntfys://ntfy.tierdash.example/ann-8Kd2wq", "ntfy.tierdash.example"),
)


class Command(GuidedCommand):
    help = (
        "Fill an empty instance with a demo workspace: accounts at several providers, payments of every kind, plans "
        "and notices. It does nothing when the demo's person (demo@tierdash.example) is there already. `make demo` "
        "does this in an instance of its own."
    )
    examples = """
        manage.py demo
        manage.py demo --at 2026-11-18T09:41:00+00:00
    """

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--at",
            metavar="INSTANT",
            type=datetime.fromisoformat,
            help="the instant that is now in the story, with its zone; the real one unless told",
        )

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
        # What waits for channels, a few minutes after each round.
        steps += [(now - timedelta(days=day) + timedelta(minutes=5), _carry) for day in range(40, 0, -1)]
        steps.append((now - timedelta(days=41), partial(_add_channels, user)))
        for story in STORIES:
            player = _Player(story, user, workspace)
            steps.append((now - timedelta(days=story.days), player.open))
            for step in story.steps:
                steps.append((now - timedelta(days=step.days), player.of(step)))
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


def _add_channels(user: User, when: datetime) -> None:
    for name, *where in CHANNELS:
        receiver = actions.Receiver(*where)
        actions.add_channel(user, receiver=receiver, name=name, muted_kinds=[], form_key=uuid.uuid4(), now=when)


def _carry(when: datetime) -> None:
    """Go through what waits as the sender does, but for the sending itself: here stand its outcomes."""
    while (delivery := switchboard.claim(when)) is not None:
        if is_withdrawn(delivery, now=when):
            continue
        is_down = delivery.channel == CHAT and delivery.attempts == 1 and delivery.notice.kind == "contact_support"
        outcome = Outcome(REFUSED_FOR_NOW, "502", "Bad Gateway") if is_down else Outcome(ACCEPTED, "200", "ok")
        switchboard.record(delivery, outcome, at=when)


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

    def of(self, step: Happening) -> Callable[[datetime], None]:
        match step:
            case Pay():
                return self.pay(step)
            case See():
                return self.see(step)
            case Adopt():
                return self.adopt(step)
            case Err():
                return self.paste(step)
            case Bring():
                return self.bring(step)
            case Attach():
                return self.attach(step)
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

    def paste(self, step: Err) -> Callable[[datetime], None]:
        def act(when: datetime) -> None:
            shelf = Rulebook.objects.all().shelf()
            found = rules.diagnose(
                step.text, at=when, editions=list(shelf.values()), edition=shelf[self._story.edition]
            )
            actions.attach_diagnosis(
                self._account, facts=found.as_facts(), key=uuid.uuid4().hex, at=when, by=self._user, now=when
            )

        return act

    def pay(self, step: Pay) -> Callable[[datetime], None]:
        def act(when: datetime) -> None:
            more = dict(step.more)
            if "undoes" in more:
                more["undoes"] = self._payments[more["undoes"]]
            if step.lasts is not None:
                more["expires_on"] = when.date() + timedelta(days=step.lasts)
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

    def attach(self, step: Attach) -> Callable[[datetime], None]:
        def act(when: datetime) -> None:
            payment = self._payments[step.payment]
            reference = payment.reference or f"INV-{20000 + payment.pk}"
            made = paperwork.MADE[step.kind](reference, f"{payment.gross:.2f}", payment.paid_at)
            given = actions.Given(step.name, len(made), lambda: made)
            [outcome] = actions.attach_receipts(payment, [given], by=self._user, now=when)
            if outcome.is_refused:
                raise ValueError(f"{step.name}: {outcome.code}")

        return act

    def walk(self, step: Act) -> Callable[[datetime], None]:
        def act(when: datetime) -> None:
            escalation = Escalation.objects.running().get(episode__account=self._account)
            facts = dict(step.facts)
            if "until" in facts:
                facts["until"] = when + timedelta(days=step.days - facts["until"])
            getattr(actions, step.name)(escalation, by=self._user, now=when, **facts)

        return act
