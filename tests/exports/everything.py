"""A workspace that holds something of everything, and every row of it as plain values, to be compared."""

from decimal import Decimal
from io import BytesIO, StringIO

from django.core.management import call_command
from django.db import connection

from accounts import actions, exports
from accounts.models import (
    Account,
    Channel,
    Delivery,
    Episode,
    Escalation,
    Event,
    Membership,
    Notice,
    Payment,
    Plan,
    Relay,
    RelayEvent,
    Rulebook,
    Sighting,
    Standing,
    User,
    Workspace,
)
from accounts.models.workspace import EDITOR, VIEWER
from tests import make
from tests.browser.demo import AT, DEMO_EMAIL

TABLES = (
    Workspace, Membership, Rulebook, Account, Payment, Sighting, Episode, Escalation, Plan, Event, Notice, Delivery,
    Standing, Relay, RelayEvent,
)  # fmt: skip
# Tables whose keys are given anew.
SERIAL = (Payment, Sighting, Plan, Event, Membership, RelayEvent)
# What a document leaves to its person, or to the instance.
NOT_OF_A_PERSON = {"id", "password", "last_login", "is_superuser", "is_staff", "theme", "joined_at"}


def filled() -> Workspace:
    """The demo, and what it leaves out: further members, one who has left, corrections, voids, an archive, doubts."""
    call_command("demo", at=AT, stdout=StringIO())
    demo = User.objects.get(email=DEMO_EMAIL)
    workspace = make.make_workspace(demo)
    editor = make.make_member(workspace, EDITOR, "bo@example.org")
    User.objects.filter(pk=editor.pk).update(
        name="王小明", language="zh-hans", time_zone="Asia/Shanghai", muted_kinds=["upgrade_ready"]
    )
    viewer = make.make_member(workspace, VIEWER, "vi@example.org")
    guest = make.make_member(workspace, EDITOR, "gone@example.org")
    account = Account.objects.get(name="shanghai-studio")
    facts = actions.AccountFacts(
        name="Ünïcode 账户 \U0001f4b3", notes='=1+1\n"quoted", and\tmore', room_usd=Decimal("12.5")
    )
    actions.edit_account(account, facts=facts, by=guest, now=AT)
    payments = list(account.payments.order_by("id"))
    actions.void_payment(payments[2], by=editor, now=AT)
    fixed = actions.PaymentFacts(kind="promo", gross=Decimal("18.1234"), paid_at=payments[3].paid_at, note="@home")
    actions.correct_payment(payments[3], facts=fixed, by=guest, now=AT)
    actions.archive_account(Account.objects.get(name="staging"), by=editor, now=AT)
    moved = Account.objects.get(name="flagship")
    sighting = actions.see_tier(moved, tier="tier-4", seen_at=AT, by=viewer, now=AT)
    actions.withdraw_sighting(sighting, by=viewer, now=AT)
    relay = make.make_relay(
        demo, name="Fernes Relais 远", base_url="http://127.0.0.1:3000/v1", notes="+1\n\tof old", balance="7.5", now=AT
    )
    yen = actions.Balance(Decimal("1200.0625"), AT, currency="JPY")
    actions.note_relay_balance(relay, balance=yen, by=guest, now=AT)
    actions.archive_relay(relay, by=editor, now=AT)
    make.make_relay(demo, name="nobody looked", now=AT)
    mails = Delivery.objects.filter(channel="mail").order_by("id")
    Delivery.objects.filter(pk=mails[0].pk).update(status="sent", sent_at=AT)
    Delivery.objects.filter(pk=mails[1].pk).update(
        status="failed", attempts=3, last_code="550", last_error="no such mailbox"
    )
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL tierdash.erasing = 'on'")
    guest.delete()
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL tierdash.erasing = 'off'")
    Standing.objects.filter(account__archived_at=None).update(next_look_at=AT)
    actions.reconcile(now=AT)
    for channel in Channel.objects.live():  # what waits for one would come back withdrawn
        actions.pause_channel(channel, now=AT)
    return workspace


def document_of(workspace, *, now=AT) -> bytes:
    file = BytesIO()
    exports.write_workspace(workspace, file, now=now)
    return file.getvalue()


def rows() -> dict[str, list[dict]]:
    """Every row of every table by the table's name. Instead of serial keys their order, and addresses for people."""
    users = dict(User.objects.values_list("pk", "email"))
    places = {
        model: {key: place for place, key in enumerate(model.objects.order_by("pk").values_list("pk", flat=True))}
        for model in (Payment, Sighting)
    }
    told = {}
    for model in TABLES:
        fields = model._meta.concrete_fields
        order = [field.name for field in fields if field.primary_key]
        if model in SERIAL:
            order = ["id"]
        told[model.__name__] = [
            {field.attname: _plain(field, getattr(row, field.attname), users, places) for field in fields}
            for row in model.objects.order_by(*order)
        ]
        if model not in SERIAL:
            continue
        for row in told[model.__name__]:
            del row["id"]
    for row in told["Payment"]:
        del row["came_by_id"]  # imports stay behind
    for row in told["Delivery"]:
        del row["via_id"]  # and so do channels
    # Serial tables: the order within an account is what counts.
    for name in ("Payment", "Sighting", "Plan", "Event"):
        told[name].sort(key=lambda row: str(row["account_id"]))
    told["RelayEvent"].sort(key=lambda row: str(row["relay_id"]))
    told["Membership"].sort(key=lambda row: row["user_id"])
    told["User"] = [
        {field.attname: getattr(user, field.attname) for field in User._meta.concrete_fields
         if field.attname not in NOT_OF_A_PERSON}
        for user in User.objects.order_by("email")
    ]  # fmt: skip
    return told


def _plain(field, value, users, places):
    if field.attname == "undoes_id":
        return Payment.objects.get(pk=value).uid if value else None
    if field.attname == "sighting_id" and value:
        sighting = Sighting.objects.get(pk=value)
        return (sighting.account_id, sighting.seen_at, sighting.tier)
    if field.is_relation and field.related_model is User:
        return users.get(value, "somebody who left") if value else None
    if field.attname == "ticks":
        return {step: tick | {"by": users.get(tick["by"])} for step, tick in value.items()}
    return value


def wipe() -> None:
    """Empty the instance: no person, no workspace, no edition."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # a table with checks to come cannot be emptied
        cursor.execute("TRUNCATE accounts_user, accounts_workspace, accounts_rulebook CASCADE")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")


def restore(document: bytes, *, now=AT, with_people=True, by=None) -> Workspace:
    return actions.restore_workspace(BytesIO(document), with_people=with_people, by=by, now=now)
