"""The region grid: its text, its look-up and the outlines traced from it."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from harmattan.grid import Grid, decode, encode, lookup, outlines

grids = st.tuples(st.integers(1, 6), st.integers(1, 6)).flatmap(
    lambda shape: st.lists(st.integers(-1, 3), min_size=shape[0] * shape[1], max_size=shape[0] * shape[1]).map(
        lambda values: np.array(values, dtype=np.int32).reshape(shape)
    )
)


def as_grid(labels: np.ndarray) -> Grid:
    present = np.unique(labels[labels >= 0])
    codes = pd.Index([f"R{code}" for code in present], name="region")
    return Grid(codes, np.where(labels >= 0, np.searchsorted(present, labels), -1).astype(np.int32), 200, -100)


@given(labels=grids.filter(lambda labels: (labels >= 0).any()))
@settings(max_examples=60, deadline=None)
def test_grids_survive_writing_and_reading(labels: np.ndarray) -> None:
    grid = as_grid(labels)
    read = decode(encode(grid))
    assert encode(read) == encode(grid)
    j, i = np.nonzero(grid.labels >= 0)
    lon, lat = (i - 100 + 0.5) / 20, (j + 200 + 0.5) / 20
    assert lookup(read, lon, lat).tolist() == grid.labels[j, i].tolist()


@given(labels=grids.filter(lambda labels: (labels >= 0).any()))
@settings(max_examples=60, deadline=None)
def test_every_region_of_a_grid_has_an_outline(labels: np.ndarray) -> None:
    grid = as_grid(labels)
    outline = outlines(grid, 0.0)
    assert outline.index.equals(grid.regions)
    assert outline.is_valid.all()
    assert shapely.coverage_is_valid(outline.to_numpy())


def test_points_on_cell_edges_belong_north_and_east() -> None:
    grid = decode("200 40:1:A 41:1:B\n201 40:2:C")
    assert lookup(grid, [2.05, 2.0499999, 2.02], [10.0, 10.0, 10.05]).tolist() == [1, 0, 2]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("200 40:2", "must read 'row start:length:region ...'; line 1 is '200 40:2'"),
        ("200 40:2:A 41:1:B", "row 200 has two at column 41"),
        ("", "must hold at least one run of cells"),
    ],
)
def test_grid_text_is_checked(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        decode(text)
