"""Files that people take away: small ones at once, large ones by the clock; whole or not at all; kept for a day."""

import json
import threading
from datetime import timedelta

import pytest
from django.db import OperationalError, connection, connections
from django.test.utils import CaptureQueriesContext

from accounts import actions
from accounts.actions import exporting, jobs
from accounts.models import Export, ExportPiece
from accounts.models.workspace import VIEWER
from tests import make

NOW = make.NOW


@pytest.fixture
def ann(db):
    return make.make_user("ann@example.org", name="Ann")


@pytest.fixture
def account(ann):
    return make.make_account(ann, name="production", payments=[("50.00", "05-01T10:00"), ("5.00", "05-09T10:00")])


@pytest.fixture
def begin(account, ann):
    return lambda **changes: actions.begin_export(
        account.workspace, **{"form": "json", "by": ann, "now": NOW} | changes
    )


@pytest.fixture
def later(monkeypatch):
    """Everything is large."""
    monkeypatch.setattr(exporting, "AT_ONCE", 0)


def held_by(export: Export) -> bytes:
    return b"".join(export.content())


def test_a_small_one_is_there_at_once(begin):
    export = begin()
    assert (export.state, export.file_name, export.ended_at) == ("done", "Ann-2025-05-20.json", NOW)
    assert export.size == len(held_by(export))
    assert json.loads(held_by(export))["accounts"][0]["name"] == "production"


def test_what_is_known_of_a_person_is_theirs(ann, account):
    export = actions.begin_export(None, form="person", by=ann, now=NOW)
    assert export.file_name == "tierdash-ann-example.org-2025-05-20.json"
    assert json.loads(held_by(export))["profile"]["email"] == "ann@example.org"


def test_a_large_one_waits_for_the_clock(begin, later):
    export = begin()
    assert (export.state, held_by(export)) == ("waiting", b"")
    assert actions.take_exports(now=NOW) == 1
    export.refresh_from_db()
    assert (export.state, export.rows_done) == ("done", export.rows)
    assert json.loads(held_by(export))["schema"]
    assert actions.take_exports(now=NOW) == 0


