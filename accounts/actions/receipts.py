"""Attach files to a payment as its receipts, remove them, take them back."""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction

from accounts import rules
from accounts.actions import filing
from accounts.actions.history import event, write_events
from accounts.gateways import examining, files
from accounts.models import Account, Event, Payment, Receipt, User, Workspace

# What becomes of a file beside examining.REFUSALS. taken: it is a receipt now. there: the payment had it already.
# many: the payment has as many as it may have. full: the workspace has no room for it. storage: it cannot be written.
TAKEN, THERE = "taken", "there"
MANY, FULL, STORAGE, BUSY = "many", "full", "storage", "busy"
# For how long the files of one request are looked into; what is left then has to come again.
PATIENCE_SECONDS = 60.0
MEGABYTE = 1024**2


class ReceiptRefused(ValueError):
    """A receipt that cannot be taken back; `code` is gone, many or full."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Given:
    """A file that somebody gives: the name that it has there, its size in bytes, and what reads it whole."""

    name: str
    size: int
    read: Callable[[], bytes]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a file: `code` is taken, there, or why it was refused. `name` is harmless to show."""

    name: str
    code: str
    receipt: Receipt | None = None

    @property
    def is_refused(self) -> bool:
        return self.code not in (TAKEN, THERE)


@dataclass(frozen=True, slots=True)
class Ready:
    """A file that is written and may become a receipt."""

    name: str
    kind: str
    sha256: str
    size: int
    has_thumbnail: bool
    facts: Mapping[str, str]


def attach_receipts(payment: Payment, given: Sequence[Given], *, by: User | None, now: datetime) -> list[Outcome]:
    """Attach files to a payment. Each has its own outcome, in their order; one that is refused does not hinder others.

    Files are looked into and written one after the other, before anything is locked; what may stay becomes receipts in
    one transaction. What was written and may not stay is loose, and goes by itself.
    """
    count, room = payment.receipts.kept().count(), _room(payment.account.workspace)
    deadline, looked = time.monotonic() + PATIENCE_SECONDS, []
    for file in given:
        is_over = time.monotonic() > deadline
        found = BUSY if is_over else _look(file, room=room, is_many=count >= rules.receipts.MOST_PER_PAYMENT, now=now)
        count += not isinstance(found, str)
        looked.append((rules.receipts.plain_line(file.name, rules.receipts.LONGEST_NAME), found))
    return _enter(payment, looked, by=by, now=now)


def _room(workspace: Workspace) -> int:
    """How many bytes may still be added."""
    return int(settings.RECEIPTS_MOST_MB) * MEGABYTE - Receipt.objects.room_taken(workspace)


def _look(file: Given, *, room: int, is_many: bool, now: datetime) -> Ready | str:
    """Look into a file and write it; or why not. What its size forbids is not even read."""
    most_bytes = settings.RECEIPT_MOST_MB * MEGABYTE
    if file.size > most_bytes:
        return "large"
    if is_many:
        return MANY
    if file.size > room:
        return FULL
    try:
        found = examining.examine(file.read(), most_bytes=most_bytes, now=now)
        digest = filing.put(found, now=now)
    except examining.NotKept as refusal:
        return refusal.code
    except files.Unreachable:
        filing.log.exception("A receipt cannot be written.")
        return STORAGE
    return ready(found, digest, file.name)


def ready(found: examining.Examined, digest: str, name: str) -> Ready:
    facts = {key: rules.receipts.plain_line(value, rules.receipts.LONGEST_NAME) for key, value in found.facts.items()}
    own_name = rules.receipts.file_name(name, found.kind)
    return Ready(own_name, found.kind, digest, len(found.content), bool(found.thumbnail), facts)


