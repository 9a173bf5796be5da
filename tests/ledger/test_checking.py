"""What is not as it was issued is named."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from harmattan.ledger.book import HEAD, LEDGER, read_head
from harmattan.ledger.checking import check, listed
from harmattan.ledger.line import parse
from harmattan.release.manifest import load, own_fingerprint, save
from harmattan.result import Result


def said(folder: Path) -> list[str]:
    return [str(each) for each in check(folder).problems]


def rewrite(path: Path, order: list[int]) -> None:
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join(lines[place] for place in order))


def test_what_was_issued_is_listed_and_in_order(releases: Path) -> None:
    table = listed(releases)
    assert table["release"].tolist() == ["small/2023-06", "small/2023-06.2"]
    assert table["manifest"].tolist() == [load(releases / each)["sha256"] for each in table["release"]]
    assert (table["adopted"] == "").all() and table["issued"].str.match(r"\d{4}-\d\d-\d\dT").all()
    found = check(releases)
    head = read_head(releases)
    assert head is not None
    assert (found.lines, found.problems, found.end) == (2, (), head.sha256)


def test_an_edited_release_is_named(releases: Path) -> None:
    path = releases / "small" / "2023-06" / "forecast.csv"
    path.write_bytes(path.read_bytes() + b"\n")
    assert len(said(releases)) == 1 and "forecast.csv of the release" in said(releases)[0]
    assert said(releases)[0].startswith("small/2023-06: ")


def test_a_release_put_in_the_place_of_another_is_named(releases: Path) -> None:
    """Whole by its own manifest, but not what was issued."""
    place = releases / "small" / "2023-06"
    changed = {**load(place), "in_words": ["All is quiet."]}
    save({**changed, "sha256": own_fingerprint(changed)}, place)
    assert said(releases) == ["small/2023-06: is not the release that line 1 tells of: it was put in its place"]


def test_a_release_that_is_gone_is_named(releases: Path) -> None:
    shutil.rmtree(releases / "small" / "2023-06.2")
    assert said(releases) == ["small/2023-06.2: is in the ledger, but gone"]


@pytest.mark.parametrize(
    ("order", "problems"),
    [
        ([1], ["line 1: was removed", "small/2023-06: is not in the ledger; `ledger check --adopt` takes it up"]),
        (
            [0],
            [
                "line 2: was removed from the end of ledger.jsonl",
                "small/2023-06.2: is not in the ledger; `ledger check --adopt` takes it up",
            ],
        ),
        ([1, 0], ["line 1: stands after a later one: lines were put in another order"]),
        ([0, 1, 1], ["line 2: stands there more than once"]),
    ],
)
def test_removed_and_moved_lines_are_named(releases: Path, order: list[int], problems: list[str]) -> None:
    rewrite(releases / LEDGER, order)
    assert said(releases) == problems


def test_an_edited_last_line_is_named_even_with_a_hash_of_its_own(releases: Path) -> None:
    path = releases / LEDGER
    first, last = path.read_text().splitlines()
    forged = replace(parse(last), issued="2020-01-01T00:00:00+00:00")
    path.write_text(f"{first}\n{forged.text()}\n")
    assert said(releases) == ["line 2: was edited: it is not the one that was written last"]


def test_without_the_head_the_end_cannot_be_told(releases: Path) -> None:
    (releases / HEAD).unlink()
    assert said(releases)[0].startswith(".ledger.head: is gone or damaged")
    assert check(releases, take_up=True).problems == () and said(releases) == []


def test_releases_from_before_the_ledger_are_taken_up(releases: Path) -> None:
    (releases / LEDGER).unlink()
    (releases / HEAD).unlink()
    assert [each.partition(":")[0] for each in said(releases)] == ["small/2023-06", "small/2023-06.2"]
    found = check(releases, take_up=True)
    assert (found.adopted, found.problems, found.lines) == (("small/2023-06", "small/2023-06.2"), (), 2)
    assert check(releases).problems == () and check(releases, take_up=True).adopted == ()
    assert (listed(releases)["issued"] == "").all() and (listed(releases)["adopted"] != "").all()


def test_a_spoilt_release_is_not_taken_up(releases: Path) -> None:
    (releases / LEDGER).unlink()
    (releases / HEAD).unlink()
    (releases / "small" / "2023-06" / "README.txt").unlink()
    found = check(releases, take_up=True)
    assert found.adopted == ("small/2023-06.2",)
    assert [str(each)[:35] for each in found.problems] == ["small/2023-06: the release " + str(releases)[:8]]


def test_a_killed_write_is_finished_by_the_check(releases: Path) -> None:
    """The release has its name, the line does not stand in the ledger yet."""
    path = releases / LEDGER
    first, last = path.read_text().splitlines(keepends=True)
    path.write_text(first + last[:100])
    head = {"lines": 1, "sha256": json.loads(first)["sha256"], "pending": last.removesuffix("\n")}
    (releases / HEAD).write_text(json.dumps(head))
    assert check(releases).problems == ()
    assert path.read_text() == first + last


def test_a_killed_write_is_finished_by_the_next(
    releases: Path, whole: Result, write: Callable[[Result, Path], Path]
) -> None:
    """The same result again: the release is there, and so it gets its line, with the time at which it was issued."""
    path = releases / LEDGER
    first, last = path.read_text().splitlines(keepends=True)
    path.write_text(first)
    head = {"lines": 1, "sha256": json.loads(first)["sha256"], "pending": last.removesuffix("\n")}
    (releases / HEAD).write_text(json.dumps(head))
    assert write(whole, releases) == releases / "small" / "2023-06"
    assert path.read_text() == first + last and check(releases).problems == ()


def test_a_release_that_was_removed_and_issued_again_is_named(
    releases: Path, whole: Result, write: Callable[[Result, Path], Path]
) -> None:
    shutil.rmtree(releases / "small" / "2023-06.2")
    write(replace(whole, seed=9), releases)
    assert said(releases) == ["small/2023-06.2: line 2 tells of a release that line 3 replaced"]


def test_a_folder_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="no folder of releases"):
        check(tmp_path / "none")
    assert check(tmp_path).problems == ()
