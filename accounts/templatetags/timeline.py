"""The timeline of an account: where each mark stands on the drawing, and what it says.

Widths are percent of the drawing, which is as wide as the page lets it be; heights are pixels, so that no text is ever
scaled. Every mark carries its words: they are its tooltip, and a row of the timeline in words.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from decimal import Decimal

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts import rules
from accounts.templatetags import moments, slugs
from accounts.templatetags.figures import dollars, money
from accounts.templatetags.marked import Marked
from accounts.templatetags.sayings import STATES, days, tier_name

TOP, BASE = 34, 290  # the money: where the most stands, and nothing
LABEL = 16  # between two names at the side
# Marks nearer than this share of the width are one: a thumb could not tell them apart.
NEAR = 1.5
# The share of the width that a letter takes on a telephone and on a desk.
LETTER, LETTER_WIDE = 3.2, 0.85
# How many days lie between two dates at the bottom, by how many the drawing holds; beyond these it is months.
TICKS = ((9, 1), (18, 2), (36, 4), (63, 7), (126, 14))
MONTHS = ((260, 1), (520, 2), (1100, 4), (2200, 12))


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

    `state` is met, target (the advice is about it) or empty. `due` is where they will be met if the advice is followed.
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


@dataclass(frozen=True)
class Ahead:
    """The advised amount paid now: a step up beside today, and where the tier's gates are then met."""

    paid: Mark
    due: Mark
    from_y: int
    text: str
    is_late: bool


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
    line: str
    area: str
    payments: list[Mark]
    rails: list[Rail]
    triggers: list[Mark]
    told: list[tuple[Mark, str]]
    shown: list[Bar]
    ahead: Ahead | None
    until: Mark | None
    ticks: list[Tick]
    words: list[Mark]


def timeline(held: rules.Timeline, rulebook: rules.Rulebook) -> Drawing:
    """Put a timeline into coordinates and words."""
    return _Drawer(held, rulebook).draw()


