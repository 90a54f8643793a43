"""Each alternative in words: when it works, what it costs, who sees the prompts, what may go wrong, whom it suits.

Only figures of the rules are stated as such. What users report or nobody publishes is marked. Nothing is recommended.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django import template
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from accounts import rules
from accounts.templatetags import figures, moments, sayings, slugs
from accounts.templatetags.marked import Marked, fill

register = template.Library()

DAY = timedelta(days=1)
NAMES: slugs.Words = {
    "wait": pgettext_lazy("a way to a tier", "Wait"),
    "pay_and_wait": gettext_lazy("Pay and wait"),
    "sales": gettext_lazy("Ask the provider's sales"),
    "several_organizations": gettext_lazy("Several organizations"),
    "caching_and_batching": gettext_lazy("Caching and batching"),
    "relay": gettext_lazy("A relay"),
}
BASES: slugs.Words = {
    "rule": gettext_lazy("Provider's rule"),
    "experience": gettext_lazy("Users' experience"),
    "unknown": gettext_lazy("Not published"),
}
REASONS: slugs.Words = {
    "has": gettext_lazy("It is there already."),
    "rechecking": gettext_lazy("It is paid, and the provider may be looking at it. A further payment brings nothing."),
    "overdue": gettext_lazy("Everything is met and paid, and the usual time is over. Ask the provider's support."),
    "asks": gettext_lazy("Something besides money and days is missing: {needs}."),
    "opaque": gettext_lazy("The provider does not publish the conditions of {tier}."),
    "by_itself": gettext_lazy("The provider lifts the account by itself when the conditions are met."),
    "no_clock": gettext_lazy("The wait starts with the first payment; without one it never ends."),
    "money_missing": gettext_lazy("Money is missing: waiting alone does not bring {tier}."),
    "needs_a_purchase": gettext_lazy("Both conditions are met. Without a further purchase it may stay as it is."),
    "may_need_a_purchase": gettext_lazy("The wait of {tier} ends then. A small purchase may be needed after that."),
    "may_lift": gettext_lazy("Both conditions of {tier} are met with it. The provider may look again when it is paid."),
    "nothing_to_pay": gettext_lazy("Nothing has to be paid for {tier}."),
    "no_tier": gettext_lazy("No tier brings it."),
    "unknown": gettext_lazy("The edition does not say which tier brings it."),
    "retired": gettext_lazy("The model has been shut down."),
    "by_agreement": gettext_lazy("It is open by agreement only: this is the way that the provider names."),
    "above_tiers": gettext_lazy("The tiers end below it. What lies above is agreed with each customer."),
    "not_published": gettext_lazy("Some providers lift limits on request; nobody publishes for whom or how fast."),
    "another_has_it": gettext_lazy("An account of yours has it. Its limits and its bill are its own."),
    "cap_each": gettext_lazy("Each organization has a cap of its own. Caps are never added up by the provider."),
    "starts_anew": gettext_lazy("A new organization begins at nothing: the whole sum and the whole wait, from today."),
    "opens_no_model": gettext_lazy("It opens no model that is closed."),
    "batch_queue": gettext_lazy("Now up to {number} tokens may wait in the batch queue, beside the other limits."),
    "stretches_limits": gettext_lazy("It stretches the limits of now. How far depends on how alike your requests are."),
    "no_relay": gettext_lazy("You have noted no relay. tierdash knows none and names none."),
    "no_model": gettext_lazy("A relay has no tiers. Choose a model to see which of yours list it."),
    "offers_it": gettext_lazy("A relay of yours lists the model. Whether it delivers, only a request tells."),
    "check_relay": gettext_lazy("A relay of yours lists the model, but look at its balance and its last day first."),
    "lists_it_not": gettext_lazy("None of yours lists the model."),
}
DATA: slugs.Words = {
    "wait": gettext_lazy("{provider}, as before"),
    "pay_and_wait": gettext_lazy("{provider}, as before"),
    "sales": gettext_lazy("{provider}, by what the contract says"),
    "several_organizations": gettext_lazy("{provider}, split among the organizations"),
    "caching_and_batching": gettext_lazy("{provider}; a cache of yours keeps prompts and answers as well"),
    "relay": gettext_lazy("The relay's operator reads every prompt and answer, and whoever it passes them on to"),
}
RISKS: slugs.Words = {
    "wait": gettext_lazy("A met condition is not a lifted account; the rules may change meanwhile."),
    "pay_and_wait": gettext_lazy(
        "Credit may expire and is often not paid back. That paying lifts a tier is no promise."
    ),
    "sales": gettext_lazy("No date before they answer; they may ask for a commitment."),
    "several_organizations": gettext_lazy(
        "Terms of use may forbid getting around limits with several accounts: read them first. Money and days are "
        "never added up."
    ),
    "caching_and_batching": gettext_lazy("A cached answer may be out of date; a batch may take hours."),
    "relay": gettext_lazy(
        "The balance may be lost, the model may be another one, and reselling may be against the provider's terms. "
        "Money paid there counts for no tier."
    ),
}
FITS: slugs.Words = {
    "wait": gettext_lazy("When nothing hangs on the date"),
    "pay_and_wait": gettext_lazy("When the money will be used anyway"),
    "sales": gettext_lazy("Needs above the top tier, models by agreement"),
    "several_organizations": gettext_lazy("Products or customers that are separate anyway"),
    "caching_and_batching": gettext_lazy("Requests that repeat, and work that can wait"),
    "relay": gettext_lazy("Trials and a short bridge, without personal or confidential data"),
}
COSTS: slugs.Words = {
    "sales": gettext_lazy("agreed with them"),
    "several_organizations": gettext_lazy("nobody can say"),
    "caching_and_batching": gettext_lazy("nothing to pay; work to build it"),
    "relay": gettext_lazy("its own prices, from its own balance"),
}
NO_TIERS: slugs.Words = {
    "partner": gettext_lazy("<b>{aim}</b> is open by agreement with {provider} only; no tier opens it."),
    "expected": gettext_lazy("<b>{aim}</b> is announced and not open yet; no tier opens it today."),
    "retired": gettext_lazy("<b>{aim}</b> has been shut down; no tier opens it."),
    "cap": gettext_lazy("No tier of these rules lets one spend <b>{spend}</b> a month."),
}
UNKNOWNS: slugs.Words = {
    "unknown_model": gettext_lazy("These rules do not know <b>{aim}</b>: nobody can say which tier opens it."),
    "unknown_tier": gettext_lazy("These rules have no such tier."),
    "cap": gettext_lazy("The monthly caps are not published: nobody can say which tier allows <b>{spend}</b>."),
}


@dataclass(frozen=True, slots=True)
class Told:
    """An alternative in words. `state` is "" where it does not bring what is needed: that is none of the states."""

    kind: str
    name: str
    state: str
    when: str
    why: str
    cost: str
    data: str
    risk: str
    fits: str
    basis: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the rules say of the wish, before any alternative."""

    state: str
    sentence: Marked
    reason: str


