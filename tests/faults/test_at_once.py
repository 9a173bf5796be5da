"""Two at once into the same folders: both come to their end, and nothing is mixed."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from tests.faults.conftest import Job
from tests.faults.killing import ended, left, visible

from harmattan import release
from harmattan.ledger.checking import check
from harmattan.result import Result
from harmattan.tracking.store import experiment_id, opened

JOBS = ("a release", "a download", "pages", "an import", "a sweep's rows", "a page", "a folder", "an export")


def together(*works: Callable[[], object]) -> list[int]:
    """Do all at once, each in a process of its own; return how they ended."""
    children = []
    for work in works:
        child = os.fork()
        if child == 0:
            code = 1
            try:
                work()
                code = 0
            finally:
                os._exit(code)
        children.append(child)
    return [ended(child) for child in children]


@pytest.mark.parametrize("name", JOBS)
def test_the_same_at_once(name: str, jobs: dict[str, Job], fresh: Callable[[Job], Path]) -> None:
    job = jobs[name]
    folder = fresh(job)
    job.work(folder)
    alone = job.seen(folder)
    for _ in range(3):
        folder = fresh(job)
        assert together(*[lambda: job.work(folder)] * 3) == [0, 0, 0]  # noqa: B023
        assert job.seen(folder) == alone and not left(folder)


def test_two_results_at_once_are_two_releases(small_result: Result, short: None, tmp_path: Path) -> None:
    other = replace(small_result, seed=2)
    works = [lambda: release.write(small_result, tmp_path), lambda: release.write(other, tmp_path)]
    assert together(*works) == [0, 0]
    assert sorted(Path(path).name for path in release.releases(tmp_path)["path"]) == ["2023-06", "2023-06.2"]
    for path in release.releases(tmp_path)["path"]:
        release.verify(Path(path))
    found = check(tmp_path)
    assert (found.lines, found.problems) == (2, ()) and not left(tmp_path)


def test_a_store_made_by_two_at_once(tmp_path: Path) -> None:
    store = f"sqlite:///{tmp_path / 'mlflow.db'}"

    def log() -> None:
        with opened(store) as client:
            client.create_run(experiment_id(client, store, "small"))

    assert together(log, log) == [0, 0]
    with sqlite3.connect(tmp_path / "mlflow.db") as database:
        runs = database.execute(
            "SELECT count(*) FROM runs JOIN experiments e USING (experiment_id) WHERE e.name = 'small'"
        )
        assert runs.fetchone() == (2,)
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert sorted(visible(tmp_path)) == ["mlflow.db"]
