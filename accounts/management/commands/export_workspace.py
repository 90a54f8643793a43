"""Write a workspace to a file."""

import json
import os
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any
from uuid import UUID

from django.core.management.base import CommandError
from django.utils import timezone

from accounts import exports
from accounts.management.guided import GuidedCommand, unusable
from accounts.models import Workspace


class Command(GuidedCommand):
    help = (
        "Write a workspace to a file: as json, everything in it, which restore_workspace reads again "
        "(docs/export.md); as csv, a ZIP of tables; or as xlsx, a workbook of the same tables. It changes nothing "
        "here. A file that is there is replaced once the new one is whole. The file names people and payments, so "
        "keep it safe; it holds no passwords and no secret addresses."
    )
    examples = """
        manage.py export_workspace --list
        manage.py export_workspace "Ann" -o ann.json
        manage.py export_workspace 584712b8-0527-484a-b9a8-89414bbb9b10 --format xlsx -o ann.xlsx
        manage.py export_workspace "Ann" | gzip > ann.json.gz
    """

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "workspace", nargs="?", metavar="NAME_OR_ID", help="the workspace's name, or its id; --list shows both"
        )
        parser.add_argument("--format", choices=list(exports.FORMATS), default="json", help="json unless told")
        parser.add_argument("-o", "--output", metavar="FILE", help="the file to write; standard output unless told")
        parser.add_argument("--schema", action="store_true", help="print the JSON Schema of the json, and nothing else")
        parser.add_argument(
            "--list", action="store_true", help="list the workspaces, one a line, with tabs between: id, name, owners"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["schema"]:
            self.stdout.write(json.dumps(exports.json_schema(), ensure_ascii=False, indent=1))
            return
        if options["list"]:
            self._list()
            return
        workspace = self._workspace(options["workspace"])
        _suffix, _type, pieces_of = exports.FORMATS[options["format"]]
        pieces = pieces_of(workspace, now=timezone.now())
        if not options["output"] or options["output"] == "-":
            try:
                sys.stdout.buffer.writelines(pieces)
                sys.stdout.flush()
            except BrokenPipeError:
                os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # nobody is left to be told at the exit
                raise CommandError("Whoever reads this has gone.") from None
            return
        output = Path(options["output"])
        unfinished = output.with_name(f"{output.name}.unfinished")
        try:
            with unfinished.open("wb") as file:
                file.writelines(pieces)
            unfinished.replace(output)
        except OSError as error:
            unfinished.unlink(missing_ok=True)
            raise unusable(options["output"], error) from None
        self.stderr.write(f"{workspace.name} ({workspace.pk}) is written to {output}.")

    def _list(self) -> None:
        for workspace in Workspace.objects.order_by("created_at", "id").prefetch_related("memberships__user"):
            owners = [each.user.email for each in workspace.memberships.all() if each.role == "owner"]
            self.stdout.write(f"{workspace.pk}\t{workspace.name}\t{', '.join(owners)}")

    def _workspace(self, said: str | None) -> Workspace:
        if not said:
            raise CommandError("Which workspace? Name one, or see them all with --list.")
        try:
            found = list(Workspace.objects.filter(pk=UUID(said)))
        except ValueError:
            found = list(Workspace.objects.filter(name=said).order_by("created_at"))
        if not found:
            raise CommandError(f"There is no workspace {said!r}. --list shows them all.")
        if len(found) > 1:
            raise CommandError(f"{len(found)} workspaces are called {said!r}. Name one by its id; --list shows them.")
        return found[0]
