"""What the guide is made of: its contents, its marks, its sources, and figures put into words. {% load handbook %}."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django import template
from django.template.loader import render_to_string
from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts import rules
from accounts.templatetags import editions, figures, sayings, slugs

register = template.Library()

Words = str | Promise


@dataclass(frozen=True, slots=True)
class Chapter:
    """A chapter with its paragraphs: id -> title. Pages link to these ids, so that none is ever renamed."""

    id: str
    title: Words
    paragraphs: Mapping[str, Words]


CHAPTERS = (
    Chapter(
        "basics",
        gettext_lazy("The basics"),
        {
            "how-tiers-work": gettext_lazy("How tiers work"),
            "what-counts": gettext_lazy("What counts as paid"),
            "credit": gettext_lazy("Credit that expires"),
            "the-clock": gettext_lazy("The clock of the wait"),
            "limits": gettext_lazy("Rate limits and the monthly cap"),
        },
    ),
    Chapter(
        "climbing",
        gettext_lazy("Climbing"),
        {
            "first-top-up": gettext_lazy("The first top-up"),
            "the-wait": gettext_lazy("Managing the wait"),
            "trigger": gettext_lazy("Triggering the upgrade"),
        },
    ),
    Chapter(
        "stuck",
        gettext_lazy("When nothing moves"),
        {
            "support": gettext_lazy("Every condition met, no upgrade"),
            "limits-not-following": gettext_lazy("Limits that do not follow"),
            "errors": gettext_lazy("What an error tells"),
            "evidence": gettext_lazy("Evidence for the ticket"),
        },
    ),
    Chapter(
        "access",
        gettext_lazy("Which models open"),
        {
            "models": gettext_lazy("Access to models"),
            "model-not-open": gettext_lazy("A model that stays closed"),
            "image-models": gettext_lazy("Image models"),
            "video-models": gettext_lazy("Video models"),
        },
    ),
    Chapter(
        "beyond",
        gettext_lazy("When no tier will do"),
        {
            "alternatives": gettext_lazy("The alternatives, side by side"),
            "relays": gettext_lazy("Relays"),
            "several-accounts": gettext_lazy("Several accounts"),
            "enterprise": gettext_lazy("Large and enterprise use"),
        },
    ),
    Chapter(
        "tools",
        gettext_lazy("What tierdash does for you"),
        {
            "planner": gettext_lazy("From a wish to dated steps"),
            "capacity": gettext_lazy("Is there enough?"),
            "notices": gettext_lazy("Notices"),
            "receipts": gettext_lazy("Receipts with their payments"),
            "channels": gettext_lazy("Notices by webhook and chat"),
            "calendar": gettext_lazy("Dates in your calendar"),
            "importing": gettext_lazy("Bringing payments in"),
            "rulebooks": gettext_lazy("Rulebooks and editions"),
        },
    ),
    Chapter(
        "doubts",
        gettext_lazy("What is in doubt"),
        {
            "differences": gettext_lazy("Where the article and official sources differ"),
            "unknown": gettext_lazy("What nobody has published"),
        },
    ),
    Chapter(
        "answers",
        gettext_lazy("Answers"),
        {
            "questions": gettext_lazy("Eight questions"),
            "question-1": gettext_lazy("Why does a model ask for so high a tier?"),
            "question-2": gettext_lazy("Is a relay safe and reliable?"),
            "question-3": gettext_lazy("The upgrade did not come. What now?"),
            "question-4": gettext_lazy("When will the video API open to everybody?"),
            "question-5": gettext_lazy("Where do I see my usage and my limits?"),
            "question-6": gettext_lazy("Does a relay change the quality of the answers?"),
            "question-7": gettext_lazy("I was upgraded. Why is the model still closed?"),
            "question-8": gettext_lazy("I was upgraded. Why are the limits still the old ones?"),
        },
    ),
)
PARAGRAPHS: dict[str, Words] = {key: title for chapter in CHAPTERS for key, title in chapter.paragraphs.items()}
MARKS: dict[str, Words] = {
    "rule": gettext_lazy("Provider's rule"),
    "retold": gettext_lazy("Provider's rule, retold"),
    "experience": gettext_lazy("Users' experience"),
    "unknown": gettext_lazy("Unknown"),
}


@register.filter
def paragraph_title(paragraph: str) -> str:
    """The title of a paragraph; KeyError when the guide has no such paragraph, so that no page links to nothing."""
    return str(PARAGRAPHS[paragraph])


# Which paragraph explains which advice.
EXPLAINS = {
    "top_up": "trigger",
    "rechecking": "trigger",
    "contact_support": "support",
    "settling": "limits-not-following",
    "wait": "the-wait",
    "fund": "first-top-up",
    "ask_provider": "enterprise",
    "top": "enterprise",
}


@register.filter
def explained_by(advice_code: str) -> str:
    """The paragraph that explains an advice."""
    return EXPLAINS[advice_code]


@register.filter
def mark(kind: str) -> str:
    return str(MARKS[kind])


@register.simple_block_tag
def claim(content: str, kind: str, source: rules.Source | None = None) -> SafeString:
    """A statement about providers, with its mark beside it; `source` says where it comes from."""
    kind = "retold" if kind == "rule" and source is not None and source.id == "article" else kind
    chip = render_to_string("accounts/_claim.html", {"kind": kind, "source": source})
    return format_html('<div class="claim"><div class="said">{}</div>{}</div>', content, chip)


@dataclass(frozen=True, slots=True)
class Climb:
    """The computable part of a ladder. `entry` is the lowest tier that takes money, `top` the highest; None: opaque."""

    tiers: tuple[rules.Tier, ...]

    @property
    def entry(self) -> rules.Tier | None:
        return self.tiers[0] if self.tiers else None

    @property
    def top(self) -> rules.Tier | None:
        return self.tiers[-1] if self.tiers else None

    @property
    def waits(self) -> list[int]:
        """The waits of its tiers in days, without those that have none."""
        return sorted({tier.wait_days for tier in self.tiers if tier.wait_days})

    @property
    def stages(self) -> list[tuple[str, list[rules.Tier]]]:
        """Which tiers fit which stage of a project, from a first try to large use."""
        first, second, last = self.tiers[:1], self.tiers[1:-1][:1], self.tiers[1:][-1:]
        named = zip(("try", "start", "grow", "large"), (first, second, self.tiers[2:-1], last), strict=True)
        return [(stage, list(tiers)) for stage, tiers in named if tiers]


def climb(book: rules.Rulebook) -> Climb:
    return Climb(tuple(tier for tier in book.tiers if tier.money_usd))


STAGES: slugs.Words = {
    "try": gettext_lazy("Trying things out"),
    "start": gettext_lazy("A first product with users"),
    "grow": gettext_lazy("A product that grows"),
    "large": gettext_lazy("Large or enterprise use"),
}


@register.filter
def stage(slug: str) -> str:
    return slugs.word(STAGES, slug)


@register.filter
def tier_names(tiers: Iterable[rules.Tier]) -> str:
    return _(", ").join(sayings.tier_name(tier) for tier in tiers)


@register.filter
def waits_in_words(waits: list[int]) -> str:
    """The waits of a ladder, such as "7 to 30 days"."""
    if len(waits) < 2:
        return sayings.days(waits[0]) if waits else _("none")
    return ngettext("{first} to {last} day", "{first} to {last} days", waits[-1]).format(first=waits[0], last=waits[-1])


@register.filter
def of_kind(book: rules.Rulebook, kind: str) -> list[rules.ModelAccess]:
    return [model for model in book.models if model.kind == kind]


@register.filter
def limits_of_kind(book: rules.Rulebook, kind: str) -> list[rules.Limit]:
    """The groups of limits that are about models of one kind, in the edition's order."""
    kinds = {model.id: model.kind for model in book.models}
    return [limit for limit in book.limits if any(kinds.get(model_id) == kind for model_id in limit.models)]


