"""Who may do what at every address. A new URL without a row here fails."""

import copy
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

import pytest
from django.conf import settings
from django.db import connection, transaction
from django.http import QueryDict
from django.test import Client
from django.urls import reverse

from accounts import actions, notices
from accounts.gateways.mailbox import Mailbox
from accounts.models import Account, Channel, Export, Import, Notice, Payment, Receipt, Relay, Token, User
from accounts.models.workspace import VIEWER
from accounts.urls import urlpatterns
from tests import make
from tests.views.conftest import give_password

ANONYMOUS, INACTIVE, OWNER, VIEWING, STRANGER, STAFF = "anonymous", "inactive", "owner", "viewer", "stranger", "staff"
PEOPLE = (ANONYMOUS, INACTIVE, OWNER, VIEWING, STRANGER, STAFF)
SIGNED_IN = {OWNER, VIEWING, STRANGER, STAFF}
MAIL = b"Message-ID: <1@example.org>\r\nFrom: a@example.org\r\nTo: b@example.org\r\nSubject: Hello\r\n\r\nHello.\r\n"

TABLE = b"Date,Amount\n2025-05-02,5\n"


@dataclass
class World:
    """A workspace with an owner, a viewer and a person locked out; beside it a stranger and the administrator."""

    people: dict[str, User]
    account: Account
    payment: Payment
    notice: Notice
    relay: Relay
    channel: Channel
    mail: str
    token: Token
    draft: Import
    file: Export
    receipt: Receipt

    def client(self, person: str, **facts) -> Client:
        client = Client(**facts)
        if person in self.people:
            client.force_login(self.people[person], backend=settings.AUTHENTICATION_BACKENDS[0])
        return client


@pytest.fixture
def world(standing: World, db) -> World:
    return copy.deepcopy(standing)


@pytest.fixture(scope="module")
def standing(once) -> World:
    return once(filled)


def filled() -> World:
    administrator = make.make_user()
    assert administrator.is_staff
    owner = make.make_user()
    channel = make.make_channel(owner)
    account = make.make_account(owner, payments=[("50.00", "05-01T10:00")])
    viewer = make.make_member(make.make_workspace(owner), VIEWER)
    inactive = make.make_member(make.make_workspace(owner), "editor")
    User.objects.filter(pk=inactive.pk).update(is_active=False)
    mailbox = Mailbox(settings.MAILBOX_DIR)
    mailbox.keep("<1@example.org>", MAIL)
    return World(
        people={INACTIVE: inactive, OWNER: owner, VIEWING: viewer, STRANGER: make.make_user(), STAFF: administrator},
        account=account,
        payment=account.payments.get(),
        notice=account.notices.get(recipient=owner),
        relay=make.make_relay(owner, bridges=account, bridge_tier="tier-3"),
        channel=channel,
        mail=mailbox.newest(1)[0].name,
        token=make.make_token(owner).token,
        file=actions.begin_export(account.workspace, form="json", by=owner, now=make.NOW),
        receipt=make.make_receipt(account.payments.get(), by=owner),
        draft=actions.begin_import(account, content=TABLE, file_name="", zone=ZoneInfo("UTC"), by=owner, now=make.NOW),
    )


@dataclass(frozen=True)
class Door:
    """Who gets in by GET (`see`) and by POST (`change`); for other people who are signed in it does not exist.

    `answers` are the statuses of an empty form from somebody who gets in.
    `ids` fill the address. `is_kept`: caches may hold it. `is_private`: its one reader may keep it, and its address is
    a secret that no other page must learn. `asks_password`: who gets in has given their password a short while ago.
    """

    see: frozenset[str] | set[str] = frozenset()
    change: frozenset[str] | set[str] = frozenset()
    answers: frozenset[int] | set[int] = frozenset({200, 302, 400, 422})
    ids: Callable[[World], dict[str, object]] = field(default=lambda world: {})
    has_secret: bool = False
    is_kept: bool = False
    is_private: bool = False
    asks_password: bool = False

    def path(self, name: str, world: World) -> str:
        return reverse(f"accounts:{name}", kwargs=self.ids(world))


def of_account(world: World) -> dict[str, object]:
    return {"account_id": world.account.pk}


def of_sighting(world: World) -> dict[str, object]:
    return of_account(world) | {"sighting_id": world.account.sightings.get().pk}


def of_escalation(world: World) -> dict[str, object]:
    return {"escalation_id": world.account.episodes.get().escalation.pk}


def of_payment(world: World) -> dict[str, object]:
    return {"uid": world.payment.uid}


def of_receipt(world: World) -> dict[str, object]:
    return {"receipt_id": world.receipt.pk}


def of_workspace(world: World) -> dict[str, object]:
    return {"workspace_id": world.account.workspace_id, "form": "json"}


