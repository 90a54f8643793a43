"""The error doctor: what blocks, what to do with the account's own figures, and that no secret ever stays anywhere."""

import html
import logging
import re
import uuid
from datetime import UTC, datetime

import pytest
from django.core import signing
from django.urls import reverse
from django.views.debug import ExceptionReporter

from accounts import actions, rules
from accounts.gateways import published
from accounts.models import Account, Event, Sighting
from accounts.rules.doctor import SIGNALS, STEPS
from accounts.templatetags.findings import GATES
from accounts.templatetags.remedies import step
from accounts.views import doctor
from accounts.views.specimens import SPECIMENS
from tests import make

PAGE = reverse("accounts:doctor")
AT = datetime(2026, 11, 18, 9, 41, tzinfo=UTC)
SECRET = "sk-proj-Ab12Cd34Ef56Gh78Ij90Kl"
ORG = "org-Kq7dEu01"
RATE = (
    f"Rate limit reached for gpt-4o in organization {ORG} on tokens per min (TPM): Limit 30000, Used 29000, Requested "
    "2000. Please try again in 2m. key: "
) + SECRET
CAP = '{"error": {"code": "organization_usage_limit_exceeded", "message": "No."}}'
BALANCE = '{"error": {"code": "credit_balance_exhausted", "message": "No."}}'
TIER = '{"error": {"code": "below_usage_tier", "message": "must qualify for at least usage tier 5 to access \'o3\'"}}'


@pytest.fixture(autouse=True)
def then(time_machine):
    time_machine.move_to(AT, tick=False)
    return time_machine


@pytest.fixture
def shelf(db):
    actions.adopt(published.editions().values(), now=AT)


@pytest.fixture
def held(ann, shelf) -> Account:
    return make.make_account(
        ann,
        name="prod",
        payments=[("60.00", datetime(2026, 11, 1, tzinfo=UTC))],
        organization_ref=ORG,
        now=datetime(2026, 11, 2, tzinfo=UTC),
    )


def ask(client, text, account=None, **facts):
    return client.post(PAGE, {"text": text, "account": account.pk if account else ""}, **facts)


def words(response):
    return html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", response.content.decode())))


def token(response):
    return re.search(r'name="diagnosis" value="([^"]+)"', response.content.decode())[1]


def keep(client, account, response, also=""):
    return client.post(
        reverse("accounts:attach-diagnosis", args=[account.pk]), {"diagnosis": token(response), "also": also}
    )


