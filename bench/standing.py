"""How fast `manage.py standing --batch` is as a whole process, against reading and writing the same JSON."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from bench.row import Row

ROOT = Path(__file__).resolve().parent.parent
NUMBER = 10_000
RUNS = 3
BASELINE = "import json, sys\nfor line in sys.stdin: print(json.dumps(json.loads(line)), flush=True)"


def measure() -> Iterator[Row]:
    given = "".join(_request(number) for number in range(NUMBER)).encode()
    batch = min(_seconds([sys.executable, "manage.py", "standing", "--batch"], given) for _ in range(RUNS))
    json_alone = min(_seconds([sys.executable, "-c", BASELINE], given) for _ in range(RUNS))
    yield Row(
        f"standing --batch, {NUMBER:,} ledgers of 5 lines, start included",
        f"{NUMBER / batch:,.0f} per second",
        f"{batch / json_alone:.1f} x the time of the JSON alone",
    )


def _seconds(command: list[str], given: bytes) -> float:
    started = time.perf_counter()
    done = subprocess.run(command, input=given, stdout=subprocess.PIPE, check=True, cwd=ROOT)
    elapsed = time.perf_counter() - started
    if done.stdout.count(b"\n") != NUMBER:
        raise RuntimeError(f"{NUMBER} answers were expected")
    return elapsed


def _request(number: int) -> str:
    lines = [
        {
            "id": str(day),
            "kind": "purchase",
            "status": "succeeded",
            "gross": f"{number % 300 + day}.50",
            "paid_at": f"2025-05-{day:02}T10:00:00Z",
        }
        for day in range(1, 6)
    ]
    request = {"rulebook": "openai/2025-05", "seen": "tier-1", "at": "2025-05-20T12:00:00Z", "lines": lines}
    return json.dumps(request) + "\n"
