"""A full disk, a file that may not grow, a place that cannot be written: one sentence, and what was there stays."""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.faults.conftest import EVENTS, GED, Job
from tests.faults.killing import forked, left, refused, visible

from harmattan import cache, exports
from harmattan.alerts import folder as alerts
from harmattan.result import Result
from harmattan.whole import write_bytes

JOBS = ("a release", "a download", "pages", "an import", "a sweep's rows", "a page", "a folder")
NOBODY = 65534
FULL = "NotWrittenError: there is no space left on the disk of {}: make room, then run the same again"


@pytest.mark.parametrize("name", JOBS)
def test_a_disk_that_is_full_at_any_step(name: str, jobs: dict[str, Job], fresh: Callable[[Job], Path]) -> None:
    job = jobs[name]
    folder = fresh(job)
    old = job.seen(folder)
    job.work(folder)
    new = job.seen(folder)
    said = set()
    for step in range(0, 200, 3):
        folder = fresh(job)
        words = refused(step, folder, lambda: job.work(folder), errno.ENOSPC)  # noqa: B023
        if not words and job.seen(folder) == new and step > 30:
            break
        said.add(words.partition(str(folder))[0])
        assert job.seen(folder) in (old, new), f"refused at step {step}: {words}"
        job.work(folder)
        assert job.seen(folder) == new, f"refused at step {step}: {words}"
    # What is refused while a hidden folder is removed matters to no one.
    assert said <= {FULL.partition("{}")[0], ""} and len(said - {""}) == 1


@pytest.mark.parametrize("kind", sorted(exports.EXPORTS))
def test_a_file_that_may_not_grow(kind: str, small_result: Result, tmp_path: Path) -> None:
    path = tmp_path / f"forecast.{kind}"
    path.write_bytes(b"old")
    status, said = forked(lambda: exports.write(small_result.forecast, small_result.panel.regions, path), largest=1024)
    assert status == 1 and visible(tmp_path) == {path.name: b"old"} and not left(tmp_path), said
    if kind in ("csv", "parquet"):
        assert f"a file in {tmp_path} would be larger than this system allows (ulimit -f): raise the limit" in said


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 64 kB."""
    place = tmp_path / "disk"
    place.mkdir()
    made = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=64k", "none", str(place)], capture_output=True, check=False
    )
    if made.returncode:
        pytest.skip("a small disk can only be made by root")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)


@pytest.mark.parametrize("kind", sorted(exports.EXPORTS))
def test_a_disk_that_is_really_full(kind: str, small_result: Result, small_disk: Path) -> None:
    path = small_disk / f"forecast.{kind}"
    path.write_bytes(b"old")
    (small_disk / "other").write_bytes(b"x" * 60_000)
    status, said = forked(lambda: exports.write(small_result.forecast, small_result.panel.regions, path))
    assert status == 1 and said.startswith(FULL.format(small_disk))
    assert path.read_bytes() == b"old" and sorted(each.name for each in small_disk.iterdir()) == [path.name, "other"]


@pytest.fixture
def open_place() -> Iterator[Path]:
    """A folder that any user may look into."""
    place = Path(tempfile.mkdtemp())
    place.chmod(0o755)
    yield place
    shutil.rmtree(place)


@pytest.mark.parametrize("name", JOBS)
def test_a_folder_that_may_not_be_written(name: str, jobs: dict[str, Job], open_place: Path) -> None:
    job = jobs[name]
    folder = open_place / "locked"
    folder.mkdir()
    job.before(folder)
    (open_place / GED).write_text(EVENTS, encoding="utf-8")
    folder.chmod(0o555)
    before = visible(folder)
    # Root may write anywhere, so the work is done by someone who may not.
    status, said = forked(lambda: job.work(folder), user=NOBODY if os.geteuid() == 0 else None)
    folder.chmod(0o755)
    assert status == 1 and f"you may not write in {folder}: ask its owner, or name another folder" in said
    assert visible(folder) == before and not left(folder)


def test_a_file_where_a_folder_must_be(jobs: dict[str, Job], tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(b"mine")
    for name in ("a release", "a download", "pages", "an import", "a sweep's rows"):
        status, said = forked(lambda: jobs[name].work(file))  # noqa: B023
        assert status == 1, name
        assert f"{file} is a file where a folder must be: move it away, or name another folder" in said, name
    assert file.read_bytes() == b"mine"


def test_a_folder_where_a_file_must_be(tmp_path: Path) -> None:
    with pytest.raises(IsADirectoryError, match="is a folder; name a file in it"):
        write_bytes(tmp_path, b"")
    with pytest.raises(FileNotFoundError, match=r"page.html is written into an existing folder; make .*absent first"):
        write_bytes(tmp_path / "absent" / "page.html", b"")
    assert cache.read(tmp_path / "absent", "ab" * 32) is None
    with pytest.raises(FileExistsError, match="alerts are never written over others"):
        alerts.write(None, tmp_path)  # type: ignore[arg-type]
