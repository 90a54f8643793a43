"""What the instance holds about one person, as one document to take away."""

import json
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from typing import Any

from django.db import models

from accounts import rules
from accounts.exports import workspace as schema
from accounts.exports.attached import RECEIPT
from accounts.exports.packing import CHUNK, Tell, gathered, snapshot, untold
from accounts.models import (
    Account,
    Channel,
    Delivery,
    Escalation,
    Event,
    Feed,
    Import,
    Membership,
    Notice,
    Payment,
    Plan,
    Receipt,
    Relay,
    RelayEvent,
    Sighting,
    Token,
    User,
)

SCHEMA = "tierdash.person/2"
# Of a channel; its address is a secret.
SHOWN = ("name", "kind", "service", "host")
Row = dict[str, Any]


def person_as_json(user: User, *, now: datetime, tell: Tell = untold) -> Iterator[bytes]:
    """What is known of a person as UTF-8 JSON: who they are, where they belong, what they did and were told.

    Secrets are not in it: no password, session, code of a second factor or token, and no address of the calendar or of
    a channel. The name of an account or relay is there while the person may see it.
    """
    with snapshot():
        yield from gathered(_pieces(user, now), tell)


def _pieces(user: User, now: datetime) -> Iterator[str]:
    visible = dict(Account.objects.visible_to(user).order_by().values_list("pk", "name"))
    yield json.dumps(_profile(user, now), ensure_ascii=False, indent=1).rstrip("\n}")
    for name, rows in _lists(user, visible):
        yield f',\n "{name}": ['
        for place, row in enumerate(rows):
            yield ("," if place else "") + "\n  " + json.dumps(row, ensure_ascii=False)
        yield "]"
    yield "\n}\n"


def _profile(user: User, now: datetime) -> Row:
    names = ("email", "name", "language", "time_zone", "theme", "muted_kinds", "is_active", "is_staff")
    feed = Feed.objects.filter(user=user).first()
    addresses = user.emailaddress_set.order_by("id")  # type: ignore[attr-defined]
    return {
        "schema": SCHEMA,
        "exported_at": rules.as_text(now),
        "profile": {name: getattr(user, name) for name in names}
        | {"joined_at": rules.as_text(user.joined_at), "last_login": rules.as_text(user.last_login)},
        "addresses": [
            {"email": each.email, "is_verified": each.verified, "is_primary": each.primary} for each in addresses
        ],
        "has_second_factor": user.authenticator_set.exists(),  # type: ignore[attr-defined]
        "has_calendar": feed is not None and feed.is_open,
        "tokens": [_token(token) for token in Token.objects.of(user)],
        "channels": [{name: getattr(each, name) for name in SHOWN} for each in Channel.objects.of(user)],
    }


def _token(token: Token) -> Row:
    instants = ("created_at", "expires_at", "revoked_at", "last_used_at")
    return {"name": token.name, "scopes": token.scopes} | {
        name: rules.as_text(getattr(token, name)) for name in instants
    }


def _lists(user: User, visible: dict[Any, str]) -> Iterator[tuple[str, Iterable[Row]]]:
    def of_account(row: Any) -> Row:
        return {"account_id": str(row.account_id), "account": visible.get(row.account_id)}

    def told(rows: models.QuerySet[Any], write: Callable[[Any], Row]) -> Iterator[Row]:
        return (of_account(row) | write(row) for row in rows.order_by("id").iterator(CHUNK))

    members = Membership.objects.filter(user=user).select_related("workspace").order_by("id")
    yield (
        "memberships",
        (
            {"workspace_id": str(each.workspace_id), "workspace": each.workspace.name, "role": each.role}
            for each in members
        ),
    )
    payments = Payment.objects.filter(recorded_by=user).annotate(undone_uid=models.F("undoes__uid"))
    yield (
        "payments_recorded",
        told(
            payments,
            lambda row: schema.PAYMENT.write(row) | {"undoes": str(row.undone_uid) if row.undone_uid else None},
        ),
    )
    yield "receipts_attached", _receipts(user, visible)
    yield "imports", told(Import.objects.filter(created_by=user).without_content(), schema.IMPORT.write)
    yield "sightings_recorded", told(Sighting.objects.filter(recorded_by=user), schema.SIGHTING.write)
    yield "plans_adopted", told(Plan.objects.filter(adopted_by=user), schema.PLAN.write)
    yield "steps_ticked", _ticks(user, visible)
    yield "events", told(Event.objects.filter(by=user), schema.EVENT.write)
    yield "relay_events", _relay_events(user)
    notices = Notice.objects.filter(recipient=user).prefetch_related(
        models.Prefetch("deliveries", Delivery.objects.order_by("copy", "created_at", "id"))
    )
    yield (
        "notices",
        told(
            notices,
            lambda row: (
                schema.NOTICE.write(row)
                | {
                    "deliveries": [
                        schema.DELIVERY.write(each) | {"status": each.status} for each in row.deliveries.all()
                    ]
                }
            ),
        ),
    )


def _receipts(user: User, visible: dict[Any, str]) -> Iterator[Row]:
    """What the person attached, without the bytes: those are the workspace's."""
    for receipt in Receipt.objects.kept().filter(added_by=user).select_related("payment").iterator(CHUNK):
        account_id = receipt.payment.account_id
        named = {"account_id": str(account_id), "account": visible.get(account_id), "payment": str(receipt.payment.uid)}
        yield named | RECEIPT.write(receipt)


def _relay_events(user: User) -> Iterator[Row]:
    visible = dict(Relay.objects.visible_to(user).order_by().values_list("pk", "name"))
    for event in RelayEvent.objects.filter(by=user).order_by("id").iterator(CHUNK):
        named = {"relay_id": str(event.relay_id), "relay": visible.get(event.relay_id)}
        yield named | schema.RELAY_EVENT.write(event)


def _ticks(user: User, visible: dict[Any, str]) -> Iterator[Row]:
    ticked = Escalation.objects.exclude(ticks={}).with_account().order_by("pk")
    of_theirs = ticked.filter(episode__account__workspace__memberships__user=user)
    for escalation in of_theirs.iterator(CHUNK):
        account = escalation.episode.account
        for step, tick in escalation.ticks.items():
            if tick["by"] == user.pk:
                yield {
                    "account_id": str(account.pk),
                    "account": visible.get(account.pk),
                    "tier": escalation.episode.tier,
                    "step": step,
                    "at": tick["at"],
                }
