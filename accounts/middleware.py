"""What holds for every request: what may come in, what every answer carries, and in whose language and zone it is."""

from collections.abc import Callable
from typing import cast
from urllib.parse import urlsplit, urlunsplit
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse
from django.shortcuts import resolve_url
from django.template.loader import render_to_string
from django.urls import Resolver404, resolve
from django.utils import timezone, translation
from django.utils.http import url_has_allowed_host_and_scheme
from django_htmx.http import HttpResponseClientRedirect
from django_htmx.middleware import HtmxDetails

from accounts.forms.fields import UNWRITABLE
from accounts.models import User
from accounts.templatetags import themes

Answer = Callable[[HttpRequest], HttpResponse]

PERMISSIONS = ", ".join(f"{name}=()" for name in ("camera", "geolocation", "microphone", "payment", "usb"))


class GuardMiddleware:
    """Refuse what is too large with 413, before it is read, and text that cannot be stored with 400.

    Keep pages out of shared and disk caches.
    """

    def __init__(self, get_response: Answer) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if UNWRITABLE.search(request.path_info):
            raise BadRequest("The address holds characters that cannot be stored.")
        if _is_too_large(request):
            return refuse_size(request)
        for values in (request.GET, request.POST):
            for name, texts in values.lists():
                if any(UNWRITABLE.search(str(text)) for text in (name, *texts)):
                    raise BadRequest("A field holds characters that cannot be stored.")
        response = self._get_response(request)
        # A page may be a person's own, and even the sign-in page holds a secret of its form.
        response.headers.setdefault("Cache-Control", "no-store")
        response.headers.setdefault("Permissions-Policy", PERMISSIONS)
        return response


def _is_too_large(request: HttpRequest) -> bool:
    """Whether a request is larger than a form. Where the view takes files, those who are signed in may send as much."""
    said = request.META.get("CONTENT_LENGTH") or "0"
    length = int(said) if said.isdecimal() else 0  # Django reads nothing where this is no number
    if length <= settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
        return False
    try:
        most: Callable[[], int] | None = getattr(resolve(request.path_info).func, "most_bytes", None)
    except Resolver404:
        return True
    return most is None or SESSION_KEY not in request.session or length > most()


def refuse_size(request: HttpRequest) -> HttpResponse:
    """Say so without asking who it is, and without reading any of it."""
    page = render_to_string("413.html", {"theme": themes.of_browser(request)})
    return HttpResponse(page, status=413, headers={"Cache-Control": "no-store"})


class PersonMiddleware:
    """Speak the person's language and show the person's time zone; send htmx to the sign-in page as a whole page."""

    def __init__(self, get_response: Answer) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        user = request.user
        if not isinstance(user, User):
            return self._lead_to_sign_in(request, self._get_response(request))
        translation.activate(user.language)
        request.LANGUAGE_CODE = translation.get_language()
        with timezone.override(ZoneInfo(user.time_zone)):
            return self._get_response(request)

    def _lead_to_sign_in(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        """Let the sign-in page lead back to the page around a fragment or a form.

        The address of a fragment would be a piece of a page, and that of a form often answers nothing but a POST.
        """
        htmx = cast(HtmxDetails, request.htmx)  # type: ignore[attr-defined]
        sign_in = resolve_url(settings.LOGIN_URL)
        refusal = redirect_to_login(request.get_full_path(), sign_in).url
        if response.status_code != 302 or response.headers["Location"] != refusal:
            return response
        if htmx:
            answer = HttpResponseClientRedirect(redirect_to_login(_within(htmx.current_url_abs_path), sign_in).url)
            answer.status_code = 401
            return answer
        if request.method == "POST":
            return redirect_to_login(_within(_referring_page(request)), sign_in)
        return response


def _referring_page(request: HttpRequest) -> str | None:
    """The page that a form stood on, when it is one of this site."""
    came_from = urlsplit(request.headers.get("Referer", ""))
    return urlunsplit(("", "", *came_from[2:4], "")) if came_from.netloc == request.get_host() else None


def _within(page: str | None) -> str:
    """The page, or the board: what the browser's side writes must not lead out of this site."""
    return page if page and url_has_allowed_host_and_scheme(page, allowed_hosts=None) else "/"
