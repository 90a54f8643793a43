"""The first person of an instance becomes its administrator; everybody gets a workspace."""

import contextlib
import threading

import pytest
from django.db import connection, connections

from accounts import actions
from accounts.actions import workspaces
from accounts.models import User, Workspace
from tests.make import NOW, make_user

pytestmark = pytest.mark.django_db


def test_the_first_person_becomes_the_administrator_and_nobody_after():
    first, second = make_user(), make_user()
    assert (first.is_superuser, second.is_superuser) == (True, False)


def test_everybody_owns_a_workspace_of_their_own():
    user = make_user(name="Ann")
    assert [(home.name, home.memberships.get().role) for home in Workspace.objects.visible_to(user)] == [
        ("Ann", "owner")
    ]


def test_opening_a_home_twice_opens_one():
    user = make_user()
    actions.open_home(user, now=NOW)
    assert Workspace.objects.visible_to(user).count() == 1


class Race:
    """Two people sign up as the first ones at the same instant; a barrier holds both after they have looked."""

    def __init__(self, monkeypatch, *, guarded: bool) -> None:
        self.barrier = threading.Barrier(2)
        if not guarded:
            monkeypatch.setattr(workspaces, "hold_administrators", lambda: None)
        look = workspaces.has_administrator

        def look_and_wait() -> bool:
            seen = look()
            with contextlib.suppress(threading.BrokenBarrierError):  # the guard lets only one come here at a time
                self.barrier.wait(timeout=1.5)
            return seen

        monkeypatch.setattr(workspaces, "has_administrator", look_and_wait)

    def run(self) -> int:
        users = [make_user(home=False), make_user(home=False)]

        def sign_up(user: User) -> None:
            try:
                actions.open_home(user, now=NOW)
            finally:
                connections.close_all()

        threads = [threading.Thread(target=sign_up, args=[user]) for user in users]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        connection.ensure_connection()
        return User.objects.filter(is_superuser=True).count()


@pytest.mark.django_db(transaction=True)
def test_without_its_guard_two_first_persons_both_become_administrators(monkeypatch):
    assert Race(monkeypatch, guarded=False).run() == 2


@pytest.mark.django_db(transaction=True)
def test_with_its_guard_exactly_one_does(monkeypatch):
    assert Race(monkeypatch, guarded=True).run() == 1
