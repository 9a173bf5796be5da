"""Regions as cells of 0.05 degrees: which region a place lies in, and places at random within a region.

It answers for a million places in a fraction of a second and is made of numbers only, so a fitted model can keep it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt
import pandas as pd

from harmattan.figures import region_grid
from harmattan.grid import CELLS_PER_DEGREE
from harmattan.regions import Regions, locate
from harmattan.sphere import EARTH_KM

Floats = npt.NDArray[np.float64]
Places = npt.NDArray[np.intp]

KM_PER_DEGREE = EARTH_KM * np.pi / 180


@dataclass(frozen=True, eq=False)
class Raster:
    """Cells labelled with regions; `raster` makes it.

    Attributes
    ----------
    labels
        Position of the region that holds the cell's centre, -1 for none, shape (row, column), from the south-west.
    row, column
        The first cell covers latitudes from 0.05 `row` and longitudes from 0.05 `column` on.
    """

    labels: npt.NDArray[np.int32]
    row: int
    column: int

    def region(self, lon: Floats, lat: Floats) -> Places:
        """Position of the region of each place, -1 outside all; any shape."""
        rows, columns = self.labels.shape
        j = np.floor(lat * CELLS_PER_DEGREE).astype(np.intp) - self.row
        i = np.floor(lon * CELLS_PER_DEGREE).astype(np.intp) - self.column
        inside = (j >= 0) & (j < rows) & (i >= 0) & (i < columns)
        found = self.labels[np.clip(j, 0, rows - 1), np.clip(i, 0, columns - 1)]
        return np.where(inside, found, -1).astype(np.intp)

    def somewhere(self, region: Places, centres: Floats, rng: np.random.Generator) -> tuple[Floats, Floats]:
        """Longitude and latitude of a place at random in each region given by its position, uniform over its cells.

        Parameters
        ----------
        region
            Positions of regions, shape (place,).
        centres
            Longitude and latitude of every region, where the places of a region go that is too small to hold the
            centre of a cell, shape (region, 2).
        rng
            Source of randomness.
        """
        rows, columns = np.nonzero(self.labels >= 0)
        held = self.labels[rows, columns]
        order = np.argsort(held, kind="stable")
        number = np.bincount(held, minlength=len(centres))
        first = np.cumsum(number) - number
        step = (rng.random(len(region)) * number[region]).astype(np.intp)
        cell = order[np.minimum(first[region] + step, len(order) - 1)]
        lon = (columns[cell] + self.column + rng.random(len(region))) / CELLS_PER_DEGREE
        lat = (rows[cell] + self.row + rng.random(len(region))) / CELLS_PER_DEGREE
        tiny = number[region] == 0
        return np.where(tiny, centres[region, 0], lon), np.where(tiny, centres[region, 1], lat)


@lru_cache(maxsize=4)
def raster(regions: Regions) -> Raster:
    """Label the cells of 0.05 degrees with the region that holds their centre.

    Examples
    --------
    >>> from harmattan.regions import bundled
    >>> provinces = bundled("province")
    >>> cells = raster(provinces)
    >>> provinces.table.index[cells.region(np.array([-1.52]), np.array([12.37]))[0]]
    'BF1300'
    >>> cells.region(np.array([40.0]), np.array([12.37])).tolist()
    [-1]
    """
    west, south, east, north = _box(regions)
    lat, lon = np.meshgrid(np.arange(south, north) + 0.5, np.arange(west, east) + 0.5, indexing="ij")
    codes = locate(regions, lon.ravel() / CELLS_PER_DEGREE, lat.ravel() / CELLS_PER_DEGREE)
    labels = regions.table.index.get_indexer(pd.Index(codes)).reshape(lat.shape).astype(np.int32)
    rows, columns = np.flatnonzero((labels >= 0).any(axis=1)), np.flatnonzero((labels >= 0).any(axis=0))
    if not len(rows):
        return Raster(labels, south, west)
    cut = labels[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    return Raster(cut, south + int(rows[0]), west + int(columns[0]))


def moved(lon: Floats, lat: Floats, east_km: Floats, north_km: Floats) -> tuple[Floats, Floats]:
    """Longitude and latitude of places moved by short distances.

    Examples
    --------
    >>> [round(each.item(), 3) for each in moved(np.array([0.0]), np.array([60.0]), np.array([55.6]), np.array([0.0]))]
    [1.0, 60.0]
    """
    return lon + east_km / (KM_PER_DEGREE * np.cos(np.radians(lat))), lat + north_km / KM_PER_DEGREE


def _box(regions: Regions) -> tuple[int, int, int, int]:
    """First and past-the-last column and row of the cells that may hold a region: west, south, east, north."""
    if regions.geometry is None:
        grid = region_grid()
        rows, columns = grid.labels.shape
        return grid.column - 1, grid.row - 1, grid.column + columns + 1, grid.row + rows + 1
    low, high = np.floor(np.split(regions.geometry.total_bounds * CELLS_PER_DEGREE, 2)).astype(int)
    return int(low[0]), int(low[1]), int(high[0]) + 1, int(high[1]) + 1
