"""The adopted editions. What is adopted never changes; a change is a new edition."""

from datetime import date
from functools import lru_cache

from django.db import models

from accounts import rules


@lru_cache(maxsize=256)
def _built(book_id: str, digest: str, document: "_Document") -> rules.Rulebook:
    return rules.build(document.content)


class _Document:
    """A document that stands in a cache key without taking part in it: id and digest already name the content."""

    def __init__(self, content: dict[str, object]) -> None:
        self.content = content

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Document)

    def __hash__(self) -> int:
        return 0


class RulebookQuerySet(models.QuerySet["Rulebook"]):
    def of(self, provider: str) -> "RulebookQuerySet":
        """A provider's editions, oldest first."""
        return self.filter(provider=provider).order_by("started_by", "id")

    def by_provider(self) -> "RulebookQuerySet":
        return self.order_by("provider", "started_by", "id")

    def in_force(self, provider: str, on: date) -> "Rulebook | None":
        """The provider's own rules on a day: its latest official edition that has started."""
        return self.of(provider).filter(kind="official", started_by__lte=on).last()


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
        return _built(self.id, self.digest, _Document(self.document))
