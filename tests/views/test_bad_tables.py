"""Files that people give, good and bad: each gets a clear answer, in the language of who gave it."""

import io
import zipfile
from datetime import date

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from accounts.models import Import, Payment
from tests.books import book
from tests.gateways.test_tables import bomb, lying_bomb, workbook
from tests.make import make_account
from tests.views.reading import error_at, words_of
from tests.views.test_imports import page_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]
TABLE = "Date,Amount,Status,Invoice\n2025-05-01,$20.00,Paid,INV-1\n2025-05-02,$30.00,Paid,INV-2\n"
CHINESE = "日期,金额（美元）,状态,发票号\n2025年5月1日,２０.００,已支付,FP-1\n二〇二五年五月二日,30.00,成功,FP-2\n"
OLD = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
TWO, ONE, NONE = (
    ("Import 2 payments", "导入 2 笔付款"),
    ("Import 1 payment", "导入 1 笔付款"),
    ("nothing to import", "无需导入"),
)


def locked() -> bytes:
    return OLD + bytes(512) + "EncryptedPackage".encode("utf-16-le")


def of_other_parts() -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("notes.txt", "hello")
    return content.getvalue()


READ = {
    "with a mark of its encoding": (TABLE.encode("utf-8-sig"), TWO),
    "UTF-16": (TABLE.encode("utf-16"), TWO),
    "UTF-16 without a mark": (TABLE.encode("utf-16-le"), TWO),
    "letters of old Windows": ("Datum;Betrag;Notiz\n01.05.2025;1.234,50;Gebühr für Größe\n".encode("latin-1"), ONE),
    "Chinese, as Excel saves it": (CHINESE.encode("gb18030"), TWO),
    "Chinese in UTF-8": (CHINESE.encode(), TWO),
    "semicolons": (TABLE.replace(",", ";").encode(), TWO),
    "tabs": (TABLE.replace(",", "\t").encode(), TWO),
    "lines that end as on old Macs": (TABLE.replace("\n", "\r").encode(), TWO),
    "a quoted line break": (b'Date,Amount,Note\n2025-05-01,5,"a\nb"\n', ONE),
    "headings in capitals, and twice": (b"DATE,date,AMOUNT,Amount\n2025-05-01,x,5,6\n", ONE),
    "the same row twice": ((TABLE + TABLE.splitlines()[1] + "\n").encode(), TWO),
    "a workbook of several sheets": (
        book({"空": [], "账单": [["日期", "金额"], [date(2025, 5, 1), 20], [45779, 30]]}),
        TWO,
    ),
    "a direction turned round": ("Date,Amount,Note\n2025-05-01,5,\u202eabc\n".encode(), ONE),
    "markup": (b"Date,Amount,Note\n2025-05-01,5,<svg onload=x> {{7*7}} %n\n", ONE),
}
REFUSED = {
    "nothing": (b"", "There is nothing in it.", "里面没有内容"),
    "a million rows": (b"2025-05-01,5.00\n" * 1_000_000, "Line 100061: These are more than", "第 100061 行"),
    "a cell of 10 MB": (b"Date,Amount\n2025-05-01," + b"9" * 10_000_000, "Line 2: One cell holds", "第 2 行：有单元格"),
    "too many columns": (b",".join([b"x"] * 61), "more than 60 columns", "超过 60 列"),
    "17 MB": (b"x" * (17 * 1024 * 1024), "at most 16 MB", "最多 16 MB"),
    "NUL in text": (b"Date,Amount\n2025-05-01,\x005\n", "Line 2: This is no text", "第 2 行：这不是文本"),
    "half a letter": (b"Date,Amount,Note\n2025-05-01,5,\xed\xa0\x80\n", "letters of this file", "无法识别文件编码"),
    "a quote that stays open": (b'a,b\n1,"2\n3,4\n', "Line 2: A quotation mark", "第 2 行：引号"),
    "a zip bomb": (bomb(), "128 MB unfolded", "解压后最多 128 MB"),
    "a zip bomb that lies": (lying_bomb(), "128 MB unfolded", "解压后最多 128 MB"),
    "a zip of something else": (of_other_parts(), "ZIP archive and no workbook", "ZIP 压缩包"),
    "half a workbook": (workbook(["Date"])[:300], "damaged", "已损坏"),
    "an old workbook": (OLD + bytes(512), "before 2007", "2007 年以前"),
    "a workbook with a password": (locked(), "protected with a password", "密码保护"),
    "a PDF": (b"%PDF-1.7\n1 0 obj\n", "This is a PDF", "这是 PDF"),
    "a page of the web": (
        b"<!DOCTYPE html>\n<table><tr><td>2025-05-01</td></tr></table>",
        "page of the web",
        "这是网页",
    ),
    "a table of a page": (b"  <table border=1><tr>", "page of the web", "这是网页"),
    "JSON": (b'[\n {"date": "2025-05-01", "amount": 5}]', "This is JSON", "这是 JSON"),
    "an object": (b'{"payments": []}', "This is JSON", "这是 JSON"),
}
IN_PART = {
    "ragged rows": (
        b"Date,Amount\n2025-05-01,5,x\n2025-05-02\n2025-05-03,6\n",
        "no amount in this row",
        "这一行没有金额",
    ),
    "formulas": (
        b"Date,Amount\n2025-05-01,=1+1\n2025-05-01,5\n2025-05-01,@5\n",
        "no amount of money",
        "无法识别这个金额",
    ),
    "half of it valid": ((TABLE + "soon,5,Paid,\n").encode(), "no day that can be read", "无法识别这个日期"),
    "a currency without a rate": (b"Date,Amount\n2025-05-01,EUR 5\n2025-05-01,5\n", "No rate", "缺少汇率"),
    "a bare yen": ("Date,Amount\n2025-05-01,¥5\n2025-05-01,5\n".encode(), "yuan or yen", "人民币，也可能是日元"),
}


