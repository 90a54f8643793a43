"""The import for every account: give a table, see whose each row is, choose for unknown names, import, undo."""

import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts import actions
from accounts.models import Account, Import, Membership, Payment
from tests.books import book
from tests.make import NOW, make_account, make_payment, make_user, make_workspace
from tests.views.reading import HTMX, choice_of, error_at, has, html_of, value_of, words_of
from tests.views.test_imports import import_of, page_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]
ADDRESS = "/import/"
TABLE = (
    "Organization,Date,Amount,Status,Invoice\n"
    "org-1,2025-05-01,$20.00,Paid,INV-1\n"
    "Research,2025-05-02,$30.00,Paid,INV-2\n"
    "org-9,2025-05-03,$7.00,Paid,INV-3\n"
)
COLUMNS = {
    "column-0": "account",
    "column-1": "day",
    "column-2": "amount",
    "column-3": "status",
    "column-4": "reference",
}


@pytest.fixture
def one(ann):
    return make_account(ann, name="production", organization_ref="org-1")


@pytest.fixture
def two(ann, one):
    return make_account(ann, name="research")


def give(client, text=TABLE, address=ADDRESS, **more):
    content = text if isinstance(text, bytes) else text.encode()
    return client.post(address, {"file": SimpleUploadedFile("bills.csv", content), "pasted": "", **more})


def field_of(answer, label: str) -> str:
    """The name of the select with this label."""
    field = re.search(rf'<label for="map_([\w-]+)"[^>]*>\s*{re.escape(label)}', html_of(answer))
    assert field, f"nothing is called {label}"
    return field[1]


def say(client, answer, name, value, headers=HTMX):
    said = COLUMNS | {field_of(answer, name): str(value)}
    return client.post(f"{import_of()}columns/", said, headers=headers)


