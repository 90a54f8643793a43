"""A document with a mistake is refused whole, and the place of the mistake is named."""

import contextlib
import copy
import json
from base64 import b64encode
from hashlib import sha256

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts import actions, exports, rules
from accounts.models import Account, Payment, User, Workspace
from tests import make
from tests.browser.demo import AT
from tests.exports import everything
from tests.views.test_authorization import everything_stored

pytestmark = pytest.mark.django_db
PLACE = "accounts[0].payments[0]"


@pytest.fixture(scope="module")
def kept(django_db_setup, django_db_blocker):
    """One document for the module: it takes seconds to fill a workspace."""
    with django_db_blocker.unblock(), transaction.atomic():
        document = json.loads(everything.document_of(everything.filled()))
        transaction.set_rollback(True)
    # The first account is the one with payments of every kind.
    document["accounts"].sort(key=lambda account: -len(account["payments"]))
    document["relays"].sort(key=lambda relay: (relay["bridges"] is None, relay["name"] != "Example relay"))
    document["imports"].sort(key=lambda held: held["state"] != "draft")
    return document


@pytest.fixture
def document(kept):
    return copy.deepcopy(kept)


def refused(document, **facts) -> exports.DocumentError:
    raw = document if isinstance(document, bytes) else json.dumps(document).encode()
    before = everything_stored()
    with pytest.raises(exports.DocumentError) as caught:
        everything.restore(raw, **facts)
    after = everything_stored()
    # Files that were written before the mistake showed are loose, so that they go by themselves.
    del before["accounts_loosefile"], after["accounts_loosefile"]
    assert after == before, "nothing is left of it"
    return caught.value


