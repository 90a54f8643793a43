"""The channels page: what there is, adding, changing, testing, pausing and removing, and that no secret shows twice."""

import re
import uuid
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.core.cache import cache
from django.urls import reverse
from django.utils import timezone

from accounts import actions, notices
from accounts.gateways.services import SERVICES
from accounts.models import Channel, Delivery, Notice
from accounts.notices import sealing
from accounts.templatetags.channels import PLACES, VERIFY
from tests import make
from tests.notices.calls import calls, ntfy_to, served, webhook_to
from tests.notices.post import ready_account

pytestmark = pytest.mark.django_db(transaction=True)
PAGE = reverse("accounts:channels")
NEW_HOOK = reverse("accounts:add-channel", args=["webhook"])
HOOK = "https://hooks.example.org/in/Very-Secret-8Kd2"
EVERYTHING = list(notices.KINDS)


@pytest.fixture(autouse=True)
def _first():
    cache.clear()


def page(client, **facts) -> str:
    response = client.get(PAGE, **facts)
    assert response.status_code == 200
    return response.content.decode()


def form(**facts) -> dict[str, object]:
    return {"name": "Hook", "target": HOOK, "kinds": EVERYTHING, "form_key": str(uuid.uuid4())} | facts


class TestTheList:
    def test_an_empty_page_teaches_and_offers_every_kind(self, signed_in):
        shown = page(signed_in)
        assert "No channel yet" in shown
        assert f'href="{NEW_HOOK}"' in shown
        for slug, service in SERVICES.items():
            assert reverse("accounts:add-channel", args=[slug]) in shown
            assert service.name in shown

    def test_it_shows_host_and_end_of_an_address_and_nothing_else_of_it(self, signed_in, ann):
        make.make_channel(ann, name="Hook", target=HOOK)
        shown = page(signed_in)
        for words in (
            "Hook",
            "hooks.example.org …8Kd2",
            "Gets every notice",
            "Not tried yet",
            "No notice went through",
        ):
            assert words in shown
        for secret in ("Very-Secret", "whsec_"):
            assert secret not in shown

    @pytest.mark.parametrize(
        ("facts", "words"),
        [
            ({"last_outcome": "accepted", "last_code": "204"}, ["Works", "It answered 204."]),
            ({"last_outcome": "unreachable", "last_code": "tls"}, ["The last test failed", "is not trusted"]),
            ({"failures": 3, "last_outcome": "refused_for_now", "last_code": "302"},
             ["Nothing arrives", "3 tries in vain", "redirects are not followed"]),
            ({"paused_why": "person"}, ["Paused", "nothing is sent", "Resume"]),
            ({"paused_why": "failing", "failures": 20}, ["Paused: nothing arrived", "20 tries in vain"]),
            ({"paused_why": "gone", "last_outcome": "refused", "last_code": "410", "last_words": "<b>bye</b>"},
             ["receiver is gone", "It answered 410. &lt;b&gt;bye&lt;/b&gt;"]),
            ({"muted_kinds": ["tier_seen"]}, ["Gets 3 of 4 kinds of notices"]),
        ],
    )  # fmt: skip
    def test_it_says_how_a_channel_stands(self, signed_in, ann, facts, words):
        make.make_channel(ann)
        now = timezone.now()
        facts |= {"last_tried_at": now} if "last_outcome" in facts else {}
        facts |= {"paused_at": now} if "paused_why" in facts else {}
        facts |= {"failing_since": now} if "failures" in facts else {}
        Channel.objects.update(**facts)
        shown = page(signed_in)
        for each in words:
            assert each in shown

    def test_a_colleagues_channels_are_not_there(self, signed_in, ann):
        colleague = make.make_member(make.make_workspace(ann), "owner")
        make.make_channel(colleague, name="of a colleague")
        assert "of a colleague" not in page(signed_in)

    def test_its_cost_does_not_grow(self, signed_in, ann, django_assert_max_num_queries):
        for number in range(10):
            make.make_channel(ann, "ntfy" if number % 2 else "")
        with django_assert_max_num_queries(12):
            shown = page(signed_in)
        assert "as many channels as there can be" in shown
        assert "channel-services" not in shown


