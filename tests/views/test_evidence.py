"""The evidence page: switches, preview, ticket text, and the pack to take away."""

import base64
import hashlib
import io
import json
import re
import zipfile
from datetime import timedelta
from urllib.parse import unquote

import pytest
from django.db import connection
from django.template.defaultfilters import filesizeformat
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pypdf import PdfReader

from accounts import actions, papers
from accounts.gateways import files
from accounts.gateways.typesetting import CannotTypeset
from accounts.models import Account, Delivery, Event, Receipt, Rulebook
from accounts.notices import compose
from accounts.papers import pack
from tests.make import EML, JPEG, PDF, instant, make_account, make_payment, make_receipt, make_user
from tests.views.reading import HTMX, choice_of, has, html_of, words_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]
WISHES = {"tier": "tier-2", "language": "en"}
HIDING = {"hides_amounts": "on", "hides_names": "on"}


@pytest.fixture
def account(ann, clock) -> Account:
    clock.move_to(instant("05-12T15:30"))
    payments = [("50.00", "05-01T10:00"), ("7.77", "05-08T12:00")]
    return make_account(
        ann, name="production <eu>", organization_ref="org-<7>", payments=payments, now=instant("05-12T15:00")
    )


@pytest.fixture
def address(account) -> str:
    return f"/accounts/{account.pk}/evidence/"


def files_of(answer) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(answer.content)) as held:
        return {name: held.read(name) for name in held.namelist()}


def picture_of(answer) -> str:
    return base64.b64decode(re.search(r"data:image/svg\+xml;base64,([\w+/=]+)", html_of(answer))[1]).decode()


class TestThePage:
    def test_says_what_can_be_claimed_of_the_tier_of_the_advice(self, signed_in, address):
        answer = signed_in.get(address)
        assert choice_of(answer, "tier") == "tier-2"
        assert "Every condition of Tier 2 is met, but OpenAI still shows Tier 1." in words_of(answer, "evidence")

    def test_speaks_of_another_tier_when_asked(self, signed_in, address):
        answer = signed_in.get(address, WISHES | {"tier": "tier-3"})
        assert choice_of(answer, "tier") == "tier-3"
        assert "Tier 3 is not due yet" in words_of(answer, "evidence")

    def test_holds_the_tickets_text_in_both_languages_to_be_copied(self, signed_in, address):
        page = html_of(signed_in.get(address))
        assert "our account org-&lt;7&gt; may be missing a tier upgrade." in page
        assert "我们的账号 org-&lt;7&gt;" in page
        assert 'data-copy="ticket-en"' in page

    def test_leads_to_the_providers_support(self, signed_in, address):
        assert 'href="https://help.openai.com/"' in html_of(signed_in.get(address))

    def test_shows_the_picture_as_it_is_printed(self, signed_in, address):
        assert "$57.77" in picture_of(signed_in.get(address))

    def test_says_where_a_gate_is_in_doubt_unless_amounts_are_hidden(self, signed_in, see, ann, clock):
        held = make_account(ann, name="vague", payments=[("54", "05-01T10:00")])
        place = f"/accounts/{held.pk}/evidence/"
        told = "Tier 2 asks $50, and only $4.00 more is counted"
        page = signed_in.get(place)
        assert told in words_of(page, "evidence")
        assert f'href="/payments/{held.payments.get().uid}/?field=tax"' in html_of(page)
        assert told in words_of(see.get(place), "evidence")
        assert "?field=" not in html_of(see.get(place))
        assert told not in words_of(signed_in.get(place, WISHES | {"hides_amounts": "on"}), "evidence")

    def test_hides_what_is_to_be_hidden_before_anything_is_made(self, signed_in, address):
        answer = signed_in.get(address, WISHES | HIDING)
        shown = words_of(answer, "evidence") + picture_of(answer)
        assert "Amounts, names, references and notes are hidden." in shown
        for secret in ("57.77", "7.77", "org-<7>", "production"):
            assert secret not in shown
        assert html_of(answer).count("checked") == 2

    def test_answers_htmx_with_the_preview_alone(self, signed_in, address):
        answer = signed_in.get(address, WISHES | HIDING, headers=HTMX)
        assert html_of(answer).startswith('<div id="evidence"')
        assert "HX-Request" in answer.headers["Vary"]
        assert 'name="hides_names" value="True"' in html_of(answer)

    def test_the_button_makes_what_the_preview_shows(self, signed_in, address):
        page = html_of(signed_in.get(address, WISHES | {"language": "zh-hans", "hides_names": "on"}))
        typed = dict(
            re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page.partition('id="evidence"')[2])
        )
        typed.pop("csrfmiddlewaretoken", None)
        assert typed == {"tier": "tier-2", "language": "zh-hans", "hides_names": "True"}

    @pytest.mark.parametrize("wrong", [{"tier": "tier-9"}, {"tier": ""}, {"language": "xx"}])
    def test_a_wish_that_cannot_be_met_is_said_beside_its_switch(self, signed_in, address, wrong):
        answer = signed_in.get(address, WISHES | wrong)
        assert answer.status_code == 422
        assert has(answer, f"id_{next(iter(wrong))}_error")
        assert "Tier 2" in words_of(answer, "evidence")

    def test_eleven_queries_are_enough_however_long_the_ledger(self, signed_in, account, address):
        for minute in range(10):
            make_payment(account, "1", f"05-09T12:{minute:02}", now=instant("05-12T15:00"))
        with CaptureQueriesContext(connection) as queries:
            signed_in.get(address)
        assert len(queries) <= 11

    def test_of_a_tier_without_published_conditions_there_is_a_page_too(self, signed_in, ann):
        account = make_account(ann, rulebook="anthropic/2026-06-26", seen="scale", now=instant("05-12T15:00"))
        answer = signed_in.get(f"/accounts/{account.pk}/evidence/")
        assert answer.status_code == 200
        assert "does not publish what" in words_of(answer, "evidence")

    def test_speaks_chinese_and_offers_a_chinese_statement(self, signed_in, ann, address):
        ann.language = "zh-hans"
        ann.save()
        answer = signed_in.get(address)
        assert "全部条件均已满足" in words_of(answer, "evidence")
        assert choice_of(answer, "language") == "zh-hans"


