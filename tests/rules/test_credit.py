"""Credit that expires: until when, what of it is gone, and one reminder for each window of it."""

import itertools
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts import rules
from accounts.gateways import published
from tests.rules import strategies
from tests.rules.ledgers import instant, line, refund, standing

YEAR = published.credit_rule("openai")
SHANGHAI, ANGELES = ZoneInfo("Asia/Shanghai"), ZoneInfo("America/Los_Angeles")
TOML = """
schema = 1
provider = "acme"
months = 12
kinds = ["purchase"]
confidence = "high"

[[sources]]
id = "page"
title = "A page"
seen = "2026"
confidence = "high"
"""


def of(*lines, at="2025-06-01", rule=YEAR, zone=UTC):
    return rules.credits(lines, rule, at=instant(at), zone=zone)


def day(text):
    return date.fromisoformat(text)


class TestTheRule:
    @pytest.mark.parametrize(
        ("paid_on", "months", "last_day"),
        [
            ("2025-06-04", 12, "2026-06-04"),
            ("2024-02-29", 12, "2025-02-28"),
            ("2024-02-29", 48, "2028-02-29"),
            ("2024-02-28", 12, "2025-02-28"),
            ("2025-03-01", 12, "2026-03-01"),
            ("2025-01-31", 1, "2025-02-28"),
            ("2024-01-31", 1, "2024-02-29"),
            ("2025-08-31", 3, "2025-11-30"),
            ("2025-12-31", 12, "2026-12-31"),
            ("2025-12-15", 1, "2026-01-15"),
            ("2025-11-15", 1, "2025-12-15"),
            ("2099-12-31", 12, "2100-12-31"),
        ],
    )
    def test_the_same_day_later_or_the_last_one_of_a_shorter_month(self, paid_on, months, last_day):
        rule = rules.CreditRule("acme", months, ("purchase",), "high", YEAR.sources)
        assert rule.last_day(day(paid_on)) == day(last_day)

    @given(st.dates(date(2015, 1, 1), date(2080, 1, 1)), st.integers(1, 120))
    def test_it_is_never_later_than_the_day_of_the_month_and_always_that_month(self, paid_on, months):
        last = rules.CreditRule("acme", months, ("grant",), "low", YEAR.sources).last_day(paid_on)
        assert (last.year - paid_on.year) * 12 + last.month - paid_on.month == months
        assert last.day == paid_on.day or (last.day < paid_on.day and (last + timedelta(days=1)).day == 1)

    def test_what_is_published(self):
        assert set(published.credit_rules()) == {"anthropic", "openai"}
        assert (YEAR.months, YEAR.kinds, YEAR.confidence) == (12, ("purchase", "auto_recharge"), "high")
        assert YEAR.sources[0].url == "https://help.openai.com/en/articles/8264644"
        assert published.credit_rule("acme") is None

    def test_a_rule_of_a_file(self):
        rule = rules.parse_credit(TOML)
        assert (rule.provider, rule.months, rule.kinds, rule.confidence) == ("acme", 12, ("purchase",), "high")
        assert [source.title for source in rule.sources] == ["A page"]

    @pytest.mark.parametrize(
        ("before", "after", "message"),
        [
            ("schema = 1", "schema = 2", "schema: must be 1"),
            ("schema = 1", "schema = ", "line 2, column 10: Invalid value"),
            ("months = 12", "months = 0", "months: must be a whole number from 1 to 120"),
            ("months = 12", "months = 121", "months: must be a whole number from 1 to 120"),
            ("months = 12", 'months = "12"', "months: must be a whole number"),
            ("months = 12", "", "months: is missing"),
            ('["purchase"]', "[]", "kinds: must name each kind once, and at least one"),
            ('["purchase"]', '["grant", "grant"]', "kinds: must name each kind once"),
            ('["purchase"]', '["invoice"]', "kinds: 'invoice' must be one of purchase, auto_recharge, grant, promo"),
            ('confidence = "high"\n\n', 'confidence = "sure"\n\n', "confidence: 'sure' must be one of high"),
            ('provider = "acme"', 'provider = "Acme Inc"', "provider: 'Acme Inc' must be lower-case"),
            ('seen = "2026"', "", "sources[0].seen: is missing"),
            ("months = 12", "months = 12\nyears = 1", "years: is not a known key"),
        ],
    )
    def test_a_wrong_one_cannot_be_built(self, before, after, message):
        assert before in TOML
        with pytest.raises(rules.RulebookError) as refused:
            rules.parse_credit(TOML.replace(before, after, 1))
        assert str(refused.value).startswith(message)

    def test_nor_one_without_a_source(self):
        with pytest.raises(rules.RulebookError, match="sources: is missing"):
            rules.CreditRule("acme", 12, ("purchase",), "high", ())


