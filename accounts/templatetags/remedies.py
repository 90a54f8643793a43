"""What to do next, in words: one step for each code of the rules, with the account's own figures where it can."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from accounts import rules
from accounts.templatetags import figures, sayings, slugs
from accounts.templatetags.cases import Case
from accounts.templatetags.marked import Marked, fill
from accounts.templatetags.moments import instant


@dataclass(frozen=True, slots=True)
class Step:
    """One step; with `address` there is a place to do it, `is_outside` when that is the provider's."""

    text: Marked
    address: str = ""
    label: str = ""
    is_outside: bool = False


def step(code: str, case: Case) -> Step:
    return STEPS[code](case) if code in STEPS else Step(fill(_plain(code)))


def _plain(code: str) -> str:
    """Steps that need no figures."""
    return {
        "verify": _(
            "Verify the organization in its general settings. It takes an ID document and no money; one ID serves"
            " one organization in 90 days."
        ),
        "wait_verified": _("It may take up to 30 minutes until the verification holds."),
        "spread": _(
            "Spread the requests: fewer at once, and a pause that grows after each refusal. What has time can go "
            "through the batch interface."
        ),
        "slow_down": _("Return to the rate you had before, and raise it slowly over some minutes."),
        "make_smaller": _("Make the request smaller: less text, or a smaller limit of output tokens."),
        "check_project": _("Look whether the key's project may use the model: a project can have a list of its own."),
        "check_spelling": _("Compare the model's name with the provider's list, letter by letter."),
        "check_verification": _("Some models ask for a verified organization, whatever the tier."),
        "new_key": _(
            "Make a new key in the same organization, and look whether the old one was revoked or restricted."
        ),
        "check_region": _(
            "The provider lists the regions that it serves; the server that sends the request counts, not you."
        ),
        "retry_later": _("Try again in a minute, with a pause that grows after each refusal."),
        "check_status": _("Look at the provider's status page."),
        "change_request": _("Read the sentence of the error: it names the part of the request to change."),
        "check_cap": _(
            "If there is credit left, look at the limits page: the month's cap of the tier may be used up; older "
            "answers say the same for both."
        ),
        "link_billing": _("The free tier has no share of this model. Link a billing account to the project."),
        "relay": _(
            "This comes from a relay. Its own balance and channels decide; it has no tiers, and its limits say "
            "nothing of yours."
        ),
        "look_code": _(
            "Look for a code in the error, such as insufficient_quota or rate_limit_exceeded, and paste the whole"
            " answer."
        ),
        "look_headers": _("Paste the headers of the answer, too: curl -i shows them."),
        "look_limits": _("Compare the tier and the cap on the provider's limits page with what tierdash has."),
        "look_billing": _("Look at the billing page: is credit left, and was the last payment taken?"),
        "look_organization": _("Look in which organization and project the key was made."),
    }[code]


def _climb(case: Case) -> Step:
    if case.standing and case.account and case.rulebook:
        says = sayings.advice(case.standing, case.rulebook, case.account.name)
        return Step(says.sentence, reverse("accounts:account", args=[case.account.pk]), _("Show account"))
    return Step(
        fill(_("A higher tier has higher limits and more models.")), reverse("accounts:models"), _("Models by tier")
    )


def _check_organization(case: Case) -> Step:
    seen, own = case.diagnosis.organization, case.account.organization_ref if case.account else ""
    if seen and own and seen == own:
        return Step(fill(_("The answer came from {own}, the organization of this account."), own=own))
    if seen:
        return Step(fill(_("The answer came from {seen}. Check that this is the organization that paid."), seen=seen))
    return Step(fill(_("Check that the key was made in the organization that paid.")))


def _wait_month(case: Case) -> Step:
    if not case.diagnosis.again_at:
        return Step(fill(_("Or wait for the next calendar month.")))
    if case.diagnosis.provider == "anthropic":
        pattern = _("Or wait until {until}, when the month begins anew.")
    else:
        pattern = _(
            "Or wait for the next month; by UTC it begins {until}. The provider does not publish its time zone."
        )
    return Step(fill(pattern, until=instant(case.diagnosis.again_at)))


