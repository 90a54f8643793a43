"""Say which gate blocks, how sure that is, what said so, and what to do next."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from accounts.rules.access import access
from accounts.rules.doctor import instants, limits, models, pasted, providers, signals, tiers
from accounts.rules.doctor.limits import SeenLimit
from accounts.rules.doctor.scrub import scrub
from accounts.rules.doctor.signals import LIKELY, SURE, UNSURE
from accounts.rules.doctor.table import SIGNALS
from accounts.rules.instants import as_text
from accounts.rules.rulebook import REQUIREMENTS, Rulebook

MOST_CHARACTERS = 64_000
MOST_EVIDENCE = 4
LONGEST_QUOTE = 180
ORGANIZATION = re.compile(r"\borg-[A-Za-z0-9]{6,40}\b")
UUID = re.compile(r"\b[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\b")
NEEDED_TIER = re.compile(r"at least usage tier (\d{1,2})")
# Headers that are shown as they are: they name the answer, and support asks for them.
TELLING = ("x-request-id", "request-id")

STEPS: Mapping[str, tuple[str, ...]] = {
    "tier": ("climb", "check_organization"),
    "verification": ("verify", "wait_verified"),
    "cap": ("raise_cap", "ask_support", "wait_month"),
    "own_limit": ("raise_own_limit", "wait_month"),
    "balance": ("add_credit", "check_organization"),
    "rate_limit": ("wait_until", "spread", "climb"),
    "wrong_organization": ("choose_key", "check_organization"),
    "retired_model": ("change_model",),
    "no_access": ("check_tier", "check_verification", "check_project", "check_spelling"),
    "key": ("new_key", "check_organization"),
    "region": ("check_region",),
    "overload": ("retry_later", "check_status"),
    "request": ("change_request",),
    "none": (),
    "unknown": ("look_code", "look_headers", "look_limits", "look_billing", "look_organization"),
}
RELAY_STEPS = ("relay",)
# Steps that lead to a provider's own ladder; a relay has none.
OF_LADDER = frozenset({"climb", "raise_cap", "check_tier", "check_verification", "look_limits", "check_organization"})


class TooLong(ValueError):
    """More was pasted than is read at once: MOST_CHARACTERS."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """One signal: the gate it speaks for, a quotation of the scrubbed text, how sure it is, where it is documented."""

    gate: str
    quote: str
    confidence: str
    doc: str


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """What an answer of an API says, read at an instant. `text` is what was pasted, without its secrets.

    gate: one of GATES; others: what else the text signals. confidence: sure, likely or unsure ("cannot tell").
    provider: its id, "relay" or "". organization: as the answer names it, or "". needs_tier: the tier that the error
    asks for, by its number, or "". again_at: when to try again. doubts: why the account's own figures may not fit:
    other_provider, other_organization. model_state: what the account's edition says of the model, or "".
    """

    text: str
    at: datetime
    gate: str
    confidence: str
    evidence: tuple[Evidence, ...]
    provider: str
    model: str
    organization: str
    request_id: str
    status: int | None
    limits: tuple[SeenLimit, ...]
    inference: tiers.Inference
    needs_tier: str
    again_at: datetime | None
    steps: tuple[str, ...]
    doubts: tuple[str, ...]
    others: tuple[str, ...]
    model_state: str

    @property
    def is_known(self) -> bool:
        return self.gate != "unknown"

    def as_facts(self) -> dict[str, Any]:
        """What an account keeps of it, as JSON can hold it: nothing of the pasted text but the model's name."""
        return {
            "gate": self.gate,
            "confidence": self.confidence,
            "provider": self.provider,
            "model": self.model,
            "tier": self.inference.tier,
            "edition": self.inference.edition,
            "again_at": as_text(self.again_at),
            "limits": [{"metric": limit.metric, "value": limit.value} for limit in self.limits],
        }


def diagnose(
    text: str,
    *,
    at: datetime,
    editions: Sequence[Rulebook] = (),
    edition: Rulebook | None = None,
    tier: str = "",
    organization: str = "",
) -> Diagnosis:
    """Diagnose an error or the headers of an answer, pasted at an instant. TooLong beyond MOST_CHARACTERS.

    editions: every edition that is known. edition, tier, organization: of the account that is asked about, if any.
    """
    if len(text) > MOST_CHARACTERS:
        raise TooLong(f"{len(text)} characters; {MOST_CHARACTERS} are read at most")
    clean = scrub(text)
    read = pasted.read(clean)
    named = models.model_in(read)
    provider = providers.provider_of(read, named.id if named else "")
    doubts = []
    if edition is not None and provider not in ("", edition.provider.id):
        doubts.append("other_provider")
        edition = None
    elif edition is not None:
        provider = edition.provider.id
    seen = limits.limits_in(read, provider, at)
    books = [book for book in editions if book.provider.id == provider]
    named_organization = _organization(read)
    if _differs(named_organization, organization) and not doubts:
        doubts.append("other_organization")
    result = Diagnosis(
        text=clean,
        at=at,
        gate="unknown",
        confidence=UNSURE,
        evidence=(),
        provider=provider,
        model=named.id if named else "",
        organization=named_organization,
        request_id=_request_id(read),
        status=read.status,
        limits=_settled(seen, books, named, provider),
        inference=tiers.Inference(),
        needs_tier=match[1] if (match := NEEDED_TIER.search(read.plain)) else "",
        again_at=None,
        steps=STEPS["unknown"],
        doubts=tuple(doubts),
        others=(),
        model_state=_model_state(edition, named, tier, at),
    )
    result = replace(result, inference=tiers.infer(books, edition, named, result.limits, at.date()))
    return _with_time(_with_gate(result, read), read, at)


