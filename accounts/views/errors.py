"""The pages that say what went wrong. The gravest of them lean on nothing but a template."""

import sys

from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import RequestDataTooBig
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string

from accounts.templatetags import themes

RETRY_AFTER_SECONDS = 30


def _bare(request: HttpRequest, template: str, status: int, **facts: bool) -> HttpResponse:
    """Answer without context processors: there may be no session, no person and no database."""
    context = {"theme": themes.of_browser(request), **facts}
    return HttpResponse(render_to_string(template, context), status=status)


@login_not_required
def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _bare(request, "400.html", 400, is_too_large=isinstance(exception, RequestDataTooBig))


@login_not_required
def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    return render(request, "403.html", status=403)


@login_not_required
def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return render(request, "404.html", status=404)


@login_not_required
def server_error(request: HttpRequest) -> HttpResponse:
    """Answer 503 when the database is away or too busy, wherever in the request that showed; else 500."""
    if isinstance(sys.exception(), OperationalError | InterfaceError):
        response = _bare(request, "503.html", 503)
        response.headers["Retry-After"] = str(RETRY_AFTER_SECONDS)
        return response
    return _bare(request, "500.html", 500)


@login_not_required
def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """The form's secret did not match: most often the page was open since before the last sign-in."""
    return render(request, "403.html", {"is_stale_form": True}, status=403)


@login_not_required
def too_many(request: HttpRequest) -> HttpResponse:
    return render(request, "429.html", status=429)
