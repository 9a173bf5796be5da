"""The sheet of an outlook: a map of the country and what lies around it, when, and where the risk comes from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import FuncFormatter, MaxNLocator

from harmattan import maps, words
from harmattan.figures import region_table
from harmattan.maps import cartography, coast
from harmattan.maps.coast import ACTIVE, FRONT, ROAD
from harmattan.maps.overview import FAN, PAST, by_month, plain
from harmattan.maps.scales import NO_DATA, NO_DATA_LINES, RISK
from harmattan.maps.sheet import INK, new_sheet, place_axes, put_text
from harmattan.months import target
from harmattan.outlooks import facts, sentences
from harmattan.outlooks.bars import CHART_TOP, draw_senders
from harmattan.outlooks.phrases import capital, counted
from harmattan.outlooks.subject import BESIDE, NOTHING, Subject
from harmattan.regions import bundled, shapes
from harmattan.result import Result

if TYPE_CHECKING:
    import geopandas as gpd
    from matplotlib.axes import Axes

SIZE = (1400, 580)
EDGE = maps.EDGE
MAP_WIDTH = 520
CHART_FOOT = 30
AROUND = 1.0
BEYOND = 0.3
MOST_NAMES = 10
UNLIKELY = 0.02
MONTHS_SHOWN = 36
BELT = "#1a6e5c"


@dataclass(frozen=True)
class Outlines:
    """Outlines of the regions and of countries, made once for all sheets."""

    regions: gpd.GeoSeries
    countries: gpd.GeoSeries


def outlines_of(result: Result) -> Outlines:
    """Return the outlines that the sheets of a result need."""
    return Outlines(shapes(result.panel.regions), shapes(bundled("country")))


def draw(result: Result, subject: Subject, outlines: Outlines) -> Figure:
    """Draw the sheet of one country.

    Parameters
    ----------
    result
        What the experiment found, with its tables of expansion.
    subject
        From `harmattan.outlooks.subject.subject_of`.
    outlines
        From `outlines_of`.

    Returns
    -------
    matplotlib.figure.Figure
        1400 x 580 pixels at 100 dpi: a map; the chance of a first attack by month, or attacks recorded and forecast;
        and bars of where expected attacks come from.

    Raises
    ------
    ValueError
        If there is nothing to tell of the country.
    """
    if subject.kind == NOTHING:
        raise ValueError(sentences.headline(result, subject))
    figure = new_sheet(*SIZE, dpi=100)
    months = words.span([target(result.forecast.origin, h) for h in (1, facts.window_of(result))])
    title = f"{subject.name}: outlook for {months}"
    below = sentences.headline(result, subject).removeprefix(f"{subject.name}: ")
    top = maps.banner(figure, title, capital(below), sizes=(16, 10)) + 12
    bottom = top + maps.room(top, maps.caption(figure, result, size=7.5) - 12)
    axes = place_axes(figure, left=EDGE, top=top, width=MAP_WIDTH, height=bottom - top)
    outside = _map(axes, result, subject, outlines, shape=MAP_WIDTH / (bottom - top))
    left = 2 * EDGE + MAP_WIDTH
    width = (SIZE[0] - left - EDGE) / 2 - 14
    free = _key(figure, result, subject, left=left, bottom=bottom, outside=outside) - CHART_FOOT
    _time(figure, result, subject, left=left, top=top, width=width, bottom=free)
    draw_senders(figure, result, subject, left=left + width + 28, top=top, width=width, bottom=free)
    return figure


def _map(axes: Axes, result: Result, subject: Subject, outlines: Outlines, *, shape: float) -> bool:
    """Draw the country and what lies around it; return whether anything shown has no forecast."""
    now, own = facts.now_of(result), outlines.regions[outlines.regions.index.isin(subject.regions)]
    country = outlines.countries[outlines.countries.index == subject.country]
    bounds = np.vstack([each.total_bounds for each in (country, own) if len(each)])
    low, high = bounds[:, :2].min(axis=0) - AROUND, bounds[:, 2:].max(axis=0) + AROUND
    view = cartography.view_of((*low, *high), shape)
    cartography.prepare(axes, view)
    window = shapely.box(view.west, view.south, view.east, view.north)
    countries, seen = (_within(each, window) for each in (outlines.countries, outlines.regions))
    taken = set(now["country"])
    names = {str(code): str(name) for code, name in region_table()["name"].items()}
    outside = cartography.surroundings(axes, countries, names, view, taken) > 0
    outside = coast.quiet_and_active(axes, now.loc[seen.index], seen) or outside
    for code in seen.index.intersection(list(subject.belt)):
        cartography.fill(axes, seen[code], colour="none", border=BELT, width=1.3, above=3.5)
    cartography.frontiers(axes, countries[countries.index.isin(taken)])
    for edge in country:
        cartography.fill(axes, edge, colour="none", border=FRONT, width=2.0, above=4.2)
    coast.corridors_on(axes)
    cartography.scale_bar(axes, view)
    _names(axes, result, subject, seen, window)
    return outside


def _within(outlines: gpd.GeoSeries, window: Any) -> gpd.GeoSeries:
    """The outlines that can be seen, cut a little outside the window: fewer points draw faster."""
    seen = outlines[shapely.intersects(outlines.to_numpy(), window)]
    cut = seen.copy()
    cut[:] = shapely.intersection(seen.to_numpy(), shapely.buffer(window, BEYOND, join_style="mitre"))
    return cut


def _names(axes: Axes, result: Result, subject: Subject, seen: gpd.GeoSeries, window: Any) -> None:
    """Name the regions spoken of and the belt, quiet ones with their chance, active ones before unlikely ones."""
    now = facts.now_of(result).loc[seen.index]
    first = now.index.isin([*subject.regions, *subject.belt])
    order = now.assign(first=first, p=now["first_attack"].fillna(UNLIKELY))
    order = order.sort_values(["first", "p"], ascending=False, kind="stable").head(3 * MOST_NAMES)
    spots, texts = [], []
    for code, row in order.iterrows():
        part = shapely.intersection(seen[code], window)
        if part.is_empty:
            continue
        inside = max(shapely.get_parts(part), key=shapely.area).representative_point()
        spots.append((float(inside.x), float(inside.y)))
        p = row["first_attack"]
        texts.append(str(row["name"]) if pd.isna(p) else f"{row['name']}\n{words.brief_percent(p)}")
    cartography.name_spots(axes, spots, texts, size=7.5, most=MOST_NAMES)


def _time(
    figure: Figure, result: Result, subject: Subject, *, left: float, top: float, width: float, bottom: float
) -> None:
    """Draw when: chances of a first attack by model, or attacks recorded and forecast."""
    active = facts.record(result, subject.regions)["last_year"] > 0
    where = subject.name if subject.kind != BESIDE else "the belt"
    if active:
        title = f"Attacks per month in {where}: recorded, and forecast with its 50 and 90 % intervals"
    else:
        last = len(result.forecast.horizons)
        none = 1 - facts.total(result, subject.regions, last).p
        title = (
            f"Chance of a first attack by each month; none within {counted(last, 'month', 'months')}: "
            f"{words.percent(none)}"
        )
    put_text(figure, title, left=left, top=top, width=width, size=9, weight="bold")
    above = top + CHART_TOP
    axes = place_axes(figure, left=left + 40, top=above, width=width - 44, height=bottom - above)
    (_recorded if active else _curves)(axes, result, subject)
    by_month(axes)
    axes.set_ylim(bottom=0)
    plain(axes)


def _recorded(axes: Axes, result: Result, subject: Subject) -> None:
    past = facts.by_month(result, subject.regions).iloc[-MONTHS_SHOWN:]
    future = facts.totals(result.forecast, subject.regions)
    axes.plot(pd.PeriodIndex(past.index).to_timestamp(), past.to_numpy(), color=PAST, linewidth=1.4)
    dates = pd.PeriodIndex(future["month"]).to_timestamp()
    axes.fill_between(dates, future["q05"], future["q95"], color=FAN, alpha=0.2, linewidth=0)
    axes.fill_between(dates, future["q25"], future["q75"], color=FAN, alpha=0.35, linewidth=0)
    axes.plot(dates, future["q50"], color=FAN, linewidth=1.6, marker="o", markersize=2.5)
    axes.yaxis.set_major_locator(MaxNLocator(4, integer=True))


def _curves(axes: Axes, result: Result, subject: Subject) -> None:
    told = facts.chances(result, subject.regions)
    for model, part in told.sort_values("champion", kind="stable").groupby("model", sort=False):
        champion = bool(part["champion"].iloc[0])
        dates = pd.PeriodIndex(part["month"]).to_timestamp()
        label = f"{model}, which forecasts" if champion else "other models"
        seen = label in axes.get_legend_handles_labels()[1]
        axes.plot(
            dates,
            part["p"],
            color=FAN if champion else "#9a9a9a",
            linewidth=2.0 if champion else 0.9,
            marker="o" if champion else "",
            markersize=2.5,
            label="" if seen else label,
        )
    axes.set_ylim(0, min(1.0, max(0.2, 1.15 * float(told["p"].max()))))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value * 100:.0f} %"))
    axes.yaxis.set_major_locator(MaxNLocator(4))
    axes.legend(loc="best", frameon=False, fontsize=8, labelcolor=INK)


def _key(figure: Figure, result: Result, subject: Subject, *, left: float, bottom: float, outside: bool) -> float:
    """Draw the legend of the map along the foot of the charts; return where it begins."""
    window = counted(facts.window_of(result), "month", "months")
    handles: list[Any] = [
        Patch(facecolor=colour, edgecolor="#8a8a8a", linewidth=0.5, label=label)
        for colour, label in zip(RISK.colours, RISK.labels, strict=True)
    ]
    belt = f"neighbours within {subject.belt_km:.0f} km"
    handles += [
        Patch(facecolor=ACTIVE, edgecolor="#8a8a8a", linewidth=0.5, label="attacked in the last 12 months"),
        Patch(facecolor="white", edgecolor=BELT, linewidth=1.3, label=belt),
        Line2D([], [], color=ROAD, linewidth=1.1, linestyle=(0, (4, 2)), label="corridor (straight between towns)"),
    ]
    if outside:
        pattern = cartography.NO_DATA_HATCH
        handles.append(
            Patch(facecolor=NO_DATA, edgecolor=NO_DATA_LINES, linewidth=0, hatch=pattern, label="no forecast")
        )
    corner = (left / figure.bbox.width, 1 - bottom / figure.bbox.height)
    legend = figure.legend(
        handles=handles, loc="lower left", bbox_to_anchor=corner, frameon=False, fontsize=8, ncols=4,
        borderaxespad=0, borderpad=0.2, handlelength=2.0, handleheight=1.1, labelspacing=0.35, labelcolor=INK,
        columnspacing=1.4,
    )  # fmt: skip
    above = figure.bbox.height - legend.get_window_extent().y1 - 16
    head = f"Map: chance of an attack within {window} where it was quiet for a year"
    put_text(figure, head, left=left, top=above, width=SIZE[0] - left - EDGE, size=9, weight="bold")
    return float(above)
