"""The local mailbox, for administrators: the mails that stayed on this machine because no mail server is set."""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec

from django.conf import settings
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_safe

from accounts.gateways.mailbox import Kept, Mailbox
from accounts.views.requests import PersonRequest

MOST_SHOWN = 100
# A mail may hold anything: no scripts, no requests, nothing but its own styles and embedded pictures.
MAIL_POLICY = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'"

Rest = ParamSpec("Rest")
View = Callable[Concatenate[PersonRequest, Rest], HttpResponse]


def staff_only(view: View[Rest]) -> View[Rest]:
    """For everybody else the page does not exist."""

    @wraps(view)
    def guarded(request: PersonRequest, /, *args: Rest.args, **kwargs: Rest.kwargs) -> HttpResponse:
        if not request.user.is_staff:
            raise Http404
        return view(request, *args, **kwargs)

    return guarded


@require_safe
@staff_only
def mailbox(request: PersonRequest) -> HttpResponse:
    return render(
        request,
        "accounts/mailbox.html",
        {
            "mails": Mailbox(settings.MAILBOX_DIR).newest(MOST_SHOWN),
            "most_shown": MOST_SHOWN,
            "server": f"{settings.EMAIL_HOST}:{settings.EMAIL_PORT}" if settings.EMAIL_URL else "",
        },
    )


@require_safe
@staff_only
def mail(request: PersonRequest, name: str) -> HttpResponse:
    return render(request, "accounts/mail.html", {"mail": _find(name)})


@require_safe
@staff_only
@xframe_options_sameorigin
def mail_html(request: PersonRequest, name: str) -> HttpResponse:
    """The HTML part as it came, for the sandboxed frame of the page around it."""
    return HttpResponse(_find(name).html, headers={"Content-Security-Policy": MAIL_POLICY})


def _find(name: str) -> Kept:
    kept = Mailbox(settings.MAILBOX_DIR).read(name)
    if kept is None:
        raise Http404
    return kept
