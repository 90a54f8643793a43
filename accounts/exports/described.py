"""The schema of a workspace's document in the words of others: JSON Schema, and tables for people."""

from typing import Any

from accounts.exports import workspace as schema
from accounts.exports.shape import Field


def json_schema() -> dict[str, Any]:
    """The JSON Schema (2020-12) of schema.SCHEMA. It knows shapes and kinds, not what refers to what."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:{schema.NAME}:{schema.VERSION}",
        "title": schema.SCHEMA,
        **schema.DOCUMENT.schema(),
    }


def tables() -> str:
    """Every field of every object, as tables in Markdown."""
    parts = []
    for shape in schema.SHAPES:
        rows = [
            f"| `{field.name}` | {field.kind.words}{', or null' if field.is_nullable else ''} | {_says(field)} |"
            for field in shape.fields
        ]
        parts.append(
            "\n".join([f"### {shape.name}", "", shape.says, "", "| field | kind | says |", "|---|---|---|", *rows])
        )
    return "\n\n".join(parts) + "\n"


def _says(field: Field) -> str:
    return f"{field.says} (since version {field.since})" if field.since > 1 else field.says