def _raise_cap(case: Case) -> Step:
    if not (case.account and case.rulebook and case.standing):
        return Step(fill(_("A higher tier has a higher cap.")), reverse("accounts:rulebooks"), _("Rulebooks"))
    book, seen = case.rulebook, case.rulebook.tier(case.account.seen_tier)
    above = [tier for tier in book.tiers if tier.rank > seen.rank]
    said = _("{tier}: {cap}").format(tier=sayings.tier_name(seen), cap=figures.cap(seen.cap))
    if above:
        following = _("{tier}: {cap}").format(tier=sayings.tier_name(above[0]), cap=figures.cap(above[0].cap))
        text = fill(_("A higher tier has a higher cap. {now}; {next}."), now=said, next=following)
    else:
        text = fill(_("{now}. There is no higher tier: ask for more."), now=said)
    return Step(text, reverse("accounts:account", args=[case.account.pk]), _("Show account"))


def _outside(url: str, label: str) -> Callable[[Marked, Case], Step]:
    """A step that is done at the provider: on its billing, limits or support page, where the rulebook knows it."""

    def at(text: Marked, case: Case) -> Step:
        book = _book(case)
        address = getattr(book.provider, url) if book else ""
        return Step(text, address, str(label) if address else "", is_outside=True)

    return at


def _book(case: Case) -> rules.Rulebook | None:
    editions = case.shelf.of(case.diagnosis.provider)
    return editions[-1] if editions else None


def _ask_support(case: Case) -> Step:
    return _outside("support_url", _("Open support"))(fill(_("Or ask the provider's support for a higher cap.")), case)


def _raise_own_limit(case: Case) -> Step:
    text = fill(
        _(
            "Look at the spending limits of the organization, the project and the key, and raise or remove the one "
            "that is reached."
        )
    )
    return _outside("limits_url", _("Open limits"))(text, case)


def _add_credit(case: Case) -> Step:
    book = case.rulebook if case.standing else None
    if book:
        text = fill(_("Add credit: {amount} at least."), amount=figures.dollars(book.top_up_min_usd))
    else:
        text = fill(_("Add credit."))
    return _outside("billing_url", _("Open billing"))(text, case)


def _open_billing(case: Case) -> Step:
    text = fill(_("Look for an unpaid invoice or a budget that is used up."))
    return _outside("billing_url", _("Open billing"))(text, case)


def _wait_until(case: Case) -> Step:
    if case.diagnosis.again_at:
        return Step(fill(_("Wait, then try again: {until}."), until=case.by_when(case.diagnosis.again_at)))
    return Step(fill(_("Wait a little; the answer does not say how long.")))


def _choose_key(case: Case) -> Step:
    own = case.account.organization_ref if case.account else ""
    if own:
        return Step(fill(_("Use a key of {own}, or choose the account whose organization this is."), own=own))
    return Step(
        fill(_("Use a key of the organization that paid, and leave out the organization's header if one is set."))
    )


def _change_model(case: Case) -> Step:
    return Step(
        fill(_("Choose another model; the provider names a successor.")),
        reverse("accounts:models"),
        _("Models by tier"),
    )


def _check_tier(case: Case) -> Step:
    diagnosis = case.diagnosis
    if (
        case.rulebook
        and case.account
        and case.standing
        and diagnosis.model_state in ("open", "unknown", "partner", "expected")
    ):
        if diagnosis.model_state == "unknown":
            pattern = _("{edition} does not know {model}; whether the tier opens it is not known.")
        elif diagnosis.model_state == "open":
            pattern = _("By {edition}, {model} is open at {tier}: the tier is not the likely reason.")
        else:
            pattern = _("By {edition}, {model} is not open to everybody: {state}.")
        values: dict[str, Any] = {
            "edition": case.rulebook.id,
            "model": diagnosis.model,
            "tier": sayings.tier_name(case.rulebook.tier(case.account.seen_tier)),
            "state": slugs.word(slugs.ACCESSES, diagnosis.model_state),
        }
        return Step(fill(pattern, **{name: value for name, value in values.items() if f"{{{name}}}" in pattern}))
    return Step(fill(_("Look which tier opens the model.")), reverse("accounts:models"), _("Models by tier"))


STEPS: dict[str, Callable[[Case], Step]] = {
    "climb": _climb,
    "check_organization": _check_organization,
    "wait_month": _wait_month,
    "raise_cap": _raise_cap,
    "ask_support": _ask_support,
    "raise_own_limit": _raise_own_limit,
    "add_credit": _add_credit,
    "open_billing": _open_billing,
    "wait_until": _wait_until,
    "choose_key": _choose_key,
    "change_model": _change_model,
    "check_tier": _check_tier,
}
