"""The notices page: what was sent, what waits and why, sending again, and the test mail."""

from datetime import timedelta

import pytest
from django.core.cache import cache
from django.urls import reverse
from django.utils import timezone

from accounts import actions, notices
from accounts.models import Delivery, Event, Notice
from tests import make
from tests.notices.post import mail_server, ready_account
from tests.sink import Sink

pytestmark = pytest.mark.django_db(transaction=True)
PAGE = reverse("accounts:notices")


@pytest.fixture
def notice(ann):
    ready_account(ann, name="Prod", now=timezone.now() - timedelta(minutes=10))
    return Notice.objects.get()


def page(client, **query) -> str:
    response = client.get(PAGE, query)
    assert response.status_code == 200
    return response.content.decode()


def finish(status: str, **facts) -> None:
    if status == "sent":
        facts["sent_at"] = timezone.now()
    Delivery.objects.update(status=status, **facts)


class TestList:
    def test_an_empty_page_says_what_will_be_here(self, signed_in):
        assert "No notices yet" in page(signed_in)

    def test_it_names_account_tier_recipient_and_state(self, signed_in, notice):
        shown = page(signed_in)
        for words in ("Prod", "Tier 2", "ann@example.org", "Waiting"):
            assert words in shown

    def test_one_about_credit_names_its_day_and_no_tier(self, signed_in, ann):
        last_on = timezone.now().date() + timedelta(days=10)
        grant = make.payment_facts(("5", timezone.now() - timedelta(days=1)), kind="grant", expires_on=last_on)
        make.make_account(ann, name="Granted", payments=[grant], now=timezone.now())
        shown = page(signed_in)
        row = shown.partition('<tr id="notice-')[2].partition("</tr>")[0]
        assert f'<time datetime="{last_on}">' in row
        assert "Credit is about to expire" in row
        assert "Tier" not in row

    @pytest.mark.parametrize(
        ("status", "facts", "words"),
        [
            ("sent", {}, "Sent"),
            ("pending", {"last_code": "unreachable", "last_error": "refused"}, "The mail server cannot be reached."),
            ("pending", {"last_code": "450", "last_error": "greylisted"}, "The mail server answered 450. greylisted"),
            ("failed", {"last_code": "550", "last_error": "<b>who</b>"}, "&lt;b&gt;who&lt;/b&gt;"),
            ("uncertain", {"last_code": "no_answer", "last_error": "x"}, "it may or may not have been taken"),
            ("cancelled", {"last_error": "muted"}, "has turned mails of this kind off"),
            ("cancelled", {"last_error": "over"}, "no longer true"),
        ],
    )
    def test_it_says_why(self, signed_in, notice, status, facts, words):
        finish(status, **facts)
        assert words in page(signed_in)

    def test_it_can_be_filtered(self, signed_in, notice):
        finish("failed")
        assert "Prod" in page(signed_in, status="failed")
        assert "No notice is in this state" in page(signed_in, status="sent")
        assert "Prod" in page(signed_in, status="no such status")

    def test_strangers_notices_are_not_there(self, client, notice):
        client.force_login(make.make_user())
        assert "No notices yet" in page(client)

    def test_its_cost_does_not_grow(self, signed_in, ann, notice, django_assert_max_num_queries):
        for number in range(6):
            ready_account(ann, name=f"More {number}", now=timezone.now())
        with django_assert_max_num_queries(12):
            page(signed_in)


class TestSendAgain:
    def again(self, client, notice):
        return client.post(reverse("accounts:resend-notice", args=[notice.pk]), follow=True).content.decode()

    def test_the_mail_goes_out_once_more_and_the_history_tells(self, signed_in, ann, notice, settings):
        with mail_server(settings) as sink:
            notices.deliver(now=timezone.now())
            assert "sent again within a minute" in self.again(signed_in, notice)
            notices.deliver(now=timezone.now())
        assert len(set(sink.ids())) == 2
        assert Event.objects.filter(kind="notice_resent", by=ann).count() == 1

    def test_also_when_it_is_no_longer_true(self, signed_in, notice, settings):
        finish("failed", last_code="550")
        actions.see_tier(notice.account, tier="tier-2", seen_at=timezone.now(), by=None, now=timezone.now())
        self.again(signed_in, notice)
        with mail_server(settings):
            assert notices.deliver(now=timezone.now()) == {"sent": 1}

    def test_not_while_it_is_on_its_way(self, signed_in, notice):
        assert "on its way already" in self.again(signed_in, notice)
        assert Delivery.objects.count() == 1

    def test_not_again_and_again(self, signed_in, notice):
        finish("sent")
        self.again(signed_in, notice)
        finish("sent")
        assert "wait a little" in self.again(signed_in, notice)
        assert Delivery.objects.count() == 2

    def test_not_to_somebody_who_has_muted_it(self, signed_in, ann, notice):
        finish("sent")
        actions.mute_kind(ann, "upgrade_ready")
        assert "turned mails of this kind off" in self.again(signed_in, notice)

    def test_not_by_a_viewer(self, client, ann, notice):
        finish("sent")
        viewer = make.make_member(make.make_workspace(ann), "viewer")
        client.force_login(viewer)
        assert "Send again" not in page(client)
        assert client.post(reverse("accounts:resend-notice", args=[notice.pk])).status_code == 404


class TestTestMail:
    @pytest.fixture(autouse=True)
    def _first(self):
        cache.clear()

    def ask(self, client) -> str:
        return client.post(reverse("accounts:send-test-mail"), follow=True).content.decode()

    def test_it_arrives_and_the_page_says_so(self, signed_in, settings):
        with mail_server(settings) as sink:
            shown = self.ask(signed_in)
        assert "The test mail to ann@example.org is sent." in shown
        assert sink.recipients == ["ann@example.org"]
        assert sink.accepted[0]["Subject"] == "A test mail from tierdash"

    def test_without_a_mail_server_the_page_says_where_it_lies(self, signed_in, settings, tmp_path):
        settings.MAILBOX_DIR = tmp_path
        assert "local mailbox; no mail leaves this machine" in self.ask(signed_in)

    @pytest.mark.parametrize(
        ("script", "words"),
        [({"rcpt": "550 no such user"}, "answered 550. no such user"), ({"banner": "421 busy"}, "answered 421. busy")],
    )
    def test_a_refusal_is_shown_in_the_servers_words(self, signed_in, settings, script, words):
        with mail_server(settings, Sink(script)):
            shown = self.ask(signed_in)
        assert "was not sent" in shown
        assert words in shown

    def test_it_cannot_be_asked_for_again_and_again(self, signed_in, settings):
        with mail_server(settings) as sink:
            self.ask(signed_in)
            assert "wait a little" in self.ask(signed_in)
        assert len(sink.accepted) == 1