class TestPage:
    def test_it_begins_with_what_can_block(self, signed_in, shelf):
        text = words(signed_in.get(PAGE))
        assert "Eight things can block a request" in text
        assert "Wrong organization" in text

    def test_the_answer_comes_first_with_its_gate_and_what_to_do(self, signed_in, held):
        response = ask(signed_in, RATE, held)
        assert response.status_code == 200
        text = words(response)
        assert "The rate limit of gpt-4o is used up. Try again: Wed 18 Nov, 09:43 UTC." in text
        assert "prod" in text
        assert f"The answer came from {ORG}, the organization of this account." not in text  # not a step of this gate
        assert "waiting" in text or "Tier 2" in text  # the account's own advice

    def test_htmx_gets_the_answer_and_the_text_alone(self, signed_in, held):
        response = ask(signed_in, RATE, held, headers={"HX-Request": "true"})
        content = response.content.decode()
        assert content.strip().startswith('<section id="diagnosis"')
        assert '<div id="doctor-text" hx-swap-oob="true">' in content
        assert "<html" not in content
        assert "HX-Request" in response.headers["Vary"]
        assert SECRET not in content

    @pytest.mark.parametrize("name", SPECIMENS)
    def test_every_example_is_answered(self, signed_in, held, name):
        response = signed_in.get(PAGE, {"example": name, "account": held.pk})
        assert response.status_code == 200
        assert (
            response.context["case"].diagnosis.gate
            == {
                "headers": "none",
                "rate-limit": "rate_limit",
                "tier": "tier",
                "cap": "cap",
                "unclear": "unknown",
            }[name]
        )

    def test_an_example_that_is_not_there_is_the_empty_page(self, signed_in, shelf):
        assert "Eight things" in words(signed_in.get(PAGE, {"example": "nothing"}))

    def test_a_text_in_the_address_is_not_read(self, signed_in, shelf):
        assert "Eight things" in words(signed_in.get(PAGE, {"text": RATE}))

    def test_what_cannot_be_told_is_said_with_where_to_look(self, signed_in, held):
        text = words(ask(signed_in, "It worked yesterday.", held))
        assert "tierdash cannot tell what blocks here." in text
        assert "What to look at" in text
        assert "curl -i" in text

    def test_the_cap_names_the_caps_of_the_accounts_tiers(self, signed_in, held):
        text = words(ask(signed_in, CAP, held))
        assert "Tier 1: at most $100 a month" in text
        assert "Tier 2: at most $500 a month" in text
        assert "Keep it, and note that the cap is used up" in text

    def test_the_balance_leads_to_billing(self, signed_in, held):
        response = ask(signed_in, BALANCE, held)
        assert held.rulebook.rules.provider.billing_url in response.content.decode()
        assert "Add credit: $5 at least." in words(response)

    def test_the_tier_says_what_the_account_needs_next(self, signed_in, held):
        text = words(ask(signed_in, TIER, held))
        assert "o3 needs at least Tier 5" in text
        assert "Tier 2" in text

    def test_an_answer_of_another_provider_says_so_and_offers_nothing(self, signed_in, held):
        response = signed_in.get(PAGE, {"example": "cap", "account": held.pk})
        assert "This answer is one of Anthropic; prod is an account at OpenAI." in words(response)
        assert 'name="diagnosis"' not in response.content.decode()

    def test_a_key_of_another_organization_says_so(self, signed_in, held):
        response = ask(signed_in, BALANCE + "\nopenai-organization: org-SomebodyElse1", held)
        assert "The key belongs to org-SomebodyElse1, not to the organization of this account." in words(response)
        assert 'name="diagnosis"' not in response.content.decode()

    def test_limits_that_several_tiers_share_are_called_ambiguous(self, signed_in, held):
        text = words(ask(signed_in, RATE.replace("30000", "600000"), held))
        assert "Not certain" in text
        assert "Tier 4, or Tier 5" in text

    def test_a_relay_is_told_to_have_no_tiers(self, signed_in, held):
        text = "https://relay.example.com/v1/chat/completions " + RATE
        assert "A relay has no tiers" in words(ask(signed_in, text))

    def test_it_speaks_chinese(self, signed_in, ann, held):
        ann.language = "zh-hans"
        ann.save()
        text = words(ask(signed_in, RATE, held))
        assert "速率限制" in text
        assert "Try again" not in text

    def test_few_queries_are_enough(self, signed_in, held, django_assert_max_num_queries):
        ask(signed_in, RATE, held)
        with django_assert_max_num_queries(14):
            ask(signed_in, RATE, held)

    @pytest.mark.parametrize("language", ["en", "zh-hans"])
    def test_every_gate_and_every_step_has_words(self, signed_in, ann, held, language):
        ann.language = language
        ann.save()
        assert set(GATES) == set(rules.GATES)
        case = ask(signed_in, RATE, held).context["case"]
        bare = ask(signed_in, RATE).context["case"]
        codes = {code for codes in STEPS.values() for code in codes} | {
            code for signal in SIGNALS for code in signal.steps
        }
        for code in codes | {"relay"}:
            assert step(code, case).text
            assert step(code, bare).text


class TestSecrets:
    def test_what_was_removed_is_marked_and_never_shown_again(self, signed_in, held):
        content = ask(signed_in, RATE, held).content.decode()
        assert "«removed»" in content
        assert SECRET not in content
        assert SECRET[8:20] not in content

    @pytest.mark.parametrize("text", [RATE, SECRET, f"{SECRET} {'x ' * 50_000}", "\n" + RATE])
    def test_nothing_of_it_is_logged_or_stored(self, signed_in, held, caplog, text):
        caplog.set_level(logging.DEBUG)
        response = ask(signed_in, text, held)
        if response.status_code == 200:
            keep(signed_in, held, response)
        assert SECRET not in caplog.text
        assert "Rate limit reached" not in caplog.text
        assert SECRET not in str(list(Event.objects.values_list("facts")))
        assert SECRET not in signed_in.cookies.output()
        assert SECRET not in str(dict(signed_in.session))

    def test_a_failure_while_reading_tells_nobody_the_text(self, client, ann, held, caplog, monkeypatch):
        client.force_login(ann)
        client.raise_request_exception = False
        caplog.set_level(logging.DEBUG)
        others = "-".join(["some", "other", "words"])  # the report quotes this file: it must not stand here as one
        caught = []

        def broken(text, **facts):
            clean = rules.scrub(text)
            caught.append(clean)
            raise RuntimeError("broken")

        monkeypatch.setattr(rules, "diagnose", broken)
        response = ask(client, f"{RATE} {others}", held)
        assert response.status_code == 500
        assert caught
        assert "broken" in caplog.text  # the failure itself is logged ...
        for record in caplog.records:
            report = "" if not record.exc_info else reported(record)
            assert SECRET not in caplog.text + report
            assert others not in caplog.text + report  # ... and nothing of what was pasted

    def test_errors_are_shown_without_the_secret_too(self, signed_in, held):
        response = ask(signed_in, f"{SECRET} " + "word " * 20_000, held)
        assert response.status_code == 422
        assert SECRET not in response.content.decode()


