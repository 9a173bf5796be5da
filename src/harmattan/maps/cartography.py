"""Drawing regions on axes: outlines, hatching, surrounding countries, names without overlap, a scale bar.

North is up and one degree east is as long as it is on the ground at the middle latitude of the map.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from matplotlib.patches import PathPatch
from matplotlib.path import Path as Outline
from matplotlib.patheffects import withStroke
from matplotlib.transforms import Bbox, ScaledTranslation

from harmattan.maps.scales import NO_DATA, NO_DATA_LINES
from harmattan.maps.sheet import FAINT, INK, POINTS_PER_INCH

if TYPE_CHECKING:
    import geopandas as gpd
    from matplotlib.axes import Axes

KM_PER_DEGREE = 111.32
NO_DATA_HATCH = "////"
UNSURE_HATCH = "..."
MARGIN = 0.04
SMALLEST_NAMED = 0.012
NUDGES = (0.0, 0.9, -0.9, 1.7, -1.7, 2.6, -2.6)


@dataclass(frozen=True)
class View:
    """The part of the Earth that is shown, in degrees."""

    west: float
    south: float
    east: float
    north: float

    @property
    def stretch(self) -> float:
        """How much longer a degree north is than a degree east, at the middle latitude."""
        return 1 / max(float(np.cos(np.radians((self.south + self.north) / 2))), 0.05)

    @property
    def km_across(self) -> float:
        """Width on the ground at the middle latitude."""
        return (self.east - self.west) * KM_PER_DEGREE / self.stretch


def view_of(bounds: Sequence[float], shape: float) -> View:
    """Return the smallest view with `bounds`, a margin and the proportions of its box.

    Parameters
    ----------
    bounds
        West, south, east, north in degrees.
    shape
        Width / height of the box on the sheet.

    Examples
    --------
    >>> view = view_of((0, -1, 2, 1), 2.0)
    >>> round((view.east - view.west) / (view.north - view.south), 2)
    2.0
    """
    west, south, east, north = bounds
    middle_x, middle_y = (west + east) / 2, (south + north) / 2
    stretch = View(west, south, east, north).stretch
    high = max(north - south, 0.02) * (1 + 2 * MARGIN)
    wide = max(east - west, 0.02) * (1 + 2 * MARGIN)
    high = max(high, wide / stretch / shape)
    wide = high * shape * stretch
    return View(middle_x - wide / 2, middle_y - high / 2, middle_x + wide / 2, middle_y + high / 2)


def prepare(axes: Axes, view: View) -> None:
    """Show `view` on the axes: north up, no ticks, a thin frame."""
    axes.set_xlim(view.west, view.east)
    axes.set_ylim(view.south, view.north)
    axes.set_aspect(view.stretch)
    axes.set_xticks([])
    axes.set_yticks([])
    axes.set_facecolor("white")
    for side in axes.spines.values():
        side.set_color("#bbbbbb")


def outline(shape: Any) -> Outline:
    """Return the path of a polygon or multipolygon, holes included."""
    rings = shapely.get_rings(shapely.get_parts(shape))
    return Outline.make_compound_path(*(Outline(shapely.get_coordinates(ring), closed=True) for ring in rings))


def fill(
    axes: Axes, shape: Any, *, colour: str, border: str = "#ffffff", width: float = 0.5, above: float = 2.0
) -> None:
    """Draw one region in one colour."""
    axes.add_patch(PathPatch(outline(shape), facecolor=colour, edgecolor=border, linewidth=width, zorder=above))


def hatch(axes: Axes, shape: Any, *, pattern: str, colour: str, above: float = 3.0) -> None:
    """Lay a pattern over one region; the colour beneath stays visible."""
    patch = PathPatch(outline(shape), facecolor="none", edgecolor=colour, linewidth=0, hatch=pattern, zorder=above)
    axes.add_patch(patch)


def legible_on(colour: str) -> str:
    """Return dark or white, whichever stands out on `colour` (``#rrggbb``).

    Examples
    --------
    >>> legible_on("#ffffe5"), legible_on("#8c2d04")
    ('#333333', '#ffffff')
    """
    red, green, blue = (int(colour[place : place + 2], 16) for place in (1, 3, 5))
    return "#333333" if 0.299 * red + 0.587 * green + 0.114 * blue > 120 else "#ffffff"


def surroundings(axes: Axes, countries: gpd.GeoSeries, names: Mapping[str, str], view: View, taken: set[str]) -> int:
    """Draw countries beneath the regions, in the pattern for no data, and name those that show enough.

    Parameters
    ----------
    countries
        Outlines, index of country codes.
    names
        Name of each country.
    taken
        Countries with regions of their own on the map, which are not named.

    Returns
    -------
    int
        How many countries without regions of their own can be seen.
    """
    window = shapely.box(view.west, view.south, view.east, view.north)
    seen = 0
    for code, shape in countries.items():
        part = shapely.intersection(shape, window)
        if part.is_empty:
            continue
        fill(axes, shape, colour=NO_DATA, border="#a8a8a8", width=0.7, above=1.0)
        hatch(axes, shape, pattern=NO_DATA_HATCH, colour=NO_DATA_LINES, above=1.1)
        if code in taken:
            continue
        seen += 1
        largest = max(shapely.get_parts(part), key=shapely.area)
        if shapely.area(largest) > SMALLEST_NAMED * shapely.area(window):
            spot = shapely.maximum_inscribed_circle(largest, tolerance=0.05).coords[0]
            label = _name(axes, spot, names[str(code)], size=7.5, colour=FAINT, halo=NO_DATA)
            if not _inside(axes, label):
                label.remove()
    return seen


def frontiers(axes: Axes, countries: gpd.GeoSeries) -> None:
    """Draw borders between countries over the regions."""
    for shape in countries:
        axes.add_patch(PathPatch(outline(shape), facecolor="none", edgecolor="#555555", linewidth=0.8, zorder=4.0))


def name_spots(
    axes: Axes,
    spots: Sequence[tuple[float, float]],
    texts: Sequence[str],
    *,
    size: float = 7.0,
    most: int = 12,
) -> list[str]:
    """Write texts at spots (lon, lat), first ones first, shifted up or down if need be but never overlapping.

    Returns
    -------
    list
        The texts that were written: those that fit, at most `most`.
    """
    boxes: list[Bbox] = []
    written: list[str] = []
    for spot, text in zip(spots, texts, strict=True):
        if len(written) == most:
            break
        for nudge in NUDGES:
            label = _name(axes, spot, text, size=size, colour=INK, halo="white", up=nudge * size)
            box = label.get_window_extent().padded(1)
            if _inside(axes, label) and not any(box.overlaps(other) for other in boxes):
                boxes.append(box)
                written.append(text)
                break
            label.remove()
    return written


def _inside(axes: Axes, label: Any) -> bool:
    frame, box = axes.get_window_extent(), label.get_window_extent().padded(2)
    return bool(frame.x0 <= box.x0 and box.x1 <= frame.x1 and frame.y0 <= box.y0 and box.y1 <= frame.y1)


def round_length(km: float) -> int:
    """Return the largest of 1, 2, 5, 10, 20, 50 ... km that is no longer than `km`, and at least 1.

    Examples
    --------
    >>> round_length(260.0), round_length(0.3)
    (200, 1)
    """
    power = 10 ** int(np.floor(np.log10(max(km, 1.0))))
    return int(max(step * power for step in (1, 2, 5) if step * power <= max(km, 1.0)))


def scale_bar(axes: Axes, view: View) -> None:
    """Draw a bar of a round number of km in the lower left corner, right at the middle latitude."""
    km = round_length(view.km_across / 4)
    share = km / view.km_across
    start = 0.025
    axes.plot(
        [start, start + share],
        [0.03, 0.03],
        transform=axes.transAxes,
        color=INK,
        linewidth=2,
        solid_capstyle="butt",
        zorder=6,
        path_effects=[withStroke(linewidth=5, foreground="white")],
    )
    _name(
        axes,
        (start + share / 2, 0.055),
        f"{km:,} km".replace(",", " "),
        size=7,
        colour=INK,
        halo="white",
        by_axes=True,
    )


def _name(
    axes: Axes, spot: Sequence[float], text: str, *, size: float, colour: str, halo: str, up: float = 0.0,
    by_axes: bool = False,
) -> Any:  # fmt: skip
    where = axes.transAxes if by_axes else axes.transData
    figure = axes.get_figure(root=True)
    assert figure is not None  # axes of a sheet are always on one
    return axes.text(
        spot[0],
        spot[1],
        text,
        transform=where + ScaledTranslation(0, up / POINTS_PER_INCH, figure.dpi_scale_trans),
        size=size,
        color=colour,
        ha="center",
        va="center",
        linespacing=1.0,
        zorder=7,
        clip_on=True,
        parse_math=False,
        path_effects=[withStroke(linewidth=2.2, foreground=halo, alpha=0.9)],
    )
