"""Tables for spreadsheets: complete, harmless, and of bounded memory."""

import bisect
import copy
import csv
import io
import itertools
import re
import tempfile
import tracemalloc
import zipfile
from decimal import Decimal

import openpyxl
import pytest
import time_machine
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook

from accounts import exports
from accounts.exports import packing, spreadsheets, tables, workbook
from accounts.exports.tables import FORMULA, TABLES, Table, harmless
from accounts.models import Payment
from tests import make
from tests.browser.demo import AT
from tests.exports import everything

SETTINGS = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
NASTY = ["=1+1", "+1", "-2+3", "@SUM(A1)", "\t=1", "\r=1", "＝1+1", "＋1", "－1", "＠x", " =1", "\u3000=1"]


def csv_of(workspace) -> dict[str, list[dict[str, str]]]:
    file = io.BytesIO(b"".join(exports.workspace_as_csv(workspace, now=AT)))
    with zipfile.ZipFile(file) as archive:
        assert archive.testzip() is None
        texts = {name: archive.read(name) for name in archive.namelist()}
    assert all(text.startswith(b"\xef\xbb\xbf") for text in texts.values())
    return {
        name.removesuffix(".csv"): list(csv.DictReader(io.StringIO(text.decode("utf-8-sig"), newline="")))
        for name, text in texts.items()
    }


def read_with_openpyxl(raw: bytes) -> list[tuple]:
    sheet = openpyxl.load_workbook(io.BytesIO(raw)).active
    assert not any(cell.data_type == "f" for row in sheet.iter_rows() for cell in row)
    return [tuple(map(meant, row)) for row in sheet.iter_rows(values_only=True, max_col=4)]


def meant(value):
    """A cell's text as ECMA-376 reads it (ST_Xstring); openpyxl leaves that to its callers, calamine does it."""
    if not isinstance(value, str):
        return value
    return re.sub("_x([0-9A-Fa-f]{4})_", lambda found: chr(int(found[1], 16)), value)


def read_with_calamine(raw: bytes) -> list[list]:
    sheet = CalamineWorkbook.from_filelike(io.BytesIO(raw)).get_sheet_by_index(0)
    return [[*row, *[None] * (4 - len(row))] for row in sheet.to_python(skip_empty_area=False)]


def xlsx_of(workspace) -> dict[str, list[tuple]]:
    book = openpyxl.load_workbook(io.BytesIO(b"".join(exports.workspace_as_xlsx(workspace, now=AT))))
    return {sheet.title: [tuple(map(meant, row)) for row in sheet.iter_rows(values_only=True)] for sheet in book}


@pytest.mark.parametrize("text", NASTY)
def test_no_text_is_a_formula(text):
    assert harmless(text) == f"'{text}"


@given(st.text())
def test_whatever_is_written_begins_like_no_formula(text):
    assert not str(harmless(text)).lstrip().startswith(FORMULA)


@pytest.mark.parametrize("value", [Decimal("-72.20"), -1, 0, True, None, "plain", "a=b"])
def test_numbers_and_plain_text_stay_as_they_are(value):
    assert harmless(value) is value


