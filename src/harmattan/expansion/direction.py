"""Where attacks lie: their centre on the sphere, how it moves, and the ellipse of their spread.

Attacks of the 12 months to each month, each at the centre of its region: spread within regions is not seen.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

from harmattan.expansion.activity import Paths
from harmattan.expansion.groups import Scopes, across
from harmattan.sphere import EARTH_KM, unit_vectors

Floats = npt.NDArray[np.float64]

LEAST_KM = 0.001
PAIRS = ((0, 0), (0, 1), (0, 2), (1, 1), (1, 2), (2, 2))


@dataclass(frozen=True, eq=False)
class Spread:
    """Centre and second moments of attacks, by draw, month and group; NaN where there was no attack.

    Attributes
    ----------
    centre
        Mean direction, a vector of length one, shape (3, draw, month, group).
    moments
        Mean products of the vectors' components, km², shape (6, draw, month, group), in the order of `PAIRS`.
    """

    centre: Floats
    moments: Floats


def spread(paths: Paths, scopes: Scopes) -> Spread:
    """Return centre and second moments of the attacks in the 12 months to each month, by group."""
    points = unit_vectors(paths.regions.table["lon"], paths.regions.table["lat"])
    products = [points[:, i] * points[:, j] for i, j in PAIRS]
    facts = np.stack([np.ones(len(points)), *points.T, *products])
    each = facts[:, None, :] * scopes.members
    sums = across(csr_array(each.reshape(-1, len(points))), paths.recent)
    sums = np.moveaxis(sums.reshape(*sums.shape[:2], len(facts), -1), 2, 0)
    some = scopes.total(paths.active) > 0
    total = np.where(some, sums[0], np.nan)
    length = np.where(some, np.sqrt((sums[1:4] ** 2).sum(axis=0)), np.nan)
    return Spread(sums[1:4] / length, EARTH_KM**2 * sums[4:] / total)


def lon_lat(centre: Floats) -> tuple[Floats, Floats]:
    """Return longitude and latitude in degrees of vectors of shape (3, ...)."""
    x, y, z = centre
    return np.degrees(np.arctan2(y, x)), np.degrees(np.arctan2(z, np.hypot(x, y)))


def moved(start: Floats, end: Floats) -> tuple[Floats, Floats]:
    """Return the great-circle distance in km from one centre to another and the bearing at which it sets out.

    Parameters
    ----------
    start, end
        Vectors of length one, shapes (3, ...) that broadcast.

    Returns
    -------
    tuple
        Distance, and bearing in degrees clockwise from north, NaN where nothing moved by a metre.

    Examples
    --------
    >>> km, bearing = moved(unit_vectors([0.0], [0.0]).T, unit_vectors([0.0], [-1.0]).T)
    >>> km.round(1).item(), bearing.item()
    (111.2, 180.0)
    """
    km = 2 * EARTH_KM * np.arcsin(np.clip(np.sqrt(((end - start) ** 2).sum(axis=0)) / 2, 0, 1))
    east, north = _plane(start)
    bearing = np.degrees(np.arctan2((east * end).sum(axis=0), (north * end).sum(axis=0))) % 360
    return km, np.where(km >= LEAST_KM, bearing, np.nan)


def ellipse(found: Spread) -> tuple[Floats, Floats, Floats]:
    """Return the standard deviational ellipse: standard deviations along the axes of largest and smallest spread.

    The square roots of the eigenvalues of the covariance of positions, in the plane that touches the Earth at the
    centre (which shortens distances by 0.1 percent at 500 km), divided by the number of attacks and without the factor
    of √2 that some programs put in.

    Returns
    -------
    tuple
        Semi-axes in km, the longer first, and the bearing of the longer in degrees from 0 (north-south) over 90
        (east-west) to below 180; NaN where both are alike.

    References
    ----------
    Yuill 1971, https://doi.org/10.2307/490885; Wang, Shi & Miao 2015, https://doi.org/10.1371/journal.pone.0118537
    """
    east, north = _plane(found.centre)
    xx, yy, xy = (_along(found.moments, a, b) for a, b in ((east, east), (north, north), (east, north)))
    middle, half = (xx + yy) / 2, np.hypot((xx - yy) / 2, xy)
    angle = np.degrees(0.5 * np.arctan2(2 * xy, yy - xx)) % 180
    major, minor = (np.sqrt(np.maximum(value, 0)) for value in (middle + half, middle - half))
    return major, minor, np.where(half > np.maximum(1e-9 * middle, LEAST_KM), angle, np.nan)


def _along(moments: Floats, a: Floats, b: Floats) -> Floats:
    """Mean product of the positions along two directions."""
    total = np.zeros(moments.shape[1:])
    for moment, (i, j) in zip(moments, PAIRS, strict=True):
        total += moment * (a[i] * b[i] if i == j else a[i] * b[j] + a[j] * b[i])
    return total


def _plane(centre: Floats) -> tuple[Floats, Floats]:
    """Unit vectors to the east and north at each place, shape (3, ...)."""
    x, y, z = centre
    level = np.hypot(x, y)
    return np.stack([-y / level, x / level, np.zeros_like(x)]), np.stack([-z * x / level, -z * y / level, level])
