"""The mails themselves: language, zone, figures, headers, text and HTML."""

import email
import email.policy
import re
from datetime import timedelta
from email.utils import parsedate_to_datetime

import pytest

from accounts.models import Delivery, Notice, Rulebook
from accounts.notices import compose
from tests.make import instant, make_account, make_payment, make_user

pytestmark = pytest.mark.django_db

READY = instant("05-08T10:00")


def upgrade_ready(**person) -> Delivery:
    owner = make_user(**person)
    make_account(owner, name="Prod & <Co>", payments=[("50.00", "05-01T10:00")], now=READY)
    return Delivery.objects.get(notice__kind="upgrade_ready")


def contact_support(**person) -> Delivery:
    owner = make_user(**person)
    payments = [("50.00", "05-01T10:00"), ("5.00", "05-08T12:00")]
    make_account(owner, name="Prod & <Co>", organization_ref="org-<7>", payments=payments, now=instant("05-10T12:00"))
    return Delivery.objects.get(notice__kind="contact_support")


def written(delivery: Delivery):
    letter = compose.letter(delivery, Rulebook.objects.all().shelf())
    return email.message_from_bytes(letter.content, policy=email.policy.default)


def text_of(message) -> str:
    return message.get_body(("plain",)).get_content()


def html_of(message) -> str:
    return message.get_body(("html",)).get_content()


class TestUpgradeReady:
    def test_it_says_how_much_to_pay_for_which_tier_and_where(self):
        message = written(upgrade_ready())
        for part in (text_of(message), html_of(message)):
            assert "$5.00" in part
            assert "Tier 2" in part
            assert "https://platform.openai.com/settings/organization/billing/overview" in part
            assert " may " in part
        assert message["Subject"] == "Prod & <Co>: $5.00 may trigger Tier 2 now"

    def test_it_says_what_the_tier_opens(self):
        text = text_of(written(upgrade_ready()))
        assert "GPT-4 / GPT-4o, requests per minute: 500 → 2,000" in text
        assert "DALL-E 3, images per minute: 5 → 7" in text
        assert "$500 a month" in text
        # What is not published at either tier is not shown as a change.
        assert "DALL-E 2" not in text

    def test_models_that_open_are_named(self):
        owner = make_user()
        make_account(owner, payments=[("95.00", "05-01T00:00")], seen="tier-2", now=instant("05-09T00:00"))
        assert "Models: O3-mini" in text_of(written(Delivery.objects.get()))

    def test_instants_are_in_the_recipients_zone_and_the_zone_is_named(self):
        text = text_of(written(upgrade_ready(time_zone="Europe/Berlin")))
        assert "12:00 UTC+2" in text
        assert "Europe/Berlin" in text

    def test_it_speaks_the_recipients_language(self):
        message = written(upgrade_ready(language="zh-hans"))
        assert 'lang="zh-hans"' in html_of(message)
        assert "可能" in message["Subject"]
        assert "可能" in text_of(message)
        assert re.search("[a-z]{4} [a-z]{3,}", text_of(message)) is None, "an English sentence is left"

    def test_it_links_the_accounts_page(self, settings):
        delivery = upgrade_ready()
        link = f"{settings.SITE_URL}/accounts/{delivery.notice.account_id}/"
        message = written(delivery)
        assert link in text_of(message)
        assert link in html_of(message)

    def test_names_are_escaped_in_html_only(self):
        message = written(upgrade_ready())
        assert "Prod &amp; &lt;Co&gt;" in html_of(message)
        assert "<Co>" not in html_of(message)
        assert "Prod & <Co>" in text_of(message)

    def test_it_is_the_same_to_the_letter_however_often_it_is_written(self):
        delivery = upgrade_ready()
        shelf = Rulebook.objects.all().shelf()
        first, second = compose.letter(delivery, shelf), compose.letter(delivery, shelf)

        def without_boundary(content: bytes) -> bytes:
            return re.sub(rb"={10,}\d+==", b"", content)

        assert without_boundary(first.content) == without_boundary(second.content)

    def test_the_ladder_is_drawn_with_table_cells(self):
        html = html_of(written(upgrade_ready()))
        assert html.count('class="bar-next"') == 2, "both gates of the tier within reach"
        assert re.search(r'<td (?=[^>]*class="bar-held")(?=[^>]*width="50%")', html), "the money of Tier 3"
        assert re.search(r'class="rung is-next"[^>]*>▲', html)
        assert "<img" not in html
        assert "<svg" not in html

    def test_styles_stand_inline_and_dark_mail_programs_get_their_own(self):
        html = html_of(written(upgrade_ready()))
        assert "prefers-color-scheme: dark" in html
        assert re.search(r'<td class="card" style="[^"]*background: #ffffff', html)
        assert "http-equiv" not in html
        assert "<link" not in html


