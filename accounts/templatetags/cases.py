"""A diagnosis with what the page knows beside it; its words are in findings.py and remedies.py."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import rules
from accounts.models import Account, Shelf
from accounts.templatetags import slugs
from accounts.templatetags.moments import instant
from accounts.templatetags.sayings import tier_name

# Who answers, where no rulebook gives the name.
PROVIDERS: slugs.Words = {
    "relay": gettext_lazy("a relay"),
    "azure": "Azure OpenAI",
    "groq": "Groq",
    "openrouter": "OpenRouter",
    "deepseek": "DeepSeek",
    "siliconflow": "SiliconFlow",
}


@dataclass(frozen=True, slots=True)
class Case:
    """A diagnosis and the account it is about, if one was chosen.

    `standing`: the account's document, None where the answer is not about this account (see the doubts).
    """

    diagnosis: rules.Diagnosis
    account: Account | None
    rulebook: rules.Rulebook | None
    standing: dict[str, Any] | None
    shelf: Shelf

    @property
    def provider_name(self) -> str:
        editions = self.shelf.of(self.diagnosis.provider)
        return editions[-1].provider.name if editions else slugs.word(PROVIDERS, self.diagnosis.provider)

    @property
    def inferred(self) -> str:
        """The name of the tier that was inferred, or ""."""
        found = self.diagnosis.inference
        return tier_name(self.shelf[found.edition].tier(found.tier)) if found.tier else ""

    def by_when(self, moment: datetime) -> str:
        """An instant ahead; what is only seconds away is said so, for instants on screen have minutes."""
        return _("within a minute") if moment - self.diagnosis.at < timedelta(minutes=1) else instant(moment)

    @property
    def resets(self) -> list[tuple[rules.SeenLimit, str]]:
        """The limits, each with when all of it is back, or ""."""
        return [(limit, self.by_when(limit.resets_at) if limit.resets_at else "") for limit in self.diagnosis.limits]

    @property
    def may_see_tier(self) -> bool:
        """Whether the inferred tier is one that the account's edition has."""
        return self.rulebook is not None and self.rulebook.has_tier(self.diagnosis.inference.tier)

    @property
    def seen_above(self) -> str:
        """The name of the account's seen tier, where the inferred one lies below it; else ""."""
        if self.rulebook is None or self.account is None or not self.may_see_tier:
            return ""
        seen, inferred = (self.rulebook.tier(t) for t in (self.account.seen_tier, self.diagnosis.inference.tier))
        return tier_name(seen) if inferred.rank < seen.rank else ""

    @property
    def fits(self) -> list[tuple[rules.Rulebook, list[str]]]:
        """Each edition that knows the limits, newest first, with the tiers that they fit there."""
        books = [(self.shelf[fit.edition], fit.tiers) for fit in self.diagnosis.inference.fits]
        return [(book, [tier_name(book.tier(tier)) for tier in tiers]) for book, tiers in reversed(books)]
