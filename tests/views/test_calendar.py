"""The calendar at its secret address, and an account's as a file. Read by vobject, which had no part in writing."""

import logging
import uuid
from datetime import UTC, date, datetime, timedelta

import pytest
import vobject
from django.conf import settings
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from accounts import actions, rules
from accounts.gateways import published
from accounts.models import Account, Event, Feed, Payment, Rulebook, User
from accounts.models import feed as feeds
from accounts.views import ics
from tests import make
from tierdash.logs import Line

WISH = rules.Wish(tier="tier-3")


@pytest.fixture
def feed(ann, clock):
    return actions.open_feed(ann, now=make.NOW)


def adopt(account, by, *, wish=WISH, kind="cheapest", now=make.NOW):
    """Adopt a plan to Tier 3."""
    made = actions.plans_for(account, wish, shelf=Rulebook.objects.all().shelf(), now=now).of(kind)
    return actions.adopt_plan(
        account, wish=wish, kind=kind, total_usd=made.total_usd, form_key=uuid.uuid4(), by=by, now=now
    )


@pytest.fixture
def waiting(ann, clock):
    """Tier 2 is due in two days: the clock started on 15 May at 12:00."""
    return make.make_account(ann, name="waiting", payments=[("50.00", "05-15T12:00:00.500000")])


def address(feed):
    return f"/calendar/{feed.token}.ics"


def ask(feed, client=None, **facts):
    return (client or Client()).get(address(feed), **facts)


def events(answer):
    """The events by the name within their account, as vobject reads them."""
    assert answer.status_code == 200
    return {event.uid.value: event for event in read(answer.content).contents.get("vevent", [])}


def read(body):
    return vobject.readOne(body.decode())


