"""Features of grids larger than memory, block by block: the same numbers, bit for bit, as of the whole grid at once.

A run that is stopped goes on with the blocks that are missing. `harmattan.blocks.kept` says what is written.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from shutil import rmtree

import numpy as np
import pandas as pd

from harmattan.blocks.halo import Around, Places
from harmattan.blocks.kept import Values, finish, finished_files, is_made, name_of, write_block
from harmattan.blocks.memory import Plan, plan
from harmattan.blocks.sparse import Sparse, load
from harmattan.features import FEATURES, SETS, Feature, columns
from harmattan.features.reach import Reach, reach
from harmattan.features.shared import sharing
from harmattan.months import month
from harmattan.neighbours import Neighbours
from harmattan.panel import Panel
from harmattan.regions import Regions
from harmattan.whole import alone_in, explained, hidden
from harmattan.workers import code, workers


@dataclass(frozen=True, eq=False)
class Job:
    """What a worker needs to make any block.

    Attributes
    ----------
    regions
        All regions.
    features
        The features to make.
    counts
        Folder of the counts.
    measures, first, last
        What is in it.
    out
        Folder of the files to write.
    """

    regions: Regions
    features: tuple[Feature, ...]
    counts: Path
    measures: tuple[str, ...]
    first: str
    last: str
    out: Path


@dataclass(frozen=True)
class Written:
    """What came out.

    Attributes
    ----------
    folder
        Where it is.
    blocks, resumed
        How many there are, and how many of them an earlier run had made.
    regions, months, features
        How many there are.
    need
        Bytes that a worker was expected to take at most.
    bytes
        Size of the files.
    left_out
        Attacks of each measure in regions that are not among the regions.
    """

    folder: Path
    blocks: int
    resumed: int
    regions: int
    months: int
    features: int
    need: int
    bytes: int
    left_out: dict[str, float]


def chosen(name: str, regions: Regions, measures: Sequence[str]) -> tuple[Feature, ...]:
    """Return the features of a set (`harmattan.features.SETS`) for regions and measures.

    Raises
    ------
    ValueError
        If there is no such set.
    """
    if name not in SETS:
        raise ValueError(f"features must be one of the sets {', '.join(SETS)}; got {name!r}")
    one = pd.PeriodIndex([month("2000-01")], name="month")
    codes = regions.table.index
    nothing = pd.DataFrame(np.zeros((1, len(codes)), dtype=np.float32), one, codes)
    return SETS[name](Panel(regions, dict.fromkeys(measures, nothing), nothing == 0))


def write_features(
    counts: Sparse, regions: Regions, features: Sequence[Feature], out: Path, *, memory: int,
    number: int = 1, dask: str | None = None, told: Callable[[int, int], None] | None = None,
) -> Written:  # fmt: skip
    """Make features block by block and write them into a folder.

    Parameters
    ----------
    counts
        Counts of the regions.
    regions
        All regions, in the order of the counts.
    features
        Features of the catalogue.
    out
        The folder, made if it is not there.
    memory
        Bytes that a worker may take; blocks are cut so small that the arithmetic of `harmattan.blocks.memory` fits.
    number, dask
        Processes of this machine, or the address of a Dask scheduler whose workers see the same folder; there are at
        least `number` blocks in either case.
    told
        Called with the blocks done and their number.

    Raises
    ------
    ValueError
        If a feature looks nobody knows how far, or needs a measure that there is not, counts are not whole or too large
        for exact sums, the folder holds other features, or the smallest blocks do not fit into memory.
    """
    wanted = tuple(features)
    reaches = [reach(each) for each in wanted]
    _check(wanted, counts, regions)
    planned = plan(Around(regions, counts.seen), reaches, months=len(counts.months), limit=memory, least=number)
    key = _key(counts, regions, wanted)
    with explained(out.parent), alone_in(out):
        finished = finished_files(out, key)
        if finished is None:
            resumed = _make(counts, regions, wanted, out, planned, key, number, dask, told)
            finished = finished_files(out, key) or []
        else:
            resumed = len(finished)
    size = sum(file.stat().st_size for file in finished)
    return Written(
        out, len(finished), resumed, len(regions), len(counts.months), len(wanted), planned.need, size, counts.left_out
    )


def make_block(job: Job, place: int, block: Places, key: str) -> int:
    """Make the features of one block, write its file, and return the number of its rows."""
    counts = load(job.counts, job.measures, job.first, job.last)
    values = block_values(counts, job.regions, job.features, block)
    codes = job.regions.table.index[block]
    names = columns(job.features)
    write_block(job.out / name_of(place), values, [str(each) for each in codes], counts.months, names, key)
    return int(values[0].size)


def block_values(counts: Sparse, regions: Regions, features: Sequence[Feature], block: Places) -> Values:
    """Return the features of a block, shape (feature, month, region of the block).

    Those of one group (`grouped`) are made of the block with the halo that they need.
    """
    around = Around(regions, counts.seen)
    values = np.empty((len(features), len(counts.months), len(block)), dtype=np.float32)
    for (far, measure), places in grouped(features).items():
        halo = around.halo(block, far, counts, measure)
        panel = _panel(counts, regions, halo, {"attacks", measure}, around.stand_ins(block, far))
        own = np.searchsorted(halo, block)
        with sharing():
            for place in places:
                values[place] = features[place](panel).to_numpy()[:, own]
    return values


def grouped(features: Sequence[Feature]) -> dict[tuple[Reach, str], list[int]]:
    """Return places of features that are made together, by how far they look and at which measure.

    All that look for the nearest look as far as the one that looks farthest; what they find is the same.
    """
    reaches = [reach(each) for each in features]
    farthest = max((each.km for each in reaches if each.nearest), default=0)
    groups: dict[tuple[Reach, str], list[int]] = defaultdict(list)
    for place, (each, far) in enumerate(zip(features, reaches, strict=True)):
        groups[replace(far, km=farthest) if far.nearest else far, _measure(each) or "attacks"].append(place)
    return groups


def _measure(feature: Feature) -> str | None:
    """The measure that a feature of the catalogue is of; None if it is of none."""
    given = dict(feature.parameters)
    if "measure" in given:
        return str(given["measure"])
    defaults: dict[str, str] = getattr(FEATURES[feature.name], "__kwdefaults__", None) or {}
    return defaults.get("measure")


def _check(features: tuple[Feature, ...], counts: Sparse, regions: Regions) -> None:
    if not features:
        raise ValueError("name at least one feature; there is none")
    if len(counts.start) != len(regions) + 1:
        raise ValueError(f"counts must be of the {len(regions)} regions; they are of {len(counts.start) - 1}")
    counts.check()
    for each in features:
        if (measure := _measure(each)) is not None and measure not in counts.values:
            raise ValueError(f"{each.column} needs the measure {measure}; the counts have {', '.join(counts.values)}")


def _panel(
    counts: Sparse, regions: Regions, halo: Places, measures: set[str], stand_ins: Mapping[int, Places]
) -> Panel:
    """The panel of some regions alone, with the links among them."""
    table = regions.table.iloc[halo]
    weights = regions.neighbours.weights[halo][:, halo]
    small = Regions(table, None, Neighbours(table.index, weights))
    wide = {name: counts.wide(halo, name) for name in sorted(measures)}
    for one, many in stand_ins.items():
        for name, values in wide.items():
            values[:, np.isin(halo, many)] = 0
            values[:, np.searchsorted(halo, one)] = counts.total(many, name)
    frames = {name: pd.DataFrame(each, counts.months, table.index, copy=False) for name, each in wide.items()}
    known = np.broadcast_to(np.True_, (len(counts.months), len(halo)))
    return Panel(small, frames, pd.DataFrame(known, counts.months, table.index, copy=False))


def _key(counts: Sparse, regions: Regions, features: tuple[Feature, ...]) -> str:
    """A hash of all that decides the numbers."""
    links = regions.neighbours.weights
    digest = sha256(json.dumps([counts.content_hash(), columns(features), dict(code())]).encode())
    digest.update(regions.table.to_csv().encode())
    for each in (links.data, links.indices, links.indptr):
        digest.update(np.ascontiguousarray(each).tobytes())
    return digest.hexdigest()


def _block_key(key: str, block: Places) -> str:
    return sha256(key.encode() + np.asarray(block, dtype="<i8").tobytes()).hexdigest()


def _make(
    counts: Sparse, regions: Regions, features: tuple[Feature, ...], out: Path, planned: Plan, key: str,
    number: int, dask: str | None, told: Callable[[int, int], None] | None,
) -> int:  # fmt: skip
    """Make the blocks that are missing and the manifest; return how many were there."""
    keys = [_block_key(key, each) for each in planned.blocks]
    left = [place for place, each in enumerate(keys) if not is_made(out / name_of(place), each)]
    done = len(keys) - len(left)
    folder = hidden(out / "counts").resolve()
    folder.mkdir()
    try:
        counts.save(folder)
        job = Job(regions, features, folder, tuple(counts.values), counts.first, counts.last, out.resolve())
        with workers(number, dask=dask, kept=out) as crew:
            tasks = [(place, planned.blocks[place], keys[place]) for place in left]
            for _ in crew.each(make_block, tasks, shared=job):
                done += 1
                if told is not None:
                    told(done, len(keys))
    finally:
        rmtree(folder)
    about = {
        "first": counts.first, "last": counts.last, "features": columns(features), "measures": list(counts.values),
        "left_out": counts.left_out, "memory": planned.need, "code": dict(code()),
    }  # fmt: skip
    finish(out, key, [str(each) for each in regions.table.index], planned.blocks, keys, about)
    return len(keys) - len(left)