class TestUntilWhen:
    @pytest.mark.parametrize(
        ("facts", "last_on", "is_by_rule"),
        [
            ({}, "2026-05-01", True),
            ({"kind": "auto_recharge"}, "2026-05-01", True),
            ({"expires_on": day("2025-12-31")}, "2025-12-31", False),
            ({"expires_on": day("2027-12-31")}, "2027-12-31", False),
            ({"kind": "grant", "expires_on": day("2025-08-01")}, "2025-08-01", False),
            ({"kind": "promo", "expires_on": day("2025-05-01")}, "2025-05-01", False),
            ({"kind": "transfer", "expires_on": day("2025-08-01")}, "2025-08-01", False),
        ],
    )
    def test_what_somebody_said_or_else_the_rule(self, facts, last_on, is_by_rule):
        [credit] = of(line("50", "05-01T10:00", **facts))
        assert (credit.last_on, credit.is_by_rule) == (day(last_on), is_by_rule)

    @pytest.mark.parametrize("kind", ["grant", "promo", "transfer", "invoice"])
    def test_what_the_rule_does_not_mean_does_not_expire_by_it(self, kind):
        assert of(line("50", "05-01T10:00", kind=kind)) == ()

    def test_without_a_rule_only_what_says_so_expires(self):
        assert of(line("50", "05-01T10:00"), rule=None) == ()
        assert len(of(line("50", "05-01T10:00", expires_on=day("2025-12-31")), rule=None)) == 1

    def test_the_day_of_the_payment_is_the_readers(self):
        paid = line("50", "2025-05-01T18:00")
        assert [credit.last_on for credit in of(paid, zone=SHANGHAI)] == [day("2026-05-02")]
        assert [credit.last_on for credit in of(paid, zone=ANGELES)] == [day("2026-05-01")]

    def test_a_payment_of_the_future_gives_nothing_yet(self):
        assert of(line("50", "05-01T10:00"), at="2025-05-01T09:59") == ()

    def test_the_next_one_comes_first_and_equal_days_keep_their_order(self):
        late = line("1", "05-03T00:00")
        first = line("2", "05-05T00:00", kind="grant", expires_on=day("2025-09-01"))
        second = line("3", "05-04T00:00", kind="grant", expires_on=day("2025-09-01"))
        assert [credit.line for credit in of(late, first, second)] == [second, first, late]

    @pytest.mark.parametrize(
        ("facts", "reason"),
        [
            ({"kind": "invoice"}, "only credit expires"),
            ({"kind": "refund"}, "only credit expires"),
            ({"kind": "chargeback"}, "only credit expires"),
            ({"expires_on": day("2025-04-29")}, "before the day of the payment"),
            ({"expires_on": day("2101-01-01")}, "must not be after 2100-12-31"),
        ],
    )
    def test_a_line_whose_day_cannot_be_cannot_stand(self, facts, reason):
        with pytest.raises(rules.LedgerError, match=reason) as refused:
            line("50", "05-01T10:00", **{"expires_on": day("2025-12-31")} | facts)
        assert refused.value.field == "expires_on"

    @pytest.mark.parametrize("last", ["2025-04-30", "2025-05-01", "2100-12-31"])
    def test_the_day_itself_and_that_of_an_earlier_zone_can(self, last):
        assert line("50", "05-01T10:00", expires_on=day(last)).expires_on == day(last)


