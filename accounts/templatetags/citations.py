"""Where the guide's claims come from: the sources of the rulebooks, and of what no rulebook holds, its own list."""

from collections.abc import Mapping

from accounts import rules

# What providers say about more than tiers and limits. As in the rulebooks, `seen` is the day of the copy that was read.
FURTHER = {
    source.id: source
    for source in (
        rules.Source(
            "verification",
            "OpenAI help: API organization verification",
            "https://help.openai.com/en/articles/10910291-api-organization-verification",
            "2026-06-26",
            "high",
        ),
        rules.Source(
            "spec",
            "OpenAI, the specification of its API",
            "https://github.com/openai/openai-openapi",
            "2026-08-21",
            "high",
        ),
        rules.Source(
            "limit-errors",
            "OpenAI help: troubleshooting API usage and spend limits",
            "https://help.openai.com/en/articles/6614457-troubleshooting-api-usage-and-spend-limits",
            "2026",
            "high",
        ),
        rules.Source(
            "forum",
            "The community forum of OpenAI",
            "https://community.openai.com/",
            "2023-11 to 2026-10",
            "low",
        ),
    )
}


class Citations:
    """The sources of the claims about one edition; None where there is none, and the guide then says less."""

    def __init__(self, book: rules.Rulebook, shelf: Mapping[str, rules.Rulebook]) -> None:
        self._book = book
        kept = [other for other in shelf.values() if other.provider.id == book.provider.id and other is not book]
        # The chosen edition's own sources first, then those of the newest.
        self._books = [book, *sorted(kept, key=lambda other: other.started.by, reverse=True)]

    @property
    def _official(self) -> list[rules.Rulebook]:
        """The provider's own editions, newest first."""
        official = (book for book in self._books if book.kind == "official")
        return sorted(official, key=lambda book: book.started.by, reverse=True)

    def _find(self, *source_ids: str) -> rules.Source | None:
        """The first of these sources that any of the provider's editions names."""
        held = [source for book in self._books for source in book.sources]
        return next((source for wanted in source_ids for source in held if source.id == wanted), None)

    @property
    def _is_openai(self) -> bool:
        return self._book.provider.id == "openai"

    @property
    def gates(self) -> rules.Source:
        """What the edition's tiers rest on: the source that it names first."""
        return self._book.sources[0]

    @property
    def official(self) -> rules.Source | None:
        """A page of the provider itself about its tiers, also where the chosen edition is an article's."""
        # Of an article, the rules that held when it was written.
        at_its_time = (book for book in self._official if book.started.by <= self._book.started.by)
        book = self._book if self._book.kind == "official" else next(at_its_time, None)
        return book.sources[0] if book is not None else None

    @property
    def article(self) -> rules.Source | None:
        return self._find("article")

    @property
    def prepaid(self) -> rules.Source | None:
        """About buying credit: the smallest purchase, and when credit ends."""
        return self._find("help-setup-prepaid", "help-prepaid")

    @property
    def reasoning_models(self) -> rules.Source | None:
        return self._find("help-o-series")

    @property
    def shutdowns(self) -> rules.Source | None:
        """About models that end; or else what the provider said last."""
        return self._find("deprecations") or next((it.sources[0] for it in self._official[:1]), None)

    @property
    def verification(self) -> rules.Source | None:
        return FURTHER["verification"] if self._is_openai else None

    @property
    def spec(self) -> rules.Source | None:
        return FURTHER["spec"] if self._is_openai else None

    @property
    def limit_errors(self) -> rules.Source | None:
        return FURTHER["limit-errors"] if self._is_openai else None

    @property
    def errors(self) -> rules.Source:
        """About the errors of OpenAI, which stand in the guide of every provider as such."""
        return FURTHER["limit-errors"]

    @property
    def forum(self) -> rules.Source | None:
        return FURTHER["forum"] if self._is_openai else None
