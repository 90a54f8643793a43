"""A workspace that holds something of everything, and every row of it as plain values, to be compared."""

import itertools
from collections import defaultdict
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from io import BytesIO, StringIO
from uuid import uuid4
from zoneinfo import ZoneInfo

from django.apps import apps
from django.core.management import call_command
from django.db import connection
from django.db.models import ForeignKey, Model

from accounts import actions, exports, rules
from accounts.gateways import files
from accounts.models import (
    Account,
    Channel,
    Delivery,
    Export,
    ExportPiece,
    Import,
    Receipt,
    Rulebook,
    Standing,
    User,
    Workspace,
)
from accounts.models.workspace import EDITOR, VIEWER
from tests import make
from tests.browser.demo import AT, DEMO_EMAIL

# Files that hold the same once more, for a day.
COPIES = (Export, ExportPiece)
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
    actions.correct_payment(
        payments[4], facts=replace(actions.facts_of(payments[4]), tax=Decimal("0.5")), by=editor, now=AT
    )
    actions.note_cap_reached(account, is_reached=True, by=editor, now=AT)
    actions.confirm_requirement(account, requirement="contract", is_met=True, by=guest, now=AT)
    adopt_and_drop(Account.objects.get(name="production-eu"), by=editor)
    actions.archive_account(Account.objects.get(name="staging"), by=editor, now=AT)
    moved = Account.objects.get(name="flagship")
    sighting = actions.see_tier(moved, tier="tier-4", seen_at=AT, by=viewer, now=AT)
    actions.withdraw_sighting(sighting, by=viewer, now=AT)
    proved = Receipt.objects.order_by("added_at", "id")
    make.make_receipt(proved[0].payment, "von einem Gast.jpg", make.JPEG, by=guest, now=AT)
    slip = make.make_receipt(proved[0].payment, "slip.png", make.PNG, by=editor, now=AT)
    actions.remove_receipt(slip, by=editor, now=AT)
    relay = make.make_relay(
        demo, name="Fernes Relais 远", base_url="http://127.0.0.1:3000/v1", notes="+1\n\tof old", balance="7.5", now=AT
    )
    yen = actions.Balance(Decimal("1200.0625"), AT, currency="JPY")
    actions.note_relay_balance(relay, balance=yen, by=guest, now=AT)
    actions.archive_relay(relay, by=editor, now=AT)
    make.make_relay(demo, name="nobody looked", now=AT)
    mails = Delivery.objects.filter(channel="mail", notice__recipient=demo)
    first, second, again = mails.order_by("id")[:3]
    Delivery.objects.filter(pk=first.pk).update(status="sent", sent_at=AT)
    Delivery.objects.filter(pk=second.pk).update(
        status="failed", attempts=3, last_code="550", last_error="no such mailbox"
    )
    again.pk, again.copy, again.status, again.doubts = uuid4(), 1, "uncertain", 1
    again.save(force_insert=True)
    imported(account, by=editor)
    actions.begin_import(account, content=table(9), file_name="", zone=ZoneInfo("Asia/Shanghai"), by=guest, now=AT)
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


def table(number: int, *further: str) -> bytes:
    """A file of two payments that no other number has, and of further rows."""
    lines = [f"2026-11-0{day},{number}{day}.50,paid,F-{number}{day}," for day in (1, 2)]
    return "\n".join(["paid on,amount,status,invoice,note", *lines, *further]).encode()


def adopt_and_drop(account: Account, *, by: User) -> None:
    """A plan that somebody gave up again."""
    wish, shelf = rules.Wish(tier="tier-5"), Rulebook.objects.all().shelf()
    [plan, *_others] = actions.plans_for(account, wish, shelf=shelf, now=AT).plans
    actions.adopt_plan(account, wish=wish, kind=plan.kind, total_usd=plan.total_usd, form_key=uuid4(), by=by, now=AT)
    actions.drop_plan(account, by=by, now=AT)


def imported(account: Account, *, by: User) -> None:
    """Imports in every state: done, in part by now; undone but for what was touched; failed; given up; waiting."""
    begun, touched, undone = (AT - timedelta(minutes=minutes) for minutes in (60, 40, 20))

    def begin(number: int) -> Import:
        name, zone = f"账单-{number}.csv", ZoneInfo("Asia/Shanghai")
        known = ["2026-11-01,11.50,paid,F-11,", "2026-11-02,99.00,paid,F-12,"] if number > 1 else []
        content = table(number, "2026-11-03,much,paid,,", *known)
        return actions.begin_import(account, content=content, file_name=name, zone=zone, by=by, now=begun)

    for number in (1, 2):
        held = actions.start_import(begin(number), leaves_out=True, by=by, now=begun)
        first = held.payments.order_by("id")[0]
        facts = replace(actions.facts_of(first), note="looked up")
        actions.correct_payment(first, facts=facts, by=by, now=touched)
        if number == 2:
            actions.undo_import(held, by=by, now=undone)
    Import.objects.filter(pk=begin(3).pk).update(state="failed", error="crashed", ended_at=AT, content=b"", attempts=4)
    actions.cancel_import(begin(4), by=by, now=AT)
    Import.objects.filter(pk=begin(5).pk).update(state="waiting", leaves_out=True, rows_done=1, beaten_at=AT)
    whole = b"account,paid on,amount\nflagship,2026-11-04,12.25\nnobody,2026-11-05,3\n"
    into_all = actions.begin_import(
        account.workspace, content=whole, file_name="all.xlsx", zone=ZoneInfo("UTC"), by=by, now=begun
    )
    Import.objects.filter(pk=into_all.pk).update(sheet="Sheet 2", destined="d" * 64)


