"""The ladder: what its two drawings (large and tiny) need to know of each tier, already in words."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from accounts import rules
from accounts.templatetags.figures import cap, dollars, money
from accounts.templatetags.marked import Marked, fill
from accounts.templatetags.moments import instant
from accounts.templatetags.sayings import days, tier_name


@dataclass(frozen=True)
class Gate:
    """One bar: how full (whole percent, 100 only when met), its two numbers in words, and whether it asks for anything.

    `is_binding` marks a wait that is all that is left.
    """

    percent: int
    have: str
    need: str
    is_asked: bool
    is_binding: bool = False


@dataclass(frozen=True)
class Rung:
    """One tier of the ladder. `money` and `wait` are None when the provider does not publish the gates.

    `left_usd` and `left_days` say in a few letters what is missing of a tier above the seen one: the amount, and the
    days, or the date once nothing but the wait is left.
    """

    id: str
    name: str
    short_name: str
    money: Gate | None
    wait: Gate | None
    is_seen: bool
    is_met: bool
    is_eligible: bool
    is_target: bool
    is_below_seen: bool
    when: Marked
    left_usd: str
    left_days: str
    cap: str
    unlocks: object

    @property
    def is_opaque(self) -> bool:
        return self.money is None

    @property
    def is_asking(self) -> bool:
        """Whether the tier asks for anything at all."""
        return self.money is None or self.wait is None or self.money.is_asked or self.wait.is_asked

    @property
    def in_words(self) -> str:
        """The rung as one sentence, for those who hear the page."""
        if self.money is None or self.wait is None:
            return _("{tier}: conditions not published").format(tier=self.name)
        values = {"have": self.money.have, "need": self.money.need, "days": self.wait.have, "of_days": self.wait.need}
        sentence = _("{tier}: {have} of {need}, {days} of {of_days}").format(tier=self.name, **values)
        return _("{sentence}, the tier shown now").format(sentence=sentence) if self.is_seen else sentence


def ladder(
    standing: Mapping[str, Any], rulebook: rules.Rulebook, unlocks: Mapping[str, object] | None = None
) -> list[Rung]:
    """Return the rungs of a standing's document, lowest first; `unlocks` maps a tier's id to what it opens.

    A lowest tier that asks for nothing is left out, unless it is the one that the provider shows.
    """
    rungs = [_rung(row, standing, rulebook, (unlocks or {}).get(row["id"])) for row in standing["tiers"]]
    return [rung for rung in rungs if rung.is_asking or rung.is_seen]


def _rung(row: Mapping[str, Any], standing: Mapping[str, Any], rulebook: rules.Rulebook, unlocks: object) -> Rung:
    tier = rulebook.tier(row["id"])
    seen = rulebook.tier(standing["seen_tier"])
    advice = standing["advice"]
    name = tier_name(tier)
    is_above = tier.rank > seen.rank
    paid = wait = None
    if row["money"] is not None:
        is_paid, is_over = row["money"]["short"] == "0.00", row["wait"]["percent"] == 100
        paid = Gate(
            percent=row["money"]["percent"],
            have=money(row["money"]["have"]),
            need=dollars(row["money"]["need"]),
            is_asked=Decimal(row["money"]["need"]) > 0,
        )
        wait = Gate(
            percent=row["wait"]["percent"],
            have=str(row["wait"]["elapsed_days"]),
            need=days(row["wait"]["need_days"]),
            is_asked=row["wait"]["need_days"] > 0,
            is_binding=is_above and is_paid and not is_over,
        )
    return Rung(
        id=tier.id,
        name=name,
        short_name=name.rpartition(" ")[2] if tier.name.startswith("Tier ") else name,
        money=paid,
        wait=wait,
        is_seen=tier.id == seen.id,
        is_met=row["met"],
        is_eligible=tier.id == standing["eligible_tier"],
        is_target=is_above and tier.id == advice["tier"] and advice["code"] in ("top_up", "contact_support"),
        is_below_seen=tier.rank < seen.rank,
        when=_when(row, standing, tier, is_above=is_above),
        left_usd=dollars(row["money"]["short"]) if is_above and paid and row["money"]["short"] != "0.00" else "",
        left_days=_left_days(row) if is_above and wait else "",
        cap=cap(tier.cap),
        unlocks=unlocks,
    )


def _left_days(row: Mapping[str, Any]) -> str:
    """The days that are left to wait, "6 d"; once they are all that is left, the date they end on, "15 May"."""
    if row["wait"]["percent"] == 100 or not row["wait"]["need_days"]:
        return ""
    if row["money"]["short"] == "0.00" and row["matured_at"]:
        return date_format(timezone.localtime(rules.from_text(row["matured_at"])), "RUNG_FORMAT")
    return _("{count} d").format(count=row["wait"]["need_days"] - row["wait"]["elapsed_days"])


def _when(row: Mapping[str, Any], standing: Mapping[str, Any], tier: rules.Tier, *, is_above: bool) -> Marked:
    """Say since when a tier is met, when it will be, or what is missing."""
    if row["money"] is None:
        return fill(_("Conditions not published"))
    if row["met"]:
        if row["ready_at"]:
            return fill(_("Met since {ready}"), ready=instant(row["ready_at"]))
        return fill(_("Met from the start"))
    if not is_above:
        return fill(_("Given by the provider"))
    short = money(row["money"]["short"])
    is_paid, matured_at = row["money"]["short"] == "0.00", row["matured_at"]
    if is_paid and row["wait"]["percent"] == 100:
        return fill(_("Money and days are there; more is needed"))
    if is_paid and matured_at:
        return fill(_("Ready <b>{matured}</b>"), matured=instant(matured_at))
    if not row["wait"]["need_days"]:
        return fill(_("<b>{short}</b> short; no wait after it"), short=short)
    if row["wait"]["percent"] == 100:
        return fill(_("<b>{short}</b> short; the wait is over"), short=short)
    if matured_at:
        return fill(_("<b>{short}</b> short; wait ends {matured}"), short=short, matured=instant(matured_at))
    return fill(_("<b>{short}</b> short; then {days}"), short=short, days=days(row["wait"]["need_days"]))
