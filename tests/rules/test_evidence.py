"""The evidence: what it says of a tier, and that what is hidden cannot be worked out from it."""

import json
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from accounts import rules
from tests.rules.ledgers import book_of, instant, line, refund, standing
from tests.rules.strategies import situations

# Whole situations take long to make where other work is going on; that says nothing of the rules.
PATIENT = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])
NOTHING = rules.Hidden()
EVERYTHING = rules.Hidden(amounts=True, names=True)
HOLDER = rules.Owner("production-eu", "org-7", "Ann")
PAID = [
    line("50.00", "05-01T10:00", id="a", reference="INV-1"),
    line("5", "05-08T12:00", id="b", tax="0.80"),
]


def document(held, tier, hidden=NOTHING, **facts) -> dict:
    facts = rules.Facts(**{"holder": HOLDER} | facts)
    return rules.evidence(held, rules.claim_of(held, tier), facts, hidden)


def asked(said: dict) -> dict:
    """The gate of the tier in question."""
    [gate] = [gate for gate in said["gates"] if gate["in_question"]]
    return gate


class TestWhatIsClaimed:
    @pytest.mark.parametrize(
        ("tier", "at", "code"),
        [
            ("tier-2", "05-10T12:00", "overdue"),
            ("tier-2", "05-10T11:59:59", "due"),
            ("tier-2", "05-08T11:00", "due"),
            ("tier-2", "05-08T09:59:59", "lacking"),
            ("tier-3", "05-10T12:00", "lacking"),
            ("tier-1", "05-10T12:00", "shown"),
            ("free", "05-10T12:00", "shown"),
        ],
    )
    def test_follows_from_the_conditions_and_the_time_to_look_again(self, tier, at, code):
        assert rules.claim_of(standing(PAID, "tier-1", at), tier).code == code

    def test_names_the_payment_that_made_the_provider_look_again(self):
        claim = rules.claim_of(standing(PAID, "tier-1", "05-09T00:00"), "tier-2")
        assert claim.trigger_at == instant("05-08T12:00")
        assert claim.recheck_until == instant("05-10T12:00")

    def test_there_is_no_such_payment_before_there_is_one(self):
        claim = rules.claim_of(standing(PAID, "tier-1", "05-08T11:00"), "tier-2")
        assert (claim.trigger_at, claim.recheck_until) == (None, None)

    def test_of_a_tier_without_published_conditions_nothing_is_claimed(self):
        book = book_of(("free", 0, 0), ("secret", None))
        held = standing(PAID, "free", "05-10T00:00", rulebook=book)
        assert rules.claim_of(held, "secret").code == "opaque"
        assert asked(document(held, "secret"))["money"] is None
        assert asked(document(held, "secret"))["wait"] is None

    def test_a_tier_of_another_edition_cannot_be_asked_about(self):
        with pytest.raises(KeyError):
            rules.claim_of(standing(PAID, "tier-1", "05-10T00:00"), "build")

    @PATIENT
    @given(situations())
    def test_is_overdue_exactly_when_the_advice_is_to_contact_support(self, situation):
        book, ledger, seen, at, circumstances = situation
        held = rules.assess(book, ledger, seen, at, circumstances)
        overdue = {row.tier.id for row in held.tiers if rules.claim_of(held, row.tier.id).code == "overdue"}
        if held.advice.code == "contact_support":
            assert held.advice.tier.id in overdue
        elif held.eligible_tier is not None:
            assert held.eligible_tier.id not in overdue


