"""A chain of lines that shows every edit, and that no killed run leaves half done."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harmattan.ledger.book import HEAD, LEDGER, Head, adopt, next_line, read_head, read_lines, recording, settle
from harmattan.ledger.checking import chain
from harmattan.ledger.line import START, LedgerError, Line, content_of, parse

NOW = datetime(2023, 7, 2, 10, tzinfo=UTC)


def manifest(number: int) -> dict[str, Any]:
    files = {"draws.npz": {"sha256": f"{number:064x}", "bytes": 1}}
    return {"experiment": "small", "origin": f"2023-{number:02d}", "sha256": f"{number:08x}", "files": files}


def lines(number: int) -> list[Line]:
    made: list[Line] = []
    for each in range(1, number + 1):
        head = Head(each - 1, made[-1].sha256 if made else START)
        made.append(next_line(head, f"small/2023-{each:02d}", manifest(each), issued=NOW.isoformat()))
    return made


def record(folder: Path, number: int, *, appears: bool = True) -> None:
    place = folder / "small" / f"2023-{number:02d}"
    with recording(folder, place, manifest(number), now=NOW):
        if not appears:
            raise OSError("no space left on device")
        place.mkdir(parents=True)
        (place / "manifest.json").write_text(json.dumps(manifest(number)))


def test_a_line_is_read_as_it_was_written() -> None:
    for line in lines(3):
        assert parse(line.text()) == line
        assert json.loads(line.text()) == {**asdict(line), "sha256": line.sha256}


@given(st.integers(2, 8), st.data())
def test_every_change_of_a_whole_ledger_is_noticed(number: int, data: st.DataObject) -> None:
    """Edited, even with a new hash of its own; removed anywhere but at the end; moved; repeated."""
    good = lines(number)
    assert chain(good) == []
    place = data.draw(st.integers(0, number - 2))
    kind = data.draw(st.sampled_from(["edited", "removed", "moved", "repeated"]))
    changed: list[Line | LedgerError] = list(good)
    if kind == "edited":
        changed[place] = replace(good[place], issued="2020-01-01T00:00:00+00:00")
        assert [each.where for each in chain(changed)] == [f"line {place + 1}"]
    elif kind == "removed":
        del changed[place]
        assert [str(each) for each in chain(changed)] == [f"line {place + 1}: was removed"]
    elif kind == "moved":
        changed.insert(data.draw(st.integers(place + 1, number - 1)), changed.pop(place))
        assert any("put in another order" in each.what for each in chain(changed))
    else:
        changed.insert(place, changed[place])
        assert [str(each) for each in chain(changed)] == [f"line {place + 1}: stands there more than once"]


def test_a_line_that_does_not_keep_its_hash_is_named(tmp_path: Path) -> None:
    for number in (1, 2, 3):
        record(tmp_path, number)
    path = tmp_path / LEDGER
    path.write_text(path.read_text().replace('"origin": "2023-02"', '"origin": "2023-12"'))
    assert [str(each) for each in chain(read_lines(tmp_path))] == [
        "line 2: was edited: small/2023-02 does not have the hash that it states"
    ]
    path.write_text(path.read_text().replace('"number": 2', "2"))
    assert "line 2: was edited: it is not a line of the ledger" in str(chain(read_lines(tmp_path))[0])


def test_what_appears_is_recorded_in_order(tmp_path: Path) -> None:
    for number in (1, 2):
        record(tmp_path, number)
    first, second = read_lines(tmp_path)
    assert isinstance(first, Line) and isinstance(second, Line)
    assert (first.number, first.folder, first.origin, first.previous) == (1, "small/2023-01", "2023-01", START)
    assert (second.number, second.previous, second.content) == (2, first.sha256, content_of(manifest(2)))
    assert first.issued == "2023-07-02T10:00:00+00:00" and first.adopted is None
    assert read_head(tmp_path) == Head(2, second.sha256)


def test_what_does_not_appear_is_not_recorded(tmp_path: Path) -> None:
    record(tmp_path, 1)
    with pytest.raises(OSError, match="no space left"):
        record(tmp_path, 2, appears=False)
    assert len(read_lines(tmp_path)) == 1
    head = read_head(tmp_path)
    assert head is not None and head.pending is None
    record(tmp_path, 3)
    assert chain(read_lines(tmp_path)) == []


ISSUE = """
import json, os, signal, sys
from datetime import datetime
from pathlib import Path
from harmattan.ledger import book

