"""The law: plain Python, no Django, no clock, no I/O. Everything here is a pure function of what it is given."""

from accounts.rules.advice import CODES as ADVICE_CODES
from accounts.rules.advice import Advice, Gate
from accounts.rules.building import build, parse
from accounts.rules.instants import as_text, from_text
from accounts.rules.ledger import (
    COUNTABLE,
    KINDS,
    NEVER_COUNTED,
    STATUSES,
    UNDOING,
    Entry,
    LedgerError,
    Line,
    Tally,
    check_links,
    tally,
)
from accounts.rules.reading import RulebookError, Text
from accounts.rules.rulebook import (
    REQUIREMENTS,
    Cap,
    Cell,
    Limit,
    ModelAccess,
    Provider,
    RollingCap,
    Rulebook,
    Source,
    Span,
    Tier,
    Way,
)
from accounts.rules.standing import Circumstances, Seen, Standing, TierStanding, UnknownTier, assess

__all__ = [
    "ADVICE_CODES",
    "COUNTABLE",
    "KINDS",
    "NEVER_COUNTED",
    "REQUIREMENTS",
    "STATUSES",
    "UNDOING",
    "Advice",
    "Cap",
    "Cell",
    "Circumstances",
    "Entry",
    "Gate",
    "LedgerError",
    "Limit",
    "Line",
    "ModelAccess",
    "Provider",
    "RollingCap",
    "Rulebook",
    "RulebookError",
    "Seen",
    "Source",
    "Span",
    "Standing",
    "Tally",
    "Text",
    "Tier",
    "TierStanding",
    "UnknownTier",
    "Way",
    "as_text",
    "assess",
    "build",
    "check_links",
    "from_text",
    "parse",
    "tally",
]
