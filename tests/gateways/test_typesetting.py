"""The press: deterministic, bounded, blind to files, and with fonts of its own."""

import io
from datetime import timedelta

import pytest
from pypdf import PdfReader

from accounts.gateways import press
from accounts.gateways.typesetting import CannotTypeset, typeset
from tests.make import NOW

SOURCE = '#set text(font: ("Noto Sans CJK SC", "Noto Emoji", "Noto Sans Arabic"))\n#sys.inputs.words\n'
INJECTIONS = [
    '#read("/etc/passwd")',
    '"] #panic("x") [',
    "\\ $x$ *b* _i_ `raw` <label> @ref // comment",
    "] } ) #let x = 1",
    "\u202eabc 😀 مرحبا 等级",
    "w" * 500,
]


def text_of(pdf: bytes) -> str:
    return " ".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages)


def test_the_same_job_gives_the_same_bytes():
    first, second = (typeset(SOURCE, {"words": "等级 2"}, made_at=NOW) for _ in range(2))
    assert first == second
    assert first != typeset(SOURCE, {"words": "等级 2"}, made_at=NOW + timedelta(seconds=1))


def test_the_instant_is_the_documents_own():
    pdf = PdfReader(io.BytesIO(typeset(SOURCE, {"words": "x"}, made_at=NOW)))
    assert pdf.metadata.creation_date == NOW


@pytest.mark.parametrize("words", INJECTIONS)
def test_what_a_person_typed_is_text_and_nothing_else(words):
    printed = "".join(text_of(typeset(SOURCE, {"words": words}, made_at=NOW)).split())
    if words.isascii():
        assert printed == "".join(words.split())
    else:
        assert {"等", "级"} <= set(printed)


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ('#read("/etc/passwd")', "file not found"),
        ('#read("../../../../etc/passwd")', "escape"),
        ('#image("/etc/hostname")', "file not found"),
        ("#nothing-of-this-name", "unknown variable"),
    ],
)
def test_a_source_that_asks_for_what_is_not_there_is_refused(source, reason):
    with pytest.raises(CannotTypeset, match=reason):
        typeset(source, {}, made_at=NOW)


def test_a_job_without_end_is_given_up():
    endless = "#let f(n) = { for i in range(10000000) { n += i }; n }\n#range(10000).map(f)"
    with pytest.raises(CannotTypeset, match="not ready after 1 seconds"):
        typeset(endless, {}, made_at=NOW, patience_seconds=1)


def test_a_job_without_measure_is_given_up():
    with pytest.raises(CannotTypeset, match="memory"):
        typeset('#let a = "x" * 1000000000\n#let b = a + a + a\n#b.len()', {}, made_at=NOW)


def test_a_press_that_says_nothing_is_named_by_its_code(monkeypatch, tmp_path):
    broken = tmp_path / "press.py"
    broken.write_text("raise SystemExit(7)")
    monkeypatch.setattr("accounts.gateways.typesetting.PRESS", broken)
    with pytest.raises(CannotTypeset, match="code 7"):
        typeset(SOURCE, {"words": "x"}, made_at=NOW)


def test_nothing_of_the_surroundings_reaches_the_press(monkeypatch, tmp_path):
    tell = tmp_path / "press.py"
    tell.write_text("import os\nraise SystemExit(' '.join(sorted(os.environ)))")
    monkeypatch.setattr("accounts.gateways.typesetting.PRESS", tell)
    monkeypatch.setenv("TYPST_FONT_PATHS", "/elsewhere")
    with pytest.raises(CannotTypeset) as told:
        typeset(SOURCE, {"words": "x"}, made_at=NOW)
    assert "PATH" in str(told.value)
    assert "SECRET_KEY" not in str(told.value)
    assert "TYPST" not in str(told.value)


def test_fonts_come_from_packages_only():
    assert len(press.font_folders()) == len(press.FONT_PACKAGES)


def test_a_missing_font_package_is_named(monkeypatch):
    monkeypatch.setattr(press, "FONT_PACKAGES", ("no_such_fonts",))
    with pytest.raises(SystemExit, match="no_such_fonts"):
        press.font_folders()
