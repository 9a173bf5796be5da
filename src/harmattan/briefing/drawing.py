"""The map of a briefing as SVG: the risk of one window, with names in its language; the legend stands in the page."""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING

import matplotlib as mpl
import shapely

from harmattan.briefing.naming import Words
from harmattan.briefing.speech import Country, Share
from harmattan.figures import region_table
from harmattan.maps import cartography
from harmattan.maps.scales import NO_DATA, NO_DATA_LINES, RISK
from harmattan.maps.sheet import new_sheet, place_axes
from harmattan.page.places import regions_of
from harmattan.regions import bundled, shapes

PATH = re.compile(r'(?<=\sd=")[^"]*')
NUMBER = re.compile(r"-?\d+(\.\d+)?")

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd
    from matplotlib.axes import Axes

SIZE = (1080, 580)
BEYOND = 0.5
DPI = 150
MOST_NAMES = 12
NAME_SIZE = 7.0
FINE, COARSE = 0.6, 0.35
MANY = 100


def draw_map(words: Words) -> tuple[str, bool, bool]:
    """Draw the map.

    Returns
    -------
    tuple
        The SVG as text, the same for the same release and language; whether it has hatched regions (between 1 in 3 and
        2 in 3); and whether it shows any place without a forecast.
    """
    window = words.facts.window
    regions = regions_of(words.facts.release)
    outlines = shapes(regions)
    figure = new_sheet(*SIZE, dpi=DPI)
    axes = place_axes(figure, left=1, top=1, width=SIZE[0] - 2, height=SIZE[1] - 2)
    view = cartography.view_of(outlines.total_bounds, SIZE[0] / SIZE[1])
    countries = _in_sight(shapes(bundled("country")), view)
    cartography.prepare(axes, view)
    taken = set(window["country"])
    names = {str(code): words.speech.tell(Country(str(code))) for code in region_table().index}
    outside = cartography.surroundings(axes, countries, names, view, taken) > 0
    line = FINE if len(window) < MANY else COARSE
    for code, number in zip(window.index, RISK.classify(window["p1"]), strict=True):
        colour = RISK.colours[number] if number >= 0 else NO_DATA
        cartography.fill(axes, outlines[code], colour=colour, border="#8a8a8a", width=line)
        if number < 0:
            cartography.hatch(axes, outlines[code], pattern=cartography.NO_DATA_HATCH, colour=NO_DATA_LINES)
            outside = True
        elif window.loc[code, "unsure"]:
            ink = cartography.legible_on(colour)
            cartography.hatch(axes, outlines[code], pattern=cartography.UNSURE_HATCH, colour=ink)
    own = countries[countries.index.isin(taken)]
    if len(window) > len(own) and regions.geometry is None:
        cartography.frontiers(axes, own)
    cartography.scale_bar(axes, view)
    _names(axes, words, regions.table)
    text = io.StringIO()
    with mpl.rc_context({"svg.hashsalt": "harmattan", "svg.fonttype": "path"}):
        figure.savefig(text, format="svg", metadata={"Date": None, "Creator": None})
    return rounded(text.getvalue()), bool(window["unsure"].any()), outside


def rounded(svg: str) -> str:
    """Return a drawing with the coordinates of its paths to a tenth of a point, which no eye can tell from more.

    Examples
    --------
    >>> rounded('<path d="M 10.123456 20 L 3.96 -0.04"/>')
    '<path d="M 10.1 20 L 4 0"/>'
    """
    return PATH.sub(lambda path: NUMBER.sub(_tenth, path.group()), svg)


def _tenth(number: re.Match[str]) -> str:
    told = f"{float(number.group()):.1f}".removesuffix(".0")
    return "0" if told == "-0" else told


def _in_sight(countries: gpd.GeoSeries, view: cartography.View) -> gpd.GeoSeries:
    """The countries as far as they are in sight, cut beyond the frame."""
    window = shapely.box(view.west, view.south, view.east, view.north).buffer(BEYOND, join_style="mitre")
    return countries.intersection(window)


def _names(axes: Axes, words: Words, table: pd.DataFrame) -> None:
    """Write the likeliest regions with their chances, as far as there is room."""
    likely = words.facts.covered.head(3 * MOST_NAMES)
    spots = list(zip(table.loc[likely.index, "lon"], table.loc[likely.index, "lat"], strict=True))
    texts = [
        f"{words.place(str(code)).name}\n{_brief(words, float(p))}"
        for code, p in zip(likely.index, likely["p1"], strict=True)
    ]
    cartography.name_spots(axes, spots, texts, size=NAME_SIZE, most=MOST_NAMES)


def _brief(words: Words, p: float) -> str:
    """A chance in as few letters as a map has room for."""
    told = words.speech.tell(Share(p))
    for key, sign in (("under", "<"), ("over", ">")):
        told = told.replace(words.speech.words[key].format(figure=""), sign)
    return told
