"""What grids of the whole Earth cost: counting, features by blocks, and arithmetic checked by a run. For docs/scale.md.

Run as ``python benchmarks/scale.py [--folder PLACE] [--rows N ...]``. It writes some 2 GB of made-up files into the
folder and removes them. Every case runs in a process of its own; processor seconds are of it and of its workers.
"""

from __future__ import annotations

import os
import platform
import resource
import shutil
import sys
import tempfile
from argparse import ArgumentParser
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from importlib.metadata import version
from multiprocessing import get_context
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from harmattan.blocks.cells import Cells
from harmattan.blocks.counting import count
from harmattan.blocks.features import Written, block_values, grouped, write_features
from harmattan.blocks.features import chosen as chosen_set
from harmattan.blocks.halo import Around, Places, cut
from harmattan.blocks.kept import is_made, read_features, write_block
from harmattan.blocks.memory import Plan, plan
from harmattan.blocks.reading import Asked
from harmattan.blocks.sparse import Sparse
from harmattan.features import Feature, columns, feature
from harmattan.features.reach import Reach, reach
from harmattan.months import month, month_range
from harmattan.regions import Regions
from harmattan.workers import workers

PAGE = Path(__file__).parents[1] / "docs" / "scale.md"
START, END = "<!-- made by benchmarks/scale.py -->", "<!-- end of scale -->"
LAND, MONTHS, DAYS = 64_818, 437, 13_514
MEASURES = ("attacks", "other_attacks")
ROWS = (6_000_000, 24_000_000)
MEMORY = 2_000_000_000
DAILY_MEMORY = 12_000_000_000
GDELT = Asked("SQLDATE", "ActionGeo_Long", "ActionGeo_Lat", deaths="deaths")
Work = Callable[..., Any]


@dataclass(frozen=True)
class Spent:
    """What a case took: seconds by the clock, of the processor, and the most memory of one process, in MB."""

    wall: float
    processor: float
    megabytes: float
    result: Any


@dataclass(frozen=True)
class Rates:
    """Processor seconds, measured on blocks.

    Attributes
    ----------
    computing
        Reach and measure to seconds for each region of the halo, step and feature.
    writing
        For each row of the file.
    size
        Bytes of the file for each row.
    """

    computing: dict[tuple[Reach, str], float]
    writing: float
    size: float


@dataclass(frozen=True)
class Predicted:
    """What a run costs by arithmetic.

    Attributes
    ----------
    seconds
        Of the processor.
    need
        Bytes of the worker that takes most.
    blocks
        How many there are.
    through
        Regions gone through for each that is kept, mean of the features.
    size
        Bytes of the files.
    """

    seconds: float
    need: int
    blocks: int
    through: float
    size: float


def main() -> None:
    """Measure, print, and put the tables between the marks of the page."""
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()), help="a disk with 10 GB free")
    parser.add_argument("--rows", type=int, nargs="+", default=list(ROWS), help="events to count")
    given = parser.parse_args()
    if shutil.disk_usage(given.folder).free < 10e9:
        sys.exit(f"{given.folder} has less than 10 GB free; name another folder")
    with tempfile.TemporaryDirectory(prefix="scale-", dir=given.folder) as place:
        folder = Path(place)
        told = f"Measured on {date.today()}: {machine()}."
        counting, each_event = counting_table(folder, given.rows)
        tables = [counting, growth_table(folder), alone(reading_table, folder / "features").result]
        empty, speed = alone(task_overhead), disk_speed(folder)
        overhead, starting = empty.result, empty.processor / 3
        told += f" A process costs {starting:.1f} s of the processor to start."
        told += f" An empty task costs {overhead * 1000:.1f} ms; the disk takes {speed / 1e6:.0f} MB a second."
        rates = {steps: rates_of(steps, memory) for steps, memory in ((MONTHS, MEMORY), (DAYS, DAILY_MEMORY))}
        tables.append(check_table(folder, rates, overhead, starting))
        said = alone(predicted, rates[DAYS], DAYS, DAILY_MEMORY, 1, 2).result
        tables += [costs_table(said, rates[DAYS], each_event), machines_table(said, overhead, speed)]
        parts = [told, *map(as_markdown, tables)]
    text = "\n\n".join(parts)
    before, _, rest = PAGE.read_text(encoding="utf-8").partition(START)
    PAGE.write_text(f"{before}{START}\n\n{text}\n\n{END}{rest.partition(END)[2]}", encoding="utf-8")
    print(text)