class TestTheWayThere:
    def test_starts_at_the_account_for_whoever_may_read_it(self, see, account, address):
        assert f'href="{address}"' in html_of(see.get(f"/accounts/{account.pk}/"))

    @pytest.mark.parametrize(("at", "is_there"), [("05-12T15:30", True), ("05-09T00:00", False)])
    def test_stands_beside_the_advice_to_contact_support(self, signed_in, account, address, clock, at, is_there):
        clock.move_to(instant(at))
        page = html_of(signed_in.get(f"/accounts/{account.pk}/"))
        act = page.partition('<article class="act')[2].partition("</article>")[0]
        assert (f'href="{address}"' in act) == is_there

    def test_stands_in_the_mail_that_says_so(self, signed_in, account):
        actions.reconcile(now=instant("05-12T15:30"))
        mail = Delivery.objects.filter(notice__kind="contact_support").first()
        letter = compose.letter(mail, Rulebook.objects.all().shelf())
        assert f"/accounts/{account.pk}/evidence/".encode() in letter.content.replace(b"=\r\n", b"")


class TestThePack:
    def test_is_sent_as_a_file_with_a_safe_name(self, signed_in, address):
        answer = signed_in.post(address, WISHES)
        assert answer.status_code == 200
        assert answer.headers["Content-Type"] == "application/zip"
        assert 'filename="evidence-production-eu-tier-2-2025-05-12.zip"' in answer.headers["Content-Disposition"]
        assert files_of(answer)["evidence.pdf"].startswith(b"%PDF-")

    def test_has_the_accounts_name_in_its_own_script(self, signed_in, ann, clock):
        clock.move_to(instant("05-12T15:30"))
        account = make_account(ann, name="上海工作室", now=instant("05-12T15:00"))
        answer = signed_in.post(f"/accounts/{account.pk}/evidence/", WISHES)
        said = answer.headers["Content-Disposition"]
        assert 'filename="evidence-openai-tier-2-' in said
        assert unquote(said.partition("filename*=UTF-8''")[2]) == "evidence-上海工作室-tier-2-2025-05-12.zip"

    def test_is_made_as_wished(self, signed_in, address):
        held = files_of(signed_in.post(address, WISHES | HIDING))
        said = json.loads(held["evidence.json"])
        assert said["hidden"] == {"amounts": True, "names": True}
        assert said["account"] == {"name": None, "organization_ref": None, "made_by": None}

    def test_stands_in_the_history_with_its_hash(self, signed_in, ann, account, address):
        answer = signed_in.post(address, WISHES | HIDING)
        digest = hashlib.sha256(answer.content).hexdigest()
        event = Event.objects.get(account=account, kind="evidence_made")
        assert event.by == ann
        assert event.facts == {
            "tier": "tier-2",
            "sha256": digest,
            "language": "en",
            "hides": ["amounts", "names"],
        }
        history = words_of(signed_in.get(f"/accounts/{account.pk}/"), "history")
        assert f"Made the evidence for Tier 2; the file's SHA-256 begins with {digest[:12]}" in history

    def test_changes_nothing_of_the_account(self, signed_in, account, address):
        before = Account.objects.filter(pk=account.pk).values().get()
        signed_in.post(address, WISHES)
        assert Account.objects.filter(pk=account.pk).values().get() == before

    def test_a_wrong_wish_makes_none(self, signed_in, address):
        answer = signed_in.post(address, WISHES | {"tier": "tier-9"})
        assert answer.status_code == 422
        assert not Event.objects.filter(kind="evidence_made").exists()

    def test_that_cannot_be_printed_is_said_and_leaves_no_event(self, signed_in, address, monkeypatch):
        def fail(*_arguments, **_facts):
            raise CannotTypeset("no fonts")

        monkeypatch.setattr("accounts.papers.pack.typeset", fail)
        answer = signed_in.post(address, WISHES)
        assert answer.status_code == 503
        assert "The pack could not be made." in words_of(answer, "messages")
        assert "no fonts" not in html_of(answer)
        assert not Event.objects.filter(kind="evidence_made").exists()


