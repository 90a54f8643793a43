"""The document is what its description says, field by field; nothing is forgotten, and no secret is told."""

import copy
import json
import re
from pathlib import Path
from threading import Thread

import jsonschema
import pytest
from django.apps import apps
from django.conf import settings
from django.db import connections

from accounts import actions, exports
from accounts.exports import described
from accounts.exports import workspace as schema
from accounts.models import (
    Delivery,
    Escalation,
    Event,
    KeptAnswer,
    Membership,
    Notice,
    Payment,
    Plan,
    Receipt,
    RelayEvent,
    Sighting,
    User,
)
from tests import make
from tests.browser.demo import AT
from tests.exports import everything

DOCS = Path(settings.BASE_DIR) / "docs"
# Columns that are not in the document: serial keys, what stands around the row, and what belongs to a running sender.
LEFT_OUT = {
    schema.HOME: set(),
    schema.PERSON: {"id", "password", "last_login", "is_superuser", "is_staff", "joined_at", "theme"},
    schema.MEMBER: {"id", "workspace_id"},
    schema.RULEBOOK: {"provider", "kind", "started_by"},  # they stand in the edition itself
    schema.ACCOUNT: {"workspace_id"},
    schema.PAYMENT: {"id", "account_id"},
    # What is left out of a receipt is found in its file, or is of one that was removed.
    schema.RECEIPT: {"payment_id", "has_thumbnail", "facts", "removed_at"},
    schema.SIGHTING: {"id", "account_id"},
    schema.EPISODE: {"account_id"},
    schema.ESCALATION: {"episode_id"},
    schema.PLAN: {"id", "account_id"},
    schema.EVENT: {"id", "account_id"},
    schema.NOTICE: {"account_id"},
    schema.DELIVERY: {"notice_id", "via_id", "phase", "claim", "lease_until"},  # channels stay behind
    schema.RELAY: {"workspace_id"},
    schema.RELAY_EVENT: {"id", "relay_id"},
}
MODELS = {
    schema.HOME: "Workspace",
    schema.PERSON: "User",
    schema.MEMBER: "Membership",
    **{getattr(schema, name.upper()): name for name in ("Rulebook", "Account", "Payment", "Receipt", "Sighting")},
    **{getattr(schema, name.upper()): name for name in ("Episode", "Escalation", "Plan", "Event", "Notice")},
    schema.DELIVERY: "Delivery",
    schema.IMPORT: "Import",
    schema.RELAY: "Relay",
    schema.RELAY_EVENT: "RelayEvent",
}
# Tables of which nothing is in the document: what is worked out anew, secrets and copies (such as exports themselves),
# and what is the instance's.
# A channel is a secret of one person, sealed with a key of this instance: nobody else could open it.
TABLES_LEFT_OUT = {"Standing", "Feed", "LooseFile", "Token", "KeptAnswer", "JobRun", "Channel", "Export", "ExportPiece"}


@pytest.mark.parametrize("shape", LEFT_OUT, ids=lambda shape: shape.name)
def test_every_column_is_in_the_document_or_left_out_on_purpose(shape):
    columns = {field.attname for field in apps.get_model("accounts", MODELS[shape])._meta.concrete_fields}
    told = {field.column or field.name for field in shape.fields}
    told |= {f"{name}_id" for name in told} | ({"user_id"} if shape is schema.MEMBER else set())
    assert columns - told == LEFT_OUT[shape]


def test_every_table_is_in_the_document_or_left_out_on_purpose():
    names = {model.__name__ for model in apps.get_app_config("accounts").get_models()}
    assert names - set(MODELS.values()) == TABLES_LEFT_OUT


def test_the_schema_in_the_docs_is_the_one_of_the_code():
    kept = json.loads((DOCS / f"{schema.NAME}-{schema.VERSION}.schema.json").read_text())
    assert kept == json.loads(json.dumps(exports.json_schema()))
    jsonschema.Draft202012Validator.check_schema(kept)


def test_the_tables_in_the_docs_are_those_of_the_code():
    text = (DOCS / "export.md").read_text()
    assert (
        text.partition("<!-- fields -->\n")[2].partition("<!-- end of fields -->")[0].strip()
        == described.tables().strip()
    )


