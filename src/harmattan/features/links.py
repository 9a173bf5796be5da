"""Sums over other regions: links to adjacent regions, distance kernels, countries, and the nearest active region.

Up to `WHOLE` regions every pair counts. Beyond, a matrix of all pairs would not fit in memory: kernels are sparse and
end where they fall below `CUT`, which leaves out 0.1 percent of what a plain of equal regions sends. What depends on
the regions alone is made once and kept with them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.sparse import csr_array
from scipy.spatial import KDTree

from harmattan.features.shared import Wide, of_regions
from harmattan.regions import Regions
from harmattan.sphere import EARTH_KM, great_circle_km, unit_vectors

WHOLE = 2000
CUT = 1e-4
# So many columns of a few thousand rows stay in the processor's cache while they are turned.
TURNED_TOGETHER = 16
# Sums of so many regions are made at a time.
SUMMED_TOGETHER = 4096
# So many distances are compared at a time.
COMPARED_TOGETHER = 1 << 18
Weights: TypeAlias = Wide | csr_array


@dataclass(frozen=True, eq=False)
class Sent:
    """What some regions send.

    Attributes
    ----------
    regions
        Their places.
    values
        Shape (sending region, month).
    """

    regions: npt.NDArray[np.intp]
    values: Wide


def pair_distances(regions: Regions) -> Wide:
    """Great-circle km between the centres of all regions, shape (region, region); read-only."""

    def make() -> Wide:
        km = great_circle_km(regions.table["lon"], regions.table["lat"]).astype(np.float32)
        km.setflags(write=False)
        return km

    return of_regions(regions, "distances", make)


def adjacent(regions: Regions, order: int = 1) -> csr_array:
    """Weights of the regions that take `order` steps from neighbour to neighbour, each row summing to one.

    Raises
    ------
    ValueError
        If the order is neither 1 nor 2.
    """
    if order not in (1, 2):
        raise ValueError(f"order must be 1, the adjacent regions, or 2, those behind them; got {order!r}")

    def make() -> csr_array:
        near = regions.neighbours
        if order == 1:
            return near.row_standardised().weights
        links = csr_array((np.ones(near.weights.nnz), near.weights.indices, near.weights.indptr), near.weights.shape)
        second = csr_array(links @ links)
        second.data[:] = 1
        behind = csr_array(second - second.multiply(links))
        behind.setdiag(0)
        behind.eliminate_zeros()
        total = behind.sum(axis=1)
        return csr_array(behind.multiply(1 / np.maximum(total, 1)[:, None]))

    return of_regions(regions, ("adjacent", order), make)


def kernel(regions: Regions, km: float, *, whole: int | None = None) -> Weights:
    """Weights ``exp(-d / km)`` of all other regions: dense up to `whole` regions (`WHOLE` if None), else sparse, cut.

    Raises
    ------
    ValueError
        If `km` is not positive.
    """
    if not km > 0:
        raise ValueError(f"km must be a positive number of km; got {km}")
    if len(regions) <= (WHOLE if whole is None else whole):
        return of_regions(regions, ("kernel", km), lambda: _whole_kernel(regions, km))
    return of_regions(regions, ("cut kernel", km), lambda: _cut_kernel(regions, km))


def sent(values: Wide) -> Sent:
    """Return values, shape (month, region), in the form that `spread` takes.

    Regions that never send anything, most of a grid, are left out.
    """
    sending = np.flatnonzero((values != 0).any(axis=0))
    turned = np.empty((len(sending), len(values)), dtype=np.float32)
    _turn(values if len(sending) == values.shape[1] else values[:, sending], turned)
    return Sent(sending, turned)


def spread(what: Sent, weights: csr_array) -> Wide:
    """Sum over sending regions: row t of the result is ``weights @ values[t]``."""
    sending = weights[:, what.regions]
    out = np.empty((what.values.shape[1], weights.shape[0]), dtype=np.float32)
    for first in range(0, weights.shape[0], SUMMED_TOGETHER):
        part = slice(first, first + SUMMED_TOGETHER)
        _turn(np.asarray(sending[part] @ what.values, dtype=np.float32), out[:, part])
    return out


def countries(regions: Regions) -> csr_array:
    """Weights of one from each region to its country, in order of first appearance; shape (country, region)."""
    number = country_numbers(regions)
    return csr_array((np.ones(len(number), dtype=np.float32), (number, np.arange(len(number)))))


def country_numbers(regions: Regions) -> npt.NDArray[np.intp]:
    """Row of each region's country in `countries`."""
    return pd.factorize(regions.table["country"])[0].astype(np.intp)


def nearest(hit: npt.NDArray[np.bool_], regions: Regions, *, whole: int | None = None) -> Wide:
    """Km from every region to the nearest other with a hit in the same month, infinity if there is none.

    Parameters
    ----------
    hit
        Shape (month, region).
    regions
        Their places.
    whole
        Up to so many regions (`WHOLE` if None) the distances of all pairs are used, beyond a tree of each month's hits.
    """
    out = np.full(hit.shape, np.inf, dtype=np.float32)
    if len(regions) <= (WHOLE if whole is None else whole):
        km = pair_distances(regions).copy()
        np.fill_diagonal(km, np.inf)
        months = np.flatnonzero(hit.any(axis=1))
        compared = np.cumsum(hit.sum(axis=1)[months]) * len(regions)
        for some in np.split(months, np.flatnonzero(np.diff(compared // COMPARED_TOGETHER)) + 1):
            row, place = np.nonzero(hit[some])
            out[some] = np.minimum.reduceat(km[place], np.searchsorted(row, np.arange(len(some))), axis=0)
        return out
    places = of_regions(regions, "places", lambda: unit_vectors(regions.table["lon"], regions.table["lat"]))
    for step in np.flatnonzero(hit.any(axis=1)):
        chosen = np.flatnonzero(hit[step])
        tree = KDTree(places[chosen])
        chord = tree.query(places)[0]
        two, who = tree.query(places[chosen], k=2)
        chord[chosen] = np.where(who[:, 0] == np.arange(len(chosen)), two[:, 1], two[:, 0])
        out[step] = _arc_km(chord)
    return out


def _turn(values: Wide, out: Wide) -> None:
    """Write rows as columns."""
    long, short = (values.T, out) if len(values) > len(out) else (values, out.T)
    for first in range(0, len(long), TURNED_TOGETHER):
        together = slice(first, first + TURNED_TOGETHER)
        short[together] = long[together]


def _whole_kernel(regions: Regions, km: float) -> Wide:
    weights = np.exp(-pair_distances(regions) / km)
    np.fill_diagonal(weights, 0)
    return np.asarray(weights, dtype=np.float32)


def _cut_kernel(regions: Regions, km: float) -> csr_array:
    places = unit_vectors(regions.table["lon"], regions.table["lat"])
    reach = min(-km * np.log(CUT) / EARTH_KM, np.pi)
    a, b = KDTree(places).query_pairs(2 * np.sin(reach / 2), output_type="ndarray").astype(np.int32).T
    weight = np.exp(-_arc_km(np.linalg.norm(places[a] - places[b], axis=1)) / km).astype(np.float32)
    one_way = csr_array((weight, (a, b)), shape=(len(regions), len(regions)))
    return csr_array(one_way + one_way.T)


def _arc_km(chord: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Km along the sphere between points whose unit vectors are so far apart; infinity stays."""
    arc = 2 * EARTH_KM * np.arcsin(np.minimum(chord / 2, 1))
    return np.asarray(np.where(np.isfinite(chord), arc, np.inf))
