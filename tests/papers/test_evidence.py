"""The evidence pack: its parts, its hashes, and that what is hidden is in none of them."""

import io
import json
import subprocess
import zipfile
from datetime import timedelta
from decimal import Decimal
from xml.etree import ElementTree
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone, translation
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pypdf import PdfReader

from accounts import papers, rules
from accounts.gateways import published
from accounts.models import Account
from accounts.papers.ledger import FIRST_LINES, MOST_LINES
from accounts.papers.statement import statement
from tests.make import instant
from tests.rules.ledgers import book_of, line

AT = instant("05-12T15:30")
PAID = [
    line("25.00", "05-01T10:00", id="1", reference="INV-20417"),
    line("25.00", "05-01T12:00", id="2", kind="auto_recharge"),
    line("100", "05-02T12:00", id="3", kind="grant"),
    line("20", "05-03T12:00", id="4", currency="EUR", rate="1.1", tax="3.19"),
    line("5", "05-08T12:00", id="5"),
    line("2.50", "05-09T12:00", id="6", kind="refund", undoes="2"),
    line("9", "05-10T12:00", id="7", status="pending"),
]
HIDDEN = rules.Hidden(amounts=True, names=True)
SEEN = rules.Sighting("tier-1", instant("05-01T09:00"), "person", "openai/2025-05")
TOLD = rules.Told("upgrade_ready", "tier-2", instant("05-08T10:00"))


def case(ledger=PAID, *, name="production-eu", seen="tier-1", book="openai/2025-05", at=AT, note="", **holder):
    edition = published.edition(book) if isinstance(book, str) else book
    standing = rules.assess(edition, ledger, rules.Seen(seen), at)
    facts = rules.Facts(
        holder=rules.Owner(name, holder.get("organization_ref", ""), holder.get("person", "")),
        papers={held.id: rules.Paper(note=note) for held in ledger},
        sightings=[SEEN],
        told=[TOLD],
    )
    timeline = rules.timeline(standing, [rules.Shown(SEEN.tier, SEEN.at)], [TOLD])
    return papers.Case(Account(name=name), standing, facts, timeline)


def evidence(held=None, *, tier="tier-2", language="en", hidden=rules.Hidden()) -> papers.Evidence:  # noqa: B008
    return papers.Evidence(held or case(), papers.Wishes(tier, language, hidden))


def files(pack: papers.Pack) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(pack.content)) as held:
        return {name: held.read(name) for name in held.namelist()}


def pdf_of(pack: papers.Pack) -> PdfReader:
    return PdfReader(io.BytesIO(files(pack)["evidence.pdf"]))


def text_of(pack: papers.Pack) -> str:
    return "\n".join(page.extract_text() for page in pdf_of(pack).pages)


@pytest.fixture(scope="module")
def english() -> papers.Pack:
    return evidence(case(organization_ref="org-Kq7dEu01", person="Ann Müller", note="首次充值")).pack()


@pytest.fixture(scope="module")
def chinese() -> papers.Pack:
    return evidence(language="zh-hans").pack()


class TestThePack:
    def test_holds_these_files_in_this_order(self, english):
        assert list(files(english)) == [
            "evidence.json",
            "evidence.pdf",
            "ticket.en.txt",
            "ticket.zh.txt",
            "timeline.svg",
            "SHA256SUMS",
        ]

    def test_every_hash_holds(self, english, tmp_path):
        zipfile.ZipFile(io.BytesIO(english.content)).extractall(tmp_path)
        done = subprocess.run(["sha256sum", "-c", "SHA256SUMS"], cwd=tmp_path, capture_output=True, text=True)
        assert done.returncode == 0
        assert done.stdout.count(": OK") == 5

    def test_a_change_is_found(self, english, tmp_path):
        zipfile.ZipFile(io.BytesIO(english.content)).extractall(tmp_path)
        changed = tmp_path / "evidence.json"
        changed.write_text(changed.read_text().replace("25.00", "26.00"))
        done = subprocess.run(["sha256sum", "-c", "SHA256SUMS"], cwd=tmp_path, capture_output=True, text=True)
        assert done.returncode == 1
        assert "evidence.json: FAILED" in done.stdout

    def test_is_the_same_when_it_is_made_again(self, english):
        again = evidence(case(organization_ref="org-Kq7dEu01", person="Ann Müller", note="首次充值")).pack()
        assert again.content == english.content

    def test_its_files_are_as_old_as_the_standing(self, english):
        held = zipfile.ZipFile(io.BytesIO(english.content))
        assert {entry.date_time for entry in held.infolist()} == {(2025, 5, 12, 15, 30, 0)}

    def test_the_json_is_the_rules_own_document(self, english):
        said = json.loads(files(english)["evidence.json"])
        assert said["schema"] == "tierdash.evidence/1"
        assert said["claim"]["code"] == "overdue"
        assert said["account"]["organization_ref"] == "org-Kq7dEu01"
        assert "首次充值" in files(english)["evidence.json"].decode()

    @pytest.mark.parametrize(
        ("name", "hidden", "ascii_name", "own_name"),
        [
            ("production-eu", False, "evidence-production-eu-tier-2", "evidence-production-eu-tier-2"),
            ("上海 工作室", False, "evidence-openai-tier-2", "evidence-上海-工作室-tier-2"),
            ('../"x"\r\n; y', False, "evidence-x-y-tier-2", "evidence-x-y-tier-2"),
            ("w" * 100, False, f"evidence-{'w' * 60}-tier-2", f"evidence-{'w' * 60}-tier-2"),
            ("secret", True, "evidence-openai-tier-2", "evidence-openai-tier-2"),
        ],
    )
    def test_its_name_is_the_accounts_unless_that_is_hidden(self, name, hidden, ascii_name, own_name):
        made = evidence(case(name=name), hidden=rules.Hidden(names=hidden)).pack()
        assert made.name == f"{ascii_name}-2025-05-12.zip"
        assert made.own_name == f"{own_name}-2025-05-12.zip"


