"""PDF: read for what it could do, never drawn. It is kept byte for byte or not at all."""

import logging
import re
import zipfile
from collections.abc import Iterator
from io import BytesIO
from typing import Any, NoReturn

from pypdf import PasswordType, PdfReader
from pypdf.errors import PdfReadError
from pypdf.generic import ArrayObject, DictionaryObject, IndirectObject

from accounts.gateways.examiner.findings import MOST_PAGES, Found, Refused

MOST_DEPTH = 100
# Producers put a line break or a few zeros behind the end of a document, and nothing else.
END = re.compile(rb"%%EOF[\s\0]{0,1024}\Z")
# Other formats are found by what stands near their beginning (markup), anywhere (PHP) or near their end (ZIP).
MARKUP = re.compile(rb"<(?:!doctype|html|head|body|script|svg|iframe|\?php)\b", re.IGNORECASE)
NEAR = 1024
# What an action of these kinds does: run a script, start a program, send or fetch something, play something.
SCRIPTS = {"/JavaScript", "/Rendition", "/RichMediaExecute"}
PROGRAMS = {"/Launch", "/SubmitForm", "/ImportData", "/GoToE"}
ATTACHMENTS = {"/EmbeddedFile", "/FileAttachment", "/RichMedia"}


def examine(content: bytes) -> Found:
    """Return that a document is harmless. Refused when it is broken, locked, too long, or could do anything."""
    if MARKUP.search(content[:NEAR]) or b"<?php" in content or zipfile.is_zipfile(BytesIO(content)):
        raise Refused("two_in_one")
    if not END.search(content[-NEAR - 10 :]):
        raise Refused("damaged")
    with _complaints() as complaints:
        document = _Document(BytesIO(content))
        if document.is_encrypted and document.decrypt("") is PasswordType.NOT_DECRYPTED:
            raise Refused("encrypted")
        _check_pages(document)
        for thing in _objects(document):
            if (code := _danger(thing)) is not None:
                raise Refused(code)
        if any(complaint.startswith("Circular") for complaint in complaints):
            raise Refused("damaged")
    return Found("pdf")


class _Document(PdfReader):
    """A reader that does not search a file for what its table of contents should have told."""

    def _rebuild_xref_table(self, stream: Any) -> NoReturn:
        raise PdfReadError("no cross-reference table that can be read")


class _complaints(logging.Handler):
    """What the reader says of a file within the block, instead of on the standard error."""

    def __enter__(self) -> list[str]:
        self._said: list[str] = []
        logger = logging.getLogger("pypdf")
        logger.addHandler(self)
        logger.propagate = False
        return self._said

    def __exit__(self, *error: object) -> None:
        logging.getLogger("pypdf").removeHandler(self)

    def emit(self, record: logging.LogRecord) -> None:
        self._said.append(str(record.msg))


def _check_pages(document: PdfReader) -> None:
    root = document.root_object
    pages: Any = root["/Pages"].get_object()
    said = pages.get("/Count", 0)
    if isinstance(said, int) and said > MOST_PAGES:
        raise Refused("pages")
    count = document.get_num_pages()
    if count > MOST_PAGES:
        raise Refused("pages")
    if not count:
        raise Refused("damaged")


def _objects(document: PdfReader) -> Iterator[DictionaryObject]:
    """Every dictionary in the file, whether anything refers to it or not."""
    keys = {(number, generation) for generation, held in document.xref.items() for number in held}
    keys |= {(number, 0) for number in document.xref_objStm}
    yield from _inside(document.trailer, MOST_DEPTH)
    for number, generation in sorted(keys):
        if generation == 65535:  # the head of the list of what is free
            continue
        yield from _inside(document.get_object(IndirectObject(number, generation, document)), MOST_DEPTH)


def _inside(value: Any, depth: int) -> Iterator[DictionaryObject]:
    """The dictionaries within a value, without those that it refers to."""
    if not depth:
        raise Refused("damaged")
    if isinstance(value, DictionaryObject):
        yield value
        for name in value:
            yield from _inside(value.raw_get(name), depth - 1)
    elif isinstance(value, ArrayObject):
        for place in range(len(value)):
            yield from _inside(list.__getitem__(value, place), depth - 1)


def _danger(thing: DictionaryObject) -> str | None:
    """What a dictionary could do, as the code of its refusal."""
    kinds = {str(thing.get(name)) for name in ("/S", "/Type", "/Subtype")}
    if "/JS" in thing or "/JavaScript" in thing or "/XFA" in thing or kinds & SCRIPTS:
        return "script"
    if kinds & PROGRAMS:
        return "program"
    if "/EF" in thing or "/EmbeddedFiles" in thing or kinds & ATTACHMENTS:
        return "attachment"
    return None
