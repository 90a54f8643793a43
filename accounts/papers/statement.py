"""The statement: the words and figures of the printed evidence, in the active language.

Instants are in UTC, as a provider's support reads them; those of the conditions stand there in a second zone as well.

What comes out is plain data for the typesetter: texts, lists of texts, places. `statement.typ` only lays it out.
"""

from collections.abc import Mapping
from datetime import UTC, tzinfo
from typing import Any

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from accounts import rules
from accounts.papers.drawing import SIZE, Picture
from accounts.papers.ledger import ledger
from accounts.papers.rule import rule
from accounts.templatetags import figures, moments, sayings, slugs

Document = Mapping[str, Any]
LANGUAGES = {"zh-hans": ("zh", "cn")}
STATES = {"overdue": "now", "due": "soon", "lacking": "soon", "shown": "fine", "opaque": "unknown"}


def statement(
    document: Document, book: rules.Rulebook, picture: Picture, hashes: Mapping[str, str], zone: tzinfo
) -> dict[str, Any]:
    """Return what `statement.typ` takes. hashes: the SHA-256 of the other parts by file name; zone: the second one."""
    return _Statement(document, book, zone).data(picture, hashes)


def claim_sentence(document: Document, book: rules.Rulebook) -> str:
    """What the evidence says, in one sentence."""
    return _Statement(document, book, UTC).claim()


def hidden_words(hidden: Mapping[str, bool]) -> str:
    """Which parts of the evidence were left out; "" when none were."""
    if hidden["amounts"] and hidden["names"]:
        return _("Amounts, names, references and notes are hidden.")
    if hidden["amounts"]:
        return _("Amounts are hidden. Whether the money sufficed for this tier, and since when, still stands here.")
    return _("Names, references and notes are hidden.") if hidden["names"] else ""


def _or_dash(text: str | None) -> str:
    return text or "–"


def _moment(text: str | None, zone: tzinfo = UTC) -> str:
    return moments.exact(text, zone) if text else "–"


