"""The words for wishes, plans and what became of them. Load it with {% load plans %}.

A payment only *may* make a provider look again: that is what users report, not what providers promise.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django import template
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import rules
from accounts.templatetags import figures, sayings, slugs
from accounts.templatetags.marked import Marked, fill
from accounts.templatetags.moments import instant

register = template.Library()

KINDS: slugs.Words = {
    "all_at_once": gettext_lazy("All at once"),
    "cheapest": gettext_lazy("Clock first"),
    "latest": gettext_lazy("As late as possible"),
}
# What a plan is beside its name, where one way of paying is several of them.
ALSO: slugs.Words = {
    "cheapest": gettext_lazy("also the cheapest"),
    "latest": gettext_lazy("also the latest"),
}
ABOUT: slugs.Words = {
    "all_at_once": gettext_lazy("The founding article's advice: pay the whole gate now."),
    "cheapest": gettext_lazy("The cheapest: hold back what need not be paid before the wait ends."),
    "latest": gettext_lazy("Keeps the money until the date you named leaves no more time."),
}
RISKS: slugs.Words = {
    "top_up_may_be_needed": gettext_lazy(
        "The upgrade often does not come by itself: the last top-up may be needed, and it is beyond the gate."
    ),
    "small_payments": gettext_lazy(
        "Several small payments may delay recognition, the founding article warns; keep every receipt."
    ),
    "no_slack": gettext_lazy("There is no slack: a payment that fails moves the date beyond the one you named."),
    "last_day": gettext_lazy("Everything hangs on one payment: if it fails that day, every date moves."),
    "money_waits": gettext_lazy("The money is spent from the first day on, whatever becomes of the project."),
    "by_itself": gettext_lazy("The provider acts by itself; how soon, it does not promise."),
    "no_promise": gettext_lazy(
        "That a payment makes the provider look again is users' experience, not the provider's promise."
    ),
    "only_wait": gettext_lazy("Nothing is left to pay; more money would not make it faster."),
}
WARNINGS: slugs.Words = {
    "shut_down": gettext_lazy("The provider shuts this model down before the tier would be live."),
    "no_room": gettext_lazy(
        "The balance is near its ceiling: the provider may refuse the first payment until credit is used."
    ),
    "split": gettext_lazy("At this tier the provider limits a single purchase, so the amount is split."),
}
OBSTACLES: slugs.Words = {
    "unknown_tier": gettext_lazy("This edition has no such tier."),
    "unknown_model": gettext_lazy("This edition does not name this model: unknown, not locked."),
    "unknown_access": gettext_lazy("The edition names this model and does not say who may use it."),
    "partner": gettext_lazy("The provider gives this model to partners by agreement; no tier opens it."),
    "expected": gettext_lazy("This model is announced and not open yet, at any tier."),
    "retired": gettext_lazy("This model is shut down."),
    "not_published": gettext_lazy("No tier is known to give this: the figure that matters is not published."),
    "not_supported": gettext_lazy("No tier supports this for the model."),
    "above_highest": gettext_lazy("This is more than the highest tier gives."),
    "opaque": gettext_lazy("The provider does not publish what this tier needs; tierdash does not guess."),
    "requirement": gettext_lazy("The tier asks for something besides money and days, and nobody said that it is met:"),
    "purchase_limit": gettext_lazy("The provider limits a single purchase so much that this would take dozens."),
}
DEPARTURES: slugs.Words = {
    "missed": gettext_lazy("A payment was not made in time, so the dates of the plan do not hold."),
    "paid_early": gettext_lazy("All the money was paid before the wait was over, so one more top-up may be needed."),
    "other_amount": gettext_lazy("Less counts than the plan was made with."),
    "refunded": gettext_lazy("A payment was taken back."),
    "edition_moved": gettext_lazy("The account goes by other rules now."),
    "requirement": gettext_lazy("Something that the tier asks for is not met after all."),
}


def wish_in_words(wish: rules.Wish | Mapping[str, Any], book: rules.Rulebook) -> str:
    """Return a wish such as "Tier 3", "GPT-4o, 2,000 RPM" or "$750 a month"."""
    wish = wish if isinstance(wish, rules.Wish) else rules.Wish.from_json(wish)
    if wish.spend_usd is not None:
        return _("{amount} a month").format(amount=figures.dollars(wish.spend_usd))
    if wish.tier:
        return _tier(wish.tier, book)
    model = book.model(wish.model)
    limits = [f"{figures.number(amount)} {_metric(metric)}" for metric, amount in wish.limits.items()]
    return _(", ").join([model.name if model is not None else wish.model, *limits])


def _metric(metric: str) -> str:
    return str(slugs.METRICS[metric][0])


def _tier(tier_id: str, book: rules.Rulebook) -> str:
    return sayings.tier_name(book.tier(tier_id)) if book.has_tier(tier_id) else tier_id


@register.filter
def in_words(wish: rules.Wish | Mapping[str, Any], book: rules.Rulebook) -> str:
    return wish_in_words(wish, book)


@register.filter
def why_not(reason: rules.Reason, wish: rules.Wish) -> Marked:
    """Why a tier below the one needed does not do."""
    patterns = {
        "locked": _("<b>{tier}</b> does not open the model"),
        "below_limit": _("<b>{tier}</b> gives {cell} {metric}"),
        "not_supported": _("<b>{tier}</b> does not support the model"),
        "not_published": _("<b>{tier}</b>: {metric} not published, so nobody can say"),
        "below_cap": _("<b>{tier}</b>: {cap}"),
        "cap_unsure": _("<b>{tier}</b>: {cap}, so it may not be enough"),
        "cap_not_published": _("<b>{tier}</b>: cap not published, so nobody can say"),
    }
    return fill(
        patterns[reason.code],
        tier=sayings.tier_name(reason.tier),
        metric=_metric(reason.metric) if reason.metric else "",
        cell=figures.cell(reason.cell) if reason.cell is not None else "",
        cap=figures.cap(reason.tier.cap),
    )


plan_kind = slugs.words_of(register, "plan_kind", KINDS)
plan_also = slugs.words_of(register, "plan_also", ALSO)
plan_about = slugs.words_of(register, "plan_about", ABOUT)
plan_risk = slugs.words_of(register, "plan_risk", RISKS)
plan_warning = slugs.words_of(register, "plan_warning", WARNINGS)
obstacle = slugs.words_of(register, "obstacle", OBSTACLES)
departure = slugs.words_of(register, "departure", DEPARTURES)


@register.simple_tag
def plan_step(step: rules.PlanStep, rulebook: rules.Rulebook, left_usd: Any = None) -> Marked:
    """What a step asks, as a sentence. left_usd: what is still to be paid of it."""
    amount = figures.money(left_usd or step.amount_usd)
    patterns = {
        "starts_clock": _("Pay <b>{amount}</b>: the clock of the wait starts"),
        "meets_money": _("Pay <b>{amount}</b>: the money gate is met"),
        "completes": _("Pay <b>{amount}</b>: it completes the money gate and may trigger the upgrade"),
        "triggers": _("Top up <b>{amount}</b>: it may trigger the upgrade"),
        "check": _("Look at the limits page, in a private window"),
        "ask": _("Not upgraded? Ask {provider}'s support, with the receipts"),
    }
    return fill(patterns[step.why or step.kind], amount=amount, provider=rulebook.provider.name)


@dataclass(frozen=True)
class Saying:
    """An adopted plan in one line, for the board: a state with its word and the next step."""

    state: str
    word: str
    sentence: Marked


@register.simple_tag
def plan_says(following: rules.Following, rulebook: rules.Rulebook) -> Saying:
    """What a running plan asks next, or that reality has left it."""
    if following.state == "reached":
        return Saying("fine", _("Plan reached"), fill(_("{tier} is there"), tier=_tier(following.plan.tier, rulebook)))
    if following.state == "left":
        return Saying("now", _("Off the plan"), fill(_("Look at the plan again")))
    step = following.next
    if step is None:  # looked, and asked in time: the provider's answer is awaited
        return Saying("soon", _("On the plan"), fill(_("Waiting for the provider")))
    patterns = {
        "pay": _("Pay {amount} from {when}"),
        "check": _("Look at the limits page from {when}"),
        "ask": _("Ask support from {when}"),
    }
    amount = figures.money(step.left_usd) if step.left_usd is not None else ""
    sentence = fill(patterns[step.step.kind], amount=amount, when=instant(step.due_at))
    return Saying("soon", _("On the plan"), sentence)
