"""The API's own door: what may come in, and that every answer, whoever gives it, is one that scripts can read."""

import json
from collections.abc import Callable
from http import HTTPStatus
from typing import Any, NoReturn

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import translation
from django.utils.translation import gettext as _
from ninja.parser import Parser as NinjaParser

from accounts.actions.tokens import SECRET
from accounts.api.bearer import Share
from accounts.api.problems import BY_STATUS, MEDIA_TYPE, Problem
from accounts.forms.fields import UNWRITABLE

PREFIX = "/api/v1/"
# A page for people: it is answered as every other page.
PAGE = f"{PREFIX}docs"
TOKEN_NAMES = {"access_token", "api_key", "apikey", "auth", "authorization", "bearer", "key", "secret", "token"}
MOST_DEPTH = 20


class ApiMiddleware:
    """Guard the addresses of the API; see `refusal` for what is turned away.

    Cookies are taken off, so that nobody's browser can be made to act: only the header of a token opens anything. What
    others answer as a page (an unknown address, a crash) becomes a problem document.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.path_info.startswith(PREFIX) or request.path_info == PAGE:
            return self._get_response(request)
        request.COOKIES = {}
        with translation.override(translation.get_language_from_request(request)):
            refused = refusal(request)
            response = _readable(refused.answer() if refused else self._get_response(request))
        share: Share | None = getattr(request, "share", None)
        for name, value in share.headers.items() if share is not None else ():
            response.headers[name] = value
        return response


def refusal(request: HttpRequest) -> Problem | None:
    """Say why a request is turned away before anybody looks at it: for its address, its length, or what it is."""
    if any(name.lower() in TOKEN_NAMES or any(map(SECRET.search, values)) for name, values in request.GET.lists()):
        words = _("Addresses are written down on their way. Send it as the header “Authorization: Bearer …” instead.")
        return Problem("token-in-address", words)
    if "Transfer-Encoding" in request.headers and not request.META.get("CONTENT_LENGTH"):
        # What comes in pieces is of no known length, and would be taken for nothing.
        return Problem("length-missing", _("Send the header “Content-Length”, and the body in one piece."))
    length = request.META.get("CONTENT_LENGTH") or "0"
    if not length.isdigit() or int(length) > settings.API_MOST_BYTES:
        return Problem("too-large", _("Send at most {count} bytes.").format(count=settings.API_MOST_BYTES))
    if int(length) and request.content_type != "application/json":
        return Problem("not-json", _("Send the header “Content-Type: application/json”."))
    return None


def _readable(response: HttpResponse) -> HttpResponse:
    """The answer itself, or in the place of an error page the problem document that says the same."""
    kind = response.headers.get("Content-Type", "")
    if response.status_code < HTTPStatus.BAD_REQUEST or kind.startswith(MEDIA_TYPE):
        return response
    problem = Problem(BY_STATUS.get(response.status_code, "bad-request")).answer()
    for name in ("Allow", "Retry-After"):
        if name in response.headers:
            problem.headers[name] = response.headers[name]
    problem.headers["Cache-Control"] = "no-store"
    return problem


class Parser(NinjaParser):
    """JSON as RFC 8259 has it, of a depth that people write, with text that can be stored."""

    def parse_body(self, request: HttpRequest) -> Any:
        said = json.loads(request.body.decode(), parse_constant=_refuse_constant, object_pairs_hook=_table)
        _check(said, MOST_DEPTH)
        return said


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _table(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    table = dict(pairs)
    if len(table) < len(pairs):
        raise ValueError("a name stands twice")
    return table


def _check(value: Any, depth: int) -> None:
    if depth == 0:
        raise ValueError("nested too deeply")
    if isinstance(value, str) and UNWRITABLE.search(value):
        raise ValueError("text that cannot be stored")
    if isinstance(value, dict):
        for name, item in value.items():
            _check(name, depth)
            _check(item, depth - 1)
    elif isinstance(value, list):
        for item in value:
            _check(item, depth - 1)
