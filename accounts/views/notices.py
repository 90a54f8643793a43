"""The notices: what was sent, to whom, when, what waits and why, and what failed."""

from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Count, Prefetch
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts import actions
from accounts.gateways.letter import ACCEPTED
from accounts.models import Account, Channel, Delivery, Notice, Rulebook
from accounts.models.channel import MAIL
from accounts.models.notice import STATUSES
from accounts.templatetags import post
from accounts.views.requests import PersonRequest

PER_PAGE = 50


@require_safe
def notices(request: PersonRequest) -> HttpResponse:
    """Every notice of the person's workspaces, latest first, filtered by what became of it by any way."""
    held = Notice.objects.visible_to(request.user)
    latest = Delivery.objects.latest_of_each_way().filter(notice__in=held.order_by())
    counts = dict(latest.order_by().values_list("status").annotate(Count("notice", distinct=True)))
    status = request.GET.get("status", "")
    shown = held.filter(pk__in=latest.filter(status=status).values("notice")) if status in STATUSES else held
    deliveries = Prefetch("deliveries", Delivery.objects.by_way().select_related("via"))
    page = Paginator(shown.select_related("account", "recipient").prefetch_related(deliveries), PER_PAGE).get_page(
        request.GET.get("page")
    )
    facts = {
        "page": page,
        "status": status,
        "counts": counts,
        "total": held.count(),
        "stopped": Channel.objects.of(request.user).stopped(),
        "shelf": Rulebook.objects.filter(id__in={notice.rulebook_id for notice in page}).shelf(),
        "editable": set(Account.objects.editable_by(request.user).order_by().values_list("pk", flat=True)),
    }
    return render(request, "accounts/notices.html", facts)


@require_POST
def resend_notice(request: PersonRequest, notice_id: UUID) -> HttpResponse:
    """Send a notice's mail once more; for those who may change its account."""
    notices_of_mine = Notice.objects.filter(account__in=Account.objects.editable_by(request.user).order_by())
    notice = get_object_or_404(notices_of_mine, pk=notice_id)
    try:
        actions.resend_notice(notice, by=request.user, now=timezone.now())
    except actions.MailRefused as refused:
        messages.warning(request, post.refusal(refused.reason))
    else:
        messages.success(request, _("The mail is sent again within a minute."))
    return redirect("accounts:notices")


@require_POST
def resend_delivery(request: PersonRequest, delivery_id: UUID) -> HttpResponse:
    """Send a notice once more through the channel of a delivery; for those who may change its account."""
    of_mine = Delivery.objects.exclude(channel=MAIL).filter(
        notice__account__in=Account.objects.editable_by(request.user).order_by()
    )
    delivery = get_object_or_404(of_mine, pk=delivery_id)
    try:
        actions.resend_delivery(delivery, by=request.user, now=timezone.now())
    except actions.MailRefused as refused:
        messages.warning(request, post.refusal(refused.reason))
    else:
        messages.success(request, _("It is sent again within a minute."))
    return redirect("accounts:notices")


@require_POST
def send_test_mail(request: PersonRequest) -> HttpResponse:
    """Send the person a test mail now and show what the mail server said."""
    try:
        outcome = actions.send_test_mail(by=request.user, now=timezone.now())
    except actions.MailRefused as refused:
        messages.warning(request, post.refusal(refused.reason))
        return redirect("accounts:notices")
    address, said = request.user.email, post.outcome(outcome)
    if outcome.kind == ACCEPTED:
        messages.success(request, _("The test mail to {address} is sent. {said}").format(address=address, said=said))
    else:
        messages.error(request, _("The test mail to {address} was not sent. {said}").format(address=address, said=said))
    return redirect("accounts:notices")
