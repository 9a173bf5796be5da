import json
import os
import subprocess
import sys
import tracemalloc
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harmattan.blocks import features as by_blocks
from harmattan.blocks.cells import Cells, read_facts
from harmattan.blocks.counting import count
from harmattan.blocks.features import block_values, chosen, write_features
from harmattan.blocks.halo import Around, cut
from harmattan.blocks.kept import read_features
from harmattan.blocks.memory import LIBRARIES, PER_REGION, TooLittleMemoryError, bytes_of, need, plan
from harmattan.blocks.reading import Asked
from harmattan.blocks.sparse import Sparse, read_counts
from harmattan.features import FEATURES, Feature, design, feature
from harmattan.features.links import WHOLE
from harmattan.features.reach import REACHES, reach
from harmattan.months import month_range
from harmattan.panel import Panel
from harmattan.regions import Regions, bundled
from harmattan.sources.files import SourceError

ALL = (
    *(feature(name) for name in FEATURES if name not in ("static", "season")),
    feature("static", column="population"),
    feature("season", phase="sin"),
    feature("lag", measure="other_attacks", months=2),
    feature("neighbour_mean", order=2, months=3),
    feature("neighbour_share", measure="other_attacks", order=2),
    feature("kernel_sum", measure="other_attacks", half_life=12, km=30),
    feature("frontier_distance", most=300),
    feature("frontier_nearness", measure="other_attacks", km=5),
    feature("country_mean", measure="other_attacks", months=12),
)
ROWS, COLUMNS, MONTHS = 62, 66, 30


@dataclass(frozen=True, eq=False)
class World:
    """A made-up grid across 180 degrees, its counts, and the features of all of it at once."""

    regions: Regions
    counts: Sparse
    panel: Panel
    whole: list[npt.NDArray[np.float32]]


@pytest.fixture(scope="module")
def world() -> World:
    rng = np.random.default_rng(0)
    row, column = (each.ravel() for each in np.indices((ROWS, COLUMNS)))
    numbers = (250 + row) * 720 + (690 + column) % 720 + 1
    facts = {"country": [f"{y // 14}-{x // 14}" for y, x in zip(row, column, strict=True)]}
    table = pd.DataFrame({**facts, "population": rng.gamma(1, 1e4, len(row))}, index=pd.Index(numbers, name="region"))
    regions = Cells().regions(table)
    rate = np.where(rng.random(len(row)) < 0.2, 0.3 * rng.gamma(0.3, 1, len(row)), 0)
    panel = panel_of(regions, {name: rng.poisson(rate, (MONTHS, len(row))) for name in ("attacks", "other_attacks")})
    return World(regions, sparse(panel), panel, [each(panel).to_numpy() for each in ALL])


def panel_of(regions: Regions, measures: dict[str, npt.NDArray[np.int64]]) -> Panel:
    """A panel of whole counts."""
    months, codes = month_range("2010-01", "2012-06"), regions.table.index
    wide = {name: pd.DataFrame(each.astype(np.float32), months, codes) for name, each in measures.items()}
    return Panel(regions, wide, pd.DataFrame(True, months, codes))


def sparse(panel: Panel) -> Sparse:
    """The counts of a panel as blocks read them."""
    wide = {name: each.to_numpy() for name, each in panel.measures.items()}
    region, month = np.nonzero(sum(wide.values()).T > 0)  # type: ignore[union-attr]
    start = np.searchsorted(region, np.arange(len(panel.regions) + 1)).astype(np.int64)
    values = {name: each[month, region] for name, each in wide.items()}
    return Sparse(start, month.astype(np.int32), values, str(panel.months[0]), str(panel.months[-1]), {})


def test_every_feature_of_the_catalogue_has_a_reach() -> None:
    assert set(REACHES) == set(FEATURES) == {each.name for each in ALL}
    assert ROWS * COLUMNS > 4000 > WHOLE