def reported(record):
    """What Django's error mail would hold."""
    return ExceptionReporter(record.request, *record.exc_info, is_email=True).get_traceback_text() + (
        ExceptionReporter(record.request, *record.exc_info).get_traceback_html()
    )


class TestBadInput:
    @pytest.mark.parametrize("text", ["", "   ", "\r\n\t\r\n", "\u3000"])
    def test_nothing_is_asked_for(self, signed_in, held, text):
        response = ask(signed_in, text, held)
        assert response.status_code == 422
        assert "Paste an error, or the headers of an answer." in words(response)

    def test_a_megabyte_is_refused_and_its_beginning_kept(self, signed_in, held):
        response = ask(signed_in, f"first words\n{'x y ' * 250_000}", held)
        assert response.status_code == 422
        assert "64000" in words(response)
        assert "first words" in response.content.decode()
        assert len(response.content) < 300_000

    def test_one_endless_word_is_refused(self, signed_in, held):
        assert ask(signed_in, "x" * 70_000, held).status_code == 422

    def test_nul_is_refused(self, signed_in, held, caplog):
        assert ask(signed_in, f"a\x00b {SECRET}", held).status_code == 400
        assert SECRET not in caplog.text

    @pytest.mark.parametrize(
        "text",
        ["😀🙈👩‍💻", "\x01\x02\x7f\x1b[31m", "\ufffd\ufffe" * 50, "<script>alert(1)</script>", "%s {0} {x}", "‮abc"],
    )
    def test_anything_else_gets_an_answer(self, signed_in, held, text):
        response = ask(signed_in, text, held)
        assert response.status_code == 200
        assert "<script>alert" not in response.content.decode()

    def test_markup_in_what_is_recognised_stays_text(self, signed_in, held):
        text = '{"code": "below_usage_tier", "message": "<b onclick=x>", "model": "gpt-<img>"} <img src=x>'
        assert "<img" not in ask(signed_in, text, held).content.decode().replace('<img src="/', "")

    @pytest.mark.parametrize("account", ["x", "0", str(uuid.UUID(int=0)), "'; --"])
    def test_an_account_that_is_none_is_not_found(self, signed_in, shelf, account):
        assert signed_in.post(PAGE, {"text": RATE, "account": account}).status_code == 404
        assert signed_in.get(PAGE, {"account": account}).status_code == 404


class TestWhose:
    def test_a_foreign_account_is_not_found(self, signed_in, shelf):
        foreign = make.make_account(name="theirs")
        assert ask(signed_in, RATE, foreign).status_code == 404
        assert "theirs" not in words(signed_in.get(PAGE))

    def test_an_archived_account_is_not_found(self, signed_in, ann, held):
        actions.archive_account(held, by=ann, now=AT)
        assert ask(signed_in, RATE, held).status_code == 404

    def test_a_viewer_may_ask_but_not_keep(self, see, held):
        response = ask(see, RATE, held)
        assert response.status_code == 200
        assert 'name="diagnosis"' not in response.content.decode()

    def test_a_result_is_good_for_its_person_and_account_alone(self, signed_in, ann, held, client):
        other = make.make_account(ann, name="other")
        response = ask(signed_in, RATE, held)
        assert keep(signed_in, other, response).url == PAGE
        colleague = make.make_member(make.make_workspace(ann), "editor")
        client.force_login(colleague)
        assert keep(client, held, response).url == PAGE
        assert not Event.objects.filter(kind="error_diagnosed").exists()

    def test_a_forged_or_an_old_result_is_refused(self, signed_in, held, then):
        response = ask(signed_in, RATE, held)
        path = reverse("accounts:attach-diagnosis", args=[held.pk])
        forged = signing.dumps({"facts": {}, "account": str(held.pk)}, key="another key", salt=doctor.SALT)
        for bad in ("", "x", forged, f"{token(response)}x", "\ud83d".encode(errors="replace")):
            assert signed_in.post(path, {"diagnosis": bad}).url == PAGE
        then.shift(doctor.GOOD_FOR_SECONDS + 1)
        signed_in.force_login(held.workspace.memberships.get().user)
        assert keep(signed_in, held, response).url == PAGE
        assert not Event.objects.filter(kind="error_diagnosed").exists()


