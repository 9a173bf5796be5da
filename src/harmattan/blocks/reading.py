"""One partition of a file of events: its rows placed in regions and steps of time, and summed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from harmattan.blocks.cells import Cells
from harmattan.blocks.days import days_of
from harmattan.blocks.files import Partition, batches
from harmattan.blocks.repeated import Marks, marks_of
from harmattan.blocks.sums import Sums, summed, together
from harmattan.regions import Regions, locate
from harmattan.sources.files import SourceError

Step = Literal["month", "day"]
Mask = npt.NDArray[np.bool_]
NO_DATE, NO_PLACE, OFF_EARTH, NO_REGION, OUTSIDE, NO_NAME = (
    "no date, or an impossible one",
    "no coordinates",
    "coordinates outside -180 to 180 and -90 to 90 degrees",
    "in no region",
    "outside the steps asked for",
    "no name in the column of events",
)
LARGEST = 2**53
PRIO_GRID = Cells()


@dataclass(frozen=True)
class Asked:
    """What to count.

    Parameters
    ----------
    date
        A column of dates, times, text ``YYYY-MM-DD`` or ``YYYYMMDD`` or numbers ``YYYYMMDD``; or three columns of year,
        month and day joined by commas. A time with a time zone is of the day that it is there.
    lon, lat
        Columns of degrees.
    event
        Column of numbers or text that names each event once; checked over all files. None checks nothing.
    deaths
        Column of whole numbers; None counts events alone.
    only
        Column to the values kept, as text; a row is counted if each column has one of its values.
    step
        ``month`` or ``day``.
    where
        A grid of cells, or regions.
    first, last
        Steps of time counted, as months or days since January 1970; None sets no bound.
    """

    date: str
    lon: str
    lat: str
    event: str | None = None
    deaths: str | None = None
    only: Mapping[str, Sequence[str]] = field(default_factory=dict)
    step: Step = "month"
    where: Cells | Regions = PRIO_GRID
    first: int | None = None
    last: int | None = None

    def __post_init__(self) -> None:
        if self.step not in ("month", "day"):
            raise ValueError(f"step must be month or day; got {self.step!r}")
        if len(self.dates) not in (1, 3):
            raise ValueError(f"date must name one column, or those of year, month and day; got {self.date!r}")
        empty = [name for name, values in self.only.items() if not values]
        if empty:
            raise ValueError(f"each column to choose by needs values to keep; {empty[0]} has none")

    @property
    def dates(self) -> list[str]:
        """The columns that hold the date."""
        return [each.strip() for each in self.date.split(",")]

    @property
    def kinds(self) -> dict[str, Sequence[str]]:
        """The columns to read, with the kinds of values they may hold."""
        date = ("number", "text", "date") if len(self.dates) == 1 else ("number", "text")
        kinds: dict[str, Sequence[str]] = dict.fromkeys(self.only, ("number", "text"))
        if self.event is not None:
            kinds[self.event] = ("number", "text")
        kinds |= dict.fromkeys(self.dates, date)
        return kinds | {name: ("number",) for name in (self.lon, self.lat, self.deaths) if name is not None}


@dataclass(frozen=True, eq=False)
class Counted:
    """What one partition holds.

    Attributes
    ----------
    sums
        Events and deaths by region and step.
    account
        ``read``, ``not asked for`` and ``counted`` rows, and each reason for which rows were dropped.
    marks
        One row for each event counted that stands for its name, by its first number; None if names are not checked or
        there is no event.
    """

    sums: Sums
    account: dict[str, int]
    marks: Marks | None


def count_partition(asked: Asked, partition: Partition) -> Counted:
    """Count the events of one partition by region and step.

    Raises
    ------
    SourceError
        If it cannot be read, or a value to choose by cannot be one of its column.
    """
    parts, marks = [], []
    account = dict.fromkeys(("read", "not asked for", "counted", *_reasons(asked)), 0)
    for table in batches(partition, list(asked.kinds)):
        account["read"] += len(table)
        kept = _chosen(table, asked, partition)
        account["not asked for"] += len(table) - len(kept)
        one, found = _summed(kept, asked, account)
        parts.append(one)
        marks += [] if found is None or not len(found) else [found]
    joined = np.concatenate(marks) if marks else None
    return Counted(together(parts), account, None if joined is None else joined[np.argsort(joined[:, 0])])


def codes_of(where: Cells | Regions, numbers: npt.NDArray[np.int64]) -> list[str]:
    """Return the codes of regions that are numbered as in `Sums`."""
    if isinstance(where, Cells):
        return [str(each) for each in numbers]
    return [str(each) for each in where.table.index[numbers]]


def _reasons(asked: Asked) -> list[str]:
    bounded = asked.first is not None or asked.last is not None
    placed = [] if isinstance(asked.where, Cells) else [NO_REGION]
    named = [] if asked.event is None else [NO_NAME]
    return [NO_DATE, NO_PLACE, OFF_EARTH, *([OUTSIDE] if bounded else []), *placed, *named]


def _chosen(table: pa.Table, asked: Asked, partition: Partition) -> pa.Table:
    for name, values in asked.only.items():
        column = table.column(name)
        if pa.types.is_dictionary(column.type):
            column = column.cast(column.type.value_type)
        try:
            wanted = pc.cast(pa.array(list(values), pa.string()), column.type)
        except pa.ArrowException as error:
            raise SourceError(
                f"{partition.name}: column {name} holds {column.type}; it cannot be one of {', '.join(values)}"
            ) from error
        table = table.filter(pc.is_in(column, value_set=wanted))
    return table


def _summed(table: pa.Table, asked: Asked, account: dict[str, int]) -> tuple[Sums, Marks | None]:
    """Sums of a batch and the marks of the events in it; rows that are dropped are told of in the account."""
    days, dated = days_of([table.column(name) for name in asked.dates])
    x, y = (_numbers(table.column(name)) for name in (asked.lon, asked.lat))
    steps = days if asked.step == "day" else days.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)
    placed = np.isfinite(x) & np.isfinite(y)
    on_earth = (np.abs(x) <= 180) & (np.abs(y) <= 90)
    left = np.ones(len(table), dtype=bool)
    _drop(left, ~dated, NO_DATE, account)
    _drop(left, ~placed, NO_PLACE, account)
    _drop(left, ~on_earth, OFF_EARTH, account)
    outside = np.zeros(len(table), dtype=bool)
    if asked.first is not None:
        outside |= steps < asked.first
    if asked.last is not None:
        outside |= steps > asked.last
    _drop(left, outside, OUTSIDE, account)
    regions = np.full(len(table), -1, dtype=np.int64)
    regions[left] = _regions(asked.where, x[left], y[left])
    _drop(left, regions < 0, NO_REGION, account)
    marks = None
    if asked.event is not None:
        marks, named = marks_of(table.column(asked.event))
        _drop(left, ~named, NO_NAME, account)
        marks = marks[left]
    account["counted"] += int(left.sum())
    deaths, known = np.zeros(len(table), dtype=np.int64), np.ones(len(table), dtype=bool)
    if asked.deaths is not None:
        given = _numbers(table.column(asked.deaths))
        known = (given >= 0) & (given <= LARGEST) & (given == np.floor(given))
        deaths[known] = given[known].astype(np.int64)
    return summed(regions[left], steps[left], deaths[left], ~known[left]), marks


def _drop(left: Mask, wrong: Mask, why: str, account: dict[str, int]) -> None:
    lost = left & wrong
    if lost.any():
        account[why] += int(lost.sum())
        left &= ~wrong


def _regions(where: Cells | Regions, x: npt.NDArray[np.float64], y: npt.NDArray[np.float64]) -> npt.NDArray[np.int64]:
    if isinstance(where, Cells):
        return where.numbers(x, y)
    found = locate(where, x, y)
    return np.asarray(where.table.index.get_indexer(pd.Index(found)), dtype=np.int64)


def _numbers(column: pa.ChunkedArray) -> npt.NDArray[np.float64]:
    """Values as float64, NaN where missing."""
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    values: npt.NDArray[np.float64] = pc.cast(column, pa.float64(), safe=False).to_numpy()
    return values