def machine() -> str:
    """What the figures were measured on."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
    packages = ", ".join(f"{name} {version(name)}" for name in ("numpy", "pandas", "scipy", "pyarrow"))
    return (
        f"{os.cpu_count()} cores ({platform.machine()}), {memory:.0f} GB, Python {platform.python_version()}, "
        f"{packages}; load {os.getloadavg()[0]:.1f} from all that ran"
    )


def alone(work: Work, *arguments: Any) -> Spent:
    """Call a function in a new process and say what it and its workers took."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(spent, work, *arguments).result()


def spent(work: Work, *arguments: Any) -> Spent:
    """Call a function, end the workers that it started, and say what all took."""
    from joblib.externals.loky import get_reusable_executor

    wall, busy = perf_counter(), process_time()
    result = work(*arguments)
    wall, busy = perf_counter() - wall, process_time() - busy
    get_reusable_executor().shutdown(wait=True)
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return Spent(wall, busy + children.ru_utime + children.ru_stime, (children.ru_maxrss or own) / 1024, result)


# Counting


def counting_table(folder: Path, sizes: Sequence[int]) -> tuple[pd.DataFrame, float]:
    """Rows per second of counting and how it grows, and processor seconds for each event by day."""
    rows = []
    each_event = 0.0
    for number in sizes:
        events = folder / f"events-{number}"
        alone(made_up_events, events, number)
        size = sum(file.stat().st_size for file in events.iterdir()) / 1e6
        for name, crew, asked in (
            ("by month", 1, GDELT),
            ("by month", 2, GDELT),
            ("by day", 2, with_(step="day")),
            ("by month, names checked", 2, with_(event="GLOBALEVENTID")),
        ):
            if name != "by month" and number != max(sizes):
                continue
            took = alone(partial(count, number=crew), events, folder / "counts.parquet", asked)
            table = (folder / "counts.parquet").stat().st_size / 1e6
            rows.append(
                (
                    f"{number / 1e6:.0f} M, {size:.0f} MB",
                    name,
                    crew,
                    f"{took.wall:.1f}",
                    f"{took.processor:.1f}",
                    f"{number / took.processor / 1e6:.2f}",
                    f"{took.megabytes:.0f}",
                    f"{took.result.written / 1e6:.2f} M, {table:.1f} MB",
                )
            )
            each_event = took.processor / number if name == "by day" else each_event
            print(*rows[-1], sep=" | ", file=sys.stderr)
        shutil.rmtree(events)
    head = [
        "events",
        "counted",
        "workers",
        "s",
        "processor s",
        "M rows / processor s",
        "peak MB of a process",
        "result",
    ]
    return pd.DataFrame(rows, columns=head), each_event


def with_(**changed: Any) -> Asked:
    """What is asked of the made-up events, with some things changed."""
    return replace(GDELT, **changed)


def made_up_events(folder: Path, number: int) -> None:
    """Files of two million events in two row groups each: half of all at one in a hundred of 20,000 places."""
    folder.mkdir()
    rng = np.random.default_rng(0)
    lon, lat = rng.uniform(-180, 180, 20_000), rng.uniform(-55, 70, 20_000)
    for file, first in enumerate(range(0, number, 2_000_000)):
        size = min(2_000_000, number - first)
        at = (20_000 * rng.random(size) ** 6.6).astype(int)
        day = np.datetime64("1989-01-01") + np.sort(rng.integers(0, DAYS, size))
        text = np.char.replace(np.unique(day).astype(str), "-", "").astype(np.int32)
        table = {
            "GLOBALEVENTID": np.arange(first, first + size),
            "SQLDATE": text[np.unique(day, return_inverse=True)[1]],
            "EventRootCode": pa.array([f"{code:02d}" for code in range(1, 21)]).take(
                pa.array(rng.integers(0, 20, size))
            ),
            "ActionGeo_Lat": np.round(lat[at] + rng.uniform(-0.1, 0.1, size), 4),
            "ActionGeo_Long": np.clip(np.round(lon[at] + rng.uniform(-0.1, 0.1, size), 4), -180, 180),
            "deaths": rng.poisson(0.3, size),
            "NumMentions": rng.poisson(8, size),
            "AvgTone": rng.normal(0, 3, size),
        }
        pq.write_table(pa.table(table), folder / f"{file:04d}.parquet", row_group_size=1_000_000, compression="snappy")