class TestContactSupport:
    def test_it_holds_a_ticket_text_in_english_and_chinese_whatever_the_language(self):
        for language in ("en", "zh-hans"):
            Notice.objects.all().delete()
            text = text_of(written(contact_support(language=language)))
            assert "Hello OpenAI support, our account org-<7> may be missing a tier upgrade." in text
            assert "We have paid $55.00 in total" in text
            assert "您好" in text
            assert "48" in text

    def test_the_ticket_text_is_escaped_in_html(self):
        html = html_of(written(contact_support()))
        assert "org-<7>" not in html
        assert "org-&lt;7&gt;" in html

    def test_its_instants_are_in_utc_for_the_provider(self):
        text = text_of(written(contact_support(time_zone="Asia/Shanghai")))
        ticket = text.partition("A text for the ticket")[2]
        assert "2025-05-01 10:00:00 UTC" in ticket

    def test_it_names_support_and_evidence(self):
        message = written(contact_support())
        assert "https://help.openai.com/" in text_of(message)
        assert "support" in message["Subject"]
        assert "$55.00" in html_of(message)


class TestTierSeen:
    @pytest.mark.parametrize(
        ("before", "after", "subject"),
        [("tier-3", "tier-1", "x fell from Tier 3 to Tier 1"), ("tier-1", "tier-2", "x is at Tier 2 now")],
    )
    def test_it_says_what_changed(self, before, after, subject):
        account = make_account(name="x", seen=after)
        notice = Notice.objects.create(
            account=account,
            kind="tier_seen",
            rulebook_id=account.rulebook_id,
            tier=after,
            recipient=account.workspace.memberships.get().user,
            facts={"account": "x", "before": before, "after": after},
            created_at=READY,
        )
        delivery = Delivery.objects.create(notice=notice, address="x@y.zz", next_at=READY, created_at=READY)
        message = written(delivery)
        assert message["Subject"] == subject
        assert "x" in text_of(message)
        assert ("What Tier 2 opens" in text_of(message)) is (after == "tier-2")


class TestHeaders:
    def test_the_message_id_is_the_deliverys_own_and_the_date_its_making(self):
        delivery = upgrade_ready()
        message = written(delivery)
        assert message["Message-ID"] == f"<{delivery.pk}@127.0.0.1>"
        assert parsedate_to_datetime(message["Date"]) == delivery.created_at

    def test_an_ipv6_host_is_bracketed(self, settings):
        settings.SITE_URL = "http://[::1]:8000"
        assert written(upgrade_ready())["Message-ID"].endswith("@[::1]>")

    def test_machines_are_told_not_to_answer(self):
        assert written(upgrade_ready())["Auto-Submitted"] == "auto-generated"

    def test_one_click_unsubscribe_is_offered_in_one_piece(self):
        letter = compose.letter(upgrade_ready(), Rulebook.objects.all().shelf())
        assert re.search(rb"^List-Unsubscribe:\s+<http://127\.0\.0\.1:8000/unsubscribe/\S+/>\r$", letter.content, re.M)
        assert b"\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n" in letter.content

    def test_every_line_ends_with_crlf_and_is_plain_ascii(self):
        letter = compose.letter(upgrade_ready(language="zh-hans"), Rulebook.objects.all().shelf())
        assert re.search(rb"(?<!\r)\n", letter.content) is None
        assert letter.content.isascii()
        assert max(len(line) for line in letter.content.split(b"\r\n")) <= 998

    @pytest.mark.parametrize("name", ["evil\r\nBcc: x@example.org", "evil\nX-Evil: 1", "a\x0bb\x85c\u2028d"])
    def test_a_name_with_line_breaks_splits_no_header(self, name):
        delivery = upgrade_ready()
        delivery.notice.facts["account"] = name
        message = written(delivery)
        assert message["Bcc"] is None
        assert message["X-Evil"] is None
        assert len(message["Subject"].splitlines()) == 1

    @pytest.mark.parametrize(
        "address",
        ["a@b.example\r\nBcc: x@example.org", "a b@example.org", "ü@example.org", "@example.org", "a@" + "x" * 70],
    )
    def test_an_impossible_address_is_unmailable(self, address):
        delivery = upgrade_ready()
        delivery.notice.recipient.email = address
        with pytest.raises(compose.Unmailable):
            written(delivery)

    def test_an_international_domain_is_written_in_ascii(self):
        delivery = upgrade_ready()
        delivery.notice.recipient.email = "a@bücher.example"
        letter = compose.letter(delivery, Rulebook.objects.all().shelf())
        assert letter.recipient == "a@xn--bcher-kva.example"


def test_the_amount_of_a_mail_is_the_one_that_was_true_when_it_was_raised():
    delivery = upgrade_ready()
    make_payment(delivery.notice.account, "5.00", READY + timedelta(minutes=1), now=READY + timedelta(minutes=1))
    assert "$5.00" in text_of(written(Delivery.objects.get(pk=delivery.pk)))
