"""The site's addresses, and beside them pages that fail on purpose: what a person sees then is looked at, too."""

from django.core.exceptions import PermissionDenied
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse
from django.urls import include, path

from accounts import middleware
from accounts.views import errors
from tierdash.urls import handler400, handler403, handler404, handler500

__all__ = ["handler400", "handler403", "handler404", "handler500"]


def forbidden(request: HttpRequest) -> HttpResponse:
    raise PermissionDenied


def too_large(request: HttpRequest) -> HttpResponse:
    return middleware.refuse_size(request)


def broken(request: HttpRequest) -> HttpResponse:
    raise ValueError("broken on purpose")


def away(request: HttpRequest) -> HttpResponse:
    raise OperationalError("the server closed the connection unexpectedly")


urlpatterns = [
    path("faults/forbidden/", forbidden),
    path("faults/too-many/", errors.too_many),
    path("faults/too-large/", too_large),
    path("faults/broken/", broken),
    path("faults/away/", away),
    path("", include("tierdash.urls")),
]
