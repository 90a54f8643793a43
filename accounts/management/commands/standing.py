"""Print standings from ledgers given as CSV or as JSON lines. Needs no database."""

import csv
import io
import json
import sys
from argparse import ArgumentParser
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from functools import cache
from typing import Any, BinaryIO, NoReturn

from django.core.management.base import CommandError

from accounts import rules
from accounts.gateways import published
from accounts.management.guided import GuidedCommand

KEYS = ("rulebook", "seen", "seen_rose_at", "at", "lines")


class Command(GuidedCommand):
    help = (
        "Print the standing of a ledger as JSON, without a database. The ledger is a CSV with the columns id, kind, "
        "status, gross, paid_at and, where known, tax, currency, rate, undoes, reference: kind is purchase, "
        "auto_recharge, invoice, grant, promo, transfer, refund or chargeback; status is succeeded, pending, failed "
        "or void; amounts are in the currency (USD unless told), rate is USD for one unit of it; instants are ISO "
        "8601 with their zone. With --batch it reads one JSON object a line from standard input and writes one "
        "standing a line."
    )
    examples = """
        manage.py standing --rulebook openai/2025-05 --seen tier-1 --at 2025-05-09T00:00:00Z ledger.csv
        echo '{"rulebook": "openai/2025-05", "seen": "tier-1", "at": "2025-05-09T00:00:00Z", "lines": [{"id": "1",
          "kind": "purchase", "status": "succeeded", "gross": "50.00", "paid_at": "2025-05-01T10:00:00Z"}]}' |
          tr -d '\\n' | manage.py standing --batch
    """
    exits = {1: "refused; standard error says why. With --batch, some lines were: each says why itself"}
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("ledger", nargs="?", metavar="LEDGER.csv", help="the ledger, or - for standard input")
        parser.add_argument("--rulebook", metavar="ID", help="a published edition, such as openai/2025-05")
        parser.add_argument("--seen", metavar="TIER", help="the tier that the provider shows")
        parser.add_argument("--seen-rose-at", metavar="INSTANT", help="when it last rose; unknown unless told")
        parser.add_argument("--at", metavar="INSTANT", help="the instant to look at, such as 2025-05-09T00:00:00Z")
        parser.add_argument(
            "--batch",
            action="store_true",
            help="JSON lines from standard input, as in the example",
        )

    def handle(self, **options: Any) -> None:
        if options["batch"]:
            if any(options[name] for name in ("ledger", "rulebook", "seen", "seen_rose_at", "at")):
                raise CommandError("--batch takes everything from standard input")
            self._batch(sys.stdin.buffer)
            return
        missing = [name for name in ("rulebook", "seen", "at", "ledger") if not options[name]]
        if missing:
            raise CommandError(f"missing: {', '.join('LEDGER.csv' if n == 'ledger' else '--' + n for n in missing)}")
        ask = {key: options[key] for key in ("rulebook", "seen", "seen_rose_at", "at")}
        try:
            standing = _standing(ask, _ledger(options["ledger"]))
        except ValueError as error:
            raise CommandError(str(error)) from None
        self.stdout.write(json.dumps(standing.as_json(), ensure_ascii=False, indent=2))

    def _batch(self, source: BinaryIO) -> None:
        """Answer line by line, each answer flushed, so that the caller may wait for it before asking on."""
        refused = 0
        for number, raw in enumerate(source, start=1):
            if not raw.strip():
                continue
            try:
                answer = _standing(_request(raw)).as_json()
            except (ValueError, RecursionError) as error:
                refused += 1
                answer = {"error": f"line {number}: {error}", "line": number}
            self.stdout.write(json.dumps(answer))
            self.stdout.flush()
        if refused:
            raise CommandError(f"{refused} {'line was' if refused == 1 else 'lines were'} refused")


def _request(raw: bytes) -> dict[str, Any]:
    """Read one request of a batch; ValueError when it is not JSON, not an object, or has unknown keys."""
    request = json.loads(raw.decode("utf-8-sig"), parse_float=Decimal, parse_constant=_refuse_constant)
    if not isinstance(request, dict):
        raise ValueError("must be a JSON object")
    for key in request:
        if key not in KEYS:
            raise ValueError(f"{key}: is not a known key")
    return request


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a number")