class TestWhatItHolds:
    def test_every_date_at_its_instant(self, ann, feed, waiting):
        make.make_account(ann, name="rechecking", payments=[("60", "05-01T00:00"), ("5", "05-19T18:00")])
        make.make_account(ann, name="due", payments=[("50", "05-01T00:00")])
        found = {(e.summary.value.partition(":")[0], uid[37:]): e.dtstart.value for uid, e in events(ask(feed)).items()}
        assert found[("waiting", "top_up-tier-2@tierdash")] == datetime(2025, 5, 22, 12, 0, 1, tzinfo=UTC)
        assert found[("waiting", "wait_over-tier-3@tierdash")] == datetime(2025, 5, 22, 12, 0, 1, tzinfo=UTC)
        assert found[("rechecking", "contact_support-tier-2@tierdash")] == datetime(2025, 5, 21, 18, tzinfo=UTC)
        assert found[("due", "top_up-tier-2@tierdash")] == datetime(2025, 5, 8, tzinfo=UTC)

    def test_is_exactly_what_the_rules_say(self, ann, feed, waiting):
        shelf = Rulebook.objects.all().shelf()
        lines = [payment.as_line() for payment in Payment.objects.in_entry_order()]
        credit = rules.credits(lines, published.credit_rule("openai"), at=make.NOW, zone=UTC)
        said = rules.dated(actions.assess(waiting, lines, shelf, now=make.NOW), None, credit)
        assert {entry.kind for entry in said} == {"top_up", "wait_over", "credit_expires"}
        found = events(ask(feed))
        assert set(found) == {f"{waiting.id}-{entry.key}@tierdash" for entry in said}
        for entry in said:
            start = found[f"{waiting.id}-{entry.key}@tierdash"].dtstart.value
            assert timedelta(0) <= start - entry.at < timedelta(seconds=1), "never early, and less than a second late"

    def test_limits_that_settle(self, ann, feed):
        held = make.make_account(ann, name="risen", payments=[("60", "05-01T00:00"), ("5", "05-15T00:00")])
        actions.see_tier(held, tier="tier-2", seen_at=make.NOW, by=ann, now=make.NOW)
        (event,) = [event for uid, event in events(ask(feed)).items() if "settled" in uid]
        assert event.dtstart.value == make.NOW + timedelta(hours=24)

    def test_what_each_event_carries(self, ann, feed, waiting):
        event = events(ask(feed))[f"{waiting.id}-top_up-tier-2@tierdash"]
        assert event.summary.value == "waiting: top up $5.00 for Tier 2"
        assert "may lift" in event.description.value
        assert "not a promise" in event.description.value
        assert event.url.value == f"{settings.SITE_URL}/accounts/{waiting.id}/"
        assert event.dtend.value - event.dtstart.value == timedelta(minutes=30)
        assert event.valarm.trigger.value == timedelta(0)
        assert event.valarm.action.value == "DISPLAY"
        assert event.transp.value == "TRANSPARENT"
        changed = Event.objects.filter(account=waiting).latest_first()
        assert event.dtstamp.value == event.last_modified.value == changed.first().at.replace(microsecond=0)
        assert int(event.sequence.value) == changed.count()

    def test_the_calendar_says_whose_zone_it_is_in(self, ann, feed, waiting):
        User.objects.filter(pk=ann.pk).update(time_zone="Asia/Shanghai", language="zh-hans")
        answer = ask(feed)
        calendar = read(answer.content)
        assert calendar.contents["x-wr-timezone"][0].value == "Asia/Shanghai"
        assert calendar.contents["x-wr-calname"][0].value == "API 等级"
        assert calendar.version.value == "2.0"
        assert "充值 $5.00" in events(answer)[f"{waiting.id}-top_up-tier-2@tierdash"].summary.value
        assert answer.headers["Content-Language"] == "zh-hans"
        assert b"DTSTART:20250522T120001Z\r\n" in answer.content

    def test_nobody_s_language_but_its_owner_s(self, ann, feed, waiting):
        other = Client()
        other.force_login(make.make_user(language="zh-hans"))
        assert "top up" in events(ask(feed, other))[f"{waiting.id}-top_up-tier-2@tierdash"].summary.value
        asked = ask(feed, headers={"Accept-Language": "zh-hans"})
        assert "top up" in events(asked)[f"{waiting.id}-top_up-tier-2@tierdash"].summary.value

    def test_without_dates_it_is_a_calendar_still(self, feed):
        calendar = read(ask(feed).content)
        assert "vevent" not in calendar.contents
        assert "vtimezone" in calendar.contents

    def test_archived_and_foreign_accounts_are_not_in_it(self, ann, feed, waiting):
        make.make_account(name="foreign", payments=[("50.00", "05-15T12:00")])
        assert {event.summary.value.partition(":")[0] for event in events(ask(feed)).values()} == {"waiting"}
        actions.archive_account(waiting, by=ann, now=make.NOW)
        assert events(ask(feed)) == {}

    def test_a_shared_workspace_is_in_the_calendar_of_its_viewer(self, ann, waiting):
        viewer = make.make_member(make.make_workspace(ann), "viewer")
        assert events(ask(actions.open_feed(viewer, now=make.NOW)))

    def test_one_account_that_cannot_be_assessed_leaves_the_others(self, ann, feed, waiting):
        broken = make.make_account(ann, name="broken", payments=[("50.00", "05-15T12:00")])
        Account.objects.filter(pk=broken.pk).update(seen_tier="no-such-tier")
        assert {event.summary.value.partition(":")[0] for event in events(ask(feed)).values()} == {"waiting"}

    def test_as_many_queries_for_many_accounts_as_for_one(self, ann, feed, waiting, django_assert_num_queries):
        ask(feed)
        with django_assert_num_queries(5):
            ask(feed)
        for number in range(8):
            make.make_account(ann, name=f"account-{number}", payments=[("50.00", "05-15T12:00")])
        with django_assert_num_queries(5):
            assert len(events(ask(feed))) == 9 * 5


