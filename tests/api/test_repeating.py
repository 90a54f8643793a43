"""A write with a key may be repeated: one effect, one answer; the race and its control."""

import contextlib
import threading
import uuid
from datetime import timedelta

import pytest
from django.db import connections
from django.test import Client

from accounts.actions import jobs, repeats
from accounts.api import sightings
from accounts.models import Account, KeptAnswer, Payment, Sighting
from tests import make
from tests.api.conftest import Script, mistakes, problem, script_of

KEY = {"Idempotency-Key": "nightly-1"}
PAID = {"kind": "purchase", "gross": "5.00", "paid_at": "2025-05-20T11:00:00Z"}
pytestmark = pytest.mark.usefixtures("clock")


@pytest.fixture
def account(ann):
    return make.make_account(ann, payments=[("50.00", "05-01T10:00")])


@pytest.fixture
def path(account):
    return f"/accounts/{account.pk}/sightings"


def test_the_same_key_and_request_get_the_first_answer(script, path):
    first = script.post(path, {"tier": "tier-2"}, **KEY)
    again = script.post(path, {"tier": "tier-2"}, **KEY)
    assert (first.status_code, first.content) == (again.status_code, again.content) == (201, first.content)
    assert "Idempotency-Replayed" not in first.headers
    assert again.headers["Idempotency-Replayed"] == "true"
    assert Sighting.objects.count() == 2


def test_without_a_key_each_request_is_one_of_its_own(script, path):
    script.post(path, {"tier": "tier-2"})
    script.post(path, {"tier": "tier-2"})
    assert Sighting.objects.count() == 3


@pytest.mark.parametrize("said", [{"tier": "tier-3"}, {"tier": "tier-2", "seen_at": None}])
def test_the_same_key_with_another_body_is_refused(script, path, said):
    script.post(path, {"tier": "tier-2"}, **KEY)
    assert problem(script.post(path, said, **KEY)) == (409, "key-used")
    assert Sighting.objects.count() == 2


def test_the_same_key_at_another_address_is_refused(script, path, account):
    script.post(path, {"tier": "tier-2"}, **KEY)
    assert problem(script.post(f"/accounts/{account.pk}/archive", None, **KEY)) == (409, "key-used")


def test_keys_of_other_tokens_are_other_keys(script, path, ann):
    script.post(path, {"tier": "tier-2"}, **KEY)
    assert "Idempotency-Replayed" not in script_of(ann).post(path, {"tier": "tier-2"}, **KEY).headers


def test_what_was_refused_is_not_kept(script, path):
    assert mistakes(script.post(path, {"tier": "tier-9"}, **KEY)) == {"tier": "not_in_edition"}
    assert not KeptAnswer.objects.exists()
    assert script.post(path, {"tier": "tier-2"}, **KEY).status_code == 201


def test_a_write_that_breaks_leaves_nothing_and_may_be_repeated(script, path, monkeypatch):
    def breaks(sighting):
        raise RuntimeError("after the write")

    with monkeypatch.context() as patched:
        patched.setattr(sightings, "_told", breaks)
        assert problem(script.post(path, {"tier": "tier-2"}, **KEY)) == (500, "broken")
    assert (Sighting.objects.count(), KeptAnswer.objects.count()) == (1, 0)
    assert script.post(path, {"tier": "tier-2"}, **KEY).status_code == 201


def test_an_answer_is_kept_for_a_day(script, path, clock):
    script.post(path, {"tier": "tier-2"}, **KEY)
    clock.shift(timedelta(hours=23, minutes=59))
    jobs.prune(make.NOW + timedelta(hours=23, minutes=59))
    assert "Idempotency-Replayed" in script.post(path, {"tier": "tier-2"}, **KEY).headers
    clock.shift(timedelta(minutes=1))
    assert "Idempotency-Replayed" not in script.post(path, {"tier": "tier-2"}, **KEY).headers
    jobs.prune(make.NOW + timedelta(hours=48))
    assert not KeptAnswer.objects.exists()


def test_a_payment_is_not_doubled_even_when_its_answer_is_forgotten(script, account):
    path = f"/accounts/{account.pk}/payments"
    first = script.post(path, PAID, **KEY)
    KeptAnswer.objects.all().delete()
    again = script.post(path, PAID, **KEY)
    assert (again.status_code, again.json()) == (201, first.json())
    assert Payment.objects.count() == 2
    KeptAnswer.objects.all().delete()
    assert problem(script.post(path, PAID | {"gross": "6.00"}, **KEY)) == (409, "key-used")


def test_an_account_is_not_opened_twice(script, ann, account):
    said = {"name": "fresh", "rulebook": "openai/2025-05", "seen_tier": "tier-1"}
    first = script.post("/accounts", said, **KEY)
    KeptAnswer.objects.all().delete()
    assert script.post("/accounts", said, **KEY).json() == first.json()
    assert Account.objects.count() == 2


@pytest.mark.parametrize("key", ["", " ", "x" * 65, "a b", "schlüssel", "a\tb"])
def test_a_key_that_is_none_is_refused(script, path, key):
    assert mistakes(script.post(path, {"tier": "tier-2"}, **{"Idempotency-Key": key})) == {
        "Idempotency-Key": "idempotency_key"
    }
    assert Sighting.objects.count() == 1


@pytest.mark.parametrize("key", ["x" * 64, str(uuid.UUID(int=1)), "a.b_c:d-e"])
def test_a_key_may_be_what_scripts_have(script, path, key):
    assert script.post(path, {"tier": "tier-2"}, **{"Idempotency-Key": key}).status_code == 201


def ask_twice_at_once(secret: str, path: str, monkeypatch) -> list[tuple[int, bytes]]:
    """Send the same request from two threads; each waits a moment for the other just before it writes."""
    barrier, answers = threading.Barrier(2), []
    see_tier = sightings.actions.see_tier

    def wait_and_see(*args, **facts):
        with contextlib.suppress(threading.BrokenBarrierError):  # the key's row lets only one come here
            barrier.wait(timeout=1)
        return see_tier(*args, **facts)

    monkeypatch.setattr(sightings.actions, "see_tier", wait_and_see)

    def ask() -> None:
        answer = Script(secret, Client()).post(path, {"tier": "tier-2"}, **KEY)
        answers.append((answer.status_code, answer.content))
        connections.close_all()

    threads = [threading.Thread(target=ask) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


@pytest.mark.django_db(transaction=True)
def test_without_the_keys_row_two_at_once_are_two(monkeypatch):
    ann = make.make_user()
    path = f"/accounts/{make.make_account(ann).pk}/sightings"
    monkeypatch.setattr(repeats, "_claim", lambda *args: True)
    ask_twice_at_once(make.make_token(ann).secret, path, monkeypatch)
    assert Sighting.objects.count() == 3


@pytest.mark.django_db(transaction=True)
def test_two_at_once_are_one_and_get_the_same_answer(monkeypatch):
    ann = make.make_user()
    path = f"/accounts/{make.make_account(ann).pk}/sightings"
    first, second = ask_twice_at_once(make.make_token(ann).secret, path, monkeypatch)
    assert first == second
    assert first[0] == 201
    assert Sighting.objects.count() == 2
