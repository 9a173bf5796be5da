import io
import os
import subprocess
import sys
from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harmattan.blocks import sums
from harmattan.blocks.cells import Cells
from harmattan.blocks.counting import about, count
from harmattan.blocks.reading import Asked
from harmattan.blocks.repeated import marks_of, repeated
from harmattan.regions import bundled, locate
from harmattan.sources.files import SourceError

ASKED = Asked("when", "x", "y", event="id", deaths="dead")
KINDS = ("number", "text", "packed", "date", "time", "parts")


def days(kind: str, given: Sequence[date | None]) -> dict[str, pa.Array]:
    """The same days, written in one of the ways that files have."""
    if kind == "date":
        return {"when": pa.array(given, pa.date32())}
    if kind == "time":
        times = pa.array([d and datetime(d.year, d.month, d.day, 0, 30) for d in given], pa.timestamp("us"))
        return {"when": pc.assume_timezone(times, "Africa/Niamey")}
    if kind == "number":
        return {"when": pa.array([None if d is None else d.year * 10000 + d.month * 100 + d.day for d in given])}
    if kind == "text":
        return {"when": pa.array([None if d is None else f"{d} 00:00:00" for d in given], pa.string())}
    if kind == "packed":
        return {
            "when": pa.array([None if d is None else f"{d:%Y%m%d}" for d in given], pa.string()).dictionary_encode()
        }
    parts = {"year": [d and d.year for d in given], "month": [d and d.month for d in given]}
    return {name: pa.array(each, pa.int64()) for name, each in {**parts, "day": [d and d.day for d in given]}.items()}


rows = st.lists(
    st.tuples(
        st.none() | st.dates(date(2019, 11, 1), date(2020, 3, 2)),
        st.sampled_from([-180.0, -179.9, 0.0, 0.49, 0.5, 12.25, 180.0, 180.5, float("nan"), None]),
        st.sampled_from([-90.0, 0.0, 10.3, 89.9, 90.0, -91.0, float("inf"), None]),
        st.sampled_from(["18", "19", "04"]),
        st.sampled_from([0, 1, 7, -1, None]),
    ),
    min_size=1,
    max_size=30,
)


@settings(max_examples=20)
@given(
    rows=rows,
    kind=st.sampled_from(KINDS),
    cuts=st.sets(st.integers(1, 39), max_size=2),
    group=st.sampled_from([3, 11, 40]),
    hive=st.booleans(),
)
def test_counts_are_those_of_a_plain_groupby_however_the_rows_are_cut(
    rows: list[Any], kind: str, cuts: set[int], group: int, hive: bool
) -> None:
    when, x, y, code, dead = zip(*rows, strict=True)
    table = pa.table({
        **days(kind, when), "x": pa.array(x, pa.float64()), "y": pa.array(y, pa.float64()), "code": code,
        "dead": pa.array(dead, pa.int32()), "id": np.arange(len(rows)),
    })  # fmt: skip
    asked = Asked(
        "year,month,day" if kind == "parts" else "when",
        "x",
        "y",
        event="id",
        deaths="dead",
        only={"code": ["18", "19"]},
    )
    with TemporaryDirectory() as place:
        folder = Path(place, "events")
        for number, part in enumerate(np.split(np.arange(len(rows)), sorted(cut for cut in cuts if cut < len(rows)))):
            held = table.take(pa.array(part))
            codes = sorted(set(held.column("code").to_pylist())) if hive else [None]
            for one in codes:
                inside = folder / f"code={one}" if one else folder
                inside.mkdir(parents=True, exist_ok=True)
                kept = held.filter(pc.equal(held["code"], one)).drop_columns("code") if one else held
                pq.write_table(kept, inside / f"{number}.parquet", row_group_size=group)
        out = Path(place, "counts.parquet")
        wanted = plainly(rows)
        if wanted.empty:
            with pytest.raises(SourceError, match="no row is left to count"):
                count(folder, out, asked)
            return
        found = count(folder, out, asked)
        pd.testing.assert_frame_equal(pd.read_parquet(out), wanted)
        assert not out.with_name("counts.parquet.parts").exists()
    told = dict(found.rows)
    assert told.pop("read") == sum(told.values()) == len(rows)
    assert found.rows["not asked for"] == code.count("04")
    assert found.rows["counted"] == wanted["attacks"].sum()


