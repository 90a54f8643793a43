"""What the framework's OpenAPI document does not say by itself: problems, their headers, the idempotency key."""

from collections.abc import Mapping
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
EVERYWHERE = (
    *(
        "bad-request",
        "token-missing",
        "scope-missing",
        "too-large",
        "not-json",
        "invalid",
        "too-many",
        "broken",
        "away",
    ),
)
REF = "#/components/schemas/Problem"


def complete(document: OpenAPISchema, scopes: Mapping[str, str]) -> OpenAPISchema:
    """Add to every operation its scope and what it may answer besides success, and to every write its key."""
    schemas = document["components"]["schemas"]
    for shape in (shapes.FieldProblem, shapes.Problem):
        schemas[shape.__name__] = shape.model_json_schema(ref_template="#/components/schemas/{model}")
        schemas[shape.__name__].pop("$defs", None)
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            is_write = method != "get" and operation["operationId"] != "suppose_standing"
            kinds = [*EVERYWHERE]
            kinds += ["not-found"] if "{" in path else []
            kinds += ["archived"] if is_write else []
            operation["responses"] |= {str(KINDS[kind].status): _problem(kind) for kind in kinds}
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


def _problem(name: str) -> dict[str, Any]:
    kind = KINDS[name]
    answer: dict[str, Any] = {
        "description": _english(kind.title),
        "content": {MEDIA_TYPE: {"schema": {"$ref": REF}}},
    }
    headers = {
        401: {"WWW-Authenticate": {"schema": {"type": "string"}, "required": True, "example": CHALLENGE}},
        429: {"Retry-After": {"schema": {"type": "integer", "minimum": 1}, "required": True}},
    }
    return answer | ({"headers": headers[kind.status]} if kind.status in headers else {})


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
