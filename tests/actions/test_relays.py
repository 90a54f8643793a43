"""Writing relays: the same form opens one, the history keeps what differed, and no key is ever stored."""

import uuid
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from accounts import actions, rules
from accounts.models import Relay, RelayEvent, Standing
from tests.make import NOW, make_account, make_relay, make_user, make_workspace

pytestmark = pytest.mark.django_db
KEY = "sk-hunter2hunter2hunter2"


@pytest.fixture
def ann():
    return make_user()


def facts(**changes) -> actions.RelayFacts:
    return actions.RelayFacts(**{"name": "relay", "base_url": "https://relay.example/v1"} | changes)


def kinds(relay) -> list[str]:
    return list(relay.events.latest_first().values_list("kind", flat=True))


class TestOpening:
    def test_keeps_everything_that_is_said(self, ann):
        account = make_account(ann)
        relay = make_relay(
            ann,
            balance="12.4050",
            model_ids=("openai/o3-mini", "gpt-4o"),
            expires_on=date(2025, 6, 1),
            bridges=account,
            bridge_model="o3-mini",
            notes="for trials",
        )
        relay.refresh_from_db()
        assert relay.model_ids == ["openai/o3-mini", "gpt-4o"]
        assert (relay.bridges, relay.bridge_model, relay.bridge_tier) == (account, "o3-mini", "")
        assert (relay.balance, relay.currency, relay.balance_seen_at) == (Decimal("12.405"), "USD", NOW)
        assert kinds(relay) == ["balance_noted", "relay_opened"]
        assert {event.by for event in relay.events.all()} == {ann}

    def test_the_same_form_opens_one(self, ann):
        key, home = uuid.uuid4(), make_workspace(ann)
        first, second = (
            actions.open_relay(home, facts=facts(name=name), form_key=key, by=ann, now=NOW) for name in ("a", "b")
        )
        assert first == second
        assert RelayEvent.objects.count() == 1

    def test_changes_nothing_of_any_account(self, ann):
        account = make_account(ann, payments=[("50", "05-01")])
        before = Standing.objects.filter(account=account).values().get()
        make_relay(ann, balance="900", bridges=account, bridge_tier="tier-3")
        assert Standing.objects.filter(account=account).values().get() == before
        assert account.payments.count() == 1

    @pytest.mark.parametrize("name", ["relay", "RELAY"])
    def test_a_name_stands_once(self, ann, name):
        make_relay(ann, name="relay")
        with pytest.raises(actions.RelayRefused, match="name: stands_twice"):
            make_relay(ann, name=name)

    def test_the_name_of_an_archived_one_is_free(self, ann):
        actions.archive_relay(make_relay(ann, name="relay"), by=ann, now=NOW)
        assert make_relay(ann, name="relay")

    @pytest.mark.parametrize(
        ("changes", "field", "code"),
        [
            ({"base_url": "http://relay.example"}, "base_url", "open_http"),
            ({"base_url": "https://a:b@relay.example"}, "base_url", "credentials"),
            ({"base_url": "https://relay.example/v1/"}, "base_url", "not_an_address"),
            ({"base_url": f"https://relay.example/{KEY}"}, "base_url", "key"),
            ({"notes": f"mine: {KEY}"}, "notes", "key"),
            ({"name": KEY}, "name", "key"),
            ({"model_ids": (KEY,)}, "model_ids", "key"),
            ({"model_ids": tuple(f"m{n}" for n in range(501))}, "model_ids", "too_many"),
            ({"model_ids": ("m", "m")}, "model_ids", "too_many"),
            ({"bridge_tier": "tier-3"}, "bridges", "needs_an_account"),
        ],
    )
    def test_what_cannot_stand_is_refused_by_field(self, ann, changes, field, code):
        with pytest.raises(actions.RelayRefused) as refusal:
            make_relay(ann, **changes)
        assert (refusal.value.field, refusal.value.code) == (field, code)
        assert "hunter2" not in str(refusal.value)
        assert not Relay.objects.exists()

    def test_bridges_no_account_of_others(self, ann):
        with pytest.raises(actions.RelayRefused, match="bridges: not_of_this_workspace"):
            make_relay(ann, bridges=make_account())


