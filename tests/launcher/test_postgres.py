import os
import pwd
import signal
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from tierdash.launcher import binaries, leftovers, processes, sockets
from tierdash.launcher.postgres import THROW_AWAY, Cluster, ClusterError

pytestmark = pytest.mark.process


def run(url: str, sql: str):
    with psycopg.connect(url, autocommit=True) as connection:
        cursor = connection.execute(sql)
        return cursor.fetchone() if cursor.description else None


@pytest.fixture
def cluster(place):
    cluster = Cluster(place / "data", THROW_AWAY)
    yield cluster
    cluster.stop()


def test_it_starts_stops_and_keeps_its_data(cluster):
    cluster.start()
    cluster.ensure_database()
    cluster.ensure_database()  # harmless when it exists
    run(cluster.url(), "CREATE TABLE kept AS SELECT 42 AS answer")
    pid = cluster.process.pid
    cluster.stop()
    assert not processes.command_of(pid)
    assert not list(cluster.data_dir.glob(".s.PGSQL.*"))

    cluster.start()
    assert run(cluster.url(), "SELECT answer FROM kept") == (42,)


def test_nobody_else_can_reach_it(cluster):
    cluster.start()
    assert cluster.data_dir.stat().st_mode & 0o077 == 0
    assert run(cluster.url("postgres", "postgres"), "SHOW listen_addresses") == ("",)
    assert processes.command_of(cluster.process.pid)
    assert Path(f"/proc/{cluster.process.pid}").stat().st_uid == cluster.data_dir.stat().st_uid


def test_the_application_is_not_a_superuser_but_may_create_databases(cluster):
    cluster.start()
    cluster.ensure_database("Name with spaces & Capitals")
    url = cluster.url("Name with spaces & Capitals")
    assert run(url, "SELECT rolsuper, rolcreatedb FROM pg_roles WHERE rolname = current_user") == (False, True)


def test_texts_are_sorted_by_code_point_in_every_locale(cluster):
    cluster.start()
    assert run(cluster.url("postgres", "postgres"), "SELECT 'Z' < 'a', lower('ÄÖ')") == (True, "äö")


def test_a_killed_server_starts_again_with_all_that_was_committed(place):
    cluster = Cluster(place / "data")  # a throw-away one may forget
    cluster.start()
    cluster.ensure_database()
    run(cluster.url(), "CREATE TABLE kept AS SELECT 42 AS answer")
    os.kill(cluster.process.pid, signal.SIGKILL)
    cluster.process.wait()
    assert (cluster.data_dir / "postmaster.pid").exists()

    cluster.start()
    assert run(cluster.url(), "SELECT answer FROM kept") == (42,)
    cluster.stop()


def test_a_pid_file_that_names_another_program_is_stale(cluster):
    cluster.start()
    cluster.stop()
    (cluster.data_dir / "postmaster.pid").write_text(f"{os.getpid()}\n{cluster.data_dir}\n1\n5432\n\n\n\nready\n")
    (cluster.data_dir / ".s.PGSQL.5432").touch()
    (cluster.data_dir / ".s.PGSQL.5432.lock").write_text(f"{os.getpid()}\n")
    assert not cluster.is_ready()

    cluster.start()
    assert cluster.is_ready()


def test_a_server_that_runs_for_somebody_else_is_left_alone(cluster, monkeypatch):
    cluster.start()
    monkeypatch.setattr(leftovers, "PATIENCE_SECONDS", 0.2)
    with pytest.raises(ClusterError, match=rf"pid {cluster.process.pid}\) already uses"):
        Cluster(cluster.data_dir).start()
    assert cluster.is_ready()


def test_a_half_made_cluster_is_made_again(cluster):
    (cluster.data_dir / "new" / "base").mkdir(parents=True)
    (cluster.data_dir / "global").mkdir()
    cluster.start()
    assert cluster.exists()


def test_a_path_too_long_for_a_socket_gets_a_short_one_beside_it(place):
    cluster = Cluster(place / ("long" * 30) / "data", THROW_AWAY)
    cluster.data_dir.parent.mkdir()
    cluster.start()
    try:
        assert cluster.socket_dir != cluster.data_dir
        assert cluster.socket_dir.stat().st_mode & 0o777 == 0o700
        assert run(cluster.url("postgres", "postgres"), "SELECT 1") == (1,)
    finally:
        cluster.stop()
    assert not cluster.socket_dir.exists()


def test_a_short_folder_that_is_no_folder_is_refused(place):
    (place / "real").mkdir()
    (place / "link").symlink_to(place / "real")
    with pytest.raises(sockets.TakenError, match="belongs to somebody else"):
        sockets.make_private(place / "link", place.stat())


def test_data_of_a_version_that_is_not_installed_is_named(cluster):
    cluster.data_dir.mkdir()
    (cluster.data_dir / "PG_VERSION").write_text("9")
    with pytest.raises(ClusterError, match="No server of PostgreSQL 9 was found"):
        cluster.start()


def test_the_server_in_the_wheel_comes_first():
    found = binaries.find()
    assert "site-packages" in str(found)
    assert binaries.version_of(found) >= binaries.OLDEST


def test_under_a_closed_folder_it_runs_too_or_says_what_to_do(place):
    (place / "closed").mkdir(mode=0o700)
    cluster = Cluster(place / "closed" / "data", THROW_AWAY)
    has_namespaces = subprocess.run(["unshare", "--user", "true"], capture_output=True).returncode == 0
    if os.geteuid() == 0 and not has_namespaces:
        with pytest.raises(ClusterError, match="Start tierdash as an ordinary user"):
            cluster.start()
        return
    cluster.start()
    try:
        assert run(cluster.url("postgres", "postgres"), "SELECT 1") == (1,)
    finally:
        cluster.stop()
    cluster.start()  # the folder's owner decides who runs it the second time
    cluster.stop()


def test_root_hands_an_open_folder_to_nobody(cluster):
    cluster.start()
    expected = pwd.getpwnam("nobody").pw_uid if os.geteuid() == 0 else os.geteuid()
    assert cluster.data_dir.stat().st_uid == expected


def test_the_server_stops_when_its_starter_is_killed(place):
    code = (
        "import time; from pathlib import Path; from tierdash.launcher.postgres import Cluster;"
        f"c = Cluster(Path({str(place / 'data')!r})); c.start(); print(c.process.pid, flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as starter:
        pid = int(starter.stdout.readline())
        assert processes.command_of(pid)
        starter.kill()
    assert processes.wait_until(lambda: not processes.command_of(pid), 10)
    assert not (place / "data" / "postmaster.pid").exists(), "it was shut down cleanly"


def test_a_command_gets_a_throw_away_database():
    code = "import os, psycopg; print(psycopg.connect(os.environ['DATABASE_URL']).execute('SELECT 41 + 1').fetchone())"
    command = [sys.executable, "-m", "tierdash.launcher.postgres", "--temporary", "--", sys.executable, "-c"]
    done = subprocess.run([*command, code], capture_output=True, text=True, check=True)
    assert done.stdout == "(42,)\n"
    assert subprocess.run([*command, "raise SystemExit(3)"], check=False).returncode == 3