class TestTheDocument:
    said = document(standing(PAID, "tier-1", "05-10T12:00"), "tier-2")

    def test_says_since_when_both_conditions_are_met(self):
        gate = asked(self.said)
        assert gate["money"] == {
            "need_usd": "50.00",
            "have_usd": "54.20",
            "short_usd": "0.00",
            "percent": 100,
            "met": True,
            "met_at": "2025-05-01T10:00:00Z",
        }
        assert gate["wait"] == {
            "need_days": 7,
            "elapsed_days": 9,
            "percent": 100,
            "starts_at": "2025-05-01T10:00:00Z",
            "met": True,
            "met_at": "2025-05-08T10:00:00Z",
        }
        assert gate["ready_at"] == "2025-05-08T10:00:00Z"

    def test_holds_every_line_with_its_reason_and_reference(self):
        assert self.said["ledger"] == [
            {
                "number": 1,
                "paid_at": "2025-05-01T10:00:00Z",
                "day_only": False,
                "kind": "purchase",
                "status": "succeeded",
                "counts": True,
                "reason": "counts",
                "undoes": None,
                "currency": "USD",
                "gross": "50.00",
                "tax": None,
                "rate": None,
                "counted_usd": "50.00",
                "total_usd": "50.00",
                "reference": "INV-1",
                "note": "",
                "receipts": [],
            },
            {
                "number": 2,
                "paid_at": "2025-05-08T12:00:00Z",
                "day_only": False,
                "kind": "purchase",
                "status": "succeeded",
                "counts": True,
                "reason": "counts",
                "undoes": None,
                "currency": "USD",
                "gross": "5.00",
                "tax": "0.80",
                "rate": None,
                "counted_usd": "4.20",
                "total_usd": "54.20",
                "reference": "",
                "note": "",
                "receipts": [],
            },
        ]

    def test_a_refund_names_the_line_that_it_takes_back(self):
        ledger = [*PAID, refund("-1.50", "05-09T00:00", undoes="a")]
        said = document(standing(ledger, "tier-1", "05-10T12:00"), "tier-2")
        assert [row["undoes"] for row in said["ledger"]] == [None, None, 1]
        assert said["ledger"][2]["gross"] == "-1.50"

    def test_keeps_what_stands_beside_a_line(self):
        said = document(
            standing(PAID, "tier-1", "05-10T12:00"), "tier-2", papers={"b": rules.Paper(is_day_only=True, note="first")}
        )
        assert [(row["day_only"], row["note"]) for row in said["ledger"]] == [(False, ""), (True, "first")]

    def test_names_the_account_and_who_made_it(self):
        assert self.said["account"] == {"name": "production-eu", "organization_ref": "org-7", "made_by": "Ann"}

    def test_quotes_the_rule_with_its_sources_and_how_sure_they_are(self):
        rule = self.said["rule"]
        assert rule["id"] == "openai/2025-05"
        assert rule["title"]["zh-hans"].startswith("OpenAI")
        assert (rule["kind"], rule["confidence"]) == ("article", "low")
        assert rule["started"] == {"after": None, "by": "2025-05-01"}
        assert rule["tier_cap_usd"] == {"kind": "amount", "low": "500.00", "high": None}
        assert rule["sources"][0].keys() == {"title", "url", "seen", "confidence"}
        assert rule["newer_edition"] is False

    def test_dates_of_an_edition_stand_in_it(self):
        book = book_of(("free", 0, 0), started_on=None, started_by="2025-02-01", started_after="2025-01-01", **ENDED)
        rule = document(standing([], "free", "05-10T00:00", rulebook=book), "free")["rule"]
        assert rule["started"] == {"after": "2025-01-01", "by": "2025-02-01"}
        assert rule["ended"] == {"after": None, "by": "2025-08-01"}
        assert rule["counts_since"] == "2025-03-01"

    def test_says_what_people_said_of_requirements(self):
        book = book_of(
            ("free", 0, 0), {"id": "big", "money_usd": 5, "wait_days": 0, "requires": ["contract", "request"]}
        )
        confirmed = {"contract": instant("05-02T00:00")}
        held = standing(PAID, "free", "05-10T00:00", rulebook=book, confirmed=confirmed)
        said = document(held, "big", confirmed=confirmed)
        assert asked(said)["requires"] == [
            {"id": "contract", "said_at": "2025-05-02T00:00:00Z"},
            {"id": "request", "said_at": None},
        ]
        assert said["claim"]["code"] == "lacking"

    def test_holds_what_was_seen_and_told(self):
        seen = rules.Sighting("tier-1", instant("05-02T00:00"), "person", "openai/2025-05")
        told = rules.Told("upgrade_ready", "tier-2", instant("05-08T10:00"))
        said = document(standing(PAID, "tier-1", "05-10T12:00"), "tier-2", sightings=[seen], told=[told, told])
        assert said["sightings"] == [
            {"at": "2025-05-02T00:00:00Z", "tier": "tier-1", "rulebook": "openai/2025-05", "source": "person"}
        ]
        assert said["notices"] == [{"at": "2025-05-08T10:00:00Z", "kind": "upgrade_ready", "tier": "tier-2"}]

    def test_an_account_without_payments_has_one_too(self):
        said = document(standing([], "free", "05-10T00:00"), "tier-1")
        assert said["ledger"] == []
        assert said["claim"]["clock_started_at"] is None
        assert asked(said)["wait"]["met"] is True  # no wait is asked
        assert asked(document(standing([], "free", "05-10T00:00"), "tier-2"))["wait"]["met"] is False

    @PATIENT
    @given(situations(), st.booleans(), st.booleans())
    def test_always_fits_json_and_has_one_shape(self, situation, amounts, names):
        book, ledger, seen, at, circumstances = situation
        held = rules.assess(book, ledger, seen, at, circumstances)
        for row in held.tiers:
            whole = document(held, row.tier.id)
            hidden = document(held, row.tier.id, rules.Hidden(amounts, names))
            assert shape(whole) == shape(json.loads(json.dumps(hidden)))


