"""What a standing starts and ends: episodes, and the escalation of the one that calls for somebody. All set-wise."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from accounts import rules
from accounts.actions.history import event
from accounts.models import Account, Episode, Escalation, Event
from accounts.models.escalation import TIER_SEEN

# A stretch within reach that was interrupted for less than this is the same episode (domain 1).
SAME_EPISODE = timedelta(hours=24)
DERIVED = ("started_at", "triggered_at", "is_topped_up", "resolved_at", "how")

Standings = dict[Account, rules.Standing]


@dataclass(frozen=True, slots=True)
class Episodes:
    """`running` by (account id, tier); `known` are those that were there before, ended ones of the last day too."""

    running: dict[tuple[Any, str], Episode]
    known: tuple[Episode, ...]


@dataclass(frozen=True, slots=True)
class Escalations:
    """By the id of their episode, and what is to be told of those that were resolved just now."""

    held: dict[Any, Escalation] = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)


def turn_episodes(standings: Standings, *, now: datetime) -> Episodes:
    """Open, continue and end episodes."""
    recent = Episode.objects.filter(account__in=standings).exclude(ended_at__lte=now - SAME_EPISODE)
    before = tuple(recent.order_by("started_at", "id"))
    known = {(episode.account_id, episode.rulebook_id, episode.tier): episode for episode in before}

    running: dict[tuple[Any, str], Episode] = {}
    opened: list[Episode] = []
    resumed: list[Episode] = []
    for account, standing in standings.items():
        for tier in () if account.is_archived else standing.within_reach:
            key = (account.id, account.rulebook_id, tier)
            if key not in known:
                episode = Episode(account=account, rulebook_id=account.rulebook_id, tier=tier, started_at=now)
                opened.append(episode)
            else:
                episode = known.pop(key)
                resumed += [episode] if episode.ended_at is not None else []
            running[account.id, tier] = episode
    ended = [episode for episode in known.values() if episode.ended_at is None]

    Episode.objects.bulk_create(opened)
    if resumed:
        Episode.objects.filter(id__in=[episode.id for episode in resumed]).update(ended_at=None)
    if ended:
        Episode.objects.filter(id__in=[episode.id for episode in ended]).update(ended_at=now)
    return Episodes(running, before)


def turn_escalations(standings: Standings, episodes: Episodes, *, now: datetime) -> Escalations:
    """Start the escalation of an advised episode, keep its instants true, and resolve it when its tier has come.

    One that was resolved because the tier came is open again when the tier is within reach again in the same episode.
    At most three queries, none where no account has or had an episode.
    """
    held: dict[Any, Escalation] = {}
    if episodes.known:
        held = {found.pk: found for found in Escalation.objects.filter(episode__in=episodes.known)}
    started, changed, events = [], [], []
    for account, standing, episode in _at_hand(standings, episodes):
        escalation = held.get(episode.pk)
        reach = rules.reach(standing, episode.tier)
        if standing.rulebook.tier(episode.tier).rank <= standing.seen_tier.rank:
            if escalation is not None and escalation.how != TIER_SEEN:
                _resolve(escalation, reach, at=account.seen_at)
                changed.append(escalation)
                events.append(event(account, "escalation_resolved", at=now, tier=episode.tier, how=TIER_SEEN))
        elif (account.id, episode.tier) not in episodes.running or reach is None:
            continue
        elif escalation is not None:
            is_again = escalation.how == TIER_SEEN
            if is_again:
                escalation.resolved_at, escalation.how = None, ""
            if escalation.renew(reach) or is_again:
                changed.append(escalation)
        elif standing.advice.code in rules.ON_THE_PATH and standing.advice.tier.id == episode.tier:
            fresh = Escalation(episode=episode)
            fresh.renew(reach)
            held[episode.pk] = fresh
            started.append(fresh)
    if started:
        Escalation.objects.bulk_create(started)
    if changed:
        Escalation.objects.bulk_update(changed, DERIVED)
    return Escalations(held, events)


def _at_hand(standings: Standings, episodes: Episodes) -> Iterator[tuple[Account, rules.Standing, Episode]]:
    """Every episode, known or new, that is of its account's present edition."""
    by_id = {account.id: (account, standing) for account, standing in standings.items()}
    for episode in dict.fromkeys([*episodes.known, *episodes.running.values()]):
        account, standing = by_id[episode.account_id]
        if episode.rulebook_id == account.rulebook_id and standing.rulebook.has_tier(episode.tier):
            yield account, standing, episode


def _resolve(escalation: Escalation, reach: rules.Reach | None, *, at: datetime) -> None:
    """The tier came at an instant; a trigger after that did not bring it."""
    if reach is not None:
        escalation.renew(reach)
    if escalation.triggered_at is not None and escalation.triggered_at > at:
        escalation.triggered_at, escalation.is_topped_up = None, False
    escalation.resolved_at, escalation.how = at, TIER_SEEN
