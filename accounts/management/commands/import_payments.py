"""Import payments from a file, as the page does: look first with --dry-run, all or nothing, nothing twice."""

import re
import sys
from dataclasses import replace
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID
from zoneinfo import ZoneInfo, available_timezones

from django.core.management.base import CommandError, CommandParser
from django.db.models import QuerySet
from django.utils import timezone

from accounts import actions
from accounts.gateways.tables import Unreadable
from accounts.management.guided import GuidedCommand, unusable
from accounts.models import Account, Import, Rulebook, Workspace
from accounts.rules import imports as rules
from accounts.templatetags.imports import import_refusal, problem_words, why_unreadable

MOST_SHOWN = 20
Home = TypeVar("Home", Account, Workspace)
NOT_UNDERSTOOD = "Some rows are not understood; --leave-out leaves them out. Nothing was written."


class Command(GuidedCommand):
    help = (
        "Import the payments of a CSV or XLSX file, of pasted lines or of receipt mails into an account, or into every "
        "account of a workspace: then a column such as Account, Organization or Org ID names the account of each row, "
        "by its reference (org-...) or its name. The columns are found by their headings, English or Chinese (date, "
        "amount, status, invoice number, tax, currency ...), or as they were named on the page for such a table "
        "before. What a file leaves open is said with the options below; without them such rows are not understood. "
        "Payments that a ledger holds already are not added again, so the same file can be given any number of times. "
        "All rows are written in one transaction, or none. What is not understood is told on standard error, row by "
        "row; what would come of it, on standard output."
    )
    examples = """
        manage.py list_accounts
        manage.py import_payments --account production-eu --dry-run bills.csv
        manage.py import_payments --account production-eu --time-zone Asia/Shanghai bills.xlsx
        manage.py import_payments --workspace "Agency" bills-of-all.csv
        cat bills.csv | manage.py import_payments --account 584712b8-0527-484a-b9a8-89414bbb9b10 --leave-out -
    """
    exits = {0: "done, or nothing was new", 1: "refused, and nothing was written; standard error says why"}

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", metavar="FILE", help="the file; - reads standard input")
        home = parser.add_mutually_exclusive_group(required=True)
        home.add_argument(
            "--account",
            metavar="NAME_OR_ID",
            help="the account, by id or, where only one has it, by name; `manage.py list_accounts` shows both",
        )
        home.add_argument(
            "--workspace",
            metavar="NAME_OR_ID",
            help="the workspace, by its id or, where only one has it, name: rows go to the accounts that they name",
        )
        parser.add_argument("--dry-run", action="store_true", help="say what would be imported and write nothing")
        parser.add_argument("--leave-out", action="store_true", help="leave out rows that are not understood")
        parser.add_argument(
            "--time-zone",
            default="UTC",
            metavar="ZONE",
            help="of days without a zone, such as Asia/Shanghai (default: UTC)",
        )
        parser.add_argument("--sheet", metavar="NAME", help="the sheet of a workbook (default: the first with rows)")
        said = parser.add_argument_group("what a file leaves open")
        said.add_argument("--order", choices=("day", "month"), help="what stands first in 04/05/2025")
        said.add_argument("--decimal", choices=(".", ","), help="the sign before the cents")
        said.add_argument("--yen", choices=rules.YENS, help="what a bare ¥ is")
        said.add_argument("--refunded", choices=rules.REFUNDED_AS, help="what the status refunded says of a row")
        said.add_argument("--minus", choices=rules.MINUS_IS, help="what amounts are, where every one has a minus")
        said.add_argument(
            "--currency", metavar="CODE", help="of amounts without one (default: that of the heading, USD)"
        )
        said.add_argument(
            "--rate",
            action="append",
            default=[],
            metavar="CODE=USD",
            help="US dollars for one unit of a currency, such as EUR=1.08; repeatable",
        )
        said.add_argument(
            "--named",
            action="append",
            default=[],
            metavar="NAME=ACCOUNT",
            help="whose rows are that name no account, such as org-9=production; repeatable; NAME=- leaves them out",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["time_zone"] not in available_timezones():
            raise CommandError(f"{options['time_zone']!r} is no time zone, such as Europe/Berlin")
        zone, now = ZoneInfo(options["time_zone"]), timezone.now()
        home, (content, name) = _home(options), _content(options["file"])
        try:
            held = actions.begin_import(home, content=content, file_name=name, zone=zone, by=None, now=now)
            reading = self._say(held, options)
        except Unreadable as error:
            raise CommandError(f"{options['file']}: {why_unreadable(error.code, error.line)}") from None
        except actions.ImportRefused as refusal:
            raise CommandError(import_refusal(refusal.code)) from None
        has_new = self._tell(held, reading, home)
        if options["dry_run"] or not has_new:
            actions.cancel_import(held, by=None, now=now)
            if held.left_out and not (options["dry_run"] or options["leave_out"]):
                raise CommandError(NOT_UNDERSTOOD)
            self.stdout.write("Nothing was written." if options["dry_run"] else "No row is new: nothing was written.")
            return
        self._carry_out(held, leaves_out=options["leave_out"])

    def _say(self, held: Import, options: dict[str, Any]) -> actions.Reading:
        """Read a draft as the options say."""
        now = timezone.now()
        if options["sheet"]:
            sheets = actions.read_table(bytes(held.content)).sheets
            if options["sheet"] not in sheets:
                raise CommandError(f"There is no sheet {options['sheet']!r}, but {', '.join(sheets) or 'none at all'}.")
            actions.choose_sheet(held, sheet=options["sheet"], by=None, now=now)
        before = held.open_choices
        names = ("order", "decimal", "yen", "refunded", "minus", "currency")
        choices = replace(
            before,
            **{name: options[name] for name in names if options[name]},
            rates={**before.rates, **dict(map(_rate, options["rate"]))},
            accounts={**before.accounts, **dict(_named(pair, held) for pair in options["named"])},
        )
        return actions.map_import(held, columns=held.columns, choices=choices, by=None, now=now)

    def _tell(self, held: Import, reading: actions.Reading, home: Account | Workspace) -> bool:
        """Say what would come of it; whether anything is new."""
        accounts = actions.accounts_in(held, reading)
        shelf = Rulebook.objects.of(*{account.provider for account in accounts}).shelf()
        zone, now = ZoneInfo(held.zone), timezone.now()
        preview = actions.preview_import(accounts, reading, zone=zone, shelf=shelf, now=now)
        left_out = f", {reading.skipped} left out" if reading.skipped else ""
        self.stdout.write(f"{home.name}: {_counts(preview.counts)}, {reading.troubled} not understood{left_out}")
        troubled = [row for row in reading.rows if row.problems and not row.is_left_out]
        for row in troubled[:MOST_SHOWN]:
            for problem in row.problems:
                words = problem_words(problem.field, problem.code)
                self.stderr.write(f"line {reading.table.lines[row.place]}: {problem.field} {problem.text!r}: {words}")
        if len(troubled) > MOST_SHOWN:
            self.stderr.write(f"and {len(troubled) - MOST_SHOWN} more")
        for part in preview.parts:
            self._tell_part(part, is_alone=isinstance(home, Account))
        return preview.has_new()

    def _tell_part(self, part: actions.Part, *, is_alone: bool) -> None:
        before, after = part.before, part.after
        name = "" if is_alone else f"{part.account.name}: {_counts(part.counts)}; "
        self.stdout.write(
            f"{name}counted: {before.tally.total_usd} -> {after.tally.total_usd} USD; "
            f"advice: {before.advice.code} {before.advice.tier.id} -> {after.advice.code} {after.advice.tier.id}"
        )

    def _carry_out(self, held: Import, *, leaves_out: bool) -> None:
        try:
            held = actions.start_import(held, leaves_out=leaves_out, by=None, now=timezone.now())
        except actions.ImportRefused as refusal:
            actions.cancel_import(held, by=None, now=timezone.now())
            raise CommandError(
                NOT_UNDERSTOOD if refusal.code == "not_understood" else import_refusal(refusal.code)
            ) from None
        if held.is_under_way:
            actions.take_imports(now=timezone.now())
            held.refresh_from_db()
        if held.is_under_way:
            self.stdout.write(f"The clock is importing it: {held.pk}")
        elif held.state != "done":
            raise CommandError(import_refusal(held.error) if held.error else "Nothing was written.")
        else:
            self.stdout.write(f"Payments imported: {held.added}.")


def _counts(counts: Any) -> str:
    return f"{counts['new']} new, {counts['duplicate']} there already, {counts['conflict']} in conflict"


def _home(options: dict[str, Any]) -> Account | Workspace:
    if options["account"]:
        return _only(Account.objects.all(), Account.objects.live(), options["account"], "account")
    return _only(Workspace.objects.all(), Workspace.objects.all(), options["workspace"], "workspace")


def _only(all_: QuerySet[Home], named: QuerySet[Home], said: str, kind: str) -> Home:
    """The one that an id or a name means."""
    try:
        found = list(all_.filter(pk=UUID(said)))
    except ValueError:
        found = list(named.filter(name__iexact=said).order_by("id")[:2])
    if not found:
        raise CommandError(f"There is no {kind} {said!r}. `manage.py list_accounts` shows them all.")
    if len(found) > 1:
        raise CommandError(f"Several {kind}s are called {said!r}: name one by its id (`manage.py list_accounts`).")
    return found[0]


def _rate(pair: str) -> tuple[str, Decimal]:
    currency, _, said = pair.partition("=")
    try:
        rate = Decimal(said)
    except InvalidOperation:
        rate = Decimal(0)
    if not re.fullmatch("[A-Z]{3}", currency) or not 0 < rate < Decimal(10) ** 6:
        raise CommandError(f"--rate {pair!r} is no rate, such as EUR=1.08")
    return currency, rate


def _named(pair: str, held: Import) -> tuple[str, str]:
    """A name of the table, and the id of the account that it means."""
    name, sign, account = pair.rpartition("=")
    if not sign:
        raise CommandError(f"--named {pair!r} must say NAME=ACCOUNT")
    if account == rules.LEAVE_OUT:
        return rules.name_key(name), account
    mine = Account.objects.filter(workspace=held.home)
    return rules.name_key(name), str(_only(mine, mine.live(), account, "account").pk)


def _content(path: str) -> tuple[bytes, str]:
    try:
        return (sys.stdin.buffer.read(), "") if path == "-" else (Path(path).read_bytes(), Path(path).name)
    except OSError as error:
        raise unusable(path, error) from None
