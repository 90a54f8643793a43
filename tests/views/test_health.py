"""Probes: plain answers about the process, the database and the clock."""

from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from accounts.models import Delivery, JobRun
from tests import make


def run_of(job, *, ago, slot=1):
    at = timezone.now() - ago
    return JobRun.objects.create(job=job, slot=slot, started_at=at, finished_at=at)


@pytest.fixture
def database_down(monkeypatch):
    """The real thing: the port that the settings name has no server behind it."""
    connection.close()
    monkeypatch.setitem(connection.settings_dict, "HOST", "127.0.0.1")
    monkeypatch.setitem(connection.settings_dict, "PORT", "1")
    yield
    connection.close()


@pytest.mark.django_db(transaction=True)
class TestWithoutDatabase:
    def test_healthz_says_down(self, client, database_down):
        response = client.get("/healthz")
        assert response.status_code == 503
        assert response.json() == {"web": "ok", "database": "down"}

    def test_readyz_says_down(self, client, database_down):
        response = client.get("/readyz")
        assert response.status_code == 503
        assert response.json() == {"web": "ok", "database": "down"}


@pytest.mark.django_db
class TestHealthz:
    def test_it_answers_plainly(self, client):
        response = client.get("/healthz")
        assert response.status_code == 200
        assert response.json() == {"web": "ok", "database": "ok"}
        assert response.headers["Content-Type"] == "application/json"
        assert response.headers["Cache-Control"] == "no-store"

    def test_it_needs_one_query(self, client, django_assert_num_queries):
        with django_assert_num_queries(1):
            client.get("/healthz")


@pytest.mark.django_db
class TestReadyz:
    def test_ready_while_the_beat_is_alive(self, client):
        run_of("reconcile", ago=timedelta(seconds=30))
        run_of("deliver", ago=timedelta(seconds=90))
        response = client.get("/readyz")
        facts = response.json()
        assert response.status_code == 200
        assert facts["beat"]["state"] == "ok"
        assert 30 <= facts["beat"]["age_seconds"] < 60
        assert 90 <= facts["delivery"]["age_seconds"] < 120

    def test_not_ready_when_the_beat_has_been_silent_for_more_than_5_minutes(self, client):
        run_of("reconcile", ago=timedelta(minutes=5, seconds=1))
        run_of("deliver", ago=timedelta(seconds=1))
        response = client.get("/readyz")
        assert response.status_code == 503
        assert response.json()["beat"]["state"] == "silent"

    def test_a_run_that_has_not_finished_is_no_sign_of_life(self, client):
        now = timezone.now()
        JobRun.objects.create(job="reconcile", slot=1, started_at=now)
        assert client.get("/readyz").status_code == 503

    def test_a_new_instance_is_given_time_for_its_first_beat(self, client):
        assert client.get("/readyz").status_code == 503
        make.make_rulebook(now=timezone.now() - timedelta(minutes=4))
        assert client.get("/readyz").status_code == 200

    def test_an_instance_whose_beat_never_rang_is_not_ready(self, client):
        make.make_rulebook(now=timezone.now() - timedelta(minutes=6))
        assert client.get("/readyz").status_code == 503

    def test_it_counts_mails_that_should_have_left(self, client):
        make.make_account(payments=[("50.00", "05-01T10:00")])
        assert Delivery.objects.waiting().count() == 1
        assert client.get("/readyz").json()["notices_overdue"] == 1
        Delivery.objects.update(next_at=timezone.now() - timedelta(minutes=4))
        assert client.get("/readyz").json()["notices_overdue"] == 0


@pytest.mark.django_db
class TestCheckLiveness:
    def test_it_passes_while_the_beat_is_alive(self, settings, capsys):
        run_of("reconcile", ago=timedelta(seconds=3 * settings.BEAT_SECONDS - 5))
        call_command("check_liveness")
        assert "alive" in capsys.readouterr().out

    def test_it_fails_after_three_intervals(self, settings):
        run_of("reconcile", ago=timedelta(seconds=3 * settings.BEAT_SECONDS + 5))
        with pytest.raises(CommandError, match="silent"):
            call_command("check_liveness")

    def test_it_fails_when_the_beat_never_rang(self):
        with pytest.raises(CommandError, match="never"):
            call_command("check_liveness")


@pytest.mark.django_db
def test_probes_do_not_need_https(client, settings):
    """A proxy's probe comes over plain HTTP from next door."""
    settings.SECURE_SSL_REDIRECT = True
    assert client.get(reverse("accounts:healthz")).status_code == 200
