"""A clock that is put back a day or forward a year changes no content and breaks no cache, lock or order."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests.faults.conftest import NOW, Job, gathered
from tests.faults.killing import killed, visible

from harmattan import cache, release
from harmattan.ledger import book
from harmattan.ledger.checking import check
from harmattan.result import Result
from harmattan.tracking.store import run

JUMPS = {"a day back": timedelta(days=-1), "a year forward": timedelta(days=365)}


@pytest.mark.parametrize("jump", JUMPS)
def test_pages_of_another_day_are_asked_for_again(
    jump: str, address: str, jobs: dict[str, Job], tmp_path: Path
) -> None:
    folder = tmp_path / "half"
    folder.mkdir()
    assert killed(28, folder, lambda: gathered(address, folder))
    assert list(folder.rglob("000-*.json")) and not (folder / "pages.csv").exists()
    gathered(address, folder, lambda: NOW + JUMPS[jump])
    whole = tmp_path / "whole"
    gathered(address, whole, lambda: NOW + JUMPS[jump])
    assert visible(folder) == visible(whole)
    assert not list(folder.rglob("*.parts"))


@pytest.mark.parametrize("jump", JUMPS)
def test_releases_follow_each_other_whatever_the_clock(
    jump: str, small_result: Result, short: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Clock(datetime):
        at = datetime.now(UTC)

        @classmethod
        def now(cls, tz: object = None) -> datetime:  # type: ignore[override]
            return cls.at

    monkeypatch.setattr(book, "datetime", Clock)
    first = release.write(small_result, tmp_path)
    Clock.at += JUMPS[jump]
    second = release.write(replace(small_result, seed=2), tmp_path)
    assert (first.name, second.name) == ("2023-06", "2023-06.2")
    found = check(tmp_path)
    assert found.lines == 2 and not found.problems


def test_files_of_the_future_are_used(jobs: dict[str, Job], fresh: Callable[[Job], Path]) -> None:
    for name in ("a sweep's rows", "an import", "a release"):
        job = jobs[name]
        folder = fresh(job)
        job.work(folder)
        before = job.seen(folder)
        later = time.time() + 400 * 86_400
        for path in folder.rglob("*"):
            os.utime(path, (later, later))
        assert name != "a sweep's rows" or cache.read(folder, "ab" * 32) is not None
        job.work(folder)
        assert job.seen(folder) == before


@pytest.mark.parametrize("jump", JUMPS)
def test_no_run_takes_less_than_no_time(jump: str, monkeypatch: pytest.MonkeyPatch) -> None:
    class Info:
        run_id, start_time = "one", int(time.time() * 1000)

    class Client:
        info, ended = Info, 0

        def create_run(self, experiment: str, *, tags: object, run_name: str) -> Client:
            return self

        def set_terminated(self, run_id: str, status: str, end_time: int) -> None:
            self.ended = end_time

    client, later = Client(), time.time() + JUMPS[jump].total_seconds()
    with run(client, "0", "one"):  # type: ignore[arg-type]
        monkeypatch.setattr(time, "time", lambda: later)
    assert client.ended >= Info.start_time