class TestWhatIsGone:
    @pytest.mark.parametrize(
        ("at", "gone"),
        [("2026-05-01T00:00", ""), ("2026-05-01T23:59:59", ""), ("2026-05-02T00:00", "expired")],
    )
    def test_it_can_be_used_on_its_last_day_and_not_after(self, at, gone):
        [credit] = of(line("50", "05-01T10:00"), at=at)
        assert (credit.gone, credit.is_usable) == (gone, not gone)
        assert credit.left_usd == Decimal(50), "what may have been lost is told, too"

    def test_its_last_day_ends_in_the_readers_zone(self):
        paid = line("50", "05-01T10:00")
        at = "2026-05-01T16:30"  # the second of May in Shanghai
        assert [credit.gone for credit in of(paid, at=at, zone=SHANGHAI)] == ["expired"]
        assert [credit.gone for credit in of(paid, at=at, zone=ANGELES)] == [""]

    @pytest.mark.parametrize("status", ["pending", "failed", "void"])
    def test_what_did_not_succeed_gave_none(self, status):
        [credit] = of(line("50", "05-01T10:00", status=status), at="2026-06-01")
        assert (credit.gone, credit.left_usd) == ("not_succeeded", 0)

    @pytest.mark.parametrize(
        ("taken", "left", "gone"),
        [("20", "30.00", ""), ("50", "0.00", "nothing_left"), ("60", "0.00", "nothing_left")],
    )
    @pytest.mark.parametrize("kind", ["refund", "chargeback"])
    def test_what_was_taken_back_is_not_left(self, taken, left, gone, kind):
        paid = line("50", "05-01T10:00")
        [credit] = of(paid, refund(taken, "05-20T00:00", paid.id, kind=kind))
        assert (str(credit.left_usd), credit.gone) == (left, gone)

    def test_only_from_the_instant_on_at_which_it_was_taken_back(self):
        paid = line("50", "05-01T10:00")
        [credit] = of(paid, refund("50", "05-20T00:00", paid.id), at="2025-05-19")
        assert credit.is_usable

    def test_a_refund_that_failed_or_is_of_no_payment_takes_nothing_back(self):
        paid = line("50", "05-01T10:00")
        failed, loose = refund("50", "05-20T00:00", paid.id, status="failed"), refund("50", "05-20T00:00")
        [credit] = of(paid, failed, loose)
        assert credit.left_usd == Decimal(50)

    @pytest.mark.parametrize(
        ("facts", "left"),
        [
            ({"tax": "8"}, "42.00"),
            ({"currency": "EUR", "rate": "1.1"}, "55.00"),
            ({"kind": "grant", "expires_on": day("2025-09-01")}, "50.00"),
        ],
    )
    def test_it_is_worth_what_counts_of_it(self, facts, left):
        [credit] = of(line("50", "05-01T10:00", **facts))
        assert str(credit.left_usd) == left

    def test_what_was_tax_alone_gives_nothing(self):
        [credit] = of(line("50", "05-01T10:00", tax="50"))
        assert credit.gone == "nothing_left"


class TestDaysAndWindows:
    def test_a_day_holds_all_that_expires_on_it(self):
        lines = [line("5", "05-01T10:00"), line("7", "05-01T12:00"), line("9", "05-03T00:00", status="failed")]
        [expiry] = rules.expiries(of(*lines, line("1", "2024-05-01T00:00"), at="2025-06-01"))
        assert (expiry.last_on, expiry.left_usd, len(expiry.credits)) == (day("2026-05-01"), Decimal(12), 2)

    def test_a_window_begins_with_a_day_and_ends_thirty_later(self):
        paid = ["2024-05-01", "2024-05-31", "2024-06-01", "2024-07-02"]
        found = rules.windows(of(*(line("5", text) for text in paid), at="2025-01-01"))
        assert [(str(window.first_on), str(window.until), len(window.credits)) for window in found] == [
            ("2025-05-01", "2025-05-31", 2),
            ("2025-06-01", "2025-07-01", 1),
            ("2025-07-02", "2025-08-01", 1),
        ]

    def test_a_reminder_comes_at_the_beginning_of_a_day_thirty_days_before(self):
        [window] = rules.windows(of(line("5", "2024-05-01")))
        assert window.remind_at(UTC) == instant("2025-04-01T00:00")
        assert window.remind_at(SHANGHAI) == instant("2025-03-31T16:00")
        assert window.noted_at(ANGELES) == instant("2025-05-01T16:00")

    @pytest.mark.parametrize(
        ("at", "is_over"), [("2025-04-10", False), ("2025-05-10", False), ("2025-05-21", True), ("2026-01-01", True)]
    )
    def test_expired_credit_keeps_its_place(self, at, is_over):
        held = of(line("5", "2024-05-01"), line("7", "2024-05-20"), at=at)
        [window] = rules.windows(held)
        assert (window.first_on, window.left_usd, window.is_over) == (day("2025-05-01"), Decimal(12), is_over)

    def test_what_is_gone_otherwise_opens_no_window(self):
        paid = line("5", "2024-05-01")
        held = of(paid, refund("5", "2024-05-02", paid.id), line("9", "2024-05-05", status="void"))
        assert rules.windows(held) == ()
        assert rules.next_window(held) is None

    def test_the_next_window_begins_after_the_one_that_was_told(self):
        held = of(*(line("5", text) for text in ("2024-05-01", "2024-05-20", "2024-06-15")), at="2025-04-20")
        first = rules.next_window(held)
        assert (first.first_on, len(first.credits)) == (day("2025-05-01"), 2)
        following = rules.next_window(held, first.until)
        assert (following.first_on, len(following.credits)) == (day("2025-06-15"), 1)
        assert rules.next_window(held, following.until) is None

    def test_nothing_is_told_of_the_distant_past(self):
        assert rules.next_window(of(line("5", "2020-05-01"), line("5", "2023-05-01"), at="2025-04-20")) is None


