"""A process that is killed before any step on disk leaves the old or the new; the next one carries on."""

from __future__ import annotations

import os
import signal
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.faults.conftest import Job
from tests.faults.killing import forked, killed, left, visible

from harmattan.tracking import opened
from harmattan.whole import hidden

JOBS = ("a release", "a download", "pages", "an import", "a sweep's rows", "a page", "a folder", "an export")
MOST_STEPS = 400


@pytest.mark.parametrize("name", JOBS)
def test_killed_at_every_step(name: str, jobs: dict[str, Job], fresh: Callable[[Job], Path]) -> None:
    job = jobs[name]
    folder = fresh(job)
    old = job.seen(folder)
    job.work(folder)
    new, whole = job.seen(folder), visible(folder)
    assert old != new and not left(folder)
    found = []
    for step in range(0, MOST_STEPS, 2 if name == "pages" else 1):
        folder = fresh(job)
        if not killed(step, folder, lambda: job.work(folder)):  # noqa: B023
            break
        seen = job.seen(folder)
        assert seen in (old, new), f"killed before step {step}"
        found.append(seen == new)
        job.work(folder)
        assert job.seen(folder) == new, f"killed before step {step}"
        after = visible(folder)
        same = {path for path in whole if path != "ledger.jsonl"}
        assert all(after[path] == whole[path] for path in same) and after.keys() == whole.keys()
        # An empty hidden folder of the ledger's head stays until the next line is written.
        assert set(left(folder)) <= {"..ledger.head.partial"}, f"killed before step {step}"
    assert found[0] is False and found == sorted(found), "once the new is there, it stays"
    assert step > 5 and step < MOST_STEPS


def test_killed_while_a_store_is_made(tmp_path: Path) -> None:
    import mlflow.store.db.utils as made_by

    store = tmp_path / "mlflow.db"

    def doomed() -> None:
        made_by._upgrade_db = lambda engine: os.kill(os.getpid(), signal.SIGKILL)
        with opened(f"sqlite:///{store}"):
            pass

    assert forked(doomed)[0] == -signal.SIGKILL
    assert not store.exists() and hidden(store).is_dir()

    def again() -> None:
        with opened(f"sqlite:///{store}") as client:
            client.create_experiment("one")

    assert forked(again) == (0, "")
    assert not left(tmp_path)
    with sqlite3.connect(store) as database:
        assert database.execute("SELECT name FROM experiments WHERE name = 'one'").fetchall() == [("one",)]
