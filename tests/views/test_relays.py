"""The list of relays, and the forms that open and edit one: nothing typed is lost but a key, which is kept nowhere."""

import re
import uuid

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts import actions
from accounts.models import Relay, RelayEvent
from tests.make import NOW, make_account, make_member, make_relay, make_rulebook, make_user, make_workspace
from tests.views.reading import HTMX, choice_of, error_at, has, html_of, value_of, words_of
from tests.views.typed import AMOUNTS, DAYS, LINES, MEGABYTE, refused, undone

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]
NEW = "/relays/new/"
SECRET = "hunter2hunter2hunter2"
SAID = {"name": "relay", "base_url": "https://relay.example/v1", "currency": "USD", "balance_seen": "2025-05-20"}


@pytest.fixture
def account(ann):
    return make_account(ann, name="production", payments=[("20", "05-01")])


@pytest.fixture
def say(signed_in):
    """Send the form that opens a relay, with changes."""
    return lambda **changes: signed_in.post(NEW, SAID | {"form_key": str(uuid.uuid4())} | changes)


class TestTheList:
    def test_says_what_stands_here_before_there_is_one(self, signed_in):
        page = signed_in.get("/relays/")
        assert "No relay yet" in words_of(page)
        assert NEW in html_of(page)

    def test_a_viewer_is_not_asked_to_add_one(self, see):
        assert NEW not in html_of(see.get("/relays/"))

    def test_shows_state_balance_and_what_it_bridges(self, signed_in, ann, account):
        make_relay(ann, name="bridge", balance="12.40", bridges=account, bridge_model="o3-mini")
        words = words_of(signed_in.get("/relays/"))
        assert "bridge https://relay.example/v1 $12.40 seen Tue 20 May Usable Still needed" in words
        assert "Stands in until production has O3-mini . Money is still missing for it." in words

    @pytest.mark.parametrize(
        ("seen", "chip"), [("tier-1", "Still needed"), ("tier-3", "No longer needed"), ("tier-5", "No longer needed")]
    )
    def test_says_when_it_is_no_longer_needed(self, signed_in, ann, seen, chip):
        make_relay(ann, bridges=make_account(ann, seen=seen), bridge_tier="tier-3")
        assert chip in words_of(signed_in.get("/relays/"))

    def test_says_so_when_the_tier_is_due(self, signed_in, ann, clock):
        paid = make_account(ann, name="paid", seen="tier-3", payments=[("300", "05-14T12:00")])
        make_relay(ann, bridges=paid, bridge_tier="tier-4")
        assert "Still needed" in words_of(signed_in.get("/relays/"))
        clock.move_to("2025-05-22T12:00:00+00:00", tick=False)
        assert "Soon no longer needed" in words_of(signed_in.get("/relays/"))
        clock.move_to("2025-05-28T12:00:00+00:00", tick=False)
        assert "No longer needed once lifted" in words_of(signed_in.get("/relays/"))

    def test_the_last_day_is_the_readers(self, signed_in, ann, clock):
        make_relay(ann, balance="5", expires_on=NOW.date())
        clock.move_to("2025-05-20T20:00:00+00:00", tick=False)
        assert "Expires soon" in words_of(signed_in.get("/relays/"))
        ann.time_zone = "Asia/Shanghai"
        ann.save()
        assert "Expired" in words_of(signed_in.get("/relays/"))

    def test_those_put_away_stand_behind_and_nobody_sees_foreign_ones(self, signed_in, ann):
        actions.archive_relay(make_relay(ann, name="old one"), by=ann, now=NOW)
        make_relay(make_user(), name="foreign")
        words = words_of(signed_in.get("/relays/"))
        assert "Archive old one" in words
        assert "foreign" not in words

    def test_money_of_relays_is_on_no_board(self, signed_in, ann, account):
        make_relay(ann, balance="98765", bridges=account, bridge_tier="tier-3")
        for address in ("/", f"/accounts/{account.pk}/"):
            assert "98,765" not in words_of(signed_in.get(address))

    def test_twelve_queries_are_enough_for_many(self, signed_in, ann):
        for _ in range(6):
            make_relay(ann, bridges=make_account(ann, payments=[("5", "05-01")]), bridge_tier="tier-3")
        with CaptureQueriesContext(connection) as queries:
            signed_in.get("/relays/")
        assert len(queries) <= 12