class TestAPlan:
    """Tier 1, 50 dollars on 15 May at 12:00: Tier 3 lacks 50, and its wait ends on 22 May at 12:00."""

    @pytest.fixture
    def planned(self, ann, waiting):
        adopt(waiting, ann)
        return waiting

    def steps(self, answer):
        found = {uid[37:].partition("@")[0]: event for uid, event in events(answer).items()}
        return {key: event for key, event in found.items() if key.startswith("plan_")}

    def test_its_steps_are_in_the_calendar_of_the_person_and_in_the_file(self, feed, planned, signed_in):
        due = datetime(2025, 5, 22, 12, 0, 1, tzinfo=UTC)
        expected = {
            "plan_payment-tier-3-1": due,
            "plan_check-tier-3": due,
            "plan_support-tier-3": due + timedelta(hours=48),
        }
        for answer in (ask(feed), signed_in.get(f"/accounts/{planned.id}/calendar.ics")):
            assert {key: event.dtstart.value for key, event in self.steps(answer).items()} == expected
        assert f"{planned.id}-wait_over-tier-3@tierdash" not in events(ask(feed)), "the plan says it better"
        assert f"{planned.id}-top_up-tier-2@tierdash" in events(ask(feed))

    def test_each_says_what_to_do_and_what_may_come_of_it(self, feed, planned):
        found = self.steps(ask(feed))
        payment = found["plan_payment-tier-3-1"]
        assert payment.summary.value == "waiting: pay $50.00, by the plan for Tier 3"
        assert "may make OpenAI look again" in payment.description.value
        assert "not a promise" in payment.description.value
        assert found["plan_check-tier-3"].summary.value == "waiting: look for Tier 3, by the plan"
        assert "48 hours" in found["plan_support-tier-3"].description.value
        assert not any("{" in event.description.value for event in found.values())

    @pytest.mark.parametrize("kind", ["all_at_once", "cheapest"])
    def test_whatever_a_payment_is_for_there_are_words_in_both_languages(self, ann, feed, clock, kind):
        adopt(make.make_account(ann, name="new", seen="free"), ann, kind=kind)
        for language, word in (("en", "plan"), ("zh-hans", "方案")):
            User.objects.filter(pk=ann.pk).update(language=language)
            for event in self.steps(ask(feed)).values():
                assert word in event.summary.value + event.description.value
                assert "{" not in event.summary.value + event.description.value

    def test_the_same_facts_are_the_same_bytes_and_a_payment_is_another_state(self, ann, feed, planned, clock):
        before = ask(feed)
        clock.shift(timedelta(hours=40))
        actions.reconcile(now=make.NOW + timedelta(hours=40))
        assert ask(feed).content == before.content
        clock.shift(timedelta(hours=31))
        at = make.NOW + timedelta(hours=71)
        make.make_payment(planned, "50.00", at, now=at)
        assert set(self.steps(ask(feed))) == {"plan_check-tier-3"}
        old, new = (self.steps(answer)["plan_check-tier-3"] for answer in (before, ask(feed)))
        assert int(new.sequence.value) > int(old.sequence.value)

    def test_what_is_given_up_or_left_is_gone(self, ann, feed, planned, clock):
        clock.shift(timedelta(days=4))
        assert self.steps(ask(feed)) == {}, "a day after the payment was due"
        clock.shift(-timedelta(days=4))
        actions.drop_plan(planned, by=ann, now=make.NOW)
        assert self.steps(ask(feed)) == {}

    def test_plans_cost_no_further_query(self, ann, feed, planned, django_assert_num_queries):
        ask(feed)
        for number in range(8):
            adopt(make.make_account(ann, name=f"account-{number}", payments=[("50.00", "05-15T12:00")]), ann)
        with django_assert_num_queries(5):
            assert len([uid for uid in events(ask(feed)) if "plan_" in uid]) == 9 * 3


