"""Scores of whole maps: one value per origin and horizon, from joint draws of all regions, the lower the better."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.spatial.distance import pdist

from harmattan.scores.inputs import Floats, maps_and_draws


def energy_score(observed: npt.ArrayLike, draws: npt.ArrayLike) -> Floats:
    """Energy score ``E‖X - y‖ - E‖X - X'‖ / 2`` of a map, over all pairs of draws: the CRPS of a vector.

    Parameters
    ----------
    observed
        Counts, shape (row, region), a row being an origin and horizon.
    draws
        Equally likely joint draws, shape (draw, row, region).

    Raises
    ------
    ValueError
        If the shapes do not fit or a value is unknown.

    References
    ----------
    Gneiting & Raftery 2007, https://doi.org/10.1198/016214506000001437

    Examples
    --------
    >>> energy_score([[3.0, 4.0]], [[[0.0, 0.0]]])
    array([5.])
    """
    y, x = maps_and_draws(observed, draws)
    m = len(x)
    found = np.empty(len(y))
    for row in range(len(y)):
        # One row at a time: all pairs of 1,000 draws of every row at once would need many gigabytes.
        apart = pdist(x[:, row]).sum() / m**2 if m > 1 else 0.0
        found[row] = np.linalg.norm(x[:, row] - y[row], axis=1).mean() - apart
    return found


def variogram_score(
    observed: npt.ArrayLike, draws: npt.ArrayLike, *, order: float = 0.5, weights: npt.ArrayLike | None = None
) -> Floats:
    """Variogram score ``Σ_ij w_ij (|y_i - y_j|^p - E|X_i - X_j|^p)²``: is the dependence between regions right?

    Parameters
    ----------
    observed, draws
        As for `energy_score`.
    order
        Power p, above 0.
    weights
        w, shape (region, region), not negative, such as 1 for neighbours and 0 for others; None weighs all pairs alike.

    Raises
    ------
    ValueError
        If the shapes do not fit, a value is unknown, the order is not positive, or a weight is negative.

    References
    ----------
    Scheuerer & Hamill 2015, https://doi.org/10.1175/MWR-D-14-00269.1

    Examples
    --------
    >>> variogram_score([[4.0, 0.0]], [[[1.0, 0.0]], [[1.0, 0.0]]])
    array([2.])
    """
    y, x = maps_and_draws(observed, draws)
    if not order > 0:
        raise ValueError(f"order must be above 0; got {order:g}")
    regions = y.shape[1]
    w = np.ones((regions, regions)) if weights is None else np.asarray(weights, dtype=np.float64)
    if w.shape != (regions, regions) or np.isnan(w).any() or (w < 0).any():
        raise ValueError(f"weights must be {regions} x {regions} numbers, none negative; got the shape {w.shape}")
    found = np.zeros(len(y))
    for i in range(regions):
        expected = (np.abs(x - x[:, :, i : i + 1]) ** order).mean(axis=0)
        seen = np.abs(y - y[:, i : i + 1]) ** order
        found += ((seen - expected) ** 2 * w[i]).sum(axis=1)
    return found