@pytest.mark.parametrize(
    ("where", "value", "path"),
    [
        (("accounts", 0, "payments", 0, "gross"), "0", f"{PLACE}.gross"),
        (("accounts", 0, "payments", 0, "gross"), 25.0, f"{PLACE}.gross"),
        (("accounts", 0, "payments", 0, "gross"), "1e5", f"{PLACE}.gross"),
        (("accounts", 0, "payments", 0, "gross"), "0.00001", f"{PLACE}.gross"),
        (("accounts", 0, "payments", 0, "gross"), "9" * 5000, f"{PLACE}.gross"),
        (("accounts", 0, "payments", 0, "tax"), "1000000", f"{PLACE}.tax"),
        (("accounts", 0, "payments", 0, "currency"), "usd", f"{PLACE}.currency"),
        (("accounts", 0, "payments", 0, "kind"), "gift", f"{PLACE}.kind"),
        (("accounts", 0, "payments", 0, "paid_at"), "2026-11-01T10:00:00", f"{PLACE}.paid_at"),
        (("accounts", 0, "payments", 0, "paid_at"), "2999-01-01T00:00:00Z", f"{PLACE}.paid_at"),
        (("accounts", 0, "payments", 0, "paid_at"), "2014-01-01T00:00:00Z", f"{PLACE}.paid_at"),
        (("accounts", 0, "payments", 0, "changed_at"), "2016-01-01T00:00:00Z", f"{PLACE}.paid_at"),
        (("accounts", 0, "payments", 0, "undoes"), "584712b8-0527-484a-b9a8-89414bbb9b10", f"{PLACE}.undoes"),
        (("accounts", 0, "payments", 0, "recorded_by"), 999, f"{PLACE}.recorded_by"),
        (("accounts", 0, "payments", 0, "note"), "a\0b", f"{PLACE}.note"),
        (("accounts", 0, "payments", 0, "note"), "\ud800", f"{PLACE}.note"),
        (("accounts", 0, "payments", 0, "note"), "x" * 501, f"{PLACE}.note"),
        (("accounts", 0, "payments", 0, "expires_on"), "soon", f"{PLACE}.expires_on"),
        (("accounts", 0, "payments", 0, "expires_on"), "20270101", f"{PLACE}.expires_on"),
        (("accounts", 0, "payments", 0, "expires_on"), "2016-01-01", f"{PLACE}.expires_on"),
        (("accounts", 0, "payments", 0, "expires_on"), "9999-12-31", f"{PLACE}.expires_on"),
        (("accounts", 0, "payments", 0, "colour"), "red", f"{PLACE}.colour"),
        (("accounts", 0, "name"), "two\nlines", "accounts[0].name"),
        (("accounts", 0, "seen_tier"), "tier-99", "accounts[0].seen_tier"),
        (("accounts", 0, "rulebook"), "openai/1999", "accounts[0].rulebook"),
        (("accounts", 0, "goal"), {"model": "o3-mini", "tier": "tier-3"}, "accounts[0].goal"),
        (("accounts", 0, "goal"), {"model": {}}, "accounts[0].goal"),
        (("accounts", 0, "confirmed"), {"card": "yesterday"}, "accounts[0].confirmed.card"),
        (("accounts", 0, "room_usd"), "-1", "accounts[0]"),
        (("accounts", 0, "fell_from"), "tier-2", "accounts[0]"),
        (("accounts", 0, "id"), 7, "accounts[0].id"),
        (("accounts", 0, "events", 0, "facts"), {"deep": {"n": 10**400}}, "accounts[0].events[0].facts.deep.n"),
        (("accounts", 0, "events", 0, "by"), 0, "accounts[0].events[0].by"),
        (("accounts", 0, "sightings", 0, "before"), {"id": "x"}, "accounts[0].sightings[0].before"),
        (("accounts", 0, "payments"), {}, "accounts[0].payments"),
        (("accounts", 0, "payments"), [7], f"{PLACE}"),
        (("relays", 0, "base_url"), "https://ann:pw@relay.example/v1", "relays[0].base_url"),
        (("relays", 0, "base_url"), "https://relay.example/v1/", "relays[0].base_url"),
        (("relays", 0, "base_url"), "http://relay.example/v1", "relays[0].base_url"),
        (("relays", 0, "notes"), "use sk-abcdefghijklmnop", "relays[0].notes"),
        (("relays", 0, "model_ids"), ["gpt-4o", "gpt-4o"], "relays[0].model_ids"),
        (("relays", 0, "model_ids"), [f"m{n}" for n in range(501)], "relays[0].model_ids"),
        (("relays", 0, "bridges"), None, "relays[0].bridges"),
        (("relays", 0, "bridges"), "584712b8-0527-484a-b9a8-89414bbb9b10", "relays[0].bridges"),
        (("relays", 0, "balance"), "-1", "relays[0].balance"),
        (("relays", 0, "balance"), None, "relays[0].balance_seen_at"),
        (("relays", 0, "balance_seen_at"), "2999-01-01T00:00:00Z", "relays[0].balance_seen_at"),
        (("relays", 0, "currency"), "usd", "relays[0].currency"),
        (("relays", 0, "expires_on"), "20261231", "relays[0].expires_on"),
        (("relays", 0, "expires_on"), 7, "relays[0].expires_on"),
        (("relays", 1, "name"), "EXAMPLE RELAY", "relays[1].name"),
        (("relays", 0, "events", 0, "by"), 999, "relays[0].events[0].by"),
        (("accounts", 0, "payments", 0, "came_by"), "584712b8-0527-484a-b9a8-89414bbb9b10", f"{PLACE}.came_by"),
        (("imports", 0, "account"), "584712b8-0527-484a-b9a8-89414bbb9b10", "imports[0].account"),
        (("imports", 0, "created_by"), 999, "imports[0].created_by"),
        (("imports", 0, "state"), "running", "imports[0].state"),
        (("imports", 0, "content"), "no Base64!", "imports[0].content"),
        (("imports", 0, "content"), "5.00", "imports[0].content"),
        (("imports", 0, "content"), "bm8gZmlsZQ==", "imports[0].digest"),
        (("imports", 0, "ended_at"), "2026-11-01T10:00:00Z", "imports[0].ended_at"),
        (("imports", 0, "rows"), 7, "imports[0].rows"),
        (("imports", 0, "columns"), ["day", "colour"], "imports[0].columns[1]"),
        (("imports", 0, "choices"), {"order": "year"}, "imports[0].choices"),
        (("imports", 0, "choices"), {"rates": {"EUR": "NaN"}}, "imports[0].choices"),
        (("imports", 0, "choices"), {"rates": {"euro": "1.1"}}, "imports[0].choices"),
        (("imports", 0, "choices"), {"colour": "red"}, "imports[0].choices"),
        (("imports", 0, "zone"), "Europe/Atlantis", "imports[0].zone"),
        (("people", 0, "email"), "nobody", "people[0].email"),
        (("people", 0, "time_zone"), "../../etc/passwd", "people[0].time_zone"),
        (("people", 0, "language"), "tlh", "people[0].language"),
        (("members", 0, "role"), "viewer", "members"),
        (("members", 0, "person"), 999, "members[0].person"),
        (("rulebooks", 0, "digest"), "0" * 64, "rulebooks[0].digest"),
        (("rulebooks", 0, "document", "tiers"), [], "rulebooks[0].document.tiers"),
        (("workspace", "name"), "", "workspace.name"),
        (("exported_at",), "2999-01-01T00:00:00Z", "exported_at"),
        (("schema",), "tierdash.workspace/3", "schema"),
        (("schema",), "tierdash.workspace/1", f"{PLACE}.expires_on"),
        (("schema",), "tierdash.workspace/0", ""),
        (("schema",), "tierdash.workspace/02", ""),
        (("schema",), "tierdash.person/1", ""),
        (("schema",), None, ""),
    ],
)  # fmt: skip
def test_a_mistake_is_named_by_its_place(document, where, value, path):
    inside = document
    for step in where[:-1]:
        inside = inside[step]
    inside[where[-1]] = value
    assert refused(document).path == path


