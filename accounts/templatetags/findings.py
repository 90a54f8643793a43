"""The words for what a pasted error says. Load it with {% load findings %}."""

from dataclasses import dataclass
from typing import Any

from django import template
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext, pgettext_lazy

from accounts import rules
from accounts.templatetags import slugs
from accounts.templatetags.cases import Case
from accounts.templatetags.marked import Marked, fill
from accounts.templatetags.remedies import Step, step
from accounts.templatetags.sayings import tier_name

register = template.Library()

# gate: (state on screen, word, what it means)
GATES: dict[str, tuple[str, str | Promise, str | Promise]] = {
    "tier": ("now", pgettext_lazy("what blocks", "Tier"), gettext_lazy("The account's tier is too low for the model.")),
    "verification": (
        "now",
        pgettext_lazy("what blocks", "Verification"),
        gettext_lazy("The organization is not verified. That takes an ID, not money."),
    ),
    "cap": (
        "now",
        pgettext_lazy("what blocks", "Monthly cap"),
        gettext_lazy("The most that the tier may spend in a month is used up."),
    ),
    "own_limit": (
        "now",
        pgettext_lazy("what blocks", "Own limit"),
        gettext_lazy("A spending limit that somebody set for the organization, the project or the key is reached."),
    ),
    "balance": (
        "now",
        pgettext_lazy("what blocks", "Balance"),
        gettext_lazy("The prepaid credit is used up, or has expired."),
    ),
    "rate_limit": (
        "soon",
        pgettext_lazy("what blocks", "Rate limit"),
        gettext_lazy("Too many requests or tokens in a minute or a day. It passes by itself."),
    ),
    "wrong_organization": (
        "wrong",
        pgettext_lazy("what blocks", "Wrong organization"),
        gettext_lazy("The key belongs to another organization than the one that paid."),
    ),
    "retired_model": (
        "wrong",
        pgettext_lazy("what blocks", "Retired model"),
        gettext_lazy("The provider has shut the model down."),
    ),
    "no_access": ("unknown", pgettext_lazy("what blocks", "No access"), ""),
    "key": ("wrong", pgettext_lazy("what blocks", "The key"), ""),
    "region": ("wrong", pgettext_lazy("what blocks", "Region"), ""),
    "overload": ("soon", pgettext_lazy("what blocks", "Overloaded"), ""),
    "request": ("wrong", pgettext_lazy("what blocks", "The request"), ""),
    "none": ("fine", pgettext_lazy("what blocks", "No error"), ""),
    "unknown": ("unknown", pgettext_lazy("what blocks", "Cannot tell"), ""),
}
EXPLAINED = [gate for gate, (_state, _word, meaning) in GATES.items() if meaning]
CONFIDENCES: slugs.Words = {
    "sure": pgettext_lazy("how sure a diagnosis is", "sure"),
    "likely": pgettext_lazy("how sure a diagnosis is", "likely"),
    "unsure": pgettext_lazy("how sure a diagnosis is", "not certain"),
}
AMBIGUOUS: slugs.Words = {
    "requests": gettext_lazy("Requests, per minute or per day"),
    "tokens": gettext_lazy("Tokens, the tightest of several limits"),
}


@dataclass(frozen=True, slots=True)
class Finding:
    """The answer: a state with its word, one sentence, and what it rests on or means."""

    state: str
    chip: str
    sentence: Marked
    reason: Marked


@register.filter
def gate_word(gate: str) -> str:
    return str(GATES[gate][1]) if gate in GATES else gate.replace("_", " ")


@register.filter
def gate_state(gate: str) -> str:
    return GATES[gate][0]


@register.filter
def sureness(slug: str) -> str:
    return slugs.word(CONFIDENCES, slug)


@register.filter
def seen_metric(slug: str) -> str:
    """What a limit counts; where the answer does not say which it is, that is said."""
    if slug in AMBIGUOUS:
        return str(AMBIGUOUS[slug])
    return f"{slugs.METRICS[slug][0]} ({slugs.METRICS[slug][1]})" if slug in slugs.METRICS else slug


@register.simple_tag
def explained_gates() -> list[tuple[str, str, str]]:
    """The gates that block, as (state, word, meaning)."""
    return [(GATES[gate][0], str(GATES[gate][1]), str(GATES[gate][2])) for gate in EXPLAINED]


@register.simple_tag
def steps(case: Case) -> list[Step]:
    """What to do next, one thing after the other."""
    return [step(code, case) for code in case.diagnosis.steps]


