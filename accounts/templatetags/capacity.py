"""The words for who gives what of a demand. Load it with {% load capacity %}."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from django import template
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts import rules
from accounts.templatetags import slugs
from accounts.templatetags.figures import money, number
from accounts.templatetags.marked import Marked, fill
from accounts.templatetags.sayings import days, tier_name

register = template.Library()

MOST_NAMES = 4
STATES = {"enough": "fine", "short": "soon", "unknown": "unknown", "closed": "unknown"}


@dataclass(frozen=True)
class Answer:
    """One sentence and what is behind it, as `_act.html` shows an advice."""

    state: str
    sentence: Marked
    reason: str


@dataclass(frozen=True)
class Bar:
    """A limit against its need, for `_bar.html`: percent of it, at most 100."""

    percent: int
    is_binding: bool


def figures(needs: Mapping[str, int]) -> str:
    """Such as "500 RPM, 1,500,000 TPM"."""
    return _(", ").join(f"{number(need)} {_short(metric)}" for metric, need in needs.items())


def _short(metric: str) -> str:
    return str(slugs.METRICS[metric][0]) if metric in slugs.METRICS else metric.replace("_", " ").upper()


@register.simple_tag
def capacity_answer(supply: rules.Supply, demand: rules.Demand, model: str) -> Answer:
    """Say what one provider's accounts give of a demand on the model called `model`."""
    return _of_numbers(supply, demand, model) if demand.needs else _of_access(supply, model)


def _of_access(supply: rules.Supply, model: str) -> Answer:
    if supply.alone:
        sentence = _("<b>{names}</b> may use <b>{model}</b> today.")
        return Answer("fine", fill(sentence, names=_names(supply.alone), model=model), "")
    if supply.unsaid:
        return Answer(
            "unknown", fill(_("Nobody can say whether your accounts may use <b>{model}</b>."), model=model), ""
        )
    sentence = _("None of your accounts may use <b>{model}</b> today.")
    return Answer(_state(supply), fill(sentence, model=model), _would(supply))


def _of_numbers(supply: rules.Supply, demand: rules.Demand, model: str) -> Answer:
    values = {"needs": figures(demand.needs), "model": model}
    if supply.alone:
        sentence = ngettext(
            "<b>{names}</b> alone gives you {needs} on <b>{model}</b>.",
            "Each of these alone gives you {needs} on <b>{model}</b>: <b>{names}</b>.",
            len(supply.alone),
        )
        return Answer("fine", fill(sentence, names=_names(supply.alone), **values), _uncounted(supply))
    if supply.together:
        sentence = _("None alone, but <b>{names}</b> together give {needs} on <b>{model}</b>.")
        reason = _("Each carries the part of it that its tightest limit allows, and the load has to be split so.")
        return Answer("fine", fill(sentence, names=_names(supply.together), **values), _joined(reason, supply))
    if supply.share:
        sentence = _("Not today: for {needs} on <b>{model}</b>, <b>{missing}</b> is missing.")
        said = fill(sentence, missing=figures(supply.missing), **values)
        return Answer(_state(supply), said, _joined(_would(supply), supply))
    if supply.unsaid:
        sentence = _("Nobody can say whether your accounts give {needs} on <b>{model}</b>.")
        reason = _("{provider} does not publish these limits. Look at its limits page.")
        return Answer("unknown", fill(sentence, **values), reason.format(provider=supply.provider.name))
    sentence = _("None of your accounts gives you {needs} on <b>{model}</b> today.")
    return Answer(_state(supply), fill(sentence, **values), _would(supply))


def _names(parts: Iterable[rules.Part]) -> str:
    names = [part.holder.name for part in parts]
    if len(names) <= MOST_NAMES:
        return _(", ").join(names)
    more = len(names) - MOST_NAMES
    return ngettext("{names} and {count} more", "{names} and {count} more", more).format(
        names=_(", ").join(names[:MOST_NAMES]), count=more
    )


def _state(supply: rules.Supply) -> str:
    """On its way where a tier would give it; else nobody can say, or there is no such tier."""
    reaches = [part.reach for part in supply.parts if part.reach is not None]
    if any(reach.tier is not None for reach in reaches):
        return "soon"
    return "unknown" if any(reach.doubtful for reach in reaches) else "wrong"


def _would(supply: rules.Supply) -> str:
    """Which tier would give it to one account alone: the account with the fewest tiers to go."""
    there = [
        (part.reach.tier.rank - part.holding.tier.rank, part.holder.name, part.reach.tier)
        for part in supply.parts
        if part.reach is not None and part.reach.tier is not None
    ]
    if not there:
        doubtful = any(part.reach is not None and part.reach.doubtful for part in supply.parts)
        return "" if doubtful else _("No tier of your editions would give it to one account alone.")
    _steps, name, tier = min(there, key=lambda found: (found[0], found[1].casefold()))
    return _("At {tier}, {name} alone would give it.").format(tier=tier_name(tier), name=name)


def _uncounted(supply: rules.Supply) -> str:
    if not supply.unsaid:
        return ""
    return ngettext(
        "{count} account is not counted: its limits are not published.",
        "{count} accounts are not counted: their limits are not published.",
        supply.unsaid,
    ).format(count=supply.unsaid)


def _joined(reason: str, supply: rules.Supply) -> str:
    return " ".join(text for text in (reason, _uncounted(supply)) if text)


@register.filter
def share(supply: rules.Supply) -> int:
    """How much of a demand all accounts carry, in percent, rounded down."""
    return int(supply.share * 100)


@register.filter
def bar(offer: rules.Offer) -> Bar | None:
    """None where there is no number to draw."""
    if offer.cell.value is None:
        return None
    return Bar(min(100, offer.cell.value * 100 // offer.need), offer.is_met is not True)


@register.filter
def holding_state(holding: rules.Holding) -> str:
    return STATES[holding.state]


@register.filter
def holding_word(holding: rules.Holding) -> str:
    words = {"enough": _("enough alone"), "short": _carries(holding.share), "unknown": _("nobody can say")}
    access = holding.access.state
    if access == "open":
        return words.get(holding.state, _("not supported"))
    return {"locked": _("locked"), "unknown": _("not named")}.get(access) or slugs.word(slugs.ACCESSES, access)


def _carries(share: Fraction | None) -> str:
    if share is None:
        return _("not enough alone")
    return _("carries {percent}%").format(percent=int(share * 100))


@register.simple_tag
def to_go(standing: Mapping[str, Any], tier: rules.Tier) -> str:
    """What an account's standing (its document) says is missing for a tier, such as "$950.00 and 12 days"."""
    row = next((row for row in standing["tiers"] if row["id"] == tier.id), None)
    if row is None or row["met"]:
        return ""
    if row["money"] is None:
        return _("its conditions are not published")
    short = money(row["money"]["short"]) if row["money"]["percent"] < 100 else ""
    left = row["wait"]["need_days"] - row["wait"]["elapsed_days"]
    wait = days(left) if left > 0 else ""
    if short and wait:
        return _("{money} and {days} to go").format(money=short, days=wait)
    return _("{what} to go").format(what=short or wait) if short or wait else ""


@register.filter
def lasts(minutes: int) -> str:
    """How long the requests of a minute can be kept up, such as "20 minutes" or "6 hours"."""
    if minutes < 120:
        return ngettext("{count} minute", "{count} minutes", minutes).format(count=minutes)
    return ngettext("{count} hour", "{count} hours", minutes // 60).format(count=minutes // 60)