def of_import(world: World) -> dict[str, object]:
    return {"import_id": world.draft.pk}


def of_calendar(world: World) -> str:
    return actions.open_feed(world.people[OWNER], now=make.NOW).token


def of_channel(world: World) -> dict[str, object]:
    return {"channel_id": world.channel.pk}


def of_delivery(world: World) -> dict[str, object]:
    return {"delivery_id": world.channel.deliveries.get().pk}


def of_relay(world: World) -> dict[str, object]:
    return {"relay_id": world.relay.pk}


MEMBERS, EDITORS, EVERYBODY, AT_HOME = {OWNER, VIEWING}, {OWNER}, set(PEOPLE), {OWNER, STRANGER, STAFF}
DOORS = {
    "board": Door(see=SIGNED_IN),
    "open-account": Door(see=AT_HOME, change=AT_HOME),
    "archive": Door(see=SIGNED_IN),
    "account": Door(see=MEMBERS, ids=of_account),
    "account-calendar": Door(see=MEMBERS, ids=of_account),
    "edit-account": Door(see=EDITORS, change=EDITORS, ids=of_account),
    "move-account": Door(see=EDITORS, change=EDITORS, ids=of_account),
    "archive-account": Door(change=EDITORS, ids=of_account),
    "restore-account": Door(change=EDITORS, ids=of_account),
    "confirm-requirement": Door(change=EDITORS, ids=of_account),
    "note-cap": Door(change=EDITORS, ids=of_account),
    "see-tier": Door(change=EDITORS, ids=of_account),
    "withdraw-sighting": Door(change=EDITORS, ids=of_sighting),
    "note-fall": Door(change=EDITORS, ids=of_account),
    "import-payments": Door(see=EDITORS, change=EDITORS, ids=of_account),
    "import": Door(see=EDITORS, ids=of_import),
    "workspace-import": Door(see=AT_HOME, change=AT_HOME),
    "map-import": Door(change=EDITORS, ids=of_import),
    "forget-mapping": Door(change=EDITORS, ids=of_import),
    "widen-import": Door(change=EDITORS, ids=of_import),
    "start-import": Door(change=EDITORS, ids=of_import),
    "cancel-import": Door(change=EDITORS, ids=of_import),
    "undo-import": Door(change=EDITORS, ids=of_import),
    "adopt-plan": Door(change=EDITORS, ids=of_account),
    "drop-plan": Door(change=EDITORS, ids=of_account),
    "planner": Door(see=SIGNED_IN),
    "record-payment": Door(change=EDITORS, ids=of_account),
    "tick-step": Door(change=EDITORS, ids=of_escalation),
    "untick-step": Door(change=EDITORS, ids=of_escalation),
    "snooze-escalation": Door(change=EDITORS, ids=of_escalation),
    "wake-escalation": Door(change=EDITORS, ids=of_escalation),
    "resolve-escalation": Door(change=EDITORS, ids=of_escalation),
    "reopen-escalation": Door(change=EDITORS, ids=of_escalation),
    "experience": Door(see=SIGNED_IN),
    # Who may read an account may take its evidence away; the history keeps who did.
    "evidence": Door(see=MEMBERS, change=MEMBERS, ids=of_account),
    "correct-payment": Door(see=EDITORS, change=EDITORS, ids=of_payment),
    "void-payment": Door(change=EDITORS, ids=of_payment),
    "restore-payment": Door(change=EDITORS, ids=of_payment),
    "receipts": Door(see=EDITORS, change=EDITORS, ids=of_payment),
    "receipt": Door(see=MEMBERS, ids=of_receipt),
    "receipt-thumbnail": Door(see=MEMBERS, ids=of_receipt),
    "remove-receipt": Door(change=EDITORS, ids=of_receipt),
    "restore-receipt": Door(change=EDITORS, ids=of_receipt),
    "alternatives": Door(see=SIGNED_IN),
    "relays": Door(see=SIGNED_IN),
    "open-relay": Door(see=AT_HOME, change=AT_HOME),
    "relay": Door(see=MEMBERS, ids=of_relay),
    "edit-relay": Door(see=EDITORS, change=EDITORS, ids=of_relay),
    "note-relay-balance": Door(change=EDITORS, ids=of_relay),
    "archive-relay": Door(change=EDITORS, ids=of_relay),
    "restore-relay": Door(change=EDITORS, ids=of_relay),
    "notices": Door(see=SIGNED_IN),
    "resend-notice": Door(change=EDITORS, ids=lambda world: {"notice_id": world.notice.pk}),
    "send-test-mail": Door(change=SIGNED_IN),
    "resend-delivery": Door(change=EDITORS, ids=of_delivery),
    # Everybody's channels are their own: a colleague's are not there.
    "channels": Door(see=SIGNED_IN),
    "add-channel": Door(see=SIGNED_IN, change=SIGNED_IN, ids=lambda world: {"service": "webhook"}, answers={200, 422}),
    "edit-channel": Door(see={OWNER}, change={OWNER}, ids=of_channel),
    "send-channel-test": Door(change={OWNER}, ids=of_channel),
    "pause-channel": Door(change={OWNER}, ids=of_channel),
    "resume-channel": Door(change={OWNER}, ids=of_channel),
    "renew-channel-secret": Door(change={OWNER}, ids=of_channel, answers={201}),
    "remove-channel": Door(change={OWNER}, ids=of_channel),
    "mailbox": Door(see={STAFF}),
    "mail": Door(see={STAFF}, ids=lambda world: {"name": world.mail}),
    "mail-html": Door(see={STAFF}, ids=lambda world: {"name": world.mail}),
    "unsubscribe": Door(
        see=EVERYBODY,
        change=EVERYBODY,
        ids=lambda world: {"token": notices.unsubscribe.token(world.people[OWNER], "upgrade_ready")},
        has_secret=True,
    ),
    "profile": Door(see=SIGNED_IN, change=SIGNED_IN),
    "calendar": Door(see=EVERYBODY, ids=lambda world: {"token": of_calendar(world)}, is_private=True),
    "open-feed": Door(change=SIGNED_IN),
    "renew-feed": Door(change=SIGNED_IN),
    "close-feed": Door(change=SIGNED_IN),
    "restore-feed": Door(change=SIGNED_IN),
    "my-data": Door(change=SIGNED_IN, asks_password=True),
    "leave": Door(see=SIGNED_IN, change=SIGNED_IN, answers={422}),
    "export": Door(see=SIGNED_IN),
    "begin-export": Door(change=MEMBERS, ids=of_workspace, asks_password=True),
    # A file is its maker's alone, whoever else may read the workspace.
    "show-export": Door(see={OWNER}, ids=lambda world: {"export_id": world.file.pk}),
    "download-export": Door(see={OWNER}, ids=lambda world: {"export_id": world.file.pk}, asks_password=True),
    "restore-workspace": Door(change=AT_HOME, answers={422}),
    "tokens": Door(see=SIGNED_IN, change=SIGNED_IN),
    # Everybody's tokens are their own: a colleague's are not there.
    "revoke-token": Door(change={OWNER}, ids=lambda world: {"token_id": world.token.pk}),
    "set-language": Door(change=EVERYBODY, answers={204, 302}),
    "set-theme": Door(change=EVERYBODY),
    # This instance is no demo: for nobody is there such a door.
    "enter-demo": Door(change=EVERYBODY, answers={404}),
    "models": Door(see=SIGNED_IN),
    "capacity": Door(see=SIGNED_IN),
    "doctor": Door(see=SIGNED_IN, change=SIGNED_IN),
    "attach-diagnosis": Door(change=EDITORS, ids=of_account),
    "guide": Door(see=EVERYBODY),
    "rulebooks": Door(see=SIGNED_IN),
    "rulebook": Door(see=SIGNED_IN, ids=lambda world: {"provider": "openai", "edition": "2025-05"}),
    "styleguide": Door(see={STAFF}),
    "styleguide-mail": Door(see={STAFF}, ids=lambda world: {"kind": "upgrade_ready"}),
    "manifest": Door(see=EVERYBODY, ids=lambda world: {"language": "zh-hans"}, is_kept=True),
    "counted-icon": Door(see=EVERYBODY, ids=lambda world: {"count": 3}, is_kept=True),
    "favicon": Door(see=EVERYBODY, is_kept=True),
    "healthz": Door(see=EVERYBODY),
    "readyz": Door(see=EVERYBODY, answers={200, 503}),
}
NAMES = sorted(DOORS)
SEEN = [name for name in NAMES if DOORS[name].see]
CHANGING = [name for name in NAMES if DOORS[name].change]
WITH_IDS = [pattern.name for pattern in urlpatterns if pattern.pattern.converters]