@pytest.fixture(params=["en", "zh-hans"])
def language(request, ann):
    ann.language = request.param
    ann.save()
    return ("en", "zh-hans").index(request.param)


@pytest.fixture
def address(ann):
    return f"/accounts/{make_account(ann, name='production').pk}/import/"


def give(client, address, content):
    return client.post(address, {"file": SimpleUploadedFile("bills.csv", content), "pasted": ""})


@pytest.mark.parametrize("name", READ)
def test_a_table_that_can_be_read_is_read(signed_in, address, language, name):
    content, words = READ[name]
    assert words[language] in words_of(page_of(signed_in, give(signed_in, address, content)), "import-preview")


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_table_says_why(signed_in, address, language, name):
    content, *why = REFUSED[name]
    page = give(signed_in, address, content)
    assert page.status_code == 422
    assert why[language] in error_at(page, "id_file")
    assert not Import.objects.exists()


@pytest.mark.parametrize("name", IN_PART)
def test_a_row_that_cannot_be_read_says_why(signed_in, address, language, name):
    content, *why = IN_PART[name]
    words = words_of(page_of(signed_in, give(signed_in, address, content)), "import-preview")
    assert why[language] in words
    assert not Payment.objects.exists()


def test_the_same_file_twice_has_nothing_to_import(signed_in, address, language):
    page = give(signed_in, address, TABLE.encode())
    signed_in.post(f"{page.headers['Location']}start/")
    assert Payment.objects.count() == 2
    assert NONE[language] in words_of(page_of(signed_in, give(signed_in, address, TABLE.encode())), "import-preview")


def test_more_text_than_a_form_takes_says_so(signed_in, address):
    page = signed_in.post(address, {"pasted": "2025-05-01 $5.00 Paid\n" * 140_000})
    assert page.status_code == 400
    assert "A form takes up to 2 MB of text." in words_of(page)
