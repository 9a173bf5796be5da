"""The bundled grid: which region each cell of 0.05 degrees belongs to, and the outlines it implies.

A cell (row j, column i) covers latitudes [0.05 j, 0.05 (j + 1)) and longitudes [0.05 i, 0.05 (i + 1)): a
point on an edge belongs to the cell north or east of it. The file has one line per row, ``j`` and then runs
``i:length:region`` from west to east; cells in no run have no region.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

if TYPE_CHECKING:
    import geopandas as gpd

CELLS_PER_DEGREE = 20
EDGE_TOLERANCE = 1e-9


@dataclass(frozen=True, repr=False, eq=False)
class Grid:
    """Cells labelled with regions.

    Parameters
    ----------
    regions
        Region codes, shape (m,).
    labels
        Position in `regions` of the cell's region, -1 for none, shape (rows, columns), from the south-west.
    row, column
        Row j and column i of the first cell.

    Examples
    --------
    >>> decode("200 40:2:A 43:1:B")
    <Grid of 1 x 4 cells, 2 regions>
    """

    regions: pd.Index
    labels: NDArray[np.int32]
    row: int
    column: int

    def __repr__(self) -> str:
        rows, columns = self.labels.shape
        return f"<Grid of {rows} x {columns} cells, {len(self.regions)} regions>"


def encode(grid: Grid) -> str:
    """Return the grid as text, one line per row that holds a region.

    Examples
    --------
    >>> encode(decode("200 40:2:A 43:1:B"))
    '200 40:2:A 43:1:B\\n'
    """
    lines = []
    for j, row in enumerate(grid.labels):
        starts = np.flatnonzero(np.r_[True, row[1:] != row[:-1]])
        lengths = np.diff(np.r_[starts, len(row)])
        runs = [
            f"{grid.column + start}:{length}:{grid.regions[row[start]]}"
            for start, length in zip(starts, lengths, strict=True)
            if row[start] >= 0
        ]
        if runs:
            lines.append(f"{grid.row + j} {' '.join(runs)}\n")
    return "".join(lines)


def decode(text: str) -> Grid:
    """Return the grid written in `text`.

    Raises
    ------
    ValueError
        If a run is not written ``i:length:region``, two runs overlap, or there is none.

    Examples
    --------
    >>> decode("200 40:2:A 43:1:B").labels.tolist()
    [[0, 0, -1, 1]]
    """
    runs: list[tuple[int, int, int]] = []
    names: list[str] = []
    for number, line in enumerate(text.splitlines(), start=1):
        row, *cells = line.split()
        try:
            for i, length, region in (cell.split(":") for cell in cells):
                runs.append((int(row), int(i), int(length)))
                names.append(region)
        except ValueError as error:
            raise ValueError(
                f"a grid line must read 'row start:length:region ...'; line {number} is {line!r}"
            ) from error
    if not runs:
        raise ValueError("a grid must hold at least one run of cells; the text is empty")
    rows, starts, lengths = np.array(runs).T
    codes, regions = pd.factorize(np.array(names, dtype=object), sort=True)
    south, west = int(rows.min()), int(starts.min())
    labels = np.full((rows.max() - south + 1, (starts + lengths).max() - west), -1, dtype=np.int32)
    for j, i, length, code in zip(rows - south, starts - west, lengths, codes, strict=True):
        if (labels[j, i : i + length] >= 0).any():
            raise ValueError(f"runs of a grid must not overlap; row {j + south} has two at column {i + west}")
        labels[j, i : i + length] = code
    return Grid(pd.Index(regions, name="region"), labels, south, west)


def cell_of(grid: Grid, lon: ArrayLike, lat: ArrayLike) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return row and column of the cell each point lies in, counted from the grid's first cell.

    Examples
    --------
    >>> [k.tolist() for k in cell_of(decode("200 40:2:A 43:1:B"), [2.05], [10.0])]
    [[0], [1]]
    """
    j = np.floor(np.asarray(lat, dtype=float) * CELLS_PER_DEGREE + EDGE_TOLERANCE).astype(np.intp)
    i = np.floor(np.asarray(lon, dtype=float) * CELLS_PER_DEGREE + EDGE_TOLERANCE).astype(np.intp)
    return j - grid.row, i - grid.column


def lookup(grid: Grid, lon: ArrayLike, lat: ArrayLike) -> NDArray[np.int32]:
    """Return the position of each point's region in ``grid.regions``, -1 for none.

    A point in a cell without region takes the region of the nearest of the eight cells around (by the
    distance to their centres, the first from the south-west in a tie): a port or a village at the shore keeps
    its region, as does a place at an outer border whose cell's centre lies abroad.

    Parameters
    ----------
    lon, lat
        Degrees, shape (n,); points that are not finite have no region.

    Examples
    --------
    >>> lookup(decode("200 40:2:A 43:1:B"), [2.06, 2.12, 2.14, 9.0], [10.01, 10.01, 10.01, 10.01]).tolist()
    [0, 0, 1, -1]
    """
    x, y = np.asarray(lon, dtype=float), np.asarray(lat, dtype=float)
    inside = np.isfinite(x) & np.isfinite(y) & (np.abs(x) <= 360) & (np.abs(y) <= 90)
    found = np.full(x.shape, -1, dtype=np.int32)
    j, i = cell_of(grid, x[inside], y[inside])
    label = _label(grid, j, i)
    off = label < 0
    label[off] = _nearest_around(grid, j[off], i[off], x[inside][off], y[inside][off])
    found[inside] = label
    return found


