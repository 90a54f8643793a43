"""The post room: notices as rows first, then as mail and as messages through channels."""

from accounts.notices import sealing, unsubscribe
from accounts.notices.calling import call, call_test
from accounts.notices.outbox import MUTED, PAUSED
from accounts.notices.raising import Wanted, raise_notices
from accounts.notices.send import deliver, send_test
from accounts.notices.switchboard import end_what_waits, note_try

# What people may be told, each with its templates in templates/notices/.
KINDS = ("upgrade_ready", "contact_support", "tier_seen")

__all__ = [
    "KINDS",
    "MUTED",
    "PAUSED",
    "Wanted",
    "call",
    "call_test",
    "deliver",
    "end_what_waits",
    "note_try",
    "raise_notices",
    "sealing",
    "send_test",
    "unsubscribe",
]