ENDED = {"ended_on": "2025-08-01", "counts_since": "2025-03-01"}


# Parts that are null as a whole where something is hidden.
MAY_BE_NULL = ("advice", "hints", "receipts")


def shape(value):
    """The keys of a document, all the way down; where one side is null there is nothing to compare."""
    if isinstance(value, dict):
        return {key: shape(inner) for key, inner in value.items() if key not in MAY_BE_NULL}
    if isinstance(value, list):
        return [shape(inner) for inner in value]
    return None


class TestWhatIsHidden:
    def test_amounts_leave_whether_the_money_sufficed_and_since_when(self):
        said = document(standing(PAID, "tier-1", "05-10T12:00"), "tier-2", rules.Hidden(amounts=True))
        assert asked(said)["money"] == {
            "need_usd": "50.00",
            "have_usd": None,
            "short_usd": None,
            "percent": None,
            "met": True,
            "met_at": "2025-05-01T10:00:00Z",
        }
        assert said["claim"]["ready_at"] == "2025-05-08T10:00:00Z"
        assert said["account"]["name"] == "production-eu"

    def test_amounts_leave_of_other_tiers_only_the_days(self):
        said = document(standing(PAID, "tier-1", "05-10T12:00"), "tier-2", rules.Hidden(amounts=True))
        others = [gate for gate in said["gates"] if not gate["in_question"]]
        assert {(gate["met"], gate["ready_at"]) for gate in others} == {(None, None)}
        assert {gate["money"]["met"] for gate in others} == {None}
        assert [gate["wait"]["need_days"] for gate in others] == [0, 0, 7, 14, 30]

    def test_names_leave_the_amounts(self):
        said = document(standing(PAID, "tier-1", "05-10T12:00"), "tier-2", rules.Hidden(names=True))
        assert set(said["account"].values()) == {None}
        assert [(row["gross"], row["reference"], row["note"]) for row in said["ledger"]] == [
            ("50.00", None, None),
            ("5.00", None, None),
        ]

    @PATIENT
    @given(situations(), st.data())
    def test_other_amounts_would_give_the_same_document(self, situation, data):
        """No amount can be worked out of what does not depend on it: that is checked, not that it is not printed."""
        book, ledger, seen, at, circumstances = situation
        other = [with_other_amounts(data, held) for held in ledger]
        mine = rules.assess(book, ledger, seen, at, circumstances)
        theirs = rules.assess(book, other, seen, at, circumstances)
        assume([entry.reason for entry in mine.tally.entries] == [entry.reason for entry in theirs.tally.entries])
        for mine_row, their_row in zip(mine.tiers, theirs.tiers, strict=True):
            gates = [(row.gate.funded_at, row.gate.ready_at, row.is_met) for row in (mine_row, their_row)]
            if gates[0] != gates[1] or (mine_row.short_usd == 0) != (their_row.short_usd == 0):
                continue
            tier, hidden = mine_row.tier.id, rules.Hidden(amounts=True)
            assert document(mine, tier, hidden) == document(theirs, tier, hidden)
            blank = [rules.without_amounts(rules.timeline(held), rules.claim_of(held, tier)) for held in (mine, theirs)]
            assert replace(blank[0], levels=()) == replace(blank[1], levels=())
            assert [replace(level, tier=mine_row.tier) for level in blank[0].levels] == list(blank[1].levels)

    @PATIENT
    @given(situations(), st.text(min_size=1), st.text(min_size=1))
    def test_other_names_would_give_the_same_document(self, situation, first, second):
        book, ledger, seen, at, circumstances = situation
        documents = []
        for word in (first, second):
            lines = [replace(held, reference=word) for held in ledger]
            held = rules.assess(book, lines, seen, at, circumstances)
            papers = {held.id: rules.Paper(note=word) for held in lines}
            holder = rules.Owner(word, word, word)
            documents.append(document(held, seen.tier, rules.Hidden(names=True), holder=holder, papers=papers))
        assert documents[0] == documents[1]


