"""Read a workspace's document: its size, its JSON, its version, its fields, and what within it refers to what."""

import json
import re
import sys
from collections.abc import Iterable
from datetime import datetime
from typing import IO, Any, NoReturn

from django.utils.translation import gettext as _

from accounts import rules
from accounts.exports import attached
from accounts.exports import workspace as schema
from accounts.exports.inside import check_event, check_import, check_notice, check_relay
from accounts.exports.kinds import DocumentError, ListOf, Past
from accounts.exports.shape import Shape

Row = dict[str, Any]


def read_workspace(
    file: IO[bytes], held: attached.Held, *, now: datetime, most_bytes: int | None = schema.MOST_BYTES
) -> Row:
    """Return the document as schema.DOCUMENT reads it. DocumentError names the path of the first mistake.

    `held` takes the bytes of its files; `most_bytes` is how large the rest may be, None for any size.
    """
    raw = attached.lifted(file, held, most=most_bytes or sys.maxsize - 1)
    if most_bytes is not None and len(raw) > most_bytes:
        raise DocumentError("", _("The file is larger than {most} MB.").format(most=most_bytes // 1024**2))
    document = _parsed(raw)
    version = _version(document)
    if version < schema.VERSION:
        schema.DOCUMENT.complete(document, version, "")
        document["schema"] = schema.SCHEMA
    read = schema.DOCUMENT.read(document, "")
    _check_past(schema.DOCUMENT, read, "", now)
    _check_files(read, held)
    _check_links(read)
    return read


def _parsed(raw: bytes) -> Any:
    try:
        return json.loads(raw.decode("utf-8-sig"), parse_constant=_refuse)
    except UnicodeDecodeError:
        raise DocumentError("", _("The file is not UTF-8 text.")) from None
    except RecursionError:
        raise DocumentError("", _("The file is nested too deeply.")) from None
    except json.JSONDecodeError as error:
        pattern = _("The file is not JSON: line {line}, column {column}.")
        raise DocumentError("", pattern.format(line=error.lineno, column=error.colno)) from None
    except ValueError:  # a number with thousands of digits, or NaN
        raise DocumentError("", _("The file holds a number that cannot be read.")) from None


def _refuse(name: str) -> NoReturn:
    raise ValueError(name)


def _version(document: Any) -> int:
    """The version that it was written by; what it could not say yet is completed."""
    said = document.get("schema") if isinstance(document, dict) else None
    name, _slash, version = said.partition("/") if isinstance(said, str) else ("", "", "")
    if name != schema.NAME or not re.fullmatch("[1-9][0-9]{0,8}", version):
        raise DocumentError(
            "", _("The file is no workspace of tierdash: its “schema” must be “{schema}”.").format(schema=schema.SCHEMA)
        )
    if int(version) > schema.VERSION:
        pattern = _(
            "was written by a newer tierdash, as version {version}; this one reads up to {most}. Update tierdash first."
        )
        raise DocumentError("schema", pattern.format(version=int(version), most=schema.VERSION))
    return int(version)


def _check_past(shape: Shape, read: Row, path: str, now: datetime) -> None:
    """Refuse what would have happened in the future: a ledger of tomorrow would be judged as one of today."""
    for field in shape.fields:
        value, at = read[field.name], f"{path}.{field.name}" if path else field.name
        if isinstance(field.kind, Past) and value is not None and value > now:
            raise DocumentError(at, _("lies in the future"))
        if isinstance(field.kind, Shape) and value is not None:
            _check_past(field.kind, value, at, now)
        elif isinstance(field.kind, ListOf) and isinstance(field.kind.kind, Shape):
            for place, item in enumerate(value):
                _check_past(field.kind.kind, item, f"{at}[{place}]", now)


def _check_files(read: Row, held: attached.Held) -> None:
    """Hand over the bytes that were not on lines of their own; then look whether each receipt has its file."""
    files = _unique(read["files"], "files", "sha256")
    for place, file in enumerate(read["files"]):
        if file["content"] is not None:
            held.put(file["sha256"], file["content"], f"files[{place}]")
            file["content"] = None
    for place, account in enumerate(read["accounts"]):
        for number, payment in enumerate(account["payments"]):
            here = f"accounts[{place}].payments[{number}].receipts"
            attached.check_receipts(payment["receipts"], files, held, here)


def _check_links(read: Row) -> None:
    people = _unique(read["people"], "people", "number")
    _unique(read["people"], "people", "email")
    living = {number for number, person in people.items() if person["email"]}
    _unique(read["members"], "members", "person")
    for place, member in enumerate(read["members"]):
        _check_known(member["person"], living, f"members[{place}].person")
    books = _unique(read["rulebooks"], "rulebooks", "id")
    tiers = {}
    for place, book in enumerate(books.values()):
        tiers[book["id"]] = _tiers(book, f"rulebooks[{place}]")
    accounts = _unique(read["accounts"], "accounts", "id")
    imports = _unique(read["imports"], "imports", "id")
    for place, held in enumerate(read["imports"]):
        check_import(held, f"imports[{place}]")
        _check_known(held["account"], accounts, f"imports[{place}].account")
        _check_known(held["created_by"], people, f"imports[{place}].created_by")
    checks = _Links(set(people), living, tiers, imports)
    for place, account in enumerate(read["accounts"]):
        checks.check(account, f"accounts[{place}]")
    _unique(read["relays"], "relays", "id")
    for place, relay in enumerate(read["relays"]):
        here = f"relays[{place}]"
        check_relay(relay, here)
        _check_known(relay["bridges"], accounts, f"{here}.bridges")
        for number, event in enumerate(relay["events"]):
            _check_known(event["by"], people, f"{here}.events[{number}].by")


def _tiers(book: Row, path: str) -> set[str]:
    try:
        built = rules.build(book["document"])
    except rules.RulebookError as error:
        where = f".{error.where}" if error.where else ""
        raise DocumentError(f"{path}.document{where}", error.reason) from None
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError, RecursionError):
        raise DocumentError(f"{path}.document", _("is not an edition that tierdash wrote")) from None
    if built.id != book["id"]:
        raise DocumentError(f"{path}.id", _("is not the id of its document"))
    book["rules"] = built
    return {tier.id for tier in built.tiers}


class _Links:
    """What an account refers to must be there: people, editions, tiers, payments, sightings, episodes."""

    def __init__(self, people: set[int], living: set[int], tiers: dict[str, set[str]], imports: dict[Any, Row]) -> None:
        self._people, self._living, self._tiers, self._imports = people, living, tiers, imports

    def check(self, account: Row, path: str) -> None:
        self._check_tier(account, path, "seen_tier")
        self._check_payments(account, f"{path}.payments")
        sightings = _unique(account["sightings"], f"{path}.sightings", "number")
        for place, sighting in enumerate(account["sightings"]):
            self._check_tier(sighting, f"{path}.sightings[{place}]", "tier")
            self._check_person(sighting["recorded_by"], f"{path}.sightings[{place}].recorded_by")
        episodes = _unique(account["episodes"], f"{path}.episodes", "id")
        for place, episode in enumerate(account["episodes"]):
            self._check_episode(episode, f"{path}.episodes[{place}]")
        for place, plan in enumerate(account["plans"]):
            self._check_tier(plan, f"{path}.plans[{place}]", "tier")
            self._check_person(plan["adopted_by"], f"{path}.plans[{place}].adopted_by")
        for place, event in enumerate(account["events"]):
            self._check_person(event["by"], f"{path}.events[{place}].by")
            check_event(event["kind"], event["facts"], f"{path}.events[{place}].facts")
        for place, notice in enumerate(account["notices"]):
            here = f"{path}.notices[{place}]"
            self._check_tier(notice, here, "tier")
            _check_known(notice["recipient"], self._living, f"{here}.recipient")
            _check_known(notice["sighting"], sightings, f"{here}.sighting")
            _check_known(notice["episode"], episodes, f"{here}.episode")
            check_notice(notice["facts"], f"{here}.facts")
            if not notice["deliveries"]:
                raise DocumentError(f"{here}.deliveries", _("must hold at least one"))

    def _check_tier(self, row: Row, path: str, name: str) -> None:
        _check_known(row["rulebook"], self._tiers, f"{path}.rulebook")
        if row[name] not in self._tiers[row["rulebook"]]:
            raise DocumentError(f"{path}.{name}", _("is no tier of {edition}").format(edition=row["rulebook"]))

    def _check_person(self, number: int | None, path: str) -> None:
        _check_known(number, self._people, path)

    def _check_payments(self, account: Row, path: str) -> None:
        held = _unique(account["payments"], path, "uid")
        brought = {key for key, each in self._imports.items() if each["account"] in (None, account["id"])}
        for place, payment in enumerate(account["payments"]):
            here = f"{path}[{place}]"
            self._check_person(payment["recorded_by"], f"{here}.recorded_by")
            for number, receipt in enumerate(payment["receipts"]):
                self._check_person(receipt["added_by"], f"{here}.receipts[{number}].added_by")
            _check_known(payment["came_by"], brought, f"{here}.came_by")
            _check_known(payment["undoes"], held, f"{here}.undoes")
            if payment["undoes"] and held[payment["undoes"]]["kind"] in rules.UNDOING:
                raise DocumentError(
                    f"{here}.undoes", _("names a refund or chargeback; only a payment can be taken back")
                )
            names = ("kind", "status", "gross", "tax", "currency", "rate", "paid_at", "reference", "expires_on")
            try:
                rules.Line(
                    id=str(payment["uid"]),
                    undoes=str(payment["undoes"] or ""),
                    **{name: payment[name] for name in names},
                )
            except rules.LedgerError as error:
                raise DocumentError(f"{here}.{error.field}", _line_words().get(error.field, error.reason)) from None

    def _check_episode(self, episode: Row, path: str) -> None:
        self._check_tier(episode, path, "tier")
        if episode["escalation"] is not None:
            ticks = episode["escalation"]["ticks"]
            _unique(ticks, f"{path}.escalation.ticks", "step")
            for place, tick in enumerate(ticks):
                self._check_person(tick["by"], f"{path}.escalation.ticks[{place}].by")


def _line_words() -> dict[str, str]:
    """Why a line cannot stand in a ledger, by the field that is wrong."""
    return {
        "gross": _("must be more than 0, and below 10^12; only a refund or chargeback may be less than 0"),
        "tax": _("must not be more than the gross amount"),
        "currency": _("must be three capital letters, such as USD"),
        "rate": _("must be there for every currency but USD, and more than 0; for USD it is 1 or null"),
        "undoes": _("only a refund or chargeback takes a payment back"),
        "expires_on": _("must be a day of credit: not before its payment, and not after 2100"),
    }


def _unique(rows: Iterable[Row], path: str, name: str) -> dict[Any, Row]:
    """The rows by a field that no two of them may share; null may stand in many."""
    held: dict[Any, Row] = {}
    for place, row in enumerate(rows):
        if row[name] is not None and row[name] in held:
            raise DocumentError(f"{path}[{place}].{name}", _("stands twice"))
        held[row[name]] = row
    return held


def _check_known(value: Any, known: Any, path: str) -> None:
    if value is not None and value not in known:
        raise DocumentError(path, _("names something that is not in the document"))
