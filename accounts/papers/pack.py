"""The evidence pack: a ZIP of a printable statement, the same facts as JSON, a picture, ticket texts and all hashes.

The same case, wishes, language and time zone give the same bytes: a second pack of one instant is the first.
"""

import hashlib
import io
import json
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC
from functools import cached_property
from pathlib import Path
from typing import Any

from django.conf import settings
from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.text import slugify

from accounts import rules
from accounts.gateways.typesetting import typeset
from accounts.papers.case import Case
from accounts.papers.drawing import Picture
from accounts.papers.picture import picture
from accounts.papers.statement import STATES, claim_sentence, hidden_words, statement

SOURCE = "papers/statement.typ"
# The ending of a ticket's file for each language that a ticket is written in.
TICKETS = {"en": "ticket.en.txt", "zh-hans": "ticket.zh.txt"}
SUMS = "SHA256SUMS"


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
class Pack:
    """The whole pack. `name` is ASCII; `own_name` has the account's name in its own script."""

    name: str
    own_name: str
    content: bytes
    parts: tuple[Part, ...]

    @property
    def digest(self) -> str:
        return hashlib.sha256(self.content).hexdigest()


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

    def pack(self) -> Pack:
        """Make the pack. CannotTypeset when the statement could not be printed."""
        parts = [
            Part("evidence.json", f"{json.dumps(self.document, ensure_ascii=False, indent=2)}\n".encode()),
            *(Part(TICKETS[language], text.encode()) for language, text in self.tickets.items()),
            Part("timeline.svg", self.picture.svg().encode()),
        ]
        # Receipts will be parts, too, once they are kept as files; with anything hidden they stay out, for nobody
        # can blacken them.
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

    def _pdf(self, others: Sequence[Part]) -> bytes:
        """The statement. It cannot hold its own hash, only those of the other parts."""
        hashes = {part.name: part.digest for part in others}
        with translation.override(self.wishes.language):
            said = statement(self.document, self.book, self.picture, hashes, timezone.get_current_timezone())
        values = {"said": json.dumps(said, ensure_ascii=False), "shapes": self.picture.svg(has_words=False)}
        source = (Path(settings.BASE_DIR) / "templates" / SOURCE).read_text(encoding="utf-8")
        return typeset(source, values, made_at=self.case.standing.at)

    def _zip(self, parts: Sequence[Part]) -> bytes:
        at = self.case.standing.at.astimezone(UTC)
        file = io.BytesIO()
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as pack:
            for part in parts:
                entry = zipfile.ZipInfo(part.name, at.timetuple()[:6])
                entry.create_system, entry.external_attr = 3, 0o644 << 16  # the same on every machine
                entry.compress_type = zipfile.ZIP_DEFLATED
                pack.writestr(entry, part.content)
        return file.getvalue()

    def _name(self, *, allow_unicode: bool) -> str:
        account = "" if self.wishes.hidden.names else slugify(self.case.account.name, allow_unicode=allow_unicode)
        day = f"{self.case.standing.at.astimezone(UTC):%Y-%m-%d}"
        whose = account[:60].strip("-_") or self.book.provider.id
        return f"evidence-{whose}-{self.wishes.tier}-{day}.zip"