def _standing(request: Mapping[str, Any], ledger: list[rules.Line] | None = None) -> rules.Standing:
    """Assess one request, its `lines` unless the ledger is given. ValueError names what is wrong."""
    book, has_newer_edition = _book(_text(request, "rulebook"))
    at = _instant(request, "at")
    rose_at = _instant(request, "seen_rose_at") if request.get("seen_rose_at") is not None else None
    lines = _lines(request) if ledger is None else ledger
    seen = rules.Seen(_text(request, "seen"), rose_at)
    return rules.assess(book, lines, seen, at, rules.Circumstances(has_newer_edition=has_newer_edition))


@cache
def _book(rulebook_id: str) -> tuple[rules.Rulebook, bool]:
    editions = published.editions()
    if rulebook_id not in editions:
        raise ValueError(f"rulebook: {rulebook_id!r} is not one of {', '.join(editions)}")
    book = editions[rulebook_id]
    return book, book.is_followed_by_any(editions.values())


def _text(request: Mapping[str, Any], key: str) -> str:
    value = request.get(key)
    if not isinstance(value, str):
        raise ValueError(f"{key}: must be text" if key in request else f"{key}: is missing")
    return value


def _instant(request: Mapping[str, Any], key: str) -> datetime:
    text = _text(request, key)
    try:
        return rules.from_text(text)
    except ValueError as error:
        raise ValueError(f"{key}: {error}") from None


def _lines(request: Mapping[str, Any]) -> list[rules.Line]:
    rows = request.get("lines")
    if not isinstance(rows, list):
        raise ValueError("lines: must be a list")
    lines = []
    for position, row in enumerate(rows):
        if not isinstance(row, dict):
            raise ValueError(f"lines[{position}]: must be an object")
        try:
            lines.append(rules.line_from(row))
        except rules.LedgerError as error:
            raise ValueError(f"lines[{position}].{error}") from None
    try:
        rules.check_links(lines)
    except rules.LedgerError as error:
        raise ValueError(f"lines[{error.position}].{error}") from None
    return lines


def _ledger(path: str) -> list[rules.Line]:
    """Read a CSV ledger. ValueError names every line that is wrong, by its number in the file."""
    try:
        if path == "-":
            return _from_csv(sys.stdin.buffer.read().decode("utf-8-sig"))
        with open(path, "rb") as file:
            return _from_csv(file.read().decode("utf-8-sig"))
    except OSError as error:
        raise ValueError(f"{path}: {error.strerror}") from None
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise ValueError(f"line {line}: is not UTF-8") from None


def _from_csv(text: str) -> list[rules.Line]:
    numbers, lines, mistakes = [], [], []
    try:
        for number, row in _rows(io.StringIO(text, newline="")):
            try:
                lines.append(rules.line_from(row))
                numbers.append(number)
            except rules.LedgerError as error:
                mistakes.append(f"line {number}: {error}")
        if not mistakes:
            rules.check_links(lines)
    except rules.LedgerError as error:
        mistakes.append(f"line {numbers[error.position or 0]}: {error}")
    if mistakes:
        raise ValueError("\n".join(mistakes))
    return lines


def _rows(lines: Iterable[str]) -> Iterator[tuple[int, dict[str, str]]]:
    """Yield the line number and the row of every record; ValueError for a wrong header or a ragged row."""
    reader = csv.reader(lines, strict=True)
    header: list[str] = []
    try:
        for record in reader:
            if not header:
                header = _header(record)
            elif len(record) > len(header):
                raise ValueError(f"line {reader.line_num}: has more columns than the header")
            elif record:
                yield reader.line_num, dict(zip(header, record, strict=False))
    except csv.Error as error:
        raise ValueError(f"line {reader.line_num}: {error}") from None
    if not header:
        raise ValueError("line 1: the header is missing")


def _header(record: list[str]) -> list[str]:
    header = [name.strip() for name in record]
    if len(set(header)) < len(header):
        raise ValueError("line 1: a column stands twice")
    unknown = [name for name in header if name not in rules.COLUMNS]
    if unknown:
        raise ValueError(f"line 1: {unknown[0]!r} is not one of the columns {', '.join(rules.COLUMNS)}")
    missing = [name for name in rules.NEEDED_COLUMNS if name not in header]
    if missing:
        raise ValueError(f"line 1: the column {missing[0]} is missing")
    return header
