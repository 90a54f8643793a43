"""Commands whose --help suffices: what they do, lines to copy, exit codes; and whose mistakes are one line each."""

import textwrap
from argparse import SUPPRESS, RawDescriptionHelpFormatter
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser, DjangoHelpFormatter
from django.db import OperationalError

from accounts.models import User

WIDTH = 100
EXITS = {0: "done", 1: "refused; standard error says why", 2: "the call itself is wrong; standard error says where"}


class GuidedCommand(BaseCommand):
    """`help` says what it does, `examples` are lines to copy, `exits` what its codes mean where that differs."""

    # What Django offers every command works here too, and is nothing that an operator needs to read.
    suppressed_base_arguments = {
        *("--version", "--verbosity", "--settings", "--pythonpath", "--traceback", "--no-color", "--force-color"),
    }
    examples = ""
    exits: dict[int, str] = {}

    def create_parser(self, prog_name: str, subcommand: str, **options: Any) -> CommandParser:
        parser = super().create_parser(prog_name, subcommand, formatter_class=_Format, **options)
        for action in parser._actions:
            if "--skip-checks" in action.option_strings:  # the one that cannot be suppressed otherwise
                action.help = SUPPRESS
        parser.description = textwrap.fill(self.help, WIDTH)
        codes = [f"  {code}  {words}" for code, words in (EXITS | self.exits).items()]
        examples = textwrap.indent(textwrap.dedent(self.examples).strip(), "  ")
        parser.epilog = "\n".join(["examples:", examples, "", "exit codes:", *codes])
        return parser

    def execute(self, *args: Any, **options: Any) -> str | None:
        try:
            return super().execute(*args, **options)
        except OperationalError as error:
            reason = str(error).splitlines()[0]
            raise CommandError(f"The database does not answer. Is tierdash running? ({reason})") from error


class _Format(RawDescriptionHelpFormatter, DjangoHelpFormatter):
    """Keep examples as they are, and Django's own options last."""


def find_person(email: str) -> User:
    """The person who signs in with an address."""
    user = User.objects.filter(email=email.strip().lower()).first()
    if user is None:
        raise CommandError(f"Nobody here has the address {email}. `manage.py person list` shows everybody.")
    return user


def unusable(path: str, error: OSError) -> CommandError:
    """A file that cannot be read or written, in one line."""
    return CommandError(f"{path}: {error.strerror or error}")