class _Drawer:
    """Draws one timeline. Every mark made on the way is kept: in order of time they are the timeline in words."""

    def __init__(self, held: rules.Timeline, rulebook: rules.Rulebook) -> None:
        self._held = held
        self._rulebook = rulebook
        self._marks: list[Mark] = []

    def draw(self) -> Drawing:
        held = self._held
        line, area = self._paths()
        total = _("Today: {total} counted").format(total=money(held.total_usd))
        payments = self._payments()
        rails = self._rails()
        triggers = [self._trigger(trigger) for trigger in held.triggers]
        shown = [self._stretch(stretch) for stretch in held.stretches]
        told = self._gathered([self._mark(told.at, slugs.word(slugs.NOTICE_KINDS, told.kind)) for told in held.told])
        today = self._mark(held.today, total, self._y(held.total_usd), by_day=True)
        return Drawing(
            state=STATES[held.advice.code],
            today=today,
            line=line,
            area=area,
            payments=payments,
            rails=rails,
            triggers=triggers,
            told=told,
            shown=[bar for bar in shown if bar],
            ahead=self._ahead(),
            until=self._until(),
            ticks=self._ticks(),
            words=sorted(self._marks, key=lambda mark: mark.at),
        )

    # --- places ------------------------------------------------------------------------------------------------------

    def _left(self, at: datetime) -> float:
        """Percent of the width; what lies outside of the drawing stands at its edge."""
        share = (at - self._held.starts_at) / (self._held.ends_at - self._held.starts_at)
        return 100 * min(max(share, 0.0), 1.0)

    def _y(self, usd: Decimal) -> int:
        """Pixels from the top. The scale is logarithmic above the first dollars: gates lie from $5 to $5,000."""
        share = math.log1p(max(float(usd), 0) / 5) / math.log1p(float(self._held.most_usd) / 5)
        return round(BASE - share * (BASE - TOP))

    def _bar(self, since: datetime, until: datetime, name: str = "", title: str = "") -> Bar | None:
        left, right = self._left(since), self._left(until)
        if right <= left:
            return None
        letters = sum(1 if ord(letter) < 0x2E80 else 2 for letter in name) + 1
        room = "all" if right - left > letters * LETTER else "wide" if right - left > letters * LETTER_WIDE else ""
        return Bar(f"{left:.2f}%", f"{right - left:.2f}%", name, room, title)

    def _mark(self, at: datetime, says: str, y: int = 0, *, by_day: bool = False) -> Mark:
        mark = Mark(at, moments.day(at) if by_day else moments.instant(at), says, self._left(at), y)
        self._marks.append(mark)
        return mark

    @staticmethod
    def _gathered(marks: Sequence[Mark]) -> list[tuple[Mark, str]]:
        """Marks that stand too near to be told apart are one with several titles."""
        groups: list[list[Mark]] = []
        for mark in marks:
            if groups and mark.left - groups[-1][0].left < NEAR:
                groups[-1].append(mark)
            else:
                groups.append([mark])
        return [(group[0], "\n".join(dict.fromkeys(mark.title for mark in group))) for group in groups]

    # --- the money ---------------------------------------------------------------------------------------------------

    def _paths(self) -> tuple[str, str]:
        """The counted total as a line of steps until today, and what lies under it."""
        points = [f"M0 {BASE}"]
        for step in self._held.steps:
            points.append(f"H{10 * self._left(step.at):.1f}V{self._y(step.total_usd)}")
        line = "".join(points) + f"H{10 * self._left(self._held.today):.1f}"
        return line, f"{line}V{BASE}H0Z"

    def _payments(self) -> list[Mark]:
        """One mark a counted line; lines too near to be told apart are one mark with their sum."""
        groups: list[list[rules.Step]] = []
        for step in self._held.steps:
            if groups and self._left(step.at) - self._left(groups[-1][0].at) < NEAR:
                groups[-1].append(step)
            else:
                groups.append([step])
        return [self._payment(group) for group in groups]

    def _payment(self, steps: Sequence[rules.Step]) -> Mark:
        last, added = steps[-1], sum(step.added_usd for step in steps)
        values = {"amount": money(abs(added)), "total": money(last.total_usd)}
        if len(steps) > 1:
            pattern = ngettext(
                "{count} payment that counts, {amount} together; {total} in total",
                "{count} payments that count, {amount} together; {total} in total",
                len(steps),
            )
            says = pattern.format(count=len(steps), **values | {"amount": money(added)})
        elif added < 0:
            says = _("{amount} taken back; {total} in total").format(**values)
        else:
            says = _("{amount} paid; {total} in total").format(**values)
        return self._mark(last.at, says, self._y(last.total_usd), by_day=True)

    def _trigger(self, trigger: rules.Trigger) -> Mark:
        says = _("{provider} may look again, for {tier}").format(
            provider=self._rulebook.provider.name, tier=tier_name(trigger.tier)
        )
        return self._mark(trigger.at, says, self._y(trigger.total_usd))

    # --- the tiers ---------------------------------------------------------------------------------------------------

    def _rails(self) -> list[Rail]:
        rails: list[Rail] = []
        for level in self._held.levels:
            y = self._y(level.usd)
            label_y = min(y, rails[-1].label_y - LABEL) if rails else y
            rails.append(self._rail(level, y, label_y))
        return rails

    def _rail(self, level: rules.Level, y: int, label_y: int) -> Rail:
        today, name = self._held.today, tier_name(level.tier)
        wait = waited = met = met_bar = None
        if level.wait_from and level.wait_until:
            words = _("{tier}: the wait of {days} ends").format(tier=name, days=days(level.tier.wait_days or 0))
            title = self._mark(level.wait_until, words, y).title
            wait = self._bar(level.wait_from, level.wait_until, title=title)
            waited = self._bar(level.wait_from, min(level.wait_until, today), title=title)
        if level.is_met and level.ready_at:
            met = self._mark(level.ready_at, _("{tier}: every condition is met").format(tier=name), y)
            met_bar = self._bar(level.ready_at, self._held.ends_at, title=met.title)
        is_target = level.tier.id == self._held.advice.tier.id and STATES[self._held.advice.code] in ("now", "soon")
        state = "target" if is_target else "met" if level.is_met else ""
        return Rail(name, dollars(level.usd), y, label_y, state, wait, waited, met, met_bar)

    def _stretch(self, stretch: rules.Stretch) -> Bar | None:
        known = self._rulebook.has_tier(stretch.tier)
        name = tier_name(self._rulebook.tier(stretch.tier)) if known else stretch.tier
        mark = self._mark(stretch.since, _("The provider shows {tier}").format(tier=name))
        return self._bar(stretch.since, stretch.until or self._held.today, name, mark.title)

    # --- what lies ahead ---------------------------------------------------------------------------------------------

    def _ahead(self) -> Ahead | None:
        projection = self._held.projection
        if projection is None:
            return None
        values = {
            "amount": money(projection.amount_usd),
            "total": money(projection.total_usd),
            "tier": tier_name(projection.tier),
        }
        paid = self._mark(
            self._held.today,
            _("If {amount} is paid now: {total} in total").format(**values),
            self._y(projection.total_usd),
            by_day=True,
        )
        due = self._mark(
            projection.ready_at,
            _("If it is paid now: every condition of {tier} is met").format(**values),
            self._y(projection.tier.money_usd or Decimal(0)),
            by_day=True,
        )
        text = _("+{amount} → {tier}").format(**values)
        return Ahead(paid, due, self._y(self._held.total_usd), text, is_late=due.left > 55)

    def _until(self) -> Mark | None:
        """What the advice waits for, where it is no wait of the rules: those have their own marks."""
        advice = self._held.advice
        if advice.until is None or advice.code == "wait":
            return None
        pattern = _("{tier} may appear by now") if advice.code == "rechecking" else _("The limits of {tier} are there")
        return self._mark(advice.until, pattern.format(tier=tier_name(advice.tier)))

    # --- the days ----------------------------------------------------------------------------------------------------

    def _ticks(self) -> list[Tick]:
        """Days (or months) of the reader's zone, at most ten; every other one is left out on a telephone."""
        start, end = timezone.localtime(self._held.starts_at), timezone.localtime(self._held.ends_at)
        span = (end - start).days
        found = []
        if step := next((step for most, step in TICKS if span <= most), None):
            first = start.date() + timedelta(days=1)
            dates = [first + timedelta(days=n) for n in range(0, span + 1, step)]
            name = "TICK_FORMAT"
        else:
            every = next((every for most, every in MONTHS if span <= most), 24)
            months = range(start.year * 12 + start.month, end.year * 12 + end.month)
            dates = [start.date().replace(year=n // 12, month=n % 12 + 1, day=1) for n in months if n % every == 0]
            name = "TICK_MONTH_FORMAT"
        for number, date in enumerate(dates):
            at = timezone.make_aware(datetime.combine(date, time.min))
            if at < self._held.ends_at:
                found.append(Tick(f"{self._left(at):.2f}%", date_format(date, name), number % 2 == 1))
        return found