@pytest.mark.django_db
class TestOfADemo:
    @pytest.fixture(scope="class")
    @classmethod
    def standing(cls, once_for_class):
        return once_for_class(everything.filled)

    @pytest.fixture
    def workspace(self, standing, db):
        return copy.deepcopy(standing)

    def test_csv_has_every_row(self, workspace):
        told = csv_of(workspace)
        assert list(told) == ["accounts", "payments", "sightings", "notices", "relays"]
        assert len(told["payments"]) == Payment.objects.count()
        assert len(told["accounts"]) == workspace.accounts.count()
        refund = next(row for row in told["payments"] if row["kind"] == "refund")
        assert (refund["gross"], refund["net_usd"], refund["currency"]) == ("72.2", "-10", "CNY")
        assert refund["undoes"] in {row["uid"] for row in told["payments"]}
        assert refund["paid_at"].endswith("Z")
        account = next(row for row in told["accounts"] if "账户" in row["name"])
        assert account["notes"] == '\'=1+1\n"quoted", and\tmore'
        assert next(row for row in told["payments"] if "home" in row["note"])["note"] == "'@home"
        relay = next(row for row in told["relays"] if row["archived_at"])
        assert (relay["name"], relay["balance"], relay["currency"]) == ("Fernes Relais 远", "1200.0625", "JPY")
        assert relay["notes"].startswith("'+1")
        assert {row["bridges"] for row in told["relays"]} == {"", "production-eu", "agency-shop-14"}

    def test_a_workbook_says_the_same(self, workspace):
        told, sheets = csv_of(workspace), xlsx_of(workspace)
        assert list(sheets) == list(told)
        for table in TABLES:
            assert sheets[table.name][0] == table.header
            assert len(sheets[table.name]) == len(told[table.name]) + 1
        gross = table_column(sheets["payments"], "gross")
        assert all(isinstance(amount, int | float) for amount in gross)
        assert [Decimal(str(amount)) for amount in gross] == [Decimal(row["gross"]) for row in told["payments"]]
        notes = table_column(sheets["accounts"], "notes")
        assert '\'=1+1\n"quoted", and\tmore' in notes

    def test_what_no_workbook_can_hold_is_replaced(self, workspace):
        workspace.accounts.filter(name="research").update(notes="a\x01b")
        assert "a\ufffdb" in table_column(xlsx_of(workspace)["accounts"], "notes")

    def test_a_full_sheet_goes_on_in_another(self, workspace, monkeypatch):
        monkeypatch.setattr(workbook, "MOST_ROWS", 11)
        sheets = xlsx_of(workspace)
        payments = [rows for name, rows in sheets.items() if name.startswith("payments")]
        assert all(rows[0] == TABLES[1].header for rows in payments)
        assert sum(len(rows) - 1 for rows in payments) == Payment.objects.count() > 20

    def test_a_full_sheet_with_nothing_more_is_the_last(self, workspace, monkeypatch):
        monkeypatch.setattr(workbook, "MOST_ROWS", Payment.objects.count() + 1)
        assert "payments 2" not in xlsx_of(workspace)
        monkeypatch.setattr(workbook, "MOST_ROWS", Payment.objects.count())
        assert len(xlsx_of(workspace)["payments 2"]) == 2

    def test_the_header_is_bold_and_stays_while_the_rows_go_by(self, workspace):
        book = openpyxl.load_workbook(io.BytesIO(b"".join(exports.workspace_as_xlsx(workspace, now=AT))))
        for sheet in book:
            assert sheet.freeze_panes == "A2"
            assert all(cell.font.b for cell in sheet[1])
            assert not any(cell.font.b for row in sheet.iter_rows(min_row=2) for cell in row)
        widths = {name: round(held.width) for name, held in book["sightings"].column_dimensions.items()}
        assert widths == {"A": 17, "G": 23, "H": 17, "I": 23}  # of neighbours that are as wide the first is told
        assert (book.properties.creator, book.properties.created) == ("tierdash", AT.replace(tzinfo=None))

    @pytest.mark.parametrize("form", ["csv", "xlsx"])
    def test_the_same_moment_gives_the_same_file(self, workspace, form):
        files = []
        for at in ("2027-01-01", "2028-02-02"):
            with time_machine.travel(at, tick=False):
                files.append(b"".join(exports.FORMATS[form][2](workspace, now=AT)))
        assert files[0] == files[1]

    @pytest.mark.parametrize("form", ["csv", "xlsx"])
    def test_tells_every_row_that_is_written(self, workspace, form, monkeypatch):
        monkeypatch.setattr(tables, "ROWS", 1)
        told = []
        b"".join(exports.FORMATS[form][2](workspace, now=AT, tell=told.append))
        assert sum(told) == sum(len(rows) for rows in csv_of(workspace).values())


@pytest.mark.django_db
@pytest.mark.parametrize("form", ["csv", "xlsx"])
class TestNothingStaysOnTheDisk:
    @pytest.fixture
    def folder(self, tmp_path, monkeypatch):
        monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
        return tmp_path

    @pytest.fixture
    def write(self, form):
        return lambda: exports.FORMATS[form][2](make.make_account().workspace, now=make.NOW)

    def test_of_a_file_that_was_taken(self, write, folder):
        assert b"".join(write())
        assert not list(folder.iterdir())

    def test_of_one_that_nobody_takes_to_its_end(self, write, folder, form):
        pieces = write()
        next(pieces)
        assert bool(list(folder.iterdir())) == (form == "xlsx"), "a file of CSV has no name from the start"
        pieces.close()
        assert not list(folder.iterdir())

    def test_of_one_that_cannot_be_written(self, write, folder, monkeypatch):
        def broken(workspace):
            yield ("first",)
            raise RuntimeError("the database is gone")

        for module in (spreadsheets, workbook):
            monkeypatch.setattr(module, "TABLES", (Table("things", ("one",), broken),))
        with pytest.raises(RuntimeError, match="gone"):
            b"".join(write())
        assert not list(folder.iterdir())


MARKUP = [
    "<r></r>",
    "<r>&</r>",
    "<r><t>=1</t></r>",
    '<r></r></is></c><c r="B9"><f>1+1</f><v>2</v></c><c r="C9" t="inlineStr"><is><r></r>',
]
VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**12), 10**12),
    # What columns of money and of rates hold.
    st.decimals(-(10**9), 10**9, places=4) | st.decimals(0, 10**6, places=8),
    st.text(st.characters(codec="utf-8"), max_size=30),
    st.builds("{}{}".format, st.sampled_from([*NASTY, "", "\r\n", "_x000D_", "\ufeff="]), st.text(max_size=8)),
    # As Excel itself would write a line break.
    st.sampled_from(["a\r\nb", "a\rb", "_x0041_", "</t>", "]]>", "&amp;", '"', "a\tb", " spaces ", "\u2028"]),
    # Too long for a cell: plain, and an emoji (two units of UTF-16) on the border.
    st.sampled_from(["x" * 40_000, "\U0001f4b3" * 16_383 + "x", "\U0001f4b3" * 16_384, "x" + "\U0001f4b3" * 16_384]),
    # What would be markup, and a formula within it, if anything took it as it is.
    st.sampled_from(MARKUP),
)
ROWS = st.lists(st.tuples(*[VALUES] * 4), max_size=6)
HEADER = ("first", "second", "third", "fourth")