class TestThePrintedStatement:
    def test_says_the_claim_and_both_gates_with_their_instants(self, english):
        text = text_of(english)
        assert "Every condition of Tier 2 is met, but OpenAI still shows Tier 1." in text
        assert "2025-05-01 12:00:00 UTC" in text  # the money
        assert "2025-05-08 10:00:00 UTC" in text  # the wait
        assert "2025-05-08 12:00:00 UTC" in text  # the payment that may have made the provider look again

    def test_holds_the_ledger_with_references_and_reasons(self, english):
        text = " ".join(text_of(english).split())
        for words in ("INV-20417", "does not count: a grant is no payment", "lowers the total", "of no. 2", "首次充值"):
            assert words in text
        assert "tax €3.19 × 1.10" in text
        assert "Purchase (Pending)" in text

    def test_holds_the_rule_with_its_sources(self, english):
        text = " ".join(text_of(english).split())
        assert "openai/2025-05" in text
        assert "not sure" in text
        assert "2025-05" in text

    def test_names_the_hashes_of_the_other_parts(self, english):
        text = "".join(text_of(english).split())
        digests = {part.name: part.digest for part in english.parts}
        for name in ("evidence.json", "ticket.en.txt", "ticket.zh.txt", "timeline.svg"):
            assert digests[name] in text

    def test_speaks_chinese(self, chinese):
        text = text_of(chinese)
        assert "Tier 2 的全部条件均已满足" in text
        assert "首次付款后的天数" in text
        assert "第 1 页" in text

    @pytest.mark.parametrize("pack", ["english", "chinese"])
    def test_embeds_every_font(self, pack, request):
        fonts = {}
        for page in pdf_of(request.getfixturevalue(pack)).pages:
            fonts |= {str(font["/BaseFont"]): font for font in map(resolved, page["/Resources"]["/Font"].values())}
        assert any("NotoSansCJK" in name for name in fonts)
        for font in fonts.values():
            [descendant] = font["/DescendantFonts"]
            descriptor = resolved(resolved(descendant)["/FontDescriptor"])
            assert {"/FontFile2", "/FontFile3"} & set(descriptor)

    def test_names_the_language_of_its_text(self, english, chinese):
        assert pdf_of(english).root_object["/Lang"] == "en-GB"
        assert pdf_of(chinese).root_object["/Lang"] == "zh-CN"

    def test_is_on_a4_with_numbered_pages(self, english):
        pages = pdf_of(english).pages
        assert [round(float(side)) for side in pages[0].mediabox[2:]] == [595, 842]
        assert [f"Page {n} of {len(pages)}" in page.extract_text() for n, page in enumerate(pages, 1)] == [True] * len(
            pages
        )

    def test_says_instants_in_the_readers_zone_beside_utc(self):
        with timezone.override(ZoneInfo("Asia/Shanghai")):
            text = text_of(evidence().pack())
        assert "2025-05-08 10:00:00 UTC" in text
        assert "2025-05-08 18:00:00 UTC+8" in text

    @pytest.mark.parametrize(
        ("seen", "tier", "at", "says"),
        [
            ("tier-1", "tier-2", AT - timedelta(days=3), "The upgrade may appear until 2025-05-10 12:00:00 UTC"),
            ("tier-1", "tier-2", instant("05-08T11:00"), "All conditions have been met since 2025-05-08 10:00:00"),
            ("tier-1", "tier-3", AT, "Tier 3 is not due yet"),
            ("tier-2", "tier-2", AT, "this is what Tier 2 rests on"),
        ],
    )
    def test_claims_no_more_than_is_so(self, seen, tier, at, says):
        text = " ".join(text_of(evidence(case(seen=seen, at=at), tier=tier).pack()).split())
        assert says in text

    def test_says_where_nothing_is_published_and_nothing_paid(self):
        book = book_of(("free", 0, 0), ("secret", None))
        text = " ".join(text_of(evidence(case([], seen="free", book=book), tier="secret").pack()).split())
        assert "Acme does not publish what secret needs." in text.replace("Secret", "secret")
        assert "The provider publishes no conditions for this tier." in text
        assert "No payment is recorded." in text

    def test_requirements_stand_among_the_conditions(self):
        book = book_of(("free", 0, 0), {"id": "big", "money_usd": 5, "wait_days": 0, "requires": ["contract"]})
        text = " ".join(text_of(evidence(case(seen="free", book=book), tier="big").pack()).split())
        assert "a contract with the provider" in text
        assert "not met" in text

    def test_a_ledger_of_five_thousand_lines_is_cut_and_says_so(self):
        many = [line("0.01", (AT - timedelta(minutes=n)).isoformat(), id=str(n)) for n in range(5000, 0, -1)]
        pack = evidence(case(many)).pack()
        text = " ".join(text_of(pack).split())
        assert f"4,000 lines after number {FIRST_LINES} are left out on paper; evidence.json has every line." in text
        assert len(json.loads(files(pack)["evidence.json"])["ledger"]) == 5000
        assert len(pdf_of(pack).pages) < MOST_LINES / 10

    @pytest.mark.parametrize(
        "typed",
        [
            '#read("/etc/passwd")',
            '"] #panic("x") [',
            "\\ ] } ) $x$ *b* <l> @r // c",
            "</text><script>alert(1)</script>&amp;",
            "\u202eabc\u202c 😀👩‍👩‍👧 مرحبا שלום हिन्दी ไทย 한국어",
            "w" * 100,
            "{page} {pages} %s {0}",
        ],
    )
    def test_what_people_typed_is_only_text(self, typed):
        ledger = [line("50", "05-01T10:00", id="1", reference=typed)]
        held = case(ledger, name=typed, organization_ref=typed, person=typed, note=typed * 5)
        pack = evidence(held).pack()
        ElementTree.fromstring(files(pack)["timeline.svg"])
        printed = "".join(text_of(pack).split()).replace("\u200b", "")
        assert "root:" not in printed
        if typed.isascii():
            assert "".join(typed.split()) in printed
            assert typed in files(pack)["ticket.en.txt"].decode()


