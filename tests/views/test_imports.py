"""The pages of an import: give, look, change, import, watch, undo; with htmx and without."""

import re
from datetime import date

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts import actions
from accounts.actions import imports as importing
from accounts.models import Import, Payment
from tests.make import NOW, make_account, make_payment, make_user
from tests.views.reading import HTMX, choice_of, error_at, has, html_of, words_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]
TABLE = (
    "Date,Amount,Status,Invoice\n2025-05-01,$20.00,Paid,INV-1\n2025-05-02,$30.00,Paid,INV-2\n2025-05-03,$7.00,Failed,\n"
)


@pytest.fixture
def account(ann):
    return make_account(ann, name="production")


@pytest.fixture
def address(account):
    return f"/accounts/{account.pk}/import/"


def give(client, address, text=TABLE, name="bills.csv"):
    content = text.encode() if isinstance(text, str) else text
    return client.post(address, {"file": SimpleUploadedFile(name, content), "pasted": ""})


def page_of(client, answer):
    assert answer.status_code == 302, words_of(answer)
    return client.get(answer.headers["Location"])


def import_of():
    """The address of the draft, or of the one import there is: the clock stands still, so none is the latest."""
    held = Import.objects.filter(state="draft").first() or Import.objects.get()
    return f"/imports/{held.pk}/"


class TestWhatIsInDoubt:
    def test_a_gate_that_the_new_rows_leave_in_doubt(self, signed_in, account, address):
        held = make_payment(account, "15", "05-01", tax=None)
        page = page_of(signed_in, give(signed_in, address, "Date,Amount,Tax\n2025-05-10,$37.00,0\n"))
        words = words_of(page, "import-preview")
        now, after = words.split("After the import")
        assert "is unknown" not in now
        assert "Tier 2 asks $50, and only $2.00 more is counted. The tax of 1 payment is unknown: up to $3.19" in after
        assert f'href="/payments/{held.uid}/?field=tax"' in html_of(page)

    def test_rows_that_are_not_there_yet_have_no_link(self, signed_in, address):
        page = page_of(signed_in, give(signed_in, address, "Date,Amount\n2025-05-10,$52.00\n"))
        assert "The tax of 1 payment is unknown" in words_of(page, "import-preview")
        assert "?field=" not in html_of(page)


class TestTheLastDayOfCredit:
    TABLE = "充值时间,金额,税额,有效期至\n2025-05-01,$20.00,0,2025-12-31\n2025-05-02,$30.00,0,2025-05-01\n"

    def test_it_is_read_kept_and_refused_where_it_cannot_be(self, signed_in, address):
        page = page_of(signed_in, give(signed_in, address, self.TABLE))
        words = words_of(page, "import-preview")
        assert "expires Wed 31 Dec" in words
        assert "Credit cannot expire before the day of its payment." in words
        signed_in.post(f"{import_of()}start/", {"leave_out": "1"})
        assert [payment.expires_on for payment in Payment.objects.all()] == [date(2025, 12, 31)]


class TestGiving:
    def test_a_file_leads_to_its_preview(self, signed_in, address):
        words = words_of(page_of(signed_in, give(signed_in, address)), "import-preview")
        assert "Import 3 payments" in words
        assert not Payment.objects.exists()

    def test_rows_are_pasted(self, signed_in, address):
        pasted = "INV-1 Paid May 1, 2025 $20.00\n2025年5月2日 ¥30 成功\n"
        words = words_of(page_of(signed_in, signed_in.post(address, {"pasted": pasted})), "import-preview")
        assert "¥ may be yuan or yen. Say above which." in words
        assert "INV-1" in words

    @pytest.mark.parametrize(
        ("content", "why"),
        [
            (b"", "There is nothing in it"),
            (b"a,b\n1,\x002\n", "Line 2: This is no text"),
            (b'a,b\n1,"2\n', "Line 2: A quotation mark"),
            (b"a,b\n1," + b"x" * 3000, "Line 2: One cell holds more than 2,000"),
            (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "before 2007"),
            (b"PK\x03\x04 no workbook", "damaged"),
            (b"x" * (16 * 1024 * 1024 + 1), "too large"),
        ],
    )
    def test_a_bad_file_gets_its_answer_beside_the_field(self, signed_in, address, content, why):
        page = give(signed_in, address, content)
        assert page.status_code == 422
        assert why in error_at(page, "id_file")
        assert not Import.objects.exists()

    def test_nothing_and_both_are_refused(self, signed_in, address):
        assert "Choose a file" in error_at(signed_in.post(address, {"pasted": " "}), "id_file")
        both = signed_in.post(address, {"file": SimpleUploadedFile("a.csv", b"x"), "pasted": "2025-05-01 5"})
        assert "not both" in error_at(both, "id_pasted")
        assert "2025-05-01 5" in html_of(both)

    def test_the_account_page_leads_here(self, signed_in, account, address, see):
        assert f'href="{address}"' in html_of(signed_in.get(f"/accounts/{account.pk}/"))
        assert f'href="{address}"' not in html_of(see.get(f"/accounts/{account.pk}/"))

    def test_an_archived_account_takes_none(self, signed_in, account, address):
        actions.archive_account(account, by=None, now=NOW)
        assert give(signed_in, address).status_code == 404