class TestTheSameFacts:
    def test_are_the_same_bytes_while_time_goes_by(self, ann, feed, waiting, clock):
        first = ask(feed)
        clock.shift(timedelta(hours=40))
        actions.reconcile(now=make.NOW + timedelta(hours=40))
        again = ask(feed)
        assert (again.content, again.headers["ETag"]) == (first.content, first.headers["ETag"])

    def test_a_change_is_another_state_of_the_same_event(self, ann, feed, waiting):
        before = ask(feed)
        make.make_payment(waiting, "45.00", make.NOW)
        after = ask(feed)
        assert before.headers["ETag"] != after.headers["ETag"]
        uid = f"{waiting.id}-top_up-tier-3@tierdash"
        assert uid in events(after)
        uid = f"{waiting.id}-wait_over-tier-4@tierdash"
        old, new = events(before)[uid], events(after)[uid]
        assert int(new.sequence.value) > int(old.sequence.value)

    def test_a_reader_who_has_it_gets_304(self, feed, waiting):
        first = ask(feed)
        again = ask(feed, headers={"If-None-Match": first.headers["ETag"]})
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["ETag"] == first.headers["ETag"]
        assert again.headers["Cache-Control"] == first.headers["Cache-Control"] == "private, no-cache"
        assert ask(feed, headers={"If-None-Match": '"other"'}).status_code == 200

    def test_a_compressed_answer_is_known_again(self, ann, feed, waiting):
        for number in range(4):
            make.make_account(ann, name=f"account-{number}", payments=[("50.00", "05-15T12:00")])
        packed = ask(feed, headers={"Accept-Encoding": "gzip"})
        assert packed.headers["Content-Encoding"] == "gzip"
        kept = {"Accept-Encoding": "gzip", "If-None-Match": packed.headers["ETag"]}
        assert ask(feed, headers=kept).status_code == 304


class TestTheDoor:
    def test_the_address_is_the_key(self, feed, waiting):
        answer = ask(feed)
        assert answer.headers["Content-Type"] == "text/calendar; charset=utf-8"
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert not answer.cookies

    def test_head_has_the_headers_without_the_body(self, feed, waiting):
        whole, head = ask(feed), Client().head(address(feed))
        assert (head.status_code, head.content) == (200, b"")
        assert head.headers["ETag"] == whole.headers["ETag"]
        assert head.headers["Content-Length"] == whole.headers["Content-Length"]

    @pytest.mark.parametrize("method", ["post", "put", "patch", "delete", "options"])
    def test_other_methods_are_refused(self, feed, method):
        client = Client(enforce_csrf_checks=True)
        assert getattr(client, method)(address(feed)).status_code == 405

    def test_a_wrong_address_is_nothing_and_costs_no_query(self, feed, django_assert_num_queries):
        token = feed.token
        wrong = [
            "x",
            "x" * 65,
            token[:-1],
            token + "x",
            token[:22],
            token[::-1],
            token.swapcase(),
            "é" * 30,
            token[22:],
        ]
        with django_assert_num_queries(0):
            for bad in wrong:
                answer = Client().get(f"/calendar/{bad}.ics")
                assert answer.status_code == 404, bad
                assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"

    def test_a_signature_of_nothing_opens_nothing(self, feed, ann):
        closed = actions.close_feed(ann, now=make.NOW)
        unsigned = Feed(user=ann, seed=closed.former_seed, changed_at=make.NOW).token
        assert Client().get(f"/calendar/{unsigned}.ics").status_code == 404
        empty = feeds._signer.signature("")
        assert Client().get(f"/calendar/{empty}.ics").status_code == 404

    def test_addresses_of_before_and_of_closed_feeds_are_nothing(self, ann, feed):
        old = address(feed)
        renewed = actions.renew_feed(ann, now=make.NOW)
        assert Client().get(old).status_code == 404
        assert ask(renewed).status_code == 200
        actions.close_feed(ann, now=make.NOW)
        assert ask(renewed).status_code == 404

    def test_a_person_who_is_locked_out_has_none(self, ann, feed):
        User.objects.filter(pk=ann.pk).update(is_active=False)
        assert ask(feed).status_code == 404

    def test_the_database_alone_does_not_give_the_address(self, feed):
        row = " ".join(str(value) for value in Feed.objects.values_list().get())
        assert feed.token not in row
        assert feed.token[22:] not in row

    def test_the_log_never_holds_it(self, feed, caplog, monkeypatch):
        def broken(*args, **facts):
            raise RuntimeError(f"no luck with {address(feed)}")

        with caplog.at_level(logging.DEBUG):
            Client().post(address(feed))
            Client().get(address(feed) + "/")
            monkeypatch.setattr("accounts.views.calendar._of_person", broken)
            ask(feed, Client(raise_request_exception=False))
        assert isinstance(_handler_formatter(), Line)
        written = [_handler_formatter().format(record) for record in caplog.records]
        assert any(feed.token in record.getMessage() for record in caplog.records), "Django would have written it"
        assert any("Method Not Allowed (POST): /calendar/..." in line for line in written)
        assert any("no luck with /calendar/..." in line for line in written)
        assert not any(feed.token in line for line in written)


