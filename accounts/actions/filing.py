"""Put files into the file room and clear out those that nobody refers to, so that no crash and no race loses one.

A file is announced as loose before it is written, and stops being loose in the transaction that refers to it. Whatever
goes wrong in between leaves a loose file, which `prune_files` looks at an hour later.
"""

import hashlib
import logging
from collections.abc import Collection
from datetime import datetime, timedelta

from django.db import transaction

from accounts.gateways import files
from accounts.gateways.examining import Examined
from accounts.models import LooseFile, Receipt

log = logging.getLogger(__name__)

GRACE = timedelta(hours=1)
MOST_AT_ONCE = 10_000


def put(found: Examined, *, now: datetime) -> str:
    """Write a file and its thumbnail; return its SHA-256. files.Unreachable when that cannot be.

    It stays for an hour even if nobody refers to it. Call it outside of transactions that hold anything.
    """
    digest = hashlib.sha256(found.content).hexdigest()
    announced = LooseFile(sha256=digest, since=now)
    LooseFile.objects.bulk_create([announced], update_conflicts=True, unique_fields=["sha256"], update_fields=["since"])
    files.keep(digest, found.content, found.thumbnail)
    return digest


def claim(digests: Collection[str]) -> set[str]:
    """Hold files that this transaction is going to refer to, and return those that are gone meanwhile.

    Until the transaction ends nobody deletes one of them; when it has ended well, they are not loose any more.
    """
    loose = LooseFile.objects.select_for_update().filter(sha256__in=digests).order_by("sha256")
    held = {file.sha256 for file in loose}
    LooseFile.objects.filter(sha256__in=held).delete()
    return {digest for digest in digests if digest not in held and not _is_there(digest)}


def _is_there(digest: str) -> bool:
    try:
        return files.is_kept(digest)
    except files.Unreachable:
        return False


def prune_files(*, now: datetime) -> int:
    """Forget receipts that were removed an hour ago, and delete files that nobody has referred to for an hour.

    Return how many of both.
    """
    forgotten, _each = Receipt.objects.filter(removed_at__lt=now - GRACE).delete()
    gone = 0
    try:
        for digest in LooseFile.objects.filter(since__lt=now - GRACE).order_by("since")[:MOST_AT_ONCE]:
            gone += _discard(digest.sha256, now=now)
        files.sweep()
    except files.Unreachable:
        log.warning("Files that nobody needs cannot be deleted now.", exc_info=True)
    return forgotten + gone


@transaction.atomic
def _discard(digest: str, *, now: datetime) -> int:
    """Delete a loose file, unless it has just been taken up again; what somebody else holds is left to them."""
    loose = LooseFile.objects.select_for_update(skip_locked=True).filter(pk=digest, since__lt=now - GRACE).first()
    if loose is None:
        return 0
    is_needed = Receipt.objects.filter(sha256=digest).exists()
    if not is_needed:
        files.discard(digest)
    loose.delete()
    return not is_needed
