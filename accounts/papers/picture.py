"""The timeline as a picture on paper: the account page's drawing, or where amounts are hidden one without heights.

A height on a scale of money is an amount, so that picture has lanes instead: when was paid, when the money sufficed,
when the wait was over.
"""

import re
from datetime import datetime

from django.utils.translation import gettext as _

from accounts import rules
from accounts.papers import drawing as colours
from accounts.papers.drawing import Picture
from accounts.templatetags.drawing import Bar, Drawing, Mark, Rail
from accounts.templatetags.sayings import tier_name
from accounts.templatetags.timeline import BASE, TOP, timeline

LEFT, ACROSS, RIGHT = 74, 570, 76
WIDTH = LEFT + ACROSS + RIGHT
LANES, LANE = 46, 34
Facts = dict[str, str | float]
ACROSS_BOX = re.compile(r"([MH])([\d.]+)")


def picture(held: rules.Timeline, book: rules.Rulebook, claim: rules.Claim, hidden: rules.Hidden) -> Picture:
    """Draw a timeline in the active language; with amounts hidden, nothing in it depends on an amount."""
    says = _("The timeline of {tier}").format(tier=tier_name(claim.row.tier))
    if hidden.amounts:
        blank = rules.without_amounts(held, claim)
        return _Lanes(timeline(blank, book), says, blank).draw(claim)
    return _Money(timeline(held, book), says).draw()


def _at(mark: Mark | str) -> float:
    """Where a place across is, in pixels."""
    share = mark.left if isinstance(mark, Mark) else float(mark.removesuffix("%"))
    return LEFT + ACROSS * share / 100


def _span(bar: Bar) -> tuple[float, float]:
    """Where a bar begins and how wide it is, in pixels."""
    return _at(bar.x), ACROSS * float(bar.width.removesuffix("%")) / 100


class _Paper:
    """What both pictures share: the days at the bottom, today, what the provider showed, the notices."""

    def __init__(self, drawn: Drawing, says: str, height: int) -> None:
        self._drawn = drawn
        self._to = Picture(WIDTH, height, says)

    def _days(self, top: int, bottom: int) -> None:
        for number, tick in enumerate(self._drawn.ticks):
            x = _at(tick.x)
            self._to.add("line", x1=x, x2=x, y1=top, y2=bottom, stroke=colours.LINE)
            if len(self._drawn.ticks) < 8 or number % 2 == 0:
                self._to.write(x, bottom + 20, tick.text, "middle")

    def _today(self, top: int, bottom: int, text: str) -> None:
        x = _at(self._drawn.today)
        self._to.add("line", x1=x, x2=x, y1=top, y2=bottom, stroke=colours.INK)
        self._to.write(min(x, WIDTH - 70), top - 8, text, "middle", colours.INK, True)

    def _shown(self, y: int) -> None:
        to = self._to
        to.write(LEFT - 10, y + 4, _("Shown"), "end")
        for bar in self._drawn.shown:
            is_last = bar is self._drawn.shown[-1]
            x, width = _span(bar)
            fill, line = (colours.INK, colours.INK) if is_last else (colours.UNKNOWN_WASH, colours.UNKNOWN_LINE)
            to.add("rect", x=x, y=y - 11, width=width, height=22, rx=4, fill=fill, stroke=line)
            if bar.room and (bar.room == "all" or not is_last):
                to.write(x + 8, y + 4, bar.name, fill=colours.SURFACE if is_last else colours.INK, bold=is_last)
        if self._drawn.shown_beside:
            to.write(_at(self._drawn.today) + 7, y + 4, self._drawn.shown_beside, fill=colours.INK, bold=True)

    def _told(self, y: int) -> None:
        self._to.write(LEFT - 10, y + 4, _("Notices"), "end")
        for mark, _title in self._drawn.told:
            x = _at(mark)
            facts: Facts = {"fill": colours.NOW_WASH, "stroke": colours.NOW, "stroke_width": 1.5}
            self._to.add("rect", x=x - 7, y=y - 5, width=14, height=10, rx=2, **facts)
            self._to.add("path", d=f"M{x - 6:.1f} {y - 4}l6 5l6 -5", **facts | {"fill": "none"})

    def _check(self, x: float, y: float) -> None:
        """The sign for "both conditions are met"."""
        self._to.add("circle", cx=x, cy=y, r=6, fill=colours.FINE, stroke=colours.SURFACE, stroke_width=1.5)
        facts: Facts = {"fill": "none", "stroke": colours.SURFACE, "stroke_width": 1.75, "stroke_linecap": "round"}
        self._to.add("path", d=f"M{x - 2.6:.1f} {y + 0.2:.1f}l1.8 1.8l3.4 -3.6", **facts)

    def _wait(self, wait: Bar | None, waited: Bar | None, y: float, height: int, is_projected: bool) -> None:
        """The wait as a stretch, and as much of it as has passed."""
        for bar, is_past in ((wait, False), (waited, True)):
            if bar is not None:
                x, width = _span(bar)
                fill = colours.SOON_LINE if is_past else colours.SURFACE if is_projected else colours.SOON_WASH
                facts: Facts = {"stroke_dasharray": "3 3"} if is_projected and not is_past else {}
                line = colours.SOON if is_projected else colours.SOON_LINE
                facts |= {"y": y - height / 2, "height": height, "rx": height / 2, "fill": fill, "stroke": line}
                self._to.add("rect", x=x, width=width, **facts)


