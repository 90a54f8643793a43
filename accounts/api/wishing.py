"""Wishes as scripts say them: one of a tier, a model or a monthly spend."""

from django.utils.translation import gettext as _

from accounts import rules
from accounts.api import shapes
from accounts.api.problems import invalid
from accounts.forms.accounts import REFUSALS


def wish_of(said: shapes.Goal, *, field: str) -> rules.Wish:
    """What was said as the rules know it; a Problem of `field` when it is not exactly one thing."""
    try:
        return rules.Wish(said.tier, said.model, said.rpm, said.tpm, said.spend_usd)
    except ValueError:
        words = _("A goal is a tier, a model (perhaps with RPM or TPM), or a monthly spend: one of these.")
        raise invalid(field, "not_a_goal", words) from None


def wish_in(said: shapes.Goal, book: rules.Rulebook, *, field: str) -> rules.Wish:
    """The same for an account to keep: a Problem, too, when it names what the edition does not know."""
    wish = wish_of(said, field=field)
    if wish.tier and not book.has_tier(wish.tier):
        raise invalid(f"{field}.tier", "not_in_edition", REFUSALS["seen_tier", "not_in_edition"][1])
    if wish.model and book.model(wish.model) is None:
        raise invalid(f"{field}.model", "not_in_edition", _("This edition has no such model."))
    return wish


def goal_of(wish: rules.Wish) -> shapes.Goal:
    """A wish as it is told."""
    return shapes.Goal(tier=wish.tier, model=wish.model, rpm=wish.rpm, tpm=wish.tpm, spend_usd=wish.spend_usd)
