"""Where an article and its provider differ, in words: the article, the rules of its time, and those of today."""

from collections.abc import Iterator
from dataclasses import dataclass

from django import template
from django.utils.translation import gettext as _

from accounts import rules
from accounts.templatetags import editions, handbook, sayings

register = template.Library()


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that the article says otherwise than another edition: (column, value, differs from the article)."""

    name: str
    what: str
    cells: tuple[tuple[str, str, bool], ...]


@dataclass(frozen=True, slots=True)
class Disagreements:
    """A table: the word and the edition of each column, the article first, and its lines."""

    columns: tuple[tuple[str, rules.Rulebook], ...]
    lines: tuple[Line, ...]


@register.simple_tag
def disagreements(
    article: rules.Rulebook, then: rules.Rulebook | None, current: rules.Rulebook | None
) -> Disagreements:
    """Return what differs, by rules.differences, between an article and the official editions of its time and of today.

    Only what the article says of rules, tiers and models: what it does not name is no disagreement.
    """
    named = [(_("The article"), article)]
    if then is not None:
        named.append((_("Official then"), then))
    if current is not None and current is not then:
        named.append((_("Official today"), current))
    books = [book for _name, book in named]
    found = [it for other in books[1:] for it in rules.differences(article, other) if it.change != "added"]
    rows = [*_rules(books, found), *_replaced(books), *_tiers(books, found), *_models(books, found)]
    names = [name for name, _book in named]
    lines = (
        Line(name, what, tuple((column, said, said != values[0]) for column, said in zip(names, values, strict=True)))
        for name, what, values in rows
    )
    return Disagreements(tuple(named), tuple(lines))


Row = tuple[str, str, list[str]]
Found = list[rules.Difference]


def _rules(books: list[rules.Rulebook], found: Found) -> Iterator[Row]:
    for field in dict.fromkeys(it.field for it in found if it.subject == "rule"):
        yield str(editions.FIELDS[field]), "", [editions.in_words(it, field, getattr(it, field)) for it in books]


def _replaced(books: list[rules.Rulebook]) -> Iterator[Row]:
    """One line for a whole ladder: an edition lacks tiers of the article's."""
    if not all(book.has_tier(tier.id) for book in books for tier in books[0].tiers):
        yield _("The tiers"), "", [handbook.tier_names(book.tiers) for book in books]


def _tiers(books: list[rules.Rulebook], found: Found) -> Iterator[Row]:
    changed = {(it.tier, it.field) for it in found if it.subject == "tier" and it.change == "changed"}
    for tier in books[0].tiers:
        for field in (field for field in editions.FIELDS if (tier.id, field) in changed):
            values = [_of_tier(book, tier.id, field) for book in books]
            yield sayings.tier_name(tier), str(editions.FIELDS[field]), values


def _of_tier(book: rules.Rulebook, tier_id: str, field: str) -> str:
    if not book.has_tier(tier_id):
        return _("no such tier")
    return editions.in_words(book, field, getattr(book.tier(tier_id), field))


def _models(books: list[rules.Rulebook], found: Found) -> Iterator[Row]:
    differing = {it.model for it in found if it.subject == "model"}
    for model in books[0].models:
        # That a model was to end one day was not known when it opened: only the last edition says so.
        values = [handbook.who_may_use(it, it.model(model.id), is_dated=it is books[-1]) for it in books]
        if model.id in differing and len(set(values)) > 1:
            yield model.name, "", values
