"""What holds for every request: what may come in, what every answer carries, and in whose language and zone it is."""

import re
from collections.abc import Callable
from typing import cast
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse
from django.shortcuts import resolve_url
from django.utils import timezone, translation
from django.utils.http import url_has_allowed_host_and_scheme
from django_htmx.http import HttpResponseClientRedirect
from django_htmx.middleware import HtmxDetails

from accounts.models import User

Answer = Callable[[HttpRequest], HttpResponse]

# NUL cannot be stored by PostgreSQL; half of a surrogate pair cannot be written as UTF-8.
UNWRITABLE = re.compile("[\x00\ud800-\udfff]")
PERMISSIONS = ", ".join(f"{name}=()" for name in ("camera", "geolocation", "microphone", "payment", "usb"))


class GuardMiddleware:
    """Refuse text that cannot be stored, with 400; keep pages out of shared and disk caches."""

    def __init__(self, get_response: Answer) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if UNWRITABLE.search(request.path_info):
            raise BadRequest("The address holds characters that cannot be stored.")
        for values in (request.GET, request.POST):
            for name, texts in values.lists():
                if any(UNWRITABLE.search(str(text)) for text in (name, *texts)):
                    raise BadRequest("A field holds characters that cannot be stored.")
        response = self._get_response(request)
        # A page may be a person's own, and even the sign-in page holds a secret of its form.
        response.headers.setdefault("Cache-Control", "no-store")
        response.headers.setdefault("Permissions-Policy", PERMISSIONS)
        return response


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
        """Turn the sign-in redirect of a fragment into one of the page around it, so that no form lands in a row."""
        htmx = cast(HtmxDetails, request.htmx)  # type: ignore[attr-defined]
        sign_in = resolve_url(settings.LOGIN_URL)
        if not htmx or response.status_code != 302 or response.headers["Location"].partition("?")[0] != sign_in:
            return response
        # The header is written by the browser's side: it leads back only within this site.
        page = htmx.current_url_abs_path or "/"
        if not url_has_allowed_host_and_scheme(page, allowed_hosts=None):
            page = "/"
        answer = HttpResponseClientRedirect(redirect_to_login(page, sign_in).url)
        answer.status_code = 401
        return answer