def resolved(held):
    return held.get_object()


class TestThePicture:
    def test_stands_for_itself(self, english):
        picture = ElementTree.fromstring(files(english)["timeline.svg"])
        assert picture.attrib["width"].isdigit()
        words = " ".join("".join(element.itertext()) for element in picture.iter())
        for word in ("Tier 2", "$50", "Shown", "The timeline of Tier 2"):
            assert word in words
        assert "style" not in files(english)["timeline.svg"].decode()

    def test_shows_what_the_advised_amount_would_do(self):
        words = evidence(case(PAID[:1], at=instant("05-02T00:00"))).picture.svg()
        assert "+$25.00" in words

    def test_draws_many_payments_small(self):
        many = [line("1", (instant("05-01T00:00") + timedelta(days=n)).isoformat(), id=str(n)) for n in range(50)]
        assert 'r="1.8"' in evidence(case(many, at=instant("06-20T00:00"))).picture.svg()

    def test_without_amounts_has_no_amount_and_no_scale(self):
        picture = evidence(hidden=rules.Hidden(amounts=True)).picture.svg()
        assert "$" not in picture
        assert "Tier 3" not in picture

    def test_without_amounts_and_clock_has_no_wait(self):
        picture = evidence(case([], seen="free"), hidden=rules.Hidden(amounts=True)).picture.svg()
        assert 'rx="6.0"' not in picture