# Features


def land() -> npt.NDArray[np.int64]:
    """Numbers of 64,818 cells in made-up continents between 56 degrees south and 84 north."""
    rng, cells = np.random.default_rng(4), Cells()
    numbers = np.arange(len(cells)) + 1
    lat = cells.centres(numbers)[1]
    numbers = numbers[(lat > -56) & (lat < 84)]
    x, y = (np.radians(each) for each in cells.centres(numbers))
    height = sum(
        rng.normal() / wave * np.cos(wave * x + rng.uniform(0, 6)) * np.cos(rng.integers(1, 9) * y + rng.uniform(0, 6))
        for wave in range(1, 12)
        for _ in range(3)
    )
    return np.sort(numbers[np.argsort(-np.asarray(height), kind="stable")[:LAND]])


def world(steps: int, share: int = 1) -> tuple[Regions, Sparse, tuple[Feature, ...]]:
    """Cells, counts of two measures and forty features: a quarter of cells ever see an event.

    With a share of n, a compact n-th of the cells. By day there are as many events as by month.
    """
    rng, numbers = np.random.default_rng(0), land()
    row, column = np.divmod(numbers - 1, 720)
    facts = {"country": [f"{y // 14:02d}{x // 14:02d}" for y, x in zip(row, column, strict=True)]}
    table = pd.DataFrame({**facts, "population": rng.gamma(1, 1e4, LAND)}, index=pd.Index(numbers, name="region"))
    rate = np.where(rng.random(LAND) < 1 / 3, 0.2 * rng.gamma(0.3, 1, LAND), 0)
    cells = Cells()
    inside = np.arange(LAND)
    if share > 1:
        inside = cut(cells.regions(table), share)[share // 2]
    regions = cells.regions(table.iloc[inside])
    return regions, made_up_counts(rate[inside] * MONTHS, steps, rng), forty(regions)


def made_up_counts(total: npt.NDArray[np.float64], steps: int, rng: np.random.Generator) -> Sparse:
    """Events of two measures at any step, so many expected in each region."""
    key, values = [], []
    for _ in MEASURES:
        number = rng.poisson(total)
        keys = np.repeat(np.arange(len(total)), number) * 2**32 + rng.integers(0, steps, number.sum())
        found, times = np.unique(keys, return_counts=True)
        key.append(found)
        values.append(times)
    both = np.unique(np.concatenate(key))
    held = {name: np.zeros(len(both), dtype=np.float32) for name in MEASURES}
    for name, found, times in zip(MEASURES, key, values, strict=True):
        held[name][np.searchsorted(both, found)] = times
    start = np.searchsorted(both, np.arange(len(total) + 1) * 2**32).astype(np.int64)
    months = month_range("1989-01", month("1989-01") + steps - 1)
    return Sparse(start, (both % 2**32).astype(np.int32), held, str(months[0]), str(months[-1]), {})


def forty(regions: Regions) -> tuple[Feature, ...]:
    """The full set with two more, forty."""
    found = (
        *chosen_set("full", regions, MEASURES),
        feature("months_since", measure="other_attacks"),
        feature("neighbour_share", measure="other_attacks", months=12),
    )
    assert len(found) == 40, len(found)
    return found


def growth_table(folder: Path) -> pd.DataFrame:
    """Features of a sixteenth and an eighth of the world, by 1 and 2 workers."""
    rows = []
    for share, crew in ((16, 1), (16, 2), (8, 1), (8, 2)):
        took = alone(made, folder / "features", MONTHS, share, crew, MEMORY)
        found, before = took.result
        busy = took.processor - before
        rows.append(
            (
                f"{found.regions:,} x {found.months}",
                crew,
                found.blocks,
                f"{took.wall:.0f}",
                f"{busy:.0f}",
                f"{busy / found.regions / found.months * 1e6:.2f}",
                f"{took.megabytes:.0f}",
                f"{found.need / 1e6:.0f}",
                f"{found.bytes / 1e6:.0f}",
            )
        )
        print(*rows[-1], sep=" | ", file=sys.stderr)
    head = ["cells x months", "workers", "blocks", "s", "processor s", "µs per cell and month"]
    head += ["peak MB of a process", "stated MB", "MB written"]
    return pd.DataFrame(rows, columns=head)


def made(folder: Path, steps: int, share: int, crew: int, memory: int) -> tuple[Written, float]:
    """Write features of a part of the world and remove the files; also say how long making the world took."""
    began = process_time()
    regions, counts, wanted = world(steps, share)
    before = process_time() - began
    found = write_features(counts, regions, wanted, folder, memory=memory, number=crew)
    shutil.rmtree(folder)
    return found, before


# Arithmetic


def task_overhead() -> float:
    """Seconds by the clock that one task without work costs with two workers."""

    nowhere = Path("no such file")
    with workers(2) as place:
        list(place.each(is_made, [("key",)] * 10, shared=nowhere))
        began = perf_counter()
        list(place.each(is_made, [("key",)] * 400, shared=nowhere))
        return (perf_counter() - began) / 400


def rates_of(steps: int, memory: int) -> Rates:
    """Measure two blocks of the land side by side, since the workers of a machine share its memory; mean of both."""
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        one, two = pool.map(rates_of_block, (steps, steps), (memory, memory), (1 / 3, 2 / 3))
    computing = {kind: (one.computing[kind] + two.computing[kind]) / 2 for kind in one.computing}
    return Rates(computing, (one.writing + two.writing) / 2, (one.size + two.size) / 2)


def rates_of_block(steps: int, memory: int, where: float) -> Rates:
    """Measure each group of features on one block of the land, with its halo, and writing."""
    regions, counts, wanted = world(steps)
    around = Around(regions, counts.seen)
    blocks = planned(around, wanted, steps, memory).blocks
    block = blocks[int(where * len(blocks))]
    values = np.empty((len(wanted), steps, len(block)), dtype=np.float32)
    computing = {}
    for kind, members in grouped(wanted).items():
        began = process_time()
        values[members] = block_values(counts, regions, [wanted[place] for place in members], block)
        took = process_time() - began
        computing[kind] = took / (looked_at(around, block, kind, counts) * steps * len(members))
    codes = list(regions.table.index[block])
    with tempfile.TemporaryDirectory() as folder:
        began = process_time()
        write_block(Path(folder, "block.parquet"), values, codes, counts.months, columns(wanted), "key")
        writing = process_time() - began
        size = Path(folder, "block.parquet").stat().st_size
    return Rates(computing, writing / len(block) / steps, size / len(block) / steps)


def looked_at(around: Around, block: Places, kind: tuple[Reach, str], counts: Sparse) -> int:
    """Regions that the work on a block goes through: the halo and, to find the nearest, the block once more."""
    return len(around.halo(block, kind[0], counts, kind[1])) + (len(block) if kind[0].nearest else 0)


def planned(around: Around, wanted: Sequence[Feature], steps: int, memory: int) -> Plan:
    """The blocks that two workers would make."""
    return plan(around, [reach(each) for each in wanted], months=steps, limit=memory, least=2)


def predicted(rates: Rates, steps: int, memory: int, share: int, sample: int) -> Predicted:
    """What a part of the land costs by arithmetic; halos of the nearest are found for a sample of the blocks."""
    regions, counts, wanted = world(steps, share)
    around = Around(regions, counts.seen)
    began = process_time()
    chosen = planned(around, wanted, steps, memory)
    seconds = rates.writing * len(regions) * steps + process_time() - began
    through = 0.0
    for kind, members in grouped(wanted).items():
        tried = chosen.blocks[:: -(-len(chosen.blocks) // sample)] if kind[0].nearest else chosen.blocks
        width = float(np.mean([looked_at(around, block, kind, counts) for block in tried])) * len(chosen.blocks)
        seconds += rates.computing[kind] * width * steps * len(members)
        through += width * len(members)
    return Predicted(
        seconds,
        chosen.need,
        len(chosen.blocks),
        through / len(regions) / len(wanted),
        rates.size * len(regions) * steps,
    )


def check_table(folder: Path, rates: dict[int, Rates], overhead: float, starting: float) -> pd.DataFrame:
    """Predicted against measured, two workers: the whole land by month, and an eighth of it by day."""
    told = ["cells x steps", "blocks", "processor seconds", "seconds by the clock, predicted for 2 free cores"]
    told += ["peak MB of a worker, predicted at most", "GB on disk"]
    found: dict[str, tuple[object, ...]] = {}
    for name, steps, share, memory in (("by month", MONTHS, 1, MEMORY), ("by day", DAYS, 8, DAILY_MEMORY)):
        said = alone(predicted, rates[steps], steps, memory, share, 4).result
        seconds = said.seconds + 2 * (starting + overhead * said.blocks)
        took = alone(made, folder / "features", steps, share, 2, memory)
        written, before = took.result
        size = f"{written.regions:,} x {steps:,}"
        cpu, need = f"{seconds:.0f}", f"{said.need / 1e6:.0f}"
        found[f"{name}: predicted"] = (size, said.blocks, cpu, f"{seconds / 2:.0f}", need, f"{said.size / 1e9:.2f}")
        cpu, need = f"{took.processor - before:.0f}", f"{took.megabytes:.0f}"
        found[f"{name}: measured"] = (size, written.blocks, cpu, f"{took.wall:.0f}", need, f"{written.bytes / 1e9:.2f}")
    table = pd.DataFrame(found, index=pd.Index(told, name="40 features, 2 workers")).reset_index()
    print(as_markdown(table), file=sys.stderr)
    return table


def costs_table(said: Predicted, rates: Rates, counting: float) -> pd.DataFrame:
    """What the world costs at daily steps."""
    cell_steps = LAND * DAYS
    rows = [
        ("cells x days", f"{cell_steps / 1e6:.0f} million"),
        ("features as float32", f"{cell_steps * 40 * 4 / 1e9:.0f} GB"),
        ("on disk, as measured on a block", f"{said.size / 1e9:.0f} GB"),
        (f"blocks, with {DAILY_MEMORY / 1e9:.0f} GB for a worker", f"{said.blocks}"),
        ("regions gone through for each that is kept, mean of features", f"{said.through:.1f}"),
        ("processor hours of features", f"{said.seconds / 3600:.1f}"),
        ("of these for writing", f"{rates.writing * cell_steps / 3600:.1f}"),
        ("processor hours of counting 300 million events", f"{300e6 * counting / 3600:.2f}"),
    ]
    return pd.DataFrame(rows, columns=["64,818 cells, 1989 to 2025 by day, 40 features", ""])


def machines_table(said: Predicted, overhead: float, speed: float) -> pd.DataFrame:
    """Hours by the clock on machines of this kind, two workers each."""
    rows = []
    for number in (1, 10, 100):
        crew = 2 * number
        rounds = -(-said.blocks // crew)
        computing = rounds * said.seconds / said.blocks + overhead * said.blocks
        shared = said.size / speed
        apart = said.size / speed / number
        hours = (computing / 3600, apart / 3600, max(computing, shared) / 3600)
        rows.append((number, crew, rounds, *(f"{each:.2f}" for each in hours)))
    head = ["machines", "workers", "blocks one after another", "hours of computing"]
    head += ["hours of writing, each to its own disk", "hours if all write to one disk of this speed"]
    return pd.DataFrame(rows, columns=head)


def disk_speed(folder: Path) -> float:
    """Bytes a second that the disk takes, flushed."""
    block = np.random.default_rng(0).bytes(2**26)
    began = perf_counter()
    with (folder / "speed").open("wb") as file:
        for _ in range(16):
            file.write(block)
        file.flush()
        os.fsync(file.fileno())
    took = perf_counter() - began
    (folder / "speed").unlink()
    return 16 * len(block) / took


def reading_table(folder: Path) -> pd.DataFrame:
    """Reading back what was written of an eighth of the world."""
    regions, counts, wanted = world(MONTHS, 8)
    write_features(counts, regions, wanted, folder, memory=MEMORY)
    codes = list(regions.table.index)
    rows = []
    for name, asked in (
        ("100 cells, all months", {"regions": codes[:100]}),
        ("all cells, 12 months", {"first": "2024-06", "last": "2025-05"}),
        (
            "100 cells, 12 months, 3 features",
            {"regions": codes[:100], "first": "2024-06", "features": columns(wanted)[:3]},
        ),
    ):
        began = perf_counter()
        found = read_features(folder, **asked)
        rows.append((name, f"{len(found):,}", f"{perf_counter() - began:.2f}"))
    shutil.rmtree(folder)
    return pd.DataFrame(rows, columns=[f"read back of {len(codes):,} cells x {MONTHS} months", "rows", "s"])


def as_markdown(table: pd.DataFrame) -> str:
    """A table for the page."""
    lines = [list(map(str, table.columns)), ["---"] * len(table.columns)]
    lines += [list(map(str, row)) for row in table.itertuples(index=False)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


if __name__ == "__main__":
    main()
