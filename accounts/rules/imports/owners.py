"""Which account of a workspace a row belongs to: by its reference exactly, else by its name. Never by a guess."""

import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from accounts.rules.imports.wording import Unclear

# What was chosen for a name whose rows are to stay out.
LEAVE_OUT = "-"


@dataclass(frozen=True, slots=True)
class Owner:
    """An account that rows may name; `reference` is the provider's own name for it, such as org-Kq7dEu01."""

    id: str
    name: str
    reference: str = ""
    is_archived: bool = False


def name_key(text: str) -> str:
    """A name as it is compared: without case, width and needless white space."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


@dataclass(frozen=True)
class Owners:
    """Whose the rows of a table may be. `only`: the one account the table is for; rows without a name are its own.

    `chosen` says by `name_key` what a name that leads nowhere means: the id of an account, or LEAVE_OUT.
    """

    all: tuple[Owner, ...] = ()
    only: str = ""
    chosen: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def live(self) -> tuple[Owner, ...]:
        return tuple(owner for owner in self.all if not owner.is_archived)

    @cached_property
    def _by_name(self) -> Mapping[str, list[Owner]]:
        return _gathered((name_key(owner.name), owner) for owner in self.all)

    @cached_property
    def _by_reference(self) -> Mapping[str, list[Owner]]:
        return _gathered((owner.reference, owner) for owner in self.all if owner.reference)

    @cached_property
    def _found(self) -> dict[str, str | Unclear]:
        """What was found already: a file names few accounts often."""
        return {}

    def of(self, text: str) -> str:
        """The id of the account that a text names.

        Unclear: missing, unknown, several (accounts have the name), archived, other (than the only one), left_out.
        """
        if text not in self._found:
            self._found[text] = self._find(text)
        found = self._found[text]
        if isinstance(found, Unclear):
            raise found
        return found

    def _find(self, text: str) -> str | Unclear:
        key, named = name_key(text), self.named(text)
        live = [owner.id for owner in named if not owner.is_archived]
        if live == [self.only] or (len(live) == 1 and not self.only):
            return live[0]
        choice = self.chosen.get(key, "")
        if choice == LEAVE_OUT:
            return Unclear("left_out")
        if self.only and live and self.only not in live:
            return Unclear("other")
        if choice and choice in {owner.id for owner in self.live} and self.only in ("", choice):
            return choice
        if not key:
            return self.only or Unclear("missing")
        return Unclear("several" if live else "archived" if named else "unknown")

    def named(self, text: str) -> list[Owner]:
        """The accounts that a text may mean: by reference, else by name; those in the archive only if no other is."""
        found = [self._by_reference.get(text.strip(), []), self._by_name.get(name_key(text), [])]
        for owners in found:
            live = [owner for owner in owners if not owner.is_archived]
            if live:
                return live
        return found[0] or found[1]

    def knows(self, text: str) -> bool:
        """Whether a text names an account, be it in the archive."""
        return bool(text) and bool(self.named(text))


def _gathered(pairs: Iterable[tuple[str, Owner]]) -> dict[str, list[Owner]]:
    gathered: dict[str, list[Owner]] = {}
    for key, owner in pairs:
        gathered.setdefault(key, []).append(owner)
    return gathered
