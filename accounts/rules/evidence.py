"""The evidence: what a provider's support needs to see whether a tier is due, as one document that JSON can hold.

Instants are ISO 8601 in UTC, amounts are text, everything else is a code, a number or a name: no words in a language.
What is hidden is null, never missing, so that a document always has the same shape.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from accounts.rules.advice import Situation
from accounts.rules.instants import as_text
from accounts.rules.ledger import Entry
from accounts.rules.reading import Text
from accounts.rules.receipts import part_name
from accounts.rules.rulebook import Cap, Rulebook, Span
from accounts.rules.standing import Standing, TierStanding
from accounts.rules.timeline import Told

SCHEMA = "tierdash.evidence/1"
LANGUAGES = ("en", "zh-hans")
# What the document says of the tier in question. overdue: every condition is met and the time to look again is over;
# due: met, but not for that long; lacking: a condition is not met; shown: the provider shows it already, or more;
# opaque: nobody publishes its conditions.
CLAIMS = ("overdue", "due", "lacking", "shown", "opaque")


@dataclass(frozen=True, slots=True)
class Hidden:
    """What a document keeps to itself: amounts of money, and names (also references and notes)."""

    amounts: bool = False
    names: bool = False


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose account it is: its name, the provider's reference for it, and who makes the document."""

    account: str
    organization_ref: str = ""
    person: str = ""


@dataclass(frozen=True, slots=True)
class Proof:
    """A receipt: the name that its owner gave it, one of receipts.KINDS, its SHA-256 and its size in bytes."""

    name: str
    kind: str
    sha256: str
    size: int


@dataclass(frozen=True, slots=True)
class Paper:
    """What is known of a ledger line beside the line. `is_day_only`: its instant is the last second of its day."""

    is_day_only: bool = False
    note: str = ""
    receipts: Sequence[Proof] = ()


@dataclass(frozen=True, slots=True)
class Sighting:
    """The provider showed a tier of an edition; `source` says how that was seen."""

    tier: str
    at: datetime
    source: str
    rulebook: str


@dataclass(frozen=True, slots=True)
class Claim:
    """What can be said of a tier: one of CLAIMS, and the instants behind it.

    `trigger_at` is when the provider was made to look again, `recheck_until` when its time for that is over.
    """

    code: str
    row: TierStanding
    trigger_at: datetime | None
    recheck_until: datetime | None


@dataclass(frozen=True, slots=True)
class Facts:
    """What the document takes besides the standing. `papers` by line id; `confirmed`: see Circumstances."""

    holder: Owner
    papers: Mapping[str, Paper] = field(default_factory=dict)
    confirmed: Mapping[str, datetime] = field(default_factory=dict)
    sightings: Sequence[Sighting] = ()
    told: Sequence[Told] = ()


def claim_of(standing: Standing, tier_id: str) -> Claim:
    """Return what can be said of a tier of the standing's rulebook. KeyError when it has no such tier."""
    rows = {row.tier.id: row for row in standing.tiers}
    row = rows[tier_id]
    gates = tuple(other.gate for other in standing.tiers)
    situation = Situation(standing.rulebook, standing.tally, standing.seen_tier, None, gates)
    trigger = situation.trigger_at(row.gate) if row.is_met else None
    until = trigger + timedelta(hours=standing.rulebook.recheck_hours) if trigger else None
    if row.tier.rank <= standing.seen_tier.rank:
        code = "shown"
    elif row.tier.is_opaque:
        code = "opaque"
    elif not row.is_met:
        code = "lacking"
    else:
        code = "overdue" if until is not None and until <= standing.at else "due"
    return Claim(code, row, trigger, until)


def evidence(standing: Standing, claim: Claim, facts: Facts, hidden: Hidden) -> dict[str, Any]:
    """Return the document about one tier.

    With amounts hidden no amount can be worked out from it: of the tier in question it says whether and since when the
    money sufficed, of other tiers only the days. With names hidden nothing that a person typed is in it.
    """
    tier, book = claim.row.tier, standing.rulebook
    names = None if hidden.names else facts.holder
    return {
        "schema": SCHEMA,
        "made_at": as_text(standing.at),
        "hidden": {"amounts": hidden.amounts, "names": hidden.names},
        "account": {
            "name": names.account if names else None,
            "organization_ref": names.organization_ref if names else None,
            "made_by": names.person if names else None,
        },
        "provider": {"id": book.provider.id, "name": book.provider.name, "scope": book.provider.scope},
        "claim": {
            "code": claim.code,
            "tier": tier.id,
            "tier_name": tier.name,
            "seen_tier": standing.seen_tier.id,
            "seen_tier_name": standing.seen_tier.name,
            "clock_started_at": as_text(standing.clock_started_at),
            "ready_at": as_text(claim.row.gate.ready_at),
            "trigger_at": as_text(claim.trigger_at),
            "recheck_hours": book.recheck_hours,
            "recheck_until": as_text(claim.recheck_until),
        },
        "counted_usd": None if hidden.amounts else str(standing.counted_usd),
        "eligible_tier": None if hidden.amounts or not standing.eligible_tier else standing.eligible_tier.id,
        "advice": None if hidden.amounts else standing.advice.as_json(),
        "hints": None if hidden.amounts else list(standing.hints),
        "gates": [_gate(row, standing, claim, facts, hidden) for row in standing.tiers],
        "ledger": _ledger(standing.tally.entries, facts, hidden),
        "sightings": [
            {"at": as_text(seen.at), "tier": seen.tier, "rulebook": seen.rulebook, "source": seen.source}
            for seen in facts.sightings
        ],
        "notices": [
            {"at": as_text(told.at), "kind": told.kind, "tier": told.tier} for told in dict.fromkeys(facts.told)
        ],
        "rule": _rule(book, claim) | {"newer_edition": "newer_edition" in standing.hints},
    }


