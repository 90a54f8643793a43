"""The post room: notices as rows first, then as mail."""

from accounts.notices import unsubscribe
from accounts.notices.outbox import MUTED, Wanted, raise_notices
from accounts.notices.send import deliver, send_test

# What may be mailed, each with its templates in templates/notices/.
KINDS = ("upgrade_ready", "contact_support", "tier_seen")

__all__ = ["KINDS", "MUTED", "Wanted", "deliver", "raise_notices", "send_test", "unsubscribe"]
