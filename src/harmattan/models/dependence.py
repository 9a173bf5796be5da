"""From forecasts of each region and month to joint paths: the Schaake shuffle."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from harmattan.forecast import Draws, Forecast
from harmattan.months import month
from harmattan.panel import Panel

MOST_PATHS = 120


def recorded_paths(panel: Panel, measure: str, horizons: tuple[int, ...]) -> npt.NDArray[np.float32]:
    """Return what followed each past month, as templates for the future.

    Returns
    -------
    numpy.ndarray
        Shape (path, horizon, region): for each of the newest `MOST_PATHS` months s whose future is on record, the
        counts at s + h. A panel shorter than the longest horizon gives one path of zeros, which leaves the draws
        independent.
    """
    wide = np.nan_to_num(panel.measures[measure].to_numpy(dtype=np.float32))
    starts = np.arange(len(wide) - max(horizons))[-MOST_PATHS:]
    if not len(starts):
        return np.zeros((1, len(horizons), wide.shape[1]), dtype=np.float32)
    return np.asarray(wide[starts[:, None] + np.asarray(horizons)[None, :]])


def schaake_shuffle(marginals: Draws, paths: npt.NDArray[np.float32], rng: np.random.Generator) -> Draws:
    """Reorder the draws of each horizon and region so that their ranks follow recorded paths.

    Each draw is matched with one recorded path, taken in turn in random order; ties among the recorded counts are
    broken at random. The marginal distributions do not change.

    Parameters
    ----------
    marginals
        Sorted along the first axis, shape (draw, horizon, region).
    paths
        Shape (path, horizon, region), from `recorded_paths`.
    rng
        Source of randomness.

    References
    ----------
    Clark et al. 2004, https://doi.org/10.1175/1525-7541(2004)005<0243:TSSAMF>2.0.CO;2
    """
    draws = len(marginals)
    turn = rng.permutation(np.resize(rng.permutation(len(paths)), draws))
    blurred = paths[turn] + rng.random(marginals.shape, dtype=np.float32)
    order = np.argsort(blurred, axis=0)
    joint = np.empty_like(marginals)
    np.put_along_axis(joint, order, marginals, axis=0)
    return joint


@dataclass(frozen=True)
class Setting:
    """Where and when a fitted model forecasts, and the recorded paths that join its draws.

    It holds text and arrays only, so that a fitted model can be stored without pickle.
    """

    regions: tuple[str, ...]
    origin: str
    horizons: tuple[int, ...]
    measure: str
    paths: npt.NDArray[np.float32]

    def joint(self, marginals: Draws, rng: np.random.Generator) -> Forecast:
        """Join marginal draws, shape (draw, horizon, region) or (draw, region) when all horizons are alike."""
        if marginals.ndim == 2:
            marginals = np.repeat(marginals[:, None, :], len(self.horizons), axis=1)
        return self.forecast(schaake_shuffle(marginals, self.paths, rng))

    def simulated(self, draws: Draws, joined: str, rng: np.random.Generator) -> Forecast:
        """Return simulated futures as they are, or keep their marginals and join them by recorded paths.

        A model simulated at its estimates knows no common shock and no doubt about itself, so its totals over regions
        vary too little; recorded paths bring both back.

        Raises
        ------
        ValueError
            If `joined` is neither ``recorded`` nor ``simulated``.
        """
        if joined not in ("recorded", "simulated"):
            raise ValueError(f"joined must be recorded or simulated; got {joined!r}")
        return self.forecast(draws) if joined == "simulated" else self.joint(np.sort(draws, axis=0), rng)

    def forecast(self, draws: Draws) -> Forecast:
        """Return draws that are joint already as a forecast."""
        regions = pd.Index(self.regions, name="region")
        return Forecast(draws, month(self.origin), self.horizons, regions, self.measure)


def setting(panel: Panel, horizons: tuple[int, ...], measure: str) -> Setting:
    """Describe where, when and with which recorded paths a model fitted on `panel` forecasts."""
    regions = tuple(map(str, panel.regions.table.index))
    return Setting(regions, str(panel.origin), tuple(horizons), measure, recorded_paths(panel, measure, horizons))