@pytest.mark.django_db
class TestWhateverIsWritten:
    """Read again by readers that know nothing of our writers."""

    @pytest.fixture
    def write(self, monkeypatch):
        def write(form, rows):
            table = Table("things", HEADER, lambda workspace: iter(rows))
            for module in (spreadsheets, workbook):
                monkeypatch.setattr(module, "TABLES", (table,))
            return b"".join(exports.FORMATS[form][2](None, now=AT))

        return write

    @SETTINGS
    @given(ROWS)
    def test_no_cell_of_csv_is_a_formula_and_all_of_it_is_there(self, write, rows):
        with zipfile.ZipFile(io.BytesIO(write("csv", rows))) as archive:
            text = archive.read("things.csv").decode("utf-8-sig")
        header, *told = csv.reader(io.StringIO(text, newline=""))
        assert header == list(HEADER)
        assert len(told) == len(rows)
        for cells, values in zip(told, rows, strict=True):
            for cell, value in zip(cells, values, strict=True):
                if isinstance(value, str):
                    assert not cell.lstrip().startswith(FORMULA)
                    assert cell in (value, f"'{value}")
                elif isinstance(value, bool) or value is None:
                    assert cell == {True: "true", False: "false", None: ""}[value]
                else:
                    assert Decimal(cell) == value

    @SETTINGS
    @given(ROWS)
    @pytest.mark.parametrize("read", [read_with_openpyxl, read_with_calamine])
    def test_no_cell_of_a_workbook_is_a_formula_and_numbers_are_numbers(self, write, read, rows):
        header, *told = read(write("xlsx", rows))
        assert tuple(header) == HEADER
        told += [(None,) * len(HEADER)] * (len(rows) - len(told))  # empty rows at the end are no rows
        for cells, values in zip(told, rows, strict=True):
            for cell, value in zip(cells, values, strict=True):
                if isinstance(value, str):
                    assert cell is None or isinstance(cell, str)
                    assert not (cell or "").lstrip().startswith(FORMULA)
                    assert (cell or "") in (as_written(value), as_written(f"'{value}"))
                elif isinstance(value, bool) or value is None:
                    assert cell is value or (value is None and cell == "")
                else:
                    assert type(cell) in (int, float)
                    assert cell == float(value)


def as_written(text: str) -> str:
    """What a workbook can hold of a text: 32,767 units of UTF-16, without half of a character."""
    text = workbook.UNPRINTABLE.sub("\ufffd", text)
    places = list(itertools.accumulate(2 if ord(character) > 0xFFFF else 1 for character in text))
    if not text or places[-1] <= 32_767:
        return text
    return f"{text[: bisect.bisect_right(places, 32_766)]}…"


def table_column(rows, name):
    place = rows[0].index(name)
    return [row[place] for row in rows[1:]]


def many_payments(account, count):
    """Payments by the thousand, past the actions: only their number matters here."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO accounts_payment (uid, account_id, kind, status, gross, currency, paid_at, is_day_only,
                reference, note, form_key, recorded_at, changed_at)
            SELECT gen_random_uuid(), %s, 'purchase', 'succeeded', 5, 'USD', %s, false, '', 'a note of some length',
                gen_random_uuid(), %s, %s FROM generate_series(1, %s)
            """,
            [account.pk, make.NOW, make.NOW, make.NOW, count],
        )


def peak_of(work) -> int:
    tracemalloc.start()
    try:
        work()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.django_db
@pytest.mark.parametrize("form", ["json", "csv", "xlsx"])
def test_memory_does_not_grow_with_the_payments(form, monkeypatch):
    for module, name in ((packing, "CHUNK"), (tables, "CHUNK"), (tables, "ROWS")):
        monkeypatch.setattr(module, name, 100)
    account = make.make_account()
    write = exports.FORMATS[form][2]

    def write_away() -> None:
        for _piece in write(account.workspace, now=make.NOW):
            pass

    many_payments(account, 500)
    write_away()  # what is loaded once is no matter of rows
    peaks = []
    for count in (0, 2500):
        many_payments(account, count)
        # What the collector has not come to yet is no growth: the lower of two peaks counts.
        peaks.append(min(peak_of(write_away) for _run in range(2)))
    assert peaks[1] < 1.3 * peaks[0]  # six times the rows
