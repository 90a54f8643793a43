"""Relays: which addresses are taken, whether a balance can be used, whether the account still needs one."""

import contextlib
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from accounts import rules
from tests.rules.ledgers import book_of, instant, line, standing

ADDRESSES = [
    ("https://relay.example/v1", "https://relay.example/v1"),
    ("  https://relay.example/v1/  ", "https://relay.example/v1"),
    ("HTTPS://Relay.Example:443/v1/", "https://relay.example/v1"),
    ("https://relay.example:8443", "https://relay.example:8443"),
    ("https://relay.example./v1", "https://relay.example/v1"),
    ("https://relay.example/v1/chat/completions", "https://relay.example/v1"),
    ("https://relay.example/v1/models/", "https://relay.example/v1"),
    ("https://relay.example/it's/$(id)", "https://relay.example/it%27s/%24%28id%29"),
    ("https://relay.example/{a,b}[1-9]", "https://relay.example/%7Ba,b%7D%5B1-9%5D"),
    ("https://bücher.example/v1", "https://xn--bcher-kva.example/v1"),
    ("https://中转.example/v1", "https://xn--fiqq40n.example/v1"),
    ("http://localhost:3000/v1", "http://localhost:3000/v1"),
    ("http://api.localhost", "http://api.localhost"),
    ("http://127.0.0.1:11434/v1", "http://127.0.0.1:11434/v1"),
    ("http://192.168.1.20/v1", "http://192.168.1.20/v1"),
    ("http://[::1]:8000/v1", "http://[::1]:8000/v1"),
    ("http://[fd00::1]/v1", "http://[fd00::1]/v1"),
    ("http://one-api:3000/v1", "http://one-api:3000/v1"),
    ("http://gateway.internal/v1", "http://gateway.internal/v1"),
    ("https://[2001:db8::0:1]/v1", "https://[2001:db8::1]/v1"),
]
# By the reason for which each is refused.
REFUSED = {
    "not_an_address": [
        "",
        "relay",
        "relay.example/v1",
        "\U0001f680",
        "javascript:alert(1)",
        "https://",
        "https:///v1",
        "//relay.example/v1",
        "https://relay.example:99999",
        "https://relay.example:x",
        "https://[::1",
        "https://[x]",
        "https://[fe80::1%25eth0]/",
        "https://re lay.example",
        "https://relay.example/a\\b",
        "https://relay.example/a\nb",
        "https://relay.example/a\tb",
        "https://\u202eelpmaxe.yaler",
        "https://-x.example",
        f"https://{'a' * 64}.example",
        f"https://{'ä' * 80}.example",
        "https://a..example",
        "https://x_\x00y.example",
        "https://127.1/v1",
        "https://2130706433/",
        "https://0x7f.1",
        f"https://{'abcdefghij.' * 25}example",
        "https://1.2.3.256",
        "https://[v1.fe:1]/",
        "https://evil[::1]/v1",
        "https://[::1]evil.example/",
        "https://relay.example:/v1",
    ],
    "scheme": [
        "ftp://relay.example",
        "file:///etc/passwd",
        "javascript://x",
    ],
    "credentials": [
        "https://relay.example\\@evil.example",
    ],
    "open_http": [
        "http://relay.example/v1",
        "http://8.8.8.8/v1",
        "http://0.0.0.0",
        "http://[2606:4700::1]/v1",
        "http://localhost.evil.example",
        "http://notlocalhost.example",
    ],
    "query": [
        "https://relay.example/v1?x=1",
        "https://relay.example/v1#x",
        "https://relay.example/v1?",
        "https://r.example/#",
    ],
    "long": [
        f"https://relay.example/{'x' * 300}",
    ],
}
SECRETS = [
    ("https://ann:hunter2@relay.example/v1", "credentials", "https://relay.example/v1"),
    ("https://ann@relay.example/v1", "credentials", "https://relay.example/v1"),
    ("https://:@relay.example", "credentials", "https://relay.example"),
    ("https://relay.example/v1?api_key=hunter2", "key", "https://relay.example/v1"),
    ("https://relay.example/v1?Access-Token=hunter2&x=1", "key", "https://relay.example/v1"),
    ("https://relay.example/v1#secret=hunter2", "key", "https://relay.example/v1"),
    ("https://relay.example/sk-hunter2hunter2hunter2/v1", "key", "https://relay.example//v1"),
    ("https://relay.example/v1?x=sk-hunter2hunter2hunter2", "key", "https://relay.example/v1"),
    ("https://sk-hunter2hunter2hunter2@relay.example/v1", "credentials", "https://relay.example/v1"),
    ("https://ann:x@sk-hunter2hunter2hunter2.example", "credentials", ""),
    ("https://sk-hunter2hunter2hunter2.example", "key", ""),
    ("sk-hunter2hunter2hunter2", "key", ""),
]