class TestAddingAWebhook:
    def test_its_secret_stands_in_one_answer_and_the_sample_beside_it(self, signed_in, ann):
        answer = signed_in.post(NEW_HOOK, form())
        assert answer.status_code == 201
        [secret] = set(re.findall(r"whsec_[A-Za-z0-9+/=]+(?=\")", answer.content.decode()))
        held = Channel.objects.get()
        assert sealing.signing_secrets(held, at=timezone.now()) == (secret,)
        assert (held.user, held.name, held.host) == (ann, "Hook", "hooks.example.org")
        assert "hmac.compare_digest" in answer.content.decode()
        assert secret not in page(signed_in)

    def test_the_sample_on_screen_and_in_the_docs_is_one(self):
        docs = (Path(django_settings.BASE_DIR) / "docs" / "webhooks.md").read_text()
        assert f"```python\n{VERIFY}```" in docs

    def test_kinds_that_are_not_ticked_are_muted(self, signed_in):
        signed_in.post(NEW_HOOK, form(kinds=["upgrade_ready"]))
        assert Channel.objects.get().muted_kinds == ["contact_support", "tier_seen", "credit_expiring"]

    @pytest.mark.parametrize(
        ("facts", "field", "words"),
        [
            ({"target": ""}, "target", "required"),
            ({"target": "http://example.org/x"}, "target", "must begin with https"),
            ({"target": "https://127.0.0.1/x"}, "target", "not on the open internet"),
            ({"target": "https://example.org:8443/x"}, "target", "Only port 443"),
            ({"target": "https://me:pw@example.org/x"}, "target", "without a name and password"),
            ({"target": "https://127.1/"}, "target", "no address of this kind"),
            ({"name": ""}, "name", "required"),
            ({"name": "a\u202eb"}, "name", "one line"),
            ({"kinds": []}, "kinds", "Choose at least one"),
            ({"kinds": ["nonsense"]}, "kinds", "nonsense"),
        ],
    )
    def test_what_cannot_stand_is_said_beside_the_field_and_nothing_typed_is_lost(self, signed_in, facts, field, words):
        answer = signed_in.post(NEW_HOOK, form(**facts))
        assert answer.status_code == 422
        shown = answer.content.decode()
        wrong = shown.partition(f'id="id_{field}_error"')[2].partition("</ul>")[0]
        assert words in wrong
        assert form(**facts)["name"] in shown
        assert not Channel.objects.exists()

    def test_the_same_form_twice_adds_one(self, signed_in):
        typed = form()
        signed_in.post(NEW_HOOK, typed)
        answer = signed_in.post(NEW_HOOK, typed)
        assert answer.status_code == 422
        assert b"has added a channel already" in answer.content
        assert Channel.objects.count() == 1

    def test_the_eleventh_is_refused(self, signed_in, ann):
        for _ in range(10):
            make.make_channel(ann)
        assert b"as many channels as there can be" in signed_in.post(NEW_HOOK, form()).content

    def test_without_a_keyring_nothing_is_stored(self, signed_in, settings, tmp_path):
        settings.KEYRING_PATH = tmp_path / "keyring"
        settings.KEYRING_PATH.write_text("broken")
        answer = signed_in.post(NEW_HOOK, form())
        assert answer.status_code == 422
        assert b"keyring of this instance cannot be used" in answer.content
        assert not Channel.objects.exists()

    def test_what_was_typed_is_not_kept_in_the_browser(self, signed_in):
        assert re.search(r"<input [^>]*name=\"target\"[^>]* data-forget", signed_in.get(NEW_HOOK).content.decode())

    def test_there_is_no_form_of_another_service(self, signed_in):
        assert signed_in.get("/channels/new/carrier-pigeon/").status_code == 404


