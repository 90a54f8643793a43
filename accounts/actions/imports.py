"""Bring payments in from a file or a pasted table: look first, write all or nothing, undo with one click."""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Mapping
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet

from accounts import rules
from accounts.actions.carrying import ImportRefused, finish_import, lock_accounts
from accounts.actions.history import event, write_events
from accounts.actions.reading import Reading, owners_of, read_import, read_table
from accounts.actions.standings import settle
from accounts.gateways.tables import MOST_ROWS, Table
from accounts.models import Account, Import, Payment, User, Workspace
from accounts.models.imports import CANCELLED, DONE, DRAFT, FAILED, RUNNING, UNDER_WAY, UNDONE, WAITING

# So many rows are written while the person waits; more are left to the clock.
AT_ONCE = 2_000
KEEP_DRAFTS = timedelta(days=1)


def begin_import(
    home: Account | Workspace, *, content: bytes, file_name: str, zone: ZoneInfo, by: User | None, now: datetime
) -> Import:
    """Store what was given, with a guess of its columns or what was said of such a table before; no payment is written.

    It is for one account, or for those of a workspace that its rows name. gateways.tables.Unreadable when it is no
    table, ImportRefused (archived) when the account is in the archive.
    """
    if isinstance(home, Account) and home.is_archived:
        raise ImportRefused("archived")
    table = read_table(content)
    held = Import(
        account=home if isinstance(home, Account) else None,
        workspace=home if isinstance(home, Workspace) else None,
        file_name=file_name[:200],
        content=content,
        digest=hashlib.sha256(content).hexdigest(),
        zone=str(zone),
        created_by=by,
        created_at=now,
    )
    _guess(held, table)
    like = Import.objects.like(held.home, held.header_key).without_content().first()
    if like is not None:
        held.say(like.columns, like.open_choices.remembered())
    _count(held, read_import(held, now=now, table=table))
    held.save()
    return held


def _guess(held: Import, table: Table) -> None:
    """Take over what a table itself says of its columns."""
    owners = owners_of(held.home, held.account, rules.imports.Choices())
    guess = rules.imports.guess_columns(table.records, owners.knows)
    loose = table.form if table.form in (rules.imports.LINES, *rules.imports.PUT_TOGETHER) else ""
    held.form, held.begins_at = table.form, guess.begins_at
    held.header_key = rules.imports.header_key(table.records, guess, loose)
    held.say(list(guess.columns), rules.imports.Choices())


def map_import(
    held: Import,
    *,
    columns: list[str],
    choices: rules.imports.Choices,
    by: User | None,
    now: datetime,
    table: Table | None = None,
) -> Reading:
    """Say what the columns of a draft hold and what the file leaves open. ImportRefused (over) when it is no draft.

    `table` is what the draft holds, where it has been read already.
    """
    held.say(columns, choices)
    reading = read_import(held, now=now, table=table)
    _keep(held, reading, "columns", "choices")
    return reading


def choose_sheet(held: Import, *, sheet: str, by: User | None, now: datetime) -> Reading:
    """Read another sheet of a draft's workbook; its columns are guessed anew. Unreadable, ImportRefused (over)."""
    table = read_table(bytes(held.content), sheet)
    held.sheet = table.sheet
    _guess(held, table)
    reading = read_import(held, now=now, table=table)
    _keep(held, reading, "sheet", "form", "header_key", "begins_at", "columns", "choices")
    return reading


@transaction.atomic
def forget_mapping(held: Import, *, by: User | None, now: datetime) -> Reading:
    """Forget what was said of such tables in this workspace; a draft is guessed anew. ImportRefused: over."""
    Import.objects.like(held.home, held.header_key).order_by().update(header_key="")
    table = read_table(bytes(held.content), held.sheet)
    _guess(held, table)
    reading = read_import(held, now=now, table=table)
    _keep(held, reading, "begins_at", "columns", "choices")
    return reading


def widen_import(held: Import, *, by: User | None, now: datetime) -> Import:
    """Make a draft for one account one for every account of its workspace that rows name. ImportRefused (over)."""
    held.account, held.workspace = None, held.home
    reading = read_import(held, now=now)
    _keep(held, reading, "account", "workspace")
    return held


def _count(held: Import, reading: Reading) -> None:
    held.rows, held.left_out = len(reading.rows), reading.troubled