def plainly(rows: list[Any]) -> pd.DataFrame:
    """The same counts as most people make them."""
    frame = pd.DataFrame(rows, columns=["day", "x", "y", "code", "dead"]).astype(
        {"x": float, "y": float, "dead": float}
    )
    frame = frame[
        frame["day"].notna() & (frame["code"] != "04") & frame["x"].between(-180, 180) & frame["y"].between(-90, 90)
    ]
    column = ((frame["x"] + 180) // 0.5) % 720
    frame["gid"] = (((frame["y"] + 90) // 0.5).clip(upper=359) * 720 + column + 1).astype("int64")
    frame["month"] = [f"{day:%Y-%m}" for day in frame["day"]]
    known = frame["dead"] >= 0
    frame = frame.assign(attacks=1, deaths=frame["dead"].where(known, 0), deaths_unknown=~known)
    sums = frame.groupby(["gid", "month"])[["attacks", "deaths", "deaths_unknown"]].sum().astype("int64").reset_index()
    sums.insert(0, "region", sums.pop("gid").astype("str"))
    return sums.astype({"month": "str"})


def written(folder: Path, *, files: int = 3, rows: int = 30, **columns: Any) -> Path:
    """A folder of small files of events, two row groups each."""
    folder.mkdir()
    rng = np.random.default_rng(5)
    for number in range(files):
        table = {
            "when": pa.array(rng.integers(18000, 18100, rows).astype(np.int32), pa.date32()),
            "x": rng.uniform(-5, 1, rows), "y": rng.uniform(10, 14, rows), "dead": rng.integers(0, 3, rows),
            "id": np.arange(rows) + number * rows,
        }  # fmt: skip
        pq.write_table(
            pa.table({**table, **columns}),
            folder / f"{number}.parquet",
            row_group_size=rows // 2,
            write_page_checksum=True,
        )
    return folder


def test_the_result_says_where_it_is_from(tmp_path: Path) -> None:
    out = tmp_path / "counts.parquet"
    found = count(written(tmp_path / "events"), out, ASKED)
    told = about(out)
    assert told["rows"] == found.rows
    assert (told["date"], told["event"], told["where"], told["partitions"]) == ("when", "id", "cells of 0.5 degrees", 6)
    with pytest.raises(SourceError, match="is not a table of counts; make one with"):
        about(tmp_path / "events" / "0.parquet")


def test_days_of_regions_within_bounds(tmp_path: Path) -> None:
    events, out, regions = written(tmp_path / "events"), tmp_path / "days.parquet", bundled("province")
    found = count(events, out, Asked("when", "x", "y", step="day", where=regions, first=18010, last=18040))
    frame = pd.read_parquet(events)
    frame["region"] = locate(regions, frame["x"], frame["y"])
    inside = frame["when"].between(date(2019, 4, 24), date(2019, 5, 24))
    wanted = frame[inside & frame["region"].notna()].groupby(["region", "when"]).size()
    got = pd.read_parquet(out).set_index(["region", "day"])["attacks"]
    assert got.to_dict() == wanted.to_dict()
    assert found.dropped == {
        "outside the steps asked for": int((~inside).sum()),
        "in no region": int((inside & frame["region"].isna()).sum()),
    }
    assert (found.first, found.last) == ("2019-04-24", "2019-05-24")


def test_every_fault_of_a_files_columns_is_named(tmp_path: Path) -> None:
    events = written(tmp_path / "events")
    pq.write_table(
        pa.table({"When": ["2020-01-01"], "x": ["1.0"], "y": [1.0], "dead": [1], "id": [1]}), events / "9.parquet"
    )
    with pytest.raises(
        SourceError, match=r"^9\.parquet: has no column when.*; column x holds string; expected number$"
    ):
        count(events, tmp_path / "out.parquet", ASKED)
    with pytest.raises(SourceError, match="column id holds int64; it cannot be one of riot"):
        (events / "9.parquet").unlink()
        count(events, tmp_path / "out.parquet", Asked("when", "x", "y", only={"id": ["riot"]}))
    with pytest.raises(SourceError, match="the folder holds none"):
        (tmp_path / "empty").mkdir()
        count(tmp_path / "empty", tmp_path / "out.parquet", ASKED)
    (events / "note.parquet").write_text("no")
    with pytest.raises(SourceError, match=r"note\.parquet: is not a Parquet file"):
        count(events, tmp_path / "out.parquet", ASKED)


def test_an_event_that_comes_twice_is_refused_across_files_and_within_one(tmp_path: Path) -> None:
    events = written(tmp_path / "events")
    table = pq.read_table(events / "0.parquet")
    pq.write_table(pa.concat_tables([table.slice(3, 2), table.slice(29, 1), table.slice(29, 1)]), events / "9.parquet")
    with pytest.raises(SourceError, match="4 events come more than once"):
        count(events, tmp_path / "out.parquet", ASKED)
    assert count(events, tmp_path / "out.parquet", Asked("when", "x", "y")).rows["counted"] == 94


@given(
    names=st.lists(st.integers(0, 30) | st.none(), max_size=40), cuts=st.sets(st.integers(0, 40)), text=st.booleans()
)
def test_repeats_are_counted_whatever_the_parts(names: list[int | None], cuts: set[int], text: bool) -> None:
    kind, given = (pa.string(), [None if n is None else f"e{n}" for n in names]) if text else (pa.int64(), names)
    with TemporaryDirectory() as folder:
        files = []
        for part in np.split(np.arange(len(names)), sorted(cut for cut in cuts if cut <= len(names))):
            marks, named = marks_of(pa.chunked_array([[given[each] for each in part]], kind))
            files.append(Path(folder, f"{len(files)}.npy"))
            np.save(files[-1], marks[named][np.argsort(marks[named][:, 0])])
        held = [each for each in names if each is not None]
        assert repeated(files) == len(held) - len(set(held))


def test_names_are_of_one_kind(tmp_path: Path) -> None:
    parts = [tmp_path / "number.npy", tmp_path / "text.npy"]
    for file, name in zip(parts, (1, "1"), strict=True):
        np.save(file, marks_of(pa.chunked_array([[name]]))[0])
    with pytest.raises(ValueError, match="named by numbers in all files or by text in all"):
        repeated(parts)


def test_a_damaged_part_stops_the_run_and_the_next_goes_on_there(tmp_path: Path) -> None:
    events, out = written(tmp_path / "events"), tmp_path / "counts.parquet"
    file = events / "1.parquet"
    whole = file.read_bytes()
    start = pq.ParquetFile(io.BytesIO(whole)).metadata.row_group(1).column(1).data_page_offset + 60
    file.write_bytes(whole[:start] + bytes(40) + whole[start + 40 :])
    with pytest.raises(SourceError, match=r"1\.parquet, row group 1: is damaged or cut off"):
        count(events, out, ASKED)
    assert not out.exists()
    file.write_bytes(whole)
    resumed = count(events, out, ASKED)
    fresh = count(events, tmp_path / "fresh.parquet", ASKED)
    # The file that was mended counts as another one.
    assert (resumed.resumed, fresh.resumed) == (2, 0)
    assert out.read_bytes() == (tmp_path / "fresh.parquet").read_bytes()


KILLED = """
import os, signal, sys
from pathlib import Path
from harmattan.blocks.counting import count
from harmattan.blocks.reading import Asked
told = lambda done, number: os.kill(os.getpid(), signal.SIGKILL) if done == 4 else None
count(Path(sys.argv[1]), Path(sys.argv[2]), Asked("when", "x", "y", event="id", deaths="dead"), told=told)
"""


def test_a_killed_run_leaves_no_half_table_and_is_carried_on(tmp_path: Path) -> None:
    events, out = written(tmp_path / "events"), tmp_path / "counts.parquet"
    out.write_bytes(b"what was there")
    done = subprocess.run(
        [sys.executable, "-c", KILLED, events, out], check=False, env={**os.environ, "OMP_NUM_THREADS": "1"}
    )
    assert done.returncode == -9
    assert out.read_bytes() == b"what was there"
    assert count(events, out, ASKED).resumed == 4
    count(events, tmp_path / "fresh.parquet", ASKED)
    assert out.read_bytes() == (tmp_path / "fresh.parquet").read_bytes()


def test_other_settings_take_nothing_of_an_earlier_run(tmp_path: Path) -> None:
    events, out = written(tmp_path / "events"), tmp_path / "counts.parquet"

    def stop(done: int, number: int) -> None:
        if done == 2:
            raise RuntimeError("stopped")

    with pytest.raises(RuntimeError, match="stopped"):
        count(events, out, ASKED, told=stop)
    assert count(events, out, Asked("when", "x", "y", where=Cells(1.0))).resumed == 0


def test_numbers_and_neighbours_are_those_of_prio_grid(shared: Path) -> None:
    table = pd.read_parquet(shared / "data/geo/priogrid.parquet", columns=["gid", "xcoord", "ycoord"])
    cells = Cells()
    assert cells.numbers(table["xcoord"], table["ycoord"]).tolist() == table["gid"].tolist()
    assert np.array_equal(cells.centres(table["gid"]), [table["xcoord"], table["ycoord"]])
    codes = pd.Index(table["gid"].astype(str), name="region")
    links = cells.neighbours(table["gid"].to_numpy(), codes).weights.toarray() > 0
    x, y = table["xcoord"].to_numpy(), table["ycoord"].to_numpy()
    apart = np.maximum(np.abs(x[:, None] - x), np.abs(y[:, None] - y))
    assert np.array_equal(links, apart == 0.5)


def test_neighbours_meet_across_the_antimeridian_and_not_across_the_poles() -> None:
    cells, numbers = Cells(90.0), np.arange(1, 9)
    links = cells.neighbours(numbers, pd.Index(numbers.astype(str), name="region")).weights.toarray()
    assert np.flatnonzero(links[0]).tolist() == [1, 3, 4, 5, 7]


@pytest.mark.parametrize("degrees", [0.7, 0.0, 180.0, float("nan")])
def test_cells_fit_the_earth(degrees: float) -> None:
    with pytest.raises(ValueError, match="go into 180 without a rest"):
        Cells(degrees)


@settings(max_examples=30)
@given(parts=st.lists(st.lists(st.tuples(st.integers(1, 9), st.integers(-3, 9)), max_size=20), max_size=6))
def test_parts_merged_from_disk_in_turns_are_their_sum(parts: list[list[tuple[int, int]]]) -> None:
    every = [each for part in parts for each in part]
    with TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(sums, "SAMPLED", 2)
        patch.setattr(sums, "AT_ONCE", 6)
        files = [Path(folder, f"{number}.npy") for number in range(len(parts))]
        for file, part in zip(files, parts, strict=True):
            where, when = (np.array([each[side] for each in part], dtype=np.int64) for side in (0, 1))
            with file.open("wb") as stream:
                sums.save(sums.summed(where, when, where, when < 0), stream)
        turns = [each for each in sums.merged(files) if len(each)]
    found = [(*pair, *map(int, row)) for turn in turns for *pair, row in zip(turn.regions, turn.steps, turn.values)]  # noqa: B905
    assert found == [(*each, n := every.count(each), n * each[0], n * (each[1] < 0)) for each in sorted(set(every))]
