"""The `standing` command as a user runs it: a process of its own, with a database that nobody answers at."""

import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from accounts import rules
from accounts.gateways import published

ROOT = Path(__file__).resolve().parents[2]
HEADER = "id,kind,status,gross,tax,currency,rate,paid_at,undoes,reference\n"
SHORT = "id,kind,status,gross,paid_at\np,purchase,succeeded,95.00,2025-05-01T00:00:00Z\n"
ASK = ("--rulebook", "openai/2025-05", "--seen", "tier-2", "--at", "2025-05-09T00:00:00Z")
LINE = {"id": "p", "kind": "purchase", "status": "succeeded", "gross": "95.00", "paid_at": "2025-05-01T00:00:00Z"}
REQUEST = {"rulebook": "openai/2025-05", "seen": "tier-2", "at": "2025-05-09T00:00:00Z", "lines": [LINE]}


def command(*arguments):
    return [sys.executable, str(ROOT / "manage.py"), "standing", *arguments]


def environment():
    return os.environ | {
        "DATABASE_URL": "postgres://nobody@127.0.0.1:1/nothing",
        "DJANGO_SETTINGS_MODULE": "tierdash.settings",
    }


def run(*arguments, given=b"", code=0):
    done = subprocess.run(
        command(*arguments), input=given, capture_output=True, check=False, cwd=ROOT, env=environment(), timeout=60
    )
    assert done.returncode == code, done.stderr.decode()
    return done


def refusal(*arguments):
    """Run it within this process, where pytest-django refuses every access to the database."""
    out = io.StringIO()
    with pytest.raises(CommandError) as refused:
        call_command("standing", *arguments, stdout=out)
    assert out.getvalue() == ""
    return str(refused.value)


def csv_file(tmp_path, text, encoding="utf-8"):
    path = tmp_path / "ledger.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode(encoding))
    return str(path)


def in_batch(*requests):
    """Run a batch; a request is a table, or bytes as they are. Return the answers and the process."""
    given = b"".join((r if isinstance(r, bytes) else json.dumps(r).encode()) + b"\n" for r in requests)
    done = subprocess.run(
        command("--batch"), input=given, capture_output=True, check=False, cwd=ROOT, env=environment(), timeout=60
    )
    return [json.loads(answer) for answer in done.stdout.splitlines()], done


def test_it_prints_the_standing_of_a_ledger(tmp_path):
    found = json.loads(run(*ASK, csv_file(tmp_path, SHORT)).stdout)

    book = published.edition("openai/2025-05")
    expected = rules.assess(
        book,
        [rules.line_from(LINE)],
        rules.Seen("tier-2"),
        rules.from_text("2025-05-09T00:00:00Z"),
        rules.Circumstances(has_newer_edition=True),
    )
    assert found == expected.as_json()
    assert found["advice"]["code"] == "top_up"
    assert found["hints"] == ["newer_edition"]


def test_it_runs_where_nothing_has_been_set_up(tmp_path):
    done = subprocess.run(
        command(*ASK, csv_file(tmp_path, SHORT)), capture_output=True, check=True, cwd=tmp_path, env={}, timeout=60
    )

    assert json.loads(done.stdout)["advice"]["code"] == "top_up"


def test_it_reads_every_column_a_byte_order_mark_and_line_ends_of_windows(tmp_path):
    ledger = (
        HEADER
        + 'a,invoice,succeeded,119.00,19.00,EUR,1.10,2025-05-01T00:00:00+02:00,,"INV 1, first"\n'
        + "\n"
        + "r,refund,succeeded,-10.00,0,USD,1,2025-05-03T00:00:00Z,a,\n"
    ).replace("\n", "\r\n")

    found = json.loads(run(*ASK, csv_file(tmp_path, ledger, "utf-8-sig")).stdout)

    assert (found["counted_usd"], found["clock_started_at"]) == ("100.00", "2025-04-30T22:00:00Z")