class _Money(_Paper):
    """The counted total climbing to the lines of the tiers, as on the account's page."""

    def __init__(self, drawn: Drawing, says: str) -> None:
        super().__init__(drawn, says, BASE + 112)

    def draw(self) -> Picture:
        drawn, to = self._drawn, self._to
        self._days(TOP, BASE + 76)
        self._path(drawn.area, fill=colours.FINE_WASH)
        to.add("line", x1=LEFT, x2=LEFT + ACROSS, y1=BASE, y2=BASE, stroke=colours.STRONG)
        for rail in drawn.rails:
            self._rail(rail)
        self._path(drawn.line, fill="none", stroke=colours.INK, stroke_width=2)
        self._today(22, BASE + 76, drawn.today_text)
        is_many = len(drawn.payments) > 40
        for mark in drawn.payments:
            radius, fill = (1.75, colours.INK) if is_many else (3.5, colours.SURFACE)
            to.add("circle", cx=_at(mark), cy=mark.y, r=radius, fill=fill, stroke=colours.INK, stroke_width=2)
        for rail in drawn.rails:
            if rail.met:
                self._check(_at(rail.met), rail.y)
        for mark in drawn.triggers:
            to.add("circle", cx=_at(mark), cy=mark.y, r=8, fill="none", stroke=colours.NOW, stroke_width=2)
        self._ahead()
        self._shown(BASE + 27)
        self._told(BASE + 57)
        return to

    def _path(self, path: str, **facts: str | float) -> None:
        """A path in a box 1000 wide, stretched to the picture's width."""
        moved = ACROSS_BOX.sub(lambda found: f"{found[1]}{LEFT + float(found[2]) * ACROSS / 1000:.1f}", path)
        self._to.add("path", d=moved, stroke_linejoin="round", **facts)

    def _rail(self, rail: Rail) -> None:
        to, end = self._to, LEFT + ACROSS
        to.add("line", x1=LEFT, x2=end, y1=rail.y, y2=rail.y, stroke=colours.STRONG, stroke_dasharray="2 4")
        self._wait(rail.wait, rail.waited, rail.y, 7, rail.is_projected)
        if rail.met_bar:
            line: Facts = {"stroke": colours.FINE, "stroke_width": 2.5}
            to.add("line", x1=_at(rail.met_bar.x), x2=end, y1=rail.y, y2=rail.y, **line)
        is_target = rail.state == "target"
        fill = colours.INK if is_target else colours.FINE_INK if rail.state == "met" else colours.SOFT
        to.write(LEFT - 10, rail.label_y + 4, rail.need, "end", colours.INK if is_target else colours.SOFT, is_target)
        to.write(end + 10, rail.label_y + 4, rail.name, fill=fill, bold=is_target)

    def _ahead(self) -> None:
        """What the advice waits for."""
        ahead, to = self._drawn.ahead, self._to
        if ahead is None:
            return
        is_now = self._drawn.state == "now"
        line: Facts = {"stroke": colours.NOW if is_now else colours.SOON, "stroke_width": 2}
        if ahead.paid:
            x = _at(self._drawn.today)
            dashes: Facts = {"stroke_dasharray": "5 4"}
            to.add("line", x1=x, x2=x, y1=ahead.from_y, y2=ahead.paid.y, **line, **dashes)
            to.add("line", x1=x, x2=LEFT + ACROSS, y1=ahead.paid.y, y2=ahead.paid.y, **line, **dashes)
        x = _at(ahead.due)
        to.add("circle", cx=x, cy=ahead.due.y, r=6, fill=colours.SURFACE, **line)
        is_late = x > LEFT + ACROSS * 0.72
        fill = colours.NOW_INK if is_now else colours.SOON_INK
        to.write(x - 8 if is_late else x + 10, ahead.text_y - 11, ahead.text, "end" if is_late else "start", fill, True)


class _Lanes(_Paper):
    """A lane each for the payments, the money, the wait and both; no height means anything."""

    def __init__(self, drawn: Drawing, says: str, held: rules.Timeline) -> None:
        super().__init__(drawn, says, LANES + 6 * LANE + 28)
        self._held = held

    def draw(self, claim: rules.Claim) -> Picture:
        to, gate, bottom = self._to, claim.row.gate, LANES + 6 * LANE - 12
        paid, money, wait, both, shown, told = (LANES + LANE * number for number in range(6))
        self._days(LANES - 16, bottom)
        for y, name in ((paid, _("Payments")), (money, _("Money")), (wait, _("Wait")), (both, _("Both"))):
            to.write(LEFT - 10, y + 4, name, "end")
            to.add("line", x1=LEFT, x2=LEFT + ACROSS, y1=y, y2=y, stroke=colours.STRONG, stroke_dasharray="2 4")
        for rail in self._drawn.rails:
            self._wait(rail.wait, rail.waited, wait, 12, rail.is_projected)
        self._since(gate.funded_at, money)
        self._since(gate.ready_at if claim.row.is_met else None, both)
        self._today(LANES - 20, bottom, _("Today"))
        for step in self._held.steps:
            x = self._place(step.at)
            to.add("circle", cx=x, cy=paid, r=3.5, fill=colours.SURFACE, stroke=colours.INK, stroke_width=2)
        if claim.trigger_at:
            x = self._place(claim.trigger_at)
            to.add("circle", cx=x, cy=paid, r=8, fill="none", stroke=colours.NOW, stroke_width=2)
        self._shown(shown)
        self._told(told)
        return to

    def _place(self, at: datetime) -> float:
        share = (at - self._held.starts_at) / (self._held.ends_at - self._held.starts_at)
        return LEFT + ACROSS * min(max(share, 0.0), 1.0)

    def _since(self, at: datetime | None, y: int) -> None:
        """A condition that has been met since an instant."""
        if at is not None:
            x = self._place(at)
            self._to.add("line", x1=x, x2=LEFT + ACROSS, y1=y, y2=y, stroke=colours.FINE, stroke_width=2.5)
            self._check(x, y)
