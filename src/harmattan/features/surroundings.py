"""What the regions around have seen: adjacent regions, distance kernels, the frontier, the country and the whole.

As in `harmattan.features.history`, row t uses months up to t only; counts are ``log(1 + x)`` of counts per year.

A sum over regions and a mean over months may be taken in either order. Of many regions whose months are all known the
sum comes first: it is then the same for all windows and half-lives, and made once.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from functools import partial

import numpy as np
import pandas as pd
from scipy.sparse import csr_array

from harmattan.features import links, windows
from harmattan.features.history import FEWEST, YEAR, logs, recent
from harmattan.features.shared import Wide, active, complete, counts, framed, once, repeated, room
from harmattan.panel import Panel

Mean = Callable[..., Wide]


def neighbour_mean(panel: Panel, *, measure: str = "attacks", months: int = 12, order: int = 1) -> pd.DataFrame:
    """Mean over the adjacent regions and the last `months` months, per year; zero for a region without neighbours.

    With an order of 2 it is over the regions behind the adjacent ones.
    """
    mean = partial(recent, months=months, times=YEAR)
    return framed(panel, logs(_around(panel, measure, counts, order, mean)))


def neighbour_share(panel: Panel, *, measure: str = "attacks", months: int = 12, order: int = 1) -> pd.DataFrame:
    """Share of active region-months among the adjacent regions in the last `months` months; order as above."""
    return framed(panel, _around(panel, measure, active, order, partial(recent, months=months)))


def kernel_sum(panel: Panel, *, measure: str = "attacks", half_life: float = 6, km: float = 80) -> pd.DataFrame:
    """Decayed counts of all other regions, weighted by ``exp(-d / km)`` with d the great-circle distance in km.

    Above `harmattan.features.links.WHOLE` regions, of those whose weight is at least `harmattan.features.links.CUT`.
    """
    weights = links.kernel(panel.regions, km)
    mean = partial(windows.decayed_mean, half_life=half_life, fewest=FEWEST, times=YEAR)
    return framed(panel, logs(_over_all(panel, measure, weights, ("kernel", km), mean, out=room(panel))))


def frontier_distance(panel: Panel, *, measure: str = "attacks", months: int = 12, most: float = 2000) -> pd.DataFrame:
    """``log(1 + km)`` to the nearest region active in the last `months` months, itself included; at most `most` km."""
    km = _km_to_active(panel, measure, months, itself=True)
    np.minimum(km, np.float32(most), out=km)
    if not complete(panel, measure):
        seen = windows.window_mean(np.isfinite(counts(panel, measure)).astype(np.float32), months, fewest=1) > 0
        km[~seen] = np.nan
    return framed(panel, logs(km))


def frontier_nearness(panel: Panel, *, measure: str = "attacks", months: int = 12, km: float = 80) -> pd.DataFrame:
    """``exp(-d / km)`` with d the km to the nearest other region active in the last `months` months.

    Zero where no other region is active; unknown in the first months of the panel, when the window is not yet full.

    Raises
    ------
    ValueError
        If `km` is not positive.
    """
    if not km > 0:
        raise ValueError(f"km must be a positive number of km; got {km}")
    nearness = _km_to_active(panel, measure, months, itself=False)
    nearness /= np.float32(-km)
    np.exp(nearness, out=nearness)
    nearness[: min(months, FEWEST) - 1] = np.nan
    return framed(panel, nearness)


def country_mean(panel: Panel, *, measure: str = "attacks", months: int = 3) -> pd.DataFrame:
    """Mean per month over the last `months` months of the region's whole country, per year."""
    weights, country = links.countries(panel.regions), links.country_numbers(panel.regions)
    mean = partial(recent, months=months, times=YEAR)
    if _few(panel):
        same = (country[:, None] == country).astype(np.float32)
        return framed(panel, logs(_over_all(panel, measure, same, "country", mean)))
    means = logs(_over_all(panel, measure, weights, "country", mean))
    return framed(panel, means.take(country, axis=1, out=room(panel), mode="clip"))


def total_mean(panel: Panel, *, measure: str = "attacks", months: int = 3) -> pd.DataFrame:
    """Mean per month over the last `months` months of all regions together, per year."""
    mean, number = partial(recent, months=months, times=YEAR), len(panel.regions)
    if _few(panel):
        return framed(panel, logs(_over_all(panel, measure, np.ones((number, number), np.float32), "total", mean)))
    weights = csr_array(np.ones((1, number), dtype=np.float32))
    return repeated(panel, logs(_over_all(panel, measure, weights, "total", mean)))


def distances(panel: Panel) -> Wide:
    """Great-circle km between the centres of all regions, shape (region, region); read-only."""
    return links.pair_distances(panel.regions)


def _few(panel: Panel) -> bool:
    """Whether sums may take all pairs, and come after the mean over months."""
    return len(panel.regions) <= links.WHOLE


def _around(panel: Panel, measure: str, what: Callable[[Panel, str], Wide], order: int, mean: Mean) -> Wide:
    """Mean over months of the mean over linked regions; zero for a region without links."""
    weights = links.adjacent(panel.regions, order)
    if _few(panel) or not complete(panel, measure):
        return links.spread(links.sent(mean(what(panel, measure))), weights)
    summed = _summed(panel, measure, what, weights.astype(np.float32), ("order", order))
    found = mean(summed, out=room(panel))
    found[:, np.diff(weights.indptr) == 0] = 0
    return found


def _over_all(
    panel: Panel, measure: str, weights: links.Weights, key: Hashable, mean: Mean, out: Wide | None = None
) -> Wide:
    """Mean over months of a sum over all regions, unknown in every month in which one of them is."""
    if not isinstance(weights, np.ndarray) and complete(panel, measure):
        return mean(_summed(panel, measure, counts, weights, key), out=out)
    means = mean(counts(panel, measure))
    hole = np.asarray(np.isnan(means).any(axis=1))
    known = np.where(hole[:, None], np.float32(0), means)
    if isinstance(weights, np.ndarray):
        found = np.ascontiguousarray((weights @ known.T).T)
    else:
        found = links.spread(links.sent(known), weights)
    found[hole] = np.nan
    return found


def _summed(panel: Panel, measure: str, what: Callable[[Panel, str], Wide], weights: csr_array, key: Hashable) -> Wide:
    sent = once(panel, ("sent", what.__name__, measure), lambda: links.sent(what(panel, measure)))
    return once(panel, ("summed", what.__name__, measure, key), lambda: links.spread(sent, weights))


def _km_to_active(panel: Panel, measure: str, months: int, *, itself: bool) -> Wide:
    """Km to the nearest region active in the window of each month, infinity if there is none."""
    if not complete(panel, measure):
        hit = recent(counts(panel, measure), months) > 0
        km = links.nearest(hit, panel.regions)
        km[hit & itself] = 0
        return km
    hit = counts(panel, measure) > 0
    monthly = once(panel, ("nearest", measure), lambda: links.nearest(hit, panel.regions))
    km = windows.window_least(np.where(hit, np.float32(0), monthly) if itself else monthly, months, out=room(panel))
    km[: min(months, FEWEST) - 1] = np.inf
    return km
