"""Adopting published editions: what is adopted never changes, and the accounts it may concern are looked at again."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.db.models import Count

from accounts import rules
from accounts.models import Account, Rulebook, Standing


class EditionChanged(ValueError):
    """A published edition differs from what was adopted under its id. Editions never change; a change is a new one."""


def digest_of(book: rules.Rulebook) -> str:
    """Return the SHA-256 of the edition's canonical JSON: sorted keys, no spaces, UTF-8, and no translations.

    A better translation changes no rule, so it needs no new edition.
    """
    canonical = json.dumps(_in_english(book.document), sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


def _in_english(document: Any) -> Any:
    if isinstance(document, Mapping):
        if "en" in document:
            return {"en": document["en"]}
        return {key: _in_english(value) for key, value in document.items()}
    if isinstance(document, list):
        return [_in_english(item) for item in document]
    return document


@transaction.atomic
def adopt(editions: Iterable[rules.Rulebook], *, now: datetime) -> list[str]:
    """Store the editions that are new, and return their ids in the given order. Translations are kept up to date.

    Every live account of their providers becomes due at once. EditionChanged names an edition that was altered;
    nothing is stored then. Adopting twice, or twice at the same time, adopts once.
    """
    with connection.cursor() as cursor:
        # Readers and accounts pass this lock; another adoption waits for it, and then finds the editions here.
        cursor.execute(f"LOCK TABLE {Rulebook._meta.db_table} IN SHARE ROW EXCLUSIVE MODE")
    books = list(editions)
    new = _new_among(books)
    _translate(books)
    Rulebook.objects.bulk_create(
        Rulebook(
            id=book.id,
            provider=book.provider.id,
            kind=book.kind,
            started_by=book.started.by,
            document=book.document,
            digest=digest_of(book),
            adopted_at=now,
        )
        for book in new
    )
    if new:
        _look_again({book.provider.id for book in new}, now=now)
    return [book.id for book in new]


def _translate(books: list[rules.Rulebook]) -> None:
    """Take over the words of adopted editions whose translations have changed; a process shows them after its start."""
    adopted = {row.id: row for row in Rulebook.objects.filter(id__in=[book.id for book in books])}
    renewed = []
    for book in books:
        row = adopted.get(book.id)
        if row is not None and row.document != book.document:
            row.document = dict(book.document)
            renewed.append(row)
    if renewed:
        Rulebook.objects.bulk_update(renewed, ["document"])


def _look_again(providers: set[str], *, now: datetime) -> None:
    accounts = Account.objects.live().filter(rulebook__in=Rulebook.objects.filter(provider__in=providers))
    # Whoever is assessing one of them right now has not seen the new editions: wait until that is written.
    list(accounts.order_by("id").select_for_update(no_key=True).values_list("id"))
    Standing.objects.filter(account__in=accounts).exclude(next_look_at__lte=now).update(next_look_at=now)


def preview_adoption(editions: Iterable[rules.Rulebook]) -> dict[str, int]:
    """Return how many live accounts each new edition would have looked at again, by the edition's id; writes nothing.

    EditionChanged as in `adopt`.
    """
    accounts = dict(Account.objects.live().order_by().values_list("rulebook__provider").annotate(Count("pk")))
    return {book.id: accounts.get(book.provider.id, 0) for book in _new_among(editions)}


def _new_among(editions: Iterable[rules.Rulebook]) -> list[rules.Rulebook]:
    adopted = dict(Rulebook.objects.values_list("id", "digest"))
    new = []
    for book in editions:
        known = adopted.get(book.id)
        if known is None:
            new.append(book)
        elif known != digest_of(book):
            raise EditionChanged(
                f"{book.id} differs from what was adopted under this name. Editions never change: "
                "publish the change as a new edition."
            )
    return new