def test_it_reads_standard_input_and_when_the_tier_rose():
    rose = ("--seen-rose-at", "2025-05-31T06:00:00Z")
    ask = ("--rulebook", "openai/2025-05", "--seen", "tier-5", "--at", "2025-05-31T12:00:00Z")
    given = SHORT.replace("95.00", "2000.00").encode()

    advice = json.loads(run(*ask, *rose, "-", given=given).stdout)["advice"]

    assert (advice["code"], advice["until"]) == ("settling", "2025-06-01T06:00:00Z")


def test_lines_after_the_instant_are_not_used(tmp_path):
    ledger = SHORT + "q,purchase,succeeded,5.00,2025-05-09T00:00:01Z\n"

    assert json.loads(run(*ASK, csv_file(tmp_path, ledger)).stdout)["counted_usd"] == "95.00"


def test_it_names_every_bad_line_by_its_number(tmp_path):
    ledger = (
        HEADER
        + "a,purchase,succeeded,fifty,,,,2025-05-01T00:00:00Z,,\n"
        + 'b,purchase,succeeded,5.00,,,,2025-05-01T00:00:00Z,,"two\nlines"\n'
        + "c,gift,succeeded,5.00,,,,2025-05-01T00:00:00Z,,\n"
        + "d,purchase,succeeded,5.00,,,,2025-05-01T00:00:00,,\n"
    )

    done = run(*ASK, csv_file(tmp_path, ledger), code=1)
    said = done.stderr.decode()

    assert done.stdout == b""
    assert "Traceback" not in said
    assert "line 2: gross: 'fifty' is not a number" in said
    assert "line 5: kind: 'gift' must be one of" in said
    assert "line 6: paid_at: '2025-05-01T00:00:00' has no time zone" in said
    assert said.count("line ") == 3


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "line 1: the header is missing"),
        ("id,kind,status,gross\n", "line 1: the column paid_at is missing"),
        ("id,kind,status,gross,paid_at,colour\n", "line 1: 'colour' is not one of the columns id, kind"),
        ("id,kind,status,gross,paid_at,gross\n", "line 1: a column stands twice"),
        (SHORT + "q,purchase,succeeded,5.00,2025-05-02T00:00:00Z,more\n", "line 3: has more columns"),
        (SHORT + "q,purchase,succeeded\n", "line 3: gross: is missing"),
        (SHORT + "p,purchase,succeeded,5.00,2025-05-02T00:00:00Z\n", "line 3: id: 'p' stands twice"),
        (SHORT + '"q,purchase\n', "line 3: unexpected end of data"),
        (SHORT.encode() + b"\xff\n", "line 3: is not UTF-8"),
        (SHORT.encode("utf-16"), "line 1: is not UTF-8"),
        (
            HEADER + "r,refund,succeeded,5.00,,,,2025-05-02T00:00:00Z,gone,\n",
            "line 2: undoes: 'gone' is no payment of this ledger",
        ),
    ],
)
def test_it_refuses_a_file_that_is_no_ledger(tmp_path, text, message):
    assert message in refusal(*ASK, csv_file(tmp_path, text))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "missing: --rulebook, --seen, --at, LEDGER.csv"),
        ((*ASK, "nowhere.csv"), "nowhere.csv: No such file or directory"),
        (("--batch", "ledger.csv"), "--batch takes everything from standard input"),
        ((*ASK[:5], "2025-05-09", "LEDGER"), "at: '2025-05-09' has no time zone"),
        ((*ASK[:3], "tier-9", *ASK[4:], "LEDGER"), "'tier-9' is no tier of openai/2025-05"),
        (("--rulebook", "openai/1999", *ASK[2:], "LEDGER"), "rulebook: 'openai/1999' is not one of"),
    ],
)
def test_it_says_what_is_wrong_with_the_question(tmp_path, arguments, message):
    ledger = csv_file(tmp_path, SHORT)

    assert message in refusal(*(ledger if argument == "LEDGER" else argument for argument in arguments))


