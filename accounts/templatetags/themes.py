"""Light or dark: by the person's choice, else by this browser's, else as the system says. Costs no query."""

from dataclasses import dataclass

from django.http import HttpRequest
from django.utils.functional import Promise
from django.utils.translation import pgettext_lazy

from accounts.models import User
from accounts.models.user import DARK, LIGHT, SYSTEM

COOKIE = "theme"
# What the browser's own frame may take on: `--surface` of tierdash.css, the colour of the masthead.
COLOURS = {LIGHT: "#ffffff", DARK: "#191c16"}
NAMES: dict[str, str | Promise] = {
    SYSTEM: pgettext_lazy("theme", "System"),
    LIGHT: pgettext_lazy("theme", "Light"),
    DARK: pgettext_lazy("theme", "Dark"),
}


@dataclass(frozen=True)
class Theme:
    """What the whole page wears: `name` is one of THEMES."""

    name: str

    @property
    def is_forced(self) -> bool:
        return self.name in COLOURS

    @property
    def scheme(self) -> str:
        """The value of CSS's color-scheme, which holds before any stylesheet is there."""
        return self.name if self.is_forced else "light dark"

    @property
    def colour(self) -> str:
        """The colour of a forced theme, else ""."""
        return COLOURS.get(self.name, "")

    @property
    def choices(self) -> list[tuple[str, str | Promise]]:
        return list(NAMES.items())


def of_browser(request: HttpRequest) -> Theme:
    """What was chosen in this browser: all that is known when there is no person and no database."""
    said = request.COOKIES.get(COOKIE, "")
    return Theme(said if said in NAMES else SYSTEM)


def of(request: HttpRequest) -> Theme:
    user = getattr(request, "user", None)
    return Theme(user.theme) if isinstance(user, User) and user.theme else of_browser(request)
