"""The packing room: what is here as documents to take away, and such documents read again. It writes no row."""

from accounts.exports import attached
from accounts.exports.attached import Held
from accounts.exports.described import json_schema
from accounts.exports.kinds import DocumentError
from accounts.exports.packing import write_workspace
from accounts.exports.person import write_person
from accounts.exports.reading import read_workspace
from accounts.exports.spreadsheets import write_csv, write_xlsx
from accounts.exports.workspace import MOST_BYTES, SCHEMA


def most_bytes() -> int:
    """How large a document may be that is read, with its files."""
    return attached.most_bytes(MOST_BYTES)


# Each form that a workspace can leave in: how a file's name ends, what the file is, and who writes it.
FORMATS = {
    "json": ("json", "application/json", write_workspace),
    "csv": ("csv.zip", "application/zip", write_csv),
    "xlsx": ("xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", write_xlsx),
}

__all__ = [
    "FORMATS",
    "SCHEMA",
    "DocumentError",
    "Held",
    "json_schema",
    "most_bytes",
    "read_workspace",
    "write_csv",
    "write_person",
    "write_workspace",
    "write_xlsx",
]