folder, when, manifests = Path(sys.argv[1]), sys.argv[2], json.loads(sys.argv[3])

def die(*given):
    os.kill(os.getpid(), signal.SIGKILL)

def torn(folder, line):
    with (folder / book.LEDGER).open("a") as file:
        file.write(line.text()[:40])
    die()

write_head = book._write_head
if when == "before the line":
    book._append = die
elif when == "within the line":
    book._append = torn
elif when == "before the head":
    book._write_head = lambda folder, head: write_head(folder, head) if head.pending else die()
for manifest in manifests:
    place = folder / "small" / manifest["origin"]
    with book.recording(folder, place, manifest, now=datetime.fromisoformat("2023-07-02T10:00:00+00:00")):
        if when == "before the release":
            die()
        place.mkdir(parents=True)
        (place / "manifest.json").write_text(json.dumps(manifest))
"""


def issuing(folder: Path, when: str, numbers: list[int]) -> subprocess.Popen[bytes]:
    """Another process that issues some releases, killed where it says."""
    told = json.dumps([manifest(each) for each in numbers])
    return subprocess.Popen([sys.executable, "-c", ISSUE, str(folder), when, told])


@pytest.mark.parametrize("when", ["before the release", "before the line", "within the line", "before the head"])
def test_the_next_run_finishes_what_a_killed_one_left(tmp_path: Path, when: str) -> None:
    record(tmp_path, 1)
    assert issuing(tmp_path, when, [2]).wait() == -signal.SIGKILL
    head = read_head(tmp_path)
    assert head is not None and head.pending is not None
    settle(tmp_path)
    found = read_lines(tmp_path)
    issued = when != "before the release"
    assert [each.folder for each in found if isinstance(each, Line)] == ["small/2023-01", "small/2023-02"][: 1 + issued]
    assert chain(found) == [] and len(found) == 1 + issued
    head = read_head(tmp_path)
    assert head is not None and (head.lines, head.pending) == (1 + issued, None)
    record(tmp_path, 3)
    assert chain(read_lines(tmp_path)) == []


def test_what_was_cut_off_the_end_stays_missed(tmp_path: Path) -> None:
    for number in (1, 2):
        record(tmp_path, number)
    path = tmp_path / LEDGER
    path.write_text(path.read_text().splitlines(keepends=True)[0])
    record(tmp_path, 3)
    assert [str(each) for each in chain(read_lines(tmp_path))] == ["line 2: was removed"]


def test_without_a_head_the_chain_goes_on_from_the_last_line(tmp_path: Path) -> None:
    record(tmp_path, 1)
    (tmp_path / HEAD).unlink()
    (tmp_path / LEDGER).write_text((tmp_path / LEDGER).read_text().removesuffix("\n"))
    adopt(tmp_path, {"small/2023-02": manifest(2)}, now=NOW)
    first, second = read_lines(tmp_path)
    assert isinstance(second, Line) and second.previous == first.sha256  # type: ignore[union-attr]
    assert (second.issued, second.adopted) == (None, "2023-07-02T10:00:00+00:00")


def test_runs_that_write_at_once_wait_for_each_other(tmp_path: Path) -> None:
    runs = [issuing(tmp_path, "never", numbers) for numbers in ([1, 2, 3, 4], [5, 6, 7, 8])]
    assert [each.wait() for each in runs] == [0, 0]
    found = read_lines(tmp_path)
    assert len(found) == 8 and chain(found) == []
    assert not list(tmp_path.glob(".*.partial"))
    assert isinstance(found[-1], Line) and read_head(tmp_path) == Head(8, found[-1].sha256)
