"""The published rulebooks, read from the TOML files that ship with the code."""

from functools import cache
from pathlib import Path

from accounts.rules import Rulebook, RulebookError, parse

PUBLISHED = Path(__file__).resolve().parent.parent / "rules" / "published"


@cache
def editions() -> dict[str, Rulebook]:
    """Return every published edition by its id, ordered by provider and start. RulebookError: see `read_folder`."""
    return read_folder(PUBLISHED)


def edition(rulebook_id: str) -> Rulebook:
    """Return one published edition; KeyError when there is none with this id."""
    return editions()[rulebook_id]


def read_folder(folder: Path) -> dict[str, Rulebook]:
    """Read `<provider>/<edition>.toml` files.

    RulebookError when one is malformed: its text begins with the file's path in the folder, then the line or path of
    the mistake, then the reason.
    """
    books = [_read(path, path.relative_to(folder).as_posix()) for path in sorted(folder.glob("*/*.toml"))]
    books.sort(key=lambda book: (book.provider.id, book.started.by, book.id))
    return {book.id: book for book in books}


def _read(path: Path, name: str) -> Rulebook:
    try:
        book = parse(path.read_text(encoding="utf-8"))
    except UnicodeDecodeError as error:
        raise RulebookError(name, f"is not UTF-8 at byte {error.start}") from None
    except RulebookError as error:
        raise RulebookError(f"{name}: {error.where}" if error.where else name, error.reason) from None
    if f"{book.id}.toml" != name:
        raise RulebookError(f"{name}: id", f"{book.id!r} does not stand in a file of its own name")
    return book
