"""The adopted editions. What is adopted never changes; a change is a new edition."""

from datetime import date

from django.db import models

from accounts import rules

# Editions built from their documents, by (id, digest): what is adopted never changes, so a process builds each once.
_BUILT: dict[tuple[str, str], rules.Rulebook] = {}


class RulebookQuerySet(models.QuerySet["Rulebook"]):
    def of(self, *providers: str) -> "RulebookQuerySet":
        """Editions of these providers, oldest first."""
        return self.filter(provider__in=providers).order_by("provider", "started_by", "id")

    def by_provider(self) -> "RulebookQuerySet":
        return self.order_by("provider", "started_by", "id")

    def shelf(self) -> "Shelf":
        """Every edition of this set as the rules know it; reads a document only when this process lacks it."""
        rows = list(self.by_provider().values_list("id", "digest"))
        missing = [book_id for book_id, digest in rows if (book_id, digest) not in _BUILT]
        for book in self.model.objects.filter(id__in=missing) if missing else ():
            _BUILT[book.id, book.digest] = rules.build(book.document)
        return Shelf({book_id: _BUILT[book_id, digest] for book_id, digest in rows})


class Shelf(dict[str, rules.Rulebook]):
    """Editions by id, ordered by provider and start."""

    def of(self, provider: str) -> list[rules.Rulebook]:
        """A provider's editions, oldest first."""
        return [book for book in self.values() if book.provider.id == provider]

    def in_force(self, provider: str, on: date) -> rules.Rulebook | None:
        """The provider's own rules on a day: its latest official edition that has started."""
        started = [book for book in self.of(provider) if book.kind == "official" and book.started.by <= on]
        return max(started, key=lambda book: book.started.by, default=None)

    def is_followed(self, book: rules.Rulebook) -> bool:
        """Whether the provider has changed its rules since this edition."""
        return book.is_followed_by_any(self.of(book.provider.id))


class Rulebook(models.Model):
    """One adopted edition; `digest` is the SHA-256 of its document, `started_by` the last day it can have begun."""

    id = models.CharField(primary_key=True, max_length=80)
    provider = models.CharField(max_length=40)
    kind = models.CharField(max_length=20)
    started_by = models.DateField()
    document = models.JSONField()
    digest = models.CharField(max_length=64)
    adopted_at = models.DateTimeField()

    objects = RulebookQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["provider", "started_by"], name="rulebook_by_provider")]

    def __str__(self) -> str:
        return self.id

    @property
    def rules(self) -> rules.Rulebook:
        """The edition as the rules know it, built once per process."""
        key = (self.id, self.digest)
        if key not in _BUILT:
            _BUILT[key] = rules.build(self.document)
        return _BUILT[key]