@register.simple_tag
def finding(case: Case) -> Finding:
    """Say what blocks, in one sentence."""
    diagnosis = case.diagnosis
    state, word, _meaning = GATES[diagnosis.gate]
    return Finding(state, str(word), _sentence(case), _reason(case))


def _sentence(case: Case) -> Marked:
    diagnosis = case.diagnosis
    return fill(
        _pattern(case),
        model=diagnosis.model or _("the model"),
        provider=case.provider_name or _("The provider"),
        needed=_("Tier {number}").format(number=diagnosis.needs_tier),
        until=case.by_when(diagnosis.again_at) if diagnosis.again_at else "",
        organization=diagnosis.organization,
        tier=case.inferred,
    )


def _pattern(case: Case) -> str:
    """The sentence of a gate, by what is known of it."""
    diagnosis = case.diagnosis
    if diagnosis.gate == "tier" and diagnosis.needs_tier:
        return _("The tier blocks: <b>{model}</b> needs at least <b>{needed}</b>.")
    if diagnosis.gate == "rate_limit" and "make_smaller" in diagnosis.steps:
        return _("This one request is <b>larger than a minute's limit</b>. Waiting does not help.")
    if diagnosis.gate == "rate_limit" and diagnosis.again_at:
        return _("The <b>rate limit</b> of {model} is used up. Try again: <b>{until}</b>.")
    if diagnosis.gate == "wrong_organization" and diagnosis.organization and case.account:
        return _("The key belongs to <b>{organization}</b>, not to the organization of this account.")
    if diagnosis.gate == "none" and case.inferred:
        return _("There is no error in this. The limits are those of <b>{tier}</b>.")
    return {
        "tier": _("The tier blocks: it is too low for <b>{model}</b>."),
        "verification": _("The organization has to be <b>verified</b> before it may use {model}."),
        "cap": _("This month's <b>cap of the tier</b> is used up."),
        "own_limit": _("A <b>spending limit of your own</b> is reached."),
        "balance": _("The <b>prepaid credit</b> is used up."),
        "rate_limit": _("The <b>rate limit</b> of {model} is used up for the moment."),
        "wrong_organization": _(
            "The key belongs to <b>another organization</b> than the request says or the payments do."
        ),
        "retired_model": _("<b>{model}</b> has been shut down."),
        "no_access": _("The key cannot use <b>{model}</b>, and the answer leaves open why."),
        "key": _("<b>The key</b> is not accepted. No gate of the tier is involved."),
        "region": _("{provider} does not serve <b>this region</b>. No gate of the tier is involved."),
        "overload": _("{provider} is <b>overloaded</b>. None of your gates blocks."),
        "request": _("<b>The request itself</b> cannot be served. None of your gates blocks."),
        "none": _("There is <b>no error</b> in this: it shows limits."),
        "unknown": _("tierdash <b>cannot tell</b> what blocks here."),
    }[diagnosis.gate]


def _reason(case: Case) -> Marked:
    """How far to trust the sentence."""
    diagnosis = case.diagnosis
    if diagnosis.gate == "unknown":
        return fill(_("No signal that tierdash knows is in the text. It does not guess; here is where to look."))
    if diagnosis.evidence and diagnosis.evidence[-1].doc == "edition" and case.rulebook:
        return fill(
            _("The error alone leaves it open; by the rules of {edition} this is the likely reason."),
            edition=case.rulebook.id,
        )
    if diagnosis.others:
        also = _(", ").join(gate_word(gate) for gate in diagnosis.others)
        return fill(_("The text speaks of something else, too: {also}."), also=also)
    if diagnosis.gate == "none" and case.inferred:
        return fill(
            _("Inferred from the limits by {edition}; the provider does not say it."),
            edition=diagnosis.inference.edition,
        )
    if diagnosis.confidence == "sure":
        return fill(_("The answer says so itself."))
    if diagnosis.confidence == "likely":
        return fill(_("This is the most likely reading; the same words are sometimes used for another reason."))
    return fill(_("The same words stand for several reasons; go through them one by one."))


def sentence_of(facts: Any, book: rules.Rulebook) -> Marked:
    """A diagnosis that was kept, for the history."""
    pattern = _("An error was read: <b>{gate}</b>")
    values = {"gate": gate_word(facts["gate"])}
    if facts["model"]:
        pattern, values = (
            pgettext("history", "An error was read: <b>{gate}</b>, {model}"),
            values | {"model": facts["model"]},
        )
    if facts["tier"] and book.has_tier(facts["tier"]):
        said = fill(pattern, **values)
        return fill(
            pgettext("history", "{said}; its limits are those of {tier} (inferred)"),
            said=said,
            tier=tier_name(book.tier(facts["tier"])),
        )
    return fill(pattern, **values)