class TestOpening:
    def test_keeps_what_is_said(self, say, account):
        more = {"model_ids": "openai/o3-mini\r\ngpt-4o, gpt-4o", "balance": "$12.40", "expires_on": "2025-06-01"}
        answer = say(**more, bridges=str(account.pk), awaits="model:o3-mini", notes="for\ntrials")
        relay = Relay.objects.get()
        assert answer.headers["Location"] == f"/relays/{relay.pk}/"
        assert relay.model_ids == ["openai/o3-mini", "gpt-4o"]
        assert (f"{relay.balance:.2f}", relay.balance_seen_at) == ("12.40", NOW)
        assert (relay.bridges, relay.bridge_model, relay.bridge_tier) == (account, "o3-mini", "")

    def test_a_balance_may_be_left_out(self, say):
        assert say(balance="", balance_seen="").status_code == 302
        assert Relay.objects.get().balance is None

    def test_a_double_click_opens_one(self, say):
        key = str(uuid.uuid4())
        assert say(form_key=key).headers["Location"] == say(form_key=key).headers["Location"]
        assert Relay.objects.count() == 1

    def test_a_name_stands_once(self, say, ann):
        make_relay(ann, name="Relay")
        assert "has this name" in error_at(say(), "id_name")

    def test_everything_typed_comes_back(self, say):
        answer = say(name="", base_url="relay", model_ids="a\nb", balance="x", notes="kept")
        assert answer.status_code == 422
        assert (value_of(answer, "base_url"), value_of(answer, "balance")) == ("relay", "x")
        assert "a b" in words_of(answer, "id_model_ids")
        assert "kept" in words_of(answer, "id_notes")

    @pytest.mark.parametrize("headers", [{}, HTMX])
    def test_another_account_shows_what_it_can_wait_for_and_loses_nothing(self, signed_in, account, headers):
        form = SAID | {"name": "", "bridges": str(account.pk), "look": "1", "model_ids": "a\nb", "balance": "x"}
        answer = signed_in.post(NEW, form, headers=headers)
        assert answer.status_code == 200
        assert "errorlist" not in html_of(answer)
        assert "O3-mini" in words_of(answer, "awaits")
        assert choice_of(answer, "bridges") == str(account.pk)
        assert (value_of(answer, "balance"), value_of(answer, "base_url")) == ("x", SAID["base_url"])
        assert not Relay.objects.exists()

    @pytest.mark.parametrize(
        ("changes", "field"),
        [
            ({"awaits": "tier:tier-3"}, "awaits"),
            ({"bridges": str(uuid.uuid4())}, "bridges"),
            ({"bridges": "x"}, "bridges"),
            ({"currency": "€"}, "currency"),
            ({"currency": "U5D"}, "currency"),
            ({"balance": "5", "balance_seen": "2025-05-21"}, "balance_seen"),
            ({"notes": "x" * 5001}, "notes"),
        ],
    )
    def test_each_field_is_refused_beside_itself(self, say, changes, field):
        answer = say(**changes)
        assert answer.status_code == 422
        assert error_at(answer, f"id_{field}")
        assert not Relay.objects.exists()

    def test_a_tier_of_another_edition_is_refused(self, say, account):
        assert "no such tier" in error_at(say(bridges=str(account.pk), awaits="tier:build"), "id_awaits")

    def test_a_foreign_account_is_not_offered_and_not_taken(self, say, signed_in):
        foreign = make_account(make_user(), name="foreign")
        assert "foreign" not in words_of(signed_in.get(NEW))
        assert say(bridges=str(foreign.pk)).status_code == 422

    def test_a_viewer_cannot_open_one(self, see):
        assert see.get(NEW).status_code == see.post(NEW, SAID).status_code == 404

    def test_an_editor_can(self, client, ann):
        client.force_login(make_member(make_workspace(ann), "editor"))
        assert client.post(NEW, SAID).status_code == 302