class TestTheAddress:
    @pytest.mark.parametrize(("typed", "taken"), ADDRESSES)
    def test_is_brought_into_one_spelling(self, typed, taken):
        assert rules.base_url(typed) == taken
        assert rules.base_url(taken) == taken

    @pytest.mark.parametrize(("typed", "code"), [(typed, code) for code in REFUSED for typed in REFUSED[code]])
    def test_that_is_none_is_refused_with_its_reason(self, typed, code):
        with pytest.raises(rules.BadAddress) as refusal:
            rules.base_url(typed)
        assert refusal.value.code == code

    @pytest.mark.parametrize(("typed", "code", "rest"), SECRETS)
    def test_with_a_secret_is_refused_and_the_secret_is_cut_out(self, typed, code, rest):
        with pytest.raises(rules.BadAddress) as refusal:
            rules.base_url(typed)
        assert (refusal.value.code, refusal.value.rest) == (code, rest)
        assert "hunter2" not in refusal.value.rest + str(refusal.value)

    @given(st.one_of(st.text(), st.text().map("https://{}".format), st.text().map("https://relay.example/{}".format)))
    def test_is_either_refused_or_plain_for_good(self, typed):
        taken = ""
        with contextlib.suppress(rules.BadAddress):
            taken = rules.base_url(typed)
        assume(taken)
        assert taken == rules.base_url(taken)
        assert taken.isascii()
        assert taken.isprintable()
        assert not set(taken) & set(" \"'`$\\<>{}|^@?#;()*")
        assert not rules.has_key(taken)

    @given(st.text(), st.text(alphabet=st.characters(exclude_categories=("L", "N"))))
    def test_with_a_key_anywhere_is_refused_and_nothing_of_the_key_is_left(self, before, after):
        with pytest.raises(rules.BadAddress) as refusal:
            rules.base_url(f"https://relay.example/{before} sk-hunter2hunter2hunter2{after}")
        assert "hunter2" not in refusal.value.rest

    @pytest.mark.parametrize(("text", "is_one"), [("sk-learn", False), ("task-0123456789abcdef", False), ("", False)])
    def test_a_word_is_no_key(self, text, is_one):
        assert rules.has_key(text) is is_one

    def test_a_key_is_cut_out_of_any_text(self):
        assert rules.without_keys("mine is sk-proj-0123456789_abcdef.") == "mine is ."


TODAY = date(2025, 5, 20)


@pytest.mark.parametrize(
    ("expires_on", "balance", "expected"),
    [
        (None, None, "unchecked"),
        (None, "12.40", "usable"),
        (None, "0", "empty"),
        ("2025-05-19", "12.40", "expired"),
        ("2025-05-19", None, "expired"),
        ("2025-05-20", "12.40", "expires_soon"),
        ("2025-05-27", "12.40", "expires_soon"),
        ("2025-05-28", "12.40", "usable"),
        ("2025-05-27", "0.0000", "empty"),
        ("2025-05-27", None, "expires_soon"),
        ("9999-12-31", "0.0001", "usable"),
    ],
)
def test_the_condition_on_a_day(expires_on, balance, expected):
    day = date.fromisoformat(expires_on) if expires_on else None
    assert rules.relay_condition(day, Decimal(balance) if balance is not None else None, TODAY) == expected


