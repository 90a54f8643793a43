"""The local mailbox: mails as files in a folder, where no mail server is set. A person reads them at a page.

A file's name follows from the Message-ID, so that a mail handed over twice is kept once.
"""

import email
import email.policy
import hashlib
import os
import re
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from email.parser import BytesHeaderParser
from pathlib import Path

from django.conf import settings
from django.core import mail as django_mail
from django.core.mail.backends.base import BaseEmailBackend

from accounts.gateways import letter as mail

NAME = re.compile(r"[0-9a-f]{32}\Z")


@dataclass(frozen=True, slots=True)
class Kept:
    """One mail of the mailbox; `at` is when it came (UTC); `text` and `html` only when it was read."""

    name: str
    at: datetime
    sender: str
    recipient: str
    subject: str
    text: str = ""
    html: str = ""


@dataclass(frozen=True, slots=True)
class Mailbox:
    """A folder that only its owner can open; it is made when the first mail comes."""

    folder: Path

    @contextmanager
    def open(self) -> Iterator["Mailbox"]:
        yield self

    def send(self, letter: mail.Letter, fence: mail.Fence) -> mail.Outcome:
        """Keep a letter. What can fail (a full disk) is done before the fence; after it only the name is given."""
        try:
            draft = self._draft(letter.content)
        except OSError as error:
            return mail.Outcome(mail.UNREACHABLE, "disk", mail.one_line(str(error)))
        try:
            if not fence():
                return mail.Outcome(mail.WITHDRAWN)
            self._publish(draft, letter.message_id)
        except OSError as error:
            return mail.Outcome(mail.UNREACHABLE, "disk", mail.one_line(str(error)))
        finally:
            draft.unlink()
        return mail.Outcome(mail.ACCEPTED, "kept")

    def keep(self, message_id: str, content: bytes) -> None:
        """Keep a mail, once for each Message-ID. OSError when it cannot be written; then nothing is kept."""
        draft = self._draft(content)
        try:
            self._publish(draft, message_id)
        finally:
            draft.unlink()

    def newest(self, limit: int) -> list[Kept]:
        """Return the newest mails, latest first, without their texts."""
        parser = BytesHeaderParser(policy=email.policy.default)
        found = sorted(self._files(), reverse=True)[:limit]
        return [_kept(path.stem, at, parser.parsebytes(path.read_bytes())) for at, path in found]

    def read(self, name: str) -> Kept | None:
        """Return a mail with its texts; None when there is none of that name."""
        path = self.folder / f"{name}.eml"
        if not NAME.match(name) or not path.is_file():
            return None
        message = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
        return _kept(name, path.stat().st_mtime, message, has_texts=True)

    def prune(self, before: datetime) -> int:
        """Delete mails and left-over drafts that came before an instant; return how many mails."""
        gone = 0
        for pattern in ("*.eml", "*.draft"):
            for path in self.folder.glob(pattern):
                if path.stat().st_mtime < before.timestamp():
                    path.unlink(missing_ok=True)
                    gone += pattern == "*.eml"
        return gone

    def _files(self) -> Iterator[tuple[float, Path]]:
        for path in self.folder.glob("*.eml"):
            if NAME.match(path.stem):
                yield path.stat().st_mtime, path

    def _draft(self, content: bytes) -> Path:
        """Write a mail to the disk for good, under a name that nobody reads."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(suffix=".draft", dir=self.folder)
        draft = Path(name)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
        except OSError:
            draft.unlink()
            raise
        return draft

    def _publish(self, draft: Path, message_id: str) -> None:
        """Give a draft its name, in one instant; a mail that is there already stays as it is."""
        digest = hashlib.sha256(message_id.encode()).hexdigest()[:32]
        try:
            os.link(draft, self.folder / f"{digest}.eml")
        except FileExistsError:
            return
        folder = os.open(self.folder, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


class EmailBackend(BaseEmailBackend):
    """Django's own mails (password resets) go to the mailbox too."""

    def send_messages(self, email_messages: Sequence[django_mail.EmailMessage]) -> int:
        box = Mailbox(settings.MAILBOX_DIR)
        kept = 0
        for each in email_messages:
            message = each.message()
            try:
                box.keep(str(message["Message-ID"]), message.as_bytes(linesep="\r\n"))  # type: ignore[call-arg]
            except OSError:
                if not self.fail_silently:
                    raise
            else:
                kept += 1
        return kept


def _kept(name: str, at: float, message: EmailMessage, *, has_texts: bool = False) -> Kept:
    return Kept(
        name=name,
        at=datetime.fromtimestamp(at, tz=UTC),
        sender=str(message["From"] or ""),
        recipient=str(message["To"] or ""),
        subject=str(message["Subject"] or ""),
        text=_part(message, "plain") if has_texts else "",
        html=_part(message, "html") if has_texts else "",
    )


def _part(message: EmailMessage, kind: str) -> str:
    part = message.get_body(preferencelist=(kind,))
    return str(part.get_content()) if part is not None else ""
