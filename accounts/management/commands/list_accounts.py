"""List the accounts, so that other commands can name them."""

from argparse import ArgumentParser
from typing import Any

from accounts.management.guided import GuidedCommand
from accounts.models import Account


class Command(GuidedCommand):
    help = (
        "List the accounts of every workspace, one a line, with tabs between: id, name, workspace, edition, the tier "
        "that the provider shows, advice of the stored standing. Accounts in the archive are left out unless asked "
        "for."
    )
    examples = """
        manage.py list_accounts
        manage.py list_accounts --workspace "Ann" --archived
    """

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--workspace", metavar="NAME", help="only those of workspaces of this name")
        parser.add_argument("--archived", action="store_true", help="those in the archive, too, marked so")

    def handle(self, *args: Any, **options: Any) -> None:
        accounts = Account.objects.select_related("workspace", "standing")
        accounts = accounts.order_by("workspace__created_at", "workspace_id", "name", "id")
        if options["workspace"]:
            accounts = accounts.filter(workspace__name=options["workspace"])
        if not options["archived"]:
            accounts = accounts.live()
        for account in accounts:
            advice = "in the archive" if account.is_archived else account.standing.advice_code
            facts = [account.pk, account.name, account.workspace.name, account.rulebook_id, account.seen_tier, advice]
            self.stdout.write("\t".join(map(str, facts)))
