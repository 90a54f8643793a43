"""The page of alternatives: a form sent by GET that stores nothing, and every way side by side."""

import re
import uuid
from datetime import timedelta
from html import unescape

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts import rules
from accounts.templatetags import alternatives as words
from tests.make import NOW, make_account, make_relay, make_rulebook, make_user
from tests.views.reading import HTMX, choice_of, error_at, has, html_of, value_of, words_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]
PAGE = "/alternatives/"
EDITIONS = ("openai/2025-05", "anthropic/2026-06-26", "google-gemini/2026", "mistral/2026", "fireworks/2026")


@pytest.fixture
def account(ann):
    return make_account(ann, name="production", payments=[("20", "05-01")])


@pytest.fixture
def ask(signed_in, account):
    return lambda **asked: signed_in.get(PAGE, {"account": str(account.pk)} | asked)


def compared(answer) -> str:
    """The words of the comparison; what stands in bold leaves no gap before a comma."""
    return re.sub(r" (?=[,.:])", "", words_of(answer, "compared"))


def cell(answer, name: str) -> str:
    """The words of the row that begins with this name."""
    rows = re.findall(r"<tr>.*?</tr>", unescape(html_of(answer)), re.DOTALL)
    row = next(row for row in rows if f"<b>{name}</b>" in row)
    return " ".join(re.sub(r"<[^>]+>", " ", row).split())


class TestTheForm:
    def test_without_anything_it_takes_the_next_tier(self, signed_in, account):
        page = signed_in.get(PAGE)
        assert (choice_of(page, "account"), choice_of(page, "tier")) == (str(account.pk), "tier-2")

    def test_an_account_with_a_goal_comes_first(self, signed_in, ann, account):
        with_goal = make_account(ann, name="zz", goal={"model": "o3-mini"})
        page = signed_in.get(PAGE)
        assert (choice_of(page, "account"), choice_of(page, "model")) == (str(with_goal.pk), "o3-mini")

    def test_a_tier_may_be_the_goal(self, signed_in, ann):
        make_account(ann, goal={"tier": "tier-4"})
        assert choice_of(signed_in.get(PAGE), "tier") == "tier-4"

    def test_a_goal_with_limits_comes_with_them(self, signed_in, ann):
        make_account(ann, goal={"model": "gpt-4o", "tpm": 300_000})
        page = signed_in.get(PAGE)
        assert (choice_of(page, "model"), value_of(page, "tpm")) == ("gpt-4o", "300000")
        assert "GPT-4o, 300,000 TPM" in compared(page)

    def test_somebody_without_an_account_goes_by_an_edition(self, signed_in):
        make_rulebook()
        page = signed_in.get(PAGE)
        assert (choice_of(page, "rulebook"), choice_of(page, "tier")) == ("openai/2025-05", "tier-1")
        assert "a new account" in compared(page)

    def test_a_lowest_tier_that_costs_something_is_not_there_yet(self, signed_in):
        make_rulebook("anthropic/2025")
        page = signed_in.get(PAGE, {"account": "", "rulebook": "anthropic/2025", "tier": "tier-1"})
        assert "may be there today for a new account, if $5.00 is paid" in compared(page)

    def test_while_nothing_is_chosen_it_asks(self, ask):
        assert "What do you need?" in compared(ask(want="model", model=""))

    def test_an_instance_without_rulebooks_says_so(self, signed_in):
        assert "No rulebooks yet" in words_of(signed_in.get(PAGE))

    def test_a_tier_of_another_edition_is_said_to_be_none(self, ask):
        page = ask(tier="build")
        assert page.status_code == 200
        assert "This edition has no such tier." in compared(page)

    def test_an_address_of_the_planner_asks_the_same_here(self, signed_in, account):
        asked = {"account": str(account.pk), "model": "gpt-4o", "tpm": "300,000", "by": "2025-06-20"}
        here, there = signed_in.get(PAGE, asked), signed_in.get("/planner/", asked)
        for name in ("account", "model"):
            assert choice_of(here, name) == choice_of(there, name) == asked[name]
        assert value_of(here, "by") == value_of(there, "by") == asked["by"]
        (total,) = re.findall(r"if (\$[\d.]+) is paid", compared(here))
        assert f"{total}: it completes" in re.sub(r" (?=[,.:])", "", words_of(there, "plans"))

    def test_models_that_only_relays_offer_can_be_chosen(self, ask, ann):
        make_relay(ann, model_ids=("acme/secret-1", "openai/o3-mini"), balance="5")
        page = ask(model="secret-1")
        assert choice_of(page, "model") == "secret-1"
        assert "No tier gives you secret-1. This edition does not name this model" in compared(page)
        assert "may work today" in cell(page, "A relay")

    @pytest.mark.parametrize("account_id", [str(uuid.UUID(int=7)), "x", "openai/2025-05", "../.."])
    def test_an_account_that_is_none_is_not_found(self, ask, account_id):
        assert ask(account=account_id).status_code == 404

    def test_rules_that_are_none_are_not_found(self, signed_in, account):
        assert signed_in.get(PAGE, {"account": "", "rulebook": "openai/1999"}).status_code == 404

    def test_a_foreign_account_is_not_found(self, ask):
        assert ask(account=str(make_account(make_user()).pk)).status_code == 404

    @pytest.mark.parametrize(
        ("field", "typed"),
        [
            *(("by", day) for day in ("2025-05-19", "9999-12-31", "x", "2027-02-29", "0001-01-01")),
            *(("spend", amount) for amount in ("-1", "0", "NaN", "1e9", "x" * 5000, "<svg onload=x>")),
        ],
    )
    @pytest.mark.parametrize("headers", [{}, HTMX])
    def test_what_cannot_be_is_told_beside_the_field(self, ask, signed_in, account, field, typed, headers):
        answer = signed_in.get(PAGE, {"account": str(account.pk), field: typed}, headers=headers)
        assert answer.status_code == 422
        assert error_at(answer, f"id_{field}")
        assert "Mend what is marked" in compared(answer)
        assert "<svg onload" not in html_of(answer)

    def test_what_was_typed_stays(self, ask):
        assert value_of(ask(by="2025-05-19"), "by") == "2025-05-19"

    def test_htmx_gets_the_comparison_and_what_depends_on_the_account(self, signed_in, account):
        answer = signed_in.get(PAGE, {"account": str(account.pk)}, headers=HTMX)
        assert has(answer, "compared")
        assert 'id="wish" class="wish" hx-swap-oob="true"' in html_of(answer)
        assert "<html" not in html_of(answer)
        assert "HX-Request" in answer.headers["Vary"]