class TestReceipts:
    @pytest.fixture
    def receipts(self, ann, account) -> list[Receipt]:
        """Two of the first payment, one of the second, and one that was removed."""
        at = instant("05-12T15:00")
        first, second = account.payments.order_by("paid_at")
        scan = make_receipt(first, "Rechnung Müller.png", by=ann, now=at)
        mail = make_receipt(first, "receipt.eml", EML, by=ann, now=at + timedelta(minutes=1))
        bill = make_receipt(second, "bill.pdf", PDF, by=ann, now=at)
        slip = make_receipt(second, "slip.jpg", JPEG, by=ann, now=at)
        actions.remove_receipt(slip, by=ann, now=at)
        return [scan, mail, bill]

    def test_are_announced_with_their_number_and_size(self, signed_in, receipts, address):
        size = filesizeformat(sum(receipt.size for receipt in receipts)).replace("\xa0", " ")
        shown = words_of(signed_in.get(address, WISHES), "evidence")
        assert f"3 receipts, {size}, named after their lines of the ledger" in shown
        assert "No receipt is attached" not in shown

    def test_are_asked_for_where_there_is_none(self, signed_in, address):
        shown = words_of(signed_in.get(address, WISHES), "evidence")
        assert "No receipt is attached to a payment yet. Support often asks for them." in shown
        assert "receipts/" not in shown

    def test_are_in_the_pack_as_they_are_kept_under_the_names_of_their_lines(self, signed_in, receipts, address):
        held = files_of(signed_in.post(address, WISHES))
        told = ["receipts/1-1.png", "receipts/1-2.eml", "receipts/2-1.pdf"]
        assert [name for name in held if name.startswith("receipts/")] == told
        assert [held[name] for name in told] == [files.read(receipt.sha256) for receipt in receipts]
        sums = dict(reversed(line.split("  ")) for line in held["SHA256SUMS"].decode().splitlines())
        assert sums == {
            name: hashlib.sha256(content).hexdigest() for name, content in held.items() if name != "SHA256SUMS"
        }

    def test_stand_in_both_statements(self, signed_in, receipts, address):
        held = files_of(signed_in.post(address, WISHES))
        said = [line["receipts"] for line in json.loads(held["evidence.json"])["ledger"]]
        assert [[proof["file"] for proof in proofs] for proofs in said] == [
            ["receipts/1-1.png", "receipts/1-2.eml"],
            ["receipts/2-1.pdf"],
        ]
        assert [(proof["name"], proof["sha256"], proof["size"]) for proofs in said for proof in proofs] == [
            (receipt.name, receipt.sha256, receipt.size) for receipt in receipts
        ]
        printed = "".join(page.extract_text() for page in PdfReader(io.BytesIO(held["evidence.pdf"])).pages)
        assert "Receipts are in the pack under the names that stand here." in printed
        for proofs in said:
            # In the ledger, and among the hashes.
            assert all(printed.count(proof["file"]) == 2 for proof in proofs)

    @pytest.mark.parametrize("hiding", [{"hides_amounts": "on"}, {"hides_names": "on"}])
    def test_stay_out_where_anything_is_hidden(self, signed_in, receipts, address, hiding):
        shown = words_of(signed_in.get(address, WISHES | hiding), "evidence")
        assert "Receipts stay out: nobody can blacken what is to be hidden in them" in shown
        held = files_of(signed_in.post(address, WISHES | hiding))
        assert not any(name.startswith("receipts/") for name in held)
        for receipt in receipts:
            for content in held.values():
                assert receipt.sha256.encode() not in content
                assert receipt.name.encode() not in content
        printed = "".join(page.extract_text() for page in PdfReader(io.BytesIO(held["evidence.pdf"])).pages)
        assert "Receipts stay out, because amounts or names are hidden." in printed

    @pytest.mark.parametrize("is_changed", [False, True], ids=["lost", "changed"])
    def test_whose_file_is_not_the_one_is_named_and_no_pack_is_made(self, signed_in, receipts, address, is_changed):
        files.discard(receipts[0].sha256)
        if is_changed:
            files.keep(receipts[0].sha256, PDF, b"")
        answer = signed_in.post(address, WISHES)
        assert answer.status_code == 503
        assert "The file of Rechnung Müller.png is missing." in words_of(answer, "messages")
        assert not Event.objects.filter(kind="evidence_made").exists()

    def test_that_cannot_be_reached_are_said_to_be(self, signed_in, receipts, address, monkeypatch):
        def away(digest):
            raise files.Unreachable("a bucket of a secret name")

        monkeypatch.setattr(files, "read", away)
        answer = signed_in.post(address, WISHES)
        assert answer.status_code == 503
        assert "The pack could not be made." in words_of(answer, "messages")
        assert "secret" not in html_of(answer)

    def test_that_are_large_leave_piece_by_piece_in_the_same_pack(self, signed_in, receipts, address, monkeypatch):
        small = signed_in.post(address, WISHES)
        assert not small.streaming
        for module in (papers, pack):
            monkeypatch.setattr(module, "IN_MEMORY", 1)
        large = signed_in.post(address, WISHES)
        assert large.streaming
        assert b"".join(large.streaming_content) == small.content
        assert large.headers["Content-Disposition"] == small.headers["Content-Disposition"]

    def test_go_to_whoever_may_read_the_account(self, see, receipts, address):
        assert "receipts/2-1.pdf" in files_of(see.post(address, WISHES))


class TestWhoMayHaveIt:
    def test_who_may_only_look_may_take_it_away_and_is_named(self, see, account, address):
        assert see.get(address).status_code == 200
        assert see.post(address, WISHES).status_code == 200
        assert Event.objects.get(kind="evidence_made").by.email.startswith("person")

    def test_a_stranger_finds_nothing(self, account, address):
        stranger = Client()
        stranger.force_login(make_user())
        assert stranger.get(address).status_code == 404
        assert stranger.post(address, WISHES).status_code == 404

    def test_of_an_archived_account_it_is_there_as_ever(self, signed_in, ann, account, address):
        actions.archive_account(account, by=ann, now=instant("05-12T15:10"))
        assert signed_in.get(address).status_code == 200
        assert "evidence.json" in files_of(signed_in.post(address, WISHES))