class TestThePreview:
    def test_says_what_becomes_of_every_row(self, signed_in, account, address):
        make_payment(account, "20", "05-01T10:00", reference="INV-1")
        make_payment(account, "31", "05-02T10:00", reference="INV-2")
        page = page_of(signed_in, give(signed_in, address, TABLE + "soon,5,Paid,X\n2025-05-04,-5,Paid,\n"))
        words = words_of(page, "import-preview")
        for part in (
            "there already In the ledger: Thu 1 May",
            "conflict A payment with this number is in the ledger with another amount.",
            "$31.00, Succeeded",
            "new does not count: it has not succeeded",
            "Day soon : This is no day that can be read",
            "Leave out what is not understood: 1 row",
            "Refund",
            "lowers the total",
        ):
            assert part in words, part

    def test_says_how_the_account_will_stand(self, signed_in, address):
        words = words_of(page_of(signed_in, give(signed_in, address)), "import-preview")
        assert "$0.00 counted in total" in words
        assert "After the import" in words
        assert "$50.00 counted in total" in words

    def test_what_is_open_is_asked_and_answered(self, signed_in, address):
        page = page_of(signed_in, give(signed_in, address, "Date,Amount\n04/05/2025,5.00\n"))
        assert choice_of(page, "order") == ""
        said = {"column-0": "day", "column-1": "amount", "order": "day"}
        answer = signed_in.post(f"{import_of()}columns/", said, headers=HTMX)
        assert answer.status_code == 200
        assert "Sun 4 May" in words_of(answer, "import-preview")
        assert signed_in.post(f"{import_of()}columns/", said).status_code == 302

    def test_columns_can_be_changed(self, signed_in, address):
        page_of(signed_in, give(signed_in, address, "Date,Amount,Paid\n2025-05-01,5.00,6.00\n"))
        said = {"column-0": "day", "column-1": "", "column-2": "amount"}
        assert "$6.00" in words_of(signed_in.post(f"{import_of()}columns/", said, headers=HTMX), "import-preview")

    @pytest.mark.parametrize("headers", [{}, HTMX])
    def test_columns_that_cannot_be_keep_what_was_said(self, signed_in, address, headers):
        page_of(signed_in, give(signed_in, address, "Date,Amount,Paid\n2025-05-01,5.00,6.00\n"))
        said = {"column-0": "", "column-1": "amount", "column-2": "amount"}
        page = signed_in.post(f"{import_of()}columns/", said, headers=headers)
        assert page.status_code == 422
        assert "Another column holds this already" in error_at(page, "map_column-2")
        assert "No column holds this yet: Day" in words_of(page, "import-preview")
        assert Import.objects.get().columns != ["", "amount", "amount"]

    def test_a_rate_is_asked_for_each_currency(self, signed_in, address):
        page_of(signed_in, give(signed_in, address, "Date,Amount\n2025-05-01,CN¥200.00\n"))
        said = {"column-0": "day", "column-1": "amount", "rate-CNY": "0.14"}
        words = words_of(signed_in.post(f"{import_of()}columns/", said, headers=HTMX), "import-preview")
        assert "CN¥200.00" in words
        assert "$28.00" in words

    def test_many_rows_are_cut_to_those_that_matter(self, signed_in, address):
        rows = "".join(f"2025-05-01,{number}.00\n" for number in range(1, 301))
        page = page_of(signed_in, give(signed_in, address, f"Date,Amount\n{rows}soon,5\n"))
        words = words_of(page, "import-preview")
        assert "200 of 301 rows are shown" in words
        assert "This is no day" in words
        assert html_of(page).count("<tr class=") == 200

    def test_markup_in_a_cell_is_text(self, signed_in, address):
        page = page_of(
            signed_in, give(signed_in, address, "Date,Amount,Note\n<svg onload=x>,5,<b>\n", "<svg onload=x>.csv")
        )
        assert "<svg onload" not in html_of(page)

    def test_speaks_chinese(self, signed_in, ann, address):
        ann.language = "zh-hans"
        ann.save()
        words = words_of(page_of(signed_in, give(signed_in, address, TABLE + "soon,5,Paid,\n")), "import-preview")
        assert "导入 3 笔付款" in words
        assert not re.search(r"\b(?:Import|Rows|Leave out|Counted)\b", words)

    def test_costs_few_queries(self, signed_in, address):
        give(signed_in, address)
        with CaptureQueriesContext(connection) as queries:
            signed_in.get(import_of())
        assert len(queries) <= 14, [query["sql"][:90] for query in queries.captured_queries]