def _gate(row: TierStanding, standing: Standing, claim: Claim, facts: Facts, hidden: Hidden) -> dict[str, Any]:
    """Both gates of one tier. Whether the money sufficed for other tiers would tell between what amounts it lies."""
    gate, tier = row.gate, row.tier
    is_asked = row is claim.row
    is_told = is_asked or not hidden.amounts
    money = wait = None
    if not tier.is_opaque:
        money = {
            "need_usd": str(tier.money_usd),
            "have_usd": None if hidden.amounts else str(row.have_usd),
            "short_usd": None if hidden.amounts else str(row.short_usd),
            "percent": None if hidden.amounts else row.money_percent,
            "met": row.short_usd == 0 if is_told else None,
            "met_at": as_text(gate.funded_at) if is_told else None,
        }
        wait = {
            "need_days": tier.wait_days,
            "elapsed_days": row.elapsed_days,
            "percent": row.wait_percent,
            "starts_at": as_text(standing.clock_started_at),
            "met": not tier.wait_days or (gate.matured_at is not None and gate.matured_at <= standing.at),
            "met_at": as_text(gate.matured_at),
        }
    return {
        "tier": tier.id,
        "name": tier.name,
        "rank": tier.rank,
        "in_question": is_asked,
        "met": row.is_met if is_told else None,
        "ready_at": as_text(gate.ready_at) if is_told else None,
        "money": money,
        "wait": wait,
        "requires": [
            {"id": requirement, "said_at": as_text(facts.confirmed.get(requirement))} for requirement in tier.requires
        ],
    }


def _ledger(entries: Sequence[Entry], facts: Facts, hidden: Hidden) -> list[dict[str, Any]]:
    """Every line until now in order, numbered from 1, with the reason for which it counts or not."""
    numbers = {entry.line.id: number for number, entry in enumerate(entries, 1)}
    rows: list[dict[str, Any]] = []
    for entry in entries:
        line, paper = entry.line, facts.papers.get(entry.line.id, Paper())
        amounts = {
            "gross": _plain(line.gross),
            "tax": _plain(line.tax),
            "rate": _plain(line.rate),
            "counted_usd": str(entry.counted_usd),
            "total_usd": str(entry.total_usd),
        }
        rows.append(
            {
                "number": numbers[line.id],
                "paid_at": as_text(line.paid_at),
                "day_only": paper.is_day_only,
                "kind": line.kind,
                "status": line.status,
                "counts": entry.counts,
                "reason": entry.reason,
                "undoes": numbers.get(line.undoes),
                "currency": line.currency,
                **(dict.fromkeys(amounts) if hidden.amounts else amounts),
                "reference": None if hidden.names else line.reference,
                "note": None if hidden.names else paper.note,
                "receipts": _receipts(numbers[line.id], paper, hidden),
            }
        )
    return rows


def _receipts(number: int, paper: Paper, hidden: Hidden) -> list[dict[str, Any]] | None:
    """The receipts of a line by the names that they have beside the document. With anything hidden they stay out.

    Nobody can blacken a file, and its hash would tell it to whoever has it.
    """
    if hidden.amounts or hidden.names:
        return None
    return [
        {
            "file": part_name(number, place, proof.kind),
            "name": proof.name,
            "sha256": proof.sha256,
            "size": proof.size,
        }
        for place, proof in enumerate(paper.receipts, 1)
    ]


def _plain(amount: Decimal | None) -> str | None:
    """An amount as it was typed: digits only, at least two places, no trailing zeros beyond them."""
    if amount is None:
        return None
    whole, _point, places = format(amount, "f").partition(".")
    return f"{whole}.{places.rstrip('0').ljust(2, '0')}"


def _rule(book: Rulebook, claim: Claim) -> dict[str, Any]:
    """The edition: what it asks for the tier, since when, by which sources, and how sure they are."""
    tier = claim.row.tier
    return {
        "id": book.id,
        "title": _words(book.title),
        "kind": book.kind,
        "confidence": book.confidence,
        "basis": _words(book.basis),
        "started": _span(book.started),
        "ended": _span(book.ended) if book.ended else None,
        "counts_since": book.counts_since.isoformat() if book.counts_since else None,
        "upgrades": book.upgrades,
        "tier_cap_usd": _cap(tier.cap),
        "tier_note": _words(tier.note),
        "sources": [
            {"title": source.title, "url": source.url, "seen": source.seen, "confidence": source.confidence}
            for source in book.sources
        ],
    }


def _words(text: Text) -> dict[str, str]:
    return {language: text.in_language(language) for language in LANGUAGES}


def _span(span: Span) -> dict[str, str | None]:
    return {"after": span.after.isoformat() if span.after else None, "by": span.by.isoformat()}


def _cap(cap: Cap) -> dict[str, str | None]:
    return {"kind": cap.kind, "low": _plain(cap.low_usd), "high": _plain(cap.high_usd)}
