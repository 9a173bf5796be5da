"""Neighbours: the rules they are checked by, and laws that hold for every way of making them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array

from harmattan.neighbours import Neighbours, border_length, contiguity, distance_kernel, k_nearest, order
from harmattan.sphere import EARTH_KM, great_circle_km, unit_vectors

CODES = list("ABCDEF")
EDGES = pd.DataFrame({"a": ["A", "B", "D"], "b": ["B", "C", "E"], "border_km": [10.0, 0.0, 5.0]})

coordinates = st.lists(st.tuples(st.floats(-20, 25), st.floats(0, 38)), min_size=3, max_size=12, unique=True).map(
    lambda points: np.array(points).T
)


def test_contiguity_is_symmetric_and_says_what_it_holds() -> None:
    neighbours = contiguity(EDGES, CODES)
    assert neighbours.symmetric
    assert neighbours.isolates.tolist() == ["F"]
    assert neighbours.components == 3
    assert repr(neighbours) == "<Neighbours of 6 regions: 3 pairs, 1 isolate, 3 components>"


def test_directed_links_are_counted_as_such() -> None:
    neighbours = k_nearest([0, 1, 3], [0, 0, 0], ["A", "B", "C"], k=1)
    assert repr(neighbours) == "<Neighbours of 3 regions: 3 directed links, 0 isolates, 1 component>"


def test_borders_weigh_by_length_and_a_point_is_no_border() -> None:
    weights = border_length(EDGES, CODES).weights.toarray()
    assert weights[0, 1] == weights[1, 0] == 10
    assert weights[1, 2] == 0


def test_row_standardised_rows_sum_to_one_or_stay_empty() -> None:
    sums = contiguity(EDGES, CODES).row_standardised().weights.sum(axis=1)
    np.testing.assert_allclose(sums, [1, 1, 1, 1, 1, 0])


def test_order_counts_links() -> None:
    steps = order(contiguity(EDGES, CODES))
    assert steps.loc["A"].tolist() == [0, 1, 2, np.inf, np.inf, np.inf]
    assert steps.equals(steps.T)


def test_weights_cannot_be_changed() -> None:
    neighbours = contiguity(EDGES, CODES)
    with pytest.raises(ValueError, match="read-only"):
        neighbours.weights.data[0] = 2
    assert (neighbours.weights @ np.ones(6)).tolist() == [1, 2, 1, 1, 1, 0]


def test_the_given_matrix_is_copied() -> None:
    matrix = csr_array(np.array([[0.0, 1.0], [1.0, 0.0]]))
    neighbours = Neighbours(pd.Index(["A", "B"]), matrix)
    matrix.data[:] = 7
    assert neighbours.weights.data.tolist() == [1, 1]


@pytest.mark.parametrize(
    ("pairs", "message"),
    [
        ([("A", "X")], "1 of 1 are not among the 6 regions, first 'X'"),
        ([("A", "B"), ("B", "A")], "'A' and 'B' come twice"),
        ([("C", "C")], "no region may be its own neighbour; 'C' is"),
    ],
)
def test_edges_are_checked(pairs: list[tuple[str, str]], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        contiguity(pd.DataFrame(pairs, columns=["a", "b"]), CODES)


@pytest.mark.parametrize(
    ("weight", "message"), [(-1.0, "'A' to 'B' is -1.0"), (np.nan, "'A' to 'B' is nan"), (np.inf, "is inf")]
)
def test_weights_are_finite_and_not_negative(weight: float, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Neighbours(pd.Index(["A", "B"]), csr_array(np.array([[0.0, weight], [0.0, 0.0]])))


def test_regions_and_shape_are_checked() -> None:
    with pytest.raises(ValueError, match="'A' comes twice"):
        Neighbours(pd.Index(["A", "A"]), csr_array((2, 2)))
    with pytest.raises(ValueError, match=r"weights must be 2 x 2, .*; got \(3, 3\)"):
        Neighbours(pd.Index(["A", "B"]), csr_array((3, 3)))


def test_distances_are_checked() -> None:
    with pytest.raises(ValueError, match="bandwidth_km must be a positive number of km; got 0"):
        distance_kernel([0, 1], [0, 0], ["A", "B"], bandwidth_km=0)
    with pytest.raises(ValueError, match="kind must be 'gaussian', 'exponential' or 'power'; got 'flat'"):
        distance_kernel([0, 1], [0, 0], ["A", "B"], bandwidth_km=1, kind="flat")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"one centroid for each of 2 regions; got \(\(1,\), \(1,\)\)"):
        k_nearest([0], [0], ["A", "B"], k=1)
    with pytest.raises(ValueError, match="needs finite lon and lat; 'B' has none"):
        k_nearest([0, np.inf], [0, 0], ["A", "B"], k=1)
    with pytest.raises(ValueError, match=r"k must lie between 1 and 1, .*; got 2"):
        k_nearest([0, 1], [0, 0], ["A", "B"], k=2)


@pytest.mark.parametrize("kind", ["gaussian", "exponential", "power"])
@given(points=coordinates)
@settings(max_examples=25, deadline=None)
def test_kernels_are_symmetric_fall_with_distance_and_stay_below_one(kind: str, points: np.ndarray) -> None:
    lon, lat = points
    kernel = distance_kernel(lon, lat, range(len(lon)), bandwidth_km=300, kind=kind)  # type: ignore[arg-type]
    weights, distance = kernel.weights.toarray(), great_circle_km(lon, lat)
    apart = ~np.eye(len(lon), dtype=bool)
    np.testing.assert_allclose(weights, weights.T, rtol=1e-12)
    assert weights.max() <= 1
    by_distance = weights[apart][np.argsort(distance[apart])]
    assert (np.diff(by_distance) <= 1e-12).all()


@given(points=coordinates, k=st.integers(1, 2))
@settings(max_examples=25, deadline=None)
def test_each_region_has_its_k_nearest(points: np.ndarray, k: int) -> None:
    lon, lat = points
    weights = k_nearest(lon, lat, range(len(lon)), k=k).weights.toarray()
    assert (weights.sum(axis=1) == k).all()
    distance = great_circle_km(lon, lat)
    np.fill_diagonal(distance, np.inf)
    farthest_kept = np.where(weights > 0, distance, -np.inf).max(axis=1)
    nearest_left = np.where(weights > 0, np.inf, distance).min(axis=1)
    assert (farthest_kept <= nearest_left).all()


@given(points=coordinates)
@settings(max_examples=25, deadline=None)
def test_chords_and_arcs_tell_the_same_distance(points: np.ndarray) -> None:
    vectors = unit_vectors(*points)
    chord = np.linalg.norm(vectors[:, None] - vectors, axis=2)
    np.testing.assert_allclose(2 * EARTH_KM * np.arcsin(chord / 2), great_circle_km(*points), atol=1e-6)


def test_provinces_agree_with_the_reference(shared: Path) -> None:
    from harmattan.regions import bundled

    reference = pd.read_csv(shared / "reference" / "bfa_adj.csv", index_col="admin2_id")
    neighbours = bundled("province").neighbours
    expected = reference.loc[neighbours.regions, neighbours.regions].to_numpy()
    np.testing.assert_array_equal(neighbours.weights.toarray(), expected)
