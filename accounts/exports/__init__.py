"""The packing room: what is here as documents to take away, and such documents read again. It writes no row."""

from accounts.exports import attached
from accounts.exports.attached import Held
from accounts.exports.described import json_schema
from accounts.exports.kinds import DocumentError
from accounts.exports.packing import Tell, workspace_as_json
from accounts.exports.person import person_as_json
from accounts.exports.reading import read_workspace
from accounts.exports.spreadsheets import workspace_as_csv
from accounts.exports.workbook import workspace_as_xlsx
from accounts.exports.workspace import MOST_BYTES, SCHEMA


def most_bytes() -> int:
    """How large a document may be that is read, with its files."""
    return attached.most_bytes(MOST_BYTES)


# Each form that a workspace can leave in: how a file's name ends, what the file is, and what makes it, piece by piece.
FORMATS = {
    "json": ("json", "application/json", workspace_as_json),
    "csv": ("csv.zip", "application/zip", workspace_as_csv),
    "xlsx": ("xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", workspace_as_xlsx),
}

# What every file is, by its form: those of a workspace, and the one of a person.
TYPES = {form: content_type for form, (_suffix, content_type, _write) in FORMATS.items()} | {
    "person": "application/json"
}

__all__ = [
    "FORMATS",
    "SCHEMA",
    "TYPES",
    "DocumentError",
    "Held",
    "Tell",
    "json_schema",
    "most_bytes",
    "person_as_json",
    "read_workspace",
    "workspace_as_csv",
    "workspace_as_json",
    "workspace_as_xlsx",
]
