"""Every function that answers: unknown parameters are refused, and a write may be repeated with its key."""

import hashlib
import re
import uuid
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from pydantic import BaseModel

from accounts import actions
from accounts.api.bearer import TokenRequest
from accounts.api.problems import Mistake, Problem, invalid
from accounts.models.token import LONGEST_KEY

HEADER = "Idempotency-Key"
KEY_PATTERN = rf"^[A-Za-z0-9._:-]{{1,{LONGEST_KEY}}}$"
_key = re.compile(KEY_PATTERN.strip("^$"), re.ASCII)
_NAMESPACE = uuid.UUID("6f0d7e0e-8f0f-4b3b-9c57-3f8f2d8d9e51")

View = Callable[..., Any]


def knows_its_parameters(view: View) -> View:
    """Refuse parameters of the address that the function does not know: a misspelt filter would find everything."""

    @wraps(view)
    def answer(request: TokenRequest, *args: Any, **said: Any) -> Any:
        asked = said.get("asked")
        known = type(asked).model_fields if isinstance(asked, BaseModel) else {}
        unknown = [name for name in request.GET if name not in known]
        if unknown:
            words = _("This is not a known parameter.")
            raise Problem("invalid", errors=[Mistake(name, "extra_forbidden", words) for name in unknown])
        return view(request, *args, **said)

    return answer


def writes(status: int) -> Callable[[View], View]:
    """Make a function that writes answer with a status, and repeat its answer for the same key and request."""

    def of(view: View) -> View:
        @wraps(view)
        def answer(request: TokenRequest, *args: Any, **said: Any) -> HttpResponse:
            def work() -> actions.Answer:
                shape: BaseModel = view(request, *args, **said)
                return actions.Answer(status, shape.model_dump_json())

            done = _once(request, work)
            response = HttpResponse(done.body, status=done.status, content_type="application/json; charset=utf-8")
            if done.is_repeated:
                response.headers["Idempotency-Replayed"] = "true"
            return response

        return answer

    return of


def _once(request: TokenRequest, work: Callable[[], actions.Answer]) -> actions.Answer:
    if HEADER not in request.headers:
        return work()
    key = request.headers[HEADER]
    if not _key.fullmatch(key):
        words = _("Send a UUID, or at most {count} letters, digits and signs of “._:-”.").format(count=LONGEST_KEY)
        raise invalid(HEADER, "idempotency_key", words)
    named = f"{request.method} {request.path}\n".encode() + request.body
    try:
        return actions.answer_once(
            request.auth, key=key, fingerprint=hashlib.sha256(named).hexdigest(), work=work, now=timezone.now()
        )
    except actions.KeyUsedBefore:
        raise _used_before() from None


def answer_used_before(request: HttpRequest, error: Any) -> HttpResponse:
    """The key is older than its kept answer, and the ledger knows that it was another request's."""
    return _used_before().answer()


def _used_before() -> Problem:
    return Problem("key-used", _("Take a new key for a new request."))


def form_key_of(request: TokenRequest) -> uuid.UUID:
    """The key under which the ledger remembers the request for ever: the same for the same idempotency key."""
    key = request.headers.get(HEADER, "")
    return uuid.uuid5(_NAMESPACE, f"{request.auth.pk} {key}") if key else uuid.uuid4()
