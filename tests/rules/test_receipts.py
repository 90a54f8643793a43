"""What a receipt may be called."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.rules import receipts


@pytest.mark.parametrize(
    ("said", "kind", "kept"),
    [
        ("invoice.pdf", "pdf", "invoice.pdf"),
        ("Invoice 5.PDF", "pdf", "Invoice 5.PDF"),
        ("photo.jpeg", "jpeg", "photo.jpeg"),
        ("收据 2025.png", "png", "收据 2025.png"),
        # A folder is no name.
        ("../../etc/passwd.pdf", "pdf", "passwd.pdf"),
        ("C:\\Users\\ann\\bill.pdf", "pdf", "bill.pdf"),
        ("..\0.pdf", "pdf", "receipt.pdf"),
        ("..", "png", "receipt.png"),
        ("", "eml", "receipt.eml"),
        (".pdf", "pdf", "receipt.pdf"),
        # What a name says of the file must be so.
        ("page.html", "pdf", "page.html.pdf"),
        ("setup.exe", "png", "setup.exe.png"),
        ("scan.png", "jpeg", "scan.png.jpg"),
        ("no ending", "eml", "no ending.eml"),
        # Nothing unseen, and nothing that turns the direction of writing.
        ("gnp\u202efdp.pdf", "pdf", "gnpfdp.pdf"),
        ("a\u200bb\u2066c.pdf", "pdf", "abc.pdf"),
        ("two\r\nlines\t.pdf", "pdf", "two lines.pdf"),
        ("e\u0301.pdf", "pdf", "é.pdf"),
        ("e\u200d\u0301.pdf", "pdf", "é.pdf"),
        ("  spaces  . pdf.pdf", "pdf", "spaces . pdf.pdf"),
        ("\U0001f9fe.pdf", "pdf", "\U0001f9fe.pdf"),
    ],
)
def test_a_name_is_made_harmless(said, kind, kept):
    assert receipts.file_name(said, kind) == kept


def test_a_long_name_keeps_its_ending():
    kept = receipts.file_name("x" * 300 + ".pdf", "pdf")
    assert len(kept) == receipts.LONGEST_NAME
    assert kept.endswith("x.pdf")


@given(st.text(max_size=400), st.sampled_from(receipts.KINDS))
def test_whatever_is_said_gives_a_name_that_stays(said, kind):
    kept = receipts.file_name(said, kind)
    assert receipts.file_name(kept, kind) == kept
    assert 5 <= len(kept) <= receipts.LONGEST_NAME
    assert kept.rpartition(".")[2].lower() in receipts.ENDINGS[kind]
    assert not {"/", "\\", "\n"} & set(kept)
    assert not any(unicodedata.category(sign)[0] == "C" for sign in kept)


def test_a_line_is_cut_and_plain():
    assert receipts.plain_line(" a\r\nb\u202e c ", 10) == "a b c"
    assert receipts.plain_line("abc", 2) == "ab"


def test_the_name_in_an_evidence_tells_line_and_place():
    assert receipts.part_name(3, 1, "jpeg") == "receipts/3-1.jpg"
    assert [receipts.part_name(1, 2, kind)[-4:] for kind in receipts.KINDS] == [".pdf", ".png", ".jpg", ".eml"]
