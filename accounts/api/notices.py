"""Notices: what tierdash has told people, and how each delivery stands."""

from django.db.models import Exists, OuterRef
from django.utils.translation import gettext_noop
from ninja import Query, Router

from accounts.api import shapes
from accounts.api.bearer import MAY_READ, TokenRequest
from accounts.api.cursors import Order, cut
from accounts.models import Delivery, Notice
from accounts.models.notice import PENDING

router = Router(tags=[gettext_noop("Notices")])
ORDER = Order("notices", "created_at")


@router.get(
    "/notices",
    auth=MAY_READ,
    response=shapes.Notices,
    summary=gettext_noop("List notices with their deliveries, the latest first"),
)
def list_notices(request: TokenRequest, asked: Query[shapes.AskedNotices]) -> shapes.Notices:
    mine = Notice.objects.visible_to(request.user).select_related("recipient").prefetch_related("deliveries")
    wanted = {"account": asked.account, "kind": asked.kind}
    mine = mine.filter(**{column: value for column, value in wanted.items() if value})
    if asked.status:
        mine = mine.filter(Exists(Delivery.objects.filter(notice=OuterRef("pk"), status=asked.status)))
    part, following = cut(mine, ORDER, asked)
    return shapes.Notices(items=[_told(notice) for notice in part], next=following)


def _told(notice: Notice) -> shapes.Notice:
    deliveries = sorted(notice.deliveries.all(), key=lambda delivery: (delivery.created_at, delivery.copy))
    return shapes.Notice(
        id=notice.pk,
        account=notice.account_id,
        kind=notice.kind,
        rulebook=notice.rulebook_id,
        tier=notice.tier,
        expires_on=notice.expires_on,
        recipient=notice.recipient.email,
        created_at=notice.created_at,
        deliveries=[_delivered(delivery) for delivery in deliveries],
    )


def _delivered(delivery: Delivery) -> shapes.Delivery:
    names = ("id", "channel", "address", "status", "attempts", "sent_at", "created_at")
    return shapes.Delivery(
        **{name: getattr(delivery, name) for name in names},
        next_at=delivery.next_at if delivery.status == PENDING else None,
        error=delivery.last_error,
    )