class _Statement:
    """One document being put into words."""

    def __init__(self, document: Document, book: rules.Rulebook, zone: tzinfo) -> None:
        self._document = document
        self._book = book
        self._zone = zone
        self._claim = document["claim"]
        self._gate = next(gate for gate in document["gates"] if gate["in_question"])
        self._values = {
            "tier": self._tier(self._claim["tier"]),
            "seen": self._tier(self._claim["seen_tier"]),
            "provider": document["provider"]["name"],
            "hours": self._claim["recheck_hours"],
            "ready": _moment(self._claim["ready_at"]),
            "trigger": _moment(self._claim["trigger_at"]),
            "until": _moment(self._claim["recheck_until"]),
        }

    def data(self, picture: Picture, hashes: Mapping[str, str]) -> dict[str, Any]:
        language, region = LANGUAGES.get(get_language() or "", ("en", "gb"))
        document = self._document
        return {
            "lang": language,
            "region": region,
            "title": _("Evidence for {tier}").format(**self._values),
            "by": _("{provider}, usage tiers").format(**self._values),
            "made": _("Made {when}").format(when=_moment(document["made_at"])),
            "page": _("Page {page} of {pages}"),
            "state": STATES[self._claim["code"]],
            "claim": self.claim(),
            "reason": self._reason(),
            "hidden": hidden_words(document["hidden"]),
            "facts": self._facts(),
            "gates": self._gates(),
            "picture": self._picture(picture),
            "ledger": ledger(document),
            "tiers": self._tiers(),
            "sightings": self._sightings(),
            "notices": self._notices(),
            "rule": rule(document, self._book),
            "check": self._check(hashes),
        }

    def _tier(self, tier_id: str) -> str:
        """The name of a tier, or its id when it is one of another edition."""
        return sayings.tier_name(self._book.tier(tier_id)) if self._book.has_tier(tier_id) else tier_id

    def claim(self) -> str:
        patterns = {
            "overdue": _("Every condition of {tier} is met, but {provider} still shows {seen}."),
            "due": _("Every condition of {tier} is met; {provider} shows {seen} so far."),
            "lacking": _("{tier} is not due yet: a condition is not met. {provider} shows {seen}."),
            "shown": _("{provider} shows {seen}; this is what {tier} rests on."),
            "opaque": _("{provider} does not publish what {tier} needs. It shows {seen}."),
        }
        return patterns[self._claim["code"]].format(**self._values)

    def _reason(self) -> str:
        if self._claim["code"] == "overdue":
            pattern = _(
                "All conditions have been met since {ready}, and {provider} has had {hours} hours since {trigger}."
            )
        elif self._claim["trigger_at"] and self._claim["code"] == "due":
            pattern = _("All conditions have been met since {ready}. The upgrade may appear until {until}.")
        elif self._claim["ready_at"] and self._claim["code"] == "due":
            pattern = _("All conditions have been met since {ready}.")
        else:
            pattern = ""
        return pattern.format(**self._values)

    def _facts(self) -> list[list[str]]:
        account = self._document["account"]
        hidden = _("hidden")
        is_hidden = self._document["hidden"]["names"]
        start = self._claim["clock_started_at"]
        counted = self._document["counted_usd"]
        return [
            [_("Account"), hidden if is_hidden else account["name"]],
            [_("Organization ID"), hidden if is_hidden else _or_dash(account["organization_ref"])],
            [_("The provider shows"), self._values["seen"]],
            [_("First payment that counts"), _moment(start)],
            [_("Counted so far"), hidden if counted is None else figures.money(counted)],
            [_("Made by"), hidden if is_hidden else _or_dash(account["made_by"])],
        ]

    def _gates(self) -> dict[str, Any]:
        money, wait = self._gate["money"], self._gate["wait"]
        rows = []
        if money and wait:
            have = money["have_usd"]
            rows.append(
                {
                    "name": _("Money paid in total"),
                    "asked": figures.dollars(money["need_usd"]),
                    "reached": figures.money(have) if have is not None else _("hidden"),
                    "percent": money["percent"],
                    **self._met(money["met"], money["met_at"]),
                }
            )
            rows.append(
                {
                    "name": _("Days since the first payment"),
                    "asked": sayings.days(wait["need_days"]) if wait["need_days"] else _("none"),
                    "reached": sayings.days(wait["elapsed_days"]),
                    "percent": wait["percent"],
                    **self._met(wait["met"], wait["met_at"]),
                }
            )
        for need in self._gate["requires"]:
            rows.append(
                {
                    "name": slugs.word(slugs.REQUIREMENTS, need["id"]),
                    "asked": "",
                    "reached": "",
                    "percent": None,
                    **self._met(need["said_at"] is not None, need["said_at"]),
                }
            )
        rows += self._whole()
        head = [_("Condition"), _("Asked"), _("Reached"), _("Progress"), _("Met since")]
        none = "" if rows else _("The provider publishes no conditions for this tier.")
        return {"title": _("The conditions of {tier}").format(**self._values), "head": head, "rows": rows, "none": none}

    def _met(self, is_met: bool, at: str | None) -> dict[str, Any]:
        """Since when a condition is met, in both zones; or when it will be, if that is known."""
        zones = [_moment(at), _moment(at, self._zone)] if at else ["–"]
        if not is_met:
            zones = [_("not met"), *([_("ends {when}").format(when=zones[0])] if at else [])]
        return {"met": is_met, "since": list(dict.fromkeys(zones))}

    def _whole(self) -> list[dict[str, Any]]:
        """When everything was met, and when the provider was made to look again."""
        names = {
            "ready_at": _("Every condition"),
            "trigger_at": _("The payment that may have made {provider} look again").format(**self._values),
        }
        bare = {"asked": "", "reached": "", "percent": None}
        return [
            {"name": name, **bare, **self._met(True, self._claim[key])}
            for key, name in names.items()
            if self._claim["code"] in ("overdue", "due") and self._claim[key]
        ]

    def _picture(self, picture: Picture) -> dict[str, Any]:
        return {
            "title": _("The timeline"),
            "says": picture.says,
            "width": picture.width,
            "size": SIZE,
            "words": [
                {"x": w.x, "y": w.y, "text": w.text, "anchor": w.anchor, "fill": w.fill, "bold": w.is_bold}
                for w in picture.words
            ],
            "key": _(
                "Dots: payments that count. Bands: the wait. Green with a tick: met. "
                "Orange ring: a payment that may have made the provider look again."
            ),
        }

    def _tiers(self) -> dict[str, Any]:
        rows = []
        for gate in self._document["gates"]:
            money, wait = gate["money"], gate["wait"]
            unknown = _("not published")
            since = _moment(gate["ready_at"])
            if gate["met"] is None:
                since = _("hidden")
            elif gate["met"] is False:
                since = _("not met")
            rows.append(
                {
                    "is_asked": gate["in_question"],
                    "cells": [
                        self._tier(gate["tier"]),
                        figures.dollars(money["need_usd"]) if money else unknown,
                        (sayings.days(wait["need_days"]) if wait["need_days"] else _("none")) if wait else unknown,
                        since if money or gate["met"] else "–",
                    ],
                }
            )
        head = [_("Tier"), _("Money"), _("Wait"), _("Every condition met since")]
        return {"title": _("Every tier of the edition"), "head": head, "rows": rows}

    def _sightings(self) -> dict[str, Any]:
        rows = [
            [
                _moment(seen["at"]),
                self._tier(seen["tier"]) if seen["rulebook"] == self._book.id else seen["tier"],
                slugs.word(slugs.SOURCES, seen["source"]),
                seen["rulebook"],
            ]
            for seen in self._document["sightings"]
        ]
        head = [_("Seen"), _("Tier"), _("How"), _("Edition")]
        return {"title": _("What the provider showed"), "head": head, "rows": rows}

    def _notices(self) -> dict[str, Any]:
        rows = [
            [_moment(told["at"]), slugs.word(slugs.NOTICE_KINDS, told["kind"]), self._tier(told["tier"])]
            for told in self._document["notices"]
        ]
        return {"title": _("Notices raised"), "head": [_("Raised"), _("Notice"), _("Tier")], "rows": rows}

    def _check(self, hashes: Mapping[str, str]) -> dict[str, Any]:
        return {
            "title": _("How to check this"),
            "says": [
                _(
                    "tierdash worked this out from the payments that people entered and from the dated rules named "
                    "above. What the provider has on record decides."
                ),
                _(
                    "evidence.json holds the same facts for programs. SHA256SUMS lists the SHA-256 of every file of "
                    "the pack: “sha256sum -c SHA256SUMS” finds any change."
                ),
            ],
            "head": [_("File"), "SHA-256"],
            "rows": [[name, digest] for name, digest in hashes.items()],
        }
