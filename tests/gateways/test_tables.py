"""Tables as people have them, good and bad: each is read, or refused with a clear reason."""

import io
import zipfile
from datetime import date
from xml.sax.saxutils import escape

import pytest

from accounts.gateways import tables, workbooks
from accounts.rules.imports import put_together
from tests.books import book

RECORDS = [["Date", "Amount"], ["2025-05-01", "5.00"]]
CHINESE = "日期,金额,状态\n2025年5月1日,¥200.00,成功\n"


def workbook(*rows, name="xl/workbook.xml", sheet=None) -> bytes:
    """A workbook as small as one can be. A cell is text, a number, or (number, style) with style 1 for days."""
    cells = []
    for number, row in enumerate(rows, 1):
        cells.append(f'<row r="{number}">')
        for column, cell in zip("ABCDEFGH", row, strict=False):
            place = f'r="{column}{number}"'
            if isinstance(cell, str):
                cells.append(f'<c {place} t="inlineStr"><is><t>{escape(cell)}</t></is></c>')
            else:
                value, style = cell if isinstance(cell, tuple) else (cell, 0)
                cells.append(f'<c {place} s="{style}"><v>{value}</v></c>')
        cells.append("</row>")
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    relations = "http://schemas.openxmlformats.org/package/2006/relationships"
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    parts = {
        "[Content_Types].xml": '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>',
        "_rels/.rels": f'<Relationships xmlns="{relations}"><Relationship Id="r1" Type="{office}/officeDocument" '
        'Target="xl/workbook.xml"/></Relationships>',
        name: f'<workbook xmlns="{main}" xmlns:r="{office}"><sheets><sheet name="S" sheetId="1" '
        'r:id="r1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{relations}"><Relationship Id="r1" '
        f'Type="{office}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>',
        "xl/styles.xml": f'<styleSheet xmlns="{main}"><cellXfs count="2">'
        '<xf numFmtId="0"/><xf numFmtId="14"/></cellXfs></styleSheet>',
        "xl/worksheets/sheet1.xml": sheet
        or f'<worksheet xmlns="{main}"><sheetData>{"".join(cells)}</sheetData></worksheet>',
    }
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, text in parts.items():
            archive.writestr(path, text)
    return held.getvalue()


class TestText:
    @pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "gb18030"])
    def test_in_the_encodings_that_spreadsheets_write(self, encoding):
        table = tables.read(CHINESE.encode(encoding))
        assert table.records == [["日期", "金额", "状态"], ["2025年5月1日", "¥200.00", "成功"]]

    def test_in_the_letters_of_old_windows(self):
        table = tables.read("Société;Betrag\nGebühr für Größe;5,00\n".encode("cp1252"))
        assert table.records == [["Société", "Betrag"], ["Gebühr für Größe", "5,00"]]
        assert table.form == "cp1252 ;"

    @pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
    @pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
    def test_with_every_delimiter_and_line_end(self, delimiter, end):
        text = end.join(delimiter.join(record) for record in RECORDS) + end
        assert tables.read(text.encode()).records == RECORDS

    def test_a_cell_may_hold_lines_and_delimiters(self):
        table = tables.read(b'Date,Note,Amount\n2025-05-01,"a, b\n""c""",5\n2025-05-02,d,6\n')
        assert table.records[1] == ["2025-05-01", 'a, b\n"c"', "5"]
        assert table.lines == [1, 2, 4]

    def test_empty_rows_and_cells_at_the_end_are_passed_over(self):
        table = tables.read(b"Date,Amount,,\n,,,\n2025-05-01,5.00,,\n\n")
        assert (table.records, table.lines) == (RECORDS, [1, 3])

    def test_the_mark_of_a_decimal_comma_is_no_delimiter(self):
        assert tables.read(b"1.5.2025;5,00\n2.5.2025;6,50\n").records[0] == ["1.5.2025", "5,00"]

    def test_lines_of_a_mail_are_taken_apart(self):
        text = "May 4, 2025 $50.00 Paid INV-1234\n\nMay 5, 2025 $1,250.00 Paid INV-1235\n"
        table = tables.read(text.encode(), put_together)
        assert table.records == [
            ["May 4, 2025", "$50.00", "Paid", "INV-1234"],
            ["May 5, 2025", "$1,250.00", "Paid", "INV-1235"],
        ]
        assert (table.lines, table.form) == ([1, 3], "lines")

    def test_one_column_stays_one(self):
        assert tables.read(b"Amount\n5\n").records == [["Amount"], ["5"]]


