"""What the framework's OpenAPI document does not say by itself: problems, their headers, the idempotency key."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.utils.translation import gettext_noop, override
from ninja.openapi.schema import OpenAPISchema

from accounts.api import shapes
from accounts.api.bearer import CHALLENGE
from accounts.api.problems import KINDS, MEDIA_TYPE
from accounts.api.repeating import HEADER, KEY_PATTERN

ABOUT = (
    "Money is text, never a floating number. Instants are ISO 8601 with a zone and go out in UTC. Lists say in `next` "
    "where they go on. A write with an Idempotency-Key may be repeated for 24 hours."
)
# What asks with a body and changes nothing, so that no key is needed to repeat it.
SUPPOSING = ("suppose_standing", "preview_plans", "preview_plans_anew")
EVERYWHERE = (
    *("bad-request", "token-in-address", "token-missing", "token-refused", "scope-missing"),
    *("length-missing", "too-large", "not-json", "invalid", "too-many", "broken", "away"),
)
RATE_HEADERS = {
    name: {"schema": {"type": "string"}, "required": True, "example": example}
    for name, example in (("RateLimit-Policy", '"token";q=120;w=60'), ("RateLimit", '"token";r=119;t=40'))
}
REF = "#/components/schemas/Problem"


def complete(document: OpenAPISchema, scopes: Mapping[str, str]) -> OpenAPISchema:
    """Add to every operation its scope and what it may answer besides success, and to every write its key."""
    schemas = document["components"]["schemas"]
    for shape in (shapes.FieldProblem, shapes.Problem):
        schemas[shape.__name__] = shape.model_json_schema(ref_template="#/components/schemas/{model}")
        schemas[shape.__name__].pop("$defs", None)
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            is_write = method != "get" and operation["operationId"] not in SUPPOSING
            kinds = [*EVERYWHERE]
            kinds += ["not-found"] if "{" in path else []
            kinds += ["role-missing", "archived", "key-used"] if is_write else []
            kinds += ["plan-changed"] if operation["operationId"] == "adopt_plan" else []
            for said in operation["responses"].values():
                said["headers"] = RATE_HEADERS
            operation["responses"] |= _problems(kinds)
            operation["responses"] = dict(
                sorted((str(status), said) for status, said in operation["responses"].items())
            )
            operation["x-scope"] = scopes[operation["operationId"]]
            operation["security"] = [{"Token": []}]
            if is_write:
                operation["parameters"] = [*operation["parameters"], _key()]
    document["components"]["securitySchemes"] = {
        "Token": {
            "type": "http",
            "scheme": "bearer",
            "description": "A token from the page Access tokens of your profile.",
        }
    }
    return document


def _problems(names: Iterable[str]) -> dict[str, dict[str, Any]]:
    """What may be answered besides success, by its status: each with the titles of its kinds."""
    titles: dict[int, list[str]] = {}
    for name, kind in KINDS.items():
        if name in names:
            titles.setdefault(kind.status, []).append(_english(kind.title))
    return {str(status): _problem(status, " ".join(said)) for status, said in titles.items()}


def _problem(status: int, title: str) -> dict[str, Any]:
    answer: dict[str, Any] = {"description": title, "content": {MEDIA_TYPE: {"schema": {"$ref": REF}}}}
    headers = {
        401: {"WWW-Authenticate": {"schema": {"type": "string"}, "required": True, "example": CHALLENGE}},
        429: RATE_HEADERS | {"Retry-After": {"schema": {"type": "integer", "minimum": 1}, "required": True}},
    }
    return answer | ({"headers": headers[status]} if status in headers else {})


def _english(text: Any) -> str:
    """The description speaks one language, whoever asks for it first."""
    with override("en"):
        return str(text)


def _key() -> dict[str, Any]:
    return {
        "in": "header",
        "name": HEADER,
        "required": False,
        "schema": {"type": "string", "pattern": KEY_PATTERN},
        "description": gettext_noop("The same key with the same request gets the same answer, for 24 hours."),
    }