class TestTheComparison:
    def test_every_way_stands_there_with_where_its_date_comes_from(self, ask):
        page = ask(tier="tier-3")
        for kind in rules.ALTERNATIVES:
            assert re.search("Provider's rule|Users' experience|Not published", cell(page, str(words.NAMES[kind])))

    def test_paying_and_waiting_by_the_rules(self, ask):
        page = ask(model="o3-mini")
        assert "O3-mini may be there today for production, if $80.00 is paid." in compared(page)
        assert "may work today" in cell(page, "Pay and wait")
        assert "does not bring it" in cell(page, "Wait")
        assert "Tier 3 is the lowest tier that brings it" in compared(page)

    def test_in_so_many_days_and_never_too_few(self, ask, ann):
        waiting = make_account(ann, seen="tier-3", payments=[("300", NOW - timedelta(days=10, hours=1))])
        page = ask(account=str(waiting.pk), tier="tier-4")
        assert "in 4 days" in cell(page, "Wait")

    def test_too_late_is_said_when_it_is_not_live_by_the_first_moment_of_the_day(self, ask, ann):
        waiting = make_account(ann, name="waiting", seen="tier-3", payments=[("300", NOW - timedelta(days=10))])
        late = ask(account=str(waiting.pk), tier="tier-4", by="2025-05-27")
        assert "may come too late for waiting: expected live by Tue 27 May" in compared(late)
        assert "in 4 days: may be too late" in cell(late, "Wait")
        in_time = ask(account=str(waiting.pk), tier="tier-4", by="2025-05-28")
        assert "too late" not in cell(in_time, "Wait")
        assert "may be there for waiting from Sat 24 May" in compared(in_time)

    def test_what_could_work_today_may_be_too_late_all_the_same(self, ask):
        page = ask(tier="tier-3", by="2025-05-21")
        assert "may work today, or too late" in cell(page, "Pay and wait")
        assert "may come too late for production" in compared(page)

    def test_what_a_tier_asks_for_besides_is_said_with_the_tier_that_does_without(self, ask, ann):
        held = make_account(ann, name="unverified", rulebook="openai/2024-12", seen="tier-2")
        page = ask(account=str(held.pk), model="o3")
        assert "The tier of unverified is enough for o3, but something besides is missing." in compared(page)
        held.confirmed = {"organization_verified": "2025-05-01T00:00:00Z"}
        held.save()
        assert "unverified has o3: nothing else is needed." in compared(ask(account=str(held.pk), model="o3"))
        fresh = compared(ask(account="", rulebook="openai/2024-12", model="o3"))
        assert "Besides, it asks for: " in fresh
        assert "Without that it takes Tier 4." in fresh

    def test_what_is_there_needs_nothing(self, ask):
        assert "production has GPT-4o: nothing else is needed." in compared(ask(model="gpt-4o"))

    def test_another_account_that_has_it_is_named(self, ask, ann):
        other = make_account(ann, name="the-other", seen="tier-3")
        make_account(ann, name="gemini", rulebook="google-gemini/2025", seen="tier-3")
        make_account(make_user(), name="foreign", seen="tier-5")
        row = cell(ask(tier="tier-3"), "Several organizations")
        assert "works today" in row
        assert "the-other" in row
        assert "gemini" not in row
        assert "foreign" not in row
        assert f"/accounts/{other.pk}/" in html_of(ask(tier="tier-3"))

    def test_relays_are_ones_own_and_those_that_list_the_model_come_first(self, ask, ann):
        make_relay(ann, name="aaa", balance="5", model_ids=("gpt-4o",))
        make_relay(ann, name="bbb", balance="7", model_ids=("openai/o3-mini",))
        make_relay(make_user(), name="foreign", model_ids=("o3-mini",), balance="9")
        row = cell(ask(model="o3-mini"), "A relay")
        assert row.index("bbb") < row.index("aaa")
        assert "bbb lists it · Usable · $7.00" in row
        assert "aaa does not list it" in row
        assert "foreign" not in row

    def test_without_relays_none_is_named(self, ask):
        assert "tierdash knows none and names none" in cell(ask(model="o3-mini"), "A relay")

    def test_money_at_relays_is_added_to_nothing(self, ask, ann):
        make_relay(ann, name="a", balance="5", model_ids=("o3-mini",))
        make_relay(ann, name="b", balance="7", model_ids=("o3-mini",))
        assert "$12" not in compared(ask(model="o3-mini"))

    def test_the_batch_queue_is_the_editions(self, ask, ann):
        held = make_account(ann, rulebook="openai/2024-07")
        page = ask(account=str(held.pk), model="gpt-4o")
        assert "up to 90,000 tokens" in cell(page, "Caching and batching")

    def test_only_a_spend(self, ask):
        page = ask(spend="400")
        assert "Tier 2 is the lowest tier that brings it" in compared(page)
        assert "$400 a month may be there today for production" in compared(page)
        too_much = compared(ask(spend="50000"))
        assert "No tier gives you $50,000 a month. This is more than the highest tier gives." in too_much

    @pytest.mark.parametrize("model", ["o3", "sora-api"])
    def test_what_no_tier_opens_is_said_plainly(self, ask, model):
        words = compared(ask(model=model))
        assert "No tier gives you" in words
        assert "no tier opens it" in words or "not open yet, at any tier" in words

    def test_an_account_that_the_rules_cannot_judge_breaks_nothing(self, ask, account):
        type(account).objects.filter(pk=account.pk).update(seen_tier="no-such")
        assert ask(tier="tier-3").status_code == 200

    def test_every_wish_of_every_edition_can_be_said(self, signed_in, ann):
        for edition in EDITIONS:
            book = make_rulebook(edition).rules
            wishes = [("tier", tier.id) for tier in book.tiers] + [("model", model.id) for model in book.models]
            for name, wish in [*wishes, ("spend", "1234"), ("spend", "99999999")]:
                answer = signed_in.get(PAGE, {"account": "", "rulebook": edition, name: wish})
                assert answer.status_code == 200, wish
                assert "{" not in compared(answer), wish

    def test_it_speaks_chinese(self, ask, ann):
        ann.language = "zh-hans"
        ann.save()
        assert "付款并等待" in compared(ask(tier="tier-3"))

    def test_fifteen_queries_are_enough_for_many(self, signed_in, ann, account):
        for _ in range(5):
            make_relay(ann, bridges=make_account(ann, payments=[("5", "05-01")]), bridge_tier="tier-3", balance="5")
        with CaptureQueriesContext(connection) as queries:
            signed_in.get(PAGE)
        assert len(queries) <= 15


def test_every_reason_has_its_words():
    source = (rules.__file__).replace("__init__", "alternatives")
    with open(source) as file:
        named = set(re.findall(r'"([a-z_]+)"', file.read()))
    assert set(words.REASONS) <= named | {"opaque"}
    assert set(words.NAMES) == set(words.DATA) == set(words.RISKS) == set(words.FITS) == set(rules.ALTERNATIVES)
