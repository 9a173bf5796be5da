"""Distances on the Earth taken as a sphere of its mean radius; within 0.6 percent of the ellipsoid's."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

EARTH_KM = 6371.0088


def great_circle_km(lon: ArrayLike, lat: ArrayLike) -> NDArray[np.float64]:
    """Return great-circle distances in km between all points, by the haversine formula.

    Parameters
    ----------
    lon, lat
        Degrees, shape (n,).

    Returns
    -------
    numpy.ndarray
        Shape (n, n), symmetric, zero on the diagonal; NaN where a coordinate is.

    Examples
    --------
    >>> great_circle_km([0, 1], [0, 0]).round(1).tolist()
    [[0.0, 111.2], [111.2, 0.0]]
    """
    x, y = np.radians(np.asarray(lon, dtype=float)), np.radians(np.asarray(lat, dtype=float))
    half_y, half_x = (y[:, None] - y) / 2, (x[:, None] - x) / 2
    chord = np.sin(half_y) ** 2 + np.cos(y)[:, None] * np.cos(y) * np.sin(half_x) ** 2
    distance: NDArray[np.float64] = 2 * EARTH_KM * np.arcsin(np.sqrt(np.clip(chord, 0, 1)))
    return distance


def unit_vectors(lon: ArrayLike, lat: ArrayLike) -> NDArray[np.float64]:
    """Return points as vectors of length one, shape (n, 3); the nearest in space are the nearest on Earth.

    Parameters
    ----------
    lon, lat
        Degrees, shape (n,).

    Examples
    --------
    >>> unit_vectors([0, 90], [0, 0]).round(9).tolist()
    [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]
    """
    x, y = np.radians(np.asarray(lon, dtype=float)), np.radians(np.asarray(lat, dtype=float))
    return np.column_stack([np.cos(y) * np.cos(x), np.cos(y) * np.sin(x), np.sin(y)])