def test_an_import_that_waits_must_hold_a_table(document):
    held = document["imports"][0]
    content = b"\x00\x01no table"
    held["content"], held["digest"] = b64encode(content).decode(), sha256(content).hexdigest()
    assert refused(document).path == "imports[0].content"


def test_what_was_given_is_not_kept_of_an_import_that_is_over(document):
    place = next(n for n, held in enumerate(document["imports"]) if held["state"] == "done")
    document["imports"][place]["content"] = document["imports"][0]["content"]
    assert refused(document).path == f"imports[{place}].content"


def test_an_import_brings_payments_into_its_own_account_only(document):
    brought = [line for line in document["accounts"][0]["payments"] if line["came_by"]]
    stranger = next(account["id"] for account in document["accounts"][1:])
    place = next(n for n, held in enumerate(document["imports"]) if held["id"] == brought[0]["came_by"])
    document["imports"][place]["account"] = stranger
    assert refused(document).path.endswith(".came_by")


@pytest.mark.parametrize(("name", "path"), [("payments", "uid"), ("sightings", "number"), ("episodes", "id")])
def test_what_has_a_name_stands_once(document, name, path):
    rows = next(account[name] for account in document["accounts"] if account[name])
    rows.append(rows[0])
    assert refused(document).path.endswith(f".{name}[{len(rows) - 1}].{path}")


def test_two_live_accounts_of_one_name_are_refused_at_the_second(document):
    document["accounts"][3]["name"] = document["accounts"][1]["name"].upper()
    document["accounts"][1]["archived_at"] = document["accounts"][3]["archived_at"] = None
    assert refused(document).path == "accounts[3].name"


def test_the_row_that_the_database_refuses_is_found_among_thousands(document):
    payments = document["accounts"][0]["payments"]
    plain = payments[0] | {"undoes": None, "kind": "purchase", "reference": "", "tax": None}
    for place in range(3000):
        uid = f"00000000-0000-4000-8000-{place:012}"
        payments.append(plain | {"uid": uid, "form_key": uid})
    wrong = len(payments) - 700
    payments[wrong]["form_key"] = payments[wrong - 1]["form_key"]
    error = refused(document)
    assert (error.path, "payment_form_key_unique" in error.reason) == (f"accounts[0].payments[{wrong}]", True)


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"\xff\xfe{}",
        b"[" * 100_000,
        b'{"schema": NaN}',
        b'{"schema": ' + b"9" * 10_000 + b"}",
        "{“schema”: 1}".encode(),
    ],
)
def test_what_is_no_document_is_refused_in_words(raw):
    error = refused(raw)
    assert error.path == ""
    assert error.reason.endswith(".")