class TestWorkbooks:
    def test_are_read_with_their_days_and_numbers(self):
        table = tables.read(workbook(["Date", "Amount", "Paid"], [(45778, 1), 49.99, "yes"], [(45778.5, 1), 50]))
        assert table.records == [
            ["Date", "Amount", "Paid"],
            ["2025-05-01", "49.99", "yes"],
            ["2025-05-01 12:00:00", "50"],
        ]
        assert (table.form, table.sheets, table.sheet, table.remarks) == ("xlsx", ("S",), "S", ())

    SHEETS = {"Notes": [], "Bills": [["Date", "Amount"], ["2025-05-01", 5]], "More": [["x"]]}

    def test_the_first_sheet_with_rows_is_read_and_the_others_are_named(self):
        table = tables.read(book(self.SHEETS))
        assert (table.sheet, table.sheets) == ("Bills", ("Notes", "Bills", "More"))
        assert table.records == [["Date", "Amount"], ["2025-05-01", "5"]]

    def test_another_sheet_is_read_by_its_name(self):
        content = book(self.SHEETS)
        assert tables.read(content, sheet="More").records == [["x"]]
        assert tables.read(content, sheet="gone").sheet == "Bills"
        with pytest.raises(tables.Unreadable, match="empty"):
            tables.read(content, sheet="Notes")

    def test_a_hidden_sheet_comes_last(self):
        table = tables.read(book({"Old": [["x"]], "Bills": [["y"]]}, hidden_sheets=["Old"]))
        assert (table.sheet, table.sheets) == ("Bills", ("Bills", "Old"))

    def test_hidden_rows_are_read_and_told(self):
        table = tables.read(book({"Bills": [["Date"], ["2025-05-01"], ["2025-05-02"]]}, hidden_rows=[2]))
        assert (len(table.records), table.remarks) == (3, ("hidden",))

    def test_merged_days_and_names_hold_for_all_their_rows(self):
        rows = [
            ["Account", "Date", "Amount", "Invoice"],
            ["one", date(2025, 5, 1), 5, "A"],
            [None, None, 6, "B"],
            [None, None, 7, "C"],
            [None, None, None, None],
            ["two", date(2025, 5, 2), 8, "D"],
        ]
        table = tables.read(book({"Bills": rows}, merged=["A2:A5", "B2:B3", "A1:A1", "C6:D6"]))
        assert table.remarks == ("merged",)
        assert table.records[1:] == [
            ["one", "2025-05-01", "5", "A"],
            ["one", "2025-05-01", "6", "B"],
            ["one", "", "7", "C"],
            ["two", "2025-05-02", "8"],
        ]
        assert table.lines == [1, 2, 3, 4, 6]

    @pytest.mark.parametrize("amount", [5, "$5.00", "5.00 USD", "¥200", "200元", "CN¥ 1,234.50", "(5.00)"])
    def test_a_merged_amount_is_one_amount(self, amount):
        table = tables.read(
            book({"Bills": [["Date", "Amount"], ["2025-05-01", amount], ["2025-05-02", None]]}, merged=["B2:B3"])
        )
        assert table.records[2] == ["2025-05-02"]

    def test_rows_are_counted_from_the_edge_of_the_sheet(self):
        table = tables.read(book({"Bills": [[], [None, "Date", "Amount"], [None, "2025-05-01", 5]]}, merged=["B3:B4"]))
        assert (table.lines, table.records[1]) == ([2, 3], ["2025-05-01", "5"])

    def test_a_workbook_of_empty_sheets_is_empty(self):
        with pytest.raises(tables.Unreadable, match="empty"):
            tables.read(book({"Bills": [], "More": []}))


