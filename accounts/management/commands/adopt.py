"""Take over the published editions that are new."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError
from django.utils import timezone

from accounts import actions, rules
from accounts.gateways import published
from accounts.management.guided import GuidedCommand


class Command(GuidedCommand):
    help = (
        "Adopt the published rulebooks (accounts/rules/published/<provider>/<edition>.toml) that are new here. "
        "Accounts that follow their provider move to the edition in force at the next round of the clock, and every "
        "account of the provider is looked at again. What is adopted never changes: an edition that differs from the "
        "adopted one of its name is refused, and nothing is adopted then. It prints the adopted editions, one a line; "
        "nothing when none is new."
    )
    examples = """
        manage.py adopt --dry-run
        manage.py adopt
    """

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="say what would be adopted, and write nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            editions = published.editions().values()
            if options["dry_run"]:
                for edition, accounts in actions.preview_adoption(editions).items():
                    self.stdout.write(f"would adopt {edition}: {accounts} account(s) to look at again")
            else:
                for edition in actions.adopt(editions, now=timezone.now()):
                    self.stdout.write(f"adopted {edition}")
        except (rules.RulebookError, actions.EditionChanged) as error:
            raise CommandError(str(error)) from error
