"""Forecaster in which every attack makes others likelier nearby, for some time."""

from __future__ import annotations

from typing import Self

import numpy as np

from harmattan.features.surroundings import distances
from harmattan.forecast import Forecast
from harmattan.models.dependence import setting
from harmattan.models.selfexciting_futures import futures
from harmattan.models.selfexciting_regions import fit_regions
from harmattan.months import month
from harmattan.panel import Panel


class SelfExciting:
    """Self-exciting counts by region and day, fitted to a panel and simulated forward by branching.

    A panel tells the month and the region of an attack and no more. So every attack is placed on a day of its month at
    random, and its place is spread over a disc of the region's area; clusters shorter than a month or narrower than a
    region are blurred, and σ and the decay are not those of points (for these see
    `harmattan.models.selfexciting_fit.fit_points`). The background is the region's own discounted rate and the common
    rate by area, as of the origin; draws are whole futures. The form is in
    `harmattan.models.selfexciting_regions`.

    Parameters
    ----------
    measure
        Which measure to forecast. Deaths come in numbers at a time, which this model does not know: use it for attacks.
    placement
        Seed of the days on which attacks are placed, part of the fit; the draws depend on the forecast's own generator.
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

    def __init__(self, *, measure: str = "attacks", placement: int = 0, joined: str = "recorded") -> None:
        self.measure = measure
        self.placement = placement
        self.joined = joined

    def fit(self, panel: Panel, horizons: tuple[int, ...]) -> Self:
        """Place the attacks on days and fit background, triggering, decay and reach."""
        self.setting_ = setting(panel, horizons, self.measure)
        self.process_ = fit_regions(
            panel.measures[self.measure].to_numpy(dtype=np.float64),
            panel.months.days_in_month.to_numpy().astype(np.intp),
            km=distances(panel).astype(np.float64),
            area=panel.regions.table["area_km2"].to_numpy(dtype=np.float64),
            rng=np.random.default_rng(self.placement),
        )
        return self

    def forecast(self, draws: int, rng: np.random.Generator) -> Forecast:
        """Whole futures by branching, counted by month."""
        horizons, origin = np.asarray(self.setting_.horizons), month(self.setting_.origin)
        lengths = np.array([(origin + ahead).days_in_month for ahead in range(1, horizons[-1] + 1)], dtype=np.intp)
        counted = futures(self.process_, lengths, draws, rng)
        return self.setting_.simulated(counted[:, horizons - 1], self.joined, rng)
