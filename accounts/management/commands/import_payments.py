"""Import payments from a file, as the page does: look first with --dry-run, all or nothing, nothing twice."""

import sys
from pathlib import Path
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo, available_timezones

from django.core.management.base import CommandError, CommandParser
from django.utils import timezone

from accounts import actions
from accounts.gateways.tables import Unreadable
from accounts.management.guided import GuidedCommand, unusable
from accounts.models import Account, Import, Rulebook
from accounts.templatetags.imports import import_refusal, problem_words, why_unreadable

MOST_SHOWN = 20
NOT_UNDERSTOOD = "Some rows are not understood; --leave-out leaves them out. Nothing was written."


class Command(GuidedCommand):
    help = (
        "Import the payments of a CSV or XLSX file (or of pasted lines) into an account. The columns are found by "
        "their headings, English or Chinese (date, amount, status, invoice number, tax, currency ...), or as they "
        "were named on the page for such a table before. Payments that the ledger holds already are not added again, "
        "so the same file can be given any number of times. All rows are written in one transaction, or none. What is "
        "not understood is told on standard error, row by row; what would come of it, on standard output."
    )
    examples = """
        manage.py list_accounts
        manage.py import_payments --account production-eu --dry-run bills.csv
        manage.py import_payments --account production-eu --time-zone Asia/Shanghai bills.xlsx
        cat bills.csv | manage.py import_payments --account 584712b8-0527-484a-b9a8-89414bbb9b10 --leave-out -
    """
    exits = {0: "done, or nothing was new", 1: "refused, and nothing was written; standard error says why"}

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", metavar="FILE", help="the file; - reads standard input")
        parser.add_argument(
            "--account",
            required=True,
            metavar="NAME_OR_ID",
            help="the account by its id, or by its name where only one has it; `manage.py list_accounts` shows both",
        )
        parser.add_argument("--dry-run", action="store_true", help="say what would be imported and write nothing")
        parser.add_argument("--leave-out", action="store_true", help="leave out rows that are not understood")
        parser.add_argument(
            "--time-zone",
            default="UTC",
            metavar="ZONE",
            help="of days without a zone, such as Asia/Shanghai (default: UTC)",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["time_zone"] not in available_timezones():
            raise CommandError(f"{options['time_zone']!r} is no time zone, such as Europe/Berlin")
        zone, now = ZoneInfo(options["time_zone"]), timezone.now()
        account, (content, name) = _account(options["account"]), _content(options["file"])
        try:
            held = actions.begin_import(account, content=content, file_name=name, zone=zone, by=None, now=now)
        except Unreadable as error:
            raise CommandError(f"{options['file']}: {why_unreadable(error.code, error.line)}") from None
        except actions.ImportRefused as refusal:
            raise CommandError(import_refusal(refusal.code)) from None
        has_new = self._tell(account, held, zone)
        if options["dry_run"] or not has_new:
            actions.cancel_import(held, by=None, now=now)
            if held.left_out and not (options["dry_run"] or options["leave_out"]):
                raise CommandError(NOT_UNDERSTOOD)
            self.stdout.write("Nothing was written." if options["dry_run"] else "No row is new: nothing was written.")
            return
        self._carry_out(held, leaves_out=options["leave_out"])

    def _tell(self, account: Account, held: Import, zone: ZoneInfo) -> bool:
        """Say what would come of it; whether anything is new."""
        now = timezone.now()
        reading = actions.read_import(held, now=now)
        shelf = Rulebook.objects.of(account.provider).shelf()
        preview = actions.preview_import(account, reading, zone=zone, shelf=shelf, now=now)
        counts = preview.counts
        self.stdout.write(
            f"{account.name}: {counts['new']} new, {counts['duplicate']} there already, "
            f"{counts['conflict']} in conflict, {reading.troubled} not understood"
        )
        troubled = [row for row in reading.rows if row.problems]
        for row in troubled[:MOST_SHOWN]:
            for problem in row.problems:
                words = problem_words(problem.field, problem.code)
                self.stderr.write(f"line {reading.table.lines[row.place]}: {problem.field} {problem.text!r}: {words}")
        before, after = preview.before, preview.after
        self.stdout.write(
            f"counted: {before.tally.total_usd} -> {after.tally.total_usd} USD; "
            f"advice: {before.advice.code} {before.advice.tier.id} -> {after.advice.code} {after.advice.tier.id}"
        )
        return preview.has_new()

    def _carry_out(self, held: Import, *, leaves_out: bool) -> None:
        try:
            actions.start_import(held, leaves_out=leaves_out, by=None, now=timezone.now())
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
            self.stdout.write(f"{held.added} payments imported.")


def _account(named: str) -> Account:
    try:
        found = list(Account.objects.filter(pk=UUID(named)))
    except ValueError:
        found = list(Account.objects.live().filter(name__iexact=named).order_by("id")[:2])
    if not found:
        raise CommandError(f"There is no account {named!r}. `manage.py list_accounts` shows them all.")
    if len(found) > 1:
        raise CommandError(f"Several accounts are called {named!r}: name one by its id (`manage.py list_accounts`).")
    return found[0]


def _content(path: str) -> tuple[bytes, str]:
    try:
        return (sys.stdin.buffer.read(), "") if path == "-" else (Path(path).read_bytes(), Path(path).name)
    except OSError as error:
        raise unusable(path, error) from None
