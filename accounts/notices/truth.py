"""Whether a notice still has something true to say, and somebody to say it to, just before its mail leaves."""

from datetime import datetime

from accounts.models import Delivery
from accounts.models.notice import MUTED
from accounts.notices import credit

ADVICE_OF = {"upgrade_ready": "top_up", "contact_support": "contact_support"}


def reason_not_to_send(delivery: Delivery, *, now: datetime) -> str:
    """Return a code for why a mail must not leave; "" when it may. Needs what `outbox.with_circumstances` reads.

    left, inactive: the recipient; muted: the kind, by the recipient; archived: the account; over: not true any more.
    """
    notice = delivery.notice
    if not notice.recipient.is_active:
        return "inactive"
    if not getattr(delivery, "is_member", False):
        return "left"
    if notice.kind in notice.recipient.muted_kinds:
        return MUTED
    if delivery.copy:  # a person has asked for this mail again, to have it as it was
        return ""
    if notice.account.is_archived:
        return "archived"
    return "" if _is_true(delivery, now) else "over"


def _is_true(delivery: Delivery, now: datetime) -> bool:
    notice = delivery.notice
    account, episode = notice.account, notice.episode
    if notice.rulebook_id != account.rulebook_id:
        return False
    if notice.kind not in ADVICE_OF:
        return notice.tier == account.seen_tier and (notice.kind != credit.KIND or credit.is_due(notice, now=now))
    standing = getattr(account, "standing", None)
    return (
        standing is not None
        and episode is not None
        and episode.ended_at is None
        and standing.advice_code == ADVICE_OF[notice.kind]
        and standing.advice_tier == notice.tier
    )
