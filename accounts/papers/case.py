"""The case: everything that papers about one account are made of, read once."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from accounts import actions, rules
from accounts.models import Account, Payment, Rulebook, User, kept_rows


@dataclass(frozen=True, slots=True)
class Case:
    """An account's standing of one moment, what stands beside it in the evidence, and its timeline."""

    account: Account
    standing: rules.Standing
    facts: rules.Facts
    timeline: rules.Timeline


def case_of(account: Account, *, by: User, now: datetime) -> Case:
    """Read an account's case for a person; writes nothing. `account` comes from the caller's own query."""
    payments: list[Any] = list(
        Payment.objects.filter(account=account).annotate(receipt_rows=kept_rows()).in_entry_order()
    )
    sightings = [
        rules.Sighting(seen.tier, seen.seen_at, seen.source, seen.rulebook_id) for seen in account.sightings.in_order()
    ]
    notices = account.notices.about_tiers().in_order()
    told = [rules.Told(*notice) for notice in notices.values_list("kind", "tier", "created_at")]
    standing = actions.assess(
        account, [payment.as_line() for payment in payments], Rulebook.objects.of(account.provider).shelf(), now=now
    )
    facts = rules.Facts(
        holder=rules.Owner(account.name, account.organization_ref, str(by)),
        papers={str(payment.pk): _paper(payment) for payment in payments},
        confirmed=account.confirmed_at,
        sightings=sightings,
        told=told,
    )
    shown = [rules.Shown(seen.tier, seen.at) for seen in sightings]
    return Case(account, standing, facts, rules.timeline(standing, shown, told))


def _paper(payment: Any) -> rules.Paper:
    """What stands beside a line; `receipt_rows` was read along with the payment."""
    proofs = [rules.Proof(*(row[name] for name in ("name", "kind", "sha256", "size"))) for row in payment.receipt_rows]
    return rules.Paper(payment.is_day_only, payment.note, proofs)