@register.simple_tag
def told(way: rules.Alternative, book: rules.Rulebook, lowest: rules.LowestTier, now: datetime) -> Told:
    """Return an alternative in words, at the instant `now`."""
    values = _values(way, book, lowest)
    state, when = _when(way, now)
    return Told(
        kind=way.kind,
        name=slugs.word(NAMES, way.kind),
        state=state,
        when=when,
        why=slugs.word(REASONS, way.reason).format(**values),
        cost=_cost(way),
        data=slugs.word(DATA, way.kind).format(**values),
        risk=slugs.word(RISKS, way.kind),
        fits=slugs.word(FITS, way.kind),
        basis=slugs.word(BASES, way.basis),
    )


def _values(way: rules.Alternative | None, book: rules.Rulebook, lowest: rules.LowestTier) -> dict[str, Any]:
    needs = [*lowest.asks, *(lowest.tier.requires if lowest.tier and not lowest.asks else ())]
    return {
        "provider": book.provider.name,
        "tier": sayings.tier_name(lowest.tier) if lowest.tier else "",
        "needs": _(", ").join(slugs.word(slugs.REQUIREMENTS, need) for need in needs),
        "number": figures.cell(way.cell) if way is not None and way.cell is not None else "",
    }


def _when(way: rules.Alternative, now: datetime) -> tuple[str, str]:
    """The state and the word of the chip. A begun day is a whole one: never promise early."""
    if way.when == "later" and way.at is not None:
        days = -((now - way.at) // DAY)
        words = _("in {days}").format(days=sayings.days(days))
        return ("now", _("{when}: too late").format(when=words)) if way.is_late else ("soon", words)
    if way.when == "no":
        return "", _("does not bring it")
    if way.when == "today":
        return "fine", _("works today") if way.basis == "rule" else _("may work today")
    return "unknown", _("nobody can say")


def _cost(way: rules.Alternative) -> str:
    if way.cost_usd:
        return figures.money(way.cost_usd)
    if way.kind in COSTS and not (way.kind == "several_organizations" and way.cost_usd is not None):
        return slugs.word(COSTS, way.kind)
    if way.cost_usd is not None:
        return _("nothing")
    return "–"


@register.simple_tag
def aim_in_words(aim: rules.Aim, book: rules.Rulebook) -> str:
    """What is needed, by its name: a tier, a model, or a spend."""
    if aim.model:
        model = book.model(aim.model)
        return model.name if model else aim.model
    if aim.tier:
        return sayings.tier_name(book.tier(aim.tier)) if book.has_tier(aim.tier) else aim.tier
    return _("{amount} a month").format(amount=figures.dollars(aim.spend_usd))


@register.simple_tag
def verdict(
    ways: tuple[rules.Alternative, ...], aim: rules.Aim, lowest: rules.LowestTier, book: rules.Rulebook, account: str
) -> Verdict:
    """Return the one sentence above the comparison. `account` is its name, "" for a new one."""
    values = _values(None, book, lowest) | {
        "aim": aim_in_words(aim, book),
        "spend": figures.dollars(aim.spend_usd) if aim.spend_usd is not None else "",
        "account": account or _("a new account"),
    }
    by_kind = {way.kind: way for way in ways}
    wait, pay = by_kind["wait"], by_kind["pay_and_wait"]
    reason = _needs_tier(aim, lowest, values)
    if lowest.code != "tier":
        table = NO_TIERS if lowest.code == "no_tier" else UNKNOWNS
        return Verdict("unknown", fill(slugs.word(table, lowest.reason), **values), reason)
    if wait.reason == "has":
        return Verdict("fine", fill(_("<b>{account}</b> has <b>{aim}</b>: nothing else is needed."), **values), reason)
    if pay.when == "today":
        text = _("<b>{aim}</b> may be there today for <b>{account}</b>, if <b>{amount}</b> is paid.")
        return Verdict("now", fill(text, amount=figures.money(pay.cost_usd), **values), reason)
    dated = pay if pay.when == "later" else wait
    if dated.when == "later" and dated.at is not None:
        text = (
            _("<b>{aim}</b> comes too late for <b>{account}</b>: not before <b>{ready}</b>.")
            if dated.is_late
            else _("<b>{aim}</b> may be there for <b>{account}</b> from <b>{ready}</b> on.")
        )
        state = "now" if dated.is_late else "soon"
        return Verdict(state, fill(text, ready=moments.instant(dated.at), **values), reason)
    if wait.reason == "overdue":
        return Verdict("now", fill(_("<b>{aim}</b> is overdue for <b>{account}</b>."), **values), reason)
    text = _("Nobody can say when <b>{account}</b> has <b>{aim}</b>.")
    return Verdict("unknown", fill(text, **values), slugs.word(REASONS, wait.reason).format(**values))


def _needs_tier(aim: rules.Aim, lowest: rules.LowestTier, values: dict[str, Any]) -> str:
    if lowest.tier is None:
        return _("What there is besides the tiers stands below.")
    if aim.model or aim.spend_usd is not None:
        return _("By the rules chosen, {tier} is the lowest tier that brings it.").format(**values)
    return _("The dates come from the rules chosen; that a payment lifts a tier is no promise.")
