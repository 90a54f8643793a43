"""Each alternative in words: when it works, what it costs, who sees the prompts, what may go wrong, whom it suits.

Only figures of the rules are stated as such. What users report or nobody publishes is marked. Nothing is recommended.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django import template
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext, pgettext_lazy

from accounts import rules
from accounts.templatetags import figures, moments, sayings, slugs
from accounts.templatetags.marked import Marked, fill
from accounts.templatetags.plans import OBSTACLES, wish_in_words

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
    "by_agreement": gettext_lazy("It is open by agreement only: this is the way that the provider names."),
    "above_tiers": gettext_lazy("The tiers end below it. What lies above is agreed with each customer."),
    "not_published": gettext_lazy("Some providers lift limits on request; nobody publishes for whom or how fast."),
    "another_has_it": gettext_lazy("An account of yours has it. Its limits and its bill are its own."),
    "limits_each": gettext_lazy("Each organization has limits and a cap of its own. The provider never adds them up."),
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
def told(way: rules.Alternative, plans: rules.Plans, now: datetime) -> Told:
    """Return an alternative in words, at the instant `now`."""
    values = _values(way, plans)
    state, when = _when(way, now)
    return Told(
        kind=way.kind,
        name=slugs.word(NAMES, way.kind),
        state=state,
        when=when,
        why=slugs.word({**OBSTACLES, **REASONS}, way.reason).format(**values),
        cost=_cost(way),
        data=slugs.word(DATA, way.kind).format(**values),
        risk=slugs.word(RISKS, way.kind),
        fits=slugs.word(FITS, way.kind),
        basis=slugs.word(BASES, way.basis),
    )


def _values(way: rules.Alternative | None, plans: rules.Plans) -> dict[str, Any]:
    need, book = plans.need, plans.standing.rulebook
    needs = need.requires or plans.missing or (need.tier.requires if need.tier else ())
    return {
        "provider": book.provider.name,
        "tier": sayings.tier_name(need.tier) if need.tier else "",
        "otherwise": sayings.tier_name(need.otherwise) if need.otherwise else "",
        "needs": _(", ").join(slugs.word(slugs.REQUIREMENTS, one) for one in needs),
        "number": figures.cell(way.cell) if way is not None and way.cell is not None else "",
    }


def _when(way: rules.Alternative, now: datetime) -> tuple[str, str]:
    """The state and the word of the chip. A begun day is a whole one: never promise early."""
    if way.when == "later" and way.at is not None:
        days = -((now - way.at) // DAY)
        words = _("in {days}").format(days=sayings.days(days))
        return ("now", _("{when}: may be too late").format(when=words)) if way.is_late else ("soon", words)
    if way.when == "no":
        return "", _("does not bring it")
    if way.when == "today":
        words = _("works today") if way.basis == "rule" else _("may work today")
        return ("now", _("{when}, or too late").format(when=words)) if way.is_late else ("fine", words)
    return "unknown", _("nobody can say")


def _cost(way: rules.Alternative) -> str:
    if way.cost_usd:
        return figures.money(way.cost_usd)
    if way.kind in COSTS and not (way.kind == "several_organizations" and way.cost_usd is not None):
        return slugs.word(COSTS, way.kind)
    if way.cost_usd is not None:
        return pgettext("a cost", "nothing")
    return "–"


@register.simple_tag
def verdict(ways: tuple[rules.Alternative, ...], plans: rules.Plans, account: str) -> Verdict:
    """Return the one sentence above the comparison. `account` is its name, "" for a new one."""
    need, by_kind = plans.need, {way.kind: way for way in ways}
    wait, pay = by_kind["wait"], by_kind["pay_and_wait"]
    values = _values(None, plans) | {
        "what": wish_in_words(need.wish, plans.standing.rulebook),
        "account": account or _("a new account"),
    }
    reason = " ".join(_reasons(plans, values))
    if need.tier is None:
        return Verdict("unknown", fill(_("No tier gives you <b>{what}</b>."), **values), reason)
    if wait.reason == "has":
        return Verdict("fine", fill(_("<b>{account}</b> has <b>{what}</b>: nothing else is needed."), **values), reason)
    if plans.is_there:
        text = _("The tier of <b>{account}</b> is enough for <b>{what}</b>, but something besides is missing.")
        return Verdict("now", fill(text, **values), reason)
    dated = pay if pay.at is not None else wait
    if dated.is_late and dated.live_at is not None:
        text = _("<b>{what}</b> may come too late for <b>{account}</b>: expected live by <b>{live}</b>.")
        return Verdict("now", fill(text, live=moments.instant(dated.live_at), **values), reason)
    if pay.when == "today":
        text = _("<b>{what}</b> may be there today for <b>{account}</b>, if <b>{amount}</b> is paid.")
        return Verdict("now", fill(text, amount=figures.money(pay.cost_usd), **values), reason)
    if dated.at is not None:
        text = _("<b>{what}</b> may be there for <b>{account}</b> from <b>{ready}</b> on.")
        return Verdict("soon", fill(text, ready=moments.instant(dated.at), **values), reason)
    if wait.reason == "overdue":
        return Verdict("now", fill(_("<b>{what}</b> is overdue for <b>{account}</b>."), **values), reason)
    text = _("Nobody can say when <b>{account}</b> has <b>{what}</b>.")
    return Verdict("unknown", fill(text, **values), slugs.word({**OBSTACLES, **REASONS}, wait.reason).format(**values))


def _reasons(plans: rules.Plans, values: dict[str, Any]) -> Iterator[str]:
    """Why that tier, and what it asks for besides; or why none does."""
    need = plans.need
    if need.tier is None:
        yield slugs.word(OBSTACLES, need.obstacle)
        yield _("What there is besides the tiers stands below.")
    elif need.wish.tier:
        yield _("The dates come from the rules chosen; that a payment lifts a tier is no promise.")
    else:
        yield _("By the rules chosen, {tier} is the lowest tier that brings it.").format(**values)
    if need.requires:
        yield _("Besides, it asks for: {needs}.").format(**values)
    if need.otherwise:
        yield _("Without that it takes {otherwise}.").format(**values)
