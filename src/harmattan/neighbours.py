"""Which regions are neighbours, and how strongly: an immutable sparse matrix with its region index.

Row i, column j of the matrix is the weight with which region j acts on region i. Contiguity and border length
are symmetric; nearest neighbours are not. No region is its own neighbour.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components, shortest_path

from harmattan.sphere import great_circle_km

SMALLEST_WEIGHT = 1e-6


@dataclass(frozen=True, repr=False, eq=False)
class Neighbours:
    """Weights between regions.

    Parameters
    ----------
    regions
        Region codes, unique; rows and columns of `weights` in this order.
    weights
        Sparse (regions x regions), finite, not negative, with an empty diagonal; copied and made read-only.

    Raises
    ------
    ValueError
        If a code repeats, the shape does not fit, or a weight is negative, not finite or on the diagonal.

    Examples
    --------
    >>> edges = pd.DataFrame({"a": ["A", "B"], "b": ["B", "C"]})
    >>> contiguity(edges, ["A", "B", "C", "D"])
    <Neighbours of 4 regions: 2 pairs, 1 isolate, 2 components>
    """

    regions: pd.Index
    weights: csr_array

    def __post_init__(self) -> None:
        regions = _unique(self.regions)
        weights = csr_array(self.weights, dtype=np.float64, copy=True)
        weights.sum_duplicates()
        weights.eliminate_zeros()
        n = len(regions)
        if weights.shape != (n, n):
            raise ValueError(f"weights must be {n} x {n}, one row and column per region; got {weights.shape}")
        _check_weights(weights, regions)
        for array in (weights.data, weights.indices, weights.indptr):
            array.flags.writeable = False
        object.__setattr__(self, "regions", regions)
        object.__setattr__(self, "weights", weights)

    @property
    def symmetric(self) -> bool:
        """Whether every weight equals its reverse."""
        return not (self.weights != self.weights.T).nnz

    @property
    def isolates(self) -> pd.Index:
        """Regions without a link in either direction."""
        links = self.weights.count_nonzero(axis=0) + self.weights.count_nonzero(axis=1)
        return self.regions.delete(np.flatnonzero(links))

    @property
    def components(self) -> int:
        """Number of groups of regions that links hold together; an isolate is a group of one."""
        return int(connected_components(self.weights, directed=False, return_labels=False))

    def row_standardised(self) -> Neighbours:
        """Return the same links with each row summing to one; rows without neighbours stay empty.

        Examples
        --------
        >>> edges = pd.DataFrame({"a": ["A", "B"], "b": ["B", "C"]})
        >>> contiguity(edges, ["A", "B", "C"]).row_standardised().weights.sum(axis=1).tolist()
        [1.0, 1.0, 1.0]
        """
        total = self.weights.sum(axis=1)
        scale = np.divide(1.0, total, out=np.zeros_like(total), where=total > 0)
        return Neighbours(self.regions, self.weights.multiply(scale[:, None]).tocsr())

    def __repr__(self) -> str:
        n, links = len(self.regions), self.weights.nnz
        kinds = {"pair": links // 2} if self.symmetric else {"directed link": links}
        counts = {**kinds, "isolate": len(self.isolates), "component": self.components}
        parts = ", ".join(f"{number} {noun}{'' if number == 1 else 's'}" for noun, number in counts.items())
        return f"<Neighbours of {n} region{'' if n == 1 else 's'}: {parts}>"


def contiguity(edges: pd.DataFrame, regions: Sequence[str] | pd.Index) -> Neighbours:
    """Return neighbours of weight one from a table of touching pairs.

    Parameters
    ----------
    edges
        One row per unordered pair, columns ``a`` and ``b``.
    regions
        All region codes; those in no edge become isolates.

    Raises
    ------
    ValueError
        If a pair names an unknown region, links a region to itself, or is given twice (in either order).

    Examples
    --------
    >>> contiguity(pd.DataFrame({"a": ["A"], "b": ["B"]}), ["A", "B"])
    <Neighbours of 2 regions: 1 pair, 0 isolates, 1 component>
    """
    return _from_pairs(edges, regions, np.ones(len(edges)))


def border_length(edges: pd.DataFrame, regions: Sequence[str] | pd.Index) -> Neighbours:
    """Return neighbours weighted by the length of the border they share.

    Parameters
    ----------
    edges
        One row per unordered pair: ``a``, ``b`` and ``border_km``; pairs with 0 km (a point) are left out.
    regions
        All region codes.

    Raises
    ------
    ValueError
        As `contiguity`, and if a length is negative or not finite.

    Examples
    --------
    >>> edges = pd.DataFrame({"a": ["A"], "b": ["B"], "border_km": [12.5]})
    >>> border_length(edges, ["A", "B"]).weights.toarray().tolist()
    [[0.0, 12.5], [12.5, 0.0]]
    """
    return _from_pairs(edges, regions, edges["border_km"].to_numpy(dtype=np.float64))


def distance_kernel(
    lon: ArrayLike,
    lat: ArrayLike,
    regions: Sequence[str] | pd.Index,
    *,
    bandwidth_km: float,
    kind: Literal["gaussian", "exponential", "power"] = "gaussian",
) -> Neighbours:
    """Return weights that fall with great-circle distance d; those below 1e-6 are dropped.

    With bandwidth b the kernels are exp(-d²/2b²) (gaussian), exp(-d/b) (exponential) and (1 + d/b)⁻² (power).

    Parameters
    ----------
    lon, lat
        Centroids in degrees, shape (n,).
    regions
        Region codes, length n.
    bandwidth_km
        Bandwidth b in km, positive.
    kind
        Shape of the kernel.

    Raises
    ------
    ValueError
        If the bandwidth is not positive, the kind is unknown, or a region has no centroid.

    Examples
    --------
    >>> near = distance_kernel([0, 1], [0, 0], ["A", "B"], bandwidth_km=111.195, kind="exponential")
    >>> round(near.weights[0, 1].item(), 3)
    0.368
    """
    if not (np.isfinite(bandwidth_km) and bandwidth_km > 0):
        raise ValueError(f"bandwidth_km must be a positive number of km; got {bandwidth_km}")
    scaled = _distances(lon, lat, regions) / bandwidth_km
    if kind == "gaussian":
        weight = np.exp(-0.5 * scaled**2)
    elif kind == "exponential":
        weight = np.exp(-scaled)
    elif kind == "power":
        weight = (1 + scaled) ** -2
    else:
        raise ValueError(f"kind must be 'gaussian', 'exponential' or 'power'; got {kind!r}")
    np.fill_diagonal(weight, 0)
    return Neighbours(pd.Index(regions), csr_array(np.where(weight >= SMALLEST_WEIGHT, weight, 0)))


def k_nearest(lon: ArrayLike, lat: ArrayLike, regions: Sequence[str] | pd.Index, *, k: int) -> Neighbours:
    """Return the k nearest regions of each region with weight one; ties go to the region listed first.

    Parameters
    ----------
    lon, lat
        Centroids in degrees, shape (n,).
    regions
        Region codes, length n.
    k
        Neighbours per region, from 1 to n - 1.

    Raises
    ------
    ValueError
        If k is out of range or the coordinates do not fit the regions.

    Examples
    --------
    >>> k_nearest([0, 1, 3], [0, 0, 0], ["A", "B", "C"], k=1).weights.toarray().tolist()
    [[0.0, 1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]
    """
    distance = _distances(lon, lat, regions)
    n = len(distance)
    if not 1 <= k < n:
        raise ValueError(f"k must lie between 1 and {n - 1}, one less than the number of regions; got {k}")
    np.fill_diagonal(distance, np.inf)
    nearest = np.argsort(distance, axis=1, kind="stable")[:, :k]
    weights = np.zeros((n, n))
    np.put_along_axis(weights, nearest, 1.0, axis=1)
    return Neighbours(pd.Index(regions), csr_array(weights))


def order(neighbours: Neighbours) -> pd.DataFrame:
    """Return the adjacency order o: the fewest links from the row's region to the column's.

    Zero on the diagonal, one for neighbours, infinity where no path exists. Power-law weights o⁻ᵈ follow
    Meyer & Held (2014), https://doi.org/10.1214/14-AOAS743.

    Examples
    --------
    >>> edges = pd.DataFrame({"a": ["A", "B"], "b": ["B", "C"]})
    >>> order(contiguity(edges, ["A", "B", "C"])).loc["A"].tolist()
    [0.0, 1.0, 2.0]
    """
    steps = shortest_path(neighbours.weights.copy(), method="D", unweighted=True)
    return pd.DataFrame(steps, index=neighbours.regions, columns=neighbours.regions)


def _from_pairs(edges: pd.DataFrame, regions: Sequence[str] | pd.Index, weight: NDArray[np.float64]) -> Neighbours:
    index = _unique(pd.Index(regions))
    a, b = _positions(edges["a"], index), _positions(edges["b"], index)
    pairs = pd.DataFrame({"low": np.minimum(a, b), "high": np.maximum(a, b)})
    twice = pairs.duplicated()
    if twice.any():
        low, high = index[pairs[twice].iloc[0].tolist()]
        raise ValueError(f"each pair must be given once, in one direction; {low!r} and {high!r} come twice")
    both = (np.concatenate([a, b]), np.concatenate([b, a]))
    shape = (len(index), len(index))
    return Neighbours(index, csr_array((np.concatenate([weight, weight]), both), shape=shape))


def _distances(lon: ArrayLike, lat: ArrayLike, regions: Sequence[str] | pd.Index) -> NDArray[np.float64]:
    n, shapes = len(regions), (np.shape(lon), np.shape(lat))
    if shapes != ((n,), (n,)):
        raise ValueError(f"lon and lat must hold one centroid for each of {n} regions; got {shapes}")
    lost = ~(np.isfinite(np.asarray(lon, dtype=float)) & np.isfinite(np.asarray(lat, dtype=float)))
    if lost.any():
        raise ValueError(f"every region needs finite lon and lat; {regions[lost.argmax()]!r} has none")
    return great_circle_km(lon, lat)


def _positions(codes: pd.Series | pd.Index, index: pd.Index) -> NDArray[np.intp]:
    wanted = pd.Index(codes)
    found = index.get_indexer(wanted)
    if (found < 0).any():
        raise ValueError(
            f"neighbours must name known regions; {int((found < 0).sum())} of {len(wanted)} are not among "
            f"the {len(index)} regions, first {wanted[found < 0][0]!r}: check the code or add the region"
        )
    return found


def _unique(regions: pd.Index) -> pd.Index:
    index: pd.Index = pd.Index(regions, name="region")
    if index.has_duplicates:
        raise ValueError(f"region codes must be unique; {index[index.duplicated()][0]!r} comes twice")
    return index


def _check_weights(weights: csr_array, regions: pd.Index) -> None:
    bad = np.flatnonzero(~(np.isfinite(weights.data) & (weights.data >= 0)))
    if bad.size:
        row = int(np.searchsorted(weights.indptr, bad[0], side="right")) - 1
        raise ValueError(
            f"weights must be finite and not negative; {regions[row]!r} to "
            f"{regions[weights.indices[bad[0]]]!r} is {weights.data[bad[0]]}"
        )
    loops = np.flatnonzero(weights.diagonal())
    if loops.size:
        raise ValueError(f"no region may be its own neighbour; {regions[loops[0]]!r} is: drop the pair")