def _with_gate(result: Diagnosis, read: pasted.Pasted) -> Diagnosis:
    found = signals.found_in(SIGNALS, read, result.provider)
    evidence = tuple(_evidence(one, read) for one in found[:MOST_EVIDENCE])
    if not found:
        answered = read.status is None or read.status < 400
        gate = "none" if result.limits and answered else "unknown"
        confidence = UNSURE if gate == "unknown" else SURE if read.status else LIKELY
        return replace(result, gate=gate, confidence=confidence, steps=_steps(gate, (), result.provider))
    first = found[0]
    gate, confidence, steps = first.signal.gate, first.confidence, first.signal.steps
    telling = [one.signal for one in found if one.confidence == SURE and not one.signal.is_broad]
    others = list(dict.fromkeys(signal.gate for signal in telling if signal.gate != gate))
    if others and confidence == SURE:
        confidence = LIKELY
    if gate == "no_access" and result.model_state in ("retired", "locked", "conditional"):
        # The error leaves open why; the account's edition has a reason.
        gate = {"retired": "retired_model", "locked": "tier", "conditional": "verification"}[result.model_state]
        confidence, steps = LIKELY, ()
        evidence = (*evidence, Evidence(gate, "", LIKELY, "edition"))
    if "other_organization" in result.doubts and gate in ("tier", "verification", "cap", "balance", "no_access"):
        others = [gate, *others]
        gate, confidence, steps = "wrong_organization", LIKELY, ()
    return replace(
        result,
        gate=gate,
        confidence=confidence,
        evidence=evidence,
        others=tuple(others),
        steps=_steps(gate, steps, result.provider),
    )


def _with_time(result: Diagnosis, read: pasted.Pasted, at: datetime) -> Diagnosis:
    again = limits.again_at(read, result.limits, at) if result.gate in ("rate_limit", "overload", "own_limit") else None
    if result.gate == "cap" or (result.gate == "own_limit" and again is None):
        again = instants.next_month(at)
    return replace(result, again_at=again)


def _steps(gate: str, own: tuple[str, ...], provider: str) -> tuple[str, ...]:
    steps = own or STEPS[gate]
    if provider != providers.RELAY:
        return steps
    return tuple(dict.fromkeys([*(step for step in steps if step not in OF_LADDER), *RELAY_STEPS]))


def _evidence(found: signals.Found, read: pasted.Pasted) -> Evidence:
    if found.place < 0:
        quote = found.said or f"HTTP {read.status}"
    else:
        start = max(0, found.place - 40)
        quote = read.flat[start : start + LONGEST_QUOTE]
        quote = quote.partition(" ")[2] if start and " " in quote[:40] else quote
        quote = f"{quote.rpartition(' ')[0]} …" if len(read.flat) > start + LONGEST_QUOTE else quote
    return Evidence(found.signal.gate, quote, found.confidence, found.signal.doc)


def _organization(read: pasted.Pasted) -> str:
    """The organization that the answer speaks of: in a header, else in the error's sentence."""
    header = read.headers.get("openai-organization", "") or read.headers.get("anthropic-organization-id", "")
    for text in (header, *read.all_of("message"), read.flat):
        if match := ORGANIZATION.search(text):
            return match[0]
    match = UUID.search(header) or re.search(rf"organization(?: \(|: ?| )({UUID.pattern})", read.plain)
    return match[match.lastindex or 0] if match else ""


def _differs(named: str, own: str) -> bool:
    """Whether two organizations are two; only ids of the same shape can be compared."""
    own = own.strip()
    if named.startswith("org-") and ORGANIZATION.fullmatch(own):
        return named != own
    return bool(UUID.fullmatch(named) and UUID.fullmatch(own.lower()) and named != own.lower())


def _request_id(read: pasted.Pasted) -> str:
    for value in (*(read.headers.get(name, "") for name in TELLING), *read.all_of("request_id")):
        if match := re.match(r"[A-Za-z0-9_-]{8,60}", value):
            return match[0]
    return ""


def _settled(
    seen: tuple[SeenLimit, ...], books: Sequence[Rulebook], named: models.Named | None, provider: str
) -> tuple[SeenLimit, ...]:
    """Call a count of requests RPM where no edition has a daily limit for the model at any tier."""
    if named is None or provider != "openai":
        return seen
    known = [group for book in books if (model := models.find(book, named.id)) for group in book.limits_of(model.id)]
    if not any("rpm" in group.metrics for group in known) or any("rpd" in group.metrics for group in known):
        return seen
    return tuple(replace(limit, metric="rpm") if limit.metric == limits.REQUESTS else limit for limit in seen)


def _model_state(edition: Rulebook | None, named: models.Named | None, tier: str, at: datetime) -> str:
    """What the edition says of the model at the account's tier; "conditional": only a requirement is missing."""
    if edition is None or named is None or not edition.has_tier(tier):
        return ""
    model = models.find(edition, named.id)
    if model is None:
        return "unknown"
    state = access(edition, model.id, tier, (), at.date()).state
    if state == "locked" and access(edition, model.id, tier, REQUIREMENTS, at.date()).state == "open":
        return "conditional"
    return state
