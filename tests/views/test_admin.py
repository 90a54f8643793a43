"""The administrator's back door: same sign-in as everybody, nothing to add, change or delete but who may come in."""

import pytest
from django.contrib import admin
from django.urls import reverse

from accounts.models import JobRun, Rulebook, User, Workspace
from tests import make

MODELS = (User, Workspace, Rulebook, JobRun)


@pytest.fixture
def people(db):
    administrator, somebody = make.make_user(), make.make_user()
    make.make_account(somebody)
    JobRun.objects.create(job="reconcile", slot=1, started_at=make.NOW)
    return administrator, somebody


def sign_in(client, user):
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")


def address(model, page, *args):
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=args)


def test_signing_in_goes_through_the_front_door(client, db):
    response = client.get(reverse("admin:login"))
    assert response.status_code == 302
    assert response.headers["Location"].startswith(reverse("account_login"))
    assert client.post(reverse("admin:login"), {"username": "a", "password": "b"}).status_code == 302


def test_only_administrators_come_in(client, people):
    administrator, somebody = people
    sign_in(client, somebody)
    assert client.get(reverse("admin:index")).status_code in (302, 403)
    sign_in(client, administrator)
    assert client.get(reverse("admin:index")).status_code == 200


@pytest.mark.parametrize("model", MODELS)
def test_an_administrator_looks_at_everything(client, people, model):
    sign_in(client, people[0])
    assert client.get(address(model, "changelist")).status_code == 200
    assert client.get(address(model, "change", model.objects.first().pk)).status_code == 200
    assert client.get(address(model, "add")).status_code == 403
    assert client.post(address(model, "delete", model.objects.first().pk)).status_code == 403


@pytest.mark.parametrize("model", [model for model in MODELS if model is not User])
def test_nothing_but_people_can_be_changed(client, people, model):
    sign_in(client, people[0])
    assert client.post(address(model, "change", model.objects.first().pk), {}).status_code == 403


def test_an_administrator_locks_a_person_out(client, people):
    administrator, somebody = people
    sign_in(client, administrator)
    response = client.post(address(User, "change", somebody.pk), {"email": "other@example.org"})
    assert response.status_code == 302
    somebody.refresh_from_db()
    assert not somebody.is_active
    assert somebody.email != "other@example.org"


def test_what_is_registered_is_meant_to_be():
    ours = {model for model in admin.site._registry if model._meta.app_label == "accounts"}
    assert ours == set(MODELS)
