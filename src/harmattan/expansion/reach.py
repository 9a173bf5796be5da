"""How near the coast the active area lies, and how fast that changes."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from harmattan.expansion.activity import Paths
from harmattan.expansion.groups import Scopes
from harmattan.regions import Regions

Floats = npt.NDArray[np.float64]
Values = npt.NDArray[np.float32]


def coast_km(regions: Regions) -> Floats:
    """Return the distance of each region's centre to the coast in km, shape (region,).

    Raises
    ------
    ValueError
        If the regions do not have it.
    """
    if "coast_km" not in regions.table:
        raise ValueError(
            "reach needs the column coast_km in the table of the regions, km from each region's centre to the coast; "
            f"it has {', '.join(regions.table.columns)}"
        )
    km = regions.table["coast_km"].to_numpy(dtype=np.float64)
    if not np.isfinite(km).all():
        raise ValueError(f"every region needs a finite coast_km; {regions.table.index[~np.isfinite(km)][0]!r} has none")
    return km


def reach(paths: Paths, scopes: Scopes) -> Values:
    """Return the smallest distance from an active region of each group to the coast.

    Distances are those of the regions' centres: a region can be reached long before its centre is. An attack brings the
    reach nearer at once; it moves away only when a region has been without one for 12 months.

    Returns
    -------
    numpy.ndarray
        km, shape (draw, month, group); NaN where no region is active.
    """
    km = coast_km(paths.regions)
    nearest = np.full((*paths.active.shape[:2], len(scopes.members)), np.nan, dtype=np.float32)
    inward = np.argsort(km, kind="stable")
    active = paths.active[..., inward]
    for group, holds in enumerate(scopes.members[:, inward]):
        inside = active if holds.all() else active[..., holds]
        # The first active region in order of distance is the nearest, which is faster than a minimum of distances.
        first = km[inward][holds][inside.argmax(axis=2)]
        nearest[..., group] = np.where(inside.any(axis=2), first, np.nan)
    return nearest


def coast_distance(paths: Paths, scopes: Scopes) -> Values:
    """Return the mean distance to the coast of the attacks in the 12 months to each month, by group.

    Returns
    -------
    numpy.ndarray
        km, shape (draw, month, group); NaN where there was no attack.
    """
    weight, area = scopes.total(paths.recent), scopes.total(paths.active)
    weighted = scopes.total(paths.recent * coast_km(paths.regions).astype(np.float32))
    return np.divide(weighted, weight, out=np.full_like(weight, np.nan), where=area > 0)


def speed(now: Values, later: Values) -> Values:
    """Return how fast the reach has come nearer to the coast since the origin, in km per month.

    Positive towards the coast: ``(reach now - reach h months later) / h``.

    Parameters
    ----------
    now
        Reach at the origin, shape (1, 1, group).
    later
        Reach 1, 2, ... months later, shape (draw, month, group).

    Examples
    --------
    >>> speed(np.array([[[300.0]]]), np.array([[[300.0], [260.0]]])).ravel().tolist()
    [0.0, 20.0]
    """
    elapsed = np.arange(1, later.shape[1] + 1, dtype=np.float32)[None, :, None]
    return ((now - later) / elapsed).astype(np.float32)
