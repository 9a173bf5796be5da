"""The endemic-epidemic model: attacks from a background, the region's own past and its neighbours', as a forecaster."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Self

import numpy as np
import numpy.typing as npt
import pandas as pd

from harmattan import corridors
from harmattan.forecast import Forecast
from harmattan.models.dependence import setting
from harmattan.models.endemic.design import design
from harmattan.models.endemic.doubt import worlds
from harmattan.models.endemic.maximum import maximise
from harmattan.models.endemic.paths import simulate_all
from harmattan.models.endemic.shock import belief
from harmattan.models.endemic.terms import Structure
from harmattan.models.endemic.weights import Kernel, distance, given, power_law, road
from harmattan.neighbours import Neighbours, border_length
from harmattan.panel import Panel
from harmattan.regions import Regions, edges
from harmattan.sphere import great_circle_km

Floats = npt.NDArray[np.float64]

KERNELS = ("adjacency", "border", "power_law", "distance", "gaussian", "road")
SPREAD = 2.0
MONTHS_PER_LAG = 3
WINDOW = 12


class Endemic:
    """Endemic-epidemic forecasts: expected counts from a background, the own past and the neighbours', run forward.

    The regression `harmattan.models.endemic.regression.EndemicEpidemic` with a weak normal prior (standard deviation
    2 on the log scale), fitted once; paths are simulated month by month, so draws are joint over months and regions. A
    panel too short for all lags uses fewer. Counts not known are left out as outcomes and count as none in the past.

    Parameters
    ----------
    measure
        Which measure to forecast.
    family
        ``"negative_binomial"`` or ``"poisson"``.
    kernel
        Neighbour weights: ``"border"`` (length shared), ``"adjacency"``, ``"power_law"`` of adjacency order up to 5,
        ``"distance"`` (exponential), ``"gaussian"`` or ``"road"`` (adjacency in which links along the bundled corridors
        weigh more), all normalised so that each sender's sum to one.
    reach
        Fixed decay of the power law, bandwidth in km of a distance kernel, or how many times as much a link along a
        road weighs; estimated if None.
    lags
        How many past months count, 1 to 12, with geometric weights.
    background, own, neighbours
        Terms of the three parts: ``"trend"``, ``"season"``, ``"regions"``, a numeric column of the regions (as
        standardised log(1 + x)) or another measure of the panel (as log(1 + x) of its yearly mean over the 12 months
        before, held at the origin's value in months ahead). A trend is extrapolated: think twice.
    overdispersion
        ``"common"``, or ``"country"`` for one of each country.
    months
        Learn from the newest so many months only, since attacks spread differently as the years go; all if None.
    parameter_draws
        How many sets of parameters, drawn from their approximate posterior, share the draws; 0 for the estimates
        alone.
    shock
        Whether the epidemic part has a monthly shock that all regions share, see `harmattan.models.endemic.shock`.
    joined
        What joins regions and months: the paths as ``simulated``, which show who hits whom, or ``recorded`` ones.

    Examples
    --------
    >>> from harmattan.figures import bundled_counts
    >>> from harmattan.months import month
    >>> from harmattan.panel import from_counts
    >>> from harmattan.regions import bundled
    >>> panel = from_counts(bundled_counts("attacks_bfa")[0], bundled("province")).as_of(month("2023-06"))
    >>> model = Endemic().fit(panel, (1, 3))
    >>> model.forecast(500, np.random.default_rng(1)).draws.shape
    (500, 2, 45)
    """

    def __init__(
        self,
        *,
        measure: str = "attacks",
        family: str = "negative_binomial",
        kernel: str = "border",
        reach: float | None = None,
        lags: int = 12,
        background: Sequence[str] = ("season",),
        own: Sequence[str] = (),
        neighbours: Sequence[str] = (),
        overdispersion: str = "common",
        months: int | None = 60,
        parameter_draws: int = 40,
        shock: bool = True,
        joined: str = "simulated",
    ) -> None:
        self.measure = measure
        self.family = family
        self.kernel = kernel
        self.reach = reach
        self.lags = lags
        self.background = background
        self.own = own
        self.neighbours = neighbours
        self.overdispersion = overdispersion
        self.months = months
        self.parameter_draws = parameter_draws
        self.shock = shock
        self.joined = joined

    def fit(self, panel: Panel, horizons: tuple[int, ...]) -> Self:
        """Fit all parameters once; horizons only say how far to run.

        Raises
        ------
        ValueError
            If a setting is unknown or out of range, or a term is neither a column of the regions nor a measure.
        """
        self._check(panel)
        counts = panel.measures[self.measure].to_numpy(dtype=np.float64)
        months, furthest = len(counts), max(horizons)
        structure = Structure(
            tuple(self.background),
            tuple(self.own),
            tuple(self.neighbours),
            family=self.family,
            lags=min(self.lags, max(1, months // MONTHS_PER_LAG)),
            spread=SPREAD,
        )
        terms = {*self.background, *self.own, *self.neighbours} - {"trend", "season", "regions"}
        known = {term: _covariate(panel, term, self.measure) for term in sorted(terms)}
        data = design(
            counts,
            structure,
            _kernel(panel, self.kernel, self.reach),
            regions=tuple(map(str, panel.regions.table.index)),
            covariates={term: values[:-1] if len(values) > 1 else values for term, values in known.items()},
            groups=list(panel.regions.table["country"]) if self.overdispersion == "country" else None,
            first=max(structure.lags, 0 if self.months is None else months - self.months),
        )
        found = maximise(data)
        self.setting_ = setting(panel, horizons, self.measure)
        self.labels_ = tuple(map(str, panel.regions.table["name"]))
        self.names_ = data.names
        self.estimates_ = found.parameters
        self.errors_ = np.sqrt(np.diag(found.covariance))
        self.log_likelihood_ = found.log_likelihood
        future = {term: values[-1:] for term, values in known.items()}
        believed = belief(data, found.parameters) if self.shock else None
        self.dynamics_, self.sets_ = worlds(
            data, found, future, months=furthest, size=self.parameter_draws, believed=believed
        )
        return self

    def forecast(self, draws: int, rng: np.random.Generator) -> Forecast:
        """Simulate paths and return the months asked for."""
        paths = simulate_all(self.sets_, draws, rng)
        return self.setting_.simulated(paths[:, np.asarray(self.setting_.horizons) - 1], self.joined, rng)

    def _check(self, panel: Panel) -> None:
        if self.measure not in panel.measures:
            raise ValueError(f"measure must be one of the panel's, {', '.join(panel.measures)}; got {self.measure!r}")
        if self.overdispersion not in ("common", "country"):
            raise ValueError(f"overdispersion must be 'common' or 'country'; got {self.overdispersion!r}")
        if self.parameter_draws < 0:
            raise ValueError(f"parameter_draws must be a number of sets, or 0 for none; got {self.parameter_draws}")
        if self.months is not None and self.months < 1:
            raise ValueError(f"months must be at least 1, or None for all of the panel; got {self.months}")


def _kernel(panel: Panel, kind: str, reach: float | None) -> Kernel:
    table, neighbours = panel.regions.table, panel.regions.neighbours
    if kind == "power_law":
        return power_law(neighbours, decay=reach)
    if kind in ("distance", "gaussian"):
        km = great_circle_km(table["lon"], table["lat"])
        return distance(km, bandwidth_km=reach, shape="gaussian" if kind == "gaussian" else "exponential")
    if kind == "road":
        return road(neighbours, _chains(panel.regions), advantage=reach)
    if kind not in KERNELS:
        raise ValueError(f"kernel must be one of {', '.join(KERNELS)}; got {kind!r}")
    if reach is not None:
        raise ValueError(f"reach must be None for the kernel {kind!r}, which has none; got {reach}")
    return given(neighbours if kind == "adjacency" else _borders(panel.regions))


@lru_cache(maxsize=2)
def _borders(regions: Regions) -> Neighbours:
    """Kept, because measuring the borders of polygons takes longer than a fit."""
    return border_length(edges(regions), regions.table.index)


@lru_cache(maxsize=2)
def _chains(regions: Regions) -> pd.DataFrame:
    """Kept, because cutting roads by polygons takes longer than a fit."""
    return corridors.bundled(regions)


def _covariate(panel: Panel, term: str, measure: str) -> Floats:
    """One row per region, or rows t = 0 to T whose row t looks at months before t only."""
    table = panel.regions.table
    if term in panel.measures and term != measure:
        recent = panel.measures[term].rolling(WINDOW, min_periods=1).mean().to_numpy(dtype=np.float64)
        return np.concatenate([np.zeros((1, len(table))), np.log1p(12 * recent)])
    if term not in table.columns or not pd.api.types.is_numeric_dtype(table[term]):
        columns = [str(name) for name in table.select_dtypes("number") if name not in ("level", "lon", "lat")]
        others = [name for name in panel.measures if name != measure]
        raise ValueError(
            f"a term must be trend, season, regions, a column of the regions ({', '.join(columns)}) "
            f"or another measure ({', '.join(others)}); got {term!r}"
        )
    values = np.log1p(table[term].to_numpy(dtype=np.float64))
    spread = float(values.std())
    return np.asarray((values - values.mean()) / (spread if spread > 0 else 1.0))[None, :]