def _handler_formatter():
    """The formatter that the site's own handler has."""
    facts = settings.LOGGING["formatters"]["line"]
    assert facts["()"] == "tierdash.logs.Line"
    return Line(fmt=facts["fmt"])


class TestAnAccountAsAFile:
    def path(self, account):
        return f"/accounts/{account.id}/calendar.ics"

    def test_holds_its_dates(self, signed_in, ann, waiting):
        make.make_account(ann, name="other", payments=[("50.00", "05-15T12:00")])
        answer = signed_in.get(self.path(waiting))
        assert answer.headers["Content-Disposition"] == 'attachment; filename="waiting.ics"'
        assert {event.summary.value.partition(":")[0] for event in events(answer).values()} == {"waiting"}
        assert "no-store" in answer.headers["Cache-Control"]

    @pytest.mark.parametrize("name", ['a"b', "上海，工作室", "a/b\\c", "x" * 100])
    def test_is_named_after_it(self, signed_in, ann, clock, name):
        held = make.make_account(ann, name=name)
        assert signed_in.get(self.path(held)).headers["Content-Disposition"].startswith("attachment; filename")

    def test_is_no_business_of_others(self, waiting, client):
        client.force_login(make.make_user())
        assert client.get(self.path(waiting)).status_code == 404

    def test_an_archived_one_has_none(self, signed_in, ann, waiting):
        actions.archive_account(waiting, by=ann, now=make.NOW)
        assert signed_in.get(self.path(waiting)).status_code == 404

    def test_the_page_leads_to_it(self, signed_in, waiting):
        assert self.path(waiting) in signed_in.get(f"/accounts/{waiting.id}/").content.decode()


class TestOneAccountAtTheSecretAddress:
    def ask(self, feed, account_id):
        return Client().get(address(feed), {"account": str(account_id)})

    def test_holds_its_dates_alone_and_has_its_name(self, ann, feed, waiting):
        other = make.make_account(ann, name="other", payments=[("50.00", "05-16T12:00")])
        answer = self.ask(feed, other.pk)
        assert {event.summary.value.partition(":")[0] for event in events(answer).values()} == {"other"}
        assert read(answer.content).contents["x-wr-calname"][0].value == "other"
        whole = events(ask(feed))
        assert {uid: event.serialize() for uid, event in events(answer).items()} == {
            uid: event.serialize() for uid, event in whole.items() if str(other.pk) in uid
        }
        assert answer.headers["ETag"] != ask(feed).headers["ETag"]

    @pytest.mark.parametrize("asked", ["foreign", "x", "", "00000000-0000-0000-0000-000000000000", "archived"])
    def test_what_the_person_may_not_see_is_nothing(self, ann, feed, waiting, asked):
        if asked == "foreign":
            asked = make.make_account(name="foreign", payments=[("50.00", "05-15T12:00")]).pk
        if asked == "archived":
            actions.archive_account(waiting, by=ann, now=make.NOW)
            asked = waiting.pk
        answer = self.ask(feed, asked)
        assert answer.status_code == 404
        assert b"There is no calendar here" in answer.content

    def test_a_wrong_address_knows_no_account(self, waiting):
        assert Client().get("/calendar/x.ics", {"account": str(waiting.pk)}).status_code == 404


