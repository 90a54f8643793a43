"""The short texts of chat services and the document of webhooks: language, zone, figures; as the docs tell them."""

import json
import re
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings as django_settings

from accounts import notices
from accounts.models import Delivery, Notice, Rulebook
from accounts.notices import wording
from tests.make import NOW, instant, make_account, make_channel, make_user

pytestmark = pytest.mark.django_db

READY = instant("05-08T10:00")
DOCS = Path(django_settings.BASE_DIR) / "docs" / "webhooks.md"


def delivery_of(kind: str, owner, *, after: str = "tier-1") -> Delivery:
    """A delivery of a notice of each kind to a webhook of its recipient."""
    channel = make_channel(owner)
    if kind == "tier_seen":
        account = make_account(owner, name="Prod", seen=after)
        notice = Notice.objects.create(
            account=account,
            kind=kind,
            rulebook_id=account.rulebook_id,
            tier=after,
            recipient=owner,
            facts={"account": "Prod", "before": "tier-2" if after == "tier-1" else "tier-1", "after": after},
            created_at=READY,
        )
        facts = {"channel": channel.kind, "via": channel, "address": channel.address}
        return Delivery.objects.create(notice=notice, next_at=READY, created_at=READY, **facts)
    payments, now = [("50.00", "05-01T10:00")], READY
    if kind == "contact_support":
        payments, now = [*payments, ("5.00", "05-08T12:00")], instant("05-10T12:00")
    if kind == "credit_expiring":
        payments = [("50.00", READY - timedelta(days=350))]
    make_account(owner, name="Prod", organization_ref="org-7", payments=payments, now=now)
    return Delivery.objects.get(notice__kind=kind, via=channel)


def shelf():
    return Rulebook.objects.all().shelf()


class TestTexts:
    @pytest.mark.parametrize(
        ("kind", "after", "words"),
        [
            ("upgrade_ready", "", ["$5.00", "Tier 2", "may", "12:00 UTC+2", "https://platform.openai.com/"]),
            ("contact_support", "", ["support", "https://help.openai.com/", "/evidence/"]),
            ("tier_seen", "tier-1", ["fell from Tier 2 to Tier 1", "lower tier", "12:00 UTC+2", "help.openai.com"]),
            ("tier_seen", "tier-2", ["is at Tier 2 now", "higher tier", "6 to 24 hours"]),
        ],
    )
    def test_they_say_what_to_do_with_amount_date_and_link(self, kind, after, words):
        delivery = delivery_of(kind, make_user(time_zone="Europe/Berlin"), after=after)
        said = wording.text(delivery, shelf())
        whole = f"{said.title}\n{said.body}"
        for each in [*words, "Prod", f"{django_settings.SITE_URL}/accounts/{delivery.notice.account_id}/"]:
            assert each in whole
        assert "<" not in whole
        assert len(whole) < 900

    @pytest.mark.parametrize("kind", notices.KINDS)
    def test_they_speak_chinese(self, kind):
        delivery = delivery_of(kind, make_user(language="zh-hans", time_zone="Asia/Shanghai"))
        said = wording.text(delivery, shelf())
        whole = re.sub(r"https?://\S+|OpenAI|Prod|UTC", "", f"{said.title} {said.body}")
        assert re.search("[\u4e00-\u9fff]{4}", whole)
        assert re.search("[a-z]{4} [a-z]{3,}", whole) is None, "an English sentence is left"

    def test_markup_of_a_page_is_not_in_them(self):
        owner = make_user()
        delivery = delivery_of("upgrade_ready", owner)
        delivery.notice.facts["account"] = "Prod & <Co>"
        said = wording.text(delivery, shelf())
        assert "Prod & <Co>" in said.title
        assert "&amp;" not in said.body

    def test_a_test_says_that_it_is_one(self):
        said = wording.test_text(make_user(language="zh-hans"), now=NOW)
        assert said.title == "来自 tierdash 的测试"
        assert django_settings.SITE_URL in said.body


class TestTheDocument:
    @pytest.mark.parametrize("kind", notices.KINDS)
    def test_it_has_the_fields_that_the_docs_tell(self, kind):
        told = re.findall(r"^\| `([a-z_.]+)` \|", DOCS.read_text().partition("## The document")[2], re.MULTILINE)
        document = json.loads(wording.document(delivery_of(kind, make_user()), shelf()))
        held = set(document)
        for name, value in document.items():
            held |= {f"{name}.{inner}" for inner in value} if isinstance(value, dict) else set()
        assert held <= set(told)
        assert set(document) == {name for name in told if "." not in name}

    def test_the_example_of_the_docs_is_one(self):
        example = json.loads(DOCS.read_text().partition("```json\n")[2].partition("```")[0])
        document = json.loads(wording.document(delivery_of("upgrade_ready", make_user()), shelf()))
        assert _shape(example) == _shape(document)

    def test_a_test_has_the_same_fields(self):
        owner = make_user()
        document = json.loads(wording.document(delivery_of("upgrade_ready", owner), shelf()))
        test = json.loads(wording.test_document(owner, "x", now=NOW))
        assert set(test) == set(document)
        assert (test["kind"], test["id"], test["account"]) == ("test", None, None)
        assert test["links"] == dict.fromkeys(document["links"])

    def test_amounts_are_text_and_instants_are_in_utc(self):
        document = json.loads(wording.document(delivery_of("upgrade_ready", make_user()), shelf()))
        assert document["advice"]["amount_usd"] == "5.00"
        assert document["advice"]["since"] == "2025-05-08T10:00:00Z"
        assert not re.search(r"[:\[] ?\d+\.\d", json.dumps(document))

    def test_an_account_without_an_organization_has_null(self):
        owner = make_user()
        delivery = delivery_of("upgrade_ready", owner)
        delivery.notice.account.organization_ref = ""
        assert json.loads(wording.document(delivery, shelf()))["account"]["organization"] is None


def _shape(value):
    """The names and kinds of a document, without its values."""
    if isinstance(value, dict):
        return {name: _shape(inner) for name, inner in value.items()}
    return "null or text" if value is None or isinstance(value, str) else type(value).__name__
