"""The dated entries of an account in the words of a calendar: a title and what it means. Plain text.

What a payment brings is users' experience, not the provider's promise: it may.
"""

from django.utils.translation import gettext as _

from accounts import rules
from accounts.templatetags.editions import calendar_day
from accounts.templatetags.figures import money
from accounts.templatetags.sayings import tier_name


def title(entry: rules.Dated, name: str) -> str:
    """One line, such as "production-eu: top up $5.00 for Tier 3"."""
    patterns = {
        "top_up": _("{name}: top up {amount} for {tier}"),
        "upgrade": _("{name}: {tier} may appear"),
        "wait_over": _("{name}: the wait for {tier} ends, {amount} missing"),
        "contact_support": _("{name}: look for {tier}, else ask support"),
        "settled": _("{name}: the limits of {tier} should be there"),
        "plan_payment": _("{name}: pay {amount}, by the plan for {tier}"),
        "plan_check": _("{name}: look for {tier}, by the plan"),
        "plan_support": _("{name}: ask support, if {tier} is not there by now"),
        "credit_expires": _("{name}: up to {amount} of credit expires"),
    }
    return _fill(patterns[entry.kind], entry, name=name)


def meaning(entry: rules.Dated, rulebook: rules.Rulebook) -> str:
    """A few sentences."""
    patterns = {
        "top_up": _(
            "From now on a payment of {amount} may lift the account to {tier}. That a small top-up makes {provider} "
            "look again is what users report, not a promise."
        ),
        "upgrade": _("Every condition of {tier} is met. {provider} upgrades by itself; look at its limits page."),
        "wait_over": _("The waiting period of {tier} is over, and {amount} still has to be paid."),
        "contact_support": _(
            "{provider} has had {hours} hours since every condition of {tier} was met. Look at its limits page in a "
            "private window; if {tier} is not there, ask the support."
        ),
        "settled": _(
            "Rate limits usually need 6 to 24 hours to follow a new tier. If they have not, ask {provider}'s support."
        ),
        "plan_check": _(
            "By the plan that you adopted every condition of {tier} is met now. Look at {provider}'s limits page in a "
            "private window, and note in tierdash which tier it shows."
        ),
        "plan_support": _(
            "By the plan that you adopted {provider} has had {hours} hours. If {tier} is not there, ask its support, "
            "with the receipts."
        ),
        "credit_expires": _of_credit(entry),
        **_of_payments(),
    }
    pattern = patterns[entry.why or entry.kind]
    return _fill(pattern, entry, provider=rulebook.provider.name, hours=rulebook.recheck_hours)


def _of_credit(entry: rules.Dated) -> str:
    """How long the last of it can be used, and what that does not touch."""
    if entry.on == entry.until:
        when = _("This is the last day of up to {amount} of credit.")
    else:
        when = _("Up to {amount} of credit expires from today on, the last of it on {until}.")
    more = _(
        "How much of it is used is not known here: look at the balance at {provider}. What you have paid and the tier "
        "stay as they are."
    )
    return f"{when} {more}"


def _of_payments() -> dict[str, str]:
    """What a payment of a plan is for, by why it is made."""
    return {
        "starts_clock": _(
            "A payment of the plan that you adopted: it starts the waiting period of {tier}. Keep the receipt."
        ),
        "meets_money": _("A payment of the plan that you adopted: {tier} asks for this money. Keep the receipt."),
        "completes": _(
            "A payment of the plan that you adopted: it completes the money that {tier} asks for, and may make "
            "{provider} look again. That is what users report, not a promise. Keep the receipt."
        ),
        "triggers": _(
            "A payment of the plan that you adopted: nothing else is missing for {tier}, and a top-up may make "
            "{provider} look again. That is what users report, not a promise. Keep the receipt."
        ),
    }


def _fill(pattern: str, entry: rules.Dated, **values: object) -> str:
    amount = money(entry.amount_usd) if entry.amount_usd is not None else ""
    tier = tier_name(entry.tier) if entry.tier is not None else ""
    until = calendar_day(entry.until) if entry.until is not None else ""
    return pattern.format(tier=tier, amount=amount, until=until, **values)