def with_other_amounts(data, held: rules.Line) -> rules.Line:
    factor = data.draw(st.sampled_from([Decimal("0.5"), Decimal(1), Decimal(1), Decimal("1.01"), Decimal(3)]))
    tax = None if held.tax is None else held.tax * factor
    return replace(held, gross=held.gross * factor, tax=tax)


class TestATimelineWithoutAmounts:
    def blank(self, at, tier="tier-2", ledger=PAID, **facts) -> rules.Timeline:
        held = standing(ledger, "tier-1", at)
        return rules.without_amounts(rules.timeline(held, **facts), rules.claim_of(held, tier))

    def test_has_the_payments_at_no_height_and_one_tier(self):
        blank = self.blank("05-10T12:00")
        assert [(step.at, step.added_usd, step.total_usd) for step in blank.steps] == [
            (instant("05-01T10:00"), 0, 0),
            (instant("05-08T12:00"), 0, 0),
        ]
        [level] = blank.levels
        assert (level.tier.id, level.usd, level.is_met) == ("tier-2", 0, True)
        assert level.wait_until == level.ready_at == instant("05-08T10:00")
        assert (blank.total_usd, blank.triggers, blank.projection) == (0, (), None)

    def test_holds_every_mark_between_its_ends(self):
        told = rules.Told("upgrade_ready", "tier-2", instant("04-20T00:00"))
        blank = self.blank("05-02T12:00", tier="tier-5", told=[told])
        assert blank.starts_at < told.at
        assert blank.ends_at > instant("05-31T10:00")

    def test_is_never_a_wall(self):
        blank = self.blank("05-01T10:00", tier="tier-1", ledger=PAID[:1])
        assert blank.ends_at - blank.starts_at > timedelta(days=6)

    def test_what_would_only_be_if_somebody_paid_is_left_out(self):
        held = standing([], "free", "05-10T00:00")
        blank = rules.without_amounts(rules.timeline(held), rules.claim_of(held, "tier-2"))
        assert (blank.levels[0].wait_from, blank.levels[0].wait_until) == (None, None)
        assert not blank.levels[0].is_projected
