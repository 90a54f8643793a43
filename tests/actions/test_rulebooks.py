"""Adopting editions: append-only, idempotent, safe against another one doing the same."""

import dataclasses
import threading
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts import actions
from accounts.gateways import published
from accounts.models import Rulebook, Standing
from tests import make

BOOK = published.edition("openai/2025-05")


def altered(book=BOOK, **facts):
    """The edition with facts of its document replaced."""
    return dataclasses.replace(book, document=book.document | facts)


def test_the_digest_does_not_depend_on_the_order_of_keys():
    backwards = dataclasses.replace(BOOK, document=dict(reversed(BOOK.document.items())))
    assert actions.digest_of(backwards) == actions.digest_of(BOOK)
    assert actions.digest_of(altered(confidence="high")) != actions.digest_of(BOOK)


@pytest.mark.django_db
class TestAdopting:
    def test_adopting_twice_adopts_once(self):
        assert actions.adopt([BOOK], now=make.NOW) == ["openai/2025-05"]
        assert actions.adopt([BOOK], now=make.NOW + timedelta(days=1)) == []
        assert Rulebook.objects.get().adopted_at == make.NOW

    def test_what_was_stored_builds_the_same_rulebook(self):
        actions.adopt(published.editions().values(), now=make.NOW)
        for row in Rulebook.objects.all():
            assert row.rules == published.edition(row.id)
            assert actions.digest_of(row.rules) == row.digest

    def test_an_altered_edition_is_refused_by_name_and_nothing_is_stored(self):
        actions.adopt([BOOK], now=make.NOW)
        other = dataclasses.replace(BOOK, id="openai/2099-01", document=BOOK.document | {"id": "openai/2099-01"})
        with pytest.raises(actions.EditionChanged, match="openai/2025-05"):
            actions.adopt([other, altered(confidence="high")], now=make.NOW)
        assert list(Rulebook.objects.values_list("id", flat=True)) == ["openai/2025-05"]

    def test_a_better_translation_is_taken_over_and_is_no_new_edition(self):
        actions.adopt([BOOK], now=make.NOW)
        better = altered(title=BOOK.document["title"] | {"zh-hans": "更好的标题"})
        assert actions.adopt([better], now=make.NOW) == []
        assert Rulebook.objects.get().document["title"]["zh-hans"] == "更好的标题"

    def test_live_accounts_of_the_provider_fall_due_at_once(self):
        account = make.make_account()
        archived = make.make_account()
        actions.archive_account(archived, by=None, now=make.NOW)
        Standing.objects.update(next_look_at=None)
        later = make.NOW + timedelta(hours=1)
        newer = dataclasses.replace(BOOK, id="openai/2099-01", document=BOOK.document | {"id": "openai/2099-01"})
        actions.adopt([newer], now=later)
        assert Standing.objects.get(account=account).next_look_at == later
        assert Standing.objects.get(account=archived).next_look_at is None

    def test_accounts_of_other_providers_and_those_long_due_are_left_alone(self):
        account = make.make_account()
        Standing.objects.update(next_look_at=make.NOW)
        newer = dataclasses.replace(BOOK, id="openai/2099-01", document=BOOK.document | {"id": "openai/2099-01"})
        other = dataclasses.replace(
            BOOK,
            id="other/2099-01",
            provider=dataclasses.replace(BOOK.provider, id="other"),
            document=BOOK.document | {"id": "other/2099-01"},
        )
        later = make.NOW + timedelta(hours=1)
        actions.adopt([newer], now=later)
        assert Standing.objects.get(account=account).next_look_at == make.NOW
        Standing.objects.update(next_look_at=None)
        actions.adopt([other], now=later)
        assert Standing.objects.get(account=account).next_look_at is None

    def test_the_cost_does_not_grow_with_the_accounts(self):
        owner = make.make_user()
        newer = [
            dataclasses.replace(BOOK, id=f"openai/2099-0{n}", document=BOOK.document | {"id": f"openai/2099-0{n}"})
            for n in (1, 2)
        ]
        make.make_account(owner)
        with CaptureQueriesContext(
            connection,
        ) as one:
            actions.adopt(newer[:1], now=make.NOW)
        for _ in range(5):
            make.make_account(owner)
        with CaptureQueriesContext(connection) as six:
            actions.adopt(newer[1:], now=make.NOW)
        assert len(six) == len(one)

    def test_a_preview_counts_accounts_and_writes_nothing(self):
        make.make_account()
        newer = dataclasses.replace(BOOK, id="openai/2099-01", document=BOOK.document | {"id": "openai/2099-01"})
        assert actions.preview_adoption([BOOK, newer]) == {"openai/2099-01": 1}
        assert Rulebook.objects.count() == 1

    def test_the_command_prints_a_line_per_new_edition_and_then_nothing(self, capsys):
        call_command("adopt", "--dry-run")
        assert "would adopt openai/2025-05: 0 account(s) to look at again" in capsys.readouterr().out
        assert not Rulebook.objects.exists()
        call_command("adopt")
        lines = capsys.readouterr().out.splitlines()
        assert lines == [f"adopted {edition}" for edition in published.editions()]
        call_command("adopt")
        assert capsys.readouterr().out == ""

    def test_the_command_fails_on_an_altered_edition(self):
        actions.adopt([altered(confidence="high")], now=make.NOW)
        with pytest.raises(CommandError, match="openai/2025-05 differs"):
            call_command("adopt")


@pytest.mark.django_db(transaction=True)
def test_many_who_adopt_at_the_same_time_adopt_once():
    barrier = threading.Barrier(4)
    adopted, failed = [], []

    def adopt():
        try:
            barrier.wait(timeout=20)
            adopted.extend(actions.adopt([BOOK], now=make.NOW))
        except Exception as error:
            failed.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=adopt) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    assert failed == []
    assert adopted == ["openai/2025-05"]