class TestEditing:
    @pytest.fixture
    def relay(self, ann, account):
        return make_relay(ann, name="relay", model_ids=("a", "b"), bridges=account, bridge_tier="tier-3", notes="n")

    def test_shows_what_is_stored(self, signed_in, relay):
        page = signed_in.get(f"/relays/{relay.pk}/edit/")
        assert (value_of(page, "name"), value_of(page, "base_url")) == ("relay", "https://relay.example/v1")
        assert choice_of(page, "awaits") == "tier:tier-3"
        assert not has(page, "id_balance")

    def test_saved_as_it_is_it_stays_as_it_is(self, signed_in, relay, account):
        form = {"name": "relay", "base_url": relay.base_url, "model_ids": "a\r\nb", "notes": "n"}
        signed_in.post(f"/relays/{relay.pk}/edit/", form | {"bridges": str(account.pk), "awaits": "tier:tier-3"})
        assert [event.kind for event in RelayEvent.objects.all()] == ["relay_opened"]

    def test_an_account_that_was_put_away_since_is_not_lost(self, signed_in, ann, relay, account):
        actions.archive_account(account, by=ann, now=NOW)
        assert choice_of(signed_in.get(f"/relays/{relay.pk}/edit/"), "bridges") == str(account.pk)

    def test_the_history_says_what_was_edited(self, signed_in, relay):
        answer = signed_in.post(f"/relays/{relay.pk}/edit/", {"name": "other", "base_url": relay.base_url})
        assert answer.status_code == 302
        words = words_of(signed_in.get(f"/relays/{relay.pk}/"))
        assert "Edited: name, models, stands in for, waits for, notes" in words

    def test_one_in_the_archive_is_not_there_to_be_edited(self, signed_in, ann, relay):
        actions.archive_relay(relay, by=ann, now=NOW)
        for answer in (
            signed_in.get(f"/relays/{relay.pk}/edit/"),
            signed_in.post(f"/relays/{relay.pk}/edit/", SAID),
            signed_in.post(f"/relays/{relay.pk}/balance/", {"balance": "5", "currency": "USD"}),
        ):
            assert answer.status_code == 404

    def test_the_name_of_another_is_refused(self, signed_in, ann, relay):
        make_relay(ann, name="taken")
        answer = signed_in.post(f"/relays/{relay.pk}/edit/", {"name": "Taken", "base_url": relay.base_url})
        assert "has this name" in error_at(answer, "id_name")


class TestSecrets:
    """A key is told, cut out and kept nowhere: not in the answer, not in the database."""

    @pytest.mark.parametrize(
        ("field", "typed", "left"),
        [
            ("base_url", f"https://ann:{SECRET}@relay.example/v1", "https://relay.example/v1"),
            ("base_url", f"https://relay.example/v1?api_key={SECRET}", "https://relay.example/v1"),
            ("base_url", f"https://relay.example/v1?x=sk-{SECRET}", "https://relay.example/v1"),
            ("base_url", f"sk-{SECRET}", ""),
            ("name", f"relay sk-{SECRET}", "relay "),
        ],
    )
    def test_in_a_line(self, say, field, typed, left):
        answer = say(**{field: typed})
        assert answer.status_code == 422
        assert "kept nowhere" in error_at(answer, f"id_{field}")
        assert SECRET not in html_of(answer)
        assert value_of(answer, field) == left
        assert not Relay.objects.exists()

    @pytest.mark.parametrize("field", ["notes", "model_ids"])
    def test_in_a_text(self, say, field):
        answer = say(**{field: f"first\nsk-{SECRET}"})
        assert "kept nowhere" in error_at(answer, f"id_{field}")
        assert SECRET not in html_of(answer)
        assert "first" in words_of(answer, f"id_{field}")

    def test_beside_another_mistake(self, say):
        answer = say(base_url="x" * 3000, notes=f"sk-{SECRET}")
        assert error_at(answer, "id_base_url")
        assert SECRET not in html_of(answer)

    @pytest.mark.parametrize("field", ["base_url", "notes", "name", "model_ids"])
    def test_in_a_form_that_is_only_looked_at(self, signed_in, account, field):
        typed = SAID | {field: f"sk-{SECRET}", "bridges": str(account.pk), "look": "1"}
        assert SECRET not in html_of(signed_in.post(NEW, typed))