def test_it_lies_in_pieces(begin, monkeypatch):
    monkeypatch.setattr(exporting, "PIECE", 1000)
    export = begin()
    assert ExportPiece.objects.count() == -(-export.size // 1000) > 3
    assert json.loads(held_by(export))


def test_a_second_click_gets_what_is_under_way(begin, later):
    first = begin()
    assert begin().pk == first.pk
    assert begin(form="csv").pk != first.pk
    actions.take_exports(now=NOW)
    assert begin().pk != first.pk


def test_everybody_has_their_own(begin, account, later):
    other = make.make_member(account.workspace, VIEWER)
    assert begin().pk != begin(by=other).pk
    assert list(Export.objects.of(other)) == [Export.objects.get(created_by=other)]


@pytest.mark.parametrize("form", ["json", "csv", "xlsx"])
def test_one_whose_worker_died_is_written_by_another(begin, later, form):
    export = begin(form=form)
    Export.objects.filter(pk=export.pk).update(state="running", attempts=1, beaten_at=NOW)
    assert actions.take_exports(now=NOW + exporting.STALE) == 0
    assert actions.take_exports(now=NOW + exporting.STALE * 2) == 1
    export.refresh_from_db()
    assert (export.state, export.attempts) == ("done", 2)


def test_one_that_kills_its_workers_is_given_up(begin, later):
    export = begin()
    Export.objects.filter(pk=export.pk).update(state="running", attempts=3, beaten_at=NOW)
    actions.take_exports(now=NOW + exporting.STALE * 2)
    export.refresh_from_db()
    assert (export.state, export.error, ExportPiece.objects.count()) == ("failed", "crashed", 0)


def test_one_that_breaks_leaves_nothing_and_says_so(begin, monkeypatch, caplog):
    def breaks(*args, **facts):
        yield b"half"
        raise RuntimeError("a disk that is full")

    monkeypatch.setitem(exporting.exports.FORMATS, "json", ("json", "application/json", breaks))
    export = begin()
    assert (export.state, export.error, ExportPiece.objects.count()) == ("failed", "unexpected", 0)
    assert "a disk that is full" in caplog.text


def test_a_database_that_goes_away_leaves_it_for_later(begin, later, monkeypatch):
    def is_away(*args, **facts):
        raise OperationalError("gone")
        yield

    begin()
    with monkeypatch.context() as patched:
        patched.setitem(exporting.exports.FORMATS, "json", ("json", "application/json", is_away))
        with pytest.raises(OperationalError):
            actions.take_exports(now=NOW)
    assert Export.objects.get().state == "running"
    assert actions.take_exports(now=NOW + exporting.STALE * 2) == 1
    assert Export.objects.get().state == "done"


def test_who_was_overtaken_writes_nothing(begin, later, monkeypatch):
    """Somebody else has taken it up meanwhile, for this one was thought dead."""
    write = exporting.exports.FORMATS["json"][2]

    def is_overtaken(*args, **facts):
        yield from write(*args, **facts)
        Export.objects.update(attempts=7)

    begin()
    monkeypatch.setitem(exporting.exports.FORMATS, "json", ("json", "application/json", is_overtaken))
    actions.take_exports(now=NOW)
    assert (Export.objects.get().state, ExportPiece.objects.count()) == ("running", 0)


def test_files_are_deleted_after_a_day(begin, later):
    old, waiting = begin(), begin(form="csv")
    Export.objects.filter(pk=old.pk).update(state="done", ended_at=NOW)
    ExportPiece.objects.create(export=old, number=0, content=b"x")
    assert jobs.prune(NOW + exporting.KEEP_EXPORTS) == 0
    assert jobs.prune(NOW + exporting.KEEP_EXPORTS + timedelta(seconds=1)) == 1
    assert list(Export.objects.all()) == [waiting]
    assert not ExportPiece.objects.exists()


def test_they_go_with_their_person_and_with_their_workspace(begin, account, ann):
    other = make.make_member(account.workspace, "owner")
    begin(by=other)
    actions.delete_person(other, now=NOW)
    assert not Export.objects.exists()
    begin()
    actions.delete_person(ann, now=NOW)
    assert not ExportPiece.objects.exists()


def test_a_round_of_the_clock_takes_them_along(begin, later):
    begin()
    jobs.tick(now=NOW)
    assert Export.objects.get().state == "done"


def test_a_round_without_any_asks_no_more_for_them(account):
    jobs.tick(now=NOW)
    with CaptureQueriesContext(connection) as queries:
        jobs.tick(now=NOW)
    assert len(queries) == 3


@pytest.mark.django_db(transaction=True)
def test_others_see_how_far_it_is(monkeypatch):
    ann = make.make_user()
    workspace = make.make_account(ann, payments=[("5", "05-01T10:00")] * 9).workspace
    monkeypatch.setattr(exporting, "AT_ONCE", 0)
    monkeypatch.setattr(exporting.exports.packing, "PIECE", 10)
    seen = []

    class Clock:
        def __init__(self):
            self.seconds = 0

        def monotonic(self):
            self.seconds += 1
            return self.seconds

    def look():
        held = Export.objects.get()
        seen.append((held.state, held.rows_done, held.beaten_at > NOW))
        connections.close_all()

    write = exporting.exports.FORMATS["json"][2]

    def watched(*args, **facts):
        for number, piece in enumerate(write(*args, **facts)):
            yield piece
            if number == 9:
                thread = threading.Thread(target=look)
                thread.start()
                thread.join()

    monkeypatch.setitem(exporting.exports.FORMATS, "json", ("json", "application/json", watched))
    monkeypatch.setattr(exporting, "time", Clock())
    actions.begin_export(workspace, form="json", by=ann, now=NOW)
    actions.take_exports(now=NOW)
    assert Export.objects.get().state == "done"
    [(state, rows_done, has_beaten)] = seen
    assert (state, has_beaten) == ("running", True)
    assert 5 <= rows_done < Export.objects.get().rows
