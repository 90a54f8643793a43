"""The advice in words: one plain sentence with amount, date and reason for each code.

A top-up only *may* trigger an upgrade: that is what users report, not what providers promise.
Everything is said from the stored document of a standing (domain 8) and the rulebook, so that lists need no assessing.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts import rules
from accounts.templatetags import slugs
from accounts.templatetags.figures import dollars, money
from accounts.templatetags.marked import Marked, fill
from accounts.templatetags.moments import day, instant

STATES = {
    "top_up": "now",
    "contact_support": "now",
    "rechecking": "soon",
    "wait": "soon",
    "fund": "soon",
    "settling": "soon",
    "top": "fine",
    "ask_provider": "unknown",
}


@dataclass(frozen=True)
class Saying:
    """What a page says of an account: a state with its word, one sentence, why, and a line for lists."""

    code: str
    state: str
    chip: str
    sentence: Marked
    reason: Marked
    short: Marked


def tier_name(tier: rules.Tier) -> str:
    """Return the provider's name of a tier, translated where it is only a word with a number."""
    if match := re.fullmatch(r"Tier (\d+)", tier.name):
        return _("Tier {number}").format(number=match[1])
    return _("Free") if tier.name == "Free" else tier.name


def days(count: int) -> str:
    return ngettext("{count} day", "{count} days", count).format(count=count)


def advice(standing: Mapping[str, Any], rulebook: rules.Rulebook, name: str) -> Saying:
    """Say the advice of a standing's document about the account called `name`."""
    return _Advice(standing, rulebook, name).say()


