"""Note in the history what was handed out about an account."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from accounts.actions.history import event, write_events
from accounts.models import Account, User


@transaction.atomic
def record_evidence(
    account: Account, *, tier: str, digest: str, language: str, hides: Sequence[str], by: User, now: datetime
) -> None:
    """Note that an evidence pack was made: about which tier, its SHA-256, and what it keeps to itself.

    Whoever may read an account may make its evidence, and of an archived one, too: nothing of the account changes by
    it. The history keeps who took what, so that a pack that turns up elsewhere can be told from a forged one.
    """
    facts = {"tier": tier, "sha256": digest, "language": language, "hides": list(hides)}
    write_events([event(account, "evidence_made", at=now, by=by, **facts)])
