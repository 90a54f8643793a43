"""The law: plain Python, no Django, no clock, no I/O. Everything here is a pure function of what it is given."""

from accounts.rules.access import ACCESS_STATES, Access, LimitsAt, access, limits_at, unlocked_by
from accounts.rules.advice import CODES as ADVICE_CODES
from accounts.rules.advice import URGENT_CODES, Advice, Gate
from accounts.rules.building import build, parse
from accounts.rules.differences import Difference, differences
from accounts.rules.following import FOLLOWING_STATES, Followed, Following, follow
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
from accounts.rules.planning import plan
from accounts.rules.plans import PLAN_KINDS, Plan, Plans, PlanStep
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
from accounts.rules.wishes import WISHED_METRICS, Need, Reason, Wish, needed_tier

__all__ = [
    "ACCESS_STATES",
    "ADVICE_CODES",
    "COLUMNS",
    "COUNTABLE",
    "FOLLOWING_STATES",
    "KINDS",
    "NEEDED_COLUMNS",
    "NEVER_COUNTED",
    "PLAN_KINDS",
    "REQUIREMENTS",
    "STATUSES",
    "UNDOING",
    "URGENT_CODES",
    "WISHED_METRICS",
    "Access",
    "Advice",
    "Cap",
    "Cell",
    "Circumstances",
    "Difference",
    "Entry",
    "Followed",
    "Following",
    "Gate",
    "LedgerError",
    "Level",
    "Limit",
    "LimitsAt",
    "Line",
    "ModelAccess",
    "Need",
    "Plan",
    "PlanStep",
    "Plans",
    "Projection",
    "Provider",
    "Reason",
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
    "Trigger",
    "UnknownTier",
    "Way",
    "Wish",
    "access",
    "as_text",
    "assess",
    "build",
    "check_links",
    "differences",
    "follow",
    "from_text",
    "limits_at",
    "line_from",
    "needed_tier",
    "parse",
    "plan",
    "tally",
    "timeline",
    "unlocked_by",
]
