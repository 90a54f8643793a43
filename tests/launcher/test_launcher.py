"""What a person sees who types `make run`: parts that start, stop, crash, and clear messages when they cannot."""

import os
import shutil
import signal
import socket
import subprocess
import sys

import psycopg
import pytest

from tests.instance import free_port
from tierdash.launcher import ground as grounds
from tierdash.launcher import processes
from tierdash.launcher.postgres import Cluster
from tierdash.launcher.supervision import explain_full_disk

pytestmark = pytest.mark.process
PARTS = ("postgres", "worker", "beat", "web")


def test_everything_starts_the_clock_rings_and_a_second_start_keeps_the_data(launch):
    first = launch().wait_until_it_runs()
    assert first.fetch("/healthz") == 200
    worker_log = first.var_dir / "log" / "worker.log"
    assert processes.wait_until(
        lambda: "reconcile" in worker_log.read_text() and "succeeded" in worker_log.read_text(), 30
    )
    first.query("CREATE TABLE kept AS SELECT 42 AS answer")
    key = (first.var_dir / "secret_key").read_text()
    keyring = (first.var_dir / "keyring").read_text()
    for secret in ("secret_key", "keyring"):
        assert (first.var_dir / secret).stat().st_mode & 0o777 == 0o600
    assert first.stop() == 0
    assert [f"{part} stopped" in " ".join(first.output.split()) for part in PARTS] == [True] * 4
    assert first.output.splitlines()[-2].split() == ["postgres", "stopped"], "the database goes last"
    assert not first.remains()

    second = launch(port=first.port).wait_until_it_runs()
    assert second.query("SELECT answer FROM kept") == [(42,)]
    assert (first.var_dir / "secret_key").read_text() == key
    assert (first.var_dir / "keyring").read_text() == keyring
    assert second.stop(signal.SIGINT) == 0
    assert second.is_gone(0)


def test_a_crashed_part_is_restarted_and_a_second_start_is_refused(launch):
    instance = launch().wait_until_it_runs()
    for part in PARTS:
        os.kill(instance.pid_of(part), signal.SIGKILL)
    for part in PARTS:
        instance.wait_for(rf"{part} +crashed.*restarting")
        instance.wait_for(rf"{part} +restarted \(process \d+\)")
    assert processes.wait_until(lambda: answers(instance), 20)
    # The web server and its two workers; those of the killed one are gone.
    assert processes.wait_until(lambda: len([c for c in instance.remains() if "granian" in c]) == 3, 10)

    other = launch()
    assert other.process.wait(30) == 1
    assert f"tierdash runs already in {instance.var_dir} (process {instance.process.pid})" in other.output
    assert instance.stop() == 0


def test_a_killed_launcher_leaves_nothing_and_the_next_start_works_at_once(launch):
    killed = launch().wait_until_it_runs()
    killed.kill_launcher()
    after = launch(port=killed.port).wait_until_it_runs()
    assert after.fetch("/healthz") == 200
    after.kill_launcher()
    assert after.is_gone(30), after.remains()


def test_a_killed_supervisor_takes_its_parts_along(launch):
    instance = launch().wait_until_it_runs()
    os.kill(int((instance.var_dir / "run" / "supervisord.pid").read_text()), signal.SIGKILL)
    assert instance.process.wait(30) == 1
    assert "The supervisor was killed" in instance.output
    assert instance.is_gone(30), instance.remains()


def test_a_database_and_a_broker_that_exist_already_are_used(launch, place):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    redis = subprocess.Popen(
        [shutil.which("redis-server") or "valkey-server", "--port", str(port), "--bind", "127.0.0.1", "--save", ""],
        stdout=subprocess.DEVNULL,
    )
    own = Cluster(place / "elsewhere")
    own.start()
    try:
        own.ensure_database("theirs")
        url = own.url("theirs")
        instance = launch(DATABASE_URL=url, CELERY_BROKER_URL=f"redis://127.0.0.1:{port}/0").wait_until_it_runs()
        worker_log = instance.var_dir / "log" / "worker.log"
        assert processes.wait_until(lambda: "succeeded" in worker_log.read_text(), 30)
        assert "postgres" not in instance.output
        assert not (instance.var_dir / "postgres").exists()
        with psycopg.connect(url) as connection:
            assert connection.execute("SELECT to_regclass('django_migrations') IS NOT NULL").fetchone() == (True,)
            assert connection.execute("SELECT to_regclass('pgmq.meta') IS NULL").fetchone() == (True,)
        assert instance.stop() == 0
    finally:
        own.stop()
        redis.terminate()
        redis.wait()


def test_the_demo_lives_apart_from_the_real_data(launch):
    instance = launch("--demo", DATABASE_URL="postgresql://nobody@127.0.0.1:1/real", EMAIL_URL="smtp://127.0.0.1:1")
    instance.wait_until_it_runs()
    assert (instance.var_dir / "demo" / "postgres" / "PG_VERSION").exists()
    assert not (instance.var_dir / "postgres").exists()
    assert instance.stop() == 0


def test_a_port_in_use_is_named_with_a_way_out(launch):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        instance = launch(port=port)
        assert instance.process.wait(30) == 1
    assert f"Port {port} is in use by another program." in instance.output
    assert f"make run PORT={port + 1}" in instance.output
    assert "Traceback" not in instance.output


def test_a_folder_that_cannot_be_written_is_named(launch, place):
    (place / "file").write_text("")
    instance = launch(var_dir=place / "file" / "var")
    assert instance.process.wait(30) == 1
    assert str(place / "file") in instance.output
    assert "Traceback" not in instance.output


def test_a_bad_setting_is_named(launch):
    instance = launch(TIERDASH_BEAT_SECONDS="often")
    assert instance.process.wait(60) == 1
    assert 'Environment variable "TIERDASH_BEAT_SECONDS" invalid' in instance.output
    assert instance.is_gone(0)


def test_a_part_that_keeps_dying_ends_it_all_with_its_last_words(launch):
    # The worker and the beat cannot live with this broker; the web server does not care.
    instance = launch(CELERY_BROKER_URL="pigeon://")
    assert instance.process.wait(180) == 1
    assert "keeps dying, so everything was stopped" in instance.output
    assert "No such transport: pigeon" in instance.output
    assert instance.is_gone(0)


@pytest.mark.parametrize("port", ["0", "-1", "65536", "eighty"])
def test_a_port_that_is_none_is_refused(port, place):
    environment = os.environ | {"TIERDASH_VAR_DIR": str(place / "var"), "TIERDASH_PORT": port}
    command = [sys.executable, "-m", "tierdash.launcher"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "port must be a number from 1 to 65535" in done.stderr.lower().replace("tierdash_port", "port")
    assert not (place / "var").exists()


def test_too_little_room_is_said_before_anything_starts(place):
    ground = grounds.survey({"TIERDASH_VAR_DIR": str(place / "var")}, port=free_port())
    free_mb = shutil.disk_usage(place).free // 2**20
    with pytest.raises(grounds.StartError, match=r"is full: \d+ MB are free"):
        grounds.check_space(ground.var_dir.parent, free_mb + 1000)


def test_no_space_left_is_told_in_plain_words(place):
    text = "could not write to file: No space left on device"
    assert explain_full_disk(place, text).startswith(f"The disk of {place} is full.")
    assert explain_full_disk(place, "another reason") == "another reason"


def answers(instance) -> bool:
    try:
        return instance.fetch("/healthz") == 200
    except OSError:
        return False
