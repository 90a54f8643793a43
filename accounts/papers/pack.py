"""The evidence pack: a ZIP of a printable statement, the same facts as JSON, a picture, ticket texts and all hashes.

The same case, wishes, language and time zone give the same bytes: a second pack of one instant is the first.
"""

import hashlib
import json
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC
from functools import cached_property
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Any

from django.conf import settings
from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.text import slugify

from accounts import rules
from accounts.gateways import files
from accounts.gateways.typesetting import typeset
from accounts.papers.case import Case
from accounts.papers.drawing import Picture
from accounts.papers.picture import picture
from accounts.papers.statement import STATES, claim_sentence, hidden_words, statement

SOURCE = "papers/statement.typ"
# The ending of a ticket's file for each language that a ticket is written in.
TICKETS = {"en": "ticket.en.txt", "zh-hans": "ticket.zh.txt"}
SUMS = "SHA256SUMS"
# How many bytes of a pack are kept in memory before it goes to the disk.
IN_MEMORY = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Wishes:
    """What a person wants the pack to be: about which tier, in which language, and what it keeps to itself."""

    tier: str
    language: str
    hidden: rules.Hidden = field(default_factory=rules.Hidden)


@dataclass(frozen=True, slots=True)
class Part:
    """One file of the pack."""

    name: str
    content: bytes

    @property
    def digest(self) -> str:
        return hashlib.sha256(self.content).hexdigest()


@dataclass(frozen=True, slots=True)
class Enclosure:
    """A receipt among the files of the pack; `said` is the name that its owner gave it.

    Its content is read when it is asked for. ReceiptMissing where there is none, or another one.
    """

    name: str
    digest: str
    said: str

    @property
    def content(self) -> bytes:
        try:
            content = files.read(self.digest)
        except files.Missing as error:
            raise ReceiptMissing(self.said) from error
        if hashlib.sha256(content).hexdigest() != self.digest:
            raise ReceiptMissing(self.said)
        return content


class ReceiptMissing(LookupError):
    """The file of a receipt is not there; `name` is what its owner called it."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


@dataclass(frozen=True, slots=True)
class Pack:
    """The whole pack in an open file. `name` is ASCII; `own_name` has the account's name in its own script."""

    name: str
    own_name: str
    file: IO[bytes]
    parts: tuple[Part | Enclosure, ...]

    @property
    def content(self) -> bytes:
        self.file.seek(0)
        return self.file.read()

    @property
    def digest(self) -> str:
        self.file.seek(0)
        return hashlib.file_digest(self.file, "sha256").hexdigest()  # type: ignore[arg-type]