class TestAddingAChatService:
    def test_every_service_says_where_its_address_is_and_shows_an_example(self, signed_in):
        assert set(PLACES) == set(SERVICES)
        for slug, service in SERVICES.items():
            shown = signed_in.get(reverse("accounts:add-channel", args=[slug])).content.decode()
            assert service.example.replace("&", "&amp;") in shown
            assert f'value="{service.name}"' in shown

    def test_it_is_added(self, signed_in):
        target = "ntfys://ntfy.example.org/a-long-topic-8Kd2"
        answer = signed_in.post("/channels/new/ntfy/", form(name="Phone", target=target), follow=True)
        assert b"Notices go to Phone from now on." in answer.content
        held = Channel.objects.get()
        assert (held.kind, held.service, held.host, held.tail) == ("chat", "ntfy", "ntfy.example.org", "8Kd2")
        assert sealing.opened(held, "sealed_target") == target
        assert b"a-long-topic" not in answer.content

    @pytest.mark.parametrize(
        ("target", "words"),
        [
            ("slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ", "address of another service"),
            ("ntfys://ntfy.example.org/one/two", "Name one receiver"),
            ("ntfys://ntfy.example.org/topic?verify=no", "question mark"),
            ("ntfy://ntfy.example.org/topic", "must begin with https"),
            ("nonsense", "no address of this kind"),
        ],
    )
    def test_what_cannot_stand_is_said_beside_the_field(self, signed_in, target, words):
        answer = signed_in.post("/channels/new/ntfy/", form(target=target))
        assert answer.status_code == 422
        assert words in answer.content.decode().partition('id="id_target_error"')[2].partition("</ul>")[0]

    def test_addresses_are_not_looked_at_one_after_another(self, signed_in):
        """Each look starts a program."""
        target = "ntfys://ntfy.example.org/a-long-topic-8Kd2"
        assert signed_in.post("/channels/new/ntfy/", form(target="nonsense")).status_code == 422
        answer = signed_in.post("/channels/new/ntfy/", form(target=target))
        assert b"looked at a moment ago" in answer.content
        cache.clear()
        assert signed_in.post("/channels/new/ntfy/", form(target=target)).status_code == 302


class TestEditing:
    @pytest.fixture
    def channel(self, ann) -> Channel:
        return make.make_channel(ann, name="Hook", target=HOOK)

    def edit(self, client, channel, **facts):
        return client.post(reverse("accounts:edit-channel", args=[channel.pk]), form(target="", **facts))

    def test_the_form_shows_all_but_the_address(self, signed_in, channel):
        shown = signed_in.get(reverse("accounts:edit-channel", args=[channel.pk])).content.decode()
        assert "hooks.example.org …8Kd2" in shown
        assert "with its secrets" in shown
        assert "Very-Secret" not in shown
        assert re.search(r'<input type="text" name="target"(?![^>]*value=)', shown)

    def test_an_empty_address_leaves_it_where_it_goes(self, signed_in, channel):
        assert self.edit(signed_in, channel, name="New").status_code == 302
        held = Channel.objects.get()
        assert (held.name, held.sealed_target) == ("New", channel.sealed_target)

    def test_another_address_has_to_be_written_whole(self, signed_in, channel):
        address = reverse("accounts:edit-channel", args=[channel.pk])
        assert signed_in.post(address, form(target="other.example.org")).status_code == 422
        signed_in.post(address, form(target="https://other.example.org/in/Another-One-Zz99"))
        held = Channel.objects.get()
        assert sealing.opened(held, "sealed_target") == "https://other.example.org/in/Another-One-Zz99"
        assert held.tail == "Zz99"


class TestATest:
    def ask(self, client, channel, **facts):
        return client.post(reverse("accounts:send-channel-test", args=[channel.pk]), **facts)

    def test_its_answer_stands_in_the_row(self, signed_in, ann, settings):
        with served(settings) as receiver:
            channel = webhook_to(receiver, ann, name="Hook")
            answer = self.ask(signed_in, channel, headers={"HX-Request": "true"})
        shown = answer.content.decode()
        assert shown.lstrip().startswith(f'<li id="channel-{channel.pk}"')
        assert "Works" in shown
        assert "It answered 200. ok" in shown
        assert 'aria-live="polite"' in shown
        assert "HX-Request" in answer.headers["Vary"]

    def test_without_a_script_the_page_says_it(self, signed_in, ann, settings):
        with served(settings) as receiver:
            channel = webhook_to(receiver, ann, name="Hook")
            receiver.script = [403]
            shown = self.ask(signed_in, channel, follow=True).content.decode()
        assert "The test did not arrive at Hook. It answered 403. ok" in shown
        assert "The last test failed" in shown

    def test_a_chat_service_gets_one_in_its_persons_language(self, signed_in, ann, settings):
        ann.language = "zh-hans"
        ann.save()
        with served(settings) as receiver:
            channel = ntfy_to(receiver, ann, name="手机")
            shown = self.ask(signed_in, channel, follow=True).content.decode()
        assert "手机 已收到测试" in shown
        assert receiver.taken[0].document["title"] == "来自 tierdash 的测试"

    def test_what_may_not_be_called_looks_like_what_does_not_answer(self, signed_in, ann, settings):
        words = []
        with served(settings) as receiver:
            blocked = make.make_channel(ann, target=f"https://inner.example.org:{receiver.port}/x")
            dead = webhook_to(receiver, ann)
        for channel in (blocked, dead):
            shown = self.ask(signed_in, channel, headers={"HX-Request": "true"}).content.decode()
            words.append(re.search(r"Last try.*?</time>:?(.*?)</p>", shown)[1].strip())
        assert words == ["The receiver cannot be reached."] * 2

    def test_not_again_and_again(self, signed_in, ann, settings):
        with served(settings) as receiver:
            channel = webhook_to(receiver, ann)
            self.ask(signed_in, channel)
            assert b"please wait a little" in self.ask(signed_in, channel, headers={"HX-Request": "true"}).content
            assert b"please wait a little" in self.ask(signed_in, channel, follow=True).content
        assert len(receiver.taken) == 1

    def test_a_keyring_that_does_not_fit_is_said(self, signed_in, ann, settings, tmp_path):
        channel = make.make_channel(ann)
        settings.KEYRING_PATH = tmp_path / "another"
        shown = self.ask(signed_in, channel, follow=True).content.decode()
        assert "must look at the keyring" in shown
        assert channel.sealed_target not in shown


