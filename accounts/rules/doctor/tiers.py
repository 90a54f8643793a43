"""Infer the tier from the limits that an answer shows, as far as that is unambiguous."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from accounts.rules.doctor import models
from accounts.rules.doctor.limits import REQUESTS, TOKENS, SeenLimit
from accounts.rules.rulebook import Cell, Limit, ModelAccess, Rulebook

FITS, OPEN, NO = "fits", "open", "no"


@dataclass(frozen=True, slots=True)
class Fit:
    """The tiers of one edition that the limits fit: one, or several candidates."""

    edition: str
    tiers: tuple[str, ...]
    limit: str

    @property
    def only(self) -> str:
        return self.tiers[0] if len(self.tiers) == 1 else ""


def fits(books: Iterable[Rulebook], named: models.Named | None, seen: Sequence[SeenLimit]) -> tuple[Fit, ...]:
    """What each edition makes of the limits, in the order of the editions; those that know nothing of it are left out.

    A project's own limit says nothing of the tier: it may lie below the organization's, and hides it.
    """
    usable = [limit for limit in seen if limit.metric != TOKENS]
    if named is None or not usable or any(limit.is_project for limit in usable):
        return ()
    return tuple(fit for book in books if (fit := _fit(book, named, usable)))


def _fit(book: Rulebook, named: models.Named, seen: Sequence[SeenLimit]) -> Fit | None:
    model = models.find(book, named.id)
    if model is None:
        return None
    groups = [group for group in book.limits_of(model.id) if named.variant in ("", group.variant)]
    found: dict[str, set[str]] = {tier.id: {_verdict(group, tier.id, seen) for group in groups} for tier in book.tiers}
    fitting = [tier.id for tier in book.tiers if FITS in found[tier.id]]
    if not fitting:
        return None
    candidates = {*fitting, *(t for t in found if OPEN in found[t] and not _is_ruled_out(book, model, groups, t, seen))}
    ordered = tuple(tier.id for tier in book.tiers if tier.id in candidates)
    return Fit(book.id, ordered, next(group.id for group in groups if _verdict(group, fitting[0], seen) == FITS))


def _verdict(group: Limit, tier: str, seen: Sequence[SeenLimit]) -> str:
    """Whether the limits are those of a tier: they fit, they may (nothing is published), or they do not."""
    verdicts = [_one(group, tier, limit) for limit in seen]
    if NO in verdicts:
        return NO
    return FITS if FITS in verdicts else OPEN


def _one(group: Limit, tier: str, seen: SeenLimit) -> str:
    if seen.metric == REQUESTS:
        # A model with a daily limit at this tier shows that one; the others show the minute's.
        daily = group.cell(tier, "rpd")
        return _compared(daily if daily.state == "number" else group.cell(tier, "rpm"), seen.value)
    cell = group.cell(tier, seen.metric)
    if (
        seen.metric == "rpd"
        and cell.state == "not_published"
        and any(it.value for it in group.cells.get(tier, {}).values())
    ):
        return NO  # the tier's limits are published, and a day's is not among them: it has none
    return _compared(cell, seen.value)


def _compared(cell: Cell, value: int) -> str:
    if cell.value is None:
        return OPEN if cell.state == "not_published" else NO
    if cell.is_most:
        return FITS if value <= cell.value else NO
    return FITS if value == cell.value else NO


def _is_ruled_out(
    book: Rulebook, model: ModelAccess, groups: Sequence[Limit], tier: str, seen: Sequence[SeenLimit]
) -> bool:
    """Whether a tier without published limits cannot be meant after all.

    It cannot below the lowest tier that may use the model; nor beyond a tier that has other limits already, for within
    one edition limits never fall with the tier.
    """
    rank = book.tier(tier).rank
    if model.ways and rank < min(book.tier(way.tier).rank for way in model.ways):
        return True
    fitting = [book.tier(t.id).rank for t in book.tiers if any(_verdict(g, t.id, seen) == FITS for g in groups)]
    others = [book.tier(t.id).rank for t in book.tiers if all(_verdict(g, t.id, seen) == NO for g in groups)]
    return all(any(min(rank, fit) < other < max(rank, fit) for other in others) for fit in fitting)


@dataclass(frozen=True, slots=True)
class Inference:
    """The tier that the limits show, by which edition; `tier` is "" when several could be meant, or none is.

    `fits`: what every edition of the provider makes of them.
    """

    tier: str = ""
    edition: str = ""
    fits: tuple[Fit, ...] = ()

    def of(self, edition: str) -> Fit | None:
        return next((fit for fit in self.fits if fit.edition == edition), None)


def infer(
    books: Sequence[Rulebook],
    chosen: Rulebook | None,
    named: models.Named | None,
    seen: Sequence[SeenLimit],
    on: date,
) -> Inference:
    """Infer from the account's edition, and from the newest one of its ladder that knows limits of the model.

    Neither may contradict the other. Without an account the provider's newest edition is heard alone.
    """
    found = fits(books, named, seen)
    knowing = [
        book
        for book in books
        if book.kind == "official" and book.started.by <= on and (chosen is None or _same_ladder(chosen, book))
        if named and (model := models.find(book, named.id)) and book.limits_of(model.id)
    ]
    newest = max(knowing, key=lambda book: book.started.by, default=None)
    asked = [book.id for book in (chosen, newest) if book]
    heard = [fit for fit in found if fit.edition in asked]
    if len({fit.tiers for fit in heard}) == 1 and heard[0].only:
        return Inference(heard[0].only, min(heard, key=lambda fit: asked.index(fit.edition)).edition, found)
    return Inference(fits=found)


def _same_ladder(one: Rulebook, other: Rulebook) -> bool:
    return [tier.id for tier in one.tiers] == [tier.id for tier in other.tiers]
