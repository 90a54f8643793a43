"""The law: plain Python, no Django, no clock, no I/O. Everything here is a pure function of what it is given."""

from accounts.rules.access import ACCESS_STATES, Access, LimitsAt, access, limits_at, unlocked_by
from accounts.rules.advice import CODES as ADVICE_CODES
from accounts.rules.advice import URGENT_CODES, Advice, Gate
from accounts.rules.building import build, parse
from accounts.rules.differences import Difference, differences
from accounts.rules.doctor import GATES, Diagnosis, TooLong, diagnose, scrub
from accounts.rules.doctor import MOST_CHARACTERS as MOST_PASTED
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
from accounts.rules.rows import COLUMNS, NEEDED_COLUMNS, line_from
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
from accounts.rules.timeline import Level, Projection, Shown, Step, Stretch, Timeline, Told, Trigger, timeline

__all__ = [
    "ACCESS_STATES",
    "ADVICE_CODES",
    "COLUMNS",
    "COUNTABLE",
    "GATES",
    "KINDS",
    "MOST_PASTED",
    "NEEDED_COLUMNS",
    "NEVER_COUNTED",
    "REQUIREMENTS",
    "STATUSES",
    "UNDOING",
    "URGENT_CODES",
    "Access",
    "Advice",
    "Cap",
    "Cell",
    "Circumstances",
    "Diagnosis",
    "Difference",
    "Entry",
    "Gate",
    "LedgerError",
    "Level",
    "Limit",
    "LimitsAt",
    "Line",
    "ModelAccess",
    "Projection",
    "Provider",
    "RollingCap",
    "Rulebook",
    "RulebookError",
    "Seen",
    "Shown",
    "Source",
    "Span",
    "Standing",
    "Step",
    "Stretch",
    "Tally",
    "Text",
    "Tier",
    "TierStanding",
    "Timeline",
    "Told",
    "TooLong",
    "Trigger",
    "UnknownTier",
    "Way",
    "access",
    "as_text",
    "assess",
    "build",
    "check_links",
    "diagnose",
    "differences",
    "from_text",
    "limits_at",
    "line_from",
    "parse",
    "scrub",
    "tally",
    "timeline",
    "unlocked_by",
]