@pytest.mark.parametrize("number", [1, 2, 6])
def test_features_of_blocks_are_those_of_the_whole_grid_bit_for_bit(world: World, number: int) -> None:
    blocks = cut(world.regions, number)
    # Six blocks and their nearest halos are smaller than the number up to which sums are made in another way.
    assert (max(map(len, blocks)) < WHOLE // 2) == (number == 6)
    for block in blocks if number < 6 else blocks[:2]:
        values = block_values(world.counts, world.regions, ALL, block)
        for each, mine, theirs in zip(ALL, values, world.whole, strict=True):
            assert mine.tobytes() == np.ascontiguousarray(theirs[:, block]).tobytes(), each.column


@pytest.mark.parametrize("share", [0.0, 0.0005, 1.0])
def test_so_are_those_of_a_grid_without_events_with_a_few_and_with_many(share: float) -> None:
    rng, (row, column) = np.random.default_rng(1), (each.ravel() for each in np.indices((40, 60)))
    numbers = (250 + row) * 720 + column + 1
    regions = Cells().regions(pd.DataFrame({"country": "A"}, index=pd.Index(numbers, name="region")))
    rate = np.where(rng.random(len(row)) < share, 0.2, 0)
    panel = panel_of(regions, {name: rng.poisson(rate, (MONTHS, len(row))) for name in ("attacks", "other_attacks")})
    wanted = [each for each in ALL if each.name != "static"]
    block = cut(regions, 3)[1]
    for each, mine in zip(wanted, block_values(sparse(panel), regions, wanted, block), strict=True):
        assert mine.tobytes() == np.ascontiguousarray(each(panel).to_numpy()[:, block]).tobytes(), each.column


def test_features_of_blocks_are_those_of_a_small_whole(burkina: Panel) -> None:
    wanted = [feature(name) for name in FEATURES if name not in ("static", "season")]
    counts = sparse(burkina)
    for block in cut(burkina.regions, 4):
        values = block_values(counts, burkina.regions, wanted, block)
        for each, mine in zip(wanted, values, strict=True):
            assert mine.tobytes() == np.ascontiguousarray(each(burkina).to_numpy()[:, block]).tobytes(), each.column


@settings(max_examples=30)
@given(number=st.integers(1, 45))
def test_blocks_are_of_like_size_and_every_region_is_in_one(number: int) -> None:
    blocks = cut(bundled("province"), number)
    assert sorted(np.concatenate(blocks)) == list(range(45))
    assert len(blocks) == number
    assert max(map(len, blocks)) - min(map(len, blocks)) <= 2


def test_blocks_of_a_grid_are_compact(world: World) -> None:
    for block in cut(world.regions, 16):
        lat = world.regions.table["lat"].to_numpy()[block]
        assert np.ptp(lat) <= 10


SMALL = (feature("lag"), feature("neighbour_mean"), feature("total_mean"), feature("static", column="population"))


def enough(world: World, wanted: tuple[Feature, ...], blocks: int) -> int:
    """Memory that so many blocks fit in and fewer do not."""
    around, reaches = Around(world.regions, world.counts.seen), [reach(each) for each in wanted]
    return max(need(around, block, reaches, months=MONTHS)[0] for block in cut(world.regions, blocks))


def test_what_is_written_is_read_back(world: World, tmp_path: Path) -> None:
    out = tmp_path / "features"
    memory = enough(world, SMALL, 2)
    found = write_features(world.counts, world.regions, SMALL, out, memory=memory)
    assert (found.blocks, found.resumed, found.months, found.need) == (2, 0, MONTHS, memory)
    values = design(world.panel, SMALL)
    every = read_features(out)
    names = [each.column for each in SMALL]
    assert every[names].to_numpy().tobytes() == np.ascontiguousarray(values).tobytes()
    assert list(every["region"][: len(world.regions)]) == list(world.regions.table.index)
    some = list(world.regions.table.index[[3000, 7, 8]])
    part = read_features(out, regions=some, first="2011-02", last="2011-03", features=names[1:2])
    assert part[["region", "month"]].to_numpy().tolist() == [
        [code, month] for month in ("2011-02", "2011-03") for code in (some[1], some[2], some[0])
    ]
    assert part[names[1]].tolist() == values[13:15, [7, 8, 3000], 1].ravel().tolist()
    with pytest.raises(ValueError, match="has no region '1'; it has 4092"):
        read_features(out, regions=["1"])
    with pytest.raises(ValueError, match="holds features of other counts, regions, settings or code"):
        write_features(world.counts, world.regions, SMALL[:2], out, memory=bytes_of("1GB"))
    again = write_features(world.counts, world.regions, SMALL, out, memory=bytes_of("1GB"))
    assert (again.blocks, again.resumed) == (2, 2)


def test_an_error_in_the_middle_keeps_the_blocks_that_were_made(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out, real = tmp_path / "features", by_blocks.make_block

    def failing(job: by_blocks.Job, place: int, block: npt.NDArray[np.intp], key: str) -> int:
        if place == 2:
            raise RuntimeError("the disk is gone")
        return real(job, place, block, key)

    monkeypatch.setattr(by_blocks, "make_block", failing)
    with pytest.raises(RuntimeError, match="the disk is gone"):
        write_features(world.counts, world.regions, SMALL[:2], out, memory=enough(world, SMALL[:2], 4))
    assert sorted(each.name for each in out.iterdir()) == [".lock", "block-00000.parquet", "block-00001.parquet"]
    with pytest.raises(FileNotFoundError, match="a run that is not finished"):
        read_features(out)
    monkeypatch.setattr(by_blocks, "make_block", real)
    # A file of another content in the place of a block is not taken for it.
    pq.write_table(pa.table({"region": ["1"]}), out / "block-00001.parquet")
    found = write_features(world.counts, world.regions, SMALL[:2], out, memory=enough(world, SMALL[:2], 4))
    assert (found.blocks, found.resumed) == (4, 1)
    assert len(read_features(out)) == ROWS * COLUMNS * MONTHS


KILLED = """
import os, signal, sys
from pathlib import Path
from harmattan.blocks.cells import Cells, read_facts
from harmattan.blocks.features import write_features
from harmattan.blocks.sparse import read_counts
from harmattan.features import feature
counts, facts, out = map(Path, sys.argv[1:])
regions = Cells().regions(read_facts(facts))
told = lambda done, number: os.kill(os.getpid(), signal.SIGKILL)
write_features(read_counts(counts, regions), regions, [feature("lag")], out, memory=10**9, number=1, told=told)
"""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with events, their counts by month, and a file of cells."""
    folder, rng = tmp_path_factory.mktemp("made"), np.random.default_rng(2)
    (folder / "events").mkdir()
    for number in range(4):
        day = pa.array(rng.integers(18000, 18200, 200).astype(np.int32), pa.date32())
        table = {"date": day, "longitude": rng.uniform(0, 5, 200), "latitude": rng.uniform(0, 5, 200), "best": 1}
        pq.write_table(pa.table({**table, "best": rng.integers(0, 4, 200)}), folder / "events" / f"{number}.parquet")
    row, column = (each.ravel() for each in np.indices((8, 8)))
    cells = pd.DataFrame({"gid": (180 + row) * 720 + 360 + column + 1, "country": "ABC"})
    cells.to_csv(folder / "cells.csv", index=False)
    count(folder / "events", folder / "counts.parquet", Asked("date", "longitude", "latitude", deaths="best"))
    return folder


def test_a_killed_run_leaves_whole_blocks_and_is_carried_on(made: Path, tmp_path: Path) -> None:
    given = [made / "counts.parquet", made / "cells.csv", tmp_path / "features"]
    done = subprocess.run(
        [sys.executable, "-c", KILLED, *given], check=False, env={**os.environ, "OMP_NUM_THREADS": "1"}
    )
    assert done.returncode == -9
    assert not (given[2] / "manifest.json").exists()
    regions = Cells().regions(read_facts(made / "cells.csv"))
    found = write_features(read_counts(given[0], regions), regions, [feature("lag")], given[2], memory=10**9)
    assert (found.blocks, found.resumed) == (1, 1)
    assert {each.name for each in given[2].iterdir()} == {
        ".lock",
        "manifest.json",
        "regions.parquet",
        "block-00000.parquet",
    }


def test_counts_become_the_features_of_their_cells(made: Path, tmp_path: Path) -> None:
    regions = Cells().regions(read_facts(made / "cells.csv").iloc[:40])
    counts = read_counts(made / "counts.parquet", regions, other=made / "counts.parquet")
    table = pd.read_parquet(made / "counts.parquet")
    inside = table["region"].isin(regions.table.index)
    lost = {name: table[name][~inside].sum() for name in ("attacks", "deaths")}
    assert counts.left_out == {**lost, "other_attacks": lost["attacks"]}
    wide = table[inside].pivot(index="month", columns="region", values="deaths").reindex(columns=regions.table.index)
    got = counts.wide(np.arange(40), "deaths")
    assert np.array_equal(got, wide.fillna(0).to_numpy())
    wanted = chosen("compact", regions, list(counts.values))
    write_features(counts, regions, wanted, tmp_path / "features", memory=10**9)
    told = json.loads((tmp_path / "features" / "manifest.json").read_text())
    assert told["features"] == [each.column for each in wanted]
    assert told["left_out"] == counts.left_out


def test_bad_tables_are_refused(made: Path, tmp_path: Path, world: World) -> None:
    regions = Cells().regions(read_facts(made / "cells.csv"))
    count(made / "events", tmp_path / "days.parquet", Asked("date", "longitude", "latitude", step="day"))
    with pytest.raises(SourceError, match="counts by day; features look back by months"):
        read_counts(tmp_path / "days.parquet", regions)
    count(made / "events", tmp_path / "short.parquet", Asked("date", "longitude", "latitude", last=593))
    with pytest.raises(SourceError, match="count both with the same first and last month"):
        read_counts(made / "counts.parquet", regions, other=tmp_path / "short.parquet")
    with pytest.raises(SourceError, match="none of its regions is among the 4092 regions"):
        read_counts(made / "counts.parquet", world.regions)
    with pytest.raises(ValueError, match="numbered 1 to 259200; 1 of 1 are not, first 259201"):
        Cells().regions(pd.DataFrame({"country": "A"}, index=pd.Index([259201], name="region")))


def test_features_that_cannot_be_made_are_refused(world: World, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="needs the measure deaths; the counts have attacks, other_attacks"):
        write_features(world.counts, world.regions, [feature("lag", measure="deaths")], tmp_path / "a", memory=10**9)
    with pytest.raises(ValueError, match=r"how far the feature 'mine:own' looks, so it cannot be made by blocks"):
        write_features(world.counts, world.regions, [feature("mine:own")], tmp_path / "a", memory=10**9)
    with pytest.raises(ValueError, match="neighbour_mean has no parameter 'ring'; it has measure, months, order"):
        reach(feature("neighbour_mean", ring=2))


def test_a_limit_below_one_region_is_refused(world: World) -> None:
    around, reaches = Around(world.regions, world.counts.seen), [reach(each) for each in SMALL * 10]
    with pytest.raises(TooLittleMemoryError, match="the features of one region of 4092 over 1311 months take"):
        plan(around, reaches, months=3 * 437, limit=340 * 10**6)


@settings(max_examples=6)
@given(limit=st.integers(400, 900))
def test_blocks_are_cut_until_the_arithmetic_fits(world: World, limit: int) -> None:
    around, reaches = Around(world.regions, world.counts.seen), [reach(each) for each in SMALL * 10]
    planned = plan(around, reaches, months=3 * 437, limit=limit * 10**6)
    needs = [need(around, block, reaches, months=3 * 437)[0] for block in planned.blocks]
    assert max(needs) == planned.need <= limit * 10**6
    assert sum(map(len, planned.blocks)) == len(world.regions)


def test_a_worker_takes_no_more_than_was_said(world: World) -> None:
    block = cut(world.regions, 2)[0]
    said = need(Around(world.regions, world.counts.seen), block, [reach(each) for each in ALL], months=MONTHS)[0]
    tracemalloc.start()
    try:
        block_values(world.counts, world.regions, ALL, block)
        taken = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert taken < said - LIBRARIES - PER_REGION * len(world.regions)


@pytest.mark.parametrize("text", ["2 sheep", "GB", "0MB", "-1GB", ""])
def test_sizes_are_sizes(text: str) -> None:
    with pytest.raises(ValueError, match="memory must be a size such as 2GB or 500MB"):
        bytes_of(text)


@pytest.fixture(scope="module")
def cluster() -> Iterator[str]:
    """The address of a Dask cluster of two processes."""
    distributed = pytest.importorskip("distributed", reason="needs the library distributed")
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address="127.0.0.1:0"
    ) as made:
        yield made.scheduler_address


def test_a_cluster_makes_the_same_numbers(made: Path, cluster: str, tmp_path: Path) -> None:
    asked = Asked("date", "longitude", "latitude", event=None, deaths="best")
    count(made / "events", tmp_path / "there.parquet", asked, dask=cluster)
    assert (tmp_path / "there.parquet").read_bytes() == (made / "counts.parquet").read_bytes()
    regions = Cells().regions(read_facts(made / "cells.csv"))
    counts = read_counts(made / "counts.parquet", regions)
    wanted: tuple[Feature, ...] = chosen("compact", regions, list(counts.values))
    there = write_features(counts, regions, wanted, tmp_path / "there", memory=10**9, number=2, dask=cluster)
    here = write_features(counts, regions, wanted, tmp_path / "here", memory=10**9)
    assert (there.blocks, here.blocks) == (2, 1)
    pd.testing.assert_frame_equal(read_features(tmp_path / "there"), read_features(tmp_path / "here"), check_exact=True)
