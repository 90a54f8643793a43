"""The rows of an import as its preview shows them: those that need a person first, and only so many."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from accounts import actions, rules
from accounts.models import Import, Payment
from accounts.templatetags.imports import DIFFERENCES, FIELDS, problem_words
from accounts.templatetags.slugs import word

MOST_ROWS = 200
ORDER = ("not_understood", "conflict", "new", "duplicate")


@dataclass(frozen=True)
class Shown:
    """A row: its line in the file, its verdict, the cells as they stand there, and what is to be said of it.

    `why` are (the column's meaning, the text in its cell, the words) of what is not understood; `entry` says what of a
    new row counts; `payment` is the one of the ledger that a row was found to be, `earlier` the line of an equal row.
    """

    line: int
    verdict: str
    cells: list[str]
    found: rules.imports.Found | None = None
    why: tuple[tuple[str, str, str], ...] = ()
    entry: rules.Entry | None = None
    difference: str = ""
    payment: Payment | None = None
    earlier: int | None = None


@dataclass(frozen=True)
class Rows:
    """The shown rows and how many there are of each verdict."""

    shown: list[Shown]
    counts: Counter[str]

    @property
    def total(self) -> int:
        return sum(self.counts.values())

    @property
    def is_cut(self) -> bool:
        return self.total > len(self.shown)

    @property
    def tallies(self) -> list[tuple[str, int]]:
        """(verdict, how many), those that are new first."""
        return [(code, self.counts[code]) for code in (*rules.imports.VERDICTS, "not_understood") if self.counts[code]]


def counts_of(preview: actions.Preview) -> Counter[str]:
    return preview.counts + Counter({"not_understood": preview.reading.troubled})


def shown_rows(preview: actions.Preview, held: Import) -> Rows:
    """What the preview shows: every row where there are few, else those that need a person first."""
    counts = counts_of(preview)
    places = _places(preview)
    if len(places) > MOST_ROWS:
        places.sort(key=lambda place: ORDER.index(place[1]))
        places = sorted(places[:MOST_ROWS])
    return _listed(preview, places, counts, held)


def rows_of(preview: actions.Preview, payments: dict[int, Payment]) -> Rows:
    """Every row, with the payments that rows were found to be."""
    return Rows(list(_rows(preview, _places(preview), payments)), counts_of(preview))


def _listed(preview: actions.Preview, places: "list[Place]", counts: Counter[str], held: Import) -> Rows:
    keys = {preview.verdicts[of].held for _, _, of in places if of is not None}
    payments = Payment.objects.filter(account=held.account_id).in_bulk([int(key) for key in keys if key])
    return Rows(list(_rows(preview, places, payments)), counts)


Place = tuple[int, str, int | None]


def _places(preview: actions.Preview) -> list[Place]:
    """(place among the rows, verdict, place among those understood) of every row."""
    places: list[Place] = []
    understood = 0
    for number, row in enumerate(preview.reading.rows):
        if row.found is None:
            places.append((number, "not_understood", None))
        else:
            places.append((number, preview.verdicts[understood].code, understood))
            understood += 1
    return places


def _rows(preview: actions.Preview, places: list[Place], payments: dict[int, Payment]) -> Iterator[Shown]:
    reading = preview.reading
    lines = [reading.table.lines[row.place] for row in reading.rows if row.found is not None]
    for number, code, of in places:
        row = reading.rows[number]
        line, cells = reading.table.lines[row.place], reading.table.records[row.place]
        if of is None:
            why = tuple(
                (
                    word(FIELDS, problem.field) if problem.field else "",
                    problem.text,
                    problem_words(problem.field, problem.code),
                )
                for problem in row.problems
            )
            yield Shown(line, code, cells, why=why)
            continue
        verdict = preview.verdicts[of]
        yield Shown(
            line,
            code,
            cells,
            found=row.found,
            entry=preview.reasons.get(of),
            difference=word(DIFFERENCES, verdict.field) if verdict.field else "",
            payment=payments.get(int(verdict.held)) if verdict.held else None,
            earlier=lines[verdict.row] if verdict.row is not None else None,
        )
