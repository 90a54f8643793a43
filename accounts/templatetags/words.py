"""The words on screen for what the database and the rules keep as slugs. Load it with {% load words %}."""

from typing import Any

from django import template
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from accounts import rules
from accounts.templatetags import figures, ladder, moments, sayings, slugs, timeline

register = template.Library()

MESSAGE_STATES = {"success": "fine", "info": "soon", "warning": "now", "error": "wrong"}


@register.filter
def payment_kind(slug: str) -> str:
    return slugs.word(slugs.KINDS, slug)


@register.filter
def payment_status(slug: str) -> str:
    return slugs.word(slugs.STATUSES, slug)


@register.filter
def payment_reason(slug: str) -> str:
    return slugs.word(slugs.REASONS, slug)


@register.filter
def reason_state(slug: str) -> str:
    """The state of a reason code: fine (counts), unknown (does not), now (lowers)."""
    return {"counts": "fine", "lowers": "now"}.get(slug, "unknown")


@register.filter
def advice_word(code: str) -> str:
    """An advice in a word or two, for filters and totals."""
    return slugs.word(slugs.ADVICES, code)


@register.filter
def advice_state(code: str) -> str:
    return sayings.STATES.get(code, "unknown")


@register.filter
def requirement(slug: str) -> str:
    return slugs.word(slugs.REQUIREMENTS, slug)


@register.filter
def hint(slug: str) -> str:
    return slugs.word(slugs.HINTS, slug)


@register.filter
def notice_kind(slug: str) -> str:
    return slugs.word(slugs.NOTICE_KINDS, slug)


@register.filter
def source(slug: str) -> str:
    return slugs.word(slugs.SOURCES, slug)


@register.filter
def access(slug: str) -> str:
    return slugs.word(slugs.ACCESSES, slug)


@register.filter
def confidence(slug: str) -> str:
    return slugs.word(slugs.CONFIDENCES, slug)


@register.filter
def metric(slug: str) -> str:
    """The short name of a limit, such as RPM."""
    return str(slugs.METRICS[slug][0]) if slug in slugs.METRICS else slug.replace("_", " ").upper()


@register.filter
def metric_in_full(slug: str) -> str:
    return str(slugs.METRICS[slug][1]) if slug in slugs.METRICS else slug.replace("_", " ")


@register.filter
def message_state(level_tag: str) -> str:
    return MESSAGE_STATES.get(level_tag, "soon")


@register.filter
def text(words: rules.Text) -> str:
    """A rulebook's words in the reader's language."""
    return words.in_language(get_language() or "en")


@register.filter
def tier_name(tier: rules.Tier) -> str:
    return sayings.tier_name(tier)


@register.simple_tag
def tier_called(rulebook: rules.Rulebook, tier_id: str) -> str:
    """The name of a tier by its id; an id that the edition does not know is shown as it is."""
    return sayings.tier_name(rulebook.tier(tier_id)) if rulebook.has_tier(tier_id) else tier_id


@register.filter
def money(amount: Any, currency: str = "USD") -> str:
    return figures.money(amount, currency)


@register.filter
def unsigned(amount: Any, currency: str = "USD") -> str:
    """An amount without the sign that refunds may be written with."""
    return figures.money(abs(amount), currency)


@register.filter
def days(count: int) -> str:
    """Whole days in words, such as "7 days"."""
    return sayings.days(count)


@register.filter
def yes(condition: object) -> str:
    return _("yes") if condition else _("no")


register.filter("dollars", figures.dollars)
register.filter("number", figures.number)
register.filter("cell", figures.cell)
register.filter("cap", figures.cap)
register.filter("instant", moments.instant)
register.filter("exact", moments.exact)
register.filter("day", moments.day)
register.simple_tag(moments.instant, name="instant")
register.simple_tag(sayings.advice, name="advice")
register.simple_tag(ladder.ladder, name="ladder")
register.simple_tag(timeline.timeline, name="timeline")
