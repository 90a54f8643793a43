"""The page about the API: every address with what it takes and gives, made from the description itself."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from ninja import NinjaAPI
from ninja.openapi.docs import DocsBase

from accounts.api.door import PREFIX

Table = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Field:
    """One parameter of the address or header, or one field of the body or of the answer."""

    name: str
    kind: str
    is_needed: bool
    words: str


@dataclass(frozen=True, slots=True)
class Operation:
    name: str
    method: str
    short: str
    words: str
    scope: str
    parameters: list[Field]
    body: list[Field]
    answer: list[Field]
    status: str
    curl: str


class Reference(DocsBase):
    def render_page(self, request: HttpRequest, api: NinjaAPI, **facts: Any) -> HttpResponse:
        document = api.get_openapi_schema(path_params=facts)
        groups: dict[str, list[Operation]] = {}
        for operation, tag in _operations(document):
            groups.setdefault(tag, []).append(operation)
        context = {
            "groups": [(_(tag), operations) for tag, operations in groups.items()],
            "schema_address": self.get_openapi_url(api, facts),
            "limit": settings.API_REQUESTS_PER_MINUTE,
            "root": settings.SITE_URL + PREFIX.rstrip("/"),
            "tokens": reverse("accounts:tokens"),
        }
        return render(request, "accounts/api.html", context)


def _operations(document: Table) -> Iterator[tuple[Operation, str]]:
    """Every operation with its group."""
    for path, methods in document["paths"].items():
        for method, said in methods.items():
            schemas = document["components"]["schemas"]
            body = _schema(said.get("requestBody", {}), schemas)
            status = next(status for status in said["responses"] if status.startswith("2"))
            operation = Operation(
                name=said["operationId"],
                method=method.upper(),
                short=path.removeprefix(PREFIX.rstrip("/")),
                words=_(said["summary"]),
                scope=said["x-scope"],
                parameters=[
                    Field(p["name"], _kind(p["schema"], schemas), p["required"], _said(p))
                    for p in said["parameters"]
                    if p["in"] != "path"
                ],
                body=list(_fields(body, schemas)),
                answer=list(_fields(_schema(said["responses"][status], schemas), schemas)),
                status=status,
                curl=_curl(method.upper(), path, body),
            )
            yield operation, said["tags"][0]


def _schema(part: Table, schemas: Table) -> Table:
    """The schema of a body or of an answer."""
    content: Table = part.get("content", {}).get("application/json", {})
    return _resolved(content.get("schema", {}), schemas)


def _resolved(schema: Table, schemas: Table) -> Table:
    name = schema.get("$ref", "").rpartition("/")[2]
    found: Table = schemas[name] if name else schema
    return found


def _fields(schema: Table, schemas: Table, path: str = "") -> Iterator[Field]:
    """Every field, those within fields by their path: "items[].id"."""
    needed = schema.get("required", ())
    for name, part in schema.get("properties", {}).items():
        yield Field(f"{path}{name}", _kind(part, schemas), name in needed, _said(part))
        inner, sign = part, "."
        if "anyOf" in inner:
            inner = inner["anyOf"][0]
        if inner.get("type") == "array":
            inner, sign = inner["items"], "[]."
        yield from _fields(_resolved(inner, schemas), schemas, f"{path}{name}{sign}")


def _said(part: Table) -> str:
    return _(part["description"]) if part.get("description") else ""


def _kind(schema: Table, schemas: Table) -> str:
    """A type in a few signs, as people who write scripts know them."""
    if "anyOf" in schema:
        return " | ".join(dict.fromkeys(_kind(one, schemas) for one in schema["anyOf"]))
    if "allOf" in schema:
        return _kind(schema["allOf"][0], schemas)
    if "$ref" in schema:
        return _kind(_resolved(schema, schemas), schemas)
    if "enum" in schema:
        return " | ".join(map(str, schema["enum"]))
    if schema.get("type") == "array":
        return f"[{_kind(schema['items'], schemas)}]"
    if "pattern" in schema and "[0-9]" in schema["pattern"]:
        return "decimal"
    return str(schema.get("format") or schema.get("type", "object"))


def _curl(method: str, path: str, body: Table) -> str:
    """A line to try it; names in capitals are to be filled in."""
    for name, value in {"{account_id}": "$ACCOUNT", "{payment_id}": "$PAYMENT"}.items():
        path = path.replace(name, value)
    path = path.replace("{provider}", "openai").replace("{edition}", "2025-05")
    parts = ["curl", '-H "Authorization: Bearer $TOKEN"', f'"{settings.SITE_URL}{path}"']
    if method != "GET":
        parts.insert(1, f"-X {method}")
    if body.get("examples"):
        parts.append(f"--json '{json.dumps(body['examples'][0])}'")
    return " ".join(parts)
