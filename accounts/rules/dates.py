"""The dated entries of an account: what its standing says will happen, or has been due since, each at its instant.

This is what a calendar shows. Further kinds of entries (a plan's steps, credit that expires) belong into `dated`.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from accounts.rules.advice import Gate
from accounts.rules.rulebook import Tier
from accounts.rules.standing import Standing

DATED_KINDS = ("top_up", "upgrade", "wait_over", "contact_support", "settled")


@dataclass(frozen=True, slots=True)
class Dated:
    """One entry. `key` names it within its account, whatever its instant; `at` is aware.

    kind: "top_up" (from then on a small top-up may open the tier), "upgrade" (from then on the provider upgrades by
    itself), "wait_over" (the wait ends while money is missing), "contact_support" (the patience after a trigger ends),
    "settled" (limits should have followed). amount_usd: what to pay (top_up), or what is missing (wait_over).
    """

    kind: str
    tier: Tier
    at: datetime
    amount_usd: Decimal | None = None

    @property
    def key(self) -> str:
        return f"{self.kind}-{self.tier.id}"


def dated(standing: Standing) -> tuple[Dated, ...]:
    """Return every dated entry of a standing, by instant.

    Time alone changes none of them: what was ahead stays as it is while it is due, and is gone when it is over.
    """
    entries = [*_of_advice(standing), *_ahead(standing)]
    return tuple(sorted(entries, key=lambda entry: (entry.at, entry.tier.rank, entry.kind)))


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
