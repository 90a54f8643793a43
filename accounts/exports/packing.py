"""A workspace as one document, piece by piece: its size is no matter of memory."""

import itertools
import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from django.db import connection, models, transaction

from accounts import rules
from accounts.exports import workspace as schema
from accounts.exports.attached import FILE, RECEIPT
from accounts.gateways import files
from accounts.models import (
    Account,
    Delivery,
    Episode,
    Escalation,
    Event,
    Import,
    Membership,
    Notice,
    Payment,
    Plan,
    Receipt,
    Relay,
    RelayEvent,
    Rulebook,
    Sighting,
    User,
    Workspace,
)
from accounts.models.imports import OVER, RUNNING, WAITING, ImportQuerySet
from accounts.models.notice import MOST_DOUBTS, PENDING, SENDING, UNCERTAIN

CHUNK = 2000
PIECE = 64 * 1024
IDLE = "5min"
Row = dict[str, Any]
NOTHING: tuple[int, list[Row]] = (0, [])
Tell = Callable[[int], None]


def untold(count: int) -> None:
    """Nobody waits to hear how far it is."""


@contextmanager
def snapshot() -> Iterator[None]:
    """One moment of the database for everything that is read within, where the caller has no transaction already.

    Whoever reads no further for IDLE loses it: the database does not keep old rows for a reader that has stalled.
    """
    is_outermost = not connection.in_atomic_block
    with transaction.atomic():
        if is_outermost:
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
                cursor.execute(f"SET LOCAL idle_in_transaction_session_timeout = '{IDLE}'")
        yield


def workspace_as_json(workspace: Workspace, *, now: datetime, tell: Tell = untold) -> Iterator[bytes]:
    """The workspace as UTF-8 JSON (schema.SCHEMA); the same moment for all of it, and memory for a few rows.

    tell: hears now and then how many further rows are written.
    """
    with snapshot():
        yield from gathered(_pieces(workspace, now), tell)


def gathered(pieces: Iterable[str], tell: Tell) -> Iterator[bytes]:
    """Small pieces of text, each about a row, as UTF-8 in pieces of a size that is worth writing."""
    held: list[str] = []
    size = 0
    for piece in pieces:
        held.append(piece)
        size += len(piece)
        if size > PIECE:
            yield "".join(held).encode()
            tell(len(held))
            held, size = [], 0
    yield "".join(held).encode()


def _pieces(workspace: Workspace, now: datetime) -> Iterator[str]:
    accounts = Account.objects.filter(workspace=workspace).order_by("created_at", "id")
    people = _People(workspace, accounts)
    head = {"schema": schema.SCHEMA, "exported_at": rules.as_text(now), "workspace": schema.HOME.write(workspace)}
    yield _text(head)[:-1]
    yield from _list("people", people.rows())
    members = Membership.objects.filter(workspace=workspace).order_by("id")
    yield from _list(
        "members", ({"person": people.number(member.user_id), **schema.MEMBER.write(member)} for member in members)
    )
    yield from _list("rulebooks", (schema.RULEBOOK.write(book) for book in _rulebooks(accounts)))
    yield ',\n"accounts": ['
    for place, account in enumerate(accounts.iterator(CHUNK)):
        yield ",\n" if place else "\n"
        yield from _account(account, people)
    yield "\n]"
    imports = _imports(workspace).without_content().order_by("created_at", "id")
    yield from _list("imports", (_import(held, people) for held in imports.iterator(CHUNK)))
    yield from _list("relays", _relays(workspace, people))
    yield from _list("files", _files(accounts))
    yield "}\n"


