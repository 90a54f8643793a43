"""Who may do what at every address of the API. A new address without a row here fails."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.conf import settings
from django.db import transaction
from django.test import Client

from accounts import actions, rules
from accounts.api import api
from accounts.models import Account, Payment, User
from accounts.models.token import READ, RECORD, WRITE
from tests import make
from tests.api.conftest import API, Script, problem
from tests.views.test_authorization import everything_stored

pytestmark = pytest.mark.usefixtures("clock")
OWNER, VIEWING, STRANGER = "owner", "viewer", "stranger"
PAID = {"kind": "purchase", "gross": "5.00", "paid_at": "2025-05-20T11:00:00Z"}
PLAN = {"wish": {"tier": "tier-3"}, "kind": "all_at_once", "total_usd": "50.00"}


@dataclass
class World:
    people: dict[str, User]
    account: Account
    payment: Payment

    def script(self, person: str, *scopes: str) -> Script:
        made = make.make_token(self.people[person], scopes=scopes or (READ, RECORD, WRITE))
        return Script(made.secret, Client())

    def adopt(self) -> None:
        wish, facts = rules.Wish(tier="tier-3"), {"kind": PLAN["kind"], "total_usd": Decimal(PLAN["total_usd"])}
        owner = self.people[OWNER]
        actions.adopt_plan(self.account, wish=wish, form_key=uuid.uuid4(), by=owner, now=make.NOW, **facts)

    def path(self, path: str) -> str:
        known = {"uuid:account_id": self.account.pk, "uuid:payment_id": self.payment.uid}
        known |= {"slug:provider": "openai", "edition": "2025-05"}
        for name, value in known.items():
            path = path.replace(f"{{{name}}}", str(value))
        return path


@pytest.fixture
def world(db, clock) -> World:
    owner = make.make_user()
    account = make.make_account(owner, payments=[("50.00", "05-01T10:00")])
    viewer = make.make_member(make.make_workspace(owner), "viewer")
    people = {OWNER: owner, VIEWING: viewer, STRANGER: make.make_user()}
    return World(people, account, account.payments.get())


@dataclass(frozen=True)
class Door:
    """What an address asks for. `is_common`: there is no single thing that a stranger could not find."""

    scope: str
    said: Any = None
    status: int = 200
    is_common: bool = False
    prepare: Callable[[World], object] = field(default=lambda world: None)


ACCOUNT, PAYMENT = "/accounts/{uuid:account_id}", "/payments/{uuid:payment_id}"
DOORS = {
    "GET /accounts": Door(READ, is_common=True),
    "POST /accounts": Door(
        WRITE, {"name": "new", "rulebook": "openai/2025-05", "seen_tier": "tier-1"}, 201, is_common=True
    ),
    f"GET {ACCOUNT}": Door(READ),
    f"PATCH {ACCOUNT}": Door(WRITE, {"notes": "changed"}),
    f"POST {ACCOUNT}/archive": Door(WRITE),
    f"POST {ACCOUNT}/restore": Door(
        WRITE, prepare=lambda world: actions.archive_account(world.account, by=world.people[OWNER], now=make.NOW)
    ),
    f"POST {ACCOUNT}/move": Door(WRITE, {"rulebook": "openai/2025-05", "seen_tier": "tier-2"}),
    f"POST {ACCOUNT}/requirements": Door(WRITE, {"requirement": "billing_linked", "met": True}),
    f"POST {ACCOUNT}/cap": Door(WRITE, {"reached": True}),
    f"GET {ACCOUNT}/payments": Door(READ),
    f"POST {ACCOUNT}/payments": Door(RECORD, PAID, 201),
    f"GET {PAYMENT}": Door(READ),
    f"PATCH {PAYMENT}": Door(WRITE, {"note": "changed"}),
    f"POST {PAYMENT}/void": Door(WRITE),
    f"POST {PAYMENT}/restore": Door(
        WRITE, prepare=lambda world: actions.void_payment(world.payment, by=world.people[OWNER], now=make.NOW)
    ),
    f"GET {ACCOUNT}/sightings": Door(READ),
    f"POST {ACCOUNT}/sightings": Door(RECORD, {"tier": "tier-2"}, 201),
    f"GET {ACCOUNT}/standing": Door(READ),
    f"POST {ACCOUNT}/standing": Door(READ, {"payments": [PAID]}),
    "POST /plans/preview": Door(READ, {"rulebook": "openai/2025-05", "wish": {"tier": "tier-3"}}, is_common=True),
    f"POST {ACCOUNT}/plans/preview": Door(READ, {"wish": {"tier": "tier-3"}}),
    f"GET {ACCOUNT}/plans": Door(READ),
    f"POST {ACCOUNT}/plans": Door(WRITE, PLAN, 201),
    f"GET {ACCOUNT}/plan": Door(READ, prepare=lambda world: world.adopt()),
    f"POST {ACCOUNT}/plan/drop": Door(WRITE, prepare=lambda world: world.adopt()),
    "GET /rulebooks": Door(READ, is_common=True),
    "GET /rulebooks/{slug:provider}/{edition}": Door(READ, is_common=True),
    "GET /notices": Door(READ, is_common=True),
}
NAMES = sorted(DOORS)
CHANGING = [name for name in NAMES if DOORS[name].scope != READ]
ABOUT_ONE = [name for name in NAMES if not DOORS[name].is_common]


def knock(world: World, name: str, script: Script, **headers: str):
    method, path = name.split()
    return script.ask(method.lower(), world.path(path), DOORS[name].said, **headers)


def stored() -> dict[str, str]:
    """Every row but those of tokens, whose last use is written."""
    return {table: digest for table, digest in everything_stored().items() if table != "accounts_token"}


def test_every_address_has_a_row():
    found = {
        f"{method} {path}".replace("uuidstr:", "uuid:")
        for router in api._get_bound_routers()
        for path, view in router.path_operations.items()
        for operation in view.operations
        for method in operation.methods
    }
    assert found == set(DOORS)


@pytest.mark.parametrize("name", NAMES)
def test_the_owners_script_gets_in_with_the_scope_and_not_without_it(world, name):
    door = DOORS[name]
    door.prepare(world)
    for scope in {READ, RECORD, WRITE} - {door.scope}:
        before = stored()
        assert problem(knock(world, name, world.script(OWNER, scope))) == (403, "scope-missing")
        assert stored() == before
    before = stored()
    assert knock(world, name, world.script(OWNER, door.scope)).status_code == door.status
    assert (stored() != before) is (name in CHANGING)


@pytest.mark.parametrize("name", ABOUT_ONE)
def test_what_is_foreign_is_not_there(world, name):
    before = stored()
    assert problem(knock(world, name, world.script(STRANGER))) == (404, "not-found")
    assert stored() == before


def test_lists_hold_nothing_foreign(world):
    script = world.script(STRANGER)
    for path in ("/accounts", "/accounts?archived=all", "/notices", f"/notices?account={world.account.pk}"):
        assert script.get(path).json()["items"] == [], path
    assert len(world.script(OWNER).get("/accounts").json()["items"]) == 1


@pytest.mark.parametrize("name", NAMES)
def test_a_viewer_looks_and_changes_nothing(world, name):
    DOORS[name].prepare(world)
    before = stored()
    answer = knock(world, name, world.script(VIEWING))
    if name in CHANGING:
        assert problem(answer) == (403, "role-missing")
    else:
        assert answer.status_code == DOORS[name].status
    assert stored() == before


@pytest.mark.parametrize(
    "name", [n for n in CHANGING if not DOORS[n].is_common and not n.endswith(("ive", "_id}/restore"))]
)
def test_an_archived_account_is_not_changed(world, name):
    actions.archive_account(world.account, by=world.people[OWNER], now=make.NOW)
    before = stored()
    assert problem(knock(world, name, world.script(OWNER))) == (409, "archived")
    assert stored() == before


@pytest.mark.parametrize("name", NAMES)
def test_nobody_gets_in_without_a_token(world, name):
    method, path = name.split()
    session = Client()
    session.force_login(world.people[OWNER], backend=settings.AUTHENTICATION_BACKENDS[0])
    before = stored()
    for client in (Client(), session):
        answer = client.generic(method, API + world.path(path))
        assert problem(answer) == (401, "token-missing")
        assert answer.headers["WWW-Authenticate"] == 'Bearer realm="tierdash"'
        assert not answer.cookies
    assert stored() == before


def _revoked(world):
    made = make.make_token(world.people[OWNER])
    actions.revoke_token(made.token, now=make.NOW)
    return made.secret


def _locked_out(world):
    User.objects.filter(pk=world.people[OWNER].pk).update(is_active=False)
    return make.make_token(world.people[OWNER]).secret


BAD_TOKENS = {
    "revoked": _revoked,
    "expired": lambda world: (
        make.make_token(world.people[OWNER], now=make.NOW - timedelta(days=2), expires_at=make.NOW).secret
    ),
    "of somebody locked out": _locked_out,
    "unknown": lambda world: "td_" + "A" * 43,
    "of another form": lambda world: "A" * 43,
    "in other case": lambda world: make.make_token(world.people[OWNER]).secret.swapcase(),
    "cut": lambda world: make.make_token(world.people[OWNER]).secret[:-1],
    "the digest": lambda world: make.make_token(world.people[OWNER]).token.digest,
    "not ASCII": lambda world: "td_é",
    "large": lambda world: "x" * 100_000,
    "with NUL": lambda world: "td_\x00",
}


@pytest.mark.parametrize("kind", BAD_TOKENS)
def test_a_token_that_is_none_lets_nobody_in(world, kind):
    script = Script(BAD_TOKENS[kind](world), Client())
    before = everything_stored()
    answer = script.get("/accounts")
    assert problem(answer) == (401, "token-refused")
    assert 'error="invalid_token"' in answer.headers["WWW-Authenticate"]
    assert everything_stored() == before


@pytest.mark.parametrize("scheme", ["Basic", "Token", ""])
def test_only_the_bearer_scheme_is_known(world, scheme):
    secret = make.make_token(world.people[OWNER]).secret
    answer = Client().get(f"{API}/accounts", headers={"Authorization": f"{scheme} {secret}".strip()})
    assert problem(answer) == (401, "token-missing")


@pytest.mark.parametrize("query", ["token={}", "access_token={}", "Api_Key=x", "x={}", "limit=1&cursor={}", "q=a{}b"])
def test_a_token_in_the_address_is_refused_even_beside_the_header(world, query):
    script = world.script(OWNER)
    answer = script.get(f"/accounts?{query.format(script.secret)}")
    assert problem(answer) == (400, "token-in-address")
    assert script.secret not in answer.content.decode()


def test_the_description_is_open_and_the_page_is_not(world):
    assert Client().get(f"{API}/openapi.json").status_code == 200
    assert Client().get(f"{API}/docs").headers["Location"] == f"/account/login/?next={API}/docs"
    client = Client()
    client.force_login(world.people[VIEWING], backend=settings.AUTHENTICATION_BACKENDS[0])
    assert client.get(f"{API}/docs").status_code == 200


@pytest.mark.parametrize("name", ABOUT_ONE)
def test_an_address_of_nothing_is_not_found(world, name):
    method, path = name.split()
    script = world.script(OWNER)
    for bad in ("not-an-id", "0", "%27%20OR%201=1", "a" * 300, "..%2F..", str(uuid.UUID(int=0)), "%F0%9F%98%80"):
        known = str(world.account.pk) if "account_id" in path else str(world.payment.uid)
        address = world.path(path).replace(known, bad)
        assert problem(script.ask(method.lower(), address, DOORS[name].said)) == (404, "not-found"), bad
    assert problem(script.get("/accounts/%00")) == (400, "bad-request")


@pytest.mark.parametrize("path", sorted({name.split()[1] for name in NAMES}))
def test_a_wrong_method_is_refused(world, path):
    allowed = {name.split()[0] for name in NAMES if name.split()[1] == path}
    for method in {"GET", "POST", "PATCH", "PUT", "DELETE", "OPTIONS"} - allowed:
        answer = world.script(OWNER).ask(method.lower(), world.path(path))
        assert problem(answer) == (405, "method-not-allowed")
        assert set(answer.headers["Allow"].split(", ")) == allowed


@pytest.mark.parametrize("name", NAMES)
def test_every_answer_carries_its_guards(world, name):
    with transaction.atomic():
        DOORS[name].prepare(world)
        headers = knock(world, name, world.script(OWNER)).headers
        transaction.set_rollback(True)
    assert headers["Content-Type"].startswith("application/json")
    assert headers["Cache-Control"] == "no-store"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert "default-src 'none'" in headers["Content-Security-Policy"]
