"""The words for what became of a mail, or of a message through a channel. Load it with {% load post %}."""

from collections.abc import Mapping

from django import template
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from accounts import rules
from accounts.gateways import letter as mail
from accounts.models import Delivery, Shelf
from accounts.models.channel import MAIL
from accounts.templatetags import channels
from accounts.templatetags.marked import fill
from accounts.templatetags.moments import instant

register = template.Library()

MOST_SAID = 80

# status: (state on screen, word)
STATUSES: dict[str, tuple[str, str | Promise]] = {
    "pending": ("soon", pgettext_lazy("a mail", "Waiting")),
    "sending": ("soon", pgettext_lazy("a mail", "Being sent")),
    "sent": ("fine", pgettext_lazy("a mail", "Sent")),
    "uncertain": ("now", pgettext_lazy("a mail", "Perhaps sent")),
    "failed": ("wrong", pgettext_lazy("a mail", "Failed")),
    "cancelled": ("unknown", pgettext_lazy("a mail", "Not sent")),
}
WITHDRAWN: dict[str, str | Promise] = {
    "muted": gettext_lazy("The recipient has turned mails of this kind off."),
    "over": gettext_lazy("It was no longer true when its turn came."),
    "archived": gettext_lazy("The account was archived before its turn came."),
    "left": gettext_lazy("The recipient no longer belongs to this workspace."),
    "inactive": gettext_lazy("The recipient's sign-in is closed."),
    "paused": gettext_lazy("The channel was paused."),
    "removed": gettext_lazy("The channel is no longer there."),
    "unwanted": gettext_lazy("The channel does not want notices of this kind."),
}
CODES: dict[str, str | Promise] = {
    "unreachable": gettext_lazy("The mail server cannot be reached."),
    "auth": gettext_lazy("The mail server refused the user name or password of EMAIL_URL."),
    "tls": gettext_lazy(
        "No secure connection to the mail server: its certificate is not trusted, or it offers no TLS."
    ),
    "settings": gettext_lazy("The mail settings cannot be used."),
    "disk": gettext_lazy("The mail cannot be written to the disk of this machine."),
    "lost": gettext_lazy("The connection broke before the mail was handed over."),
    "no_answer": gettext_lazy("The mail was handed over, but no answer came: it may or may not have been taken."),
    "address": gettext_lazy("The address cannot be used."),
    "compose": gettext_lazy("The mail could not be written."),
    "kept": gettext_lazy("It lies in the local mailbox; no mail leaves this machine."),
}
REFUSALS: dict[str, str | Promise] = {
    "waiting": gettext_lazy("It is on its way already."),
    "too_soon": gettext_lazy("That was asked a moment ago; please wait a little."),
    "too_many": gettext_lazy("It was sent again too often."),
    "muted": gettext_lazy("The recipient has turned mails of this kind off."),
    "inactive": gettext_lazy("The recipient's sign-in is closed."),
    "paused": gettext_lazy("The channel is paused. Resume it first."),
    "removed": gettext_lazy("The channel is no longer there."),
    "unwanted": gettext_lazy("The channel does not want notices of this kind."),
}


@register.filter
def delivery_state(delivery: Delivery) -> str:
    return STATUSES[delivery.status][0]


@register.filter
def delivery_word(delivery: Delivery) -> str:
    return str(STATUSES[delivery.status][1])


@register.filter
def delivery_story(delivery: Delivery) -> str:
    """Say when it left, or what it waits for, or why it did not leave; and what a channel's receiver answered."""
    if delivery.status == "sent" and delivery.sent_at:
        said = (
            ""
            if delivery.channel == MAIL
            else f" · {delivery.last_code} {delivery.last_error}"[:MOST_SAID].rstrip(" ·")
        )
        return fill("{at}{said}", at=instant(delivery.sent_at), said=said)
    if delivery.status == "cancelled":
        return str(WITHDRAWN.get(delivery.last_error, ""))
    if delivery.status == "pending" and not delivery.last_code:
        return fill(_("leaves {at}"), at=instant(delivery.next_at))
    if delivery.channel != MAIL:
        reason = channels.answer(delivery.last_code, delivery.last_error, is_taken=False)
    else:
        reason = what_happened(delivery.last_code, "" if delivery.last_code == "no_answer" else delivery.last_error)
    if delivery.status == "pending":
        return fill(_("{reason} Next try {at}."), reason=reason, at=instant(delivery.next_at))
    return reason


@register.simple_tag
def status_choices() -> list[tuple[str, str]]:
    return [(status, str(word)) for status, (_state, word) in STATUSES.items()]


@register.filter
def count_of(counts: Mapping[str, int], status: str) -> int:
    return counts.get(status, 0)


@register.filter
def edition(shelf: Shelf, rulebook_id: str) -> rules.Rulebook:
    return shelf[rulebook_id]


def what_happened(code: str, words: str) -> str:
    """Say what a code means; what the server said stands behind it."""
    meaning = (
        str(CODES[code]) if code in CODES else _("The mail server answered {code}.").format(code=code) if code else ""
    )
    return f"{meaning} {words}".strip() if code not in ("kept", "no_answer") else meaning


def outcome(held: mail.Outcome) -> str:
    """Say what became of a test mail."""
    if held.kind == mail.ACCEPTED:
        return what_happened(held.code, held.words) or _("The mail server took it.")
    return what_happened(held.code, held.words)


def refusal(reason: str) -> str:
    return str(REFUSALS[reason])
