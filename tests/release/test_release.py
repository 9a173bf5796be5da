"""A release is whole or absent, says what it is made of, and shows when it was touched."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import harmattan
from harmattan import exports, layers, maps, outlooks, release
from harmattan.maps import coast, overview
from harmattan.outlooks import coast_in_words
from harmattan.release import manifest, record
from harmattan.result import Result
from harmattan.whole import alone_in, hidden
from harmattan.words import in_words


@pytest.fixture(scope="module")
def issued(small_result: Result, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return release.write(small_result, tmp_path_factory.mktemp("releases"))


@pytest.fixture
def copy(issued: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(issued, tmp_path / "small" / issued.name))


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave out what takes time and is tested elsewhere: the pictures and the GeoPackage."""
    monkeypatch.setattr(maps, "write", lambda result, folder: [])
    monkeypatch.setattr(overview, "write", lambda result, path: path)
    monkeypatch.setattr(coast, "write", lambda result, path: path)
    monkeypatch.setattr(outlooks, "write", lambda result, folder: [])
    monkeypatch.setattr(record, "write_charts", lambda result, folder: [])
    monkeypatch.setitem(exports.EXPORTS, "gpkg", lambda forecast, regions, path: path.write_bytes(b"gpkg"))


def visible(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.rglob("*") if not path.name.startswith("."))


def test_the_folder_is_named_after_experiment_and_origin(issued: Path) -> None:
    assert issued.parts[-2:] == ("small", "2023-06")
    assert {path.name for path in issued.iterdir()} == {
        *("manifest.json", "README.txt", "maps", "draws.npz", "models.parquet", "forecast.gpkg"),
        *("expansion", "outlooks", "charts"),
        *(f"{name}.parquet" for name in ("reliability", "by_region", "suspicions")),
        *(f"{name}.{kind}" for name in ("forecast", "windows", "scores") for kind in ("csv", "parquet")),
    }
    assert (issued / "maps" / "overview.png").is_file()
    assert len(list((issued / "maps").iterdir())) == 8


def test_what_is_read_back_is_what_was_written(small_result: Result, issued: Path) -> None:
    back = release.read(issued)
    assert np.array_equal(back.forecast.draws, small_result.forecast.draws)
    assert back.forecast.draws.dtype == np.int32
    assert back.forecast.regions.equals(small_result.forecast.regions)
    assert (back.forecast.origin, back.forecast.horizons) == (small_result.forecast.origin, (1, 2, 3, 4))
    pd.testing.assert_frame_equal(back.scores, small_result.scores)
    expected = exports.tidy(small_result.forecast, small_result.panel.regions)
    pd.testing.assert_frame_equal(back.table, expected)
    assert set(back.models["model"]) == set(small_result.forecasts)
    shown = layers.layer(small_result, (1, 2, 3)).reset_index()
    stored = back.windows[back.windows["window"] == "next_3_months"].reset_index(drop=True)
    pd.testing.assert_frame_equal(stored[shown.columns], shown)
    assert set(stored["last_month"]) == {"2023-09"}
    assert back.in_words == [*in_words(small_result), *coast_in_words(small_result)]


def test_the_regions_come_back_with_outlines(small_result: Result, issued: Path) -> None:
    regions = release.read(issued).regions()
    assert set(regions.table.index) == set(small_result.forecast.regions)
    assert regions.geometry is not None and regions.geometry.is_valid.all()


def test_the_manifest_says_what_the_release_is_made_of(small_result: Result, issued: Path) -> None:
    said = json.loads((issued / "manifest.json").read_text(encoding="utf-8"))
    assert said["champion"] == "rate" and said["baselines"] == ["conflictology"]
    assert said["data"]["panel_sha256"] == small_result.panel.content_hash()
    assert (said["data"]["last_month"], said["data"]["data_to"]) == ("2023-06", "2023-06")
    assert said["scored"] == {"origins": 4, "first": "2023-02", "last": "2023-05"}
    assert said["code"]["harmattan"] == harmattan.__version__
    assert said["caption"]["caveats"] == list(small_result.caption.caveats)
    assert said["models"]["rate"] == {"class": "harmattan.models.baselines:OwnRate", "weights": None}
    listed = {name: each["bytes"] for name, each in said["files"].items()}
    present = {
        path.relative_to(issued).as_posix(): path.stat().st_size
        for path in issued.rglob("*")
        if path.is_file() and path.name != "manifest.json"
    }
    assert listed == present


def test_what_is_said_of_expansion_is_in_the_release(issued: Path, small_result: Result) -> None:
    told = release.read(issued).expansion
    assert set(told) == set(small_result.expansion) and {"first_attacks", "arrivals", "ahead", "replay"} <= set(told)
    for name, table in small_result.expansion.items():
        kept = [column for column in table if name != "replay" or column not in ("attacks", "exposure")]
        assert len(told[name]) == len(table) and list(told[name]) == kept
        assert (issued / "expansion" / f"{name}.csv").is_file()
    stored = told["first_attacks"]
    np.testing.assert_allclose(stored["first_attack"], small_result.expansion["first_attacks"]["first_attack"])
    assert set(stored["month"]) == {str(month) for month in small_result.forecast.months}
    assert (issued / "maps" / "toward_coast.png").is_file()


