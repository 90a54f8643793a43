"""The timeline of an account: where each mark stands on the drawing, and what it says.

Widths are percent of the drawing, which is as wide as the page lets it be; heights are pixels, so that no text is ever
scaled. Every mark carries its words: they are its tooltip, and a row of the timeline in words.
"""

import math
from collections.abc import Sequence
from datetime import datetime, time, timedelta
from decimal import Decimal

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts import rules
from accounts.templatetags import moments, slugs
from accounts.templatetags.drawing import Ahead, Bar, Drawing, Mark, Rail, Tick
from accounts.templatetags.figures import dollars, money
from accounts.templatetags.sayings import STATES, days, tier_name

TOP, BASE = 34, 290  # the money: where the most stands, and nothing
LABEL = 16  # between two names at the side
# Marks nearer than this share of the width are one: a thumb could not tell them apart.
NEAR = 1.5
# A telephone, in pixels: the width of the drawing, the margin beside it, a letter.
PHONE, MARGIN, PHONE_LETTER = 238, 34, 6.2
# The share of the width that a letter takes on a telephone and on a desk.
LETTER, LETTER_WIDE = 3.2, 0.85
# With more steps than this the line is drawn in whole units of its thousand.
MOST_FINE = 1000
# How many days lie between two dates at the bottom, by how many the drawing holds; beyond these it is months.
TICKS = ((9, 1), (18, 2), (36, 4), (63, 7), (126, 14))
MONTHS = ((260, 1), (520, 2), (1100, 4), (2200, 12))


def timeline(held: rules.Timeline, rulebook: rules.Rulebook) -> Drawing:
    """Put a timeline into coordinates and words."""
    return _Drawer(held, rulebook).draw()