class TestKeeping:
    def kept(self):
        return Event.objects.filter(kind="error_diagnosed")

    def test_the_history_says_what_was_read(self, signed_in, held):
        response = keep(signed_in, held, ask(signed_in, RATE, held))
        assert response.url == reverse("accounts:account", args=[held.pk])
        event = self.kept().get()
        assert set(event.facts) == {
            *("gate", "confidence", "provider", "model", "tier", "edition", "again_at", "limits", "key"),
        }
        assert "Rate limit reached" not in str(event.facts)
        text = words(signed_in.get(response.url))
        assert "An error was read: Rate limit, gpt-4o; its limits are those of Tier 1 (inferred)" in text
        held.refresh_from_db()
        assert held.seen_source == "person"

    def test_an_error_without_a_model_has_a_sentence_too(self, signed_in, held):
        response = keep(signed_in, held, ask(signed_in, BALANCE, held))
        assert "An error was read: Balance" in words(signed_in.get(response.url))

    def test_keeping_twice_keeps_once(self, signed_in, held):
        response = ask(signed_in, RATE.replace("30000", "450000"), held)
        for also in ("", "tier", "tier", ""):
            assert keep(signed_in, held, response, also).status_code == 302
        assert self.kept().count() == 1
        assert Sighting.objects.filter(account=held, source="probe").count() == 1

    def test_the_inferred_tier_is_recorded_as_seen_by_a_probe(self, signed_in, held):
        keep(signed_in, held, ask(signed_in, RATE.replace("30000", "450000"), held), also="tier")
        held.refresh_from_db()
        assert (held.seen_tier, held.seen_source, held.seen_at) == ("tier-2", "probe", AT)

    def test_a_lower_tier_than_the_seen_one_is_offered_with_a_warning(self, signed_in, ann, held):
        actions.see_tier(held, tier="tier-3", seen_at=AT, by=ann, now=AT)
        response = ask(signed_in, RATE, held)
        assert "Tier 1 is below Tier 3, which the account has." in words(response)
        assert "is below" not in words(ask(signed_in, RATE.replace("30000", "800000"), held))

    def test_a_cap_is_noted_once(self, signed_in, held, then):
        response = ask(signed_in, CAP, held)
        keep(signed_in, held, response, also="cap")
        held.refresh_from_db()
        assert held.cap_reached_at == AT
        then.shift(60)
        keep(signed_in, held, response, also="cap")
        assert held.events.filter(kind="cap_reached").count() == 1

    def test_only_what_the_diagnosis_says_is_recorded(self, signed_in, held):
        keep(signed_in, held, ask(signed_in, BALANCE, held), also="cap")
        keep(signed_in, held, ask(signed_in, BALANCE, held), also="tier")
        held.refresh_from_db()
        assert held.cap_reached_at is None
        assert held.seen_tier == "tier-1"
        assert self.kept().count() == 2

    def test_an_account_that_has_moved_meanwhile_keeps_nothing(self, signed_in, ann, held):
        response = ask(signed_in, RATE.replace("30000", "450000"), held)
        actions.move_account(
            held,
            rulebook=make.make_rulebook("openai/2026-10-06"),
            seen_tier="build",
            follows_provider=False,
            by=ann,
            now=AT,
        )
        answer = signed_in.post(
            reverse("accounts:attach-diagnosis", args=[held.pk]),
            {"diagnosis": token(response), "also": "tier"},
            follow=True,
        )
        assert "The account has changed since; nothing was kept." in words(answer)
        assert not self.kept().exists()

    def test_an_archived_account_cannot_be_changed(self, signed_in, ann, held):
        response = ask(signed_in, RATE, held)
        actions.archive_account(held, by=ann, now=AT)
        keep(signed_in, held, response)
        assert not self.kept().exists()
