"""Imports leave with their payments and come back: who brought what, how its columns were read, and the way back."""

import json
from dataclasses import replace
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from accounts import actions
from accounts.models import Import, Payment
from tests import make
from tests.exports import everything

pytestmark = pytest.mark.django_db
NOW, LATER = make.NOW, make.NOW + timedelta(hours=1)
FILE = b"first,second,third\n2025-05-03,5.00,2025-05-04\n2025-05-04,7.00,2025-05-05\n"


@pytest.fixture
def ann():
    return make.make_user("ann@example.org")


@pytest.fixture
def account(ann):
    return make.make_account(ann, payments=[("50.00", "05-01T10:00")])


def begin(account, content=FILE, **facts):
    facts = {"file_name": "bills.csv", "zone": ZoneInfo("UTC"), "by": None, "now": NOW} | facts
    return actions.begin_import(account, content=content, **facts)


@pytest.fixture
def imported(account, ann):
    """Two payments, from a table whose columns somebody had to name."""
    held = begin(account, by=ann)
    actions.map_import(held, columns=["", "amount", "day"], choices=held.open_choices, by=ann, now=NOW)
    held.refresh_from_db()
    return actions.start_import(held, leaves_out=False, by=ann, now=NOW)


def there_and_back(account):
    document = everything.document_of(account.workspace, now=LATER)
    everything.wipe()
    everything.restore(document, now=LATER)
    account.refresh_from_db()
    return json.loads(document)


def test_a_payment_knows_which_import_brought_it(account, imported):
    there_and_back(account)
    held = Import.objects.get()
    assert (held.pk, held.state, held.added, held.file_name) == (imported.pk, "done", 2, "bills.csv")
    assert held.created_by.email == "ann@example.org"
    assert {line.gross: line.came_by_id for line in Payment.objects.all()} == {50: None, 5: held.pk, 7: held.pk}


def test_an_import_can_be_undone_after_it_came_back(account, imported, ann):
    touched = imported.payments.order_by("id")[0]
    facts = replace(actions.facts_of(touched), note="looked up")
    actions.correct_payment(touched, facts=facts, by=ann, now=NOW + timedelta(minutes=1))
    there_and_back(account)
    held = actions.undo_import(Import.objects.get(), by=None, now=LATER)
    assert (held.state, held.kept) == ("undone", 1)
    assert {line.gross: line.status for line in Payment.objects.all()} == {50: "succeeded", 5: "succeeded", 7: "void"}


def test_what_columns_hold_is_remembered_after_it_came_back(account, imported):
    there_and_back(account)
    later = begin(account, FILE.replace(b"-05-", b"-04-"))
    assert later.columns == ["", "amount", "day"]
    assert later.left_out == 0


def test_the_same_file_brings_nothing_after_it_came_back(account, imported):
    there_and_back(account)
    again = begin(account)
    with pytest.raises(actions.ImportRefused, match="nothing"):
        actions.start_import(again, leaves_out=False, by=None, now=NOW)


@pytest.mark.parametrize("state", ["waiting", "running"])
def test_one_that_was_under_way_is_carried_out_where_it_came_back(account, state):
    held = begin(account, b"date,amount\n2025-05-03,5.00\n")
    Import.objects.filter(pk=held.pk).update(state=state, attempts=1, rows_done=1, beaten_at=NOW)
    told = there_and_back(account)
    assert (told["imports"][0]["state"], told["imports"][0]["rows_done"]) == ("waiting", 1 if state == "waiting" else 0)
    assert actions.take_imports(now=NOW) == 1
    assert Import.objects.get().state == "done"
    assert account.payments.count() == 2


def test_what_was_given_is_kept_for_a_draft_alone(account, imported):
    draft = begin(account, "日期,金额\n2025-05-09,$35.00\n".encode("gb18030"))
    told = {held["id"]: held for held in there_and_back(account)["imports"]}
    assert told[str(imported.pk)]["content"] == ""
    assert bytes(Import.objects.get(pk=draft.pk).content).decode("gb18030").startswith("日期")
    assert actions.start_import(Import.objects.get(pk=draft.pk), leaves_out=False, by=None, now=NOW).added == 1
