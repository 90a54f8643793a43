"""The path of an episode in words, and durations as people say them. Load it with {% load paths %}."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django import template
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from accounts import rules
from accounts.templatetags import figures, moments, sayings
from accounts.templatetags.marked import Marked, fill

register = template.Library()

# The shape of each state of a step; a step that lies ahead, or is not needed, shows its place instead.
SHAPES = {"done": "fine", "current": "now", "waiting": "soon"}


@dataclass(frozen=True)
class StepSaying:
    """What a step says: what it is, more about it, a word for its state, and the words of the link to the provider."""

    title: Marked
    detail: Marked
    word: str
    shape: str
    link_label: str


@register.simple_tag
def step_says(path: rules.Path, step: rules.PathStep, rulebook: rules.Rulebook, seen_tier: str) -> StepSaying:
    """Say one step of the path of an account that the provider shows at `seen_tier` (an id)."""
    return _Step(path, step, rulebook, seen_tier).say()


class _Step:
    """One step being put into words."""

    def __init__(self, path: rules.Path, step: rules.PathStep, rulebook: rules.Rulebook, seen_tier: str) -> None:
        self._path, self._step = path, step
        self._is_done = step.state == "done"
        seen = rulebook.tier(seen_tier) if rulebook.has_tier(seen_tier) else None
        self._values: dict[str, Any] = {
            "tier": sayings.tier_name(path.tier),
            "seen": sayings.tier_name(seen) if seen else seen_tier,
            "provider": rulebook.provider.name,
            "hours": rulebook.recheck_hours,
            "since": moments.instant(step.since) if step.since else "",
            "until": moments.instant(step.until) if step.until else "",
            "amount": figures.money(step.amount_usd) if step.amount_usd is not None else "",
        }

    def say(self) -> StepSaying:
        title, detail, link_label = getattr(self, f"_{self._step.name}")()
        return StepSaying(title, detail, state_word(self._step.state), SHAPES.get(self._step.state, ""), link_label)

    def _fill(self, pattern: str, **more: Any) -> Marked:
        return fill(pattern, **self._values, **more)

    def _payment_confirmed(self) -> tuple[Marked, Marked, str]:
        label = _("Open billing")
        lines = self._step.lines
        if not lines:
            return self._fill(_("Confirm that the payment succeeded")), self._fill(_("Nothing had to be paid.")), label
        last = {
            "amount_paid": figures.money(lines[-1].gross, lines[-1].currency),
            "when": moments.day(lines[-1].paid_at),
        }
        if lines[-1].status == "pending":
            if self._is_done:
                detail = _("{amount_paid} of {when} is still recorded as pending.")
            else:
                detail = _("{amount_paid} of {when} is pending. Once billing shows it as paid, correct its line below.")
            return self._fill(_("Confirm that the payment succeeded")), self._fill(detail, **last), label
        detail = ngettext(
            "As recorded: {count} payment, {amount_paid} on {when}.",
            "As recorded: {count} payments, the last one {amount_paid} on {when}.",
            len(lines),
        )
        return self._fill(_("The payments have succeeded")), self._fill(detail, count=len(lines), **last), label

    def _waited(self) -> tuple[Marked, Marked, str]:
        days = self._path.tier.wait_days or 0
        title = self._fill(
            ngettext("Let the wait of {days} day pass", "Let the wait of {days} days pass", days), days=days
        )
        if self._step.state == "not_needed":
            return self._fill(_("Let the wait pass")), self._fill(_("{tier} has no waiting period.")), ""
        if self._is_done:
            return title, self._fill(_("Over since {since}.")), ""
        if self._step.until is None:
            return title, self._fill(_("It begins with the first payment that counts.")), ""
        return title, self._fill(_("It ends <b>{until}</b>.")), ""

    def _limits_checked(self) -> tuple[Marked, Marked, str]:
        is_again = self._path.step("rechecked").state in ("waiting", "done")
        title = _("Look at the limits page in a private window")
        if is_again:
            title = _("Look at the limits page again, in a private window")
        if self._is_done and self._step.is_said:
            detail = _("Looked at {since}: {tier} was not there.")
        elif self._is_done:
            detail = _("Noted {since}: it still shows {seen}.")
        elif is_again:
            detail = _("Note what it shows in the box below. A window with a cache may show the old tier.")
        else:
            detail = _("{tier} may be there already; a window with a cache may still show {seen}.")
        return self._fill(title), self._fill(detail), _("Open limits")

    def _topped_up(self) -> tuple[Marked, Marked, str]:
        label = _("Open billing")
        if self._step.state == "not_needed":
            return self._fill(_("Top up")), self._fill(_("{provider} upgrades by itself; no payment is needed.")), label
        if self._is_done:
            paid = self._step.lines[-1]
            amount = figures.money(paid.gross, paid.currency)
            return self._fill(_("Top up")), self._fill(_("{paid} paid {since}."), paid=amount), label
        detail = _("A new payment may make {provider} look again. That is what users report, not a promise.")
        return self._fill(_("Top up {amount}")), self._fill(detail), label

    def _rechecked(self) -> tuple[Marked, Marked, str]:
        title = self._fill(_("Give {provider} {hours} hours"))
        if self._is_done:
            return title, self._fill(_("They were over {since}.")), ""
        if self._step.state == "waiting":
            return title, self._fill(_("Until <b>{until}</b>. {tier} may appear at any hour before.")), ""
        return title, self._fill(_("They begin with the top-up.")), ""

    def _support_asked(self) -> tuple[Marked, Marked, str]:
        title = self._fill(_("Ask {provider}'s support"))
        if self._is_done:
            return title, self._fill(_("Asked {since}.")), _("Open support")
        words = _(
            "With the organization, the payments and the dates: the evidence holds them all, and a text for the ticket."
        )
        return title, self._fill(words), _("Open support")


@register.filter
def state_word(state: str) -> str:
    """The state of a step in a word."""
    return {
        "done": pgettext("a step", "done"),
        "current": pgettext("a step", "your turn"),
        "waiting": pgettext("a step", "waiting"),
        "ahead": pgettext("a step", "later"),
        "not_needed": pgettext("a step", "not needed"),
    }[state]


@register.filter
def how_word(how: str) -> str:
    """How an escalation ended; "" while it has not."""
    return {
        "tier_seen": _("the tier came"),
        "by_person": _("settled another way"),
        "gave_up": _("not pursued"),
        "": _("under way"),
    }[how]


@register.filter
def how_state(how: str) -> str:
    return {"tier_seen": "fine", "": "soon"}.get(how, "unknown")


@register.filter
def duration(took: timedelta) -> str:
    """A duration as people say it: "40 min", "5 h", "3 days"; rounded, and never more exact than it is known."""
    minutes = round(took / timedelta(minutes=1))
    if minutes < 1:
        return _("less than a minute")
    if minutes < 90:
        return _("{count} min").format(count=minutes)
    hours = round(took / timedelta(hours=1))
    if hours < 48:
        return _("{count} h").format(count=hours)
    return sayings.days(round(took / timedelta(days=1)))


@register.filter
def spread(found: rules.Spread) -> str:
    """Durations in a line: with a median from three on, else each of them."""
    if found.median is None:
        return _(", ").join(duration(took) for took in found.all)
    return _("{median} ({shortest} to {longest})").format(
        median=duration(found.median), shortest=duration(found.shortest), longest=duration(found.longest)
    )


@register.simple_tag
def experience_says(experience: rules.Experience, rulebook: rules.Rulebook) -> str:
    """What climbing took here at this provider, in a sentence."""
    found = experience.from_trigger or experience.from_reach
    if experience.from_trigger is None:
        start = _("Once within reach")
    elif rulebook.upgrades == "automatic":
        start = _("Once every condition was met")
    else:
        start = _("After the top-up")
    if found.median is None:
        each = _(", ").join(duration(took) for took in found.all)
        return _("{start}, it took {each} here.").format(start=start, each=each)
    return _("{start}, it took {shortest} to {longest} here, half of {count} within {median}.").format(
        start=start,
        shortest=duration(found.shortest),
        longest=duration(found.longest),
        count=found.count,
        median=duration(found.median),
    )
