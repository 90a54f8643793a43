"""What people ask of the post room: a mail again, a test mail, no more mails of a kind."""

from datetime import datetime, timedelta

from django.core.cache import cache
from django.db import transaction

from accounts import notices
from accounts.actions.history import event, write_events
from accounts.gateways.letter import Outcome
from accounts.models import Delivery, Notice, User
from accounts.models.notice import PENDING, SENDING

RESEND_EVERY = timedelta(minutes=5)
MOST_COPIES = 10
TEST_MAIL_SECONDS = 30


class MailRefused(Exception):
    """A mail that must not be sent on request now; `reason` is a code.

    waiting: it is on its way already. too_soon: the last request is too fresh. too_many: asked for too often.
    muted, inactive: the recipient does not want, or cannot have, mail of this kind.
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
    last = notice.deliveries.order_by("-copy")[0]
    if last.status in (PENDING, SENDING):
        raise MailRefused("waiting")
    if last.copy >= MOST_COPIES:
        raise MailRefused("too_many")
    if last.copy and now - last.created_at < RESEND_EVERY:
        raise MailRefused("too_soon")
    copy = Delivery.objects.create(
        notice=notice, address=notice.recipient.email, copy=last.copy + 1, next_at=now, created_at=now
    )
    facts = {"notice": str(notice.pk), "notice_kind": notice.kind, "recipient": notice.recipient.email}
    write_events([event(notice.account, "notice_resent", at=now, by=by, **facts)])
    return copy


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