class TestPausingAndRemoving:
    @pytest.fixture
    def channel(self, ann) -> Channel:
        held = make.make_channel(ann, name="Hook")
        ready_account(ann, name="Prod", now=timezone.now() - timedelta(minutes=1))
        return held

    def press(self, client, name: str, channel: Channel) -> str:
        return client.post(reverse(f"accounts:{name}", args=[channel.pk]), follow=True).content.decode()

    def test_it_is_paused_and_resumed(self, signed_in, channel):
        assert "Nothing goes to Hook until you resume it." in self.press(signed_in, "pause-channel", channel)
        assert "1 notice that did not arrive goes out within a minute" in self.press(
            signed_in, "resume-channel", channel
        )
        assert calls().get().status == "pending"
        assert "goes out" not in self.press(signed_in, "resume-channel", channel)

    def test_it_is_removed_and_its_record_stays_readable(self, signed_in, channel):
        assert "Hook is removed" in self.press(signed_in, "remove-channel", channel)
        assert "No channel yet" in page(signed_in)
        listed = signed_in.get("/notices/").content.decode()
        assert "Hook" in listed
        assert "The channel is no longer there." in listed

    def test_what_is_gone_is_not_found(self, signed_in, channel):
        actions.remove_channel(channel, now=timezone.now())
        for name in ("pause-channel", "resume-channel", "remove-channel", "send-channel-test", "renew-channel-secret"):
            assert signed_in.post(reverse(f"accounts:{name}", args=[channel.pk])).status_code == 404
        assert signed_in.get(reverse("accounts:edit-channel", args=[channel.pk])).status_code == 404

    def test_one_that_goes_at_the_same_moment_is_not_found(self, signed_in, channel, monkeypatch):
        from accounts.views import channels as views

        found = views.find_channel

        def find_late(request, channel_id):
            held = found(request, channel_id)
            Channel.objects.filter(pk=channel_id).delete()
            return held

        monkeypatch.setattr(views, "find_channel", find_late)
        assert signed_in.post(reverse("accounts:pause-channel", args=[channel.pk])).status_code == 404

    def test_a_new_secret_is_shown_once(self, signed_in, channel):
        answer = signed_in.post(reverse("accounts:renew-channel-secret", args=[channel.pk]))
        assert answer.status_code == 201
        assert b"whsec_" in answer.content
        assert b"For a day the one before signs beside it." in answer.content
        assert "whsec_" not in page(signed_in)

    def test_a_chat_service_has_no_secret_to_renew(self, signed_in, ann):
        chat = make.make_channel(ann, "ntfy")
        assert signed_in.post(reverse("accounts:renew-channel-secret", args=[chat.pk])).status_code == 404