def _account(account: Account, people: "_People") -> Iterator[str]:
    yield _text(schema.ACCOUNT.write(account))[:-1]
    yield from _list("payments", _payments(account, people))
    sightings = Sighting.objects.filter(account=account).order_by("id")
    numbers = {key: place for place, key in enumerate(sightings.values_list("pk", flat=True), start=1)}
    yield from _list("sightings", (_sighting(each, numbers, people) for each in sightings.iterator(CHUNK)))
    episodes = Episode.objects.filter(account=account).select_related("escalation").order_by("started_at", "id")
    yield from _list("episodes", (_episode(each, people) for each in episodes.iterator(CHUNK)))
    plans = Plan.objects.filter(account=account).order_by("id")
    yield from _list(
        "plans",
        (schema.PLAN.write(plan) | {"adopted_by": people.number(plan.adopted_by_id)} for plan in plans.iterator(CHUNK)),
    )
    events = Event.objects.filter(account=account).order_by("id")
    yield from _list(
        "events", (schema.EVENT.write(event) | {"by": people.number(event.by_id)} for event in events.iterator(CHUNK))
    )
    notices = Notice.objects.filter(account=account).order_by("created_at", "id")
    deliveries = models.Prefetch("deliveries", Delivery.objects.order_by("copy", "created_at", "id"))
    held = notices.prefetch_related(deliveries).iterator(CHUNK)
    yield from _list("notices", (_notice(each, numbers, people) for each in held))
    yield "}"


def _payments(account: Account, people: "_People") -> Iterator[Row]:
    payments = Payment.objects.filter(account=account).annotate(undone_uid=models.F("undoes__uid")).order_by("id")
    proofs = _receipts(account, people)
    proved, proving = next(proofs, NOTHING)
    for payment in payments.iterator(CHUNK):
        undone = payment.undone_uid  # type: ignore[attr-defined]  # annotated above
        row = {"undoes": str(undone) if undone else None, "recorded_by": people.number(payment.recorded_by_id)}
        receipts: list[Row] = []
        if proved == payment.pk:
            receipts = proving
            proved, proving = next(proofs, NOTHING)
        yield schema.PAYMENT.write(payment) | row | {"receipts": receipts}


def _receipts(account: Account, people: "_People") -> Iterator[tuple[int, list[Row]]]:
    """The receipts of each payment that has any, by its key, in the order of the payments."""
    kept = Receipt.objects.kept().filter(payment__account=account).order_by("payment_id", "added_at", "id")
    for payment_id, of_one in itertools.groupby(kept.iterator(CHUNK), key=lambda receipt: receipt.payment_id):
        yield payment_id, [RECEIPT.write(each) | {"added_by": people.number(each.added_by_id)} for each in of_one]


def _files(accounts: models.QuerySet[Account]) -> Iterator[Row]:
    """The bytes of each receipt, once. files.Unreachable where nobody can say what they are."""
    kept = Receipt.objects.kept().filter(payment__account__in=accounts.order_by()).order_by("sha256")
    for digest in kept.values_list("sha256", flat=True).distinct():
        try:
            content: bytes | None = files.read(digest)
        except files.Missing:
            content = None
        yield {"sha256": digest, "content": None if content is None else FILE.fields[1].kind.write(content)}


def _imports(workspace: Workspace) -> ImportQuerySet:
    """Those into one of its accounts, and those into several."""
    into_it = models.Q(account__workspace=workspace) | models.Q(workspace=workspace)
    return Import.objects.filter(into_it).order_by()


def _import(held: Import, people: "_People") -> Row:
    """What was given is read only where it is kept. A claim belongs to a worker: what is being written waits again."""
    row = schema.IMPORT.write(held) | {"created_by": people.number(held.created_by_id)}
    row |= {"state": held.state, "rows_done": held.rows_done, "beaten_at": rules.as_text(held.beaten_at)}
    if held.state == RUNNING:
        row |= {"state": WAITING, "rows_done": 0, "beaten_at": None}
    content = b"" if held.state in OVER else bytes(held.content)
    return row | {"content": schema.IMPORT.field("content").kind.write(content)}


def _sighting(sighting: Sighting, numbers: dict[int, int], people: "_People") -> Row:
    who = people.number(sighting.recorded_by_id)
    return {"number": numbers[sighting.pk], **schema.SIGHTING.write(sighting), "recorded_by": who}


def _episode(episode: Episode, people: "_People") -> Row:
    escalation: Escalation | None = getattr(episode, "escalation", None)
    path = None
    if escalation is not None:
        ticks = [
            {"step": step, "at": tick["at"], "by": people.number(tick["by"])} for step, tick in escalation.ticks.items()
        ]
        path = schema.ESCALATION.write(escalation) | {"ticks": ticks}
    return schema.EPISODE.write(episode) | {"escalation": path}


