"""The words on screen for what the database and the rules keep as slugs. Load it with {% load words %}."""

from typing import Any

from django import template
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from accounts import rules
from accounts.templatetags import figures, ladder, moments, sayings, slugs, timeline

register = template.Library()

MESSAGE_STATES = {"success": "fine", "info": "soon", "warning": "now", "error": "wrong"}


payment_kind = slugs.words_of(register, "payment_kind", slugs.KINDS)
payment_status = slugs.words_of(register, "payment_status", slugs.STATUSES)
payment_reason = slugs.words_of(register, "payment_reason", slugs.REASONS)


@register.filter
def reason_state(slug: str) -> str:
    """The state of a reason code: fine (counts), unknown (does not), now (lowers)."""
    return {"counts": "fine", "lowers": "now"}.get(slug, "unknown")


# An advice in a word or two, for filters and totals.
advice_word = slugs.words_of(register, "advice_word", slugs.ADVICES)


@register.filter
def advice_state(code: str) -> str:
    return sayings.STATES.get(code, "unknown")


requirement = slugs.words_of(register, "requirement", slugs.REQUIREMENTS)
hint = slugs.words_of(register, "hint", slugs.HINTS)
notice_kind = slugs.words_of(register, "notice_kind", slugs.NOTICE_KINDS)
source = slugs.words_of(register, "source", slugs.SOURCES)
access = slugs.words_of(register, "access", slugs.ACCESSES)
confidence = slugs.words_of(register, "confidence", slugs.CONFIDENCES)


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
