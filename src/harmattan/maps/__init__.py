"""The maps: risk, uncertainty and change of one window, each with its own legend, source and caveats."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from textwrap import fill
from typing import TYPE_CHECKING

import pandas as pd
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from harmattan import layers
from harmattan.figures import region_table
from harmattan.maps import cartography, themes
from harmattan.maps.scales import NO_DATA, NO_DATA_LINES
from harmattan.maps.sheet import FAINT, INK, new_sheet, place_axes, put_text, text_height, wrapped, write_png
from harmattan.regions import bundled, shapes
from harmattan.result import Result

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SIZE = (1500, 1050)
EDGE = 36
KEY_WIDTH = 330
MOST_NAMES = 12
MOST_CAPTION = 0.2
LEAST_HEIGHT = 300
NAME_WIDTH = 22


def draw(result: Result, *, kind: str = "risk", horizons: Sequence[int] | None = None) -> Figure:
    """Draw one map.

    Parameters
    ----------
    result
        What the experiment found.
    kind
        ``"risk"``, ``"uncertainty"`` or ``"change"``.
    horizons
        Months ahead of the window; by default the longest of `harmattan.layers.windows`.

    Returns
    -------
    matplotlib.figure.Figure
        1500 x 1050 pixels at 150 dpi.

    Raises
    ------
    ValueError
        If the kind is unknown or a month is not in the forecast.
    """
    if kind not in themes.THEMES:
        raise ValueError(f"kind must be one of {', '.join(themes.THEMES)}; got {kind!r}")
    theme, forecast = themes.THEMES[kind], result.forecast
    ahead = tuple(horizons or list(layers.windows(forecast.horizons).values())[-1])
    layer = layers.layer(result, ahead)
    figure = new_sheet(*SIZE)
    since = " Compared with the forecast made a month before." if kind == "change" else ""
    name, below = themes.title(result, theme, ahead), themes.subtitle(result) + since
    top = banner(figure, name, below, sizes=(13, 8.5)) + EDGE / 2
    width, height = SIZE[0] - 3 * EDGE - KEY_WIDTH, room(top, caption(figure, result) - EDGE / 2)
    axes = place_axes(figure, left=EDGE, top=top, width=width, height=height)
    outside = regions_on(axes, result, layer, theme, shape=width / height)
    left, said = EDGE * 2 + width, themes.heading(result, theme, ahead)
    key(figure, layer, theme, said, left=left, top=top, outside=outside)
    return figure


def write(result: Result, folder: Path) -> list[Path]:
    """Draw every map of every default window into a folder and return the files, ``<kind>_<window>.png``.

    Raises
    ------
    FileNotFoundError
        If the folder does not exist.
    """
    made = []
    for name, horizons in layers.windows(result.forecast.horizons).items():
        for kind in themes.THEMES:
            figure = draw(result, kind=kind, horizons=horizons)
            made.append(write_png(figure, folder / f"{kind}_{name}.png"))
    return made


def banner(figure: Figure, title: str, below: str, *, sizes: tuple[float, float]) -> float:
    """Write title and subtitle, of these sizes in points; return where they end, in pixels from the top."""
    width = figure.bbox.width - 2 * EDGE
    top = EDGE * 0.8
    top += put_text(figure, title, left=EDGE, top=top, width=width, size=sizes[0], weight="bold") + 4
    top += put_text(figure, below, left=EDGE, top=top, width=width, size=sizes[1], colour=FAINT)
    return top


def room(top: float, bottom: float) -> float:
    """Return the height left for a map.

    Raises
    ------
    ValueError
        If title, source and licence leave too little of the sheet.

    Examples
    --------
    >>> room(100.0, 900.0)
    800.0
    """
    if bottom - top < LEAST_HEIGHT:
        raise ValueError(
            f"a map needs {LEAST_HEIGHT} pixels of height, title, source and licence leave "
            f"{bottom - top:.0f}: shorten them in the experiment"
        )
    return bottom - top


def caption(figure: Figure, result: Result, *, size: float = 7.0) -> float:
    """Write source, licence and caveats at the foot of the sheet; return their top edge in pixels.

    Caveats that would take more than a fifth of the sheet are left to the release's README.txt, and the
    caption says so.
    """
    said, width = result.caption, figure.bbox.width - 2 * EDGE
    outlines = ("Outlines are right to about 6 km.",) if result.panel.regions.geometry is None else ()
    caveats = [*said.caveats, *outlines]
    for kept in range(len(caveats), -1, -1):
        rest = [] if kept == len(caveats) else ["More caveats stand in README.txt."]
        text = " ".join([f"Data: {said.source}. Licence: {said.licence}.", *caveats[:kept], *rest])
        height = text_height(figure, text, width=width, size=size)
        if height <= MOST_CAPTION * figure.bbox.height:
            break
    top = figure.bbox.height - EDGE * 0.7 - height
    put_text(figure, text, left=EDGE, top=top, width=width, size=size, colour=FAINT)
    return float(top)


def regions_on(
    axes: Axes, result: Result, layer: pd.DataFrame, theme: themes.Theme, *, shape: float, size: float = 7.0
) -> bool:
    """Draw the regions of a layer and what lies around them; return whether any of it has no forecast."""
    outlines, countries = shapes(result.panel.regions), shapes(bundled("country"))
    view = cartography.view_of(outlines.total_bounds, shape)
    cartography.prepare(axes, view)
    taken = set(layer["country"])
    seen = cartography.surroundings(axes, countries, _country_names(), view, taken)
    classes = theme.scale.classify(layer[theme.column])
    hatched = theme.hatched(layer) if theme.hatched else pd.Series(False, index=layer.index)
    line = 0.6 if len(layer) < 100 else 0.35
    for code, number in zip(layer.index, classes, strict=True):
        colour = theme.scale.colours[number] if number >= 0 else NO_DATA
        cartography.fill(axes, outlines[code], colour=colour, border="#8a8a8a", width=line)
        if number < 0:
            cartography.hatch(axes, outlines[code], pattern=cartography.NO_DATA_HATCH, colour=NO_DATA_LINES)
        elif hatched[code]:
            ink = cartography.legible_on(colour)
            cartography.hatch(axes, outlines[code], pattern=cartography.UNSURE_HATCH, colour=ink)
    own = countries[countries.index.isin(taken)]
    if len(layer) > len(own) and result.panel.regions.geometry is None:
        cartography.frontiers(axes, own)
    cartography.scale_bar(axes, view)
    _names(axes, result, layer, theme, size)
    return seen > 0 or bool((classes < 0).any())


def key(
    figure: Figure, layer: pd.DataFrame, theme: themes.Theme, title: str, *, left: float, top: float,
    outside: bool, width: float = KEY_WIDTH, size: float = 8.5,
) -> None:  # fmt: skip
    """Draw the legend: every class, the worst first, then what hatching and the pattern for no data mean."""
    used = put_text(figure, title, left=left, top=top, width=width, size=size, weight="bold")
    handles = [
        Patch(facecolor=colour, edgecolor="#8a8a8a", linewidth=0.5, label=label)
        for colour, label in zip(theme.scale.colours[::-1], theme.scale.labels[::-1], strict=True)
    ]
    room = width - 60
    if theme.hatched is not None and theme.hatched(layer).any():
        text = "\n".join(wrapped(figure, theme.hatch_key, width=room, size=size))
        handles.append(
            Patch(
                facecolor="white",
                edgecolor="#333333",
                linewidth=0,
                hatch=cartography.UNSURE_HATCH,
                label=text,
            )
        )
    if outside:
        text = "\n".join(wrapped(figure, "no forecast: outside, or not covered by the data", width=room, size=size))
        pattern = cartography.NO_DATA_HATCH
        handles.append(Patch(facecolor=NO_DATA, edgecolor=NO_DATA_LINES, linewidth=0, hatch=pattern, label=text))
    corner = (left / figure.bbox.width, 1 - (top + used) / figure.bbox.height)
    figure.legend(
        handles=handles, loc="upper left", bbox_to_anchor=corner, frameon=False, fontsize=size,
        borderaxespad=0, borderpad=0.3, handlelength=2.2, handleheight=1.3, labelspacing=0.45, labelcolor=INK,
    )  # fmt: skip


def _country_names() -> dict[str, str]:
    return {str(code): str(name) for code, name in region_table()["name"].items()}


def _names(axes: Axes, result: Result, layer: pd.DataFrame, theme: themes.Theme, size: float) -> None:
    weight = theme.named(layer).dropna().sort_values(ascending=False, kind="stable")
    weight = weight[weight > 0].head(3 * MOST_NAMES)
    table = result.panel.regions.table.loc[weight.index]
    spots = list(zip(table["lon"], table["lat"], strict=True))
    figures = layer.loc[weight.index, theme.column]
    texts = [
        f"{fill(str(name), NAME_WIDTH)}\n{theme.label(float(number))}"
        for name, number in zip(table["name"], figures, strict=True)
    ]
    cartography.name_spots(axes, spots, texts, size=size, most=MOST_NAMES)
