"""What went wrong, as RFC 9457 has it (application/problem+json), in the language that was asked for."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

MEDIA_TYPE = "application/problem+json"
TYPE = "urn:tierdash:problem:"


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of problem: scripts tell them apart by its name, which never changes; people read the title."""

    status: int
    title: Any


KINDS: dict[str, Kind] = {
    "bad-request": Kind(400, gettext_lazy("The request cannot be understood.")),
    "token-in-address": Kind(400, gettext_lazy("A token does not belong in the address.")),
    "token-missing": Kind(401, gettext_lazy("A token is needed.")),
    "token-refused": Kind(401, gettext_lazy("This token lets nobody in.")),
    "scope-missing": Kind(403, gettext_lazy("This token may not do that.")),
    "role-missing": Kind(403, gettext_lazy("You may see this and not change it.")),
    "not-found": Kind(404, gettext_lazy("There is nothing here.")),
    "method-not-allowed": Kind(405, gettext_lazy("This address does not take this method.")),
    "archived": Kind(409, gettext_lazy("The account is in the archive.")),
    "plan-changed": Kind(409, gettext_lazy("The account has changed, and the plan with it.")),
    "key-used": Kind(409, gettext_lazy("The idempotency key belongs to another request.")),
    "length-missing": Kind(411, gettext_lazy("The length of the body is missing.")),
    "too-large": Kind(413, gettext_lazy("The request is too large.")),
    "not-json": Kind(415, gettext_lazy("Only JSON is taken.")),
    "invalid": Kind(422, gettext_lazy("Something in the request cannot stand.")),
    "too-many": Kind(429, gettext_lazy("Too many requests.")),
    "broken": Kind(500, gettext_lazy("Something went wrong on our side.")),
    "away": Kind(503, gettext_lazy("The database is away.")),
}
BY_STATUS = {kind.status: name for name, kind in reversed(KINDS.items())}


@dataclass(frozen=True, slots=True)
class Mistake:
    """One field that cannot stand: its path ("payments.0.gross"), a code for scripts, words for people."""

    field: str
    code: str
    message: str

    def __str__(self) -> str:
        return f"{self.field}: {self.message}" if self.field else self.message


class Problem(Exception):
    """Answer with a problem of this kind. `detail` says more than its title; `errors` name the fields."""

    def __init__(
        self,
        name: str,
        detail: str = "",
        *,
        errors: Sequence[Mistake] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(name)
        self.name, self.detail, self.errors, self.headers = name, detail, errors, headers

    def answer(self) -> HttpResponse:
        kind = KINDS[self.name]
        document: dict[str, Any] = {
            "type": TYPE + self.name,
            "title": str(kind.title),
            "status": kind.status,
            "detail": self.detail or " ".join(map(str, self.errors[:3])) or str(kind.title),
        }
        if self.errors:
            document["errors"] = [asdict(mistake) for mistake in self.errors]
        text = json.dumps(document, ensure_ascii=False)
        return HttpResponse(text, status=kind.status, content_type=MEDIA_TYPE, headers=self.headers)


def invalid(field: str, code: str, message: Any) -> Problem:
    """The problem of one field that cannot stand."""
    return Problem("invalid", errors=[Mistake(field, code, str(message))])


# The framework types what it hands over as "an error or its class"; it hands over errors.
def answer_problem(request: HttpRequest, problem: Any) -> HttpResponse:
    answer: HttpResponse = problem.answer()
    return answer


def answer_not_found(request: HttpRequest, error: Any) -> HttpResponse:
    return Problem("not-found").answer()


def answer_refusal(request: HttpRequest, error: Any) -> HttpResponse:
    """What the framework itself refuses: a body that is no JSON."""
    return Problem(BY_STATUS.get(error.status_code, "bad-request"), _("The body is not JSON.")).answer()


def answer_invalid(request: HttpRequest, error: Any) -> HttpResponse:
    return Problem("invalid", errors=list(_mistakes(error.errors))).answer()


def _mistakes(errors: Iterable[Mapping[str, Any]]) -> Iterable[Mistake]:
    for error in errors:
        # The first part says whether it stood in the body or in the address, the second one names our own parameter.
        path = [str(part) for part in error["loc"][1:]]
        if path[:1] in (["said"], ["asked"]):
            path = path[1:]
        yield Mistake(".".join(path), error["type"], _words(error))


# What pydantic finds, in our words; its own are English only. Our own checks raise words that are translated already.
WORDS = {
    "missing": gettext_lazy("This is missing."),
    "extra_forbidden": gettext_lazy("This is not a known field."),
    "string_type": gettext_lazy("Write text here."),
    "bool_type": gettext_lazy("Write true or false here."),
    "list_type": gettext_lazy("Write a list here."),
    "int_parsing": gettext_lazy("Write a whole number here."),
    "model_attributes_type": gettext_lazy("Write an object here."),
    "model_type": gettext_lazy("Write an object here."),
    "dict_type": gettext_lazy("Write an object here."),
}


def _words(error: Mapping[str, Any]) -> str:
    facts: Mapping[str, Any] = error.get("ctx", {})
    if "words" in facts:
        return str(facts["words"])
    match error["type"]:
        case "literal_error":
            return _("Write one of: {choices}.").format(choices=facts["expected"].replace(" or ", ", "))
        case "string_too_long":
            return _("Write at most {count} characters.").format(count=facts["max_length"])
        case "string_too_short":
            return _("Write something here.")
        case "too_long":
            return _("Write at most {count} entries.").format(count=facts["max_length"])
        case "greater_than_equal":
            return _("Write {number} or more.").format(number=facts["ge"])
        case "less_than_equal":
            return _("Write {number} or less.").format(number=facts["le"])
        case kind:
            return str(WORDS.get(kind, _("This cannot stand as it is.")))
