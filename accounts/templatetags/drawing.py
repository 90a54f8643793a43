"""What a timeline is drawn of. Places across are percent of the width ("12.34%"), heights are pixels."""

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from accounts.templatetags.marked import Marked


@dataclass(frozen=True)
class Mark:
    """A sign at an instant: `x` in percent, `y` in pixels, and its words."""

    at: datetime
    when: Marked
    says: str
    left: float
    y: int

    @property
    def x(self) -> str:
        return f"{self.left:.2f}%"

    @property
    def title(self) -> str:
        return _("{when}: {what}").format(when=self.when, what=self.says)


@dataclass(frozen=True)
class Bar:
    """A stretch of time. `room` says where its name fits: "all", "wide" (not on a telephone) or nowhere."""

    x: str
    width: str
    name: str = ""
    room: str = ""
    title: str = ""


@dataclass(frozen=True)
class Rail:
    """The money gate of one tier as a line, its wait as a stretch of it, and from where on both are met.

    `state` is met, target (the advice is about it) or empty. `is_projected`: the wait has not started.
    """

    name: str
    need: str
    y: int
    label_y: int
    state: str
    wait: Bar | None
    waited: Bar | None
    met: Mark | None
    met_bar: Bar | None
    is_projected: bool
    is_long: bool


@dataclass(frozen=True)
class Ahead:
    """What the advice waits for, at the line of its tier, with a few words at `text_y`.

    `paid` is there when it waits for money: the advised amount paid now climbs from `from_y` to there.
    """

    due: Mark
    text: str
    text_y: int
    is_late: bool
    paid: Mark | None = None
    from_y: int = 0


@dataclass(frozen=True)
class Tick:
    x: str
    text: str
    is_extra: bool


@dataclass(frozen=True)
class Drawing:
    """What `_timeline.html` draws. `line` and `area` are paths in a box 1000 wide."""

    state: str
    today: Mark
    today_text: str
    line: str
    area: str
    payments: list[Mark]
    rails: list[Rail]
    triggers: list[Mark]
    told: list[tuple[Mark, str]]
    shown: list[Bar]
    shown_beside: str
    ahead: Ahead | None
    ticks: list[Tick]
    words: list[Mark]
