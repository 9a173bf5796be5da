"""Forecaster in which every attack makes others likelier nearby, for some time."""

from __future__ import annotations

from typing import Self

import numpy as np

from harmattan.features.surroundings import distances
from harmattan.forecast import Forecast
from harmattan.models.dependence import setting
from harmattan.models.selfexciting_futures import futures
from harmattan.models.selfexciting_places import PlaceFit, fit_places
from harmattan.models.selfexciting_regions import RegionFit, fit_regions
from harmattan.models.selfexciting_terms import USUAL_WEIGHTS
from harmattan.months import month
from harmattan.panel import Panel


class SelfExciting:
    """Self-exciting attacks by place and day, fitted to a panel and simulated forward by branching.

    A panel read from a file of events has points: the exact days and places of attacks, which the model lives on (see
    `harmattan.models.selfexciting_places`). A panel of counts tells the month and the region of an attack and no more.
    Then every attack is placed on a day of its month at random, and its place is spread over a disc of the region's
    area; clusters shorter than a month or narrower than a region are blurred, and σ and the decay are not those of
    points (see `harmattan.models.selfexciting_regions`). Draws are whole futures.

    Parameters
    ----------
    measure
        Which measure to forecast; points are those of ``attacks``. Deaths come in numbers at a time, which this model
        does not know: use it for attacks.
    background
        What attacks come from that follow no other: ``region``, the region's own discounted rate and the common rate by
        area, as of the origin; or ``area``, a rate that is the same per km² everywhere and does not change.
    points
        Whether to fit days and places where the panel has them; if not, the counts alone.
    placement
        Seed of the days and places that are not known, part of the fit; the draws depend on the forecast's own
        generator.
    joined
        What joins regions and months: ``recorded`` paths, which give totals their spread, or the paths as
        ``simulated``, which show who hits whom.

    References
    ----------
    Meyer, Elias & Höhle 2012, https://doi.org/10.1111/j.1541-0420.2011.01684.x
    Mohler, Short, Brantingham, Schoenberg & Tita 2011, https://doi.org/10.1198/jasa.2011.ap09546

    Examples
    --------
    >>> from harmattan.figures import bundled_counts
    >>> from harmattan.panel import from_counts
    >>> from harmattan.regions import bundled
    >>> panel = from_counts(bundled_counts("attacks_bfa")[0], bundled("province"))
    >>> model = SelfExciting().fit(panel, (1, 3))
    >>> model.forecast(200, np.random.default_rng(1)).draws.shape
    (200, 2, 45)
    """

    def __init__(
        self,
        *,
        measure: str = "attacks",
        background: str = "region",
        points: bool = True,
        placement: int = 0,
        joined: str = "recorded",
    ) -> None:
        self.measure = measure
        self.background = background
        self.points = points
        self.placement = placement
        self.joined = joined

    def fit(self, panel: Panel, horizons: tuple[int, ...]) -> Self:
        """Fit background, triggering, decay and reach, by points where the panel has them.

        Raises
        ------
        ValueError
            If `background` is unknown.
        """
        if self.background not in USUAL_WEIGHTS:
            raise ValueError(f"background must be one of {', '.join(USUAL_WEIGHTS)}; got {self.background!r}")
        self.setting_ = setting(panel, horizons, self.measure)
        rng = np.random.default_rng(self.placement)
        if self.points and panel.points is not None and self.measure == "attacks":
            self.process_: RegionFit | PlaceFit = fit_places(panel, panel.points, background=self.background, rng=rng)
            return self
        self.process_ = fit_regions(
            panel.measures[self.measure].to_numpy(dtype=np.float64),
            panel.months.days_in_month.to_numpy().astype(np.intp),
            km=distances(panel).astype(np.float64),
            area=panel.regions.table["area_km2"].to_numpy(dtype=np.float64),
            rng=rng,
            background=self.background,
        )
        return self

    def forecast(self, draws: int, rng: np.random.Generator) -> Forecast:
        """Whole futures by branching, counted by month."""
        horizons, origin = np.asarray(self.setting_.horizons), month(self.setting_.origin)
        lengths = np.array([(origin + ahead).days_in_month for ahead in range(1, horizons[-1] + 1)], dtype=np.intp)
        counted = futures(self.process_, lengths, draws, rng)
        return self.setting_.simulated(counted[:, horizons - 1], self.joined, rng)
