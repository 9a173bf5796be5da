"""Small files that ask for much are met within bounds of memory and time."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from .bombs import BOMBS, RESIDENT

SECONDS = 10.0
ROOT = Path(__file__).parents[2]


def test_memory_and_time_are_bounded(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.hostile.bombs", str(tmp_path)],
        capture_output=True,
        text=True,
        cwd=ROOT,
        timeout=600,
        check=False,
    )
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.returncode == 0, f"{lines[-1:]}\n{done.stderr[-2000:]}"
    assert [line["name"] for line in lines] == [case.name for case in BOMBS]
    assert {line["name"]: line["fault"] for line in lines if line["fault"]} == {}
    assert {line["name"]: line["seconds"] for line in lines if line["seconds"] > SECONDS} == {}
    assert max(line["memory"] for line in lines) < RESIDENT
