"""Receipts in words: what became of a file, how large it is, what a mail says of itself. {% load receipts %}."""

from collections.abc import Iterable

from django import template
from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts import rules
from accounts.actions import Outcome
from accounts.gateways.examiner.findings import MOST_PAGES, MOST_PIXELS
from accounts.models import Receipt
from accounts.templatetags import moments
from accounts.templatetags.slugs import Words

register = template.Library()

# Each completes "invoice.pdf: ".
OUTCOMES: Words = {
    "taken": gettext_lazy("Attached."),
    "there": gettext_lazy("This payment has it already."),
    "empty": gettext_lazy("Not attached: the file is empty."),
    "large": gettext_lazy("Not attached: larger than {most} MB."),
    "kind": gettext_lazy("Not attached: this is no PDF, PNG, JPEG or saved mail (.eml), whatever its name says."),
    "damaged": gettext_lazy("Not attached: the file is damaged or cut off."),
    "encrypted": gettext_lazy("Not attached: it opens with a password only. Save it without one first."),
    "pages": gettext_lazy("Not attached: more than {pages} pages."),
    "script": gettext_lazy("Not attached: there is a script inside. Print it into a new PDF first."),
    "program": gettext_lazy("Not attached: it could start a program or send something. Print it into a new PDF first."),
    "attachment": gettext_lazy("Not attached: another file is hidden inside. Print it into a new PDF first."),
    "two_in_one": gettext_lazy("Not attached: it is a PDF and something else at once. Print it into a new PDF first."),
    "pixels": gettext_lazy("Not attached: the picture has more than {megapixels} million pixels. Make it smaller."),
    "mail": gettext_lazy("Not attached: this is no mail with a sender and a date."),
    "not_bare": gettext_lazy("Not attached: the picture was not written by tierdash."),
    "heavy": gettext_lazy("Not attached: reading it takes too much time or memory."),
    "busy": gettext_lazy("Not attached: there was no time for it just now. Send it once more."),
    "many": gettext_lazy("Not attached: this payment has {count} receipts already."),
    "full": gettext_lazy("Not attached: the receipts of a workspace may take {room} MB together. Remove some first."),
    "storage": gettext_lazy("Not attached: files cannot be stored at the moment. Try again later."),
}


def outcome_words(code: str) -> str:
    """What became of a file, as a sentence of its own."""
    figures = {
        "most": settings.RECEIPT_MOST_MB,
        "room": settings.RECEIPTS_MOST_MB,
        "count": rules.receipts.MOST_PER_PAYMENT,
        "pages": MOST_PAGES,
        "megapixels": MOST_PIXELS // 10**6,
    }
    return str(OUTCOMES[code]).format(**figures)


def outcome_sentences(outcomes: Iterable[Outcome]) -> list[tuple[str, str]]:
    """A code and a sentence for each thing that became of files; files of which the same is to be said share one."""
    names: dict[str, list[str]] = {}
    for outcome in outcomes:
        names.setdefault(outcome.code, []).append(outcome.name)
    pattern = _("{names}: {outcome}")
    return [
        (code, pattern.format(names=_(", ").join(of_these), outcome=outcome_words(code)))
        for code, of_these in names.items()
    ]


@register.filter
def receipt_kind(receipt: Receipt) -> str:
    """The kind of a file in letters that stand on a small icon."""
    return "JPG" if receipt.kind == rules.receipts.JPEG else receipt.kind.upper()


@register.filter
def receipt_mail(receipt: Receipt) -> str:
    """Who sent a mail, its subject and its day, as plain text; "" for other files."""
    said = [receipt.facts.get("sender", ""), receipt.facts.get("subject", "")]
    if receipt.sent_at is not None:
        said.append(moments.day(receipt.sent_at))
    return " · ".join(filter(None, said))


@register.filter
def wants_receipt(entry: rules.Entry) -> bool:
    """Whether support would want a receipt of a line: where it counts. Nobody asks for that of a refund."""
    return entry.reason == "counts"


@register.simple_tag
def with_receipt(proved: tuple[int, int]) -> str:
    """How many of the payments that count have a receipt, such as "3 of 12 payments have a receipt"; "" without any."""
    count, wanted = proved
    if not wanted:
        return ""
    words = ngettext(
        "{proved} of {count} payment that counts has a receipt",
        "{proved} of {count} payments that count have a receipt",
        wanted,
    )
    return words.format(proved=f"{count:,}", count=f"{wanted:,}")