class TestTheBridge:
    def bridge(self, payments, at, *, seen="tier-1", tier="", model="", confirmed=(), rulebook="openai/2025-05"):
        ledger = [line(gross, day) for gross, day in payments]
        judged = standing(ledger, seen, at, rulebook)
        wish = rules.Wish(model=model) if model else rules.Wish(tier=tier)
        return rules.bridge(judged, wish, confirmed, instant(at).date())

    def test_is_needed_while_money_is_missing(self):
        bridge = self.bridge([("20", "05-01")], "05-20", tier="tier-3")
        assert (bridge.code, bridge.tier.id, bridge.ready_at) == ("needed", "tier-3", None)

    def test_is_needed_while_the_wait_is_long(self):
        bridge = self.bridge([("300", "05-01")], "05-02", seen="tier-3", tier="tier-4")
        assert (bridge.code, bridge.ready_at) == ("needed", instant("05-15"))

    @pytest.mark.parametrize(
        ("at", "code"), [("05-07T23:59:59", "needed"), ("05-08", "due_soon"), ("05-15", "due_now")]
    )
    def test_is_due_seven_days_ahead_and_on_the_second(self, at, code):
        assert self.bridge([("300", "05-01")], at, seen="tier-3", tier="tier-4").code == code

    def test_a_small_top_up_away_is_due_now(self):
        assert self.bridge([("95", "05-01")], "05-09", tier="tier-3").code == "due_now"

    @pytest.mark.parametrize("seen", ["tier-3", "tier-4"])
    def test_is_over_when_the_tier_is_seen(self, seen):
        assert self.bridge([], "05-09", seen=seen, tier="tier-3").code == "reached"

    def test_is_over_when_the_model_is_open(self):
        assert self.bridge([], "05-09", seen="tier-3", model="o3-mini").code == "reached"

    def test_a_model_means_the_tier_that_opens_it(self):
        bridge = self.bridge([("20", "05-01")], "05-09", model="o3-mini")
        assert (bridge.code, bridge.tier.id) == ("needed", "tier-3")

    @pytest.mark.parametrize("aim", [{"model": "o3"}, {"model": "no-such"}, {"tier": "no-such"}])
    def test_what_no_tier_brings_is_unknown(self, aim):
        assert self.bridge([], "05-09", **aim) == rules.Bridge("unknown")

    def test_an_opaque_tier_is_unknown(self):
        book = book_of(("free", 0, 0), ("secret", None))
        assert self.bridge([], "05-09", seen="free", tier="secret", rulebook=book).code == "unknown"

    def test_a_missing_requirement_is_unknown(self):
        tier = {"id": "big", "money_usd": 5, "wait_days": 0, "requires": ["contract"]}
        book = book_of(("free", 0, 0), tier)
        assert self.bridge([("50", "05-01")], "05-09", seen="free", tier="big", rulebook=book).code == "unknown"

    def test_a_model_that_asks_for_more_than_its_tier_is_unknown_there(self):
        book = book_of(("free", 0, 0), ("t1", 5, 0), models=[verified()])
        assert self.bridge([], "05-09", seen="t1", model="m", rulebook=book).code == "unknown"
        assert self.bridge([], "05-09", seen="t1", model="m", rulebook=book, confirmed=VERIFIED).code == "reached"

    def test_a_way_whose_requirements_are_met_goes_first(self):
        book = book_of(("free", 0, 0), ("t1", 5, 0), ("t2", 50, 0), models=[verified(or_tier="t2")])
        wanted = {"seen": "free", "model": "m", "rulebook": book}
        assert self.bridge([], "05-09", **wanted).tier.id == "t2"
        assert self.bridge([], "05-09", **wanted, confirmed=VERIFIED).tier.id == "t1"

    def test_a_model_that_every_tier_has_is_there(self):
        book = book_of(("free", 0, 0), ("t1", 5, 0), models=[verified() | {"from_tier": "free", "requires": []}])
        assert self.bridge([], "05-09", seen="free", model="m", rulebook=book).code == "reached"

    @given(st.integers(0, 60), st.integers(0, 60))
    def test_time_alone_only_ever_brings_it_nearer(self, first, more):
        order = {code: place for place, code in enumerate(("needed", "due_soon", "due_now"))}
        start = instant("05-01")
        codes = []
        for days in (first, first + more):
            at = (start + timedelta(days=days)).isoformat()
            codes.append(order[self.bridge([("300", "05-01")], at, seen="tier-3", tier="tier-4").code])
        assert codes == sorted(codes)


VERIFIED = ("organization_verified",)


def verified(or_tier: str = "") -> dict:
    model = {"id": "m", "name": "M", "access": "open", "from_tier": "t1", "requires": [*VERIFIED], "source": "page"}
    return model | ({"or": [{"tier": or_tier}]} if or_tier else {})


@pytest.mark.parametrize(
    ("models", "wanted", "is_offered"),
    [
        (["openai/o3-mini"], "o3-mini", True),
        (["O3-Mini"], "o3-mini", True),
        (["a/b/o3-mini"], "o3-mini", True),
        (["openai/o3-mini"], "openai/o3-mini", True),
        (["openai/o3-mini-high"], "o3-mini", False),
        (["o3-mini"], "openai/o3-mini", False),
        ([], "o3-mini", False),
    ],
)
def test_a_model_is_offered_with_or_without_a_vendor_before_it(models, wanted, is_offered):
    assert rules.offers_model(models, wanted) is is_offered