class TestImporting:
    def test_imports_shows_the_result_and_undoes(self, signed_in, account, address):
        give(signed_in, address)
        page = page_of(signed_in, signed_in.post(f"{import_of()}start/"))
        assert "3 payments imported" in words_of(page, "import-result")
        assert "Imported 3 payments from Thu 1 May to Sat 3 May (bills.csv)" in words_of(
            signed_in.get(f"/accounts/{account.pk}/"), "history"
        )
        page = page_of(signed_in, signed_in.post(f"{import_of()}undo/"))
        assert "This import was undone" in words_of(page, "import-result")
        assert set(Payment.objects.values_list("status", flat=True)) == {"void"}
        assert "Undid an import: 3 payments void" in words_of(signed_in.get(f"/accounts/{account.pk}/"), "history")
        assert "bills.csv" in words_of(signed_in.get(address), "imports")

    def test_rows_that_are_not_understood_want_a_word(self, signed_in, address):
        give(signed_in, address, TABLE + "soon,5,Paid,\n")
        page = signed_in.post(f"{import_of()}start/")
        assert page.status_code == 422
        assert "agree below the rows to leave them out" in words_of(page)
        assert not Payment.objects.exists()
        assert "Rows left out 1" in words_of(
            page_of(signed_in, signed_in.post(f"{import_of()}start/", {"leave_out": "1"})), "import-result"
        )

    def test_the_same_file_again_has_nothing_to_import(self, signed_in, address):
        give(signed_in, address)
        signed_in.post(f"{import_of()}start/")
        page = page_of(signed_in, give(signed_in, address))
        assert "This very table was imported on" in words_of(page, "import-preview")
        assert "there is nothing to import" in words_of(page, "import-preview")
        again = signed_in.post(f"{import_of()}start/")
        assert again.status_code == 422
        assert Payment.objects.count() == 3

    def test_giving_up_writes_nothing(self, signed_in, address):
        give(signed_in, address)
        assert signed_in.post(f"{import_of()}cancel/").headers["Location"] == address
        assert "This import was given up" in words_of(signed_in.get(import_of()), "import-result")
        assert signed_in.post(f"{import_of()}cancel/").headers["Location"] == import_of()
        assert signed_in.post(f"{import_of()}columns/", {}).status_code == 302

    def test_a_large_one_is_watched(self, signed_in, address, monkeypatch):
        monkeypatch.setattr(importing, "AT_ONCE", 0)
        give(signed_in, address)
        page = page_of(signed_in, signed_in.post(f"{import_of()}start/"))
        assert "0 of 3 rows" in words_of(page, "import-progress")
        Import.objects.update(rows_done=2, state="running")
        answer = signed_in.get(import_of(), headers=HTMX)
        assert "2 of 3 rows" in words_of(answer, "import-progress")
        assert '<progress max="3" value="2"' in html_of(answer)
        signed_in.post(f"{import_of()}cancel/")
        assert signed_in.get(import_of(), headers=HTMX).headers["HX-Refresh"] == "true"

    def test_one_that_failed_says_why(self, signed_in, address):
        give(signed_in, address)
        Import.objects.update(state="failed", error="crashed", ended_at=NOW)
        assert "several times. Nothing was written" in words_of(signed_in.get(import_of()), "import-result")

    def test_undoing_tells_what_was_touched(self, signed_in, address):
        give(signed_in, address)
        signed_in.post(f"{import_of()}start/")
        payment = Payment.objects.get(reference="INV-1")
        actions.void_payment(payment, by=None, now=NOW.replace(hour=13))
        assert "Changed since: 1 payment" in words_of(signed_in.get(import_of()), "import-result")

    def test_undoing_in_the_archive_is_refused(self, signed_in, account, address):
        give(signed_in, address)
        signed_in.post(f"{import_of()}start/")
        actions.archive_account(account, by=None, now=NOW)
        assert "in the archive" in words_of(page_of(signed_in, signed_in.post(f"{import_of()}undo/")))

    def test_a_stranger_finds_nothing(self, signed_in, address, see, client):
        give(signed_in, address)
        held = import_of()
        stranger = type(client)()
        stranger.force_login(make_user())
        for person in (see, stranger):
            assert person.get(held).status_code == 404
            for verb in ("columns", "start", "cancel", "undo"):
                assert person.post(f"{held}{verb}/").status_code == 404
        assert not has(signed_in.get(held), "import-result")