def _keep(held: Import, reading: Reading, *names: str) -> None:
    _count(held, reading)
    said = {name: getattr(held, name) for name in (*names, "rows", "left_out")}
    if not Import.objects.filter(pk=held.pk, state=DRAFT).update(**said):
        raise ImportRefused("over")


@transaction.atomic
def start_import(held: Import, *, leaves_out: bool, destined: str = "", by: User | None, now: datetime) -> Import:
    """Import a draft: at once when it is small, else by the clock. A repeated start changes nothing.

    `destined` is what the names of accounts led to when the person looked (Reading.destined); "" is not compared.
    ImportRefused: archived, not_understood, nothing, rows, moved; the draft stays as it is then.
    """
    held = (
        Import.objects.select_related("account__workspace", "workspace").select_for_update(of=("self",)).get(pk=held.pk)
    )
    if held.state != DRAFT:
        return held
    if held.left_out and not leaves_out:
        raise ImportRefused("not_understood")
    if held.rows > MOST_ROWS:
        raise ImportRefused("rows")
    if held.account is not None and held.account.is_archived:
        raise ImportRefused("archived")
    held.state = RUNNING if held.rows <= AT_ONCE else WAITING
    held.leaves_out, held.destined, held.created_by, held.beaten_at = leaves_out, destined, by, now
    held.save(update_fields=["state", "leaves_out", "destined", "created_by", "beaten_at"])
    if held.state == RUNNING:
        finish_import(held, read_import(held, now=now), by=by, now=now)
        if not held.added:
            raise ImportRefused("nothing")
    return held


def cancel_import(held: Import, *, by: User | None, now: datetime) -> bool:
    """Give up a draft, or stop an import under way: nothing of it is written then. False: it was over already."""
    open_ones = Import.objects.filter(pk=held.pk, state__in=(DRAFT, *UNDER_WAY))
    return bool(open_ones.update(state=CANCELLED, ended_at=now, content=b""))


@transaction.atomic
def undo_import(held: Import, *, by: User | None, now: datetime) -> Import:
    """Void every payment of an import that nobody has touched since, in all its accounts. `kept` counts what stays.

    Touched is what was corrected, voided or restored by hand, and what a refund entered later takes back. An import
    that is not done stays as it is. ImportRefused (archived) when an account of it is in the archive.
    """
    held = Import.objects.select_for_update(of=("self",)).get(pk=held.pk)
    if held.state != DONE:
        return held
    accounts = lock_accounts(list(held.payments.order_by().values_list("account", flat=True).distinct()))
    untouched = untouched_payments(held)
    unusual = untouched.exclude(status="succeeded").values_list("account", "uid", "status")
    statuses: Mapping[object, dict[str, str]] = defaultdict(dict)
    for account, uid, status in unusual:
        statuses[account][str(uid)] = status
    going = untouched.exclude(status="void")
    voided = Counter(going.order_by().values_list("account", flat=True))
    going.update(status="void", changed_at=now)
    kept = Counter(held.payments.exclude(status="void").order_by().values_list("account", flat=True))
    held.kept = kept.total()
    held.state, held.ended_at = UNDONE, now
    held.save(update_fields=["kept", "state", "ended_at"])
    said = {"import": str(held.pk), "file": held.file_name}
    write_events(
        event(
            account,
            "import_undone",
            at=now,
            by=by,
            **said,
            voided=voided[account.pk],
            kept=kept[account.pk],
            statuses=statuses[account.pk],
        )
        for account in accounts
    )
    failed = settle(accounts, now=now)
    if failed:
        raise failed[0].error
    return held


def untouched_payments(held: Import) -> QuerySet[Payment]:
    """The payments of an import that are as it brought them."""
    refunds = Payment.objects.filter(undoes=OuterRef("pk")).exclude(status="void").exclude(came_by=held)
    return Payment.objects.filter(~Exists(refunds), came_by=held, changed_at=F("recorded_at"))


def prune_imports(*, now: datetime) -> int:
    """Delete drafts that nobody came back to, and what never came to anything. Return how many."""
    idle = Q(state=DRAFT, created_at__lt=now - KEEP_DRAFTS)
    vain = Q(state__in=(FAILED, CANCELLED), ended_at__lt=now - KEEP_DRAFTS)
    count, _ = Import.objects.filter(idle | vain).delete()
    return count
