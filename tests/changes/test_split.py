"""The parts add up to the change, and what was not changed has a part of exactly zero."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from harmattan import release, vintages
from harmattan.changes import (
    PARTS,
    Changes,
    changes,
    of_window,
    sentences,
    why_not_on_page,
    write_for_page,
    write_table,
)
from harmattan.changes import split as splitting
from harmattan.changes.again import champion_again
from harmattan.page.notes import CHANGES, read_notes

from .conftest import MODELS, Counts, Issue

GIVEN = {**MODELS, "pool": {"kind": "pool", "members": {"rate": 0.2, "conflictology": 0.8}}}
REVISED = {("BF5603", "2023-05"): 14, ("BF5601", "2023-07"): 0, ("BF4604", "2023-08"): 9}


@pytest.fixture(scope="module")
def first(counts: Counts) -> Path:
    return counts("first.csv", "2023-08")


@pytest.fixture(scope="module")
def later(counts: Counts) -> Path:
    return counts("later.csv", "2023-09")


@pytest.fixture(scope="module")
def both(counts: Counts) -> Path:
    """A month more, and past counts revised."""
    return counts("both.csv", "2023-09", REVISED)


@pytest.fixture(scope="module")
def older(issue: Issue, first: Path) -> Path:
    return issue({"file": str(first)})


@pytest.fixture(scope="module")
def all_three(issue: Issue, older: Path, both: Path) -> Changes:
    newer = issue({"file": str(both)}, folder="all", seed=3, models=GIVEN)
    return changes(older, newer)


def moved(found: Changes) -> set[str]:
    """The parts that are not exactly zero everywhere."""
    return {name for name in PARTS if (found.table[name] != 0).any()}


def assert_adds_up(found: Changes) -> None:
    total = found.table[list(PARTS)].sum(axis=1, min_count=len(PARTS))
    np.testing.assert_allclose(total, found.table["change"], atol=1e-12, rtol=0)
    np.testing.assert_allclose(found.table["after"] - found.table["before"], found.table["change"], atol=0, rtol=0)


def test_the_parts_sum_to_the_change(all_three: Changes) -> None:
    assert_adds_up(all_three)
    assert moved(all_three) == set(PARTS) and all_three.separable
    assert (all_three.table["code"] == 0).all()


def test_before_and_after_are_as_issued(all_three: Changes) -> None:
    before, after = (release.read(each).forecast for each in (all_three.older, all_three.newer))
    for quantity in ("p1", "expected"):
        rows = of_window(all_three, "2023-11", quantity=quantity).set_index("region")
        for name, forecast, horizon in (("before", before, 3), ("after", after, 2)):  # November
            wide = forecast.probability() if quantity == "p1" else forecast.expected()
            np.testing.assert_array_equal(rows[name].reindex(forecast.regions), wide.loc[horizon])


def test_the_windows_are_the_months_that_both_forecast(all_three: Changes) -> None:
    assert {name: [str(month) for month in months] for name, months in all_three.windows.items()} == {
        "next_month": ["2023-10"],
        "next_3_months": ["2023-10", "2023-11", "2023-12"],
        "2023-11": ["2023-11"],
        "2023-12": ["2023-12"],
    }
    assert len(all_three.table) == 45 * 4 * 2


def test_a_release_is_made_again_to_the_bit(older: Path, first: Path) -> None:
    found = release.read(older)
    experiment = splitting.experiment_of(found)
    panel = splitting.as_issued(experiment, found.manifest)
    again = champion_again(splitting.Step(experiment, "pool", panel, found.forecast.origin))
    np.testing.assert_array_equal(again.draws, found.forecast.draws)


def test_nothing_changed_gives_zero(older: Path) -> None:
    found = changes(older, older)
    assert moved(found) == set() and (found.table["change"] == 0).all()
    assert "as before" in sentences(found, of_window(found))[0]


def test_only_a_revised_count_gives_only_revised(issue: Issue, counts: Counts, older: Path) -> None:
    newer = issue({"file": str(counts("revised.csv", "2023-08", REVISED))}, folder="revised")
    found = changes(older, shutil.copytree(newer, newer.with_name("2023-08.2")))
    assert moved(found) == {"revised"}
    assert_adds_up(found)


def test_only_a_month_more_gives_only_new(issue: Issue, older: Path, later: Path) -> None:
    found = changes(older, issue({"file": str(later)}))
    assert moved(found) == {"new"}
    assert_adds_up(found)


@pytest.mark.parametrize(
    ("name", "changed"),
    [
        ("seed", {"seed": 5}),
        ("champion", {"champion": "rate"}),
    ],
)
def test_only_another_model_gives_only_model(
    issue: Issue, older: Path, first: Path, name: str, changed: dict[str, object]
) -> None:
    newer = issue({"file": str(first)}, folder=name, **changed)
    found = changes(older, shutil.copytree(newer, newer.with_name("2023-08.2")))
    assert moved(found) == {"model"}
    assert (found.table["code"] == 0).all()
    assert_adds_up(found)


def test_a_model_that_is_not_the_champion_changes_nothing(issue: Issue, older: Path, first: Path) -> None:
    newer = issue({"file": str(first)}, folder="more", models={**MODELS, "zero": {"kind": "zero"}})
    found = changes(older, shutil.copytree(newer, newer.with_name("2023-08.2")))
    assert moved(found) == set()


def test_the_older_must_come_first(older: Path, all_three: Changes) -> None:
    with pytest.raises(ValueError, match=r"the second release must be the later; .*2023-08 is older .*: swap them"):
        changes(all_three.newer, older)


def test_an_altered_release_is_refused(older: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(older, tmp_path / older.name)
    draws = copy / "draws.npz"
    draws.write_bytes(draws.read_bytes()[:-1] + b"x")
    with pytest.raises(ValueError, match=r"draws\.npz of the release .* was altered"):
        changes(copy, older)


def test_releases_of_two_experiments_are_refused(older: Path, issue: Issue) -> None:
    one = release.read(older)
    other = replace(one, manifest={**one.manifest, "experiment": "other"})
    with pytest.raises(ValueError, match="two releases of one experiment"):
        splitting._comparable(one, other)


def test_lost_data_of_the_older_release(
    issue: Issue, counts: Counts, both: Path, monkeypatch: pytest.MonkeyPatch, place: Path
) -> None:
    mine = counts("mine.csv", "2023-08")
    older = issue({"file": str(mine)}, folder="lost")
    mine.write_bytes(both.read_bytes())
    newer = issue({"file": str(mine)}, folder="lost")

    # Whether the checkout of the tests has changes must not matter.
    monkeypatch.setattr(splitting, "same_code", lambda manifest: False)
    found = changes(older, newer)
    assert not found.separable and found.table["revised"].isna().all() and found.table["code"].isna().all()
    np.testing.assert_allclose(found.table["new"] + found.table["model"], found.table["change"], atol=1e-12, rtol=0)
    assert "cannot be told from what the code changed" in " ".join(found.notes)
    assert write_for_page(found) is None and "told apart" in str(why_not_on_page(found))
    assert "holds what revised data changed" in sentences(found, of_window(found))[0]

    # Made by the same code for certain, it would be made again as it was issued.
    monkeypatch.setattr(splitting, "same_code", lambda manifest: True)
    sure = changes(older, newer)
    assert sure.separable and moved(sure) == {"revised", "new"}
    assert_adds_up(sure)


def test_lost_data_of_the_newer_release_are_an_error(issue: Issue, older: Path, counts: Counts) -> None:
    mine = counts("gone.csv", "2023-09", REVISED)
    newer = issue({"file": str(mine)}, folder="gone")
    counts("gone.csv", "2023-09")
    with pytest.raises(ValueError, match=r"cannot be made again.*expected the panel .* got .*snapshots"):
        changes(older, newer)
    mine.unlink()
    with pytest.raises(ValueError, match=r"cannot be made again.*there is no file"):
        changes(older, newer)


def test_other_code_is_part_of_the_model(
    older: Path, later: Path, issue: Issue, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A release whose draws are not what this code makes of its data and settings."""
    newer = issue({"file": str(later)})
    read = splitting.read

    def by_older_code(path: Path) -> release.Release:
        found = read(path)
        draws = found.forecast.draws + (found.path == older)
        return replace(found, forecast=replace(found.forecast, draws=draws.astype(np.int32)))

    monkeypatch.setattr(splitting, "read", by_older_code)
    found = changes(older, newer)
    expected = of_window(found, "next_3_months", quantity="expected")
    assert moved(found) == {"new", "model"} and (found.table["code"] == found.table["model"]).all()
    np.testing.assert_allclose(expected["code"], -3.0, atol=1e-12)
    assert_adds_up(found)
    assert "other draws" in " ".join(found.notes)


