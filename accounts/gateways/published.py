"""The published rulebooks and rules of credit, read from the TOML files that ship with the code."""

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import TypeVar

from accounts.rules import CreditRule, Rulebook, RulebookError, parse, parse_credit

# Beside a provider's editions: until when its credit can be used, which no edition says.
CREDIT = "credit.toml"
Parsed = TypeVar("Parsed")
PUBLISHED = Path(__file__).resolve().parent.parent / "rules" / "published"


@cache
def editions() -> dict[str, Rulebook]:
    """Return every published edition by its id, ordered by provider and start. RulebookError: see `read_folder`."""
    return read_folder(PUBLISHED)


def edition(rulebook_id: str) -> Rulebook:
    """Return one published edition; KeyError when there is none with this id."""
    return editions()[rulebook_id]


@cache
def credit_rules() -> dict[str, CreditRule]:
    """Return the rules of credit by provider; most have none. RulebookError: see `read_credit`."""
    return read_credit(PUBLISHED)


def credit_rule(provider: str) -> CreditRule | None:
    """Return a provider's rule of credit; None: it publishes none, and its credit does not expire by itself."""
    return credit_rules().get(provider)


def read_folder(folder: Path) -> dict[str, Rulebook]:
    """Read `<provider>/<edition>.toml` files.

    RulebookError when one is malformed: its text begins with the file's path in the folder, then the line or path of
    the mistake, then the reason.
    """
    paths = sorted(path for path in folder.glob("*/*.toml") if path.name != CREDIT)
    books = [_read(path, path.relative_to(folder).as_posix()) for path in paths]
    books.sort(key=lambda book: (book.provider.id, book.started.by, book.id))
    return {book.id: book for book in books}


def read_credit(folder: Path) -> dict[str, CreditRule]:
    """Read `<provider>/credit.toml` files. RulebookError when one is malformed, told as in `read_folder`."""
    found = {}
    for path in sorted(folder.glob(f"*/{CREDIT}")):
        name = path.relative_to(folder).as_posix()
        rule = _parsed(parse_credit, path, name)
        if rule.provider != path.parent.name:
            raise RulebookError(f"{name}: provider", f"{rule.provider!r} does not stand in a folder of its own name")
        found[rule.provider] = rule
    return found


def _read(path: Path, name: str) -> Rulebook:
    book = _parsed(parse, path, name)
    if f"{book.id}.toml" != name:
        raise RulebookError(f"{name}: id", f"{book.id!r} does not stand in a file of its own name")
    return book


def _parsed(parse_text: Callable[[str], Parsed], path: Path, name: str) -> Parsed:
    try:
        return parse_text(path.read_text(encoding="utf-8"))
    except UnicodeDecodeError as error:
        raise RulebookError(name, f"is not UTF-8 at byte {error.start}") from None
    except RulebookError as error:
        raise RulebookError(f"{name}: {error.where}" if error.where else name, error.reason) from None