def test_how_it_did_is_in_the_release(issued: Path, small_result: Result) -> None:
    rows = small_result.rows[small_result.rows["model"] == "rate"]
    curve = pd.read_parquet(issued / "reliability.parquet")
    nearest = curve[(curve["set"] == "all") & (curve["horizon"] == 1)]
    one = rows[rows["horizon"] == 1]
    assert nearest["n"].sum() == len(one) and nearest["observed"].is_monotonic_increasing
    assert (nearest["n"] * nearest["observed"]).sum() == pytest.approx((one["observed"] > 0).sum())
    assert (nearest["n"] * nearest["probability"]).sum() == pytest.approx(one["p1"].sum())
    places = pd.read_parquet(issued / "by_region.parquet").set_index("region")
    assert places.loc["BF5204", "brier"] == pytest.approx(rows.loc[rows["region"] == "BF5204", "brier"].mean())
    assert set(pd.read_parquet(issued / "suspicions.parquet")["flag"]) == {"few_origins"}
    assert {path.name for path in (issued / "charts").iterdir()} == {"reliability.png", "pit.png"}


def test_pool_weights_are_in_the_manifest(small_result: Result) -> None:
    class Mixed:
        def __init__(self) -> None:
            self.weights_ = {"rate": 0.75, "last": 0.25}
            self.quiet_weights_ = {"rate": 1.0, "last": 0.0}

    said = manifest.describe(replace(small_result, fitted={"pool": Mixed()}))  # type: ignore[dict-item]
    assert said["models"]["pool"]["weights"] == {"rate": 0.75, "last": 0.25}
    assert said["models"]["pool"]["quiet_weights"] == {"rate": 1.0, "last": 0.0}


def test_the_recorded_counts_are_not_passed_on(issued: Path) -> None:
    for path in issued.rglob("*.parquet"):
        frequencies = {"observed"} if path.stem == "reliability" else set()
        assert not {"attacks", "observed", "deaths"} & set(pd.read_parquet(path).columns) - frequencies


def test_the_page_says_how_to_read_it(small_result: Result, issued: Path) -> None:
    page = (issued / "README.txt").read_text(encoding="utf-8")
    flowing = " ".join(page.split())
    for sentence in [*in_words(small_result), "How to read it:", "A low figure is not safety.", "CC BY 4.0"]:
        assert sentence in flowing
    assert max(map(len, page.splitlines())) <= 88


def test_the_same_result_gives_the_same_release(small_result: Result, issued: Path, tmp_path: Path) -> None:
    again = release.write(small_result, tmp_path)
    assert (again / "manifest.json").read_bytes() == (issued / "manifest.json").read_bytes()
    assert release.write(small_result, tmp_path) == again


def test_another_content_is_a_new_revision_and_never_replaces_a_release(
    small_result: Result, quick: None, tmp_path: Path
) -> None:
    first = release.write(small_result, tmp_path)
    before = (first / "manifest.json").read_bytes()
    second = release.write(replace(small_result, seed=2), tmp_path)
    third = release.write(replace(small_result, champion="neighbours"), tmp_path)
    assert [each.name for each in (second, third)] == [f"{first.name}.2", f"{first.name}.3"]
    assert release.write(replace(small_result, seed=2), tmp_path) == second
    assert len(release.releases(tmp_path)) == 3
    assert (first / "manifest.json").read_bytes() == before
    assert release.read(first).manifest["seed"] == 1
    assert not list(first.parent.glob(".*.partial"))