def test_snapshots_keep_what_the_older_release_knew(issue: Issue, first: Path, both: Path, place: Path) -> None:
    """The settings of both are the same text: the series, whatever it holds on the day."""
    data = {"vintage": "plain", "vintages": str(place / "store")}
    vintages.add(first, place / "store", release="one", known="2023-09-20", last="2023-08")
    older = issue(data, folder="known")
    vintages.add(both, place / "store", release="two", known="2023-10-20", last="2023-09")
    newer = issue(data, folder="known")
    assert splitting.experiment_of(release.read(older)) == splitting.experiment_of(release.read(newer))
    found = changes(older, newer)
    assert moved(found) == {"revised", "new"}
    assert_adds_up(found)
    assert "plain-one" in found.notes[0] and "plain-two" in found.notes[0]
    assert "same draws to the bit" in found.notes[1]


def test_the_page_reads_the_parts_of_the_first_month(all_three: Changes, older: Path, tmp_path: Path) -> None:
    assert write_for_page(all_three) is None and "compares the newer release with none" in str(
        why_not_on_page(all_three)
    )
    together = tmp_path / "small"
    paths = [Path(shutil.copytree(each, together / each.name)) for each in (older, all_three.newer)]
    found = replace(all_three, older=paths[0], newer=paths[1])
    written = write_for_page(found)
    assert written == paths[1].with_name(f"2023-09{CHANGES}")
    told = read_notes(paths[1])["changes"]
    rows = of_window(found).set_index("region")
    assert told == {code: {name: rows.loc[code, name] for name in PARTS} for code in rows.index}
    release.verify(paths[1])


def test_sentences_name_the_causes(all_three: Changes) -> None:
    rows = of_window(all_three)
    assert rows["change"].abs().is_monotonic_decreasing
    said = sentences(all_three, rows)
    assert len(said) == 45
    for sentence, (_, row) in zip(said, rows.iterrows(), strict=True):
        assert sentence.startswith(f"{row['name']}: the chance of at least one attack in October 2023 ")
    with pytest.raises(
        ValueError, match="share the windows next_month, next_3_months, 2023-11, 2023-12; got 'next_year'"
    ):
        of_window(all_three, "next_year")


def test_the_whole_table_is_written(all_three: Changes, tmp_path: Path) -> None:
    write_table(all_three, tmp_path / "changes.parquet")
    pd.testing.assert_frame_equal(pd.read_parquet(tmp_path / "changes.parquet"), all_three.table)
    write_table(all_three, tmp_path / "changes.csv")
    assert len(pd.read_csv(tmp_path / "changes.csv")) == len(all_three.table)
    with pytest.raises(ValueError, match=r"\.csv or \.parquet; got changes\.xlsx"):
        write_table(all_three, tmp_path / "changes.xlsx")
    assert json.loads(all_three.table.to_json(orient="records"))
