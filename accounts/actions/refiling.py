"""Bring the files of a document back into the file room: each is looked into as one that somebody attaches."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from accounts.actions import filing
from accounts.actions.receipts import Ready, ready
from accounts.exports import DocumentError, Held
from accounts.gateways import examining, files

Row = dict[str, Any]


def refile(document: Row, held: Held, *, now: datetime) -> Mapping[str, Ready]:
    """Write the files that receipts of a document refer to; return what each of them is, by its SHA-256.

    DocumentError when one may not be kept. What is written is loose until a receipt refers to it. A file whose bytes
    the document does not have is left out: nobody may get at a file by knowing its hash.
    """
    wanted = {receipt["sha256"] for _path, receipt in receipts_of(document)}
    found: dict[str, Ready] = {}
    for place, file in enumerate(document["files"]):
        digest, content = file["sha256"], held.get(file["sha256"])
        if content is None or digest not in wanted:
            continue
        try:
            most = settings.RECEIPT_MOST_MB * 1024**2
            examined = examining.examine(content, most_bytes=most, now=now, as_kept=True)
            filing.put(examined, now=now)
        except examining.NotKept as refusal:
            reason = _("cannot be kept as a receipt ({rule})").format(rule=refusal.code)
            raise DocumentError(f"files[{place}].content", reason) from refusal
        except files.Unreachable as error:
            raise DocumentError("", _("Files cannot be stored at the moment. Try again later.")) from error
        found[digest] = ready(examined, digest, "")
    for path, receipt in receipts_of(document):
        if receipt["sha256"] in found and found[receipt["sha256"]].kind != receipt["kind"]:
            raise DocumentError(f"{path}.kind", _("is not what its file is"))
    return found


def receipts_of(document: Row) -> Iterator[tuple[str, Row]]:
    """Every receipt of a document with its path."""
    for place, account in enumerate(document["accounts"]):
        for number, payment in enumerate(account["payments"]):
            for each, receipt in enumerate(payment["receipts"]):
                yield f"accounts[{place}].payments[{number}].receipts[{each}]", receipt
