"""Bring a workspace back from its document."""

import sys
from argparse import ArgumentParser
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError
from django.utils import timezone

from accounts import actions, exports
from accounts.management.guided import GuidedCommand, find_person, unusable


class Command(GuidedCommand):
    help = (
        "Restore a workspace from the JSON that export_workspace or the page Export wrote, whole or not at all: a "
        "file that is wrong is refused with the place of the mistake. Nothing is replaced: a workspace that is here "
        "already is refused. Its people are found by their e-mail addresses; who is new here is stored without a "
        "password and chooses one by 'Forgot your password?'. Rulebooks that are missing here are adopted. Mails that "
        "had not left leave from here if they are still true: stop the instance that wrote the file first. It takes "
        "about half a minute and half a gigabyte of memory for 100,000 payments, in one transaction."
    )
    examples = """
        manage.py restore_workspace ann.json
        manage.py restore_workspace ann.json --for bo@example.org
        gunzip -c ann.json.gz | manage.py restore_workspace -
    """

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", metavar="FILE", help="the JSON file, of any size, or - for standard input")
        parser.add_argument(
            "--for",
            dest="email",
            metavar="EMAIL",
            help="give it to this person alone, who must be here (`manage.py person list`); nobody else comes back, "
            "and every rulebook must be adopted already",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        person = find_person(options["email"]) if options["email"] else None
        path = options["file"]
        try:
            with nullcontext(sys.stdin.buffer) if path == "-" else Path(path).open("rb") as file:
                workspace = actions.restore_workspace(
                    file, with_people=person is None, by=person, now=timezone.now(), most_bytes=None
                )
        except OSError as error:
            raise unusable(path, error) from None
        except exports.DocumentError as error:
            raise CommandError(str(error)) from None
        self.stdout.write(f"{workspace.name} ({workspace.pk}) is back; accounts: {workspace.accounts.count()}.")