@pytest.mark.parametrize(
    ("where", "name"),
    [
        (exports, "write"),
        (exports, "write_parquet"),
        (exports, "write_csv"),
        (np, "savez_compressed"),
        (overview, "write"),
        (release, "describe"),
        (release, "readme"),
        (release, "save"),
        (release, "flush"),
        (Path, "rename"),
    ],
)
def test_a_failure_at_any_step_leaves_nothing(
    small_result: Result,
    quick: None,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    where: object,
    name: str,
) -> None:
    def fail(*given: object, **named: object) -> None:
        raise OSError("no space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(where, name, fail)
        with pytest.raises(OSError, match="no space left"):
            release.write(small_result, tmp_path)
    assert visible(tmp_path) == ["small"]
    assert not list(tmp_path.rglob("*.partial"))
    release.verify(release.write(small_result, tmp_path))


def test_what_a_killed_run_leaves_is_no_release_and_is_removed(
    small_result: Result, quick: None, tmp_path: Path
) -> None:
    place = tmp_path / "small"
    place.mkdir()
    code = (
        "import os, signal, sys; from pathlib import Path; from harmattan.whole import alone_in, hidden\n"
        "place = Path(sys.argv[1])\n"
        "with alone_in(place):\n"
        "    left = hidden(place / '2023-06'); left.mkdir(); (left / 'manifest.json').write_text('{}')\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    done = subprocess.run([sys.executable, "-c", code, str(place)], check=False)
    assert done.returncode == -signal.SIGKILL
    assert hidden(place / "2023-06").is_dir()
    assert release.releases(tmp_path).empty
    final = release.write(small_result, tmp_path)
    assert {path.name for path in place.iterdir()} == {".lock", "2023-06"}
    release.verify(final)


def test_the_lock_lets_one_run_build_at_a_time(tmp_path: Path) -> None:
    code = "import fcntl, sys\nwith open(sys.argv[1]) as lock:\n    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)\n"
    with alone_in(tmp_path):
        inside = subprocess.run([sys.executable, "-c", code, str(tmp_path / ".lock")], check=False, stderr=-3)
    after = subprocess.run([sys.executable, "-c", code, str(tmp_path / ".lock")], check=False)
    assert (inside.returncode, after.returncode) == (1, 0)


def test_an_edited_file_is_named(copy: Path) -> None:
    release.verify(copy)
    path = copy / "forecast.csv"
    path.write_bytes(path.read_bytes().replace(b"BF", b"bf", 1))
    with pytest.raises(ValueError, match=r"forecast\.csv of the release .* was altered.*expected SHA-256"):
        release.verify(copy)
    with pytest.raises(ValueError, match=r"forecast\.csv"):
        release.read(copy)


def test_a_file_that_is_gone_is_named(copy: Path) -> None:
    (copy / "maps" / "overview.png").unlink()
    with pytest.raises(FileNotFoundError, match=r"must hold maps/overview\.png; it is gone"):
        release.verify(copy)


def test_an_edited_manifest_is_noticed(copy: Path) -> None:
    path = copy / "manifest.json"
    path.write_text(path.read_text(encoding="utf-8").replace('"seed": 1', '"seed": 2'), encoding="utf-8")
    with pytest.raises(ValueError, match=r"manifest\.json was altered"):
        release.verify(copy)


@pytest.mark.parametrize("text", ["", "[]", '{"schema": 1}', "{"])
def test_a_broken_manifest_is_named(copy: Path, text: str) -> None:
    (copy / "manifest.json").write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match=r"manifest\.json is not the manifest of a release"):
        release.releases(copy.parents[1])


def test_a_newer_manifest_is_left_to_newer_code(copy: Path) -> None:
    said = json.loads((copy / "manifest.json").read_text(encoding="utf-8")) | {"schema": 99}
    manifest.save({**said, "sha256": manifest.own_fingerprint(said)}, copy)
    with pytest.raises(ValueError, match="must have schema 1; it has 99"):
        release.read(copy)


def test_a_folder_without_manifest_is_no_release(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"expected a release with manifest\.json"):
        release.read(tmp_path)


def test_releases_are_listed_newest_first(small_result: Result, quick: None, tmp_path: Path) -> None:
    assert release.releases(tmp_path / "none").empty
    for name in ("b", "a"):
        release.write(replace(small_result, name=name), tmp_path)
    cut = small_result.forecast.origin - 1
    older = {name: replace(made, origin=cut) for name, made in small_result.forecasts.items()}
    before = replace(small_result.earlier, origin=cut - 1)
    release.write(replace(small_result, name="a", forecasts=older, earlier=before), tmp_path)
    table = release.releases(tmp_path)
    assert list(zip(table["experiment"], table["origin"], strict=True)) == [
        ("a", "2023-06"),
        ("b", "2023-06"),
        ("a", "2023-05"),
    ]
    assert table["horizons"].iloc[0] == "1-4"
    assert all((Path(path) / "manifest.json").is_file() for path in table["path"])


@pytest.mark.parametrize("name", ["../out", "", ".hidden", "a/b", "a b"])
def test_a_name_that_is_no_folder_is_refused(small_result: Result, tmp_path: Path, name: str) -> None:
    with pytest.raises(ValueError, match="since a folder is named after it"):
        release.write(replace(small_result, name=name), tmp_path)
    assert not list(tmp_path.iterdir())


def test_a_release_is_exported_from_its_folder(small_result: Result, issued: Path, tmp_path: Path) -> None:
    path = release.export(issued, tmp_path / "out.parquet")
    table = pd.read_parquet(path)
    expected = exports.tidy(small_result.forecast, small_result.panel.regions)
    pd.testing.assert_frame_equal(table, expected)
    assert release.export(issued, tmp_path / "out.gpkg").stat().st_size > 100_000


def test_a_checkout_is_described_and_its_absence_too(tmp_path: Path) -> None:
    assert manifest.checkout(tmp_path) == {"commit": None, "dirty": None}
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    assert manifest.checkout(tmp_path) == {"commit": None, "dirty": False}
    (tmp_path / "file").write_text("x")
    assert manifest.checkout(tmp_path)["dirty"] is True
