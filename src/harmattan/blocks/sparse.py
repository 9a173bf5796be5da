"""Counts of all regions as they are stored for blocks: what is not zero, by region, read from disk as it is needed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from harmattan.blocks.counting import about
from harmattan.months import month, month_range
from harmattan.regions import Regions
from harmattan.sources.files import SourceError

Wide = npt.NDArray[np.float32]
EXACT = 2**24


@dataclass(frozen=True, eq=False)
class Sparse:
    """Measures of regions and months; a region and month without a row is zero.

    Attributes
    ----------
    start
        Where the rows of each region begin, shape (region + 1,).
    month
        Place of each row's month, ascending within a region.
    values
        Measure to the value of each row, float32.
    first, last
        The months covered.
    left_out
        Attacks of each measure in regions that are not among the regions.
    """

    start: npt.NDArray[np.int64]
    month: npt.NDArray[np.int32]
    values: dict[str, Wide]
    first: str
    last: str
    left_out: dict[str, float]

    @cached_property
    def months(self) -> pd.PeriodIndex:
        """The months covered."""
        return month_range(self.first, self.last)

    @property
    def seen(self) -> npt.NDArray[np.bool_]:
        """Whether each region ever saw an event of any measure."""
        return np.diff(self.start) > 0

    def wide(self, places: npt.NDArray[np.intp], measure: str) -> Wide:
        """Return a measure of some regions, shape (month, region)."""
        row, place = self._rows(places)
        out = np.zeros((len(self.months), len(places)), dtype=np.float32)
        out[self.month[row], place] = self.values[measure][row]
        return out

    def total(self, places: npt.NDArray[np.intp], measure: str) -> Wide:
        """Return the sum of a measure over some regions, shape (month,)."""
        row, _ = self._rows(places)
        found = np.bincount(self.month[row], weights=self.values[measure][row], minlength=len(self.months))
        return found.astype(np.float32)

    def hits(self, places: npt.NDArray[np.intp], measure: str) -> Iterator[npt.NDArray[np.intp]]:
        """Yield which of some regions have an event, for each month that has one."""
        row, place = self._rows(places)
        row, place = (each[self.values[measure][row] > 0] for each in (row, place))
        month = self.month[row]
        order = np.argsort(month, kind="stable")
        ends = np.flatnonzero(np.diff(month[order])) + 1
        yield from (part for part in np.split(places[place[order]], ends) if len(part))

    def _rows(self, places: npt.NDArray[np.intp]) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.intp]]:
        """The rows of some regions, and to which of these each belongs."""
        start, number = self.start[places], np.diff(self.start)[places]
        row = np.repeat(start - np.cumsum(number) + number, number) + np.arange(number.sum())
        return row, np.repeat(np.arange(len(places)), number)

    def check(self) -> None:
        """Raise if a value is not whole, or the sum over all regions is not exact in float32 in some month.

        Raises
        ------
        ValueError
            With the measure at fault.
        """
        for name, values in self.values.items():
            if not bool((values == np.floor(values)).all()):
                raise ValueError(f"features by blocks are of whole counts; {name} has fractions")
            total = np.bincount(self.month, weights=values, minlength=1)
            if total.max() > EXACT:
                when = self.months[int(total.argmax())]
                raise ValueError(
                    f"{name} sums to {total.max():.0f} in {when}; sums up to {EXACT} are exact in float32, so choose "
                    "fewer events"
                )

    def content_hash(self) -> str:
        """SHA-256 of months and values."""
        digest = sha256(f"{self.first}|{self.last}|{'|'.join(self.values)}".encode())
        for each in (self.start, self.month, *self.values.values()):
            digest.update(np.ascontiguousarray(each).tobytes())
        return digest.hexdigest()

    def save(self, folder: Path) -> None:
        """Write the arrays into a folder, for `load`."""
        np.save(folder / "start.npy", self.start)
        np.save(folder / "month.npy", self.month)
        for name, each in self.values.items():
            np.save(folder / f"{name}.values.npy", each)


def load(folder: Path, measures: Sequence[str], first: str, last: str) -> Sparse:
    """Return what `Sparse.save` wrote; the arrays stay on disk until they are read."""
    values = {name: np.load(folder / f"{name}.values.npy", mmap_mode="r", allow_pickle=False) for name in measures}
    start = np.load(folder / "start.npy", mmap_mode="r", allow_pickle=False)
    return Sparse(start, np.load(folder / "month.npy", mmap_mode="r", allow_pickle=False), values, first, last, {})


def read_counts(table: Path, regions: Regions, *, other: Path | None = None) -> Sparse:
    """Return the measures of one or two tables of counts, as `harmattan.blocks.counting.count` writes them.

    Parameters
    ----------
    table
        Gives ``attacks``, and ``deaths`` if it has them and none is unknown.
    regions
        The regions, in order; rows of others are left out and told of.
    other
        Gives ``other_attacks``: its ``attacks``.

    Raises
    ------
    SourceError
        If a table is none of counts by month, the two do not cover the same months, or no region of a table is among
        the regions.
    """
    first, last = _months(table)
    if other is not None and _months(other) != (first, last):
        raise SourceError(
            f"{other}: covers {' to '.join(_months(other))}, {table} {first} to {last}; count both with the same first "
            "and last month"
        )
    names = {"attacks": ("attacks", table), "other_attacks": ("attacks", other), "deaths": ("deaths", table)}
    found = {name: _rows(path, column, regions, first) for name, (column, path) in names.items() if path is not None}
    rows = {name: each for name, each in found.items() if each is not None}
    key = np.unique(np.concatenate([each[0] for each in rows.values()]))
    values = {name: np.zeros(len(key), dtype=np.float32) for name in rows}
    for name, (keys, numbers, _) in rows.items():
        values[name][np.searchsorted(key, keys)] = numbers
    start = np.searchsorted(key, np.arange(len(regions) + 1) * 2**32)
    left_out = {name: each[2] for name, each in rows.items() if each[2]}
    return Sparse(start.astype(np.int64), (key % 2**32).astype(np.int32), values, first, last, left_out)


def _months(table: Path) -> tuple[str, str]:
    told = about(table)
    if told["step"] != "month":
        raise SourceError(f"{table}: counts by {told['step']}; features look back by months, so count by month")
    first, last = told["covers"]
    return first, last


def _rows(table: Path, column: str, regions: Regions, first: str) -> tuple[npt.NDArray[np.int64], Wide, float] | None:
    """Keys of region and month, ascending, with their values, and the sum left out; None if there is no column."""
    schema = pq.read_schema(table)
    if column not in schema.names:
        return None
    unknown = ["deaths_unknown"] if column == "deaths" else []
    rows = pq.read_table(table, columns=["region", "month", column, *unknown], read_dictionary=["region", "month"])
    if unknown and np.asarray(rows.column("deaths_unknown")).any():
        return None
    codes, places = _coded(rows.column("region"))
    where = regions.table.index.get_indexer(pd.Index(codes))[places]
    texts, places = _coded(rows.column("month"))
    when = np.array([month(each).ordinal - month(first).ordinal for each in texts], dtype=np.int64)[places]
    values = rows.column(column).to_numpy()
    inside = where >= 0
    if len(values) and not inside.any():
        raise SourceError(
            f"{table}: none of its regions is among the {len(regions)} regions; it begins with {codes[0]!r}"
        )
    key = where[inside].astype(np.int64) * 2**32 + when[inside]
    order = np.argsort(key, kind="stable")
    return key[order], values[inside][order].astype(np.float32), float(values[~inside].sum())


def _coded(column: pa.ChunkedArray) -> tuple[list[str], npt.NDArray[np.int64]]:
    """The texts that occur and the place of each row's among them."""
    held = column.unify_dictionaries().combine_chunks()
    held = held if isinstance(held, pa.DictionaryArray) else held.chunk(0)
    return held.dictionary.to_pylist(), np.asarray(held.indices, dtype=np.int64)
