"""The rule of the statement: the edition, what it asks for, since when, by which sources, and how sure they are."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from accounts import rules
from accounts.templatetags import figures, slugs
from accounts.templatetags.sayings import tier_name


def rule(document: Mapping[str, Any], book: rules.Rulebook) -> dict[str, Any]:
    """Return the edition's facts and sources, in the active language."""
    held, tier = document["rule"], book.tier(document["claim"]["tier"])
    language = get_language() or "en"
    kind = (
        _("The provider's own rule") if held["kind"] == "official" else _("A guide's account of the provider's rules")
    )
    sure = slugs.word(slugs.CONFIDENCES, held["confidence"])
    facts = [
        [_("Edition"), f"{book.title.in_language(language)} ({held['id']})"],
        [_("Kind"), _("{kind}; {sure}").format(kind=kind, sure=sure)],
        [_("In force"), _in_force(held)],
        [_("What a tier takes"), book.basis.in_language(language)],
        [_("Most a month at {tier}").format(tier=tier_name(tier)), figures.cap(tier.cap)],
    ]
    if held["counts_since"]:
        facts.append([_("Payments count since"), held["counts_since"]])
    if tier.note:
        facts.append([_("Note"), tier.note.in_language(language)])
    if held["newer_edition"]:
        facts.append([_("Please note"), str(slugs.HINTS["newer_edition"])])
    sources = [
        [source["title"], source["url"], source["seen"], slugs.word(slugs.CONFIDENCES, source["confidence"])]
        for source in held["sources"]
    ]
    return {
        "title": _("The rule and its sources"),
        "facts": [fact for fact in facts if fact[1]],
        "head": [_("Source"), _("Seen"), _("How sure")],
        "sources": sources,
    }


def _in_force(held: Mapping[str, Any]) -> str:
    start, end = held["started"], held["ended"]
    since = _("since {day}") if start["after"] is None else _("since {day} at the latest")
    words = since.format(day=start["by"])
    return words if end is None else _("{since}, until {day} at the latest").format(since=words, day=end["by"])
