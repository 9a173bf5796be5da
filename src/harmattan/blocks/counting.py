"""Events of any number of Parquet files counted by region and step of time, partition by partition.

Each partition becomes a few sums, which are kept beside the file to be written until it is; a run that is stopped goes
on where it was. Sums are whole numbers, so the result does not depend on how the files are cut, on the order in which
partitions are read, or on the number of workers.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from harmattan.blocks.cells import Cells
from harmattan.blocks.files import Partition, partitions
from harmattan.blocks.reading import Asked, Counted, codes_of, count_partition
from harmattan.blocks.repeated import repeated
from harmattan.blocks.sums import Sums, merged, save
from harmattan.sources.files import SourceError
from harmattan.whole import alone_in, explained, replacing, write_text
from harmattan.workers import code, workers

ABOUT = b"harmattan_counts"
VALUES = ("attacks", "deaths", "deaths_unknown")
STEPS = ("first step", "last step")


@dataclass(frozen=True)
class Account:
    """What was read, what was left out and why, and what came out.

    Attributes
    ----------
    files, partitions, resumed
        Files, their row groups, and how many of these an earlier run had counted.
    rows
        ``read``, ``not asked for`` and ``counted`` rows and each reason for which rows were dropped; ``read`` is the
        sum of the others.
    written
        Rows of the table: region and step pairs with an event.
    first, last
        Steps that the table covers, as text.
    """

    files: int
    partitions: int
    resumed: int
    rows: dict[str, int]
    written: int
    first: str
    last: str

    @property
    def dropped(self) -> dict[str, int]:
        """Reasons for which rows were dropped, with their number."""
        kept = ("read", "not asked for", "counted")
        return {why: number for why, number in self.rows.items() if why not in kept and number}


def count(
    events: Path, out: Path, asked: Asked, *, number: int = 1, dask: str | None = None,
    told: Callable[[int, int], None] | None = None,
) -> Account:  # fmt: skip
    """Count the events of a Parquet file, or of a folder of them, and write one table.

    The table has the columns ``region`` (text), ``month`` (``YYYY-MM``) or ``day`` (a date), ``attacks``, the number of
    events, and, if deaths are asked for, ``deaths``, the sum of those known, and ``deaths_unknown``, the events whose
    deaths are missing, negative or not whole. It is sorted; a region and step without an event has no row. Its metadata
    say what was read, chosen and dropped.

    Parameters
    ----------
    events
        File or folder.
    out
        The table to write, in an existing folder; ``<out>.parts`` beside it holds the partitions already counted.
    asked
        Columns, what to choose, regions and steps.
    number, dask
        Processes of this machine, or the address of a Dask scheduler whose workers see the same files.
    told
        Called with the partitions done and their number.

    Raises
    ------
    SourceError
        If there is no such file, a file is damaged or has not the columns asked for, or an event comes twice.
    """
    found = partitions(events, asked.kinds)
    parts = out.with_name(f"{out.name}.parts")
    with explained(out.parent), alone_in(parts):
        said = _said(asked)
        keys = [_key(each, said) for each in found]
        left = [place for place, key in enumerate(keys) if _account(parts, key) is None]
        _count_missing(found, keys, left, asked, parts, number, dask, told)
        kept = [_account(parts, key) or {} for key in keys]
        if asked.event is not None:
            _refuse_repeated(parts, keys, events)
        rows = {why: sum(each[why] for each in kept) for why in (kept[0] if kept else ()) if why not in STEPS}
        first, last = _covered(asked, kept, events)
        files = len({each.file for each in found})
        covers = [step_text(asked.step, first), step_text(asked.step, last)]
        whole = {"rows": rows, "files": files, "partitions": len(found), "covers": covers}
        written = _write(
            out, [parts / f"{key}.sums.npy" for key in keys], asked, {"events": str(events), **said, **whole}
        )
        shutil.rmtree(parts)
    return Account(files, len(found), len(found) - len(left), rows, written, *covers)


def about(table: Path) -> dict[str, Any]:
    """Return what a table of counts says of itself: source, columns, what was chosen, read and dropped.

    Raises
    ------
    SourceError
        If it is not a table of counts.
    """
    try:
        told = (pq.read_schema(table).metadata or {}).get(ABOUT)
    except (pa.ArrowException, OSError) as error:
        raise SourceError(f"{table}: expected a table of counts; there is none, or it is damaged") from error
    if told is None:
        raise SourceError(f"{table}: is not a table of counts; make one with `harmattan grid count`")
    found: dict[str, Any] = json.loads(told)
    return found


def step_text(step: str, number: int) -> str:
    """Return a step of time as text.

    Examples
    --------
    >>> step_text("month", 640), step_text("day", 0)
    ('2023-05', '1970-01-01')
    """
    return str(np.datetime64(int(number), "M" if step == "month" else "D"))


def _said(asked: Asked) -> dict[str, Any]:
    """What decides the sums, in words."""
    if isinstance(asked.where, Cells):
        where = f"cells of {asked.where.degrees:g} degrees"
    else:
        told = [asked.where.table.to_csv()]
        told += [] if asked.where.geometry is None else [str(asked.where.geometry.to_wkb(hex=True).tolist())]
        where = f"regions {sha256('|'.join(told).encode()).hexdigest()[:16]}"
    names = ("date", "lon", "lat", "event", "deaths", "step", "first", "last")
    only = {name: sorted(set(values)) for name, values in sorted(asked.only.items())}
    return {**{name: getattr(asked, name) for name in names}, "only": only, "where": where}


def _key(partition: Partition, said: dict[str, Any]) -> str:
    what = [partition.file, partition.stamp, partition.group, partition.rows, partition.keys, said, dict(code())]
    return sha256(json.dumps(what, sort_keys=True).encode()).hexdigest()


def _count_missing(
    found: Sequence[Partition], keys: Sequence[str], left: Sequence[int], asked: Asked, parts: Path,
    number: int, dask: str | None, told: Callable[[int, int], None] | None,
) -> None:  # fmt: skip
    """Count the partitions that are missing and keep their sums."""
    done = len(found) - len(left)
    with workers(number, dask=dask, kept=parts) as crew:
        for place, one in crew.each(count_partition, [(found[place],) for place in left], shared=asked):
            _keep(parts, keys[left[place]], one)
            done += 1
            if told is not None:
                told(done, len(found))


def _keep(parts: Path, key: str, one: Counted) -> None:
    """Keep a partition's sums and marks, and its account after them."""
    with replacing(parts / f"{key}.sums.npy") as partial, partial.open("wb") as file:
        save(one.sums, file)
    if one.marks is not None:
        with replacing(parts / f"{key}.marks.npy") as partial, partial.open("wb") as file:
            np.save(file, one.marks)
    steps = one.sums.steps
    span = dict(zip(STEPS, (int(steps.min()), int(steps.max())) if len(steps) else (None, None), strict=True))
    write_text(parts / f"{key}.json", json.dumps({**one.account, **span}))


