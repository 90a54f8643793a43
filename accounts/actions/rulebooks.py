"""Adopt published editions."""

import hashlib
import json
from collections.abc import Iterable
from datetime import datetime

from django.db import transaction

from accounts import rules
from accounts.models import Rulebook, Standing


class EditionChanged(ValueError):
    """A published edition differs from the one adopted under the same id. What is adopted never changes."""


def digest_of(book: rules.Rulebook) -> str:
    """SHA-256 of the edition's document, whatever the order of its keys."""
    canonical = json.dumps(book.document, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


@transaction.atomic
def adopt(editions: Iterable[rules.Rulebook], *, now: datetime) -> list[str]:
    """Store the editions that are not adopted yet and return their ids; EditionChanged when one was altered.

    Accounts of their providers fall due at once, so that the clock moves those that follow and shows the others that
    a newer edition is there.
    """
    books = list(editions)
    adopted = dict(Rulebook.objects.filter(id__in=[book.id for book in books]).values_list("id", "digest"))
    new = []
    for book in books:
        digest = digest_of(book)
        if book.id not in adopted:
            new.append(
                Rulebook(
                    id=book.id,
                    provider=book.provider.id,
                    kind=book.kind,
                    started_by=book.started.by,
                    document=book.document,
                    digest=digest,
                    adopted_at=now,
                )
            )
        elif adopted[book.id] != digest:
            raise EditionChanged(f"{book.id} differs from the edition adopted earlier; publish a new edition instead")
    Rulebook.objects.bulk_create(new, ignore_conflicts=True)
    providers = {book.provider for book in new}
    Standing.objects.filter(account__rulebook__provider__in=providers, account__archived_at=None).update(
        next_look_at=now
    )
    return [book.id for book in new]
