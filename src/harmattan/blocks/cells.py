"""Cells of a grid by arithmetic: the number of the cell a point lies in, centres, areas and the eight cells around.

Numbers run as those of PRIO-GRID (Tollefsen, Strand & Buhaug 2012, https://doi.org/10.1177/0022343311431287): from 1 in
the south-west corner of the Earth eastward, then row by row to the north. With cells of half a degree they are its gid.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import csr_array

from harmattan.neighbours import Neighbours
from harmattan.regions import Regions
from harmattan.sources.files import SourceError
from harmattan.sphere import EARTH_KM

EDGE_TOLERANCE = 1e-9
AROUND = [(up, right) for up in (-1, 0, 1) for right in (-1, 0, 1) if (up, right) != (0, 0)]


@dataclass(frozen=True)
class Cells:
    """A grid of square cells over the whole Earth.

    Parameters
    ----------
    degrees
        Side of a cell; 180 must be a whole multiple of it.

    Raises
    ------
    ValueError
        If it is not, or cells are smaller than 0.01 degrees.

    Examples
    --------
    >>> Cells().numbers([-179.75, 15.25], [-89.75, 2.25]).tolist()
    [1, 132871]
    """

    degrees: float = 0.5

    def __post_init__(self) -> None:
        number = 180 / self.degrees if self.degrees >= 0.01 else 0
        if not (number >= 2 and abs(number - round(number)) < EDGE_TOLERANCE * number):
            raise ValueError(
                f"the side of a cell must be 0.01 to 90 degrees and go into 180 without a rest, such as 0.5; "
                f"got {self.degrees:g}"
            )

    @property
    def rows(self) -> int:
        """Number of rows from pole to pole; there are twice as many columns."""
        return round(180 / self.degrees)

    @property
    def columns(self) -> int:
        """Number of columns around the Earth."""
        return 2 * self.rows

    def __len__(self) -> int:
        return self.rows * self.columns

    def numbers(self, lon: ArrayLike, lat: ArrayLike) -> NDArray[np.int64]:
        """Return the number of the cell of each point.

        A point on an edge belongs to the cell north or east of it, 180 degrees east is 180 degrees west, and the north
        pole belongs to the last row.

        Parameters
        ----------
        lon, lat
            Degrees, finite, -180 to 180 and -90 to 90, shape (n,).
        """
        x, y = np.asarray(lon, dtype=float), np.asarray(lat, dtype=float)
        column = np.floor((x + 180) / self.degrees + EDGE_TOLERANCE).astype(np.int64) % self.columns
        row = np.minimum(np.floor((y + 90) / self.degrees + EDGE_TOLERANCE).astype(np.int64), self.rows - 1)
        return row * self.columns + column + 1

    def centres(self, numbers: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return lon and lat of the centres of cells.

        Examples
        --------
        >>> [each.tolist() for each in Cells().centres([1, 132871])]
        [[-179.75, 15.25], [-89.75, 2.25]]
        """
        row, column = np.divmod(np.asarray(numbers, dtype=np.int64) - 1, self.columns)
        return (column + 0.5) * self.degrees - 180, (row + 0.5) * self.degrees - 90

    def areas_km2(self, numbers: ArrayLike) -> NDArray[np.float64]:
        """Return the area of cells on the sphere.

        Examples
        --------
        >>> Cells().areas_km2([1, 132871]).round().tolist()
        [13.0, 3089.0]
        """
        south = np.radians(self.centres(numbers)[1] - self.degrees / 2)
        north = south + np.radians(self.degrees)
        area: NDArray[np.float64] = EARTH_KM**2 * np.radians(self.degrees) * (np.sin(north) - np.sin(south))
        return area

    def neighbours(self, numbers: Sequence[int] | NDArray[np.int64], codes: pd.Index) -> Neighbours:
        """Return the neighbours of cells: those of the eight around that are among them, across 180 degrees too.

        Parameters
        ----------
        numbers
            Cells, each once.
        codes
            Their codes, in the same order.
        """
        held = np.asarray(numbers, dtype=np.int64)
        order = np.argsort(held)
        row, column = np.divmod(held - 1, self.columns)
        a, b = [], []
        for up, right in AROUND:
            beside = (row + up) * self.columns + (column + right) % self.columns + 1
            place = np.minimum(np.searchsorted(held, beside, sorter=order), len(held) - 1)
            found = (held[order[place]] == beside) & (row + up >= 0) & (row + up < self.rows)
            a.append(np.flatnonzero(found))
            b.append(order[place][found])
        rows, columns = np.concatenate(a), np.concatenate(b)
        return Neighbours(codes, csr_array((np.ones(len(rows)), (rows, columns)), shape=(len(held),) * 2))

    def regions(self, facts: pd.DataFrame) -> Regions:
        """Return cells as regions, whose code is their number as text.

        Parameters
        ----------
        facts
            Index ``region`` of cell numbers (whole numbers or their text), a column ``country`` and any further facts;
            ``name``, ``lon``, ``lat`` and ``area_km2`` are made where they are missing.

        Raises
        ------
        ValueError
            If there is no cell, a number is not of the grid or comes twice, or ``country`` is missing.

        Examples
        --------
        >>> Cells().regions(pd.DataFrame({"country": "MLI"}, index=pd.Index([1, 2, 722], name="region")))
        <Regions: 3 of MLI, Neighbours of 3 regions: 3 pairs, 0 isolates, 1 component>
        """
        numbers = self._checked(facts)
        codes = pd.Index([str(each) for each in numbers], name="region", dtype="str")
        lon, lat = self.centres(numbers)
        made = pd.DataFrame({"name": codes, "lon": lon, "lat": lat, "area_km2": self.areas_km2(numbers)}, codes)
        table = facts.set_axis(codes).join(made[[name for name in made if name not in facts]])
        return Regions(table, None, self.neighbours(numbers, codes))

    def _checked(self, facts: pd.DataFrame) -> NDArray[np.int64]:
        if facts.empty or "country" not in facts:
            raise ValueError(
                f"cells must be rows with a column country; got {len(facts)} with {', '.join(map(str, facts))}"
            )
        without = facts.index[facts["country"].isna()]
        if len(without):
            raise ValueError(
                f"every cell needs a country; {len(without)} of {len(facts)} have none, first {without[0]}"
            )
        try:
            numbers = facts.index.to_numpy().astype(np.int64)
        except ValueError as error:
            raise ValueError(f"cells are named by their numbers, 1 to {len(self)}: {error}") from error
        wrong = (numbers < 1) | (numbers > len(self))
        if wrong.any():
            raise ValueError(
                f"cells of {self.degrees:g} degrees are numbered 1 to {len(self)}; {int(wrong.sum())} of {len(facts)} "
                f"are not, first {numbers[wrong][0]}"
            )
        return numbers


def read_facts(path: Path) -> pd.DataFrame:
    """Return the facts of cells from a CSV or Parquet file, for `Cells.regions`: ``region`` (or ``gid``) is the index.

    Columns of geometry are left out. Countries are read as text.

    Raises
    ------
    SourceError
        If there is no such file, it cannot be read, or no column names the cells.
    """
    if not path.is_file():
        raise SourceError(f"{path}: there is no such file")
    try:
        if path.suffix.lower() == ".csv":
            table = pd.read_csv(path, dtype={"country": "str"}, keep_default_na=False, na_values=[""])
        else:
            table = pd.read_parquet(path)
    except (ValueError, OSError) as error:
        raise SourceError(f"{path}: expected a CSV or Parquet table of cells: {error}") from error
    name = next((each for each in ("region", "gid") if each in table), None)
    if name is None:
        raise SourceError(f"{path}: expected a column region or gid, the number of the cell; it has {list(table)}")
    return table.drop(columns="geometry", errors="ignore").set_index(table[name].rename("region")).drop(columns=name)