def document_of(workspace, *, now=AT) -> bytes:
    return b"".join(exports.workspace_as_json(workspace, now=now))


def tables() -> list[type[Model]]:
    """Every table whose rows belong to a workspace, directly or through others; found, so that none is forgotten."""
    models = [model for model in apps.get_app_config("accounts").get_models() if model not in COPIES]
    found: list[type[Model]] = [Workspace]
    while True:
        more = [model for model in models if model not in found and home_of(model, found) is not None]
        if not more:
            return found
        found += more


def home_of(model: type[Model], among: list[type[Model]]) -> ForeignKey | None:
    """The column by which a row of a table belongs to a row of one of these."""
    links = (field for field in model._meta.concrete_fields if isinstance(field, ForeignKey))
    return next((link for link in links if link.related_model in among), None)


def rows() -> dict[str, list[dict]]:
    """Every row of every table of workspaces, of every person and edition, by the table's name.

    A row that has a serial key goes by its place among those of the same home, and a person by the address.
    """
    names = _Names(tables())
    told = {model.__name__: names.told(model) for model in (*tables(), Rulebook)}
    # What was removed stays behind; of the other receipts the bytes count, and their small pictures.
    told["Receipt"] = [
        row | {"bytes": files.read(row["sha256"]), "thumbnail": _thumbnail(row)}
        for row in told["Receipt"]
        if row["removed_at"] is None
    ]
    # Channels are their person's own and stay where they are.
    for row in told["Delivery"]:
        del row["via_id"]
    told["User"] = [
        {field.attname: getattr(user, field.attname) for field in User._meta.concrete_fields
         if field.attname not in NOT_OF_A_PERSON}
        for user in User.objects.order_by("email")
    ]  # fmt: skip
    return told


def _thumbnail(row: dict) -> bytes:
    if not row["has_thumbnail"]:
        return b""
    with files.open_thumbnail(row["sha256"]) as file:
        return file.read()


class _Names:
    """What each row is called wherever it is: the same before it left and after it came back."""

    def __init__(self, models: list[type[Model]]) -> None:
        self._users = dict(User.objects.values_list("pk", "email"))
        self._names: dict[type[Model], dict] = {}
        for model in models:
            home = home_of(model, models)
            keys = model._default_manager.order_by("pk").values_list("pk", home.attname if home else "pk")
            if model._meta.pk.get_internal_type() != "BigAutoField":
                self._names[model] = {key: str(key) for key, _home in keys}
                continue
            places: dict = defaultdict(itertools.count)
            self._names[model] = {key: f"{self.of(home, at)} {next(places[at]):05}" for key, at in keys}

    def of(self, link: ForeignKey, key) -> str | None:
        if key is None:
            return None
        if link.related_model is User:
            return self._users.get(key, "somebody who left")
        return self._names.get(link.related_model, {}).get(key, key)

    def told(self, model: type[Model]) -> list[dict]:
        found = {
            self._names.get(model, {}).get(row.pk, row.pk): {
                field.attname: self._plain(field, getattr(row, field.attname))
                for field in model._meta.concrete_fields
                if not field.primary_key
            }
            for row in model._default_manager.all()
        }
        return [{"name": name} | found[name] for name in sorted(found)]

    def _plain(self, field, value):
        if isinstance(field, ForeignKey):
            return self.of(field, value)
        if field.attname == "ticks":
            return {step: tick | {"by": self._users.get(tick["by"])} for step, tick in value.items()}
        return bytes(value) if isinstance(value, memoryview) else value


def wipe() -> None:
    """Empty the instance: no person, no workspace, no edition."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # a table with checks to come cannot be emptied
        cursor.execute("TRUNCATE accounts_user, accounts_workspace, accounts_rulebook, accounts_loosefile CASCADE")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")


def restore(document: bytes, *, now=AT, with_people=True, by=None, **facts) -> Workspace:
    return actions.restore_workspace(BytesIO(document), with_people=with_people, by=by, now=now, **facts)
