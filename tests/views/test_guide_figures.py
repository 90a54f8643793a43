"""No figure of the guide is typed: each comes from a rulebook, in a sentence as in a table."""

import copy
import html
import itertools
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from babel.messages import pofile
from django.conf import settings
from django.utils import timezone

from accounts import actions, rules
from accounts.gateways import published
from accounts.views import worked

OPENAI = ("openai/2024-12", "openai/2025-05", "openai/2026-10-06")
ROOT = Path(settings.BASE_DIR)


@pytest.fixture(autouse=True)
def today(time_machine):
    """A day on which the edition of October 2026 is in force."""
    time_machine.move_to(datetime(2026, 11, 20, 9, tzinfo=UTC), tick=False)


def guide(client, edition, language):
    return client.get("/guide/", {"edition": edition}, headers={"Accept-Language": language})


class TestFigures:
    """No figure is typed. With every number of the rulebooks changed, no old one is left on the page."""

    NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?")

    @staticmethod
    def changed(book: rules.Rulebook) -> rules.Rulebook:
        """The same edition with every amount, day, hour and limit another, and without texts of its own."""
        odd = itertools.count(7003, 2)
        document = copy.deepcopy(dict(book.document))
        document |= {"unknown": [], "notes": []}
        document["title"] = document["basis"] = {"en": "Edition", "zh-hans": "版本"}
        document["constants"] = {
            "top_up_min_usd": 61,
            "top_up_max_usd": 67,
            "recheck_hours": 53,
            "settle_hours": 59,
        }
        for number, tier in enumerate(document["tiers"]):
            tier.pop("note", None)
            tier["cap_usd"] = next(odd)
            if number:
                tier |= {
                    "money_usd": 311 * number,
                    "wait_days": [0, 0, 3, 13, 19, 41][number] if tier["wait_days"] else 0,
                }
        for limit in document["limits"]:
            limit.pop("note", None)
            for row in limit["tiers"].values():
                if not isinstance(row, dict):
                    continue
                for metric, cell in row.items():
                    if cell not in ("not_supported", "not_published"):
                        row[metric] = {"up_to": next(odd)} if isinstance(cell, dict) else next(odd)
        for model in document["models"]:
            model.pop("remark", None)
        for number, source in enumerate(document["sources"]):
            source |= {"title": "Source", "seen": "today", "url": f"https://example.org/{'x' * number}"}
        return rules.build(document)

    def figures_of(self, book: rules.Rulebook) -> set[str]:
        """Every figure of an edition as the page writes it."""
        found = {book.top_up_min_usd, book.top_up_max_usd, book.recheck_hours, book.settle_hours}
        for tier in book.tiers:
            found |= {tier.money_usd, tier.wait_days, tier.cap.low_usd}
        for limit in book.limits:
            found |= {cell.value for row in limit.cells.values() for cell in row.values()}
        return {f"{int(value):,}" for value in found if value}

    def numbers_of(self, client, edition, language) -> set[str]:
        page = guide(client, edition, language).content.decode().partition('tabindex="-1">')[2].partition("</main>")[0]
        text = html.unescape(re.sub(r'<span class="source">.*?</span>|<[^>]*>', " ", page, flags=re.S))
        # Names of tiers, models and editions, dates and clock times are no figures.
        names = {model.name for book in published.editions().values() for model in book.models}
        names |= {"Tier ", "gpt-", *published.editions(), *(book_id.partition("/")[2] for book_id in OPENAI)}
        for name in sorted(names, key=len, reverse=True):
            text = re.sub(re.escape(name) + (r"\d+" if name == "Tier " else ""), " ", text, flags=re.IGNORECASE)
        months = "Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec"
        dates = rf"\d+ (?:{months})\w*(?: \d{{4}})?|(?:\d{{4}}年)?\d+月\d+日|\d\d:\d\d|\d{{4}}-\d\d(?:-\d\d)?"
        text = re.sub(dates, " ", text)
        return {number.removesuffix(".00") for number in self.NUMBER.findall(text)}

    @pytest.mark.parametrize("language", ["en", "zh-hans"])
    @pytest.mark.parametrize("edition", OPENAI)
    def test_they_all_come_from_the_edition(self, db, client, edition, language):
        real = published.editions()
        books = {book_id: self.changed(real[book_id]) for book_id in OPENAI}
        actions.adopt(books.values(), now=timezone.now())
        seen = self.numbers_of(client, edition, language)
        new = set().union(*(self.figures_of(book) for book in books.values()))
        old = set().union(*(self.figures_of(real[book_id]) for book_id in OPENAI)) - new
        assert seen & old == set()
        book = books[edition]
        steps = [
            step for tier in [worked.goal(book)] for way in (worked.whole, worked.held_back) for step in way(book, tier)
        ]
        computed = {
            f"{int(value):,}" for step in steps for value in (step.paid_usd, step.total_usd, step.days) if value
        }
        # What is left is counted on the page itself, such as how many limits differ.
        assert {number for number in seen - new - computed if int(number.replace(",", "")) > 40} == set()
        assert {"53", "59", "61"} <= seen

    def test_the_same_numbers_are_there_when_the_rulebook_has_them(self, db, client):
        actions.adopt(published.editions().values(), now=timezone.now())
        seen = self.numbers_of(client, "openai/2025-05", "en")
        assert {"5", "10", "48", "24", "50", "100", "250", "1,000", "10,000", "600,000"} <= seen

    def test_no_message_of_the_guide_holds_a_digit(self):
        with (ROOT / "locale/zh_Hans/LC_MESSAGES/django.po").open("rb") as file:
            catalogue = pofile.read_po(file)
        ours = [it for it in catalogue if any("accounts/guide" in file for file, _line in it.locations)]
        typed = [text for message in ours for text in (message.id, message.string) if re.search(r"\d", str(text))]
        assert len(ours) > 150
        assert typed == []

    def test_no_template_of_the_guide_holds_a_figure_outside_of_its_messages(self):
        typed = []
        for path in (ROOT / "templates/accounts/guide").glob("*.html"):
            text = re.sub(r"\{[%#{].*?[%#}]\}|<[^>]*>", " ", path.read_text(), flags=re.DOTALL)
            typed += re.findall(r"\S*\d\S*", text)
        assert typed == []
