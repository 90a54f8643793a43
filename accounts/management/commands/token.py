"""Make, list and revoke the tokens of people's scripts."""

import uuid
from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.core.management.base import CommandError
from django.utils import timezone

from accounts import actions, rules
from accounts.management.guided import GuidedCommand, find_person
from accounts.models import Token
from accounts.models.token import SCOPES


class Command(GuidedCommand):
    help = (
        "Make, list and revoke the tokens with which scripts ask in a person's name. A script sends its token as the "
        "header 'Authorization: Bearer <token>' to /api/v1/; docs/api.md tells what it can ask. A new token is "
        "printed once, alone, on standard output; tierdash keeps only its hash. `token create --help` tells its "
        "options."
    )
    examples = """
        manage.py person list
        manage.py token create ann@example.org --name "nightly import" --scope record --days 90
        TOKEN=$(manage.py token create ann@example.org --name backup)
        manage.py token list ann@example.org
        manage.py token revoke 7
    """

    def add_arguments(self, parser: ArgumentParser) -> None:
        ways = parser.add_subparsers(dest="way", required=True, metavar="create | list | revoke")
        create = ways.add_parser("create", help="make a token and print it, this once")
        create.add_argument("email", metavar="EMAIL", help="the person in whose name the script asks")
        create.add_argument("--name", required=True, help="where it will be used, up to 100 characters")
        create.add_argument(
            "--scope",
            choices=SCOPES,
            default=SCOPES[0],
            help="read (unless told); record: also record payments and sightings; write: also change whatever the "
            "person may",
        )
        create.add_argument("--days", type=int, default=90, help="days for which it works; 0 for ever (90 unless told)")
        listing = ways.add_parser("list", help="list tokens: number, state, scope, beginning, last use, end, name")
        listing.add_argument("email", metavar="EMAIL", nargs="?", help="only this person's; everybody's when left out")
        revoke = ways.add_parser("revoke", help="end a token at once and for good")
        revoke.add_argument("number", metavar="NUMBER", type=int, help="the first column of the list")

    def handle(self, *args: Any, **options: Any) -> None:
        {"create": self._create, "list": self._list, "revoke": self._revoke}[options["way"]](options)

    def _create(self, options: dict[str, Any]) -> None:
        if options["days"] not in range(3651):
            raise CommandError("--days must be between 0 and 3650")
        if not options["name"].strip() or len(options["name"]) > 100:
            raise CommandError("--name must have 1 to 100 characters")
        now = timezone.now()
        try:
            made = actions.make_token(
                find_person(options["email"]),
                name=options["name"].strip(),
                scopes=SCOPES[: SCOPES.index(options["scope"]) + 1],
                expires_at=now + timedelta(days=options["days"]) if options["days"] else None,
                form_key=uuid.uuid4(),
                now=now,
            )
        except actions.TokenRefused:
            raise CommandError("this person has too many tokens: revoke some that nothing uses any more") from None
        # The token alone goes to standard output, so that a script can take it from there.
        self.stderr.write(f"Token {made.token.pk}; it is shown this once:")
        self.stdout.write(made.secret)

    def _list(self, options: dict[str, Any]) -> None:
        tokens = Token.objects.order_by("id").select_related("user")
        if options["email"]:
            tokens = tokens.filter(user=find_person(options["email"]))
        for token in tokens:
            ended = token.expires_at is not None and token.expires_at <= timezone.now()
            state = "revoked" if token.is_revoked else "expired" if ended else "works"
            used = rules.as_text(token.last_used_at) or "never"
            until = rules.as_text(token.expires_at) or "ever"
            scope = max(token.scopes, key=SCOPES.index)
            facts = [token.pk, state, scope, f"{token.prefix}…", f"used {used}", f"until {until}", token.user.email]
            self.stdout.write("\t".join(str(fact) for fact in [*facts, token.name]))

    def _revoke(self, options: dict[str, Any]) -> None:
        token = Token.objects.filter(pk=options["number"]).first()
        if token is None:
            raise CommandError(f"there is no token {options['number']}")
        actions.revoke_token(token, now=timezone.now())
        self.stdout.write(f"revoked {token.name} ({token.prefix}…)")
