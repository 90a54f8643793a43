"""The operator's commands beside a running tierdash, typed as the README has them."""

import json
import os
import subprocess
import sys
import urllib.request

import pytest

from tests.launcher.test_lending import ROOT

pytestmark = pytest.mark.process
LEDGER = "date,amount,status\n2025-05-01,50.00,paid\n"


def test_they_find_the_instance_that_runs(launch, tmp_path):
    instance = launch().wait_until_it_runs()
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    kept |= {"TIERDASH_VAR_DIR": str(instance.var_dir)}

    def run(*arguments: str, code: int = 0, said: str = "") -> str:
        done = subprocess.run(
            [sys.executable, str(ROOT / "manage.py"), *arguments],
            env=kept,
            cwd=tmp_path,
            input=said,
            capture_output=True,
            text=True,
        )
        assert done.returncode == code, done.stderr
        assert "Traceback" not in done.stderr
        return done.stdout if not code else done.stderr

    created = run("person", "create", "ann@example.org", "--name", "Ann")
    assert "ann@example.org is here" in created
    assert f"http://127.0.0.1:{instance.port}/account/password/reset/" in created
    assert "administrator" in run("person", "list")
    token = run("token", "create", "ann@example.org", "--name", "nightly", "--scope", "write").strip()
    opened = ask(instance, token, {"name": "production", "rulebook": "openai/2025-05", "seen_tier": "tier-1"})
    assert run("list_accounts").split("\t")[:2] == [opened["id"], "production"]
    assert "Payments imported: 1." in run("import_payments", "--account", opened["id"], "-", said=LEDGER)
    run("export_workspace", "Ann", "-o", "ann.json")
    assert len(json.loads((tmp_path / "ann.json").read_text())["imports"]) == 1
    assert "is in this instance already" in run("restore_workspace", "ann.json", code=1)
    assert "accounts assessed" in run("tick")
    assert "alive" in run("check_liveness")
    assert instance.stop() == 0
    assert "Is tierdash running?" in run("person", "list", code=1)


def ask(instance, token: str, said: dict) -> dict:
    request = urllib.request.Request(
        f"http://127.0.0.1:{instance.port}/api/v1/accounts",
        json.dumps(said).encode(),
        {"Authorization": f"Bearer {token}", "Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)
