import sys
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from accounts import actions, exports
from accounts.models import User

EXAMPLES = """
examples:
  manage.py restore_workspace ann.json
  manage.py restore_workspace ann.json --for bo@example.org
"""


class Command(BaseCommand):
    help = (
        "Restore a workspace from the JSON that export_workspace wrote, whole or not at all: a file "
        "that is wrong is refused with the place of the mistake. Nothing is replaced: a workspace that is here already "
        "is refused. Its people are found by their e-mail addresses; who is new here is stored without a password and "
        "chooses one by 'Forgot your password?'. Rulebooks that are missing here are adopted. Mails that had not left "
        "leave from here if they are still true: stop the instance that wrote the file first."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.formatter_class = RawDescriptionHelpFormatter
        parser.epilog = EXAMPLES
        parser.add_argument("file", metavar="FILE", help="the JSON file, or - for standard input")
        parser.add_argument(
            "--for",
            dest="email",
            metavar="EMAIL",
            help="give it to this person alone; nobody else comes back, and every rulebook must be adopted already",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        person = None
        if options["email"]:
            person = User.objects.filter(email=options["email"].strip().lower()).first()
            if person is None:
                raise CommandError(f"Nobody here has the address {options['email']}.")
        standard_input = options["file"] == "-"
        try:
            with nullcontext(sys.stdin.buffer) if standard_input else Path(options["file"]).open("rb") as file:
                workspace = actions.restore_workspace(file, with_people=person is None, by=person, now=timezone.now())
        except OSError as error:
            raise CommandError(f"{options['file']}: {error.strerror}") from None
        except exports.DocumentError as error:
            raise CommandError(str(error)) from None
        self.stdout.write(f"{workspace.name} ({workspace.pk}) is back with {workspace.accounts.count()} account(s).")