class Evidence:
    """The evidence of a case as somebody wants it. Nothing is drawn, written or set before it is asked for."""

    def __init__(self, case: Case, wishes: Wishes) -> None:
        self.case = case
        self.wishes = wishes
        self.claim = rules.claim_of(case.standing, wishes.tier)
        self.book = case.standing.rulebook

    @cached_property
    def document(self) -> dict[str, Any]:
        return rules.evidence(self.case.standing, self.claim, self.case.facts, self.wishes.hidden)

    @cached_property
    def picture(self) -> Picture:
        with translation.override(self.wishes.language), timezone.override(UTC):
            return picture(self.case.timeline, self.book, self.claim, self.wishes.hidden)

    @cached_property
    def sentence(self) -> str:
        """What the evidence says, in the reader's language."""
        return claim_sentence(self.document, self.book)

    @property
    def state(self) -> str:
        return STATES[self.claim.code]

    @property
    def hides(self) -> str:
        """What is left out, in the reader's language; "" when nothing is."""
        return hidden_words(self.document["hidden"])

    @cached_property
    def tickets(self) -> dict[str, str]:
        """The text for the support ticket, by language."""
        return {language: self._ticket(language) for language in TICKETS}

    @property
    def pack_name(self) -> str:
        """The file's name in ASCII: with names hidden it does not tell the account either."""
        return self._name(allow_unicode=False)

    @cached_property
    def enclosures(self) -> list[Enclosure]:
        """The receipts that go into the pack; none where anything is hidden, for nobody can blacken them."""
        lines = self.document["ledger"]
        told = [receipt for line in lines for receipt in line["receipts"] or ()]
        return [Enclosure(receipt["file"], receipt["sha256"], receipt["name"]) for receipt in told]

    @property
    def receipt_count(self) -> int:
        """How many receipts are kept, whether they go into the pack or not."""
        return sum(len(paper.receipts) for paper in self.case.facts.papers.values())

    @property
    def receipt_bytes(self) -> int:
        return sum(proof.size for paper in self.case.facts.papers.values() for proof in paper.receipts)

    def pack(self) -> Pack:
        """Make the pack.

        CannotTypeset when the statement could not be printed; ReceiptMissing or files.Unreachable when a receipt could
        not be read.
        """
        parts: list[Part | Enclosure] = [
            Part("evidence.json", f"{json.dumps(self.document, ensure_ascii=False, indent=2)}\n".encode()),
            *(Part(TICKETS[language], text.encode()) for language, text in self.tickets.items()),
            Part("timeline.svg", self.picture.svg().encode()),
        ]
        parts += self.enclosures
        parts.append(Part("evidence.pdf", self._pdf(parts)))
        parts.sort(key=lambda part: part.name)
        sums = "".join(f"{part.digest}  {part.name}\n" for part in parts)
        parts.append(Part(SUMS, sums.encode()))
        return Pack(self.pack_name, self._name(allow_unicode=True), self._zip(parts), tuple(parts))

    def _ticket(self, language: str) -> str:
        gate = next(row for row in self.document["gates"] if row["in_question"])
        money, wait = gate["money"], gate["wait"]
        context = {
            "claim": self.claim.code,
            "provider": self.book.provider,
            "book": self.book,
            "organization_ref": self.document["account"]["organization_ref"],
            "standing": {
                "counted_usd": self.document["counted_usd"],
                "clock_started_at": self.document["claim"]["clock_started_at"],
            },
            "gates": {
                "money": {"need": money["need_usd"]} if money else None,
                "wait": wait,
                "funded_at": money["met_at"] if money else None,
                "matured_at": wait["met_at"] if wait else None,
            },
            "tier": self.claim.row.tier,
            "lower": self.case.standing.seen_tier,
        }
        with translation.override(language):
            return render_to_string("papers/ticket.txt", context).strip() + "\n"

    def _pdf(self, others: Sequence[Part | Enclosure]) -> bytes:
        """The statement. It cannot hold its own hash, only those of the other parts."""
        hashes = {part.name: part.digest for part in others}
        with translation.override(self.wishes.language):
            said = statement(self.document, self.book, self.picture, hashes, timezone.get_current_timezone())
        values = {"said": json.dumps(said, ensure_ascii=False), "shapes": self.picture.svg(has_words=False)}
        source = (Path(settings.BASE_DIR) / "templates" / SOURCE).read_text(encoding="utf-8")
        return typeset(source, values, made_at=self.case.standing.at)

    def _zip(self, parts: Sequence[Part | Enclosure]) -> IO[bytes]:
        at = self.case.standing.at.astimezone(UTC)
        file = self._file()
        try:
            with zipfile.ZipFile(file, "w") as pack:
                for part in parts:
                    entry = zipfile.ZipInfo(part.name, at.timetuple()[:6])
                    entry.create_system, entry.external_attr = 3, 0o644 << 16  # the same on every machine
                    # Receipts are compressed already, each in its own way.
                    is_made_here = isinstance(part, Part)
                    entry.compress_type = zipfile.ZIP_DEFLATED if is_made_here else zipfile.ZIP_STORED
                    pack.writestr(entry, part.content)
        except Exception:
            file.close()
            raise
        return file

    def _file(self) -> IO[bytes]:
        """Where the pack is written: in memory, or on the disk where its receipts are large. Its sender closes it."""
        return TemporaryFile() if self.enclosures and self.receipt_bytes > IN_MEMORY else BytesIO()

    def _name(self, *, allow_unicode: bool) -> str:
        account = "" if self.wishes.hidden.names else slugify(self.case.account.name, allow_unicode=allow_unicode)
        day = f"{self.case.standing.at.astimezone(UTC):%Y-%m-%d}"
        whose = account[:60].strip("-_") or self.book.provider.id
        return f"evidence-{whose}-{self.wishes.tier}-{day}.zip"