@register.simple_tag
def cell_of(limit: rules.Limit, tier: rules.Tier, metric: str) -> str:
    return figures.cell(limit.cell(tier.id, metric))


@register.simple_tag
def who_may_use(book: rules.Rulebook, model: rules.ModelAccess | None, *, is_dated: bool = True) -> str:
    """Who may use a model by an edition, in words, and until when if `is_dated`.

    An edition that does not name a model knows nothing of it.
    """
    if model is None:
        return _("not in this edition")
    if model.access == "retired" and model.retired_on:
        return _("shut down on {day}").format(day=editions.calendar_day(model.retired_on))
    said = [editions.opening(book, model)] if model.access == "open" else [slugs.word(slugs.ACCESSES, model.access)]
    if model.expected_tiers:
        said = [_("expected for {tiers}").format(tiers=tier_names(map(book.tier, model.expected_tiers)))]
    if model.retired_on and is_dated:
        said.append(_("until {day}").format(day=editions.calendar_day(model.retired_on)))
    return _(", ").join(said)


def phrases(book: rules.Rulebook) -> dict[str, Any]:
    """The figures of an edition that stand within sentences, in the reader's language; empty where it has none."""
    ladder = climb(book)
    return {
        "provider": book.provider.name,
        "climb": ladder,
        "entry": sayings.tier_name(ladder.entry) if ladder.entry else "",
        "entry_money": figures.dollars(ladder.entry.money_usd) if ladder.entry else "",
        "top": sayings.tier_name(ladder.top) if ladder.top else "",
        "waits": waits_in_words(ladder.waits) if ladder.waits else "",
        "least": figures.dollars(book.top_up_min_usd),
        "most": figures.dollars(book.top_up_max_usd),
        "patience": editions.hours(book.recheck_hours),
        "settling": editions.hours(book.settle_hours),
        "is_automatic": book.upgrades == "automatic",
    }
