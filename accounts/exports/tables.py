"""The same workspace as tables for a spreadsheet: fewer columns, one row per thing, instants as ISO 8601 in UTC."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.db.models import Count, F, OuterRef, Prefetch, Subquery

from accounts import rules
from accounts.exports.packing import CHUNK, Tell
from accounts.models import Account, Delivery, Notice, Payment, Receipt, Relay, Sighting, User, Workspace

Value = str | int | bool | Decimal | None
Row = tuple[Value, ...]

# How many rows are written before it is told.
ROWS = 500
# What a spreadsheet takes for the beginning of a formula, in both widths; a tab or a line break may hide one.
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


@dataclass(frozen=True, slots=True)
class Table:
    """`rows` reads a workspace bit by bit; the values stand under `header`."""

    name: str
    header: tuple[str, ...]
    rows: Callable[[Workspace], Iterator[Row]]


def harmless(value: Value) -> Value:
    """Text that a spreadsheet would run as a formula, with an apostrophe before it. Numbers stay numbers."""
    if isinstance(value, str) and (value.startswith(FORMULA) or value.lstrip().startswith(FORMULA)):
        return f"'{value}"
    return value


def telling(rows: Iterator[Row], tell: Tell) -> Iterator[Row]:
    """The rows, while `tell` hears now and then how many further ones were taken."""
    for number, row in enumerate(rows, start=1):
        yield row
        if number % ROWS == 0:
            tell(ROWS)


def _instant(value: datetime | None) -> str | None:
    return rules.as_text(value)


def _accounts(workspace: Workspace) -> Iterator[Row]:
    accounts = Account.objects.filter(workspace=workspace).with_standing().order_by("created_at", "id")
    for account in accounts.iterator(CHUNK):
        standing = getattr(account, "standing", None)
        yield (
            str(account.id),
            account.name,
            account.provider,
            account.rulebook_id,
            account.seen_tier,
            _instant(account.seen_at),
            standing.eligible_tier if standing else None,
            standing.advice_code if standing else None,
            standing.advice_tier if standing else None,
            account.organization_ref,
            account.room_usd,
            account.notes,
            _instant(account.created_at),
            _instant(account.archived_at),
        )


def _names(workspace: Workspace, model: type[Payment | Sighting]) -> tuple[dict[UUID, str], dict[int | None, str]]:
    """The names of the accounts, and the addresses of who recorded something in them: once, not once for each row."""
    accounts = dict(Account.objects.filter(workspace=workspace).values_list("pk", "name"))
    recorders = model._default_manager.filter(account__workspace=workspace).order_by()
    recorded = recorders.values_list("recorded_by_id", flat=True).distinct()
    people: dict[int | None, str] = dict(User.objects.filter(pk__in=list(recorded)).values_list("pk", "email"))
    return accounts, people


def _payments(workspace: Workspace) -> Iterator[Row]:
    kept = Receipt.objects.filter(payment=OuterRef("pk"), removed_at=None).values("payment").order_by()
    counted = Subquery(kept.annotate(count=Count("pk")).values("count"))
    payments = Payment.objects.filter(account__workspace=workspace)
    payments = payments.annotate(undone_uid=F("undoes__uid"), proofs=counted)
    accounts, people = _names(workspace, Payment)
    for payment in payments.order_by("account__created_at", "account_id", "id").iterator(CHUNK):
        undone = payment.undone_uid  # type: ignore[attr-defined]  # annotated above
        yield (
            str(payment.account_id),
            accounts[payment.account_id],
            str(payment.uid),
            payment.kind,
            payment.status,
            payment.gross,
            payment.tax,
            payment.currency,
            payment.rate,
            payment.as_line().counted_usd,
            _instant(payment.paid_at),
            payment.is_day_only,
            str(undone) if undone else None,
            payment.reference,
            payment.note,
            payment.expires_on.isoformat() if payment.expires_on else None,
            payment.proofs or 0,  # type: ignore[attr-defined]  # annotated above
            people.get(payment.recorded_by_id),
            _instant(payment.recorded_at),
            _instant(payment.changed_at),
        )


def _sightings(workspace: Workspace) -> Iterator[Row]:
    sightings = Sighting.objects.filter(account__workspace=workspace)
    accounts, people = _names(workspace, Sighting)
    for sighting in sightings.order_by("account__created_at", "account_id", "id").iterator(CHUNK):
        yield (
            str(sighting.account_id),
            accounts[sighting.account_id],
            sighting.rulebook_id,
            sighting.tier,
            sighting.change,
            sighting.source,
            _instant(sighting.seen_at),
            people.get(sighting.recorded_by_id),
            _instant(sighting.recorded_at),
        )


def _notices(workspace: Workspace) -> Iterator[Row]:
    """One row for each mail."""
    notices = Notice.objects.filter(account__workspace=workspace).select_related("account", "recipient")
    deliveries = Prefetch("deliveries", Delivery.objects.order_by("copy", "created_at", "id"))
    ordered = notices.order_by("created_at", "id").prefetch_related(deliveries)
    for notice in ordered.iterator(CHUNK):
        for delivery in notice.deliveries.all():
            yield (
                str(notice.id),
                str(notice.account_id),
                notice.account.name,
                notice.kind,
                notice.rulebook_id,
                notice.tier,
                notice.recipient.email,
                _instant(notice.created_at),
                delivery.channel,
                delivery.address,
                delivery.copy,
                delivery.status,
                delivery.attempts,
                _instant(delivery.sent_at),
                delivery.last_code,
                delivery.last_error,
            )


def _relays(workspace: Workspace) -> Iterator[Row]:
    relays = Relay.objects.filter(workspace=workspace).select_related("bridges").order_by("created_at", "id")
    for relay in relays.iterator(CHUNK):
        yield (
            str(relay.id),
            relay.name,
            relay.base_url,
            "\n".join(relay.model_ids),
            relay.balance,
            relay.currency,
            _instant(relay.balance_seen_at),
            relay.expires_on.isoformat() if relay.expires_on else None,
            str(relay.bridges_id) if relay.bridges_id else None,
            relay.bridges.name if relay.bridges else None,
            relay.bridge_tier,
            relay.bridge_model,
            relay.notes,
            _instant(relay.created_at),
            _instant(relay.archived_at),
        )


TABLES = (
    Table(
        "accounts",
        (
            "id",
            "name",
            "provider",
            "rulebook",
            "seen_tier",
            "seen_at",
            "eligible_tier",
            "advice",
            "advice_tier",
            "organization_ref",
            "room_usd",
            "notes",
            "created_at",
            "archived_at",
        ),
        _accounts,
    ),
    Table(
        "payments",
        (
            "account_id",
            "account",
            "uid",
            "kind",
            "status",
            "gross",
            "tax",
            "currency",
            "rate",
            "net_usd",
            "paid_at",
            "is_day_only",
            "undoes",
            "reference",
            "note",
            "expires_on",
            "receipts",
            "recorded_by",
            "recorded_at",
            "changed_at",
        ),
        _payments,
    ),
    Table(
        "sightings",
        (
            "account_id",
            "account",
            "rulebook",
            "tier",
            "change",
            "source",
            "seen_at",
            "recorded_by",
            "recorded_at",
        ),
        _sightings,
    ),
    Table(
        "notices",
        (
            "id",
            "account_id",
            "account",
            "kind",
            "rulebook",
            "tier",
            "recipient",
            "raised_at",
            "channel",
            "address",
            "copy",
            "status",
            "attempts",
            "sent_at",
            "last_code",
            "last_error",
        ),
        _notices,
    ),
    Table(
        "relays",
        (
            "id",
            "name",
            "base_url",
            "models",
            "balance",
            "currency",
            "balance_seen_at",
            "expires_on",
            "bridges_id",
            "bridges",
            "bridge_tier",
            "bridge_model",
            "notes",
            "created_at",
            "archived_at",
        ),
        _relays,
    ),
)
