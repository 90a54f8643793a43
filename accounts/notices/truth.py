"""Whether a notice still has something true to say, and somebody to say it to, just before it leaves."""

from datetime import datetime

from accounts.models import Delivery
from accounts.models.channel import MAIL
from accounts.models.notice import MUTED
from accounts.notices import credit
from accounts.notices.outbox import PAUSED, UNWANTED
from accounts.notices.switchboard import REMOVED

ADVICE_OF = {"upgrade_ready": "top_up", "contact_support": "contact_support"}


def reason_not_to_send(delivery: Delivery, *, now: datetime) -> str:
    """Return a code for why a delivery must not leave; "" when it may. Needs what `outbox.with_circumstances` reads.

    left, inactive: the recipient; muted: the kind of mail, by the recipient; removed, paused, unwanted (the kind): the
    channel; archived: the account; over: not true any more.
    """
    notice = delivery.notice
    if not notice.recipient.is_active:
        return "inactive"
    if not getattr(delivery, "is_member", False):
        return "left"
    if reason := _reason_of_way(delivery):
        return reason
    if delivery.copy:  # a person has asked for it again, to have it as it was
        return ""
    if notice.account.is_archived:
        return "archived"
    return "" if _is_true(delivery, now) else "over"


def _reason_of_way(delivery: Delivery) -> str:
    kind, channel = delivery.notice.kind, delivery.via
    if delivery.channel == MAIL:
        return MUTED if kind in delivery.notice.recipient.muted_kinds else ""
    if channel is None or channel.is_removed:
        return REMOVED
    if channel.is_paused:
        return PAUSED
    return "" if channel.wants(kind) else UNWANTED


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
