"""The dated entries of an account in the words of a calendar: a title and what it means. Plain text."""

from django.utils.translation import gettext as _

from accounts import rules
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
    }
    return _fill(patterns[entry.kind], entry, name=name)


def meaning(entry: rules.Dated, rulebook: rules.Rulebook) -> str:
    """A few sentences; what a top-up brings is users' experience and no promise."""
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
    }
    return _fill(patterns[entry.kind], entry, provider=rulebook.provider.name, hours=rulebook.recheck_hours)


def _fill(pattern: str, entry: rules.Dated, **values: object) -> str:
    amount = money(entry.amount_usd) if entry.amount_usd is not None else ""
    return pattern.format(tier=tier_name(entry.tier), amount=amount, **values)
