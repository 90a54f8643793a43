"""Sample accounts for the style guide: invented ledgers, judged by the real rules at this moment. Nothing is stored."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from accounts import actions, papers, rules
from accounts.gateways import published
from accounts.models import (
    Account,
    Delivery,
    Episode,
    Escalation,
    Event,
    Notice,
    Payment,
    Plan,
    Shelf,
    User,
)
from accounts.models.notice import STATUSES
from accounts.templatetags.cases import Case
from accounts.views.board import Row
from accounts.views.specimens import SPECIMENS

OPENAI = "openai/2025-05"


@dataclass(frozen=True)
class Sample:
    """An account whose payments are (days before now, gross) pairs; `rose_days` ago its seen tier rose."""

    name: str
    seen: str
    payments: tuple[tuple[float, str], ...] = ()
    edition: str = OPENAI
    rose_days: float | None = None


# One for every advice code and every shape of the ladder: reached, half way, without a clock, opaque, without wait.
SAMPLES = (
    Sample("top-up", "tier-1", ((11, "50"),)),
    Sample("top-up-completes", "tier-1", ((20, "45"),)),
    Sample("contact-support", "tier-1", ((29, "60"), (3, "5"))),
    Sample("rechecking", "tier-1", ((11, "50"), (0.25, "5"))),
    Sample("settling", "tier-2", ((19, "60"), (6, "5")), rose_days=0.2),
    Sample("wait", "tier-3", ((9, "300"),)),
    Sample("fund", "tier-1", ((3, "20"),)),
    Sample("fund-from-nothing", "free"),
    Sample("ask-provider", "scale", ((60, "900"),), edition="anthropic/2026-06-26"),
    Sample("top", "tier-5", ((80, "1500"), (40, "500"))),
)
KINDS: tuple[tuple[float, str, dict[str, Any]], ...] = (
    (34, "200", {"currency": "CNY", "rate": Decimal("0.1385"), "note": "首次充值"}),
    (33, "100", {"kind": "grant"}),
    (30, "18", {"kind": "promo"}),
    (28, "25", {"status": "failed", "reference": "INV-20417"}),
    (21, "40", {"kind": "transfer"}),
    (15, "12.50", {"kind": "refund", "tax": Decimal("2.00")}),
    (9, "60", {"kind": "invoice", "tax": Decimal("10.00"), "is_day_only": True}),
    (4, "7", {"status": "void"}),
    (1, "20", {"status": "pending"}),
)


def shelf() -> Shelf:
    return Shelf(published.editions())


def timeline(*, now: datetime) -> rules.Timeline:
    """The timeline of the first sample, with what the provider showed and a notice."""
    sample = SAMPLES[0]
    _account, standing = assess(sample, now=now)
    shown = [rules.Shown("free", now - timedelta(days=12)), rules.Shown(sample.seen, now - timedelta(days=10))]
    return rules.timeline(standing, shown, [rules.Told("upgrade_ready", "tier-2", now - timedelta(days=4))])


def overdue(by: User, *, now: datetime) -> papers.Case:
    """The case of the sample whose upgrade is overdue."""
    sample = next(sample for sample in SAMPLES if sample.name == "contact-support")
    account, standing = assess(sample, now=now)
    seen = rules.Sighting(sample.seen, now - timedelta(days=30), "person", sample.edition)
    facts = rules.Facts(rules.Owner(account.name, account.organization_ref, str(by)), sightings=[seen])
    return papers.Case(account, standing, facts, rules.timeline(standing, [rules.Shown(seen.tier, seen.at)]))


def account_of(sample: Sample, *, now: datetime) -> Account:
    rose_at = now - timedelta(days=sample.rose_days) if sample.rose_days is not None else None
    return Account(
        name=sample.name,
        rulebook_id=sample.edition,
        organization_ref="org-Kq7dEu01",
        seen_tier=sample.seen,
        seen_source="person",
        seen_at=rose_at or now - timedelta(days=2),
        seen_rose_at=rose_at,
        created_at=now,
    )


def assess(sample: Sample, *, now: datetime) -> tuple[Account, rules.Standing]:
    account = account_of(sample, now=now)
    lines = [
        rules.Line(str(number), "purchase", "succeeded", Decimal(gross), now - timedelta(days=days))
        for number, (days, gross) in enumerate(sample.payments)
    ]
    return account, actions.assess(account, lines, shelf(), now=now)


def rows(*, now: datetime) -> list[Row]:
    """Every sample as lists show it."""
    judged = [assess(sample, now=now) for sample in SAMPLES]
    return [Row(account, standing.as_json(), standing.rulebook) for account, standing in judged]


def planned(*, now: datetime) -> tuple[rules.Plans, rules.Rulebook]:
    """Plans for o3-mini from nothing, with a day by which it is needed: all three kinds."""
    book = shelf()[OPENAI]
    wish = rules.Wish(model="o3-mini")
    return rules.plan(book, [], rules.Seen("free"), wish, now, now + timedelta(days=30)), book


def adopted(kind: str, days: float, *, now: datetime) -> tuple[Plan, rules.Following, list[Payment]]:
    """A plan adopted so many days ago by an account that has since paid the first payment, and how it stands."""
    then = now - timedelta(days=days)
    made = planned(now=then)[0].of(kind)
    if made is None:
        raise LookupError(kind)
    payment = Payment(id=1, gross=Decimal(5), paid_at=then, kind="purchase", status="succeeded")
    standing = rules.assess(shelf()[OPENAI], [payment.as_line()], rules.Seen("tier-1"), now)
    plan = Plan(wish={"model": "o3-mini"}, kind=kind, tier=made.tier, document=made.as_json(), adopted_at=then)
    return plan, rules.follow(made, standing), [payment]


def climb(*, now: datetime) -> tuple[Row, rules.Path, Escalation]:
    """The overdue sample on its path: the limits page was looked at, support is to be asked, and it is snoozed."""
    [sample] = [sample for sample in SAMPLES if sample.name == "contact-support"]
    account, standing = assess(sample, now=now)
    episode = Episode(account=account, rulebook_id=account.rulebook_id, tier=standing.advice.tier.id, started_at=now)
    escalation = Escalation(episode=episode, snoozed_until=now + timedelta(days=2))
    if reach := rules.reach(standing, episode.tier):
        escalation.renew(reach)
    path = rules.path(standing, said={"limits_checked": now}, looked_at=account.seen_at)
    if path is None:
        raise LookupError("no sample is overdue")
    return Row(account, standing.as_json(), standing.rulebook), path, escalation


def climbs(row: Row, *, now: datetime) -> tuple[rules.Experience | None, list[tuple[Escalation, rules.Rulebook]]]:
    """What climbing took, and an episode for each way in which one ends."""
    hours = timedelta(hours=1)
    took = [rules.Climb(now - 60 * hours, now - h * hours, now - 58 * hours, is_topped_up=True) for h in (10, 31, 52)]
    ends = [("tier_seen", 9), ("by_person", 3), ("gave_up", 1), ("", 0)]
    listed = [
        Escalation(
            episode=Episode(account=row.account, rulebook_id=row.rulebook.id, tier="tier-2", started_at=now),
            started_at=now - 60 * hours,
            triggered_at=now - 58 * hours if how != "gave_up" else None,
            how=how,
            resolved_at=now - h * hours if how else None,
        )
        for how, h in ends
    ]
    return rules.experience(took), [(held, row.rulebook) for held in listed]


def fallen(*, now: datetime) -> Row:
    account, standing = assess(Sample("fallen", "tier-1", ((39, "120"),)), now=now)
    account.fell_from, account.fell_at = "tier-3", now - timedelta(days=2)
    return Row(account, standing.as_json(), standing.rulebook)


def ledger(account: Account, *, now: datetime) -> list[tuple[Payment, rules.Entry]]:
    """A ledger with every kind of payment and every reason for not counting, latest first."""
    payments = [
        Payment(
            id=number,
            account=account,
            gross=Decimal(gross),
            paid_at=now - timedelta(days=days),
            **{"kind": "purchase", "status": "succeeded"} | facts,
        )
        for number, (days, gross, facts) in enumerate(KINDS)
    ]
    tally = actions.assess(account, [payment.as_line() for payment in payments], shelf(), now=now).tally
    by_id = {str(payment.pk): payment for payment in payments}
    return [(by_id[entry.line.id], entry) for entry in reversed(tally.entries)]


def events(account: Account, by: User, *, now: datetime) -> list[Event]:
    said: list[tuple[float, str, dict[str, Any]]] = [
        (0.1, "advice_changed", {"after": {"code": "top_up", "tier": "tier-2"}}),
        (2, "tier_seen", {"change": "rose", "before": "free", "after": "tier-1"}),
        (11, "payment_recorded", {"after": {"kind": "purchase", "gross": "50", "currency": "USD", "paid_at": now}}),
        (12, "account_opened", {"tier": "free", "edition": account.rulebook_id}),
    ]
    return [
        Event(account=account, kind=kind, at=now - timedelta(days=days), by=by if days > 1 else None, facts=facts)
        for days, kind, facts in said
    ]


def case(row: Row, specimen: str, *, now: datetime) -> Case:
    """What an example of the error doctor says of an account."""
    diagnosis = rules.diagnose(
        SPECIMENS[specimen][1],
        at=now,
        editions=list(shelf().values()),
        edition=row.rulebook,
        tier=row.account.seen_tier,
        organization=row.account.organization_ref,
    )
    return Case(diagnosis, row.account, row.rulebook, row.standing, shelf())


def notice(row: Row, kind: str, recipient: User, *, now: datetime) -> Notice:
    return Notice(
        account=row.account,
        kind=kind,
        rulebook_id=row.rulebook.id,
        tier=row.standing["advice"]["tier"],
        recipient=recipient,
        facts={"account": row.account.name, "standing": row.standing},
        created_at=now,
    )


@dataclass(frozen=True)
class Listed:
    """A notice as its list shows it: the mails stand beside it, for there is no row that they could hang on."""

    notice: Notice
    mails: list[Delivery]
    deliveries: dict[str, list[Delivery]] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "deliveries", {"all": self.mails})

    def __getattr__(self, name: str) -> Any:
        return getattr(self.notice, name)


def listed(row: Row, recipient: User, *, now: datetime) -> Iterator[Listed]:
    """A notice for each state that a mail can be in."""
    for status in STATUSES:
        raised = notice(row, "upgrade_ready", recipient, now=now)
        mail = Delivery(notice=raised, status=status, next_at=now, sent_at=now if status == "sent" else None)
        yield Listed(raised, [mail])
