"""What climbing took here: durations of upgrades that came, by plain values. Users' experience, never a promise."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

# Below this many a median would pretend to know something.
LEAST_FOR_MEDIAN = 3


@dataclass(frozen=True, slots=True)
class Climb:
    """One tier that was within reach and came. Aware instants; `triggered_at` is None when nothing is known of it."""

    started_at: datetime
    seen_at: datetime
    triggered_at: datetime | None = None
    is_topped_up: bool = False
    is_support_asked: bool = False

    @property
    def took(self) -> timedelta:
        """From within reach until the tier was seen; 0 when it was seen before the rules gave it."""
        return max(self.seen_at - self.started_at, timedelta(0))

    @property
    def took_from_trigger(self) -> timedelta | None:
        """From the trigger until the tier was seen; None when it came without one."""
        if self.triggered_at is None or self.triggered_at > self.seen_at:
            return None
        return self.seen_at - self.triggered_at


@dataclass(frozen=True, slots=True)
class Spread:
    """Durations, shortest first. `median` is None when there are fewer than LEAST_FOR_MEDIAN: list them instead."""

    all: tuple[timedelta, ...]
    median: timedelta | None

    @property
    def count(self) -> int:
        return len(self.all)

    @property
    def shortest(self) -> timedelta:
        return self.all[0]

    @property
    def longest(self) -> timedelta:
        return self.all[-1]


@dataclass(frozen=True, slots=True)
class Experience:
    """How long the climbs took from within reach, and (None: no trigger known) from the trigger; what they needed."""

    count: int
    from_reach: Spread
    from_trigger: Spread | None
    topped_up: int
    support_asked: int


def experience(climbs: Iterable[Climb]) -> Experience | None:
    """Return what a number of climbs took; None when there are none."""
    held = list(climbs)
    from_reach = _spread(climb.took for climb in held)
    if from_reach is None:
        return None
    triggered = (climb.took_from_trigger for climb in held)
    return Experience(
        count=len(held),
        from_reach=from_reach,
        from_trigger=_spread(took for took in triggered if took is not None),
        topped_up=sum(climb.is_topped_up for climb in held),
        support_asked=sum(climb.is_support_asked for climb in held),
    )


def _spread(durations: Iterable[timedelta]) -> Spread | None:
    found = tuple(sorted(durations))
    if not found:
        return None
    low, high = found[(len(found) - 1) // 2], found[len(found) // 2]
    return Spread(found, (low + high) / 2 if len(found) >= LEAST_FOR_MEDIAN else None)