class TestWhatPeopleType:
    def test_names(self, say):
        for typed, is_taken in undone(LINES):
            answer = say(name=typed)
            assert answer.status_code == (302 if is_taken and len(typed) <= 100 else 422), repr(typed[:40])

    def test_balances(self, say):
        for typed, taken in undone(AMOUNTS):
            answer = say(balance=typed)
            if taken is None and typed.strip() and not re.fullmatch(r"-?[0.]+", typed):
                refused(answer, "balance", "id_balance", typed)
            else:
                assert answer.status_code == 302, typed

    def test_days(self, say):
        for typed, taken in undone(DAYS):
            answer = say(balance="5", balance_seen=typed)
            assert answer.status_code == (302 if taken or not typed else 422), typed[:40]

    @pytest.mark.parametrize("day", ["2027-02-29", "0001-01-01", "x", MEGABYTE])
    def test_last_days(self, say, day):
        refused(say(expires_on=day), "expires_on", "id_expires_on", day)

    def test_the_last_day_of_the_calendar(self, say, signed_in):
        assert signed_in.get(say(expires_on="9999-12-31").headers["Location"]).status_code == 200

    @pytest.mark.parametrize(
        "typed",
        ["relay", "ftp://relay.example", "http://relay.example", "javascript:alert(1)", MEGABYTE, "<svg onload=x>"],
    )
    def test_addresses_that_are_none(self, say, typed):
        refused(say(base_url=typed), "base_url", "id_base_url", typed)

    def test_http_within_a_private_network_is_taken(self, say):
        assert say(base_url="http://192.168.1.5:3000/v1/").status_code == 302
        assert Relay.objects.get().base_url == "http://192.168.1.5:3000/v1"

    @pytest.mark.parametrize(
        "typed",
        [
            "\n".join(f"model-{n}" for n in range(5000)),
            MEGABYTE,
            "x" * 201,
            "ok\n\u202egnp",
            "a\x1bb",
            "a\u200bb",
            "a\u2066b",
        ],
    )
    def test_models_that_cannot_be(self, say, typed):
        answer = say(model_ids=typed)
        assert answer.status_code == 422
        assert error_at(answer, "id_model_ids")
        assert "\u202e" not in error_at(answer, "id_model_ids")
        assert not Relay.objects.exists()

    @pytest.mark.parametrize(
        "typed", ["a,b，c、d\te\r\n\r\nf f", "模型/甲", "a'b\"c`$(id)", "<svg/onload=x>", "{{7*7}}", "🚀"]
    )
    def test_models_that_can(self, say, signed_in, typed):
        answer = say(model_ids=typed)
        assert answer.status_code == 302
        page = signed_in.get(answer.headers["Location"])
        assert "<svg/onload" not in html_of(page)
        assert len(set(Relay.objects.get().model_ids)) == len(Relay.objects.get().model_ids)

    def test_complaints_are_in_the_readers_language(self, ann, say):
        ann.language = "zh-hans"
        ann.save()
        answer = say(base_url="http://relay.example", model_ids="x" * 201)
        for field in ("base_url", "model_ids"):
            assert re.search(r"[\u4e00-\u9fff]", error_at(answer, f"id_{field}"))

    def test_an_edition_that_is_not_there_breaks_nothing(self, signed_in):
        make_rulebook()
        assert signed_in.get(NEW).status_code == 200
