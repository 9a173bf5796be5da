"""From forecasts of each region and month to joint paths: recorded ranks, what persists, and what all regions share."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.stats import norm

from harmattan.forecast import Draws, Forecast
from harmattan.months import month
from harmattan.panel import Panel

MOST_PATHS = 120
QUIET_PERSISTENCE = 0.4
ACTIVE_PERSISTENCE = 0.15
COMMON = 0.1


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


def coupled(
    marginals: Draws,
    paths: npt.NDArray[np.float32],
    rng: np.random.Generator,
    *,
    persistence: npt.ArrayLike = 0.0,
    common: float = 0.0,
) -> Draws:
    """Reorder the draws of each horizon and region so that their ranks follow recorded paths and shared chance.

    Each draw is matched with one recorded path, taken in turn in random order, ties among recorded counts broken at
    random; its ranks there are the Schaake shuffle. As normal scores z they are mixed with a term a that stays the same
    in all months of a region and a term c that all regions and months of a draw share,
    ``√(1 - ρ_r - γ) z_hr + √ρ_r a_r + √γ c``, and the draws follow the ranks of the mixture. Recorded paths alone say
    nothing of regions without attacks on record, whose months they leave independent; so they promise a first attack
    too often, and totals that vary too little. The marginal distributions do not change.

    Parameters
    ----------
    marginals
        Sorted along the first axis, shape (draw, horizon, region).
    paths
        Shape (path, horizon, region), from `recorded_paths`.
    rng
        Source of randomness.
    persistence
        ρ, one number or one for each region; zero or more.
    common
        γ, zero or more; ρ + γ below 1. With both at zero this is the Schaake shuffle.

    References
    ----------
    Clark et al. 2004, https://doi.org/10.1175/1525-7541(2004)005<0243:TSSAMF>2.0.CO;2 (recorded ranks) · Krupskii & Joe
    2013, https://doi.org/10.1016/j.jmva.2013.05.001 (factor copulas)
    """
    draws, _, regions = marginals.shape
    turn = rng.permutation(np.resize(rng.permutation(len(paths)), draws))
    blurred = paths[turn] + rng.random(marginals.shape, dtype=np.float32)
    order = np.argsort(blurred, axis=0)
    rho = np.broadcast_to(np.asarray(persistence, dtype=np.float32), (regions,))
    if common > 0 or rho.any():
        scores = norm.ppf((np.arange(draws) + 0.5) / draws).astype(np.float32)
        latent = np.empty_like(blurred)
        np.put_along_axis(latent, order, scores[:, None, None], axis=0)
        latent *= np.sqrt(1 - rho - np.float32(common))
        latent += np.sqrt(rho) * rng.standard_normal((draws, 1, regions), dtype=np.float32)
        latent += np.float32(np.sqrt(common)) * rng.standard_normal((draws, 1, 1), dtype=np.float32)
        order = np.argsort(latent, axis=0)
    joint = np.empty_like(marginals)
    np.put_along_axis(joint, order, marginals, axis=0)
    return joint


@dataclass(frozen=True)
class Setting:
    """Where and when a fitted model forecasts, and what joins its draws: recorded paths and which regions are quiet.

    It holds text and arrays only, so that a fitted model can be stored without pickle.
    """

    regions: tuple[str, ...]
    origin: str
    horizons: tuple[int, ...]
    measure: str
    paths: npt.NDArray[np.float32]
    quiet: npt.NDArray[np.bool_]

    def joint(self, marginals: Draws, rng: np.random.Generator) -> Forecast:
        """Join marginal draws, shape (draw, horizon, region) or (draw, region) when all horizons are alike.

        Persistence and the common term are constants, chosen on 20 past origins of Burkina Faso's provinces: among
        values tried, those under which chances of an attack within 3, 6 and 12 months and the intervals of national
        totals were calibrated.
        """
        if marginals.ndim == 2:
            marginals = np.repeat(marginals[:, None, :], len(self.horizons), axis=1)
        rho = np.where(self.quiet, QUIET_PERSISTENCE, ACTIVE_PERSISTENCE)
        return self.forecast(coupled(marginals, self.paths, rng, persistence=rho, common=COMMON))

    def simulated(self, draws: Draws, joined: str, rng: np.random.Generator) -> Forecast:
        """Return simulated futures as they are, or keep their marginals and join them by recorded paths.

        A model simulated without a common shock or doubt about itself has totals that vary too little; recorded paths
        bring both back.

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
    paths = recorded_paths(panel, measure, horizons)
    return Setting(regions, str(panel.origin), tuple(horizons), measure, paths, panel.quiet.to_numpy())