def _notice(notice: Notice, numbers: dict[int, int], people: "_People") -> Row:
    return schema.NOTICE.write(notice) | {
        "sighting": numbers[notice.sighting_id] if notice.sighting_id else None,
        "recipient": people.number(notice.recipient_id),
        "deliveries": [_delivery(delivery) for delivery in notice.deliveries.all()],
    }


def _delivery(delivery: Delivery) -> Row:
    """A mail as it would be found after a crash at this moment: a claim belongs to a sender, not to the document."""
    status, doubts = delivery.status, delivery.doubts
    if status == SENDING and delivery.phase == "claimed":
        status = PENDING
    elif status == SENDING:
        status, doubts = UNCERTAIN, min(doubts + 1, MOST_DOUBTS)
    return schema.DELIVERY.write(delivery) | {"status": status, "doubts": doubts}


def _relays(workspace: Workspace, people: "_People") -> Iterator[Row]:
    events = models.Prefetch("events", RelayEvent.objects.order_by("id"))
    relays = Relay.objects.filter(workspace=workspace).order_by("created_at", "id").prefetch_related(events)
    for relay in relays.iterator(CHUNK):
        told = [schema.RELAY_EVENT.write(each) | {"by": people.number(each.by_id)} for each in relay.events.all()]
        yield schema.RELAY.write(relay) | {"events": told}


def _rulebooks(accounts: models.QuerySet[Account]) -> models.QuerySet[Rulebook]:
    """Every edition that something of these accounts refers to."""
    named = Rulebook.objects.filter(accounts__in=accounts.order_by()).values("pk")
    used = models.Q(pk__in=named)
    for model in (Sighting, Episode, Plan, Notice):
        of_these = model._default_manager.filter(account__in=accounts.order_by())
        used |= models.Q(pk__in=of_these.order_by().values("rulebook_id"))
    return Rulebook.objects.filter(used).by_provider()


class _People:
    """Everybody whom the document names, by a number of its own. Somebody who has left has a number and no name."""

    def __init__(self, workspace: Workspace, accounts: models.QuerySet[Account]) -> None:
        of_these = {"account__in": accounts.order_by()}
        named = set(Membership.objects.filter(workspace=workspace).values_list("user_id", flat=True))
        attached = Receipt.objects.kept().filter(payment__account__in=accounts.order_by()).order_by()
        named.update(attached.values_list("added_by_id", flat=True).distinct())
        for model, column in ((Payment, "recorded_by"), (Sighting, "recorded_by"), (Plan, "adopted_by"), (Event, "by")):
            named.update(
                model._default_manager.filter(**of_these).order_by().values_list(f"{column}_id", flat=True).distinct()
            )
        named.update(Notice.objects.filter(**of_these).order_by().values_list("recipient_id", flat=True).distinct())
        imported = _imports(workspace)
        named.update(imported.values_list("created_by_id", flat=True).distinct())
        relayed = RelayEvent.objects.filter(relay__workspace=workspace).order_by()
        named.update(relayed.values_list("by_id", flat=True).distinct())
        ticks = Escalation.objects.filter(episode__account__in=accounts.order_by()).exclude(ticks={})
        for ticked in ticks.values_list("ticks", flat=True).iterator(CHUNK):
            named.update(tick["by"] for tick in ticked.values())
        named.discard(None)
        self._numbers = {key: number for number, key in enumerate(sorted(named), start=1)}

    def number(self, user_id: int | None) -> int | None:
        return None if user_id is None else self._numbers[user_id]

    def rows(self) -> Iterator[Row]:
        held = User.objects.in_bulk(list(self._numbers))
        gone = User(is_active=False)
        for key, number in self._numbers.items():
            row = schema.PERSON.write(held.get(key, gone))
            yield {"number": number, **row, "email": row["email"] or None}


def _list(name: str, rows: Iterable[Row]) -> Iterator[str]:
    """A field that is a list, one row to a line, after the fields before it."""
    yield f',\n"{name}": ['
    for place, row in enumerate(rows):
        yield ("," if place else "") + "\n" + _text(row)
    yield "]"


def _text(row: Row) -> str:
    return json.dumps(row, ensure_ascii=False, separators=(", ", ": "))
