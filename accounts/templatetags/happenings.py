"""The history in words: one sentence for each kind of event."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import date
from decimal import Decimal
from typing import Any

from django import template
from django.utils.translation import gettext as _

from accounts import rules
from accounts.models import Event
from accounts.templatetags import figures, findings, imports, moments, plans, sayings, slugs
from accounts.templatetags.marked import fill

register = template.Library()

Facts = Mapping[str, Any]
FIELDS: dict[str, Callable[[str], str]] = {
    "kind": lambda value: slugs.word(slugs.KINDS, value),
    "status": lambda value: slugs.word(slugs.STATUSES, value),
    "paid_at": moments.instant,
    "expires_on": lambda value: moments.day(date.fromisoformat(value)),
}


def _tier(book: rules.Rulebook, tier_id: str) -> str:
    return sayings.tier_name(book.tier(tier_id)) if book.has_tier(tier_id) else tier_id


def _payment(facts: Facts) -> dict[str, Any]:
    return {
        "kind": slugs.word(slugs.KINDS, facts["kind"]),
        "amount": figures.money(Decimal(facts["gross"]), facts["currency"]),
        "when": moments.day(facts["paid_at"]),
    }


def _corrected(facts: Facts, book: rules.Rulebook) -> Any:
    before, after = facts["before"], facts["after"]
    changes = [
        f"{_value(name, before.get(name))} → {_value(name, after[name])}"
        for name in after
        if before.get(name) != after[name] and name != "is_day_only"
    ]
    return fill(
        _("Corrected the payment of {when}: {changes}"),
        when=moments.day(before["paid_at"]),
        changes=_(", ").join(changes),
    )


def _value(name: str, value: Any) -> str:
    """What stood or stands in a field of a payment."""
    return FIELDS[name](value) if value and name in FIELDS else value or "–"


def _advice_changed(facts: Facts, book: rules.Rulebook) -> Any:
    after = facts["after"]
    word = slugs.word(slugs.ADVICES, after["code"])
    return fill(_("Advice: {advice} ({tier})"), advice=word, tier=_tier(book, after["tier"]))


def _seen(facts: Facts, book: rules.Rulebook) -> Any:
    patterns = {
        "rose": _("The provider shows <b>{after}</b>; it was {before}"),
        "fell": _("The provider shows <b>{after}</b>: it fell from {before}"),
    }
    pattern = patterns.get(facts["change"], _("The provider shows {after}"))
    return fill(pattern, before=_tier(book, facts["before"]), after=_tier(book, facts["after"]))


def _withdrawn(facts: Facts, book: rules.Rulebook) -> Any:
    """A sighting that was a slip."""
    words = _("Taken back: the provider shows {after}, not {before}")
    return fill(words, before=_tier(book, facts["before"]), after=_tier(book, facts["after"]))


def _edition(facts: Facts, book: rules.Rulebook) -> Any:
    before, after = (
        side["edition"] if isinstance(side, Mapping) else side for side in (facts["before"], facts["after"])
    )
    if before == after:
        return fill(_("Rules: {after}"), after=after)
    return fill(_("Rules changed from {before} to {after}"), before=before, after=after)


def _adopted(facts: Facts, book: rules.Rulebook) -> Any:
    return fill(
        _("Adopted a plan to <b>{tier}</b>: {kind}, {total}, live by {when}"),
        tier=_tier(book, facts["tier"]),
        kind=slugs.word(plans.KINDS, facts["plan"]),
        total=figures.money(Decimal(facts["total_usd"])),
        when=moments.instant(facts["live_at"]),
    )


def _ticked(facts: Facts, book: rules.Rulebook) -> Any:
    pattern = _("Done: {step}, ticket {ticket}") if facts["ticket"] else _("Done: {step}")
    return fill(pattern, step=slugs.word(slugs.STEPS, facts["step"]), ticket=facts["ticket"])


def _resolved(facts: Facts, book: rules.Rulebook) -> Any:
    patterns = {
        "tier_seen": _("The path to {tier} has ended: the tier came"),
        "by_person": _("The path to {tier} was settled another way"),
    }
    pattern = patterns.get(facts["how"], _("The path to {tier} is not pursued any more"))
    return fill(pattern, tier=_tier(book, facts["tier"]))


def _evidence(facts: Facts, book: rules.Rulebook) -> Any:
    pattern = _("Made the evidence for {tier}; the file's SHA-256 begins with {digest}")
    return fill(pattern, tier=_tier(book, facts["tier"]), digest=facts["sha256"][:12])


def _imported(facts: Facts, book: rules.Rulebook) -> Any:
    return fill(
        _("Imported <b>{payments}</b> from {first} to {last} ({file})"),
        payments=imports.in_payments(facts["added"]),
        first=moments.day(facts["first"]),
        last=moments.day(facts["last"]),
        file=facts["file"] or _("pasted table"),
    )


def _import_undone(facts: Facts, book: rules.Rulebook) -> Any:
    """The payments of a whole import became void."""
    words = _("Undid an import: {payments} void ({file})")
    return fill(words, payments=imports.in_payments(facts["voided"]), file=facts["file"] or _("pasted table"))


SENTENCES: dict[str, Callable[[Facts, rules.Rulebook], Any]] = {
    "account_opened": lambda facts, book: fill(
        _("Opened at {tier}, by the rules of {edition}"), tier=_tier(book, facts["tier"]), edition=facts["edition"]
    ),
    "account_edited": lambda facts, book: fill(_("Edited the account")),
    "account_archived": lambda facts, book: fill(_("Put into the archive")),
    "account_restored": lambda facts, book: fill(_("Taken back from the archive")),
    "payment_recorded": lambda facts, book: fill(_("Recorded: {kind}, {amount}, {when}"), **_payment(facts["after"])),
    "payment_corrected": _corrected,
    "payment_voided": lambda facts, book: fill(_("Voided: {kind}, {amount}, {when}"), **_payment(facts["after"])),
    "payment_restored": lambda facts, book: fill(_("Restored: {kind}, {amount}, {when}"), **_payment(facts["after"])),
    "receipt_attached": lambda facts, book: fill(
        _("Attached {name} to: {kind}, {amount}, {when}"), name=facts["name"], **_payment(facts["of"])
    ),
    "receipt_removed": lambda facts, book: fill(
        _("Removed {name} from: {kind}, {amount}, {when}"), name=facts["name"], **_payment(facts["of"])
    ),
    "receipt_restored": lambda facts, book: fill(
        _("Took back {name} of: {kind}, {amount}, {when}"), name=facts["name"], **_payment(facts["of"])
    ),
    "payments_imported": _imported,
    "import_undone": _import_undone,
    "advice_changed": _advice_changed,
    "tier_seen": _seen,
    "sighting_withdrawn": _withdrawn,
    "fall_noted": lambda facts, book: fill(_("Took note of the fall")),
    "edition_changed": _edition,
    "requirement_met": lambda facts, book: fill(
        _("Said to be so: {need}"), need=slugs.word(slugs.REQUIREMENTS, facts["requirement"])
    ),
    "requirement_withdrawn": lambda facts, book: fill(
        _("Said not to be so after all: {need}"), need=slugs.word(slugs.REQUIREMENTS, facts["requirement"])
    ),
    "notice_resent": lambda facts, book: fill(
        _("Asked to send a mail again: {notice}"), notice=slugs.word(slugs.NOTICE_KINDS, facts["notice_kind"])
    ),
    "plan_adopted": _adopted,
    "plan_dropped": lambda facts, book: fill(_("Gave up the plan to {tier}"), tier=_tier(book, facts["tier"])),
    "plan_reached": lambda facts, book: fill(_("The plan has led to <b>{tier}</b>"), tier=_tier(book, facts["tier"])),
    "plan_left": lambda facts, book: fill(
        _("Reality has left the plan to {tier}: {why}"),
        tier=_tier(book, facts["tier"]),
        why=slugs.word(plans.DEPARTURES, facts["why"]),
    ),
    "plan_resumed": lambda facts, book: fill(_("The plan to {tier} holds again"), tier=_tier(book, facts["tier"])),
    "step_ticked": _ticked,
    "step_unticked": lambda facts, book: fill(
        _("Not done after all: {step}"), step=slugs.word(slugs.STEPS, facts["step"])
    ),
    "ticket_noted": lambda facts, book: fill(_("Ticket of the support: {ticket}"), ticket=facts["ticket"] or "–"),
    "escalation_snoozed": lambda facts, book: fill(
        _("Snoozed until {until} ({tier})"), until=moments.instant(facts["until"]), tier=_tier(book, facts["tier"])
    ),
    "escalation_woken": lambda facts, book: fill(_("Ended the snooze ({tier})"), tier=_tier(book, facts["tier"])),
    "escalation_resolved": _resolved,
    "escalation_reopened": lambda facts, book: fill(_("Taken up again ({tier})"), tier=_tier(book, facts["tier"])),
    "error_diagnosed": findings.sentence_of,
    "evidence_made": _evidence,
    "cap_reached": lambda facts, book: fill(_("This month's cap was said to be used up")),
    "cap_not_reached": lambda facts, book: fill(_("This month's cap was said not to be used up")),
}


@register.filter
def happened(event: Event, book: rules.Rulebook) -> Any:
    """What an event says, as a sentence; one without words, or whose facts came from elsewhere, by its kind's name."""
    say = SENTENCES.get(event.kind)
    if say is not None:
        with suppress(ArithmeticError, AttributeError, LookupError, TypeError, ValueError):
            return say(event.facts, book)
    return event.kind.replace("_", " ")