def test_every_address_has_a_row():
    assert sorted(DOORS) == sorted(pattern.name for pattern in urlpatterns)


@pytest.mark.parametrize("name", SEEN)
def test_who_sees_what(world, name):
    door = DOORS[name]
    path = door.path(name, world)
    for person in PEOPLE:
        client = world.client(person)
        response = client.get(path)
        if person in door.see and door.asks_password:
            assert response.headers["Location"].startswith(reverse("account_reauthenticate")), person
            give_password(client)
            response = client.get(path)
        if person in door.see:
            assert response.status_code in ({200} | set(door.answers & {503})), person
        elif person in (ANONYMOUS, INACTIVE):
            assert_sent_to_sign_in(response, path)
        else:
            assert response.status_code == 404, person


@pytest.mark.parametrize("name", CHANGING)
def test_who_changes_what(world, name):
    door = DOORS[name]
    path = door.path(name, world)
    for person in PEOPLE:
        client, before = world.client(person), everything_stored()
        with transaction.atomic():
            response = client.post(path)
            if person in door.change and door.asks_password:
                assert response.headers["Location"].startswith(reverse("account_reauthenticate")), person
                assert {**everything_stored(), "django_session": ""} == {**before, "django_session": ""}, person
                give_password(client)
                response = client.post(path)
            if person not in door.change:
                assert everything_stored() == before, person
            transaction.set_rollback(True)
        if person in door.change:
            assert response.status_code in door.answers, person
            if response.status_code == 302:
                assert not response.headers["Location"].startswith(reverse("account_login")), person
        elif person in (ANONYMOUS, INACTIVE):
            assert_sent_to_sign_in(response, "/")  # the page of a form: none was named
        else:
            assert response.status_code == 404, person