class _Advice:
    """One advice being put into words. `standing` is a document, not a standing: instants and amounts are text."""

    def __init__(self, standing: Mapping[str, Any], rulebook: rules.Rulebook, name: str) -> None:
        self._standing = standing
        self._advice = standing["advice"]
        self._rulebook = rulebook
        self._tier = rulebook.tier(self._advice["tier"])
        self._row = next(row for row in standing["tiers"] if row["id"] == self._tier.id)
        self._values = {
            "name": name,
            "tier": tier_name(self._tier),
            "provider": rulebook.provider.name,
            "amount": money(self._advice["amount_usd"]) if self._advice["amount_usd"] else "",
        }

    def say(self) -> Saying:
        code = self._advice["code"]
        chip, sentence, reason, short = getattr(self, f"_{code}")()
        return Saying(code, STATES[code], chip, sentence, reason, short)

    def _fill(self, pattern: str, **more: Any) -> Marked:
        return fill(pattern, **self._values, **more)

    def _counted(self) -> str:
        """How much of the money gate is there."""
        row = self._row["money"]
        return _("{have} of {need} counted").format(have=money(row["have"]), need=money(row["need"]))

    def _top_up(self) -> tuple[str, Marked, Marked, Marked]:
        wait = self._row["wait"]["need_days"]
        if wait:
            reason = self._fill(
                ngettext(
                    "{counted}, and the {days}-day wait has been over since {matured}.",
                    "{counted}, and the {days}-day wait has been over since {matured}.",
                    wait,
                ),
                counted=self._counted(),
                days=wait,
                matured=instant(self._row["matured_at"]),
            )
        else:
            reason = self._fill(_("{counted}; this tier has no waiting period."), counted=self._counted())
        return (
            _("May upgrade now"),
            self._fill(_("Top up <b>{amount}</b>: it may lift <b>{name}</b> to <b>{tier}</b> today.")),
            reason,
            self._fill(_("Top up {amount} → {tier}")),
        )

    def _fund(self) -> tuple[str, Marked, Marked, Marked]:
        ready = self._advice["ready_if_paid_now"]
        chip = self._fill(_("Pay {amount}"))
        if rules.from_text(ready) <= rules.from_text(self._standing["at"]):
            sentence = self._fill(
                _("Pay <b>{amount}</b> into <b>{name}</b>: that meets every condition of <b>{tier}</b>.")
            )
            short = self._fill(_("{tier} at once, if paid now"))
        else:
            sentence = self._fill(
                _("Pay <b>{amount}</b> into <b>{name}</b> now, and <b>{tier}</b> is due on <b>{ready}</b>."),
                ready=day(ready),
            )
            short = self._fill(_("{tier} ready {ready}, if paid now"), ready=day(ready))
        return chip, sentence, self._fund_reason(), short

    def _fund_reason(self) -> Marked:
        wait, clock = self._row["wait"]["need_days"], self._standing["clock_started_at"]
        if not wait:
            return self._fill(_("{counted}; this tier has no waiting period."), counted=self._counted())
        if clock is None:
            return self._fill(
                _("{counted}. The wait of {days} starts with the first payment that counts."),
                counted=self._counted(),
                days=days(wait),
            )
        return self._fill(
            _("{counted}. The wait of {days} has run since the first payment, {clock}."),
            counted=self._counted(),
            days=days(wait),
            clock=instant(clock),
        )

    def _wait(self) -> tuple[str, Marked, Marked, Marked]:
        until = instant(self._advice["until"])
        wait = self._row["wait"]
        return (
            _("Waiting"),
            self._fill(
                _("<b>{name}</b> has paid enough for <b>{tier}</b>. The wait ends <b>{until}</b>."), until=until
            ),
            self._fill(
                _("{counted}; {elapsed} of {days} waited. There is nothing to pay before then."),
                counted=self._counted(),
                elapsed=wait["elapsed_days"],
                days=days(wait["need_days"]),
            ),
            self._fill(_("{tier} ready {until}"), until=until),
        )

    def _rechecking(self) -> tuple[str, Marked, Marked, Marked]:
        until, since = instant(self._advice["until"]), instant(self._advice["since"])
        if self._rulebook.upgrades == "automatic":
            reason = self._fill(
                _("Every condition has been met since {since}. {provider} upgrades by itself."), since=since
            )
        else:
            reason = self._fill(
                _("Every condition is met, and the payment of {since} may have made {provider} look again."),
                since=since,
            )
        return (
            _("Being rechecked"),
            self._fill(
                _("<b>{name}</b> may rise to <b>{tier}</b> at any hour. Look again by <b>{until}</b>."), until=until
            ),
            reason,
            self._fill(_("{tier} may appear by {until}"), until=until),
        )

    def _contact_support(self) -> tuple[str, Marked, Marked, Marked]:
        hours = self._rulebook.recheck_hours
        trigger = rules.from_text(self._advice["since"]) - timedelta(hours=hours)
        return (
            _("{hours} h over, not upgraded").format(hours=hours),
            self._fill(_("Ask {provider}'s support why <b>{name}</b> is not at <b>{tier}</b> yet.")),
            self._fill(
                _("Every condition has been met and {provider} has had {hours} hours since {trigger}."),
                hours=hours,
                trigger=instant(trigger),
            ),
            self._fill(_("Contact support about {tier}")),
        )

    def _settling(self) -> tuple[str, Marked, Marked, Marked]:
        until = instant(self._advice["until"])
        return (
            _("Limits are following"),
            self._fill(
                _("<b>{name}</b> has risen to <b>{tier}</b>. Its limits follow by <b>{until}</b>."), until=until
            ),
            self._fill(_("Rate limits usually need 6 to 24 hours to follow a new tier.")),
            self._fill(_("Limits follow by {until}"), until=until),
        )

    def _ask_provider(self) -> tuple[str, Marked, Marked, Marked]:
        chip = _("Ask the provider")
        short = self._fill(_("About {tier}"))
        if self._row["money"] is None:
            return (
                chip,
                self._fill(_("{provider} does not publish what <b>{tier}</b> needs. Ask them about <b>{name}</b>.")),
                self._fill(_("tierdash does not guess: enter the tier once the provider shows it.")),
                short,
            )
        return (
            chip,
            self._fill(_("For <b>{tier}</b>, <b>{name}</b> needs something besides money and days.")),
            self._fill(_("Say on the account's page when it is done: {needs}."), needs=self._needs()),
            short,
        )

    def _needs(self) -> str:
        return _(", ").join(slugs.word(slugs.REQUIREMENTS, slug) for slug in self._tier.requires)

    def _top(self) -> tuple[str, Marked, Marked, Marked]:
        return (
            _("Top tier"),
            self._fill(_("<b>{name}</b> is at <b>{tier}</b>, the highest there is. Nothing to do.")),
            self._fill(_("{have} counted so far."), have=dollars(Decimal(self._standing["counted_usd"]))),
            self._fill(_("Nothing to do")),
        )