class TestPastedText:
    def test_rows_on_several_lines_are_put_together(self):
        table = tables.read(b"Title\n\nMay 1, 2025\n$5.00\nView\n\n\nMay 2, 2025\r\n$6.00\r\n", put_together)
        assert table.records == [["May 1, 2025", "$5.00"], ["May 2, 2025", "$6.00"]]
        assert (table.lines, table.ends, table.form) == ([3, 8], [4, 9], "stacked")
        assert table.passed == [(1, "Title"), (5, "View")]

    def test_a_cell_of_several_lines_says_where_it_ends(self):
        table = tables.read(b'Date,Note\n2025-05-01,"a\nb"\n2025-05-02,c\n')
        assert (table.lines, table.ends) == ([1, 2, 4], [1, 3, 4])

    def test_more_lines_than_anybody_pastes_are_refused(self, monkeypatch):
        monkeypatch.setattr(tables, "MOST_LINES", 3)
        with pytest.raises(tables.Unreadable) as caught:
            tables.read(b"a\n\nb\nc\nd\n", put_together)
        assert (caught.value.code, caught.value.line) == ("rows", 5)


def bomb() -> bytes:
    return workbook(sheet="0" * (workbooks.MOST_UNFOLDED + 1))


def lying_bomb() -> bytes:
    """It says that it unfolds to 1,000 bytes."""
    true = (workbooks.MOST_UNFOLDED + 1).to_bytes(4, "little")
    return bomb().replace(true, (1000).to_bytes(4, "little"))


BAD = [
    ("nothing", b"", "empty", None),
    ("only white space", b" \n\r\n\t\n", "empty", None),
    ("only empty cells", b",,,\n,,\n", "empty", None),
    ("too many bytes", b"x" * (tables.MOST_BYTES + 1), "large", None),
    ("too many rows", b"a,b\n" + b"1,2\n" * (tables.MOST_ROWS + tables.SPARE_ROWS), "rows", 100_061),
    ("a cell of 10 MB", b"a,b\n1," + b"x" * 10_000_000, "cell", 2),
    ("a cell of 3,000", b"a,b\n1," + b"x" * 3_000, "cell", 2),
    ("too many columns", b",".join([b"x"] * 61), "columns", 1),
    ("NUL in text", b"a,b\n1,\x002\n", "binary", 2),
    ("a picture", b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + bytes(range(256)) * 8, "encoding|binary", None),
    ("a quote that stays open", b'a,b\n1,"2\n3,4\n', "quote", 2),
    ("a quote amid a cell", b'a,b\n"1"x,2\n', "quote", 2),
    ("an old workbook", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(512), "old", None),
    ("a locked workbook", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"), "locked", None),
    ("a million rows", b"1,2\n" * 1_000_000, "rows", 100_061),
    ("a zip named .csv", workbook(["Date"], name="notes.txt"), "archive", None),
    ("half a workbook", workbook(["Date"])[:300], "broken", None),
    ("a workbook without a sheet", workbook(sheet="<nothing"), "broken|empty", None),
    ("a zip bomb", bomb(), "large", None),
    ("a zip bomb that lies", lying_bomb(), "large", None),
    ("half of a UTF-16 letter", "ab,cd\n".encode("utf-16") + b"x", "encoding", None),
]


@pytest.mark.parametrize(("content", "code", "line"), [row[1:] for row in BAD], ids=[row[0] for row in BAD])
def test_a_bad_file_gets_a_clear_answer(content, code, line):
    with pytest.raises(tables.Unreadable) as caught:
        tables.read(content)
    assert caught.value.code in code.split("|")
    if line is not None:
        assert caught.value.line == line


def test_formulas_are_text():
    table = tables.read(b"Date,Amount,Note\n2025-05-01,5,=1+1\n2025-05-01,5,@x\n2025-05-01,5,+1\n2025-05-01,5,-1\n")
    assert [record[2] for record in table.records[1:]] == ["=1+1", "@x", "+1", "-1"]