def test_a_batch_answers_line_by_line():
    later = REQUEST | {"at": "2025-05-01T00:00:00+08:00", "seen_rose_at": None}

    (first, second), done = in_batch(REQUEST, b"  ", later)

    assert done.returncode == 0
    assert done.stderr == b""
    assert (first["counted_usd"], first["advice"]["code"]) == ("95.00", "top_up")
    assert (second["at"], second["counted_usd"]) == ("2025-04-30T16:00:00Z", "0.00")


def test_a_batch_takes_amounts_as_numbers_without_loss():
    exact = json.dumps(REQUEST).replace('"95.00"', "99999999999.99").encode()

    (answer,), done = in_batch(exact)

    assert (done.returncode, answer["counted_usd"]) == (0, "99999999999.99")


BAD = [
    (b"{", "Expecting"),
    (b"[]", "must be a JSON object"),
    (b"\xff", "can't decode"),
    (b"[" * 100_000, "recursion"),
    (REQUEST | {"colour": 1}, "colour: is not a known key"),
    (REQUEST | {"rulebook": "openai/1999"}, "rulebook: 'openai/1999' is not one of"),
    (REQUEST | {"rulebook": ["x"]}, "rulebook: must be text"),
    ({"seen": "tier-1"}, "rulebook: is missing"),
    (REQUEST | {"seen": "tier-9"}, "'tier-9' is no tier"),
    (REQUEST | {"seen": None}, "seen: must be text"),
    (REQUEST | {"at": "soon"}, "at: Invalid isoformat"),
    (REQUEST | {"at": 5}, "at: must be text"),
    (REQUEST | {"at": "2025-05-09T00:00:00"}, "at: '2025-05-09T00:00:00' has no time zone"),
    (REQUEST | {"at": "9999-12-31T23:59:59Z"}, "must lie between the years"),
    (REQUEST | {"seen_rose_at": "x"}, "seen_rose_at: Invalid isoformat"),
    (REQUEST | {"lines": None}, "lines: must be a list"),
    (REQUEST | {"lines": [LINE, 5]}, "lines[1]: must be an object"),
    (REQUEST | {"lines": [LINE | {"gross": "x"}]}, "lines[0].gross: 'x' is not a number"),
    (REQUEST | {"lines": [LINE, LINE]}, "lines[1].id: 'p' stands twice"),
    (REQUEST | {"lines": [LINE | {"gross": float("nan")}]}, "NaN is not a number"),
    (REQUEST | {"lines": [LINE | {"gross": float("-inf")}]}, "-Infinity is not a number"),
    (REQUEST | {"lines": [LINE | {"gross": "NaN"}]}, "lines[0].gross: 'NaN' is not a number"),
    (json.dumps(REQUEST).replace('"95.00"', "1e400").encode(), "lines[0].gross: must be a number below"),
    (json.dumps(REQUEST).replace('"95.00"', "9" * 5000).encode(), "Exceeds the limit"),
]


def test_a_bad_line_gets_its_error_and_does_not_stop_the_batch():
    answers, done = in_batch(*(bad for bad, _ in BAD), REQUEST)

    assert done.returncode == 1
    assert f"{len(BAD)} lines were refused" in done.stderr.decode()
    assert "Traceback" not in done.stderr.decode()
    for number, ((_, message), answer) in enumerate(zip(BAD, answers, strict=False), start=1):
        assert answer["error"].startswith(f"line {number}: ")
        assert message in answer["error"]
        assert answer["line"] == number
    assert answers[-1]["advice"]["code"] == "top_up"
    assert len(answers) == len(BAD) + 1


def test_one_bad_line_is_one():
    _, done = in_batch(b"{")

    assert "1 line was refused" in done.stderr.decode()


def test_a_batch_answers_before_it_is_asked_on():
    with subprocess.Popen(
        command("--batch"), stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT, env=environment()
    ) as process:
        for _ in range(2):
            process.stdin.write(json.dumps(REQUEST).encode() + b"\n")
            process.stdin.flush()
            assert json.loads(process.stdout.readline())["counted_usd"] == "95.00"
        process.stdin.close()
        assert process.wait(timeout=10) == 0
