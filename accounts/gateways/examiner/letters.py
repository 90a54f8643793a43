"""A saved mail: its headers say who wrote, about what and when. It is kept byte for byte; nothing of it is shown."""

import email.policy
import re
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.parser import BytesHeaderParser

from accounts.gateways.examiner.findings import Found, Refused

# How a mail begins: the name of a header and a colon.
BEGINNING = re.compile(rb"[!-9;-~]{1,76}:[ \t]")
MOST_HEADERS = 256 * 1024
EARLIEST = datetime(1995, 1, 1, tzinfo=UTC)


def examine(content: bytes, *, now: datetime) -> Found:
    """Return who sent a mail, its subject and its instant (UTC). Refused when it is none, or of no plausible time."""
    head = re.split(rb"\r?\n\r?\n", content[:MOST_HEADERS], maxsplit=1)[0]
    if b"\0" in content or len(head) == MOST_HEADERS:
        raise Refused("mail")
    message = BytesHeaderParser(policy=email.policy.default).parsebytes(head + b"\r\n\r\n")
    sender, sent_at = str(message["From"] or ""), _instant(message)
    is_of_a_mail = any(message[name] for name in ("Subject", "To", "Message-ID", "Received"))
    if message.defects or "@" not in sender or sent_at is None or not is_of_a_mail:
        raise Refused("mail")
    if not EARLIEST <= sent_at <= now + timedelta(days=1):
        raise Refused("mail")
    facts = {"sender": sender, "subject": str(message["Subject"] or ""), "sent_at": sent_at.isoformat()}
    return Found("eml", facts=facts)


def _instant(message: EmailMessage) -> datetime | None:
    """The mail's date in UTC. One without a zone is taken as UTC, as mails have it."""
    said = message["Date"]
    instant: datetime | None = getattr(said, "datetime", None)
    if instant is None:
        return None
    return instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant.astimezone(UTC)
