"""The matrix of a rulebook: what each model allows at each tier, and which accounts can use it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from accounts import rules
from accounts.models import Account

MOST_NAMES = 12


@dataclass(frozen=True, slots=True)
class Reader:
    """An account as far as access to models goes: where it stands, and what it is said to meet."""

    name: str
    tier: str
    confirmed: frozenset[str]


@dataclass(frozen=True, slots=True)
class Square:
    """A model at a tier. `state` is that of rules.access, or "conditional": open once its requirements are met."""

    tier: rules.Tier
    state: str
    limits: tuple[rules.LimitsAt, ...]

    @property
    def is_silent(self) -> bool:
        """Whether the edition publishes no limit at all here."""
        return all(cell.state == "not_published" for at in self.limits for cell in at.cells.values())


@dataclass(frozen=True, slots=True)
class Use:
    """Who of the readers can use a model: names, the first few of each, and how many there are."""

    can: int
    of: int
    can_names: tuple[str, ...]
    cannot_names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Row:
    """A model: `state` says what holds at every tier (retired, partner, ...) or that tiers decide ("open")."""

    model: rules.ModelAccess
    state: str
    squares: tuple[Square, ...]
    use: Use | None

    @property
    def is_tiered(self) -> bool:
        """Whether a tier decides who may use it; else the state says it all."""
        return self.state == "open"


def readers(accounts: Iterable[Account], book: rules.Rulebook, *, now: datetime) -> list[Reader]:
    """The accounts whose seen tier the edition knows."""
    return [
        Reader(
            account.name,
            account.seen_tier,
            frozenset(need for need, since in account.confirmed_at.items() if since <= now),
        )
        for account in accounts
        if book.has_tier(account.seen_tier)
    ]


def matrix(
    book: rules.Rulebook, models: Iterable[rules.ModelAccess], *, on: date, mine: Sequence[Reader] = ()
) -> list[Row]:
    """Return a row for each of the models, on a day."""
    return [_row(book, model, on, mine) for model in models]


def _row(book: rules.Rulebook, model: rules.ModelAccess, on: date, mine: Sequence[Reader]) -> Row:
    squares = []
    for tier in book.tiers:
        state = rules.access(book, model.id, tier.id, (), on).state
        if state == "locked" and rules.access(book, model.id, tier.id, rules.REQUIREMENTS, on).state == "open":
            state = "conditional"
        squares.append(Square(tier, state, rules.limits_at(book, model.id, tier.id)))
    decided = {square.state for square in squares}
    state = "open" if decided & {"open", "conditional", "locked"} else squares[0].state
    return Row(model, state, tuple(squares), _use(book, model, on, mine) if mine else None)


def _use(book: rules.Rulebook, model: rules.ModelAccess, on: date, mine: Sequence[Reader]) -> Use:
    # Accounts that stand alike can do alike: the rules are asked once for each kind.
    usable = {
        (tier, confirmed): rules.access(book, model.id, tier, confirmed, on).state == "open"
        for tier, confirmed in {(reader.tier, reader.confirmed) for reader in mine}
    }
    can = [reader.name for reader in mine if usable[reader.tier, reader.confirmed]]
    cannot = [reader.name for reader in mine if not usable[reader.tier, reader.confirmed]]
    return Use(len(can), len(mine), tuple(can[:MOST_NAMES]), tuple(cannot[:MOST_NAMES]))
