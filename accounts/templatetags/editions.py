"""The words for what a rulebook says and for how two editions differ. Load it with {% load editions %}."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django import template
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts import rules
from accounts.templatetags import figures, sayings, slugs

register = template.Library()

MODEL_KINDS: slugs.Words = {
    "text": gettext_lazy("Text"),
    "image": gettext_lazy("Images"),
    "video": gettext_lazy("Video"),
    "audio": gettext_lazy("Audio"),
    "embedding": gettext_lazy("Embeddings"),
    "other": gettext_lazy("Other"),
}
UPGRADES: slugs.Words = {
    "on_purchase": gettext_lazy("when something is bought"),
    "automatic": gettext_lazy("by itself"),
}
DOWNGRADES: slugs.Words = {
    "never": gettext_lazy("never"),
    "possible": gettext_lazy("possible"),
    "unknown": gettext_lazy("not published"),
}
FIELDS: slugs.Words = {
    "upgrades": gettext_lazy("How the provider upgrades"),
    "downgrades": gettext_lazy("Downgrades"),
    "counts_since": gettext_lazy("Payments count since"),
    "top_up_min_usd": gettext_lazy("Least top-up"),
    "top_up_max_usd": gettext_lazy("Largest top-up worth trying"),
    "recheck_hours": gettext_lazy("Patience after a top-up"),
    "settle_hours": gettext_lazy("Until new limits hold"),
    "name": gettext_lazy("name"),
    "rank": gettext_lazy("rank"),
    "money_usd": gettext_lazy("paid in total"),
    "wait_days": gettext_lazy("wait"),
    "cap": gettext_lazy("most a month"),
    "rolling_cap": gettext_lazy("most in a short time"),
    "most_purchase_usd": gettext_lazy("largest purchase"),
    "requires": gettext_lazy("further requirements"),
    "access": gettext_lazy("access"),
    "ways": gettext_lazy("opens"),
    "expected_tiers": gettext_lazy("expected for"),
    "opened_on": gettext_lazy("opened on"),
    "retired_on": gettext_lazy("shut down on"),
}


model_kind = slugs.words_of(register, "model_kind", MODEL_KINDS)
upgrades = slugs.words_of(register, "upgrades", UPGRADES)
downgrades = slugs.words_of(register, "downgrades", DOWNGRADES)


@register.filter
def calendar_day(day: date) -> str:
    """A day as rulebooks name it, always with its year: "6 Oct 2026"."""
    return date_format(day, "DATE_FORMAT")


@register.filter
def span(when: rules.Span) -> str:
    """A day that is exact, or only known to lie between two."""
    if when.after is None:
        return calendar_day(when.by)
    return _("between {first} and {last}").format(first=calendar_day(when.after), last=calendar_day(when.by))


@register.simple_tag
def lifetime(rulebook: rules.Rulebook) -> str:
    """When an edition began and ended, as exactly as it is known."""
    start = span(rulebook.started)
    if rulebook.started.after is None and "started_on" not in rulebook.document:
        start = _("on or before {day}").format(day=start)
    if rulebook.ended is None:
        return _("began {start}").format(start=start)
    return _("began {start}, ended {end}").format(start=start, end=span(rulebook.ended))


@register.filter
def in_order(cells: Mapping[str, rules.Cell]) -> list[tuple[str, rules.Cell]]:
    """The limits of a cell, requests before tokens, whatever the order of the edition."""
    order = list(slugs.METRICS)
    return sorted(cells.items(), key=lambda item: order.index(item[0]) if item[0] in order else len(order))


@register.filter
def hours(count: int) -> str:
    return ngettext("{count} hour", "{count} hours", count).format(count=count)


@register.filter
def rolling(cap: rules.RollingCap | None) -> str:
    if cap is None:
        return _("none named")
    pattern = ngettext("{amount} in {minutes} minute", "{amount} in {minutes} minutes", cap.minutes)
    return pattern.format(amount=figures.dollars(cap.usd), minutes=cap.minutes)


@register.filter
def gate(tier: rules.Tier) -> str:
    """What a tier takes, in a few words, such as "$50 + 7 days"."""
    if tier.money_usd is None or tier.wait_days is None:
        return _("not published")
    if not tier.money_usd:
        return sayings.days(tier.wait_days) if tier.wait_days else _requirements(tier.requires) or _("nothing to pay")
    money = figures.dollars(tier.money_usd)
    return f"{money} + {sayings.days(tier.wait_days)}" if tier.wait_days else money


@register.simple_tag
def opening(rulebook: rules.Rulebook, model: rules.ModelAccess) -> str:
    """What opens a model: "from Tier 4, or from Tier 1 (the organization is verified)"; empty when nothing is said."""
    return _ways(rulebook, model.ways)


def _ways(rulebook: rules.Rulebook, ways: tuple[rules.Way, ...]) -> str:
    said = []
    for way in ways:
        text = _("from {tier}").format(tier=_tier(rulebook, way.tier))
        if way.requires:
            text = _("{way} ({requirements})").format(way=text, requirements=_requirements(way.requires))
        said.append(text)
    return _(", or ").join(said)


def _tier(rulebook: rules.Rulebook, tier_id: str) -> str:
    return sayings.tier_name(rulebook.tier(tier_id)) if rulebook.has_tier(tier_id) else tier_id


def _requirements(requires: tuple[str, ...]) -> str:
    return _(", ").join(slugs.word(slugs.REQUIREMENTS, need) for need in requires)


@dataclass(frozen=True, slots=True)
class Change:
    """One line of what changed: of `name` the `what` was `old` and is `new`; a side is empty where it did not exist."""

    name: str
    what: str
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class LimitChange:
    """A metric that changed in the same way for several models: (tier's name, old, new) for each tier that differs."""

    models: tuple[str, ...]
    variant: str
    metric: str
    cells: tuple[tuple[str, str, str], ...]


@register.simple_tag
def changes(old: rules.Rulebook, new: rules.Rulebook) -> list[Change]:
    """Rules, tiers and models that differ, in words; models that differ in the same way share a line."""
    found = rules.differences(old, new)
    lines = [_change(old, new, it) for it in found if it.subject in ("rule", "tier")]
    models = [it for it in found if it.subject == "model"]
    alike: dict[tuple[str, str, str], list[str]] = {}
    for it in models:
        if it.change == "changed":
            line = _change(old, new, it)
            alike.setdefault((line.what, line.old, line.new), []).append(line.name)
    lines += [Change(_(", ").join(names), *rest) for rest, names in alike.items()]
    went = [it.old.name for it in models if it.change == "removed"]
    came = [it.new.name for it in models if it.change == "added"]
    if went:
        lines.append(Change(_("Models only in the edition before"), "", _(", ").join(went), ""))
    if came:
        lines.append(Change(_("Models only in this edition"), "", "", _(", ").join(came)))
    return lines


@register.simple_tag
def limit_changes(old: rules.Rulebook, new: rules.Rulebook) -> list[LimitChange]:
    """Limits that differ; models that share the same change share a line."""
    by_metric: dict[tuple[str, str, str], list[tuple[str, str, str]]] = {}
    for it in rules.differences(old, new):
        if it.subject == "limit":
            cells = by_metric.setdefault((it.model, it.variant, it.metric), [])
            cells.append((_tier(new, it.tier), _cell(it.old), _cell(it.new)))
    together: dict[tuple[str, str, tuple[tuple[str, str, str], ...]], list[str]] = {}
    for (model_id, variant, metric), cells in by_metric.items():
        model = new.model(model_id)
        together.setdefault((variant, metric, tuple(cells)), []).append(model.name if model else model_id)
    return [LimitChange(tuple(names), variant, metric, cells) for (variant, metric, cells), names in together.items()]


def _cell(cell: rules.Cell | None) -> str:
    return figures.cell(cell) if cell else _("not published")


def _change(old: rules.Rulebook, new: rules.Rulebook, it: rules.Difference) -> Change:
    if it.subject == "rule":
        return Change(str(FIELDS[it.field]), "", in_words(old, it.field, it.old), in_words(new, it.field, it.new))
    if it.subject == "model":
        model = new.model(it.model)
        name = model.name if model else it.model
    else:
        name = _tier(new if new.has_tier(it.tier) else old, it.tier)
    if it.change == "changed":
        return Change(name, str(FIELDS[it.field]), in_words(old, it.field, it.old), in_words(new, it.field, it.new))
    if it.change == "added":
        return Change(name, _("only in this edition"), "", _tier_summary(it.new))
    return Change(name, _("only in the edition before"), _tier_summary(it.old), "")


def _tier_summary(tier: rules.Tier) -> str:
    return _("{gate}; {cap}").format(gate=gate(tier), cap=figures.cap(tier.cap))


def in_words(rulebook: rules.Rulebook, field: str, value: Any) -> str:
    """One field's value in words."""
    words: dict[str, Callable[[Any], str]] = {
        "upgrades": upgrades,
        "downgrades": downgrades,
        "recheck_hours": hours,
        "settle_hours": hours,
        "wait_days": sayings.days,
        "cap": figures.cap,
        "requires": lambda requires: _requirements(requires) or _("none"),
        "access": lambda access: slugs.word(slugs.ACCESSES, access),
        "ways": lambda ways: _ways(rulebook, ways) or _("not said"),
        "expected_tiers": lambda ids: _(", ").join(_tier(rulebook, tier_id) for tier_id in ids) or _("not said"),
    }
    if field == "rolling_cap":
        return rolling(value)
    if value is None:
        return _("not said") if field in ("counts_since", "opened_on", "retired_on") else _("not published")
    if field.endswith("_usd"):
        return figures.dollars(value)
    if isinstance(value, date):
        return calendar_day(value)
    return words.get(field, str)(value)
