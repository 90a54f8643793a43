"""What the page of an import shows: what would become of each account, and the rows that need a person first."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Count
from django.db.models.functions import Lower

from accounts import actions, rules
from accounts.forms.imports import MappingForm
from accounts.models import Account, Import, Payment, Rulebook
from accounts.models.imports import DONE, UNDONE
from accounts.templatetags.imports import DIFFERENCES, FIELDS, problem_words
from accounts.templatetags.slugs import word
from accounts.views.crediting import Doubted, doubted

MOST_ROWS = 200
MOST_PARTS = 30
MOST_PASSED = 20
ORDER = ("not_understood", "conflict", "other", "left_out", "new", "duplicate")
# Verdicts by what is not understood of a row.
APART = {"other": "other", "left_out": "left_out"}


def preview_of(
    held: Import, *, now: datetime, form: MappingForm | None = None, reading: actions.Reading | None = None
) -> dict[str, Any]:
    """What a draft would bring, row by row and for each account, with the form that says what its columns hold."""
    reading = reading or actions.read_import(held, now=now)
    accounts = actions.accounts_in(held, reading)
    shelf = Rulebook.objects.of(*{account.provider for account in accounts}).shelf()
    preview = actions.preview_import(accounts, reading, zone=ZoneInfo(held.zone), shelf=shelf, now=now)
    same = Import.objects.into(held.account or held.home).filter(digest=held.digest, state=DONE).without_content()
    return {
        "import": held,
        "account": held.account,
        "form": form or MappingForm(sketch=reading, given=held.open_choices, asked=reading.asked),
        "same_file": same.order_by("-ended_at").first(),
        "remembered": _remembered(held),
        **shown(preview, shown_rows(preview)),
    }


def shown(preview: actions.Preview, rows: "Rows") -> dict[str, Any]:
    """What the partials of a preview take."""
    parts = sorted(preview.parts, key=lambda part: not part.counts["new"])
    return {
        "preview": preview,
        "rows": rows,
        "parts": [ShownPart.of(part) for part in parts[:MOST_PARTS]],
        "more_parts": max(0, len(parts) - MOST_PARTS),
        "others": rows.counts["other"],
        "is_open": any(not _is_asked(problem) for row in preview.reading.rows for problem in row.problems),
        "passed": preview.reading.table.passed[:MOST_PASSED],
        "more_passed": max(0, len(preview.reading.table.passed) - MOST_PASSED),
        "is_put_together": preview.reading.table.form in rules.imports.PUT_TOGETHER,
    }


def _is_asked(problem: rules.imports.Problem) -> bool:
    """Whether a question beside the columns settles it."""
    return problem.field == "account" or (problem.field, problem.code) in actions.ASKS


def _remembered(held: Import) -> Import | None:
    """The earlier import whose mapping the draft has, unless somebody has changed it since."""
    like = Import.objects.like(held.home, held.header_key).without_content().first()
    if like is None or like.columns != held.columns:
        return None
    said = like.open_choices.remembered().as_json()
    return like if said == held.open_choices.remembered().as_json() else None


@dataclass(frozen=True)
class ShownPart:
    """An account before and after, as its partial takes it."""

    account: Account
    rulebook: rules.Rulebook
    before: dict[str, Any]
    after: dict[str, Any]
    doubts_before: Doubted
    doubts_after: Doubted
    counts: Counter[str]

    @classmethod
    def of(cls, part: actions.Part) -> "ShownPart":
        documents = part.before.as_json(), part.after.as_json()
        doubts = doubted(part.before.doubts), doubted(part.after.doubts)
        return cls(part.account, part.before.rulebook, *documents, *doubts, part.counts)

    @property
    def tallies(self) -> list[tuple[str, int]]:
        return [(code, self.counts[code]) for code in rules.imports.VERDICTS if self.counts[code]]


def parts_of_result(held: Import) -> list[Any]:
    """Where the payments of an import into a workspace have gone: each account and how many, by name."""
    if held.account_id is not None or held.state not in (DONE, UNDONE):
        return []
    accounts = Account.objects.filter(payments__came_by=held).annotate(count=Count("payments"))
    return [dict(row) for row in accounts.order_by(Lower("name"), "id").values("id", "name", "count")]


@dataclass(frozen=True)
class Shown:
    """A row: its lines in the file, its verdict, the cells as they stand there, and what is to be said of it.

    `why` are (the column's meaning, the text in its cell, the words) of what is not understood; `entry` says what of a
    new row counts; `account` is the name of whose it is; `payment` is the one of the ledger that a row was found to be,
    `earlier` the line of an equal row.
    """

    line: int
    last: int
    verdict: str
    cells: list[str]
    found: rules.imports.Found | None = None
    why: tuple[tuple[str, str, str], ...] = ()
    account: str = ""
    entry: rules.Entry | None = None
    difference: str = ""
    payment: Payment | None = None
    earlier: int | None = None


@dataclass(frozen=True)
class Rows:
    """The shown rows and how many there are of each verdict. `names_accounts`: each says whose it is."""

    shown: list[Shown]
    counts: Counter[str]
    names_accounts: bool = False

    @property
    def total(self) -> int:
        return sum(self.counts.values())

    @property
    def is_cut(self) -> bool:
        return self.total > len(self.shown)

    @property
    def tallies(self) -> list[tuple[str, int]]:
        """(verdict, how many), those that are new first."""
        order = (*rules.imports.VERDICTS, "other", "left_out", "not_understood")
        return [(code, self.counts[code]) for code in order if self.counts[code]]


Place = tuple[int, str, int | None]


def shown_rows(preview: actions.Preview) -> Rows:
    """What the preview shows: every row where there are few, else those that need a person first."""
    places = _places(preview)
    counts = Counter(verdict for _, verdict, _ in places)
    if len(places) > MOST_ROWS:
        ranks = {verdict: rank for rank, verdict in enumerate(ORDER)}
        places.sort(key=lambda place: ranks[place[1]])
        places = sorted(places[:MOST_ROWS])
    keys = {preview.verdicts[of].held for _, _, of in places if of is not None}
    accounts = [part.account for part in preview.parts]
    payments = Payment.objects.filter(account__in=accounts).in_bulk([int(key) for key in keys if key])
    return _listed(preview, places, counts, payments)


def rows_of(preview: actions.Preview, payments: dict[int, Payment]) -> Rows:
    """Every row, with the payments that rows were found to be."""
    places = _places(preview)
    return _listed(preview, places, Counter(verdict for _, verdict, _ in places), payments)


def _listed(
    preview: actions.Preview, places: list[Place], counts: Counter[str], payments: Mapping[int, Payment]
) -> Rows:
    names_accounts = not preview.reading.owners.only or preview.reading.names_accounts
    return Rows(list(_rows(preview, places, payments)), counts, names_accounts)


def _places(preview: actions.Preview) -> list[Place]:
    """(place among the rows, verdict, place among those understood) of every row."""
    places: list[Place] = []
    understood = 0
    for number, row in enumerate(preview.reading.rows):
        if row.found is None:
            places.append((number, _apart(row), None))
        else:
            places.append((number, preview.verdicts[understood].code, understood))
            understood += 1
    return places


def _apart(row: rules.imports.Row) -> str:
    """The verdict of a row that is no payment: it is for another account, left out, or not understood."""
    codes = {problem.code if problem.field == "account" else "" for problem in row.problems}
    return APART.get(codes.pop(), "not_understood") if len(codes) == 1 else "not_understood"


def _rows(preview: actions.Preview, places: list[Place], payments: Mapping[int, Payment]) -> Iterator[Shown]:
    reading, table = preview.reading, preview.reading.table
    lines = [table.lines[row.place] for row in reading.rows if row.found is not None]
    names = {str(part.account.pk): part.account.name for part in preview.parts}
    for number, code, of in places:
        row = reading.rows[number]
        at = table.lines[row.place], table.ends[row.place]
        cells = table.records[row.place]
        if row.found is None or of is None:
            yield Shown(*at, code, cells, why=tuple(map(_why, row.problems)))
            continue
        verdict = preview.verdicts[of]
        yield Shown(
            *at,
            code,
            cells,
            found=row.found,
            account=names.get(row.found.account, ""),
            entry=preview.reasons.get(of),
            difference=word(DIFFERENCES, verdict.field) if verdict.field else "",
            payment=payments.get(int(verdict.held)) if verdict.held else None,
            earlier=lines[verdict.row] if verdict.row is not None else None,
        )


def _why(problem: rules.imports.Problem) -> tuple[str, str, str]:
    meaning = word(FIELDS, problem.field) if problem.field else ""
    return meaning, problem.text, problem_words(problem.field, problem.code)
