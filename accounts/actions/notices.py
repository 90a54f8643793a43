"""What people ask of the post room: a notice again, a test mail, no more mails of a kind."""

from datetime import datetime, timedelta

from django.core.cache import cache
from django.db import transaction

from accounts import notices
from accounts.actions.history import event, write_events
from accounts.gateways.letter import Outcome
from accounts.models import Account, Channel, Delivery, Notice, User
from accounts.models.channel import MAIL
from accounts.models.notice import PENDING, SENDING

RESEND_EVERY = timedelta(minutes=5)
MOST_COPIES = 10
TEST_MAIL_SECONDS = 30


class MailRefused(Exception):
    """A mail, or a message through a channel, that must not be sent on request now; `reason` is a code.

    waiting: it is on its way already. too_soon: the last request is too fresh. too_many: asked for too often.
    muted, inactive: the recipient does not want, or cannot have, mail of this kind. removed, paused, unwanted (the
    kind): the channel.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@transaction.atomic
def resend_notice(notice: Notice, *, by: User, now: datetime) -> Delivery:
    """Send a notice's mail once more, at once, as a copy of its own. MailRefused: see there."""
    notice = Notice.objects.select_for_update(of=("self",)).select_related("account", "recipient").get(pk=notice.pk)
    if not notice.recipient.is_active:
        raise MailRefused("inactive")
    if notice.kind in notice.recipient.muted_kinds:
        raise MailRefused("muted")
    copy = _copy(notice.deliveries.filter(channel=MAIL).order_by("-copy")[0], notice.recipient.email, now=now)
    _tell(notice, by=by, now=now)
    return copy


@transaction.atomic
def resend_delivery(delivery: Delivery, *, by: User, now: datetime) -> Delivery:
    """Send a notice once more through the channel of a delivery, at once, as a copy of its own. MailRefused: see there.

    ValueError for a mail: see resend_notice.
    """
    if delivery.channel == MAIL:
        raise ValueError("a mail is sent again by its notice")
    if delivery.via_id is None:
        raise MailRefused("removed")
    notices_with_all = Notice.objects.select_for_update(of=("self",)).select_related("account", "recipient")
    notice = notices_with_all.get(pk=delivery.notice_id)
    # No key of its own: what is raised meanwhile need not wait for this.
    channel = Channel.objects.live().select_for_update(no_key=True).filter(pk=delivery.via_id).first()
    if not notice.recipient.is_active:
        raise MailRefused("inactive")
    if channel is None:
        raise MailRefused("removed")
    if channel.is_paused:
        raise MailRefused("paused")
    if not channel.wants(notice.kind):
        raise MailRefused("unwanted")
    copy = _copy(notice.deliveries.filter(via=channel).order_by("-copy")[0], channel.address, now=now)
    _tell(notice, by=by, now=now)
    return copy


def _copy(last: Delivery, address: str, *, now: datetime) -> Delivery:
    """Store another copy of what went last by the same way."""
    if last.status in (PENDING, SENDING):
        raise MailRefused("waiting")
    if last.copy >= MOST_COPIES:
        raise MailRefused("too_many")
    if last.copy and now - last.created_at < RESEND_EVERY:
        raise MailRefused("too_soon")
    way = {"notice_id": last.notice_id, "channel": last.channel, "via_id": last.via_id}
    return Delivery.objects.create(**way, address=address, copy=last.copy + 1, next_at=now, created_at=now)


def _tell(notice: Notice, *, by: User, now: datetime) -> None:
    account: Account = notice.account
    facts = {"notice": str(notice.pk), "notice_kind": notice.kind, "recipient": notice.recipient.email}
    write_events([event(account, "notice_resent", at=now, by=by, **facts)])


def send_test_mail(*, by: User, now: datetime) -> Outcome:
    """Send somebody a test mail at once and return what the server said. MailRefused when asked again too soon."""
    if not cache.add(f"test-mail-{by.pk}", now.isoformat(), TEST_MAIL_SECONDS):
        raise MailRefused("too_soon")
    return notices.send_test(by, now=now)


def mute_kind(user: User, kind: str) -> User:
    """Send a person no more mails of a kind; what waits is withdrawn when its turn comes. Twice is as good as once."""
    with transaction.atomic():
        held = User.objects.select_for_update().get(pk=user.pk)
        if kind not in held.muted_kinds:
            held.muted_kinds = [*held.muted_kinds, kind]
            held.save(update_fields=["muted_kinds"])
    return held


def unmute_kind(user: User, kind: str) -> User:
    """Mail a person notices of a kind again."""
    with transaction.atomic():
        held = User.objects.select_for_update().get(pk=user.pk)
        if kind in held.muted_kinds:
            held.muted_kinds = [each for each in held.muted_kinds if each != kind]
            held.save(update_fields=["muted_kinds"])
    return held