@pytest.mark.django_db
class TestOfADemo:
    @pytest.fixture(scope="class")
    @classmethod
    def standing(cls, once_for_class):
        return once_for_class(everything.filled)

    @pytest.fixture
    def workspace(self, standing, db):
        return copy.deepcopy(standing)

    def test_it_keeps_to_its_schema(self, workspace):
        document = json.loads(everything.document_of(workspace))
        jsonschema.validate(document, exports.json_schema(), format_checker=jsonschema.FormatChecker())
        document["accounts"][0]["colour"] = "red"
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(document, exports.json_schema())

    def test_no_secret_is_in_it(self, workspace, client):
        ann = User.objects.get(email="demo@tierdash.example")
        feed = actions.open_feed(ann, now=AT)
        ann.set_password(make.PASSWORD)
        ann.save()
        client.force_login(ann)
        key = client.session.session_key
        script = make.make_token(ann, name="nightly", now=AT)
        hook = make.make_channel(ann, name="Hook", target="https://hooks.example.org/in/Very-Secret-8Kd2", now=AT)
        answer = KeptAnswer.objects.create(
            token=script.token, key="once", fingerprint="f" * 64, body="kept-body", created_at=AT
        )
        own = b"".join(exports.person_as_json(ann, now=AT))
        of_scripts = (script.secret, script.token.prefix, script.token.digest, answer.body, answer.fingerprint)
        of_channels = ("Very-Secret", "whsec_", hook.sealed_target, hook.sealed_secret)
        for text in (everything.document_of(workspace).decode(), own.decode()):
            for secret in (feed.seed, feed.token, ann.password, key, *of_scripts, *of_channels):
                assert secret not in text
        told = json.loads(own)
        assert told["has_calendar"] is True
        assert [token["name"] for token in told["tokens"]] == ["nightly"]
        shown = {"name": "Hook", "kind": "webhook", "service": "", "host": "hooks.example.org"}
        assert shown in told["channels"]

    def test_somebody_who_left_has_a_number_and_no_name(self, workspace):
        document = json.loads(everything.document_of(workspace))
        assert "gone@example.org" not in json.dumps(document["people"])
        (gone,) = [person["number"] for person in document["people"] if person["email"] is None]
        events = [event for account in document["accounts"] for event in account["events"]]
        assert gone in {event["by"] for event in events}

    def test_a_mail_on_its_way_is_written_as_after_a_crash(self, workspace):
        held = list(Delivery.objects.filter(status="pending")[:2])
        for delivery, phase in zip(held, ("claimed", "data"), strict=True):
            delivery.status, delivery.phase, delivery.claim, delivery.lease_until = "sending", phase, delivery.pk, AT
            delivery.save()
        told = {
            mail["id"]: (mail["status"], mail["doubts"])
            for account in json.loads(everything.document_of(workspace))["accounts"]
            for notice in account["notices"]
            for mail in notice["deliveries"]
        }
        assert [told[str(delivery.pk)] for delivery in held] == [("pending", 0), ("uncertain", 1)]

    def test_only_this_workspace_is_in_it(self, workspace):
        make.make_account(make.make_user("stranger@example.org"), name="of-a-stranger", now=AT)
        make.make_relay(User.objects.get(email="stranger@example.org"), name="relay of a stranger", now=AT)
        text = everything.document_of(workspace).decode()
        assert "stranger" not in text

    def test_what_a_person_did_is_theirs_to_take(self, workspace):
        ann = User.objects.get(email="demo@tierdash.example")
        told = json.loads(b"".join(exports.person_as_json(ann, now=AT)))
        counts = {
            "memberships": Membership.objects.filter(user=ann),
            "payments_recorded": Payment.objects.filter(recorded_by=ann),
            "receipts_attached": Receipt.objects.filter(added_by=ann, removed_at=None),
            "sightings_recorded": Sighting.objects.filter(recorded_by=ann),
            "plans_adopted": Plan.objects.filter(adopted_by=ann),
            "events": Event.objects.filter(by=ann),
            "relay_events": RelayEvent.objects.filter(by=ann),
            "notices": Notice.objects.filter(recipient=ann),
        }
        assert {name: len(told[name]) for name in counts} == {name: rows.count() for name, rows in counts.items()}
        assert all(counts[name].exists() for name in counts)
        ticks = sum(len(ticked) for ticked in Escalation.objects.values_list("ticks", flat=True))
        assert len(told["steps_ticked"]) == ticks > 0
        assert {row["account"] for row in told["payments_recorded"]} >= {"production-eu", "research"}
        assert {row["relay"] for row in told["relay_events"]} >= {"Example relay", "Fernes Relais 远"}


@pytest.mark.django_db(transaction=True)
def test_all_of_it_is_of_one_moment():
    """A payment that is recorded while the file is written is not in it, and neither is its event."""
    account = make.make_account(payments=[("5", "05-01T10:00")])
    pieces = exports.workspace_as_json(account.workspace, now=make.NOW)
    begun = next(pieces)

    def meanwhile():
        make.make_payment(account, "7.00")
        connections.close_all()

    thread = Thread(target=meanwhile)
    thread.start()
    thread.join()
    (told,) = json.loads(begun + b"".join(pieces))["accounts"]
    assert account.payments.count() == 2
    assert [payment["gross"] for payment in told["payments"]] == ["5"]
    assert len([event for event in told["events"] if re.match("payment_", event["kind"])]) == 1
