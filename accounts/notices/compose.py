"""Write the mails: the recipient's language and time zone, text and HTML, everything from what the notice froze."""

import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from email.charset import QP, Charset
from email.utils import format_datetime, parseaddr
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import css_inline
from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation

from accounts import rules
from accounts.gateways.letter import Letter
from accounts.models import Delivery, Shelf, User
from accounts.notices import unsubscribe

MOST_LIMITS = 8
MOST_DAYS = 10
_inliner = css_inline.CSSInliner(keep_at_rules=True, load_remote_stylesheets=False)
# Quoted-printable: every mail server takes it, and a stored mail can be read with bare eyes.
_charset = Charset("utf-8")
_charset.body_encoding = QP


class Unmailable(ValueError):
    """An address or a header that no mail can carry."""


@dataclass(frozen=True, slots=True)
class LimitStep:
    """One limit that differs between the seen tier and the advised one."""

    name: str
    metric: str
    before: rules.Cell
    after: rules.Cell


def letter(delivery: Delivery, shelf: Shelf) -> Letter:
    """Write the mail of a delivery; its parts are the same however often it is written. Unmailable: see there."""
    notice = delivery.notice
    token = unsubscribe.token(notice.recipient, notice.kind)
    link = absolute(reverse("accounts:unsubscribe", args=[token]))
    facts = facts_of(delivery, shelf) | {"unsubscribe_url": link}
    headers = {
        "Message-ID": _message_id(delivery.pk),
        "Date": format_datetime(delivery.created_at),
        "List-Unsubscribe": f"<{link}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    }
    return _letter(notice.recipient, notice.kind, facts, headers)


def test_letter(user: User, *, now: datetime) -> Letter:
    """Write a mail that only shows that mail arrives."""
    facts = {"now": now}
    return _letter(user, "test", facts, {"Message-ID": _message_id(uuid.uuid4()), "Date": format_datetime(now)})


def _letter(user: User, kind: str, facts: dict[str, Any], headers: dict[str, str]) -> Letter:
    facts |= {"recipient": user, "language": language_of(user), "site_url": settings.SITE_URL}
    with in_words_of(user):
        subject = subject_of(kind, facts)
        text = render_to_string(f"notices/{kind}.txt", facts | {"subject": subject}).strip() + "\n"
        html = _inliner.inline(render_to_string(f"notices/{kind}.html", facts | {"subject": subject}))
    mail = EmailMultiAlternatives(
        subject,
        text,
        settings.DEFAULT_FROM_EMAIL,
        [user.email],
        headers=headers | {"Auto-Submitted": "auto-generated", "X-Auto-Response-Suppress": "All"},
    )
    mail.encoding = _charset
    mail.attach_alternative(html, "text/html")
    try:
        content = mail.message().as_bytes(linesep="\r\n")  # type: ignore[call-arg]
    except ValueError as error:  # Django's BadHeaderError, or an address that is none
        raise Unmailable(str(error)) from error
    return Letter(
        message_id=headers["Message-ID"],
        sender=_ascii(parseaddr(settings.DEFAULT_FROM_EMAIL)[1]),
        recipient=_ascii(user.email),
        content=content,
    )


def language_of(user: User) -> str:
    return user.language if user.language in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE


@contextmanager
def in_words_of(user: User) -> Iterator[None]:
    """A person's language and time zone, for what is written to them."""
    with translation.override(language_of(user)), timezone.override(ZoneInfo(user.time_zone)):
        yield


def subject_of(kind: str, facts: dict[str, Any]) -> str:
    """The one line that says what a notice is about."""
    return " ".join(render_to_string(f"notices/{kind}.subject", facts).split())


def facts_of(delivery: Delivery, shelf: Shelf) -> dict[str, Any]:
    """Return what the templates of a notice may speak of."""
    notice = delivery.notice
    book = shelf[notice.rulebook_id]
    standing: Mapping[str, Any] = notice.facts.get("standing", {})
    lower = book.tier(notice.facts.get("before") or standing.get("seen_tier") or notice.tier)
    tier = book.tier(notice.tier)
    confirmed = notice.account.confirmed
    on = notice.created_at.date()
    return {
        "notice": notice,
        "account_name": notice.facts.get("account") or notice.account.name,
        "organization_ref": notice.account.organization_ref,
        "account_url": absolute(reverse("accounts:account", args=[notice.account_id])),
        "evidence_url": absolute(reverse("accounts:evidence", args=[notice.account_id])),
        "book": book,
        "provider": book.provider,
        "standing": standing,
        "lower": lower,
        "tier": tier,
        "is_fall": tier.rank < lower.rank,
        "gates": next((row for row in standing.get("tiers", ()) if row["id"] == tier.id), None),
        "claim": "overdue",  # what the ticket of a mail says; it is raised by nothing less
        "models": rules.unlocked_by(book, lower.id, tier.id, on, confirmed),
        "limits": list(_limit_steps(book, lower, tier))[:MOST_LIMITS],
        "doubts": notice.facts.get("doubts", ()),
        **_credit(notice.facts.get("credit")),
    }


def _credit(said: Mapping[str, Any] | None) -> dict[str, Any]:
    """What a notice about credit says: the days with their amounts, and whose rule it is."""
    if said is None:
        return {}
    days = [(date.fromisoformat(day["on"]), Decimal(day["usd"])) for day in said["days"]]
    return {
        "left_usd": Decimal(said["left_usd"]),
        "days": days[:MOST_DAYS],
        "more_days": len(days) - MOST_DAYS,
        "first_on": days[0][0],
        "last_on": days[-1][0],
        "rule": said["rule"],
    }


def _limit_steps(book: rules.Rulebook, lower: rules.Tier, upper: rules.Tier) -> Iterator[LimitStep]:
    for limit in book.limits:
        for metric in limit.metrics:
            before, after = limit.cell(lower.id, metric), limit.cell(upper.id, metric)
            if after.value is not None and before != after:
                name = f"{limit.name} ({limit.variant})" if limit.variant not in ("", "standard") else limit.name
                yield LimitStep(name, metric, before, after)


def _message_id(of: uuid.UUID) -> str:
    host = urlsplit(settings.SITE_URL).hostname or "localhost"
    return f"<{of}@{f'[{host}]' if ':' in host else host}>"


def absolute(path: str) -> str:
    return f"{settings.SITE_URL}{path}"


def _ascii(address: str) -> str:
    """Return an address as the envelope takes it: the domain as IDNA, the rest ASCII already."""
    name, _at, domain = address.rpartition("@")
    try:
        plain = f"{name.encode('ascii').decode()}@{domain.encode('idna').decode()}"
    except UnicodeError as error:
        raise Unmailable(f"{address!r} is no address that mail can be sent to") from error
    if not name or any(character.isspace() or not character.isprintable() for character in plain):
        raise Unmailable(f"{address!r} is no address that mail can be sent to")
    return plain