def assert_sent_to_sign_in(response, path):
    assert response.status_code == 302
    query = QueryDict(mutable=True)
    query["next"] = path
    assert response.headers["Location"] == f"{reverse('account_login')}?{query.urlencode(safe='/')}"


BAD_IDS = ("not-an-id", "0", "-1", "%00", "%F0%9F%98%80", "%27%20OR%201=1", "a" * 300, "..%2F..", str(uuid.UUID(int=0)))


@pytest.mark.parametrize("name", WITH_IDS)
def test_an_address_of_nothing_is_not_found(world, name):
    door = DOORS[name]
    ids = door.ids(world)
    path = door.path(name, world)
    clients = {person: world.client(person) for person in (OWNER, STAFF)}
    for value in ids.values():
        for bad in BAD_IDS:
            address = path.replace(str(value), bad)
            for person, client in clients.items():
                response = client.get(address) if door.see else client.post(address)
                # Text that no database can store is refused before anything looks for it.
                assert response.status_code == (400 if bad == "%00" else 404), (person, address)


@pytest.mark.parametrize("name", CHANGING)
def test_a_form_without_its_secret_is_refused(world, name):
    door = DOORS[name]
    person = OWNER if OWNER in door.change else STAFF
    with transaction.atomic():
        client = world.client(person, enforce_csrf_checks=True)
        before = everything_stored()
        response = client.post(door.path(name, world))
        if not door.has_secret:
            assert response.status_code == 403
            assert everything_stored() == before
        else:  # the address itself carries one
            assert response.status_code == 200


@pytest.mark.parametrize("name", NAMES)
def test_a_wrong_method_is_refused(world, name):
    door = DOORS[name]
    person = OWNER if OWNER in (door.see | door.change) else STAFF
    client, path = world.client(person), door.path(name, world)
    wrong = ["put", "patch", "delete"] + ([] if door.see else ["get", "head"]) + ([] if door.change else ["post"])
    assert {method: getattr(client, method)(path).status_code for method in wrong} == dict.fromkeys(wrong, 405)


@pytest.mark.parametrize("name", SEEN)
def test_looking_changes_nothing(world, name):
    door = DOORS[name]
    path = door.path(name, world)
    for person in door.see:
        client = world.client(person)
        before = everything_stored()
        client.get(path)
        client.get(path)
        client.head(path)
        client.get(path, headers={"HX-Request": "true"})
        assert everything_stored() == before, person


def everything_stored() -> dict[str, str]:
    """A digest of every row of every table."""
    with connection.cursor() as cursor:
        tables = connection.introspection.table_names(cursor)
        cursor.execute(
            " UNION ALL ".join(
                f"SELECT '{table}', md5(coalesce(string_agg(t::text, '|' ORDER BY t::text), '')) FROM \"{table}\" t"
                for table in tables
            )
        )
        return dict(cursor.fetchall())


@pytest.mark.parametrize("name", SEEN)
def test_every_answer_carries_its_guards(world, name):
    door = DOORS[name]
    person = OWNER if OWNER in door.see else STAFF
    headers = world.client(person).get(door.path(name, world)).headers
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert "unsafe-inline" not in headers["Content-Security-Policy"] or "sandbox" in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert ("public" if door.is_kept else "private" if door.is_private else "no-store") in headers["Cache-Control"]
    assert headers["Referrer-Policy"] == ("no-referrer" if door.is_private else "same-origin")
    assert headers["X-Frame-Options"] == ("SAMEORIGIN" if name in ("mail-html", "styleguide-mail") else "DENY")
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"


@pytest.mark.parametrize("name", ["healthz", "readyz"])
def test_probes_leave_no_cookie(world, name):
    assert not Client().get(reverse(f"accounts:{name}")).cookies
