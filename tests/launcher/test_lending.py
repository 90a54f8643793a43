"""manage.py finds the instance of this machine by itself, and says so in one line where there is none."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tierdash.launcher.lending import NoInstance, lend
from tierdash.launcher.postgres import Cluster

ROOT = Path(__file__).resolve().parent.parent.parent


def lent(var_dir: Path, *arguments: str, **given: str) -> dict[str, str]:
    environment = {"TIERDASH_VAR_DIR": str(var_dir)} | given
    lend(environment, arguments)
    return environment


def test_it_lends_the_key_and_the_database_of_the_instance(tmp_path):
    (tmp_path / "secret_key").write_text("x" * 60)
    environment = lent(tmp_path, "tick")
    assert environment["SECRET_KEY_FILE"] == str(tmp_path / "secret_key")
    assert environment["DATABASE_URL"] == Cluster(tmp_path / "postgres").url()


def test_links_lead_to_where_the_instance_was_last_started(tmp_path):
    (tmp_path / "secret_key").write_text("x" * 60)
    assert "TIERDASH_URL" not in lent(tmp_path, "tick"), "of an older version nothing is kept"
    (tmp_path / "site_url").write_text("http://127.0.0.1:8123\n")
    assert lent(tmp_path, "tick")["TIERDASH_URL"] == "http://127.0.0.1:8123"
    assert lent(tmp_path, "tick", TIERDASH_URL="https://t.example.org")["TIERDASH_URL"] == "https://t.example.org"
    assert "TIERDASH_URL" not in lent(tmp_path, "tick", DATABASE_URL="postgresql://elsewhere/x"), "another instance"


@pytest.mark.parametrize("given", [{"SECRET_KEY": "k"}, {"SECRET_KEY_FILE": "/run/secrets/key"}])
def test_what_is_set_stays(tmp_path, given):
    environment = lent(tmp_path, "tick", DATABASE_URL="postgresql://elsewhere/x", **given)
    assert environment == {"TIERDASH_VAR_DIR": str(tmp_path), "DATABASE_URL": "postgresql://elsewhere/x"} | given


def test_without_an_instance_it_says_what_to_do(tmp_path):
    with pytest.raises(NoInstance, match="make run"):
        lent(tmp_path, "tick")


@pytest.mark.parametrize("arguments", [(), ("help",), ("tick", "--help"), ("token", "create", "-h"), ("standing", "x")])
def test_what_needs_no_instance_runs_without_one(tmp_path, arguments):
    environment = lent(tmp_path, *arguments)
    assert len(environment["SECRET_KEY"]) >= 50
    assert environment["DATABASE_URL"]


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ({}, "There is no tierdash in"),
        ({"SECRET_KEY": "x" * 60, "TIERDASH_BEAT_SECONDS": "often"}, "TIERDASH_BEAT_SECONDS"),
        ({"SECRET_KEY": "short"}, "SECRET_KEY must be set to at least 50"),
        ({"SECRET_KEY": "x" * 60, "TIERDASH_URL": "x"}, "TIERDASH_URL must look like"),
        ({"SECRET_KEY": "x" * 60, "TIERDASH_PORT": "x"}, "TIERDASH_PORT must be a number"),
        ({"SECRET_KEY": "x" * 60}, "The database does not answer. Is tierdash running?"),
    ],
)
def test_a_mistake_is_one_line_and_no_traceback(tmp_path, more, says):
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    done = subprocess.run(
        [sys.executable, str(ROOT / "manage.py"), "tick"],
        env=kept | {"TIERDASH_VAR_DIR": str(tmp_path)} | more,
        capture_output=True,
        text=True,
        cwd=tmp_path,
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert says in done.stderr
    assert "Traceback" not in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