class TestOnTheNoticesPage:
    @pytest.fixture
    def channel(self, ann) -> Channel:
        return make.make_channel(ann, name="Hook")

    @pytest.fixture
    def notice(self, ann, channel) -> Notice:
        ready_account(ann, name="Prod", now=timezone.now() - timedelta(minutes=10))
        return Notice.objects.get()

    def shown(self, client, **query) -> str:
        return client.get("/notices/", query).content.decode()

    def test_each_way_stands_with_its_state_and_what_was_answered(self, signed_in, notice):
        now = timezone.now()
        calls().update(status="sent", sent_at=now, last_code="200", last_error="<ok>")
        Delivery.objects.filter(channel="mail").update(status="failed", last_code="550", last_error="who?")
        shown = re.sub(r"\s+", " ", self.shown(signed_in))
        ways = re.findall(r'class="way tiny">.*?</svg>([^<]+)</span>', shown)
        assert ways == ["Mail", "Hook"]
        assert "200 &lt;ok&gt;" in shown
        assert "The mail server answered 550. who?" in shown

    @pytest.mark.parametrize(
        ("facts", "words"),
        [
            ({"status": "pending", "last_code": "503", "last_error": "busy"}, "It answered 503. busy Next try"),
            ({"status": "failed", "last_code": "unreachable"}, "The receiver cannot be reached."),
            ({"status": "uncertain", "last_code": "no_answer"}, "may or may not have been taken"),
            ({"status": "cancelled", "last_error": "paused"}, "The channel was paused."),
            ({"status": "cancelled", "last_error": "unwanted"}, "does not want notices of this kind"),
        ],
    )
    def test_it_says_why(self, signed_in, notice, facts, words):
        calls().update(**facts)
        assert words in re.sub(r"<[^>]+>", "", self.shown(signed_in))

    def test_it_is_sent_again_by_the_same_way(self, signed_in, notice):
        calls().update(status="failed", last_code="500")
        row = calls().get()
        address = reverse("accounts:resend-delivery", args=[row.pk])
        assert address in self.shown(signed_in)
        answer = signed_in.post(address, follow=True).content.decode()
        assert "It is sent again within a minute." in answer
        assert list(calls().order_by("copy").values_list("copy", "status")) == [(0, "failed"), (1, "pending")]
        assert "on its way already" in signed_in.post(address, follow=True).content.decode()

    def test_only_the_last_of_a_way_can_be_sent_again(self, signed_in, ann, notice):
        calls().update(status="failed")
        actions.resend_delivery(calls().get(), by=ann, now=timezone.now())
        calls().update(status="failed")
        last = calls().get(copy=1)
        found = re.findall(r"/deliveries/([0-9a-f-]{36})/resend/", self.shown(signed_in))
        assert found == [str(last.pk)]

    def test_a_mail_is_not_sent_again_by_this_address(self, signed_in, notice):
        mail = Delivery.objects.get(channel="mail")
        assert signed_in.post(reverse("accounts:resend-delivery", args=[mail.pk])).status_code == 404

    def test_it_is_found_by_what_became_of_it_by_any_way(self, signed_in, notice):
        calls().update(status="failed")
        for status in ("failed", "pending"):
            assert "Prod" in self.shown(signed_in, status=status)
        assert "No notice is in this state" in self.shown(signed_in, status="sent")
        assert "Failed (1)" in self.shown(signed_in)

    def test_a_channel_that_was_paused_by_itself_is_a_banner(self, signed_in, notice, channel):
        assert "stopped-channels" not in self.shown(signed_in)
        now = timezone.now()
        Channel.objects.update(paused_at=now, paused_why="failing", failures=20, failing_since=now)
        shown = self.shown(signed_in)
        assert 'id="stopped-channels"' in shown
        assert "Paused: nothing arrived" in shown
        actions.resume_channel(channel, now=now)
        actions.pause_channel(channel, now=now)
        assert "stopped-channels" not in self.shown(signed_in)

    def test_its_cost_does_not_grow_with_channels(self, signed_in, ann, notice, django_assert_max_num_queries):
        for number in range(9):
            make.make_channel(ann, "ntfy" if number % 2 else "")
        for number in range(6):
            ready_account(ann, name=f"More {number}", now=timezone.now())
        assert calls().count() == 1 + 6 * 10
        with django_assert_max_num_queries(12):
            self.shown(signed_in)

    def test_the_api_tells_them_too(self, client, ann, notice):
        script = make.make_token(ann, now=timezone.now())
        answer = client.get("/api/v1/notices", headers={"Authorization": f"Bearer {script.secret}"})
        [told] = answer.json()["items"]
        ways = {delivery["channel"]: (delivery["status"], delivery["address"]) for delivery in told["deliveries"]}
        assert ways == {"mail": ("pending", "ann@example.org"), "webhook": ("pending", "Hook (receiver.example)")}


def test_profile_and_notices_lead_here(signed_in):
    for path in ("/profile/", "/notices/"):
        assert f'href="{PAGE}"' in signed_in.get(path).content.decode()
