"""Self-exciting attacks whose days and places are known: fit and state of the process within a panel's regions.

With attacks j on day d_j at the place x_j, the rate per km² on day d at the place x of region r is

    λ(d, x) = δ G_r(d) / A_r + ω H_r(d) / A_r + η Σ_j q_{d - d_j}(α) exp(-|x - x_j|² / 2σ²) / (2πσ²)

with the background of `harmattan.models.selfexciting_regions` spread evenly over the region's area A_r, and q as there:
the decay is cut at 180 days, and pairs more than 150 km apart do not count. The likelihood integrates λ over the
regions and months covered; the part of each Gaussian that lies in them is summed over 64 places around the attack, by
cells of 0.05 degrees. Attacks of one day do not trigger each other. σ is not below 4 km: closer repeats tell how places
are written down.

An attack on record without a point stands at random in its month and region, and so looks like background.
The form is that of Meyer, Elias & Höhle 2012, https://doi.org/10.1111/j.1541-0420.2011.01684.x.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from harmattan.models.selfexciting_points import pairs
from harmattan.models.selfexciting_terms import (
    LIMITS,
    REACH_DAYS,
    USUAL_WEIGHTS,
    backgrounds,
    echo,
    held,
    lag_chances,
    maximised,
)
from harmattan.panel import Panel
from harmattan.raster import Raster, moved, raster
from harmattan.sphere import EARTH_KM, unit_vectors

Floats = npt.NDArray[np.float64]
Places = npt.NDArray[np.intp]

REACH_KM = 150.0
PLACE_LIMITS = (LIMITS[0], (np.log(4.0), np.log(100.0)))
AROUND = 64


@dataclass(frozen=True, eq=False)
class PlaceFit:
    """What was fitted, in numbers and arrays only.

    Attributes
    ----------
    weights
        Those of the background's parts, δ and ω or δ alone, and η last, shape (part + 1,).
    mean_days, sigma_km
        1 / α and σ.
    background
        Expected background events per day after the last month, shape (region,).
    cells
        The regions as cells.
    centres
        Longitude and latitude of the regions' centres, shape (region, 2).
    where, age
        Longitude and latitude of each event of the last 180 days, shape (event, 2), and how many days ago it was, shape
        (event,); 1 is the last day.
    """

    weights: Floats
    mean_days: float
    sigma_km: float
    background: Floats
    cells: Raster
    centres: Floats
    where: Floats
    age: Places

    def begun(self, region: Places, rng: np.random.Generator) -> Floats:
        """Places at random in the given regions, shape (event, 2)."""
        return np.stack(self.cells.somewhere(region, self.centres, rng), axis=1)

    def spread(self, where: Floats, rng: np.random.Generator) -> tuple[Floats, Places]:
        """Places of the offspring of given events, one of each, and their regions; -1 outside all."""
        lon, lat = moved(*where.T, *(self.sigma_km * rng.standard_normal((2, len(where)))))
        return np.stack([lon, lat], axis=1), self.cells.region(lon, lat)

    def landing(self, where: Floats, generation: int = 1) -> Floats:
        """Chance that a descendant of an event at each place falls into each region, shape (event, region).

        Parameters
        ----------
        where
            Longitude and latitude, shape (event, 2).
        generation
            1 for offspring, 2 for theirs, which lie √2 times as far, and so on.
        """
        region = around(self.cells, where[:, 0], where[:, 1], self.sigma_km * np.sqrt(generation))
        event, point = np.nonzero(region >= 0)
        shares = np.zeros((len(where), len(self.background)))
        np.add.at(shares, (event, region[event, point]), 1 / AROUND)
        return shares


def around(cells: Raster, lon: Floats, lat: Floats, sigma: float) -> Places:
    """Regions of 64 places around each event that stand for a Gaussian of σ in km, -1 outside, shape (event, 64)."""
    turn = np.arange(AROUND) * np.pi * (3 - np.sqrt(5))
    radius = sigma * np.sqrt(-2 * np.log1p(-(np.arange(AROUND) + 0.5) / AROUND))
    return cells.region(*moved(lon[:, None], lat[:, None], radius * np.cos(turn), radius * np.sin(turn)))


@dataclass(frozen=True, eq=False)
class Placed:
    """Events by day: number of the day from 0, month and region (positions), longitude and latitude; shape (event,)."""

    day: Places
    month: Places
    region: Places
    lon: Floats
    lat: Floats


def placed(panel: Panel, points: pd.DataFrame, cells: Raster, rng: np.random.Generator) -> Placed:
    """The points of a panel, and its other attacks at random in their month and region, by day.

    Parameters
    ----------
    panel, points
        The panel and its points.
    cells
        Its regions as cells.
    rng
        Places the attacks without a point.
    """
    opens = panel.months.start_time.to_numpy().astype("datetime64[D]").astype(np.int64)
    lengths = panel.months.days_in_month.to_numpy()
    day = points["day"].to_numpy().astype("datetime64[D]").astype(np.int64) - opens[0]
    region = panel.regions.table.index.get_indexer(pd.Index(points["region"]))
    month = np.searchsorted(opens - opens[0], day, side="right") - 1
    missing = np.nan_to_num(panel.attacks.to_numpy(dtype=np.float64)).astype(np.int64)
    np.subtract.at(missing, (month, region), 1)
    more_month, more_region = np.nonzero(missing > 0)
    times = missing[more_month, more_region]
    more_month, more_region = np.repeat(more_month, times), np.repeat(more_region, times)
    more_day = (opens - opens[0])[more_month] + (rng.random(len(more_month)) * lengths[more_month]).astype(np.int64)
    lon, lat = cells.somewhere(more_region, _centres(panel), rng)
    days = np.concatenate([day, more_day])
    order = np.argsort(days, kind="stable")
    return Placed(
        days[order],
        np.concatenate([month, more_month])[order],
        np.concatenate([region, more_region])[order],
        np.concatenate([points["lon"].to_numpy(), lon])[order],
        np.concatenate([points["lat"].to_numpy(), lat])[order],
    )


@dataclass(frozen=True, eq=False)
class _Terms:
    """The terms of the rate where events are, and their integrals over the regions and months known."""

    events: Placed
    parts: Floats
    known: Floats
    lengths: Places
    area: Floats
    cells: Raster
    child: Places
    parent: Places
    squared: Floats

    def values(self, free: Floats) -> tuple[Floats, Floats]:
        """For log 1 / α and log σ: shape (event, term), of the events after the first month, and (term,)."""
        mean_days, sigma = (float(each) for each in np.exp(free))
        events, later = self.events, self.events.month > 0
        lag = events.day[self.child] - events.day[self.parent]
        near = np.exp(-self.squared / (2 * sigma**2)) / (2 * np.pi * sigma**2)
        triggered = np.bincount(self.child, lag_chances(mean_days)[lag - 1] * near, minlength=len(later))
        background = self.parts[:, events.month, events.region] / self.area[events.region]
        rate = np.stack([*background, triggered], axis=1)[later]
        return rate, np.array([*held(self.parts, self.known, self.lengths), self._sent(mean_days, sigma)])

    def _sent(self, mean_days: float, sigma: float) -> float:
        """Chances, summed over the events, that an offspring falls into a region and a month known after the first."""
        days = np.repeat(np.vstack([np.zeros_like(self.known[:1]), self.known[1:]]), self.lengths, axis=0)
        in_time = echo(days[::-1], mean_days)[::-1]
        region = around(self.cells, self.events.lon, self.events.lat, sigma)
        chance = np.where(region >= 0, in_time[self.events.day[:, None], region], 0.0)
        return float(chance.mean(axis=1).sum())


def fit_places(panel: Panel, points: pd.DataFrame, *, background: str, rng: np.random.Generator) -> PlaceFit:
    """Maximise the likelihood of days and places, with the priors of `harmattan.models.selfexciting_terms.maximised`.

    Parameters
    ----------
    panel, points
        The panel and its points.
    background
        ``region`` or ``area``.
    rng
        Places the attacks without a point.
    """
    cells, area = raster(panel.regions), panel.regions.table["area_km2"].to_numpy(dtype=np.float64)
    counts = panel.attacks.to_numpy(dtype=np.float64)
    lengths = panel.months.days_in_month.to_numpy().astype(np.intp)
    events = placed(panel, points, cells, rng)
    parts = backgrounds(counts, lengths, area, background)
    place = EARTH_KM * unit_vectors(events.lon, events.lat)
    child, parent = pairs(events.day.astype(np.float64), place, REACH_DAYS, REACH_KM)
    squared = ((place[child] - place[parent]) ** 2).sum(axis=1)
    known = (~np.isnan(counts)).astype(np.float64)
    terms = _Terms(events, parts, known, lengths, area, cells, child, parent, squared)
    seen = np.ones(int((events.month > 0).sum()))
    weights, mean_days, sigma = maximised(terms.values, seen, USUAL_WEIGHTS[background], PLACE_LIMITS)
    age = int(lengths.sum()) - events.day
    recent = age <= REACH_DAYS
    return PlaceFit(
        weights=weights,
        mean_days=mean_days,
        sigma_km=sigma,
        background=np.asarray(weights[:-1] @ parts[:, -1]),
        cells=cells,
        centres=_centres(panel),
        where=np.stack([events.lon, events.lat], axis=1)[recent],
        age=age[recent],
    )


def _centres(panel: Panel) -> Floats:
    return panel.regions.table[["lon", "lat"]].to_numpy(dtype=np.float64)
