"""The post room: notices as rows first, then as mail."""

from accounts.models.notice import MUTED
from accounts.notices import credit, unsubscribe
from accounts.notices.outbox import Wanted, raise_notices
from accounts.notices.send import deliver, send_test

# What may be mailed, each with its templates in templates/notices/.
KINDS = ("upgrade_ready", "contact_support", "tier_seen", credit.KIND)

__all__ = ["KINDS", "MUTED", "Wanted", "credit", "deliver", "raise_notices", "send_test", "unsubscribe"]
