"""The matrix of a rulebook: what each model allows at each tier, and which accounts can use it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

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
    """A model: `state` is what holds today at every tier (retired, partner, expected, unknown), or "open".

    `squares` are what the edition says of each tier, also of a model that is shut down by now or opens later.
    """

    model: rules.ModelAccess
    state: str
    squares: tuple[Square, ...]
    use: Use | None

    @property
    def is_tiered(self) -> bool:
        """Whether the edition says which tiers may use it."""
        return any(square.state in ("open", "conditional", "locked") for square in self.squares)


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
    alive = _day_alive(model, on)
    squares = []
    for tier in book.tiers:
        state = rules.access(book, model.id, tier.id, (), alive).state
        if state == "locked" and rules.access(book, model.id, tier.id, rules.REQUIREMENTS, alive).state == "open":
            state = "conditional"
        squares.append(Square(tier, state, rules.limits_at(book, model.id, tier.id)))
    today = rules.access(book, model.id, book.top.id, rules.REQUIREMENTS, on).state
    return Row(model, today, tuple(squares), _use(book, model, on, mine) if mine else None)


def _day_alive(model: rules.ModelAccess, on: date) -> date:
    """The day nearest to this one on which the model was not yet shut down, or is open already."""
    if model.retired_on is not None and model.retired_on <= on:
        return model.retired_on - timedelta(days=1)
    return max(on, model.opened_on) if model.opened_on is not None else on


def _use(book: rules.Rulebook, model: rules.ModelAccess, on: date, mine: Sequence[Reader]) -> Use:
    # Accounts that stand alike can do alike: the rules are asked once for each kind.
    usable = {
        (tier, confirmed): rules.access(book, model.id, tier, confirmed, on).state == "open"
        for tier, confirmed in {(reader.tier, reader.confirmed) for reader in mine}
    }
    can = [reader.name for reader in mine if usable[reader.tier, reader.confirmed]]
    cannot = [reader.name for reader in mine if not usable[reader.tier, reader.confirmed]]
    return Use(len(can), len(mine), tuple(can[:MOST_NAMES]), tuple(cannot[:MOST_NAMES]))
