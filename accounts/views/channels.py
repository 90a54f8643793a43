"""Channels: where a person's notices go beside mail. List, add, change, test, pause, resume and remove them."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django.views.decorators.vary import vary_on_headers

from accounts import actions
from accounts.forms.channels import ChannelForm, service_of
from accounts.gateways.keyring import KeyringError
from accounts.gateways.letter import ACCEPTED
from accounts.gateways.services import SERVICES
from accounts.models import Channel
from accounts.models.channel import WEBHOOK
from accounts.templatetags import channels as words
from accounts.views.requests import PersonRequest


@require_safe
def channels(request: PersonRequest) -> HttpResponse:
    return _page(request)


def _page(request: PersonRequest, *, added: actions.Added | None = None, status: int = 200) -> HttpResponse:
    """The list, and what can be added. A new signing secret stands in this one answer and nowhere else."""
    mine = list(Channel.objects.of(request.user).with_last_sent())
    may_add = len(mine) < actions.MOST_CHANNELS
    context = {"channels": mine, "added": added, "services": SERVICES.values(), "may_add": may_add}
    return render(request, "accounts/channels.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
def add_channel(request: PersonRequest, service: str) -> HttpResponse:
    """The form of a new channel: of a webhook, or of one of the chat services."""
    if service != WEBHOOK and service not in SERVICES:
        raise Http404
    given = [request.POST] if request.method == "POST" else []
    form = ChannelForm(*given, user=request.user, service=SERVICES.get(service))
    if not form.is_valid() or form.receiver is None:
        return _form(request, form, status=422 if form.is_bound else 200)
    try:
        added = actions.add_channel(
            request.user, receiver=form.receiver, form_key=form.key, now=timezone.now(), **form.facts()
        )
    except (actions.ChannelRefused, KeyringError) as refusal:
        form.add_error(None, words.refusal(refusal))
        return _form(request, form, status=422)
    if added.secret:
        return _page(request, added=added, status=201)
    messages.success(request, _("Notices go to %(name)s from now on. Send a test to see it.") % {"name": added.channel})
    return redirect("accounts:channels")


@require_http_methods(["GET", "HEAD", "POST"])
def edit_channel(request: PersonRequest, channel_id: UUID) -> HttpResponse:
    held = find_channel(request, channel_id)
    given = [request.POST] if request.method == "POST" else []
    form = ChannelForm(*given, user=request.user, service=service_of(held), channel=held)
    if not form.is_valid():
        return _form(request, form, channel=held, status=422 if form.is_bound else 200)
    try:
        actions.edit_channel(held, receiver=form.receiver, **form.facts())
    except KeyringError as error:
        form.add_error(None, words.refusal(error))
        return _form(request, form, channel=held, status=422)
    messages.success(request, _("Saved."))
    return redirect("accounts:channels")


def _form(
    request: PersonRequest, form: ChannelForm, *, channel: Channel | None = None, status: int = 200
) -> HttpResponse:
    page = "edit_channel" if channel else "add_channel"
    context = {"form": form, "service": form.service, "channel": channel}
    return render(request, f"accounts/{page}.html", context, status=status)


@require_POST
@vary_on_headers("HX-Request")
def send_channel_test(request: PersonRequest, channel_id: UUID) -> HttpResponse:
    """Send a test now and show what was answered, beside the button."""
    held = find_channel(request, channel_id)
    try:
        outcome = _done(request, channel_id, lambda channel: actions.send_channel_test(channel, now=timezone.now()))
    except (actions.ChannelRefused, KeyringError) as refusal:
        messages.warning(request, words.refusal(refusal))
    else:
        if not request.htmx:  # else it stands in the row that is put in place
            say = messages.success if outcome.kind == ACCEPTED else messages.error
            say(request, words.test_said(held, outcome))
    if not request.htmx:
        return redirect("accounts:channels")
    html = render_to_string("accounts/_channel.html", {"channel": find_channel(request, channel_id)}, request)
    return HttpResponse(html + render_to_string("accounts/_messages.html", {"oob": True}, request))


@require_POST
def pause_channel(request: PersonRequest, channel_id: UUID) -> HttpResponse:
    held = _done(request, channel_id, lambda channel: actions.pause_channel(channel, now=timezone.now()))
    messages.success(request, _("Nothing goes to %(name)s until you resume it.") % {"name": held.name})
    return redirect("accounts:channels")


@require_POST
def resume_channel(request: PersonRequest, channel_id: UUID) -> HttpResponse:
    count = _done(request, channel_id, lambda channel: actions.resume_channel(channel, now=timezone.now()))
    text = _("The channel works again.")
    if count:
        missed = ngettext(
            "{count} notice that did not arrive goes out within a minute, if it is still true.",
            "{count} notices that did not arrive go out within a minute, if they are still true.",
            count,
        )
        text = f"{text} {missed.format(count=count)}"
    messages.success(request, text)
    return redirect("accounts:channels")


@require_POST
def renew_channel_secret(request: PersonRequest, channel_id: UUID) -> HttpResponse:
    """Another signing secret, which stands in this one answer and nowhere else."""
    get_object_or_404(Channel.objects.of(request.user), pk=channel_id, kind=WEBHOOK)
    try:
        added = _done(request, channel_id, lambda channel: actions.renew_channel_secret(channel, now=timezone.now()))
    except KeyringError as error:
        messages.error(request, words.refusal(error))
        return redirect("accounts:channels")
    return _page(request, added=added, status=201)


@require_POST
def remove_channel(request: PersonRequest, channel_id: UUID) -> HttpResponse:
    name = find_channel(request, channel_id).name
    _done(request, channel_id, lambda channel: actions.remove_channel(channel, now=timezone.now()))
    messages.success(
        request, _("%(name)s is removed. What went through it stays in the list of notices.") % {"name": name}
    )
    return redirect("accounts:channels")


def find_channel(request: PersonRequest, channel_id: UUID) -> Channel:
    """The person's own channel; a foreign or removed one is a 404."""
    return get_object_or_404(Channel.objects.of(request.user).with_last_sent(), pk=channel_id)


def _done(request: PersonRequest, channel_id: UUID, act: Callable[[Channel], Any]) -> Any:
    """Do something with a channel; one that is removed at the same moment is a 404."""
    try:
        return act(find_channel(request, channel_id))
    except Channel.DoesNotExist:
        raise Http404 from None