def reminders(lines, days, *, zone=UTC):
    """What a clock that rings once a day tells: (day, first day, until, amount) of each reminder."""
    told, covered = [], None
    for number in range(days):
        at = instant("2025-01-01T00:00") + timedelta(days=number)
        window = rules.next_window(rules.credits(lines, YEAR, at=at, zone=zone), covered)
        if window is not None and window.remind_at(zone) <= at:
            told.append((at, window))
            covered = window.until
    return told


class TestReminders:
    def test_daily_recharges_are_told_of_once_in_a_window(self):
        start = instant("2024-06-01T12:00")
        lines = [
            rules.Line(str(n), "auto_recharge", "succeeded", Decimal(5), start + timedelta(days=n)) for n in range(150)
        ]
        told = reminders(lines, 400)
        assert [f"{at:%m-%d} {window.first_on:%m-%d} {window.left_usd}" for at, window in told] == [
            "05-02 06-01 155.00",
            "06-02 07-02 155.00",
            "07-03 08-02 155.00",
            "08-03 09-02 155.00",
            "09-03 10-03 130.00",
        ]

    @given(strategies.ledgers(), st.sampled_from([UTC, SHANGHAI, ANGELES]))
    def test_every_credit_is_told_of_once_and_in_time(self, lines, zone):
        told = reminders(lines, 600, zone=zone)
        first_days = [window.first_on for _at, window in told]
        assert all(
            later - earlier > timedelta(days=rules.WINDOW_DAYS) for earlier, later in itertools.pairwise(first_days)
        )
        for at, window in told:
            assert all(credit.is_usable for credit in window.credits)
            assert window.credits[0].last_on - at.astimezone(zone).date() <= timedelta(days=rules.REMIND_DAYS)
        mentioned = [credit.line.id for _at, window in told for credit in window.credits]
        assert len(mentioned) == len(set(mentioned))
        # Whatever can be used 30 days before it expires is within some window.
        for credit in rules.credits(lines, YEAR, at=instant("2025-10-01T00:00"), zone=zone):
            if credit.is_usable:
                assert credit.line.id in mentioned


class TestWhatItMustNotTouch:
    def test_expired_credit_never_lowers_the_paid_total(self):
        paid = [line("50", "2023-05-01", expires_on=day("2023-06-01")), line("60", "2023-05-03")]
        before, after = (standing(paid, "tier-2", at) for at in ("2023-05-10", "2025-12-31"))
        assert [credit.gone for credit in of(*paid, at="2025-12-31")] == ["expired", "expired"]
        assert before.counted_usd == after.counted_usd == Decimal(110)
        assert (after.eligible_tier.id, after.clock_started_at) == ("tier-3", instant("2023-05-01"))

    @given(strategies.situations(), st.dates(date(2025, 5, 1), date(2027, 1, 1)))
    def test_no_standing_knows_of_it(self, situation, last_on):
        book, lines, *rest = situation
        dated = [
            rules.Line(**{name: getattr(held, name) for name in held.__slots__} | {"expires_on": last_on})
            if held.kind in rules.CREDITING and held.paid_at.date() <= last_on
            else held
            for held in lines
        ]
        assert rules.assess(book, dated, *rest).as_json() == rules.assess(book, lines, *rest).as_json()

    @given(strategies.ledgers(), strategies.instants, st.sampled_from([UTC, SHANGHAI, ANGELES]))
    def test_it_is_never_worth_more_than_what_was_paid(self, lines, at, zone):
        held = rules.credits(lines, YEAR, at=at, zone=zone)
        assert [credit.last_on for credit in held] == sorted(credit.last_on for credit in held)
        for credit in held:
            assert 0 <= credit.left_usd <= credit.line.counted_usd
            assert credit.is_usable == (not credit.gone)
            assert credit.gone != "expired" or credit.last_on < at.astimezone(zone).date()
        assert sum(expiry.left_usd for expiry in rules.expiries(held)) == sum(
            credit.left_usd for credit in held if credit.is_usable
        )

    @given(strategies.ledgers(), st.integers(0, 500), st.integers(0, 500))
    def test_time_alone_moves_no_window(self, lines, early, late):
        early, late = sorted((early, late))
        then, now = (datetime(2025, 9, 1, tzinfo=UTC) + timedelta(days=days) for days in (early, late))
        before, after = (rules.windows(rules.credits(lines, YEAR, at=at, zone=UTC)) for at in (then, now))
        assert [(window.first_on, window.left_usd) for window in before] == [
            (window.first_on, window.left_usd) for window in after
        ]