def _account(parts: Path, key: str) -> dict[str, Any] | None:
    """The account of a partition, with its first and last step; None if it has not been counted."""
    try:
        account: dict[str, Any] = json.loads((parts / f"{key}.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return account if (parts / f"{key}.sums.npy").is_file() else None


def _refuse_repeated(parts: Path, keys: Sequence[str], events: Path) -> None:
    stored = [parts / f"{key}.marks.npy" for key in keys]
    number = repeated([each for each in stored if each.is_file()])
    if number:
        raise SourceError(
            f"{events}: {number} events come more than once, by their names; take the repeats out of the files, or "
            "leave the column of events out to count every row"
        )


def _covered(asked: Asked, kept: Sequence[dict[str, Any]], events: Path) -> tuple[int, int]:
    """First and last step: those asked for, else those that the events have."""
    firsts, lasts = ([each[name] for each in kept if each[name] is not None] for name in STEPS)
    if not firsts and (asked.first is None or asked.last is None):
        raise SourceError(f"{events}: no row is left to count; see which columns and values it holds")
    first = min(firsts) if asked.first is None else asked.first
    return first, max(lasts) if asked.last is None else asked.last


def _write(out: Path, files: Sequence[Path], asked: Asked, told: dict[str, Any]) -> int:
    """Write the sums by region and step, and return how many there are."""
    when = pa.date32() if asked.step == "day" else pa.string()
    names = VALUES if asked.deaths is not None else VALUES[:1]
    fields = [pa.field("region", pa.string()), pa.field(asked.step, when)]
    schema = pa.schema([*fields, *(pa.field(each, pa.int64()) for each in names)], {ABOUT: json.dumps(told)})
    written = 0
    with replacing(out) as partial, pq.ParquetWriter(partial, schema, compression="zstd") as writer:
        for part in merged(files):
            columns = [_regions(part, asked), _steps(part, asked), *part.values.T[: len(names)]]
            writer.write_table(pa.table(columns, schema=schema))
            written += len(part)
    return written


def _regions(part: Sums, asked: Asked) -> pa.Array:
    numbers, place = np.unique(part.regions, return_inverse=True)
    return pa.array(codes_of(asked.where, numbers), pa.string()).take(pa.array(place))


def _steps(part: Sums, asked: Asked) -> pa.Array:
    if asked.step == "day":
        return pa.array(part.steps.astype(np.int32), pa.date32())
    numbers, place = np.unique(part.steps, return_inverse=True)
    return pa.array([step_text("month", each) for each in numbers], pa.string()).take(pa.array(place))
