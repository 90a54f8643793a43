from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from accounts import actions, rules
from accounts.gateways import published


class Command(BaseCommand):
    help = "Adopt the published rulebooks that are new; accounts of their providers are looked at again at once."

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
