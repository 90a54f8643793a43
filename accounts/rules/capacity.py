"""Capacity: which accounts give what a model is needed for, alone or together; which tier would; what is missing.

A demand is a mix: so many requests and so many tokens a minute. An account carries the share of it that its tightest
limit allows, and accounts together carry the sum of their shares: requests here and tokens there carry nothing.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from math import ceil

from accounts.rules.access import access
from accounts.rules.holding import WHOLE, Demand, Holding, holding
from accounts.rules.rulebook import REQUIREMENTS, Provider, Rulebook, Tier


@dataclass(frozen=True, slots=True)
class Holder:
    """An account as far as capacity goes: `confirmed` are the unobservable requirements it is said to meet.

    `organization` is the provider's reference. Accounts of one provider with the same one share its limits; without a
    reference an account is a billing scope of its own, as everywhere.
    """

    id: str
    name: str
    rulebook: Rulebook
    tier: str
    confirmed: frozenset[str] = frozenset()
    organization: str = ""

    @property
    def scope(self) -> tuple[str, str]:
        """What the limits belong to; how a reference is spelled does not make two of one."""
        reference = self.organization.strip().casefold()
        return ("organization", reference) if reference else ("account", self.id)


@dataclass(frozen=True, slots=True)
class Enough:
    """Which tier of an account's edition would be enough, from the seen one up.

    tier: the lowest that certainly is (None: none); `requires` is what must be met besides money and days. doubtful:
    the lowest tier before it of which nobody can say. most: what the best of these tiers gives for certain.
    """

    tier: Tier | None
    requires: tuple[str, ...] = ()
    doubtful: Tier | None = None
    most: Holding | None = None


@dataclass(frozen=True, slots=True)
class Part:
    """One account: what it gives now and which tier would do. `counted_as`: the account that stands for its limits,
    when another one of the same organization does."""

    holder: Holder
    holding: Holding
    reach: Enough | None
    counted_as: Holder | None = None


@dataclass(frozen=True, slots=True)
class Supply:
    """What the accounts of one provider give. `parts`: those that carry most first.

    together: the smallest combination that gives the whole demand; empty when there is none. share: what all of them
    carry for certain, of the demand. missing: what is missing of each need then (0: nothing). unsaid: how many
    organizations nobody can say anything of.
    """

    provider: Provider
    parts: tuple[Part, ...]
    together: tuple[Part, ...]
    share: Fraction
    missing: Mapping[str, int]
    unsaid: int

    @property
    def alone(self) -> tuple[Part, ...]:
        return tuple(part for part in self.parts if part.holding.state == "enough")


def capacity(holders: Iterable[Holder], demand: Demand, on: date) -> tuple[Supply, ...]:
    """Return what each provider's accounts give of a demand on a day, by provider.

    Providers of whose editions here none names the model are left out: what they call by that name is not known.
    """
    by_provider: dict[str, list[Holder]] = {}
    for holder in sorted(holders, key=lambda holder: (holder.name.casefold(), holder.id)):
        by_provider.setdefault(holder.rulebook.provider.id, []).append(holder)
    return tuple(
        _supply(held, demand, on)
        for _provider, held in sorted(by_provider.items())
        if any(holder.rulebook.model(demand.model_id) for holder in held)
    )


def _supply(holders: Sequence[Holder], demand: Demand, on: date) -> Supply:
    held = [(holder, holding(holder.rulebook, demand, _seen(holder), holder.confirmed, on)) for holder in holders]
    held.sort(key=lambda pair: _carried(pair[1]), reverse=True)  # stable: by name where they carry the same
    first_of: dict[tuple[str, str], Holder] = {}
    parts = []
    for holder, now in held:
        first = first_of.setdefault(holder.scope, holder)
        reach = None if now.state == "enough" else _reach(holder, demand, on)
        parts.append(Part(holder, now, reach, None if first is holder else first))
    counted = [part for part in parts if part.counted_as is None]
    share = sum((part.holding.share or Fraction(0) for part in counted), Fraction(0))
    return Supply(
        provider=holders[0].rulebook.provider,
        parts=tuple(parts),
        together=_together(counted),
        share=share,
        missing={metric: ceil(max(Fraction(0), 1 - share) * need) for metric, need in demand.needs.items()},
        unsaid=sum(part.holding.share is None for part in counted),
    )


def _seen(holder: Holder) -> Tier:
    return holder.rulebook.tier(holder.tier)


def _carried(holding: Holding) -> Fraction:
    """For the order: what carries something, then what nobody can say anything of, then nothing."""
    if holding.state == "closed":
        return Fraction(-2)
    return holding.share if holding.share is not None else Fraction(-1)


def _together(counted: Sequence[Part]) -> tuple[Part, ...]:
    """Take the largest shares until they make a whole: no smaller number of accounts can."""
    taken, carried = [], Fraction(0)
    for part in counted:
        if not part.holding.share:
            break
        taken.append(part)
        carried += part.holding.share
        if carried >= WHOLE:
            return tuple(taken)
    return ()


def _reach(holder: Holder, demand: Demand, on: date) -> Enough:
    book, seen = holder.rulebook, _seen(holder)
    doubtful, most = None, None
    for tier in (tier for tier in book.tiers if tier.rank >= seen.rank):
        needs = _requires(holder, demand, tier, on)
        then = holding(book, demand, tier, holder.confirmed | set(needs), on)
        if then.state == "enough":
            return Enough(tier, needs, doubtful, then)
        if then.state == "unknown" and doubtful is None:
            doubtful = tier
        if then.share and (most is None or then.share > (most.share or 0)):
            most = then
    return Enough(None, doubtful=doubtful, most=most)


def _requires(holder: Holder, demand: Demand, tier: Tier, on: date) -> tuple[str, ...]:
    """What an account at a tier has to meet yet, to be there and to use the model; as little as possible."""
    book = holder.rulebook
    model = book.model(demand.model_id)
    ways = [way for way in model.ways if book.tier(way.tier).rank <= tier.rank] if model is not None else []
    is_open = access(book, demand.model_id, tier.id, holder.confirmed, on).state == "open"
    ask = min((set(way.requires) - holder.confirmed for way in ways), key=len) if ways and not is_open else set()
    if tier.rank > _seen(holder).rank:
        ask |= set(tier.requires) - holder.confirmed
    return tuple(need for need in REQUIREMENTS if need in ask)
