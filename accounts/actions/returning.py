"""What bringing rows back from a document needs: keys in order, people, and which row the database refuses."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import DatabaseError, DataError, IntegrityError, connection, models, transaction
from django.utils.translation import gettext as _

from accounts.actions.reading import read_import
from accounts.exports import DocumentError
from accounts.exports import workspace as schema
from accounts.gateways.tables import Unreadable
from accounts.models import Import, User
from accounts.models.imports import OVER

BATCH = 2000
UNIQUE_VIOLATION = "23505"
# Constraints that a hand-made document may break, in words.
BROKEN = {
    "account_name_unique": "name",
    "relay_name_unique": "name",
    "relay_currency": "currency",
    "relay_balance_not_negative": "balance",
    "relay_balance_dated": "balance_seen_at",
    "relay_models_bounded": "model_ids",
    "payment_reference_unique": "reference",
    "payment_not_in_future": "paid_at",
    "payment_not_too_old": "paid_at",
    "payment_expiry_after_payment": "expires_on",
    "import_end_whole": "ended_at",
    "import_rows_done": "rows_done",
    "notice_window_of_credit": "expires_on",
}


def next_keys(model: type[models.Model], count: int) -> list[int]:
    """Reserve serial keys, rising, that no other row gets."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)",
            [model._meta.db_table, count],
        )
        return sorted(key for (key,) in cursor.fetchall())


class Rows:
    """Rows of one table with their paths in the document. `store` names the path of the first that cannot be stored."""

    def __init__(self, model: Any) -> None:
        self._model = model
        self._rows: list[Any] = []
        self._paths: list[str] = []

    def add(self, row: Any, path: str) -> None:
        self._rows.append(row)
        self._paths.append(path)

    def store(self) -> None:
        for start in range(0, len(self._rows), BATCH):
            rows, paths = self._rows[start : start + BATCH], self._paths[start : start + BATCH]
            error = self._refused(rows)
            if error is not None:
                raise self._named(rows, paths, error)

    def _refused(self, rows: Sequence[Any]) -> DatabaseError | None:
        """Why the database does not take these; None when it has."""
        try:
            with transaction.atomic():
                self._model.objects.bulk_create(rows)
        except (IntegrityError, DataError) as error:
            return error
        return None

    def _named(self, rows: Sequence[Any], paths: Sequence[str], error: DatabaseError) -> DocumentError:
        """Find the first row that is refused beside those before it, by halves. What is stored on the way stays: the
        caller's transaction ends with the error."""
        taken, refused = 0, len(rows)
        while refused - taken > 1:
            middle = (taken + refused) // 2
            found = self._refused(rows[taken:middle])
            if found is None:
                taken = middle
            else:
                refused, error = middle, found
        error = self._refused(rows[taken:refused]) or error
        return _in_words(paths[taken], error)


def _in_words(path: str, error: DatabaseError) -> DocumentError:
    diagnosis = getattr(error.__cause__, "diag", None)
    name = getattr(diagnosis, "constraint_name", None) or ""
    where = f"{path}.{BROKEN[name]}" if name in BROKEN else path
    if getattr(diagnosis, "sqlstate", "") == UNIQUE_VIOLATION:
        return DocumentError(where, _("stands twice, or is in this instance already ({rule})").format(rule=name))
    if name:
        return DocumentError(where, _("contradicts itself ({rule})").format(rule=name))
    return DocumentError(where, _("cannot be stored"))


def check_waiting(held: Import, path: str, *, now: datetime) -> None:
    """Refuse an import (at `path`) that is not over yet and could not go on from what it holds."""
    if held.state in OVER:
        return
    try:
        rows = len(read_import(held, now=now).rows)
    except Unreadable:
        raise DocumentError(f"{path}.content", _("is no table that can be read")) from None
    if rows != held.rows:
        raise DocumentError(f"{path}.rows", _("must be {count}, as in its content").format(count=rows))


class People:
    """Who the document's people are here, by their numbers: a person, or the key of somebody who has left."""

    def __init__(self, users: dict[int, User], keys: dict[int, int]) -> None:
        self._users, self._keys = users, keys

    def user(self, number: int | None) -> int | None:
        """The key of a person who is here, else None."""
        return self._users[number].pk if number in self._users else None

    def key(self, number: int | None) -> int | None:
        """The key of a person, here or gone; None for nobody."""
        return None if number is None else self._keys[number]

    def address(self, number: int) -> str:
        return self._users[number].email


def restored_people(said: list[dict[str, Any]], *, with_people: bool, by: User | None) -> People:
    """Find the document's people by their addresses; store those who are new, if that is wanted.

    Whoever is known here stays as they are. Everybody else gets a key that is nobody's: the history shows them as
    somebody who has left.
    """
    addresses = [person["email"] for person in said if person["email"]]
    known = {user.email: user for user in User.objects.filter(email__in=addresses)} if with_people else {}
    if by is not None:
        known[by.email] = by
    users = {}
    for person in said:
        email = person["email"]
        if email in known:
            users[person["number"]] = known[email]
        elif email and with_people:
            users[person["number"]] = User.objects.create_user(**schema.PERSON.columns(person), password=None)
    gone = [person["number"] for person in said if person["number"] not in users]
    keys = dict(zip(gone, next_keys(User, len(gone)), strict=True))
    return People(users, {number: user.pk for number, user in users.items()} | keys)
