"""Receipts: which kinds of file there are, how many a payment may have, and what their names may be."""

import unicodedata

KINDS = PDF, PNG, JPEG, EML = ("pdf", "png", "jpeg", "eml")
# How the name of each kind of file may end; the first is the one that is given where there is none.
ENDINGS = {PDF: ("pdf",), PNG: ("png",), JPEG: ("jpg", "jpeg", "jpe", "jfif"), EML: ("eml",)}
MOST_PER_PAYMENT = 20
LONGEST_NAME = 255
NAMELESS = "receipt"


def plain_line(text: str, most: int) -> str:
    """The text as one line of at most `most` characters, without signs that nobody sees or that turn its direction."""
    seen = "".join(sign for sign in " ".join(text.split()) if unicodedata.category(sign)[0] != "C")
    return " ".join(unicodedata.normalize("NFC", seen).split())[:most].strip()


def file_name(said: str, kind: str) -> str:
    """A file's name as it is kept: no folder, one line, and an ending that tells what the file really is.

    What was named page.html and is a PDF becomes page.html.pdf, so that no program opens it as something else. A name
    that has been through here stays as it is.
    """
    bare = plain_line(said.replace("\\", "/").rpartition("/")[2], 4 * LONGEST_NAME).strip(" .")
    stem, _point, ending = bare.rpartition(".")
    if ending.lower() not in ENDINGS[kind]:
        stem, ending = bare, ENDINGS[kind][0]
    stem = stem.rstrip(" .")[: LONGEST_NAME - len(ending) - 1].rstrip(" .")
    return f"{stem or NAMELESS}.{ending}"


def part_name(number: int, place: int, kind: str) -> str:
    """The name of a receipt among the files of an evidence: by its line and its place there, both from 1."""
    return f"receipts/{number}-{place}.{ENDINGS[kind][0]}"
