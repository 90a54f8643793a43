"""The page on which a person deletes their account."""

import pytest
from django.core.cache import cache

from accounts.models import User, Workspace
from accounts.models.workspace import EDITOR
from tests import make

ADDRESS = "/profile/leave/"


@pytest.fixture
def bo(ann, client):
    cache.clear()
    bo = make.make_user("bo@example.org", name="Bo")
    client.force_login(bo)
    return bo


def go(client, **changes):
    return client.post(ADDRESS, {"email": "bo@example.org", "password": make.PASSWORD} | changes)


def test_it_says_first_what_goes_and_what_stays(bo, ann, client):
    make.make_workspace(bo)
    team = make.make_workspace(ann)
    Workspace.objects.filter(pk=team.pk).update(name="Team")
    bo.memberships.create(workspace=team, role=EDITOR)
    page = client.get(ADDRESS).content.decode()
    assert "This is final" in page
    assert 'action="/profile/data/"' in page
    assert page.index("<b>Bo</b>") < page.index("Nobody else belongs") < page.index("<b>Team</b>")
    assert "somebody who left" in page


def test_with_address_and_password_it_is_done(bo, client):
    answer = go(client, email=" Bo@Example.org ")
    assert (answer.status_code, answer.headers["Location"]) == (302, "/account/login/")
    assert not User.objects.filter(pk=bo.pk).exists()
    page = client.get("/account/login/").content.decode()
    assert "Your account is deleted." in page
    assert client.get("/").status_code == 302


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"email": "ann@example.org"}, "email"),
        ({"email": ""}, "email"),
        ({"password": "wrong"}, "password"),
        ({"password": ""}, "password"),
    ],
)
def test_a_wrong_word_changes_nothing_and_stands_beside_its_field(bo, client, changes, field):
    answer = go(client, **changes)
    assert answer.status_code == 422
    page = answer.content.decode()
    assert f'id="id_{field}_error"' in page
    assert make.PASSWORD not in page
    assert User.objects.filter(pk=bo.pk).exists()


def test_the_only_administrator_is_told(ann, bo, client):
    User.objects.filter(pk=ann.pk).update(email="ann@example.org")
    ann.refresh_from_db()
    client.force_login(ann)
    answer = go(client, email="ann@example.org")
    assert answer.status_code == 422
    assert b"You are the only administrator" in answer.content


def test_who_has_no_password_is_told_to_choose_one(bo, client):
    bo.set_unusable_password()
    bo.save()
    client.force_login(bo)
    answer = go(client)
    assert answer.status_code == 422
    assert b"You have no password yet" in answer.content


def test_passwords_cannot_be_guessed_without_end(bo, client):
    answers = [go(client, password=f"guess {number}").status_code for number in range(12)]
    assert answers[0] == 422
    assert answers[-1] == 429
    assert go(client).status_code == 429, "not even the right one"
    assert User.objects.filter(pk=bo.pk).exists()