class TestTheTicket:
    def test_is_in_both_languages_whatever_the_reader_speaks(self):
        with translation.override("zh-hans"):
            tickets = evidence(case(organization_ref="org-7")).tickets
        assert "our account org-7 may be missing a tier upgrade." in tickets["en"]
        assert "我们的账号 org-7" in tickets["zh-hans"]

    def test_says_both_instants_in_utc(self):
        with timezone.override(ZoneInfo("Asia/Shanghai")):
            ticket = evidence().tickets["en"]
        assert "reached on 2025-05-01 12:00:00 UTC, and the wait was over on 2025-05-08 10:00:00 UTC." in ticket

    def test_claims_no_more_than_is_so(self):
        lacking = evidence(tier="tier-3").tickets["en"]
        assert "missing a tier upgrade" not in lacking
        assert "still missing for Tier 3?" in lacking
        due = evidence(case(at=instant("05-08T11:00"))).tickets["en"]
        assert "More than" not in due
        assert "check whether we should be at Tier 2?" in due
        opaque = evidence(case([], seen="free", book=book_of(("free", 0, 0), ("x", None))), tier="x").tickets["en"]
        assert "first payment" not in opaque

    def test_a_tier_without_wait_names_no_wait(self):
        ticket = evidence(case(seen="free"), tier="tier-1").tickets["en"]
        assert "The amount was reached on 2025-05-01 10:00:00 UTC." in ticket

    def test_calls_only_the_providers_own_rules_theirs(self):
        assert "As far as we know, Tier 2 asks $50 and 7 days." in evidence().tickets["en"]
        official = evidence(case(book="openai/2024-12")).tickets["en"]
        assert "Your published rules ask $50 and 7 days for Tier 2." in official


NAMES = st.text(st.sampled_from("ABCDEFGHJKLMNPQRSTUVWXYZ"), min_size=6, max_size=12).map(lambda text: f"Qx{text}")
# Cents that no published figure has, so that each is found wherever it stands.
AMOUNTS = st.integers(1, 900).map(lambda dollars: Decimal(dollars) + Decimal("0.37"))


@st.composite
def secrets(draw):
    """A case whose every amount and name can be told from anything else, with all of them as they might be written."""
    amounts, names = draw(st.lists(AMOUNTS, min_size=1, max_size=5)), draw(st.lists(NAMES, min_size=5, max_size=5))
    days = sorted(draw(st.lists(st.integers(0, 9), min_size=len(amounts), max_size=len(amounts))))
    kinds = st.sampled_from(["purchase", "purchase", "grant", "invoice"])
    ledger = [
        line(amount, f"05-{day + 1:02}T10:00", id=str(n), kind=draw(kinds), reference=names[0])
        for n, (amount, day) in enumerate(zip(amounts, days, strict=True))
    ]
    held = case(ledger, name=names[1], organization_ref=names[2], person=names[3], note=names[4])
    standing = held.standing
    numbers = {*amounts, standing.counted_usd, *(entry.total_usd for entry in standing.tally.entries)}
    numbers |= {row.short_usd for row in standing.tiers} | {standing.advice.amount_usd}
    written = [f"{number:{form}}" for number in numbers if number and number % 1 for form in (".2f", ",.2f")]
    return held, written, names


def parts_as_text(made: papers.Evidence) -> str:
    """Everything but the PDF, and what the PDF is set from."""
    texts = [json.dumps(made.document), *made.tickets.values(), made.picture.svg()]
    with translation.override(made.wishes.language):
        said = statement(made.document, made.book, made.picture, {}, ZoneInfo("Asia/Shanghai"))
    return "\n".join([*texts, json.dumps(said, ensure_ascii=False), made.pack_name])


class TestWhatIsHidden:
    @given(secrets(), st.sampled_from(["tier-1", "tier-2", "tier-3", "tier-5"]), st.sampled_from(["en", "zh-hans"]))
    @settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    def test_is_in_no_part(self, secret, tier, language):
        held, amounts, names = secret
        text = parts_as_text(evidence(held, tier=tier, language=language, hidden=HIDDEN))
        assert [word for word in (*amounts, *names) if word in text] == []

    @given(secrets())
    @settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    def test_is_not_in_the_printed_statement_either(self, secret):
        held, amounts, names = secret
        pack = evidence(held, hidden=HIDDEN).pack()
        everything = text_of(pack) + "".join(part.content.decode("latin-1") for part in pack.parts)
        assert [word for word in (*amounts, *names) if word in everything] == []

    @given(secrets())
    @settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    def test_would_be_found_if_it_were_there(self, secret):
        held, amounts, names = secret
        text = parts_as_text(evidence(held))
        assert all(name in text for name in names)
        assert any(amount in text for amount in amounts)

    @pytest.mark.parametrize(
        ("amounts", "names", "says"),
        [
            (True, True, "Amounts, names, references and notes are hidden."),
            (True, False, "Amounts are hidden."),
            (False, True, "Names, references and notes are hidden."),
            (False, False, ""),
        ],
    )
    def test_is_said_to_be(self, amounts, names, says):
        hides = evidence(hidden=rules.Hidden(amounts, names)).hides
        assert hides.startswith(says)
        assert bool(hides) == bool(says)
