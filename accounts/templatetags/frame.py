"""What surrounds every page: where one can go, whose page it is, whether the clock is alive."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property

from django import template
from django.conf import settings
from django.core.paginator import Paginator
from django.db.models import Count, Subquery, Value
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.models import Account, JobRun, User, Workspace
from accounts.templatetags import themes

register = template.Library()

MOST_COUNTED = 10
SILENCE = timedelta(minutes=5)
PAGES: dict[str, str | Promise] = {
    "board": _("Board"),
    "planner": _("Plan"),
    "models": _("Models"),
    "doctor": _("Errors"),
    "guide": _("Guide"),
    "rulebooks": _("Rulebooks"),
    "notices": _("Notices"),
}
# The pages behind "Plan", which lead to each other.
PLANNING: dict[str, str | Promise] = {
    "planner": PAGES["planner"],
    "capacity": _("Capacity"),
    "alternatives": _("Alternatives"),
    "relays": _("Relays"),
}
BEHIND = {"planner": tuple(PLANNING), "notices": ("notices", "channels")}
# What a stranger may read.
OPEN_PAGES = {"guide": PAGES["guide"]}
STAFF_PAGES: dict[str, str | Promise] = {"mailbox": _("Local mailbox"), "styleguide": _("Style guide")}


@dataclass(frozen=True)
class Page:
    label: str | Promise
    address: str
    is_current: bool


class Frame:
    """Facts for base.html. Each is asked for once, and only when a template uses it: a fragment costs nothing."""

    def __init__(self, request: HttpRequest) -> None:
        self._request = request

    @property
    def _user(self) -> User | None:
        user = getattr(self._request, "user", None)
        return user if isinstance(user, User) else None

    @cached_property
    def theme(self) -> themes.Theme:
        return themes.of(self._request)

    @cached_property
    def pages(self) -> list[Page]:
        return list(self._pages(PAGES if self._user else OPEN_PAGES))

    @cached_property
    def planning(self) -> list[Page]:
        return list(self._pages(PLANNING, behind={}))

    @cached_property
    def staff_pages(self) -> list[Page]:
        return list(self._pages(STAFF_PAGES)) if self._user and self._user.is_staff else []

    def _pages(self, names: dict[str, str | Promise], behind: Mapping[str, tuple[str, ...]] = BEHIND) -> Iterator[Page]:
        for name, label in names.items():
            try:
                address = reverse(f"accounts:{name}")
            except NoReverseMatch:  # an instance may be without a page, such as the mailbox where mail really leaves
                continue
            yield Page(label, address, any(self._is_in(one) for one in behind.get(name, (name,))))

    def _is_in(self, name: str) -> bool:
        """Whether this is a page, or one below it."""
        address, here = reverse(f"accounts:{name}"), self._request.path
        return here == address or (address != "/" and here.startswith(address))

    @cached_property
    def workspace(self) -> Workspace | None:
        """The person's home; with it, in the same query, how many accounts need somebody now."""
        if self._user is None:
            return None
        urgent = Account.objects.visible_to(self._user).live().urgent(timezone.now()).order_by()
        count = Subquery(urgent.annotate(all=Value(1)).values("all").annotate(count=Count("id")).values("count"))
        return Workspace.objects.visible_to(self._user).annotate(urgent_count=count).first()

    @property
    def urgent_count(self) -> int:
        """How many accounts need somebody now, by their stored standings; at most MOST_COUNTED."""
        return min(getattr(self.workspace, "urgent_count", None) or 0, MOST_COUNTED)

    @property
    def is_new(self) -> bool:
        """Whether nobody runs the instance yet, so that the next person to sign up becomes its administrator."""
        return not User.objects.filter(is_superuser=True).exists()

    @property
    def is_sign_up_open(self) -> bool:
        return bool(settings.SIGN_UP_IS_OPEN)

    @property
    def is_demo(self) -> bool:
        return bool(settings.IS_DEMO)

    @cached_property
    def silent_since(self) -> datetime | None:
        """When the beat was last alive, if that is more than 5 minutes ago; else None. One query."""
        if self._user is None:
            return None
        # An instance that has just been set up has not been silent for longer than its person is there.
        last = JobRun.objects.last_finished_at("reconcile") or self._user.joined_at
        return last if timezone.now() - last > SILENCE else None


def frame(request: HttpRequest) -> dict[str, Frame]:
    """The context processor."""
    return {"frame": Frame(request)}


@register.filter
def page_numbers(paginator: "Paginator[object]", current: int) -> list[int | None]:
    """The numbers to show around the current one; None stands for an ellipsis."""
    shown = paginator.get_elided_page_range(current, on_each_side=1, on_ends=1)
    return [number if isinstance(number, int) else None for number in shown]