class TestEditing:
    def test_the_history_keeps_what_differed(self, ann):
        relay, account = make_relay(ann, name="relay"), make_account(ann)
        changed = facts(name="other", bridges=account, bridge_tier="tier-2", expires_on=date(2025, 6, 1))
        actions.edit_relay(relay, facts=changed, by=ann, now=NOW)
        differed = relay.events.latest_first().first().facts["changed"]
        assert differed["name"] == {"before": "relay", "after": "other"}
        assert differed["bridges"] == {"before": None, "after": str(account.pk)}
        assert differed["expires_on"]["after"] == "2025-06-01"
        assert "base_url" not in differed

    def test_the_same_again_leaves_no_trace(self, ann):
        relay = make_relay(ann, name="relay")
        actions.edit_relay(relay, facts=facts(), by=ann, now=NOW)
        assert kinds(relay) == ["relay_opened"]

    def test_an_archived_one_cannot_be_changed(self, ann):
        relay = actions.archive_relay(make_relay(ann), by=ann, now=NOW)
        with pytest.raises(actions.RelayRefused, match="archived"):
            actions.edit_relay(relay, facts=facts(name="other"), by=ann, now=NOW)
        with pytest.raises(actions.RelayRefused, match="archived"):
            actions.note_relay_balance(relay, balance=actions.Balance(Decimal(1), NOW), by=ann, now=NOW)


class TestTheBalance:
    def note(self, relay, amount, seen_at=NOW, currency="USD", now=NOW):
        balance = actions.Balance(Decimal(amount), seen_at, currency)
        actions.note_relay_balance(relay, balance=balance, by=None, now=now)
        relay.refresh_from_db()
        return relay.balance

    def test_is_replaced_with_a_trace(self, ann):
        relay = make_relay(ann, balance="12.40")
        assert self.note(relay, "3.10", NOW + timedelta(days=1), "EUR", now=NOW + timedelta(days=1)) == Decimal("3.10")
        last = relay.events.latest_first().first().facts
        assert (last["before"]["balance"], last["before"]["currency"]) == ("12.4", "USD")
        assert (last["after"]["balance"], last["after"]["currency"]) == ("3.1", "EUR")

    def test_one_seen_earlier_only_enters_the_history(self, ann):
        relay = make_relay(ann, balance="12.40")
        assert self.note(relay, "20", NOW - timedelta(days=1)) == Decimal("12.40")
        assert kinds(relay)[0] == "balance_noted"

    def test_said_twice_is_noted_once(self, ann):
        relay = make_relay(ann)
        self.note(relay, "5")
        self.note(relay, "5.00")
        assert kinds(relay) == ["balance_noted", "relay_opened"]

    @pytest.mark.parametrize(("amount", "ahead", "code"), [("-0.01", 0, "negative"), ("5", 1, "in_future")])
    def test_what_cannot_be_is_refused(self, ann, amount, ahead, code):
        with pytest.raises(actions.RelayRefused, match=code):
            self.note(make_relay(ann), amount, NOW + timedelta(seconds=ahead))


class TestTheArchive:
    def test_there_and_back(self, ann):
        relay = make_relay(ann)
        for verb in (actions.archive_relay, actions.archive_relay, actions.restore_relay, actions.restore_relay):
            relay = verb(relay, by=ann, now=NOW)
        assert not relay.is_archived
        assert kinds(relay) == ["relay_restored", "relay_archived", "relay_opened"]

    def test_no_way_back_while_the_name_is_in_use(self, ann):
        relay = actions.archive_relay(make_relay(ann, name="relay"), by=ann, now=NOW)
        make_relay(ann, name="relay")
        with pytest.raises(actions.RelayRefused, match="stands_twice"):
            actions.restore_relay(relay, by=ann, now=NOW)


class TestTheDatabase:
    """What no program of ours does, the database refuses."""

    @pytest.mark.parametrize(
        ("changes", "guard"),
        [
            ({"base_url": "ftp://relay.example"}, "relay_address_bare"),
            ({"base_url": "https://a:b@relay.example"}, "relay_address_bare"),
            ({"base_url": "https://relay.example?key=x"}, "relay_address_bare"),
            ({"name": ""}, "relay_has_name"),
            ({"balance": Decimal(-1), "balance_seen_at": NOW}, "relay_balance_not_negative"),
            ({"balance": Decimal(1)}, "relay_balance_dated"),
            ({"currency": "usd"}, "relay_currency"),
            ({"bridge_tier": "tier-3", "bridge_model": "o3-mini"}, "relay_waits_for_one"),
            ({"model_ids": [str(n) for n in range(rules.MOST_MODELS + 1)]}, "relay_models_bounded"),
        ],
    )
    def test_keeps_no_half_truth(self, ann, changes, guard):
        relay = make_relay(ann)
        with pytest.raises(IntegrityError, match=guard), transaction.atomic():
            Relay.objects.filter(pk=relay.pk).update(**changes)

    def test_lets_a_relay_bridge_no_foreign_account(self, ann):
        relay = make_relay(ann)
        Relay.objects.filter(pk=relay.pk).update(bridges=make_account())
        with pytest.raises(IntegrityError, match="relay_bridges_own_account"), connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS relay_bridges_own_account IMMEDIATE")

    def test_never_changes_the_history(self, ann):
        event = make_relay(ann).events.get()
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            RelayEvent.objects.filter(pk=event.pk).update(kind="x")
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            event.delete()
