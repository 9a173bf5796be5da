"""The outlines of a release's regions as RFC 7946 wants them: outer rings counter-clockwise, 5 decimals."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import shapely

from harmattan.release import Release

DECIMALS = 5


@dataclass(frozen=True)
class Outlines:
    """Geometries in the order of the forecast's regions.

    Attributes
    ----------
    geometry
        GeoJSON text by region code.
    bounds
        West, south, east, north in degrees, by region code.
    """

    geometry: Mapping[str, str]
    bounds: Mapping[str, tuple[float, float, float, float]]


def outlines(release: Release) -> Outlines:
    """Return the outlines of a release's regions.

    Raises
    ------
    ValueError
        If a region of the forecast has no outline.
    """
    found = release.regions().geometry
    codes = [str(code) for code in release.forecast.regions]
    if found is None or not set(codes) <= set(found.index):
        raise ValueError("forecast.gpkg must have an outline of every region of the forecast; some are missing")
    shapes = shapely.orient_polygons(shapely.transform(found.reindex(codes).to_numpy(), _rounded), exterior_cw=False)
    boxes = shapely.bounds(shapes).round(DECIMALS)
    return Outlines(
        dict(zip(codes, shapely.to_geojson(shapes).tolist(), strict=True)),
        {code: (box[0], box[1], box[2], box[3]) for code, box in zip(codes, boxes.tolist(), strict=True)},
    )


def _rounded(coordinates: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    return coordinates.round(DECIMALS)
