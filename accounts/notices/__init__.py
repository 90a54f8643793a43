"""The post room: notices as rows first, then as mail and as messages through channels."""

from accounts.models.notice import MUTED
from accounts.notices import credit, sealing, unsubscribe
from accounts.notices.calling import call, call_test
from accounts.notices.outbox import PAUSED
from accounts.notices.raising import Wanted, raise_notices
from accounts.notices.send import deliver, send_test
from accounts.notices.switchboard import end_what_waits, note_try

# What people may be told, each with its templates in templates/notices/.
KINDS = ("upgrade_ready", "contact_support", "tier_seen", credit.KIND)

__all__ = [
    "KINDS",
    "MUTED",
    "PAUSED",
    "Wanted",
    "call",
    "call_test",
    "credit",
    "deliver",
    "end_what_waits",
    "note_try",
    "raise_notices",
    "sealing",
    "send_test",
    "unsubscribe",
]