def _letters(text: str) -> int:
    """How many Latin letters a text is as wide as; Chinese ones are two."""
    return sum(1 if ord(letter) < 0x2E80 else 2 for letter in text)


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
        told = self._gathered([self._told(told) for told in held.told])
        today = self._mark(held.today, total, self._y(held.total_usd), by_day=True)
        return Drawing(
            state=STATES[held.advice.code],
            today=today,
            today_text=_("Today, {total}").format(total=money(held.total_usd)),
            line=line,
            area=area,
            payments=payments,
            rails=rails,
            triggers=triggers,
            told=told,
            shown=[bar for bar in shown if bar],
            shown_beside=self._beside(shown),
            ahead=self._ahead(),
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
        letters = _letters(name) + 1
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
        # Of steps that stand in the same place the last one is seen.
        places = 1 if len(self._held.steps) <= MOST_FINE else 0
        heights = {f"{10 * self._left(step.at):.{places}f}": step.total_usd for step in self._held.steps}
        points = "".join(f"H{left}V{self._y(total)}" for left, total in heights.items())
        line = f"M0 {BASE}{points}H{10 * self._left(self._held.today):.1f}"
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
        last, added = steps[-1], sum((step.added_usd for step in steps), Decimal(0))
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
            sure, maybe = (
                _("The wait for {tier} ends ({days})"),
                _("If it is paid now: the wait for {tier} ends ({days})"),
            )
            words = (maybe if level.is_projected else sure).format(tier=name, days=days(level.tier.wait_days or 0))
            title = self._mark(level.wait_until, words, y, by_day=level.is_projected).title
            wait = self._bar(level.wait_from, level.wait_until, title=title)
            waited = self._bar(level.wait_from, min(level.wait_until, today), title=title)
        if level.is_met and level.ready_at:
            met = self._mark(level.ready_at, _("{tier}: every condition is met").format(tier=name), y)
            met_bar = self._bar(level.ready_at, self._held.ends_at, title=met.title)
        is_target = level.tier.id == self._held.advice.tier.id and STATES[self._held.advice.code] in ("now", "soon")
        state = "target" if is_target else "met" if level.is_met else ""
        return Rail(
            name,
            dollars(level.usd),
            y,
            label_y,
            state,
            wait,
            waited,
            met,
            met_bar,
            level.is_projected,
            _letters(name) > 8,
        )

    def _name(self, tier_id: str) -> str:
        """The name of a tier, or its id when this edition has no such tier."""
        return tier_name(self._rulebook.tier(tier_id)) if self._rulebook.has_tier(tier_id) else tier_id

    def _stretch(self, stretch: rules.Stretch) -> Bar | None:
        name = self._name(stretch.tier)
        mark = self._mark(stretch.since, _("The provider shows {tier}").format(tier=name))
        return self._bar(stretch.since, stretch.until or self._held.today, name, mark.title)

    def _beside(self, shown: Sequence[Bar | None]) -> str:
        """The name of the present tier, when it does not fit into its own stretch."""
        if not shown or (shown[-1] and shown[-1].room == "all"):
            return ""
        return self._name(self._held.stretches[-1].tier)

    def _told(self, told: rules.Told) -> Mark:
        says = _("Notice: {notice} ({tier})").format(
            notice=slugs.word(slugs.NOTICE_KINDS, told.kind), tier=self._name(told.tier)
        )
        return self._mark(told.at, says)

    # --- what lies ahead ---------------------------------------------------------------------------------------------

    def _ahead(self) -> Ahead | None:
        advice = self._held.advice
        y, tier = self._y(advice.tier.money_usd or Decimal(0)), tier_name(advice.tier)
        if self._held.projection:
            return self._if_paid(self._held.projection, y, tier)
        if advice.until is None:
            return None
        says, text = {
            "wait": (_("{tier}: every condition is met"), _("{tier}, {day}")),
            "rechecking": (_("{tier} may have appeared by now"), _("{tier}, by {day}")),
            "settling": (_("The limits of {tier} have followed"), _("Limits by {day}")),
        }[advice.code]
        due = self._mark(advice.until, says.format(tier=tier), y)
        text = text.format(tier=tier, day=moments.day(due.at))
        return Ahead(due, text, self._text_y(y, self._y(self._held.total_usd)), self._is_late(due, text))

    @staticmethod
    def _is_late(due: Mark, text: str) -> bool:
        """Whether a text stands before its mark, since there is no room behind it on a telephone."""
        return (100 - due.left) / 100 * PHONE + MARGIN < _letters(text) * PHONE_LETTER

    def _if_paid(self, projection: rules.Projection, y: int, tier: str) -> Ahead:
        values = {"amount": money(projection.amount_usd), "total": money(projection.total_usd), "tier": tier}
        says = _("If {amount} is paid now: {total} in total").format(**values)
        paid = self._mark(self._held.today, says, self._y(projection.total_usd), by_day=True)
        says = _("If it is paid now: every condition of {tier} is met").format(**values)
        due = self._mark(projection.ready_at, says, y, by_day=True)
        pattern = _("+{amount} → {tier}, {day}") if due.at > paid.at else _("+{amount} → {tier}")
        text = pattern.format(**values, day=moments.day(due.at))
        from_y = self._y(self._held.total_usd)
        return Ahead(due, text, self._text_y(paid.y, due.y), self._is_late(due, text), paid, from_y)

    @staticmethod
    def _text_y(*lines: int) -> int:
        """Above the lines; or, where today's own words stand there, below them."""
        return min(lines) if min(lines) > TOP + LABEL else max(lines) + 2 * LABEL

    # --- the days ----------------------------------------------------------------------------------------------------

    def _ticks(self) -> list[Tick]:
        """Days (or months) of the reader's zone, at most ten; every other one is left out on a telephone."""
        start, end = timezone.localtime(self._held.starts_at), timezone.localtime(self._held.ends_at)
        span = (end - start).days
        found = []
        if step := next((step for most, step in TICKS if span <= most), None):
            ahead = [start.date() + timedelta(days=n) for n in range(1, span + 2)]
            dates = [date for date in ahead if date.toordinal() % step == 0]
            name = "TICK_FORMAT"
        else:
            every = next((every for most, every in MONTHS if span <= most), 60)
            months = range(start.year * 12 + start.month, end.year * 12 + end.month)
            dates = [start.date().replace(year=n // 12, month=n % 12 + 1, day=1) for n in months if n % every == 0]
            name = "TICK_MONTH_FORMAT"
        for number, date in enumerate(dates):
            at = timezone.make_aware(datetime.combine(date, time.min))
            if at < self._held.ends_at:
                found.append(Tick(f"{self._left(at):.2f}%", date_format(date, name), number % 2 == 1))
        return found
