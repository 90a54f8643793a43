"""The keys that secrets are sealed with: look, add one, seal everything anew, take one off."""

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError

from accounts import actions
from accounts.gateways import keyring
from accounts.management.guided import GuidedCommand


class Command(GuidedCommand):
    help = (
        "Look at, add, use and take off the keys that secrets of channels are sealed with: the addresses and signing "
        "secrets of webhooks and chat services. To replace a key: add one (or put it first in TIERDASH_KEYRING and "
        "restart), rotate, drop the old one. Where the keyring is a file nothing has to be stopped for it: every part "
        "reads it anew each time it needs it."
    )
    examples = """
        manage.py keyring check
        manage.py keyring add
        manage.py keyring rotate
        manage.py keyring drop 5f0c1d7a
    """

    def add_arguments(self, parser: ArgumentParser) -> None:
        ways = parser.add_subparsers(dest="way", required=True, metavar="check | add | rotate | drop")
        ways.add_parser("check", help="open every secret, and say which key is used how often")
        ways.add_parser("add", help="put a new key first, so that it seals from now on")
        ways.add_parser("rotate", help="seal everything anew with the first key")
        drop = ways.add_parser("drop", help="take a key off that nothing uses any more")
        drop.add_argument("key", help="the id of the key")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            {"check": self._check, "add": self._add, "rotate": self._rotate, "drop": self._drop}[options["way"]](
                options
            )
        except keyring.KeyringError as error:
            raise CommandError(str(error)) from error

    def _check(self, options: dict[str, Any]) -> None:
        ring, counts = keyring.held(), actions.check_secrets()
        for place, key in enumerate(ring.keys):
            self.stdout.write(f"{key}: {counts[key]} secrets{'' if place else ', and it seals new ones'}")

    def _add(self, options: dict[str, Any]) -> None:
        _demand_a_file()
        self.stdout.write(f"{keyring.add_key(settings.KEYRING_PATH)} seals from now on. Next: manage.py keyring rotate")

    def _rotate(self, options: dict[str, Any]) -> None:
        changed, ring = actions.seal_anew(), keyring.held()
        self.stdout.write(f"The secrets of {changed} channels were sealed anew with {ring.current}.")
        for key in list(ring.keys)[1:]:
            self.stdout.write(f"Nothing uses {key} any more. To take it off: manage.py keyring drop {key}")

    def _drop(self, options: dict[str, Any]) -> None:
        _demand_a_file()
        key = options["key"]
        if actions.check_secrets()[key]:
            raise CommandError(f"{key} is in use: run 'manage.py keyring rotate' first.")
        keyring.drop_key(settings.KEYRING_PATH, key)
        self.stdout.write(f"{key} is off the ring. Backups from before need it: keep it with them.")


def _demand_a_file() -> None:
    if settings.KEYRING:
        raise CommandError("The keyring comes from TIERDASH_KEYRING: change it there.")