def outlines(grid: Grid, tolerance: float) -> gpd.GeoSeries:
    """Return the outline of every region, simplified so that neighbours still fit.

    Borders run through the middles of the cells' sides, which straightens their steps; a cell cut off from
    the rest of its region goes to the region around it, an island stays.

    Parameters
    ----------
    grid
        Labelled cells.
    tolerance
        Side in degrees of a square as large as the details to drop; 0 drops none.

    Returns
    -------
    geopandas.GeoSeries
        Polygons in EPSG:4326, index ``region``; together a valid coverage.

    Examples
    --------
    >>> outlines(decode("200 40:2:A 42:1:B"), 0).index.tolist()
    ['A', 'B']
    """
    import geopandas as gpd
    import shapely

    drawn = _without_crumbs(grid)
    faces = shapely.get_parts(shapely.polygonize(_without_corners(_edges(drawn))))
    label = _label_of_faces(drawn, faces)
    faces, label = faces[label >= 0], label[label >= 0]
    by_region = np.argsort(label, kind="stable")
    shapes = shapely.multipolygons(faces[by_region], indices=label[by_region])
    shapes = shapely.coverage_simplify(shapes, tolerance)
    return gpd.GeoSeries(shapes, index=grid.regions, crs="EPSG:4326")


def _label(grid: Grid, j: NDArray[np.intp], i: NDArray[np.intp]) -> NDArray[np.int32]:
    rows, columns = grid.labels.shape
    inside = (j >= 0) & (j < rows) & (i >= 0) & (i < columns)
    return np.where(inside, grid.labels[np.clip(j, 0, rows - 1), np.clip(i, 0, columns - 1)], np.int32(-1))


def _nearest_around(
    grid: Grid, j: NDArray[np.intp], i: NDArray[np.intp], x: NDArray[np.float64], y: NDArray[np.float64]
) -> NDArray[np.int32]:
    steps = np.array([(dj, di) for dj in (-1, 0, 1) for di in (-1, 0, 1) if (dj, di) != (0, 0)])
    around_j, around_i = j[:, None] + steps[:, 0], i[:, None] + steps[:, 1]
    label = _label(grid, around_j, around_i)
    dx = (around_i + grid.column + 0.5) / CELLS_PER_DEGREE - x[:, None]
    dy = (around_j + grid.row + 0.5) / CELLS_PER_DEGREE - y[:, None]
    distance = np.where(label >= 0, dx**2 + dy**2, np.inf)
    nearest: NDArray[np.int32] = np.take_along_axis(label, distance.argmin(axis=1)[:, None], axis=1)[:, 0]
    return nearest


def _without_crumbs(grid: Grid) -> Grid:
    """Return the grid with each cell that shares no side with its region given to its commonest neighbour."""
    padded = np.pad(grid.labels, 1, constant_values=-1)
    around = np.stack([padded[:-2, 1:-1], padded[1:-1, :-2], padded[1:-1, 2:], padded[2:, 1:-1]])
    alone = (around != grid.labels).all(axis=0)
    size = np.bincount(grid.labels[(grid.labels >= 0) & ~alone], minlength=len(grid.regions))
    crumb = alone & (grid.labels >= 0) & (around >= 0).any(axis=0) & (size[grid.labels] > 0)
    sides = around[:, crumb]
    votes = np.where(sides >= 0, (sides[:, None] == sides).sum(axis=1), 0)
    labels = grid.labels.copy()
    labels[crumb] = np.take_along_axis(sides, votes.argmax(axis=0)[None], axis=0)[0]
    return Grid(grid.regions, labels, grid.row, grid.column)


def _edges(grid: Grid) -> Any:
    """Return the sides of cells that separate two labels, as lines of one cell's length."""
    import shapely

    padded = np.pad(grid.labels, 1, constant_values=-1)
    j, i = np.nonzero(padded[:, 1:] != padded[:, :-1])
    upright = np.stack([np.stack([i, j - 1], axis=1), np.stack([i, j], axis=1)], axis=1)
    j, i = np.nonzero(padded[1:] != padded[:-1])
    level = np.stack([np.stack([i - 1, j], axis=1), np.stack([i, j], axis=1)], axis=1)
    corners = np.concatenate([upright, level]) + np.array([grid.column, grid.row])
    return shapely.linestrings(corners / CELLS_PER_DEGREE)


def _without_corners(edges: Any) -> Any:
    """Return the lines through the middles of `edges`: steps become straight, junctions stay."""
    import shapely

    arcs = shapely.get_parts(shapely.line_merge(shapely.union_all(edges)))
    xy, arc = shapely.get_coordinates(arcs, return_index=True)
    first, last = np.r_[True, arc[1:] != arc[:-1]], np.r_[arc[1:] != arc[:-1], True]
    middle = (xy[:-1] + xy[1:])[~last[:-1]] / 2
    ring = shapely.is_closed(arcs)
    start, end = xy[first], xy[last]
    opening = np.flatnonzero(np.r_[True, np.diff(arc[:-1][~last[:-1]]) > 0])
    start[ring] = end[ring] = middle[opening][ring]
    owner = np.concatenate([np.arange(len(arcs)), arc[:-1][~last[:-1]], np.arange(len(arcs))])
    points = np.concatenate([start, middle, end])
    order = np.argsort(owner, kind="stable")
    return shapely.linestrings(points[order], indices=owner[order])


def _label_of_faces(grid: Grid, faces: Any) -> NDArray[np.int32]:
    """Return the label of each face, read at the centre of a cell inside it."""
    import shapely

    changes = np.diff(grid.labels, axis=1, prepend=np.int32(-1)) != 0
    j, i = np.nonzero(changes & (grid.labels >= 0))
    centre = np.column_stack([i + grid.column, j + grid.row]) + 0.5
    face, point = shapely.STRtree(shapely.points(centre / CELLS_PER_DEGREE)).query(faces, predicate="contains")
    label = np.full(len(faces), -1, dtype=np.int32)
    label[face] = grid.labels[j, i][point]
    return label