def test_a_newer_version_is_told_from_something_else(document):
    document["schema"] = "tierdash.workspace/7"
    assert "newer tierdash, as version 7" in refused(document).reason


def test_a_file_that_is_too_large_is_not_read():
    assert "larger than 1 MB" in refused(b" " * (1024 * 1024 + 1), most_bytes=1024 * 1024).reason
    assert "not JSON" in refused(b" " * (exports.MOST_BYTES + 1), most_bytes=None).reason


def test_a_workspace_that_is_here_is_not_replaced(document):
    everything.restore(json.dumps(document).encode())
    assert refused(document).path == "workspace.id"


def test_the_rows_of_another_workspace_cannot_be_taken_over(document):
    stranger = make.make_account(make.make_user(), now=AT, payments=[("5", "2026-11-01T00:00:00Z")])
    bridged = {relay["bridges"] for relay in document["relays"]} | {held["account"] for held in document["imports"]}
    place = next(n for n, account in enumerate(document["accounts"]) if account["id"] not in bridged)
    document["accounts"][place]["id"] = str(stranger.pk)
    assert refused(document).path == f"accounts[{place}]"
    document["accounts"][place]["id"] = "584712b8-0527-484a-b9a8-89414bbb9b11"
    undone = {line["undoes"] for account in document["accounts"] for line in account["payments"]}
    paid, line = next(
        (n, m)
        for n, account in enumerate(document["accounts"])
        for m, line in enumerate(account["payments"])
        if line["uid"] not in undone
    )
    document["accounts"][paid]["payments"][line]["uid"] = str(stranger.payments.get().uid)
    assert refused(document).path == f"accounts[{paid}].payments[{line}]"


def test_other_rules_by_a_known_name_are_refused(document):
    place = next(i for i, book in enumerate(document["rulebooks"]) if book["id"] == "openai/2025-05")
    make.make_rulebook("openai/2025-05")
    book = document["rulebooks"][place]
    book["document"]["constants"] = {"recheck_hours": 47}
    book["digest"] = actions.digest_of(rules.build(book["document"]))
    assert refused(document).path == f"rulebooks[{place}].digest"


class TestForOnePersonAlone:
    @pytest.fixture
    def ann(self, document):
        ann = make.make_user("ann@example.org", now=AT)
        for book in document["rulebooks"]:
            make.make_rulebook(book["id"], now=AT)
        return ann

    def test_nobody_else_comes_back(self, document, ann):
        people = User.objects.count()
        workspace = everything.restore(json.dumps(document).encode(), with_people=False, by=ann)
        assert User.objects.count() == people
        assert [(each.user, each.role) for each in workspace.memberships.all()] == [(ann, "owner")]
        account = Account.objects.get(workspace=workspace, pk=document["accounts"][0]["id"])
        assert set(account.payments.values_list("recorded_by", flat=True)) == {None}
        assert account.payments.count() == len(document["accounts"][0]["payments"])

    def test_the_history_says_that_somebody_did_it(self, document, ann, client):
        everything.restore(json.dumps(document).encode(), with_people=False, by=ann)
        client.force_login(ann)
        page = client.get(f"/accounts/{document['accounts'][0]['id']}/?all=1").content.decode()
        assert "somebody who left" in page

    def test_no_mail_goes_to_an_address_of_the_document(self, document, ann):
        mails = [
            mail
            for account in document["accounts"]
            for notice in account["notices"]
            for mail in notice["deliveries"]
            if mail["status"] == "pending"
        ]
        assert mails
        numbers = {person["number"]: person for person in document["people"]}
        for person in document["people"]:
            person["email"] = person["email"] and f"old{person['number']}@example.org"
        numbers[1]["email"] = ann.email
        for place, mail in enumerate(mails):
            mail["address"] = "victim@example.org"
            # One that was withdrawn waits again as soon as it is true again.
            mail["status"] = "cancelled" if place % 2 else "pending"
        workspace = everything.restore(json.dumps(document).encode(), with_people=False, by=ann)
        waiting = Workspace.objects.filter(pk=workspace.pk).values_list(
            "accounts__notices__deliveries__address", "accounts__notices__deliveries__status"
        )
        assert {address for address, status in waiting if status == "pending"} == {ann.email}

    def test_rules_that_are_not_adopted_are_refused(self, document):
        ann = make.make_user("ann@example.org", now=AT)
        assert refused(document, with_people=False, by=ann).path == "rulebooks[0].id"


VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=20),
    st.sampled_from(["2026-01-01T00:00:00Z", "25.00", "tier-2", "void", "sent", "pending", "refund", "rose"]),
    st.dictionaries(st.text(max_size=5), st.integers() | st.text(max_size=5), max_size=3),
    st.lists(st.integers() | st.text(max_size=5), max_size=3),
)


def places(value, path=()):
    """Every place in a document, deep ones too."""
    yield path
    if isinstance(value, dict):
        for key, item in value.items():
            yield from places(item, (*path, key))
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from places(item, (*path, number))


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(data=st.data())
def test_a_mutated_document_is_taken_whole_or_not_at_all(kept, data, client):
    document = copy.deepcopy(kept)
    del document["accounts"][3:]
    for relay in document["relays"]:
        if relay["bridges"]:
            relay["bridges"] = document["accounts"][1]["id"]
    kept_accounts = {account["id"] for account in document["accounts"]}
    document["imports"] = [held for held in document["imports"] if held["account"] in kept_accounts]
    for book in document["rulebooks"]:
        book.pop("rules", None)
    open_places = [path for path in places(document) if path and path[0] != "rulebooks"]
    for _round in range(data.draw(st.integers(1, 3))):
        *way, last = data.draw(st.sampled_from(open_places))
        inside = document
        try:
            for step in way:
                inside = inside[step]
            inside[last]
        except (KeyError, IndexError, TypeError):
            continue
        if data.draw(st.booleans()):
            inside[last] = data.draw(VALUES)
        else:
            del inside[last]
    with transaction.atomic():
        reader = make.make_user("reader@example.org", home=False)
        before = everything_stored()
        workspace = None
        with contextlib.suppress(exports.DocumentError):
            workspace = everything.restore(json.dumps(document).encode(), by=reader)
        if workspace is None:
            assert everything_stored() == before
        else:
            client.force_login(reader)
            pages = [
                "/",
                "/notices/",
                "/relays/",
                *(f"/relays/{key}/" for key in workspace.relays.values_list("pk", flat=True)),
                *(f"/accounts/{key}/?all=1" for key in workspace.accounts.values_list("pk", flat=True)),
            ]
            for page in pages:
                assert client.get(page).status_code == 200, page
            assert everything.document_of(workspace)
            assert Payment.objects.count() == sum(len(account["payments"]) for account in document["accounts"])
        transaction.set_rollback(True)


@pytest.mark.parametrize("first_on", [None, "9999-12-31"])
def test_a_reminder_of_credit_has_a_day_that_can_be(document, first_on):
    place, number = next(
        (place, number)
        for place, account in enumerate(document["accounts"])
        for number, notice in enumerate(account["notices"])
        if notice["kind"] == "credit_expiring"
    )
    document["accounts"][place]["notices"][number]["expires_on"] = first_on
    assert refused(document).path == f"accounts[{place}].notices[{number}].expires_on"


def test_no_other_notice_has_one(document):
    place, number = next(
        (place, number)
        for place, account in enumerate(document["accounts"])
        for number, notice in enumerate(account["notices"])
        if notice["kind"] != "credit_expiring"
    )
    document["accounts"][place]["notices"][number]["expires_on"] = "2026-12-01"
    assert refused(document).path == f"accounts[{place}].notices[{number}].expires_on"
