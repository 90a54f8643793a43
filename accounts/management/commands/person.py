"""Let people in who cannot or must not sign up themselves, and list who is here."""

from argparse import ArgumentParser
from typing import Any
from zoneinfo import available_timezones

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.management.base import CommandError
from django.core.validators import validate_email
from django.urls import reverse
from django.utils import timezone

from accounts import actions, rules
from accounts.management.guided import GuidedCommand
from accounts.models import User


class Command(GuidedCommand):
    help = (
        "Let a person in, with a workspace of their own, also where signing up is closed (TIERDASH_SIGN_UP=false); or "
        "list who is here. A new person has no password: they choose one by 'Forgot your password?' on the log-in "
        "page, or you set one with `manage.py changepassword EMAIL`, which is the way where no mail server is set."
    )
    examples = """
        manage.py person create ann@example.org --name "Ann" --time-zone Europe/Berlin
        manage.py person create admin@example.org --administrator
        manage.py person list
    """

    def add_arguments(self, parser: ArgumentParser) -> None:
        ways = parser.add_subparsers(dest="way", required=True, metavar="create | list")
        create = ways.add_parser("create", help="let a person in")
        create.add_argument("email", metavar="EMAIL", help="the address that they sign in with")
        create.add_argument("--name", default="", help="the name on screen, up to 100 characters")
        languages = [code for code, _name in settings.LANGUAGES]
        create.add_argument("--language", choices=languages, default=languages[0], help="of pages and mails (en)")
        create.add_argument("--time-zone", default="UTC", metavar="ZONE", help="such as Asia/Shanghai (UTC)")
        create.add_argument("--administrator", action="store_true", help="may run the instance")
        ways.add_parser("list", help="list everybody: address, name, rights, last log-in, workspaces with roles")

    def handle(self, *args: Any, **options: Any) -> None:
        self._create(options) if options["way"] == "create" else self._list()

    def _create(self, options: dict[str, Any]) -> None:
        try:
            validate_email(options["email"].strip())
        except ValidationError:
            raise CommandError(f"{options['email']!r} is no e-mail address.") from None
        if options["time_zone"] not in available_timezones():
            raise CommandError(f"{options['time_zone']!r} is no time zone, such as Europe/Berlin.")
        if len(options["name"]) > 100 or not options["name"].isprintable():
            raise CommandError("--name must have at most 100 characters, in one line.")
        facts = {name: options[name] for name in ("name", "language", "time_zone")}
        is_administrator = options["administrator"]
        try:
            user = actions.let_in(options["email"], is_administrator=is_administrator, now=timezone.now(), **facts)
        except actions.AlreadyHere:
            raise CommandError(f"{options['email']} is here already.") from None
        page = f"{settings.SITE_URL}{reverse('account_reset_password')}"
        self.stdout.write(f"{user.email} is here. They choose a password at {page}, or you set one:")
        self.stdout.write(f"manage.py changepassword {user.email}")

    def _list(self) -> None:
        for user in User.objects.order_by("id").prefetch_related("memberships__workspace"):
            rights = "locked out" if not user.is_active else "administrator" if user.is_superuser else "person"
            homes = ", ".join(f"{each.workspace.name} ({each.role})" for each in user.memberships.all())
            seen = rules.as_text(user.last_login) or "never"
            self.stdout.write("\t".join([user.email, user.name, rights, f"last here {seen}", homes]))