class TestCredit:
    """50 dollars of 15 May 2025 can be used until 15 May 2026 by OpenAI's rule."""

    def test_it_is_an_event_on_the_morning_of_its_last_day(self, ann, feed, waiting, signed_in):
        User.objects.filter(pk=ann.pk).update(time_zone="Europe/Berlin")
        for answer in (ask(feed), signed_in.get(f"/accounts/{waiting.id}/calendar.ics")):
            event = events(answer)[f"{waiting.id}-credit_expires-2026-05-15@tierdash"]
            assert event.dtstart.value == datetime(2026, 5, 15, 7, tzinfo=UTC)
            assert event.summary.value == "waiting: up to $50.00 of credit expires"
            assert "This is the last day of up to $50.00 of credit." in event.description.value
            assert "look at the balance at OpenAI" in event.description.value

    def test_several_days_of_a_month_are_one_event(self, ann, feed):
        paid = [("5.00", f"05-0{day}T12:00") for day in range(1, 9)]
        held = make.make_account(ann, name="daily", payments=paid)
        [event] = [event for uid, event in events(ask(feed)).items() if "credit" in uid]
        assert event.uid.value == f"{held.pk}-credit_expires-2026-05-01@tierdash"
        assert "Up to $40.00 of credit expires from today on, the last of it on 8 May 2026." in event.description.value

    def test_it_stays_the_same_event_while_time_goes_by_and_is_gone_in_the_end(self, ann, feed, clock):
        grant = {"kind": "grant", "expires_on": date(2025, 6, 3)}
        held = make.make_account(
            ann, name="granted", seen="tier-5", payments=[make.payment_facts(("9", "05-01"), **grant)]
        )
        uid = f"{held.pk}-credit_expires-2025-06-03@tierdash"
        first = ask(feed).content
        for at in ("2025-05-25T10:00:00+00:00", "2025-06-03T23:00:00+00:00"):
            clock.move_to(datetime.fromisoformat(at))
            assert ask(feed).content == first
        assert uid in events(ask(feed))
        clock.move_to(datetime(2025, 6, 4, tzinfo=UTC))
        assert uid not in events(ask(feed))

    def test_it_has_words_in_chinese(self, ann, feed, waiting):
        User.objects.filter(pk=ann.pk).update(language="zh-hans")
        [event] = [event for uid, event in events(ask(feed)).items() if "credit" in uid]
        assert event.summary.value == "waiting：最多 $50.00 额度到期"
        assert "最后可用日" in event.description.value


nasty = st.one_of(
    st.text(max_size=80),
    st.text(st.sampled_from(",;:\\\"'\n\r\t =^nN上海😀é\u2028\x00\x1f\x85"), max_size=80),
    st.sampled_from(["上海工作室" * 30, "😀" * 60, "a\\nb", "BEGIN:VEVENT\r\nX:1", "a" * 300, "\\\\;,\\n", " x "]),
)


# Far enough from the ends of the calendar for every program.
instants = st.integers(0, 4 * 10**15).map(
    lambda count: datetime(1990, 1, 1, tzinfo=UTC) + timedelta(microseconds=count)
)


class TestWriting:
    @given(nasty, nasty, instants, st.integers(0, 10**6))
    def test_whatever_the_text_is_another_library_reads_it_back(self, title, text, at, revision):
        entry = ics.Entry("a-b@tierdash", at, title, text, "https://x.example/", make.NOW, revision)
        body = ics.write(title or "x", [entry, entry], zone="Europe/Berlin")
        lines = body.split(b"\r\n")
        assert lines[-1] == b""
        assert all(len(line) <= 75 for line in lines)
        assert not any(b"\n" in line or b"\r" in line for line in lines)
        body.decode()
        first, second = read(body).contents["vevent"]
        assert first.summary.value == ics._text(title)
        assert first.description.value == ics._text(text)
        assert first.valarm.description.value == ics._text(title)
        assert timedelta(0) <= first.dtstart.value - entry.at < timedelta(seconds=1)
        assert int(second.sequence.value) == revision

    def test_the_same_values_are_the_same_bytes(self):
        entry = ics.Entry("a@tierdash", make.NOW, "title", "text", "https://x.example/", make.NOW, 1)
        assert ics.write("x", [entry], zone="UTC") == ics.write("x", [entry], zone="UTC")
