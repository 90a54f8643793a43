"""What a signal is, and whether it is in a text. The signals themselves are rows of table.py."""

from collections.abc import Iterable
from dataclasses import dataclass

from accounts.rules.doctor.pasted import Pasted

SURE, LIKELY, UNSURE = "sure", "likely", "unsure"
# Eight gates that block; then what is no gate of the account, or no error at all.
BLOCKING = (
    "tier",
    "verification",
    "cap",
    "own_limit",
    "balance",
    "rate_limit",
    "wrong_organization",
    "retired_model",
)
OTHER = ("no_access", "key", "region", "overload", "request", "none", "unknown")
GATES = BLOCKING + OTHER


@dataclass(frozen=True, slots=True)
class Signal:
    """One row. `codes`: values of code, type, status or reason; `words`: pieces of the text, in lower case.

    Only where also given: `statuses` (one of them), `providers` (one of them), `besides` (every one of these words).
    `steps` replace the gate's usual ones. `doc` is where the signal is written down.
    `is_broad`: providers put it around more exact signals, which it does not contradict.
    """

    gate: str
    doc: str
    codes: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    statuses: tuple[int, ...] = ()
    providers: tuple[str, ...] = ()
    besides: tuple[str, ...] = ()
    confidence: str = SURE
    steps: tuple[str, ...] = ()
    is_broad: bool = False


@dataclass(frozen=True, slots=True)
class Found:
    """A signal that holds: what said so (a code, or the words at a place of the text), and how sure that is."""

    signal: Signal
    said: str
    place: int
    confidence: str


def found_in(table: Iterable[Signal], pasted: Pasted, provider: str) -> list[Found]:
    """Every signal of a table that holds, in its order: most telling first."""
    return [found for signal in table if (found := _found(signal, pasted, provider))]


def _found(signal: Signal, pasted: Pasted, provider: str) -> Found | None:
    if signal.statuses and pasted.status not in signal.statuses:
        return None
    if signal.providers and provider not in signal.providers:
        return None
    if not all(word in pasted.plain for word in signal.besides):
        return None
    for code in signal.codes:
        if code in pasted.codes:
            return Found(signal, code, -1, signal.confidence)
    for word in signal.words:
        place = pasted.plain.find(word)
        if place >= 0:
            return Found(signal, word, place if word else -1, signal.confidence)
    for code in signal.codes:
        if code in pasted.tokens:  # the bare word, outside of any field: somebody may only be writing about it
            return Found(signal, code, pasted.plain.find(code), LIKELY if signal.confidence == SURE else UNSURE)
    return None