class TestGiving:
    def test_board_and_export_lead_here(self, signed_in, one, see):
        for page in ("/", "/export/", f"/accounts/{one.pk}/import/", "/guide/"):
            assert f'href="{ADDRESS}"' in html_of(signed_in.get(page)), page
        for page in ("/", "/export/"):
            assert f'href="{ADDRESS}"' not in html_of(see.get(page)), page

    def test_a_table_leads_to_its_preview(self, signed_in, one, two):
        words = words_of(page_of(signed_in, give(signed_in)), "import-preview")
        assert "Import 2 payments" in words
        assert not Payment.objects.exists()

    def test_what_is_no_table_is_refused_beside_the_field(self, signed_in, one):
        page = give(signed_in, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")
        assert page.status_code == 422
        assert "before 2007" in error_at(page, "id_file")

    def test_without_an_account_there_is_nowhere_to_go(self, signed_in):
        page = signed_in.get(ADDRESS)
        assert "rows go only to accounts that are there" in words_of(page)
        assert not has(page, "import-form")

    def test_who_has_several_workspaces_says_which(self, signed_in, ann, one):
        bob = make_user()
        theirs = make_account(bob, name="research")
        assert not has(signed_in.get(ADDRESS), "id_workspace")
        Membership.objects.create(workspace=theirs.workspace, user=ann, role="editor")
        assert has(signed_in.get(ADDRESS), "id_workspace")
        assert "required" in error_at(give(signed_in), "id_workspace")
        page = page_of(signed_in, give(signed_in, workspace=str(theirs.workspace_id)))
        assert "research" in words_of(page, "import-preview")
        assert Import.objects.get().workspace == theirs.workspace

    def test_a_workspace_of_others_is_none(self, signed_in, ann, one):
        other = make_account(make_user()).workspace
        Membership.objects.create(workspace=make_account(make_user()).workspace, user=ann, role="editor")
        assert give(signed_in, workspace=str(other.pk)).status_code == 422
        Membership.objects.create(workspace=other, user=ann, role="viewer")
        assert give(signed_in, workspace=str(other.pk)).status_code == 422

    def test_who_may_only_look_finds_nothing(self, see):
        assert see.get(ADDRESS).status_code == 404
        assert see.post(ADDRESS, {"pasted": TABLE}).status_code == 404


class TestThePreview:
    def test_says_whose_each_row_is(self, signed_in, one, two):
        page = page_of(signed_in, give(signed_in))
        rows = re.findall(r'<td class="whose">([^<]*)</td>', html_of(page))
        assert rows == ["production", "research"]
        assert "Account org-9 : No account has this name or reference." in words_of(page, "import-preview")

    def test_says_how_each_account_will_stand(self, signed_in, one, two):
        make_payment(one, "40", "05-01T10:00")
        words = words_of(page_of(signed_in, give(signed_in)), "import-preview")
        for part in (
            "production OpenAI · org-1 new 1 Counted $40.00 → $60.00 Earned Tier 1 → Tier 2",
            "research OpenAI new 1 Counted $0.00 → $30.00 Earned Free → Tier 1",
            "$60.00 counted in total",
        ):
            assert part in words, part

    def test_offers_an_account_for_each_unknown_name(self, signed_in, one, two):
        page = page_of(signed_in, give(signed_in))
        name = field_of(page, "org-9")
        assert "1 row · no account has this name or reference" in words_of(page, "import-preview")
        assert choice_of(page, name) == ""
        words = words_of(say(signed_in, page, "org-9", two.pk), "import-preview")
        assert "Import 3 payments" in words
        assert "$37.00 counted in total" in words
        assert "Leave out" not in words

    def test_offers_to_leave_them_out(self, signed_in, one, two):
        page = page_of(signed_in, give(signed_in))
        words = words_of(say(signed_in, page, "org-9", "-"), "import-preview")
        assert "left out 1" in words
        assert "As you said of this name, its rows are left out." in words
        assert "Leave out what is not understood" not in words
        assert "Import 2 payments" in words

    def test_a_choice_of_somebody_elses_account_is_none(self, signed_in, one, two):
        theirs = make_account(make_user())
        page = page_of(signed_in, give(signed_in))
        for headers in (HTMX, {}):
            answer = say(signed_in, page, "org-9", theirs.pk, headers)
            assert answer.status_code == 422
        assert Import.objects.get().open_choices.accounts == {}

    def test_names_of_foreign_accounts_are_unknown(self, signed_in, one):
        make_account(make_user(), name="research")
        page = page_of(signed_in, give(signed_in))
        assert field_of(page, "Research")
        assert "Account Research : No account has this name" in words_of(page, "import-preview")

    def test_one_in_the_archive_says_so(self, signed_in, one, two):
        actions.archive_account(two, by=None, now=NOW)
        words = words_of(page_of(signed_in, give(signed_in)), "import-preview")
        assert "this account is in the archive" in words
        assert "Take it back first" in words

    def test_a_column_that_is_not_guessed_can_be_named(self, signed_in, one, two):
        page = page_of(
            signed_in,
            give(signed_in, "whose,Date,Amount\nnobody,2025-05-01,5\nproduction,2025-05-02,6\nx,2025-05-02,6\n"),
        )
        assert choice_of(page, "column-0") == ""
        assert "3 rows · they name no account" in words_of(page, "import-preview")
        said = {"column-0": "account", "column-1": "day", "column-2": "amount"}
        answer = signed_in.post(f"{import_of()}columns/", said, headers=HTMX)
        assert "new 1" in words_of(answer, "import-preview")
        assert field_of(answer, "nobody")

    def test_many_names_are_asked_in_parts(self, signed_in, one):
        rows = "".join(f"name {number},2025-05-01,5\n" for number in range(60))
        page = page_of(signed_in, give(signed_in, f"Account,Date,Amount\n{rows}"))
        assert "10 more names lead to no account" in words_of(page, "import-preview")
        assert html_of(page).count('<select name="account-') == 50

    def test_many_accounts_are_cut(self, signed_in, ann, monkeypatch):
        monkeypatch.setattr("accounts.views.previewing.MOST_PARTS", 1)
        make_account(ann, name="a")
        make_account(ann, name="b")
        page = page_of(signed_in, give(signed_in, "Account,Date,Amount\na,2025-05-01,5\nb,2025-05-01,5\n"))
        assert "1 more account has rows in this table." in words_of(page, "import-preview")

    def test_speaks_chinese(self, signed_in, ann, one, two):
        ann.language = "zh-hans"
        ann.save()
        words = words_of(page_of(signed_in, give(signed_in)), "import-preview")
        assert "导入 2 笔付款" in words
        assert not re.search(r"\b(?:Import|Accounts|Rows|Counted|Earned|Choose|whose)\b", words)

    def test_costs_few_queries(self, signed_in, ann, one, two):
        for number in range(5):
            make_account(ann, name=f"more {number}")
        rows = "".join(f"more {number},2025-05-01,5,Paid,\n" for number in range(5))
        give(signed_in, TABLE + rows)
        with CaptureQueriesContext(connection) as queries:
            signed_in.get(import_of())
        assert len(queries) <= 16, [query["sql"][:90] for query in queries.captured_queries]


class TestImporting:
    def test_imports_shows_where_it_went_and_undoes_at_once(self, signed_in, one, two):
        page = page_of(signed_in, give(signed_in))
        said = {"leave_out": "1", "destined": value_of(page, "destined")}
        page = page_of(signed_in, signed_in.post(f"{import_of()}start/", said))
        words = words_of(page, "import-result")
        assert "2 payments imported" in words
        assert "production 1 payment research 1 payment" in words
        for account in (one, two):
            assert "Imported 1 payment" in words_of(signed_in.get(f"/accounts/{account.pk}/"), "history")
        page = page_of(signed_in, signed_in.post(f"{import_of()}undo/"))
        assert "This import was undone" in words_of(page, "import-result")
        assert set(Payment.objects.values_list("status", flat=True)) == {"void"}
        for account in (one, two):
            assert "Undid an import: 1 payment void" in words_of(signed_in.get(f"/accounts/{account.pk}/"), "history")
        assert "bills.csv" in words_of(signed_in.get(ADDRESS), "imports")
        assert not has(signed_in.get(f"/accounts/{one.pk}/import/"), "imports")

    def test_accounts_that_changed_meanwhile_are_looked_at_again(self, signed_in, one, two):
        page = page_of(signed_in, give(signed_in))
        said = {"leave_out": "1", "destined": value_of(page, "destined")}
        Account.objects.filter(pk=two.pk).update(name="renamed")
        page = signed_in.post(f"{import_of()}start/", said)
        assert page.status_code == 422
        assert "since you looked" in words_of(page)
        assert not Payment.objects.exists()
        said["destined"] = value_of(page, "destined")
        page_of(signed_in, signed_in.post(f"{import_of()}start/", said))
        assert Payment.objects.get().account == one

    def test_giving_up_leads_back(self, signed_in, one):
        give(signed_in)
        assert signed_in.post(f"{import_of()}cancel/").headers["Location"] == ADDRESS

    def test_others_of_the_workspace_may_go_on_with_it(self, signed_in, client, ann, one, see):
        give(signed_in)
        held = import_of()
        stranger = type(client)()
        stranger.force_login(make_user())
        for person in (see, stranger):
            assert person.get(held).status_code == 404
            for verb in ("columns", "start", "cancel", "undo", "forget", "widen"):
                assert person.post(f"{held}{verb}/").status_code == 404
        assert make_workspace(ann).imports.count() == 1


class TestOneAccount:
    """A table for one account that names others."""

    def test_shows_rows_of_others_and_offers_to_import_for_all(self, signed_in, one, two):
        page = page_of(signed_in, give(signed_in, TABLE.replace("org-9", ""), f"/accounts/{one.pk}/import/"))
        words = words_of(page, "import-preview")
        assert "another account 1" in words
        assert "Account Research : This row is for another account." in words
        assert "Leave out what is not understood or for another account: 1 row" in words
        assert "For other accounts: 1 row. This import leaves them out." in words
        page = page_of(signed_in, signed_in.post(f"{import_of()}widen/"))
        assert "Counted $0.00 → $30.00" in words_of(page, "import-preview")
        assert signed_in.post(f"{import_of()}widen/").status_code == 302

    def test_the_names_of_others_can_only_be_left_out(self, signed_in, one, two):
        page = page_of(signed_in, give(signed_in, TABLE, f"/accounts/{one.pk}/import/"))
        assert say(signed_in, page, "Research", one.pk).status_code == 422
        words = words_of(say(signed_in, page, "Research", "-"), "import-preview")
        assert "left out 1" in words
        assert say(signed_in, page, "org-9", one.pk).status_code == 200

    def test_what_is_over_is_not_widened_or_forgotten(self, signed_in, one):
        give(signed_in, TABLE, f"/accounts/{one.pk}/import/")
        signed_in.post(f"{import_of()}cancel/")
        for verb in ("widen", "forget"):
            assert signed_in.post(f"{import_of()}{verb}/").headers["Location"] == import_of()
        assert Import.objects.get().account == one


class TestRemembering:
    def test_says_what_it_remembers_and_forgets_it(self, signed_in, one, two):
        page = page_of(signed_in, give(signed_in))
        say(signed_in, page, "org-9", two.pk)
        signed_in.post(f"{import_of()}start/")
        page = page_of(signed_in, give(signed_in, TABLE.replace("INV-3", "INV-4").replace("05-03", "05-04")))
        assert "read as those of a table with the same headings, imported on Tue 20 May" in words_of(page)
        assert choice_of(page, field_of(page, "org-9")) == str(two.pk)
        page = page_of(signed_in, signed_in.post(f"{import_of()}forget/"))
        assert "is forgotten" in words_of(page)
        assert "with the same headings" not in words_of(page)
        assert choice_of(page, field_of(page, "org-9")) == ""
        page = page_of(signed_in, give(signed_in))
        assert "with the same headings" not in words_of(page)

    def test_says_nothing_of_it_when_something_else_was_said(self, signed_in, one, two):
        page = page_of(signed_in, give(signed_in))
        signed_in.post(f"{import_of()}start/", {"leave_out": "1"})
        page = page_of(signed_in, give(signed_in))
        assert "with the same headings" in words_of(page)
        say(signed_in, page, "org-9", two.pk)
        assert "with the same headings" not in words_of(signed_in.get(import_of()))


class TestSheets:
    BOOK = {
        "Bills": [["Account", "Date", "Amount"], ["production", "2025-05-01", 5]],
        "Old": [],
        "More": [["Date", "Amount"], ["2025-05-02", 7]],
    }

    def test_another_sheet_is_chosen(self, signed_in, one):
        page = page_of(signed_in, give(signed_in, book(self.BOOK)))
        assert choice_of(page, "sheet") == "Bills"
        said = {"sheet": "More", "column-0": "account", "column-1": "day", "column-2": "amount"}
        answer = signed_in.post(f"{import_of()}columns/", said, headers=HTMX)
        assert choice_of(answer, "sheet") == "More"
        assert [choice_of(answer, f"column-{number}") for number in (0, 1)] == ["day", "amount"]

    @pytest.mark.parametrize("headers", [{}, HTMX])
    def test_an_empty_one_is_refused_beside_the_field(self, signed_in, one, headers):
        page_of(signed_in, give(signed_in, book(self.BOOK)))
        said = {"sheet": "Old", "column-0": "account", "column-1": "day", "column-2": "amount"}
        answer = signed_in.post(f"{import_of()}columns/", said, headers=headers)
        assert answer.status_code == 422
        assert "There is nothing in it." in error_at(answer, "map_sheet")

    def test_what_a_spreadsheet_hides_is_told(self, signed_in, one):
        content = book(
            {"Bills": [["Account", "Date", "Amount"], ["production", "2025-05-01", 5], [None, None, 6]]},
            hidden_rows=[3],
            merged=["A2:A3"],
        )
        words = words_of(page_of(signed_in, give(signed_in, content)), "import-preview")
        assert "has hidden rows. They are read like all others." in words
        assert "This sheet has merged cells." in words
        assert "There is no day in this row." in words


class TestPastedPages:
    PAGE = "Billing history\n\nproduction\nMay 1, 2025\n$20.00\nView\n\nresearch\nMay 2, 2025\n$30.00\nView\n"

    def test_show_what_was_put_together(self, signed_in, one, two):
        page = page_of(signed_in, signed_in.post(ADDRESS, {"pasted": self.PAGE}))
        words = words_of(page, "import-preview")
        assert "These rows stood on several lines each and were put together." in words
        assert "3–5 production" in words
        assert "3 lines are in no row 1 Billing history 6 View 11 View" in words
        assert "Import 2 payments" in words
        assert re.search(r"production\s*May 1, 2025\s*\$20\.00", words)

    def test_many_lines_in_no_row_are_cut(self, signed_in, one):
        page = page_of(
            signed_in, signed_in.post(ADDRESS, {"pasted": "hello\n" * 25 + "\nproduction\n2025-05-01\n$5\n\n"})
        )
        assert re.search(r"\d+ lines are in no row", words_of(page, "import-preview"))
        assert "and 5 more" in words_of(page, "import-preview")

    def test_a_receipt_is_one_row(self, signed_in, one):
        mail = (
            "Your account has been funded ... Amount paid $50.00 ... Date paid May 1, 2025 ... Receipt number 1234-5678"
        )
        page = page_of(signed_in, signed_in.post(f"/accounts/{one.pk}/import/", {"pasted": mail}))
        words = words_of(page, "import-preview")
        assert "This was read as a receipt" in words
        assert "Import 1 payment" in words
        assert "1234-5678" in words


class TestYen:
    def test_is_asked_and_then_needs_a_rate(self, signed_in, one):
        page = page_of(signed_in, give(signed_in, "Account,Date,Amount\nproduction,2025-05-01,¥2000\n"))
        assert "¥ may be yuan or yen. Say above which." in words_of(page, "import-preview")
        said = {"column-0": "account", "column-1": "day", "column-2": "amount", "yen": "JPY"}
        answer = signed_in.post(f"{import_of()}columns/", said, headers=HTMX)
        assert "No rate: how many US dollars is one unit of this currency?" in words_of(answer, "import-preview")
        answer = signed_in.post(f"{import_of()}columns/", said | {"rate-JPY": "0.0067"}, headers=HTMX)
        assert "¥2,000" in words_of(answer, "import-preview")
        assert "$13.40" in words_of(answer, "import-preview")
        assert choice_of(answer, "yen") == "JPY"

    def test_what_the_table_says_is_shown_and_can_be_changed(self, signed_in, one):
        page = page_of(signed_in, give(signed_in, "账户,日期,金额\nproduction,2025-05-01,¥200\n"))
        assert choice_of(page, "yen") == "CNY"

    def test_is_no_question_without_a_bare_sign(self, signed_in, one):
        page = page_of(signed_in, give(signed_in, "Account,Date,Amount\nproduction,2025-05-01,JP¥200\n"))
        assert 'name="yen"' not in html_of(page)
        assert 'name="rate-JPY"' in html_of(page)

    def test_amounts_without_a_currency_can_be_of_another_one(self, signed_in, one):
        page = page_of(signed_in, give(signed_in, "Account,Date,Amount (EUR)\nproduction,2025-05-01,20.00\n"))
        assert choice_of(page, "currency") == "EUR"
        said = {"column-0": "account", "column-1": "day", "column-2": "amount", "currency": "USD"}
        assert "$20.00" in words_of(signed_in.post(f"{import_of()}columns/", said, headers=HTMX), "import-preview")

    def test_amounts_that_all_have_a_minus_are_asked_about(self, signed_in, one):
        page = page_of(signed_in, give(signed_in, "Account,Date,Amount\nproduction,2025-05-01,-20.00\n"))
        assert "Every amount has a minus." in words_of(page, "import-preview")
        said = {"column-0": "account", "column-1": "day", "column-2": "amount", "minus": "payment"}
        assert "Import 1 payment" in words_of(
            signed_in.post(f"{import_of()}columns/", said, headers=HTMX), "import-preview"
        )