@transaction.atomic
def _enter(
    payment: Payment, looked: Iterable[tuple[str, Ready | str]], *, by: User | None, now: datetime
) -> list[Outcome]:
    """Make receipts of what may stay, now that nobody else adds any to this workspace."""
    account = _hold(payment.account_id)
    entry = _Entry(payment, account.workspace)
    lost = filing.claim({found.sha256 for _name, found in looked if isinstance(found, Ready)})
    outcomes, events = [], []
    for name, found in looked:
        if isinstance(found, str):
            outcomes.append(Outcome(name, found))
            continue
        code = BUSY if found.sha256 in lost else entry.check(found.sha256, found.size)
        if code != TAKEN:
            outcomes.append(Outcome(found.name, code))
            continue
        receipt = Receipt.objects.create(
            payment=payment, added_by=by, added_at=now, **{field: getattr(found, field) for field in Ready.__slots__}
        )
        outcomes.append(Outcome(receipt.name, TAKEN, receipt))
        events.append(_told(account, "receipt_attached", receipt, payment, by=by, now=now))
    write_events(events)
    return outcomes


class _Entry:
    """What a payment and its workspace hold, while one file after the other is added to them."""

    def __init__(self, payment: Payment, workspace: Workspace) -> None:
        self._held = set(payment.receipts.kept().values_list("sha256", flat=True))
        kept = Receipt.objects.kept().filter(payment__account__workspace=workspace).order_by()
        self._known = set(kept.values_list("sha256", flat=True))
        self._room = _room(workspace)

    def check(self, digest: str, size: int) -> str:
        """Whether a file may be added, as the code of its outcome; if so, it counts from now on."""
        needed = 0 if digest in self._known else size
        if digest in self._held:
            return THERE
        if len(self._held) >= rules.receipts.MOST_PER_PAYMENT:
            return MANY
        if needed > self._room:
            return FULL
        self._held.add(digest)
        self._known.add(digest)
        self._room -= needed
        return TAKEN


def _hold(account_id: Any) -> Account:
    """Let nobody else change the account, or add a receipt to its workspace, until the transaction ends."""
    account = Account.objects.select_for_update(of=("self",)).get(pk=account_id)
    account.workspace = Workspace.objects.select_for_update().get(pk=account.workspace_id)
    return account


@transaction.atomic
def remove_receipt(receipt: Receipt, *, by: User, now: datetime) -> Receipt:
    """Take a receipt off its payment. For an hour it can be taken back; then its file goes, too."""
    account, held = _hold_receipt(receipt)
    if held.removed_at is None:
        held.removed_at = now
        held.save(update_fields=["removed_at"])
        write_events([_told(account, "receipt_removed", held, held.payment, by=by, now=now)])
    return held


@transaction.atomic
def restore_receipt(receipt: Receipt, *, by: User, now: datetime) -> Receipt:
    """Take back a receipt that was removed. ReceiptRefused when it is gone for good, or there is no room for it now.

    Where the same file has been attached again meanwhile, that one stands for it.
    """
    account, held = _hold_receipt(receipt)
    if held.removed_at is None:
        return held
    code = _Entry(held.payment, account.workspace).check(held.sha256, held.size)
    if code == THERE:
        return held.payment.receipts.kept().get(sha256=held.sha256)
    if code != TAKEN:
        raise ReceiptRefused(code)
    held.removed_at = None
    held.save(update_fields=["removed_at"])
    write_events([_told(account, "receipt_restored", held, held.payment, by=by, now=now)])
    return held


def _hold_receipt(receipt: Receipt) -> tuple[Account, Receipt]:
    account = _hold(receipt.payment.account_id)
    held = Receipt.objects.select_for_update(of=("self",)).select_related("payment").filter(pk=receipt.pk).first()
    if held is None:
        raise ReceiptRefused("gone")
    return account, held


def _told(account: Account, kind: str, receipt: Receipt, payment: Payment, *, by: User | None, now: datetime) -> Event:
    """The event of a receipt, with its hash, and of which payment it is, in words that stay true."""
    of = {"kind": payment.kind, "gross": format(payment.gross.normalize(), "f"), "currency": payment.currency}
    facts = {"receipt": str(receipt.pk), "name": receipt.name, "sha256": receipt.sha256, "payment": str(payment.uid)}
    return event(account, kind, at=now, by=by, of=of | {"paid_at": rules.as_text(payment.paid_at)}, **facts)
